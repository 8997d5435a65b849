"""Who acts for which company, in which language and time zone: settled once for every request."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from partners.actor import Actor
from partners.models import Membership, Onboarding, User
from partners.theme import asked_theme, remember_theme

ACTING_FOR = "acting_for"  # in the session the chosen membership, in a form the company it was made for
GetResponse = Callable[[HttpRequest], HttpResponseBase]

# Pages about oneself: they are done for no company, so they are never done for the wrong one.
PERSONAL = frozenset(
    {
        "account_login",
        "account_logout",
        "account_change_password",
        "account_reauthenticate",
        "account_reset_password",
        "account_reset_password_done",
        "account_reset_password_from_key",
        "account_reset_password_from_key_done",
        "partners:act-for",
        "partners:companies",
        "partners:profile",
        "set_language",
        "set_theme",
    }
)


def memberships_of(user: User) -> list[Membership]:
    """Return the companies a person may act for, by name, in one query."""
    memberships = list(
        Membership.objects.filter(user=user).select_related("partner").order_by("partner__name", "pk")
    )
    for membership in memberships:
        membership.user = user
    return memberships


def actor_of(request: HttpRequest) -> Actor | None:
    """Return who acts: staff in the admin, a member for the company chosen, other staff, or nobody."""
    user = request.user
    if not isinstance(user, User):
        return None
    if user.is_staff and request.path.startswith(reverse("admin:index")):
        return Actor.staff(user)
    memberships = memberships_of(user)
    if memberships:
        chosen = request.session.get(ACTING_FOR)
        # A tie that ended since it was chosen counts for nothing: the list is read anew every time.
        acting = next((membership for membership in memberships if membership.pk == chosen), memberships[0])
        return Actor.member(acting, company_count=len(memberships))
    return Actor.staff(user) if user.is_staff else None


def waiting_for_staff(user: User) -> Onboarding | None:
    """Return the company a person has told of and staff have not looked at yet."""
    return Onboarding.objects.filter(user=user, status=Onboarding.Status.COMPLETED).first()


def is_for_staff(request: HttpRequest) -> bool:
    """Say whether a page is made for staff: the admin, and the first page, which shows the way there."""
    return request.path == "/" or request.path.startswith(reverse("admin:index"))


class ActorMiddleware:
    """Sets `request.actor`, refuses what was posted for another company, and lets nothing of it be cached."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Settle who acts, and keep every answer to somebody signed in out of caches."""
        request.actor = actor_of(request)  # type: ignore[attr-defined]  # ours
        was_signed_in = request.user.is_authenticated
        response = self.get_response(request)
        if was_signed_in or request.user.is_authenticated:
            response["Cache-Control"] = "no-store, private"
        return response

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> HttpResponse | None:
        """Stop who has no company, and a form that was made while acting for another one."""
        actor: Actor | None = request.actor  # type: ignore[attr-defined]  # ours
        if not request.user.is_authenticated or request.resolver_match.view_name in PERSONAL:  # type: ignore[union-attr]  # a view was found
            return None
        lost = actor is None or (actor.partner is None and not is_for_staff(request))
        if lost and getattr(view, "login_required", True):
            told = waiting_for_staff(request.user)
            return render(request, "no_company.html", {"onboarding": told}, status=403)
        if actor is None:
            return None
        posted_for = request.POST.get(ACTING_FOR) if request.method == "POST" else None
        if posted_for is not None and not (actor.partner and posted_for == str(actor.partner.pk)):
            return render(request, "stale_company.html", status=409)
        return None


class LanguageMiddleware:
    """Answers in the language of the person signed in, else in the one asked for; in the company's zone.

    A theme asked for by the address is remembered here too: what a page looks like is settled in one place.
    """

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer in one language and one time zone, and leave no trace of them for the next request."""
        actor: Actor | None = request.actor  # type: ignore[attr-defined]  # ours
        asked = asked_language(request)
        language = language_of(request, asked)
        zone = actor.partner.zone if actor and actor.partner else timezone.get_default_timezone()
        with translation.override(language), timezone.override(zone):
            request.LANGUAGE_CODE = language  # as Django's own middleware does
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language())
        patch_vary_headers(response, ("Accept-Language", "Cookie"))
        if asked and not request.user.is_authenticated:
            remember_language(response, asked)
        if theme := asked_theme(request):
            remember_theme(response, theme)
        return response


def asked_language(request: HttpRequest) -> str:
    """Return the language an address asks for by `?lang=`, if there is such a language."""
    asked = request.GET.get("lang", "")
    return asked if asked in dict(settings.LANGUAGES) else ""


def language_of(request: HttpRequest, asked: str = "") -> str:
    """Return the language to answer in: the person's, the one asked for, the cookie's, the browser's."""
    if isinstance(request.user, User):
        return request.user.language
    return asked or translation.get_language_from_request(request)


def remember_language(response: HttpResponseBase, language: str) -> None:
    """Let the browser remember a language somebody chose."""
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=settings.LANGUAGE_COOKIE_HTTPONLY,
        samesite="Lax",
    )
