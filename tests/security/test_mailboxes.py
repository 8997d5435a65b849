"""A partner's user cannot answer for a customer under a second spelling of her own address."""

import pytest
from django.core.exceptions import ValidationError

from customers.places import may_answer_for_customer
from partners.actor import Actor
from partners.addresses import clean_email, is_public_domain
from partners.models import Partner
from tests.factories import MembershipFactory, UserFactory


@pytest.mark.parametrize(
    "address",
    [
        "anna@northwind.example",
        "ANNA@Northwind.Example",
        "anna+customer@northwind.example",
        "anna+a+b@northwind.example",
        "ａｎｎａ@northwind.example",
    ],
)
def test_every_spelling_of_a_user_s_address_is_the_user_s(
    northwind: Partner, anna: Actor, address: str
) -> None:
    assert not may_answer_for_customer(clean_email(address), northwind)


def test_a_user_whose_own_address_is_tagged_has_no_second_one(northwind: Partner) -> None:
    MembershipFactory(partner=northwind, user=UserFactory(email="carlo+work@mail.example"))
    for address in ("carlo@mail.example", "carlo+home@mail.example", "carlo+work@mail.example"):
        assert not may_answer_for_customer(address, northwind)


def test_other_people_s_addresses_are_theirs(northwind: Partner, anna: Actor) -> None:
    for address in ("annabella@northwind.example", "anna@contoso.example", "+@northwind.example"):
        assert may_answer_for_customer(address, northwind)


@pytest.mark.parametrize("address", ['"anna"@northwind.example', "anna@[127.0.0.1]", '"a b"@x.example'])
def test_quoted_names_and_network_addresses_are_no_addresses_here(address: str) -> None:
    with pytest.raises(ValidationError):
        clean_email(address)


@pytest.mark.parametrize("domain", ["gmail.com", "yahoo.fr", "outlook.de", "hotmail.co.uk", "gmx.at"])
def test_a_domain_anybody_has_an_address_at_proves_nothing(domain: str) -> None:
    assert is_public_domain(domain)
    assert not is_public_domain("contoso.example")
