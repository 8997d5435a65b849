"""The stories that end a relationship; they need both floors, because what we sell must be over first."""

from dataclasses import dataclass
from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import links
from customers.models import (
    Assignment,
    Contact,
    Customer,
    Grant,
    HandOver,
    InvitationLink,
    MailedCode,
    Purpose,
    Relationship,
    RenewalProposal,
)
from customers.privileges import contact_actor
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.lifecycle import move_all
from partners.models import Partner, RulebookEdition
from partners.permissions import refuse_other
from subscriptions import emails, transfers
from subscriptions.models import Move, Subscription, Transfer
from subscriptions.vocabulary import Billing, Channel, Direction, Status

RUNNING = (Status.PENDING, Status.ACTIVE)


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    ENDED = "relationship.ended", gettext_lazy("Relationship ended")
    ENDING_REQUESTED = "relationship.ending_requested", gettext_lazy("Customer asked to end the relationship")


@dataclass(frozen=True, slots=True)
class LooseEnds:
    """What hangs on a relationship: what keeps it, what stops with it, what stays to be cleaned up."""

    running: list[Subscription]
    grants: list[Grant]
    held: list[Assignment]
    offers: list[Assignment]
    hand_overs: list[HandOver]
    renewals: list[RenewalProposal]
    links: list[InvitationLink]
    transfers: list[Transfer]
    moves: list[Move]
    azure: int

    @property
    def stops(self) -> list[models.Model]:
        """Everything that stops by itself when the relationship ends."""
        return [*self.grants, *self.held, *self.offers, *self.renewals, *self.transfers]

    @property
    def resellers(self) -> list[Partner]:
        """The resellers that hold or are offered something of it, each once."""
        return list({one.reseller_id: one.reseller for one in (*self.held, *self.offers)}.values())


def still_running(relationship: Relationship) -> "models.QuerySet[Subscription]":
    """Return what we sell to this customer that is not over; under 2016-12 suspended counts as over."""
    suspended = () if relationship.provider.edition == RulebookEdition.V2016_12 else (Status.SUSPENDED,)
    return Subscription.objects.filter(
        customer=relationship.customer, channel=Channel.CSP_OWN, status__in=[*RUNNING, *suspended]
    )


def loose_ends(relationship: Relationship, *, at: datetime) -> LooseEnds:
    """Return what hangs on a relationship, in a constant number of queries."""
    assignments = Assignment.objects.filter(grant__relationship=relationship).select_related(
        "reseller", "provider", "customer", "partnership"
    )
    elsewhere = Subscription.objects.filter(
        customer=relationship.customer,
        product__billing=Billing.USAGE,
        status__in=[*RUNNING, Status.SUSPENDED],
    )
    return LooseEnds(
        running=list(still_running(relationship).select_related("product").order_by("pk")),
        grants=list(relationship.grants.filter(status=Grant.Status.ACTIVE).order_by("privilege")),
        held=list(assignments.held(at).order_by("pk")),
        offers=list(assignments.to_answer(at).order_by("pk")),
        hand_overs=list(
            HandOver.objects.filter(customer=relationship.customer, status=HandOver.Status.OFFERED)
            .select_related("before", "reseller")
            .order_by("pk")
        ),
        renewals=list(relationship.renewals.filter(status=RenewalProposal.Status.WAITING).order_by("pk")),
        links=list(
            InvitationLink.objects.live(at)
            .filter(provider=relationship.provider, customer=relationship.customer)
            .select_related("invitation")
            .order_by("pk")
        ),
        transfers=list(
            Transfer.objects.pending(at)
            .filter(customer=relationship.customer, direction=Direction.IN)
            .select_related("provider", "customer", "current_partner", "current_customer")
            .order_by("pk")
        ),
        moves=list(
            Move.objects.open()
            .filter(customer=relationship.customer)
            .select_related("subscription__product")
            .order_by("pk")
        ),
        azure=elsewhere.count(),
    )


def _lock(pk: int) -> Relationship:
    """Lock the customer, the relationship and its grants: sale, answer and assignment meet here."""
    customer = Relationship.objects.values_list("customer", flat=True).get(pk=pk)
    # Not its key: whoever holds a grant and writes an assignment points at the customer.
    Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=customer)
    relationship = Relationship.objects.lock(pk)
    list(Grant.objects.select_for_update(of=("self",)).filter(relationship=relationship).order_by("pk"))
    return relationship


