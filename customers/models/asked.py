"""InvitationRequest: what a reseller asks its provider to make, because it can never make one itself."""

from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.invitation import Invitation, Privilege, privileges_of
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Partner, Partnership

if TYPE_CHECKING:
    from partners.actor import Actor


class InvitationRequestQuerySet(models.QuerySet["InvitationRequest"]):
    """Requests."""

    def visible_to(self, actor: "Actor") -> "InvitationRequestQuerySet":
        """A provider's own; a reseller's own under a partnership in force; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        if actor.partner.owns_relationships:
            return self.filter(provider=actor.partner)
        return self.filter(reseller=actor.partner, partnership__status=Partnership.Status.ACTIVE)

    def waiting(self) -> "InvitationRequestQuerySet":
        """Those the provider has not answered, under a partnership in force."""
        return self.filter(
            status=InvitationRequest.Status.REQUESTED, partnership__status=Partnership.Status.ACTIVE
        )

    def lock(self, pk: int) -> "InvitationRequest":
        """Return one request locked."""
        return (
            self.select_for_update(of=("self",))
            .select_related("provider", "reseller", "partnership__provider", "partnership__reseller")
            .get(pk=pk)
        )


class InvitationRequest(Lifecycle):
    """A reseller's wish for an invitation it may send on; granting it makes the provider's own draft."""

    class Status(models.TextChoices):
        REQUESTED = "requested", _("Requested")
        GRANTED = "granted", pgettext_lazy("request", "Granted")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", _("Withdrawn")

    MOVES: ClassVar = {Status.REQUESTED: {Status.GRANTED, Status.REFUSED, Status.WITHDRAWN}}

    partnership = models.ForeignKey(
        Partnership, verbose_name=_("partnership"), on_delete=models.PROTECT, related_name="+"
    )
    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="+"
    )
    reseller = models.ForeignKey(
        Partner, verbose_name=_("reseller"), on_delete=models.PROTECT, related_name="+"
    )
    wants_provisioning = models.BooleanField(_("provisioning"), default=False)
    wants_support = models.BooleanField(_("support"), default=False)
    places = models.PositiveIntegerField(_("number of customers"), default=1)
    note = models.TextField(_("for whom, and why"), max_length=1000)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.REQUESTED)
    requested_at = models.DateTimeField(_("requested at"))
    requested_by = models.CharField(_("requested by"), max_length=200)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    invitation = models.ForeignKey(
        Invitation,
        verbose_name=_("invitation"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="requests",
    )

    objects = InvitationRequestQuerySet.as_manager()

    class Meta:
        verbose_name = _("request for an invitation")
        verbose_name_plural = _("requests for invitations")
        ordering = ("-pk",)
        constraints = (
            among("status", ["requested", "granted", "refused", "withdrawn"], "req_status"),
            models.CheckConstraint(condition=Q(places__gte=1), name="req_places"),
            models.CheckConstraint(
                condition=Q(status="granted") ^ Q(invitation__isnull=True), name="req_invitation_when"
            ),
            models.CheckConstraint(
                condition=Q(status="refused") ^ Q(reason=""), name="req_reason_when_refused"
            ),
            paired("requested", "req_requested_paired"),
            paired("answered", "req_answered_paired"),
            stamped(["granted", "refused", "withdrawn"], "answered", "req_answered_when"),
        )
        indexes = (
            models.Index(fields=["provider", "-id"], name="req_provider"),
            models.Index(fields=["reseller", "-id"], name="req_reseller"),
        )

    @property
    def wants_privileges(self) -> bool:
        return self.wants_provisioning or self.wants_support

    @property
    def wants(self) -> tuple[Privilege, ...]:
        """The privileges wanted, in their fixed order."""
        return privileges_of(provisioning=self.wants_provisioning, support=self.wants_support)

    def refusal(self, target: str) -> str:
        """Word what became of the request."""
        return {
            self.Status.GRANTED: str(_("This request has already been granted.")),
            self.Status.REFUSED: str(_("This request has already been refused.")),
            self.Status.WITHDRAWN: str(_("This request has been withdrawn.")),
        }.get(self.Status(self.status), super().refusal(target))

    def get_absolute_url(self) -> str:
        return reverse("customers:request", args=[self.pk])

    def __str__(self) -> str:
        return str(_("Request %(number)s")) % {"number": self.pk}
