"""The customer takes its steps from its own page: no account, no code, and nothing that is not its own."""

import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import links, told
from customers.models import Contact, Customer
from customers.privileges import contact_actor
from partners import activity
from partners.actor import Actor
from subscriptions import moves, walking
from subscriptions.models import InventoryItem, Move, MoveStep, StepFile
from subscriptions.vocabulary import AutoRenew, Availability, Path
from subscriptions.walking import Given
from tests.conftest import TENANT, Log, Mailbox
from tests.factories import (
    PDF,
    ContactFactory,
    CustomerFactory,
    InventoryItemFactory,
    MoveFactory,
    StepFileFactory,
    SubscriptionFactory,
)


def token(contact: Contact) -> str:
    return links.page_address(contact).rstrip("/").rpartition("/")[2]


def own(contact: Contact) -> str:
    return reverse("my", args=[token(contact)])


def page(contact: Contact, name: str, key: object) -> str:
    return reverse(f"subscriptions:{name}", args=[token(contact), key])


def text(response: Any) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


@pytest.fixture
def waiting(contoso: Customer, confirmed: Contact) -> Move:
    """A move whose first step is Contoso's: to wait for the end of the term, or to cancel."""
    row = SubscriptionFactory(customer=contoso, auto_renew=AutoRenew.NO)
    return MoveFactory(subscription=row, path=Path.WAIT_OR_CANCEL)


@pytest.fixture
def migrated(contoso: Customer, confirmed: Contact) -> Move:
    """A migration of Azure whose services are moved and verified: Contoso cancels the old ones."""
    move = MoveFactory(subscription__customer=contoso, path=Path.MIGRATE_AZURE, done=5)
    for name in ("Storage", "Functions"):
        InventoryItemFactory(move=move, name=name, moved=True)
    InventoryItemFactory(move=move, name="Old maps", availability=Availability.NOT_AVAILABLE)
    return move


def next_of(move: Move) -> MoveStep:
    step = move.steps.filter(outcome="").order_by("position").first()
    assert step is not None
    return step


# --- the page ----------------------------------------------------------------------------------


def test_own_page_shows_every_step_whose_turn_and_the_one_to_take(
    client: Client, waiting: Move, confirmed: Contact
) -> None:
    answer = client.get(own(confirmed))
    shown = text(answer)
    for said in (
        "Your steps",
        "Wait for the end, or cancel",
        "Your turn Choose: wait for the end of the term, or cancel with the seller",
        "Buy the subscription in CSP",
        "Northwind Traders",
        "Take this step",
    ):
        assert said in shown
    assert page(confirmed, "my-step", next_of(waiting).pk) in answer.content.decode()
    assert answer["Referrer-Policy"] == "no-referrer"


def test_own_page_without_moves_has_no_steps(client: Client, confirmed: Contact) -> None:
    assert "Your steps" not in text(client.get(own(confirmed)))


def test_own_page_offers_no_step_of_another(client: Client, contoso: Customer, confirmed: Contact) -> None:
    MoveFactory(subscription__customer=contoso, path=Path.MIGRATE_AZURE, done=1)
    assert "Take this step" not in text(client.get(own(confirmed)))


def test_own_page_shows_what_proves_its_own_steps_alone(
    client: Client, contoso: Customer, confirmed: Contact
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.SWITCH_PARTNER, done=2)
    request, ticket = move.steps.order_by("position")[:2]
    MoveStep.objects.filter(pk=request.pk).update(note="Sent by registered letter.")
    MoveStep.objects.filter(pk=ticket.pk).update(note="Told us on the phone.", reference="T-123")
    shown, hidden = (StepFileFactory(step=step, name=f"{step.code}.pdf") for step in (request, ticket))
    answer = client.get(own(confirmed))
    assert "Sent by registered letter." in text(answer)
    assert page(confirmed, "my-step-file", shown.key) in answer.content.decode()
    for secret in ("Told us on the phone.", "T-123", hidden.name):
        assert secret not in text(answer)


def test_own_page_costs_two_statements_more_however_many_moves(
    client: Client, contoso: Customer, confirmed: Contact
) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as run:
            client.get(own(confirmed))
        return len(run)

    none = cost()
    for number in (1, 20):
        for _one in range(number):
            step = MoveFactory(subscription__customer=contoso, path=Path.SWITCH_PARTNER, done=2).steps.first()
            StepFileFactory(step=step)
        assert cost() <= none + 2


