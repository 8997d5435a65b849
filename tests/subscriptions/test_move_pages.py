"""The pages of moves: what each shows, to whom, and what it refuses in words beside the field."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.families import Family
from customers.models import Assignment, Customer, Grant
from partners import upload_limit
from partners.actor import Actor
from partners.models import Activity, Partner, Partnership
from subscriptions.models import InventoryItem, Move, MoveStep, StepFile, Subscription
from subscriptions.move_forms import StepForm
from subscriptions.vocabulary import Availability, Billing, Channel, Path
from tests.factories import (
    PDF,
    AssignmentFactory,
    CustomerFactory,
    InventoryItemFactory,
    MoveFactory,
    ProductFactory,
    StepFileFactory,
    SubscriptionFactory,
)

Sign = Callable[..., Client]


def read(client: Client, name: str, *args: object, **query: str) -> str:
    """Return the text of a page."""
    answer = client.get(reverse(f"subscriptions:{name}", args=args), query)
    assert answer.status_code == 200
    return unescape(answer.content.decode())


def pdf(name: str = "letter.pdf", content: bytes = PDF) -> SimpleUploadedFile:
    """Return a file somebody chooses."""
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@pytest.fixture
def azure(contoso: Customer) -> Subscription:
    """An Azure subscription Contoso has under its Enterprise Agreement."""
    return SubscriptionFactory(
        customer=contoso,
        product=ProductFactory(family=Family.AZURE, billing=Billing.USAGE, name="Azure"),
        channel=Channel.EA,
        term_end=None,
        term="",
    )


@pytest.fixture
def migration(azure: Subscription, assigned: Assignment) -> Move:
    """Its migration; the relationship is there, the services are to be listed."""
    return MoveFactory(subscription=azure, path=Path.MIGRATE_AZURE, done=1)


@pytest.fixture
def replacing(contoso: Customer, assigned: Assignment) -> Move:
    """Licences being replaced, to be reassigned: who holds provisioning may."""
    return MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.REPLACE_LICENCES, done=3)


def current(move: Move) -> MoveStep:
    """Return the step whose turn it is."""
    return move.steps.filter(outcome="").order_by("position")[0]


# --- the board ---------------------------------------------------------------------------------


class TestBoard:
    def rows(self, client: Client, **query: str) -> list[dict[str, Any]]:
        answer = client.get(reverse("subscriptions:moves"), query)
        assert answer.status_code == 200
        return list(answer.context["rows"])

    def test_a_row_says_how_far_what_is_next_and_whose_turn(
        self, client_for: Sign, viewer: Actor, replacing: Move
    ) -> None:
        (row,) = self.rows(client_for(viewer))
        assert (row["closed"], row["all"]) == (3, 5)
        assert row["step"] == "Reassign the licences to the users"
        assert (row["turn"], row["is_mine"]) == ("The reseller", False)

    def test_a_reseller_reads_which_steps_are_its_own(
        self, client_for: Sign, luca: Actor, replacing: Move, migration: Move
    ) -> None:
        rows = self.rows(client_for(luca))
        assert {row["path"]: row["turn"] for row in rows} == {
            "Replace the licences": "Your turn",
            "Migrate Azure by hand": "The provider",
        }
        (row,) = self.rows(client_for(luca), turn="reseller")
        assert row["path"] == "Replace the licences"

    def test_a_reseller_is_not_told_what_another_holds(
        self,
        client_for: Sign,
        ada: Actor,
        adventure_partnership: Partnership,
        support: Grant,
        replacing: Move,
    ) -> None:
        AssignmentFactory(grant=support, partnership=adventure_partnership)
        (row,) = self.rows(client_for(ada))
        assert row["turn"] == "The provider"

    def test_filters_are_addresses(
        self, client_for: Sign, anna: Actor, now: datetime, replacing: Move, migration: Move
    ) -> None:
        client = client_for(anna)
        Move.objects.filter(pk=migration.pk).update(target_on=now.date() - timedelta(days=1))
        assert [row["path"] for row in self.rows(client, path="migrate_azure")] == ["Migrate Azure by hand"]
        assert [row["target"]["state"] for row in self.rows(client, target="past")] == ["urgent"]
        assert self.rows(client, target="7") == []
        assert [row["turn"] for row in self.rows(client, turn="provider")] == ["Your turn"]
        assert len(self.rows(client, customer=str(migration.customer_id))) == 2
        assert self.rows(client, customer="999999") == []

    def test_by_target_date_the_first_comes_first_and_what_has_none_is_left_out(
        self, client_for: Sign, anna: Actor, now: datetime, contoso: Customer
    ) -> None:
        for days in (9, 3, None):
            day = now.date() + timedelta(days=days) if days else None
            MoveFactory(subscription=SubscriptionFactory(customer=contoso), target_on=day)
        rows = self.rows(client_for(anna), target="any")
        assert [row["target"]["words"] for row in rows] == ["in 3 days", "in 9 days"]

    def test_shows_what_is_under_way_unless_asked_for_what_is_over(
        self, client_for: Sign, anna: Actor, contoso: Customer
    ) -> None:
        MoveFactory(subscription=SubscriptionFactory(customer=contoso), abandoned=True)
        client = client_for(anna)
        assert self.rows(client) == []
        (row,) = self.rows(client, status="abandoned")
        assert (row["status"], row["turn"], row["step"]) == ("Abandoned", "", "")

    def test_an_empty_board_says_what_would_be_here(
        self, client_for: Sign, anna: Actor, luca: Actor, partnership: Partnership
    ) -> None:
        assert "Open the subscriptions" in read(client_for(anna), "moves")
        assert "Your providers plan moves." in read(client_for(luca), "moves")
        assert "Take a filter away." in read(client_for(anna), "moves", path="migrate_azure")


# --- one move ----------------------------------------------------------------------------------


class TestMove:
    def test_names_who_acts_next_and_offers_it_to_whoever_may(
        self,
        client_for: Sign,
        anna: Actor,
        viewer: Actor,
        luca: Actor,
        fabrikam_viewer: Actor,
        replacing: Move,
    ) -> None:
        close = reverse("subscriptions:step-close", args=[current(replacing).pk])
        for actor, offered in ((anna, True), (viewer, False), (luca, True), (fabrikam_viewer, False)):
            page = read(client_for(actor), "move", replacing.pk)
            assert "Who acts next" in page
            assert (close in page) is offered, actor.label

    def test_says_why_a_step_cannot_be_closed_in_the_words_of_its_gate(
        self, client_for: Sign, anna: Actor, migration: Move
    ) -> None:
        page = read(client_for(anna), "move", migration.pk)
        assert "List the services first, each with its availability in CSP." in page
        step = current(migration)
        assert reverse("subscriptions:step-close", args=[step.pk]) not in page
        assert "List the services first" in read(client_for(anna), "step-close", step.pk)

    def test_leads_to_where_a_missing_relationship_is_asked_for(
        self, client_for: Sign, anna: Actor, viewer: Actor, northwind: Partner
    ) -> None:
        prospect = CustomerFactory(provider=northwind)
        move = MoveFactory(subscription=SubscriptionFactory(customer=prospect), path=Path.REPLACE_LICENCES)
        invite = reverse("customers:invite", query={"customer": prospect.pk})
        for actor, offered in ((anna, True), (viewer, False)):
            page = read(client_for(actor), "move", move.pk)
            assert ("Still missing" in page) is offered, actor.label
            assert (f'href="{invite}"' in page) is offered, actor.label

    def test_shows_what_proves_a_closed_step(
        self, client_for: Sign, anna: Actor, luca: Actor, ada: Actor, replacing: Move
    ) -> None:
        step = replacing.steps.get(code="offer")
        MoveStep.objects.filter(pk=step.pk).update(
            note="The same offer.", happened_on=date(2026, 3, 2), reference="REF-7", reason="By phone."
        )
        file = StepFileFactory(step=step, name="offer.pdf")
        page = read(client_for(anna), "move", replacing.pk)
        for words in ("The same offer.", "2 Mar 2026", "REF-7", "By phone.", "offer.pdf"):
            assert words in page
        # The step takes no privilege: its file is the provider's alone.
        assert "offer.pdf" not in read(client_for(luca), "move", replacing.pk)
        assert reverse("subscriptions:step-file", args=[file.key]) in page

    def test_warns_once_the_rulebook_no_longer_opens_its_path(
        self, client_for: Sign, anna: Actor, viewer: Actor, replacing: Move
    ) -> None:
        assert "no longer opens" not in read(client_for(anna), "move", replacing.pk)
        Subscription.objects.filter(pk=replacing.subscription_id).update(channel=Channel.SYNDICATION)
        keep = reverse("subscriptions:move-keep", args=[replacing.pk])
        page = read(client_for(anna), "move", replacing.pk)
        assert "The rulebook no longer opens this path" in page
        assert keep in page
        assert keep not in read(client_for(viewer), "move", replacing.pk)
        answer = client_for(anna).post(keep, {"reason": "The customer insists."}, follow=True)
        page = unescape(answer.content.decode())
        assert "The rulebook no longer opens" not in page
        assert "The customer insists." in page

    def test_giving_up_wants_a_reason_and_leaves_it_readable(
        self, client_for: Sign, anna: Actor, replacing: Move
    ) -> None:
        client, address = client_for(anna), reverse("subscriptions:move-abandon", args=[replacing.pk])
        assert "What was done stays done" in read(client, "move-abandon", replacing.pk)
        assert client.post(address, {"reason": " "}).status_code == 200
        replacing.refresh_from_db()
        assert replacing.is_open
        page = unescape(client.post(address, {"reason": "Too dear."}, follow=True).content.decode())
        assert "Too dear." in page
        assert "Who acts next" not in page
        # What is over offers nothing, and its pages refuse in words.
        assert reverse("subscriptions:move-target", args=[replacing.pk]) not in page
        assert "This is no longer possible" in read(client, "move-abandon", replacing.pk)

    def test_a_target_date_in_the_past_is_refused_beside_its_field(
        self, client_for: Sign, anna: Actor, replacing: Move
    ) -> None:
        address = reverse("subscriptions:move-target", args=[replacing.pk])
        answer = client_for(anna).post(address, {"target_on": "2026-03-01"})
        assert answer.context["target_form"].errors == {"target_on": ["The target date lies in the past."]}
        assert client_for(anna).post(address, {"target_on": "2026-04-01"}).status_code == 302
        replacing.refresh_from_db()
        assert replacing.target_on == date(2026, 4, 1)

    def test_the_sheet_has_a_box_for_each_step_and_three_lines_to_sign_for_a_switch(
        self, client_for: Sign, anna: Actor, replacing: Move, contoso: Customer
    ) -> None:
        assert read(client_for(anna), "move-print", replacing.pk).count('class="line"') == 2
        switch = MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.SWITCH_PARTNER)
        page = read(client_for(anna), "move-print", switch.pk)
        assert page.count('class="line"') == 3
        assert page.count('class="box"') == switch.steps.count()
        assert "The current partner" in page
        assert "<nav" not in page

    def test_the_sheet_says_that_a_move_was_given_up_and_writes_its_days_in_full(
        self, client_for: Sign, anna: Actor, replacing: Move
    ) -> None:
        client = client_for(anna)
        client.post(reverse("subscriptions:move-abandon", args=[replacing.pk]), {"reason": "They stay."})
        page = read(client, "move-print", replacing.pk)
        assert "They stay." in page
        sheet = page.split("<h2>")[0]
        assert "today" not in sheet
        assert "yesterday" not in sheet

    def test_the_support_contact_a_step_waits_for_is_one_click_away_for_whoever_may_set_it(
        self, client_for: Sign, anna: Actor, luca: Actor, contoso: Customer, assigned: Assignment
    ) -> None:
        row = SubscriptionFactory(customer=contoso, support_contact=None)
        caring = MoveFactory(subscription=row, path=Path.SUPPORT_IN_PLACE, done=3)
        address = reverse("subscriptions:move", args=[caring.pk])
        edit = reverse("subscriptions:subscription-edit", args=[row.pk])
        assert client_for(anna).get(address).context["fix"] == (edit, "Set the support contact")
        assert client_for(luca).get(address).context["fix"] is None
        Subscription.objects.filter(pk=row.pk).update(support_contact=contoso.provider)
        assert client_for(anna).get(address).context["fix"] is None

    def test_its_page_costs_the_same_whatever_it_holds(
        self, client_for: Sign, anna: Actor, migration: Move
    ) -> None:
        client = client_for(anna)
        address = reverse("subscriptions:move", args=[migration.pk])
        InventoryItemFactory(move=migration)
        StepFileFactory(step=migration.steps.get(position=1))
        with CaptureQueriesContext(connection) as few:
            client.get(address)
        for _number in range(9):
            InventoryItemFactory(move=migration)
            StepFileFactory(step=migration.steps.get(position=1))
        with CaptureQueriesContext(connection) as many:
            client.get(address)
        assert len(many) == len(few)


@pytest.mark.parametrize("done", [0, 3, "completed", "abandoned"])
def test_buttons_are_offered_to_whom_and_when_the_stories_accept(
    done: Any,
    client_for: Sign,
    anna: Actor,
    agent: Actor,
    seller: Actor,
    helpdesk: Actor,
    viewer: Actor,
    luca: Actor,
    fabrikam_viewer: Actor,
    contoso: Customer,
    assigned: Assignment,
) -> None:
    how = {done: True} if isinstance(done, str) else {"done": done}
    move = MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.REPLACE_LICENCES, **how)
    for actor in (anna, agent, seller, helpdesk, viewer, luca, fabrikam_viewer):
        client = client_for(actor)
        page = read(client, "move", move.pk)
        for verb, body in (("abandon", {"reason": "Too dear."}), ("target", {"target_on": "2026-05-01"})):
            address = reverse(f"subscriptions:move-{verb}", args=[move.pk])
            with transaction.atomic():
                accepted = client.post(address, body).status_code == 302
                transaction.set_rollback(True)
            assert (address in page) is accepted, f"{verb} by {actor.label}"


# --- closing a step ----------------------------------------------------------------------------


class TestClosing:
    def test_asks_for_what_the_rulebook_says_closes_it(
        self, client_for: Sign, anna: Actor, contoso: Customer, assigned: Assignment
    ) -> None:
        switch = MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.SWITCH_PARTNER)
        expected = {
            "written_request": {"happened_on", "files", "note", "reason"},
            "ticket": {"reference", "files", "note", "reason"},
            "sign_new": {"happened_on", "files", "note"},
            "confirmed": {"reference", "entitlement_id", "files", "note"},
        }
        for code, fields in expected.items():
            form = StepForm(step=switch.steps.get(code=code), for_others="reason" in fields)
            assert set(form.fields) == fields, code

    def test_closing_for_others_wants_a_reason(
        self, client_for: Sign, anna: Actor, contoso: Customer, assigned: Assignment
    ) -> None:
        switch = MoveFactory(
            subscription=SubscriptionFactory(customer=contoso), path=Path.SWITCH_PARTNER, done=1
        )
        address = reverse("subscriptions:step-close", args=[current(switch).pk])
        answer = client_for(anna).post(address, {"reference": "TCK-1"})
        assert "reason" in answer.context["form"].errors
        assert (
            client_for(anna).post(address, {"reference": "TCK-1", "reason": "By phone."}).status_code == 302
        )
        step = switch.steps.get(code="ticket")
        assert (step.reference, step.reason, step.outcome) == ("TCK-1", "By phone.", "done")

    def test_what_was_typed_stays_and_the_files_have_to_be_chosen_again(
        self, client_for: Sign, anna: Actor, contoso: Customer, assigned: Assignment
    ) -> None:
        switch = MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.SWITCH_PARTNER)
        address = reverse("subscriptions:step-close", args=[current(switch).pk])
        body = {"happened_on": "2026-12-01", "note": "Sent it.", "reason": "Copy here.", "files": pdf()}
        page = unescape(client_for(anna).post(address, body).content.decode())
        assert "This day is still to come" in page
        assert "Sent it." in page
        assert "Choose the files again" in page
        assert not StepFile.objects.exists()

    @pytest.mark.parametrize(
        ("file", "words"),
        [
            (pdf(content=b""), "The submitted file is empty."),
            (pdf(content=b"<html><script>alert(1)</script></html>"), "whatever it is called"),
            (pdf(content=b"%PDF-" + b"x" * (10 * 1024 * 1024)), "10 MB at most"),
        ],
        ids=["empty", "HTML named .pdf", "too big"],
    )
    def test_refuses_a_bad_file_beside_its_field(
        self,
        file: SimpleUploadedFile,
        words: str,
        client_for: Sign,
        anna: Actor,
        contoso: Customer,
        assigned: Assignment,
    ) -> None:
        switch = MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.SWITCH_PARTNER)
        address = reverse("subscriptions:step-close", args=[current(switch).pk])
        file.seek(0)
        body = {"happened_on": "2026-03-01", "reason": "Copy here.", "files": file}
        answer = client_for(anna).post(address, body)
        assert words in str(answer.context["form"].errors["files"])
        assert current(switch).code == "written_request"

    def test_refuses_60_mb_in_words_and_keeps_none_of_it(
        self, client_for: Sign, anna: Actor, replacing: Move, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(upload_limit, "LARGEST", 200_000)
        address = reverse("subscriptions:step-close", args=[current(replacing).pk])
        body = {"note": "Done.", "files": [pdf(content=PDF), pdf("big.pdf", b"%PDF-" + b"x" * 300_000)]}
        answer = client_for(anna).post(address, body)
        assert "bigger than 50 MB" in str(answer.context["form"].errors["files"])
        assert answer.context["form"]["note"].value() == "Done."
        assert [one.name for one in answer.wsgi_request.FILES.getlist("files")] == ["letter.pdf"]
        assert current(replacing).code == "reassign"

    def test_a_second_click_does_nothing_twice(self, client_for: Sign, anna: Actor, replacing: Move) -> None:
        client, step = client_for(anna), current(replacing)
        address = reverse("subscriptions:step-close", args=[step.pk])
        assert client.post(address, {"note": "All of them."}).status_code == 302
        rows = Activity.objects.count()
        answer = client.post(address, {"note": "Once more."}, follow=True)
        assert "This step is closed already." in unescape(answer.content.decode())
        assert Activity.objects.count() == rows
        step.refresh_from_db()
        assert step.note == "All of them."

    def test_a_later_step_says_which_comes_first(
        self, client_for: Sign, anna: Actor, replacing: Move
    ) -> None:
        later = replacing.steps.get(code="end_old")
        page = read(client_for(anna), "step-close", later.pk)
        assert "Steps close in order: first “Reassign the licences to the users”." in page
        body = {"happened_on": "2026-03-01", "reason": "It is."}
        client_for(anna).post(reverse("subscriptions:step-close", args=[later.pk]), body)
        later.refresh_from_db()
        assert not later.is_closed

    def test_a_new_subscription_is_recorded_with_the_step(
        self, client_for: Sign, anna: Actor, contoso: Customer, assigned: Assignment
    ) -> None:
        buying = MoveFactory(
            subscription=SubscriptionFactory(customer=contoso), path=Path.REPLACE_LICENCES, done=2
        )
        product = ProductFactory(name="Office 365 E3", part_number="E3", sold_in_csp=True)
        address = reverse("subscriptions:step-close", args=[current(buying).pk])
        client = client_for(anna)
        answer = client.post(address, {"external_id": "S-1"})
        assert "Choose the new subscription" in str(answer.context["form"].errors["product"])
        body = {
            "product": product.name,
            "quantity": "10",
            "external_id": "S-1",
            "started_on": "2026-03-01",
            "term": "P1Y",
            "term_end": "2026-02-01",
        }
        answer = client.post(address, body)
        assert answer.context["form"].errors == {"term_end": ["The term ends after it starts."]}
        assert client.post(address, body | {"term_end": "2027-03-01"}).status_code == 302
        buying.refresh_from_db()
        assert buying.successor is not None
        assert (buying.successor.external_id, buying.successor.channel) == ("S-1", Channel.CSP_OWN)
        assert buying.successor.replaces_id == buying.subscription_id

    def test_an_optional_step_is_left_out_with_a_reason(
        self, client_for: Sign, anna: Actor, contoso: Customer, assigned: Assignment
    ) -> None:
        move = MoveFactory(subscription=SubscriptionFactory(customer=contoso), done=2)
        step = move.steps.get(code="assign")
        address = reverse("subscriptions:step-skip", args=[step.pk])
        answer = client_for(anna).post(address, {"skip-reason": ""})
        assert answer.context["skip_form"].errors
        assert client_for(anna).post(address, {"skip-reason": "We do it."}).status_code == 302
        step.refresh_from_db()
        assert (step.outcome, step.reason) == ("not_needed", "We do it.")

    def test_a_step_that_is_needed_offers_no_way_out(
        self, client_for: Sign, anna: Actor, replacing: Move
    ) -> None:
        page = read(client_for(anna), "step-close", current(replacing).pk)
        assert "Another offer, or another number of licences" in page
        assert reverse("subscriptions:step-skip", args=[current(replacing).pk]) not in page


# --- files -------------------------------------------------------------------------------------


class TestFiles:
    def test_a_file_is_given_out_as_an_attachment_that_nothing_keeps_or_guesses(
        self, client_for: Sign, anna: Actor, replacing: Move
    ) -> None:
        file = StepFileFactory(step=current(replacing), name='façade "1".pdf')
        answer = client_for(anna).get(reverse("subscriptions:step-file", args=[file.key]))
        assert b"".join(answer.streaming_content) == PDF
        assert answer["Content-Type"] == "application/pdf"
        assert answer["Content-Disposition"] == "attachment; filename*=utf-8''fa%C3%A7ade%20%221%22.pdf"
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert "no-store" in answer["Cache-Control"]

    def test_only_whoever_may_take_a_step_reads_its_files(
        self,
        client_for: Sign,
        viewer: Actor,
        luca: Actor,
        fabrikam_viewer: Actor,
        tom: Actor,
        replacing: Move,
    ) -> None:
        file = StepFileFactory(step=current(replacing))
        address = reverse("subscriptions:step-file", args=[file.key])
        for actor, status in ((viewer, 200), (luca, 200), (fabrikam_viewer, 403), (tom, 404)):
            assert client_for(actor).get(address).status_code == status, actor.label

    def test_a_file_that_is_lost_is_not_there(self, client_for: Sign, anna: Actor, replacing: Move) -> None:
        file = StepFileFactory(step=current(replacing))
        file.file.storage.delete(file.file.name)
        address = reverse("subscriptions:step-file", args=[file.key])
        assert client_for(anna).get(address).status_code == 404


# --- the inventory -----------------------------------------------------------------------------


class TestInventory:
    def test_a_service_is_listed_corrected_and_removed(
        self, client_for: Sign, anna: Actor, migration: Move
    ) -> None:
        client = client_for(anna)
        add = reverse("subscriptions:inventory-add", args=[migration.pk])
        body = {"name": "Storage", "availability": "unknown"}
        assert client.post(add, body).status_code == 302
        answer = client.post(add, body)
        assert answer.context["form"].errors == {"name": ["This service is listed already."]}
        item = migration.inventory.get()
        assert "Nobody knows yet whether CSP offers: Storage." in read(client, "move", migration.pk)
        edit = reverse("subscriptions:inventory-edit", args=[item.pk])
        assert client.post(edit, body | {"availability": "available", "note": "Checked."}).status_code == 302
        item.refresh_from_db()
        assert (item.availability, item.note) == ("available", "Checked.")
        assert client.post(reverse("subscriptions:inventory-remove", args=[item.pk])).status_code == 302
        assert not migration.inventory.exists()

    def test_offers_what_the_next_step_lets_somebody_do(
        self, client_for: Sign, anna: Actor, luca: Actor, azure: Subscription, assigned: Assignment
    ) -> None:
        moving = MoveFactory(subscription=azure, path=Path.MIGRATE_AZURE, done=3)
        item = InventoryItemFactory(move=moving, availability=Availability.AVAILABLE)
        behind = InventoryItemFactory(move=moving, availability=Availability.NOT_AVAILABLE)
        verbs = ("moved", "cancelled", "edit", "remove")

        def offered(actor: Actor, one: InventoryItem) -> set[str]:
            page = read(client_for(actor), "move", moving.pk)
            return {
                verb for verb in verbs if reverse(f"subscriptions:inventory-{verb}", args=[one.pk]) in page
            }

        assert offered(anna, item) == {"moved", "edit", "remove"}
        assert offered(luca, item) == {"moved"}
        assert offered(anna, behind) == {"edit", "remove"}
        moved = reverse("subscriptions:inventory-moved", args=[item.pk])
        assert client_for(luca).post(moved).status_code == 302
        item.refresh_from_db()
        assert item.moved_user == luca.user
        assert offered(anna, item) == set()

    def test_a_service_is_noted_as_cancelled_only_when_its_step_has_come(
        self, client_for: Sign, anna: Actor, azure: Subscription, assigned: Assignment
    ) -> None:
        moving = MoveFactory(subscription=azure, path=Path.MIGRATE_AZURE, done=4)
        item = InventoryItemFactory(move=moving, moved=True)
        address = reverse("subscriptions:inventory-cancelled", args=[item.pk])
        answer = client_for(anna).post(address, follow=True)
        assert "Steps close in order" in unescape(answer.content.decode())
        item.refresh_from_db()
        assert item.cancelled_at is None

    def test_says_for_how_many_days_two_run_side_by_side(
        self, client_for: Sign, anna: Actor, azure: Subscription, assigned: Assignment, now: datetime
    ) -> None:
        moving = MoveFactory(subscription=azure, path=Path.MIGRATE_AZURE, done=3)
        moving.steps.filter(code="new_subscription").update(done_at=now - timedelta(days=12))
        assert "12 days of double running" in read(client_for(anna), "move", moving.pk)
