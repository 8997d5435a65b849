"""The mails of the top floor: what needs to know both what a customer granted and what it runs."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings

from customers.emails import to_contact
from customers.models import Contact, MailedCode, Relationship
from partners import mail
from partners.actor import Actor
from partners.emails import to_members
from partners.permissions import AGENTS

if TYPE_CHECKING:
    from subscriptions.offboarding import LooseEnds


def ending_code(code: MailedCode, relationship: Relationship, contact: Contact, *, at: datetime) -> None:
    """Mail the six digits that complete the end of a relationship."""
    mail.queue(
        "subscriptions/ending_code",
        to=contact.email,
        language=contact.language,
        context={
            "relationship": relationship,
            "provider": relationship.provider,
            "expires_at": code.expires_at.astimezone(relationship.provider.zone),
        },
        slots={"code": ("code", str(code.key))},
        at=at,
    )


def relationship_ended(relationship: Relationship, ends: "LooseEnds", *, by: Actor, at: datetime) -> None:
    """Tell who did not act, and the customer in any case, that it ended or that its end was asked for."""
    customer, provider = relationship.customer, relationship.provider
    context = {
        "relationship": relationship,
        "customer": customer,
        "provider": provider,
        "running": ends.running,
        "by_customer": by.partner is None and not by.is_staff,
    }
    page = settings.SITE_URL + customer.get_absolute_url()
    told = [(reseller, settings.SITE_URL) for reseller in ends.resellers]
    if not by.is_of(provider.pk):
        told.insert(0, (provider, page))
    for company, address in told:
        to_members(
            "subscriptions/relationship_ended",
            company,
            AGENTS,
            context={**context, "address": address},
            at=at,
        )
    for contact in customer.contacts.confirmed().order_by("pk"):
        to_contact("subscriptions/ending_receipt", contact, context, at=at)
