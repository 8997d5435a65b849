"""Moves: planned on what the rulebook opens, given up with a reason, asked about when the ruling changes."""

from datetime import date, datetime, timedelta

import pytest
from django.utils import translation

from customers import privileges
from customers.models import Assignment, Contact, Customer, Grant, Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Partner
from subscriptions import advice, moves, records, rulings
from subscriptions.models import Move, Subscription
from subscriptions.steps import SWITCH_PARTNER_IN
from subscriptions.vocabulary import Channel, Path, Status
from tests.conftest import TENANT, Log, Mailbox
from tests.factories import (
    CustomerFactory,
    MoveFactory,
    ProductFactory,
    SubscriptionFactory,
    TransferFactory,
    TransferItemFactory,
)

SUPPORT = Path.SUPPORT_IN_PLACE


def codes(move: Move, *, closed: bool | None = None) -> list[str]:
    """Return the codes of a move's steps in order, of all or of the closed or open ones."""
    return [step.code for step in move.steps.all() if closed is None or step.is_closed == closed]


def ruling_of(row: Subscription, at: datetime) -> rulings.Ruling:
    """Return today's ruling of a row."""
    row = rulings.with_facts(Subscription.objects.all()).get(pk=row.pk)
    ((_row, ruling),) = rulings.rule([row], at)
    return ruling


