"""Digest: that a person was sent the day's summary; one a day, whatever happens."""

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _


class Digest(models.Model):
    """The summary of one day to one person; the row is what keeps a second from going out."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("user"), on_delete=models.CASCADE, related_name="+"
    )
    on = models.DateField(_("day"))
    made_at = models.DateTimeField(_("made at"))
    number = models.PositiveIntegerField(_("things told"), default=0)  # none: nothing was mailed

    class Meta:
        verbose_name = _("daily summary")
        verbose_name_plural = _("daily summaries")
        constraints = (models.UniqueConstraint(fields=["user", "on"], name="digest_one_a_day"),)

    def __str__(self) -> str:
        return f"{self.user} {self.on}"
