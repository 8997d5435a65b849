"""Who has been asked in: a colleague into a team, a reseller into the system."""

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, ClassVar

from django.conf import settings
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy
from django_countries.fields import CountryField

from partners.lifecycle import Lifecycle, among, paired, stamped
from partners.models.membership import Role
from partners.models.partner import Partner, validate_time_zone
from partners.models.partnership import Partnership
from partners.models.user import User

if TYPE_CHECKING:
    from partners.actor import Actor

TEAM_DAYS = 14
ONBOARDING_DAYS = 30


class TeamInvitationQuerySet(models.QuerySet["TeamInvitation"]):
    """Invitations into a team."""

    def visible_to(self, actor: "Actor") -> "TeamInvitationQuerySet":
        """Those of the company acted for; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        return self.filter(partner=actor.partner)

    def waiting_at(self, at: datetime) -> "TeamInvitationQuerySet":
        """Those that can still be accepted."""
        return self.filter(status=TeamInvitation.Status.WAITING, expires_at__gt=at)

    def past(self, at: datetime) -> "TeamInvitationQuerySet":
        """Those nobody accepted in time."""
        return self.filter(status=TeamInvitation.Status.WAITING, expires_at__lte=at)


class TeamInvitation(Lifecycle):
    """A link that lets one address join a company's team in a role, once."""

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for an answer")
        ACCEPTED = "accepted", _("Joined")
        WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "Withdrawn")
        LAPSED = "lapsed", pgettext_lazy("invitation", "Lapsed")

    MOVES: ClassVar = {Status.WAITING: {Status.ACCEPTED, Status.WITHDRAWN, Status.LAPSED}}

    partner = models.ForeignKey(
        Partner, verbose_name=_("company"), on_delete=models.PROTECT, related_name="team_invitations"
    )
    email = models.EmailField(_("e-mail"), max_length=254)
    role = models.CharField(_("role"), max_length=16, choices=Role)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="it")
    serial = models.PositiveIntegerField(default=1, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    made_at = models.DateTimeField(_("sent at"))
    made_by = models.CharField(_("sent by"), max_length=200)
    expires_at = models.DateTimeField(_("expires at"))
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=200, blank=True)

    objects = TeamInvitationQuerySet.as_manager()

    class Meta:
        verbose_name = _("team invitation")
        verbose_name_plural = _("team invitations")
        ordering = ("-pk",)
        constraints = (
            among("status", ["waiting", "accepted", "withdrawn", "lapsed"], "team_status"),
            among("role", Role.values, "team_role"),
            models.UniqueConstraint(
                fields=["partner", "email"], condition=Q(status="waiting"), name="team_one_waiting"
            ),
            paired("made", "team_made_paired"),
            paired("closed", "team_closed_paired"),
            stamped(["accepted", "withdrawn", "lapsed"], "closed", "team_closed_when"),
        )

    def __str__(self) -> str:
        return f"{self.get_role_display()} · {self.partner}"

    def waits_at(self, at: datetime) -> bool:
        """Say whether the link can still be accepted."""
        return self.status == self.Status.WAITING and at < self.expires_at

    @staticmethod
    def expiry(at: datetime) -> datetime:
        """Return when an invitation made now expires."""
        return at + timedelta(days=TEAM_DAYS)


