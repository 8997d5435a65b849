"""Resellers that are not here yet: invited by the provider, and the page their link opens."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners import newcomers, onboarding
from partners.errors import Refused
from partners.models import Onboarding, User
from partners.onboarding_forms import StartForm, TellForm
from partners.paging import asked, page_of
from partners.permissions import (
    company_of,
    may_change_onboarding,
    may_propose_partnership,
    require,
)
from partners.requests import Request
from partners.templatetags.ui import role
from partners.views.by_link import Held, by_link

# --- the provider ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One invited reseller as the list shows it."""

    pk: int
    name: str
    partner_id: str
    email: str
    state: str
    role: str
    sent_at: datetime
    until: datetime | None
    reason: str
    may_resend: bool
    may_withdraw: bool


@require_safe
def invited(request: Request) -> HttpResponse:
    """List the resellers a provider has invited to join, newest first."""
    actor, provider, at = request.actor, company_of(request.actor), timezone.now()
    require(provider.has_resellers)
    page = page_of(Onboarding.objects.visible_to(actor).select_related("provider"), request, "-pk")
    may = may_propose_partnership(actor)
    return render(
        request,
        "partners/invited.html",
        {"rows": [_row(one, may=may, at=at) for one in page.rows], "page": page, "may_propose": may},
    )


def _row(one: Onboarding, *, may: bool, at: datetime) -> Row:
    status = Onboarding.Status(one.status)
    if status == Onboarding.Status.WAITING and not one.waits_at(at):
        status = Onboarding.Status.LAPSED
    return Row(
        pk=one.pk,
        name=one.name,
        partner_id=one.partner_id,
        email=one.email,
        state=str(status.label),
        # What is done for the reseller still waits for staff.
        role=role("waiting" if status == Onboarding.Status.COMPLETED else status.value),
        sent_at=one.made_at,
        until=one.expires_at if status == Onboarding.Status.WAITING else None,
        reason=one.reason,
        may_resend=may and one.status == Onboarding.Status.WAITING,
        may_withdraw=may and one.can_move(Onboarding.Status.WITHDRAWN),
    )


@require_http_methods(["GET", "HEAD", "POST"])
def start(request: Request) -> HttpResponse:
    """Invite a reseller that is not here yet."""
    require(may_propose_partnership(request.actor))
    provider = company_of(request.actor)
    form = StartForm(
        request.POST if request.method == "POST" else None,
        initial={
            "partner_id": asked(request, "partner_id", 12),
            "country": str(provider.country),
            "language": request.LANGUAGE_CODE,
        },
    )
    if form.is_valid():
        try:
            new = onboarding.start(provider, form.candidate, by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(
                request,
                _("The link for %(company)s goes to %(email)s, and works for 30 days.")
                % {"company": new.name, "email": new.email},
            )
            return redirect("partners:onboardings")
    return render(request, "partners/onboarding_start.html", {"form": form})


def _act(request: Request, pk: int, story: Callable[..., object], said: str) -> HttpResponse:
    found = get_object_or_404(Onboarding.objects.visible_to(request.actor), pk=pk)
    require(may_change_onboarding(request.actor, found))
    try:
        story(found, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said % {"company": found.name, "email": found.email})
    return redirect("partners:onboardings")


@require_POST
def resend(request: Request, pk: int) -> HttpResponse:
    """Send a new link; the old one is dead."""
    said = _("A new link for %(company)s goes to %(email)s. The old one no longer works.")
    return _act(request, pk, onboarding.resend, said)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Withdraw the invitation of a reseller staff have not confirmed."""
    said = _("The invitation of %(company)s is withdrawn. Its link no longer works.")
    return _act(request, pk, onboarding.withdraw, said)


# --- the reseller ------------------------------------------------------------------------------


def _opened(token: str) -> Held[Onboarding]:
    found = onboarding.open_link(token, at=timezone.now())
    return Held(found, found.language, found.provider.zone)


@login_not_required
@sensitive_post_parameters("password")
@by_link(_opened)
@require_http_methods(["GET", "HEAD", "POST"])
def tell(request: HttpRequest, found: Onboarding, token: str) -> HttpResponse:
    """Show the reseller's first account admin who asks, and take what it tells of its company."""
    context = {"onboarding": found, "provider": found.provider, "token": token}
    if found.status != Onboarding.Status.WAITING:
        return render(request, "partners/onboarding_told.html", context)
    account = newcomers.account_of(found.email)
    signed_in = request.user if isinstance(request.user, User) else None
    if signed_in != account:
        context |= {"account": account, "other": signed_in}
        return render(request, "partners/onboarding_sign_in.html", context)
    form = TellForm(request.POST if request.method == "POST" else None, onboarding=found, account=account)
    if form.is_valid():
        try:
            onboarding.complete(found, form.told, serial=found.serial, signed_in=signed_in, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return redirect("partners:onboarding", token)
    return render(request, "partners/onboarding.html", {**context, "form": form})
