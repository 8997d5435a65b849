"""The rulebook read in SQL says of every stored row what it says in Python."""

import itertools
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from customers.models import Customer
from customers.standing import NOWHERE
from partners.models import Kind, Partner
from partners.regions import countries_of, region_of, regions
from subscriptions import rulings
from subscriptions.editions import EDITIONS
from subscriptions.expressions import MonthsBefore
from subscriptions.facts import months_before
from subscriptions.models import Product, Subscription
from subscriptions.rulebook import HOLDS, WHERE
from subscriptions.vocabulary import AutoRenew, AzureOffer, Billing, Channel, MissingFact, Path, Status, Term
from tests.factories import CustomerFactory, PartnerFactory, ProductFactory, SubscriptionFactory

# Where provider and customer are, by whether that is another region: with an unknown country it is not.
PLACES = {
    False: [("IT", "IT"), ("IT", "FR"), ("IT", ""), ("KP", "KP"), ("KP", "")],
    True: [("IT", "US"), ("KP", "IT"), ("IT", "KP")],
}
KINDS = ((Kind.INDIRECT_PROVIDER, False), (Kind.DIRECT_BILL, False), (Kind.DIRECT_BILL, True))
# What matters of a product, with whether it was sold before new commerce: only of licences, or only of use.
PRODUCTS = [
    *((Billing.LICENSE, "", once, old) for once in (False, True) for old in (False, True)),
    *((Billing.USAGE, offer, False, False) for offer in ("", *AzureOffer.values)),
    (Billing.ONE_TIME, "", False, False),
]
RECOMMENDED = {
    Path.SUPPORT_IN_PLACE,
    Path.REPLACE_LICENCES,
    Path.WAIT_OR_CANCEL,
    Path.MIGRATE_AZURE,
    Path.SWITCH_PARTNER,
    Path.TRANSFER,
    Path.CHANGE_RESELLER,
    Path.MANUAL_REVIEW,
}
TODAY = date(2026, 3, 10)
# Before, on and after the day itself, the day before it, and the seventh day after a renewal.
ENDS = (
    None,
    *(TODAY + timedelta(days=days) for days in (-400, -1, 0, 1, 2, 7, 30, 400)),
    *(date(year, 3, day) for year in (2027, 2029) for day in (2, 3, 4)),
    date(2028, 2, 29),
)
STARTS = (None, *(TODAY + timedelta(days=days) for days in (-8, -7, -6, 0, 3)))
TERMS = [
    (auto_renew, term, end, start)
    for auto_renew, term, end, start in itertools.product(AutoRenew.values, ["", *Term.values], ENDS, STARTS)
    if not (end and start) or start < end
]


@pytest.fixture
def world(db: None, now: datetime) -> list[Subscription]:
    """Every combination of the facts a path depends on, and every one of those a deadline depends on."""
    assert timezone.localtime(now).date() == TODAY
    rows = list(_rows())
    Subscription.objects.bulk_create(rows, batch_size=500)
    bases = list(Subscription.objects.order_by("pk"))
    # An add-on whose own facts are another row's: only its base's may count.
    add_ons = []
    for base, other in zip(bases[::5], bases[3::5], strict=False):
        other.pk, other.parent_id = None, base.pk
        other.customer_id, other.provider_id = base.customer_id, base.provider_id
        add_ons.append(other)
    Subscription.objects.bulk_create(add_ons, batch_size=500)
    return rows + add_ons


def _rows() -> Iterator[Subscription]:
    products = {
        one[:3]: ProductFactory(billing=one[0], azure_offer=one[1], one_per_customer=one[2])
        for one in PRODUCTS
    }
    customers = {
        (edition, kind, place): CustomerFactory(
            provider=PartnerFactory(
                edition=edition, kind=kind[0], azure_expert_msp=kind[1], country=place[0]
            ),
            country=place[1],
        )
        for edition, kind, place in itertools.product(EDITIONS, KINDS, [*PLACES[False], *PLACES[True]])
    }
    terms = itertools.cycle(TERMS)
    places = {abroad: itertools.cycle(some) for abroad, some in PLACES.items()}
    for edition, kind, abroad, channel, product, status, is_trial in itertools.product(
        EDITIONS, KINDS, PLACES, Channel.values, PRODUCTS, Status.values, (False, True)
    ):
        customer = customers[edition, kind, next(places[abroad])]
        yield _row(customer, products[product[:3]], channel, status, is_trial, product[3], next(terms))
    licence = products[PRODUCTS[0][:3]]
    for edition, channel, term in itertools.product(EDITIONS, (Channel.CSP_OWN, Channel.DIRECT), TERMS):
        customer = customers[edition, KINDS[0], PLACES[False][0]]
        yield _row(customer, licence, channel, Status.ACTIVE, False, False, term)


def _row(
    customer: Customer,
    product: Product,
    channel: str,
    status: str,
    is_trial: bool,
    is_legacy_commerce: bool,
    terms: tuple[str, str, date | None, date | None],
) -> Subscription:
    auto_renew, term, term_end, started_on = terms
    return Subscription(
        provider=customer.provider,
        customer=customer,
        product=product,
        channel=channel,
        status=status,
        is_trial=is_trial,
        is_legacy_commerce=is_legacy_commerce,
        auto_renew=auto_renew,
        term=term,
        term_end=term_end,
        started_on=started_on,
        recorded_at=timezone.now(),
        recorded_by="Somebody",
    )


