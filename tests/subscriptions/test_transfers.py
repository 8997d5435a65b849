"""Transfers between two providers here: asked for, declined, cancelled, left to lapse."""

import uuid
from datetime import timedelta
from typing import Any

import pytest

from customers import links
from customers.models import AgreementVersion, Customer, Purpose, Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Message, Partner
from subscriptions import offboarding, transfers
from subscriptions.models import Transfer
from subscriptions.vocabulary import AzureOffer, Billing, Channel, Status
from tests.conftest import Log, Mailbox
from tests.crossing import AZURE, LICENCES, NOWHERE, OTHER_LICENCES, STRANGE, Crossing
from tests.factories import MoveFactory, ProductFactory, RelationshipFactory

DAY = timedelta(days=1)


# --- asking ------------------------------------------------------------------------------------


def test_a_request_waits_thirty_days_and_every_id_is_to_be_chosen(crossing: Crossing, log: Log) -> None:
    asked = crossing.ask(LICENCES, STRANGE)
    assert (asked.status, asked.named, asked.lapses_at) == ("pending", "1000003", crossing.now + 30 * DAY)
    assert [item.get_status_display() for item in asked.items.all()] == [
        "To be chosen by the current partner",
        "To be chosen by the current partner",
    ]
    assert log.last().verb == "transfer.requested"
    assert log.names(asked, *asked.items.all())
    assert log.details()["external_ids"] == [LICENCES, STRANGE]
    assert log.readers() == {"Northwind Traders"}


@pytest.mark.parametrize("named", ["partner_id", "tenant_id"])
def test_the_partner_is_named_by_its_exact_partner_id_or_tenant_id(named: str, crossing: Crossing) -> None:
    asked = crossing.ask(named=f" {getattr(crossing.lucerne, named)} ".upper())
    assert (asked.current_partner, asked.current_customer) == (crossing.lucerne, crossing.held)
    assert crossing.item(asked).source == crossing.licences


def test_the_named_partner_is_told_only_if_it_is_here_and_knows_the_customer(
    crossing: Crossing, tailspin: Partner, mails: Mailbox
) -> None:
    for named in (NOWHERE, str(uuid.uuid4()), tailspin.partner_id):
        asked = crossing.ask(STRANGE, named=named)
        assert (asked.current_partner, asked.current_customer) == (None, None)
        assert crossing.item(asked, STRANGE).source is None
        transfers.cancel(asked, by=crossing.anna, at=crossing.now)
    assert mails.all() == []
    crossing.ask(STRANGE)
    mail = mails.last("transfer_received", to=crossing.lucia.email)
    assert mail.subject == "Northwind Traders asks for subscriptions of Contoso (Lucerne)"
    assert STRANGE in mail.text
    assert "partner ID 1000001" in mail.text


@pytest.mark.parametrize("change", [{"status": "suspended"}, {"kind": "indirect_reseller"}])
def test_a_suspended_company_or_a_reseller_is_told_nothing(
    change: dict[str, str], crossing: Crossing
) -> None:
    Partner.objects.filter(pk=crossing.lucerne.pk).update(**change)
    assert crossing.ask().current_partner is None


def test_a_direct_bill_partner_has_transfers_too(crossing: Crossing) -> None:
    Partner.objects.filter(pk__in=[crossing.northwind.pk, crossing.lucerne.pk]).update(kind="direct_bill")
    asked = crossing.ask()
    assert asked.current_partner == crossing.lucerne
    assert crossing.accept(asked).status == "accepted"


def test_what_is_on_record_is_linked_to_what_is_asked_for(crossing: Crossing) -> None:
    recorded = crossing.records(LICENCES)
    assert crossing.item(crossing.ask()).subscription == recorded


def refused(crossing: Crossing, *ids: str, named: str = "") -> str:
    before = Transfer.objects.count(), Activity.objects.count(), Message.objects.count()
    with pytest.raises(Refused) as problem:
        crossing.ask(*ids, named=named)
    assert (Transfer.objects.count(), Activity.objects.count(), Message.objects.count()) == before
    return str(problem.value)


def test_request_refused_under_the_rules_of_december_2016(crossing: Crossing) -> None:
    Partner.objects.filter(pk=crossing.northwind.pk).update(edition="2016-12")
    assert "keep it by hand" in refused(crossing)


def test_request_refused_while_suspended(crossing: Crossing) -> None:
    Partner.objects.filter(pk=crossing.northwind.pk).update(status="suspended")
    assert refused(crossing) == "A suspended company changes nothing."


