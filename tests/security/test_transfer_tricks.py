"""Transfers asked for by somebody hostile: no flood, no look into records, no row of another tenant."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import records
from customers.models import Customer, Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Message
from subscriptions import moves, transfer_acceptance, transfers, transfers_by_hand
from subscriptions.models import Subscription, Transfer
from subscriptions.transfer_eligibility import Asked, look
from subscriptions.vocabulary import Channel, Path, Status
from tests.crossing import AZURE, LICENCES, NOWHERE, OTHER_LICENCES, STRANGE, Crossing
from tests.factories import CustomerFactory, SubscriptionFactory

SignIn = Callable[[Actor], Client]
NOT_NOW = "The requesting partner cannot take it over now."


def reasons(crossing: Crossing, transfer: Transfer) -> set[str]:
    """Return why the items of a transfer cannot go, as Lucerne reads it."""
    transfer = Transfer.objects.select_related(
        "provider", "current_partner", "customer__provider", "current_customer"
    ).get(pk=transfer.pk)
    return {one.reason for one in look(transfer, crossing.now)}


def test_current_partner_reads_nothing_of_what_the_other_holds_or_lacks(crossing: Crossing) -> None:
    """An Azure plan of the other's, or none, is the other's business."""
    assert reasons(crossing, crossing.ask(AZURE)) == {NOT_NOW}


def test_what_the_other_lacks_reads_alike(crossing: Crossing) -> None:
    asked = crossing.ask()
    told = set()
    row = crossing.records(LICENCES, channel=Channel.OPEN)
    told |= reasons(crossing, asked)
    row.delete()
    Relationship.objects.filter(pk=crossing.relationship.pk).update(
        ending_requested_at=crossing.now, ending_requested_by="Carla"
    )
    told |= reasons(crossing, asked)
    assert told == {NOT_NOW}


@pytest.mark.parametrize("named", [None, NOWHERE])
def test_asking_and_cancelling_again_writes_to_nobody_without_end(
    named: str | None, crossing: Crossing
) -> None:
    """And stops at the same number whether anybody bears the id or not."""
    for _time in range(transfers.MOST_A_DAY):
        transfers.cancel(crossing.ask(named=named or ""), by=crossing.anna, at=crossing.now)
    with pytest.raises(Refused, match="very often today"):
        crossing.ask(named=named or "")
    if named is None:
        assert Message.objects.filter(user=crossing.lucia.user).count() == 2 * transfers.MOST_A_DAY
    assert crossing.ask(at=crossing.now + timedelta(days=1, minutes=1)).status == "pending"


def test_customer_with_another_tenant_by_now_lets_nothing_go(crossing: Crossing) -> None:
    asked = crossing.ask()
    Customer.objects.filter(pk=crossing.held.pk).update(tenant_id=uuid.uuid4())
    with pytest.raises(Refused):
        crossing.accept(asked)
    crossing.licences.refresh_from_db()
    assert crossing.licences.status == Status.ACTIVE


def test_keys_of_another_transfer_s_items_choose_nothing(crossing: Crossing, client_for: SignIn) -> None:
    first, second = crossing.ask(LICENCES), crossing.ask(OTHER_LICENCES)
    stranger = crossing.item(second, OTHER_LICENCES)
    address = reverse("subscriptions:transfer-accept", args=[first.pk])
    page = client_for(crossing.lucia).post(address, {"chosen": [str(stranger.pk)]})
    assert page.status_code == 200
    first.refresh_from_db()
    crossing.other.refresh_from_db()
    assert (first.status, crossing.other.status) == ("pending", "active")


def test_requester_answers_nothing_itself(crossing: Crossing, client_for: SignIn) -> None:
    for named in ("", NOWHERE):
        asked = crossing.ask(named=named)
        item = crossing.item(asked)
        client = client_for(crossing.anna)
        for name in ("transfer-accept", "transfer-decline", "transfer-note"):
            address = reverse(f"subscriptions:{name}", args=[asked.pk])
            assert client.get(address).status_code == 403
            assert client.post(address, {"chosen": [item.pk], "happened_on": "2026-03-09"}).status_code == 403
        transfers.cancel(asked, by=crossing.anna, at=crossing.now)
    crossing.licences.refresh_from_db()
    assert crossing.licences.status == Status.ACTIVE


def test_current_partner_cancels_nothing(crossing: Crossing, client_for: SignIn) -> None:
    asked = crossing.ask()
    address = reverse("subscriptions:transfer-cancel", args=[asked.pk])
    assert client_for(crossing.lucia).post(address).status_code == 403


def test_by_hand_changes_no_row_of_the_company_that_sells_it(crossing: Crossing) -> None:
    """Whoever writes it down says so of its own records; the other's stay, and nobody there is told."""
    row = crossing.records(LICENCES)
    before = Subscription.objects.filter(provider=crossing.lucerne).order_by("pk").values()
    kept = list(before)
    record = transfers_by_hand.record(
        crossing.wanted,
        "in",
        [row],
        other_name="Lucerne",
        named=crossing.lucerne.partner_id,
        by=crossing.anna,
        at=crossing.now,
    )
    assert (record.current_partner, record.current_customer) == (None, None)
    items = set(record.items.values_list("pk", flat=True))
    transfers_by_hand.note(record, items, crossing.now.date(), by=crossing.anna, at=crossing.now)
    assert list(before.all()) == kept
    assert not Message.objects.filter(user=crossing.lucia.user).exists()


def test_request_for_a_row_with_an_open_move_says_the_same_as_for_nobody_s(crossing: Crossing) -> None:
    """What Lucerne does with its row neither stops the request nor shows in it."""
    moves.plan(
        SubscriptionFactory(customer=crossing.held, channel=Channel.OPEN, external_id=STRANGE),
        Path.SUPPORT_IN_PLACE,
        by=crossing.lucia,
        at=crossing.now,
    )
    asked = crossing.ask(STRANGE)
    assert {item.status for item in asked.items.all()} == {"requested"}
    assert reasons(crossing, asked) == {"You sell this customer no subscription with this ID."}


def test_suspended_company_is_asked_as_one_that_is_not_here(crossing: Crossing) -> None:
    type(crossing.lucerne).objects.filter(pk=crossing.lucerne.pk).update(status="suspended")
    asked = crossing.ask()
    assert asked.current_partner is None
    assert not Message.objects.filter(user=crossing.lucia.user).exists()


def test_tenant_of_a_customer_with_a_relationship_is_not_edited_under_a_request(crossing: Crossing) -> None:
    crossing.ask()
    details = records.Details(name="Contoso", domain="", tenant_id=uuid.uuid4(), country="IT", language="it")
    with pytest.raises(Refused):
        records.edit(
            crossing.wanted, details, version=crossing.wanted.version, by=crossing.anna, at=crossing.now
        )


def test_id_the_other_recorded_meanwhile_for_another_customer_is_a_refusal_that_tells_nothing(
    crossing: Crossing, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody holds that customer's lock: the unique id alone stands between the two stories."""
    asked = crossing.ask()

    def looked(*args: Any) -> list[Asked]:
        found = look(*args)
        crossing.records(LICENCES, customer=CustomerFactory(provider=crossing.northwind))
        return found

    monkeypatch.setattr(transfer_acceptance, "look", looked)
    with pytest.raises(Refused) as refused:
        crossing.accept(asked)
    assert str(refused.value) == NOT_NOW
    crossing.licences.refresh_from_db()
    assert crossing.licences.status == Status.ACTIVE
