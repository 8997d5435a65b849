"""One path planned for many subscriptions: told before for which it will be, and decided anew then."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction

from customers import standing
from customers.models import Customer
from customers.records import readers
from partners import activity
from partners.actor import Actor
from partners.models import Partner
from partners.permissions import company_of
from subscriptions import gates, move_mails, moves, rulings, walking
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.move_log import Verb
from subscriptions.rulebook import Ruling

MOST_AT_ONCE = 500


@dataclass(frozen=True, slots=True)
class Planned:
    """One subscription of many: its ruling, and why the path is not planned; empty where it is."""

    subscription: Subscription
    ruling: Ruling
    refusal: str


def preview(rows: Sequence[Subscription], path: str, *, actor: Actor, at: datetime) -> list[Planned]:
    """Return what planning a path would do to each of these rows, read by `rulings.with_facts`.

    Leaves out what is not the actor's company's.
    """
    own = [row for row in rows if actor.is_of(row.provider_id)]
    happens = moves.busy([row.pk for row in own], at)
    return [
        Planned(row, ruling, moves.why_not(row, ruling, path, happens))
        for row, ruling in rulings.rule(own, at)
    ]


@transaction.atomic
def plan_many(
    pks: Collection[int], path: str, *, target_on: date | None = None, by: Actor, at: datetime
) -> list[Planned]:
    """Plan a path for each of these subscriptions it can be planned for; return what became of each.

    Each is decided anew, as in `moves.plan`; what is refused to one keeps no other back. One row in the log.
    """
    company = Partner.objects.get(pk=company_of(by).pk)  # as it is now: it may have been suspended
    moves.refuse_suspended(company)
    own = Subscription.objects.filter(provider=company, pk__in=list(pks)[:MOST_AT_ONCE])
    customers = Customer.objects.filter(pk__in=own.values("customer"))
    list(customers.select_for_update(of=("self",), no_key=True).order_by("pk"))
    list(own.select_for_update(of=("self",)).order_by("pk"))
    moves.refuse_past(target_on, at.astimezone(company.zone).date())
    rows = rulings.with_facts(own).order_by("-pk")
    told = preview(list(rows), path, actor=by, at=at)
    planned = [one for one in told if not one.refusal]
    if planned:
        _plan(planned, path, target_on, company, by=by, at=at)
    return told


def _plan(
    planned: list[Planned], path: str, target_on: date | None, company: Partner, *, by: Actor, at: datetime
) -> None:
    rows = [one.subscription for one in planned]
    customers = {row.customer_id for row in rows}
    standings = standing.standings(customers, at)
    assigned = gates.assigned(customers, {row.product.family for row in rows}, at)
    paths = [moves.walk_of(one.ruling, path) for one in planned]
    together = [
        (one, open_path) for one, open_path in zip(planned, paths, strict=True) if open_path is not None
    ]
    made = Move.objects.bulk_create(
        [
            moves.new(one.subscription, one.ruling, open_path, target_on, by=by, at=at)
            for one, open_path in together
        ]
    )
    grounds = [
        moves.begin(
            move,
            open_path,
            one.ruling,
            standings[move.customer_id],
            is_assigned=(move.customer_id, one.subscription.product.family) in assigned,
            at=at,
        )
        for move, (one, open_path) in zip(made, together, strict=True)
    ]
    for ground in grounds:
        walking.pass_what_holds(ground)
    MoveStep.objects.bulk_create([step for ground in grounds for step in ground.walk])
    turns = [(ground.move, ground.next) for ground in grounds if ground.next is not None]
    move_mails.steps_due(turns, at=at)
    _record(made, path, company, by=by, at=at)


def _record(made: list[Move], path: str, company: Partner, *, by: Actor, at: datetime) -> None:
    """Write one row for all; what concerns several customers is for the provider's eyes alone."""
    first = made[0].customer
    alone = all(move.customer_id == first.pk for move in made)
    activity.record(
        Verb.PLANNED,
        by=by,
        at=at,
        provider=company,
        customer=first if alone else None,
        seen_by=readers(first, at) if alone else (),
        details={"changed": activity.changed(*made), "path": path},
    )
