"""Moves: planned on what the rulebook opens, given up with a reason, asked about when the ruling changes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from customers.models import Customer, Relationship
from partners.actor import Actor
from partners.errors import Refused
from subscriptions import moves
from subscriptions.models import Move, Subscription
from subscriptions.vocabulary import Channel, Path
from tests.conftest import Log
from tests.factories import SubscriptionFactory


@pytest.fixture
def licences(contoso: Customer) -> Subscription:
    """Ten licences Contoso bought directly from Microsoft."""
    return SubscriptionFactory(customer=contoso)


def test_plan_makes_the_steps_of_the_open_path(licences: Subscription, anna: Actor, now: datetime) -> None:
    move = moves.plan(licences, Path.SUPPORT_IN_PLACE, by=anna, at=now)
    assert [step.code for step in move.steps.all()] == [
        "relationship",
        "grant",
        "assign",
        "support_contact",
        "first_task",
    ]
    assert (move.status, move.edition, move.direction) == ("planned", "2016-12", "in")


def test_plan_closes_what_is_on_record(
    licences: Subscription, accepted: Relationship, anna: Actor, now: datetime, log: Log
) -> None:
    move = moves.plan(licences, Path.SUPPORT_IN_PLACE, by=anna, at=now)
    closed = [step for step in move.steps.all() if step.is_closed]
    assert [step.code for step in closed] == ["relationship", "grant"]
    assert {step.done_by for step in closed} == {"Multicanale"}
    assert log.last().verb == "move.planned"
