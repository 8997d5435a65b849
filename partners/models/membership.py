"""Membership: a user works for a partner in a role."""

from typing import TYPE_CHECKING

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from partners.lifecycle import among
from partners.models.partner import Partner
from partners.models.user import User

if TYPE_CHECKING:
    from partners.actor import Actor


class Role(models.TextChoices):
    """What a member may do for the company; Partner Center's names."""

    ACCOUNT_ADMIN = "account_admin", _("Account admin")
    ADMIN_AGENT = "admin_agent", _("Admin agent")
    SALES_AGENT = "sales_agent", _("Sales agent")
    HELPDESK_AGENT = "helpdesk_agent", _("Helpdesk agent")
    VIEWER = "viewer", _("Viewer")


class MembershipQuerySet(models.QuerySet["Membership"]):
    """Memberships."""

    def visible_to(self, actor: "Actor") -> "MembershipQuerySet":
        """Those of the company acted for; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        return self.filter(partner=actor.partner)


class Membership(models.Model):
    """The tie between a person and a company, and the role that belongs to it."""

    user = models.ForeignKey(
        User, verbose_name=_("user"), on_delete=models.CASCADE, related_name="memberships"
    )
    partner = models.ForeignKey(
        Partner, verbose_name=_("company"), on_delete=models.CASCADE, related_name="memberships"
    )
    role = models.CharField(_("role"), max_length=16, choices=Role)
    joined_at = models.DateTimeField(_("joined"), default=timezone.now, editable=False)

    objects = MembershipQuerySet.as_manager()

    class Meta:
        verbose_name = _("membership")
        verbose_name_plural = _("memberships")
        constraints = (
            among("role", Role.values, "membership_role"),
            models.UniqueConstraint(fields=["user", "partner"], name="membership_once"),
        )

    def __str__(self) -> str:
        return f"{self.user} · {self.get_role_display()} · {self.partner}"

    @property
    def log_label(self) -> str:
        """What the log calls it for good: nobody's name, which may have to be forgotten."""
        return f"{self.get_role_display()} · {self.partner}"
