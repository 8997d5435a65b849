"""The board of moves: what an address asks for, and the rows that fit."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Self

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from partners.actor import Actor
from partners.paging import asked_choice, asked_key
from subscriptions import turns
from subscriptions.models import MoveStep
from subscriptions.models.move import MoveQuerySet
from subscriptions.vocabulary import Path, StepActor

COUNTED = 200  # where each row has to be looked at


class Shown(models.TextChoices):
    """Which moves the board shows: those under way, unless an address asks for others."""

    OPEN = "open", pgettext_lazy("moves", "Under way")
    COMPLETED = "completed", pgettext_lazy("moves", "Completed")
    ABANDONED = "abandoned", pgettext_lazy("moves", "Abandoned")


class Target(models.TextChoices):
    """When moves should be done."""

    PAST = "past", _("past their target date")
    WEEK = "7", _("within 7 days")
    MONTH = "30", _("within 30 days")
    ANY = "any", _("by target date, the first first")


@dataclass(frozen=True, slots=True)
class MovesAsked:
    """Which moves somebody wants to see."""

    status: str = Shown.OPEN.value
    turn: str = ""
    path: str = ""
    target: str = ""
    customer: int | None = None

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Read what an address asks for."""
        return cls(
            status=asked_choice(request, "status", Shown.values) or Shown.OPEN.value,
            turn=asked_choice(request, "turn", StepActor.values),
            path=asked_choice(request, "path", Path.values),
            target=asked_choice(request, "target", Target.values),
            customer=asked_key(request, "customer"),
        )

    @property
    def is_anything(self) -> bool:
        """Say whether anything is asked for beside the moves under way."""
        return self != type(self)()

    @property
    def keys(self) -> tuple[str, ...]:
        """What the board is sorted by: the target date where it is asked for, else the newest first."""
        return ("target_on", "pk") if self.target else ("-pk",)

    def among(self, rows: MoveQuerySet, actor: Actor, at: datetime) -> MoveQuerySet:
        """Return the moves that fit, each with `turn`, whose it is."""
        rows = rows.with_next()
        rows = rows.open() if self.status == Shown.OPEN else rows.filter(status=self.status)
        if self.path:
            rows = rows.filter(path=self.path)
        if self.customer:
            rows = rows.filter(customer=self.customer)
        if self.target:
            rows = self._by_target(
                rows, at.astimezone(actor.partner.zone).date() if actor.partner else at.date()
            )
        own = turns.as_seen_by(actor)
        if self.turn:
            rows = rows.filter(turns.is_turn(self.turn, at, own))
        return rows.annotate(turn=turns.whose(at, own))

    def _by_target(self, rows: MoveQuerySet, today: date) -> MoveQuerySet:
        rows = rows.filter(target_on__isnull=False)
        match self.target:
            case Target.PAST:
                return rows.filter(target_on__lt=today)
            case Target.WEEK | Target.MONTH:
                return rows.filter(
                    target_on__gte=today, target_on__lte=today + timedelta(days=int(self.target))
                )
        return rows


def own_turn(actor: Actor) -> str:
    """Return the turn that is the company's the actor acts for."""
    return StepActor.RESELLER.value if turns.as_seen_by(actor) else StepActor.PROVIDER.value


def how_far(rows: MoveQuerySet) -> MoveQuerySet:
    """Annotate `steps_closed` and `steps_all`, and read along what a row of the board shows."""
    steps = MoveStep.objects.filter(move=OuterRef("pk")).order_by().values("move")
    every, closed = steps.annotate(number=Count("pk")), steps.exclude(outcome="").annotate(number=Count("pk"))
    return rows.annotate(
        steps_all=Coalesce(Subquery(every.values("number")), 0),
        steps_closed=Coalesce(Subquery(closed.values("number")), 0),
    ).select_related(
        "subscription__product",
        "subscription__customer",
        "subscription__provider",
        "subscription__parent__product",
    )