@transaction.atomic
def end_relationship(relationship: Relationship, *, by: Actor, at: datetime) -> Relationship:
    """End an active relationship for its provider; every grant and assignment stops with it, by derivation.

    Refuses while a subscription we sell to the customer is still running.
    """
    relationship = _lock(relationship.pk)
    refuse_other(by, relationship.provider_id)
    ends = loose_ends(relationship, at=at)
    if ends.running:
        raise Refused(_("A relationship cannot end while a subscription you sell to this customer runs."))
    _end(relationship, ends, by=by, at=at)
    return relationship


def _end(relationship: Relationship, ends: LooseEnds, *, by: Actor, at: datetime) -> None:
    relationship.move(Relationship.Status.ENDED, ended_at=at, ended_by=by.stamp)
    _withdraw_what_waits(ends, by=by, at=at)
    emails.relationship_ended(relationship, ends, by=by, at=at)
    _record(Verb.ENDED, relationship, ends, by=by, at=at)


def _withdraw_what_waits(ends: LooseEnds, *, by: Actor, at: datetime) -> None:
    """Withdraw what waits for an answer that could no longer be kept: renewals, and transfers asked for."""
    move_all(ends.renewals, RenewalProposal.Status.WITHDRAWN, answered_at=at, answered_by=by.stamp)
    transfers.cancel_all(ends.transfers, by=by, at=at)


def _record(verb: str, relationship: Relationship, ends: LooseEnds, *, by: Actor, at: datetime) -> None:
    activity.record(
        verb,
        by=by,
        at=at,
        provider=relationship.provider,
        about=relationship,
        customer=relationship.customer,
        seen_by=ends.resellers,
        details={
            "changed": activity.changed(relationship),
            "stopped_with_it": activity.changed(*ends.stops),
        },
    )


# --- by the customer ---------------------------------------------------------------------------


def _refuse_over(relationship: Relationship, contact: Contact) -> None:
    """Refuse another's relationship, and one that has ended or whose end has been asked for."""
    if relationship.customer_id != contact.customer_id or not relationship.is_active:
        raise Refused(_("This relationship has ended already."))
    if relationship.ending_requested_at is not None:
        raise Refused(_("You have already asked to end it: every privilege has stopped."))


@transaction.atomic
def ask_to_end(relationship: Relationship, contact: Contact, *, at: datetime) -> MailedCode:
    """Mail the confirmed contact the code that completes the end of the relationship."""
    relationship = Relationship.objects.lock(relationship.pk)  # the codes of an hour are counted one by one
    _refuse_over(relationship, contact)
    code = links.make_code(Purpose.END, relationship.pk, contact.email, at=at)
    emails.ending_code(code, relationship, contact, at=at)
    return code


@transaction.atomic
def end_by_customer(
    relationship: Relationship, contact: Contact, code: MailedCode, *, at: datetime
) -> Relationship:
    """End the relationship for the customer: every grant is withdrawn at once, whatever else there is.

    While subscriptions the provider sells it still run, the relationship stays and shows that its end was
    asked for; else it ends now. Never refused for what a partner did.
    """
    if (code.purpose, code.object_ref, code.email) != (Purpose.END, relationship.pk, contact.email):
        raise Refused(_("This code was not mailed for this relationship."))
    by = contact_actor(contact)
    relationship = _lock(relationship.pk)
    _refuse_over(relationship, contact)
    links.use_code(code, at=at)
    ends = loose_ends(relationship, at=at)
    move_all(ends.grants, Grant.Status.WITHDRAWN, stopped_at=at, stopped_by=by.stamp)
    if not ends.running:
        _end(relationship, ends, by=by, at=at)
        return relationship
    relationship.ending_requested_at, relationship.ending_requested_by = at, by.stamp
    relationship.save(update_fields=["ending_requested_at", "ending_requested_by"])
    _withdraw_what_waits(ends, by=by, at=at)
    emails.relationship_ended(relationship, ends, by=by, at=at)
    _record(Verb.ENDING_REQUESTED, relationship, ends, by=by, at=at)
    return relationship
