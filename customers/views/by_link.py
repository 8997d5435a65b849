"""How a page is opened by its address alone: nobody signs in, nothing is cached, the address stays secret."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any, Generic, TypeVar

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from customers import links
from customers.links import BadLink, OldLink, Opened
from customers.models import Contact
from partners.models import Partner
from partners.views.by_link import language_for, secretive

Subject = TypeVar("Subject")


@dataclass(frozen=True, slots=True)
class Held(Generic[Subject]):
    """What the holder of a genuine address has in hand, in which language it speaks, whose days it counts."""

    subject: Subject
    language: str
    provider: Partner


def invitation(token: str) -> Held[Opened]:
    """Open an invitation's address; refuses a bad one."""
    opened = links.open_invitation(token, timezone.now())
    return Held(opened, opened.link.invitation.language, opened.link.provider)


def own_page(token: str) -> Held[Contact]:
    """Open the address of a customer's own page; refuses a bad or an old one."""
    return _of(links.open_page(token))


def lasting(token: str) -> Held[Contact]:
    """Open the address a receipt holds; refuses a bad one."""
    return _of(links.open_ask(token))


def _of(contact: Contact) -> Held[Contact]:
    return Held(contact, contact.language, contact.customer.provider)


shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


def by_link(
    open_address: Callable[[str], Held[Subject]],
) -> Callable[[Callable[..., HttpResponseBase]], Callable[..., HttpResponseBase]]:
    """Make a page of `view(request, subject, token, ...)`, in the subject's language and time zone.

    Every bad address gets the same calm page, which tells nothing.
    """

    def decorate(view: Callable[..., HttpResponseBase]) -> Callable[..., HttpResponseBase]:
        @secretive
        @wraps(view)
        def opened(request: HttpRequest, token: str, **kwargs: Any) -> HttpResponseBase:
            try:
                held = open_address(token)
            except OldLink as old:
                return _old(request, old.contact)
            except BadLink:
                return render(request, "customers/public/bad_link.html", status=404)
            language = language_for(request, held.language)
            with translation.override(language), timezone.override(held.provider.zone):
                try:
                    response = view(request, held.subject, token, **kwargs)
                except Http404:
                    response = render(request, "customers/public/bad_link.html", status=404)
                response["Content-Language"] = language
                return response

        return opened

    return decorate


def _old(request: HttpRequest, contact: Contact) -> HttpResponse:
    language = language_for(request, contact.language)
    with translation.override(language):
        ask = links.ask_address(contact).removeprefix(settings.SITE_URL)  # a form posts to where it came from
        context = {"contact": contact, "ask": ask}
        return render(request, "customers/public/old_link.html", context, status=410)


def posted(request: HttpRequest) -> QueryDict | None:
    """Return what a form is bound to: what was posted, even nothing."""
    return request.POST if request.method == "POST" else None
