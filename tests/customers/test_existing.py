"""The existing book: on the provider's word, without a grant, for its own sales only; the customer told."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from customers import custody, existing, standing
from customers.models import Acceptance, Contact, Customer, Grant, Invitation, Origin, Relationship
from customers.records import Person
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from subscriptions import records, rulings
from subscriptions.rulebook import Need
from subscriptions.vocabulary import Channel
from tests.conftest import TENANT, Log, Mailbox
from tests.factories import ProductFactory, RelationshipFactory, SubscriptionFactory

CARLA = Person("Carla Conti", "carla@contoso.example", language="en")


@pytest.fixture
def attested(contoso: Customer, carla: Contact, anna: Actor, now: datetime) -> Relationship:
    """Contoso, on Northwind's word."""
    return existing.attest(contoso, TENANT, CARLA, by=anna, at=now)


def test_attested_relationship_is_active_imported_and_confirmed_at_microsoft(
    attested: Relationship, anna: Actor, now: datetime, log: Log
) -> None:
    assert (attested.status, attested.origin, attested.acceptance) == ("active", Origin.IMPORTED, None)
    assert (attested.confirmed_at_microsoft_at, attested.began_by) == (now, anna.stamp)
    assert attested.customer.tenant_id == TENANT
    assert not Grant.objects.filter(relationship=attested).exists()
    assert log.verbs()[-1] == "relationship.attested"
    assert log.names(attested, attested.customer)


def test_customer_is_told_and_how_to_object(attested: Relationship, mails: Mailbox) -> None:
    mail = mails.last("customer_attested", to="carla@contoso.example")
    assert "object" in mails.text(mail)
    assert attested.provider.support_email in mails.text(mail)
    assert mail.reply_to == attested.provider.support_email


def test_it_opens_no_page_to_the_contact(attested: Relationship) -> None:
    assert not attested.customer.contacts.confirmed().exists()


def test_it_serves_our_own_sales(attested: Relationship, anna: Actor, now: datetime) -> None:
    details = records.Details(product=ProductFactory(), channel=Channel.CSP_OWN)
    assert records.record(attested.customer, details, by=anna, at=now).channel == Channel.CSP_OWN


def test_what_was_bought_elsewhere_still_misses_the_relationship(
    attested: Relationship, now: datetime
) -> None:
    assert standing.standings([attested.customer_id], now)[attested.customer_id] == standing.NOWHERE
    row = SubscriptionFactory(customer=attested.customer, channel=Channel.DIRECT)
    ((_row, ruling),) = rulings.rule([row], now)
    assert ruling.open
    for path in ruling.open:
        assert Need.RELATIONSHIP in path.missing


def test_page_says_the_same_as_the_list(
    client_for: Callable[..., Any], attested: Relationship, anna: Actor
) -> None:
    SubscriptionFactory(customer=attested.customer, channel=Channel.DIRECT)
    page = client_for(anna).get(reverse("customer", args=[attested.customer_id])).content.decode()
    assert "From the existing book" in page
    assert "The customer has an active relationship with the provider." in page  # as a thing that is missing


def test_an_invitation_answered_later_adds_grants_and_makes_no_second_relationship(
    attested: Relationship,
    invite: Callable[..., Invitation],
    terms: Terms,
    to_carla: Recipient,
    answer_link: Callable[..., Acceptance],
    anna: Actor,
    now: datetime,
) -> None:
    acceptance = answer_link(custody.send(invite(terms), to=to_carla, by=anna, at=now))
    found = Relationship.objects.get(customer=attested.customer)
    assert (found.pk, found.acceptance, found.origin) == (attested.pk, acceptance, Origin.IMPORTED)
    assert found.partner_center_link
    assert found.grants.filter(status="active").count() == 2
    assert standing.standings([found.customer_id], now)[found.customer_id].has_relationship


@pytest.mark.parametrize("whose", ["northwind", "fabrikam"])
def test_a_partners_own_tenant_is_refused(
    whose: str,
    contoso: Customer,
    partnership: Partnership,
    anna: Actor,
    now: datetime,
    request: pytest.FixtureRequest,
) -> None:
    partner: Partner = request.getfixturevalue(whose)
    assert partner.tenant_id is not None
    with pytest.raises(Refused, match="cannot be a customer's") as refused:
        existing.attest(contoso, partner.tenant_id, CARLA, by=anna, at=now)
    assert refused.value.field == "tenant_id"


def test_another_customers_tenant_is_refused(contoso: Customer, anna: Actor, now: datetime) -> None:
    other = RelationshipFactory(customer__provider=contoso.provider).customer
    with pytest.raises(Refused, match="already on record"):
        existing.attest(contoso, other.tenant_id, CARLA, by=anna, at=now)


def test_another_tenant_than_the_settled_one_is_refused(
    anna: Actor, now: datetime, contoso: Customer
) -> None:
    customer = RelationshipFactory(customer__provider=contoso.provider, status="refused").customer
    with pytest.raises(Refused, match="another Microsoft ID"):
        existing.attest(customer, uuid.uuid4(), replace(CARLA, email="c@d.example"), by=anna, at=now)


def test_a_current_relationship_is_refused(attested: Relationship, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="has a relationship with you already"):
        existing.attest(attested.customer, TENANT, CARLA, by=anna, at=now)


def test_another_region_is_refused(contoso: Customer, anna: Actor, now: datetime) -> None:
    Customer.objects.filter(pk=contoso.pk).update(country="US")
    with pytest.raises(Refused, match="outside your CSP region"):
        existing.attest(contoso, TENANT, CARLA, by=anna, at=now)


def test_a_partners_address_is_refused(
    contoso: Customer, anna: Actor, luca: Actor, partnership: Partnership, now: datetime
) -> None:
    for address in (anna.email, luca.email):
        with pytest.raises(Refused, match="address of a partner"):
            existing.attest(contoso, TENANT, replace(CARLA, email=address), by=anna, at=now)


def test_strangers_attest_nothing(contoso: Customer, tom: Actor, luca: Actor, now: datetime) -> None:
    for stranger in (tom, luca):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            existing.attest(contoso, TENANT, CARLA, by=stranger, at=now)


def test_form_wants_the_word_and_keeps_what_was_typed(
    client_for: Callable[..., Any], contoso: Customer, carla: Contact, anna: Actor, agent: Actor
) -> None:
    address = reverse("customers:customer-existing", args=[contoso.pk])
    typed = {"tenant_id": str(TENANT), "name": carla.name, "email": carla.email}
    page = client_for(anna).post(address, typed).content.decode()
    assert str(TENANT) in page
    assert not Relationship.objects.exists()
    assert client_for(agent).get(address).status_code == 403
    answer = client_for(anna).post(address, {**typed, "attested": "on"})
    assert answer.status_code == 302
    assert Relationship.objects.get().origin == Origin.IMPORTED
    page = client_for(anna).get(address).content.decode()
    assert "has a relationship with you already" in page
    assert "Attest it" not in page
