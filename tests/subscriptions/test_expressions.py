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
from subscriptions.models import Product, Subscription
from subscriptions.rulebook import HOLDS, WHERE
from subscriptions.vocabulary import AutoRenew, Billing, Channel, MissingFact, Path, Status, Term
from tests.factories import CustomerFactory, PartnerFactory, ProductFactory, SubscriptionFactory

COUNTRIES = ("IT", "FR", "US", "KP", "")  # one's own, one's region's, another region's, a region of its own
RECOMMENDED = {
    Path.SUPPORT_IN_PLACE,
    Path.REPLACE_LICENCES,
    Path.WAIT_OR_CANCEL,
    Path.MIGRATE_AZURE,
    Path.SWITCH_PARTNER,
    Path.CHANGE_RESELLER,
    Path.MANUAL_REVIEW,
}
ENDS = (None, -400, -1, 0, 1, 2, 7, 30, 400)  # days from today


@pytest.fixture
def world(db: None, now: datetime) -> list[Subscription]:
    """Every combination of the facts a path depends on, and every one of those a deadline depends on."""
    providers = [
        PartnerFactory(country=country, kind=kind)
        for country, kind in itertools.product(("IT", "KP"), (Kind.INDIRECT_PROVIDER, Kind.DIRECT_BILL))
    ]
    customers = {
        (provider.pk, country): CustomerFactory(provider=provider, country=country)
        for provider, country in itertools.product(providers, COUNTRIES)
    }
    products = {
        (billing, once): ProductFactory(billing=billing, one_per_customer=once)
        for billing, once in itertools.product(Billing.values, (False, True))
    }
    rows = list(_rows(providers, customers, products, timezone.localtime(now).date()))
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


def _rows(
    providers: list[Partner],
    customers: dict[tuple[int, str], Customer],
    products: dict[tuple[str, bool], Product],
    today: date,
) -> Iterator[Subscription]:
    deadlines = list(itertools.product(AutoRenew.values, ["", *Term.values], ENDS))
    paths = list(itertools.product((False, True), (False, True), providers, COUNTRIES))
    shared = list(itertools.product(Channel.values, Billing.values, Status.values))
    turns_of_deadlines, turns_of_paths = itertools.cycle(deadlines), itertools.cycle(paths)
    for (channel, billing, status), path in itertools.product(shared, paths):
        yield _row(channel, billing, status, path, next(turns_of_deadlines), customers, products, today)
    few = [one for one in shared if one[0] in (Channel.CSP_OWN, Channel.CSP_OTHER, Channel.DIRECT)]
    for (channel, billing, status), deadline in itertools.product(few, deadlines):
        yield _row(channel, billing, status, next(turns_of_paths), deadline, customers, products, today)


def _row(
    channel: str,
    billing: str,
    status: str,
    path: tuple[bool, bool, Partner, str],
    deadline: tuple[str, str, int | None],
    customers: dict[tuple[int, str], Customer],
    products: dict[tuple[str, bool], Product],
    today: date,
) -> Subscription:
    (is_trial, once, provider, country), (auto_renew, term, days) = path, deadline
    return Subscription(
        provider=provider,
        customer=customers[provider.pk, country],
        product=products[billing, once],
        channel=channel,
        status=status,
        is_trial=is_trial,
        auto_renew=auto_renew,
        term=term,
        term_end=None if days is None else today + timedelta(days=days),
        recorded_at=timezone.now(),
        recorded_by="Somebody",
    )


def said(rows: Any) -> dict[int, tuple[str, date | None]]:
    """Return what SQL says of each row."""
    return {pk: (path, day) for pk, path, day in rows.values_list("pk", "path", "decide_by")}


def test_python_and_sql_agree_on_every_combination_of_facts(world: list[Subscription], now: datetime) -> None:
    today = timezone.localtime(now).date()
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
    assert said(Subscription.objects.with_ruling(None, today)) == expected
    for provider in Partner.objects.filter(pk__in={row.provider_id for row in world}):
        own = Subscription.objects.filter(provider=provider)
        keys = set(own.values_list("pk", flat=True))
        assert said(own.with_ruling(provider.edition, today, provider)) == {
            pk: expected[pk] for pk in keys
        }, provider.kind

    decisions = {
        row.pk: day for row in world if row.parent_id is None and (day := expected[row.pk][1]) is not None
    }
    assert dict(Subscription.objects.to_decide(today).values_list("pk", "decision_day")) == decisions
    week = today + timedelta(days=7)
    assert set(Subscription.objects.to_decide(today, week).values_list("pk", flat=True)) == {
        pk for pk, day in decisions.items() if day <= week
    }
    assert set(Subscription.objects.unknown_end().values_list("pk", flat=True)) == unknown


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
