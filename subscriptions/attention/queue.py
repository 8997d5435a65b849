"""The queue of one person: what waits, counted and put in order; what was put off apart.

Every count is the length of the list it stands for. All collectors of a company are one statement, and each
stops at `MOST` rows: a new kind is a `Collector` beside those of its noun, and its place in the list below.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.db.models import Count

from partners.actor import Actor
from partners.models import Partner
from subscriptions.attention import (
    invitations,
    moves,
    privileges,
    relationships,
    subscriptions,
    transfers,
)
from subscriptions.attention.items import MOST, Collector, Item, Kind, PutOff, Row
from subscriptions.attention.subscriptions import RUNNING, WEEKS
from subscriptions.models import Subscription
from subscriptions.rulebook import Deadline
from subscriptions.vocabulary import Channel

PROVIDER: tuple[Collector, ...] = (
    invitations.ANSWERS,
    relationships.ENDINGS,
    invitations.REQUESTS,
    invitations.ASKED_AGAIN,
    invitations.EXPIRING,
    privileges.OFFERS,
    privileges.HANDOVERS,
    privileges.RENEWALS,
    privileges.ENDING_GRANTS,
    relationships.MICROSOFT,
    subscriptions.UNKNOWN,
    moves.STEPS,
    moves.CHASED,
    moves.OTHERS,
    transfers.RECEIVED,
    transfers.SENT,
)
RESELLER: tuple[Collector, ...] = (
    relationships.PARTNERSHIPS,
    privileges.OFFERED,
    privileges.TAKING_OVER,
    invitations.HANDED,
    privileges.ENDING_ASSIGNMENTS,
    moves.STEPS,
)
OF_RESELLERS = (Kind.REQUESTS, Kind.OFFERS, Kind.HANDOVERS)


@dataclass(slots=True)
class Queue:
    """Everything that waits for the members of a company, as one of them sees it."""

    today: date
    kinds: dict[Kind, list[Item]] = field(default_factory=dict)
    coming: list[tuple[Subscription, Deadline]] = field(default_factory=list)

    def items(self, kind: str = "") -> list[Item]:
        """Return what waits, of one kind or of all, what is due first."""
        found = [item for one, items in self.kinds.items() if kind in ("", one) for item in items]
        return sorted(found, key=_order)

    def weeks(self) -> list[tuple[date, int]]:
        """Return how many decisions fall into each of the coming weeks, by the week's Monday."""
        monday = self.today - timedelta(days=self.today.weekday())
        days = [monday + timedelta(weeks=week) for week in range(WEEKS)]
        fallen = [deadline.on - timedelta(days=deadline.on.weekday()) for _row, deadline in self.coming]
        return [(day, fallen.count(day)) for day in days]


def _order(item: Item) -> tuple[bool, bool, date]:
    """Put what is due first; of what has no day, what is the reader's turn before what is another's."""
    undated = item.due is None
    return undated, undated and bool(item.waits_for), item.due or item.since or date.max


def collectors(partner: Partner) -> tuple[Collector, ...]:
    """Return what can wait for a company of this kind."""
    if partner.is_reseller:
        return RESELLER
    return tuple(one for one in PROVIDER if partner.has_resellers or one.kind not in OF_RESELLERS)


def waiting(actor: Actor, at: datetime, *, put_off: bool = False) -> Queue:
    """Collect what waits for the company acted for, without what the person put off; or only that."""
    assert actor.partner is not None  # noqa: S101 - the home page is a company's
    today = at.astimezone(actor.partner.zone).date()
    away = PutOff(actor, today, shown=put_off)
    queue = Queue(today=today, coming=subscriptions.coming(actor, at, today, away))
    chosen = collectors(actor.partner)
    found: dict[Kind, list[Item]] = {kind: [] for kind in Kind if kind in _kinds(chosen)}
    for item in _told(chosen, actor, at, away):
        found[item.kind].append(item)
    found[Kind.DECISIONS] = [
        subscriptions.decision(row, deadline, actor)
        for row, deadline in queue.coming
        if subscriptions.is_to_make(row, deadline, today) and row.is_put_off == put_off  # type: ignore[attr-defined]  # annotated
    ][:MOST]
    queue.kinds = found
    return queue


def find(actor: Actor, at: datetime, kind: str, ref: int) -> Item | None:
    """Return one thing that waits for the company acted for, put off or not; None if it does not."""
    assert actor.partner is not None  # noqa: S101 - as above
    if kind == Kind.DECISIONS:
        return subscriptions.item(actor, at, at.astimezone(actor.partner.zone).date(), ref)
    chosen = (one for one in collectors(actor.partner) if one.kind == kind)
    return next((one.item(actor, at, ref) for one in chosen), None)


def _kinds(chosen: Iterable[Collector]) -> set[Kind]:
    return {Kind.DECISIONS, *(one.kind for one in chosen)}


def _told(chosen: Iterable[Collector], actor: Actor, at: datetime, away: PutOff) -> list[Item]:
    """Return the things all these collectors find, in one statement."""
    tell = {one.kind: one.tell for one in chosen}
    first, *others = (one.rows(actor, at, away) for one in chosen)
    rows = (Row(*values) for values in first.union(*others, all=True))
    told = [tell[Kind(row.kind)](row, actor, at) for row in rows]
    return sorted(told, key=lambda item: (*_order(item), item.object_ref))


def channels(actor: Actor, at: datetime) -> list[tuple[Channel, int]]:
    """Count what runs by the channel it was bought through, the most first."""
    rows = Subscription.objects.visible_to(actor, at).filter(status__in=RUNNING)
    counted = (
        rows.order_by().values_list("channel").annotate(number=Count("*"))
    )  # of an index alone: its key is not in it
    return sorted(((Channel(channel), number) for channel, number in counted), key=lambda pair: -pair[1])
