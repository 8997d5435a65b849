"""Keyset pages: every row once, forwards and backwards, and no address that breaks them."""

import base64
import json
import uuid
from urllib.parse import parse_qs, urlencode

import pytest
from django.db.models.functions import Upper
from django.http import HttpRequest
from django.test import RequestFactory
from hypothesis import given
from hypothesis import strategies as st

from partners.models import Kind, Partner
from partners.paging import address_with, asked, asked_choice, asked_key, counted, export_address, page_of


def ask(address: str = "") -> HttpRequest:
    return RequestFactory().get(f"/list/{address}")


def place(values: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(values).encode()).decode().rstrip("=")


@pytest.fixture
def companies(db: None) -> list[Partner]:
    """Seven companies, three of them with the same name."""
    return [
        Partner.objects.create(
            name=name,
            kind=Kind.DIRECT_BILL,
            partner_id=str(1000 + number),
            tenant_id=uuid.UUID(int=number),
            country="IT",
        )
        for number, name in enumerate(["Bo", "Al", "Bo", "Di", "Bo", "Cy", "Al"])
    ]


@pytest.mark.parametrize(
    "keys", [("name", "pk"), ("-name", "-pk"), ("name", "-pk"), ("-pk",), ("created_at", "pk")]
)
def test_pages_hold_every_row_once_forwards_and_backwards(
    companies: list[Partner], keys: tuple[str, ...]
) -> None:
    expected = list(Partner.objects.order_by(*keys))
    pages = [page_of(Partner.objects.all(), ask(), *keys, size=3)]
    while pages[-1].older:
        pages.append(page_of(Partner.objects.all(), ask(pages[-1].older), *keys, size=3))
    assert [row for page in pages for row in page.rows] == expected
    assert [len(page.rows) for page in pages] == [3, 3, 1]
    assert pages[0].newer == ""

    back = page_of(Partner.objects.all(), ask(pages[2].newer), *keys, size=3)
    assert back.rows == pages[1].rows
    first = page_of(Partner.objects.all(), ask(back.newer), *keys, size=3)
    assert (first.rows, first.newer) == (pages[0].rows, "")
    assert page_of(Partner.objects.all(), ask(first.older), *keys, size=3).rows == pages[1].rows


def test_a_key_may_be_an_annotation(companies: list[Partner]) -> None:
    rows = Partner.objects.annotate(shout=Upper("name"))
    pages = [page_of(rows, ask(), "shout", "pk", size=3)]
    while pages[-1].older:
        pages.append(page_of(rows, ask(pages[-1].older), "shout", "pk", size=3))
    assert [row for page in pages for row in page.rows] == list(rows.order_by("shout", "pk"))
    assert page_of(rows.values("pk", "shout"), ask(pages[0].older), "shout", "pk", size=3).rows


def test_counts_stop_where_nobody_counts(companies: list[Partner]) -> None:
    assert counted(Partner.objects.all()) == "7"
    assert counted(Partner.objects.all(), 7) == "7"
    assert counted(Partner.objects.all(), 6) == "6+"
    page = page_of(Partner.objects.all(), ask(), "name", "pk", size=3)
    assert page.shown_of(Partner.objects.all(), 6) == "3 on this page, 6+ in all"


def test_the_file_of_a_list_keeps_its_filters_and_not_its_place(db: None) -> None:
    assert export_address(ask("?verb=x&after=abc"), "partners:activity-export") == "/activity/export/?verb=x"
    assert export_address(ask("?before=abc"), "partners:activity-export") == "/activity/export/"


def test_rows_may_be_values(companies: list[Partner]) -> None:
    for rows in (
        Partner.objects.values("pk", "name"),
        Partner.objects.values("id", "name"),
        Partner.objects.values_list("pk", "name", named=True),
    ):
        assert page_of(rows, ask(page_of(rows, ask(), "name", "pk", size=2).older), "name", "pk", size=2).rows


def test_neighbours_keep_the_filters_of_the_address(companies: list[Partner]) -> None:
    older = page_of(Partner.objects.all(), ask("?q=a+b&status=active&after=zzz"), "name", "pk", size=2).older
    assert parse_qs(older[1:]).keys() == {"q", "status", "after"}


def test_empty_list_has_no_neighbours(db: None) -> None:
    page = page_of(Partner.objects.all(), ask(), "name", "pk")
    assert (page.rows, page.older, page.newer) == ([], "", "")


@pytest.mark.parametrize(
    "word",
    [
        "x", "====", "%00", "é", "a" * 5000, place("text"), place({}), place([]), place(["Al"]),
        place(["Al", "x"]), place(["Al", 2**63]), place(["Al", -(2**70)]), place(["Al", None]),
        place(["\0", 1]), place([[], []]), place(["Al", 1, 2]), place(["\ud800", 1]), place(["Al", [1]]),
        base64.urlsafe_b64encode(b'["Al",Infinity]').decode(), base64.urlsafe_b64encode(b"[" * 1400).decode(),
    ],
)  # fmt: skip
@pytest.mark.parametrize("way", ["after", "before"])
def test_a_place_that_makes_no_sense_is_the_first_page(companies: list[Partner], way: str, word: str) -> None:
    page = page_of(Partner.objects.all(), ask("?" + urlencode({way: word})), "name", "pk", size=3)
    assert page.rows == list(Partner.objects.order_by("name", "pk")[:3])


@pytest.mark.parametrize("moment", ["2016-12-14T10:00:00", "never", "", 7])
def test_a_moment_without_its_zone_is_no_place(companies: list[Partner], moment: object) -> None:
    page = page_of(Partner.objects.all(), ask(f"?after={place([moment, 1])}"), "created_at", "pk", size=3)
    assert page.newer == ""


@given(st.text())
def test_filters_read_any_text(text: str) -> None:
    request = ask("?" + urlencode({"q": text.encode("utf-8", "surrogatepass")}))
    assert "\0" not in asked(request, "q")
    assert len(asked(request, "q", 10)) <= 10
    assert asked_choice(request, "q", {"open"}) in ("", "open")
    assert asked_key(request, "q") is None or asked_key(request, "q") > 0


@pytest.mark.parametrize("text", ["", "0", "-1", "1.0", "9" * 19, "9" * 40, "x", "²", "1\0"])
def test_a_key_no_row_has_is_not_given(text: str) -> None:
    assert asked_key(ask("?" + urlencode({"key": text})), "key") is None


def test_a_key_is_read() -> None:
    assert asked_key(ask("?key=12&key=13"), "key") == 13


def test_changing_a_filter_goes_back_to_the_first_page() -> None:
    request = ask("?q=co&status=active&after=abc")
    assert address_with(request, status="ended") == "?q=co&status=ended"
    assert address_with(request, status="", q=None) == "/list/"
