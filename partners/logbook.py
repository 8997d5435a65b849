"""The log as a company reads it: what it asks to see, and each line in words, on a page or in a table."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _

from partners import activity, spreadsheets
from partners.models import Activity
from partners.models.activity import ActivityQuerySet
from partners.paging import asked, asked_choice


@dataclass(frozen=True, slots=True)
class Asked:
    """Which lines of the log somebody wants to see."""

    first: str = ""
    last: str = ""
    customer: str = ""
    verb: str = ""
    person: str = ""

    @classmethod
    def of(cls, request: HttpRequest) -> "Asked":
        """Read what an address asks for."""
        return cls(
            first=asked(request, "from", 10),
            last=asked(request, "to", 10),
            customer=asked(request, "customer"),
            verb=asked_choice(request, "verb", dict(activity.choices())),
            person=asked(request, "person"),
        )

    @property
    def is_anything(self) -> bool:
        """Say whether anything is asked for."""
        return self != Asked()

    def among(self, rows: ActivityQuerySet) -> ActivityQuerySet:
        """Return the rows that fit, days counted in the reader's time zone."""
        first, last = _day(self.first), _day(self.last)
        if first:
            rows = rows.filter(at__gte=_start_of(first))
        if last:
            rows = rows.filter(at__lt=_start_of(last) + timedelta(days=1))
        if self.customer:
            rows = rows.filter(customer_label__icontains=self.customer)
        if self.verb:
            rows = rows.filter(verb=self.verb)
        if self.person:
            # The personal part is canonical JSON: only the actor's own name is looked at, not who was written
            # to. Written as JSON writes it, what is searched for cannot end the name and go on behind it.
            person = re.escape(activity.canonical(self.person)[1:-1])
            rows = rows.filter(person__text__iregex=rf'"name":"(\\.|[^"\\])*{person}')
        return rows


def _day(text: str) -> date | None:
    """Return the day an address asks for; days at the edge of the calendar count as not given."""
    try:
        day = date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year < 2200 else None


def _start_of(day: date) -> datetime:
    return datetime.combine(day, time.min, tzinfo=timezone.get_current_timezone())


# --- a table -----------------------------------------------------------------------------------


def header() -> list[str]:
    """Name the columns of the table of the log."""
    return [_("Date (UTC)"), _("Affected customer"), _("Action"), _("Partner user"), _("Details")]


def table(rows: ActivityQuerySet) -> Iterator[str]:
    """Return the lines of the log as CSV, the newest first."""
    ordered = rows.select_related("person").order_by("-pk")
    return spreadsheets.lines(header, spreadsheets.streamed(ordered), cells)


def cells(rows: Iterable[Activity]) -> Iterator[list[object]]:
    """Yield lines of the log ready for a table."""
    for entry in map(activity.entry, rows):
        who = ", ".join(part for part in (entry.who, entry.company) if part)
        details = [f"{words}: {value}" for words, value in in_words(entry)]
        about = "; ".join(part for part in (entry.object, *details) if part)
        yield [entry.at, entry.customer, entry.label, who, about]


# --- words -------------------------------------------------------------------------------------


def in_words(entry: activity.Entry) -> Iterable[tuple[str, str]]:
    """Say in words what a row of the log holds beside its columns."""
    for name, value in entry.details.items():
        words, choices = activity.detail(name)
        match value:
            case None | "" | [] | {}:
                continue
            case [[_kind, _key, _status], *_others]:
                yield words, "; ".join(_thing(*thing) for thing in value)
            case list() if name == "fields":
                yield words, ", ".join(_field(entry.object_type, str(one)) for one in value)
            case list():
                yield words, ", ".join(str(choices.get(str(one), one)) for one in value)
            case dict():
                for field, (old, new) in value.items():
                    yield _field(entry.object_type, field), f"{old or '—'} → {new or '—'}"
            case bool():
                yield words, _("yes") if value else _("no")
            case _:
                yield words, str(choices.get(str(value), value))


def _model(kind: str) -> type[models.Model] | None:
    try:
        return apps.get_model(kind)
    except (LookupError, ValueError):  # a kind of object there is no longer
        return None


def _field(kind: str, name: str) -> str:
    """Name a field of the object a row is about."""
    model = _model(kind)
    try:
        return str(model._meta.get_field(name).verbose_name) if model else name  # type: ignore[union-attr]  # ours have names
    except FieldDoesNotExist:
        return name


def _thing(kind: str, key: object, status: str) -> str:
    """Name a changed object: its kind, its key, and the status it took."""
    model = _model(kind)
    if model is None:
        return f"{kind} {key}"
    name = f"{model._meta.verbose_name} {key}"
    if not status:
        return name
    words = dict(model._meta.get_field("status").flatchoices)  # type: ignore[union-attr]  # it has choices
    return f"{name}: {str(words.get(status, status)).lower()}"
