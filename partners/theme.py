"""Light, dark, or as the system has it: chosen by anybody, kept by the browser, drawn by the style sheet."""

from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils.functional import Promise
from django.utils.translation import pgettext_lazy

SYSTEM = "system"
THEMES: dict[str, Promise] = {
    SYSTEM: pgettext_lazy("theme", "As the system"),
    "light": pgettext_lazy("theme", "Light"),
    "dark": pgettext_lazy("theme", "Dark"),
}


def asked_theme(request: HttpRequest) -> str:
    """Return the theme an address asks for by `?theme=`, if there is such a theme."""
    asked = request.GET.get("theme", "")
    return asked if asked in THEMES else ""


def theme_of(request: Any) -> str:
    """Return the theme to show: the one asked for, else the browser's, else the system's."""
    chosen = asked_theme(request) or request.COOKIES.get(settings.THEME_COOKIE_NAME, "")
    return chosen if chosen in THEMES else SYSTEM


def remember_theme(response: HttpResponseBase, theme: str) -> None:
    """Let the browser remember a theme; the system's needs no memory."""
    if theme == SYSTEM:
        response.delete_cookie(settings.THEME_COOKIE_NAME, samesite="Lax")
        return
    response.set_cookie(
        settings.THEME_COOKIE_NAME,
        theme,
        max_age=settings.LANGUAGE_COOKIE_AGE,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
