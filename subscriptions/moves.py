"""The stories of a move: planned, given up, gone on with, aimed at another day; and what the rulebook says.

A move is planned on a path that is open, whatever is still missing: its first steps obtain it. How its steps
close is told in `walking`.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial

from django.db import IntegrityError, transaction
from django.db.models import Count, Exists, OuterRef, Q
from django.utils import translation
from django.utils.translation import gettext as _

from customers import standing
from customers.models import ALL_FAMILIES, Assignment, Customer, Grant, OtherPartnerStatement, Relationship
from customers.standing import Standing
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Partner, RulebookEdition
from partners.permissions import refuse_other
from subscriptions import gates, move_log, move_mails, rulebook, rulings, truths, walking
from subscriptions.editions import Sentence
from subscriptions.gates import Ground
from subscriptions.models import Move, MoveStep, Subscription, Transfer, TransferItem
from subscriptions.models.move import MoveQuerySet
from subscriptions.move_log import Verb
from subscriptions.rulebook import OpenPath, Ruling
from subscriptions.steps import BY_CODE, PLANNABLE
from subscriptions.vocabulary import Need, Path, StepFact

MOST_A_DAY = 20  # moves of one subscription, given up ones too: the customer is written to of each


@dataclass(frozen=True, slots=True)
class Busy:
    """What happens to subscriptions: which move, are to be transferred, or were planned very often today."""

    moving: frozenset[int]
    transferring: frozenset[int]
    tired: frozenset[int]


def busy(rows: Collection[int], at: datetime) -> Busy:
    """Return which of these subscriptions are moving or to be transferred, in four queries."""
    asked = TransferItem.objects.filter(
        status=TransferItem.Status.REQUESTED, transfer__in=Transfer.objects.pending(at)
    )
    moving = Move.objects.open().filter(subscription__in=rows).values_list("subscription", flat=True)
    wanted = asked.filter(subscription__in=rows).values_list("subscription", flat=True)
    given = asked.filter(source__in=rows).values_list("source", flat=True)
    today = Move.objects.filter(subscription__in=rows, decided_at__gt=at - timedelta(days=1))
    often = today.order_by().values("subscription").annotate(times=Count("pk")).filter(times__gte=MOST_A_DAY)
    tired = often.values_list("subscription", flat=True)
    return Busy(frozenset(moving), frozenset(wanted) | frozenset(given), frozenset(tired))


def why_not(row: Subscription, ruling: Ruling, path: str, happens: Busy) -> str:
    """Say why a path cannot be planned for a subscription, in the ruling's own words; empty if it can."""
    if path not in PLANNABLE:
        return _("This is not planned step by step: it has a page of its own.")
    if ruling.plan_with_base:
        return _("An add-on goes the way of its subscription: plan that one, “%(base)s”.") % {
            "base": row.parent
        }
    if walk_of(ruling, path) is None:
        closed = next((one for one in ruling.closed if one.path == path), None)
        if closed is not None:
            return str(closed.reason)
        return _("The rulebook knows no such path for this subscription.")
    if row.pk in happens.moving:
        return _under_way()
    if row.pk in happens.transferring:
        return _("A transfer of this subscription waits for its answer: nothing else is planned meanwhile.")
    if row.pk in happens.tired:
        return _("This subscription was planned very often today. Try again tomorrow.")
    return ""


def _under_way() -> str:
    return _("A move of this subscription is under way. Complete it or give it up first.")


def walk_of(ruling: Ruling, path: str) -> OpenPath | None:
    """Return what the rulebook says of a path, if it is open."""
    return next((one for one in ruling.open if one.path == path), None)


def recommended(row: Subscription, path: str, at: datetime) -> date | None:
    """Return the day a path is best done by: close to the end of the term, as long as there is a choice."""
    if path not in (Path.REPLACE_LICENCES, Path.WAIT_OR_CANCEL, Path.CHANNEL_TRANSFER):
        return None
    found = rulings.deadline(row, at)
    return found.on if found else None


