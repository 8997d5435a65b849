"""Transfers kept by hand: with a partner outside, or under the rules of December 2016."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers.models import Customer
from partners.errors import Refused
from partners.paging import asked_key
from partners.permissions import require
from partners.requests import Request
from subscriptions import rulings, transfer_line, transfers_by_hand
from subscriptions.models import Subscription
from subscriptions.permissions import may_file_transfer, may_note_transfer
from subscriptions.rulebook import RUNNING
from subscriptions.transfer_forms import NoteForm, RecordForm
from subscriptions.views.subscriptions import show
from subscriptions.views.transfers import find
from subscriptions.vocabulary import Channel, Direction

OFFERED = 100  # subscriptions of one customer to choose from
SOLD_IN = {Direction.IN: Channel.CSP_OTHER, Direction.OUT: Channel.CSP_OWN}


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Request, pk: int, direction: str) -> HttpResponse:
    """Choose what comes from, or goes to, a partner outside; posted to, keep it by hand."""
    rows = Customer.objects.visible_to(request.actor).select_related("provider")
    customer = get_object_or_404(rows, pk=pk)
    require(may_file_transfer(request.actor))
    at = timezone.now()
    sold = Subscription.objects.filter(
        customer=customer, channel=SOLD_IN[Direction(direction)], status__in=RUNNING, parent__isnull=True
    ).exclude(external_id="")
    offered = list(rulings.with_facts(transfer_line.unasked(sold)).order_by("-pk")[:OFFERED])
    form = RecordForm(
        request.POST if request.method == "POST" else None,
        offered={row.pk: f"{row} · {row.external_id}" for row in offered},
        initial={"chosen": [str(chosen)]} if (chosen := asked_key(request, "subscription")) else None,
    )
    if request.method == "POST" and form.is_valid():
        rows_chosen = [row for row in offered if row.pk in form.keys]
        names = {name: form.cleaned_data[name] for name in ("other_name", "named")}
        try:
            found = transfers_by_hand.record(
                customer, direction, rows_chosen, **names, by=request.actor, at=at
            )
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(
                request, _("The transfer is kept here. When it is through at Microsoft, note what went over.")
            )
            return redirect(found)
    return render(
        request,
        "subscriptions/transfer_record.html",
        {
            "form": form,
            "customer": customer,
            "offered": offered,
            "is_out": direction == Direction.OUT,
            "refused": transfers_by_hand.why_not_record(customer, direction, at),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def note(request: Request, pk: int) -> HttpResponse:
    """Tick what went over, and when; posted to, write the new truth down."""
    transfer = find(request, pk)
    require(may_note_transfer(request.actor, transfer))
    at = timezone.now()
    waits = transfer.waits_at(at)
    form = NoteForm(
        request.POST if request.method == "POST" else None,
        offered={
            item.pk: f"{item.subscription} · {item.external_id}"
            for item in transfer.items.select_related("subscription__product").order_by("pk")
        },
        initial={"happened_on": timezone.localtime(at).date()},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            transfers_by_hand.note(
                transfer, form.keys, values["happened_on"], values["reason"], by=request.actor, at=at
            )
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("What became of the transfer is noted."))
            return redirect(transfer)
    return render(
        request,
        "subscriptions/transfer_note.html",
        {
            "transfer": transfer,
            "form": form,
            "consequences": what_happens(transfer.direction),
            "refused": "" if waits else _("It is over: there is nothing left to note."),
        },
    )


def what_happens(direction: str) -> list[str]:
    """Return what noting the outcome means, in sentences."""
    if direction == Direction.OUT:
        went = _("What you tick is over on your side: it goes on with the other partner.")
    else:
        went = _("What you tick is sold by you from now on; quantity, term and term end stay as recorded.")
    return [
        went,
        _("Add-ons go with their subscription. What you do not tick stays as it is."),
        _("The customer is told by mail of what went over. It cannot be taken back."),
    ]