def said(rows: Any) -> dict[int, tuple[str, date | None]]:
    """Return what SQL says of each row."""
    return {pk: (path, day) for pk, path, day in rows.values_list("pk", "path", "decide_by")}


def test_python_and_sql_agree_on_every_combination_of_facts(world: list[Subscription], now: datetime) -> None:
    """Every combination of the conditions of a path under each edition, and of what a deadline rests on.

    Conditions only licences know are crossed with licences only, those of Azure with use only; of countries
    each says "another region" or not, in turn.
    """
    expected, unknown = {}, set()
    for row in rulings.with_facts(Subscription.objects.all()):
        ruling = rulings.rule_on(row, NOWHERE, now)
        deadline = ruling.deadline
        expected[row.pk] = (
            ruling.main.path.value if ruling.main else "",
            deadline.on if deadline else None,
        )
        if MissingFact.TERM_END in ruling.missing_facts and row.parent_id is None:
            unknown.add(row.pk)
    assert len(expected) == len(world) > 10_000
    assert {path for path, _day in expected.values()} == {*RECOMMENDED, ""}
    assert said(Subscription.objects.with_ruling(None, TODAY)) == expected

    decisions = {
        row.pk: day for row in world if row.parent_id is None and (day := expected[row.pk][1]) is not None
    }
    week = TODAY + timedelta(days=7)
    this_week = {pk for pk, day in decisions.items() if day <= week}
    assert days(Subscription.objects.to_decide(TODAY)) == decisions
    assert set(days(Subscription.objects.to_decide(TODAY, week))) == this_week
    assert set(Subscription.objects.unknown_end().values_list("pk", flat=True)) == unknown

    for provider in Partner.objects.filter(pk__in={row.provider_id for row in world}):
        own = Subscription.objects.filter(provider=provider)
        keys = set(own.values_list("pk", flat=True))
        assert said(own.with_ruling(provider.edition, TODAY, provider)) == {
            pk: expected[pk] for pk in keys
        }, provider.kind
        decided = days(own.to_decide(TODAY, edition=provider.edition))
        assert decided == {pk: day for pk, day in decisions.items() if pk in keys}
        assert set(days(own.to_decide(TODAY, week, provider.edition))) == this_week & keys


def days(rows: Any) -> dict[int, date]:
    """Return the deadline of each row that has one."""
    return dict(rows.values_list("pk", "decision_day"))


def test_the_seventh_day_after_a_sale_counts_only_under_the_edition_that_limits_it(
    db: None, now: datetime
) -> None:
    """Bought three days ago, and renewed three days ago: both can still be reduced for four days."""
    today, yesterdays = timezone.localtime(now).date(), date(2026, 3, 7)
    for edition, expected in (("2016-12", date(2027, 3, 6)), ("2026", date(2026, 3, 14))):
        customer = CustomerFactory(provider=PartnerFactory(edition=edition))
        for started_on in (yesterdays, date(2024, 3, 7), None):
            row = SubscriptionFactory(
                customer=customer, channel=Channel.CSP_OWN, started_on=started_on, term_end=date(2027, 3, 7)
            )
            assert days(Subscription.objects.filter(pk=row.pk).to_decide(today)) == {row.pk: expected}


@pytest.mark.parametrize("day", [date(2028, 2, 29), date(2027, 3, 31), date(2027, 1, 1), date(2027, 12, 31)])
@pytest.mark.parametrize("months", [1, 12, 36])
def test_months_before_a_day_are_the_same_in_both_readings(db: None, day: date, months: int) -> None:
    SubscriptionFactory(term_end=day)
    (found,) = Subscription.objects.values_list(MonthsBefore("term_end", months), flat=True)
    assert found == months_before(day, months)
    assert months_before(date(2028, 2, 29), 12) == date(2027, 2, 28)


def test_every_condition_has_both_readings() -> None:
    assert list(WHERE) == list(HOLDS)


def test_regions_hold_their_countries() -> None:
    assert all(region_of(country) == region for region in regions() for country in countries_of(region))
    assert countries_of("KP") == ("KP",)
    assert region_of("KP") == "KP"


def test_deadlines_sort_and_the_day_before_crosses_months(db: None, now: datetime) -> None:
    today = timezone.localtime(now).date()
    renews = SubscriptionFactory(term_end=date(2026, 4, 1), auto_renew=AutoRenew.UNKNOWN)
    ends = SubscriptionFactory(term_end=date(2026, 3, 31), auto_renew=AutoRenew.NO)
    soon = SubscriptionFactory(term_end=date(2026, 3, 12), auto_renew=AutoRenew.YES)
    rows = Subscription.objects.to_decide(today).order_by("decision_day", "pk")
    assert list(rows.values_list("pk", "decision_day")) == [
        (soon.pk, date(2026, 3, 11)),
        (renews.pk, date(2026, 3, 31)),
        (ends.pk, date(2026, 3, 31)),
    ]
