"""Two people, one invitation: sent twice, withdrawn while accepted, more senders than places.

Each race has a control: with its guard taken away, what is asserted here no longer holds.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import pytest

from customers import acceptances, custody, expiries, invitations, links, places
from customers.models import Acceptance, Invitation, InvitationLink
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.models import Message, Partner
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

Invite = Callable[..., Invitation]


# --- the same button twice ---------------------------------------------------------------------


def press_twice(handed: Invitation, to: Recipient, luca: Actor, now: datetime) -> list[Outcome]:
    press = partial(custody.forward, handed, to=to, by=luca, at=now)
    return together(press, press)


def forwarded_once(handed: Invitation, outcomes: list[Outcome]) -> bool:
    handed.refresh_from_db()
    mails = Message.objects.filter(event="customers/invitation_sent").count()
    return one_won(outcomes) and (InvitationLink.objects.count(), handed.places_taken, mails) == (1, 1, 1)


@pytest.fixture
def two_places(invite: Invite, handed_terms: Terms) -> Invitation:
    """An invitation with a place for each press of the button."""
    return invite(handed_terms, places=2)


def test_forwarding_twice_at_once_sends_one_link(
    two_places: Invitation, to_carla: Recipient, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, places, "take")
    assert forwarded_once(two_places, press_twice(two_places, to_carla, luca, now))


def test_forwarding_twice_without_the_lock_is_caught_by_the_constraint(
    two_places: Invitation, to_carla: Recipient, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, places, "take")
    assert forwarded_once(two_places, press_twice(two_places, to_carla, luca, now))


def test_control_forwarding_twice(
    two_places: Invitation, to_carla: Recipient, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, places, "take")
    with without_constraint(InvitationLink, "link_one_waiting_per_address"):
        assert not forwarded_once(two_places, press_twice(two_places, to_carla, luca, now))


# --- more senders than places ------------------------------------------------------------------

SENDERS, PLACES = 8, 3


@pytest.fixture
def three_places(invite: Invite, handed_terms: Terms) -> Invitation:
    return invite(handed_terms, places=PLACES)


def all_forward(invitation: Invitation, luca: Actor, now: datetime) -> list[Outcome]:
    to = [Recipient(f"customer{n}@customers.example", f"Customer {n}") for n in range(SENDERS)]
    return together(*(partial(custody.forward, invitation, to=one, by=luca, at=now) for one in to))


def places_kept(invitation: Invitation, outcomes: list[Outcome]) -> bool:
    invitation.refresh_from_db()
    return won(outcomes) == InvitationLink.objects.count() == invitation.places_taken == PLACES


def test_eight_senders_fill_three_places(three_places: Invitation, luca: Actor, now: datetime) -> None:
    assert places_kept(three_places, all_forward(three_places, luca, now))


def test_eight_senders_without_the_lock_are_counted_by_the_step_itself(
    three_places: Invitation, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    assert places_kept(three_places, all_forward(three_places, luca, now))


def test_control_eight_senders(
    three_places: Invitation, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    def count_carelessly(invitation: Invitation) -> bool:
        taken = Invitation.objects.get(pk=invitation.pk).places_taken
        if taken < PLACES:
            write(invitation, taken + 1)
        return taken < PLACES

    writer = type("Writer", (), {"write": staticmethod(_write_places)})
    meet_before(monkeypatch, writer, "write")
    write = writer.write  # type: ignore[attr-defined]
    without_locks(monkeypatch)
    monkeypatch.setattr(places, "take", count_carelessly)
    assert not places_kept(three_places, all_forward(three_places, luca, now))


def _write_places(invitation: Invitation, taken: int) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(places_taken=taken)


# --- two lists in two tabs ---------------------------------------------------------------------


def forward_two_lists(invitation: Invitation, luca: Actor, now: datetime) -> list[Outcome]:
    lists = [
        [Recipient(f"{tab}{n}@customers.example", f"Customer {tab}{n}") for n in range(2)]
        for tab in ("left", "right")
    ]
    return together(*(partial(custody.forward_many, invitation, to=one, by=luca, at=now) for one in lists))


def one_list_went_out(invitation: Invitation, outcomes: list[Outcome]) -> bool:
    invitation.refresh_from_db()
    mails = Message.objects.filter(event="customers/invitation_sent").count()
    return one_won(outcomes) and (InvitationLink.objects.count(), invitation.places_taken, mails) == (2, 2, 2)


def test_two_lists_of_two_for_three_places_send_one_list(
    three_places: Invitation, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, places, "take")
    assert one_list_went_out(three_places, forward_two_lists(three_places, luca, now))


def test_two_lists_without_the_lock_are_counted_by_the_step_itself(
    three_places: Invitation, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, places, "take")
    assert one_list_went_out(three_places, forward_two_lists(three_places, luca, now))


def test_control_two_lists(
    three_places: Invitation, luca: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, places, "take")
    monkeypatch.setattr(places, "take", lambda invitation: True)
    assert not one_list_went_out(three_places, forward_two_lists(three_places, luca, now))


# --- reminded by two workers -------------------------------------------------------------------


def remind_together(link: InvitationLink) -> list[Outcome]:
    Message.objects.filter(pk=link.message_id).update(status=Message.Status.SENT, sent_at=link.made_at)
    remind = partial(expiries.remind, link.invitation.expires_at - timedelta(days=3))
    return together(remind, remind)


def reminders() -> int:
    return Message.objects.filter(event="customers/invitation_reminder").count()


def test_two_workers_remind_once(link: InvitationLink, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_before(monkeypatch, expiries, "_is_due")
    assert sorted(remind_together(link)) == [0, 1]
    assert reminders() == 1


def test_two_workers_without_the_lock_are_held_apart_by_the_step_itself(
    link: InvitationLink, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, expiries, "_is_due")
    assert sorted(remind_together(link)) == [0, 1]
    assert reminders() == 1


def test_control_two_workers(link: InvitationLink, monkeypatch: pytest.MonkeyPatch) -> None:
    def mark_carelessly(pk: int, at: datetime) -> bool:
        InvitationLink.objects.filter(pk=pk).update(reminded_at=at)
        return True

    without_locks(monkeypatch)
    meet_before(monkeypatch, expiries, "_is_due")
    monkeypatch.setattr(expiries, "_mark_reminded", mark_carelessly)
    assert sorted(remind_together(link)) == [1, 1]
    assert reminders() == 2


# --- sent again from two tabs ------------------------------------------------------------------


def test_sending_again_twice_at_once_sends_once(
    link: InvitationLink, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, custody, "refuse_resending")
    press = partial(custody.resend, link, by=anna, at=now)
    assert one_won(together(press, press))
    link.refresh_from_db()
    assert link.serial == 2


def test_control_sending_again_twice(
    link: InvitationLink, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, places, "record")
    press = partial(custody.resend, link, by=anna, at=now)
    assert not one_won(together(press, press))


# --- withdrawn while it is accepted ------------------------------------------------------------


@pytest.fixture
def typed(link: InvitationLink, start: Any, now: datetime) -> Acceptance:
    """Carla's answer, its code typed right."""
    return start(link)


