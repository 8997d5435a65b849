"""Tables for spreadsheets: every cell as it was meant, and none that runs."""

import csv
import io
import re
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone, translation
from hypothesis import given
from hypothesis import strategies as st

from partners import spreadsheets
from partners.spreadsheets import BOM, RUN, defused, lines

CUT = re.compile(r"[;\t\r\n]")  # where a spreadsheet may begin another cell
BEGINNINGS = st.text(st.sampled_from([*RUN, " ", "\t", "\r", "\n", ";", "\u00a0", "a", "1", "'"]), max_size=6)


def runs(text: str) -> bool:
    """Say, in other words than the code, whether a spreadsheet might run a cell."""
    for character in text:
        if character in "=+-@＝＋－＠\t\r":
            return True
        if not character.isspace():
            return False
    return False


@given(BEGINNINGS, st.text())
def test_no_cell_runs_and_none_is_lost(beginning: str, rest: str) -> None:
    cell = beginning + rest
    told = defused(cell)
    assert not runs(told)
    assert told.replace("'", "") == cell.replace("'", "")
    if not (runs(cell) or CUT.search(cell)):
        assert told == cell
    for piece in CUT.split(told):
        assert piece.lstrip()[:1] not in RUN


@given(st.lists(st.lists(BEGINNINGS, min_size=2, max_size=2), max_size=5))
def test_a_table_reads_back_as_it_was_written(rows: list[list[str]]) -> None:
    text = "".join(lines(lambda: ["one", "two"], [rows], lambda chunk: chunk))
    assert text.startswith(BOM)
    read = list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))
    assert read == [["one", "two"], *([defused(cell) for cell in row] for row in rows)]


@pytest.mark.parametrize(
    ("cell", "text"),
    [
        (None, ""),
        (7, "7"),
        (-7, "'-7"),
        (date(2026, 3, 10), "2026-03-10"),
        (datetime(2026, 3, 10, 9, 30, tzinfo=UTC), "2026-03-10 09:30:00"),
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
    ],
)
def test_values_as_text(cell: object, text: str) -> None:
    assert defused(cell) == text


def test_language_and_zone_outlast_the_request() -> None:
    def told(chunk: int) -> list[list[object]]:
        return [[chunk, translation.get_language(), timezone.get_current_timezone_name()]]

    with translation.override("it"), timezone.override("Europe/Rome"):
        table = lines(lambda: ["n", translation.get_language()], [1, 2], told)
    with translation.override("en"), timezone.override("UTC"):
        written = [piece.strip() for piece in table]
        assert translation.get_language() == "en"
    assert written == [f"{BOM}n,it", "1,it,Europe/Rome", "2,it,Europe/Rome"]


def test_rows_are_taken_some_at_a_time() -> None:
    assert list(spreadsheets.batches(range(5), 2)) == [[0, 1], [2, 3], [4]]
    assert list(spreadsheets.batches([], 2)) == []