@transaction.atomic
def plan(
    subscription: Subscription, path: str, *, target_on: date | None = None, by: Actor, at: datetime
) -> Move:
    """Plan a path for a subscription: its steps are made, and what is on record already closes the first.

    Refuses what the rulebook closes, in its words; an add-on, a second open move, a pending transfer, and a
    target date in the past.
    """
    Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=subscription.customer_id)
    row = Subscription.objects.lock(subscription.pk)
    refuse_other(by, row.provider_id)
    refuse_suspended(row.provider)
    stands = standing.standings({row.customer_id}, at)[row.customer_id]
    ruling = rulings.rule_on(row, stands, at)
    words = why_not(row, ruling, path, busy({row.pk}, at))
    if words:
        raise Refused(words, field="path")
    refuse_past(target_on, ruling.facts.today)
    open_path = walk_of(ruling, path)
    assert open_path is not None  # noqa: S101 - or it would have been refused
    move = new(row, ruling, open_path, target_on, by=by, at=at)
    try:
        with transaction.atomic():
            move.save()
    except IntegrityError as problem:
        if broke(problem, Move, "move_one_open"):
            raise Refused(_under_way(), field="path") from problem
        raise
    assigned = bool(gates.assigned({row.customer_id}, {row.product.family}, at))
    ground = begin(move, open_path, ruling, stands, is_assigned=assigned, at=at)
    passed = walking.pass_what_holds(ground)
    MoveStep.objects.bulk_create(ground.walk)
    if ground.next is not None:
        move_mails.step_due(move, ground.next, at=at)
    move_log.record(Verb.PLANNED, move, by=by, at=at, closed=passed)
    return move


def new(
    row: Subscription, ruling: Ruling, path: OpenPath, target_on: date | None, *, by: Actor, at: datetime
) -> Move:
    """Return a move on a path the ruling opens, not saved yet, under the edition its provider works under."""
    return Move(
        provider=row.provider,
        customer=row.customer,
        subscription=row,
        path=path.path,
        direction=path.direction,
        edition=ruling.edition,
        target_on=target_on,
        decided_at=at,
        decided_by=by.stamp,
    )


def begin(
    move: Move, path: OpenPath, ruling: Ruling, stands: Standing, *, is_assigned: bool, at: datetime
) -> Ground:
    """Return the ground of a move just saved, its steps made from the ruling and not saved yet.

    A provider without resellers has none to assign anything to.
    """
    needed = [step for step in path.steps if step.fact != StepFact.ASSIGNMENT or move.provider.has_resellers]
    steps = [
        MoveStep(
            move=move,
            position=position,
            code=step.code,
            actor=step.actor,
            privilege=step.privilege,
            is_optional=step.optional,
        )
        for position, step in enumerate(needed, start=1)
    ]
    return Ground(move, steps, stands, ruling.facts, is_assigned, at)


def refuse_suspended(provider: Partner) -> None:
    """Refuse to act for a provider that was suspended meanwhile."""
    if words := gates.why_suspended(provider):
        raise Refused(words)


def refuse_past(target_on: date | None, today: date) -> None:
    """Refuse a target date that is over."""
    if target_on is not None and target_on < today:
        raise Refused(_("The target date lies in the past."), field="target_on")


def _locked(move: Move, *, by: Actor, at: datetime) -> Move:
    """Lock an open move for its provider; refuses one that is over."""
    ground = walking.lock(move, at=at)
    refuse_other(by, ground.move.provider_id)
    refuse_suspended(ground.move.provider)
    if not ground.move.is_open:
        raise Refused(ground.move.refusal(Move.Status.ABANDONED))
    return ground.move


@transaction.atomic
def abandon(move: Move, reason: str, *, by: Actor, at: datetime) -> Move:
    """Give a move up, with the reason; what its steps have changed stays. Refuses one that is over."""
    move = _locked(move, by=by, at=at)
    if not reason.strip():
        raise Refused(_("Say why it is given up."), field="reason")
    move.move(Move.Status.ABANDONED, ended_at=at, ended_by=by.stamp, reason=reason.strip())
    move_mails.move_abandoned(move, by=by, at=at)
    move_log.record(Verb.ABANDONED, move, by=by, at=at, reason=move.reason)
    return move


@transaction.atomic
def retarget(move: Move, target_on: date | None, *, by: Actor, at: datetime) -> Move:
    """Aim a move at another day, or at none; refuses a day in the past, and a move that is over."""
    move = _locked(move, by=by, at=at)
    refuse_past(target_on, at.astimezone(move.provider.zone).date())
    if move.target_on == target_on:
        return move
    move.target_on = target_on
    move.save(update_fields=["target_on"])
    move_log.record(Verb.RETARGETED, move, by=by, at=at, target_on=target_on)
    return move