class TestPlan:
    def test_steps_are_those_of_the_open_path(
        self, licences: Subscription, anna: Actor, now: datetime
    ) -> None:
        move = moves.plan(licences, SUPPORT, by=anna, at=now)
        assert codes(move) == ["relationship", "grant", "assign", "support_contact", "first_task"]
        assert (move.status, move.edition, move.direction) == ("planned", "2016-12", "in")
        assert (move.decided_by, move.decided_at) == (anna.stamp, now)

    def test_what_is_still_missing_keeps_nobody_from_planning(
        self, licences: Subscription, anna: Actor, now: datetime
    ) -> None:
        assert codes(moves.plan(licences, SUPPORT, by=anna, at=now), closed=True) == []

    def test_what_is_on_record_closes_the_first_steps_by_the_systems_hand(
        self, licences: Subscription, accepted: Relationship, anna: Actor, now: datetime, log: Log
    ) -> None:
        move = moves.plan(licences, SUPPORT, by=anna, at=now)
        closed = [step for step in move.steps.all() if step.is_closed]
        assert [step.code for step in closed] == ["relationship", "grant"]
        assert {(step.done_by, step.done_user, step.outcome) for step in closed} == {
            ("Multicanale", None, "done")
        }
        assert {step.note for step in closed} == {""}  # no words in the language of whoever planned it
        assert closed[0].proof == "The customer has an active relationship with the provider."
        with translation.override("it"):
            assert closed[0].proof == "Il cliente ha una relazione attiva con il provider."
        assert Activity.objects.get(verb="move.planned").object_label == str(licences)
        assert log.last().verb == "move.planned"
        assert log.names(move, *closed)
        assert log.details()["closed_by_itself"] == ["relationship", "grant"]
        assert move.status == "planned"

    def test_a_live_assignment_closes_its_step_too(
        self, licences: Subscription, assigned: Assignment, anna: Actor, now: datetime
    ) -> None:
        move = moves.plan(licences, SUPPORT, by=anna, at=now)
        assert codes(move, closed=True) == ["relationship", "grant", "assign"]

    def test_a_provider_without_resellers_assigns_nothing(
        self, licences: Subscription, northwind: Partner, anna: Actor, now: datetime
    ) -> None:
        Partner.objects.filter(pk=northwind.pk).update(kind="direct_bill")
        assert "assign" not in codes(moves.plan(licences, SUPPORT, by=anna, at=now))

    def test_a_closed_path_is_refused_in_the_rulings_words(
        self, contoso: Customer, anna: Actor, now: datetime
    ) -> None:
        azure = SubscriptionFactory(
            customer=contoso, product=ProductFactory(family="azure", billing="usage"), term="", term_end=None
        )
        closed = next(one for one in ruling_of(azure, now).closed if one.path == SUPPORT)
        with pytest.raises(Refused) as refusal:
            moves.plan(azure, SUPPORT, by=anna, at=now)
        assert str(refusal.value) == str(closed.reason)
        assert refusal.value.field == "path"

    @pytest.mark.parametrize(
        ("path", "words"),
        [
            (Path.TRANSFER, "a page of its own"),
            (Path.CHANGE_RESELLER, "a page of its own"),
            (Path.OWNERSHIP_REQUEST, "knows no such path"),
            ("teleport", "a page of its own"),
        ],
    )
    def test_what_is_no_path_of_it_is_refused(
        self, licences: Subscription, anna: Actor, now: datetime, path: str, words: str
    ) -> None:
        with pytest.raises(Refused, match=words):
            moves.plan(licences, path, by=anna, at=now)

    def test_an_add_on_goes_with_its_base(self, licences: Subscription, anna: Actor, now: datetime) -> None:
        add_on = SubscriptionFactory(customer=licences.customer, parent=licences, channel=Channel.OPEN)
        with pytest.raises(Refused, match="goes the way of its subscription"):
            moves.plan(add_on, SUPPORT, by=anna, at=now)

    def test_a_second_open_move_is_refused(self, planned: Move, anna: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="under way"):
            moves.plan(planned.subscription, Path.REPLACE_LICENCES, by=anna, at=now)

    def test_after_one_was_given_up_another_is_planned(
        self, planned: Move, anna: Actor, now: datetime
    ) -> None:
        moves.abandon(planned, "Another way is better.", by=anna, at=now)
        again = moves.plan(planned.subscription, Path.REPLACE_LICENCES, by=anna, at=now)
        assert again.status == "planned"

    @pytest.mark.parametrize("side", ["subscription", "source"])
    def test_nothing_is_planned_while_a_transfer_waits(
        self, licences: Subscription, anna: Actor, now: datetime, side: str
    ) -> None:
        transfer = TransferFactory(customer=licences.customer, tenant_id=TENANT)
        TransferItemFactory(transfer=transfer, external_id="EXT-1", **{side: licences})
        with pytest.raises(Refused, match="waits for its answer"):
            moves.plan(licences, SUPPORT, by=anna, at=now)

    def test_a_transfer_nobody_answered_in_time_stops_nothing(
        self, licences: Subscription, anna: Actor, now: datetime
    ) -> None:
        transfer = TransferFactory(
            customer=licences.customer, tenant_id=TENANT, requested_at=now - timedelta(days=31)
        )
        TransferItemFactory(transfer=transfer, subscription=licences)
        assert moves.plan(licences, SUPPORT, by=anna, at=now).is_open

    def test_a_target_date_in_the_past_is_refused(
        self, licences: Subscription, anna: Actor, now: datetime
    ) -> None:
        with pytest.raises(Refused) as refusal:
            moves.plan(licences, SUPPORT, target_on=now.date() - timedelta(days=1), by=anna, at=now)
        assert refusal.value.field == "target_on"
        assert moves.plan(licences, SUPPORT, target_on=now.date(), by=anna, at=now).target_on == now.date()

    def test_another_provider_is_refused(self, licences: Subscription, tom: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="Only the company"):
            moves.plan(licences, SUPPORT, by=tom, at=now)

    def test_the_edition_is_kept_whatever_the_provider_chooses_later(
        self, licences: Subscription, northwind: Partner, anna: Actor, now: datetime
    ) -> None:
        move = moves.plan(licences, SUPPORT, by=anna, at=now)
        Partner.objects.filter(pk=northwind.pk).update(edition="2026")
        move.refresh_from_db()
        assert move.edition == "2016-12"

    def test_whoever_is_first_is_told(
        self,
        contoso: Customer,
        confirmed: Contact,
        anna: Actor,
        mails: Mailbox,
        now: datetime,
    ) -> None:
        wait = SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER, auto_renew="no")
        moves.plan(wait, Path.WAIT_OR_CANCEL, by=anna, at=now)
        assert mails.last("step_yours", to=confirmed.email)

    def test_a_refusal_writes_nothing(self, planned: Move, anna: Actor, now: datetime, log: Log) -> None:
        with pytest.raises(Refused):
            moves.plan(planned.subscription, SUPPORT, by=anna, at=now)
        assert log.verbs() == []


