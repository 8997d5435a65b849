"""Transfers: what other partners ask for, what one asks for oneself, and each of them whole."""

from datetime import datetime
from typing import Any

from django.contrib import messages
from django.db.models import Count, Exists, OuterRef, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from customers.models import Customer
from customers.models.customer import MINIMUM_SEARCH
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, RulebookEdition
from partners.paging import address_with, asked, asked_choice, asked_key, page_of
from partners.permissions import company_of, require
from partners.requests import Request
from subscriptions import transfer_line, transfers
from subscriptions.models import Subscription, Transfer, TransferItem
from subscriptions.permissions import (
    may_answer_transfer,
    may_cancel_transfer,
    may_file_transfer,
    may_note_transfer,
)
from subscriptions.rulebook import RUNNING
from subscriptions.transfer_eligibility import look, why_no_answer, why_not_ask
from subscriptions.transfer_forms import RequestForm
from subscriptions.views.customers import timeline
from subscriptions.views.subscriptions import show
from subscriptions.vocabulary import Billing, Channel

OFFERED = 25  # customers to choose from; the others are found by their name
SIDES = ("provider", "customer", "current_partner", "current_customer")


@require_safe
def listing(request: Request) -> HttpResponse:
    """List the transfers other partners asked this one for, or those it keeps itself, the newest first."""
    company, at = company_of(request.actor), timezone.now()
    require(company.owns_relationships)
    side = asked_choice(request, "side", ("sent",)) or "received"
    mine = {"current_partner": company} if side == "received" else {"provider": company}
    number = TransferItem.objects.filter(transfer=OuterRef("pk")).order_by().values("transfer")
    rows = Transfer.objects.visible_to(request.actor).filter(**mine).select_related(*SIDES)
    rows = rows.annotate(number=Subquery(number.annotate(n=Count("pk")).values("n")))
    page = page_of(rows, request, "-pk")
    return render(
        request,
        "subscriptions/transfer_list.html",
        {
            "rows": [listed(one, side, at) for one in page.rows],
            "page": page,
            "side": side,
            "sides": [
                {"label": label, "url": address_with(request, side=value), "active": name == side}
                for name, value, label in (
                    ("received", "", _("Received")),
                    ("sent", "sent", _("Sent and kept by hand")),
                )
            ],
            "may_file": may_file_transfer(request.actor),
        },
    )


def listed(transfer: Transfer, side: str, at: datetime) -> dict[str, Any]:
    """Return one line of the list, with nothing of what the other side alone knows."""
    received = side == "received"
    return {
        "transfer": transfer,
        "other": transfer.provider.name if received else other_of(transfer),
        "customer": transfer.current_customer if received else transfer.customer,
        "number": transfer.number,  # type: ignore[attr-defined]  # annotated
        "state": state_of(transfer, at),
    }


def other_of(transfer: Transfer) -> str:
    """Return how the requesting side calls the other: by what it typed, until that one has answered."""
    answered = transfer.status in (Transfer.Status.ACCEPTED, Transfer.Status.DECLINED)
    if answered and transfer.current_partner is not None:
        return transfer.current_partner.name
    return transfer.other_name or transfer.named


def state_of(transfer: Transfer, at: datetime) -> tuple[str, str]:
    """Return what a transfer is worth at a moment, and its word."""
    if transfer.status == Transfer.Status.PENDING and not transfer.waits_at(at):
        return "lapsed", str(Transfer.Status.LAPSED.label)
    return transfer.status, str(transfer.get_status_display())


# --- one of them -------------------------------------------------------------------------------