class OnboardingQuerySet(models.QuerySet["Onboarding"]):
    """Onboardings."""

    def visible_to(self, actor: "Actor") -> "OnboardingQuerySet":
        """A provider's own; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        return self.filter(provider=actor.partner)

    def past(self, at: datetime) -> "OnboardingQuerySet":
        """Those whose link nobody used in time."""
        return self.filter(status=Onboarding.Status.WAITING, expires_at__lte=at)


class Onboarding(Lifecycle):
    """A reseller a provider wants to work with that is not here yet: its link, its profile, staff's word.

    The company itself, its first membership and the proposed partnership come to be when staff confirm.
    """

    class Status(models.TextChoices):
        WAITING = "waiting", _("Waiting for the reseller")
        COMPLETED = "completed", _("Waiting for staff")
        CONFIRMED = "confirmed", _("Confirmed")
        REFUSED = "refused", _("Refused")
        WITHDRAWN = "withdrawn", pgettext_lazy("invitation", "Withdrawn")
        LAPSED = "lapsed", pgettext_lazy("invitation", "Lapsed")

    MOVES: ClassVar = {
        Status.WAITING: {Status.COMPLETED, Status.WITHDRAWN, Status.LAPSED},
        Status.COMPLETED: {Status.CONFIRMED, Status.REFUSED, Status.WITHDRAWN},
    }

    provider = models.ForeignKey(
        Partner, verbose_name=_("provider"), on_delete=models.PROTECT, related_name="onboardings"
    )
    name = models.CharField(_("name"), max_length=120)
    partner_id = models.CharField(
        _("Microsoft partner id"),
        max_length=12,
        validators=[RegexValidator(r"\A[0-9]{4,12}\Z", _("4 to 12 digits."))],
    )
    country = CountryField(_("country"))
    email = models.EmailField(_("e-mail"), max_length=254)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES, default="it")
    serial = models.PositiveIntegerField(default=1, editable=False)
    status = models.CharField(_("status"), max_length=10, choices=Status, default=Status.WAITING)
    made_at = models.DateTimeField(_("sent at"))
    made_by = models.CharField(_("sent by"), max_length=200)
    expires_at = models.DateTimeField(_("expires at"))
    # What the reseller's first account admin adds.
    user = models.ForeignKey(
        User,
        verbose_name=_("first account admin"),
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    tenant_id = models.UUIDField(_("Microsoft ID (tenant)"), null=True, blank=True)
    website = models.URLField(_("website"), blank=True)
    support_email = models.EmailField(_("support e-mail"), blank=True)
    support_phone = models.CharField(_("support phone"), max_length=40, blank=True)
    time_zone = models.CharField(
        _("time zone"), max_length=60, default="Europe/Rome", validators=[validate_time_zone]
    )
    completed_at = models.DateTimeField(_("completed at"), null=True, blank=True)
    completed_by = models.CharField(_("completed by"), max_length=200, blank=True)
    # What came of it.
    partnership = models.ForeignKey(
        Partnership, verbose_name=_("partnership"), null=True, blank=True, on_delete=models.PROTECT
    )
    reason = models.CharField(_("reason"), max_length=500, blank=True)
    closed_at = models.DateTimeField(_("closed at"), null=True, blank=True)
    closed_by = models.CharField(_("closed by"), max_length=200, blank=True)

    objects = OnboardingQuerySet.as_manager()

    class Meta:
        verbose_name = _("onboarding")
        verbose_name_plural = _("onboardings")
        ordering = ("-pk",)
        constraints = (
            among(
                "status",
                ["waiting", "completed", "confirmed", "refused", "withdrawn", "lapsed"],
                "onboarding_status",
            ),
            models.UniqueConstraint(
                fields=["provider", "partner_id"],
                condition=Q(status__in=["waiting", "completed"]),
                name="onboarding_one_open",
            ),
            models.CheckConstraint(
                condition=~Q(status__in=["completed", "confirmed"])
                | Q(user__isnull=False, tenant_id__isnull=False, completed_at__isnull=False),
                name="onboarding_completed_when",
            ),
            models.CheckConstraint(
                condition=Q(status="confirmed") ^ Q(partnership__isnull=True),
                name="onboarding_partnership_when",
            ),
            models.CheckConstraint(
                condition=Q(status="refused") ^ Q(reason=""), name="onboarding_reason_when_refused"
            ),
            paired("made", "onboarding_made_paired"),
            paired("completed", "onboarding_done_paired"),
            paired("closed", "onboarding_closed_paired"),
            stamped(["confirmed", "refused", "withdrawn", "lapsed"], "closed", "onboarding_closed_when"),
        )

    def __str__(self) -> str:
        return self.name

    def waits_at(self, at: datetime) -> bool:
        """Say whether the link can still be used."""
        return self.status == self.Status.WAITING and at < self.expires_at

    @staticmethod
    def expiry(at: datetime) -> datetime:
        """Return when a link made now expires."""
        return at + timedelta(days=ONBOARDING_DAYS)
