"""Where customers stand at a moment: relationship, privileges, agreement; and why a privilege does not count.

Each question is asked for many customers at once, in one query.
"""

from collections import defaultdict
from collections.abc import Collection, Container, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import models
from django.db.models import Exists, F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from customers.models import (
    ALL_FAMILIES,
    Acceptance,
    AgreementAttestation,
    Assignment,
    Grant,
    OtherPartnerStatement,
    Privilege,
    Relationship,
)
from customers.models.customer import CustomerQuerySet
from customers.models.privilege import utc_day
from partners.actor import Actor
from partners.models import Partnership, RulebookEdition
from partners.templatetags.ui import exact_day


class State(models.TextChoices):
    """What a customer is to its provider."""

    PROSPECT = "prospect", gettext_lazy("Prospect")
    PENDING = "pending", gettext_lazy("To be confirmed")
    ACTIVE = "active", gettext_lazy("Customer")
    ENDED = "ended", pgettext_lazy("customer", "Ended")


_STATES = {
    Relationship.Status.ACTIVE: State.ACTIVE,
    Relationship.Status.PENDING: State.PENDING,
    Relationship.Status.ENDED: State.ENDED,
}
_PRECEDENCE = [State.ACTIVE, State.PENDING, State.ENDED, State.PROSPECT]


def state_of(statuses: Iterable[str]) -> State:
    """Return what a customer with relationships in these statuses is; a refused one counts for nothing."""
    found = {_STATES.get(Relationship.Status(status), State.PROSPECT) for status in statuses}
    return next((state for state in _PRECEDENCE if state in found), State.PROSPECT)


def has(rows: "models.QuerySet[Any]") -> Coalesce:
    """Write that there is such a row, asked of each row of a list in turn, as far as the page goes.

    Written as EXISTS, the database would join or sort all there are before it showed the first.
    """
    first = rows.order_by().annotate(found=Value(True)).values("found")[:1]
    return Coalesce(Subquery(first), Value(False), output_field=models.BooleanField())


def in_state(customers: CustomerQuerySet, state: str) -> CustomerQuerySet:
    """Return the customers that are in a state."""
    rows = Relationship.objects.filter(customer=OuterRef("pk"), provider=OuterRef("provider"))
    ended = rows.filter(status=Relationship.Status.ENDED)
    match state:
        case State.ACTIVE:
            return customers.filter(Exists(rows.active()))
        case State.PENDING:
            return customers.filter(Exists(rows.filter(status=Relationship.Status.PENDING)))
        case State.ENDED:
            return customers.alias(current=has(rows.current())).filter(Exists(ended), current=False)
        case _:
            known = customers.alias(current=has(rows.current()), ended=has(ended))
            return known.filter(current=False, ended=False)


def states(customers: Collection[int]) -> dict[int, State]:
    """Return what each customer is."""
    statuses = defaultdict(list)
    rows = Relationship.objects.filter(customer__in=customers).values_list("customer", "status")
    for customer, status in rows:
        statuses[customer].append(status)
    return {customer: state_of(statuses[customer]) for customer in customers}


def granted(customers: Collection[int], at: datetime) -> dict[int, list[Privilege]]:
    """Return the privileges each customer has given its provider and that are in force."""
    return _privileges(customers, Grant.objects.live(at))


def held(customers: Collection[int], reseller_pk: int, at: datetime) -> dict[int, list[Privilege]]:
    """Return the privileges a reseller may act under for each customer."""
    return _privileges(customers, Assignment.objects.live(at).filter(reseller=reseller_pk))


def seen(customers: Collection[int], actor: Actor, at: datetime) -> dict[int, list[Privilege]]:
    """Return what the actor's company may do: what a reseller holds, what a provider was granted."""
    if actor.partner is not None and actor.partner.is_reseller:
        return held(customers, actor.partner.pk, at)
    return granted(customers, at)


def _privileges(
    customers: Collection[int], rows: "models.QuerySet[Grant] | models.QuerySet[Assignment]"
) -> dict[int, list[Privilege]]:
    found = defaultdict(set)
    for customer, privilege in rows.filter(customer__in=customers).values_list("customer", "privilege"):
        found[customer].add(privilege)
    return {customer: [one for one in Privilege if one in found[customer]] for customer in customers}


@dataclass(frozen=True, slots=True)
class Standing:
    """What decides, beside a subscription's own facts, which path is open for it."""

    has_relationship: bool = False
    has_grant: bool = False
    has_agreement: bool = False
    families_of_another: frozenset[str] = frozenset()


NOWHERE = Standing()


def agreements(edition: str | None = None) -> "models.QuerySet[Acceptance]":
    """Return the answers that accepted an edition's customer agreement.

    Of no edition named: of the one their provider works under.
    """
    return Acceptance.objects.filter(
        status=Acceptance.Status.COMPLETED, agreement__edition=edition or F("link__provider__edition")
    )


