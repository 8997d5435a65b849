"""Subscriptions in the browser: the list with its verdicts, the ruling of one, writing it down."""

import html
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.families import Family
from customers.models import Assignment, Customer, Relationship
from partners.actor import Actor
from partners.models import Partner, Partnership
from subscriptions import records
from subscriptions.models import Product, Subscription
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Status
from tests.factories import CustomerFactory, ProductFactory, RelationshipFactory, SubscriptionFactory

SignIn = Callable[..., Client]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory(name="Office 365 E3", part_number="ENTERPRISEPACK")


@pytest.fixture
def subscription(contoso: Customer, product: Product, now: datetime) -> Subscription:
    """Ten licences Contoso bought from another CSP partner, to be decided on within two days."""
    return SubscriptionFactory(
        customer=contoso,
        product=product,
        channel=Channel.CSP_OTHER,
        seller_name="Tailspin Toys",
        auto_renew=AutoRenew.YES,
        term_end=now.date() + timedelta(days=3),
    )


# --- the list ----------------------------------------------------------------------------------


def test_the_list_says_verdict_what_is_missing_and_deadline(
    client_for: SignIn, viewer: Actor, subscription: Subscription
) -> None:
    direct = SubscriptionFactory(customer=subscription.customer, term_end=None)
    response = client_for(viewer).get("/subscriptions/")
    first, second = response.context["rows"]
    assert (first["url"], first["verdict"], first["missing"]) == (
        f"/subscriptions/{direct.pk}/",
        "Look after it in place",
        2,
    )
    assert (second["verdict"], second["seller"], second["due"]["words"]) == (
        "Wait for the end, or cancel",
        "Tailspin Toys",
        "in 2 days",
    )
    page = text(response)
    assert "2 missing" in page
    assert "term end unknown" in page


def test_filters_of_the_list(client_for: SignIn, viewer: Actor, subscription: Subscription) -> None:
    other = CustomerFactory(provider=subscription.provider, name="Adatum")
    ended = SubscriptionFactory(customer=other, channel=Channel.EA, status=Status.EXPIRED)
    client = client_for(viewer)

    def found(query: str) -> list[str]:
        return [row["url"] for row in client.get(f"/subscriptions/?{query}").context["rows"]]

    one, two = f"/subscriptions/{subscription.pk}/", f"/subscriptions/{ended.pk}/"
    assert found("") == [two, one]
    assert found("channel=ea") == found("status=expired") == found("q=adatum") == [two]
    assert found(f"customer={subscription.customer_id}") == found("status=active&q=contoso") == [one]
    assert found("channel=ea&status=active") == []
    assert found("channel=%00&status=x&customer=-1") == [two, one]
    assert "Type at least 3 characters" in text(client.get("/subscriptions/?q=co"))


def test_a_reseller_lists_those_of_the_customers_it_looks_after(
    client_for: SignIn, luca: Actor, assigned: Assignment, tailspin: Partner
) -> None:
    own = SubscriptionFactory(customer=assigned.customer)
    SubscriptionFactory(customer=CustomerFactory(provider=assigned.provider))
    SubscriptionFactory(customer=CustomerFactory(provider=tailspin))
    client = client_for(luca)
    assert [row["url"] for row in client.get("/subscriptions/").context["rows"]] == [
        f"/subscriptions/{own.pk}/"
    ]
    assert client.get("/subscriptions/?q=contoso").context["rows"]


def test_what_has_ended_has_nothing_to_decide(
    client_for: SignIn, viewer: Actor, accepted: Relationship
) -> None:
    SubscriptionFactory(customer=accepted.customer, channel=Channel.CSP_OWN, status=Status.CANCELLED)
    (row,) = client_for(viewer).get("/subscriptions/").context["rows"]
    assert (row["verdict"], row["due"]) == ("Nothing to decide", None)


# --- one subscription --------------------------------------------------------------------------


def test_the_ruling_is_the_centre(client_for: SignIn, seller: Actor, subscription: Subscription) -> None:
    page = text(client_for(seller).get(f"/subscriptions/{subscription.pk}/"))
    assert "Decide by 12 Mar 2026 (in 2 days)." in page
    assert "Without a decision: It renews for another term." in page
    places = [
        page.index(words)
        for words in (
            "Wait for the end, or cancel</h3>",
            "Choose: wait for the end of the term, or cancel with the seller",
            "Look after it in place</h3>",
            "What cannot, and why",
            "Switch the Azure partner</h3>",
            "A licence subscription can't be moved to another CSP partner.",
        )
    ]
    assert places == sorted(places)
    assert "devono attendere la fine del loro periodo" in page  # the source, in its own words
    assert "edition 2016-12" in page


