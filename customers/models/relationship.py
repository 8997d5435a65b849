"""Relationship: the provider's tie with a customer, which the provider owns and keeps owning."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from customers.families import Family
from customers.models.acceptance import Acceptance
from customers.models.customer import Customer
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Partner

if TYPE_CHECKING:
    from partners.actor import Actor


class Origin(models.TextChoices):
    """How a relationship began."""

    INVITATION = "invitation", _("Accepted invitation")
    IMPORTED = "imported", _("Existing book")


class RelationshipQuerySet(models.QuerySet["Relationship"]):
    """Relationships."""

    def visible_to(self, actor: "Actor") -> "RelationshipQuerySet":
        """Those of the customers the actor sees."""
        return self.filter(customer__in=Customer.objects.visible_to(actor))

    def current(self) -> "RelationshipQuerySet":
        """Those pending or active: at most one per customer."""
        return self.filter(status__in=[Relationship.Status.PENDING, Relationship.Status.ACTIVE])

    def active(self) -> "RelationshipQuerySet":
        return self.filter(status=Relationship.Status.ACTIVE)

    def accepted(self) -> "RelationshipQuerySet":
        """Active ones the customer said yes to; one attested from the existing book serves our sales."""
        return self.active().filter(acceptance__isnull=False)

    def lock(self, pk: int) -> "Relationship":
        """Return one relationship locked: the root of every story about its grants."""
        return self.select_for_update(of=("self",)).select_related("provider", "customer").get(pk=pk)


class Relationship(Lifecycle):
    """A provider's relationship with a customer. It gives no privilege by itself."""

    class Status(models.TextChoices):
        PENDING = "pending_confirmation", _("To be confirmed by the provider")
        ACTIVE = "active", _("Active")
        REFUSED = "refused", _("Refused")
        ENDED = "ended", _("Ended")

    MOVES: ClassVar = {
        Status.PENDING: {Status.ACTIVE, Status.REFUSED},
        Status.ACTIVE: {Status.ENDED},
    }

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="relationships"
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="relationships"
    )
    status = models.CharField(_("status"), max_length=20, choices=Status, default=Status.PENDING)
    origin = models.CharField(_("origin"), max_length=10, choices=Origin, default=Origin.INVITATION)
    acceptance = models.ForeignKey(
        Acceptance,
        verbose_name=_("acceptance"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="relationships",
    )
    partner_center_link = models.URLField(_("Partner Center link"), max_length=600, blank=True)
    began_at = models.DateTimeField(_("answered at"))
    began_by = models.CharField(_("answered by"), max_length=200)
    decided_at = models.DateTimeField(_("active or refused at"), null=True, blank=True)
    decided_by = models.CharField(_("decided by"), max_length=200, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=200, blank=True)
    # By the customer, while subscriptions sold to it still run: the provider ends it when they are over.
    ending_requested_at = models.DateTimeField(_("ending requested at"), null=True, blank=True)
    ending_requested_by = models.CharField(_("ending requested by"), max_length=200, blank=True)
    confirmed_at_microsoft_at = models.DateTimeField(_("confirmed at Microsoft at"), null=True, blank=True)
    confirmed_at_microsoft_by = models.CharField(_("confirmation noted by"), max_length=200, blank=True)

    objects = RelationshipQuerySet.as_manager()

    class Meta:
        verbose_name = _("relationship")
        verbose_name_plural = _("relationships")
        constraints = (
            among("status", ["pending_confirmation", "active", "refused", "ended"], "rel_status"),
            among("origin", Origin.values, "rel_origin"),
            models.UniqueConstraint(
                fields=["customer"],
                condition=Q(status__in=["pending_confirmation", "active"]),
                name="rel_one_pending_or_active",
            ),
            models.UniqueConstraint(fields=["id", "provider", "customer"], name="rel_with_parties"),
            models.CheckConstraint(
                condition=Q(origin="imported") | Q(acceptance__isnull=False), name="rel_accepted_or_imported"
            ),
            paired("began", "rel_began_paired"),
            paired("decided", "rel_decided_paired"),
            paired("ended", "rel_ended_paired"),
            paired("ending_requested", "rel_ending_paired"),
            paired("confirmed_at_microsoft", "rel_microsoft_paired"),
            stamped(["active", "refused", "ended"], "decided", "rel_decided_when"),
            stamped(["ended"], "ended", "rel_ended_when"),
        )
        indexes = (
            models.Index(fields=["provider", "status"], name="rel_provider"),
            models.Index(
                fields=["provider", "ending_requested_at"],
                condition=Q(status="active", ending_requested_at__isnull=False),
                name="rel_ending_requested",
            ),
            models.Index(
                fields=["provider", "id"],
                condition=Q(status="active", confirmed_at_microsoft_at__isnull=True),
                name="rel_unconfirmed",
            ),
        )

    def __str__(self) -> str:
        return f"{self.provider} – {self.customer}"

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def is_attested_only(self) -> bool:
        """Say whether it rests on the provider's word alone: it has no grant and serves our sales only."""
        return self.acceptance_id is None

    @property
    def is_pending(self) -> bool:
        return self.status == self.Status.PENDING


class OtherPartnerStatement(models.Model):
    """The customer's statement that another CSP partner administers a family, until it says otherwise.

    Source: edition 2016-12, one CSP partner with delegated privileges per service.
    """

    relationship = models.ForeignKey(Relationship, on_delete=models.PROTECT, related_name="statements")
    family = models.CharField(_("service family"), max_length=16, choices=Family)
    stated_at = models.DateTimeField(_("stated at"))
    stated_by = models.CharField(_("stated by"), max_length=200)
    lifted_at = models.DateTimeField(_("removed at"), null=True, blank=True)
    lifted_by = models.CharField(_("removal stated by"), max_length=200, blank=True)

    class Meta:
        verbose_name = _("statement about another CSP partner")
        verbose_name_plural = _("statements about other CSP partners")
        constraints = (
            among("family", Family.values, "statement_family"),
            models.UniqueConstraint(
                fields=["relationship", "family"],
                condition=Q(lifted_at__isnull=True),
                name="statement_one_standing",
            ),
            paired("stated", "statement_stated_paired"),
            paired("lifted", "statement_lifted_paired"),
        )

    def __str__(self) -> str:
        return f"{self.get_family_display()} ({self.stated_at:%Y-%m-%d})"
