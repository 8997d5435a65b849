"""The log as a file: the lines the page shows, in its columns and its order, for the same readers."""

import csv
import io
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.db import transaction
from django.test import Client

from partners import activity
from partners.actor import Actor
from partners.models import Partner
from partners.spreadsheets import BOM
from tests.factories import CustomerFactory

SignIn = Callable[..., Client]
FILE = "/activity/export/"


def read(response: Any) -> list[list[str]]:
    """Return the cells of a downloaded table."""
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))


def write(northwind: Partner, by: Actor, now: datetime, verb: str, **details: str) -> None:
    """Write a line about a customer whose name a spreadsheet would run."""
    customer = CustomerFactory(provider=northwind, name="=2+2")
    with transaction.atomic():
        activity.record(verb, by=by, at=now, provider=northwind, customer=customer, details=details)


def test_the_file_holds_the_lines_that_fit(
    northwind: Partner, anna: Actor, viewer: Actor, client_for: SignIn, now: datetime
) -> None:
    write(northwind, anna, now, "customer.recorded", reason="new")
    write(northwind, anna, now, "grant.lapsed")
    response = client_for(viewer).get(FILE, {"person": "nobody"})
    assert response["Content-Type"] == "text/csv; charset=utf-8"
    assert response["Content-Disposition"] == 'attachment; filename="activity-2026-03-10.csv"'
    assert read(response) == [["Date (UTC)", "Affected customer", "Action", "Partner user", "Details"]]
    both = read(client_for(viewer).get(FILE))[1:]
    assert [row[:2] for row in both] == [["2026-03-10 09:30:00", "'=2+2"]] * 2
    assert both[1][3:] == ["Anna Admin, Northwind Traders", "Reason: new"]


def test_another_company_reads_none_of_it(
    northwind: Partner, anna: Actor, tom: Actor, client_for: SignIn, now: datetime
) -> None:
    write(northwind, anna, now, "grant.lapsed")
    assert len(read(client_for(tom).get(FILE))) == 1


def test_the_page_offers_the_file_with_its_filters(
    northwind: Partner, anna: Actor, client_for: SignIn, now: datetime
) -> None:
    write(northwind, anna, now, "grant.lapsed")
    page = client_for(anna).get("/activity/", {"customer": "2+2", "after": "x"})
    assert page.context["export_url"] == f"{FILE}?customer=2%2B2"
    assert f'href="{FILE}?customer=2%2B2"' in page.content.decode()


def test_the_page_says_how_much_of_a_long_log_it_proved(
    northwind: Partner, anna: Actor, client_for: SignIn, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        write(northwind, anna, now, "grant.lapsed")
    monkeypatch.setattr("partners.views.activity.ROWS_PROVED", 2)
    page = client_for(anna).get("/activity/", {"verify": "1"})
    assert (page.context["proof"].rows, page.context["proof"].problems) == (2, [])
    assert "the newest 2 of the 3 lines" in page.content.decode()