def test_what_is_missing_leads_to_what_lifts_it(
    client_for: SignIn, seller: Actor, agent: Actor, viewer: Actor, subscription: Subscription
) -> None:
    address = f"/subscriptions/{subscription.pk}/"
    invite = f"{reverse('customers:invite')}?customer={subscription.customer_id}"
    missing = client_for(agent).get(address).context["ruling"]["open"][1]["missing"]
    assert [need["fix"][0] for need in missing] == [invite, invite]
    missing = client_for(seller).get(address).context["ruling"]["open"][1]["missing"]
    assert [need["fix"] is None for need in missing] == [False, True]  # it asks for no privilege
    missing = client_for(viewer).get(address).context["ruling"]["open"][1]["missing"]
    assert [need["fix"] for need in missing] == [None, None]
    assert "Invite the customer; its acceptance starts the relationship." in text(
        client_for(viewer).get(address)
    )


def test_steps_that_are_done_are_marked(
    client_for: SignIn, seller: Actor, accepted: Relationship, subscription: Subscription
) -> None:
    paths = client_for(seller).get(f"/subscriptions/{subscription.pk}/").context["ruling"]["open"]
    support = next(path for path in paths if path["title"] == "Look after it in place")
    assert support["missing"] == []
    assert [step["done"] for step in support["steps"]][:2] == [True, True]
    assert not any(step["missing"] for step in support["steps"])


def test_a_customer_that_waits_to_be_confirmed_leads_to_its_answer(
    client_for: SignIn, agent: Actor, subscription: Subscription
) -> None:
    RelationshipFactory(customer=subscription.customer, pending=True)
    missing = (
        client_for(agent).get(f"/subscriptions/{subscription.pk}/").context["ruling"]["open"][1]["missing"]
    )
    assert missing[0]["fix"][0] == f"/customers/{subscription.customer_id}/#answers"


def test_an_add_on_points_at_its_base(client_for: SignIn, seller: Actor, subscription: Subscription) -> None:
    add_on = SubscriptionFactory(customer=subscription.customer, parent=subscription)
    client = client_for(seller)
    page = text(client.get(f"/subscriptions/{add_on.pk}/"))
    assert "it goes the way of its subscription" in page
    assert f'href="/subscriptions/{subscription.pk}/"' in page
    assert f'href="/subscriptions/{add_on.pk}/"' in text(client.get(f"/subscriptions/{subscription.pk}/"))


@pytest.mark.parametrize(
    ("who", "status", "may_edit"),
    [
        ("seller", 200, True),
        ("helpdesk", 200, False),
        ("viewer", 200, False),
        ("luca", 200, False),
        ("ada", 404, False),
        ("tom", 404, False),
        ("wanda", 404, False),
    ],
)
def test_who_sees_and_edits_a_subscription(
    client_for: SignIn, request: pytest.FixtureRequest, assigned: Assignment, who: str, status: int,
    may_edit: bool,
) -> None:  # fmt: skip
    row = SubscriptionFactory(customer=assigned.customer)
    client = client_for(request.getfixturevalue(who))
    edit, record = f"/subscriptions/{row.pk}/edit/", f"/customers/{row.customer_id}/subscriptions/new/"
    response = client.get(f"/subscriptions/{row.pk}/")
    assert response.status_code == status
    assert (edit in text(response)) == may_edit
    expected = 200 if may_edit else 403 if status == 200 else 404
    for address in (edit, record):
        assert client.get(address).status_code == expected
        assert client.post(address, {}).status_code == expected


# --- writing it down ---------------------------------------------------------------------------

TYPED = {
    "product": "Office 365 E3 · ENTERPRISEPACK",
    "quantity": "120",
    "channel": "open",
    "seller_name": "Southridge",
    "status": "active",
    "started_on": "2025-12-01",
    "term_end": "2026-12-01",
    "term": "P1Y",
    "auto_renew": "yes",
    "billing_cycle": "annual",
}


@pytest.fixture
def record_at(contoso: Customer) -> str:
    return f"/customers/{contoso.pk}/subscriptions/new/"


