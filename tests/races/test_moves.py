"""Two people who walk one move, or plan one subscription, at once: one of them, and nothing in between."""

from datetime import datetime
from functools import partial
from typing import Any

import pytest

from customers.models import Customer, Relationship
from partners import activity
from partners.actor import Actor
from partners.models import Activity
from subscriptions import bulk_moves, moves, offboarding, proofs, steps, walking
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.vocabulary import Channel, Path
from subscriptions.walking import Given
from tests.factories import MoveFactory, ProductFactory, SubscriptionFactory
from tests.races.together import (
    Outcome,
    meet_before,
    one_won,
    together,
    with_careless_moves,
    without_constraint,
    without_locks,
    won,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def told(verb: str) -> int:
    return Activity.objects.filter(verb=verb).count()


# --- one step closed by two --------------------------------------------------------------------


@pytest.fixture
def offer(licences: Subscription, accepted: Relationship) -> MoveStep:
    """The step that chooses an offer, next in a replacement."""
    move = MoveFactory(subscription=licences, path=Path.REPLACE_LICENCES, done=1)
    return move.steps.get(code="offer")


def close_twice(step: MoveStep, anna: Actor, agent: Actor, now: datetime) -> list[Outcome]:
    return together(
        *(partial(walking.close, step, Given(note=by.label), by=by, at=now) for by in (anna, agent))
    )


def closed_once(outcomes: list[Outcome]) -> bool:
    return one_won(outcomes) and told("move.step_closed") == 1


def test_two_people_close_a_step_once(
    offer: MoveStep, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, proofs, "refuse")
    assert closed_once(close_twice(offer, anna, agent, now))


def test_without_the_lock_the_step_itself_closes_once(
    offer: MoveStep, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, proofs, "refuse")
    assert closed_once(close_twice(offer, anna, agent, now))


def test_control_two_people_close_a_step(
    offer: MoveStep, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def careless(step: MoveStep, outcome: str, given: Given, *, by: Actor, at: datetime, **_: Any) -> None:
        step.outcome, step.note, step.done_at, step.done_by = outcome, given.note, at, by.stamp
        step.save()

    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    monkeypatch.setattr(walking, "_close", careless)
    meet_before(monkeypatch, proofs, "refuse")
    assert won(close_twice(offer, anna, agent, now)) == 2
    assert told("move.step_closed") == 2


# --- planned by two ----------------------------------------------------------------------------


def plan_twice(row: Subscription, anna: Actor, agent: Actor, now: datetime) -> list[Outcome]:
    return together(
        partial(moves.plan, row, Path.SUPPORT_IN_PLACE, by=anna, at=now),
        partial(moves.plan, row, Path.REPLACE_LICENCES, by=agent, at=now),
    )


def planned_once(outcomes: list[Outcome]) -> bool:
    return one_won(outcomes) and Move.objects.open().count() == 1


def test_two_people_plan_one_move(
    licences: Subscription, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, moves, "busy")
    assert planned_once(plan_twice(licences, anna, agent, now))


def test_without_the_lock_the_constraint_lets_one_through(
    licences: Subscription, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, moves, "new")
    assert planned_once(plan_twice(licences, anna, agent, now))


def test_control_two_people_plan(
    licences: Subscription, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, moves, "new")
    with without_constraint(Move, "move_one_open"):
        assert won(plan_twice(licences, anna, agent, now)) == 2
        assert not planned_once([])


def test_one_of_many_planned_beside_the_many_is_planned_once(
    licences: Subscription, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SubscriptionFactory(customer=licences.customer, channel=Channel.OPEN)
    meet_before(monkeypatch, moves, "busy")
    together(
        partial(moves.plan, licences, Path.SUPPORT_IN_PLACE, by=anna, at=now),
        partial(bulk_moves.plan_many, [licences.pk, other.pk], Path.REPLACE_LICENCES, by=agent, at=now),
    )
    assert sorted(Move.objects.open().values_list("subscription", flat=True)) == [licences.pk, other.pk]


# --- its last step closed while it is given up -------------------------------------------------


@pytest.fixture
def last(licences: Subscription, accepted: Relationship) -> MoveStep:
    """The one step of a review by hand."""
    return MoveFactory(subscription=licences, path=Path.MANUAL_REVIEW).steps.get()


def close_and_abandon(step: MoveStep, anna: Actor, agent: Actor, now: datetime) -> list[Outcome]:
    return together(
        partial(walking.close, step, Given(note="Done."), by=anna, at=now),
        partial(moves.abandon, step.move, "No.", by=agent, at=now),
    )


def test_completed_or_given_up_never_both(
    last: MoveStep, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, Move, "move")
    assert one_won(close_and_abandon(last, anna, agent, now))
    assert told("move.completed") + told("move.abandoned") == 1


def test_control_completed_and_given_up(
    last: MoveStep, anna: Actor, agent: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, Move, "move")
    assert won(close_and_abandon(last, anna, agent, now)) == 2


# --- taken over while the relationship ends ----------------------------------------------------


@pytest.fixture
def confirming(contoso: Customer, accepted: Relationship) -> MoveStep:
    """The step that records a switched Azure subscription as the provider's own."""
    azure = ProductFactory(family="azure", billing="usage", azure_offer="legacy")
    row = SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER, product=azure, term_end=None)
    done = [step.code for step in steps.SWITCH_PARTNER_IN].index("confirmed")
    move = MoveFactory(subscription=row, path=Path.SWITCH_PARTNER, done=done)
    return move.steps.get(code="confirmed")


def confirm_and_end(
    step: MoveStep, relationship: Relationship, anna: Actor, agent: Actor, now: datetime
) -> list[Outcome]:
    ids = Given(reference="CSP-NEW", entitlement_id="azure-1")
    return together(
        partial(walking.close, step, ids, by=agent, at=now),
        partial(offboarding.end_relationship, relationship, by=anna, at=now),
    )


def sold_without_a_relationship() -> bool:
    ours = Subscription.objects.filter(channel=Channel.CSP_OWN).exists()
    return ours and not Relationship.objects.active().exists()


def test_nothing_is_taken_over_while_the_relationship_ends(
    confirming: MoveStep,
    accepted: Relationship,
    anna: Actor,
    agent: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meet_before(monkeypatch, activity, "record")
    assert one_won(confirm_and_end(confirming, accepted, anna, agent, now))
    assert not sold_without_a_relationship()


def test_control_taken_over_while_the_relationship_ends(
    confirming: MoveStep,
    accepted: Relationship,
    anna: Actor,
    agent: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, activity, "record")
    assert won(confirm_and_end(confirming, accepted, anna, agent, now)) == 2
    assert sold_without_a_relationship()


# --- settled by two workers --------------------------------------------------------------------


def test_two_workers_settle_a_step_once(
    licences: Subscription, accepted: Relationship, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    MoveFactory(subscription=licences)
    meet_before(monkeypatch, walking, "lock")
    together(partial(moves.settle, now), partial(moves.settle, now))
    assert told("move.settled") == 1
