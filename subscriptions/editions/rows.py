"""A row of the rulebook, and the few ways to write one."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise

from subscriptions import steps
from subscriptions.sources import Source
from subscriptions.steps import Step
from subscriptions.vocabulary import Billing, Channel, Condition, Direction, Need, Path

Sentence = str | Promise


@dataclass(frozen=True, slots=True)
class Row:
    """What one edition says of one path, for a channel and billing, in general or under one condition."""

    path: Path
    open: bool
    reason: Sentence
    source: Source
    needs: tuple[Need, ...] = ()
    when: Condition | None = None
    steps: tuple[Step, ...] = ()
    direction: Direction = Direction.IN
    edition: str = ""
    channel: Channel = Channel.DIRECT
    billing: Billing = Billing.LICENSE


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the rules: its rows, and for how many days a purchase of ours can be taken back."""

    name: str
    rows: Mapping[tuple[str, str], tuple[Row, ...]]
    window_days: int | None = None  # None: it can be reduced or cancelled on any day


def opens(
    path: Path,
    *,
    because: Sentence,
    source: Source,
    walk: tuple[Step, ...],
    needs: Sequence[Need] = (),
    when: Condition | None = None,
    direction: Direction = Direction.IN,
) -> Row:
    """Write a row that opens a path."""
    return Row(path, True, because, source, tuple(needs), when, walk, direction)


def closes(path: Path, *, because: Sentence, source: Source, when: Condition | None = None) -> Row:
    """Write a row that closes a path."""
    return Row(path, False, because, source, when=when)


def reviews(*, because: Sentence, source: Source, when: Condition | None = None) -> Row:
    """Write a row that leaves the case to a person."""
    return opens(Path.MANUAL_REVIEW, because=because, source=source, walk=steps.MANUAL_REVIEW, when=when)


def closes_all(rows: Iterable[Row], *, because: Sentence, source: Source, when: Condition) -> list[Row]:
    """Write the rows that close, under a condition, every path the given rows may open."""
    paths = dict.fromkeys(row.path for row in rows if row.open)
    return [closes(path, because=because, source=source, when=when) for path in paths]


def write_edition(
    name: str,
    table: Mapping[tuple[Channel, Billing], Sequence[Row]],
    *,
    window_days: int | None = None,
) -> Edition:
    """Return an edition whose every row knows where it stands."""
    return Edition(
        name,
        {
            (channel, billing): tuple(
                replace(row, edition=name, channel=channel, billing=billing) for row in rows
            )
            for (channel, billing), rows in table.items()
        },
        window_days,
    )
