"""What is live: one test for each clause, each of which alone stops everything under it."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

import pytest

from customers import endings, permissions, privileges
from customers.families import Family
from customers.models import Assignment, Customer, Grant, OtherPartnerStatement
from partners import partnerships
from partners.actor import Actor
from partners.models import Partner, Partnership
from tests.factories import AssignmentFactory


@pytest.fixture
def is_live(assigned: Assignment, now: datetime) -> Callable[..., bool]:
    """Return the question whether Fabrikam's provisioning for Contoso is live."""

    def ask(at: datetime = now, family: str | None = None) -> bool:
        return Assignment.objects.live(at, family).filter(pk=assigned.pk).exists()

    return ask


Live = Callable[..., bool]


def state(family: str, assigned: Assignment, now: datetime) -> OtherPartnerStatement:
    return OtherPartnerStatement.objects.create(
        relationship=assigned.grant.relationship, family=family, stated_at=now, stated_by="Carla"
    )


def test_live_when_everything_stands(is_live: Live) -> None:
    assert is_live()
    assert all(is_live(family=family) for family in Family)


def test_offer_is_not_live(offered: Assignment, now: datetime) -> None:
    assert not Assignment.objects.live(now).exists()


@pytest.mark.parametrize("status", ["revoked", "given_up", "refused_by_customer", "lapsed"])
def test_stopped_is_not_live(status: str, is_live: Live, assigned: Assignment, now: datetime) -> None:
    assigned.move(status, stopped_at=now + timedelta(days=1), stopped_by="somebody")
    assert not is_live()


def test_not_live_before_it_starts(is_live: Live, assigned: Assignment, now: datetime) -> None:
    Assignment.objects.filter(pk=assigned.pk).update(starts_at=now + timedelta(days=2))
    assert not is_live(now + timedelta(days=2, microseconds=-1))
    assert is_live(now + timedelta(days=2))


def test_live_through_its_last_day_in_utc(is_live: Live, assigned: Assignment, now: datetime) -> None:
    Assignment.objects.filter(pk=assigned.pk).update(ends_on=now.date())
    midnight = datetime.combine(now.date() + timedelta(days=1), time.min, tzinfo=UTC)
    assert is_live(midnight - timedelta(microseconds=1))
    assert not is_live(midnight)


def test_handed_over_is_live_until_it_stops(is_live: Live, assigned: Assignment, now: datetime) -> None:
    stop = now + timedelta(days=2)
    assigned.move("handed_over", stopped_at=stop, stopped_by="somebody")
    assert is_live(stop - timedelta(microseconds=1))
    assert not is_live(stop)


@pytest.mark.parametrize("status", ["withdrawn", "lapsed"])
def test_not_live_without_its_grant(status: str, is_live: Live, provisioning: Grant, now: datetime) -> None:
    provisioning.move(status, stopped_at=now, stopped_by="Carla")
    assert not is_live()


def test_not_live_past_the_end_of_its_grant(is_live: Live, provisioning: Grant, now: datetime) -> None:
    Grant.objects.filter(pk=provisioning.pk).update(ends_on=now.date())
    assert is_live()
    assert not is_live(now + timedelta(days=1))


def test_not_live_before_its_grant(is_live: Live, provisioning: Grant, now: datetime) -> None:
    Grant.objects.filter(pk=provisioning.pk).update(granted_at=now + timedelta(hours=1))
    assert not is_live()


def test_not_live_without_an_active_relationship(is_live: Live, assigned: Assignment, now: datetime) -> None:
    assigned.grant.relationship.move("ended", ended_at=now, ended_by="somebody")
    assert not is_live()


