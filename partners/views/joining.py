"""The page a colleague's invitation opens: sign in and join, or make an account and join."""

from allauth.account.adapter import get_adapter
from allauth.account.internal.flows.login import record_authentication
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods

from partners import joining, newcomers
from partners.accounts import remember_device
from partners.errors import Refused
from partners.middleware import ACTING_FOR
from partners.models import Membership, Role, TeamInvitation, User
from partners.roles import words_of
from partners.team_forms import NewcomerForm
from partners.views.by_link import Held, by_link


def _opened(token: str) -> Held[TeamInvitation]:
    found = joining.open_link(token, at=timezone.now())
    return Held(found, found.language, found.partner.zone)


@login_not_required
@sensitive_post_parameters("password")
@by_link(_opened)
@require_http_methods(["GET", "HEAD", "POST"])
def join(request: HttpRequest, found: TeamInvitation, token: str) -> HttpResponse:
    """Show who invites into which team; posted to by the right account, or with a new one, join.

    The link alone signs nobody in: an account that exists is signed in to first.
    """
    account = newcomers.account_of(found.email)
    signed_in = request.user if isinstance(request.user, User) else None
    context = {
        "invitation": found,
        "company": found.partner,
        "words": words_of(found.partner)[Role(found.role)],
        "token": token,
        "account": account,
        "other": signed_in if signed_in != account else None,
    }
    if signed_in != account:
        return render(request, "partners/team_sign_in.html", context)
    if account is None:
        return _anew(request, found, context)
    if request.method == "POST":
        try:
            membership = joining.join(found, account, serial=found.serial, at=timezone.now())
        except Refused as refusal:
            return render(request, "partners/team_join.html", {**context, "refused": str(refusal)})
        return _welcome(request, membership)
    return render(request, "partners/team_join.html", context)


def _anew(request: HttpRequest, found: TeamInvitation, context: dict[str, object]) -> HttpResponse:
    form = NewcomerForm(request.POST if request.method == "POST" else None, email=found.email)
    if form.is_valid():
        told = form.cleaned_data
        try:
            membership = joining.join_anew(found, **told, serial=found.serial, at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            user = membership.user
            get_adapter(request).login(request, user)
            record_authentication(request, user, method="password", email=user.email)
            response = _welcome(request, membership)
            remember_device(response, user)
            return response
    return render(request, "partners/team_join.html", {**context, "form": form})


def _welcome(request: HttpRequest, membership: Membership) -> HttpResponse:
    """Let the newcomer act for the company from now on."""
    request.session[ACTING_FOR] = membership.pk
    messages.success(request, _("Welcome: you now act for %(company)s.") % {"company": membership.partner})
    return redirect("home")