def test_the_record_tells_the_customer_what_was_done(
    client: Client, waiting: Move, confirmed: Contact, now: datetime
) -> None:
    close(waiting, confirmed, now, choice="cancel")
    shown = text(client.get(own(confirmed)))
    assert "Step of a move closed: Wait for the end, or cancel, Choose: wait" in shown
    kept = [entry.verb for entry in activity.entries(told.record_of(confirmed.customer))]
    assert "move.step_closed" in kept


# --- closing -----------------------------------------------------------------------------------


def close(move: Move, contact: Contact, at: datetime, **given: Any) -> None:
    walking.close(next_of(move), Given(**given), by=contact_actor(contact), contact=contact, at=at)


def test_customer_closes_its_step_without_a_code(
    client: Client, waiting: Move, confirmed: Contact, log: Log
) -> None:
    step = next_of(waiting)
    assert "Close this step" in text(client.get(page(confirmed, "my-step", step.pk)))
    answer = client.post(page(confirmed, "my-step", step.pk), {"choice": "wait"})
    assert answer.status_code == 302
    assert answer.url.startswith("/my/")
    step.refresh_from_db()
    assert (step.outcome, step.choice, step.done_contact) == ("done", "wait", confirmed)
    assert step.done_by == "Carla Conti · Contoso"
    assert step.done_user is None
    assert log.last().verb == "move.step_closed"
    assert log.last().actor_kind == "customer"


def test_looking_closes_nothing(client: Client, waiting: Move, confirmed: Contact) -> None:
    step = next_of(waiting)
    client.get(page(confirmed, "my-step", step.pk) + "?choice=wait")
    step.refresh_from_db()
    assert not step.is_closed


def test_failed_form_keeps_what_was_typed_and_says_why(
    client: Client, waiting: Move, confirmed: Contact
) -> None:
    waiting.subscription.auto_renew = AutoRenew.YES
    waiting.subscription.save()
    step = next_of(waiting)
    answer = client.post(page(confirmed, "my-step", step.pk), {"choice": "wait", "note": "As agreed."})
    assert answer.status_code == 200
    assert "Waiting works only with auto-renew off" in text(answer)
    assert "As agreed." in text(answer)
    step.refresh_from_db()
    assert not step.is_closed


def test_step_of_the_provider_is_none_of_the_customer_s(
    client: Client, contoso: Customer, confirmed: Contact
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.MIGRATE_AZURE, done=1)
    address = page(confirmed, "my-step", next_of(move).pk)
    assert client.get(address).status_code == client.post(address).status_code == 404


@pytest.mark.parametrize("provider", ["northwind", "tailspin"])
def test_step_of_another_customer_is_not_there(
    client: Client, confirmed: Contact, provider: str, request: pytest.FixtureRequest
) -> None:
    stranger = CustomerFactory(provider=request.getfixturevalue(provider), name="Contoso")
    move = MoveFactory(subscription__customer=stranger, path=Path.WAIT_OR_CANCEL)
    item = InventoryItemFactory(move=move, moved=True)
    file = StepFileFactory(step=next_of(move))
    for name, key in (
        ("my-step", next_of(move).pk),
        ("my-step-skip", next_of(move).pk),
        ("my-service", item.pk),
        ("my-step-file", file.key),
    ):
        assert client.post(page(confirmed, name, key)).status_code in (404, 405)
        assert client.get(page(confirmed, name, key)).status_code in (404, 405)
    item.refresh_from_db()
    assert item.cancelled_at is None


def test_step_that_is_not_the_next_says_which_is(client: Client, waiting: Move, confirmed: Contact) -> None:
    later = waiting.steps.get(code="ended")
    assert "Steps close in order" in text(client.get(page(confirmed, "my-step", later.pk)))
    answer = client.post(page(confirmed, "my-step", later.pk), {"happened_on": "2026-03-01"})
    assert "Steps close in order" in text(answer)
    later.refresh_from_db()
    assert not later.is_closed


def test_second_click_does_nothing_twice(client: Client, waiting: Move, confirmed: Contact) -> None:
    step = next_of(waiting)
    for _click in range(2):
        client.post(page(confirmed, "my-step", step.pk), {"choice": "cancel"})
    assert "closed already" in text(client.get(page(confirmed, "my-step", step.pk)))
    assert next_of(waiting).code == "ended"


