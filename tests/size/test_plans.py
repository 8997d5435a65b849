"""Lists, searches and home on a distributor's world: each statement goes by an index, none reads a table."""

import json
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from tests.size.conftest import FIRST_RESELLER, Browsers

pytestmark = [pytest.mark.postgres, pytest.mark.django_db]

BIG = {
    "customers_customer", "customers_relationship", "subscriptions_subscription", "partners_activity",
    "partners_activityreader", "partners_activityperson", "subscriptions_move", "subscriptions_movestep",
    "subscriptions_transfer", "subscriptions_transferitem",
}  # fmt: skip

MOVES = ("move_provider", "subscriptions_move_pkey")  # the newest first: the big one has most of them
LISTS = {
    "customers": ("/customers/", {}, "customer_list"),
    "customers by words": ("/customers/", {"q": "a1b2c"}, "customer_search"),
    "customers by state": ("/customers/", {"status": "active"}, "customer_list"),
    "prospects": ("/customers/", {"status": "prospect"}, "customer_list"),
    "ended": ("/customers/", {"status": "ended"}, "rel_provider"),
    "customers of a reseller": ("/customers/", {"reseller": FIRST_RESELLER}, "customer"),
    "customers by path": ("/customers/", {"path": "migrate_azure"}, "sub_customer"),
    "customers by deadline": ("/customers/", {"due": "7"}, "sub_customer"),
    "customers without an end": ("/customers/", {"due": "unknown"}, "sub_customer"),
    "subscriptions": ("/subscriptions/", {}, "sub"),
    "subscriptions by deadline": ("/subscriptions/", {"due": "any"}, "sub_decide"),
    "subscriptions within a week": ("/subscriptions/", {"due": "7"}, "sub_decide"),
    "subscriptions without an end": ("/subscriptions/", {"due": "unknown"}, "sub_unknown_end"),
    "subscriptions by channel": ("/subscriptions/", {"channel": "syndication"}, "sub_channel_list"),
    "subscriptions by status": ("/subscriptions/", {"status": "suspended"}, "sub_status_list"),
    "subscriptions by path": ("/subscriptions/", {"path": "wait_or_cancel"}, "sub"),
    "path and deadline": ("/subscriptions/", {"path": "wait_or_cancel", "due": "30"}, "sub_decide"),
    "subscriptions of a reseller": ("/subscriptions/", {"reseller": FIRST_RESELLER}, "sub_customer"),
    "subscriptions by words": ("/subscriptions/", {"q": "a1b2c"}, "customer_search"),
    "the log": ("/activity/", {}, "partners_activity"),
    "the log by a rare verb": ("/activity/", {"verb": "grant.withdrawn"}, "activity_verb"),
    "the log of a customer": ("/activity/", {"customer": "customer 7777"}, "activity_customer_label"),
    "subscriptions by whose turn": ("/subscriptions/", {"turn": "customer"}, "move"),
    "moves": ("/moves/", {}, MOVES),
    "moves by whose turn": ("/moves/", {"turn": "customer"}, "step_next"),
    "moves of a rare turn": ("/moves/", {"turn": "current_partner"}, "step_next"),
    "moves of one's own turn": ("/moves/", {"turn": "mine"}, "step_next"),
    "moves by path": ("/moves/", {"path": "migrate_azure"}, MOVES),
    "moves by target": ("/moves/", {"target": "any"}, "move_open_target"),
    "moves past their target": ("/moves/", {"target": "past"}, "move_open_target"),
    "moves completed": ("/moves/", {"status": "completed"}, MOVES),
    "moves abandoned": ("/moves/", {"status": "abandoned"}, MOVES),
    "transfers received": ("/transfers/", {"side": "received"}, "transfer_current"),
    "transfers sent": ("/transfers/", {"side": "sent"}, ("transfer_provider", "subscriptions_transfer_pkey")),
    "home": ("/", {}, "sub_"),
}
HELD = ("asg_", "customers_assignment_reseller")  # what the reseller holds
OF_A_RESELLER = {
    "customers": ("/customers/", {}, HELD),
    "customers by words": ("/customers/", {"q": "a1b"}, HELD),
    "subscriptions": ("/subscriptions/", {}, HELD),
    "subscriptions by deadline": ("/subscriptions/", {"due": "any"}, HELD),
    "moves": ("/moves/", {}, HELD),
    "moves of its own turn": ("/moves/", {"turn": "mine"}, HELD),
    "home": ("/", {}, HELD),
}


def plans(client: Client, address: str) -> list[dict[str, Any]]:
    """Return how the database answers each statement of a page."""
    client.get(address)  # what a process reads once, it has read
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    found = []
    with connection.cursor() as cursor:
        for query in captured:
            if query["sql"].startswith(("SELECT", "(SELECT", "WITH")):
                cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, TIMING OFF, FORMAT JSON) {query['sql']}")
                (plan,) = cursor.fetchone()
                found.append((json.loads(plan) if isinstance(plan, str) else plan)[0]["Plan"] | query)
    return found


def nodes(plan: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """Yield every node of a plan."""
    yield plan
    for inner in plan.get("Plans", []):
        yield from nodes(inner)


def read_whole(found: list[dict[str, Any]]) -> list[str]:
    """Return the statements that read a big table from one end to the other."""
    return [
        f"{node['Relation Name']}: {plan['sql'][:2000]}"
        for plan in found
        for node in nodes(plan)
        if node["Node Type"] == "Seq Scan" and node["Relation Name"] in BIG
    ]


def indexes(found: list[dict[str, Any]]) -> set[str]:
    """Return the indexes used."""
    return {node["Index Name"] for plan in found for node in nodes(plan) if "Index Name" in node}


@pytest.mark.parametrize("name", LISTS)
def test_a_providers_pages_go_by_their_index(name: str, browsers: Browsers) -> None:
    address, asked, index = LISTS[name]
    found = plans(browsers.provider, f"{address}?{urlencode(asked)}")
    assert not read_whole(found)
    assert any(one.startswith(index) for one in indexes(found)), indexes(found)


@pytest.mark.parametrize("name", OF_A_RESELLER)
def test_a_resellers_pages_go_by_what_it_holds(name: str, browsers: Browsers) -> None:
    address, asked, index = OF_A_RESELLER[name]
    found = plans(browsers.reseller, f"{address}?{urlencode(asked)}")
    assert not read_whole(found)
    assert any(one.startswith(index) for one in indexes(found)), indexes(found)


@pytest.mark.parametrize(
    "address",
    ["/customers/", "/subscriptions/", "/subscriptions/?due=any", "/moves/", "/transfers/", "/activity/"],
)
def test_a_deep_page_costs_what_the_first_does(address: str, browsers: Browsers) -> None:
    client = browsers.provider
    first = client.get(address)
    page, deep = first.context["page"], ""
    for _ in range(3):
        deep, page = page.older, client.get(f"{address.partition('?')[0]}{page.older}").context["page"]
    before, after = (plans(client, one) for one in (address, f"{address.partition('?')[0]}{deep}"))
    assert not read_whole(after)
    assert max(map(buffers, after)) <= 1.5 * max(map(buffers, before)) + 50


def buffers(plan: dict[str, Any]) -> int:
    """Return how many pages a statement looked at."""
    return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]
