"""The record of what was done on a customer's behalf, as far as it is told: on its page, and as a file."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext as _

from customers.models import GROUND, Customer, HandOver, Privilege
from partners import activity, spreadsheets
from partners.models import Activity
from partners.models.activity import ActivityQuerySet

# What was done for the customer, or by it; how partners keep their own records is their own affair.
TOLD = ("invitation.sent", "invitation.forwarded", "invitation.accepted", "invitation.to_confirm")
TOLD_ABOUT = ("relationship.", "grant.", "assignment.", "renewal.")
PASSED = ("handover.accepted", "handover.took_effect")
_also: set[str] = set()
_details: list[str] = []


def tells(*verbs: str, details: Iterable[str] = ()) -> None:
    """Register what a floor above does for customers, and the details of it that are told."""
    _also.update(verbs)
    _details.extend(details)


def record_of(customer: Customer) -> ActivityQuerySet:
    """Return what was done for the customer, newest first, without what partners note for themselves."""
    told = Q(verb__in=TOLD)
    for beginning in TOLD_ABOUT:
        told |= Q(verb__startswith=beginning)
    # A hand-over of many customers is one row, which names none of them.
    parts = customer.assignments.filter(hand_over__isnull=False).values("hand_over")
    about = Q(customer_ref=customer.pk) | Q(object_type=HandOver._meta.label_lower, object_ref__in=parts)
    return Activity.objects.filter(about, told | Q(verb__in=[*PASSED, *_also])).order_by("-pk")


def what(details: Mapping[str, Any]) -> str:
    """Say in the reader's words which privilege, services, reseller or step a row is about, and no more."""
    words = [
        dict(Privilege.choices).get(details.get("privilege", "")),
        *(dict(Privilege.choices).get(one) for one in details.get("privileges", ())),
        dict(GROUND).get(details.get("services", "")),
        details.get("reseller"),
        *(_in_words(name, details.get(name, "")) for name in _details),
    ]
    return ", ".join(str(word) for word in words if word)


def _in_words(name: str, value: str) -> object:
    """Say a registered detail: one of few by its label, a name somebody typed as it stands."""
    labels = activity.detail(name)[1]
    return labels.get(value) if labels else value


def header() -> list[str]:
    """Name the columns of the record as a table."""
    return [_("Date (UTC)"), _("Action"), _("Details"), _("By"), _("Company")]


def table(customer: Customer) -> Iterator[str]:
    """Return the whole record of a customer as CSV."""
    rows = record_of(customer).select_related("person")
    return spreadsheets.lines(header, spreadsheets.streamed(rows), cells)


def cells(rows: Iterable[Activity]) -> Iterator[list[object]]:
    """Yield lines of the record ready for a table."""
    for entry in map(activity.entry, rows):
        yield [entry.at, entry.label, what(entry.details), entry.who, entry.company]
