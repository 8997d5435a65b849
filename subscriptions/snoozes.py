"""The stories of a person's own queue: put something that waits off until a later day, take it back.

A snooze changes nobody's business, and yet it has its row in the log: when a day was missed, a company asks
who had put it off, and until when. The reason is the person's own note, and can be erased.
"""

from datetime import date, datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from partners.templatetags.ui import exact_day
from subscriptions.attention import Item
from subscriptions.models import Snooze
from subscriptions.models.snooze import LONGEST_SNOOZE_DAYS


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    PUT_OFF = "queue.put_off", gettext_lazy("Put off")
    WOKEN = "queue.woken", gettext_lazy("No longer put off")


activity.explain("until", gettext_lazy("Until"))


def of(actor: Actor, at: datetime) -> list[Snooze]:
    """Return what a person put off in the queue of the company acted for."""
    zone = actor.partner.zone if actor.partner else None
    return list(Snooze.objects.visible_to(actor).in_force(at.astimezone(zone).date()))


def _company(by: Actor) -> Partner:
    """Return the company whose queue it is; refuses whoever has none, and a suspended one."""
    if by.partner is None or by.user is None:
        raise Refused(_("Only somebody who works for a company has a queue."))
    if not by.partner.is_active:
        raise Refused(_("A suspended company changes nothing."))
    return by.partner


@transaction.atomic
def put_off(item: Item, until: date, reason: str, *, beyond: bool = False, by: Actor, at: datetime) -> Snooze:
    """Put a thing that waits off until a day: it is gone from list and count before that day, and back on it.

    Refuses a day that is not to come, or more than 90 days away, and one after the due day unless told
    (`beyond`) that this is meant.
    """
    company = _company(by)
    today = at.astimezone(company.zone).date()
    if not reason.strip():
        raise Refused(_("Give a reason: it stands beside what you put off."), field="reason")
    if until <= today:
        raise Refused(_("Choose a day to come."), field="until")
    if until > today + timedelta(days=LONGEST_SNOOZE_DAYS):
        raise Refused(
            _("Nothing is put off for more than %(days)d days.") % {"days": LONGEST_SNOOZE_DAYS},
            field="until",
        )
    if item.due is not None and until > item.due and not beyond:
        raise Refused(
            _("It is due on %(day)s, before that day: say that you mean it.") % {"day": exact_day(item.due)},
            field="beyond",
        )
    snooze, _new = Snooze.objects.update_or_create(
        user=by.user,
        partner=company,
        kind=item.kind.value,
        object_ref=item.object_ref,
        defaults={"until": until, "reason": reason.strip(), "made_at": at},
    )
    _record(Verb.PUT_OFF, snooze, by=by, at=at)
    return snooze


@transaction.atomic
def wake(kind: str, object_ref: int, *, by: Actor, at: datetime) -> None:
    """Take back what one put off: it waits again; refuses what is not put off."""
    _company(by)
    rows = Snooze.objects.visible_to(by).select_for_update()
    snooze = rows.filter(kind=kind, object_ref=object_ref).first()
    if snooze is None:
        raise Refused(_("This is not put off."))
    Snooze.objects.filter(pk=snooze.pk).delete()  # the instance keeps its key, for the log
    _record(Verb.WOKEN, snooze, by=by, at=at)


def _record(verb: str, snooze: Snooze, *, by: Actor, at: datetime) -> None:
    activity.record(
        verb,
        by=by,
        at=at,
        about=snooze,
        details={"changed": activity.changed(snooze), "until": snooze.until},
        personal={"reason": snooze.reason},
    )


def tidy(at: datetime) -> int:
    """Forget snoozes whose day is long past: what they hid is back. Nothing is logged, nothing changed."""
    gone, _each = Snooze.objects.filter(until__lt=at.date() - timedelta(days=LONGEST_SNOOZE_DAYS)).delete()
    return gone
