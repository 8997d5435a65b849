"""Two people who assign or answer at once: one offer, one holder, nothing live once the tie has ended."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from customers import endings, links, privileges
from customers.families import Family
from customers.models import Assignment, Contact, Grant
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Partnership
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


# --- assigned to two resellers at once ---------------------------------------------------------


def assign_twice(
    grant: Grant, ties: tuple[Partnership, Partnership], families: tuple[str, str], anna: Actor, now: datetime
) -> list[Outcome]:
    return together(
        *(
            partial(privileges.assign, grant, tie, family=family, by=anna, at=now)
            for tie, family in zip(ties, families, strict=True)
        )
    )


def offered_once(outcomes: list[Outcome]) -> bool:
    return one_won(outcomes) and Assignment.objects.filter(status="offered").count() == 1


@pytest.fixture
def ties(partnership: Partnership, adventure_partnership: Partnership) -> tuple[Partnership, Partnership]:
    return partnership, adventure_partnership


@pytest.mark.parametrize("families", [("all", "all"), ("all", Family.AZURE), (Family.AZURE, Family.AZURE)])
def test_two_resellers_are_not_offered_the_same_ground(
    families: tuple[str, str],
    provisioning: Grant,
    ties: tuple[Partnership, Partnership],
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meet_before(monkeypatch, privileges, "_clear_the_dead")
    assert offered_once(assign_twice(provisioning, ties, families, anna, now))


def test_same_ground_without_the_lock_is_caught_by_the_constraint(
    provisioning: Grant,
    ties: tuple[Partnership, Partnership],
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, privileges, "_clear_the_dead")
    assert offered_once(assign_twice(provisioning, ties, ("all", "all"), anna, now))


def test_control_all_against_one_family(
    provisioning: Grant,
    ties: tuple[Partnership, Partnership],
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch)  # no constraint knows that `all` excludes the others: the lock alone holds it
    meet_before(monkeypatch, privileges, "_clear_the_dead")
    assert not offered_once(assign_twice(provisioning, ties, ("all", Family.AZURE), anna, now))


def test_control_same_ground(
    provisioning: Grant,
    ties: tuple[Partnership, Partnership],
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, privileges, "_clear_the_dead")
    with without_constraint(Assignment, "asg_one_offered"):
        assert not offered_once(assign_twice(provisioning, ties, ("all", "all"), anna, now))


# --- the same button twice ---------------------------------------------------------------------


def accepted_once(outcomes: list[Outcome]) -> bool:
    rows = Activity.objects.filter(verb="assignment.accepted").count()
    return one_won(outcomes) and rows == 1


def test_accepting_an_offer_twice_at_once_accepts_it_once(
    offered: Assignment, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    press = partial(privileges.accept, offered, by=luca, at=now)
    meet_before(monkeypatch, Assignment, "move")
    assert accepted_once(together(press, press))


def test_control_accepting_an_offer_twice(
    offered: Assignment, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    press = partial(privileges.accept, offered, by=luca, at=now)
    meet_before(monkeypatch, Assignment, "move")
    assert not accepted_once(together(press, press))


def test_accepted_or_withdrawn_but_never_both(
    offered: Assignment, luca: Actor, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, Assignment, "move")
    outcomes = together(
        partial(privileges.accept, offered, by=luca, at=now),
        partial(privileges.withdraw, offered, by=anna, at=now),
    )
    offered.refresh_from_db()
    assert one_won(outcomes)
    assert offered.status in ("active", "withdrawn")


# --- accepted while the ground goes away -------------------------------------------------------


def test_accepted_while_the_partnership_ends_is_never_live_after(
    offered: Assignment, partnership: Partnership, luca: Actor, anna: Actor, now: datetime
) -> None:
    outcomes = together(
        partial(privileges.accept, offered, by=luca, at=now),
        partial(endings.end_partnership, partnership, by=anna, at=now),
    )
    assert all(isinstance(outcome, Assignment | Partnership | Refused) for outcome in outcomes)
    assert won(outcomes) >= 1
    assert not Assignment.objects.live(now + timedelta(seconds=1)).exists()


def test_accepted_while_the_customer_withdraws_is_never_live_after(
    offered: Assignment, provisioning: Grant, confirmed: Contact, luca: Actor, now: datetime
) -> None:
    code = privileges.ask_to_withdraw(provisioning, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    outcomes = together(
        partial(privileges.accept, offered, by=luca, at=now),
        partial(privileges.withdraw_grant, provisioning, confirmed, code, at=now),
    )
    assert isinstance(outcomes[1], Grant)  # a withdrawal is never refused for what a reseller does
    assert not Assignment.objects.live(now + timedelta(seconds=1)).exists()
