"""The customer's yes to a reseller it was not told of when it accepted.

Source: edition 2026, under which an offer to such a reseller waits for the customer. What was offered while
the edition held keeps waiting under any other: the offer itself says so.
"""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import consent_mails, links
from customers.models import Assignment, Contact, MailedCode, Purpose
from customers.privileges import contact_actor, locked, record, refuse_ground
from partners import activity
from partners.errors import Refused


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    AGREED = "assignment.agreed", gettext_lazy("Reseller agreed to by the customer")


@transaction.atomic
def ask_to_agree(assignment: Assignment, contact: Contact, *, at: datetime) -> MailedCode:
    """Mail the confirmed contact the code that completes its yes to a reseller."""
    assignment = _waiting(assignment, contact, at=at)  # locked: codes of an hour are counted one by one
    code = links.make_code(Purpose.AGREE, assignment.pk, contact.email, at=at)
    consent_mails.code(code, assignment, contact, at=at)
    return code


@transaction.atomic
def agree(assignment: Assignment, contact: Contact, code: MailedCode, *, at: datetime) -> Assignment:
    """Say yes, as the customer, to a reseller; from now on it can accept what it was offered.

    Refuses another customer's contact, a second yes, an offer that is over, and a code nobody has typed.
    """
    if (code.purpose, code.object_ref, code.email) != (Purpose.AGREE, assignment.pk, contact.email):
        raise Refused(_("This code was not mailed for this reseller."))
    by = contact_actor(contact)
    assignment = _waiting(assignment, contact, at=at)
    links.use_code(code, at=at)
    assignment.agreed_at, assignment.agreed_by = at, by.stamp
    assignment.save(update_fields=["agreed_at", "agreed_by"])
    consent_mails.agreed(assignment, at=at)
    record(Verb.AGREED, assignment, by=by, at=at)
    return assignment


def _waiting(assignment: Assignment, contact: Contact, *, at: datetime) -> Assignment:
    """Return an offer locked that waits for this contact's customer; refuses any other."""
    assignment, grant, partnership = locked(assignment, at=at)
    if assignment.customer_id != contact.customer_id:
        raise Refused(_("This is not one of your resellers."))
    if assignment.agreed_at is not None:
        raise Refused(_("You have agreed to this reseller already."))
    if assignment.status != Assignment.Status.OFFERED or not assignment.needs_yes:
        raise Refused(_("This offer does not wait for you any more."))
    refuse_ground(grant, partnership, at=at)
    return assignment
