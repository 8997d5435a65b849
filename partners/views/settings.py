"""Settings: what a company says about itself, and who works for it."""

from dataclasses import asdict
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods

from partners import profiles
from partners.errors import Refused, Stale
from partners.fields import both_versions
from partners.forms import CompanyForm
from partners.models import Membership, Partner, Role
from partners.permissions import company_of, may_edit_profile, require
from partners.profiles import Profile
from partners.requests import Request

TEAM_SHOWN = 200

# What each role may do, in the words of the requirement's table of roles.
OF_A_PROVIDER = {
    Role.ACCOUNT_ADMIN: gettext_lazy("Everything an admin agent does; the profile; ending partnerships."),
    Role.ADMIN_AGENT: gettext_lazy(
        "Invitations that ask for privileges, answers to confirm, privileges, partnerships."
    ),
    Role.SALES_AGENT: gettext_lazy(
        "Invitations for the relationship only; records customers and subscriptions."
    ),
    Role.HELPDESK_AGENT: gettext_lazy("Support requests; sees everything else."),
    Role.VIEWER: gettext_lazy("Sees everything, changes nothing."),
}
OF_A_RESELLER = {
    Role.ACCOUNT_ADMIN: gettext_lazy(
        "Everything an admin agent does; the profile; accepts and ends partnerships."
    ),
    Role.ADMIN_AGENT: gettext_lazy("Accepts, declines and gives up privileges; sends invitations on."),
    Role.SALES_AGENT: gettext_lazy("Sends invitations on."),
    Role.HELPDESK_AGENT: gettext_lazy("Support requests where you hold support; sees everything else."),
    Role.VIEWER: gettext_lazy("Sees everything, changes nothing."),
}


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request) -> HttpResponse:
    """Show a company's profile and team; posted to by an account admin, save the profile."""
    partner = company_of(request.actor)
    if request.method != "POST":
        return _page(request, partner, _form(partner))
    require(may_edit_profile(request.actor, partner))
    form = CompanyForm(request.POST, partner=partner)
    if not form.is_valid():
        return _page(request, partner, form)
    try:
        profiles.edit(
            partner, form.profile, seen=form.cleaned_data["seen"], by=request.actor, at=timezone.now()
        )
    except Stale as refusal:
        form.add_error(None, str(refusal))
        return _page(request, partner, form, saved=profiles.profile_of(Partner.objects.get(pk=partner.pk)))
    except Refused as refusal:
        form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        return _page(request, partner, form)
    messages.success(request, _("The profile is saved."))
    return redirect("partners:settings")


def _form(partner: Partner) -> CompanyForm:
    profile = profiles.profile_of(partner)
    return CompanyForm(partner=partner, initial={**asdict(profile), "seen": profile.fingerprint})


def _page(
    request: Request, partner: Partner, form: CompanyForm, saved: Profile | None = None
) -> HttpResponse:
    """Show the page; with what somebody else saved meanwhile beside what was typed, if there is such."""
    versions: list[dict[str, str]] = []
    if saved is not None:
        typed, kept = asdict(form.profile), asdict(saved)
        versions = both_versions(
            form, {name: (kept[name], typed[name]) for name in typed if kept[name] != typed[name]}
        )
        form.data = {**form.data, "seen": saved.fingerprint}  # whoever saves again has seen both
    return render(
        request,
        "partners/settings.html",
        {
            "partner": partner,
            "form": form if may_edit_profile(request.actor, partner) else None,
            "versions": versions,
            "team": _team(partner),
            "is_suspended": not partner.is_active,
        },
    )


def _team(partner: Partner) -> list[dict[str, Any]]:
    words = OF_A_RESELLER if partner.is_reseller else OF_A_PROVIDER
    team = Membership.objects.filter(partner=partner, user__is_active=True).select_related("user")
    return [
        {
            "name": member.user.name or member.user.email,
            "email": member.user.email,
            "role": member.get_role_display(),
            "words": words[Role(member.role)],
        }
        for member in team.order_by("user__name", "pk")[:TEAM_SHOWN]
    ]
