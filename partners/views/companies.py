"""The company acted for, and what a person keeps about herself."""

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import translation
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.forms import ProfileForm
from partners.middleware import ACTING_FOR, memberships_of, remember_language
from partners.paging import asked

MANY = 8  # companies one finds at a glance


@require_safe
def companies(request: HttpRequest) -> HttpResponse:
    """Show the companies one may act for; among many, those whose name or partner id has some words."""
    memberships = memberships_of(request.user)  # type: ignore[arg-type]  # behind the sign-in
    words = asked(request, "q")
    found = [one for one in memberships if words.casefold() in one.partner.name.casefold()]
    found += [one for one in memberships if words and words == one.partner.partner_id]
    return render(
        request,
        "partners/companies.html",
        {"memberships": found, "words": words, "many": len(memberships) > MANY},
    )


@require_POST
def act_for(request: HttpRequest) -> HttpResponse:
    """Act for another of one's companies from now on."""
    for membership in memberships_of(request.user):  # type: ignore[arg-type]  # behind the sign-in
        if str(membership.pk) == request.POST.get("membership"):
            request.session[ACTING_FOR] = membership.pk
            messages.success(
                request, _("You now act for %(company)s.") % {"company": membership.partner.name}
            )
            return redirect("home")
    raise Http404


@require_http_methods(["GET", "HEAD", "POST"])
def profile(request: HttpRequest) -> HttpResponse:
    """Change one's own name and language."""
    form = ProfileForm(request.POST or None, instance=request.user)
    if request.method == "POST" and form.is_valid():
        user = form.save()
        with translation.override(user.language):
            messages.success(request, _("Your profile was saved."))
        return redirect("partners:profile")
    return render(request, "partners/profile.html", {"form": form})


@login_not_required
@require_POST
def set_language(request: HttpRequest) -> HttpResponse:
    """Choose the language: for good when signed in, else in this browser."""
    response = back(request)
    language = request.POST.get("language", "")
    if language in dict(settings.LANGUAGES):
        remember_language(response, language)
        if request.user.is_authenticated:
            request.user.language = language
            request.user.save(update_fields=["language"])
    return response


def back(request: HttpRequest) -> HttpResponse:
    """Return the way back to the page a form was on, or to the first one: never to another site."""
    target = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(
        target, allowed_hosts={request.get_host()}, require_https=request.is_secure()
    ):
        target = "/"
    return HttpResponseRedirect(target)  # never the name of a page, which `redirect` would look up
