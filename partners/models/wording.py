"""MailText: a company's own words in the mails that go out for it."""

from typing import TYPE_CHECKING

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from partners.lifecycle import among
from partners.models.partner import Partner

if TYPE_CHECKING:
    from partners.actor import Actor

LONGEST_TEXT = 2000


class MailTextQuerySet(models.QuerySet["MailText"]):
    """Words."""

    def visible_to(self, actor: "Actor") -> "MailTextQuerySet":
        """Those of the company acted for; staff see all."""
        if actor.is_staff:
            return self.all()
        if actor.partner is None:
            return self.none()
        return self.filter(partner=actor.partner)


class MailText(models.Model):
    """The opening words a company uses in one kind of mail, in one language. Plain text."""

    class Event(models.TextChoices):
        INVITATION = "invitation", _("Invitation")
        RENEWAL = "renewal", _("Renewal of privileges")

    partner = models.ForeignKey(
        Partner, verbose_name=_("company"), on_delete=models.CASCADE, related_name="mail_texts"
    )
    event = models.CharField(_("mail"), max_length=12, choices=Event)
    language = models.CharField(_("language"), max_length=5, choices=settings.LANGUAGES)
    opening = models.TextField(_("opening words"), max_length=LONGEST_TEXT)

    objects = MailTextQuerySet.as_manager()

    class Meta:
        verbose_name = _("mail text")
        verbose_name_plural = _("mail texts")
        constraints = (
            among("event", ["invitation", "renewal"], "mailtext_event"),
            models.UniqueConstraint(fields=["partner", "event", "language"], name="mailtext_once"),
        )

    def __str__(self) -> str:
        return f"{self.get_event_display()} ({self.language})"