class TestAbandon:
    @pytest.mark.parametrize("done", [0, 2])
    def test_planned_or_under_way_it_is_given_up_with_a_reason(
        self, licences: Subscription, anna: Actor, now: datetime, log: Log, done: int
    ) -> None:
        move = MoveFactory(subscription=licences, done=done)
        moves.abandon(move, "The customer changed its mind.", by=anna, at=now)
        move.refresh_from_db()
        assert (move.status, move.reason) == ("abandoned", "The customer changed its mind.")
        assert (move.ended_by, move.ended_at) == (anna.stamp, now)
        assert len(codes(move, closed=True)) == done
        assert log.last().verb == "move.abandoned"

    def test_without_a_reason_it_is_refused(self, planned: Move, anna: Actor, now: datetime) -> None:
        with pytest.raises(Refused) as refusal:
            moves.abandon(planned, "  ", by=anna, at=now)
        assert refusal.value.field == "reason"

    @pytest.mark.parametrize("state", ["completed", "abandoned"])
    def test_what_is_over_stays_over(
        self, licences: Subscription, anna: Actor, now: datetime, state: str
    ) -> None:
        move = MoveFactory(subscription=licences, **{state: True})
        with pytest.raises(Refused, match="no longer possible"):
            moves.abandon(move, "Too late.", by=anna, at=now)

    def test_it_is_possible_although_the_subscription_has_ended_meanwhile(
        self, planned: Move, anna: Actor, now: datetime
    ) -> None:
        planned.subscription.move(Status.CANCELLED)
        assert moves.abandon(planned, "It was cancelled.", by=anna, at=now).status == "abandoned"

    def test_another_provider_is_refused(self, planned: Move, tom: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="Only the company"):
            moves.abandon(planned, "Mine.", by=tom, at=now)


class TestRetarget:
    def test_another_day_or_none(self, planned: Move, anna: Actor, now: datetime, log: Log) -> None:
        day = now.date() + timedelta(days=10)
        assert moves.retarget(planned, day, by=anna, at=now).target_on == day
        assert log.details()["target_on"] == day.isoformat()
        assert moves.retarget(planned, None, by=anna, at=now).target_on is None
        assert len(log.verbs()) == 2
        moves.retarget(planned, None, by=anna, at=now)
        assert len(log.verbs()) == 2

    def test_not_in_the_past(self, planned: Move, anna: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="in the past"):
            moves.retarget(planned, now.date() - timedelta(days=1), by=anna, at=now)

    def test_not_once_it_is_over(self, licences: Subscription, anna: Actor, now: datetime) -> None:
        move = MoveFactory(subscription=licences, completed=True)
        with pytest.raises(Refused, match="no longer possible"):
            moves.retarget(move, now.date(), by=anna, at=now)


