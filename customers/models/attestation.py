"""AgreementAttestation: a provider's word that its customer accepted the agreement outside this system."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F
from django.utils.translation import gettext_lazy as _

from customers.models.acceptance import AgreementVersion
from customers.models.relationship import Relationship
from partners.lifecycle import paired

if TYPE_CHECKING:
    from partners.actor import Actor


class AgreementAttestationQuerySet(models.QuerySet["AgreementAttestation"]):
    """Attestations."""

    def visible_to(self, actor: "Actor") -> "AgreementAttestationQuerySet":
        """A provider's own: who signed is the provider's to know; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None or not actor.partner.owns_relationships:
            return self.none()
        return self.filter(relationship__provider=actor.partner)

    def of_edition(self, edition: str | None = None) -> "AgreementAttestationQuerySet":
        """Those of an edition's agreement; of none named, of the edition their provider works under."""
        return self.filter(agreement__edition=edition or F("relationship__provider__edition"))


class AgreementAttestation(models.Model):
    """What a provider's agent wrote down: who accepted which agreement for the customer, and when.

    It hangs on the relationship, so it never passes to a new provider. Source: edition 2026.
    """

    relationship = models.ForeignKey(
        Relationship, verbose_name=_("relationship"), on_delete=models.PROTECT, related_name="attestations"
    )
    agreement = models.ForeignKey(
        AgreementVersion, verbose_name=_("agreement"), on_delete=models.PROTECT, related_name="+"
    )
    signed_by = models.CharField(_("accepted by"), max_length=120)
    signed_email = models.EmailField(_("e-mail"), max_length=254)
    signed_on = models.DateField(_("accepted on"))
    attested_at = models.DateTimeField(_("attested at"))
    attested_by = models.CharField(_("attested by"), max_length=200)

    objects = AgreementAttestationQuerySet.as_manager()

    class Meta:
        verbose_name = _("attestation of an agreement")
        verbose_name_plural = _("attestations of agreements")
        ordering = ("-pk",)
        constraints: ClassVar = (
            models.UniqueConstraint(fields=["relationship", "agreement"], name="attestation_once"),
            paired("attested", "attestation_attested_paired"),
        )

    def __str__(self) -> str:
        return f"{self.agreement} – {self.signed_by}"
