"""The story that lets subscriptions cross from one provider here to another, in one transaction.

Product, quantity, term, term end, the ids Microsoft gave and the add-ons cross over; nothing else does.
"""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.lifecycle import broke
from partners.permissions import refuse_other
from subscriptions import transfer_mails
from subscriptions.models import BillingCycle, Subscription, Transfer, TransferItem
from subscriptions.rulebook import RUNNING
from subscriptions.transfer_eligibility import Asked, look, not_now
from subscriptions.transfer_line import free_from_the_dead
from subscriptions.transfer_log import tell_both
from subscriptions.transfers import close, hold, refuse_over
from subscriptions.vocabulary import AutoRenew, Channel, Status


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    ACCEPTED = "transfer.accepted", gettext_lazy("Transfer accepted")


@transaction.atomic
def accept(transfer: Transfer, chosen: Collection[int], *, by: Actor, at: datetime) -> Transfer:
    """Let the chosen items go to the partner that asked for them; the others stay.

    Refuses a request that is over, no item at all, and each item that cannot go, with its reason.
    """
    transfer = _lock_both_sides(transfer.pk)
    refuse_other(by, transfer.current_partner_id)
    assert transfer.current_partner is not None  # noqa: S101 - only a received one has an answerer
    if not transfer.current_partner.is_active:
        raise Refused(_("A suspended company changes nothing."))
    refuse_over(transfer, at=at)
    asked = look(transfer, at)
    going = [one for one in asked if one.item.pk in chosen]
    if not going or len(going) < len(set(chosen)):
        raise Refused(_("Choose at least one of the subscriptions asked for."), field="chosen")
    for one in going:
        if one.reason:
            raise Refused(f"{one.item.external_id}: {one.reason}", field="chosen")
    gone, come = _cross_over(transfer, going, at=at)
    items = close(transfer, Transfer.Status.ACCEPTED, by=by, at=at)
    transfer_mails.accepted(transfer, gone, come, at=at)
    tell_both(Verb.ACCEPTED, transfer, items, come, gone, by=by, at=at)
    return transfer


def _lock_both_sides(pk: int) -> Transfer:
    """Lock both customers by key, then the subscriptions of both that it is about, then the transfer."""
    transfer = Transfer.objects.get(pk=pk)
    hold(transfer.customer_id, transfer.current_customer_id)
    ids = list(transfer.items.order_by("pk").values_list("external_id", flat=True))
    meant = Q(provider=transfer.provider_id) | Q(customer=transfer.current_customer_id)
    theirs = Subscription.objects.filter(customer=transfer.current_customer_id, external_id__in=ids)
    travelling = Subscription.objects.filter(parent__in=theirs).exclude(external_id="")
    ids += travelling.values_list("external_id", flat=True)
    bases = Subscription.objects.filter(meant, external_id__in=ids)
    both = Subscription.objects.filter(Q(pk__in=bases.values("pk")) | Q(parent__in=bases.values("pk")))
    list(both.select_for_update().order_by("pk").values_list("pk"))
    return Transfer.objects.lock(pk)


def _cross_over(
    transfer: Transfer, going: Collection[Asked], *, at: datetime
) -> tuple[list[Subscription], list[Subscription]]:
    """End the rows of the one and write those of the other; returns what went and what came."""
    sources = Subscription.objects.filter(pk__in=[one.row.pk for one in going if one.row])
    free_from_the_dead(sources, at)
    gone: list[Subscription] = []
    come: list[Subscription] = []
    for one in going:
        assert one.row is not None  # noqa: S101 - what has no row has a reason
        target = _take_over(transfer, one.row, _recorded(transfer, one.row), None, at=at)
        arrived = [
            _take_over(transfer, add_on, _recorded_add_on(transfer, target, add_on), target, at=at)
            for add_on in one.add_ons
        ]
        for left in (one.row, *one.add_ons):
            let_go(left)
        _choose(one.item, one.row, target)
        gone += [one.row, *one.add_ons]
        come += [target, *arrived]
    return gone, come


def _choose(item: TransferItem, source: Subscription, target: Subscription) -> None:
    try:
        with transaction.atomic():
            item.move(TransferItem.Status.ACCEPTED, source=source, subscription=target)
    except IntegrityError as problem:
        if broke(problem, TransferItem, "transfer_item_source_once"):
            raise Refused(_("Another request for it came first."), field="chosen") from problem
        raise


def _recorded(transfer: Transfer, source: Subscription) -> Subscription | None:
    """Return what the requesting partner knew of it, by the id both have from Microsoft."""
    rows = transfer.customer.subscriptions.known_as(transfer.provider_id, [source.external_id])
    return rows.select_related("customer__provider").first()


def _recorded_add_on(transfer: Transfer, base: Subscription, source: Subscription) -> Subscription | None:
    """Return what the requesting partner knew of an add-on: by its id, or else by its product."""
    if source.external_id and (by_id := _recorded(transfer, source)):
        return by_id
    known = base.add_ons.filter(channel=Channel.CSP_OTHER, status__in=RUNNING)
    by_product = known.filter(external_id="", product=source.product).select_related("customer__provider")
    return by_product.order_by("pk").first()


def _take_over(
    transfer: Transfer,
    source: Subscription,
    recorded: Subscription | None,
    base: Subscription | None,
    *,
    at: datetime,
) -> Subscription:
    """Write what crosses over into the row on record, or into a new one, and make it the provider's own."""
    row = recorded or Subscription(
        customer=transfer.customer,
        auto_renew=AutoRenew.UNKNOWN,
        billing_cycle=BillingCycle.NONE,
        recorded_at=at,
        recorded_by=transfer.requested_by,
    )
    row.product, row.quantity = source.product, source.quantity
    row.term, row.term_end = source.term, source.term_end
    row.external_id, row.entitlement_id = source.external_id, source.entitlement_id
    row.parent, row.is_trial, row.is_legacy_commerce = base, False, False
    if row.started_on and row.term_end and row.started_on >= row.term_end:
        row.started_on = None  # what was on record cannot be
    try:
        with transaction.atomic():
            become_ours(row)
    except IntegrityError as problem:
        if broke(problem, Subscription, "sub_external_id_once"):  # recorded meanwhile, for another customer
            raise Refused(not_now(), field="chosen") from problem
        raise
    return row


def become_ours(row: Subscription) -> None:
    """Save a row as what its provider sells now, under way."""
    provider = row.customer.provider
    row.channel, row.seller, row.seller_name = Channel.CSP_OWN, provider, provider.name
    row.status = Status.ACTIVE
    row.version += 1
    row.save()


def let_go(row: Subscription) -> None:
    """End a row that goes on with another partner."""
    row.version += 1
    row.move(Status.TRANSFERRED, version=row.version)
