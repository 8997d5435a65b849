"""The existing book: customers that were a provider's before it came here, on its word, one at a time.

Such a relationship carries no grant and serves what the provider sells; the customer is told, and may object.
"""

import uuid
from datetime import datetime

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import emails, records
from customers.models import Contact, Customer, Origin, Relationship
from customers.places import may_answer_for_customer
from customers.records import Person
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.lifecycle import broke
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    ATTESTED = "relationship.attested", gettext_lazy("Existing customer attested")


def why_not(customer: Customer) -> str:
    """Say why a customer cannot be attested, empty if it can; reads the provider."""
    if customer.region != customer.provider.region:
        return _("This customer is outside your CSP region.")
    if Relationship.objects.current().filter(customer=customer).exists():
        return _("This customer has a relationship with you already, or its answer waits for you.")
    if Relationship.objects.filter(customer=customer, status=Relationship.Status.ENDED).exists():
        # It was promised: what the customer ended begins again by its own word, never by the provider's.
        return _(
            "Its relationship with you has ended: it begins again when the customer accepts an invitation."
        )
    return ""


@transaction.atomic
def attest(
    customer: Customer, tenant_id: uuid.UUID, person: Person, *, by: Actor, at: datetime
) -> Relationship:
    """Begin a relationship on an account admin's word that Partner Center lists the customer with one.

    It counts as confirmed at Microsoft. Refuses a customer that has one, whose answer waits or whose
    relationship has ended, one outside the region, a partner's own tenant or address, and another Microsoft
    ID than the settled one.
    """
    customer = Customer.objects.select_for_update(of=("self",)).select_related("provider").get(pk=customer.pk)
    provider = customer.provider
    refuse_other(by, provider.pk)
    if refused := why_not(customer):
        raise Refused(refused)
    if not may_answer_for_customer(person.email, provider):
        raise Refused(_("This is the address of a partner. Enter one of the customer."), field="email")
    records.settle_tenant(customer, tenant_id)
    contact, _fresh = Contact.objects.get_or_create(
        customer=customer,
        email=person.email,
        defaults={"name": person.name, "language": person.language},
    )
    relationship = _begin(customer, by=by, at=at)
    emails.customer_attested(relationship, contact, by=by, at=at)
    activity.record(
        Verb.ATTESTED,
        by=by,
        at=at,
        provider=provider,
        about=relationship,
        customer=customer,
        seen_by=records.readers(customer, at),
        details={"changed": activity.changed(customer, relationship, contact)},
        personal={"contact": [contact.name, contact.email]},
    )
    return relationship


def _begin(customer: Customer, *, by: Actor, at: datetime) -> Relationship:
    try:
        with transaction.atomic():
            return Relationship.objects.create(
                provider=customer.provider,
                customer=customer,
                status=Relationship.Status.ACTIVE,
                origin=Origin.IMPORTED,
                began_at=at,
                began_by=by.stamp,
                decided_at=at,
                decided_by=by.stamp,
                confirmed_at_microsoft_at=at,
                confirmed_at_microsoft_by=by.stamp,
            )
    except IntegrityError as problem:
        if broke(problem, Relationship, "rel_one_pending_or_active"):
            raise Refused(_("This customer has just answered an invitation. Look again.")) from problem
        raise
