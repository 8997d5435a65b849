"""A hand-over is answered, or a relationship ended, while the ground goes away: nothing lives on unseen."""

import json
from datetime import datetime, timedelta
from functools import partial

import pytest

from customers import endings, handovers, links, privileges
from customers.models import Assignment, Contact, Customer, Grant, HandOver, MailedCode, Relationship
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Partnership
from subscriptions import offboarding
from tests.races.together import (
    Outcome,
    meet_before,
    one_won,
    together,
    without_locks,
    won,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def hand_over(
    assigned: Assignment, adventure_partnership: Partnership, anna: Actor, now: datetime
) -> HandOver:
    """All customers of Fabrikam, offered to Adventure from now on."""
    Customer.objects.filter(pk=assigned.customer_id).update(reseller=assigned.reseller)
    return handovers.offer(assigned.reseller, adventure_partnership, starts_on=now.date(), by=anna, at=now)


def named_as_stopping(rows: list[Assignment]) -> bool:
    """Say whether the log of the ending names every one of these, as it was when it stopped."""
    told = Activity.objects.filter(verb__in=["partnership.ended", "relationship.ended"])
    named = {
        (pk, status)
        for row in told
        for kind, pk, status in json.loads(row.details).get("stopped_with_it", [])
        if kind == Assignment._meta.label_lower
    }
    return {(row.pk, row.status) for row in rows} <= named


# --- accepted while the partnership ends -------------------------------------------------------


def accept_and_end(hand_over: HandOver, ada: Actor, anna: Actor, now: datetime) -> list[Outcome]:
    return together(
        partial(handovers.accept, hand_over, by=ada, at=now),
        partial(endings.end_partnership, hand_over.partnership, by=anna, at=now),
    )


def passed() -> list[Assignment]:
    return list(Assignment.objects.filter(hand_over__isnull=False, status="active"))


def test_accepted_while_the_partnership_ends_is_refused_or_named_and_never_live(
    hand_over: HandOver, ada: Actor, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, activity, "record")
    outcomes = accept_and_end(hand_over, ada, anna, now)
    assert all(isinstance(outcome, HandOver | Partnership | Refused) for outcome in outcomes)
    assert won(outcomes) >= 1
    assert named_as_stopping(passed())
    assert not Assignment.objects.live(now + timedelta(seconds=1)).filter(hand_over__isnull=False).exists()


def test_control_accepted_while_the_partnership_ends(
    hand_over: HandOver, ada: Actor, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, activity, "record")
    assert won(accept_and_end(hand_over, ada, anna, now)) == 2
    assert not named_as_stopping(passed())


# --- accepted while the customer refuses or withdraws ------------------------------------------


@pytest.mark.parametrize("how", ["refused", "withdrawn"])
def test_accepted_while_the_customer_says_no_is_never_live(
    how: str,
    hand_over: HandOver,
    confirmed: Contact,
    ada: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    offer = hand_over.assignments.get()
    if how == "refused":
        no = partial(privileges.refuse_reseller, offer, confirmed, at=now)
    else:
        code = privileges.ask_to_withdraw(offer.grant, confirmed, at=now)
        links.spend_try(code, links.code_digits(code), at=now)
        no = partial(privileges.withdraw_grant, offer.grant, confirmed, code, at=now)
    meet_before(monkeypatch, activity, "record")
    outcomes = together(partial(handovers.accept, hand_over, by=ada, at=now), no)
    assert won(outcomes) == 2, outcomes
    assert not Assignment.objects.live(now + timedelta(seconds=1)).filter(hand_over__isnull=False).exists()


# --- taken into effect by two workers ----------------------------------------------------------


def took_effect_once() -> bool:
    return Activity.objects.filter(verb="handover.took_effect").count() == 1


@pytest.fixture
def to_come(hand_over: HandOver, ada: Actor, now: datetime) -> HandOver:
    """The same, accepted, its day still to come."""
    HandOver.objects.filter(pk=hand_over.pk).update(starts_at=now + timedelta(days=3))
    hand_over.refresh_from_db()
    return handovers.accept(hand_over, by=ada, at=now)


def test_two_workers_let_it_take_effect_once(to_come: HandOver, monkeypatch: pytest.MonkeyPatch) -> None:
    at = to_come.starts_at
    meet_before(monkeypatch, handovers, "_locked")
    together(partial(handovers.tidy, at), partial(handovers.tidy, at))
    to_come.refresh_from_db()
    assert to_come.took_effect_at == at
    assert took_effect_once()


def test_control_two_workers(to_come: HandOver, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    at = to_come.starts_at
    meet_before(monkeypatch, handovers, "_take_effect")
    together(partial(handovers.tidy, at), partial(handovers.tidy, at))
    assert not took_effect_once()


def test_accepting_twice_at_once_accepts_it_once(
    hand_over: HandOver, ada: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = partial(handovers.accept, hand_over, by=ada, at=now)
    meet_before(monkeypatch, handovers, "still_possible")
    assert one_won(together(press, press))
    assert Activity.objects.filter(verb="handover.accepted").count() == 1


# --- the customer ends while the provider assigns ----------------------------------------------


@pytest.fixture
def proved(accepted: Relationship, confirmed: Contact, now: datetime) -> MailedCode:
    """The mailed code of the customer's wish to end, typed right."""
    code = offboarding.ask_to_end(accepted, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    return code


def end_and_assign(
    grant: Grant, contact: Contact, code: MailedCode, tie: Partnership, anna: Actor, now: datetime
) -> list[Outcome]:
    return together(
        partial(offboarding.end_by_customer, grant.relationship, contact, code, at=now),
        partial(privileges.assign, grant, tie, by=anna, at=now),
    )


def test_assigned_while_the_customer_ends_is_refused_or_named_and_never_live(
    provisioning: Grant,
    confirmed: Contact,
    proved: MailedCode,
    partnership: Partnership,
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meet_before(monkeypatch, activity, "record")
    outcomes = end_and_assign(provisioning, confirmed, proved, partnership, anna, now)
    assert isinstance(
        outcomes[0], Relationship
    )  # the customer's end is never refused for what a partner does
    assert isinstance(outcomes[1], Assignment | Refused)
    assert named_as_stopping(list(Assignment.objects.all()))
    assert not Assignment.objects.to_answer(now).exists()


def test_control_assigned_while_the_customer_ends(
    provisioning: Grant,
    confirmed: Contact,
    proved: MailedCode,
    partnership: Partnership,
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, activity, "record")
    assert won(end_and_assign(provisioning, confirmed, proved, partnership, anna, now)) == 2
    assert not named_as_stopping(list(Assignment.objects.all()))
