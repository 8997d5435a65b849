"""The stories of a hand-over: offer customers of one reseller to another, answer, and let it take effect.

The provider stays the owner of every relationship. A hand-over is answered as a whole.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime
from functools import partial
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import consent_mails, handover_mails
from customers.handover_plan import Plan, Scope, plan, starts_at, to_rename
from customers.models import Assignment, Customer, Grant, HandOver
from customers.models.privilege import utc_day
from customers.standing import to_be_asked
from partners import activity, partnerships
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke, move_all
from partners.models import Partner, Partnership
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    OFFERED = "handover.offered", gettext_lazy("Hand-over offered to another reseller")
    ACCEPTED = "handover.accepted", gettext_lazy("Hand-over accepted by the reseller")
    DECLINED = "handover.declined", gettext_lazy("Hand-over declined by the reseller")
    WITHDRAWN = "handover.withdrawn", gettext_lazy("Hand-over withdrawn")
    LAPSED = "handover.lapsed", gettext_lazy("Hand-over lapsed")
    TOOK_EFFECT = "handover.took_effect", gettext_lazy("Hand-over took effect")


activity.explain("before", gettext_lazy("Reseller before"))


def _refuse_tie(tie: Partnership, before_pk: int) -> None:
    """Refuse a reseller that cannot take customers over."""
    if tie.reseller_id == before_pk:
        raise Refused(_("Choose another reseller than the one that looks after them now."))
    if not tie.is_active:
        raise Refused(_("The partnership with this reseller is not active."))
    if not tie.reseller.is_active or not tie.provider.is_active:
        raise Refused(_("A suspended company cannot hold or hand out privileges."))


def _lock_grants(pks: Iterable[int]) -> list[int]:
    """Lock grants in the order of their keys, as everybody does who locks several."""
    rows = Grant.objects.select_for_update(of=("self",)).filter(pk__in=set(pks))
    return list(rows.order_by("pk").values_list("pk", flat=True))


@transaction.atomic
def offer(
    before: Partner,
    tie: Partnership,
    *,
    customer: Customer | None = None,
    starts_on: date,
    by: Actor,
    at: datetime,
) -> HandOver:
    """Offer the customers of one reseller, or one of them, to another from a day on.

    Makes one offer for each privilege held, as it is held; withdraws what waits for the reseller before.
    Under edition 2026 a customer that was not told of the new reseller is asked, each for itself.
    Refuses a day gone by, a reseller that cannot take over, a second hand-over of the same, and nothing.
    """
    tie = partnerships.lock(tie.pk)
    refuse_other(by, tie.provider_id)
    _refuse_tie(tie, before.pk)
    if starts_on < utc_day(at):
        raise Refused(_("This day is over."))
    scope = Scope(tie.provider, before, customer)
    dead = _clear_the_dead(tie.provider, at=at, by=by)
    _refuse_within_another(scope)
    _lock_grants(scope.held(at).order_by().values_list("grant", flat=True))
    moving = plan(scope, starts_on, at)
    if not (moving.moves or moving.named):
        raise Refused(_("%(reseller)s looks after none of these customers.") % {"reseller": before.name})
    move_all(moving.withdrawn, Assignment.Status.WITHDRAWN, stopped_at=at, stopped_by=by.stamp)
    hand_over = _make(scope, tie, starts_at(starts_on, at), by=by, at=at)
    offers = _offer_each(hand_over, moving, by=by, at=at)
    handover_mails.offered(hand_over, moving.customers, offers, at=at)
    consent_mails.asked(offers, at=at)
    _record(Verb.OFFERED, hand_over, *offers, *moving.withdrawn, *dead, by=by, at=at)
    return hand_over


def _refuse_within_another(scope: Scope) -> None:
    """Refuse customers that a hand-over already takes somewhere; one whose partnership has ended does not."""
    under_way = HandOver.objects.filter(
        provider=scope.provider, before=scope.before, partnership__status=Partnership.Status.ACTIVE
    )
    under_way = under_way.filter(status=HandOver.Status.OFFERED) | under_way.to_come()
    if under_way.filter(customer__isnull=True).exists():
        raise Refused(
            _("A hand-over of all customers of %(reseller)s is under way already.")
            % {"reseller": scope.before.name}
        )
    if scope.customer and under_way.filter(customer=scope.customer).exists():
        raise Refused(_("A hand-over of this customer is under way already."))


def _make(scope: Scope, tie: Partnership, first: datetime, *, by: Actor, at: datetime) -> HandOver:
    try:
        with transaction.atomic():
            return HandOver.objects.create(
                provider=scope.provider,
                before=scope.before,
                partnership=tie,
                reseller=tie.reseller,
                customer=scope.customer,
                starts_at=first,
                offered_at=at,
                offered_by=by.stamp,
            )
    except IntegrityError as problem:
        for name in ("handover_one_of_customer", "handover_one_of_reseller"):
            if broke(problem, HandOver, name):
                raise Refused(_("A hand-over of these is already waiting for an answer.")) from problem
        raise


def _offer_each(hand_over: HandOver, moving: Plan, *, by: Actor, at: datetime) -> list[Assignment]:
    unknown = to_be_asked(hand_over.partnership, {held.grant.relationship_id for held in moving.moves})
    later = hand_over.starts_at if hand_over.starts_at > at else None
    offers = [
        Assignment(
            grant=held.grant,
            partnership=hand_over.partnership,
            provider=hand_over.provider,
            reseller=hand_over.reseller,
            customer=held.customer,
            privilege=held.privilege,
            family=held.family,
            offered_at=at,
            offered_by=by.stamp,
            starts_at=max(filter(None, [later, _ahead(held, at)]), default=None),
            ends_on=held.ends_on,
            hand_over=hand_over,
            needs_yes=held.grant.relationship_id in unknown,
        )
        for held in moving.moves
    ]
    return Assignment.objects.bulk_create(offers)


def _ahead(held: Assignment, at: datetime) -> datetime | None:
    """Return when a privilege begins that has not begun: whoever takes it over begins no earlier."""
    return held.starts_at if held.starts_at and held.starts_at > at else None


def _locked(hand_over: HandOver) -> tuple[HandOver, Partnership]:
    """Lock the partnership, then the hand-over: what its offers are, nobody changes meanwhile."""
    tie = partnerships.lock(hand_over.partnership_id)
    hand_over = HandOver.objects.lock(hand_over.pk)
    hand_over.partnership = tie
    return hand_over, tie


def _refuse_late(hand_over: HandOver, at: datetime) -> None:
    if hand_over.status == HandOver.Status.OFFERED and at >= hand_over.answer_by:
        raise Refused(_("This offer has lapsed. Ask the provider for a new one."))


@transaction.atomic
def accept(hand_over: HandOver, *, by: Actor, at: datetime) -> HandOver:
    """Accept a hand-over whole, for the new reseller: from its start the one before holds nothing of it.

    A privilege that the customer withdrew or refused, or that ended meanwhile, is left out, and so is one
    whose customer was asked and has not agreed yet: it stays with the reseller before. Refuses a second
    answer, one too late, one before any customer that was asked agreed, and a reseller that cannot take over.
    """
    hand_over, tie = _locked(hand_over)
    refuse_other(by, hand_over.reseller_id)
    _refuse_late(hand_over, at)
    if not hand_over.can_move(HandOver.Status.ACCEPTED):
        raise Refused(hand_over.refusal(HandOver.Status.ACCEPTED))
    _refuse_tie(tie, hand_over.before_id)
    first = max(at, hand_over.starts_at)
    if first <= at:
        _lock_customers(hand_over)
    offers = hand_over.assignments.filter(status=Assignment.Status.OFFERED)
    _lock_grants(offers.order_by().values_list("grant", flat=True))
    taken, gone = still_possible(hand_over, at)
    if not taken and any(one.waits_for_customer for one in gone):
        raise Refused(_("This hand-over waits for the customers: none of them has agreed yet."))
    stamp = {"stopped_at": at, "stopped_by": by.stamp}
    move_all(gone, Assignment.Status.LAPSED, **stamp)
    cleared = list(
        Assignment.objects.filter(grant__in={one.grant_id for one in taken})
        .exclude(hand_over=hand_over)
        .dead(at)
    )
    move_all(cleared, Assignment.Status.LAPSED, **stamp)
    replaced = _take_over(taken, first, by=by, at=at)
    hand_over.move(HandOver.Status.ACCEPTED, answered_at=at, answered_by=by.stamp, starts_at=first)
    told = _customers_of(hand_over, taken)
    renamed = _take_effect(hand_over, at=at) if first <= at else []
    handover_mails.accepted(hand_over, told, taken, at=at)
    _record(Verb.ACCEPTED, hand_over, *taken, *replaced, *gone, *cleared, *renamed, by=by, at=at)
    return hand_over


def still_possible(hand_over: HandOver, at: datetime) -> tuple[list[Assignment], list[Assignment]]:
    """Return the offers of a hand-over a yes would make something of now, and those it would not."""
    rows = hand_over.assignments.select_related(
        "customer", "grant__relationship", "grant__provider", "reseller", "partnership"
    )
    offers = list(rows.filter(status=Assignment.Status.OFFERED).order_by("customer__sort_name", "pk"))
    day = utc_day(max(at, hand_over.starts_at))
    good = {
        one.pk
        for one in offers
        if one.grant.is_live(at) and one.ends_on >= day <= one.grant.ends_on and not one.waits_for_customer
    }
    return [one for one in offers if one.pk in good], [one for one in offers if one.pk not in good]


def _take_over(taken: list[Assignment], first: datetime, *, by: Actor, at: datetime) -> list[Assignment]:
    """Let each privilege pass at one moment: never a gap, never an overlap. Return what was passed on."""
    holders: dict[int, list[Assignment]] = defaultdict(list)
    rows = Assignment.objects.filter(grant__in={one.grant_id for one in taken})
    status = Assignment.Status
    for one in rows.filter(status__in=[status.ACTIVE, status.HANDED_OVER]).select_related("reseller"):
        if one.status == status.ACTIVE or (one.stopped_at and one.stopped_at > first):
            holders[one.grant_id].append(one)
    together: dict[datetime, tuple[list[Assignment], list[Assignment], list[Assignment]]] = defaultdict(
        lambda: ([], [], [])
    )
    for one in taken:
        starts = max(first, one.starts_at or first)
        mine, held, leaving = together[starts]
        mine.append(one)
        for other in holders[one.grant_id]:
            if other.overlaps(one.family):
                (held if other.status == status.ACTIVE else leaving).append(other)
    for starts, (mine, held, leaving) in together.items():
        move_all(held, status.HANDED_OVER, stopped_at=starts, stopped_by=by.stamp)
        Assignment.objects.filter(pk__in=[one.pk for one in leaving], stopped_at__gt=starts).update(
            stopped_at=starts, stopped_by=by.stamp
        )
        for one in mine:  # the customer may have brought the grant's end forward
            if one.ends_on > one.grant.ends_on:
                one.ends_on = one.grant.ends_on
                one.save(update_fields=["ends_on"])
        move_all(mine, status.ACTIVE, answered_at=at, answered_by=by.stamp, starts_at=starts)
    return [one for _mine, held, leaving in together.values() for one in (*held, *leaving)]


def _lock_customers(hand_over: HandOver) -> None:
    keys = to_rename(hand_over).order_by("pk").values_list("pk", flat=True)
    # Not their keys: whoever holds a grant and writes an assignment points at its customer.
    rows = Customer.objects.select_for_update(of=("self",), no_key=True)
    list(rows.filter(pk__in=list(keys)).order_by("pk"))


def _customers_of(hand_over: HandOver, taken: Iterable[Assignment]) -> list[Customer]:
    """Return the customers that have something to be told: another holds a privilege, or is named."""
    found = {one.customer_id: one.customer for one in taken}
    found |= {customer.pk: customer for customer in to_rename(hand_over)}
    return list(found.values())


def _take_effect(hand_over: HandOver, *, at: datetime) -> list[Customer]:
    """Let the customers name the new reseller, once; return them."""
    renamed = list(to_rename(hand_over).order_by("pk"))
    Customer.objects.filter(pk__in=[one.pk for one in renamed]).update(
        reseller=hand_over.reseller, version=F("version") + 1
    )
    HandOver.objects.filter(pk=hand_over.pk, took_effect_at__isnull=True).update(took_effect_at=at)
    hand_over.took_effect_at = at
    return renamed


@transaction.atomic
def decline(hand_over: HandOver, *, by: Actor, at: datetime) -> None:
    """Decline a hand-over whole, for the new reseller; nothing changes for anybody else."""
    hand_over, _tie = _locked(hand_over)
    refuse_other(by, hand_over.reseller_id)
    _refuse_late(hand_over, at)
    answered = {"answered_at": at, "answered_by": by.stamp}
    offers = _close(hand_over, HandOver.Status.DECLINED, by=by, at=at, **answered)
    handover_mails.stopped(hand_over, at=at)
    _record(Verb.DECLINED, hand_over, *offers, by=by, at=at)


@transaction.atomic
def withdraw(hand_over: HandOver, *, by: Actor, at: datetime) -> None:
    """Withdraw, as the provider, a hand-over the new reseller has not answered."""
    hand_over, _tie = _locked(hand_over)
    refuse_other(by, hand_over.provider_id)
    offers = _close(hand_over, HandOver.Status.WITHDRAWN, by=by, at=at)
    handover_mails.stopped(hand_over, at=at)
    _record(Verb.WITHDRAWN, hand_over, *offers, by=by, at=at)


def _close(
    hand_over: HandOver, target: HandOver.Status, *, by: Actor, at: datetime, **answered: Any
) -> list[Assignment]:
    """End a hand-over that nobody accepted, its offers with it; return them."""
    hand_over.move(target, answered_at=at, answered_by=by.stamp)
    offers = list(hand_over.assignments.filter(status=Assignment.Status.OFFERED).order_by("pk"))
    move_all(offers, target.value, stopped_at=at, stopped_by=by.stamp, **answered)
    return offers


def _clear_the_dead(provider: Partner, *, by: Actor, at: datetime) -> list[models.Model]:
    """Move hand-overs that no longer count to lapsed, so that they never block the living; return them."""
    changed: list[models.Model] = []
    for dead in HandOver.objects.filter(provider=provider).dead(at).order_by("pk"):
        changed += [dead, *_close(dead, HandOver.Status.LAPSED, by=by, at=at)]
    return changed


def tidy(at: datetime) -> int:
    """Let hand-overs nobody answered lapse, and the accepted take effect once it is time; return how many."""
    found = (HandOver.objects.dead(at), HandOver.objects.due(at))
    return sum(each(rows.order_by("pk")[:AT_ONCE], partial(_tidy_one, at=at)) for rows in found)


@transaction.atomic
def _tidy_one(hand_over: HandOver, *, at: datetime) -> bool:
    """Do what time brings to one hand-over, unless another worker has just done it."""
    system = Actor.system()
    hand_over, _tie = _locked(hand_over)
    rows = HandOver.objects.filter(pk=hand_over.pk)
    if rows.dead(at).exists():
        offers = _close(hand_over, HandOver.Status.LAPSED, by=system, at=at)
        handover_mails.stopped(hand_over, at=at)
        _record(Verb.LAPSED, hand_over, *offers, by=system, at=at)
        return True
    if rows.due(at).exists():
        _lock_customers(hand_over)
        renamed = _take_effect(hand_over, at=at)
        _record(Verb.TOOK_EFFECT, hand_over, *renamed, by=system, at=at)
        return True
    return False


def _record(verb: str, hand_over: HandOver, *others: models.Model, by: Actor, at: datetime) -> None:
    readers = [hand_over.provider, hand_over.reseller]
    if verb in (Verb.ACCEPTED, Verb.TOOK_EFFECT):
        readers.append(hand_over.before)
    activity.record(
        verb,
        by=by,
        at=at,
        provider=hand_over.provider,
        about=hand_over,
        customer=hand_over.customer,
        seen_by=readers,
        details={
            "changed": activity.changed(hand_over, *others),
            "before": hand_over.before.name,
            "reseller": hand_over.reseller.name,
        },
    )
