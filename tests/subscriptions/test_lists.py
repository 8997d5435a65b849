"""What the lists are asked for, and the same as a file: who sees what, filtered by path and deadline."""

import csv
import html
import io
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Assignment, Customer
from customers.models.privilege import utc_day
from partners.actor import Actor
from partners.models import Partner, Partnership
from partners.spreadsheets import BOM
from subscriptions.filters import CustomersAsked, Due, SubscriptionsAsked
from subscriptions.models import Subscription
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Path, Status
from tests.conftest import MOMENT
from tests.factories import CustomerFactory, PartnershipFactory, ProductFactory, SubscriptionFactory

SignIn = Callable[..., Client]
TODAY = utc_day(MOMENT)


def names(response: Any) -> list[str]:
    return [row["name"] for row in response.context["rows"]]


def read(response: Any) -> list[list[str]]:
    """Return the cells of a downloaded table, without its header."""
    text = b"".join(response.streaming_content).decode()
    return list(csv.reader(io.StringIO(text.removeprefix(BOM), newline="")))[1:]


@pytest.fixture
def book(contoso: Customer, tailspin: Partner) -> Customer:
    """Contoso runs one thing on each of four paths; Adatum one that is decided late, Tailspin's is hidden."""
    add = SubscriptionFactory
    add(customer=contoso, friendly_name="office", term_end=TODAY + timedelta(days=6))
    add(customer=contoso, friendly_name="add-on", parent=Subscription.objects.get())
    add(customer=contoso, friendly_name="rival", channel=Channel.CSP_OTHER, term_end=None)
    azure = ProductFactory(billing=Billing.USAGE)
    add(customer=contoso, friendly_name="azure", product=azure, channel=Channel.EA, term_end=None)
    add(customer=contoso, friendly_name="old", status=Status.EXPIRED)
    adatum = CustomerFactory(provider=contoso.provider, name="Adatum")
    late = {"term_end": TODAY + timedelta(days=60), "auto_renew": AutoRenew.NO}
    add(customer=adatum, friendly_name="late", channel=Channel.CSP_OWN, **late)
    add(customer=CustomerFactory(provider=tailspin, name="Hidden"), friendly_name="hidden")
    return adatum


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["late", "old", "azure", "rival", "add-on", "office"]),
        ("path=support_in_place", ["add-on", "office"]),
        ("path=replace_licences", ["old"]),
        ("path=wait_or_cancel", ["rival"]),
        ("path=migrate_azure", ["azure"]),
        ("path=change_reseller", ["late"]),
        ("path=transfer", []),
        ("due=any", ["office", "late"]),
        ("due=7", ["office"]),
        ("due=30", ["office"]),
        ("due=90", ["office", "late"]),
        ("due=unknown", ["rival"]),
        ("billing=usage", ["azure"]),
        ("channel=csp_own", ["late"]),
        ("status=expired", ["old"]),
        ("due=90&path=change_reseller", ["late"]),
        ("due=never&path=nowhere&billing=x", ["late", "old", "azure", "rival", "add-on", "office"]),
    ],
)
def test_subscriptions_by_path_and_deadline(
    asked: str, found: list[str], client_for: SignIn, viewer: Actor, book: Customer
) -> None:
    client = client_for(viewer)
    assert names(client.get(f"/subscriptions/?{asked}")) == found
    assert [row[1] for row in read(client.get(f"/subscriptions/export/?{asked}"))] == found


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("", ["Adatum", "Contoso"]),
        ("path=change_reseller", ["Adatum"]),
        ("path=migrate_azure", ["Contoso"]),
        ("path=transfer", []),
        ("due=7", ["Contoso"]),
        ("due=90", ["Adatum", "Contoso"]),
        ("due=unknown", ["Contoso"]),
        ("due=90&path=change_reseller", ["Adatum"]),
        ("due=7&path=change_reseller", []),
    ],
)
def test_customers_by_path_and_deadline(
    asked: str, found: list[str], client_for: SignIn, viewer: Actor, book: Customer
) -> None:
    client = client_for(viewer)
    assert names(client.get(f"/customers/?{asked}")) == found
    assert [row[1] for row in read(client.get(f"/customers/export/?{asked}"))] == found


