"""Two resellers at one customer: of a move each reads what was done, not which of the other's people did."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, Grant
from partners.actor import Actor
from partners.models import Message, Partner, Partnership
from subscriptions import digests, inventory, steps, walking
from subscriptions.models import Move, Subscription
from subscriptions.vocabulary import Availability, Billing, Path
from subscriptions.walking import Given
from tests.conftest import Log
from tests.factories import (
    AssignmentFactory,
    InventoryItemFactory,
    MoveFactory,
    ProductFactory,
    SubscriptionFactory,
)

SignIn = Callable[[Actor], Client]
SECRETS = ("Ada Avventura", "Adventure Works")


@pytest.fixture
def swapped(
    provisioning: Grant, support: Grant, partnership: Partnership, adventure_partnership: Partnership
) -> None:
    """Adventure holds provisioning of Contoso; Fabrikam support."""
    AssignmentFactory(grant=provisioning, partnership=adventure_partnership)
    AssignmentFactory(grant=support, partnership=partnership)


def seen_by(actor: Actor, move: Move, sign_in: SignIn) -> str:
    """Return all that somebody reads of a move."""
    client = sign_in(actor)
    pages = [
        client.get(move.get_absolute_url()),
        client.get(reverse("subscriptions:move-print", args=[move.pk])),
        client.get(reverse("partners:activity")),
        client.get(move.subscription.get_absolute_url()),
        client.get(move.customer.get_absolute_url()),
        client.get(reverse("subscriptions:moves"), {"status": "completed"}),
    ]
    assert [page.status_code for page in pages] == [200] * len(pages)
    export = b"".join(client.get(reverse("partners:activity-export")).streaming_content)
    mails = Message.objects.filter(user=actor.user)
    told = [one.subject + one.text + one.html for one in mails]
    return "".join([*(page.content.decode() for page in pages), export.decode(), *told])


def test_what_one_closed_is_told_to_the_other_without_a_name(
    swapped: None, licences: Subscription, ada: Actor, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    walk = steps.BUY_AFTER_END
    move = MoveFactory(subscription=licences, path=Path.REPLACE_LICENCES, walk=walk, done=len(walk) - 1)
    last = move.next
    assert last is not None
    walking.close(last, Given(note="All of them moved over."), by=ada, at=now)
    digests.send(now + timedelta(days=1))
    move.refresh_from_db()
    assert move.status == Move.Status.COMPLETED
    read = seen_by(luca, move, client_for)
    assert "Another company" in read
    for secret in SECRETS:
        assert secret not in read


def test_who_moved_a_service_is_told_to_the_other_without_a_name(
    swapped: None, contoso: Customer, ada: Actor, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    azure = ProductFactory(name="Azure", billing=Billing.USAGE, family="azure", sold_in_csp=False)
    row = SubscriptionFactory(customer=contoso, product=azure, channel="ea", term="", term_end=None)
    move = MoveFactory(subscription=row, path=Path.MIGRATE_AZURE, done=3)
    item = InventoryItemFactory(move=move, availability=Availability.AVAILABLE)
    inventory.mark_moved(item, by=ada, at=now)
    read = seen_by(luca, move, client_for)
    assert "Another company" in read
    for secret in SECRETS:
        assert secret not in read


def test_each_reads_its_own_people_and_the_provider_s_and_the_provider_all(
    swapped: None,
    licences: Subscription,
    ada: Actor,
    luca: Actor,
    anna: Actor,
    client_for: SignIn,
    now: datetime,
) -> None:
    walk = steps.BUY_AFTER_END
    move = MoveFactory(
        subscription=licences,
        path=Path.REPLACE_LICENCES,
        walk=walk,
        done=len(walk) - 1,
        decided_by=anna.stamp,
    )
    last = move.next
    assert last is not None
    walking.close(last, Given(note="All of them moved over."), by=ada, at=now)
    move.refresh_from_db()
    for actor in (ada, anna):
        page = client_for(actor).get(move.get_absolute_url()).content.decode()
        assert ada.stamp in page
        assert anna.stamp in page
    assert anna.stamp in client_for(luca).get(move.get_absolute_url()).content.decode()


def test_log_row_of_a_reseller_s_step_is_read_by_it_and_its_provider_alone(
    swapped: None,
    licences: Subscription,
    ada: Actor,
    northwind: Partner,
    adventure: Partner,
    now: datetime,
    log: Log,
) -> None:
    walk = steps.BUY_AFTER_END
    move = MoveFactory(subscription=licences, path=Path.REPLACE_LICENCES, walk=walk, done=len(walk) - 1)
    last = move.next
    assert last is not None
    walking.close(last, Given(note="Done."), by=ada, at=now)
    assert log.readers() == {northwind.name, adventure.name}
