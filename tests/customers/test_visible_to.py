"""Who sees what: every queryset, every actor. Tailspin and its reseller see nothing of Northwind's world."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from django.db.models import Model, QuerySet

from customers import custody, endings, invitations, privileges
from customers.models import (
    Acceptance,
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    Relationship,
)
from customers.terms import Recipient
from partners.actor import Actor
from partners.models import Activity, Membership, Partner, Partnership, Role
from subscriptions.models import Subscription
from tests.conftest import Answering, member
from tests.factories import PartnerFactory, PartnershipFactory, SubscriptionFactory

SCOPED: tuple[type[Model], ...] = (
    Acceptance,
    Activity,
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    Membership,
    Partner,
    Partnership,
    Relationship,
    Subscription,
)


def visible(model: Any, actor: Actor) -> QuerySet[Any]:
    return model.objects.visible_to(actor)


@dataclass
class World:
    """Northwind's world, with rows in every table."""

    assigned: Assignment
    forwarded: InvitationLink
    subscription: Subscription


@pytest.fixture
def world(
    assigned: Assignment,
    forwarded: InvitationLink,
    anna: Actor,
    luca: Actor,
) -> World:
    return World(assigned, forwarded, SubscriptionFactory(customer=assigned.customer))


@pytest.fixture
def dora(db: None, now: datetime) -> Actor:
    """Somebody of a direct-bill partner."""
    return member(PartnerFactory(direct_bill=True, name="Direct"), "Dora Direct", Role.ACCOUNT_ADMIN)


# --- strangers ---------------------------------------------------------------------------------


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
@pytest.mark.parametrize("who", ["tom", "wanda", "ada", "dora"])
def test_strangers_see_nothing_of_it(
    who: str, model: type[Model], world: World, request: pytest.FixtureRequest
) -> None:
    northwinds = set(model._default_manager.values_list("pk", flat=True))
    assert northwinds, "nothing to be seen"
    stranger = request.getfixturevalue(who)  # only now, so that its own rows are not among them
    assert not northwinds & set(visible(model, stranger).values_list("pk", flat=True))


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_whoever_acts_for_no_company_sees_nothing(model: type[Model], world: World) -> None:
    for nobody in (
        Actor.system(),
        Actor.customer(name="Carla", email="carla@contoso.example", company="Contoso"),
    ):
        assert not visible(model, nobody).exists()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_staff_see_all(model: type[Model], world: World, tom: Actor, staff: Actor) -> None:
    assert visible(model, staff).count() == model._default_manager.count()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_provider_sees_its_own_world_in_every_role(model: type[Model], world: World, viewer: Actor) -> None:
    assert visible(model, viewer).exists()


@pytest.mark.parametrize("model", SCOPED, ids=lambda model: model.__name__)
def test_suspended_provider_still_reads_its_own_world(
    model: type[Model], world: World, anna: Actor, northwind: Partner
) -> None:
    before = visible(model, anna).count()
    Partner.objects.filter(pk=northwind.pk).update(status="suspended")
    assert visible(model, anna).count() == before


# --- a reseller's three ways to see a customer -------------------------------------------------


def sees(actor: Actor, customer: Customer) -> bool:
    """Say whether an actor sees a customer and all that hangs on it."""
    seen = visible(Customer, actor).filter(pk=customer.pk).exists()
    for model in (Contact, Relationship, Grant, Subscription):
        assert visible(model, actor).filter(customer=customer).exists() is seen, model
    return seen


@pytest.fixture
def contosos(accepted: Relationship, contoso: Customer) -> Customer:
    """Contoso with everything that can be seen of a customer."""
    contoso.refresh_from_db()
    SubscriptionFactory(customer=contoso)
    return contoso


def test_reseller_without_a_tie_sees_no_customer(
    contosos: Customer, partnership: Partnership, luca: Actor
) -> None:
    assert not sees(luca, contosos)


def test_offer_shows_the_offer_and_not_the_customer(
    contosos: Customer, offered: Assignment, luca: Actor
) -> None:
    assert not sees(luca, contosos)
    assert list(visible(Assignment, luca)) == [offered]


def test_live_assignment_shows_the_customer_in_every_role(
    contosos: Customer, assigned: Assignment, fabrikam_viewer: Actor
) -> None:
    assert sees(fabrikam_viewer, contosos)


def test_assignment_that_stopped_shows_no_customer(
    contosos: Customer, assigned: Assignment, luca: Actor, anna: Actor, now: datetime
) -> None:
    privileges.revoke(assigned, by=anna, at=now)
    assert not sees(luca, contosos)


def test_named_reseller_sees_the_customer_while_the_partnership_stands(
    contosos: Customer, partnership: Partnership, luca: Actor, anna: Actor, now: datetime
) -> None:
    Customer.objects.filter(pk=contosos.pk).update(reseller=partnership.reseller)
    assert sees(luca, contosos)
    endings.end_partnership(partnership, by=anna, at=now)
    assert not sees(luca, contosos)


