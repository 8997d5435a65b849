"""Two people who answer for one customer: one relationship, one set of grants, one owner of a tenant id."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

import pytest

from customers import acceptances, custody
from customers.models import Acceptance, Customer, Grant, Invitation, InvitationLink, Relationship
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
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

Start = Callable[..., Acceptance]
Invite = Callable[..., Invitation]


# --- two answers on one link -------------------------------------------------------------------


@pytest.fixture
def two_answers(link: InvitationLink, start: Start) -> tuple[Acceptance, Acceptance]:
    """Carla and Paola have both typed their code for the one link they share."""
    return start(link), start(link, email="paola@contoso.example", name="Paola")


def accept_both(answers: tuple[Acceptance, ...], now: datetime) -> list[Outcome]:
    return together(*(partial(acceptances.accept, answer, at=now) for answer in answers))


def answered_once(outcomes: list[Outcome]) -> bool:
    invitation = Invitation.objects.get()
    answered = Acceptance.objects.exclude(status="code_sent").count()
    rows = (Relationship.objects.count(), Grant.objects.count(), answered, invitation.places_accepted)
    return one_won(outcomes) and rows == (1, 2, 1, 1)


def test_two_answers_on_one_link_make_one_relationship(
    two_answers: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, InvitationLink, "move")
    assert answered_once(accept_both(two_answers, now))


def test_two_answers_without_the_lock_are_caught_by_the_move(
    two_answers: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, InvitationLink, "move")
    assert answered_once(accept_both(two_answers, now))


def test_control_two_answers(
    two_answers: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, InvitationLink, "move")
    assert not answered_once(accept_both(two_answers, now))


def test_same_button_twice_accepts_once(
    link: InvitationLink, start: Start, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    acceptance = start(link)
    meet_before(monkeypatch, InvitationLink, "move")
    assert answered_once(accept_both((acceptance, acceptance), now))


# --- two links to one customer -----------------------------------------------------------------


@pytest.fixture
def two_links(
    invite: Invite, terms: Terms, to_carla: Recipient, anna: Actor, start: Start, now: datetime
) -> tuple[Acceptance, Acceptance]:
    """Two colleagues at Contoso answer two invitations made for it."""
    paola = Recipient("paola@contoso.example", "Contoso")
    first, second = (custody.send(invite(terms), to=to, by=anna, at=now) for to in (to_carla, paola))
    return start(first), start(second, email="paola@contoso.example")


def related_once() -> bool:
    return (Relationship.objects.count(), Grant.objects.count(), Customer.objects.count()) == (1, 2, 1)


def test_two_links_to_one_customer_make_one_relationship(
    two_links: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, acceptances, "_settle_customer")
    outcomes = accept_both(two_links, now)
    assert all(isinstance(outcome, Acceptance | Refused) for outcome in outcomes)
    assert related_once()


def without_customer_locks(patch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for the customer's row, neither to read it nor to write it."""
    without_locks(patch)
    patch.setattr(acceptances, "_settle_customer", lambda *_details: None)
    meet_before(patch, acceptances, "_begin")


def test_two_links_without_the_lock_are_caught_by_the_constraint(
    two_links: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_customer_locks(monkeypatch)
    assert one_won(accept_both(two_links, now))
    assert related_once()


def test_control_two_links(
    two_links: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_customer_locks(monkeypatch)
    with without_constraint(Relationship, "rel_one_pending_or_active"):
        accept_both(two_links, now)
        assert not related_once()


# --- one tenant id, typed on two links made for nobody -----------------------------------------


@pytest.fixture
def one_tenant_twice(
    invite: Invite, handed_terms: Terms, luca: Actor, start: Start, now: datetime
) -> tuple[Acceptance, Acceptance]:
    """Two people who were sent Fabrikam's invitation apart type the same new tenant id."""
    addresses = ["first@contoso.example", "second@contoso.example"]
    handed = [invite(handed_terms) for _address in addresses]
    links = [
        custody.forward(one, to=Recipient(address, "Contoso"), by=luca, at=now)
        for one, address in zip(handed, addresses, strict=True)
    ]
    first, second = (start(link, email=link.email) for link in links)
    return first, second


def tenant_taken_once(outcomes: list[Outcome]) -> bool:
    with_tenant = Customer.objects.filter(tenant_id__isnull=False).count()
    return one_won(outcomes) and (with_tenant, Relationship.objects.count()) == (1, 1)


def test_one_tenant_id_typed_twice_at_once_makes_one_customer(
    one_tenant_twice: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, acceptances, "_settle_customer")
    assert tenant_taken_once(accept_both(one_tenant_twice, now))


def test_control_one_tenant_id_typed_twice(
    one_tenant_twice: tuple[Acceptance, Acceptance], now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, acceptances, "_settle_customer")
    with without_constraint(Customer, "customer_one_per_provider_and_tenant"):
        assert not tenant_taken_once(accept_both(one_tenant_twice, now))


# --- confirmed while it is refused -------------------------------------------------------------


@pytest.fixture
def doubtful(link: InvitationLink, start: Start, now: datetime) -> Acceptance:
    """An answer that waits for Northwind."""
    return acceptances.accept(start(link, email="paola@studio.example"), at=now)


def decide_twice(doubtful: Acceptance, anna: Actor, now: datetime) -> list[Outcome]:
    return together(
        partial(acceptances.confirm, doubtful, by=anna, at=now),
        partial(acceptances.refuse, doubtful, by=anna, at=now),
    )


def decided_once(outcomes: list[Outcome]) -> bool:
    status = Acceptance.objects.get().status
    related = list(Relationship.objects.values_list("status", flat=True))
    states = (status, related, Grant.objects.count())
    return one_won(outcomes) and states in [("completed", ["active"], 2), ("refused", ["refused"], 0)]


def test_confirmed_or_refused_but_never_both(
    doubtful: Acceptance, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, Acceptance, "move")
    assert decided_once(decide_twice(doubtful, anna, now))


def test_control_confirmed_or_refused(
    doubtful: Acceptance, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, Acceptance, "move")
    assert not decided_once(decide_twice(doubtful, anna, now))
