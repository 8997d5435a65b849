"""Moves in hostile hands: a company that lost its tie, a person in two companies, an end in the middle."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from customers import endings, links, privileges
from customers.models import Assignment, Contact, Customer, Grant, Relationship
from customers.privileges import contact_actor
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership, Role
from subscriptions import bulk_moves, inventory, moves, steps, walking
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.vocabulary import Availability, Billing, Channel, Path
from subscriptions.walking import Given
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    CustomerFactory,
    InventoryItemFactory,
    MembershipFactory,
    MoveFactory,
    ProductFactory,
    StepFileFactory,
    SubscriptionFactory,
)

SignIn = Callable[[Actor], Client]
WALK = steps.BUY_AFTER_END  # its last step takes provisioning


@pytest.fixture
def to_reassign(licences: Subscription) -> MoveStep:
    """The last step of a move, which takes provisioning."""
    move = MoveFactory(subscription=licences, path=Path.REPLACE_LICENCES, walk=WALK, done=len(WALK) - 1)
    assert move.next is not None
    return move.next


def closes(client: Client, step: MoveStep) -> int:
    address = reverse("subscriptions:step-close", args=[step.pk])
    return client.post(address, {"note": "Done by whoever asks."}).status_code


def is_open(step: MoveStep) -> bool:
    step.refresh_from_db()
    return not step.is_closed


# --- ties that ended ---------------------------------------------------------------------------


def test_reseller_before_closes_nothing_after_a_hand_over_and_the_new_one_does(
    to_reassign: MoveStep,
    assigned: Assignment,
    adventure_partnership: Partnership,
    ada: Actor,
    luca: Actor,
    anna: Actor,
    client_for: SignIn,
    now: datetime,
) -> None:
    before = client_for(luca)
    page = before.get(reverse("subscriptions:step-close", args=[to_reassign.pk]))
    assert page.status_code == 200  # the form stays open in its browser
    offer = privileges.assign(assigned.grant, adventure_partnership, by=anna, at=now)
    assert closes(client_for(ada), to_reassign) == 404  # an offer is no privilege
    privileges.accept(offer, by=ada, at=now)
    assert closes(before, to_reassign) in {403, 404}
    assert is_open(to_reassign)
    assert closes(client_for(ada), to_reassign) == 302


@pytest.mark.parametrize("how", ["grant", "assignment", "partnership", "suspended", "provider"])
def test_what_ended_between_the_form_and_the_answer_counts(
    how: str,
    to_reassign: MoveStep,
    assigned: Assignment,
    fabrikam: Partner,
    northwind: Partner,
    partnership: Partnership,
    luca: Actor,
    anna: Actor,
    client_for: SignIn,
    now: datetime,
) -> None:
    client = client_for(luca)
    assert client.get(reverse("subscriptions:step-close", args=[to_reassign.pk])).status_code == 200
    file = StepFileFactory(step=to_reassign)
    match how:
        case "grant":
            Grant.objects.update(status="withdrawn", stopped_at=now, stopped_by="Carla")
        case "assignment":
            privileges.revoke(assigned, by=anna, at=now)
        case "partnership":
            endings.end_partnership(partnership, by=anna, at=now)
        case "suspended":
            Partner.objects.filter(pk=fabrikam.pk).update(status="suspended")
        case "provider":
            Partner.objects.filter(pk=northwind.pk).update(status="suspended")
    assert closes(client, to_reassign) in {403, 404}
    assert client.get(reverse("subscriptions:step-file", args=[file.key])).status_code in {403, 404}
    assert is_open(to_reassign)


@pytest.mark.parametrize("privilege_family", ["dynamics", "azure"])
def test_other_family_closes_nothing(
    privilege_family: str,
    to_reassign: MoveStep,
    provisioning: Grant,
    partnership: Partnership,
    luca: Actor,
    client_for: SignIn,
) -> None:
    AssignmentFactory(grant=provisioning, partnership=partnership, family=privilege_family)
    client = client_for(luca)
    file = StepFileFactory(step=to_reassign)
    assert client.get(to_reassign.move.get_absolute_url()).status_code == 200
    assert closes(client, to_reassign) == 403
    skip = reverse("subscriptions:step-skip", args=[to_reassign.pk])
    assert client.post(skip, {"skip-reason": "x"}).status_code == 403
    assert client.get(reverse("subscriptions:step-file", args=[file.key])).status_code == 403
    assert is_open(to_reassign)


# --- the second person -------------------------------------------------------------------------


@pytest.fixture
def to_verify(contoso: Customer, accepted: Relationship, luca: Actor) -> Move:
    """A migration whose services Luca moved for Fabrikam, to be verified."""
    azure = ProductFactory(name="Azure", billing=Billing.USAGE, family="azure", sold_in_csp=False)
    row = SubscriptionFactory(customer=contoso, product=azure, channel="ea", term="", term_end=None)
    move = MoveFactory(subscription=row, path=Path.MIGRATE_AZURE, done=4)
    InventoryItemFactory(move=move, moved=True, moved_by=luca.stamp, moved_user=luca.user)
    return move


def test_mover_does_not_verify_as_a_member_of_the_other_company(
    to_verify: Move, luca: Actor, northwind: Partner, client_for: SignIn, now: datetime
) -> None:
    membership = MembershipFactory(partner=northwind, user=luca.user, role=Role.ADMIN_AGENT)
    other_hat = Actor.member(membership)
    step = to_verify.next
    assert step is not None
    assert step.code == "verify"
    address = reverse("subscriptions:step-close", args=[step.pk])
    page = client_for(other_hat).post(address, {"note": "It works."})
    assert "a second person verifies" in page.content.decode()
    assert is_open(step)


def test_customer_and_staff_verify_nothing(
    to_verify: Move, confirmed: Contact, staff: Actor, now: datetime
) -> None:
    step = to_verify.next
    assert step is not None
    for by, contact in ((contact_actor(confirmed), confirmed), (staff, None)):
        with pytest.raises(Refused):
            walking.close(step, Given(note="It works."), by=by, contact=contact, at=now)
    assert is_open(step)


# --- the customer's page -----------------------------------------------------------------------


def token_of(contact: Contact) -> str:
    return links.page_address(contact).rstrip("/").rpartition("/")[2]


def test_contact_of_another_provider_s_row_of_the_same_tenant_reaches_nothing(
    licences: Subscription, confirmed: Contact, twin: Customer, client: Client, now: datetime
) -> None:
    """The same person answers for both rows; each page opens its own alone."""
    stranger = ContactFactory(customer=twin, name="Carla Conti", email=confirmed.email, confirmed=True)
    move = MoveFactory(subscription=licences, path=Path.REPLACE_LICENCES, done=4)
    step = move.next
    assert step is not None
    assert step.code == "end_old"
    file = StepFileFactory(step=step)
    token, own = token_of(stranger), token_of(confirmed)
    address = reverse("subscriptions:my-step", args=[token, step.pk])
    assert client.get(address).status_code == 404
    assert client.post(address, {"happened_on": "2026-03-09"}).status_code == 404
    for page, status in ((token, 404), (own, 200)):
        read = client.get(reverse("subscriptions:my-step-file", args=[page, file.key]))
        assert read.status_code == status
    assert is_open(step)


def test_old_address_closes_nothing(
    licences: Subscription, confirmed: Contact, client: Client, now: datetime
) -> None:
    move = MoveFactory(subscription=licences, path=Path.REPLACE_LICENCES, done=4)
    step = move.next
    assert step is not None
    address = reverse("subscriptions:my-step", args=[token_of(confirmed), step.pk])
    with time_machine.travel(now + timedelta(hours=2), tick=False):
        assert client.get(address).status_code != 200
        client.post(address, {"happened_on": "2026-03-09"})
    assert is_open(step)


# --- an end in the middle ----------------------------------------------------------------------


def test_nothing_new_is_sold_once_the_customer_asked_to_end(
    contoso: Customer, accepted: Relationship, anna: Actor, now: datetime
) -> None:
    """What is asked for by order or transfer is refused then, and so is what a move would make ours."""
    azure = ProductFactory(name="Azure", billing=Billing.USAGE, family="azure", azure_offer="legacy")
    row = SubscriptionFactory(
        customer=contoso, product=azure, channel=Channel.CSP_OTHER, term="", term_end=None
    )
    Relationship.objects.update(ending_requested_at=now, ending_requested_by="Carla Conti · Contoso")
    move = MoveFactory(subscription=row, path=Path.SWITCH_PARTNER, walk=steps.SWITCH_PARTNER_IN, done=6)
    step = move.next
    assert step is not None
    assert step.code == "confirmed"
    given = Given(reference="new-csp-id", entitlement_id="azure-id")
    with pytest.raises(Refused, match="asked to end the relationship"):
        walking.close(step, given, by=anna, at=now)
    row.refresh_from_db()
    assert row.channel == Channel.CSP_OTHER


def test_suspended_provider_plans_and_changes_nothing_by_a_story_begun_before(
    planned: Move, licences: Subscription, contoso: Customer, anna: Actor, now: datetime
) -> None:
    other = SubscriptionFactory(customer=contoso, channel=Channel.OPEN)
    item = InventoryItemFactory(
        move=MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.MIGRATE_AZURE),
        availability=Availability.AVAILABLE,
    )
    Partner.objects.filter(pk=licences.provider_id).update(status="suspended")
    for story in (
        lambda: moves.plan(other, Path.SUPPORT_IN_PLACE, by=anna, at=now),
        lambda: bulk_moves.plan_many([other.pk], Path.SUPPORT_IN_PLACE, by=anna, at=now),
        lambda: moves.abandon(planned, "x", by=anna, at=now),
        lambda: moves.retarget(planned, None, by=anna, at=now),
        lambda: inventory.remove(item, by=anna, at=now),
        lambda: inventory.add(item.move, "x", by=anna, at=now),
    ):
        with pytest.raises(Refused, match="suspended"):
            story()


# --- keys of others ----------------------------------------------------------------------------


def test_many_at_once_take_no_key_of_another_provider(
    licences: Subscription, twin: Customer, anna: Actor, client_for: SignIn
) -> None:
    foreign = SubscriptionFactory(customer=twin, channel=Channel.OPEN, friendly_name="Tailspin's own")
    body = {"plan": Path.SUPPORT_IN_PLACE, "only": f"{foreign.pk},{licences.pk}"}
    client, address = client_for(anna), reverse("subscriptions:moves-plan")
    for page in (client.get(address, body), client.post(address, body)):
        assert page.status_code == 200
        assert "Tailspin" not in page.content.decode()
    assert [move.subscription_id for move in Move.objects.all()] == [licences.pk]


@pytest.mark.parametrize("whose", ["another provider's", "another customer's"])
def test_successor_of_somebody_else_is_no_choice(
    whose: str,
    licences: Subscription,
    northwind: Partner,
    twin: Customer,
    accepted: Relationship,
    anna: Actor,
    client_for: SignIn,
) -> None:
    customer = twin if whose == "another provider's" else CustomerFactory(provider=northwind)
    foreign = SubscriptionFactory(
        customer=customer, channel=Channel.CSP_OWN, product=licences.product, friendly_name="Not yours"
    )
    move = MoveFactory(subscription=licences, path=Path.REPLACE_LICENCES, done=2)
    step = move.next
    assert step is not None
    assert step.code == "buy"
    address = reverse("subscriptions:step-close", args=[step.pk])
    page = client_for(anna).post(address, {"successor": foreign.pk})
    assert page.status_code == 200
    assert "Not yours" not in page.content.decode()
    assert is_open(step)


# --- stale forms -------------------------------------------------------------------------------


def test_service_edited_meanwhile_is_not_overwritten_unseen(
    contoso: Customer, anna: Actor, agent: Actor, client_for: SignIn
) -> None:
    azure = ProductFactory(name="Azure", billing=Billing.USAGE, family="azure", sold_in_csp=False)
    row = SubscriptionFactory(customer=contoso, product=azure, channel="ea", term="", term_end=None)
    item = InventoryItemFactory(move=MoveFactory(subscription=row, path=Path.MIGRATE_AZURE, done=1))
    address = reverse("subscriptions:inventory-edit", args=[item.pk])
    first, second = client_for(anna), client_for(agent)
    seen = first.get(address).context["form"]["seen"].value()
    body = {"name": item.name, "seen": seen}
    checked = {**body, "availability": "not_available", "note": "Not in this region."}
    assert second.post(address, checked).status_code == 302
    page = first.post(address, {**body, "availability": "available"})
    assert page.status_code == 200
    words = page.content.decode()
    assert "Somebody else has changed this service" in words
    assert "Not in this region." in words
    item.refresh_from_db()
    assert item.availability == Availability.NOT_AVAILABLE
    again = {**body, "availability": "available", "seen": page.context["form"]["seen"].value()}
    assert first.post(address, again).status_code == 302
