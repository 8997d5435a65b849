"""The mails about a yes of the customer: to a reseller, and to the agreement as its provider noted it."""

from collections.abc import Iterable
from datetime import datetime
from itertools import groupby

from django.conf import settings
from django.urls import reverse

from customers.emails import to_contact
from customers.models import AgreementAttestation, Assignment, Contact, MailedCode
from partners import mail
from partners.emails import to_members
from partners.permissions import AGENTS


def asked(offers: Iterable[Assignment], *, at: datetime) -> None:
    """Ask every confirmed contact of each customer for its yes, one mail for all that is offered with it."""
    waiting = sorted((one for one in offers if one.waits_for_customer), key=lambda one: one.customer_id)
    of = {customer: list(rows) for customer, rows in groupby(waiting, key=lambda one: one.customer_id)}
    contacts = Contact.objects.confirmed().filter(customer__in=of).select_related("customer")
    for contact in contacts.order_by("pk"):
        rows = of[contact.customer_id]
        to_contact(
            "customers/reseller_to_agree",
            contact,
            {
                "offers": rows,
                "provider": rows[0].provider,
                "reseller": rows[0].reseller,
                "expires_at": rows[0].offer_ends_at.astimezone(rows[0].provider.zone),
            },
            at=at,
        )


def code(code: MailedCode, assignment: Assignment, contact: Contact, *, at: datetime) -> None:
    """Mail the six digits that complete a yes."""
    mail.queue(
        "customers/agree_code",
        to=contact.email,
        language=contact.language,
        context={
            "assignment": assignment,
            "provider": assignment.provider,
            "expires_at": code.expires_at.astimezone(assignment.provider.zone),
        },
        slots={"code": ("code", str(code.key))},
        at=at,
    )


def agreed(assignment: Assignment, *, at: datetime) -> None:
    """Tell reseller and provider that the customer agreed; of a hand-over once no part of it waits.

    A hand-over is answered as a whole, so its new reseller is not written to for each customer.
    """
    hand_over = assignment.hand_over
    if hand_over is not None and hand_over.assignments.waiting_for_customer(at).exists():
        return
    page = reverse("customers:privileges", query={"show": "offered"})
    address = hand_over.get_absolute_url() if hand_over is not None else page
    for side, company in (("reseller", assignment.reseller), ("provider", assignment.provider)):
        to_members(
            "customers/reseller_agreed",
            company,
            AGENTS,
            context={
                "assignment": assignment,
                "provider": assignment.provider,
                "hand_over": hand_over,
                "side": side,
                "expires_at": assignment.offer_ends_at.astimezone(company.zone),
                "address": settings.SITE_URL + address,
            },
            at=at,
        )


def agreement_attested(attestation: AgreementAttestation, *, at: datetime) -> None:
    """Tell every confirmed contact of a customer what its provider wrote down, and how to object."""
    relationship = attestation.relationship
    for contact in relationship.customer.contacts.confirmed():
        to_contact(
            "customers/agreement_attested",
            contact,
            {"attestation": attestation, "provider": relationship.provider},
            at=at,
        )
