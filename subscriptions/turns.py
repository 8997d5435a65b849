"""Whose turn a move is: its next step's actor, or the reseller that holds the privilege the step takes."""

from datetime import datetime

from django.db import models
from django.db.models import Case, Exists, F, FilteredRelation, OuterRef, Q, Subquery, Value, When

from customers.models import ALL_FAMILIES, Assignment, OtherPartnerStatement
from partners.actor import Actor
from partners.models import RulebookEdition
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.vocabulary import StepActor, StepPrivilege

OF_A_MOVE, OF_A_SUBSCRIPTION = "subscription__product__family", "product__family"


def held(at: datetime, reseller_pk: int | None = None, family_path: str = OF_A_MOVE) -> Q:
    """Write that a reseller, any or this one, may take the next step of a move read `with_next`.

    As `Assignment.objects.live` says of one family, asked of each row's own.
    """
    family = OuterRef(family_path)
    live = Assignment.objects.live(at).filter(
        Q(family=ALL_FAMILIES) | Q(family=family),
        customer=OuterRef("customer"),
        privilege=OuterRef("next_privilege"),
    )
    if reseller_pk is not None:
        live = live.filter(reseller=reseller_pk)
    stated = OtherPartnerStatement.objects.filter(
        relationship__customer=OuterRef("customer"),
        relationship__provider__edition=RulebookEdition.V2016_12,
        family=family,
        lifted_at__isnull=True,
    )
    return ~Q(next_privilege=StepPrivilege.NONE) & Exists(live) & ~Exists(stated)


def whose(at: datetime, reseller_pk: int | None = None, family_path: str = OF_A_MOVE) -> Case:
    """Write whose turn it is, of moves read `with_next`; empty where every step is closed."""
    return Case(
        When(next_actor__isnull=True, then=Value("")),
        When(
            Q(next_actor=StepActor.PROVIDER) & held(at, reseller_pk, family_path),
            then=Value(StepActor.RESELLER.value),
        ),
        default=F("next_actor"),
        output_field=models.CharField(),
    )


def is_turn(turn: str, at: datetime, reseller_pk: int | None = None) -> Q:
    """Write that it is this one's turn, of moves read `with_next`, as `whose` says it of each.

    Only the turns of provider and reseller look at what somebody holds: a list asks it of every row.
    """
    match turn:
        case StepActor.RESELLER:
            return Q(next_actor=StepActor.PROVIDER) & held(at, reseller_pk)
        case StepActor.PROVIDER:
            return Q(next_actor=StepActor.PROVIDER) & ~held(at, reseller_pk)
    return Q(next_actor=turn)


def as_seen_by(actor: Actor) -> int | None:
    """Return the one reseller whose turn an actor may be told of: its own; a provider is told of any."""
    return actor.partner.pk if actor.partner is not None and actor.partner.is_reseller else None


def with_move(
    rows: "models.QuerySet[Subscription]", actor: Actor, at: datetime
) -> "models.QuerySet[Subscription]":
    """Annotate subscriptions with their open move: `move_pk`, `move_path`, `next_code` and `turn`.

    There is one at most, so no row comes twice.
    """
    first = MoveStep.objects.filter(move=OuterRef("open_move__pk"), outcome="").order_by("position")
    return rows.annotate(
        open_move=FilteredRelation("moves", condition=Q(moves__status__in=Move.OPEN)),
        move_pk=F("open_move__pk"),
        move_path=F("open_move__path"),
        next_code=Subquery(first.values("code")[:1]),
        next_actor=Subquery(first.values("actor")[:1]),
        next_privilege=Subquery(first.values("privilege")[:1]),
        turn=whose(at, as_seen_by(actor), OF_A_SUBSCRIPTION),
    )