def test_request_refused_without_the_customers_tenant(crossing: Crossing) -> None:
    Customer.objects.filter(pk=crossing.wanted.pk).update(tenant_id=None)
    assert "Microsoft ID is unknown" in refused(crossing)


def test_request_refused_for_a_tenant_without_an_active_relationship(crossing: Crossing) -> None:
    now = crossing.now
    Relationship.objects.filter(pk=crossing.relationship.pk).update(
        status="ended", ended_at=now, ended_by="somebody"
    )
    assert "active relationship" in refused(crossing)


def test_request_refused_on_a_relationship_nobody_accepted(crossing: Crossing) -> None:
    Relationship.objects.filter(pk=crossing.relationship.pk).update(origin="imported", acceptance=None)
    assert "active relationship" in refused(crossing)


def test_request_refused_without_the_agreement(crossing: Crossing) -> None:
    AgreementVersion.objects.update(edition="2016-12")
    assert "agreement is accepted" in refused(crossing)


def test_request_refused_once_the_customer_asked_to_end(crossing: Crossing) -> None:
    Relationship.objects.update(ending_requested_at=crossing.now, ending_requested_by="Carla")
    assert "asked to end" in refused(crossing)


def test_request_refused_across_regions(crossing: Crossing) -> None:
    Customer.objects.filter(pk=crossing.wanted.pk).update(country="US")
    assert "another CSP region" in refused(crossing)


@pytest.mark.parametrize("named", ["1000001", "tenant"])
def test_request_to_oneself_refused(named: str, crossing: Crossing) -> None:
    own = str(crossing.northwind.tenant_id) if named == "tenant" else named
    assert refused(crossing, named=own) == "This is your own ID: name the current partner."


@pytest.mark.parametrize("named", ["123", "1234567890123", "Lucerne", "٤٧١٠٠٠٣", "lucerne.example"])
def test_request_refused_for_what_is_no_id_of_a_partner(named: str, crossing: Crossing) -> None:
    assert "4 to 12 digits" in refused(crossing, named=named)


@pytest.mark.parametrize(
    ("ids", "words"),
    [
        ((" ",), "at least one"),
        (tuple(str(n) for n in range(26)), "at most 25"),
        (("x" * 81,), "no subscription ID"),
        (("a\u202eb",), "no subscription ID"),
        (("a", "b", "a "), "twice"),
    ],
)
def test_request_refused_for_wrong_ids(ids: tuple[str, ...], words: str, crossing: Crossing) -> None:
    assert words in refused(crossing, *ids)


def test_twenty_five_subscriptions_fit_into_one_request(crossing: Crossing) -> None:
    assert crossing.ask(*(str(n) for n in range(25))).items.count() == 25


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": Status.SUSPENDED}, "a suspended subscription can't be transferred"),
        ({"status": Status.CANCELLED}, "It has ended"),
        ({"is_trial": True}, "A trial is not moved"),
        ({"is_legacy_commerce": True}, "sold before new commerce"),
        ({"channel": Channel.DIRECT}, "only between CSP partners"),
        ({"channel": Channel.CSP_OWN}, "You sell this one yourself"),
    ],
)
def test_request_refused_for_what_our_own_record_closes(
    facts: dict[str, Any], words: str, crossing: Crossing
) -> None:
    crossing.records(LICENCES, **facts)
    assert words in refused(crossing)


def test_request_of_an_add_on_alone_refused(crossing: Crossing) -> None:
    base = crossing.records(OTHER_LICENCES)
    crossing.records(LICENCES, parent=base)
    assert "travels with its base" in refused(crossing)


def test_request_refused_for_another_customers_subscription(crossing: Crossing) -> None:
    other = RelationshipFactory(customer__provider=crossing.northwind).customer
    crossing.records(LICENCES, customer=other)
    assert "on record for another customer" in refused(crossing)


def test_request_refused_while_a_move_of_it_is_open(crossing: Crossing) -> None:
    MoveFactory(subscription=crossing.records(LICENCES))
    assert "A move of it is under way" in refused(crossing)


def test_request_for_azure_on_record_needs_an_azure_plan_of_ones_own(crossing: Crossing) -> None:
    crossing.records(AZURE, product=crossing.azure.product, term="", term_end=None)
    assert "you have none with this customer" in refused(crossing, AZURE)
    crossing.has_a_plan()
    assert crossing.ask(AZURE).status == "pending"


