"""The rulebook: which path is open for a subscription, which are closed, why, and who says so.

A ruling is a pure function of facts, read from the rows of an edition; no ruling is stored.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from django.utils.translation import gettext_lazy as _

from subscriptions.editions import EDITIONS, Row, Sentence
from subscriptions.facts import (
    DEFAULT_EDITION,
    HAS_CHOICE,
    HOLDS,
    MET,
    RUNNING,
    WHERE,
    Facts,
    few_valued,
)
from subscriptions.sources import Source
from subscriptions.steps import Step
from subscriptions.vocabulary import (
    AutoRenew,
    Availability,
    Billing,
    Caution,
    Channel,
    Condition,
    Direction,
    MissingFact,
    Need,
    Path,
)

__all__ = [
    "DEFAULT_EDITION",
    "HAS_CHOICE",
    "HOLDS",
    "MET",
    "RUNNING",
    "WHERE",
    "ClosedPath",
    "Deadline",
    "Difference",
    "Facts",
    "OpenPath",
    "Ruling",
    "differences",
    "rule",
    "settle",
    "table",
]


@dataclass(frozen=True, slots=True)
class OpenPath:
    """A path that can be walked once nothing is missing."""

    path: Path
    reason: Sentence
    source: Source
    needs: tuple[Need, ...]
    missing: tuple[Need, ...]
    steps: tuple[Step, ...]
    direction: Direction


@dataclass(frozen=True, slots=True)
class ClosedPath:
    """A path somebody might look for, and why it is closed."""

    path: Path
    reason: Sentence
    source: Source


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which there is still a choice, why that day, and what happens without one."""

    on: date
    why: Sentence
    then: Sentence


@dataclass(frozen=True, slots=True)
class Difference:
    """What two editions say of one path in one case; None where an edition does not name it."""

    channel: Channel
    billing: Billing
    path: Path
    when: Condition | None
    before: Row | None
    after: Row | None


@dataclass(slots=True)
class Ruling:
    """What the rulebook says of one subscription; the recommended path comes first."""

    facts: Facts
    open: tuple[OpenPath, ...]
    closed: tuple[ClosedPath, ...]

    @property
    def edition(self) -> str:
        """Return the edition ruled under."""
        return self.facts.edition

    @property
    def main(self) -> OpenPath | None:
        """Return the recommended path; None where nothing is left to decide."""
        return self.open[0] if self.open else None

    @property
    def reason(self) -> Sentence:
        """Return the sentence that sums the ruling up, also where nothing is open."""
        return self.open[0].reason if self.open else self.closed[0].reason

    @property
    def plan_with_base(self) -> bool:
        """Say whether it is an add-on, which moves with its base and is never planned alone."""
        return self.facts.is_add_on

    @property
    def deadline(self) -> Deadline | None:
        """Return the decision deadline: of the days that count, the earliest not yet past."""
        coming = [one for one in _deadlines(self.facts) if one.on >= self.facts.today]
        return min(coming, key=lambda one: one.on) if coming else None

    @property
    def missing_facts(self) -> tuple[MissingFact, ...]:
        """Return the facts somebody should find out."""
        facts = self.facts
        missing = []
        if facts.term_end is None and facts.has_choice_at_term_end:
            missing.append(MissingFact.TERM_END)
        if not facts.customer_country:
            missing.append(MissingFact.CUSTOMER_COUNTRY)
        return tuple(missing)

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """Return what to look at before a path is planned."""
        facts = self.facts
        warnings = []
        if facts.availability != Availability.AVAILABLE and any(one.path in _BUYING for one in self.open):
            if facts.availability == Availability.UNKNOWN:
                warnings.append(Caution.AVAILABILITY_UNKNOWN)
            # An Azure offer of another channel is never sold in CSP; that says nothing of its services.
            elif facts.billing == Billing.LICENSE:
                warnings.append(Caution.NOT_AVAILABLE)
        if facts.term_end is not None and facts.term_end < facts.today and facts.has_choice_at_term_end:
            warnings.append(Caution.TERM_END_PASSED)
        return tuple(warnings)


def rule(facts: Facts) -> Ruling:
    """Rule on one subscription. Refuses an edition, channel or billing it does not know with a KeyError."""
    key = few_valued(facts)
    paths = _PATHS.get(key)
    if paths is None:
        paths = _PATHS[key] = _paths(facts)
    return Ruling(facts, *paths)


