"""How a page is opened by its address alone: nobody signs in, nothing is cached, the address stays secret."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import tzinfo
from functools import wraps
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.csrf import CsrfViewMiddleware
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.decorators import decorator_from_middleware
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt

from partners.middleware import asked_language
from partners.signed_links import BadLink

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Held(Generic[Subject]):
    """What the holder of a genuine address has in hand, in which language it speaks, whose days it counts."""

    subject: Subject
    language: str
    zone: tzinfo


class LinkCsrfMiddleware(CsrfViewMiddleware):
    """Django's guard, on pages that send no referrer: from those a browser names no origin either.

    The cookie and the form's token still have to agree.
    """

    def _origin_verified(self, request: HttpRequest) -> bool:
        return request.META["HTTP_ORIGIN"] == "null" or super()._origin_verified(request)  # type: ignore[misc]  # the stubs leave it out


guarded = decorator_from_middleware(LinkCsrfMiddleware)


def secretive(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
    """Guard a page behind a secret address: its own form guard, no cache, no referrer, no search engine."""

    @csrf_exempt  # the guard inside takes its place
    @wraps(view)
    def opened(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        response = shown(request, token, **kwargs)
        response["Referrer-Policy"] = "no-referrer"
        response["X-Robots-Tag"] = "noindex, nofollow"
        return response

    @guarded
    @never_cache
    def shown(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
        return view(request, token, **kwargs)

    return opened


def language_for(request: HttpRequest, own: str) -> str:
    """Return the language asked for on this page, else chosen before, else the subject's own."""
    chosen = "" if request.user.is_authenticated else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    wanted = asked_language(request) or chosen
    return wanted if wanted in dict(settings.LANGUAGES) else own


def by_link(
    open_address: Callable[[str], Held[Subject]],
) -> Callable[[Callable[..., HttpResponse]], Callable[..., HttpResponseBase]]:
    """Make a page of `view(request, subject, token)`, in the subject's language and time zone.

    Every bad address gets the same calm page, which tells nothing.
    """

    def decorate(view: Callable[..., HttpResponse]) -> Callable[..., HttpResponseBase]:
        @secretive
        @wraps(view)
        def opened(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponse:
            try:
                held = open_address(token)
            except BadLink:
                return render(request, "customers/public/bad_link.html", status=404)
            language = language_for(request, held.language)
            with translation.override(language), timezone.override(held.zone):
                response = view(request, held.subject, token, **kwargs)
                response["Content-Language"] = language
                return response

        return opened

    return decorate
