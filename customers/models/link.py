"""InvitationLink: one address's copy of an invitation, and what it is worth at a moment."""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum
from typing import TYPE_CHECKING, ClassVar

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from customers.models.customer import Customer
from customers.models.invitation import Invitation, InvitationState, in_force
from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models import Message, Partner

if TYPE_CHECKING:
    from partners.actor import Actor


class LinkState(StrEnum):
    """What a link is worth at a moment: its own status, and that of its invitation."""

    LIVE = "live"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    WITHDRAWN = "withdrawn"
    EXPIRED = "expired"
    REPLACED = "replaced"  # only an address can be: the link lives on under a newer serial


class InvitationLinkQuerySet(models.QuerySet["InvitationLink"]):
    """Links."""

    def visible_to(self, actor: "Actor") -> "InvitationLinkQuerySet":
        """Those of the invitations the actor sees; a reseller's own forwards among them."""
        return self.filter(invitation__in=Invitation.objects.visible_to(actor))

    def waiting(self) -> "InvitationLinkQuerySet":
        """Those without an answer."""
        return self.filter(status=InvitationLink.Status.WAITING)

    def live(self, at: datetime) -> "InvitationLinkQuerySet":
        """Those that can be answered; says of many what `state_at` says of one."""
        return self.waiting().filter(in_force(at, "invitation__"))

    def asking_again(self) -> "InvitationLinkQuerySet":
        """Those whose holder asked for a new one and has no answer yet."""
        return self.filter(asked_again_at__isnull=False, asked_closed_at__isnull=True)

    def dead(self, at: datetime) -> "InvitationLinkQuerySet":
        """Those that wait for an answer which can no longer be given."""
        return self.waiting().exclude(in_force(at, "invitation__"))


