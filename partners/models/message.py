"""Message: an e-mail as a row, written by the story that causes it; the worker delivers it."""

import secrets
from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from partners.lifecycle import Lifecycle, among, stamped
from partners.models.user import User


def new_message_id() -> str:
    """Return the local part of a Message-ID; every repeat of the mail carries the same."""
    return secrets.token_hex(16)


class MessageQuerySet(models.QuerySet["Message"]):
    """Mails."""

    def due(self, at: datetime) -> "MessageQuerySet":
        """Those a worker may take now: queued, due, and not held by another worker's lease."""
        return self.filter(
            Q(leased_until__isnull=True) | Q(leased_until__lt=at),
            status=Message.Status.QUEUED,
            due_at__lte=at,
        )


class Message(Lifecycle):
    """One mail to one recipient.

    Links and codes are not in the body: it holds random marks, and `slots` says which secret fills each at
    delivery. The body is blanked once delivered.
    """

    class Status(models.TextChoices):
        QUEUED = "queued", _("Waiting to be sent")
        SENT = "sent", _("Sent")
        FAILED = "failed", _("Not delivered")
        NOT_MAILED = "not_mailed", _("Copied by hand")

    MOVES: ClassVar = {Status.QUEUED: {Status.SENT, Status.FAILED}}

    to = models.EmailField(_("to"), max_length=254)
    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    event = models.CharField(_("event"), max_length=80)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    subject = models.CharField(_("subject"), max_length=300)
    text = models.TextField(blank=True)
    html = models.TextField(blank=True)
    slots = models.JSONField(default=dict, blank=True)
    reply_to = models.EmailField(max_length=254, blank=True)
    message_id = models.CharField(max_length=32, unique=True, default=new_message_id, editable=False)
    status = models.CharField(_("delivery"), max_length=12, choices=Status, default=Status.QUEUED)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    copied_by = models.CharField(_("copied by"), max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(_("attempts"), default=0)
    created_at = models.DateTimeField(_("written at"))
    due_at = models.DateTimeField()
    leased_until = models.DateTimeField(null=True, blank=True)
    sent_at = models.DateTimeField(_("sent at"), null=True, blank=True)

    objects = MessageQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail")
        verbose_name_plural = _("mails")
        constraints = (
            among("status", ["queued", "sent", "failed", "not_mailed"], "message_status"),
            stamped(["sent"], "sent", "message_sent_when"),
            models.CheckConstraint(
                condition=Q(status="not_mailed") ^ Q(copied_by=""), name="message_copied_by_whom"
            ),
            models.CheckConstraint(
                condition=Q(status="failed") ^ Q(reason=""), name="message_failed_has_reason"
            ),
        )
        indexes = (
            models.Index(fields=["due_at"], condition=Q(status="queued"), name="message_queue"),
            models.Index(fields=["to", "created_at"], name="message_recipient"),
        )

    def __str__(self) -> str:
        return f"{self.event} → {self.to}"


class Heartbeat(models.Model):
    """When a worker was last seen alive, and when it last did the work of a new minute and day."""

    name = models.CharField(max_length=40, unique=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%Y-%m-%d %H:%M:%S}"