def test_new_partnership_shows_the_named_reseller_its_customer_but_revives_no_privilege(
    contosos: Customer,
    assigned: Assignment,
    partnership: Partnership,
    luca: Actor,
    anna: Actor,
    now: datetime,
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    PartnershipFactory(provider=partnership.provider, reseller=partnership.reseller)
    assert not sees(luca, contosos)
    assert not visible(Assignment, luca).exists()


def test_forwarded_link_shows_the_link_and_not_the_customer(
    contosos: Customer, forwarded: InvitationLink, luca: Actor, answer_link: Answering
) -> None:
    answer_link(forwarded, grants_provisioning=False, grants_support=False, tenant_id=contosos.tenant_id)
    Customer.objects.filter(pk=contosos.pk).update(reseller=None)
    assert list(visible(InvitationLink, luca)) == [forwarded]
    assert not sees(luca, contosos)
    assert not visible(Acceptance, luca).exists()  # the answer is the provider's to read


def test_customer_of_one_reseller_is_not_seen_by_another(
    contosos: Customer, assigned: Assignment, adventure_partnership: Partnership, ada: Actor
) -> None:
    assert not sees(ada, contosos)
    assert not visible(Assignment, ada).exists()


def test_tie_with_one_provider_shows_no_customer_of_another(
    contosos: Customer,
    assigned: Assignment,
    partnership: Partnership,
    luca: Actor,
    tailspin: Partner,
    now: datetime,
) -> None:
    PartnershipFactory(provider=tailspin, reseller=luca.partner)
    Customer.objects.filter(pk=contosos.pk).update(reseller=luca.partner)
    partnership.move("ended", ended_at=now, ended_by="somebody")
    assert not sees(luca, contosos)


# --- invitations in a reseller's hands ---------------------------------------------------------


def test_reseller_sees_what_was_handed_to_it_past_the_draft(
    northwind: Partner,
    handed: Invitation,
    invitation: Invitation,
    handed_terms: invitations.Terms,
    anna: Actor,
    luca: Actor,
    ada: Actor,
    adventure_partnership: Partnership,
    now: datetime,
) -> None:
    draft = invitations.make(northwind, handed_terms, by=anna, at=now)
    assert list(visible(Invitation, luca)) == [handed]  # neither the draft nor Northwind's own
    assert not visible(Invitation, ada).exists()
    assert set(visible(Invitation, anna)) == {draft, handed, invitation}


def test_what_was_handed_over_is_gone_with_the_partnership(
    forwarded: InvitationLink, partnership: Partnership, anna: Actor, luca: Actor, now: datetime
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    for model in (Invitation, InvitationLink, Assignment):
        assert not visible(model, luca).exists()
    assert visible(InvitationLink, anna).exists()


def test_links_of_another_resellers_invitation_are_not_seen(
    forwarded: InvitationLink,
    invite: Callable[..., Invitation],
    handed_terms: invitations.Terms,
    adventure_partnership: Partnership,
    ada: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    theirs = invite(handed_terms, partnership=adventure_partnership, reseller=None)
    link = custody.forward(theirs, to=Recipient("x@other.example", "Other"), by=ada, at=now)
    assert list(visible(InvitationLink, ada)) == [link]
    assert list(visible(InvitationLink, luca)) == [forwarded]


# --- companies and the log ---------------------------------------------------------------------


def test_companies_see_themselves_and_those_they_work_with(
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    luca: Actor,
    tom: Actor,
    wanda: Actor,
) -> None:
    def names(actor: Actor) -> set[str]:
        return set(visible(Partner, actor).values_list("name", flat=True))

    assert names(anna) == {"Northwind Traders", "Fabrikam", "Adventure Works"}
    assert names(luca) == {"Fabrikam", "Northwind Traders"}
    assert names(tom) == {"Tailspin Toys", "Wingtip Toys"}
    assert names(wanda) == {"Wingtip Toys", "Tailspin Toys"}


def test_log_shows_a_reseller_what_concerns_it(
    assigned: Assignment, luca: Actor, anna: Actor, adventure_partnership: Partnership, ada: Actor
) -> None:
    verbs = list(visible(Activity, luca).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["assignment.offered", "assignment.accepted"]
    assert visible(Activity, anna).count() == Activity.objects.count()
    assert not visible(Activity, ada).exists()


def test_team_is_seen_by_itself_alone(anna: Actor, luca: Actor, partnership: Partnership) -> None:
    assert [row.user for row in visible(Membership, anna)] == [anna.user]
    assert [row.user for row in visible(Membership, luca)] == [luca.user]


# --- searching ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("conto", True),
        ("CONTÒSO", True),
        ("contoso.example", True),
        ("c0470500-0000", True),
        ("co", False),
        ("%%%", False),
        ("___", False),
        ("nobody", False),
        ("", False),
    ],
)
def test_search_finds_by_name_domain_and_tenant(
    words: str, found: bool, accepted: Relationship, contoso: Customer, northwind: Partner, tailspin: Partner
) -> None:
    assert Customer.objects.search(northwind.pk, words).exists() is found
    assert Customer.objects.search(None, words).exists() is found
    assert not Customer.objects.search(tailspin.pk, words).exists()
