"""Where customers stand: asked for many at once, it is what their rows say; and why agrees with whether."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from customers import standing
from customers.families import Family
from customers.models import (
    Acceptance,
    Assignment,
    Customer,
    Grant,
    OtherPartnerStatement,
    Privilege,
    Relationship,
)
from customers.models.privilege import utc_day
from customers.standing import NOWHERE, Standing, State, why_grant_not_live, why_not_live
from partners.models import Partner, Partnership
from tests.factories import (
    AcceptanceFactory,
    AssignmentFactory,
    CustomerFactory,
    GrantFactory,
    RelationshipFactory,
)

pytestmark = pytest.mark.django_db


def state(customer: Customer, *made: str) -> Customer:
    for status in made:
        if status == "refused":
            relationship = RelationshipFactory(customer=customer, pending=True)
            Relationship.objects.filter(pk=relationship.pk).update(
                status=status, decided_at=relationship.began_at, decided_by="Somebody"
            )
        else:
            RelationshipFactory(customer=customer, **{status: True} if status != "active" else {})
    return customer


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        ((), State.PROSPECT),
        (("refused",), State.PROSPECT),
        (("pending",), State.PENDING),
        (("active",), State.ACTIVE),
        (("ended",), State.ENDED),
        (("ended", "pending"), State.PENDING),
        (("ended", "active"), State.ACTIVE),
        (("refused", "ended"), State.ENDED),
    ],
)
def test_state_of_a_customer_and_its_filter_agree(
    now: datetime, contoso: Customer, made: tuple[str, ...], expected: State
) -> None:
    state(contoso, *made)
    others = [
        state(CustomerFactory(provider=contoso.provider), one) for one in ("pending", "active", "ended")
    ]
    others.append(CustomerFactory(provider=contoso.provider))
    keys = [contoso.pk, *(one.pk for one in others)]
    states = standing.states(keys)
    assert states[contoso.pk] == expected
    for one in State:
        found = set(standing.in_state(Customer.objects.all(), one).values_list("pk", flat=True))
        assert found == {key for key in keys if states[key] == one}


def test_granted_and_held_are_those_in_force_in_their_fixed_order(
    now: datetime, assigned: Assignment, contoso: Customer, fabrikam: Partner, adventure: Partner
) -> None:
    other = CustomerFactory(provider=contoso.provider)
    assert standing.granted([contoso.pk, other.pk], now) == {contoso.pk: list(Privilege), other.pk: []}
    assert standing.held([contoso.pk], fabrikam.pk, now) == {contoso.pk: [Privilege.PROVISIONING]}
    assert standing.held([contoso.pk], adventure.pk, now) == {contoso.pk: []}
    assert standing.granted([contoso.pk], now + timedelta(days=366)) == {contoso.pk: []}


def test_standing_of_a_prospect_is_nowhere(now: datetime, contoso: Customer) -> None:
    assert standing.standings([contoso.pk], now) == {contoso.pk: NOWHERE}


def test_standing_of_a_customer(now: datetime, accepted: Relationship) -> None:
    contoso = accepted.customer
    OtherPartnerStatement.objects.create(
        relationship=accepted, family=Family.AZURE, stated_at=now, stated_by="Carla"
    )
    OtherPartnerStatement.objects.create(
        relationship=accepted,
        family=Family.EMS,
        stated_at=now,
        stated_by="Carla",
        lifted_at=now,
        lifted_by="Carla",
    )
    assert standing.standings([contoso.pk], now)[contoso.pk] == Standing(
        has_relationship=True,
        has_grant=True,
        has_agreement=True,
        families_of_another=frozenset({Family.AZURE}),
    )


def test_an_agreement_of_another_edition_does_not_count(now: datetime, acceptance: Acceptance) -> None:
    assert acceptance.agreement is not None
    assert list(standing.agreements()) == [acceptance]
    acceptance.agreement.edition = "2026"
    acceptance.agreement.save()
    assert not standing.agreements().exists()


def test_an_answer_that_waits_has_agreed_to_nothing(now: datetime, contoso: Customer) -> None:
    AcceptanceFactory(
        pending=True, link__invitation__provider=contoso.provider, link__invitation__customer=contoso
    )
    assert not standing.agreements().exists()


Change = Callable[[Assignment, datetime], None]


def change(thing: str, **fields: object) -> Change:
    def apply(assignment: Assignment, at: datetime) -> None:
        row = assignment
        for name in filter(None, thing.split(".")):
            row = getattr(row, name)
        values = {name: value(at) if callable(value) else value for name, value in fields.items()}
        type(row)._base_manager.filter(pk=row.pk).update(**values)

    return apply


def stated(family: str) -> Change:
    def apply(assignment: Assignment, at: datetime) -> None:
        OtherPartnerStatement.objects.create(
            relationship=assignment.grant.relationship, family=family, stated_at=at, stated_by="Carla"
        )

    return apply


def earlier(at: datetime) -> datetime:
    return at - timedelta(hours=1)


def later(at: datetime) -> datetime:
    return at + timedelta(hours=1)


ENDED = {"ended_at": earlier, "ended_by": "Somebody"}
STOPPED = {"stopped_at": earlier, "stopped_by": "Somebody"}

CASES: dict[str, tuple[list[Change], str]] = {
    "live": ([], ""),
    "one family": ([change("", family=Family.AZURE)], ""),
    "handed over later": ([change("", status="handed_over", stopped_at=later, stopped_by="Somebody")], ""),
    "handed over": ([change("", status="handed_over", **STOPPED)], "handed over"),
    "offered": ([change("", status="offered", offered_at=earlier)], "waits for the reseller's answer"),
    "offer lapsed": (
        [change("", status="offered", offered_at=lambda at: at - timedelta(days=14))],
        "the offer was not answered in time",
    ),
    "revoked": ([change("", status="revoked", **STOPPED)], "revoked"),
    "given up": ([change("", status="given_up", **STOPPED)], "given up"),
    "refused": ([change("", status="refused_by_customer", **STOPPED)], "refused by the customer"),
    "starts later": ([change("", starts_at=later)], "starts on 10 Mar 2026"),
    "past": ([change("", ends_on=lambda at: utc_day(at) - timedelta(days=1))], "ended on 9 Mar 2026"),
    "last day": ([change("", ends_on=utc_day)], ""),
    "grant withdrawn": ([change("grant", status="withdrawn", **STOPPED)], "the customer withdrew the grant"),
    "grant lapsed": ([change("grant", status="lapsed", **STOPPED)], "the customer's grant has ended"),
    "grant past": (
        [
            change(
                "grant",
                answered_on=lambda at: utc_day(at) - timedelta(days=9),
                ends_on=lambda at: utc_day(at) - timedelta(days=1),
            )
        ],
        "the customer's grant has ended",
    ),
    "grant later": ([change("grant", granted_at=later)], "not granted yet"),
    "relationship ended": (
        [change("grant.relationship", status="ended", **ENDED)],
        "the relationship has ended",
    ),
    "partnership ended": ([change("partnership", status="ended", **ENDED)], "the partnership has ended"),
    "provider suspended": ([change("provider", status="suspended")], "the provider is suspended"),
    "reseller suspended": ([change("reseller", status="suspended")], "the reseller is suspended"),
    "another partner in this family": (
        [change("", family=Family.AZURE), stated(Family.AZURE)],
        "another CSP partner administers this service",
    ),
    "another partner in another family": ([change("", family=Family.AZURE), stated(Family.EMS)], ""),
    "another partner in one of all families": ([stated(Family.AZURE)], ""),
}


@pytest.mark.parametrize("case", CASES)
def test_why_not_says_nothing_exactly_where_the_assignment_is_live(now: datetime, case: str) -> None:
    changes, expected = CASES[case]
    assignment = AssignmentFactory()
    for apply in changes:
        apply(assignment, now)
    assignment = Assignment.objects.select_related(
        "grant__relationship", "partnership", "provider", "reseller"
    ).get(pk=assignment.pk)
    families = set(assignment.grant.relationship.statements.values_list("family", flat=True))
    why = why_not_live(assignment, now, families)
    assert why == expected
    assert (why == "") == Assignment.objects.live(now).filter(pk=assignment.pk).exists()


GRANTS: dict[str, tuple[Change | None, str]] = {
    "live": (None, ""),
    "withdrawn": (change("grant", status="withdrawn", **STOPPED), "withdrawn by the customer"),
    "lapsed": (change("grant", status="lapsed", **STOPPED), "ended on 10 Mar 2027"),
    "past": (
        change(
            "grant",
            answered_on=lambda at: utc_day(at) - timedelta(days=9),
            ends_on=lambda at: utc_day(at) - timedelta(days=1),
        ),
        "ended on 9 Mar 2026",
    ),
    "later": (change("grant", granted_at=later), "not granted yet"),
    "relationship ended": (
        change("grant.relationship", status="ended", **ENDED),
        "the relationship has ended",
    ),
    "provider suspended": (change("provider", status="suspended"), "the provider is suspended"),
}


@pytest.mark.parametrize("case", GRANTS)
def test_why_not_says_nothing_exactly_where_the_grant_is_live(now: datetime, case: str) -> None:
    apply, expected = GRANTS[case]
    assignment = AssignmentFactory()
    if apply is not None:
        apply(assignment, now)
    grant = Grant.objects.select_related("relationship", "provider").get(pk=assignment.grant_id)
    assert why_grant_not_live(grant, now) == expected
    assert (expected == "") == Grant.objects.live(now).filter(pk=grant.pk).exists()


def test_a_pending_relationship_gives_nothing(now: datetime) -> None:
    grant = GrantFactory(relationship=RelationshipFactory(pending=True))
    assert why_grant_not_live(grant, now) != ""
    assert Partnership.objects.count() == 0
