"""Settings: what a company says about itself."""

from dataclasses import asdict

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from partners import profiles
from partners.errors import Refused, Stale
from partners.fields import both_versions
from partners.forms import CompanyForm
from partners.models import Partner
from partners.permissions import company_of, may_choose_edition, may_edit_profile, require
from partners.profiles import Profile
from partners.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def settings(request: Request) -> HttpResponse:
    """Show a company's profile; posted to by an account admin, save the profile."""
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
            "may_choose_edition": may_choose_edition(request.actor, partner),
        },
    )
