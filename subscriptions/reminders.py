"""Who waits for the end of a term is reminded before it comes, and the provider too, once at each mark.

Days are counted where the provider is. A mark that lay before the choice is none of its own.
"""

from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.duties import each
from partners.models import Partner
from subscriptions import move_mails, rulings
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.vocabulary import Path

MARKS = (60, 30, 7)  # days before the last one to decide
AT_ONCE = 200  # moves in one round and zone; the next minute does the rest


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    REMINDED = "move.reminded", gettext_lazy("Reminded of the end of a term that is waited for")


def remind(at: datetime) -> int:
    """Remind of whatever has come to a mark; return of how many moves.

    A worker that slept past a mark reminds of the most urgent one alone.
    """
    told = 0
    zones = _waiting().order_by().values_list("provider__time_zone", flat=True).distinct()
    for zone in sorted(zones):
        today = at.astimezone(ZoneInfo(zone)).date()
        near = Subscription.objects.to_decide(today, today + timedelta(days=max(MARKS)))
        rows = _waiting().filter(provider__time_zone=zone, subscription__in=near.values("pk")).order_by("pk")
        due = [move.pk for move in _read(rows) if _mark_of(move, today, at) is not None]
        told += each(due[:AT_ONCE], partial(_remind, today=today, at=at))
    return told


def _waiting() -> QuerySet[Move]:
    """Return the moves that wait for the end of a term because somebody chose it."""
    chosen = MoveStep.objects.filter(move=OuterRef("pk"), choice=MoveStep.Choice.WAIT)
    return Move.objects.open().filter(
        Exists(chosen), path=Path.WAIT_OR_CANCEL, provider__status=Partner.Status.ACTIVE
    )


def _read(rows: QuerySet[Move]) -> QuerySet[Move]:
    return rows.select_related(
        "provider",
        "customer",
        "subscription__customer",
        "subscription__provider",
        "subscription__product",
        "subscription__parent__product",
    ).prefetch_related("steps")


def _mark_of(move: Move, today: date, at: datetime) -> int | None:
    """Return the mark a move has come to without a reminder; None if there is none.

    After a reminder at a nearer mark the end was put off: the farther ones come anew.
    """
    deadline = rulings.deadline(move.subscription, at)
    chosen = next((step.done_at for step in move.steps.all() if step.choice), None)
    if deadline is None or chosen is None:
        return None
    began = chosen.astimezone(move.provider.zone).date()
    left = [mark for mark in MARKS if deadline.on - timedelta(days=mark) <= today]
    mark = min(left, default=None)
    if mark is None or mark == move.reminded_days or deadline.on - timedelta(days=mark) <= began:
        return None
    return mark


@transaction.atomic
def _remind(pk: int, *, today: date, at: datetime) -> bool:
    """Remind of one move; whoever marks it first writes the mails."""
    move = _read(_waiting().filter(pk=pk)).first()
    if move is None or (mark := _mark_of(move, today, at)) is None:
        return False
    unmarked = Q(reminded_days__isnull=True) | ~Q(reminded_days=mark)
    if not Move.objects.open().filter(unmarked, pk=pk).update(reminded_days=mark):
        return False
    move_mails.deadline_near(move, at=at)
    activity.record(
        Verb.REMINDED,
        by=Actor.system(),
        at=at,
        provider=move.provider,
        about=move,
        customer=move.customer,
        details={"changed": activity.changed(move), "mark": mark},
    )
    return True