class TestChangedRuling:
    def test_nothing_is_said_while_the_path_is_open(self, planned: Move, now: datetime) -> None:
        assert moves.changed_ruling(planned, ruling_of(planned.subscription, now)) == ""

    def test_it_says_why_the_path_is_closed_now(self, planned: Move, now: datetime) -> None:
        planned.subscription.move(Status.CANCELLED)
        ruling = ruling_of(planned.subscription, now)
        closed = next(one for one in ruling.closed if one.path == SUPPORT)
        assert moves.changed_ruling(planned, ruling) == str(closed.reason)

    def test_the_edition_it_was_planned_under_decides(
        self, contoso: Customer, northwind_2026: Partner, now: datetime
    ) -> None:
        row = SubscriptionFactory(customer=contoso, channel=Channel.EA)
        move = MoveFactory(subscription=row, edition="2016-12")
        ruling = ruling_of(row, now)
        assert ruling.edition == "2026"
        assert SUPPORT in {one.path for one in ruling.closed}
        assert moves.changed_ruling(move, ruling) == ""

    def test_a_path_in_the_other_direction_is_another(self, contoso: Customer, now: datetime) -> None:
        azure = ProductFactory(family="azure", billing="usage", azure_offer="legacy")
        row = SubscriptionFactory(customer=contoso, channel=Channel.CSP_OWN, product=azure)
        move = MoveFactory(subscription=row, path=Path.SWITCH_PARTNER, walk=SWITCH_PARTNER_IN)
        assert moves.changed_ruling(move, ruling_of(row, now))

    def test_what_the_move_itself_changed_does_not_count(self, contoso: Customer, now: datetime) -> None:
        row = SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER, status=Status.EXPIRED)
        move = MoveFactory(subscription=row, path=Path.WAIT_OR_CANCEL, done=2)
        assert moves.changed_ruling(move, ruling_of(row, now)) == ""
        fresh = MoveFactory(
            subscription=SubscriptionFactory(
                customer=contoso, channel=Channel.CSP_OTHER, status=Status.EXPIRED
            ),
            path=Path.WAIT_OR_CANCEL,
            done=1,
        )
        assert moves.changed_ruling(fresh, ruling_of(fresh.subscription, now))

    def test_going_on_is_remembered_until_it_changes_again(
        self, planned: Move, anna: Actor, now: datetime, log: Log
    ) -> None:
        row = planned.subscription
        row.move(Status.CANCELLED)
        moves.keep(planned, "The seller will reopen it.", by=anna, at=now)
        planned.refresh_from_db()
        assert (planned.kept_because, planned.kept_by) == ("The seller will reopen it.", anna.stamp)
        assert log.last().verb == "move.kept"
        assert moves.changed_ruling(planned, ruling_of(row, now)) == ""
        Customer.objects.filter(pk=row.customer_id).update(country="US")
        assert moves.changed_ruling(planned, ruling_of(row, now))

    def test_going_on_takes_a_reason_and_something_to_decide(
        self, planned: Move, anna: Actor, now: datetime
    ) -> None:
        with pytest.raises(Refused, match="opens this path"):
            moves.keep(planned, "Because.", by=anna, at=now)
        planned.subscription.move(Status.CANCELLED)
        with pytest.raises(Refused) as refusal:
            moves.keep(planned, "", by=anna, at=now)
        assert refusal.value.field == "reason"
        moves.keep(planned, "Because.", by=anna, at=now)
        with pytest.raises(Refused, match="decided already"):
            moves.keep(planned, "Again.", by=anna, at=now)


