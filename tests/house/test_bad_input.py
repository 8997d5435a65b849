"""Whatever a browser, a script or a mischief-maker sends, nobody gets a 500."""

import re
import uuid
from collections.abc import Iterator
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest
from django import forms
from django.core.cache import cache
from django.db import transaction
from django.test import Client
from django.urls import reverse

from tests.house.conftest import World
from tests.house.matrix import ROWS, Row
from tests.house.source import modules

CORPUS = {
    "nothing": "",
    "blanks": " \t\r\n",
    "NUL": "a\0b",
    "10,000 characters": "x" * 10_000,
    "a lone surrogate": "\ud800",
    "right to left": "\u202eשלום‏مرحبا",
    "emoji": "👩‍👩‍👧‍👦🏴\U000e0067",
    "2^63": str(2**63),
    "-1": "-1",
    "superscript two": "²",
    "not a number": "nan",
    "a look-up": "pk__gt",
    "percent": "%s%(x)s%",
    "braces": "{{ 7 }}{% now %}",
    "quotes": "'\"; DROP TABLE partners_user; --",
    "a year too far": "9999-12-31",
    "no such day": "2026-02-30",
    "an address": "a@" + "b" * 300 + ".example",
    "JSON": '{"a": [1, null]}',
}
FORM = "application/x-www-form-urlencoded"
IN_A_PATH = {**CORPUS, "zero": "0", "8 kB": "9" * 8192}


READ = re.compile(r'(GET|POST|request)(?:\.get|\.getlist)?[\[(,]\s*"(\w+)"')


def read(*sources: str) -> set[str]:
    """Return the names that pages read from a query or a body, themselves or by asking for one."""
    found = (match for _path, text, _tree in modules() for match in READ.finditer(text))
    return {match[2] for match in found if match[1] in sources}


def form_fields() -> set[str]:
    """Return the names of the fields of every form of ours."""
    found: set[str] = set()
    for path, _text, _tree in modules():
        module = import_module(".".join(path.with_suffix("").parts))
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, forms.BaseForm):
                found |= set(getattr(thing, "base_fields", {}))
    return found


QUERY = sorted(read("GET", "request") | {"after", "before", "lang", "next", "page"})
BODY = sorted(read("POST") | form_fields() | {"next"})


def actor_for(row: Row) -> str:
    """Return somebody the address lets in: the customer, else Northwind's or a reseller's account admin."""
    for actor in ("customer", "admin", "holder", "offered", "untied"):
        if row.expected(actor) in {"200", "302"}:
            return actor
    return "admin"


def send(client: Client, method: str, address: str, **how: Any) -> int:
    """Return the status of one request, and undo what it did."""
    cache.clear()
    client.raise_request_exception = False  # every address is tried before the first failure is told
    with transaction.atomic():
        response = client.generic(method, address, **how)
        transaction.set_rollback(True)
    return response.status_code


def encoded(pairs: list[tuple[str, str]]) -> str:
    """Return names and values as a browser would send them, were it willing to send a lone surrogate."""
    return "&".join(
        f"{quote(name)}={quote(value.encode('utf-8', 'surrogatepass'), safe='')}" for name, value in pairs
    )


def each(method: str) -> Iterator[Row]:
    """Yield the rows of a method."""
    return (row for row in ROWS if row.method == method)


@pytest.mark.parametrize("fault", CORPUS)
def test_no_query_fails(fault: str, world: World) -> None:
    value = CORPUS[fault]
    broken = []
    clients: dict[str, Client] = {}
    for row in each("GET"):
        client = clients.setdefault(actor_for(row), world.client(actor_for(row)))
        address = world.address(row.name, dict(row.arguments))
        queries = [
            encoded([(name, value) for name in QUERY]),
            encoded([pair for name in QUERY for pair in ((name, "1"), (name, value))]),
        ]
        statuses = [send(client, "GET", address, QUERY_STRING=query) for query in queries]
        broken += [f"{row}: {status}" for status in statuses if status >= 500]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("fault", CORPUS)
def test_no_form_fails(fault: str, world: World) -> None:
    value = CORPUS[fault]
    broken = []
    clients: dict[str, Client] = {}
    names = [name for name in BODY if name != "acting_for"]
    for row in each("POST"):
        client = clients.setdefault(actor_for(row), world.client(actor_for(row)))
        address = world.address(row.name, dict(row.arguments))
        bodies = [
            encoded([(name, value) for name in names]),
            encoded([pair for name in names for pair in ((name, "1"), (name, value))]),
            encoded([("acting_for", value)]),
        ]
        statuses = [send(client, "POST", address, data=body, content_type=FORM) for body in bodies]
        broken += [f"{row}: {status}" for status in statuses if status >= 500]
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("fault", IN_A_PATH)
def test_no_path_fails(fault: str, world: World) -> None:
    value = quote(IN_A_PATH[fault].encode("utf-8", "surrogatepass"), safe="")
    broken = []
    clients: dict[str, Client] = {}
    for row in ROWS:
        client = clients.setdefault(actor_for(row), world.client(actor_for(row)))
        for replaced, _object in row.arguments:
            address = with_argument(world, row, replaced, value)
            if (status := send(client, row.method, address)) >= 500:
                broken.append(f"{row}, {replaced}: {status}")
    assert not broken, "\n".join(broken)


def with_argument(world: World, row: Row, replaced: str, value: str) -> str:
    """Return a row's address with one argument replaced by what `reverse` would refuse."""
    mark: Any = {"pk": 123456789, "key": uuid.UUID(int=1)}.get(replaced, "replace-me")
    values = {key: world.objects[one] for key, one in row.arguments}
    return reverse(row.name, kwargs={**values, replaced: mark}).replace(str(mark), value)


def test_forms_and_addresses_are_known_to_this_check() -> None:
    assert {"q", "after", "lang"} <= set(QUERY)
    assert {"email", "company", "membership"} <= set(BODY)
