"""Rulings of stored rows: the facts are those on record, and their number of queries does not grow."""

from datetime import date, datetime, timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from customers.families import Family
from customers.models import Customer, OtherPartnerStatement, Relationship
from customers.standing import NOWHERE, Standing, standings
from subscriptions import rulings
from subscriptions.models import Subscription
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Need, Path, Status
from tests.factories import CustomerFactory, ProductFactory, SubscriptionFactory


def read(*rows: Subscription) -> list[Subscription]:
    return list(rulings.with_facts(Subscription.objects.filter(pk__in=[row.pk for row in rows])))


def test_facts_are_what_is_on_record(now: datetime, contoso: Customer) -> None:
    product = ProductFactory(family=Family.AZURE, billing=Billing.USAGE, azure_offer="legacy")
    row = SubscriptionFactory(
        customer=contoso, product=product, channel=Channel.CSP_OTHER, status=Status.SUSPENDED, is_trial=True
    )
    stands = Standing(True, True, False, frozenset({Family.AZURE}))
    facts = read(row)[0].facts(stands, now)
    assert (facts.channel, facts.billing, facts.family, facts.azure_offer) == (
        "csp_other",
        "usage",
        "azure",
        "legacy",
    )
    assert (facts.status, facts.is_trial, facts.is_add_on) == ("suspended", True, False)
    assert (facts.has_relationship, facts.has_grant, facts.has_agreement) == (True, True, False)
    assert facts.other_csp_partner_stated
    assert (facts.customer_country, facts.provider_country, facts.in_same_country) == ("IT", "IT", True)
    assert (facts.edition, facts.provider_kind) == ("2016-12", "indirect_provider")


def test_facts_of_a_customer_abroad(now: datetime, contoso: Customer) -> None:
    contoso.country = "US"
    contoso.save()
    row = SubscriptionFactory(customer=contoso)
    facts = read(row)[0].facts(NOWHERE, now)
    assert facts.in_other_region
    assert not facts.in_same_country


def test_today_is_the_providers(contoso: Customer, now: datetime) -> None:
    row = read(SubscriptionFactory(customer=contoso))[0]
    late = now.replace(hour=23, minute=30)  # in Rome it is tomorrow already
    assert row.facts(NOWHERE, late).today == late.date() + timedelta(days=1)


def test_an_add_on_takes_the_ruling_of_its_base(now: datetime, contoso: Customer) -> None:
    base = SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER, term_end=date(2026, 4, 1))
    add_on = SubscriptionFactory(
        customer=contoso, channel=Channel.DIRECT, parent=base, term_end=date(2026, 9, 1)
    )
    ruled = dict(rulings.rule(read(base, add_on), now))
    assert ruled[add_on].plan_with_base
    assert not ruled[base].plan_with_base
    assert ruled[add_on].main == ruled[base].main
    assert ruled[add_on].deadline == ruled[base].deadline


def test_the_ruling_follows_what_the_customer_answered(
    now: datetime, contoso: Customer, accepted: Relationship
) -> None:
    row = SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER)
    ((_row, before),) = rulings.rule(read(row), now)
    support = next(path for path in before.open if path.path == Path.SUPPORT_IN_PLACE)
    assert support.missing == ()
    OtherPartnerStatement.objects.create(
        relationship=accepted, family=row.product.family, stated_at=now, stated_by="Carla"
    )
    ((_row, after),) = rulings.rule(read(row), now)
    support = next(path for path in after.open if path.path == Path.SUPPORT_IN_PLACE)
    assert support.missing == (Need.NO_OTHER_CSP_PARTNER,)


def test_one_row_ruled_with_its_customers_standing_is_ruled_the_same(
    now: datetime, contoso: Customer, accepted: Relationship
) -> None:
    row = SubscriptionFactory(customer=contoso)
    stands = standings([contoso.pk], now)[contoso.pk]
    ((same, ruling),) = rulings.rule(read(row), now)
    assert rulings.rule_on(same, stands, now) == ruling
    assert rulings.deadline(same, now) == ruling.deadline


def test_a_deadline_needs_no_standing(now: datetime, contoso: Customer) -> None:
    end = date(2026, 4, 1)
    row = SubscriptionFactory(customer=contoso, term_end=end, auto_renew=AutoRenew.NO)
    found = rulings.deadline(read(row)[0], now)
    assert found is not None
    assert found.on == end


@pytest.mark.parametrize("number", [1, 20])
def test_ruling_many_takes_as_many_queries_as_ruling_one(
    now: datetime, accepted: Relationship, number: int
) -> None:
    for _ in range(number):
        base = SubscriptionFactory(customer=CustomerFactory(provider=accepted.provider))
        SubscriptionFactory(customer=base.customer, parent=base)
        SubscriptionFactory(customer=accepted.customer)
    with CaptureQueriesContext(connection) as queries:
        assert len(rulings.rule(list(rulings.with_facts(Subscription.objects.all())), now)) == 3 * number
    assert len(queries) == 3
