"""Snooze: a person's decision to look at something that waits on a later day, with the reason."""

from datetime import date
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.models import Partner

if TYPE_CHECKING:
    from partners.actor import Actor

LONGEST_SNOOZE_DAYS = 90


class SnoozeQuerySet(models.QuerySet["Snooze"]):
    """Snoozes."""

    def visible_to(self, actor: "Actor") -> "SnoozeQuerySet":
        """A person's own, for the company acted for; nobody else's, not even to staff."""
        if actor.user is None or actor.partner is None:
            return self.none()
        return self.filter(user=actor.user, partner=actor.partner)

    def in_force(self, today: date) -> "SnoozeQuerySet":
        """Those whose day is still to come."""
        return self.filter(until__gt=today)


class Snooze(models.Model):
    """One item of one person's queue, put off until a day. Whatever it is about goes on as before."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    partner = models.ForeignKey(Partner, on_delete=models.CASCADE, related_name="+")
    kind = models.CharField(max_length=20)
    object_ref = models.BigIntegerField()
    until = models.DateField(_("until"))
    reason = models.CharField(_("reason"), max_length=200)
    made_at = models.DateTimeField(_("put off at"))

    objects = SnoozeQuerySet.as_manager()

    class Meta:
        verbose_name = _("item put off")
        verbose_name_plural = _("items put off")
        constraints = (
            models.UniqueConstraint(
                fields=["user", "partner", "kind", "object_ref"], name="snooze_one_per_item"
            ),
            models.CheckConstraint(condition=~Q(reason=""), name="snooze_has_reason"),
        )

    def __str__(self) -> str:
        return f"{self.kind} {self.object_ref}"