class TestSettle:
    def test_a_fact_that_came_true_closes_its_steps_for_the_system(
        self, licences: Subscription, anna: Actor, now: datetime, log: Log, request: pytest.FixtureRequest
    ) -> None:
        move = moves.plan(licences, SUPPORT, by=anna, at=now)
        request.getfixturevalue("accepted")
        before = len(log.verbs())
        assert moves.settle(now) == 1
        move.refresh_from_db()
        assert codes(move, closed=True) == ["relationship", "grant"]
        assert move.status == "in_progress"
        assert log.verbs()[before:] == ["move.settled"]
        assert log.last().actor_kind == "system"
        assert moves.settle(now) == 0

    def test_facts_that_are_not_there_close_nothing(self, planned: Move, now: datetime) -> None:
        assert not moves.to_settle(now).exists()
        assert moves.settle(now) == 0

    def test_a_withdrawn_grant_closes_nothing(
        self, licences: Subscription, accepted: Relationship, now: datetime
    ) -> None:
        accepted.grants.update(status=Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
        MoveFactory(subscription=licences, done=1)
        assert moves.settle(now) == 0

    def test_an_assignment_accepted_meanwhile_closes_its_step(
        self, licences: Subscription, offered: Assignment, luca: Actor, now: datetime
    ) -> None:
        move = MoveFactory(subscription=licences, done=2)
        assert moves.settle(now) == 0
        privileges.accept(offered, by=luca, at=now)
        assert moves.settle(now) == 1
        assert codes(move, closed=True)[-1] == "assign"

    def test_an_assignment_for_another_service_does_not(
        self, licences: Subscription, assigned: Assignment, now: datetime
    ) -> None:
        Assignment.objects.filter(pk=assigned.pk).update(family="azure")
        MoveFactory(subscription=licences, done=2)
        assert not moves.to_settle(now).exists()

    def test_a_family_another_csp_partner_administers_does_not(
        self, licences: Subscription, assigned: Assignment, accepted: Relationship, now: datetime
    ) -> None:
        accepted.statements.create(family="office365", stated_at=now, stated_by="Carla")
        MoveFactory(subscription=licences, done=2)
        assert not moves.to_settle(now).exists()
        assert moves.settle(now) == 0

    def test_a_support_contact_closes_its_step(
        self, licences: Subscription, accepted: Relationship, northwind: Partner, now: datetime
    ) -> None:
        move = MoveFactory(subscription=licences, done=3)
        assert moves.settle(now) == 0
        Subscription.objects.filter(pk=licences.pk).update(support_contact=northwind)
        assert moves.settle(now) == 1
        assert codes(move, closed=True)[-1] == "support_contact"

    def test_a_suspended_providers_wait(
        self, licences: Subscription, accepted: Relationship, northwind: Partner, now: datetime
    ) -> None:
        MoveFactory(subscription=licences)
        assert moves.to_settle(now).exists()
        Partner.objects.filter(pk=northwind.pk).update(status="suspended")
        assert moves.settle(now) == 0

    def test_what_is_over_is_left_alone(
        self, licences: Subscription, accepted: Relationship, now: datetime
    ) -> None:
        MoveFactory(subscription=licences, abandoned=True)
        assert moves.settle(now) == 0


class TestAdvice:
    @pytest.mark.parametrize(
        ("path", "auto_renew", "day"),
        [
            (Path.REPLACE_LICENCES, "yes", date(2026, 9, 10)),
            (Path.REPLACE_LICENCES, "no", date(2026, 9, 11)),
            (SUPPORT, "yes", None),
        ],
    )
    def test_a_replacement_is_best_close_to_the_end_of_the_term(
        self, contoso: Customer, now: datetime, path: str, auto_renew: str, day: date | None
    ) -> None:
        row = SubscriptionFactory(customer=contoso, auto_renew=auto_renew, term_end=date(2026, 9, 11))
        assert moves.recommended(row, path, now) == day

    def test_what_it_costs_is_said_before(self, contoso: Customer) -> None:
        row = SubscriptionFactory(customer=contoso, product=ProductFactory(one_per_customer=True))
        refund, gap = advice.cautions(row, Path.REPLACE_LICENCES)
        assert "no refund" in refund
        assert "it has none" in gap
        (off,) = advice.cautions(row, Path.WAIT_OR_CANCEL)
        assert "auto-renew off" in off
        row.term_end = None
        assert advice.cautions(row, Path.REPLACE_LICENCES) == [refund, gap]
        row.status = Status.EXPIRED
        assert advice.cautions(row, Path.REPLACE_LICENCES) == []
        assert advice.cautions(row, SUPPORT) == []

    def test_old_and_new_run_side_by_side_until_the_old_is_cancelled(
        self, contoso: Customer, now: datetime
    ) -> None:
        move = MoveFactory(
            subscription=SubscriptionFactory(customer=contoso), path=Path.MIGRATE_AZURE, done=2
        )
        assert advice.days_running_twice(move, now) is None
        ids = {"outcome": "done", "done_by": "Anna"}
        move.steps.filter(code="new_subscription").update(done_at=now, **ids)
        assert advice.days_running_twice(move, now + timedelta(days=3)) == 3
        move.steps.filter(code="cancel_old").update(done_at=now + timedelta(days=5), **ids)
        assert advice.days_running_twice(move, now + timedelta(days=30)) == 5


def test_a_form_changes_nothing_a_move_stands_on(
    planned: Move, seller: Actor, now: datetime, licences: Subscription
) -> None:
    details = records.Details(
        product=licences.product,
        channel=Channel.EA,
        seller_name=licences.seller_name,
        quantity=licences.quantity,
        started_on=licences.started_on,
        term_end=licences.term_end,
        term=licences.term,
        auto_renew=licences.auto_renew,
        billing_cycle=licences.billing_cycle,
    )
    with pytest.raises(Refused, match="under way") as refusal:
        records.edit(licences, details, version=licences.version, by=seller, at=now)
    assert refusal.value.field == "channel"


def test_a_customer_of_another_provider_is_none_of_its_moves(
    planned: Move, tom: Actor, wanda: Actor, anna: Actor
) -> None:
    MoveFactory(subscription=SubscriptionFactory(customer=CustomerFactory(provider=tom.partner)))
    assert list(Move.objects.visible_to(anna)) == [planned]
    assert planned not in Move.objects.visible_to(tom)
    assert planned not in Move.objects.visible_to(wanda)
