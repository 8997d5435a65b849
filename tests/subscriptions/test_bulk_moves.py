"""One path for many: told before, decided again then, each on its own, in one story and a few queries."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import Assignment, Contact, Customer, Privilege, Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Message, Partner
from subscriptions import bulk_moves, moves, rulings
from subscriptions.bulk_moves import Planned
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.vocabulary import Channel, Path, Status
from tests.conftest import Log, Mailbox
from tests.factories import (
    AssignmentFactory,
    CustomerFactory,
    MoveFactory,
    SubscriptionFactory,
)

SUPPORT = Path.SUPPORT_IN_PLACE


def refusals(told: list[Planned]) -> dict[int, str]:
    return {one.subscription.pk: one.refusal for one in told}


@pytest.fixture
def mixed(licences: Subscription) -> dict[str, Subscription]:
    """One that can be planned and three that cannot."""
    customer = licences.customer
    moving = SubscriptionFactory(customer=customer, channel=Channel.OPEN)
    MoveFactory(subscription=moving)
    return {
        "can": licences,
        "moving": moving,
        "ended": SubscriptionFactory(customer=customer, channel=Channel.OPEN, status=Status.EXPIRED),
        "add_on": SubscriptionFactory(customer=customer, channel=Channel.OPEN, parent=licences),
    }


def test_the_preview_says_of_each_what_planning_it_alone_would(
    mixed: dict[str, Subscription], anna: Actor, now: datetime
) -> None:
    rows = list(rulings.with_facts(Subscription.objects.order_by("pk")))
    told = refusals(bulk_moves.preview(rows, SUPPORT, actor=anna, at=now))
    assert told[mixed["can"].pk] == ""
    for name in ("moving", "ended", "add_on"):
        with pytest.raises(Refused) as refusal:
            moves.plan(mixed[name], SUPPORT, by=anna, at=now)
        assert told[mixed[name].pk] == str(refusal.value)


def test_what_can_be_planned_is_and_what_cannot_keeps_nothing_back(
    mixed: dict[str, Subscription], accepted: Relationship, anna: Actor, now: datetime, log: Log
) -> None:
    target = now.date() + timedelta(days=30)
    before = len(log.verbs())
    keys = [row.pk for row in mixed.values()]
    told = bulk_moves.plan_many(keys, SUPPORT, target_on=target, by=anna, at=now)
    assert [pk for pk, words in refusals(told).items() if not words] == [mixed["can"].pk]
    move = Move.objects.get(subscription=mixed["can"])
    assert (move.status, move.target_on, move.decided_by) == ("planned", target, anna.stamp)
    assert [step.code for step in move.steps.all()] == [
        "relationship",
        "grant",
        "assign",
        "support_contact",
        "first_task",
    ]
    assert [step.code for step in move.steps.all() if step.is_closed] == ["relationship", "grant"]
    assert log.verbs()[before:] == ["move.planned"]
    assert log.names(move)


def test_no_more_at_once_than_the_page_says(
    licences: Subscription, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = SubscriptionFactory(customer=licences.customer, channel=Channel.OPEN)
    monkeypatch.setattr(bulk_moves, "MOST_AT_ONCE", 1)
    told = bulk_moves.plan_many([other.pk, licences.pk], SUPPORT, by=anna, at=now)
    assert refusals(told) == {other.pk: ""}


def test_only_ones_own(
    licences: Subscription, tailspin: Partner, anna: Actor, tom: Actor, now: datetime
) -> None:
    theirs = SubscriptionFactory(customer=CustomerFactory(provider=tailspin))
    told = bulk_moves.plan_many([licences.pk, theirs.pk], SUPPORT, by=anna, at=now)
    assert list(refusals(told)) == [licences.pk]
    rows = list(rulings.with_facts(Subscription.objects.all()))
    assert list(refusals(bulk_moves.preview(rows, SUPPORT, actor=tom, at=now))) == [theirs.pk]


def test_whoever_acts_for_no_company_plans_nothing(
    licences: Subscription, staff: Actor, now: datetime
) -> None:
    with pytest.raises(PermissionDenied):
        bulk_moves.plan_many([licences.pk], SUPPORT, by=staff, at=now)


def test_a_target_date_in_the_past_is_refused_for_all(
    licences: Subscription, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="in the past"):
        bulk_moves.plan_many(
            [licences.pk], SUPPORT, target_on=now.date() - timedelta(days=1), by=anna, at=now
        )
    assert not Move.objects.exists()


def test_with_nothing_to_plan_nothing_is_logged(planned: Move, anna: Actor, now: datetime, log: Log) -> None:
    assert bulk_moves.plan_many([planned.subscription_id], SUPPORT, by=anna, at=now)[0].refusal
    assert log.verbs() == []


def test_a_row_about_several_customers_is_for_the_provider_alone(
    licences: Subscription, northwind: Partner, assigned: Any, anna: Actor, now: datetime, log: Log
) -> None:
    own = SubscriptionFactory(customer=licences.customer, channel=Channel.OPEN)
    other = SubscriptionFactory(customer=CustomerFactory(provider=northwind), channel=Channel.OPEN)
    bulk_moves.plan_many([own.pk], SUPPORT, by=anna, at=now)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    bulk_moves.plan_many([licences.pk, other.pk], SUPPORT, by=anna, at=now)
    assert log.readers() == {"Northwind Traders"}
    assert log.last().customer_ref is None


def test_a_customer_gets_one_mail_for_all_that_is_planned(
    contoso: Customer, confirmed: Contact, anna: Actor, mails: Mailbox, now: datetime
) -> None:
    rows = SubscriptionFactory.create_batch(3, customer=contoso, channel=Channel.CSP_OTHER, auto_renew="no")
    bulk_moves.plan_many([row.pk for row in rows], Path.WAIT_OR_CANCEL, by=anna, at=now)
    assert len(mails.all(event="step_yours", to=confirmed.email)) == 1


@pytest.mark.parametrize("act", ["preview", "plan_many"])
def test_many_of_a_customer_cost_the_queries_of_a_few(
    contoso: Customer, anna: Actor, now: datetime, act: str
) -> None:
    _cost_the_same(contoso, anna, now, act)


def test_so_do_those_whose_next_step_a_reseller_takes(
    assigned: Assignment, anna: Actor, luca: Actor, now: datetime
) -> None:
    assert luca.user is not None
    support = assigned.grant.relationship.grants.get(privilege=Privilege.SUPPORT)
    AssignmentFactory(grant=support, partnership=assigned.partnership)
    _cost_the_same(assigned.customer, anna, now, "plan")
    told = MoveStep.objects.filter(told_at__isnull=False)
    assert set(told.values_list("code", flat=True)) == {"support_contact"}
    assert set(Message.objects.filter(event="subscriptions/step_due").values_list("to", flat=True)) == {
        luca.user.email
    }


def _cost_the_same(contoso: Customer, anna: Actor, now: datetime, act: str) -> None:
    def asked(number: int) -> int:
        rows = SubscriptionFactory.create_batch(number, customer=contoso, channel=Channel.OPEN)
        keys = [row.pk for row in rows]
        read = list(rulings.with_facts(Subscription.objects.filter(pk__in=keys)))
        with CaptureQueriesContext(connection) as asked:
            if act == "preview":
                bulk_moves.preview(read, SUPPORT, actor=anna, at=now)
            else:
                bulk_moves.plan_many(keys, SUPPORT, by=anna, at=now)
        return len(asked)

    asked(1)  # what is read once, is read
    assert asked(3) == asked(9)  # of many more, SQLite inserts the steps in parts
