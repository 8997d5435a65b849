"""What crosses over when a transfer is accepted, what stays, and what cannot go and why."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.models import AgreementVersion, Customer, Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Message, Partner
from subscriptions import transfer_acceptance, transfers
from subscriptions.models import Subscription, Transfer, TransferItem
from subscriptions.transfer_eligibility import look
from subscriptions.vocabulary import AutoRenew, AzureOffer, Billing, Channel, Status
from tests.conftest import TENANT, Log, Mailbox
from tests.crossing import AZURE, LICENCES, OTHER_LICENCES, STRANGE, Crossing
from tests.factories import (
    AgreementVersionFactory,
    CustomerFactory,
    MoveFactory,
    PartnerFactory,
    ProductFactory,
    RelationshipFactory,
    SubscriptionFactory,
)

CROSSES = ("product", "quantity", "term", "term_end", "external_id", "entitlement_id")


def ours(crossing: Crossing, external_id: str = LICENCES) -> Subscription:
    """Return what Northwind has under an id."""
    return Subscription.objects.get(provider=crossing.northwind, external_id=external_id)


# --- what crosses ------------------------------------------------------------------------------


def test_what_is_accepted_goes_on_with_the_partner_that_asked(crossing: Crossing) -> None:
    asked = crossing.accept(crossing.ask())
    crossing.licences.refresh_from_db()
    new = ours(crossing)
    assert (asked.status, crossing.licences.status, new.status) == ("accepted", "transferred", "active")
    assert (new.channel, new.seller, new.customer) == (
        Channel.CSP_OWN,
        crossing.northwind,
        crossing.wanted,
    )
    for name in CROSSES:
        assert getattr(new, name) == getattr(crossing.licences, name), name
    item = crossing.item(asked)
    assert (item.status, item.subscription, item.source) == ("accepted", new, crossing.licences)


def test_nothing_else_crosses_over(crossing: Crossing) -> None:
    Subscription.objects.filter(pk=crossing.licences.pk).update(
        friendly_name="The accountants' licences",
        auto_renew=AutoRenew.YES,
        billing_cycle="annual",
        partner_on_record=PartnerFactory(reseller=True),
        support_contact=crossing.lucerne,
        checked_on=date(2026, 3, 1),
    )
    crossing.accept(crossing.ask())
    new = ours(crossing)
    assert (new.friendly_name, new.auto_renew, new.billing_cycle) == ("", "unknown", "none")
    assert (new.partner_on_record, new.support_contact, new.checked_on) == (None, None, None)
    assert (new.started_on, new.replaces) == (None, None)


def test_what_was_on_record_becomes_what_is_sold_and_keeps_what_is_ones_own(crossing: Crossing) -> None:
    recorded = crossing.records(LICENCES, friendly_name="E3, upstairs", term_end=date(2027, 1, 1))
    crossing.accept(crossing.ask())
    new = ours(crossing)
    assert (new.pk, new.version) == (recorded.pk, recorded.version + 1)
    assert (new.channel, new.friendly_name, new.seller_name) == (
        Channel.CSP_OWN,
        "E3, upstairs",
        "Northwind Traders",
    )
    assert (new.quantity, new.term_end) == (25, crossing.licences.term_end)


def test_a_start_that_cannot_be_true_is_dropped(crossing: Crossing) -> None:
    crossing.records(LICENCES, started_on=date(2026, 12, 1), term_end=date(2027, 12, 1))
    crossing.accept(crossing.ask())
    assert ours(crossing).started_on is None


def test_add_ons_travel_with_their_base(crossing: Crossing) -> None:
    add_on = crossing.sells("Phone System", "phone", parent=crossing.licences, quantity=3)
    gone = crossing.sells("Old add-on", "old", parent=crossing.licences, status=Status.CANCELLED)
    crossing.accept(crossing.ask())
    for row in (add_on, gone):
        row.refresh_from_db()
    assert (add_on.status, gone.status) == ("transferred", "cancelled")
    new = ours(crossing, "phone")
    assert (new.parent, new.quantity, new.channel) == (ours(crossing), 3, Channel.CSP_OWN)
    assert not Subscription.objects.filter(provider=crossing.northwind, external_id="old").exists()


@pytest.mark.parametrize("known_by", ["id", "product", "standing alone"])
def test_add_ons_on_record_are_found_again(known_by: str, crossing: Crossing) -> None:
    add_on = crossing.sells("Phone System", "phone", parent=crossing.licences, quantity=3)
    base = crossing.records(LICENCES)
    recorded = {
        "id": lambda: crossing.records("phone", parent=base),
        "product": lambda: crossing.records("", parent=base, product=add_on.product),
        "standing alone": lambda: crossing.records("phone"),
    }[known_by]()
    crossing.accept(crossing.ask())
    recorded.refresh_from_db()
    assert (recorded.channel, recorded.parent, recorded.external_id) == (Channel.CSP_OWN, base, "phone")
    assert base.add_ons.count() == 1


def test_what_is_not_chosen_stays(crossing: Crossing) -> None:
    asked = crossing.ask(LICENCES, OTHER_LICENCES, STRANGE)
    crossing.accept(asked, LICENCES)
    crossing.other.refresh_from_db()
    assert crossing.other.status == "active"
    assert [item.status for item in asked.items.order_by("pk")] == ["accepted", "not_chosen", "not_chosen"]
    assert not Subscription.objects.filter(
        provider=crossing.northwind, external_id__in=[OTHER_LICENCES, STRANGE]
    ).exists()


def test_azure_comes_under_an_azure_plan(crossing: Crossing, mails: Mailbox) -> None:
    asked = crossing.ask(AZURE)
    assert reason(crossing, asked, AZURE) == "The requesting partner cannot take it over now."
    crossing.has_a_plan()
    crossing.accept(asked)
    assert ours(crossing, AZURE).product == crossing.azure.product
    told = mails.last("transfer_accepted", to=crossing.anna.email)
    assert "Azure roles do not change" in told.text


def test_a_licence_has_one_seller_at_every_moment(crossing: Crossing) -> None:
    def sellers() -> int:
        sold = Subscription.objects.filter(external_id=LICENCES, channel=Channel.CSP_OWN)
        return sold.exclude(status=Status.TRANSFERRED).count()

    asked = crossing.ask()
    assert sellers() == 1
    crossing.accept(asked)
    assert sellers() == 1


def test_what_went_can_come_back_under_the_same_id(crossing: Crossing) -> None:
    crossing.accept(crossing.ask())
    RelationshipFactory(customer=crossing.held, acceptance__agreement=AgreementVersionFactory(edition="2026"))
    northwind = crossing.northwind.partner_id
    back = transfers.request(crossing.held, northwind, [LICENCES], by=crossing.lucia, at=crossing.now)
    item = back.items.get()
    assert item.source == ours(crossing, LICENCES)
    transfer_acceptance.accept(back, {item.pk}, by=crossing.anna, at=crossing.now)
    rows = Subscription.objects.filter(provider=crossing.lucerne, external_id=LICENCES).order_by("pk")
    assert [row.status for row in rows] == [Status.TRANSFERRED, Status.ACTIVE]
    assert ours(crossing, LICENCES).status == Status.TRANSFERRED


# --- who is told -------------------------------------------------------------------------------


def test_both_companies_and_the_customer_are_told_each_address_once(
    crossing: Crossing, mails: Mailbox
) -> None:
    both, mine, theirs = crossing.contacts()
    crossing.accept(crossing.ask())
    told = mails.all(event="transfer_told")
    assert sorted(mail.to for mail in told) == sorted([both.email, mine.email, theirs.email])
    assert {mail.subject for mail in told} == {
        "Northwind Traders now sells you what Lucerne Publishing sold you"
    }
    assert {mail.to for mail in mails.all(event="transfer_accepted")} == {
        crossing.anna.email,
        crossing.lucia.email,
    }


def test_each_side_reads_its_own_half_of_the_log(crossing: Crossing, log: Log) -> None:
    asked = crossing.accept(crossing.ask())
    halves = {half.chain.key: half for half in Activity.objects.filter(verb="transfer.accepted")}
    assert len(halves) == 2
    north, lucerne = (halves[f"partner:{company.pk}"] for company in (crossing.northwind, crossing.lucerne))
    assert f'"subscriptions.subscription",{ours(crossing).pk},"active"' in north.details
    assert f'"subscriptions.subscription",{crossing.licences.pk}' not in north.details
    assert f'"subscriptions.subscription",{crossing.licences.pk},"transferred"' in lucerne.details
    assert f'"subscriptions.subscription",{ours(crossing).pk},' not in lucerne.details
    assert (north.customer_ref, lucerne.customer_ref) == (crossing.wanted.pk, crossing.held.pk)
    assert f'"subscriptions.transfer",{asked.pk},"accepted"' in north.details
    assert log.whole()


# --- what cannot go ----------------------------------------------------------------------------


def reason(crossing: Crossing, transfer: Transfer, external_id: str = LICENCES) -> str:
    """Return why the page says it cannot go; the story says the same, and changes nothing."""
    transfer = Transfer.objects.select_related(
        "provider", "current_partner", "customer__provider", "current_customer"
    ).get(pk=transfer.pk)
    (found,) = (one for one in look(transfer, crossing.now) if one.item.external_id == external_id)
    if found.reason:
        before = Activity.objects.count(), Message.objects.count(), Subscription.objects.count()
        with pytest.raises(Refused) as problem:
            crossing.accept(transfer, external_id)
        assert str(problem.value) == f"{external_id}: {found.reason}"
        assert (Activity.objects.count(), Message.objects.count(), Subscription.objects.count()) == before
    return found.reason


def test_an_id_nobody_sells_is_unknown_to_the_current_partner(crossing: Crossing) -> None:
    assert reason(crossing, crossing.ask(STRANGE), STRANGE) == (
        "You sell this customer no subscription with this ID."
    )


def test_another_customers_subscription_is_as_unknown(crossing: Crossing) -> None:
    other = CustomerFactory(provider=crossing.lucerne)
    Subscription.objects.filter(pk=crossing.licences.pk).update(customer=other)
    assert "no subscription with this ID" in reason(crossing, crossing.ask())


def test_what_the_current_partner_does_not_sell_itself_is_as_unknown(crossing: Crossing) -> None:
    Subscription.objects.filter(pk=crossing.licences.pk).update(channel=Channel.CSP_OTHER)
    assert "no subscription with this ID" in reason(crossing, crossing.ask())


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"status": Status.SUSPENDED}, "a suspended subscription can't be transferred"),
        ({"status": Status.CANCELLED}, "never changes again"),
        ({"status": Status.EXPIRED}, "never changes again"),
        ({"status": Status.TRANSFERRED}, "goes on with another partner"),
        ({"status": Status.PENDING}, "only an active subscription"),
        ({"is_trial": True}, "A trial is not transferred."),
        ({"is_legacy_commerce": True}, "sold before new commerce"),
    ],
)
def test_what_the_rulebook_closes_cannot_go(facts: dict[str, Any], words: str, crossing: Crossing) -> None:
    asked = crossing.ask()
    Subscription.objects.filter(pk=crossing.licences.pk).update(**facts)
    assert words in reason(crossing, asked)


def test_a_one_time_purchase_and_legacy_azure_cannot_go(crossing: Crossing) -> None:
    once = ProductFactory(billing=Billing.ONE_TIME)
    legacy = ProductFactory(billing=Billing.USAGE, azure_offer=AzureOffer.LEGACY)
    crossing.sells(once, "once")
    crossing.sells(legacy, "legacy", term="", term_end=None)
    asked = crossing.ask("once", "legacy")
    assert reason(crossing, asked, "once") == "What is billed like this is not transferred."
    assert "Only an Azure plan can be transferred" in reason(crossing, asked, "legacy")


def test_an_add_on_alone_cannot_go(crossing: Crossing) -> None:
    crossing.sells("Phone System", "phone", parent=crossing.licences)
    assert "travels with its base" in reason(crossing, crossing.ask("phone"), "phone")


def test_a_base_with_a_suspended_add_on_cannot_go(crossing: Crossing) -> None:
    crossing.sells("Phone System", "phone", parent=crossing.licences, status=Status.SUSPENDED)
    assert "An add-on of it is not active" in reason(crossing, crossing.ask())


def test_nothing_goes_while_a_move_of_it_is_open(crossing: Crossing) -> None:
    asked = crossing.ask()
    MoveFactory(subscription=crossing.licences)
    assert "A move of it is under way" in reason(crossing, asked)


def test_under_december_2016_a_request_can_only_be_declined(crossing: Crossing) -> None:
    asked = crossing.ask()
    Partner.objects.filter(pk=crossing.lucerne.pk).update(edition="2016-12")
    assert "you can only decline" in reason(crossing, asked)
    assert transfers.decline(asked, by=crossing.lucia, at=crossing.now).status == "declined"


def test_nothing_goes_to_another_region(crossing: Crossing) -> None:
    asked = crossing.ask()
    Partner.objects.filter(pk=crossing.lucerne.pk).update(country="US")
    Customer.objects.filter(pk=crossing.held.pk).update(country="US")
    assert reason(crossing, asked) == "You and the requesting partner are in different CSP regions."


@pytest.mark.parametrize(
    "lacks", ["edition", "suspended", "relationship", "agreement", "ending", "edited", "moving", "on record"]
)
def test_what_the_requesting_partner_lacks_is_not_told(lacks: str, crossing: Crossing) -> None:
    """Relationship, agreement and records of the other are none of the current partner's business."""
    asked = crossing.ask()
    mine = Partner.objects.filter(pk=crossing.northwind.pk)
    match lacks:
        case "edition":
            mine.update(edition="2016-12")
        case "suspended":
            mine.update(status="suspended")
        case "relationship":
            Relationship.objects.filter(pk=crossing.relationship.pk).update(
                status="ended", ended_at=crossing.now, ended_by="Anna"
            )
        case "agreement":
            AgreementVersion.objects.update(edition="2016-12")
        case "ending":
            Relationship.objects.update(ending_requested_at=crossing.now, ending_requested_by="Carla")
        case "edited":
            crossing.records(LICENCES, status=Status.CANCELLED)
        case "moving":
            MoveFactory(subscription=crossing.records(LICENCES))
        case "on record":
            crossing.records(LICENCES, customer=CustomerFactory(provider=crossing.northwind))
    assert reason(crossing, asked) == "The requesting partner cannot take it over now."


