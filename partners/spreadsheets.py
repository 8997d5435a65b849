"""Tables for spreadsheets: CSV in UTF-8 that runs nothing there, streamed however long it is."""

import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any, TypeVar

from django.http import StreamingHttpResponse
from django.utils import timezone, translation

CHUNK = 1000
BOM = "\ufeff"  # without it Excel takes UTF-8 for the system's own encoding
RUN = frozenset("=+-@＝＋－＠")  # what a spreadsheet runs, and its full-width twins
STARTS = frozenset("\t\r")
# Italian Excel, opened with a file, ends a cell at every semicolon, whatever quotes stand around it.
INSIDE = re.compile(rf"(?<=[;\t\r\n])(\s*)(?=[{re.escape(''.join(sorted(RUN)))}])")

Thing = TypeVar("Thing")
Cells = Sequence[object]


def defused(cell: object) -> str:
    """Return a cell as text that no spreadsheet runs: an apostrophe goes before what looks like a formula."""
    text = INSIDE.sub(r"\1'", _text(cell))
    core = text.lstrip()
    blanks = text[: len(text) - len(core)]
    return f"'{text}" if (core[:1] in RUN and core) or STARTS.intersection(blanks) else text


def _text(cell: object) -> str:
    match cell:
        case None:
            return ""
        case datetime():
            return f"{cell.astimezone(UTC):%Y-%m-%d %H:%M:%S}"
        case date():
            return cell.isoformat()
    return str(cell)


def batches(things: Iterable[Thing], size: int = CHUNK) -> Iterator[list[Thing]]:
    """Yield things some at a time, so that what belongs to them is looked up some at a time."""
    things = iter(things)
    while batch := list(islice(things, size)):
        yield batch


def lines(
    header: Callable[[], Cells],
    chunks: Iterable[Thing],
    rows_of: Callable[[Thing], Iterable[Cells]],
) -> Iterator[str]:
    """Yield a table, chunk by chunk, in the language and time zone in force when it was asked for.

    They are set anew for every chunk: a streamed answer leaves after the middleware has put them back.
    """
    language, zone = translation.get_language(), timezone.get_current_timezone()

    def written(rows: Iterable[Cells]) -> str:
        text = io.StringIO()
        csv.writer(text).writerows([defused(cell) for cell in row] for row in rows)
        return text.getvalue()

    def told() -> Iterator[str]:
        with translation.override(language), timezone.override(zone):
            beginning = BOM + written([header()])
        yield beginning
        for chunk in chunks:
            with translation.override(language), timezone.override(zone):
                told = written(rows_of(chunk))
            yield told

    return told()


def download(name: str, table: Iterator[str]) -> StreamingHttpResponse:
    """Answer with a table as a file, named after what it holds and the day."""
    response = StreamingHttpResponse(table, content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}-{timezone.localdate().isoformat()}.csv"'
    return response


def streamed(rows: Any, size: int = CHUNK) -> Iterator[list[Any]]:
    """Yield the rows of a queryset some at a time, never more of them in memory."""
    return batches(rows.iterator(chunk_size=size), size)
