"""Dates as a language writes them, and the sentences around them."""

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from django.template import Context, Template
from django.utils import timezone, translation

from partners import mail
from partners.dates import elided, exact_day, in_full
from partners.templatetags import ui

TEMPLATES = Path(__file__).resolve().parent.parent.parent / "templates"


@pytest.fixture(autouse=True)
def italian() -> Iterator[None]:
    with translation.override("it"):
        yield


def plain(words: str) -> str:
    return words.replace("\u00a0", " ")


@pytest.mark.parametrize(
    ("day", "words"), [(1, "1º ott 2026"), (8, "8 ott 2026"), (11, "11 ott 2026"), (21, "21 ott 2026")]
)
def test_day_is_written_as_italian_writes_it(day: int, words: str) -> None:
    assert plain(exact_day(date(2026, 10, day))) == words


def test_day_in_english_stays_plain() -> None:
    with translation.override("en"):
        assert exact_day(date(2026, 10, 1)) == "1 Oct 2026"
        assert in_full(date(2026, 10, 8)) == "8 October 2026"


def test_moment_in_full_names_its_zone() -> None:
    at = datetime(2026, 10, 8, 7, 5, tzinfo=UTC)
    assert plain(in_full(at)) == "8 ottobre 2026, 07:05 UTC"
    with timezone.override(ZoneInfo("Europe/Rome")):
        assert plain(Template("{{ at|in_full }}").render(Context({"at": at}))) == "8 ottobre 2026, 09:05 CEST"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("fino al", "fino all'"),
        ("dal", "dall'"),
        ("Dal", "Dall'"),
        ("del", "dell'"),
        ("entro il", "entro l'"),
        ("Il", "L'"),
        ("nel", "nell'"),
    ],
)
@pytest.mark.parametrize("day", [8, 11])
def test_article_is_joined_before_a_vowel(before: str, after: str, day: int) -> None:
    shown = exact_day(date(2026, 10, day))
    assert elided(f"Vale {before} {shown}.") == f"Vale {after}{shown}."


@pytest.mark.parametrize("day", [1, 7, 18, 28, 31])
def test_article_stays_before_a_consonant(day: int) -> None:
    sentence = f"Vale fino al {exact_day(date(2026, 10, day))}."
    assert elided(sentence) == sentence


def test_article_is_joined_around_marks_of_a_page() -> None:
    day = ui.exact(date(2026, 10, 8))
    assert plain(elided(f"fino al <strong>{day}")) == (
        'fino all\'<strong><time datetime="2026-10-08">8 ott 2026</time>'
    )


def test_what_somebody_typed_stays_as_typed() -> None:
    assert elided("Ci vediamo il 8 ottobre 2026, al 8 di via Roma.") == (
        "Ci vediamo il 8 ottobre 2026, al 8 di via Roma."
    )


def test_a_page_is_mended_and_still_escaped() -> None:
    page = Template("{% filter elided %}{{ name }}: al {{ day|exact }}{% endfilter %}")
    shown = page.render(Context({"name": "<b>", "day": date(2026, 10, 11)}))
    assert shown.startswith("&lt;b&gt;: all'<time")


def test_a_mail_is_mended_when_its_moments_are_told() -> None:
    assert plain(mail.fill("Si apre fino al MARK.", {"MARK": in_full(date(2026, 10, 8))})) == (
        "Si apre fino all'8 ottobre 2026."
    )


def test_no_template_writes_a_date_in_a_way_of_its_own() -> None:
    written = re.compile(
        r"""\|date:(?!["']Y-m-d["'])|\|time:|\{% now """
    )  # a form's own value is no date to read
    pages = [page for page in TEMPLATES.rglob("*.*") if written.search(page.read_text())]
    assert pages == []
