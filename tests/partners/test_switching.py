"""Somebody who works for several companies acts for one at a time, and never for the wrong one."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer
from partners.actor import Actor
from partners.models import Membership, Partner, Role
from tests.factories import MembershipFactory, PartnerFactory

SignIn = Callable[[Any], Client]
RECORD = reverse("customers:customer-record")
NEW = {"name": "Contoso", "country": "IT", "language": "en"}


@pytest.fixture
def both(anna: Actor, tailspin: Partner) -> Membership:
    """Anna works for Tailspin too."""
    return MembershipFactory(user=anna.user, partner=tailspin, role=Role.ACCOUNT_ADMIN)


def names(client: Client, **query: str) -> list[str]:
    page = client.get(reverse("partners:companies"), query)
    assert page.status_code == 200
    return [one.partner.name for one in page.context["memberships"]]


def test_switching_changes_for_whom_the_next_page_is(
    both: Membership, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    client.post(reverse("partners:act-for"), {"membership": both.pk})
    assert "You act for Tailspin Toys" in client.get("/settings/").content.decode()
    client.post(RECORD, {**NEW, "acting_for": both.partner_id})
    assert Customer.objects.get().provider == both.partner


@pytest.mark.parametrize(
    "address", [RECORD, "/settings/", "/resellers/propose/", "/settings/mails/invitation/en/"]
)
def test_page_of_one_company_posted_for_another_does_nothing(
    both: Membership, anna: Actor, northwind: Partner, client_for: SignIn, address: str
) -> None:
    client = client_for(anna)
    page = client.get(address).content.decode()  # opened in the first tab
    assert f'name="acting_for" value="{northwind.pk}"' in page
    client.post(reverse("partners:act-for"), {"membership": both.pk})  # switched in the second
    answer = client.post(address, {**NEW, "opening": "Hello", "acting_for": northwind.pk})
    assert answer.status_code == 409
    assert "Nothing was done" in answer.content.decode()
    assert not Customer.objects.exists()


def test_tie_that_ended_is_acted_for_no_more(both: Membership, anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    client.post(reverse("partners:act-for"), {"membership": both.pk})
    both.delete()
    assert "You act for Northwind Traders" in client.get("/settings/").content.decode()


def test_nobody_acts_for_a_company_of_others(anna: Actor, tom: Actor, client_for: SignIn) -> None:
    other = Membership.objects.get(user=tom.user)
    client = client_for(anna)
    assert client.post(reverse("partners:act-for"), {"membership": other.pk}).status_code == 404
    assert "You act for Northwind Traders" in client.get("/settings/").content.decode()


def test_few_companies_need_no_search(both: Membership, anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    assert names(client) == ["Northwind Traders", "Tailspin Toys"]
    assert client.get(reverse("partners:companies")).context["many"] is False


def test_among_many_one_is_found_by_name_or_partner_id(
    both: Membership, anna: Actor, client_for: SignIn
) -> None:
    for number in range(8):
        MembershipFactory(user=anna.user, partner=PartnerFactory(name=f"Branch {number}"))
    client = client_for(anna)
    assert len(names(client)) == 10
    assert client.get(reverse("partners:companies")).context["many"] is True
    assert names(client, q="TAILSPIN") == ["Tailspin Toys"]
    assert names(client, q=both.partner.partner_id) == ["Tailspin Toys"]
    assert names(client, q="nobody") == []
    assert (
        "no company of this name"
        in client.get(reverse("partners:companies"), {"q": "nobody"}).content.decode()
    )
