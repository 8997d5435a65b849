"""What the calendar says before a privilege ends: both sides are warned, once at each mark.

Days are counted where the provider is; a last day counts to its end in UTC. The grant's warning names what
resellers hold that ends with it; a reseller's privilege with an earlier end is warned of by itself.
"""

from datetime import date, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from django.db import models, transaction
from django.db.models import F, Q
from django.db.models.functions import TruncDate
from django.utils.translation import gettext_lazy

from customers import notices
from customers.models import Assignment, Customer, Grant, RenewalProposal
from customers.models.privilege import AssignmentQuerySet, GrantQuerySet, utc_day
from partners import activity
from partners.actor import Actor
from partners.duties import each
from partners.lifecycle import AddDays

MARKS = (30, 7, 1)  # days before the end
AT_ONCE = 200  # customers and days told in one round and zone; the next minute tells the rest


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    GRANT = "grant.ending", gettext_lazy("Warned of the end of a privilege")
    ASSIGNMENT = "assignment.ending", gettext_lazy("Warned of the end of a reseller's privilege")


activity.explain("ends_on", gettext_lazy("Last day"))
activity.explain("mark", gettext_lazy("Days before"))


def warn(at: datetime) -> int:
    """Warn of whatever has come to a mark; return how many customers and days there was something to tell.

    A worker that slept past a mark warns of the most urgent one alone.
    """
    told = 0
    for zone in sorted(_zones(at)):
        today = at.astimezone(ZoneInfo(zone)).date()
        found: set[tuple[int, date]] = set()
        for rows in (_grants(today, at), _assignments(today, at)):
            found |= set(rows.filter(provider__time_zone=zone).values_list("customer", "ends_on"))
        told += each(sorted(found)[:AT_ONCE], partial(_tell, today=today, at=at))
    return told


def _zones(at: datetime) -> set[str]:
    """Return the time zones of the providers of which something ends soon; on most minutes there is none."""
    today = utc_day(at)
    soon = {"status": "active", "ends_on__range": (today, today + timedelta(days=max(MARKS) + 1))}
    grants = Grant.objects.filter(_unwarned(min(MARKS)), **soon)
    assignments = Assignment.objects.filter(_unwarned(min(MARKS)), **soon)
    return {
        zone
        for rows in (grants, assignments)
        for zone in rows.order_by().values_list("provider__time_zone", flat=True).distinct()
    }


def _grants(today: date, at: datetime) -> GrantQuerySet:
    """Return the grants in force that have come to a mark nobody was warned at."""
    return Grant.objects.live(at).filter(_at_a_mark(today, F("answered_on")))


def _assignments(today: date, at: datetime) -> AssignmentQuerySet:
    """Return the same of what resellers hold, as far as it ends before its grant."""
    began = TruncDate("starts_at", tzinfo=ZoneInfo("UTC"))
    return Assignment.objects.live(at).filter(
        _at_a_mark(today, began),
        status=Assignment.Status.ACTIVE,
        ends_on__lt=F("grant__ends_on"),
    )


def _at_a_mark(today: date, began: F | TruncDate) -> Q:
    """Say which rows have come to a mark; one that lay before they began is none of theirs."""
    come = Q()
    for mark in MARKS:
        begins_before = Q(ends_on__gt=AddDays(began, mark))
        come |= Q(ends_on__lte=today + timedelta(days=mark)) & begins_before & _unwarned(mark)
    return Q(ends_on__lte=today + timedelta(days=max(MARKS))) & come


def _unwarned(mark: int) -> Q:
    return Q(warned_days__isnull=True) | Q(warned_days__gt=mark)


@transaction.atomic
def _tell(what: tuple[int, date], *, today: date, at: datetime) -> bool:
    """Warn of everything of one customer that ends on one day; say whether there was something left to tell.

    A row is warned of by whoever marks it first: another worker finds nothing.
    """
    customer_pk, ends_on = what
    mark = min(days for days in MARKS if ends_on <= today + timedelta(days=days))
    same = {"customer": customer_pk, "ends_on": ends_on}
    grants = [one for one in _grants(today, at).filter(**same).order_by("pk") if _mark(one, mark)]
    alone = _assignments(today, at).filter(**same)
    with_grant = Assignment.objects.live(at).filter(
        status=Assignment.Status.ACTIVE, grant__in=grants, ends_on=ends_on
    )
    held = {
        one.pk: one for rows in (alone, with_grant) for one in rows.select_related("reseller", "customer")
    }
    fresh = [held[pk] for pk in sorted(held) if _mark(held[pk], mark)]
    if not (grants or fresh):
        return False
    keys = {grant.pk for grant in grants}
    ending = [held[pk] for pk in sorted(held) if held[pk] in fresh or held[pk].grant_id in keys]
    customer = Customer.objects.select_related("provider").get(pk=customer_pk)
    proposal = RenewalProposal.objects.waiting_at(at).filter(customer=customer).first()
    if proposal and not {one.privilege for one in grants} & set(proposal.renews):
        proposal = None  # it is about something else
    notices.privileges_ending(customer, ends_on, grants, ending, fresh, proposal, at=at)
    warned: list[Grant | Assignment] = [*grants, *fresh]
    activity.record(
        Verb.GRANT if grants else Verb.ASSIGNMENT,
        by=Actor.system(),
        at=at,
        provider=customer.provider,
        about=warned[0],
        customer=customer,
        seen_by=[one.reseller for one in fresh],
        details={
            "changed": activity.changed(*warned),
            "privileges": sorted({one.privilege for one in warned}),
            "ends_on": ends_on,
            "mark": mark,
        },
    )
    return True


def _mark(row: Grant | Assignment, mark: int) -> bool:
    """Note that both sides are warned, unless somebody did it before; say whether it was left to us."""
    rows = type(row)._base_manager.filter(pk=row.pk, status=row.status, ends_on=row.ends_on)
    return bool(rows.filter(_unwarned(mark)).update(warned_days=mark))