def find(request: Request, pk: int) -> Transfer:
    """Return a transfer the actor's company is a side of, with both sides; else 404."""
    rows = Transfer.objects.visible_to(request.actor).select_related(*SIDES)
    return get_object_or_404(rows, pk=pk)


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one transfer as its side sees it: what is asked for, whether it can go, what became of it."""
    transfer, actor, at = find(request, pk), request.actor, timezone.now()
    log = Activity.objects.visible_to(actor).filter(
        object_type=transfer._meta.label_lower, object_ref=transfer.pk
    )
    waits = transfer.waits_at(at)
    context = {
        "transfer": transfer,
        "state": state_of(transfer, at),
        "waits": waits,
        "timeline": timeline(log, skip=transfer.log_label),
    }
    if actor.is_of(transfer.current_partner_id):
        return render(
            request, "subscriptions/transfer_received.html", context | _received(transfer, actor, waits, at)
        )
    items = list(transfer.items.select_related("subscription__product").order_by("pk"))
    came = [item for item in items if item.status == TransferItem.Status.ACCEPTED]
    return render(
        request,
        "subscriptions/transfer_sent.html",
        {
            **context,
            "items": items,
            "other": other_of(transfer),
            "is_out": transfer.direction == "out",
            "azure": any(
                item.subscription and item.subscription.product.billing == Billing.USAGE for item in came
            ),
            "may_cancel": waits and may_cancel_transfer(actor, transfer),
            "may_note": waits and may_note_transfer(actor, transfer),
        },
    )


def _received(transfer: Transfer, actor: Actor, waits: bool, at: datetime) -> dict[str, Any]:
    """Return what the current partner sees: its own rows, and of a request that waits why one cannot go."""
    may_answer = waits and may_answer_transfer(actor, transfer)
    if not waits:
        items = transfer.items.select_related("source__product").order_by("pk")
        return {"items": [{"item": item, "row": item.source} for item in items], "may_answer": False}
    found = look(transfer, at)
    return {
        "items": [
            {"item": one.item, "row": one.row, "reason": one.reason, "add_ons": one.add_ons} for one in found
        ],
        "why_none": why_no_answer(transfer, at),
        "can_accept": any(not one.reason for one in found),
        "may_answer": may_answer,
    }


# --- asking ------------------------------------------------------------------------------------


@require_safe
def new(request: Request) -> HttpResponse:
    """Choose whose subscriptions; from one's own page the way goes on at once."""
    require(may_file_transfer(request.actor))
    visible = Customer.objects.visible_to(request.actor)
    if (pk := asked_key(request, "subscription")) is not None:
        row = get_object_or_404(
            Subscription.objects.visible_to(request.actor).select_related("provider"), pk=pk
        )
        return redirect(_way_of(row))
    if (pk := asked_key(request, "customer")) is not None:
        return redirect("subscriptions:transfer-ask", get_object_or_404(visible, pk=pk).pk)
    words, company = asked(request, "q"), company_of(request.actor)
    elsewhere = Subscription.objects.filter(
        customer=OuterRef("pk"), channel=Channel.CSP_OTHER, status__in=RUNNING
    )
    found = visible.search(company.pk, words) if words else visible.filter(Exists(elsewhere))
    return render(
        request,
        "subscriptions/transfer_new.html",
        {
            "rows": list(found.order_by("sort_name", "pk")[:OFFERED]),
            "asked": words,
            "minimum": MINIMUM_SEARCH,
            "most": OFFERED,
        },
    )


def _way_of(row: Subscription) -> str:
    """Return where the transfer of one subscription begins: out by hand, in by hand, or by asking for it."""
    if row.is_ours:
        name = "subscriptions:transfer-record-out"
    elif row.provider.edition == RulebookEdition.V2026:
        name = "subscriptions:transfer-ask"
    else:
        name = "subscriptions:transfer-record-in"
    return reverse(name, args=[row.customer_id], query={"subscription": row.pk})


@require_http_methods(["GET", "HEAD", "POST"])
def ask(request: Request, pk: int) -> HttpResponse:
    """Name the current partner and the subscriptions; posted to, file the request."""
    rows = Customer.objects.visible_to(request.actor).select_related("provider")
    customer = get_object_or_404(rows, pk=pk)
    require(may_file_transfer(request.actor))
    at = timezone.now()
    recorded = Subscription.objects.filter(
        customer=customer, channel=Channel.CSP_OTHER, status__in=RUNNING, parent__isnull=True
    ).exclude(external_id="")
    offered = transfer_line.unasked(recorded).select_related("product").order_by("-pk")
    chosen = offered.filter(pk=asked_key(request, "subscription") or 0).first()
    form = RequestForm(
        request.POST if request.method == "POST" else None,
        initial={"external_ids": chosen.external_id if chosen else ""},
    )
    if request.method == "POST" and form.is_valid():
        ids = form.cleaned_data["external_ids"].splitlines()
        try:
            found = transfers.request(customer, form.cleaned_data["named"], ids, by=request.actor, at=at)
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(
                request, _("The request is filed. Which of them go is for the current partner to choose.")
            )
            return redirect(found)
    return render(
        request,
        "subscriptions/transfer_ask.html",
        {
            "form": form,
            "customer": customer,
            "recorded": list(offered[:OFFERED]),
            "refused": why_not_ask(customer, at),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def cancel(request: Request, pk: int) -> HttpResponse:
    """Say what cancelling means; posted to, cancel one's own request."""
    transfer = find(request, pk)
    require(may_cancel_transfer(request.actor, transfer))
    at = timezone.now()
    if request.method == "POST":
        try:
            transfers.cancel(transfer, by=request.actor, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The transfer is cancelled; every subscription stays where it is."))
        return redirect(transfer)
    consequences = [_("Every subscription in it stays where it is; you can ask for them once more.")]
    if not transfer.is_by_hand:
        consequences.append(_("If the current partner was told of the request, it is told of this too."))
    return render(
        request,
        "subscriptions/transfer_cancel.html",
        {
            "transfer": transfer,
            "consequences": consequences,
            "refused": "" if transfer.waits_at(at) else _("It is over: there is nothing left to cancel."),
        },
    )
