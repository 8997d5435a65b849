"""The activity log: what happened in a company's world, and the proof that its chain is whole."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.apps import apps
from django.core.exceptions import FieldDoesNotExist
from django.db import models
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from partners import activity
from partners.actor import Actor
from partners.models import Activity, ActivityChain
from partners.models.activity import ActivityQuerySet
from partners.paging import address_with, asked, asked_choice, page_of
from partners.permissions import company_of
from partners.requests import Request
from partners.templatetags.ui import moment_words

PROBLEMS_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened, as the page shows it."""

    when: str
    what: str
    who: str
    company: str
    on_behalf_of: str
    customer: str
    customer_url: str
    subject: str
    details: list[tuple[str, str]]


@require_safe
def log(request: Request) -> HttpResponse:
    """Show what happened in the company's world, the newest first."""
    actor, company = request.actor, company_of(request.actor)
    asks = {
        "from": asked(request, "from", 10),
        "to": asked(request, "to", 10),
        "customer": asked(request, "customer"),
        "verb": asked_choice(request, "verb", dict(activity.choices())),
        "person": asked(request, "person"),
    }
    rows = _filtered(Activity.objects.visible_to(actor), asks)
    page = page_of(rows.select_related("person"), request, "-pk")
    # A provider reaches every customer of its log; a reseller maybe no longer.
    prefix = reverse("customers") if company.owns_relationships else ""
    return render(
        request,
        "partners/activity.html",
        {
            "rows": [_row(activity.entry(row), prefix) for row in page.rows],
            "page": page,
            "asks": asks,
            "verbs": activity.choices(),
            "filtered": any(asks.values()),
            "zone": timezone.localtime().tzname(),
            "proof": _proof(actor) if request.GET.get("verify") == "1" else None,
            "verify_url": address_with(request, verify=1),
        },
    )


def _filtered(rows: ActivityQuerySet, asks: dict[str, str]) -> ActivityQuerySet:
    first, last = _day(asks["from"]), _day(asks["to"])
    if first:
        rows = rows.filter(at__gte=_start_of(first))
    if last:
        rows = rows.filter(at__lt=_start_of(last) + timedelta(days=1))
    if asks["customer"]:
        rows = rows.filter(customer_label__icontains=asks["customer"])
    if asks["verb"]:
        rows = rows.filter(verb=asks["verb"])
    if asks["person"]:
        # The personal part is canonical JSON: only the actor's own name is looked at, not who was written to.
        # Written as JSON writes it, what is searched for cannot end the name and go on behind it.
        person = re.escape(activity.canonical(asks["person"])[1:-1])
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


def _row(entry: activity.Entry, prefix: str) -> Row:
    return Row(
        when=moment_words(entry.at),
        what=entry.label,
        who=entry.who,
        company=entry.company,
        on_behalf_of=entry.on_behalf_of,
        customer=entry.customer,
        customer_url=f"{prefix}{entry.customer_ref}/" if prefix and entry.customer_ref else "",
        subject=entry.object,
        details=list(_details(entry)),
    )


def _details(entry: activity.Entry) -> Iterable[tuple[str, str]]:
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


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look at the whole chain found."""

    rows: int
    problems: list[str]
    more: int


def _proof(actor: Actor) -> Proof | None:
    """Check the company's own chain from its first row to its head."""
    chain = ActivityChain.objects.filter(key=activity.chain_of(None, actor)).first()
    if chain is None:
        return Proof(0, [], 0)
    problems = activity.verify(chain)
    return Proof(chain.length, problems[:PROBLEMS_SHOWN], max(0, len(problems) - PROBLEMS_SHOWN))