def test_request_for_legacy_azure_on_record_refused(crossing: Crossing) -> None:
    legacy = ProductFactory(billing=Billing.USAGE, azure_offer=AzureOffer.LEGACY)
    crossing.records(AZURE, product=legacy, term="", term_end=None)
    assert "Only an Azure plan can be transferred" in refused(crossing, AZURE)


def test_what_was_asked_for_already_is_not_asked_for_twice(crossing: Crossing) -> None:
    crossing.ask(named=NOWHERE)
    assert refused(crossing, OTHER_LICENCES, LICENCES) == f"{LICENCES}: You have asked for it already."


def test_a_request_nobody_answered_never_blocks_the_next(crossing: Crossing, log: Log) -> None:
    old = crossing.ask()
    later = crossing.now + 30 * DAY
    new = crossing.ask(at=later)
    old.refresh_from_db()
    assert (old.status, crossing.item(old).status) == ("lapsed", "not_chosen")
    assert log.names(new, old)
    assert crossing.item(new).source == crossing.licences


def test_another_company_cannot_ask_in_ones_name(crossing: Crossing, tom: Actor) -> None:
    with pytest.raises(Refused, match="whose part this is"):
        transfers.request(crossing.wanted, crossing.lucerne.partner_id, [LICENCES], by=tom, at=crossing.now)


# --- declined, cancelled -----------------------------------------------------------------------


def test_a_declined_request_leaves_everything_where_it_is(
    crossing: Crossing, mails: Mailbox, log: Log
) -> None:
    asked = crossing.ask()
    transfers.decline(asked, " Not before the renewal. ", by=crossing.lucia, at=crossing.now)
    asked.refresh_from_db()
    crossing.licences.refresh_from_db()
    assert (asked.status, asked.reason) == ("declined", "Not before the renewal.")
    assert (crossing.item(asked).status, crossing.licences.status) == ("not_chosen", "active")
    told = mails.last("transfer_stopped", to=crossing.anna.email)
    assert told.subject == "Your transfer request for Contoso was declined"
    assert "Not before the renewal" in told.text
    assert log.whole()


def test_each_side_of_an_answer_reads_its_own_half(crossing: Crossing) -> None:
    asked = crossing.ask()
    transfers.decline(asked, by=crossing.lucia, at=crossing.now)
    halves = list(Activity.objects.filter(verb="transfer.declined").order_by("chain__key"))
    assert [half.chain.key for half in halves] == [
        f"partner:{crossing.northwind.pk}",
        f"partner:{crossing.lucerne.pk}",
    ]
    assert [half.customer_label for half in halves] == ["Contoso", "Contoso (Lucerne)"]
    assert [set(half.readers.values_list("partner", flat=True)) for half in halves] == [
        {crossing.northwind.pk},
        {crossing.lucerne.pk},
    ]
    # To the other side whoever acted is a company: who works there is its own business.
    assert ["Lucia" in half.person.text for half in halves] == [False, True]
    assert [half.actor_company for half in halves] == ["Lucerne Publishing"] * 2


def test_only_the_current_partner_declines_and_only_the_requesting_one_cancels(
    crossing: Crossing, tom: Actor
) -> None:
    asked = crossing.ask()
    for story, by in (
        (transfers.decline, crossing.anna),
        (transfers.decline, tom),
        (transfers.cancel, crossing.lucia),
        (transfers.cancel, tom),
    ):
        with pytest.raises(Refused, match="whose part this is"):
            story(asked, by=by, at=crossing.now)


def test_a_cancelled_request_tells_the_current_partner_alone(
    crossing: Crossing, mails: Mailbox, log: Log
) -> None:
    asked = crossing.ask()
    transfers.cancel(asked, by=crossing.anna, at=crossing.now)
    asked.refresh_from_db()
    assert (asked.status, crossing.item(asked).status) == ("cancelled", "not_chosen")
    (told,) = mails.all(event="transfer_stopped")
    assert told.to == crossing.lucia.email
    assert told.subject == "Northwind Traders cancelled its transfer request for Contoso (Lucerne)"
    assert (log.last().verb, log.readers()) == ("transfer.cancelled", {"Northwind Traders"})


@pytest.mark.parametrize("ended", ["cancelled", "declined", "accepted", "lapsed"])
def test_what_is_over_is_neither_answered_nor_cancelled(ended: str, crossing: Crossing) -> None:
    asked = crossing.ask()
    at = crossing.now
    match ended:
        case "cancelled":
            transfers.cancel(asked, by=crossing.anna, at=at)
        case "declined":
            transfers.decline(asked, by=crossing.lucia, at=at)
        case "accepted":
            crossing.accept(asked)
        case "lapsed":
            at += 30 * DAY
    for act in (
        lambda: crossing.accept(asked, at=at),
        lambda: transfers.decline(asked, by=crossing.lucia, at=at),
        lambda: transfers.cancel(asked, by=crossing.anna, at=at),
    ):
        with pytest.raises(Refused, match=r"no longer possible|has lapsed"):
            act()


