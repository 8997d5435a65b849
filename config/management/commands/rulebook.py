"""Print an edition of the rulebook, for people or for programs."""

import json
import textwrap
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from subscriptions.editions import EDITIONS, Row
from subscriptions.rulebook import DEFAULT_EDITION, table
from subscriptions.vocabulary import Billing, Channel, Condition, Direction, Path

WIDTH = 100
INDENT = 12 * " "


class Command(BaseCommand):
    help = (
        "Print the rulebook: which path is open or closed for each channel and billing, why, and who says so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--edition", default=DEFAULT_EDITION, help="default: %(default)s")
        parser.add_argument(
            "--format", choices=("table", "json"), default="table", help="default: %(default)s"
        )

    # In the source language, so that the output of two machines can be compared.
    @no_translations
    def handle(self, *args: Any, edition: str, format: str, **options: Any) -> None:
        """Print one edition. Refuses one that does not exist, and names those that do."""
        if edition not in EDITIONS:
            raise CommandError(f"There is no edition {edition!r}. Editions: {', '.join(EDITIONS)}.")
        rows = table(edition)
        if format == "json":
            self.stdout.write(json.dumps([as_json(row) for row in rows], ensure_ascii=False, indent=2))
        else:
            self.stdout.write(f"Rulebook, edition {edition}\n")
            self.stdout.write("\n".join(as_table(rows)))


def as_json(row: Row) -> dict[str, Any]:
    """Return a row as plain values, with the codes of the vocabulary."""
    return {
        "edition": row.edition,
        "channel": row.channel.value,
        "billing": row.billing.value,
        "path": row.path.value,
        "when": row.when.value if row.when else "",
        "open": row.open,
        "reason": str(row.reason),
        "source": str(row.source),
        "needs": [need.value for need in row.needs],
    }


def as_table(rows: list[Row]) -> list[str]:
    """Return the lines of a table to read: channels ruled alike together, the sources at the end."""
    lines: list[str] = []
    for (channels, billing), some in alike(rows).items():
        lines += ["", f"{', '.join(channel.value for channel in channels)} / {billing.value}"]
        for when, group in groupby(sorted(some, key=condition_first), key=lambda row: row.when):
            if when:
                lines.append(f"  when {when.value}")
            for _, same in groupby(group, key=lambda row: replace(row, path=Path.MANUAL_REVIEW)):
                lines += as_lines(list(same))
    lines += ["", "Sources"]
    for source in dict.fromkeys(row.source for row in rows):
        lines += [f"  {source.code}", *wrapped(str(source))]
    return lines


def as_lines(rows: list[Row]) -> list[str]:
    """Return rows that differ only in their path: open or closed, the paths and needs, and why."""
    first = rows[0]
    out = " (outgoing)" if first.direction == Direction.OUT else ""
    needs = f"  needs {', '.join(first.needs)}" if first.needs else ""
    paths = ", ".join(row.path.value for row in rows)
    return [
        f"    {'open  ' if first.open else 'closed'}  {paths}{out}{needs}",
        *wrapped(f"{first.reason} [{first.source.code}]"),
    ]


def wrapped(text: str) -> list[str]:
    """Return the lines of a sentence, indented."""
    return textwrap.wrap(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT)


def alike(rows: list[Row]) -> dict[tuple[tuple[Channel, ...], Billing], list[Row]]:
    """Return the rows of each billing by the channels that share them word for word."""
    pairs: dict[tuple[Channel, Billing], list[Row]] = {}
    for row in rows:
        pairs.setdefault((row.channel, row.billing), []).append(row)
    shared: dict[tuple[Row, ...], list[tuple[Channel, Billing]]] = {}
    for (channel, billing), some in pairs.items():
        anonymous = tuple(replace(row, channel=Channel.DIRECT) for row in some)
        shared.setdefault(anonymous, []).append((channel, billing))
    return {(tuple(channel for channel, _ in same), same[0][1]): pairs[same[0]] for same in shared.values()}


def condition_first(row: Row) -> int:
    """Return the place of a row's condition; what holds in general comes first."""
    return list(Condition).index(row.when) if row.when else -1