def test_not_live_without_its_partnership(
    is_live: Live, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    assert not is_live()


@pytest.mark.parametrize("company", ["northwind", "fabrikam"])
def test_not_live_while_a_company_is_suspended(
    company: str, is_live: Live, request: pytest.FixtureRequest
) -> None:
    rows = Partner.objects.filter(pk=request.getfixturevalue(company).pk)
    rows.update(status="suspended")
    assert not is_live()
    rows.update(status="active")
    assert is_live()


def test_not_live_in_a_family_another_csp_partner_administers(
    is_live: Live, assigned: Assignment, now: datetime
) -> None:
    statement = state(Family.AZURE, assigned, now)
    assert not is_live(family=Family.AZURE)
    assert is_live(family=Family.DYNAMICS)
    assert is_live()  # in the other families
    OtherPartnerStatement.objects.filter(pk=statement.pk).update(lifted_at=now, lifted_by="Carla")
    assert is_live(family=Family.AZURE)


def test_assignment_of_one_family_is_not_live_at_all_where_another_administers_it(
    is_live: Live, assigned: Assignment, now: datetime
) -> None:
    Assignment.objects.filter(pk=assigned.pk).update(family=Family.AZURE)
    assert is_live()
    state(Family.DYNAMICS, assigned, now)
    assert is_live()
    state(Family.AZURE, assigned, now)
    assert not is_live()


def test_assignment_of_all_is_not_live_where_another_administers_every_family(
    is_live: Live, assigned: Assignment, now: datetime
) -> None:
    *most, last = Family
    for family in most:
        state(family, assigned, now)
    assert is_live()
    state(last, assigned, now)
    assert not is_live()


def test_statement_counts_only_under_edition_2016_12(
    is_live: Live, assigned: Assignment, northwind: Partner, now: datetime
) -> None:
    state(Family.AZURE, assigned, now)
    Partner.objects.filter(pk=northwind.pk).update(edition="2026")
    assert is_live(family=Family.AZURE)


def test_statement_of_another_customer_does_not_count(is_live: Live, now: datetime) -> None:
    state(Family.AZURE, AssignmentFactory(), now)
    assert is_live(family=Family.AZURE)


def test_assignment_of_one_family_is_live_in_no_other(is_live: Live, assigned: Assignment) -> None:
    Assignment.objects.filter(pk=assigned.pk).update(family=Family.AZURE)
    assert is_live(family=Family.AZURE)
    assert not is_live(family=Family.DYNAMICS)


def test_new_partnership_revives_nothing(
    is_live: Live,
    partnership: Partnership,
    northwind: Partner,
    fabrikam: Partner,
    anna: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    again = partnerships.propose(northwind, fabrikam, by=anna, at=now)
    partnerships.accept(again, by=luca, at=now)
    assert not is_live()


# --- who may use it ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("who", "provisioning_too", "support_too"),
    [
        ("luca", True, True),
        ("fabrikam_agent", True, True),
        ("fabrikam_seller", False, False),
        ("fabrikam_helpdesk", False, True),
        ("fabrikam_viewer", False, False),
        ("ada", False, False),
        ("wanda", False, False),
        ("anna", False, False),  # what a provider may do rests on its own grant, not on an assignment
        ("staff", False, False),
    ],
)
def test_only_the_resellers_agents_use_what_it_holds(
    who: str,
    provisioning_too: bool,
    support_too: bool,
    assigned: Assignment,
    contoso: Customer,
    support: Grant,
    partnership: Partnership,
    anna: Actor,
    luca: Actor,
    now: datetime,
    request: pytest.FixtureRequest,
) -> None:
    privileges.accept(privileges.assign(support, partnership, by=anna, at=now), by=luca, at=now)
    actor = request.getfixturevalue(who)
    assert permissions.may_use(actor, contoso, "provisioning", None, now) is provisioning_too
    assert permissions.may_use(actor, contoso, "support", None, now) is support_too


def test_use_is_decided_at_that_moment(
    assigned: Assignment, contoso: Customer, partnership: Partnership, luca: Actor, anna: Actor, now: datetime
) -> None:
    assert permissions.may_use(luca, contoso, "provisioning", Family.AZURE, now)
    assert not permissions.may_use(luca, contoso, "support", Family.AZURE, now)
    endings.end_partnership(partnership, by=anna, at=now)
    assert not permissions.may_use(luca, contoso, "provisioning", Family.AZURE, now)