def test_an_add_on_on_record_elsewhere_does_not_break_the_transfer(crossing: Crossing) -> None:
    crossing.sells("Phone System", "phone", parent=crossing.licences)
    asked = crossing.ask()
    crossing.records("phone", customer=CustomerFactory(provider=crossing.northwind))
    assert reason(crossing, asked) == "The requesting partner cannot take it over now."


# --- two who ask for the same ------------------------------------------------------------------


@pytest.fixture
def rival(crossing: Crossing) -> Any:
    """A third provider that asks Lucerne for the same; returns a way to ask."""
    company = PartnerFactory(name="Humongous Insurance", partner_id="1000004", edition="2026")
    customer = CustomerFactory(provider=company, tenant_id=TENANT)
    RelationshipFactory(
        customer=customer, acceptance__agreement=AgreementVersionFactory(edition="2026", name="Rival's")
    )
    actor = Actor(crossing.anna.kind, label="Rita", partner=company, role=crossing.anna.role)

    def ask(at: Any = None) -> Transfer:
        return transfers.request(
            customer, crossing.lucerne.partner_id, [LICENCES], by=actor, at=at or crossing.now
        )

    return ask


def test_the_first_to_ask_is_the_first_to_be_served(crossing: Crossing, rival: Any) -> None:
    first, second = crossing.ask(), rival()
    assert (crossing.item(first).source, crossing.item(second).source) == (crossing.licences, None)
    assert reason(crossing, second) == "Another request for it came first."
    assert reason(crossing, first) == ""


