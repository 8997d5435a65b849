"""Two people at one transfer, or two transfers at one subscription: one wins, and nothing has two sellers."""

from functools import partial
from typing import Any

import pytest

from customers.models import Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity
from subscriptions import offboarding, transfer_acceptance, transfer_line, transfers
from subscriptions.models import Subscription, Transfer, TransferItem
from subscriptions.vocabulary import Channel, Status
from tests.conftest import TENANT, Log
from tests.crossing import LICENCES, Crossing
from tests.factories import (
    AgreementVersionFactory,
    CustomerFactory,
    PartnerFactory,
    RelationshipFactory,
)
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


def sellers() -> int:
    """Return how many sell the licences now."""
    sold = Subscription.objects.filter(external_id=LICENCES, channel=Channel.CSP_OWN)
    return sold.exclude(status=Status.TRANSFERRED).count()


# --- accepted and cancelled --------------------------------------------------------------------


def one_end(outcomes: list[Outcome], asked: Transfer) -> bool:
    """Say whether the transfer came to one end, which its item and both companies' rows agree with."""
    asked.refresh_from_db()
    went = Subscription.objects.filter(external_id=LICENCES, status=Status.TRANSFERRED).exists()
    agree = went == (asked.status == "accepted") == (asked.items.get().status == "accepted")
    return one_won(outcomes) and agree and sellers() == 1


def test_accepted_or_cancelled_but_never_both(
    crossing: Crossing, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = crossing.ask()
    meet_before(monkeypatch, Transfer, "move")
    outcomes = together(
        partial(crossing.accept, asked, LICENCES),
        partial(transfers.cancel, asked, by=crossing.anna, at=crossing.now),
    )
    assert one_end(outcomes, asked)
    assert log.whole()


def test_control_accepted_and_cancelled(crossing: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = crossing.ask()
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, Transfer, "move")
    outcomes = together(
        partial(crossing.accept, asked, LICENCES),
        partial(transfers.cancel, asked, by=crossing.anna, at=crossing.now),
    )
    assert not one_end(outcomes, asked)


# --- accepted twice ----------------------------------------------------------------------------


def test_accepting_twice_at_once_lets_it_go_once(
    crossing: Crossing, log: Log, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = crossing.ask()
    press = partial(crossing.accept, asked, LICENCES)
    meet_before(monkeypatch, transfer_acceptance, "look")
    assert one_end(together(press, press), asked)
    assert Activity.objects.filter(verb="transfer.accepted").count() == 2  # each side's half, once
    assert log.whole()


def test_control_accepting_twice(crossing: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = crossing.ask()
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    press = partial(crossing.accept, asked, LICENCES)
    meet_before(monkeypatch, transfer_acceptance, "look")
    with without_constraint(Subscription, "sub_external_id_once"):
        assert not one_end(together(press, press), asked)


# --- two who ask for the same ------------------------------------------------------------------


@pytest.fixture
def rival(crossing: Crossing) -> Any:
    """Return a way for a third provider to ask Lucerne for the same licences."""
    company = PartnerFactory(name="Humongous Insurance", partner_id="1000004", edition="2026")
    customer = CustomerFactory(provider=company, tenant_id=TENANT)
    RelationshipFactory(
        customer=customer, acceptance__agreement=AgreementVersionFactory(edition="2026", name="Rival's")
    )
    actor = Actor(crossing.anna.kind, label="Rita", partner=company, role=crossing.anna.role)
    return partial(
        transfers.request, customer, crossing.lucerne.partner_id, [LICENCES], by=actor, at=crossing.now
    )


def both_in_line(outcomes: list[Outcome]) -> bool:
    """Say whether both requests were filed, and one of them stands first."""
    held = TransferItem.objects.filter(source__isnull=False).count()
    return won(outcomes) == len(outcomes) and held == 1


def test_two_requests_for_one_subscription_stand_in_line(
    crossing: Crossing, rival: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, transfer_line, "waiting_before")
    assert both_in_line(together(crossing.ask, rival))


def test_control_two_requests(crossing: Crossing, rival: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, transfer_line, "waiting_before")
    assert not both_in_line(together(crossing.ask, rival))


def test_one_company_does_not_ask_twice_at_once(crossing: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)  # the constraint alone
    meet_before(monkeypatch, transfers, "add_items")
    assert one_won(together(crossing.ask, crossing.ask))


def test_control_one_company_asks_twice(crossing: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, transfers, "add_items")
    with without_constraint(TransferItem, "transfer_item_asked_once"):
        outcomes = together(
            partial(crossing.ask, LICENCES, named="9999999"), partial(crossing.ask, LICENCES, named="9999998")
        )
        assert not one_won(outcomes)


def test_two_requests_accepted_at_once_let_it_go_once(
    crossing: Crossing, rival: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    first, second = crossing.ask(), rival()
    meet_before(monkeypatch, transfer_acceptance, "look")
    outcomes = together(partial(crossing.accept, first, LICENCES), partial(crossing.accept, second, LICENCES))
    assert one_won(outcomes)
    assert sellers() == 1


# --- accepted while the relationship ends ------------------------------------------------------


def never_sold_without_a_relationship(outcomes: list[Outcome], crossing: Crossing) -> bool:
    """Say whether it either went over, and the relationship goes on, or did not."""
    relationship = Relationship.objects.get(pk=crossing.relationship.pk)
    ours = Subscription.objects.filter(provider=crossing.northwind, channel=Channel.CSP_OWN).exists()
    return one_won(outcomes) and ours == relationship.is_active


def test_accepted_while_the_relationship_ends(crossing: Crossing, monkeypatch: pytest.MonkeyPatch) -> None:
    asked = crossing.ask()
    meet_before(monkeypatch, Transfer, "move")
    outcomes = together(
        partial(crossing.accept, asked, LICENCES),
        partial(offboarding.end_relationship, crossing.relationship, by=crossing.anna, at=crossing.now),
    )
    assert never_sold_without_a_relationship(outcomes, crossing)


def test_control_accepted_while_the_relationship_ends(
    crossing: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = crossing.ask()
    without_locks(monkeypatch)
    with_careless_moves(monkeypatch)
    meet_before(monkeypatch, Transfer, "move")
    outcomes = together(
        partial(crossing.accept, asked, LICENCES),
        partial(offboarding.end_relationship, crossing.relationship, by=crossing.anna, at=crossing.now),
    )
    assert not never_sold_without_a_relationship(outcomes, crossing)


def test_two_pairs_that_ask_each_other_do_not_wait_for_each_other_for_ever(
    crossing: Crossing, log: Log
) -> None:
    """Each locks the other's customer too: in the order of their keys, so nobody waits in a ring."""
    RelationshipFactory(
        customer=crossing.held,
        acceptance__agreement=AgreementVersionFactory(edition="2026", name="Lucerne's"),
    )
    ask_back = partial(
        transfers.request,
        crossing.held,
        crossing.northwind.partner_id,
        ["theirs"],
        by=crossing.lucia,
        at=crossing.now,
    )
    outcomes = together(crossing.ask, ask_back)
    assert won(outcomes) == 2
    assert all(not isinstance(outcome, Refused) for outcome in outcomes)
    assert log.whole()
