"""Whose turn a move is: its next step's actor, or the reseller that holds the privilege the step takes."""

from datetime import datetime

from django.db import models
from django.db.models import Case, Exists, F, OuterRef, Q, Value, When

from customers.models import ALL_FAMILIES, Assignment, OtherPartnerStatement
from partners.models import RulebookEdition
from subscriptions.vocabulary import StepActor, StepPrivilege


def held(at: datetime, reseller_pk: int | None = None) -> Q:
    """Write that a reseller, any or this one, may take the next step of a move read `with_next`.

    As `Assignment.objects.live` says of one family, asked of each row's own.
    """
    family = OuterRef("subscription__product__family")
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


def whose(at: datetime) -> Case:
    """Write whose turn it is, of moves read `with_next`; empty where every step is closed."""
    return Case(
        When(next_actor__isnull=True, then=Value("")),
        When(Q(next_actor=StepActor.PROVIDER) & held(at), then=Value(StepActor.RESELLER.value)),
        default=F("next_actor"),
        output_field=models.CharField(),
    )
