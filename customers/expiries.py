"""The stories of an invitation's date: what happens because it comes near, is moved, or has passed."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext_lazy

from customers import places
from customers.models import Invitation, InvitationLink
from partners import activity
from partners.actor import Actor


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    LAPSED = "invitation.lapsed", gettext_lazy("Invitation link expired")


def tidy(at: datetime) -> int:
    """Move waiting links of expired invitations to lapsed; return how many."""
    moved = 0
    system = Actor.system()
    due = InvitationLink.objects.waiting().filter(invitation__expires_at__lte=at)
    for pk in due.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            link = InvitationLink.objects.get(pk=pk)
            invitation = Invitation.objects.lock(link.invitation_id)
            link.refresh_from_db()
            if link.status != InvitationLink.Status.WAITING or not invitation.is_expired(at):
                continue
            places.end(link, InvitationLink.Status.LAPSED, by=system, at=at)
            places.record(Verb.LAPSED, invitation, by=system, at=at, link=link)
            moved += 1
    return moved
