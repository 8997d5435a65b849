"""Who comes first: of several requests for one subscription the earliest can be accepted, the others wait."""

from collections.abc import Collection
from datetime import datetime

from django.db import IntegrityError, models, transaction

from partners.lifecycle import broke
from subscriptions.models import Subscription, Transfer, TransferItem
from subscriptions.transfer_eligibility import waiting_before
from subscriptions.vocabulary import Channel

HELD = (TransferItem.Status.REQUESTED, TransferItem.Status.ACCEPTED)


def join(transfer: Transfer, items: Collection[TransferItem], *, at: datetime) -> None:
    """Note which of the current partner's subscriptions are meant, where no earlier request waits.

    Both customers are locked: two who ask for the same come here one after the other.
    """
    before = waiting_before(transfer, at)
    assert transfer.current_partner_id is not None  # noqa: S101 - there is a current partner to wait for
    wanted = [item.external_id for item in items if item.external_id not in before]
    rows = Subscription.objects.known_as(transfer.current_partner_id, wanted).filter(
        customer=transfer.current_customer_id, channel=Channel.CSP_OWN
    )
    free_from_the_dead(rows, at)
    free = {row.external_id: row for row in rows.exclude(asked_for__status__in=HELD)}
    for item in items:
        if item.external_id in free:
            item.source = free[item.external_id]
            item.save(update_fields=["source"])


def unasked(rows: "models.QuerySet[Subscription]") -> "models.QuerySet[Subscription]":
    """Return those of these subscriptions that no transfer waits for yet."""
    asked_for = TransferItem.objects.filter(status=TransferItem.Status.REQUESTED)
    rows = rows.exclude(pk__in=asked_for.filter(subscription__isnull=False).values("subscription"))
    return rows.exclude(pk__in=asked_for.filter(source__isnull=False).values("source"))


def free_from_the_dead(rows: "models.QuerySet[Subscription]", at: datetime) -> None:
    """Take these subscriptions from requests that nobody answered in time."""
    dead = TransferItem.objects.filter(
        source__in=rows, status=TransferItem.Status.REQUESTED, transfer__in=Transfer.objects.past(at)
    )
    dead.update(source=None)


def leave(transfer: Transfer, items: Collection[TransferItem], *, at: datetime) -> None:
    """Let the next request have what a request that ended stood first for."""
    held = {item.external_id: item.source_id for item in items if item.source_id is not None}
    waiting = TransferItem.objects.filter(
        external_id__in=held,
        status=TransferItem.Status.REQUESTED,
        source__isnull=True,
        transfer__in=Transfer.objects.pending(at).filter(current_customer=transfer.current_customer_id),
    )
    following = {item.external_id: item for item in waiting.order_by("-transfer")}  # the earliest is last
    for external_id, item in following.items():
        try:
            with transaction.atomic():
                waiting.filter(pk=item.pk).update(source=held[external_id])
        except IntegrityError as problem:
            # Whoever else has it by now came before: by their numbers that is decided anyway.
            if not broke(problem, TransferItem, "transfer_item_source_once"):
                raise
