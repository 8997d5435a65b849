"""A page costs the same number of statements however much it shows, and no more than its share."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from customers.models import Customer, Invitation, Privilege
from partners import activity
from partners.actor import Actor
from partners.models import Partner, Partnership
from subscriptions.vocabulary import Channel
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    CustomerFactory,
    GrantFactory,
    HandOverFactory,
    InvitationFactory,
    InvitationLinkFactory,
    InvitationRequestFactory,
    MembershipFactory,
    MoveFactory,
    OnboardingFactory,
    PartnershipFactory,
    RelationshipFactory,
    SnoozeFactory,
    SubscriptionFactory,
    TeamInvitationFactory,
    TransferFactory,
    TransferItemFactory,
)
from tests.house.conftest import World

# Who is signed in and for whom they act is settled once per request, whatever the page.
SETTLED = ('FROM "django_session"', 'FROM "partners_user"', 'FROM "partners_membership"')
LIST, CUSTOMER, HOME = 5, 10, 8

LISTS = [
    ("admin", "customers", {}, LIST),
    ("holder", "customers", {}, LIST),
    ("admin", "customers:invitations", {}, LIST),
    ("holder", "customers:invitations", {}, LIST),
    ("admin", "customers:requests", {}, LIST),
    ("holder", "customers:requests", {}, LIST),
    ("admin", "customers:invitation", {"pk": "campaign"}, CUSTOMER),
    ("holder", "customers:invitation", {"pk": "campaign"}, CUSTOMER),
    ("admin", "customers:privileges", {}, LIST),
    ("holder", "customers:privileges", {}, LIST),
    ("admin", "customers:handovers", {}, LIST),
    ("holder", "customers:handovers", {}, LIST),
    ("admin", "customers:resellers", {}, LIST),
    ("holder", "customers:providers", {}, LIST),
    ("admin", "partners:onboardings", {}, LIST),
    ("admin", "subscriptions:subscriptions", {}, LIST),
    ("holder", "subscriptions:subscriptions", {}, LIST),
    ("admin", "subscriptions:moves", {}, LIST),
    ("holder", "subscriptions:moves", {}, LIST),
    ("admin", "subscriptions:moves-plan", {}, LIST),
    ("admin", "subscriptions:transfers", {}, LIST),
    ("admin", "subscriptions:transfer-new", {}, LIST),
    ("admin", "partners:activity", {}, LIST),
    ("holder", "partners:activity", {}, LIST),
    ("admin", "customer", {"pk": "contoso"}, CUSTOMER),
    ("holder", "customer", {"pk": "contoso"}, CUSTOMER),
    ("admin", "partners:team", {}, LIST),
    ("admin", "subscriptions:attention", {}, LIST),
    ("holder", "subscriptions:attention", {}, LIST),
    ("admin", "home", {}, HOME),
    ("holder", "home", {}, HOME),
]


def statements(client: Client, address: str) -> list[str]:
    """Return what one page asks the database beyond who is asking."""
    client.get(address)  # what a process reads once, it has read
    with CaptureQueriesContext(connection) as captured:
        assert client.get(address).status_code == 200
    return [query["sql"] for query in captured if not any(mark in query["sql"] for mark in SETTLED)]


@pytest.fixture
def grow(
    northwind: Partner,
    partnership: Partnership,
    contoso: Customer,
    campaign: Invitation,
    anna: Actor,
    now: datetime,
) -> Callable[[int], None]:
    """Return a way to add so many of everything a list shows, to Northwind's world and to Fabrikam's."""

    def more(number: int) -> None:
        for _ in range(number):
            customer = CustomerFactory(provider=northwind, reseller=partnership.reseller)
            ContactFactory(customer=customer)
            relationship = RelationshipFactory(customer=customer)
            for privilege in Privilege.values:
                grant = GrantFactory(relationship=relationship, privilege=privilege)
                AssignmentFactory(grant=grant, partnership=partnership)
            HandOverFactory(partnership=partnership)
            SubscriptionFactory(customer=customer)
            SubscriptionFactory(customer=contoso)
            handed = InvitationFactory(provider=northwind, via=partnership, customer=None, places_taken=1)
            InvitationLinkFactory(invitation=handed, customer=None)
            InvitationLinkFactory(
                invitation=InvitationFactory(provider=northwind, customer=contoso, places_taken=1),
                customer=contoso,
            )
            InvitationLinkFactory(invitation=campaign, customer=None)
            InvitationRequestFactory(partnership=partnership)
            SubscriptionFactory(customer=customer, channel=Channel.CSP_OTHER)
            MoveFactory(subscription=SubscriptionFactory(customer=customer), done=4)
            TransferItemFactory(transfer=TransferFactory(to=contoso))
            TransferItemFactory(transfer=TransferFactory(customer__provider=northwind))
            MembershipFactory(partner=northwind)
            TeamInvitationFactory(partner=northwind)
            SnoozeFactory(user=anna.user, partner=northwind, object_ref=relationship.pk)
            PartnershipFactory(provider=northwind)
            OnboardingFactory(provider=northwind)
            PartnershipFactory(reseller=partnership.reseller)
            activity.record(
                "test.grown",
                by=anna,
                at=now,
                provider=northwind,
                about=customer,
                customer=contoso,
                seen_by=[partnership.reseller],
            )

    return more


@pytest.mark.parametrize(
    ("actor", "name", "arguments", "limit"), LISTS, ids=[f"{one[1]} as {one[0]}" for one in LISTS]
)
def test_a_page_costs_the_same_for_one_row_and_for_fifty(
    actor: str,
    name: str,
    arguments: dict[str, str],
    limit: int,
    world: World,
    grow: Callable[[int], None],
) -> None:
    client = world.client(actor)
    address = world.address(name, arguments)
    grow(1)
    few = statements(client, address)
    grow(49)
    many = statements(client, address)
    assert len(many) == len(few), "\n".join(many)
    assert len(many) <= limit, "\n".join(many)