@pytest.mark.parametrize("ends", ["cancel", "decline", "lapse"])
def test_when_the_first_request_ends_the_next_can_be_accepted(
    ends: str, crossing: Crossing, rival: Any
) -> None:
    first, at = crossing.ask(), crossing.now
    if ends == "lapse":  # by its date alone: no worker has come by
        at += timedelta(days=30)
        second = rival(at - timedelta(days=1))
    else:
        second = rival()
        story, by = {
            "cancel": (transfers.cancel, crossing.anna),
            "decline": (transfers.decline, crossing.lucia),
        }[ends]
        story(first, by=by, at=at)
    # Nothing else is begun with it meanwhile: it waits for the next in line.
    assert crossing.item(second).source == (None if ends == "lapse" else crossing.licences)
    assert crossing.accept(second, at=at).status == "accepted"
    assert crossing.item(second).source == crossing.licences


def test_what_is_not_chosen_waits_for_the_next_in_line(crossing: Crossing, rival: Any) -> None:
    first, second = crossing.ask(OTHER_LICENCES, LICENCES), rival()
    crossing.accept(first, OTHER_LICENCES)
    assert crossing.item(second).source == crossing.licences
    assert reason(crossing, second) == ""


def test_the_worker_lets_the_next_in_line_have_what_lapsed(crossing: Crossing, rival: Any) -> None:
    crossing.ask()
    second, third = rival(crossing.now + timedelta(days=1)), crossing.now + timedelta(days=30)
    assert transfers.tidy(third) == 1
    assert crossing.item(second).source == crossing.licences


