"""The stories of what partners write down: a customer, and the contacts nobody has confirmed yet.

Recording gives no rights: a recorded customer is a prospect until it accepts an invitation.
"""

import uuid
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.acceptances import refuse_partner_tenant
from customers.models import Assignment, Contact, Customer
from customers.terms import named_partnership
from partners import activity
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.lifecycle import broke
from partners.models import Partner, Partnership
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    RECORDED = "customer.recorded", gettext_lazy("Customer recorded")
    EDITED = "customer.edited", gettext_lazy("Customer edited")
    CONTACT_RECORDED = "contact.recorded", gettext_lazy("Contact recorded")
    CONTACT_EDITED = "contact.edited", gettext_lazy("Contact edited")


@dataclass(frozen=True, slots=True)
class Details:
    """What is written down about a customer."""

    name: str
    domain: str
    tenant_id: uuid.UUID | None
    country: str
    language: str
    reseller: Partner | None = None


@dataclass(frozen=True, slots=True)
class Person:
    """What is written down about a contact."""

    name: str
    email: str
    phone: str = ""
    language: str = "it"


def differing(row: models.Model, details: Any) -> dict[str, tuple[Any, Any]]:
    """Return, of the fields that differ, what is on record and what was written now."""
    pairs = (
        (field.name, getattr(row, field.name), getattr(details, field.name)) for field in fields(details)
    )
    return {name: (old, new) for name, old, new in pairs if (old or "") != (new or "")}


@transaction.atomic
def record(
    provider: Partner, details: Details, *, contact: Person | None = None, by: Actor, at: datetime
) -> Customer:
    """Record a prospect of a provider, with a first contact if there is one.

    Refuses a reseller without an active partnership, a partner's own tenant, and a tenant already on record.
    """
    refuse_other(by, provider.pk)
    if not provider.owns_relationships:
        raise Refused(_("Only a provider records customers."))
    named_partnership(provider, details.reseller)
    _refuse_tenant(provider, details.tenant_id)
    customer = Customer(provider=provider, created_at=at, created_by=by.stamp)
    _write(customer, details)
    changed: list[models.Model] = [customer]
    if contact is not None:
        changed.append(_new_contact(customer, contact))
    activity.record(
        Verb.RECORDED,
        by=by,
        at=at,
        provider=provider,
        about=customer,
        customer=customer,
        seen_by=readers(customer, at),
        details={"changed": activity.changed(*changed)},
        personal={"contact": [contact.name, contact.email]} if contact else None,
    )
    return customer


@transaction.atomic
def edit(customer: Customer, details: Details, *, version: int, by: Actor, at: datetime) -> Customer:
    """Edit a customer as it was when the form was read.

    Refuses what somebody else has changed since (`Stale`), another Microsoft ID for a customer that has
    answered an invitation, a partner's own tenant, and a reseller without an active partnership.
    """
    customer = Customer.objects.select_for_update(of=("self",)).select_related("provider").get(pk=customer.pk)
    refuse_other(by, customer.provider_id)
    differ = differing(customer, details)
    if not differ:
        return customer
    if customer.version != version:
        raise Stale(_("Somebody else has changed this customer since you opened the form."))
    if "reseller" in differ:
        named_partnership(customer.provider, details.reseller)
    if "tenant_id" in differ:
        if tenant_is_settled(customer):
            raise Refused(
                _("A relationship rests on this Microsoft ID: it can no longer be changed here."),
                field="tenant_id",
            )
        _refuse_tenant(customer.provider, details.tenant_id)
    before = readers(customer, at)
    customer.version += 1
    _write(customer, details)
    activity.record(
        Verb.EDITED,
        by=by,
        at=at,
        provider=customer.provider,
        about=customer,
        customer=customer,
        seen_by=[*before, *readers(customer, at)],
        details={
            "changed": activity.changed(customer),
            "fields": {name: [str(old or ""), str(new or "")] for name, (old, new) in differ.items()},
        },
    )
    return customer


def tenant_is_settled(customer: Customer) -> bool:
    """Say whether a relationship rests on the customer's Microsoft ID: it stated it, or it was attested."""
    return customer.tenant_id is not None and customer.relationships.exists()


