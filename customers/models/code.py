"""MailedCode: six digits mailed to an address, which prove that whoever types them reads its mail."""

import uuid
from datetime import datetime, timedelta

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.lifecycle import among

CODE_MINUTES = 10
CODE_TRIES = 5


class Purpose(models.TextChoices):
    """What a code completes."""

    ACCEPT = "accept", _("Accept an invitation")
    WITHDRAW_GRANT = "withdraw_grant", _("Withdraw a privilege")
    RENEW = "renew", _("Answer a renewal")
    END = "end", _("End the relationship")
    AGREE = "agree", _("Agree to a reseller")


class MailedCode(models.Model):
    """One code: ten minutes, five tries, one use. The digits themselves are never stored.

    `links.code_digits` derives them from the key and the site's secret.
    """

    key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    purpose = models.CharField(max_length=16, choices=Purpose)
    email = models.EmailField(max_length=254)
    object_ref = models.BigIntegerField()  # the link, grant, offer, ... it is about
    tries = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    proved_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name = _("mailed code")
        verbose_name_plural = _("mailed codes")
        constraints = (
            among("purpose", Purpose.values, "code_purpose"),
            models.CheckConstraint(condition=Q(tries__lte=CODE_TRIES), name="code_tries"),
            models.CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(proved_at__isnull=False), name="code_proved_before_use"
            ),
        )
        indexes = (models.Index(fields=["purpose", "object_ref", "made_at"], name="code_object"),)

    def __str__(self) -> str:
        return f"{self.purpose} {self.object_ref}"

    def is_dead(self, at: datetime) -> bool:
        """Say whether the code can no longer be used: used, too late or tried too often."""
        return self.used_at is not None or at >= self.expires_at or self.tries >= CODE_TRIES

    @staticmethod
    def expiry(at: datetime) -> datetime:
        """Return when a code mailed now dies."""
        return at + timedelta(minutes=CODE_MINUTES)