def test_recording_leads_to_the_ruling(
    client_for: SignIn, seller: Actor, record_at: str, product: Product
) -> None:
    client = client_for(seller)
    assert "Office 365 E3 · ENTERPRISEPACK" in text(client.get(record_at))
    response = client.post(record_at, TYPED, follow=True)
    row = Subscription.objects.get()
    assert response.redirect_chain == [(f"/subscriptions/{row.pk}/", 302)]
    assert "Here is the path for it." in text(response)
    assert (row.product, row.quantity, row.channel, row.seller_name) == (product, 120, "open", "Southridge")


@pytest.mark.parametrize(
    "typed",
    ["enterprisepack", "OFFICE 365 E3", "office 365 e3 · enterprisepack", "Office  365 E3 ", "365 e3"],
)
def test_a_product_is_found_by_name_part_number_or_the_part_only_it_has(
    client_for: SignIn, seller: Actor, record_at: str, product: Product, typed: str
) -> None:
    ProductFactory(name="Office 365 E5", part_number="ENTERPRISEPREMIUM")
    client_for(seller).post(record_at, {**TYPED, "product": typed})
    assert Subscription.objects.get().product == product


@pytest.mark.parametrize(
    ("typed", "words"),
    [
        (
            "office",
            "Several products fit: Office 365 E3 · ENTERPRISEPACK; Office 365 E5 · ENTERPRISEPREMIUM.",
        ),
        ("Minesweeper", "No product of the catalogue is called that."),
        ("", "This field is required."),
        ("x" * 10_000, "at most 400 characters"),
        ("\0", "Null characters are not allowed."),
    ],
)
def test_a_product_that_cannot_be_told_is_asked_again(
    client_for: SignIn, seller: Actor, record_at: str, product: Product, typed: str, words: str
) -> None:
    ProductFactory(name="Office 365 E5", part_number="ENTERPRISEPREMIUM")
    assert words in text(client_for(seller).post(record_at, {**TYPED, "product": typed}))
    assert not Subscription.objects.exists()


def test_a_name_two_products_share_is_told_apart_by_the_part_number(
    client_for: SignIn, seller: Actor, record_at: str, product: Product
) -> None:
    ProductFactory(name="Office 365 E3", part_number="ENTERPRISEPACK_2")
    page = text(client_for(seller).post(record_at, {**TYPED, "product": "Office 365 E3"}))
    assert "ENTERPRISEPACK; Office 365 E3 · ENTERPRISEPACK_2" in page
    client_for(seller).post(record_at, TYPED)
    assert Subscription.objects.get().product == product


@pytest.mark.parametrize(
    ("field", "typed", "words"),
    [
        ("quantity", "-1", "greater than or equal to 0"),
        ("quantity", "9223372036854775808", "less than or equal to"),
        ("quantity", "²", "Enter a whole number."),
        ("channel", "", "This field is required."),
        ("channel", "carrier_pigeon", "Select a valid choice."),
        ("channel", "csp_own", "You sell only to customers with an active relationship."),
        ("status", "eternal", "Select a valid choice."),
        ("term_end", "2025-12-01", "The term ends after it starts."),
        ("term_end", "2025-02-30", "Enter a valid date."),
        ("term_end", "9999-12-31", "Check the year."),
        ("parent", "9223372036854775808", "Select a valid choice."),
        ("parent", "-1", "Select a valid choice."),
        ("partner_on_record", "0", "Select a valid choice."),
        ("seller_name", "a\x07b", "Remove the invisible control characters."),
        ("external_id", "x" * 81, "at most 80 characters"),
        ("entitlement_id", "a1", "Only an Azure subscription has this ID."),
    ],
)
def test_bad_input_is_named_beside_its_field_and_kept(
    client_for: SignIn, seller: Actor, record_at: str, product: Product, field: str, typed: str, words: str
) -> None:
    response = client_for(seller).post(record_at, {**TYPED, field: typed})
    assert response.status_code == 200
    assert any(words in error for error in response.context["form"].errors[field])
    assert 'value="Southridge"' in text(response) or field == "seller_name"
    assert not Subscription.objects.exists()


def test_another_customers_subscription_is_no_base(
    client_for: SignIn, seller: Actor, record_at: str, product: Product, northwind: Partner
) -> None:
    foreign = SubscriptionFactory(customer=CustomerFactory(provider=northwind))
    response = client_for(seller).post(record_at, {**TYPED, "parent": str(foreign.pk)})
    assert response.context["form"].errors.keys() == {"parent"}


def test_a_subscription_id_already_on_record_is_told_beside_its_field(
    client_for: SignIn, seller: Actor, record_at: str, product: Product
) -> None:
    client = client_for(seller)
    client.post(record_at, {**TYPED, "external_id": "A-1"})
    response = client.post(record_at, {**TYPED, "external_id": "A-1"})
    assert response.context["form"].errors == {
        "external_id": ["A subscription with this ID is already on record."]
    }


