"""Transfers kept by hand: with a partner outside, or under the rules of December 2016."""

from datetime import timedelta
from typing import Any

import pytest

from customers.models import AgreementVersion, Customer, Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Partner
from subscriptions import transfers, transfers_by_hand
from subscriptions.models import Subscription, Transfer
from subscriptions.vocabulary import Channel, Status
from tests.conftest import Log, Mailbox
from tests.crossing import AZURE, LICENCES, OTHER_LICENCES, Crossing
from tests.factories import MoveFactory

DAY = timedelta(days=1)


def keep(crossing: Crossing, *rows: Subscription, direction: str = "in", **changes: Any) -> Transfer:
    """Keep a transfer by hand as Northwind, or, going out, as Lucerne."""
    out = direction == "out"
    return transfers_by_hand.record(
        crossing.held if out else crossing.wanted,
        direction,
        rows,
        **{"other_name": "Lamna Healthcare", "by": crossing.lucia if out else crossing.anna, **changes},
        at=crossing.now,
    )


def note(crossing: Crossing, transfer: Transfer, *ids: str, **changes: Any) -> Transfer:
    """Note that these went over today."""
    chosen = set(transfer.items.filter(external_id__in=ids).values_list("pk", flat=True))
    by = crossing.lucia if transfer.direction == "out" else crossing.anna
    how = {"happened_on": crossing.now.date(), "by": by, "at": crossing.now, **changes}
    return transfers_by_hand.note(transfer, chosen, **how)


def test_what_came_in_is_sold_by_the_provider_from_then_on(
    crossing: Crossing, mails: Mailbox, log: Log
) -> None:
    both, _mine, _theirs = crossing.contacts()
    row, left = crossing.records(LICENCES), crossing.records(OTHER_LICENCES)
    add_on = crossing.records("", parent=row)
    kept = keep(crossing, row, left, named="4710001")
    assert (kept.is_by_hand, kept.current_partner, kept.named) == (True, None, "4710001")
    assert (log.last().verb, log.readers()) == ("transfer.recorded", {"Northwind Traders"})
    note(crossing, kept, LICENCES)
    kept.refresh_from_db()
    for one in (row, left, add_on):
        one.refresh_from_db()
    assert (row.channel, row.seller, add_on.channel) == (
        Channel.CSP_OWN,
        crossing.northwind,
        Channel.CSP_OWN,
    )
    assert (left.channel, left.seller) == (Channel.CSP_OTHER, None)
    assert (kept.status, [item.status for item in kept.items.all()]) == (
        "accepted",
        ["accepted", "not_chosen"],
    )
    assert (log.last().verb, log.details()["happened_on"]) == ("transfer.noted", "2026-03-10")
    assert log.names(kept, row, add_on)
    told = mails.last("transfer_told", to=both.email)
    assert told.subject == "Northwind Traders now sells you what Lamna Healthcare sold you"


def test_what_went_out_is_over_with_its_add_ons(crossing: Crossing, mails: Mailbox) -> None:
    both, _mine, _theirs = crossing.contacts()
    add_on = crossing.sells("Phone System", "phone", parent=crossing.licences)
    kept = keep(crossing, crossing.licences, direction="out")
    note(crossing, kept, LICENCES)
    for one in (crossing.licences, add_on):
        one.refresh_from_db()
        assert one.status == "transferred"
    assert crossing.item(kept).source == crossing.licences
    assert "Lamna Healthcare now sells you" in mails.last("transfer_told", to=both.email).subject


@pytest.mark.parametrize("direction", ["in", "out"])
def test_a_provider_under_december_2016_keeps_it_by_hand(direction: str, crossing: Crossing) -> None:
    Partner.objects.update(edition="2016-12")
    AgreementVersion.objects.update(edition="2016-12")
    row = crossing.licences if direction == "out" else crossing.records(LICENCES)
    assert note(crossing, keep(crossing, row, direction=direction), LICENCES).status == "accepted"


def test_nothing_went_over_is_a_decline(crossing: Crossing, mails: Mailbox) -> None:
    row = crossing.records(LICENCES)
    kept = note(crossing, keep(crossing, row), reason="They would not.")
    row.refresh_from_db()
    assert (kept.status, kept.reason, row.channel) == ("declined", "They would not.", Channel.CSP_OTHER)
    assert mails.all(event="transfer") == []


def test_what_is_kept_by_hand_is_closed_by_hand_alone(crossing: Crossing) -> None:
    kept = keep(crossing, crossing.records(LICENCES))
    later = crossing.now + 40 * DAY
    assert (transfers.remind(later), transfers.tidy(later)) == (0, 0)
    assert kept.waits_at(later)
    assert transfers.cancel(kept, by=crossing.anna, at=later).status == "cancelled"


# --- refused -----------------------------------------------------------------------------------


def refused(crossing: Crossing, *rows: Subscription, **changes: Any) -> str:
    before = Transfer.objects.count(), Activity.objects.count()
    with pytest.raises(Refused) as problem:
        keep(crossing, *rows, **changes)
    assert (Transfer.objects.count(), Activity.objects.count()) == before
    return str(problem.value)