class InvitationLink(Lifecycle):
    """One address's copy of an invitation: a single-use answer."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for the customer")
        ACCEPTED = "accepted", _("Accepted")
        DECLINED = "declined", pgettext_lazy("invitation", "Declined")
        WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "Withdrawn")
        LAPSED = "lapsed", pgettext_lazy("invitation", "Lapsed")

    MOVES: ClassVar = {
        Status.WAITING: {Status.ACCEPTED, Status.DECLINED, Status.WITHDRAWN, Status.LAPSED},
        Status.LAPSED: {Status.WAITING},  # sent again, once its invitation has a later date
    }

    invitation = models.ForeignKey(
        Invitation, verbose_name=_("invitation"), on_delete=models.PROTECT, related_name="links"
    )
    provider = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="+")
    customer = models.ForeignKey(
        Customer,
        verbose_name=_("made for"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="links",
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    company = models.CharField(_("company name"), max_length=160)
    covering = models.CharField(_("covering sentence"), max_length=500, blank=True)
    serial = models.PositiveIntegerField(default=1)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    message = models.ForeignKey(Message, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_at = models.DateTimeField(_("sent at"))
    made_by = models.CharField(_("sent by"), max_length=200)
    fetched_at = models.DateTimeField(_("page fetched at"), null=True, blank=True)
    reminded_at = models.DateTimeField(_("reminded at"), null=True, blank=True)
    resent_at = models.DateTimeField(_("sent again at"), null=True, blank=True)
    resent_by = models.CharField(_("sent again by"), max_length=200, blank=True)
    # The holder of a dead link asked for a new one; closed when the provider has answered that.
    asked_again_at = models.DateTimeField(_("asked for a new link at"), null=True, blank=True)
    asked_closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    asked_closed_by = models.CharField(max_length=200, blank=True, editable=False)
    answered_at = models.DateTimeField(_("answered at"), null=True, blank=True)
    answered_by = models.CharField(_("answered by"), max_length=200, blank=True)
    decline_reason = models.CharField(_("reason"), max_length=500, blank=True)

    objects = InvitationLinkQuerySet.as_manager()

    class Meta:
        verbose_name = _("invitation link")
        verbose_name_plural = _("invitation links")
        ordering = ("-pk",)
        constraints = (
            among("status", ["waiting", "accepted", "declined", "withdrawn", "lapsed"], "link_status"),
            models.UniqueConstraint(
                fields=["provider", "email"],
                condition=Q(status="waiting"),
                name="link_one_waiting_per_address",
            ),
            paired("made", "link_made_paired"),
            paired("answered", "link_answered_paired"),
            stamped(["accepted", "declined", "withdrawn", "lapsed"], "answered", "link_answered_when"),
            models.CheckConstraint(
                condition=Q(status="declined") | Q(decline_reason=""), name="link_reason_when_declined"
            ),
            models.CheckConstraint(condition=Q(serial__gte=1), name="link_serial"),
            paired("resent", "link_resent_paired"),
            paired("asked_closed", "link_asked_closed_paired"),
            models.CheckConstraint(
                condition=Q(asked_closed_at__isnull=True) | Q(asked_again_at__isnull=False),
                name="link_asked_before_closed",
            ),
        )
        indexes = (
            models.Index(fields=["invitation", "-id"], name="link_invitation"),
            models.Index(
                fields=["provider", "asked_again_at"],
                condition=Q(asked_again_at__isnull=False, asked_closed_at__isnull=True),
                name="link_asked_again",
            ),
        )

    def __str__(self) -> str:
        return f"{self.company} <{self.email}>"

    def accept(self, *, at: datetime, by: str) -> None:
        """Close the link as accepted; refuses one already answered."""
        self.move(self.Status.ACCEPTED, answered_at=at, answered_by=by)

    def decline(self, *, at: datetime, by: str, reason: str = "") -> None:
        """Close the link as declined; refuses one already answered."""
        self.move(self.Status.DECLINED, answered_at=at, answered_by=by, decline_reason=reason)

    def refusal(self, target: str) -> str:
        """Word what became of the link."""
        if self.status in ANSWERED:
            return self.refusal_in(ANSWERED[self.status])
        return super().refusal(target)

    def state_at(self, at: datetime) -> LinkState:
        """Say what the link is worth at a moment; reads its invitation and that one's partnership."""
        if self.status in ANSWERED:
            return ANSWERED[self.status]
        return self._worth(self.invitation.state_at(at))

    def state_if_resent(self, at: datetime) -> LinkState:
        """Say what it would be worth if it were sent again: one that lapsed lives with its invitation."""
        if self.status == self.Status.LAPSED:
            return self._worth(self.invitation.state_at(at))
        return self.state_at(at)

    @staticmethod
    def _worth(invitation: InvitationState) -> LinkState:
        match invitation:
            case InvitationState.OPEN | InvitationState.WAITING:
                return LinkState.LIVE
            case InvitationState.EXPIRED:
                return LinkState.EXPIRED
        return LinkState.WITHDRAWN

    @staticmethod
    def refusal_in(state: LinkState) -> str:
        """Word why a link that is worth this much cannot be answered."""
        return {
            LinkState.ACCEPTED: str(_("This invitation has already been accepted.")),
            LinkState.DECLINED: str(_("This invitation has already been declined.")),
            LinkState.WITHDRAWN: str(_("This invitation has been withdrawn.")),
            LinkState.EXPIRED: str(_("This invitation has expired.")),
            LinkState.REPLACED: str(_("This address was replaced by a newer one: look for the latest mail.")),
        }[state]

    @property
    def asks_again(self) -> bool:
        """Say whether its holder asked for a new one and has no answer yet."""
        return self.asked_again_at is not None and self.asked_closed_at is None

    @property
    def is_suspended(self) -> bool:
        """Say whether a company it comes from is suspended: it rests then, and tells nothing."""
        handed = self.invitation.partnership
        return not self.provider.is_active or (handed is not None and not handed.reseller.is_active)


ANSWERED: Mapping[str, LinkState] = {
    InvitationLink.Status.ACCEPTED: LinkState.ACCEPTED,
    InvitationLink.Status.DECLINED: LinkState.DECLINED,
    InvitationLink.Status.WITHDRAWN: LinkState.WITHDRAWN,
    InvitationLink.Status.LAPSED: LinkState.EXPIRED,
}