def test_step_an_invitation_closes_says_so_and_offers_no_form(
    client: Client, contoso: Customer, confirmed: Contact
) -> None:
    contoso.relationships.update(status="ended", ended_at="2026-03-10T09:30Z", ended_by="Carla")
    move = MoveFactory(subscription__customer=contoso)
    assert "Take this step" not in text(client.get(own(confirmed)))
    shown = text(client.get(page(confirmed, "my-step", next_of(move).pk)))
    assert "closes by itself, once you have answered an invitation of Northwind Traders" in shown
    assert "Close this step" not in shown


def test_abandoned_move_says_so(
    client: Client, waiting: Move, confirmed: Contact, anna: Actor, now: datetime
) -> None:
    step = next_of(waiting)
    moves.abandon(waiting, "Too late.", by=anna, at=now)
    assert client.get(page(confirmed, "my-step", step.pk)).status_code == 200
    client.post(page(confirmed, "my-step", step.pk), {"choice": "wait"})
    step.refresh_from_db()
    assert not step.is_closed


def test_customer_leaves_out_what_may_be_left_out_with_a_reason(
    client: Client, contoso: Customer, confirmed: Contact
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.MIGRATE_AZURE, done=6)
    step = next_of(move)
    address = page(confirmed, "my-step-skip", step.pk)
    assert client.post(address, {"skip-reason": ""}).status_code == 200
    assert client.post(address, {"skip-reason": "Nobody else had access."}).status_code == 302
    step.refresh_from_db()
    move.refresh_from_db()
    assert (step.outcome, step.reason) == ("not_needed", "Nobody else had access.")
    assert move.status == "completed"


def test_step_that_cannot_be_left_out_is_not(client: Client, waiting: Move, confirmed: Contact) -> None:
    answer = client.post(page(confirmed, "my-step-skip", next_of(waiting).pk), {"skip-reason": "No."})
    assert "cannot be left out" in text(answer)


@pytest.mark.parametrize("name", ["my-step-skip", "my-service"])
def test_verbs_are_posted(client: Client, waiting: Move, confirmed: Contact, name: str) -> None:
    assert client.get(page(confirmed, name, next_of(waiting).pk)).status_code == 405


def test_a_suspended_provider_s_customer_is_told_that_nothing_goes_on(
    client: Client, waiting: Move, confirmed: Contact
) -> None:
    waiting.provider.status = "suspended"
    waiting.provider.save()
    assert "suspended" in text(client.get(page(confirmed, "my-step", next_of(waiting).pk)))


# --- files -------------------------------------------------------------------------------------


@pytest.fixture
def switched(contoso: Customer, confirmed: Contact) -> Move:
    """A switch of the Azure partner: Contoso writes to the current one."""
    return MoveFactory(subscription__customer=contoso, path=Path.SWITCH_PARTNER)


def letter(content: bytes = PDF, name: str = "letter.pdf") -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


def test_customer_hands_in_a_file_and_gets_it_back_as_an_attachment(
    client: Client, switched: Move, confirmed: Contact
) -> None:
    step = next_of(switched)
    sent = {"happened_on": "2026-03-09", "files": letter()}
    assert client.post(page(confirmed, "my-step", step.pk), sent).status_code == 302
    file = StepFile.objects.get(step=step)
    assert file.uploaded_by == "Carla Conti · Contoso"
    answer = client.get(page(confirmed, "my-step-file", file.key))
    assert b"".join(answer.streaming_content) == PDF  # type: ignore[attr-defined]  # a stream
    assert answer["Content-Disposition"] == 'attachment; filename="letter.pdf"'
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]
    assert answer["Referrer-Policy"] == "no-referrer"


@pytest.mark.parametrize(
    ("file", "words"),
    [
        (letter(b""), "empty"),
        (letter(b"<html><script>alert(1)</script></html>"), "whatever it is called"),
        (None, "Choose the file that proves it"),
    ],
)
def test_wrong_file_is_refused_in_words(
    client: Client, switched: Move, confirmed: Contact, file: SimpleUploadedFile | None, words: str
) -> None:
    sent = {"happened_on": "2026-03-09", **({"files": file} if file else {})}
    answer = client.post(page(confirmed, "my-step", next_of(switched).pk), sent)
    assert answer.status_code == 200
    assert words in text(answer)
    assert not StepFile.objects.exists()