def test_what_went_to_the_first_is_gone_for_the_second(crossing: Crossing, rival: Any) -> None:
    first, second = crossing.ask(), rival()
    crossing.accept(first)
    assert "goes on with another partner" in reason(crossing, second)


# --- the answer itself -------------------------------------------------------------------------


def test_nothing_chosen_or_another_requests_item_is_refused(crossing: Crossing) -> None:
    asked = crossing.ask()
    other = TransferItem.objects.get(transfer=crossing.ask(OTHER_LICENCES))
    for chosen in (set(), {other.pk}, {crossing.item(asked).pk, other.pk}):
        with pytest.raises(Refused, match="at least one"):
            transfer_acceptance.accept(asked, chosen, by=crossing.lucia, at=crossing.now)


def test_only_the_current_partner_accepts(crossing: Crossing, tom: Actor) -> None:
    asked = crossing.ask()
    for by in (crossing.anna, tom):
        with pytest.raises(Refused, match="whose part this is"):
            transfer_acceptance.accept(asked, {crossing.item(asked).pk}, by=by, at=crossing.now)


def test_a_suspended_company_lets_nothing_go(crossing: Crossing) -> None:
    asked = crossing.ask()
    Partner.objects.filter(pk=crossing.lucerne.pk).update(status="suspended")
    with pytest.raises(Refused, match="suspended"):
        crossing.accept(asked)


def test_looking_costs_the_same_for_one_and_for_twenty_five(crossing: Crossing) -> None:
    def statements(transfer: Transfer) -> int:
        row = Transfer.objects.select_related("provider", "current_partner", "customer__provider").get(
            pk=transfer.pk
        )
        with CaptureQueriesContext(connection) as captured:
            assert all(not one.reason for one in look(row, crossing.now))
        return len(captured)

    many = [f"many-{n}" for n in range(24)]
    for one in many:
        row = crossing.sells("Office 365 E1", one)
        SubscriptionFactory(customer=crossing.held, channel=Channel.CSP_OWN, parent=row)
        crossing.records(one)
    SubscriptionFactory(customer=crossing.held, channel=Channel.CSP_OWN, parent=crossing.licences)
    crossing.records(LICENCES)
    few, full = crossing.ask(), crossing.ask(*many)
    assert statements(full) == statements(few)
