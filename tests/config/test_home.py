"""Home: what waits, what is due first on top, with numbers that are filters of the same list."""

import html
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client

from config.views import SHOWN, greeting
from customers.models import Assignment, Relationship
from partners.actor import Actor
from tests.factories import MembershipFactory, PartnerFactory, SubscriptionFactory

SignIn = Callable[..., Client]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def tiles(response: Any) -> dict[str, Any]:
    return {str(tile["label"]): tile["number"] for tile in response.context["tiles"]}


def test_home_greets_and_says_how_much_waits(
    client_for: SignIn, anna: Actor, offered: Assignment, now: datetime
) -> None:
    page = text(client_for(anna).get("/"))
    assert "Good morning, Anna" in page
    assert "2 things wait for you. The first is due in 14 days." in page
    assert "Invite a customer" in page


def test_home_of_a_company_that_has_nothing(client_for: SignIn, anna: Actor, luca: Actor) -> None:
    page = text(client_for(anna).get("/"))
    assert "Nothing waits for you." in page
    assert "No subscription is on record yet." in page
    page = text(client_for(luca).get("/"))
    assert "What your providers hand or offer you appears here" in page
    assert "Invite a customer" not in page


def test_a_tile_counts_the_list_it_filters(
    client_for: SignIn, anna: Actor, accepted: Relationship, now: datetime
) -> None:
    for _ in range(SHOWN + 1):
        SubscriptionFactory(customer=accepted.customer, term_end=now.date() + timedelta(days=9))
    client = client_for(anna)
    response = client.get("/")
    assert tiles(response)["decisions within 30 days"] == SHOWN + 1
    assert len(response.context["items"]) == SHOWN
    assert "2 more things wait." in text(response)
    assert response.wsgi_request.nav_counts == {"home": SHOWN + 2}
    for tile in response.context["tiles"]:
        filtered = client.get(tile["url"])
        assert len(filtered.context["items"]) == tile["number"]
        (pressed,) = [one for one in filtered.context["tiles"] if one["active"]]
        assert pressed["label"] == tile["label"]
        assert client.get(pressed["url"]).context["show"] == ""


def test_home_of_a_direct_bill_partner_knows_no_resellers(
    client_for: SignIn, now: datetime, db: None
) -> None:
    member = MembershipFactory(partner=PartnerFactory(direct_bill=True))
    assert "offers waiting at resellers" not in tiles(client_for(Actor.member(member)).get("/"))


def test_charts_have_their_tables(
    client_for: SignIn, anna: Actor, accepted: Relationship, now: datetime
) -> None:
    SubscriptionFactory(customer=accepted.customer, term_end=now.date() + timedelta(days=9))
    page = text(client_for(anna).get("/"))
    assert "Week of 16 Mar 2026" in page
    assert "/subscriptions/?channel=direct" in page


def test_staff_without_a_company_go_to_the_admin(client_for: SignIn, staff: Actor) -> None:
    response = client_for(staff).get("/")
    assert (response.status_code, response["Location"]) == (302, "/admin/")


@pytest.mark.parametrize(
    ("hour", "words"),
    [(0, "morning"), (11, "morning"), (12, "afternoon"), (17, "afternoon"), (18, "evening"), (23, "evening")],
)
def test_the_greeting_follows_the_day(hour: int, words: str) -> None:
    assert greeting(hour) == f"Good {words}"
