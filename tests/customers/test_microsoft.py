"""The confirmation at Microsoft: noted by hand, and taken back with a reason when that was wrong."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.urls import reverse

from customers import microsoft
from customers.models import Relationship
from partners.actor import Actor
from partners.errors import Refused
from tests.conftest import Log


def test_taken_back_with_a_reason_and_noted_again(
    accepted: Relationship, agent: Actor, now: datetime, log: Log
) -> None:
    microsoft.note(accepted, by=agent, at=now)
    microsoft.take_back(accepted, "Another customer's.", by=agent, at=now)
    accepted.refresh_from_db()
    assert accepted.confirmed_at_microsoft_at is None
    assert log.verbs()[-1] == "relationship.microsoft_taken_back"
    assert log.details()["reason"] == "Another customer's."
    microsoft.note(accepted, by=agent, at=now)


def test_nothing_noted_nothing_taken_back(
    accepted: Relationship, agent: Actor, tom: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="No confirmation at Microsoft"):
        microsoft.take_back(accepted, "Why not.", by=agent, at=now)
    with pytest.raises(Refused, match="Only the company whose part this is"):
        microsoft.take_back(accepted, "Why not.", by=tom, at=now)


def test_page_asks_for_the_reason(
    client_for: Callable[..., Any], accepted: Relationship, agent: Actor, now: datetime
) -> None:
    microsoft.note(accepted, by=agent, at=now)
    address = reverse("customers:microsoft-undo", args=[accepted.pk])
    client = client_for(agent)
    assert address in client.get(accepted.customer.get_absolute_url()).content.decode()
    assert client.post(address, {"reason": ""}).status_code == 200
    assert client.post(address, {"reason": "A slip."}).status_code == 302
    accepted.refresh_from_db()
    assert accepted.confirmed_at_microsoft_at is None
    assert "No confirmation at Microsoft" in client.get(address).content.decode()
