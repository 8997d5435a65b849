"""Subscriptions as they are written down: facts that fit together, edges that exist, nothing lost unseen."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from customers import privileges
from customers.families import Family
from customers.models import Assignment, Customer, Grant, Relationship
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Partner, Partnership
from subscriptions import records
from subscriptions.models import Product, Subscription
from subscriptions.records import Care, Details, Verb
from subscriptions.vocabulary import Billing, Channel, Status
from tests.conftest import Log
from tests.factories import CustomerFactory, ProductFactory, SubscriptionFactory


@pytest.fixture
def product(db: None) -> Product:
    return ProductFactory(name="Office 365 E3")


@pytest.fixture
def azure(db: None) -> Product:
    return ProductFactory(name="Azure plan", family=Family.AZURE, billing=Billing.USAGE, azure_offer="plan")


@pytest.fixture
def details(product: Product) -> Details:
    """120 licences of Office 365 E3, bought from Wingtip through Open."""
    return Details(
        product=product,
        channel=Channel.OPEN,
        seller_name="Wingtip",
        quantity=120,
        started_on=date(2025, 12, 1),
        term_end=date(2026, 12, 1),
        term="P1Y",
        external_id="OPEN-1",
    )


@pytest.fixture
def recorded(contoso: Customer, details: Details, seller: Actor, now: datetime) -> Subscription:
    return records.record(contoso, details, by=seller, at=now)


def test_recording_writes_the_facts_and_one_row_of_the_log(
    contoso: Customer, recorded: Subscription, seller: Actor, log: Log
) -> None:
    assert (recorded.provider, recorded.customer) == (contoso.provider, contoso)
    assert (recorded.seller, recorded.seller_name, recorded.status) == (None, "Wingtip", Status.ACTIVE)
    assert (recorded.recorded_by, recorded.version) == (seller.stamp, 1)
    assert log.verbs() == [Verb.RECORDED]
    assert log.names(recorded)
    assert log.whole()


@pytest.mark.parametrize(
    ("channel", "typed", "seller_name", "is_provider"),
    [
        (Channel.DIRECT, "", "Microsoft", False),
        (Channel.DIRECT, "Microsoft Ireland", "Microsoft Ireland", False),
        (
            Channel.CSP_OTHER,
            "Tailspin Toys",
            "Tailspin Toys",
            False,
        ),  # a partner here, but not to be looked up
        (Channel.ADVISOR_OWN, "", "Northwind Traders", True),
        (Channel.EA, "", "", False),
    ],
)
def test_who_sold_it(
    contoso: Customer, details: Details, seller: Actor, now: datetime, tailspin: Partner,
    channel: str, typed: str, seller_name: str, is_provider: bool,
) -> None:  # fmt: skip
    row = records.record(contoso, replace(details, channel=channel, seller_name=typed), by=seller, at=now)
    assert (row.seller_name, row.seller == contoso.provider) == (seller_name, is_provider)


def test_the_named_reseller_sold_it_as_an_advisor(
    partnership: Partnership, contoso: Customer, details: Details, seller: Actor, now: datetime
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(reseller=partnership.reseller)
    typed = replace(details, channel=Channel.ADVISOR_OWN, seller_name="fabrikam")
    assert records.record(contoso, typed, by=seller, at=now).seller == partnership.reseller


REFUSED: list[tuple[dict[str, Any], str, str]] = [
    ({"term_end": date(2025, 12, 1)}, "term_end", "ends after it starts"),
    ({"started_on": date(1, 1, 1)}, "started_on", "year"),
    ({"term_end": date(9999, 12, 31)}, "term_end", "year"),
    ({"checked_on": date(1066, 10, 14)}, "checked_on", "year"),
    ({"channel": Channel.CSP_OWN}, "channel", "active relationship"),
    ({"entitlement_id": "a1"}, "entitlement_id", "Azure"),
]


@pytest.mark.parametrize(
    ("changes", "field", "words"), REFUSED, ids=[row[1] + " " + row[2] for row in REFUSED]
)
def test_facts_that_cannot_be_true_are_refused_by_their_name(
    contoso: Customer, details: Details, recorded: Subscription, seller: Actor, now: datetime,
    changes: dict[str, Any], field: str, words: str,
) -> None:  # fmt: skip
    wrong = replace(details, external_id="", **changes)
    with pytest.raises(Refused, match=words) as refused:
        records.record(contoso, wrong, by=seller, at=now)
    assert refused.value.field == field
    if field != "channel":
        with pytest.raises(Refused, match=words):
            records.edit(recorded, wrong, version=1, by=seller, at=now)
    assert Subscription.objects.get().version == 1


def test_what_is_billed_by_use_has_no_term(
    contoso: Customer, details: Details, azure: Product, seller: Actor, now: datetime
) -> None:
    with pytest.raises(Refused) as refused:
        records.record(contoso, replace(details, product=azure), by=seller, at=now)
    assert refused.value.field == "term"
    with pytest.raises(Refused) as refused:
        records.record(contoso, replace(details, product=azure, term=""), by=seller, at=now)
    assert refused.value.field == "term_end"
    right = replace(details, product=azure, term="", term_end=None, entitlement_id="a1")
    assert records.record(contoso, right, by=seller, at=now).entitlement_id == "a1"


@pytest.mark.parametrize("channel", [Channel.CSP_OWN, Channel.CSP_OTHER])
def test_an_offer_of_another_channel_is_never_sold_in_csp(
    accepted: Relationship, details: Details, seller: Actor, now: datetime, channel: str
) -> None:
    pay_as_you_go = ProductFactory(sold_in_csp=False)
    with pytest.raises(Refused, match="never sold in CSP") as refused:
        records.record(
            accepted.customer, replace(details, product=pay_as_you_go, channel=channel), by=seller, at=now
        )
    assert refused.value.field == "product"


def test_what_the_provider_sells_is_recorded_only_for_its_customers(
    accepted: Relationship, details: Details, seller: Actor, now: datetime
) -> None:
    row = records.record(accepted.customer, replace(details, channel=Channel.CSP_OWN), by=seller, at=now)
    assert (row.seller, row.seller_name) == (accepted.provider, "Northwind Traders")


def test_a_subscription_id_is_on_record_once_for_each_provider(
    contoso: Customer, tailspin: Partner, details: Details, recorded: Subscription, seller: Actor, tom: Actor,
    now: datetime,
) -> None:  # fmt: skip
    with pytest.raises(Refused, match="already on record") as refused:
        records.record(contoso, details, by=seller, at=now)
    assert refused.value.field == "external_id"
    other = records.record(contoso, replace(details, external_id=""), by=seller, at=now)
    with pytest.raises(Refused, match="already on record"):
        records.edit(other, details, version=1, by=seller, at=now)
    records.record(CustomerFactory(provider=tailspin), details, by=tom, at=now)


def test_an_add_on_stands_on_another_subscription_of_its_customer(
    contoso: Customer, details: Details, recorded: Subscription, seller: Actor, now: datetime
) -> None:
    bare = replace(details, external_id="")
    add_on = records.record(contoso, replace(bare, parent=recorded), by=seller, at=now)
    foreign = SubscriptionFactory(customer=CustomerFactory(provider=contoso.provider))
    for wrong in (foreign, add_on):
        with pytest.raises(Refused) as refused:
            records.record(contoso, replace(bare, parent=wrong), by=seller, at=now)
        assert refused.value.field == "parent"
    other = records.record(contoso, bare, by=seller, at=now)
    with pytest.raises(Refused, match="add-ons itself"):
        records.edit(recorded, replace(details, parent=other), version=1, by=seller, at=now)
    with pytest.raises(Refused, match="another subscription"):
        records.edit(recorded, replace(details, parent=recorded), version=1, by=seller, at=now)


def test_the_partner_on_record_is_one_of_the_providers_resellers(
    partnership: Partnership, adventure: Partner, contoso: Customer, details: Details, seller: Actor,
    now: datetime,
) -> None:  # fmt: skip
    with pytest.raises(Refused) as refused:
        records.record(contoso, replace(details, partner_on_record=adventure), by=seller, at=now)
    assert refused.value.field == "partner_on_record"
    right = replace(details, partner_on_record=partnership.reseller)
    row = records.record(contoso, right, by=seller, at=now)
    Partnership.objects.update(status="ended", ended_at=now, ended_by="Anna")
    changed = replace(right, friendly_name="Mail")
    assert records.edit(row, changed, version=1, by=seller, at=now).partner_on_record == partnership.reseller


def test_the_support_contact_is_the_provider_or_who_holds_support_for_the_service(
    assigned: Assignment, support: Grant, partnership: Partnership, anna: Actor, luca: Actor,
    details: Details, azure: Product, now: datetime,
) -> None:  # fmt: skip
    contoso, fabrikam = assigned.customer, partnership.reseller
    theirs = replace(details, support_contact=fabrikam)
    with pytest.raises(Refused) as refused:  # it holds provisioning only
        records.record(contoso, theirs, by=anna, at=now)
    assert refused.value.field == "support_contact"
    offer = privileges.assign(support, partnership, family=Family.AZURE, by=anna, at=now)
    privileges.accept(offer, by=luca, at=now)
    with pytest.raises(Refused):  # support of another service
        records.record(contoso, theirs, by=anna, at=now)
    row = records.record(
        contoso, replace(theirs, product=azure, term="", term_end=None, external_id=""), by=anna, at=now
    )
    assert row.support_contact == fabrikam
    own = replace(details, support_contact=contoso.provider)
    assert records.record(contoso, own, by=anna, at=now).support_contact == contoso.provider


# --- editing -----------------------------------------------------------------------------------


def test_editing_names_every_field_that_changed(
    recorded: Subscription, details: Details, seller: Actor, now: datetime, log: Log
) -> None:
    changed = replace(details, quantity=100, auto_renew="no")
    row = records.edit(recorded, changed, version=1, by=seller, at=now)
    assert (row.quantity, row.version) == (100, 2)
    assert log.verbs()[-1] == Verb.EDITED
    assert log.details()["fields"] == {"quantity": ["120", "100"], "auto_renew": ["unknown", "no"]}


def test_editing_nothing_leaves_no_trace(
    recorded: Subscription, details: Details, seller: Actor, now: datetime, log: Log
) -> None:
    assert records.edit(recorded, details, version=1, by=seller, at=now).version == 1
    assert log.verbs() == [Verb.RECORDED]


def test_a_form_read_before_somebody_elses_change_is_refused(
    recorded: Subscription, details: Details, seller: Actor, now: datetime
) -> None:
    records.edit(recorded, replace(details, quantity=100), version=1, by=seller, at=now)
    with pytest.raises(Stale):
        records.edit(recorded, replace(details, quantity=90), version=1, by=seller, at=now)
    assert Subscription.objects.get().quantity == 100


@pytest.mark.parametrize("status", Status)
@pytest.mark.parametrize("target", Status)
def test_a_status_is_corrected_only_along_its_edges(
    contoso: Customer, details: Details, seller: Actor, now: datetime, status: str, target: str
) -> None:
    row = records.record(contoso, replace(details, status=status), by=seller, at=now)
    wanted = replace(details, status=target)
    if status == target or target in row.MOVES.get(Status(status), ()):
        assert records.edit(row, wanted, version=1, by=seller, at=now).status == target
        assert Subscription.objects.get().status == target
    else:
        with pytest.raises(Refused) as refused:
            records.edit(row, wanted, version=1, by=seller, at=now)
        assert refused.value.field == "status"


def test_what_was_bought_elsewhere_does_not_become_ours_by_a_form(
    accepted: Relationship, details: Details, seller: Actor, now: datetime
) -> None:
    row = records.record(accepted.customer, details, by=seller, at=now)
    with pytest.raises(Refused, match="buy it in CSP") as refused:
        records.edit(row, replace(details, channel=Channel.CSP_OWN), version=1, by=seller, at=now)
    assert refused.value.field == "channel"


def test_of_what_we_sell_only_name_and_care_are_written_down(
    accepted: Relationship, details: Details, partnership: Partnership, adventure: Partner, seller: Actor,
    now: datetime,
) -> None:  # fmt: skip
    row = records.record(accepted.customer, replace(details, channel=Channel.CSP_OWN), by=seller, at=now)
    for changes in ({"quantity": 1}, {"status": Status.CANCELLED}, {"channel": Channel.OPEN}):
        with pytest.raises(Refused):
            records.edit(
                row, replace(details, **{"channel": Channel.CSP_OWN, **changes}), version=1, by=seller, at=now
            )
    care = Care(friendly_name="Mail", partner_on_record=partnership.reseller)
    edited = records.edit(row, care, version=1, by=seller, at=now)
    assert (edited.friendly_name, edited.partner_on_record) == ("Mail", partnership.reseller)
    assert (edited.quantity, edited.external_id) == (120, "OPEN-1")
    with pytest.raises(Refused):
        records.edit(row, Care(partner_on_record=adventure), version=2, by=seller, at=now)


def test_a_stranger_writes_nothing_down(
    contoso: Customer, recorded: Subscription, details: Details, tom: Actor, luca: Actor, now: datetime
) -> None:
    for stranger in (tom, luca):
        with pytest.raises(Refused):
            records.record(contoso, replace(details, external_id=""), by=stranger, at=now)
        with pytest.raises(Refused):
            records.edit(recorded, replace(details, quantity=1), version=1, by=stranger, at=now)
    assert Subscription.objects.get().quantity == 120


def test_the_resellers_that_see_the_customer_read_what_is_written_down(
    assigned: Assignment, details: Details, seller: Actor, now: datetime, log: Log
) -> None:
    records.record(assigned.customer, details, by=seller, at=now)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    later = now + timedelta(days=400)  # what it held is over
    records.record(assigned.customer, replace(details, external_id=""), by=seller, at=later)
    assert log.readers() == {"Northwind Traders"}
