"""What waits of moves: the steps that are one's own, those a current partner owes, and those of others."""

from datetime import datetime
from typing import Any

from django.db.models import Case, DateTimeField, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce, NullIf
from django.utils.translation import gettext as _

from partners.actor import Actor
from partners.permissions import AGENTS
from subscriptions import expressions, steps, turns
from subscriptions.attention.items import Collector, Item, Kind, Row, Rows, local, may, the_customers
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.vocabulary import Path, StepActor

_of_the_move = MoveStep.objects.filter(move=OuterRef("pk"))
_next = _of_the_move.filter(outcome="").order_by("position")
_latest = _of_the_move.exclude(outcome="").order_by("-position")


def _open(actor: Actor, at: datetime) -> Rows:
    """Return the moves under way by their target date; those without one come last."""
    rows = Move.objects.visible_to(actor, at).open().with_next()
    return rows.order_by(F("target_on").asc(nulls_last=True), "pk")


def _ours(actor: Actor, at: datetime) -> Rows:
    """Return the moves whose next step is the provider's; a reseller's: those it holds the privilege of."""
    own = turns.as_seen_by(actor)
    if own is not None:
        return _open(actor, at).filter(turns.held(at, own), next_actor=StepActor.PROVIDER)
    return _open(actor, at).filter(~turns.held(at), next_actor=StepActor.PROVIDER)


def _of_current_partners(actor: Actor, at: datetime) -> Rows:
    return _open(actor, at).filter(next_actor=StepActor.CURRENT_PARTNER)


def _of_others(actor: Actor, at: datetime) -> Rows:
    """Return the moves whose next step is the customer's or a reseller's."""
    theirs = Q(next_actor=StepActor.CUSTOMER) | Q(next_actor=StepActor.PROVIDER) & turns.held(at)
    return _open(actor, at).filter(theirs)


def _due(actor: Actor, at: datetime) -> Coalesce:
    """Write until when: the target date, else the last day to decide on the subscription."""
    assert actor.partner is not None  # noqa: S101 - the queue is a company's
    partner = actor.partner
    edition = partner.edition if partner.owns_relationships else None
    today = at.astimezone(partner.zone).date()
    decided = (
        Subscription.objects.alias(**expressions.BASE)
        .annotate(decide_by=expressions.decide_by(today, edition))
        .filter(pk=OuterRef("subscription"))
    )
    return Coalesce("target_on", Subquery(decided.values("decide_by")[:1]))


def _told(row: Row, waits_for: str, action: str) -> Item:
    path, name = str(Path(row.words).label), row.who
    return row.item(
        what=str(steps.BY_CODE[row.what].title),
        why=f"{path}: {name}.",
        then=_("The move goes no further before it is closed."),
        waits_for=waits_for,
        url=Move(pk=row.ref).get_absolute_url(),
        action=action,
        due=row.on,
        since=local(row.at),
    )


def _step(row: Row, actor: Actor, at: datetime) -> Item:
    return _told(row, "", _("Take the step") if may(actor, AGENTS) else _("Look at it"))


def _chase(row: Row, actor: Actor, at: datetime) -> Item:
    return _told(row, _("the current partner's turn: ask how far it is"), _("Open"))


def _other(row: Row, actor: Actor, at: datetime) -> Item:
    customer = row.number == 1
    return _told(row, the_customers() if customer else _("waiting for the reseller"), _("Open"))


def _collector(kind: Kind, find: Any, tell: Any) -> Collector:
    return Collector(
        kind=kind,
        find=find,
        tell=tell,
        subject="customer__name",
        who=Coalesce(NullIf("subscription__friendly_name", Value("")), "subscription__product__name"),
        what=Subquery(_next.values("code")[:1]),
        words="path",
        number=Subquery(
            _next.annotate(mark=Case(When(actor=StepActor.CUSTOMER, then=1), default=0)).values("mark")[:1]
        ),
        at=Coalesce(Subquery(_latest.values("done_at")[:1]), F("decided_at"), output_field=DateTimeField()),
        on=_due,
    )


STEPS = _collector(Kind.STEPS, _ours, _step)
CHASED = _collector(Kind.CHASED, _of_current_partners, _chase)
OTHERS = _collector(Kind.OTHERS, _of_others, _other)
