"""The day's summary: one mail a day to a person, at seven in the morning of the company worked for first.

It tells what waits, and what has changed since the summary before; what somebody waits for is mailed at once,
not here. The row is made before the mail is written, so that nobody gets a second one: not on the night the
clocks change, not from another worker, not after one that slept. No row of the log: nothing was decided.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from django.db import transaction
from django.db.models import Count, DateTimeField, Exists, F, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone, translation

from partners.actor import Actor
from partners.duties import each
from partners.models import Membership, Partner, User
from subscriptions import attention, digest_mails, hands, steps
from subscriptions.models import Digest, Move, MoveStep, Subscription, Transfer
from subscriptions.reminders import MARKS
from subscriptions.vocabulary import StepActor

HOUR = time(7)
AT_ONCE = 200  # people of one zone in one round; the next minute writes to the rest
SHOWN = 10  # of each kind
LONGEST = timedelta(days=30)  # what a summary looks back, however long nobody wrote one


@dataclass(frozen=True, slots=True)
class Told:
    """The first things of a kind, and how many there are."""

    first: Sequence[Any] = ()
    number: int = 0

    @property
    def more(self) -> int:
        """Return how many are not shown."""
        return self.number - len(self.first)


@dataclass(frozen=True, slots=True)
class Change:
    """What has happened to a move: where it stands, how many steps were closed, and who acts next."""

    move: Move
    closed: int
    next_step: str
    next_actor: str
    ended_by: str


@dataclass(frozen=True, slots=True)
class Part:
    """What there is to tell of one company a person works for."""

    company: Partner
    waiting: Told = field(default_factory=Told)
    changes: Told = field(default_factory=Told)
    deadlines: Told = field(default_factory=Told)
    transfers: Told = field(default_factory=Told)

    @property
    def number(self) -> int:
        """Return how many things there are to tell."""
        return sum(told.number for told in (self.waiting, self.changes, self.deadlines, self.transfers))


@dataclass(frozen=True, slots=True)
class Since:
    """From when to when a summary tells: moments for what happened, days for what comes near."""

    before: datetime
    at: datetime
    day_before: date
    today: date

    def within(self, name: str) -> Q:
        """Write that a moment lies in between."""
        return Q(**{f"{name}__gt": self.before, f"{name}__lte": self.at})


def send(at: datetime) -> int:
    """Write the summaries that are due; return how many mails that made."""
    working = Partner.objects.filter(status=Partner.Status.ACTIVE).order_by()
    told = 0
    for zone in sorted(working.values_list("time_zone", flat=True).distinct()):
        here = at.astimezone(ZoneInfo(zone))
        if here.time() >= HOUR:
            people = _unwritten(zone, here).values_list("pk", flat=True)[:AT_ONCE]
            told += each(people, partial(_write, on=here.date(), at=at))
    return told


def _unwritten(zone: str, here: datetime) -> QuerySet[User]:
    """Return who counts the days in this zone, wants a summary and has none of today.

    Who joined after seven waits for tomorrow's: there is no summary before it to tell what has changed since.
    """
    first = _memberships().filter(user=OuterRef("pk"), joined_at__lt=here.replace(hour=7, minute=0, second=0))
    written = Digest.objects.filter(user=OuterRef("pk"), on=here.date())
    people = User.objects.filter(is_active=True, wants_digest=True).annotate(
        zone=Subquery(first.values("partner__time_zone")[:1])
    )
    return people.filter(~Exists(written), zone=zone).order_by("pk")


def _memberships() -> QuerySet[Membership]:
    """Return the ties to companies that may act, the oldest first."""
    return Membership.objects.filter(partner__status=Partner.Status.ACTIVE).order_by("pk")


@transaction.atomic
def _write(pk: int, *, on: date, at: datetime) -> bool:
    """Write the summary of one person; say whether there was something to tell.

    Whoever makes the row writes the mail: another worker finds it made.
    """
    digest, is_new = Digest.objects.get_or_create(user_id=pk, on=on, defaults={"made_at": at})
    if not is_new:
        return False
    user = User.objects.get(pk=pk)
    memberships = list(_memberships().filter(user=user).select_related("partner", "user"))
    since = _since(user, on, at)
    parts = [part for one in memberships if (part := part_of(Actor.member(one), since)).number]
    digest.number = sum(part.number for part in parts)
    digest.save(update_fields=["number"])
    if parts:
        digest_mails.digest(user, parts, zone=memberships[0].partner.zone, on=on, at=at)
    return bool(parts)


def _since(user: User, on: date, at: datetime) -> Since:
    """Return what a summary covers: everything since the one before, or the last day."""
    last = Digest.objects.filter(user=user, on__lt=on).order_by("-on").first()
    before = last.made_at if last else at - timedelta(days=1)
    day_before = last.on if last else on - timedelta(days=1)
    return Since(max(before, at - LONGEST), at, max(day_before, on - LONGEST), on)


def part_of(actor: Actor, since: Since) -> Part:
    """Collect what a member is told of a company, in the language and the zone of the mail."""
    assert actor.partner is not None and actor.user is not None  # noqa: S101, PT018 - a member
    with translation.override(actor.user.language), timezone.override(actor.partner.zone):
        waiting = attention.waiting(actor, since.at).items()
        shown = [(item, item.when(since.today)) for item in waiting[:SHOWN]]
        return Part(
            company=actor.partner,
            waiting=Told(shown, len(waiting)),
            changes=_changes(actor, since),
            deadlines=_deadlines(actor, since),
            transfers=_transfers(actor, since),
        )


def _first(rows: QuerySet[Any]) -> Told:
    found = list(rows[: SHOWN + 1])
    return Told(found[:SHOWN], rows.count() if len(found) > SHOWN else len(found))


def _changes(actor: Actor, since: Since) -> Told:
    """Return the moves of which something happened that the person did not do, the latest ends first."""
    closed = MoveStep.objects.filter(since.within("done_at"), move=OuterRef("pk"))
    closed = closed.exclude(done_user=actor.user)
    number = closed.order_by().values("move").annotate(number=Count("pk")).values("number")
    rows = Move.objects.visible_to(actor, since.at).filter(
        Q(since.within("ended_at")) | Q(status__in=Move.OPEN) & (since.within("decided_at") | Exists(closed))
    )
    mine = Q(ended_by=actor.stamp) | Q(status__in=Move.OPEN, decided_by=actor.stamp) & ~Exists(closed)
    rows = rows.exclude(mine).with_next().annotate(closed=Coalesce(Subquery(number), 0))
    told = _first(
        rows.select_related("customer", "provider", "subscription__product").order_by(
            F("ended_at").desc(nulls_last=True), "-pk"
        )
    )
    return Told([_change(move, actor) for move in told.first], told.number)


def _change(move: Any, actor: Actor) -> Change:
    template = steps.BY_CODE.get(move.next_code)
    return Change(
        move=move,
        closed=move.closed,
        next_step=str(template.title) if template else "",
        next_actor=str(StepActor(move.next_actor).label) if move.next_actor else "",
        ended_by=str(hands.told_to(actor.partner, move.ended_by, move)),
    )


def _deadlines(actor: Actor, since: Since) -> Told:
    """Return what has come 60, 30 or 7 days near its decision since the summary before, the nearest first."""
    assert actor.partner is not None  # noqa: S101 - a member
    edition = actor.partner.edition if actor.partner.owns_relationships else None
    reached = Q()
    for mark in MARKS:
        days = timedelta(days=mark)
        reached |= Q(decision_day__gt=since.day_before + days, decision_day__lte=since.today + days)
    rows = Subscription.objects.visible_to(actor, since.at)
    rows = rows.to_decide(since.today, since.today + timedelta(days=max(MARKS)), edition).filter(reached)
    return _first(rows.select_related("customer", "product").order_by(F("decision_day"), "pk"))


def _transfers(actor: Actor, since: Since) -> Told:
    """Return the transfers filed or answered since the summary before."""
    rows = Transfer.objects.visible_to(actor).filter(
        since.within("requested_at") | since.within("answered_at")
    )
    return _first(
        rows.select_related("provider", "customer", "current_customer").order_by(
            Coalesce("answered_at", "requested_at", output_field=DateTimeField()).desc(), "-pk"
        )
    )
