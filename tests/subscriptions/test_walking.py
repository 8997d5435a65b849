"""Steps of moves: in order, once, by whom they belong to, on what proves them; and what they make true."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from customers.models import Assignment, Contact, Customer, Grant, Relationship
from customers.privileges import contact_actor
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from subscriptions import records, steps, walking
from subscriptions.models import Move, MoveStep, Product, Subscription
from subscriptions.vocabulary import Channel, Path, Status
from subscriptions.walking import Given
from tests.conftest import Log, Mailbox
from tests.factories import (
    PDF,
    ContactFactory,
    CustomerFactory,
    InventoryItemFactory,
    MoveFactory,
    ProductFactory,
    SubscriptionFactory,
)

TODAY = date(2026, 3, 10)
REASON = "The customer called."
Close = Callable[..., Move]


def at_step(row: Subscription, walk: tuple[steps.Step, ...], code: str, **changes: Any) -> Move:
    """Return a move of a row, walked until the step of this code is the next."""
    done = [step.code for step in walk].index(code)
    return MoveFactory(subscription=row, walk=walk, done=done, **changes)


def step_of(move: Move, code: str) -> MoveStep:
    return move.steps.get(code=code)


def form() -> SimpleUploadedFile:
    return SimpleUploadedFile("form.pdf", PDF)


@pytest.fixture
def close(anna: Actor, now: datetime) -> Close:
    """Return a way to close the next step of a move, as Anna unless told otherwise."""

    def close_next(move: Move, given: Given = Given(note="Done."), **changes: Any) -> Move:  # noqa: B008 - frozen
        fresh = Move.objects.get(pk=move.pk)
        assert fresh.next is not None
        return walking.close(fresh.next, given, **{"by": anna, "at": now, **changes})

    return close_next


@pytest.fixture
def azure(db: None) -> Product:
    """The legacy Azure offer that is sold in CSP."""
    return ProductFactory(name="Azure", family="azure", billing="usage", azure_offer="legacy")


@pytest.fixture
def other_azure(contoso: Customer, azure: Product) -> Subscription:
    """Azure that another CSP partner sells Contoso."""
    return SubscriptionFactory(
        customer=contoso,
        product=azure,
        channel=Channel.CSP_OTHER,
        seller_name="Litware",
        external_id="CSP-OLD",
        entitlement_id="azure-1",
        term="",
        term_end=None,
        quantity=1,
    )


@pytest.fixture
def new(accepted: Relationship, licences: Subscription) -> Subscription:
    """What Northwind sells Contoso in place of its licences."""
    return SubscriptionFactory(
        customer=accepted.customer, channel=Channel.CSP_OWN, product=licences.product, external_id="CSP-NEW"
    )


# --- in order, once, while the move is open ----------------------------------------------------


class TestOrder:
    def test_a_step_waits_for_the_one_before_and_says_which(
        self, planned: Move, anna: Actor, now: datetime
    ) -> None:
        with pytest.raises(Refused, match="first “Accept the provider"):
            walking.close(step_of(planned, "first_task"), Given(note="Done."), by=anna, at=now)

    def test_a_step_closes_once(
        self, licences: Subscription, accepted: Relationship, close: Close, anna: Actor, now: datetime
    ) -> None:
        move = at_step(licences, steps.REPLACE_LICENCES, "offer")
        close(move)
        with pytest.raises(Refused, match="closed already"):
            walking.close(step_of(move, "offer"), Given(note="Again."), by=anna, at=now)
        assert step_of(move, "offer").note == "Done."

    @pytest.mark.parametrize("state", ["completed", "abandoned"])
    def test_nothing_closes_once_the_move_is_over(
        self, licences: Subscription, anna: Actor, now: datetime, state: str
    ) -> None:
        move = MoveFactory(subscription=licences, **{state: True})
        with pytest.raises(Refused, match="no longer possible"):
            walking.close(step_of(move, "first_task"), Given(note="Done."), by=anna, at=now)

    def test_the_first_step_closed_makes_it_under_way_the_last_completes_it(
        self, licences: Subscription, accepted: Relationship, close: Close, anna: Actor, log: Log
    ) -> None:
        move = at_step(licences, steps.MANUAL_REVIEW, "review", path=Path.MANUAL_REVIEW)
        assert move.status == "planned"
        done = close(move)
        assert (done.status, done.ended_by) == ("completed", anna.stamp)
        assert log.last().verb == "move.completed"
        assert log.details()["step"] == "review"

    def test_what_is_on_record_closes_the_next_steps_in_the_same_story(
        self, licences: Subscription, accepted: Relationship, close: Close, log: Log
    ) -> None:
        move = at_step(licences, steps.SUPPORT_IN_PLACE, "relationship")
        close(move)
        closed = move.steps.exclude(outcome="")
        assert [step.code for step in closed] == ["relationship", "grant"]
        assert log.verbs().count("move.step_closed") == 1
        assert log.details()["closed_by_itself"] == ["grant"]


# --- whose step it is --------------------------------------------------------------------------


class TestWhose:
    @pytest.mark.parametrize("who", ["seller", "helpdesk", "viewer", "tom", "luca", "staff"])
    def test_only_the_providers_agents_close_a_step_without_a_privilege(
        self,
        licences: Subscription,
        assigned: Assignment,
        close: Close,
        request: pytest.FixtureRequest,
        who: str,
    ) -> None:
        move = at_step(licences, steps.REPLACE_LICENCES, "offer")
        with pytest.raises(Refused, match="Only"):
            close(move, by=request.getfixturevalue(who))

    def test_a_reseller_closes_the_steps_of_the_privilege_it_holds(
        self, licences: Subscription, assigned: Assignment, fabrikam_agent: Actor, close: Close
    ) -> None:
        move = at_step(licences, steps.SUPPORT_IN_PLACE, "first_task")
        assert close(move, by=fabrikam_agent).status == "completed"

    def test_a_reseller_that_holds_support_becomes_the_contact_by_closing_its_step(
        self,
        licences: Subscription,
        assigned: Assignment,
        support: Grant,
        fabrikam_agent: Actor,
        close: Close,
    ) -> None:
        Assignment.objects.filter(pk=assigned.pk).update(grant=support, privilege="support")
        move = at_step(licences, steps.SUPPORT_IN_PLACE, "support_contact")
        close(move, by=fabrikam_agent)
        licences.refresh_from_db()
        assert licences.support_contact == assigned.reseller

    def test_nor_takes_the_contact_from_whom_the_provider_named(
        self,
        licences: Subscription,
        assigned: Assignment,
        support: Grant,
        fabrikam_agent: Actor,
        close: Close,
    ) -> None:
        Assignment.objects.filter(pk=assigned.pk).update(grant=support, privilege="support")
        Subscription.objects.filter(pk=licences.pk).update(support_contact=licences.provider)
        close(at_step(licences, steps.SUPPORT_IN_PLACE, "support_contact"), by=fabrikam_agent)
        licences.refresh_from_db()
        assert licences.support_contact == licences.provider

    def test_not_those_of_a_privilege_it_does_not_hold(
        self, licences: Subscription, assigned: Assignment, luca: Actor, close: Close
    ) -> None:
        move = at_step(licences, steps.SUPPORT_IN_PLACE, "support_contact")
        with pytest.raises(Refused, match="takes support for Microsoft 365 and Office 365"):
            close(move, by=luca)

    def test_not_those_of_another_service(
        self, licences: Subscription, assigned: Assignment, luca: Actor, close: Close
    ) -> None:
        Assignment.objects.filter(pk=assigned.pk).update(family="azure")
        with pytest.raises(Refused, match="you do not hold it now"):
            close(at_step(licences, steps.SUPPORT_IN_PLACE, "first_task"), by=luca)

    def test_not_once_its_privilege_is_over(
        self, licences: Subscription, assigned: Assignment, luca: Actor, close: Close, now: datetime
    ) -> None:
        late = now + timedelta(days=400)
        with pytest.raises(Refused):
            close(at_step(licences, steps.SUPPORT_IN_PLACE, "first_task"), by=luca, at=late)

    def test_a_resellers_salespeople_close_nothing(
        self, licences: Subscription, assigned: Assignment, fabrikam_seller: Actor, close: Close
    ) -> None:
        with pytest.raises(Refused, match="you do not hold it now"):
            close(at_step(licences, steps.SUPPORT_IN_PLACE, "first_task"), by=fabrikam_seller)

    def test_the_provider_needs_the_grant_a_step_takes(
        self, licences: Subscription, accepted: Relationship, close: Close, now: datetime
    ) -> None:
        grants = accepted.grants.filter(privilege="provisioning")
        grants.update(status=Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
        with pytest.raises(Refused, match="has not granted provisioning"):
            close(at_step(licences, steps.SUPPORT_IN_PLACE, "first_task"))

    def test_of_what_it_sells_itself_it_needs_none(
        self, licences: Subscription, new: Subscription, accepted: Relationship, close: Close, now: datetime
    ) -> None:
        accepted.grants.update(status=Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
        move = at_step(licences, steps.REPLACE_LICENCES, "reassign", successor=new)
        assert close(move).status == "in_progress"

    def test_another_csp_partner_on_the_service_shuts_it_under_2016(
        self, licences: Subscription, accepted: Relationship, close: Close, now: datetime
    ) -> None:
        accepted.statements.create(family="office365", stated_at=now, stated_by="Carla")
        move = at_step(licences, steps.SUPPORT_IN_PLACE, "first_task")
        with pytest.raises(Refused, match="No other CSP partner holds privileges"):
            close(move)
        Partner.objects.filter(pk=accepted.provider_id).update(edition="2026")
        assert close(move).status == "completed"

    def test_a_confirmed_contact_closes_the_customers_steps_without_a_reason(
        self, other_azure: Subscription, confirmed: Contact, close: Close
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        close(
            move,
            Given(happened_on=TODAY),
            by=contact_actor(confirmed),
            contact=confirmed,
        )
        step = step_of(move, "sign_customer")
        assert (step.done_contact, step.done_user, step.done_by) == (
            confirmed,
            None,
            contact_actor(confirmed).stamp,
        )

    def test_a_contact_closes_nobody_elses_steps(
        self, other_azure: Subscription, confirmed: Contact, close: Close
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "upload")
        with pytest.raises(Refused, match="not your step"):
            close(move, Given(happened_on=TODAY), by=contact_actor(confirmed), contact=confirmed)

    def test_a_contact_nobody_confirmed_closes_nothing(
        self, other_azure: Subscription, carla: Contact, close: Close
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        for contact in (carla, None):
            with pytest.raises(Refused, match="Only a confirmed contact"):
                close(move, Given(happened_on=TODAY), by=contact_actor(carla), contact=contact)

    def test_nor_does_one_of_another_customer(
        self, other_azure: Subscription, northwind: Partner, close: Close, now: datetime
    ) -> None:
        other = ContactFactory(
            customer=CustomerFactory(provider=northwind),
            status=Contact.Status.CONFIRMED,
            confirmed_at=now,
            confirmed_by="Otto",
        )
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        with pytest.raises(Refused, match="Only a confirmed contact"):
            close(move, Given(happened_on=TODAY), by=contact_actor(other), contact=other)

    @pytest.mark.parametrize("code", ["sign_current", "sign_customer"])
    def test_the_provider_closes_what_is_not_its_own_only_with_a_reason(
        self, other_azure: Subscription, accepted: Relationship, close: Close, code: str
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, code)
        with pytest.raises(Refused) as refusal:
            close(move, Given(happened_on=TODAY))
        assert refusal.value.field == "reason"
        close(move, Given(happened_on=TODAY, reason=REASON))
        assert step_of(move, code).reason == REASON

    def test_nothing_goes_on_under_a_suspended_provider(
        self, other_azure: Subscription, confirmed: Contact, close: Close
    ) -> None:
        Partner.objects.filter(pk=other_azure.provider_id).update(status="suspended")
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        with pytest.raises(Refused, match="suspended"):
            close(move, Given(happened_on=TODAY), by=contact_actor(confirmed), contact=confirmed)

    def test_the_customer_is_told_of_what_was_closed_in_its_name(
        self, other_azure: Subscription, confirmed: Contact, close: Close, mails: Mailbox
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        close(move, Given(happened_on=TODAY, reason=REASON))
        assert mails.last("step_done", to=confirmed.email)

    def test_the_log_names_the_step_and_keeps_the_reason_apart(
        self, other_azure: Subscription, accepted: Relationship, close: Close, log: Log
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        close(move, Given(happened_on=TODAY, reason=REASON))
        assert log.names(move, step_of(move, "sign_customer"))
        assert REASON not in log.last().details
        assert REASON in log.last().person.text
        assert log.whole()


# --- facts and needs ---------------------------------------------------------------------------


class TestGates:
    @pytest.mark.parametrize("code", ["relationship", "grant", "assign", "support_contact"])
    def test_a_step_that_rests_on_a_fact_closes_only_once_it_is_so(
        self, licences: Subscription, accepted: Relationship, close: Close, now: datetime, code: str
    ) -> None:
        move = at_step(licences, steps.SUPPORT_IN_PLACE, code)
        if code in ("relationship", "grant"):
            accepted.grants.update(status="withdrawn", stopped_at=now, stopped_by="Carla")
        if code == "relationship":
            accepted.move(Relationship.Status.ENDED, ended_at=now, ended_by="Anna")
        with pytest.raises(Refused, match=r"Still missing|once it is so"):
            close(move, Given(note="It is so, believe me.", reason=REASON))

    @pytest.mark.parametrize(
        ("walk", "code"),
        [
            (steps.REPLACE_LICENCES, "buy"),
            (steps.CHANNEL_TRANSFER, "schedule"),
            (steps.CHANNEL_TRANSFER, "renewed"),
            (steps.MIGRATE_AZURE, "new_subscription"),
            (steps.OWNERSHIP_REQUEST, "ownership_filed"),
            (steps.OWNERSHIP_REQUEST, "ownership_done"),
            (steps.SWITCH_PARTNER_IN, "sign_new"),
            (steps.SWITCH_PARTNER_IN, "confirmed"),
        ],
    )
    def test_who_becomes_the_seller_has_the_relationship_and_the_agreement(
        self,
        licences: Subscription,
        accepted: Relationship,
        anna: Actor,
        now: datetime,
        walk: tuple[steps.Step, ...],
        code: str,
    ) -> None:
        move = at_step(licences, walk, code)
        assert walking.why_not(step_of(move, code), anna, now) == ""
        accepted.acceptance.agreement = None
        accepted.acceptance.save()
        assert "agreement is accepted" in walking.why_not(step_of(move, code), anna, now)
        accepted.move(Relationship.Status.ENDED, ended_at=now, ended_by="Anna")
        assert "active relationship" in walking.why_not(step_of(move, code), anna, now)

    @pytest.mark.parametrize("code", ["sign_new", "confirmed"])
    def test_a_switch_stays_in_one_country(
        self, other_azure: Subscription, accepted: Relationship, anna: Actor, now: datetime, code: str
    ) -> None:
        other_azure.customer.country = "FR"
        other_azure.customer.save()
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, code)
        assert "same country" in walking.why_not(step_of(move, code), anna, now)

    def test_once_the_relationship_has_ended_the_providers_steps_wait(
        self, licences: Subscription, accepted: Relationship, anna: Actor, now: datetime
    ) -> None:
        move = at_step(licences, steps.REPLACE_LICENCES, "offer")
        accepted.move(Relationship.Status.ENDED, ended_at=now, ended_by="Anna")
        assert "active relationship" in walking.why_not(step_of(move, "offer"), anna, now)

    def test_the_page_and_the_story_say_the_same(
        self, planned: Move, anna: Actor, luca: Actor, now: datetime
    ) -> None:
        for actor in (anna, luca):
            for step in planned.steps.all():
                words = walking.why_not(step, actor, now)
                with pytest.raises(Refused) as refusal:
                    walking.close(step, Given(note="Done.", reason=REASON), by=actor, at=now)
                assert words
                assert str(refusal.value) == words


# --- what proves a step ------------------------------------------------------------------------


class TestProof:
    def test_a_note(self, licences: Subscription, accepted: Relationship, close: Close) -> None:
        with pytest.raises(Refused) as refusal:
            close(at_step(licences, steps.REPLACE_LICENCES, "offer"), Given(note=" "))
        assert refusal.value.field == "note"

    def test_a_reference(self, other_azure: Subscription, close: Close) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "ticket")
        with pytest.raises(Refused) as refusal:
            close(move, Given(reason=REASON))
        assert refusal.value.field == "reference"
        close(move, Given(reference="  TRK-1 ", reason=REASON))
        assert step_of(move, "ticket").reference == "TRK-1"

    @pytest.mark.parametrize(
        ("day", "words"),
        [
            (None, "Give the day"),
            (TODAY + timedelta(days=1), "still to come"),
            (date(2009, 12, 31), "Check the year"),
            (date(2026, 2, 28), "cannot lie before"),
        ],
    )
    def test_a_day_that_can_be_true(
        self, other_azure: Subscription, close: Close, day: date | None, words: str
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        move.steps.filter(code="sign_current").update(happened_on=date(2026, 3, 1))
        with pytest.raises(Refused, match=words) as refusal:
            close(move, Given(happened_on=day, reason=REASON))
        assert refusal.value.field == "happened_on"

    def test_the_day_is_the_providers(self, other_azure: Subscription, close: Close, now: datetime) -> None:
        Partner.objects.filter(pk=other_azure.provider_id).update(time_zone="Pacific/Auckland")
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "sign_customer")
        late = now.replace(hour=20)  # the next day has begun there
        close(move, Given(happened_on=TODAY + timedelta(days=1), reason=REASON), at=late)

    def test_a_document(self, other_azure: Subscription, confirmed: Contact, close: Close) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "written_request")
        who: dict[str, Any] = {"by": contact_actor(confirmed), "contact": confirmed}
        with pytest.raises(Refused) as refusal:
            close(move, Given(happened_on=TODAY), **who)
        assert refusal.value.field == "files"
        close(move, Given(happened_on=TODAY, files=(form(), form())), **who)
        kept = step_of(move, "written_request").files.all()
        assert [one.name for one in kept] == ["form.pdf", "form.pdf"]
        assert {one.uploaded_by for one in kept} == {contact_actor(confirmed).stamp}

    def test_what_is_refused_keeps_no_file(
        self, other_azure: Subscription, confirmed: Contact, close: Close
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "written_request")
        page = SimpleUploadedFile("page.pdf", b"<html></html>")
        with pytest.raises(Refused, match="not a PDF"):
            close(move, Given(happened_on=TODAY, files=(form(), page), reason=REASON))
        assert not step_of(move, "written_request").files.exists()
        assert not step_of(move, "written_request").is_closed

    def test_not_more_files_than_anybody_reads(
        self, planned: Move, accepted: Relationship, close: Close
    ) -> None:
        with pytest.raises(Refused, match="At most 10"):
            close(planned, Given(files=tuple(form() for _one in range(11))))


# --- both ids: switched, or asked for ----------------------------------------------------------

IDS = Given(reference="CSP-NEW", entitlement_id="azure-1")


class TestIds:
    @pytest.mark.parametrize(
        ("reference", "entitlement", "field"),
        [
            ("", "azure-1", "reference"),
            ("CSP-NEW", "", "entitlement_id"),
            ("CSP-OLD", "azure-1", "reference"),
            ("azure-1", "azure-1", "reference"),
            ("CSP-TAKEN", "azure-1", "reference"),
            ("CSP-NEW", "azure-2", "entitlement_id"),
        ],
    )
    def test_a_new_one_in_csp_and_the_unchanged_one_of_azure(
        self,
        other_azure: Subscription,
        accepted: Relationship,
        close: Close,
        reference: str,
        entitlement: str,
        field: str,
    ) -> None:
        SubscriptionFactory(customer=other_azure.customer, external_id="CSP-TAKEN")
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "confirmed")
        with pytest.raises(Refused) as refusal:
            close(move, Given(reference=reference, entitlement_id=entitlement))
        assert refusal.value.field == field

    def test_what_was_switched_is_the_providers_own_with_its_add_ons(
        self, other_azure: Subscription, accepted: Relationship, close: Close, log: Log
    ) -> None:
        add_on = SubscriptionFactory(
            customer=other_azure.customer, parent=other_azure, channel=Channel.CSP_OTHER, external_id="ADD-1"
        )
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "confirmed")
        close(move, IDS)
        other_azure.refresh_from_db()
        add_on.refresh_from_db()
        assert (other_azure.channel, other_azure.external_id, other_azure.entitlement_id) == (
            Channel.CSP_OWN,
            "CSP-NEW",
            "azure-1",
        )
        assert (other_azure.seller, other_azure.version) == (accepted.provider, 2)
        assert (add_on.channel, add_on.external_id, add_on.seller) == (
            Channel.CSP_OWN,
            "ADD-1",
            accepted.provider,
        )
        step = step_of(move, "confirmed")
        assert (step.reference, step.entitlement_id) == ("CSP-NEW", "azure-1")
        assert log.names(move, other_azure, add_on)

    def test_the_old_partners_access_is_removed_after_and_completes_it(
        self, other_azure: Subscription, accepted: Relationship, close: Close
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "confirmed")
        close(move, IDS)
        assert close(move, Given(note="Two owners, removed.")).status == "completed"

    def test_by_then_it_is_sold_here_and_its_access_needs_no_grant(
        self, other_azure: Subscription, accepted: Relationship, close: Close, now: datetime
    ) -> None:
        move = at_step(other_azure, steps.SWITCH_PARTNER_IN, "confirmed")
        accepted.grants.update(status=Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
        close(move, IDS)
        assert close(move).status == "completed"

    def test_what_has_ended_is_not_taken_over(
        self, other_azure: Subscription, accepted: Relationship, close: Close
    ) -> None:
        other_azure.move(Status.CANCELLED)
        with pytest.raises(Refused, match="nothing to take over"):
            close(at_step(other_azure, steps.SWITCH_PARTNER_IN, "confirmed"), IDS)

    def test_ownership_asked_for_puts_it_under_the_azure_plan(
        self, contoso: Customer, accepted: Relationship, close: Close
    ) -> None:
        agreement = ProductFactory(family="azure", billing="usage", azure_offer="other", sold_in_csp=False)
        plan = ProductFactory(family="azure", billing="usage", azure_offer="plan")
        row = SubscriptionFactory(customer=contoso, channel=Channel.EA, product=agreement, term_end=None)
        close(at_step(row, steps.OWNERSHIP_REQUEST, "ownership_done"), IDS)
        row.refresh_from_db()
        assert (row.channel, row.product, row.external_id) == (Channel.CSP_OWN, plan, "CSP-NEW")


class TestSwitchOut:
    @pytest.fixture
    def ours(self, accepted: Relationship, azure: Product) -> Subscription:
        return SubscriptionFactory(customer=accepted.customer, channel=Channel.CSP_OWN, product=azure)

    def test_what_the_customer_takes_away_is_closed_as_transferred(
        self, ours: Subscription, close: Close, log: Log
    ) -> None:
        add_on = SubscriptionFactory(customer=ours.customer, parent=ours, channel=Channel.CSP_OWN)
        move = at_step(ours, steps.SWITCH_PARTNER_OUT, "out_closed", direction="out")
        assert close(move, Given(happened_on=TODAY)).status == "completed"
        for row in (ours, add_on):
            row.refresh_from_db()
            assert row.status == Status.TRANSFERRED
        assert log.names(ours, add_on)

    def test_not_what_is_not_active(self, ours: Subscription, close: Close) -> None:
        ours.move(Status.SUSPENDED)
        with pytest.raises(Refused, match="no longer possible"):
            close(at_step(ours, steps.SWITCH_PARTNER_OUT, "out_closed"), Given(happened_on=TODAY))


# --- bought anew: what takes the place of the old ----------------------------------------------


class TestSuccessor:
    @pytest.fixture
    def buying(self, licences: Subscription, accepted: Relationship) -> Move:
        return at_step(licences, steps.REPLACE_LICENCES, "buy")

    def test_one_on_record_takes_the_place(
        self, buying: Move, new: Subscription, close: Close, log: Log
    ) -> None:
        move = close(buying, Given(successor=new))
        new.refresh_from_db()
        assert (move.successor, new.replaces) == (new, buying.subscription)
        assert log.names(move, new)

    def test_or_a_new_one_is_recorded_in_the_same_story(
        self, buying: Move, licences: Subscription, close: Close, log: Log, anna: Actor
    ) -> None:
        details = records.Details(
            product=licences.product,
            channel=Channel.CSP_OWN,
            quantity=12,
            started_on=TODAY,
            term="P1Y",
            term_end=date(2027, 3, 10),
            external_id="CSP-NEW",
        )
        before = len(log.verbs())
        move = close(buying, Given(successor=details))
        assert move.successor is not None
        assert (move.successor.quantity, move.successor.external_id) == (12, "CSP-NEW")
        assert (move.successor.seller, move.successor.replaces) == (licences.provider, licences)
        assert log.verbs()[before:] == ["move.step_closed"]
        assert log.names(move.successor)

    def test_a_known_id_is_refused_and_nothing_is_written(
        self, buying: Move, licences: Subscription, new: Subscription, close: Close
    ) -> None:
        details = records.Details(
            product=licences.product, channel=Channel.CSP_OWN, external_id=new.external_id
        )
        with pytest.raises(Refused) as refusal:
            close(buying, Given(successor=details))
        assert refusal.value.field == "external_id"
        assert not step_of(buying, "buy").is_closed

    def test_without_one_it_is_refused(self, buying: Move, close: Close) -> None:
        with pytest.raises(Refused) as refusal:
            close(buying, Given())
        assert refusal.value.field == "successor"

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"channel": Channel.CSP_OTHER}, "you sell in CSP"),
            ({"status": Status.CANCELLED}, "over already"),
            ({"is_trial": True}, "Neither a trial"),
        ],
    )
    def test_what_cannot_take_the_place_is_refused(
        self, buying: Move, new: Subscription, close: Close, changes: dict[str, Any], words: str
    ) -> None:
        for name, value in changes.items():
            setattr(new, name, value)
        new.save()
        with pytest.raises(Refused, match=words):
            close(buying, Given(successor=new))

    def test_nor_one_that_was_cancelled_since_it_was_chosen(
        self, buying: Move, new: Subscription, close: Close
    ) -> None:
        Subscription.objects.filter(pk=new.pk).update(status=Status.CANCELLED)
        with pytest.raises(Refused, match="over already"):
            close(buying, Given(successor=new))

    def test_nor_what_is_billed_in_another_way(
        self, buying: Move, new: Subscription, azure: Product, close: Close
    ) -> None:
        new.product = azure
        new.save()
        with pytest.raises(Refused, match="billed in another way"):
            close(buying, Given(successor=new))

    def test_nor_one_of_another_customer(self, buying: Move, northwind: Partner, close: Close) -> None:
        other = SubscriptionFactory(customer=CustomerFactory(provider=northwind), channel=Channel.CSP_OWN)
        with pytest.raises(Refused, match="same customer"):
            close(buying, Given(successor=other))

    def test_nor_an_add_on(self, buying: Move, new: Subscription, close: Close) -> None:
        add_on = SubscriptionFactory(customer=new.customer, parent=new, channel=Channel.CSP_OWN)
        with pytest.raises(Refused, match="add-on"):
            close(buying, Given(successor=add_on))

    @pytest.mark.parametrize("state", ["in_progress", "completed"])
    def test_nor_one_that_took_anothers_place(
        self, buying: Move, new: Subscription, close: Close, now: datetime, state: str
    ) -> None:
        other = SubscriptionFactory(customer=new.customer, channel=Channel.OPEN)
        MoveFactory(
            subscription=other, successor=new, **({"completed": True} if state == "completed" else {})
        )
        with pytest.raises(Refused, match="another subscription already"):
            close(buying, Given(successor=new))

    def test_one_of_a_move_that_was_given_up_is_free_again(
        self, buying: Move, licences: Subscription, new: Subscription, close: Close
    ) -> None:
        MoveFactory(subscription=licences, successor=new, abandoned=True)
        assert close(buying, Given(successor=new)).successor == new


# --- the end of the old ------------------------------------------------------------------------


class TestEndOfTheOld:
    @pytest.mark.parametrize(
        ("term_end", "status"),
        [(date(2026, 3, 9), Status.EXPIRED), (TODAY, Status.EXPIRED), (date(2026, 9, 1), Status.CANCELLED)],
    )
    def test_it_has_run_out_or_was_cancelled_by_its_day(
        self,
        licences: Subscription,
        new: Subscription,
        close: Close,
        term_end: date,
        status: str,
    ) -> None:
        Subscription.objects.filter(pk=licences.pk).update(started_on=None, term_end=term_end)
        add_on = SubscriptionFactory(customer=licences.customer, parent=licences, channel=Channel.OPEN)
        move = at_step(licences, steps.REPLACE_LICENCES, "end_old", successor=new)
        assert close(move, Given(happened_on=TODAY, reason=REASON)).status == "completed"
        for row in (licences, add_on):
            row.refresh_from_db()
            assert row.status == status

    def test_what_had_ended_already_stays_as_it_ended(
        self, licences: Subscription, new: Subscription, close: Close
    ) -> None:
        licences.move(Status.CANCELLED)
        ended = {"started_on": None, "term_end": TODAY}
        Subscription.objects.filter(pk=licences.pk).update(**ended)
        add_on = SubscriptionFactory(customer=licences.customer, parent=licences, channel=Channel.OPEN)
        move = at_step(licences, steps.REPLACE_LICENCES, "end_old", successor=new)
        close(move, Given(happened_on=TODAY, reason=REASON))
        licences.refresh_from_db()
        add_on.refresh_from_db()
        assert (licences.status, add_on.status) == (Status.CANCELLED, Status.EXPIRED)

    def test_what_never_became_active_was_cancelled(
        self, licences: Subscription, new: Subscription, close: Close
    ) -> None:
        pending = {"status": Status.PENDING, "started_on": None, "term_end": TODAY}
        Subscription.objects.filter(pk=licences.pk).update(**pending)
        move = at_step(licences, steps.REPLACE_LICENCES, "end_old", successor=new)
        close(move, Given(happened_on=TODAY, reason=REASON))
        licences.refresh_from_db()
        assert licences.status == Status.CANCELLED

    def test_of_what_a_customer_holds_once_the_old_ends_before_the_new_is_bought(
        self, contoso: Customer, accepted: Relationship, close: Close, anna: Actor, now: datetime
    ) -> None:
        product = ProductFactory(one_per_customer=True)
        row = SubscriptionFactory(customer=contoso, product=product, channel=Channel.OPEN)
        move = at_step(row, steps.REPLACE_ONE_PER_CUSTOMER, "end_old")
        with pytest.raises(Refused, match="first “End the old subscription"):
            walking.close(step_of(move, "buy"), Given(), by=anna, at=now)


class TestWaitOrCancel:
    @pytest.fixture
    def theirs(self, contoso: Customer) -> Subscription:
        """Licences another CSP partner sells; their term has just ended."""
        return SubscriptionFactory(
            customer=contoso,
            channel=Channel.CSP_OTHER,
            auto_renew="no",
            started_on=date(2025, 3, 5),
            term_end=date(2026, 3, 5),
        )

    def choose(self, close: Close, row: Subscription, choice: str) -> Move:
        move = at_step(row, steps.WAIT_OR_CANCEL, "choose", path=Path.WAIT_OR_CANCEL)
        return close(move, Given(choice=choice, reason=REASON))

    def test_only_what_is_offered_is_chosen(self, theirs: Subscription, close: Close) -> None:
        for choice in ("", "whole", "later"):
            with pytest.raises(Refused) as refusal:
                self.choose(close, theirs, choice)
            assert refusal.value.field == "choice"
            Move.objects.update(status="abandoned", reason="x", ended_at="2026-03-10T00:00Z", ended_by="x")

    @pytest.mark.parametrize("auto_renew", ["yes", "unknown"])
    def test_waiting_takes_auto_renew_off(self, theirs: Subscription, close: Close, auto_renew: str) -> None:
        Subscription.objects.filter(pk=theirs.pk).update(auto_renew=auto_renew)
        with pytest.raises(Refused, match="auto-renew off"):
            self.choose(close, theirs, "wait")

    def test_and_an_end_somebody_knows(self, theirs: Subscription, close: Close) -> None:
        Subscription.objects.filter(pk=theirs.pk).update(term_end=None)
        with pytest.raises(Refused, match="end of the term is unknown"):
            self.choose(close, theirs, "wait")

    def test_who_waits_waits_until_the_end(self, theirs: Subscription, close: Close) -> None:
        move = self.choose(close, theirs, "wait")
        with pytest.raises(Refused, match="waits for the end of the term"):
            close(move, Given(happened_on=date(2026, 3, 4), reason=REASON))
        close(move, Given(happened_on=date(2026, 3, 5), reason=REASON))
        theirs.refresh_from_db()
        assert theirs.status == Status.EXPIRED

    def test_who_cancels_does_so_any_day(self, theirs: Subscription, close: Close) -> None:
        move = self.choose(close, theirs, "cancel")
        close(move, Given(happened_on=date(2026, 3, 4), reason=REASON))
        theirs.refresh_from_db()
        assert theirs.status == Status.CANCELLED

    def test_then_it_is_bought(
        self, theirs: Subscription, accepted: Relationship, new: Subscription, close: Close
    ) -> None:
        move = self.choose(close, theirs, "cancel")
        close(move, Given(happened_on=date(2026, 3, 4), reason=REASON))
        done = close(move, Given(successor=new))
        new.refresh_from_db()
        assert (done.status, new.replaces) == ("completed", theirs)


# --- Azure, migrated ---------------------------------------------------------------------------


class TestMigration:
    @pytest.fixture
    def enrolled(self, contoso: Customer, accepted: Relationship, azure: Product) -> Subscription:
        """Azure of Contoso's Enterprise Agreement."""
        return SubscriptionFactory(customer=contoso, channel=Channel.EA, product=azure, term_end=None)

    def at(self, row: Subscription, code: str) -> Move:
        return at_step(row, steps.MIGRATE_AZURE, code, path=Path.MIGRATE_AZURE)

    def test_the_inventory_closes_only_once_none_is_unknown(
        self, enrolled: Subscription, close: Close
    ) -> None:
        move = self.at(enrolled, "inventory")
        with pytest.raises(Refused, match="List the services"):
            close(move)
        item = InventoryItemFactory(move=move, name="Virtual machines")
        with pytest.raises(Refused, match="Nobody knows yet whether CSP offers: Virtual machines"):
            close(move)
        item.availability = "not_available"
        item.save()
        with pytest.raises(Refused, match="nothing to move"):
            close(move)
        InventoryItemFactory(move=move, availability="available")
        assert close(move).next is not None

    def test_everything_available_moves_before_it_goes_on(self, enrolled: Subscription, close: Close) -> None:
        move = self.at(enrolled, "move_data")
        InventoryItemFactory(move=move, availability="not_available", name="Marketplace")
        InventoryItemFactory(move=move, moved=True, name="Storage")
        waiting = InventoryItemFactory(move=move, availability="available", name="SQL")
        with pytest.raises(Refused, match="Not moved yet: SQL"):
            close(move)
        waiting.delete()
        close(move)

    def test_a_second_person_verifies(
        self, enrolled: Subscription, close: Close, anna: Actor, agent: Actor
    ) -> None:
        move = self.at(enrolled, "verify")
        InventoryItemFactory(move=move, moved=True, moved_user=anna.user)
        with pytest.raises(Refused, match="a second person"):
            close(move)
        close(move, by=agent)

    def test_nor_does_whoever_closed_the_moving(
        self, enrolled: Subscription, close: Close, anna: Actor, agent: Actor
    ) -> None:
        move = self.at(enrolled, "verify")
        move.steps.filter(code="move_data").update(done_user=agent.user)
        with pytest.raises(Refused, match="a second person"):
            close(move, by=agent)
        close(move, by=anna)

    def test_the_whole_is_cancelled_only_when_nothing_stays_behind(
        self, enrolled: Subscription, close: Close
    ) -> None:
        move = self.at(enrolled, "cancel_old")
        moved = InventoryItemFactory(move=move, moved=True)
        behind = InventoryItemFactory(move=move, availability="not_available", name="Marketplace")
        with pytest.raises(Refused, match="these stay behind: Marketplace"):
            close(move, Given(choice="whole", reason=REASON))
        behind.delete()
        close(move, Given(choice="whole", reason=REASON))
        enrolled.refresh_from_db()
        moved.refresh_from_db()
        assert enrolled.status == Status.CANCELLED
        assert moved.cancelled_at is not None

    def test_with_a_service_left_behind_the_moved_ones_go_one_by_one_and_the_old_stays(
        self, enrolled: Subscription, close: Close
    ) -> None:
        move = self.at(enrolled, "cancel_old")
        InventoryItemFactory(move=move, availability="not_available")
        running = InventoryItemFactory(move=move, moved=True, name="Storage")
        with pytest.raises(Refused, match="Not cancelled yet where they ran before: Storage"):
            close(move, Given(choice="services", reason=REASON))
        running.cancelled_at, running.cancelled_by = running.moved_at, "Carla"
        running.save()
        close(move, Given(choice="services", reason=REASON))
        enrolled.refresh_from_db()
        assert enrolled.status == Status.ACTIVE

    def test_the_old_access_is_removed_last(self, enrolled: Subscription, close: Close) -> None:
        move = self.at(enrolled, "remove_access")
        assert close(move, Given(note="Removed.", reason=REASON)).status == "completed"


