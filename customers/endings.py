"""The one story that ends a partnership, and the list of what stops with it."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy

from customers import emails
from customers.models import Assignment, Customer, HandOver, Invitation, InvitationRequest
from partners import activity, partnerships
from partners.actor import Actor
from partners.models import Partnership
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    ENDED = "partnership.ended", gettext_lazy("Partnership ended")


@dataclass(frozen=True, slots=True)
class Stops:
    """What stops when a partnership ends; customers stay with the provider."""

    assignments: list[Assignment]
    offers: list[Assignment]
    invitations: list[Invitation]
    hand_overs: list[HandOver]
    requests: list[InvitationRequest]
    customers: int

    @property
    def nothing(self) -> bool:
        return not self.all

    @property
    def all(self) -> list[models.Model]:
        """Everything, as the log names it."""
        return [*self.assignments, *self.offers, *self.invitations, *self.hand_overs, *self.requests]


def what_stops(partnership: Partnership, *, at: datetime) -> Stops:
    """List what stops with a partnership: privileges held, and whatever waits or is to come under it."""
    rows = Assignment.objects.filter(partnership=partnership).select_related("customer", "reseller")
    hand_overs = HandOver.objects.filter(partnership=partnership).select_related("before", "customer")
    return Stops(
        assignments=list(rows.held(at)),
        offers=list(rows.to_answer(at)),
        invitations=list(Invitation.objects.open_at(at).filter(partnership=partnership)),
        hand_overs=[*hand_overs.to_answer(at), *hand_overs.to_come()],
        requests=list(InvitationRequest.objects.waiting().filter(partnership=partnership)),
        customers=Customer.objects.filter(
            provider=partnership.provider, reseller=partnership.reseller
        ).count(),
    )


@transaction.atomic
def end_partnership(partnership: Partnership, *, by: Actor, at: datetime) -> Partnership:
    """End a partnership in force: the reseller's privileges and invitations stop with it, by derivation.

    Customers stay with the provider. Refuses one that is not active.
    """
    partnership = partnerships.lock(partnership.pk)
    refuse_other(by, partnership.provider_id, partnership.reseller_id)
    stops = what_stops(partnership, at=at)
    partnership.move(Partnership.Status.ENDED, ended_at=at, ended_by=by.stamp)
    emails.partnership_ended(partnership, stops.assignments, by=by, at=at)
    activity.record(
        Verb.ENDED,
        by=by,
        at=at,
        provider=partnership.provider,
        about=partnership,
        seen_by=[partnership.provider, partnership.reseller],
        details={
            "changed": activity.changed(partnership),
            "stopped_with_it": activity.changed(*stops.all),
        },
    )
    return partnership