def accept_while_withdrawing(typed: Acceptance, anna: Actor, now: datetime) -> list[Outcome]:
    return together(
        partial(acceptances.accept, typed, at=now),
        partial(invitations.withdraw, typed.link.invitation, by=anna, at=now),
    )


def either_or(link: InvitationLink, outcomes: list[Outcome]) -> bool:
    link = InvitationLink.objects.select_related("invitation").get(pk=link.pk)
    states = (link.invitation.status, link.status, link.provider.relationships.count())
    return one_won(outcomes) and states in {("used_up", "accepted", 1), ("withdrawn", "withdrawn", 0)}


def test_accepted_or_withdrawn_but_never_both(
    typed: Acceptance, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, InvitationLink, "move")
    assert either_or(typed.link, accept_while_withdrawing(typed, anna, now))


def test_control_accepted_or_withdrawn(
    typed: Acceptance, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, InvitationLink, "move")
    assert not either_or(typed.link, accept_while_withdrawing(typed, anna, now))


@pytest.mark.parametrize("first", ["accept", "withdraw"])
def test_whoever_comes_first_wins(first: str, typed: Acceptance, anna: Actor, now: datetime) -> None:
    if first == "accept":
        acceptances.accept(typed, at=now)
    else:
        invitations.withdraw(typed.link.invitation, by=anna, at=now)
    outcomes = accept_while_withdrawing(typed, anna, now)
    assert won(outcomes) == 0


# --- guessing a code ---------------------------------------------------------------------------


def test_eight_guessers_have_five_tries_together(
    northwind: Partner, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    code = links.make_code("accept", 7, "carla@contoso.example", at=now)
    outcomes = together(*[partial(links.spend_try, code, "not the code", at=now)] * 8)
    code.refresh_from_db()
    said = [str(outcome) for outcome in outcomes]
    assert code.tries == 5
    assert sum("no longer valid" in words for words in said) == 3
