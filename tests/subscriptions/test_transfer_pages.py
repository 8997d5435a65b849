"""The pages of transfers: what each side sees, what they offer, and what they say when a rule says no."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from partners.actor import Actor
from partners.models import Partner
from subscriptions import transfers
from subscriptions.models import Subscription, Transfer
from subscriptions.vocabulary import Channel
from tests.crossing import AZURE, LICENCES, OTHER_LICENCES, STRANGE, Crossing
from tests.factories import TransferFactory, TransferItemFactory
from tests.subscriptions.test_transfers_by_hand import keep

SignIn = Callable[[Actor], Client]


def words(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def page_of(transfer: Transfer, name: str = "transfer") -> str:
    return reverse(f"subscriptions:{name}", args=[transfer.pk])


# --- asking ------------------------------------------------------------------------------------


def test_a_request_is_filed_from_the_page(crossing: Crossing, client_for: SignIn) -> None:
    row = crossing.records(LICENCES)
    client = client_for(crossing.anna)
    answer = client.get(reverse("subscriptions:transfer-new", query={"subscription": row.pk}), follow=True)
    form = answer.context["form"]
    assert form.initial == {"external_ids": LICENCES}
    assert "Nothing you type is looked up" in answer.content.decode()
    body = {"named": crossing.lucerne.partner_id, "external_ids": f"{LICENCES}\r\n\r\n {STRANGE} \r\n"}
    answer = client.post(answer.request["PATH_INFO"], body, follow=True)
    filed = Transfer.objects.get()
    assert answer.redirect_chain == [(filed.get_absolute_url(), 302)]
    assert [item.external_id for item in filed.items.order_by("pk")] == [LICENCES, STRANGE]
    assert "Which of them go is for the current partner to choose." in answer.content.decode()


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"named": "1000001", "external_ids": "x"}, "This is your own ID"),
        ({"named": "Lucerne", "external_ids": "x"}, "4 to 12 digits"),
        ({"named": "9999999", "external_ids": "x\nx"}, "twice"),
        ({"named": "9999999", "external_ids": "\n".join("abcdefghijklmnopqrstuvwxyz")}, "at most 25"),
        ({"named": "", "external_ids": ""}, "This field is required."),
    ],
)
def test_a_refusal_stands_beside_its_field_and_keeps_what_was_typed(
    body: dict[str, str], words: str, crossing: Crossing, client_for: SignIn
) -> None:
    address = reverse("subscriptions:transfer-ask", args=[crossing.wanted.pk])
    answer = client_for(crossing.anna).post(address, body)
    form = answer.context["form"]
    assert words in str(form["named"].errors) + str(form["external_ids"].errors)
    assert form["external_ids"].value() == body["external_ids"]
    assert not Transfer.objects.exists()


def test_the_page_says_why_nothing_can_be_asked_for(crossing: Crossing, client_for: SignIn) -> None:
    Partner.objects.filter(pk=crossing.northwind.pk).update(edition="2016-12")
    page = words(client_for(crossing.anna), reverse("subscriptions:transfer-ask", args=[crossing.wanted.pk]))
    assert "keep it by hand" in page
    assert reverse("subscriptions:transfer-record-in", args=[crossing.wanted.pk]) in page
    assert "File the request" not in page


def test_from_a_subscription_the_way_is_the_one_that_fits(crossing: Crossing, client_for: SignIn) -> None:
    def goes_to(actor: Actor, row: Subscription) -> str:
        address = reverse("subscriptions:transfer-new", query={"subscription": row.pk})
        return client_for(actor).get(address)["Location"].partition("?")[0]

    other = crossing.records(LICENCES)
    assert goes_to(crossing.anna, other).endswith("/transfers/ask/")
    assert goes_to(crossing.lucia, crossing.licences).endswith("/transfers/out/")
    Partner.objects.filter(pk=crossing.northwind.pk).update(edition="2016-12")
    assert goes_to(crossing.anna, other).endswith("/transfers/in/")


def test_customers_to_begin_from_are_found(crossing: Crossing, client_for: SignIn) -> None:
    client, address = client_for(crossing.anna), reverse("subscriptions:transfer-new")
    assert "None has a subscription of another CSP partner" in words(client, address)
    crossing.records(LICENCES)
    assert reverse("subscriptions:transfer-ask", args=[crossing.wanted.pk]) in words(client, address)
    assert "Contoso" in words(client, f"{address}?q=contoso")
    assert "Nothing matches" in words(client, f"{address}?q=co")
    assert client.get(f"{address}?customer={crossing.wanted.pk}").status_code == 302
    assert client.get(f"{address}?customer={crossing.held.pk}").status_code == 404
    assert client.get(f"{address}?subscription={crossing.licences.pk}").status_code == 404


# --- each side's page --------------------------------------------------------------------------


def test_the_requesting_side_sees_ids_and_its_own_records(crossing: Crossing, client_for: SignIn) -> None:
    crossing.records(LICENCES, friendly_name="Upstairs")
    asked = crossing.ask(LICENCES, STRANGE)
    page = words(client_for(crossing.anna), page_of(asked))
    assert page.count("To be chosen by the current partner") == 2
    assert "Upstairs" in page
    assert "1000003" in page
    assert "Lucerne Publishing" not in page
    assert page_of(asked, "transfer-cancel") in page


def test_the_current_side_sees_its_own_rows_and_why_one_cannot_go(
    crossing: Crossing, client_for: SignIn
) -> None:
    crossing.records(LICENCES, friendly_name="Upstairs")
    crossing.sells("Phone System", "phone", parent=crossing.licences)
    asked = crossing.ask(LICENCES, STRANGE)
    page = words(client_for(crossing.lucia), page_of(asked))
    assert "Northwind Traders asks for a transfer" in page
    assert "partner ID 1000001" in page
    assert "Office 365 E3" in page
    assert "with Phone System" in page
    assert "You sell this customer no subscription with this ID." in page
    # What the other one calls things, and who there asked, is not for these eyes.
    assert "Upstairs" not in page
    assert "Anna Admin" not in page
    assert crossing.wanted.get_absolute_url() not in page
    assert "Contoso (Lucerne)" in page


def test_a_viewer_sees_it_and_is_told_who_answers(
    crossing: Crossing, viewer: Actor, client_for: SignIn
) -> None:
    TransferFactory(customer=crossing.wanted)
    asked = TransferFactory(to=crossing.wanted)
    page = words(client_for(viewer), page_of(asked))
    assert "An admin agent or an account admin of your company answers it." in page
    assert page_of(asked, "transfer-decline") not in page


def test_lists_show_each_side_its_own_words(crossing: Crossing, client_for: SignIn) -> None:
    crossing.ask()
    address = reverse("subscriptions:transfers")
    received = words(client_for(crossing.lucia), address)
    assert "To Northwind Traders" in received
    assert "Contoso (Lucerne)" in received
    sent = words(client_for(crossing.anna), f"{address}?side=sent")
    assert "From 1000003" in sent
    assert "Lucerne" not in sent
    assert "Nothing here" in words(client_for(crossing.anna), address)
    assert "Nothing here" in words(client_for(crossing.lucia), f"{address}?side=sent")


def test_what_nobody_answered_in_time_reads_lapsed_before_any_worker_comes(
    crossing: Crossing, client_for: SignIn
) -> None:
    asked = crossing.ask(at=crossing.now - timedelta(days=30))
    for who in (crossing.anna, crossing.lucia):
        page = words(client_for(who), page_of(asked))
        assert '<span class="state state-ended">Lapsed</span>' in page
        for act in ("accept", "decline", "cancel"):
            assert page_of(asked, f"transfer-{act}") not in page
    assert "nothing left to accept" in words(client_for(crossing.lucia), page_of(asked, "transfer-accept"))
    assert "nothing left to decline" in words(client_for(crossing.lucia), page_of(asked, "transfer-decline"))
    assert "nothing left to cancel" in words(client_for(crossing.anna), page_of(asked, "transfer-cancel"))


@pytest.mark.parametrize("side", ["received", "sent"])
def test_both_lists_cost_the_same_for_one_and_for_fifty(
    side: str, crossing: Crossing, client_for: SignIn
) -> None:
    client, address = client_for(crossing.lucia), f"{reverse('subscriptions:transfers')}?side={side}"

    def grow(number: int) -> None:
        for _ in range(number):
            where = {"to": crossing.held} if side == "received" else {"customer": crossing.held}
            TransferItemFactory(transfer=TransferFactory(**where))

    def statements() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(address).status_code == 200
        return len(captured)

    grow(1)
    client.get(address)
    few = statements()
    grow(49)
    assert statements() == few


# --- answering ---------------------------------------------------------------------------------


def test_accepting_begins_with_nothing_ticked_and_says_what_will_happen(
    crossing: Crossing, client_for: SignIn
) -> None:
    crossing.has_a_plan()
    asked = crossing.ask(LICENCES, AZURE, STRANGE)
    client = client_for(crossing.lucia)
    page = words(client, page_of(asked, "transfer-accept"))
    assert page.count('name="chosen"') == 2
    assert "checked" not in page.partition("<main")[2]
    assert "goes on with Northwind Traders, for good" in page
    assert "Azure roles do not change" in page
    assert "You sell this customer no subscription with this ID." in page
    answer = client.post(page_of(asked, "transfer-accept"), {})
    assert "Choose at least one." in answer.content.decode()
    assert Transfer.objects.get().status == "pending"


def test_accepting_some_from_the_page(crossing: Crossing, client_for: SignIn) -> None:
    asked = crossing.ask(LICENCES, OTHER_LICENCES)
    client, chosen = client_for(crossing.lucia), crossing.item(asked).pk
    answer = client.post(page_of(asked, "transfer-accept"), {"chosen": [chosen]}, follow=True)
    assert "Transferred to Northwind Traders." in answer.content.decode()
    page = words(client, page_of(asked))
    assert "Not transferred" in page
    mine = words(client_for(crossing.anna), page_of(asked))
    assert "Transfer from Lucerne Publishing" in mine
    assert "Office 365 E3" in mine
    assert "Office 365 E5" not in mine


def test_what_cannot_go_cannot_be_ticked_by_hand_either(crossing: Crossing, client_for: SignIn) -> None:
    asked = crossing.ask(LICENCES, STRANGE)
    for wrong in (crossing.item(asked, STRANGE).pk, 999_999, "x", ""):
        answer = client_for(crossing.lucia).post(page_of(asked, "transfer-accept"), {"chosen": [wrong]})
        assert answer.status_code == 200
    assert Transfer.objects.get().status == "pending"


def test_the_old_partners_access_is_the_new_ones_next_task(crossing: Crossing, client_for: SignIn) -> None:
    crossing.has_a_plan()
    asked = crossing.accept(crossing.ask(AZURE))
    assert "Azure roles did not change" in words(client_for(crossing.anna), page_of(asked))


def test_declining_gives_the_reason_to_the_one_that_asked(crossing: Crossing, client_for: SignIn) -> None:
    asked = crossing.ask()
    address = page_of(asked, "transfer-decline")
    client_for(crossing.lucia).post(address, {"reason": "Not before the renewal."})
    page = words(client_for(crossing.anna), page_of(asked))
    assert "Not before the renewal." in page
    assert "Lucia" not in page
    again = client_for(crossing.lucia).post(address, {"reason": "x"}, follow=True)
    assert "no longer possible" in again.content.decode()


def test_accepting_a_cancelled_request_says_so(crossing: Crossing, client_for: SignIn) -> None:
    asked = crossing.ask()
    transfers.cancel(asked, by=crossing.anna, at=crossing.now)
    body = {"chosen": [crossing.item(asked).pk]}
    answer = client_for(crossing.lucia).post(page_of(asked, "transfer-accept"), body)
    assert "It is over: there is nothing left to accept." in answer.content.decode()
    assert Subscription.objects.filter(provider=crossing.northwind).count() == 0


def test_cancelling_has_a_page_of_its_own(crossing: Crossing, client_for: SignIn) -> None:
    asked = crossing.ask()
    client, address = client_for(crossing.anna), page_of(asked, "transfer-cancel")
    assert "Every subscription in it stays where it is" in words(client, address)
    assert "The transfer is cancelled" in client.post(address, follow=True).content.decode()
    assert "no longer possible" in client.post(address, follow=True).content.decode()


# --- by hand -----------------------------------------------------------------------------------


def test_who_answered_is_to_the_one_that_asked_a_company_named_once(
    crossing: Crossing, client_for: SignIn
) -> None:
    asked = crossing.ask()
    client_for(crossing.lucia).post(page_of(asked, "transfer-decline"), {"reason": ""})
    timeline = client_for(crossing.anna).get(page_of(asked)).context["timeline"]
    assert timeline[0]["who"] == crossing.lucia.company


def test_kept_by_hand_from_the_page_to_its_outcome(crossing: Crossing, client_for: SignIn) -> None:
    row, client = crossing.records(LICENCES), client_for(crossing.anna)
    address = reverse(
        "subscriptions:transfer-record-in", args=[crossing.wanted.pk], query={"subscription": row.pk}
    )
    assert client.get(address).context["form"]["chosen"].value() == [str(row.pk)]
    answer = client.post(address, {"other_name": "Lamna Healthcare", "chosen": [row.pk]}, follow=True)
    kept = Transfer.objects.get()
    assert "Transfer from Lamna Healthcare" in answer.content.decode()
    note = page_of(kept, "transfer-note")
    assert "What you tick is sold by you from now on" in words(client, note)
    wrong = client.post(note, {"chosen": [kept.items.get().pk], "happened_on": "2026-03-11"})
    assert "not one to come" in str(wrong.context["form"]["happened_on"].errors)
    client.post(
        note, {"chosen": [kept.items.get().pk], "happened_on": "2026-03-09", "reason": "They wrote to us."}
    )
    page = words(client, page_of(kept))
    assert "Note: They wrote to us." in page
    assert "The reason given" not in page
    row.refresh_from_db()
    assert row.channel == Channel.CSP_OWN
    assert "nothing left to note" in words(client, note)


def test_a_request_that_is_answered_here_has_no_outcome_to_note(
    crossing: Crossing, client_for: SignIn
) -> None:
    asked = crossing.ask()
    for who in (crossing.anna, crossing.lucia):
        assert client_for(who).get(page_of(asked, "transfer-note")).status_code == 403
    kept = keep(crossing, crossing.records(OTHER_LICENCES))
    assert client_for(crossing.lucia).get(page_of(kept)).status_code == 404


def test_nothing_to_keep_by_hand_says_what_to_record_first(crossing: Crossing, client_for: SignIn) -> None:
    address = reverse("subscriptions:transfer-record-in", args=[crossing.wanted.pk])
    assert "Record it first" in words(client_for(crossing.anna), address)


def test_what_a_transfer_waits_for_is_not_offered_once_more(crossing: Crossing, client_for: SignIn) -> None:
    row, left = crossing.records(LICENCES), crossing.records(OTHER_LICENCES)
    crossing.ask()
    for who, customer, way, asked, free in (
        (crossing.anna, crossing.wanted, "in", row, left),
        (crossing.lucia, crossing.held, "out", crossing.licences, crossing.other),
    ):
        address = reverse(f"subscriptions:transfer-record-{way}", args=[customer.pk])
        offered = client_for(who).get(address).context["offered"]
        assert free in offered
        assert asked not in offered