@pytest.mark.parametrize("who", ["northwind", "lucerne"])
def test_a_suspended_company_neither_answers_nor_cancels(who: str, crossing: Crossing) -> None:
    asked = crossing.ask()
    Partner.objects.filter(pk=getattr(crossing, who).pk).update(status="suspended")
    story, by = {
        "northwind": (transfers.cancel, crossing.anna),
        "lucerne": (transfers.decline, crossing.lucia),
    }[who]
    with pytest.raises(Refused, match="suspended"):
        story(asked, by=by, at=crossing.now)


# --- time passes -------------------------------------------------------------------------------


def test_both_sides_are_warned_once_three_days_before(crossing: Crossing, mails: Mailbox, log: Log) -> None:
    asked = crossing.ask()
    early, due = crossing.now + 27 * DAY - timedelta(seconds=1), crossing.now + 27 * DAY
    assert transfers.remind(early) == 0
    assert (transfers.remind(due), transfers.remind(due)) == (1, 0)
    assert {mail.to for mail in mails.all(event="transfer_lapsing")} == {
        crossing.anna.email,
        crossing.lucia.email,
    }
    assert (log.last().verb, log.readers()) == ("transfer.warned", {"Northwind Traders"})
    assert transfers.tidy(crossing.now + 30 * DAY) == 1
    asked.refresh_from_db()
    assert asked.status == "lapsed"


def test_without_an_answer_a_request_lapses_in_thirty_days(
    crossing: Crossing, mails: Mailbox, log: Log
) -> None:
    asked = crossing.ask()
    assert transfers.tidy(crossing.now + 30 * DAY - timedelta(seconds=1)) == 0
    assert transfers.tidy(crossing.now + 30 * DAY) == 1
    asked.refresh_from_db()
    assert (asked.status, crossing.item(asked).status) == ("lapsed", "not_chosen")
    (told,) = mails.all(event="transfer_stopped")
    assert (told.to, told.subject) == (
        crossing.anna.email,
        "Your transfer request for Contoso has lapsed",
    )
    assert log.last().verb == "transfer.lapsed"


# --- the relationship ends ---------------------------------------------------------------------


def test_the_end_of_the_relationship_cancels_what_was_asked_for(
    crossing: Crossing, mails: Mailbox, log: Log
) -> None:
    asked = crossing.ask()
    offboarding.end_relationship(crossing.relationship, by=crossing.anna, at=crossing.now)
    asked.refresh_from_db()
    assert (asked.status, crossing.item(asked).status) == ("cancelled", "not_chosen")
    assert ["subscriptions.transfer", asked.pk, "cancelled"] in log.details()["stopped_with_it"]
    assert mails.last("transfer_stopped").to == crossing.lucia.email


def test_the_customers_wish_to_end_cancels_it_too(crossing: Crossing, log: Log) -> None:
    both, _mine, _theirs = crossing.contacts()
    crossing.has_a_plan()  # what we sell still runs
    asked = crossing.ask()
    code = links.make_code(Purpose.END, crossing.relationship.pk, both.email, at=crossing.now)
    links.spend_try(code, links.code_digits(code), at=crossing.now)
    offboarding.end_by_customer(crossing.relationship, both, code, at=crossing.now)
    asked.refresh_from_db()
    assert (log.last().verb, asked.status) == ("relationship.ending_requested", "cancelled")


# --- who sees it -------------------------------------------------------------------------------


def test_each_side_sees_the_request_and_nobody_else(
    crossing: Crossing, tom: Actor, luca: Actor, staff: Actor
) -> None:
    asked = crossing.ask()
    for who, sees in ((crossing.anna, 1), (crossing.lucia, 1), (staff, 1), (tom, 0), (luca, 0)):
        assert Transfer.objects.visible_to(who).filter(pk=asked.pk).count() == sees


def test_the_named_partner_that_does_not_know_the_customer_sees_nothing(
    crossing: Crossing, tailspin: Partner, tom: Actor
) -> None:
    crossing.ask(named=tailspin.partner_id)
    assert not Transfer.objects.visible_to(tom).exists()