def test_deadlines_are_paged_in_their_order(client_for: SignIn, viewer: Actor, contoso: Customer) -> None:
    for days in range(60):
        SubscriptionFactory(
            customer=contoso, friendly_name=str(days), term_end=TODAY + timedelta(days=100 - days // 2)
        )
    client = client_for(viewer)
    first = client.get("/subscriptions/?due=any")
    second = client.get(f"/subscriptions/{first.context['page'].older}")
    order = sorted(range(60), key=lambda days: (100 - days // 2, days))
    assert names(first) + names(second) == [str(days) for days in order]
    assert names(client.get(f"/subscriptions/{second.context['page'].newer}")) == names(first)
    assert first.context["shown"] == "50 on this page, 60 in all"


def test_by_named_reseller(
    client_for: SignIn, viewer: Actor, book: Customer, partnership: Partnership, tailspin: Partner
) -> None:
    Customer.objects.filter(pk=book.pk).update(reseller=partnership.reseller)
    client = client_for(viewer)
    mine = f"reseller={partnership.reseller_id}"
    assert names(client.get(f"/subscriptions/?{mine}")) == ["late"]
    assert names(client.get(f"/customers/?{mine}")) == ["Adatum"]
    strange = PartnershipFactory(provider=tailspin).reseller_id
    assert len(names(client.get(f"/customers/?reseller={strange}"))) == 2, "not given"


def test_filters_in_force_are_chips_that_take_themselves_away(
    client_for: SignIn, viewer: Actor, book: Customer
) -> None:
    page = client_for(viewer).get("/subscriptions/?q=adat&path=change_reseller&due=90&status=active")
    chips = {chip["label"]: chip["url"] for chip in page.context["in_force"]}
    assert chips == {
        "Search: adat": "?path=change_reseller&due=90&status=active",
        "Path: Change the reseller": "?q=adat&due=90&status=active",
        "To decide: within 90 days": "?q=adat&path=change_reseller&status=active",
    }
    text = html.unescape(page.content.decode())
    assert "Take away:" in text
    assert 'href="/subscriptions/export/?q=adat&path=change_reseller&due=90&status=active"' in text
    bare = client_for(viewer).get("/customers/")
    assert "Filtered by" not in bare.content.decode()


def test_a_reseller_downloads_what_it_sees_and_no_other_reseller(
    client_for: SignIn, luca: Actor, assigned: Assignment, book: Customer, adventure_partnership: Partnership
) -> None:
    rival = adventure_partnership.reseller
    Customer.objects.filter(pk=assigned.customer_id).update(reseller=rival)
    Subscription.objects.filter(friendly_name="azure").update(partner_on_record=rival)
    client = client_for(luca)
    (row,) = read(client.get("/customers/export/"))
    assert row[1:] == [
        "Contoso", "contoso.example", "Customer", "Italy", "Northwind Traders", "", "Provisioning", "5",
    ]  # fmt: skip
    subscriptions = read(client.get("/subscriptions/export/"))
    assert {row[6] for row in subscriptions} == {"Contoso"}
    assert {row[4] for row in subscriptions} == {""}
    assert names(client.get("/subscriptions/?path=migrate_azure")) == ["azure"]
    assert names(client.get("/customers/?path=change_reseller")) == []


def test_partner_centers_columns_come_first(client_for: SignIn, viewer: Actor, book: Customer) -> None:
    client = client_for(viewer)
    customers, subscriptions = (
        b"".join(client.get(f"/{kind}/export/").streaming_content).decode().removeprefix(BOM).splitlines()[0]
        for kind in ("customers", "subscriptions")
    )
    assert customers.startswith("Microsoft ID,Company name,Primary domain name,Relationship,")
    assert subscriptions.startswith("Subscription ID,Subscription,Quantity,Status,Reseller,")


def test_a_file_takes_the_same_number_of_queries_for_each_chunk(
    client_for: SignIn, viewer: Actor, book: Customer, django_assert_max_num_queries: Any
) -> None:
    for _ in range(30):
        SubscriptionFactory(customer=CustomerFactory(provider=book.provider))
    client = client_for(viewer)
    with django_assert_max_num_queries(9):
        assert len(read(client.get("/customers/export/"))) == 32
    with django_assert_max_num_queries(9):
        assert len(read(client.get("/subscriptions/export/"))) == 36


@pytest.mark.parametrize(
    "address",
    [
        "/customers/?path=support_in_place&due=90&status=prospect",
        "/subscriptions/?path=support_in_place&due=90&billing=license&channel=direct",
    ],
)
def test_filters_cost_the_same_for_one_row_and_for_fifty(
    address: str, client_for: SignIn, viewer: Actor, northwind: Partner
) -> None:
    client, counts = client_for(viewer), []
    client.get(address)
    for number in (1, 49):
        for _ in range(number):
            SubscriptionFactory(
                customer=CustomerFactory(provider=northwind), term_end=TODAY + timedelta(days=50)
            )
        with CaptureQueriesContext(connection) as captured:
            page = client.get(address)
        counts.append(len(captured))
    assert len(page.context["rows"]) == 50
    assert counts[0] == counts[1]


def test_italian_words_in_an_italians_file(client_for: SignIn, viewer: Actor, book: Customer) -> None:
    assert viewer.user is not None
    viewer.user.language = "it"
    viewer.user.save()
    rows = read(client_for(viewer).get("/customers/export/"))
    assert rows[0][4] == "Italia"


def test_what_nobody_asks_for_is_nothing() -> None:
    assert not CustomersAsked().is_anything
    assert SubscriptionsAsked(path=Path.TRANSFER).is_anything
    assert SubscriptionsAsked(due=Due.UNKNOWN).keys == ("-pk",)
    assert SubscriptionsAsked(due=Due.WEEK).keys == ("decision_day", "pk")
