"""Print an edition of the rulebook, for people or for programs."""

import json
import textwrap
from collections.abc import Iterable
from dataclasses import replace
from itertools import groupby
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser, no_translations

from subscriptions.editions import EDITIONS, Row
from subscriptions.rulebook import DEFAULT_EDITION, Difference, differences, table
from subscriptions.sources import Source
from subscriptions.steps import PLANNABLE, Step
from subscriptions.vocabulary import Billing, Channel, Condition, Direction, Path

LATEST = list(EDITIONS)[-1]
WIDTH = 100
INDENT = 12 * " "


class Command(BaseCommand):
    help = (
        "Print the rulebook: which path is open or closed for each channel and billing, why, and who says so."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--edition", help=f"default: {DEFAULT_EDITION}")
        parser.add_argument(
            "--format", choices=("table", "json"), default="table", help="default: %(default)s"
        )
        parser.add_argument(
            "--diff",
            action="store_true",
            help=f"print instead what an edition changed since {DEFAULT_EDITION}, and why; default: {LATEST}",
        )

    # In the source language, so that the output of two machines can be compared.
    @no_translations
    def handle(self, *args: Any, edition: str | None, format: str, diff: bool, **options: Any) -> None:
        """Print one edition, or what it changed. Refuses one that does not exist, and names those that do."""
        edition = edition or (LATEST if diff else DEFAULT_EDITION)
        if edition not in EDITIONS:
            raise CommandError(f"There is no edition {edition!r}. Editions: {', '.join(EDITIONS)}.")
        if diff and edition == DEFAULT_EDITION:
            raise CommandError(f"Name another edition than {DEFAULT_EDITION}: it is what others changed.")
        rows: list[dict[str, Any]]
        if diff:
            told = differences(DEFAULT_EDITION, edition)
            rows, heading = (
                [difference_as_json(one) for one in told],
                f"from edition {DEFAULT_EDITION} to {edition}",
            )
            lines = differences_as_table(told, edition)
        else:
            rows, heading = [as_json(row) for row in table(edition)], f"edition {edition}"
            lines = as_table(table(edition))
        if format == "json":
            self.stdout.write(json.dumps(rows, ensure_ascii=False, indent=2))
        else:
            self.stdout.write(f"Rulebook, {heading}\n")
            self.stdout.write("\n".join(lines))


def as_json(row: Row) -> dict[str, Any]:
    """Return a row as plain values, with the codes of the vocabulary."""
    return {
        "edition": row.edition,
        "channel": row.channel.value,
        "billing": row.billing.value,
        "path": row.path.value,
        "when": row.when.value if row.when else "",
        "open": row.open,
        "direction": row.direction.value,
        "plannable": row.open and row.path in PLANNABLE,
        "reason": str(row.reason),
        "source": str(row.source),
        "needs": [need.value for need in row.needs],
        "steps": [step_as_json(step) for step in row.steps],
    }


def step_as_json(step: Step) -> dict[str, Any]:
    """Return a step as plain values."""
    return {
        "code": step.code,
        "title": str(step.title),
        "actor": step.actor.value,
        "privilege": step.privilege.value,
        "optional": step.optional,
        "hint": str(step.hint),
        "evidence": [one.value for one in step.evidence],
        "fact": step.fact.value if step.fact else "",
        "gates": [need.value for need in step.gates],
    }


def difference_as_json(one: Difference) -> dict[str, Any]:
    """Return what two editions say of one case; null where one does not name it."""
    return {
        "channel": one.channel.value,
        "billing": one.billing.value,
        "path": one.path.value,
        "when": one.when.value if one.when else "",
        "before": as_json(one.before) if one.before else None,
        "after": as_json(one.after) if one.after else None,
    }


def differences_as_table(told: list[Difference], edition: str) -> list[str]:
    """Return the lines of what changed, the channels told alike together, the sources at the end."""
    lines: list[str] = []
    pairs: dict[tuple[Channel, Billing], list[Difference]] = {}
    for one in told:
        pairs.setdefault((one.channel, one.billing), []).append(one)
    alike: dict[tuple[Billing, tuple[str, ...]], list[Channel]] = {}
    for (channel, billing), some in pairs.items():
        words = tuple(line for one in some for line in difference_as_lines(one, edition))
        alike.setdefault((billing, words), []).append(channel)
    for (billing, words), channels in alike.items():
        lines += ["", f"{', '.join(channel.value for channel in channels)} / {billing.value}", *words]
    sources = (row.source for one in told for row in (one.before, one.after) if row)
    return [*lines, *as_sources(sources)]


def difference_as_lines(one: Difference, edition: str) -> list[str]:
    """Return what each of two editions says of one path."""
    lines = [f"  {one.path.value}" + (f" when {one.when.value}" if one.when else "")]
    for name, row in ((DEFAULT_EDITION, one.before), (edition, one.after)):
        head = f"    {name:<{len(DEFAULT_EDITION)}}  "
        lines += [f"{head}not named"] if row is None else [f"{head}{verdict(row)}", *because(row)]
    return lines


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
    return [*lines, *as_sources(row.source for row in rows)]


def as_sources(sources: Iterable[Source]) -> list[str]:
    """Return the lines of the sources, each once."""
    lines = ["", "Sources"]
    for source in dict.fromkeys(sources):
        lines += [f"  {source.code}", *wrapped(str(source))]
    return lines


def as_lines(rows: list[Row]) -> list[str]:
    """Return rows that differ only in their path: open or closed, the paths and needs, and why."""
    return [f"    {verdict(rows[0], ', '.join(row.path for row in rows))}", *because(rows[0])]


def verdict(row: Row, paths: str = "") -> str:
    """Return whether it is open, the paths, which way they go, and what is needed."""
    out = "(outgoing)" if row.direction == Direction.OUT else ""
    needs = f" needs {', '.join(row.needs)}" if row.needs else ""
    words = " ".join(part for part in (paths, out, needs) if part).strip()
    return f"{'open  ' if row.open else 'closed'}  {words}".rstrip()


def because(row: Row) -> list[str]:
    """Return why, and who says so."""
    return wrapped(f"{row.reason} [{row.source.code}]")


def wrapped(text: str) -> list[str]:
    """Return the lines of a sentence, indented."""
    return textwrap.wrap(text, WIDTH, initial_indent=INDENT, subsequent_indent=INDENT, break_on_hyphens=False)


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
