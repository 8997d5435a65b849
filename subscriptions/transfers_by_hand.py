"""The stories of a transfer kept by hand: with a partner outside, or under the rules of December 2016.

It happens at Microsoft; here it is written down, and what became of it changes the rows of one side alone.
"""

from collections.abc import Collection, Sequence
from datetime import date, datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.permissions import refuse_other
from subscriptions import rulings, transfer_mails
from subscriptions.models import Subscription, Transfer, TransferItem
from subscriptions.models.transfer import MOST_ITEMS
from subscriptions.records import EARLIEST
from subscriptions.rulebook import RUNNING
from subscriptions.transfer_acceptance import become_ours, let_go
from subscriptions.transfer_eligibility import has_azure_plan, no_azure_plan, why_not_move, why_not_take
from subscriptions.transfer_log import tell_keeper
from subscriptions.transfers import add_items, close, hold, read_named, refuse_over
from subscriptions.vocabulary import Billing, Direction, Status


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    RECORDED = "transfer.recorded", gettext_lazy("Transfer kept by hand")
    NOTED = "transfer.noted", gettext_lazy("Outcome of a transfer noted")


def why_not_record(customer: Customer, direction: str, at: datetime) -> str:
    """Say why a transfer of this customer's cannot be kept by hand, empty if it can."""
    if direction == Direction.IN:
        return why_not_take(customer, at)
    if not customer.provider.is_active:
        return _("A suspended company changes nothing.")
    if customer.tenant_id is None:
        return _("The customer's Microsoft ID is unknown: write it down first.")
    return ""


def why_not_row(row: Subscription, direction: str, at: datetime) -> str:
    """Say why one subscription cannot be kept in a transfer by hand, empty if it can."""
    if reason := why_not_move(row, Direction(direction), at):
        return reason
    return "" if row.external_id else _("Its subscription ID is unknown: write it down first.")


@transaction.atomic
def record(
    customer: Customer,
    direction: str,
    rows: Sequence[Subscription],
    *,
    other_name: str,
    named: str = "",
    by: Actor,
    at: datetime,
) -> Transfer:
    """Write down that subscriptions on record are being transferred from, or to, a partner outside.

    Refuses what cannot be transferred (`why_not_record`, `why_not_row`), none or more than 25, a partner
    without a name, and one that is in another transfer already.
    """
    hold(customer.pk)
    customer = Customer.objects.select_related("provider").get(pk=customer.pk)
    refuse_other(by, customer.provider_id)
    if reason := why_not_record(customer, direction, at):
        raise Refused(reason)
    if not other_name.strip():
        raise Refused(_("Name the other partner."), field="other_name")
    if not 1 <= len(rows) <= MOST_ITEMS:
        raise Refused(_("Choose 1 to %(most)d subscriptions.") % {"most": MOST_ITEMS}, field="chosen")
    mine = Subscription.objects.filter(customer=customer, pk__in=[row.pk for row in rows]).order_by("pk")
    found = list(rulings.with_facts(mine).select_for_update(of=("self",)))
    if len(found) < len({row.pk for row in rows}):
        raise Refused(_("Choose subscriptions of this customer."), field="chosen")
    for row in found:
        if reason := why_not_row(row, direction, at) or _why_asked(row, at):
            raise Refused(f"{row}: {reason}", field="chosen")
    usage = any(row.product.billing == Billing.USAGE for row in found)
    if direction == Direction.IN and usage and not has_azure_plan(customer):
        raise Refused(no_azure_plan())
    assert customer.tenant_id is not None  # noqa: S101 - that was among the reasons
    transfer = Transfer.objects.create(
        provider=customer.provider,
        customer=customer,
        tenant_id=customer.tenant_id,
        direction=direction,
        is_by_hand=True,
        named=read_named(named) if named else "",
        other_name=other_name.strip()[:160],
        requested_at=at,
        requested_by=by.stamp,
    )
    items = add_items(transfer, [(row.external_id, row) for row in found])
    tell_keeper(Verb.RECORDED, transfer, items, by=by, at=at, direction=transfer.direction)
    return transfer


def _why_asked(row: Subscription, at: datetime) -> str:
    waiting = Transfer.objects.pending(at)
    asked = row.asked_for.filter(status=TransferItem.Status.REQUESTED, transfer__in=waiting)
    return _("A partner here has asked for it: answer that request.") if asked.exists() else ""


@transaction.atomic
def note(
    transfer: Transfer,
    chosen: Collection[int],
    happened_on: date,
    reason: str = "",
    *,
    by: Actor,
    at: datetime,
) -> Transfer:
    """Write down what became of a transfer kept by hand: what went over on which day; nothing is a decline.

    What came in is sold by the provider from now on; what went out is over. Refuses a day to come, items of
    another transfer, and, of what came in, a customer without active relationship and agreement.
    """
    hold(transfer.customer_id)
    items = list(transfer.items.order_by("pk"))
    rows = Subscription.objects.filter(pk__in=[item.subscription_id for item in items]).order_by("pk")
    locked = {row.pk: row for row in rulings.with_facts(rows).select_for_update(of=("self",))}
    transfer = Transfer.objects.lock(transfer.pk)
    refuse_other(by, transfer.provider_id)
    if not transfer.is_by_hand:
        raise Refused(_("The current partner answers this one, here."))
    refuse_over(transfer, at=at)
    going = [item for item in items if item.pk in chosen]
    if len(going) < len(set(chosen)):
        raise Refused(_("Choose subscriptions of this transfer."), field="chosen")
    if not EARLIEST <= happened_on <= at.astimezone(transfer.provider.zone).date():
        raise Refused(_("Give the day it happened, not one to come."), field="happened_on")
    if reasons := why_not_record(transfer.customer, transfer.direction, at):
        raise Refused(reasons)
    changed: list[Subscription] = []
    for item in going:
        row = locked[item.subscription_id]  # type: ignore[index]  # by hand each item has its row
        changed += _went(transfer, row, at=at)
        item.move(TransferItem.Status.ACCEPTED, **_source(transfer, row))
    items = close(
        transfer,
        Transfer.Status.ACCEPTED if going else Transfer.Status.DECLINED,
        reason=reason.strip()[:300],
        by=by,
        at=at,
    )
    if changed:
        transfer_mails.noted(transfer, changed, at=at)
    details = {"direction": transfer.direction, "happened_on": happened_on}
    tell_keeper(Verb.NOTED, transfer, items, changed, by=by, at=at, **details)
    return transfer


def _source(transfer: Transfer, row: Subscription) -> dict[str, Subscription]:
    return {"source": row} if transfer.direction == Direction.OUT else {}


def _went(transfer: Transfer, row: Subscription, *, at: datetime) -> list[Subscription]:
    """Write the new truth of one subscription and of the add-ons that travel with it."""
    if reason := why_not_row(row, transfer.direction, at):
        raise Refused(f"{row}: {reason}", field="chosen")
    add_ons = row.add_ons.filter(status__in=RUNNING, channel=row.channel)
    add_ons = add_ons.select_related("customer__provider", "product")
    with_it = [row, *add_ons.select_for_update(of=("self",)).order_by("pk")]
    for one in with_it:
        if one.status != Status.ACTIVE and transfer.direction == Direction.OUT:
            raise Refused(
                f"{one}: " + _("An add-on of it is not active, and add-ons travel along: settle that first."),
                field="chosen",
            )
        if transfer.direction == Direction.IN:
            become_ours(one)
        else:
            let_go(one)
    return with_it
