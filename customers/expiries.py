"""The stories of an invitation's date: it comes near, is moved, or has passed."""

from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import islice

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import custody_mails, places
from customers.models import Invitation, InvitationLink, InvitationState
from partners import activity
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused, Stale
from partners.models import Message
from partners.permissions import refuse_other

REMIND_BEFORE = timedelta(days=7)
LONGEST_MOVE = timedelta(days=365)  # from the day it is moved


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    MOVED = "invitation.expiry_moved", gettext_lazy("Invitation's last day moved")
    REMINDED = "invitation.reminded", gettext_lazy("Customer reminded of an invitation")
    LAPSED = "invitation.lapsed", gettext_lazy("Invitation link expired")


@transaction.atomic
def move(invitation: Invitation, to: datetime, *, version: int, by: Actor, at: datetime) -> Invitation:
    """Move the date of an open invitation; its links follow it.

    Refuses what is not open, a date in the past or more than a year ahead, and a form read before a change.
    """
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_other(by, invitation.provider_id)
    refuse_moving(invitation, at=at)
    if not at < to <= at + LONGEST_MOVE:
        raise Refused(_("The last day lies in the future, and within a year."))
    before = invitation.expires_at
    unchanged = Invitation.objects.filter(pk=invitation.pk, version=version)
    if not unchanged.update(expires_at=to, version=F("version") + 1):
        raise Stale(_("Someone else has just changed this. Look again before you go on."))
    invitation.refresh_from_db(fields=["expires_at", "version"])
    values = {"expires_at": [_in_utc(before), _in_utc(to)]}
    places.record(Verb.MOVED, invitation, by=by, at=at, values=values)
    return invitation


def _in_utc(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def refuse_moving(invitation: Invitation, *, at: datetime) -> None:
    """Refuse an invitation whose date means nothing: a draft, one that ended, one nobody can answer."""
    if invitation.status != Invitation.Status.OPEN:
        raise Refused(invitation.refusal(Invitation.Status.USED_UP))
    if invitation.state_at(at) == InvitationState.ENDED:
        raise Refused(_("It was handed over in a partnership that has ended: its links are dead."))
    if not invitation.provider.is_active:
        raise Refused(_("A suspended company cannot invite."))


# --- time passes -------------------------------------------------------------------------------


def remind(at: datetime) -> int:
    """Remind, once, whoever was mailed a link and has a week left to answer; return how many."""
    waiting = InvitationLink.objects.live(at).filter(
        reminded_at__isnull=True,
        invitation__expires_at__lte=at + REMIND_BEFORE + timedelta(days=1),  # a day of any zone
        message__status=Message.Status.SENT,
    )
    rows = waiting.select_related("provider", "invitation__partnership__reseller").order_by("pk")
    due = (link.pk for link in rows.iterator(chunk_size=AT_ONCE) if _is_due(link, at))
    return each(list(islice(due, AT_ONCE)), partial(_remind, at=at))


def _is_due(link: InvitationLink, at: datetime) -> bool:
    """Say whether its last week has begun, by the provider's days, and it was not sent within that week."""
    zone = link.provider.zone
    first = link.invitation.expires_at.astimezone(zone).date() - REMIND_BEFORE
    sent = (link.resent_at or link.made_at).astimezone(zone).date()
    return sent < first <= at.astimezone(zone).date() and not link.is_suspended


@transaction.atomic
def _remind(pk: int, *, at: datetime) -> bool:
    link = InvitationLink.objects.select_related("provider", "customer").get(pk=pk)
    link.invitation = invitation = Invitation.objects.lock(link.invitation_id)
    if not _mark_reminded(pk, at):
        return False
    link.refresh_from_db(fields=["serial"])
    custody_mails.invitation_reminder(link, at=at)
    places.record(Verb.REMINDED, invitation, by=Actor.system(), at=at, link=link)
    return True


def _mark_reminded(pk: int, at: datetime) -> bool:
    """Note the reminder in a single step: whoever comes first writes the mail, an answered link gets none."""
    live = InvitationLink.objects.live(at).filter(pk=pk)
    unmarked = InvitationLink.objects.filter(pk__in=live, reminded_at__isnull=True)
    return bool(unmarked.update(reminded_at=at))


def tidy(at: datetime) -> int:
    """Move waiting links of expired invitations to lapsed; return how many."""
    due = InvitationLink.objects.waiting().filter(invitation__expires_at__lte=at)
    return each(due.values_list("pk", flat=True)[:AT_ONCE], partial(_lapse, at=at))


@transaction.atomic
def _lapse(pk: int, *, at: datetime) -> bool:
    link, system = InvitationLink.objects.get(pk=pk), Actor.system()
    invitation = Invitation.objects.lock(link.invitation_id)
    link.refresh_from_db()
    if link.status != InvitationLink.Status.WAITING or not invitation.is_expired(at):
        return False
    places.end(link, InvitationLink.Status.LAPSED, by=system, at=at)
    places.record(Verb.LAPSED, invitation, by=system, at=at, link=link)
    return True
