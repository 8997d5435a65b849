"""The story that ends a relationship; it needs both floors, because what we sell must be over first."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Assignment, Customer, Grant, Relationship
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.models import RulebookEdition
from partners.permissions import refuse_other
from subscriptions.models import Subscription
from subscriptions.vocabulary import Channel, Status

RUNNING = (Status.PENDING, Status.ACTIVE)


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    ENDED = "relationship.ended", gettext_lazy("Relationship ended")


def still_running(relationship: Relationship) -> "models.QuerySet[Subscription]":
    """Return what we sell to this customer that is not over; under 2016-12 suspended counts as over."""
    suspended = () if relationship.provider.edition == RulebookEdition.V2016_12 else (Status.SUSPENDED,)
    return Subscription.objects.filter(
        customer=relationship.customer, channel=Channel.CSP_OWN, status__in=[*RUNNING, *suspended]
    )


@transaction.atomic
def end_relationship(relationship: Relationship, *, by: Actor, at: datetime) -> Relationship:
    """End an active relationship for its provider; every grant and assignment stops with it, by derivation.

    Refuses while a subscription we sell to the customer is still running.
    """
    Customer.objects.select_for_update().get(pk=relationship.customer_id)  # recording a sale meets it here
    relationship = Relationship.objects.lock(relationship.pk)
    refuse_other(by, relationship.provider_id)
    if still_running(relationship).exists():
        raise Refused(_("A relationship cannot end while a subscription you sell to this customer runs."))
    grants = list(relationship.grants.filter(status=Grant.Status.ACTIVE))
    held = list(Assignment.objects.held(at).filter(grant__in=grants).select_related("reseller"))
    relationship.move(Relationship.Status.ENDED, ended_at=at, ended_by=by.stamp)
    activity.record(
        Verb.ENDED,
        by=by,
        at=at,
        provider=relationship.provider,
        about=relationship,
        customer=relationship.customer,
        seen_by=[one.reseller for one in held],
        details={
            "changed": activity.changed(relationship),
            "stopped_with_it": activity.changed(*grants, *held),
        },
    )
    return relationship