def agreed(edition: str | None = None) -> Q:
    """Write of relationships that the customer accepted an edition's agreement: itself, or as attested.

    An attestation hangs on the relationship, so it never passes to a new provider.
    """
    attested = AgreementAttestation.objects.of_edition(edition).filter(relationship=OuterRef("pk"))
    return Q(Exists(agreements(edition).filter(customer=OuterRef("customer")))) | Q(Exists(attested))


def to_be_asked(tie: Partnership, relationships: Collection[int]) -> set[int]:
    """Return in which relationships a reseller waits for the customer's yes: it was not told of it before.

    Told: the reseller was named in an invitation accepted since the relationship began. Source: edition 2026;
    under 2016-12 no customer is asked.
    """
    if tie.provider.edition != RulebookEdition.V2026:
        return set()
    told = Relationship.objects.filter(
        pk__in=relationships,
        customer__acceptances__status=Acceptance.Status.COMPLETED,
        customer__acceptances__completed_at__gte=F("began_at"),
        customer__acceptances__link__invitation__reseller=tie.reseller_id,
    )
    return set(relationships) - set(told.values_list("pk", flat=True))


def standings(customers: Collection[int], at: datetime) -> dict[int, Standing]:
    """Return where each customer stands."""
    granted_now = Exists(Grant.objects.live(at).filter(relationship=OuterRef("pk")))
    rows = Relationship.objects.accepted().filter(customer__in=customers)
    rows = rows.annotate(agreed=agreed(), granted_now=granted_now)
    active = {row[0]: row[1:] for row in rows.values_list("customer", "agreed", "granted_now")}
    families = defaultdict(set)
    stated = OtherPartnerStatement.objects.filter(
        relationship__customer__in=active,
        relationship__status=Relationship.Status.ACTIVE,
        lifted_at__isnull=True,
    )
    for customer, family in stated.values_list("relationship__customer", "family"):
        families[customer].add(family)
    return {
        customer: Standing(
            has_relationship=True,
            has_grant=active[customer][1],
            has_agreement=active[customer][0],
            families_of_another=frozenset(families[customer]),
        )
        if customer in active
        else NOWHERE
        for customer in customers
    }


# --- why not -----------------------------------------------------------------------------------


def why_grant_not_live(grant: Grant, at: datetime) -> str:
    """Say why a grant is not in force, empty if it is; reads relationship and provider."""
    match grant.status:
        case Grant.Status.WITHDRAWN:
            return _("withdrawn by the customer")
        case Grant.Status.LAPSED:
            return _("ended on %(day)s") % {"day": exact_day(grant.ends_on)}
    if grant.ends_on < utc_day(at):
        return _("ended on %(day)s") % {"day": exact_day(grant.ends_on)}
    if not grant.relationship.is_active:
        return _("the relationship has ended")
    if not grant.provider.is_active:
        return _("the provider is suspended")
    return _("not granted yet") if grant.granted_at > at else ""


def why_not_live(assignment: Assignment, at: datetime, stated: Container[str] = ()) -> str:
    """Say why a reseller cannot act under an assignment, empty if it can.

    `stated` are the families another CSP partner administers, as the customer said. Reads grant,
    relationship, partnership, provider and reseller. Access is decided by `Assignment.objects.live` alone.
    """
    Status = Assignment.Status  # noqa: N806 - the class's own name
    match assignment.status:
        case Status.ACTIVE:
            pass
        case Status.HANDED_OVER if assignment.stopped_at and assignment.stopped_at > at:
            pass
        case Status.OFFERED if assignment.waits_at(at) and assignment.waits_for_customer:
            return _("waits for the customer")
        case Status.OFFERED if assignment.waits_at(at):
            return _("waits for the reseller's answer")
        case Status.OFFERED:
            return _("the offer was not answered in time")
        case _:
            return str(assignment.get_status_display()).lower()
    if assignment.ends_on < utc_day(at):
        return _("ended on %(day)s") % {"day": exact_day(assignment.ends_on)}
    match assignment.grant.status:
        case Grant.Status.WITHDRAWN:
            return _("the customer withdrew the grant")
        case Grant.Status.LAPSED:
            return _("the customer's grant has ended")
    if assignment.grant.ends_on < utc_day(at):
        return _("the customer's grant has ended")
    if assignment.grant.granted_at > at:
        return _("not granted yet")
    if not assignment.grant.relationship.is_active:
        return _("the relationship has ended")
    if not assignment.partnership.is_active:
        return _("the partnership has ended")
    if not assignment.provider.is_active:
        return _("the provider is suspended")
    if not assignment.reseller.is_active:
        return _("the reseller is suspended")
    if assignment.starts_at is not None and assignment.starts_at > at:  # last: what never starts says why
        return _("starts on %(day)s") % {"day": exact_day(utc_day(assignment.starts_at))}
    return "" if assignment.family == ALL_FAMILIES else why_family_shut(assignment, stated)


def why_family_shut(assignment: Assignment, stated: Container[str]) -> str:
    """Say that another CSP partner administers the assignment's one service, if its edition forbids both."""
    if assignment.provider.edition == RulebookEdition.V2016_12 and assignment.family in stated:
        return _("another CSP partner administers this service")
    return ""
