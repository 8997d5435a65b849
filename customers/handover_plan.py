"""What a hand-over moves: read for the preview, and read again under lock by the story that offers it."""

import hashlib
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Exists, OuterRef, Q
from django.utils.translation import gettext as _

from customers.models import Assignment, Customer, HandOver, Invitation
from customers.models.customer import CustomerQuerySet
from customers.models.privilege import AssignmentQuerySet, start_of
from customers.standing import to_be_asked
from partners.models import Partner, Partnership
from partners.templatetags.ui import exact_day

SHOWN = 50


@dataclass(frozen=True, slots=True)
class Scope:
    """Whose customers, from whom: all of a reseller's, or one of them."""

    provider: Partner
    before: Partner
    customer: Customer | None = None

    @classmethod
    def of(cls, hand_over: HandOver) -> "Scope":
        """Return what a hand-over is about."""
        return cls(hand_over.provider, hand_over.before, hand_over.customer)

    def held(self, at: datetime) -> AssignmentQuerySet:
        """Return what the reseller holds of these customers and does not already hand over."""
        rows = Assignment.objects.held(at).filter(status=Assignment.Status.ACTIVE)
        return self._within(rows)

    def offers(self, at: datetime) -> AssignmentQuerySet:
        """Return what is offered to it and waits, other than by a hand-over."""
        return self._within(Assignment.objects.to_answer(at).filter(hand_over__isnull=True))

    def _within(self, rows: AssignmentQuerySet) -> AssignmentQuerySet:
        rows = rows.filter(provider=self.provider, reseller=self.before)
        return rows.filter(customer=self.customer) if self.customer else rows

    def customers(self, at: datetime) -> CustomerQuerySet:
        """Return the customers it is named for or holds something of."""
        mine = Q(reseller=self.before) | Q(pk__in=self.held(at).order_by().values("customer"))
        rows = Customer.objects.filter(mine, provider=self.provider)
        return rows.filter(pk=self.customer.pk) if self.customer else rows


@dataclass(frozen=True, slots=True)
class Left:
    """One privilege a hand-over leaves where it is, and why."""

    assignment: Assignment
    why: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What moves, what stays and what is withdrawn; the customers named are the first of them."""

    customers: int
    named: int
    first: list[tuple[Customer, list[Assignment]]]
    moves: list[Assignment]
    left: list[Left]
    withdrawn: list[Assignment]
    invitations: int

    def asked(self, tie: Partnership) -> int:
        """Return how many customers are asked before their privileges can pass to a reseller."""
        unknown = to_be_asked(tie, {one.grant.relationship_id for one in self.moves})
        return len({one.customer_id for one in self.moves if one.grant.relationship_id in unknown})

    @property
    def mark(self) -> str:
        """A short sign of everything in it, by which a page that was read long ago is known."""
        rows = [one.pk for one in (*self.moves, *(left.assignment for left in self.left), *self.withdrawn)]
        return hashlib.sha256(f"{self.customers} {self.named} {rows}".encode()).hexdigest()[:16]


def starts_at(day: date, at: datetime) -> datetime:
    """Return when a hand-over from a day on begins: with the day, in UTC, or now."""
    return max(at, start_of(day))


def plan(scope: Scope, starts_on: date, at: datetime) -> Plan:
    """Return what a hand-over would do, in a constant number of queries."""
    withdrawn = list(scope.offers(at).select_related("customer").order_by("pk"))
    moves, left = sort_out(scope.held(at), starts_on, at)
    customers = scope.customers(at)
    first = list(customers.order_by("sort_name", "pk")[:SHOWN])
    return Plan(
        customers=customers.count(),
        named=customers.filter(reseller=scope.before).count(),
        first=_by_customer(first, moves),
        moves=moves,
        left=left,
        withdrawn=withdrawn,
        invitations=Invitation.objects.open_at(at)
        .filter(
            provider=scope.provider,
            partnership__reseller=scope.before,
            partnership__status=Partnership.Status.ACTIVE,
        )
        .count(),
    )


def sort_out(held: AssignmentQuerySet, starts_on: date, at: datetime) -> tuple[list[Assignment], list[Left]]:
    """Return what of these another can be offered from a day on, and what is left, each with its reason."""
    rows = list(
        held.select_related("customer", "grant__relationship", "partnership", "reseller").order_by("pk")
    )
    grants = {one.grant_id for one in rows}
    waiting: dict[int, list[Assignment]] = defaultdict(list)
    offers = Assignment.objects.to_answer(at).filter(grant__in=grants).select_related("reseller")
    for offer in offers:
        waiting[offer.grant_id].append(offer)
    moves, left = [], []
    for one in rows:
        if why := _why_left(one, waiting[one.grant_id], starts_on):
            left.append(Left(one, why))
        else:
            moves.append(one)
    return moves, left


def _why_left(held: Assignment, waiting: Iterable[Assignment], starts_on: date) -> str:
    if held.ends_on < starts_on:
        return _("it ends before, on %(day)s") % {"day": exact_day(held.ends_on)}
    for offer in waiting:
        gone = offer.reseller_id == held.reseller_id and offer.hand_over_id is None
        if offer.overlaps(held.family) and not gone:
            return _("an offer on these services waits for the answer of %(reseller)s") % {
                "reseller": offer.reseller.name
            }
    return ""


def _by_customer(
    customers: Iterable[Customer], moves: Iterable[Assignment]
) -> list[tuple[Customer, list[Assignment]]]:
    of: dict[int, list[Assignment]] = defaultdict(list)
    for one in moves:
        of[one.customer_id].append(one)
    return [(customer, of[customer.pk]) for customer in customers]


def to_rename(hand_over: HandOver) -> CustomerQuerySet:
    """Return the customers that still name the reseller before and will name the new one.

    Not one that has a hand-over of its own under way, nor one that refused, or did not agree to, all the new
    reseller was to hold.
    """
    rows = Customer.objects.filter(provider=hand_over.provider, reseller=hand_over.before)
    if hand_over.customer_id:
        rows = rows.filter(pk=hand_over.customer_id)
    else:
        own = HandOver.objects.filter(
            Q(status=HandOver.Status.OFFERED)
            | Q(status=HandOver.Status.ACCEPTED, took_effect_at__isnull=True),
            customer=OuterRef("pk"),
        )
        rows = rows.filter(~Exists(own))
    parts = Assignment.objects.filter(hand_over=hand_over, customer=OuterRef("pk"))
    # Not agreed in time is no, as far as this hand-over goes.
    not_agreed = Q(status=Assignment.Status.LAPSED, needs_yes=True, agreed_at__isnull=True)
    refused = parts.filter(Q(status=Assignment.Status.REFUSED_BY_CUSTOMER) | not_agreed)
    wanted = parts.filter(status__in=[Assignment.Status.OFFERED, Assignment.Status.ACTIVE])
    return rows.exclude(Exists(refused) & ~Exists(wanted))


def about_to_name_another(customer: Customer) -> list[HandOver]:
    """Return the accepted hand-overs by which a customer will name another reseller."""
    if customer.reseller_id is None:
        return []
    rows = HandOver.objects.to_come().filter(
        Q(customer=customer) | Q(customer__isnull=True),
        provider=customer.provider,
        before=customer.reseller_id,
        partnership__status=Partnership.Status.ACTIVE,
    )
    return [one for one in rows.select_related("before", "reseller") if to_rename(one).contains(customer)]