def test_editing_starts_from_what_is_on_record(
    client_for: SignIn, seller: Actor, record_at: str, product: Product
) -> None:
    client = client_for(seller)
    client.post(record_at, TYPED)
    row = Subscription.objects.get()
    address = f"/subscriptions/{row.pk}/edit/"
    form = client.get(address).context["form"]
    on_record = {name: form[name].value() for name in TYPED}
    assert on_record["product"] == TYPED["product"]
    response = client.post(address, {**TYPED, "quantity": "100", "version": "1"}, follow=True)
    assert "The subscription was saved." in text(response)
    row.refresh_from_db()
    assert (row.quantity, row.version) == (100, 2)


def test_a_stale_form_shows_both_versions(
    client_for: SignIn, seller: Actor, record_at: str, product: Product, now: datetime
) -> None:
    client = client_for(seller)
    client.post(record_at, TYPED)
    row = Subscription.objects.get()
    address = f"/subscriptions/{row.pk}/edit/"
    client.post(address, {**TYPED, "auto_renew": "no", "version": "1"})
    response = client.post(address, {**TYPED, "is_trial": "on", "version": "1"})
    assert response.context["differing"] == [
        {"label": "Renews automatically", "saved": "Off", "typed": "On"},
        {"label": "It is a trial", "saved": "no", "typed": "yes"},
    ]
    row.refresh_from_db()
    assert (row.auto_renew, row.is_trial) == ("no", False)
    client.post(address, {**TYPED, "is_trial": "on", "version": "2"})
    row.refresh_from_db()
    assert (row.auto_renew, row.is_trial) == ("yes", True)


def test_only_statuses_that_can_follow_are_offered(
    client_for: SignIn, seller: Actor, subscription: Subscription
) -> None:
    Subscription.objects.update(status=Status.SUSPENDED)
    form = client_for(seller).get(f"/subscriptions/{subscription.pk}/edit/").context["form"]
    assert {value for value, _words in form.fields["status"].choices} == {
        "suspended",
        "active",
        "cancelled",
        "expired",
    }
    assert Channel.CSP_OWN not in {value for value, _words in form.fields["channel"].choices}


def test_of_what_we_sell_only_name_and_care_can_be_written(
    client_for: SignIn, seller: Actor, accepted: Relationship, partnership: Partnership
) -> None:
    row = SubscriptionFactory(customer=accepted.customer, channel=Channel.CSP_OWN)
    address = f"/subscriptions/{row.pk}/edit/"
    client = client_for(seller)
    page = client.get(address)
    assert set(page.context["form"].fields) == {
        "friendly_name",
        "partner_on_record",
        "support_contact",
        "version",
    }
    client.post(
        address,
        {
            "friendly_name": "Mail",
            "partner_on_record": partnership.reseller_id,
            "quantity": "1",
            "status": "cancelled",
            "version": "1",
        },
    )
    row.refresh_from_db()
    assert (row.friendly_name, row.partner_on_record) == ("Mail", partnership.reseller)
    assert (row.quantity, row.status) == (10, Status.ACTIVE)


def test_an_azure_subscription_by_use(
    client_for: SignIn, seller: Actor, record_at: str, now: datetime
) -> None:
    ProductFactory(
        name="Azure plan",
        part_number="AZURE-PLAN",
        family=Family.AZURE,
        billing=Billing.USAGE,
        azure_offer="plan",
    )
    client = client_for(seller)
    typed = {**TYPED, "product": "Azure plan", "channel": "csp_other", "entitlement_id": "a1"}
    response = client.post(record_at, typed)
    assert response.context["form"].errors == {"term": ["What is billed by use has no term: leave it empty."]}
    response = client.post(record_at, {**typed, "term": "", "term_end": ""}, follow=True)
    assert response.context["ruling"]["open"][0]["title"] == "Switch the Azure partner"
    assert response.context["ruling"]["deadline"] is None


def test_the_timeline_of_a_subscription_is_its_own(
    client_for: SignIn, seller: Actor, record_at: str, product: Product
) -> None:
    client = client_for(seller)
    client.post(record_at, TYPED)
    client.post(record_at, {**TYPED, "friendly_name": "Mail"})
    row = Subscription.objects.latest("pk")
    entries = client.get(f"/subscriptions/{row.pk}/").context["timeline"]
    assert [entry["title"] for entry in entries] == [records.Verb.RECORDED.label]