def test_file_of_the_provider_s_step_is_not_given_out(
    client: Client, contoso: Customer, confirmed: Contact
) -> None:
    move = MoveFactory(subscription__customer=contoso, path=Path.SWITCH_PARTNER, done=2)
    theirs = StepFileFactory(step=move.steps.get(code="ticket"))
    assert client.get(page(confirmed, "my-step-file", theirs.key)).status_code == 404


def test_day_to_come_is_refused(client: Client, switched: Move, confirmed: Contact, now: datetime) -> None:
    sent = {"happened_on": (now.date() + timedelta(days=1)).isoformat(), "files": letter()}
    answer = client.post(page(confirmed, "my-step", next_of(switched).pk), sent)
    assert "still to come" in text(answer)


# --- services ----------------------------------------------------------------------------------


def test_customer_notes_cancelled_services_one_by_one(
    client: Client, migrated: Move, confirmed: Contact
) -> None:
    step = next_of(migrated)
    shown = text(client.get(page(confirmed, "my-step", step.pk)))
    assert "Storage" in shown
    assert "Old maps" in shown
    early = client.post(page(confirmed, "my-step", step.pk), {"choice": "services"})
    assert "Not cancelled yet where they ran before: Storage, Functions." in text(early)
    for item in InventoryItem.objects.filter(move=migrated, moved_at__isnull=False):
        assert client.post(page(confirmed, "my-service", item.pk)).status_code == 302
        item.refresh_from_db()
        assert item.cancelled_by == "Carla Conti · Contoso"
    assert client.post(page(confirmed, "my-step", step.pk), {"choice": "services"}).status_code == 302
    step.refresh_from_db()
    assert step.choice == "services"


def test_the_whole_is_not_cancelled_while_something_stays(
    client: Client, migrated: Move, confirmed: Contact
) -> None:
    address = page(confirmed, "my-step", next_of(migrated).pk)
    shown = client.get(address)
    assert [value for value, _words in shown.context["form"].fields["choice"].choices] == ["services"]
    for answer in (shown, client.post(address, {"choice": "whole"})):
        assert "Not the whole: these stay behind: Old maps." in text(answer)
    migrated.inventory.filter(name="Old maps").delete()
    assert "whole" in dict(client.get(address).context["form"].fields["choice"].choices)


def test_service_that_stays_is_not_cancelled(client: Client, migrated: Move, confirmed: Contact) -> None:
    item = migrated.inventory.get(name="Old maps")
    answer = client.post(page(confirmed, "my-service", item.pk), follow=True)
    assert "it stays where it is" in text(answer)


def test_record_names_the_service_that_was_cancelled(
    client: Client, migrated: Move, confirmed: Contact, contoso: Customer
) -> None:
    item = migrated.inventory.filter(moved_at__isnull=False).first()
    assert item is not None
    client.post(page(confirmed, "my-service", item.pk))
    row = told.record_of(contoso).first()
    assert row is not None
    assert told.what(activity.entry(row).details).endswith(f", {item.name}")


# --- who opens it ------------------------------------------------------------------------------


def test_recorded_contact_opens_nothing(client: Client, waiting: Move, contoso: Customer) -> None:
    recorded = ContactFactory(customer=contoso, email="new@contoso.example")
    assert client.get(page(recorded, "my-step", next_of(waiting).pk)).status_code == 404


def test_old_address_asks_for_a_new_one(
    client: Client, waiting: Move, confirmed: Contact, now: datetime
) -> None:
    address = page(confirmed, "my-step", next_of(waiting).pk)
    with time_machine.travel(now + timedelta(hours=1, seconds=1), tick=False):
        assert client.get(address).status_code == 410
        assert client.post(address, {"choice": "wait"}).status_code == 410


def test_mail_of_the_step_leads_to_the_page_that_closes_it(
    client: Client,
    contoso: Customer,
    confirmed: Contact,
    anna: Actor,
    now: datetime,
    mails: Mailbox,
    client_for: Callable[..., Client],
) -> None:
    contoso.refresh_from_db()
    row = SubscriptionFactory(
        customer=contoso, channel="csp_other", auto_renew=AutoRenew.NO, seller_name="Proseware"
    )
    assert contoso.tenant_id == TENANT
    moves.plan(row, Path.WAIT_OR_CANCEL, by=anna, at=now)
    ask = mails.address("step_yours", to=confirmed.email)
    client.post(ask)
    opened = mails.address("page_link", to=confirmed.email)
    assert "Take this step" in text(client.get(opened))
