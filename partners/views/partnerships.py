"""Partnerships: propose, accept, decline, withdraw, keep the joint link. Ending one lives a floor higher."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from partners import partnerships
from partners.actor import Actor
from partners.errors import Refused
from partners.forms import JointLinkForm, ProposeForm
from partners.models import Partnership
from partners.permissions import (
    company_of,
    may_answer_partnership,
    may_propose_partnership,
    may_set_joint_link,
    may_withdraw_partnership,
    require,
)
from partners.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def propose(request: Request) -> HttpResponse:
    """Propose a partnership to the reseller with one exact partner id."""
    require(may_propose_partnership(request.actor))
    form = ProposeForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            tie = partnerships.propose(
                company_of(request.actor), form.reseller, by=request.actor, at=timezone.now()
            )
        except Refused as refusal:
            form.add_error("partner_id", str(refusal))
        else:
            messages.success(
                request,
                _("%(reseller)s has been asked, and has 30 days to answer.")
                % {"reseller": tie.reseller.name},
            )
            return redirect("customers:reseller", tie.reseller_id)
    typed = form["partner_id"].value() if form.errors else ""
    return render(request, "partners/propose.html", {"form": form, "unknown": typed})


def _find(request: Request, pk: int) -> Partnership:
    rows = Partnership.objects.visible_to(request.actor).select_related("provider", "reseller")
    return get_object_or_404(rows, pk=pk)


def _act(
    request: Request,
    pk: int,
    may: Callable[[Actor, Partnership], bool],
    story: Callable[..., object],
    said: str,
) -> HttpResponse:
    tie = _find(request, pk)
    require(may(request.actor, tie))
    try:
        story(tie, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said % {"provider": tie.provider.name, "reseller": tie.reseller.name})
    if request.actor.is_of(tie.reseller_id):
        return redirect("customers:providers")
    return redirect("customers:reseller", tie.reseller_id)


@require_POST
def accept(request: Request, pk: int) -> HttpResponse:
    """Accept a proposal, for the reseller."""
    return _act(
        request, pk, may_answer_partnership, partnerships.accept, _("You now work with %(provider)s.")
    )


@require_POST
def decline(request: Request, pk: int) -> HttpResponse:
    """Decline a proposal, for the reseller."""
    said = _("Declined. %(provider)s has been told.")
    return _act(request, pk, may_answer_partnership, partnerships.decline, said)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Withdraw, for the provider, a proposal without an answer."""
    said = _("The proposal to %(reseller)s is withdrawn.")
    return _act(request, pk, may_withdraw_partnership, partnerships.withdraw, said)


@require_http_methods(["GET", "HEAD", "POST"])
def joint_link(request: Request, pk: int) -> HttpResponse:
    """Show and keep the form of the Partner Center link that names the reseller."""
    tie = _find(request, pk)
    require(may_set_joint_link(request.actor, tie))
    form = JointLinkForm(
        request.POST if request.method == "POST" else None,
        initial={"partner_center_link": tie.partner_center_link},
    )
    if form.is_valid():
        link = form.cleaned_data["partner_center_link"]
        try:
            partnerships.set_link(tie, link, by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error("partner_center_link", str(refusal))
        else:
            messages.success(request, _("The joint link is saved."))
            return redirect("customers:reseller", tie.reseller_id)
    return render(request, "partners/joint_link.html", {"form": form, "tie": tie})
