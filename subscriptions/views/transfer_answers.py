"""The current partner's answer: let some or all of it go, or decline."""

from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request
from subscriptions import transfer_acceptance, transfers
from subscriptions.models import Transfer
from subscriptions.permissions import may_answer_transfer
from subscriptions.transfer_eligibility import Asked, look, why_no_answer
from subscriptions.transfer_forms import AcceptForm, DeclineForm
from subscriptions.views.subscriptions import show
from subscriptions.views.transfers import find
from subscriptions.vocabulary import Billing


@require_http_methods(["GET", "HEAD", "POST"])
def accept(request: Request, pk: int) -> HttpResponse:
    """Choose what goes, and read what that means; posted to, let it go."""
    transfer = find(request, pk)
    require(may_answer_transfer(request.actor, transfer))
    at = timezone.now()
    waits = transfer.waits_at(at)
    found = look(transfer, at) if waits else []
    can_go = [one for one in found if not one.reason]
    form = AcceptForm(
        request.POST if request.method == "POST" else None,
        offered={one.item.pk: one.item.external_id for one in can_go},
    )
    if request.method == "POST" and form.is_valid():
        try:
            transfer_acceptance.accept(transfer, form.keys, by=request.actor, at=at)
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("Transferred to %(company)s.") % {"company": transfer.provider.name})
            return redirect(transfer)
    return render(
        request,
        "subscriptions/transfer_accept.html",
        {
            "transfer": transfer,
            "form": form,
            "ticked": set(form["chosen"].value() or ()),
            "can_go": can_go,
            "stay": [one for one in found if one.reason],
            "consequences": what_happens(transfer, can_go),
            "refused": _why_shut(transfer, waits, can_go, at),
        },
    )


def _why_shut(transfer: Transfer, waits: bool, can_go: list[Asked], at: datetime) -> str:
    if not waits:
        return _("It is over: there is nothing left to accept.")
    return why_no_answer(transfer, at) or ("" if can_go else _("Nothing of what was asked for can go now."))


def what_happens(transfer: Transfer, can_go: list[Asked]) -> list[str]:
    """Return what letting go means, in sentences."""
    names = {"company": transfer.provider.name}
    sentences = [
        _("What you choose is over on your side at once and goes on with %(company)s, for good.") % names,
        _("Quantity, term and term end go over as they are, add-ons too; notes and history stay."),
        _("What you do not choose stays with you, and the request is closed."),
    ]
    if any(one.row and one.row.product.billing == Billing.USAGE for one in can_go):
        sentences.append(
            _("Azure roles do not change: your people's access stays until somebody removes it.")
        )
    sentences.append(_("%(company)s and the customer are told by mail.") % names)
    return sentences


@require_http_methods(["GET", "HEAD", "POST"])
def decline(request: Request, pk: int) -> HttpResponse:
    """Say what declining means and ask for a reason; posted to, decline."""
    transfer = find(request, pk)
    require(may_answer_transfer(request.actor, transfer))
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        at, reason = timezone.now(), form.cleaned_data["reason"]
        try:
            transfers.decline(transfer, reason, by=request.actor, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Declined. Everything stays with you."))
        return redirect(transfer)
    return render(
        request,
        "subscriptions/transfer_decline.html",
        {
            "transfer": transfer,
            "form": form,
            "consequences": [
                _("Every subscription asked for stays with you."),
                _("%(company)s is told by mail, and may ask once more.")
                % {"company": transfer.provider.name},
            ],
            "refused": ""
            if transfer.waits_at(timezone.now())
            else _("It is over: there is nothing left to decline."),
        },
    )
