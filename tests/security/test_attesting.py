"""A provider's word about its existing book undoes no customer's no, and tells nothing of another's book."""

import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from customers import existing, links
from customers.models import Contact, Customer, Relationship
from customers.records import Person
from partners.actor import Actor
from partners.errors import Refused
from subscriptions import offboarding
from tests.conftest import TENANT, Mailbox
from tests.factories import CustomerFactory

CARLA = Person("Carla Conti", "carla@contoso.example", language="en")


def test_a_customer_that_ended_the_relationship_is_not_brought_back_by_the_provider_s_word(
    accepted: Relationship, confirmed: Contact, anna: Actor, now: datetime
) -> None:
    code = offboarding.ask_to_end(accepted, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    offboarding.end_by_customer(accepted, confirmed, code, at=now)
    with pytest.raises(Refused, match="accepts an invitation"):
        existing.attest(accepted.customer, TENANT, CARLA, by=anna, at=now)
    assert not Relationship.objects.active().exists()


def test_the_tenant_of_another_provider_s_customer_is_answered_like_an_unknown_one(
    accepted: Relationship, client_for: Callable[[Actor], Client], tom: Actor, mails: Mailbox
) -> None:
    before = len(mails.all(to="carla@contoso.example"))
    said = []
    for tenant in (TENANT, uuid.uuid4()):
        mine = CustomerFactory(provider=tom.partner, name="Mine")
        answer = client_for(tom).post(
            reverse("customers:customer-existing", args=[mine.pk]),
            {"tenant_id": str(tenant), "name": "X", "email": f"x@{tenant}.example", "attested": "on"},
        )
        said.append(answer.status_code)
    assert said == [302, 302]
    assert len(mails.all(to="carla@contoso.example")) == before


def test_another_provider_s_customer_is_not_there_to_be_attested(
    contoso: Customer, client_for: Callable[[Actor], Client], tom: Actor
) -> None:
    address = reverse("customers:customer-existing", args=[contoso.pk])
    assert client_for(tom).get(address).status_code == 404
    assert client_for(tom).post(address, {"attested": "on"}).status_code == 404
