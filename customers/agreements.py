"""The story of an agreement the customer accepted elsewhere: the provider's agent writes it down.

Source: the table of roles, section 1 (attest agreements), and edition 2026: orders and transfers need it.
"""

from datetime import date, datetime

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import consent_mails
from customers.models import AgreementAttestation, AgreementVersion, Relationship
from partners import activity
from partners.actor import Actor
from partners.addresses import clean_email
from partners.errors import Refused
from partners.lifecycle import broke
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    ATTESTED = "relationship.agreement_attested", gettext_lazy("Acceptance of the agreement attested")


activity.explain("agreement", gettext_lazy("Agreement"))


def to_attest(relationship: Relationship, *, at: datetime) -> AgreementVersion | None:
    """Return the version in force for a customer under its provider's edition, if there is one."""
    customer = relationship.customer
    return AgreementVersion.objects.in_force(
        edition=relationship.provider.edition,
        country=str(customer.country),
        language=customer.language,
        on=at,
    )


@transaction.atomic
def attest(
    relationship: Relationship,
    agreement: AgreementVersion,
    *,
    signed_by: str,
    signed_email: str,
    signed_on: date,
    by: Actor,
    at: datetime,
) -> AgreementAttestation:
    """Write down, for the provider, who accepted the agreement for the customer and when, and tell it.

    Refuses a relationship that is not active, a day to come or before the version was in force, an agreement
    of another edition than the provider's, and a second attestation of the same.
    """
    relationship = Relationship.objects.lock(relationship.pk)
    refuse_other(by, relationship.provider_id)
    if not relationship.is_active:
        raise Refused(_("The relationship with this customer is not active."))
    if agreement.edition != relationship.provider.edition:
        raise Refused(_("This agreement is of another edition than the one you work under."))
    if not signed_by.strip():
        raise Refused(_("Say who accepted it."), field="signed_by")
    if signed_on > at.astimezone(relationship.provider.zone).date():
        raise Refused(_("This day is still to come."), field="signed_on")
    if signed_on < agreement.valid_from:
        raise Refused(_("This version of the agreement was not in force then."), field="signed_on")
    try:
        with transaction.atomic():
            attestation = AgreementAttestation.objects.create(
                relationship=relationship,
                agreement=agreement,
                signed_by=signed_by.strip(),
                signed_email=clean_email(signed_email),
                signed_on=signed_on,
                attested_at=at,
                attested_by=by.stamp,
            )
    except IntegrityError as problem:
        if broke(problem, AgreementAttestation, "attestation_once"):
            raise Refused(_("That this agreement was accepted is on record already.")) from problem
        raise
    consent_mails.agreement_attested(attestation, at=at)
    activity.record(
        Verb.ATTESTED,
        by=by,
        at=at,
        provider=relationship.provider,
        about=relationship,
        customer=relationship.customer,
        details={"changed": activity.changed(attestation), "agreement": agreement.name},
    )
    return attestation
