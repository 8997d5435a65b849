"""Transfer: a CSP partner asks another for subscriptions of a customer both have, item by item."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import F, Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models import Customer
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Partner
from subscriptions.models.subscription import Subscription
from subscriptions.vocabulary import Direction

if TYPE_CHECKING:
    from partners.actor import Actor

TRANSFER_DAYS = 30
MOST_ITEMS = 25


class TransferQuerySet(models.QuerySet["Transfer"]):
    """Transfers."""

    def visible_to(self, actor: "Actor") -> "TransferQuerySet":
        """Those a provider filed or keeps by hand, and those that were sent to it; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None or not actor.partner.owns_relationships:
            return self.none()
        return self.filter(Q(provider=actor.partner) | Q(current_partner=actor.partner))

    def pending(self, at: datetime) -> "TransferQuerySet":
        """Those an answer would still make something of; what is kept by hand is closed by hand alone."""
        in_time = Q(is_by_hand=True) | Q(requested_at__gt=at - timedelta(days=TRANSFER_DAYS))
        return self.filter(in_time, status=Transfer.Status.PENDING)

    def past(self, at: datetime) -> "TransferQuerySet":
        """Those nobody answered in time, still marked pending."""
        return self.filter(
            status=Transfer.Status.PENDING,
            is_by_hand=False,
            requested_at__lte=at - timedelta(days=TRANSFER_DAYS),
        )

    def lock(self, pk: int) -> "Transfer":
        """Return one transfer locked; its customers must be locked first."""
        rows = self.select_for_update(of=("self",))
        return rows.select_related("provider", "current_partner", "customer", "current_customer").get(pk=pk)


class Transfer(Lifecycle):
    """A request for subscriptions another CSP partner sells, or one that partner keeps of it by hand.

    `provider` keeps the record: the future partner, or, of one that goes out by hand, the current one. What
    `named` says was typed; whether a company here bears it, `current_partner`, is for that company alone.
    """

    class Status(models.TextChoices):
        PENDING = "pending", _("Pending")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", pgettext_lazy("transfer", "Declined")
        CANCELLED = "cancelled", pgettext_lazy("transfer", "Cancelled")
        LAPSED = "lapsed", pgettext_lazy("transfer", "Lapsed")

    MOVES: ClassVar = {
        Status.PENDING: {Status.ACCEPTED, Status.DECLINED, Status.CANCELLED, Status.LAPSED},
    }

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+", db_index=False
    )
    customer = models.ForeignKey(
        Customer, verbose_name=_("customer"), on_delete=models.PROTECT, related_name="transfers"
    )
    direction = models.CharField(_("direction"), max_length=3, choices=Direction, default=Direction.IN)
    is_by_hand = models.BooleanField(_("kept by hand"), default=False)
    tenant_id = models.UUIDField(_("tenant ID"))
    # The other partner as it was typed: its partner id or tenant id, and, by hand, its name.
    named = models.CharField(_("the other partner's ID"), max_length=40)
    other_name = models.CharField(_("the other partner"), max_length=160, blank=True)
    current_partner = models.ForeignKey(
        Partner,
        verbose_name=_("current partner"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    current_customer = models.ForeignKey(
        Customer,
        verbose_name=_("the current partner's customer"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transfers_asked",
    )
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.PENDING)
    requested_at = models.DateTimeField(_("requested at"))
    requested_by = models.CharField(_("requested by"), max_length=200)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    # Whether both sides have been warned that it lapses.
    warned_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = TransferQuerySet.as_manager()

    class Meta:
        verbose_name = _("transfer")
        verbose_name_plural = _("transfers")
        ordering = ("-pk",)
        constraints = (
            among("status", ["pending", "accepted", "declined", "cancelled", "lapsed"], "transfer_status"),
            among("direction", Direction.values, "transfer_direction"),
            models.CheckConstraint(
                condition=Q(current_partner__isnull=True) | ~Q(current_partner=F("provider")),
                name="transfer_not_to_oneself",
            ),
            models.CheckConstraint(
                condition=Q(current_partner__isnull=True) | Q(is_by_hand=False, direction="in"),
                name="transfer_by_hand_names_nobody_here",
            ),
            models.CheckConstraint(
                condition=Q(is_by_hand=True) | Q(direction="in"), name="transfer_out_is_by_hand"
            ),
            models.CheckConstraint(
                condition=Q(current_customer__isnull=True) | Q(current_partner__isnull=False),
                name="transfer_customer_of_whom",
            ),
            models.UniqueConstraint(fields=["id", "provider"], name="transfer_with_provider"),
            paired("requested", "transfer_requested_paired"),
            paired("answered", "transfer_answered_paired"),
            stamped(["accepted", "declined", "cancelled", "lapsed"], "answered", "transfer_answered_when"),
        )
        indexes = (
            models.Index(fields=["provider", "-id"], name="transfer_provider"),
            models.Index(fields=["current_partner", "-id"], name="transfer_current"),
            models.Index(fields=["requested_at"], condition=Q(status="pending"), name="transfer_pending"),
        )

    def __str__(self) -> str:
        return f"{self._meta.verbose_name} {self.pk}"

    def get_absolute_url(self) -> str:
        return reverse("subscriptions:transfer", args=[self.pk])

    @property
    def log_label(self) -> str:
        """Return what the log keeps of it, in no language."""
        return str(self.pk)

    @property
    def lapses_at(self) -> datetime:
        """Return when it lapses without an answer."""
        return self.requested_at + timedelta(days=TRANSFER_DAYS)

    def waits_at(self, at: datetime) -> bool:
        """Say whether an answer would still make something of it."""
        return self.status == self.Status.PENDING and (self.is_by_hand or self.lapses_at > at)


class TransferItem(Lifecycle):
    """One subscription asked for. What the current partner holds under that id is for that partner alone."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("To be chosen by the current partner")
        ACCEPTED = "accepted", _("Transferred")
        NOT_CHOSEN = "not_chosen", _("Not transferred")

    MOVES: ClassVar = {Status.REQUESTED: {Status.ACCEPTED, Status.NOT_CHOSEN}}

    transfer = models.ForeignKey(Transfer, on_delete=models.PROTECT, related_name="items", db_index=False)
    # The one who keeps the record, stored twice so that it can ask for an id only once at a time.
    provider = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+", db_index=False)
    external_id = models.CharField(_("subscription ID"), max_length=80)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    # The row of whoever keeps the record: what it knew as another partner's, and what it has since.
    subscription = models.ForeignKey(
        Subscription,
        verbose_name=_("subscription"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="transfer_items",
    )
    # The current partner's row, while it can be chosen and once it went; another request waits its turn.
    source = models.ForeignKey(
        Subscription, null=True, blank=True, on_delete=models.PROTECT, related_name="asked_for"
    )

    class Meta:
        verbose_name = _("subscription of a transfer")
        verbose_name_plural = _("subscriptions of transfers")
        ordering = ("pk",)
        constraints = (
            among("status", ["requested", "accepted", "not_chosen"], "transfer_item_status"),
            models.UniqueConstraint(fields=["transfer", "external_id"], name="transfer_item_once"),
            models.UniqueConstraint(
                fields=["provider", "external_id"],
                condition=Q(status="requested"),
                name="transfer_item_asked_once",
            ),
            models.UniqueConstraint(
                fields=["source"],
                condition=Q(status__in=["requested", "accepted"]),
                name="transfer_item_source_once",
            ),
            models.CheckConstraint(condition=~Q(external_id=""), name="transfer_item_has_id"),
        )

    def __str__(self) -> str:
        return self.external_id