@pytest.mark.parametrize("lacks", ["relationship", "agreement", "tenant", "suspended", "region"])
def test_incoming_refused_without_what_a_seller_needs(lacks: str, crossing: Crossing) -> None:
    row = crossing.records(LICENCES)
    match lacks:
        case "relationship":
            Relationship.objects.update(status="ended", ended_at=crossing.now, ended_by="Anna")
        case "agreement":
            AgreementVersion.objects.update(edition="2016-12")
        case "tenant":
            Customer.objects.update(tenant_id=None)
        case "suspended":
            Partner.objects.filter(pk=crossing.northwind.pk).update(status="suspended")
        case "region":
            Customer.objects.filter(pk=crossing.wanted.pk).update(country="US")
    words = {
        "relationship": "active relationship",
        "agreement": "agreement is accepted",
        "tenant": "Microsoft ID is unknown",
        "suspended": "suspended",
        "region": "another CSP region",
    }[lacks]
    assert words in refused(crossing, row)


@pytest.mark.parametrize("lacks", ["tenant", "suspended"])
def test_outgoing_refused(lacks: str, crossing: Crossing) -> None:
    if lacks == "tenant":
        Customer.objects.update(tenant_id=None)
    else:
        Partner.objects.filter(pk=crossing.lucerne.pk).update(status="suspended")
    assert refused(crossing, crossing.licences, direction="out")


def test_nothing_too_much_or_nobody_is_refused(crossing: Crossing) -> None:
    row = crossing.records(LICENCES)
    many = [crossing.records(str(n)) for n in range(26)]
    assert "1 to 25" in refused(crossing)
    assert "1 to 25" in refused(crossing, *many)
    assert "Name the other partner" in refused(crossing, row, other_name=" ")
    assert "4 to 12 digits" in refused(crossing, row, named="Lamna")
    assert "of this customer" in refused(crossing, crossing.licences)


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": Status.SUSPENDED}, "suspended subscription can't be transferred"),
        ({"status": Status.EXPIRED}, "It has ended"),
        ({"is_trial": True}, "A trial is not moved"),
        ({"is_legacy_commerce": True}, "sold before new commerce"),
        ({"channel": Channel.OPEN}, "only between CSP partners"),
        ({"channel": Channel.CSP_OWN}, "You sell this one yourself"),
        ({"external_id": ""}, "subscription ID is unknown"),
    ],
)
def test_incoming_refused_for_what_cannot_come(facts: dict[str, Any], words: str, crossing: Crossing) -> None:
    assert words in refused(crossing, crossing.records(**{"external_id": LICENCES, **facts}))


def test_an_add_on_alone_and_a_move_under_way_are_refused(crossing: Crossing) -> None:
    base = crossing.records(LICENCES)
    assert "travels with its base" in refused(crossing, crossing.records("phone", parent=base))
    MoveFactory(subscription=base)
    assert "A move of it is under way" in refused(crossing, base)


def test_incoming_azure_needs_an_azure_plan(crossing: Crossing) -> None:
    row = crossing.records(AZURE, product=crossing.azure.product, term="", term_end=None)
    assert "you have none with this customer" in refused(crossing, row)
    crossing.has_a_plan()
    assert keep(crossing, row).status == "pending"


def test_what_is_asked_for_here_is_not_kept_by_hand_too(crossing: Crossing) -> None:
    row = crossing.records(LICENCES)
    crossing.ask()
    assert refused(crossing, row) == "You have asked for it already."
    assert "answer that request" in refused(crossing, crossing.licences, direction="out")


def test_the_outcome_is_noted_once_by_its_keeper_for_a_day_that_has_come(
    crossing: Crossing, tom: Actor
) -> None:
    kept, other = keep(crossing, crossing.records(LICENCES)), keep(crossing, crossing.records("x"))
    with pytest.raises(Refused, match="whose part this is"):
        note(crossing, kept, LICENCES, by=tom)
    for day in (crossing.now.date() + DAY, crossing.now.date().replace(year=1980)):
        with pytest.raises(Refused, match="not one to come"):
            note(crossing, kept, LICENCES, happened_on=day)
    with pytest.raises(Refused, match="of this transfer"):
        transfers_by_hand.note(
            kept,
            {crossing.item(other, "x").pk},
            crossing.now.date(),
            by=crossing.anna,
            at=crossing.now,
        )
    note(crossing, kept, LICENCES)
    with pytest.raises(Refused, match="no longer possible"):
        note(crossing, kept)


def test_a_request_to_a_partner_here_is_not_noted_by_hand(crossing: Crossing) -> None:
    with pytest.raises(Refused, match="answers this one, here"):
        note(crossing, crossing.ask(), LICENCES)


def test_incoming_is_not_noted_once_the_relationship_has_ended(crossing: Crossing) -> None:
    row = crossing.records(LICENCES)
    kept = keep(crossing, row)
    Relationship.objects.update(status="ended", ended_at=crossing.now, ended_by="Anna")
    with pytest.raises(Refused, match="active relationship"):
        note(crossing, kept, LICENCES)
    row.refresh_from_db()
    assert row.channel == Channel.CSP_OTHER


def test_outgoing_is_not_noted_with_a_suspended_add_on(crossing: Crossing) -> None:
    crossing.sells("Phone System", "phone", parent=crossing.licences, status=Status.SUSPENDED)
    kept = keep(crossing, crossing.licences, direction="out")
    with pytest.raises(Refused, match="add-ons travel along"):
        note(crossing, kept, LICENCES)
