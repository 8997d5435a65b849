"""Two tabs that answer a renewal at once, two colleagues who propose one, two workers that warn."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from customers import links, renewals, warnings
from customers.models import Contact, Grant, MailedCode, Privilege, Relationship, RenewalProposal
from customers.renewals import Choice, Terms
from partners.actor import Actor
from partners.models import Activity, Message
from tests.races.together import (
    Outcome,
    meet_before,
    one_won,
    together,
    with_careless_moves,
    without_constraint,
    without_locks,
)

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]
TERMS = Terms(frozenset(Privilege.values), 365)


@pytest.fixture
def ending(confirmed: Contact, accepted: Relationship, now: datetime) -> Relationship:
    """Contoso's relationship; what it granted ends in a week."""
    end = now.date() + timedelta(days=7)
    Grant.objects.update(answered_on=end - timedelta(days=300), ends_on=end)
    return accepted


@pytest.fixture
def codes(ending: Relationship, confirmed: Contact, anna: Actor, now: datetime) -> list[MailedCode]:
    """A code typed right in each of two tabs."""
    proposal = renewals.propose(ending, TERMS, by=anna, at=now)
    typed = [renewals.ask_to_answer(proposal, confirmed, at=now) for _tab in range(2)]
    for code in typed:
        links.spend_try(code, links.code_digits(code), at=now)
    return typed


def answer_twice(codes: list[MailedCode], contact: Contact, now: datetime) -> list[Outcome]:
    """Say yes in both tabs at once, to different days."""
    proposal = RenewalProposal.objects.get()
    days = [now.date() + timedelta(days=each) for each in (100, 200)]
    return together(
        *(
            partial(
                renewals.accept, proposal, contact, code, Choice(TERMS.privileges, day, frozenset()), at=now
            )
            for code, day in zip(codes, days, strict=True)
        )
    )


def answered_once(outcomes: list[Outcome]) -> bool:
    rows = Activity.objects.filter(verb="renewal.accepted").count()
    return one_won(outcomes) and rows == 1 and len(set(Grant.objects.values_list("ends_on", flat=True))) == 1


def test_renewal_answered_in_two_tabs_at_once_is_answered_once(
    codes: list[MailedCode], confirmed: Contact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, renewals, "_move_ends")
    assert answered_once(answer_twice(codes, confirmed, now))


def test_control_renewal_answered_in_two_tabs(
    codes: list[MailedCode], confirmed: Contact, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, renewals, "_move_ends")
    assert not answered_once(answer_twice(codes, confirmed, now))


def propose_twice(ending: Relationship, anna: Actor, now: datetime) -> list[Outcome]:
    press = partial(renewals.propose, ending, TERMS, by=anna, at=now)
    return together(press, press)


def proposed_once(outcomes: list[Outcome]) -> bool:
    return one_won(outcomes) and RenewalProposal.objects.count() == 1


@pytest.mark.parametrize("locked", [True, False])
def test_renewal_is_proposed_once_by_the_lock_and_by_the_constraint(
    locked: bool, ending: Relationship, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    if not locked:
        without_locks(monkeypatch)
    meet_before(monkeypatch, renewals, "_to_propose")
    assert proposed_once(propose_twice(ending, anna, now))


def test_control_renewal_proposed_twice(
    ending: Relationship, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, renewals, "_to_propose")
    with without_constraint(RenewalProposal, "renewal_one_waiting"):
        assert not proposed_once(propose_twice(ending, anna, now))


def warned_once(outcomes: list[Outcome]) -> bool:
    return sorted(outcomes) == [0, 1] and Message.objects.filter(event="customers/grants_ending").count() == 1


def test_two_workers_warn_once(ending: Relationship, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_before(monkeypatch, warnings, "_mark")
    look = partial(warnings.warn, now + timedelta(days=1))
    assert warned_once(together(look, look))


def test_control_two_workers_that_mark_without_looking(
    ending: Relationship, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def mark(row: Grant, days: int) -> bool:
        Grant.objects.filter(pk=row.pk).update(warned_days=days)
        return True

    monkeypatch.setattr(warnings, "_mark", mark)
    meet_before(monkeypatch, warnings, "_mark")
    look = partial(warnings.warn, now + timedelta(days=1))
    assert not warned_once(together(look, look))
