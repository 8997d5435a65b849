"""How the pages look in this browser."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from partners.theme import THEMES, remember_theme
from partners.views.companies import back


@login_not_required
@require_POST
def set_theme(request: HttpRequest) -> HttpResponse:
    """Choose light, dark or the system's theme, in this browser, and go back."""
    response = back(request)
    theme = request.POST.get("theme", "")
    if theme in THEMES:
        remember_theme(response, theme)
    return response
