"""What a thing that waits looks like, and how a floor's rows become such things.

A collector names a queryset and what the queue wants to know of each row. All collectors of a company are
united into one statement, so a new kind costs no query: see `queue.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple, TypeAlias

from django.db import models
from django.db.models import BigIntegerField, DateField, DateTimeField, F, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.actor import Actor
from partners.models import Role
from partners.permissions import may_act
from partners.templatetags.ui import day_words, exact_day
from subscriptions.models import Snooze

MOST = 100  # rows of one kind
URGENT, NEAR = 3, 7  # days

Rows: TypeAlias = QuerySet[Any]
Column: TypeAlias = (
    Any  # the name of a field, an expression, how to write one for an actor at a moment, or None
)


class Kind(models.TextChoices):
    """What can wait; the words are those of a tile."""

    ANSWERS = "answers", gettext_lazy("answers to confirm")
    PARTNERSHIPS = "partnerships", gettext_lazy("partnerships to answer")
    OFFERED = "offered", gettext_lazy("privileges offered to you")
    TAKING_OVER = "taking_over", gettext_lazy("customers to take over")
    HANDED = "handed", gettext_lazy("invitations to send on")
    ENDINGS = "endings", gettext_lazy("endings customers asked for")
    REQUESTS = "requests", gettext_lazy("requests of resellers")
    ASKED_AGAIN = "asked_again", gettext_lazy("customers asking for a new link")
    EXPIRING = "expiring", gettext_lazy("invitations that expire")
    STEPS = "steps", gettext_lazy("steps of moves to take")
    TRANSFERS = "transfers", gettext_lazy("transfers to answer")
    DECISIONS = "decisions", gettext_lazy("decisions within 30 days")
    OFFERS = "offers", gettext_lazy("offers waiting at resellers")
    HANDOVERS = "handovers", gettext_lazy("hand-overs without an answer")
    RENEWALS = "renewals", gettext_lazy("renewals without an answer")
    ENDING = "ending", gettext_lazy("privileges that end")
    MICROSOFT = "microsoft", gettext_lazy("to confirm at Microsoft")
    UNKNOWN = "unknown", gettext_lazy("terms without a known end")
    TRANSFERS_SENT = "transfers_sent", gettext_lazy("transfers without an outcome")
    CHASED = "chased", gettext_lazy("steps current partners owe")
    OTHERS = "others", gettext_lazy("steps that wait for others")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: what, why, whose turn, until when and what then, and the page to do it on."""

    kind: Kind
    object_ref: int
    subject: str
    what: str
    why: str
    then: str
    url: str
    action: str
    due: date | None = None
    since: date | None = None  # where nothing is due: since when it waits
    waits_for: str = ""  # in words; empty where it is the reader's turn

    @property
    def turn(self) -> str:
        """Whose turn it is."""
        return self.waits_for or _("your turn")

    def state(self, today: date) -> str:
        """Return how urgent it is."""
        if self.due is None:
            return "info"
        days = (self.due - today).days
        return "urgent" if days <= URGENT else "waiting" if days <= NEAR else "info"

    def when(self, today: date) -> str:
        """Say when it is due, or since when it waits."""
        if self.due is not None:
            return day_words(self.due, today)
        return _("since %(day)s") % {"day": exact_day(self.since)} if self.since else _("no date")


class Row(NamedTuple):
    """What the queue wants to know of a row, whatever table it is of."""

    kind: str
    ref: int  # the key of the row itself
    page: int  # the key of what its page shows
    subject: str
    who: str
    what: str
    words: str
    number: int
    at: datetime
    on: date

    def item(self, **told: Any) -> Item:
        """Return the thing that waits, in words."""
        return Item(kind=Kind(self.kind), object_ref=self.ref, **{"subject": self.subject, **told})


# The united statement wants one type a column, also of the columns a collector has nothing for.
TYPES: dict[str, models.Field] = {
    "page": BigIntegerField(),
    "subject": TextField(),
    "who": TextField(),
    "what": TextField(),
    "words": TextField(),
    "number": BigIntegerField(),
    "at": DateTimeField(),
    "on": DateField(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Collector:
    """One kind of what can wait: which rows, what of each, and how that reads.

    `find` returns the rows as the company acted for sees them, what is due first on top.
    """

    kind: Kind
    find: Callable[[Actor, datetime], Rows]
    tell: Callable[[Row, Actor, datetime], Item]
    page: Column = None
    subject: Column = None
    who: Column = None
    what: Column = None
    words: Column = None
    number: Column = None
    at: Column = None
    on: Column = None

    def rows(self, actor: Actor, at: datetime, put_off: "PutOff") -> Rows:
        """Return the first of its rows in the one shape, ready to be united with others."""
        found = put_off.of(self.find(actor, at), self.kind)
        return self._shaped(found[:MOST], actor, at)

    def item(self, actor: Actor, at: datetime, ref: int) -> Item | None:
        """Return the thing that waits by this key, put off or not; None if none does."""
        found = self._shaped(self.find(actor, at).filter(pk=ref), actor, at).first()
        return self.tell(Row(*found), actor, at) if found else None

    def _shaped(self, found: Rows, actor: Actor, at: datetime) -> Rows:
        first = found.values("pk")
        wanted = ((getattr(self, name), field) for name, field in TYPES.items())
        columns = (
            _typed(column(actor, at) if callable(column) else column, field) for column, field in wanted
        )
        # A part of a union can hold no limit on SQLite: it stands around the keys.
        return (
            found.model._default_manager.filter(pk__in=first)
            .order_by()
            .values_list(Value(self.kind.value, TextField()), Cast("pk", BigIntegerField()), *columns)
        )


def _typed(column: Column, field: models.Field) -> Cast:
    return Cast(Value(None) if column is None else F(column) if isinstance(column, str) else column, field)


@dataclass(frozen=True, slots=True)
class PutOff:
    """What a person put off until a later day: out of sight, or (`shown`) all there is to see."""

    actor: Actor
    today: date
    shown: bool = False

    def rows(self) -> "QuerySet[Snooze]":
        """Return what is put off now."""
        return Snooze.objects.visible_to(self.actor).in_force(self.today)

    def of(self, rows: Rows, kind: Kind) -> Rows:
        """Return these rows without what is put off; or with nothing else."""
        refs = self.rows().filter(kind=kind).values("object_ref")
        return rows.filter(pk__in=refs) if self.shown else rows.exclude(pk__in=refs)


def local(at: datetime) -> date:
    """Return the day of a moment in the time zone of the company acted for."""
    return timezone.localtime(at).date()


def may(actor: Actor, roles: tuple[Role, ...]) -> bool:
    """Say whether the actor may do what these roles may; what waits is the company's own."""
    return actor.partner is not None and may_act(actor, actor.partner.pk, roles)


def theirs(who: str) -> str:
    """Say which company has to move."""
    return _("waiting for %(who)s") % {"who": who}


def the_customers() -> str:
    """Say that the customer has to move."""
    return _("waiting for the customer")