# --- not needed --------------------------------------------------------------------------------


class TestSkip:
    def test_what_cannot_be_left_out_is_not(
        self, licences: Subscription, accepted: Relationship, anna: Actor, now: datetime
    ) -> None:
        move = at_step(licences, steps.REPLACE_LICENCES, "offer")
        with pytest.raises(Refused, match="cannot be left out"):
            walking.skip(step_of(move, "offer"), "No.", by=anna, at=now)

    def test_with_a_reason_the_provider_looks_after_it_itself(
        self, licences: Subscription, accepted: Relationship, anna: Actor, now: datetime, log: Log
    ) -> None:
        move = at_step(licences, steps.SUPPORT_IN_PLACE, "assign")
        with pytest.raises(Refused) as refusal:
            walking.skip(step_of(move, "assign"), " ", by=anna, at=now)
        assert refusal.value.field == "reason"
        walking.skip(step_of(move, "assign"), "We do it.", by=anna, at=now)
        step = step_of(move, "assign")
        assert (step.outcome, step.reason, step.done_by) == ("not_needed", "We do it.", anna.stamp)
        assert log.last().verb == "move.step_not_needed"

    @pytest.mark.parametrize(
        ("code", "privilege"), [("support_contact", "support"), ("first_task", "provisioning")]
    )
    def test_what_serves_a_privilege_is_needed_while_it_is_granted(
        self,
        licences: Subscription,
        accepted: Relationship,
        anna: Actor,
        now: datetime,
        code: str,
        privilege: str,
    ) -> None:
        move = at_step(licences, steps.SUPPORT_IN_PLACE, code)
        with pytest.raises(Refused, match="this step is needed"):
            walking.skip(step_of(move, code), "No.", by=anna, at=now)
        grants = accepted.grants.filter(privilege=privilege)
        grants.update(status="withdrawn", stopped_at=now, stopped_by="Carla")
        walking.skip(step_of(move, code), "Not granted.", by=anna, at=now)

    @pytest.mark.parametrize(
        ("quantity", "same_product", "needed"), [(10, True, False), (11, True, True), (10, False, True)]
    )
    def test_licences_are_not_reassigned_if_offer_and_count_are_the_same(
        self,
        licences: Subscription,
        new: Subscription,
        anna: Actor,
        now: datetime,
        quantity: int,
        same_product: bool,
        needed: bool,
    ) -> None:
        new.quantity = quantity
        new.product = licences.product if same_product else ProductFactory()
        new.save()
        move = at_step(licences, steps.REPLACE_LICENCES, "reassign", successor=new)
        step = step_of(move, "reassign")
        if needed:
            with pytest.raises(Refused, match="have to be reassigned"):
                walking.skip(step, "The same.", by=anna, at=now)
        else:
            walking.skip(step, "The same.", by=anna, at=now)

    def test_in_order_too(self, planned: Move, anna: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="in order"):
            walking.skip(step_of(planned, "assign"), "No.", by=anna, at=now)

    def test_by_nobody_else(
        self, licences: Subscription, accepted: Relationship, seller: Actor, now: datetime
    ) -> None:
        move = at_step(licences, steps.SUPPORT_IN_PLACE, "assign")
        with pytest.raises(Refused, match="Only an agent"):
            walking.skip(step_of(move, "assign"), "No.", by=seller, at=now)

    def test_the_customer_says_itself_that_nobody_else_had_access(
        self, other_azure: Subscription, confirmed: Contact, now: datetime
    ) -> None:
        move = at_step(other_azure, steps.MIGRATE_AZURE, "remove_access")
        step = step_of(move, "remove_access")
        done = walking.skip(step, "Nobody had.", by=contact_actor(confirmed), contact=confirmed, at=now)
        assert done.status == "completed"