def table(edition: str) -> list[Row]:
    """Return every row of an edition, in the order it is read."""
    return [row for rows in EDITIONS[edition].rows.values() for row in rows]


@cache
def settle(edition: str, channel: str, billing: str, holding: frozenset[Condition]) -> tuple[Row, ...]:
    """Return the row that speaks for each path while these conditions hold: the first's, else the general."""
    spoken: dict[Path, Row] = {}
    for row in EDITIONS[edition].rows[channel, billing]:
        if row.when is None or row.when in holding:
            other = spoken.get(row.path)
            if other is None or _rank(row) < _rank(other):
                spoken[row.path] = row
    return tuple(spoken.values())


def differences(before: str = DEFAULT_EDITION, after: str = "2026") -> list[Difference]:
    """Return where two editions differ: in what is open, needed or walked, or in the reason.

    Under a condition only where one of them opens the path: that a closed path stays closed is no news.
    """
    return [
        one
        for channel, billing in EDITIONS[after].rows
        for one in _cases(before, after, Channel(channel), Billing(billing))
        if _tells(one.before) != _tells(one.after)
        and (one.when is None or any(row and row.open for row in (one.before, one.after)))
    ]


_Paths = tuple[tuple[OpenPath, ...], tuple[ClosedPath, ...]]
_PATHS: dict[tuple[object, ...], _Paths] = {}
_ORDER = {condition: place for place, condition in enumerate(Condition)}
_BUYING = frozenset({Path.REPLACE_LICENCES, Path.WAIT_OR_CANCEL, Path.MIGRATE_AZURE})
_ONE_DAY = timedelta(days=1)


def _cases(before: str, after: str, channel: Channel, billing: Billing) -> Iterator[Difference]:
    """Yield what two editions say of each path, in general and under each condition one of them names."""
    rows = [row for edition in (after, before) for row in EDITIONS[edition].rows[channel, billing]]
    named = {(row.path, row.when) for row in rows}
    for path in dict.fromkeys(row.path for row in rows):
        for when in (None, *(one for one in Condition if (path, one) in named)):
            holding = frozenset({when} if when else ())
            said = [
                {row.path: row for row in settle(edition, channel, billing, holding)}.get(path)
                for edition in (before, after)
            ]
            yield Difference(channel, billing, path, when, *said)


def _tells(row: Row | None) -> tuple[object, ...] | None:
    return None if row is None else (row.open, str(row.reason), row.needs, row.steps, row.direction)


def _rank(row: Row) -> int:
    return len(_ORDER) if row.when is None else _ORDER[row.when]


def _paths(facts: Facts) -> _Paths:
    holding = frozenset(condition for condition, holds in HOLDS.items() if holds(facts))
    opened, closed = [], []
    for row in settle(facts.edition, facts.channel, facts.billing, holding):
        if row.open:
            missing = tuple(need for need in row.needs if not MET[need](facts))
            opened.append(
                OpenPath(row.path, row.reason, row.source, row.needs, missing, row.steps, row.direction)
            )
        else:
            closed.append(ClosedPath(row.path, row.reason, row.source))
    return tuple(opened), tuple(closed)


def _deadlines(facts: Facts) -> Iterator[Deadline]:
    if facts.term_end is None or not facts.has_choice_at_term_end:
        return
    if facts.auto_renew == AutoRenew.NO:
        yield Deadline(facts.term_end, _("Auto-renew is off and the term ends."), _("The service stops."))
    else:
        yield Deadline(
            facts.term_end - _ONE_DAY,
            _("Auto-renew is on: this is the last day before the renewal.")
            if facts.auto_renew == AutoRenew.YES
            else _(
                "Nobody knows whether it renews, so it counts as if it did: the last day before the renewal."
            ),
            _("It renews for another term."),
        )
    days = EDITIONS[facts.edition].window_days
    if days and facts.channel == Channel.CSP_OWN and facts.term_start is not None:
        yield Deadline(
            facts.term_start + timedelta(days=days),
            _("The last day on which what was bought or renewed can be reduced or cancelled."),
            _("Seats and term stay as they are until the term ends."),
        )
