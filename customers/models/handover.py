"""HandOver: the provider hands customers of one reseller to another, from a day on."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Partner, Partnership

if TYPE_CHECKING:
    from partners.actor import Actor

HAND_OVER_DAYS = 14


class HandOverQuerySet(models.QuerySet["HandOver"]):
    """Hand-overs."""

    def visible_to(self, actor: "Actor") -> "HandOverQuerySet":
        """A provider's own; those offered to a reseller, under a partnership in force; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        if actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(reseller=actor.partner, partnership__status=Partnership.Status.ACTIVE)

    def lock(self, pk: int) -> "HandOver":
        """Return one hand-over locked; its partnership must be locked first."""
        return (
            self.select_for_update(of=("self",))
            .select_related("provider", "before", "reseller", "partnership", "customer")
            .get(pk=pk)
        )

    def to_answer(self, at: datetime) -> "HandOverQuerySet":
        """Offers a yes would still make something of."""
        return self.filter(
            status=HandOver.Status.OFFERED,
            offered_at__gt=at - timedelta(days=HAND_OVER_DAYS),
            partnership__status=Partnership.Status.ACTIVE,
        )

    def dead(self, at: datetime) -> "HandOverQuerySet":
        """Offers no yes would make anything of: too late, or of a partnership that has ended."""
        offered = self.filter(status=HandOver.Status.OFFERED)
        return offered.exclude(pk__in=HandOver.objects.to_answer(at).values("pk"))

    def to_come(self) -> "HandOverQuerySet":
        """Accepted ones whose customers still name the reseller before."""
        return self.filter(status=HandOver.Status.ACCEPTED, took_effect_at__isnull=True)

    def due(self, at: datetime) -> "HandOverQuerySet":
        """Those whose moment has come, and whose new reseller may still look after customers."""
        return self.to_come().filter(
            starts_at__lte=at,
            partnership__status=Partnership.Status.ACTIVE,
            provider__status=Partner.Status.ACTIVE,
            reseller__status=Partner.Status.ACTIVE,
        )

    def stuck(self, at: datetime) -> "HandOverQuerySet":
        """Those whose moment has come although the partnership has ended or the reseller is suspended."""
        late = self.to_come().filter(starts_at__lte=at)
        return late.filter(
            ~Q(partnership__status=Partnership.Status.ACTIVE) | ~Q(reseller__status=Partner.Status.ACTIVE)
        )


class HandOver(Lifecycle):
    """An offer to take over customers of another reseller: one customer, or all of them."""

    class Status(models.TextChoices):
        OFFERED = "offered", _("Offered")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", _("Declined")
        WITHDRAWN = "withdrawn", _("Withdrawn")
        LAPSED = "lapsed", _("Lapsed")

    MOVES: ClassVar = {
        Status.OFFERED: {Status.ACCEPTED, Status.DECLINED, Status.WITHDRAWN, Status.LAPSED},
    }

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+"
    )
    before = models.ForeignKey(
        Partner, verbose_name=_("reseller until then"), on_delete=models.PROTECT, related_name="+"
    )
    partnership = models.ForeignKey(
        Partnership, verbose_name=_("partnership"), on_delete=models.PROTECT, related_name="+"
    )
    reseller = models.ForeignKey(
        Partner, verbose_name=_("reseller from then on"), on_delete=models.PROTECT, related_name="+"
    )
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="hand_overs",
        help_text=_("Empty: every customer of the reseller."),
    )
    starts_at = models.DateTimeField(_("from"))
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.OFFERED)
    offered_at = models.DateTimeField(_("offered at"))
    offered_by = models.CharField(_("offered by"), max_length=200)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    took_effect_at = models.DateTimeField(_("took effect at"), null=True, blank=True)

    objects = HandOverQuerySet.as_manager()

    class Meta:
        verbose_name = _("hand-over")
        verbose_name_plural = _("hand-overs")
        ordering = ("-pk",)
        constraints = (
            among("status", ["offered", "accepted", "declined", "withdrawn", "lapsed"], "handover_status"),
            models.CheckConstraint(condition=~Q(before=F("reseller")), name="handover_to_another"),
            models.UniqueConstraint(
                fields=["customer"], condition=Q(status="offered"), name="handover_one_of_customer"
            ),
            models.UniqueConstraint(
                fields=["provider", "before"],
                condition=Q(status="offered", customer__isnull=True),
                name="handover_one_of_reseller",
            ),
            models.CheckConstraint(
                condition=Q(status="accepted") | Q(took_effect_at__isnull=True), name="handover_effect_when"
            ),
            paired("offered", "handover_offered_paired"),
            paired("answered", "handover_answered_paired"),
            stamped(["accepted", "declined", "withdrawn", "lapsed"], "answered", "handover_answered_when"),
        )
        indexes = (
            models.Index(
                fields=["starts_at"],
                condition=Q(status="accepted", took_effect_at__isnull=True),
                name="handover_due",
            ),
        )

    def __str__(self) -> str:
        return f"{self.before} – {self.reseller}"

    def get_absolute_url(self) -> str:
        return reverse("customers:handover", args=[self.pk])

    @property
    def answer_by(self) -> datetime:
        """The moment an unanswered offer lapses."""
        return self.offered_at + timedelta(days=HAND_OVER_DAYS)

    def waits_at(self, at: datetime) -> bool:
        """Say whether it can still be answered; reads the partnership."""
        return self.status == self.Status.OFFERED and at < self.answer_by and self.partnership.is_active

    def is_stuck(self, at: datetime) -> bool:
        """Say whether it was accepted, its moment has come and nothing can come of it now."""
        waits = self.status == self.Status.ACCEPTED and self.took_effect_at is None
        return waits and self.starts_at <= at and not (self.partnership.is_active and self.reseller.is_active)
