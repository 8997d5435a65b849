"""The log of a transfer: the half of whoever keeps the record, and both halves once it is answered."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from subscriptions.models import Transfer, TransferItem
from subscriptions.vocabulary import Direction

activity.explain("external_ids", gettext_lazy("Subscription IDs"))
activity.explain("named", gettext_lazy("The other partner's ID"))
activity.explain("happened_on", gettext_lazy("Day"))
activity.explain("direction", gettext_lazy("Direction"), Direction.choices)


def tell_keeper(
    verb: str,
    transfer: Transfer,
    items: Iterable[TransferItem],
    others: Iterable[models.Model] = (),
    *,
    by: Actor,
    at: datetime,
    **details: Any,
) -> None:
    """Write the half of whoever keeps the record: the one it was sent to, if any, learns nothing by it."""
    items = list(items)
    activity.record(
        verb,
        by=by,
        at=at,
        provider=transfer.provider,
        about=transfer,
        customer=transfer.customer,
        details={
            "changed": activity.changed(transfer, *items, *others),
            "named": transfer.named or transfer.other_name,
            "external_ids": [item.external_id for item in items],
            **details,
        },
    )


def tell_both(
    verb: str,
    transfer: Transfer,
    items: Sequence[TransferItem],
    come: Sequence[models.Model] = (),
    gone: Sequence[models.Model] = (),
    *,
    by: Actor,
    at: datetime,
) -> None:
    """Write both companies' halves, each in its own chain, of its own customer and its own objects alone.

    In the order of their keys, because each locks the head of a chain. To the other side the one who acted
    is a company, not a person.
    """
    company, customer = transfer.current_partner, transfer.current_customer
    assert company is not None  # noqa: S101 - only a received one is answered
    halves = [(transfer.provider, transfer.customer, come), (company, customer, gone)]
    for side, of, objects in sorted(halves, key=lambda half: half[0].pk):
        own = by.is_staff or by.is_of(side.pk)
        activity.record(
            verb,
            by=by if own else Actor(by.kind, label=by.company, company=by.company),
            at=at,
            provider=side,
            about=transfer,
            customer=of,
            details={"changed": activity.changed(transfer, *items, *objects)}
            | ({"reason": transfer.reason} if transfer.reason else {}),
        )