def settle_tenant(customer: Customer, tenant_id: uuid.UUID) -> None:
    """Write a locked customer's Microsoft ID; refuses a partner's, another's, and another than settled."""
    if tenant_is_settled(customer) and customer.tenant_id != tenant_id:
        raise Refused(_("This customer is on record with another Microsoft ID."), field="tenant_id")
    _refuse_tenant(customer.provider, tenant_id)
    if customer.tenant_id != tenant_id:
        customer.tenant_id = tenant_id
        customer.version += 1
        _save(customer)


def _refuse_tenant(provider: Partner, tenant_id: uuid.UUID | None) -> None:
    if tenant_id is None:
        return
    try:
        refuse_partner_tenant(provider, tenant_id)
    except Refused as refusal:
        raise Refused(str(refusal), field="tenant_id") from refusal


def _write(customer: Customer, details: Details) -> None:
    for field in fields(details):
        setattr(customer, field.name, getattr(details, field.name))
    _save(customer)


def _save(customer: Customer) -> None:
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as problem:
        if broke(problem, Customer, "customer_one_per_provider_and_tenant"):
            raise Refused(
                _("A customer with this Microsoft ID is already on record."), field="tenant_id"
            ) from problem
        raise


def readers(customer: Customer, at: datetime) -> list[Partner]:
    """Return the resellers that see the customer's page, and so what happens to it."""
    live = Assignment.objects.live(at).filter(customer=customer).values("reseller")
    tied = Partnership.objects.active().filter(provider=customer.provider, reseller=customer.reseller_id)
    return list(Partner.objects.filter(Q(pk__in=live) | Q(pk__in=tied.values("reseller"))))


# --- contacts ----------------------------------------------------------------------------------


def _lock(customer_pk: int) -> Customer:
    return Customer.objects.select_for_update(of=("self",)).select_related("provider").get(pk=customer_pk)


def _new_contact(customer: Customer, person: Person) -> Contact:
    contact = Contact(customer=customer)
    _write_contact(contact, person)
    return contact


def _write_contact(contact: Contact, person: Person) -> None:
    for field in fields(person):
        setattr(contact, field.name, getattr(person, field.name))
    try:
        with transaction.atomic():
            contact.save()
    except IntegrityError as problem:
        if broke(problem, Contact, "contact_once"):
            raise Refused(_("A contact with this address is already on record."), field="email") from problem
        raise


@transaction.atomic
def add_contact(customer: Customer, person: Person, *, by: Actor, at: datetime) -> Contact:
    """Record a contact; it opens nothing until a mailed code has confirmed it."""
    customer = _lock(customer.pk)
    refuse_other(by, customer.provider_id)
    contact = _new_contact(customer, person)
    _record_contact(Verb.CONTACT_RECORDED, contact, person, by=by, at=at)
    return contact


@transaction.atomic
def edit_contact(contact: Contact, person: Person, *, version: int, by: Actor, at: datetime) -> Contact:
    """Edit a recorded contact as it was when the form was read; nothing is written when nothing differs.

    Refuses what somebody else has changed since (`Stale`), and a contact that has confirmed its address.
    """
    customer = _lock(contact.customer_id)
    refuse_other(by, customer.provider_id)
    contact = Contact.objects.get(pk=contact.pk)
    contact.customer = customer
    if contact.is_confirmed:
        raise Refused(_("This contact has confirmed its address: only the customer can change it."))
    if not differing(contact, person):
        return contact
    if contact.version != version:
        raise Stale(_("Somebody else has changed this contact since you opened the form."))
    contact.version += 1
    _write_contact(contact, person)
    _record_contact(Verb.CONTACT_EDITED, contact, person, by=by, at=at)
    return contact


def _record_contact(verb: str, contact: Contact, person: Person, *, by: Actor, at: datetime) -> None:
    activity.record(
        verb,
        by=by,
        at=at,
        provider=contact.customer.provider,
        about=contact.customer,
        customer=contact.customer,
        seen_by=readers(contact.customer, at),
        details={"changed": activity.changed(contact)},
        personal={"contact": [person.name, person.email]},
    )
