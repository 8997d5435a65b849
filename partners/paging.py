"""Lists: keyset pages whose place stands in the address, and what else an address may ask for.

Whatever an address holds, a list answers: a value that makes no sense counts as not given.
"""

import base64
import binascii
import json
from collections.abc import Container
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, TypeVar

from django.core.exceptions import ValidationError
from django.db.models import Field, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners.addresses import refuse_control_characters

SIZE = 50
MOST_COUNTED = 10_000
BIGGEST = 2**63 - 1
LONGEST = 2000
PLACE = ("after", "before")

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """One page of a list: its rows, and the addresses of its neighbours, empty where there is none."""

    rows: list[Row]
    older: str
    newer: str

    @property
    def shown(self) -> str:
        """How many rows this page holds, in words; nobody counts the others."""
        count = len(self.rows)
        return ngettext("%(count)d on this page", "%(count)d on this page", count) % {"count": count}

    def shown_of(self, queryset: QuerySet[Any, Any], most: int = MOST_COUNTED) -> str:
        """How many rows this page holds and how many there are in all, in words."""
        return _("%(shown)s, %(all)s in all") % {"shown": self.shown, "all": counted(queryset, most)}


def page_of(queryset: QuerySet[Any, Row], request: HttpRequest, *keys: str, size: int = SIZE) -> Page[Row]:
    """Return the page the address asks for, sorted by the keys (`sort_name`, `-pk`), in one query.

    A key is a field or an annotation that is never null; the last has to be unique. Rows may be instances,
    `values()` or named `values_list()` that hold the keys. A place that cannot be read is the first page.
    """
    fields = [_field(queryset, key) for key in keys]
    after = _read(request.GET.get("after"), fields)
    before = None if after else _read(request.GET.get("before"), fields)
    order = keys
    if after:
        queryset = queryset.filter(_beyond(keys, after))
    elif before:
        order = tuple(_turned(key) for key in keys)
        queryset = queryset.filter(_beyond(order, before))
    rows = list(queryset.order_by(*order)[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if before:
        rows.reverse()
    has_older, has_newer = (True, more) if before else (more, bool(after))
    return Page(
        rows,
        older=_address(request, "after", _place(rows[-1], keys, fields)) if rows and has_older else "",
        newer=_address(request, "before", _place(rows[0], keys, fields)) if rows and has_newer else "",
    )


def counted(queryset: QuerySet[Any, Any], most: int = MOST_COUNTED) -> str:
    """Return how many rows there are, in figures; beyond `most` nobody counts: "10,000+".

    In the list's order, if it has one: so the rows are counted by the index the page is read by.
    """
    count = queryset.values("pk")[: most + 1].count()
    figures = number_format(min(count, most), use_l10n=True, force_grouping=True)
    return f"{figures}+" if count > most else figures


def address_with(request: HttpRequest, **changed: object) -> str:
    """Return this list's address with other filters, from its first page; an empty value leaves one out."""
    query = request.GET.copy()
    for name in (*PLACE, *changed):
        query.pop(name, None)
    for name, value in changed.items():
        if value not in (None, ""):
            query[name] = str(value)
    return f"?{query.urlencode()}" if query else request.path


def export_address(request: HttpRequest, name: str) -> str:
    """Return the address of the whole of this list as a file, with its filters."""
    query = request.GET.copy()
    for place in PLACE:
        query.pop(place, None)
    return f"{reverse(name)}?{query.urlencode()}" if query else reverse(name)


def asked(request: HttpRequest, name: str, longest: int = 200) -> str:
    """Return the words an address asks for, cut to a length; empty if they hold control characters."""
    words = request.GET.get(name, "").strip()[:longest]
    try:
        refuse_control_characters(words)
    except ValidationError:
        return ""
    return words


def asked_choice(request: HttpRequest, name: str, choices: Container[str]) -> str:
    """Return the choice an address asks for; empty if it is none of these."""
    value = request.GET.get(name, "")
    return value if value in choices else ""


def asked_key(request: HttpRequest, name: str) -> int | None:
    """Return the key an address asks for, if a row could have it."""
    value = request.GET.get(name, "")
    if not (value.isascii() and value.isdigit() and len(value) < 20):
        return None
    return key if 0 < (key := int(value)) <= BIGGEST else None


def _field(queryset: QuerySet[Any, Any], key: str) -> "Field[Any, Any]":
    name = key.removeprefix("-")
    if name in queryset.query.annotations:
        return queryset.query.annotations[name].output_field
    return queryset.model._meta.pk if name == "pk" else queryset.model._meta.get_field(name)


def _turned(key: str) -> str:
    return key[1:] if key.startswith("-") else f"-{key}"


def _beyond(keys: tuple[str, ...], place: list[Any]) -> Q:
    """Return the rows that come after a place.

    The first key's bound stands alone before the rest, so that an index on the keys is entered at the place.
    """
    beyond = Q()
    for key, value in reversed(list(zip(keys, place, strict=True))):
        name, way = key.removeprefix("-"), "lt" if key.startswith("-") else "gt"
        strictly = Q(**{f"{name}__{way}": value})
        beyond = Q(**{f"{name}__{way}e": value}) & (strictly | beyond) if beyond else strictly
    return beyond


def _place(row: Any, keys: tuple[str, ...], fields: "list[Field[Any, Any]]") -> str:
    """Return the place of a row as one word of an address."""
    values = []
    for key, field in zip(keys, fields, strict=True):
        name = key.removeprefix("-")
        if isinstance(row, dict):
            value = row[name] if name in row else row[field.attname]
        else:
            value = getattr(row, name)
        values.append(value.isoformat() if hasattr(value, "isoformat") else value)
    text = json.dumps(values, ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(word: str | None, fields: "list[Field[Any, Any]]") -> list[Any] | None:
    """Return the place a word of an address names; None if it names none."""
    if not word or len(word) > LONGEST or not word.isascii():
        return None
    try:
        values = json.loads(base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
        if not isinstance(values, list) or len(values) != len(fields):
            return None
        place = [field.to_python(value) for field, value in zip(fields, values, strict=True)]
    except (binascii.Error, ValueError, OverflowError, RecursionError, ValidationError, TypeError):
        return None
    return place if all(_is_sound(value) for value in place) else None


def _is_sound(value: Any) -> bool:
    match value:
        case bool() | None:
            return False
        case int():
            return abs(value) <= BIGGEST
        case datetime():
            return timezone.is_aware(value)
        case str():
            try:
                refuse_control_characters(value)
            except ValidationError:
                return False
    return True


def _address(request: HttpRequest, way: str, place: str) -> str:
    return address_with(request, **{way: place})
