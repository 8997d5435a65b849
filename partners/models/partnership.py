"""Partnership: a provider and a reseller who work together."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models.partner import Partner, validate_partner_center_link

if TYPE_CHECKING:
    from partners.actor import Actor

PROPOSAL_DAYS = 30


class PartnershipQuerySet(models.QuerySet["Partnership"]):
    """Partnerships."""

    def visible_to(self, actor: "Actor") -> "PartnershipQuerySet":
        """Those of the company acted for; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        return self.filter(Q(provider=actor.partner) | Q(reseller=actor.partner))

    def active(self) -> "PartnershipQuerySet":
        """Those in force."""
        return self.filter(status=Partnership.Status.ACTIVE)

    def lapsed_at(self, at: datetime) -> "PartnershipQuerySet":
        """Proposals nobody answered in time."""
        return self.filter(
            status=Partnership.Status.PROPOSED, proposed_at__lte=at - timedelta(days=PROPOSAL_DAYS)
        )


class Partnership(Lifecycle):
    """A provider's tie with one reseller: proposed by the one, accepted by the other."""

    class Status(models.TextChoices):
        PROPOSED = "proposed", _("Proposed")
        ACTIVE = "active", _("Active")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        LAPSED = "lapsed", _("Lapsed")
        ENDED = "ended", _("Ended")

    MOVES: ClassVar = {
        Status.PROPOSED: {Status.ACTIVE, Status.DECLINED, Status.WITHDRAWN, Status.LAPSED},
        Status.ACTIVE: {Status.ENDED},
    }

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+"
    )
    reseller = models.ForeignKey(
        Partner, verbose_name=_("reseller"), on_delete=models.PROTECT, related_name="+"
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PROPOSED)
    partner_center_link = models.URLField(
        _("joint Partner Center link"),
        max_length=600,
        blank=True,
        validators=[validate_partner_center_link],
        help_text=_("The form of the invitation link that names this reseller, when there is one."),
    )
    proposed_at = models.DateTimeField(_("proposed at"))
    proposed_by = models.CharField(_("proposed by"), max_length=200)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    ended_at = models.DateTimeField(_("ended at"), null=True, blank=True)
    ended_by = models.CharField(_("ended by"), max_length=200, blank=True)

    objects = PartnershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("partnership")
        verbose_name_plural = _("partnerships")
        constraints = (
            among("status", ["proposed", "active", "declined", "withdrawn", "lapsed", "ended"], "ps_status"),
            models.CheckConstraint(condition=~Q(provider=F("reseller")), name="ps_not_with_oneself"),
            models.UniqueConstraint(fields=["id", "provider"], name="ps_with_provider"),
            models.UniqueConstraint(fields=["id", "provider", "reseller"], name="ps_with_parties"),
            models.UniqueConstraint(
                fields=["provider", "reseller"],
                condition=Q(status__in=["proposed", "active"]),
                name="ps_one_proposed_or_active",
            ),
            paired("proposed", "ps_proposed_paired"),
            paired("answered", "ps_answered_paired"),
            paired("ended", "ps_ended_paired"),
            stamped(["active", "declined", "withdrawn", "lapsed", "ended"], "answered", "ps_answered_when"),
            stamped(["ended"], "ended", "ps_ended_when"),
        )
        indexes = (
            models.Index(fields=["provider", "status"], name="ps_provider"),
            models.Index(fields=["reseller", "status"], name="ps_reseller"),
        )

    def __str__(self) -> str:
        return f"{self.provider} – {self.reseller}"

    @property
    def is_active(self) -> bool:
        return self.status == self.Status.ACTIVE

    @property
    def lapses_at(self) -> datetime:
        """The moment an unanswered proposal stops waiting."""
        return self.proposed_at + timedelta(days=PROPOSAL_DAYS)

    def waits_at(self, at: datetime) -> bool:
        """Say whether the proposal can still be answered."""
        return self.status == self.Status.PROPOSED and at < self.lapses_at

    def other(self, partner: Partner) -> Partner:
        """Return the company on the other side."""
        return self.reseller if partner.pk == self.provider_id else self.provider
