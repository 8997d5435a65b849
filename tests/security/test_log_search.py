"""A search of the log by person finds the names of those who acted, and nothing of whom they wrote to."""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.test import Client
from django.urls import reverse

from partners import activity
from partners.actor import Actor
from partners.models import Membership, Partner

SECRET = "victim@elsewhere.example"


def found(client: Client, person: str) -> bool:
    """Say whether the log shows a row for a person searched for."""
    return bool(client.get(reverse("partners:activity"), {"person": person}).context["rows"])


def write(northwind: Partner, anna: Actor, now: datetime) -> None:
    """Write a row whose personal part names an address."""
    with transaction.atomic():
        activity.record("contact.recorded", by=anna, at=now, provider=northwind, personal={"to": SECRET})


def test_a_search_cannot_leave_the_name(
    northwind: Partner, anna: Actor, viewer: Actor, client_for: Callable[..., Client], now: datetime
) -> None:
    write(northwind, anna, now)
    client = client_for(viewer)
    assert found(client, "anna a")
    for person in (f'Admin","to":"{SECRET}', f'","to":"{SECRET[:3]}', SECRET, "anna@northwind", "\\", ".*"):
        assert not found(client, person), person


def test_a_name_with_quotes_is_found(
    northwind: Partner, anna: Actor, viewer: Actor, client_for: Callable[..., Client], now: datetime
) -> None:
    assert anna.user is not None
    write(northwind, Actor.member(_named(anna, 'Anna "la Rossa" Ricci')), now)
    for person in ('"la rossa"', "ricci", "Anna"):
        assert found(client_for(viewer), person), person


def _named(actor: Actor, name: str) -> Membership:
    assert actor.user is not None
    actor.user.name = name
    actor.user.save()
    return actor.user.memberships.get()