# --- another ruling than the one it was planned on ---------------------------------------------


def changed_ruling(move: Move, ruling: Ruling) -> str:
    """Say why the rulebook no longer opens the path of an open move; empty if it does, or once decided.

    `ruling` is today's of its subscription. It is read under the edition the move was planned under, and not
    at all once the move itself has changed the subscription. Reads all steps.
    """
    found = _another_ruling(move, ruling)
    return "" if found is None or _signature(move, found) == move.kept_ruling else str(found)


def _another_ruling(move: Move, ruling: Ruling) -> Sentence | None:
    if not move.is_open or truths.has_written(list(move.steps.all())):
        return None
    ruling = rulebook.rule(replace(ruling.facts, edition=move.edition))
    open_path = walk_of(ruling, move.path)
    if open_path is not None and open_path.direction == move.direction:
        return None
    return next((one.reason for one in ruling.closed if one.path == move.path), ruling.reason)


def _signature(move: Move, reason: Sentence) -> str:
    """Return what stands for a ruling: its own words, the same in every language."""
    with translation.override(None):
        return f"{move.edition}: {reason}"[:120]


@transaction.atomic
def keep(move: Move, because: str, *, by: Actor, at: datetime) -> Move:
    """Go on with a move although the rulebook no longer opens its path; asked again if it changes again.

    Refuses without a reason, and where there is nothing to decide.
    """
    move = _locked(move, by=by, at=at)
    stands = standing.standings({move.customer_id}, at)[move.customer_id]
    ruling = rulings.rule_on(move.subscription, stands, at)
    found = _another_ruling(move, ruling)
    if found is None or not changed_ruling(move, ruling):
        raise Refused(_("The rulebook opens this path, or somebody has decided already."))
    if not because.strip():
        raise Refused(_("Say why it goes on."), field="reason")
    move.kept_ruling, move.kept_because = _signature(move, found), because.strip()
    move.kept_at, move.kept_by = at, by.stamp
    move.save(update_fields=["kept_ruling", "kept_because", "kept_at", "kept_by"])
    move_log.record(Verb.KEPT, move, by=by, at=at, reason=move.kept_because)
    return move


# --- what time brings --------------------------------------------------------------------------


def settle(at: datetime) -> int:
    """Close the next steps of open moves that what is on record has met; return of how many moves."""
    rows = to_settle(at)[:AT_ONCE]
    return each(rows, partial(walking.settle, at=at))


def to_settle(at: datetime) -> MoveQuerySet:
    """Return the open moves whose next step's fact is on record, as `gates.holds` asks it of one.

    A suspended provider's wait: it changes nothing.
    """
    codes: Mapping[object, list[str]] = {
        fact: [code for code, step in BY_CODE.items() if step.fact == fact]
        for fact in (Need.RELATIONSHIP, Need.GRANT, StepFact.ASSIGNMENT, StepFact.SUPPORT_CONTACT)
    }
    own = {"customer": OuterRef("customer")}
    family = OuterRef("subscription__product__family")
    held = Assignment.objects.live(at).filter(Q(family=ALL_FAMILIES) | Q(family=family), **own)
    shut = OtherPartnerStatement.objects.filter(
        relationship__customer=OuterRef("customer"),
        relationship__status=Relationship.Status.ACTIVE,
        relationship__provider__edition=RulebookEdition.V2016_12,
        family=family,
        lifted_at__isnull=True,
    )
    met = (
        Q(next_code__in=codes[Need.RELATIONSHIP]) & Exists(Relationship.objects.accepted().filter(**own))
        | Q(next_code__in=codes[Need.GRANT])
        & Exists(Relationship.objects.accepted().filter(**own))
        & Exists(Grant.objects.live(at).filter(**own))
        | Q(next_code__in=codes[StepFact.ASSIGNMENT]) & Exists(held) & ~Exists(shut)
        | Q(next_code__in=codes[StepFact.SUPPORT_CONTACT], subscription__support_contact__isnull=False)
    )
    rows = Move.objects.open().filter(provider__status=Partner.Status.ACTIVE)
    return rows.with_next().filter(met).order_by("pk")
