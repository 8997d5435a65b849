"""Whatever a browser, a script or a mischief-maker sends, nobody gets a 500."""

import re
import uuid
from collections.abc import Callable, Iterator
from dataclasses import fields
from importlib import import_module
from typing import Any
from urllib.parse import quote

import pytest
from django import forms
from django.core.cache import cache
from django.db import transaction
from django.template import Context
from django.test import Client
from django.urls import reverse

from partners.actor import Actor
from subscriptions.filters import CustomersAsked, SubscriptionsAsked
from tests.factories import PartnerFactory, ProductFactory
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
    "markup": "'\"{{ 7 }}{% now %}%s%(x)s<b>pk__gt; DROP TABLE partners_user; --",
    "a year too far": "9999-12-31",
    "no such day": "2026-02-30",
    "an address": "a@" + "b" * 300 + ".example",
    "JSON": '{"a": [1, null]}',
}
FORM = "application/x-www-form-urlencoded"
IN_A_FIELD = ("NUL", "10,000 characters", "a lone surrogate", "right to left", "2^63", "-1", "a year too far")
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
        module = import_module(".".join(path.with_suffix("").parts).removesuffix(".__init__"))
        for thing in vars(module).values():
            if isinstance(thing, type) and issubclass(thing, forms.BaseForm):
                found |= set(getattr(thing, "base_fields", {}))
    return found


FILTERS = {field.name for kind in (CustomersAsked, SubscriptionsAsked) for field in fields(kind)}
QUERY = sorted(read("GET", "request") | FILTERS | {"after", "before", "lang", "next", "page"})
BODY = sorted((read("POST") | form_fields() | {"next"}) - {"acting_for"})


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


class Browsers:
    """The people an address lets in, each signed in once."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.known: dict[str, Client] = {}

    def of(self, row: Row) -> Client:
        """Return the browser of somebody whom the address of a row lets in."""
        name = actor_for(row)
        if name not in self.known:
            self.known[name] = self.world.client(name)
        return self.known[name]


def test_no_query_fails(world: World) -> None:
    broken, browsers = [], Browsers(world)
    for row in each("GET"):
        address = world.address(row.name, dict(row.arguments))
        for fault, value in CORPUS.items():
            query = encoded([pair for name in QUERY for pair in ((name, "1"), (name, value))])
            if (status := send(browsers.of(row), "GET", address, QUERY_STRING=query)) >= 500:
                broken.append(f"{row}, {fault}: {status}")
    assert not broken, "\n".join(broken)


def test_no_body_fails(world: World) -> None:
    broken, browsers = [], Browsers(world)
    for row in each("POST"):
        address = world.address(row.name, dict(row.arguments))
        for fault, value in CORPUS.items():
            body = encoded([pair for name in BODY for pair in ((name, "1"), (name, value))])
            if (status := send(browsers.of(row), "POST", address, data=body, content_type=FORM)) >= 500:
                broken.append(f"{row}, {fault}: {status}")
    assert not broken, "\n".join(broken)


@pytest.mark.parametrize("fault", CORPUS)
def test_no_company_acted_for_fails(fault: str, anna: Actor, client_for: Callable[..., Client]) -> None:
    body = encoded([("acting_for", CORPUS[fault])])
    address = reverse("customers:customer-record")
    assert send(client_for(anna), "POST", address, data=body, content_type=FORM) == 409


def test_no_path_fails(world: World) -> None:
    broken, browsers = [], Browsers(world)
    for row in ROWS:
        for replaced, _object in row.arguments:
            for fault, text in IN_A_PATH.items():
                value = quote(text.encode("utf-8", "surrogatepass"), safe="")
                address = with_argument(world, row, replaced, value)
                if (status := send(browsers.of(row), row.method, address)) >= 500:
                    broken.append(f"{row}, {replaced}, {fault}: {status}")
    assert not broken, "\n".join(broken)


def with_argument(world: World, row: Row, replaced: str, value: str) -> str:
    """Return a row's address with one argument replaced by what `reverse` would refuse."""
    mark: Any = {"pk": 123456789, "key": uuid.UUID(int=1)}.get(replaced, "replace-me")
    values = {key: world.objects[one] for key, one in row.arguments}
    return reverse(row.name, kwargs={**values, replaced: mark}).replace(str(mark), value)


# --- one wrong value among right ones: what is checked last is reached too -----------------------

# Where the form of an address stands that shows none itself.
SHOWN_AT = {
    "customers:invite-leave": "customers:invite-whom",
    "customers:invite-glance": "customers:invite-words",
    "customers:invite-send": "customers:invite-check",
    "customers:invite-copy": "customers:invite-check",
    "customers:invite-own-mail": "customers:invite-check",
    "customers:invite-save": "customers:invite-check",
    "partners:mail-text-preview": "partners:mail-text",
    "customers:invitation-send": "customers:invitation",
    "customers:invitation-copy": "customers:invitation",
    "customers:invitation-forward": "customers:invitation",
    "customers:invitation-forward-copy": "customers:invitation",
    "customers:invitation-forward-many": "customers:invitation",
    "subscriptions:my-step-skip": "subscriptions:my-step",
    "subscriptions:step-skip": "subscriptions:step-close",
    "subscriptions:move-target": "subscriptions:move",
    "subscriptions:inventory-add": "subscriptions:move",
}
TYPED = {
    "agreement": "",
    "code": "000000",
    "company": "Proseware",
    "covering": "See you on Monday.",
    "domain": "proseware.example",
    "email": "new@proseware.example",
    "entitlement_id": "",
    "external_id": "S-1",
    "lines": "Proseware; new@proseware.example",
    "name": "Paola Prose",
    "named": "9999998",
    "note": "Three shops.",
    "opening": "Dear all,",
    "other_name": "Lamna Healthcare",
    "password": "a long walk along the canal",
    "partner_id": "2000099",
    "phone": "+39 02 000000",
    "product": "Office 365 E3",
    "quantity": "10",
    "reason": "Not now.",
    "seller_name": "Somebody else",
    "signed_by": "Paola Prose",
    "signed_email": "paola@proseware.example",
    "signed_on": "2026-03-01",
    "tenant_id": "d0470500-0000-4000-8000-000000000001",
    "website": "https://northwind.example",
}
Body = dict[str, list[str]]


def filled(form: forms.BaseForm) -> Body:
    """Return what somebody reasonable would send: what the page offers, else something typed."""
    body: Body = {}
    for name, field in form.fields.items():
        value = form.get_initial_for_field(field, name)
        if value in (None, "") and isinstance(field, forms.ChoiceField):
            chosen = [str(key) for key, _words in field.choices if str(key)]
            value = chosen[:1] if field.required else ""
        elif value in (None, "") and isinstance(field, forms.BooleanField):
            value = "on" if field.required else ""
        elif value in (None, ""):
            value = TYPED.get(name, "")
        values = value if isinstance(value, list | tuple) else [value]
        body[form.add_prefix(name)] = [str(field.prepare_value(one)) for one in values if one != ""]
    return body


def right_body(world: World, client: Client, row: Row) -> Body:
    """Return the fields of every form on the page of an address, filled in."""
    body: Body = {}
    arguments = {name: value for name, value in row.arguments if name not in {"step", "to"}}
    page = client.get(world.address(SHOWN_AT.get(row.name, row.name), arguments))
    layers = page.context.dicts if isinstance(page.context, Context) else page.context or []
    for layer in layers:
        for value in layer.flatten().values() if isinstance(layer, Context) else layer.values():
            if isinstance(value, forms.BaseForm):
                body |= filled(value)
    return body


# Whose answer to right values is a page: a preview, a code that nobody guesses, what this world has already.
SHOWN_AGAIN = {
    "customers:customer-existing",  # Contoso is ours
    "customers:customer-hand-over",
    "customers:invite-glance",
    "customers:landing-code",
    "customers:my-agree-code",
    "customers:my-withdraw-code",
    "customers:renewal-propose",  # one waits
    "customers:reseller-hand-over",
    "partners:mail-text-preview",
    "partners:onboarding-start",  # the reseller it names is here already
    "subscriptions:my-end-code",
    "subscriptions:subscription-reseller",  # it has none, and none is what the form offers first
    "subscriptions:transfer-accept",  # Northwind works under the rules of December 2016
    "subscriptions:transfer-ask",
}


def as_body(body: Body) -> str:
    """Return a body as a browser sends it."""
    return encoded([(name, value) for name, values in body.items() for value in values])


@pytest.fixture
def named(db: None) -> None:
    """What is typed by its name: a reseller that nobody works with yet, a product."""
    PartnerFactory(reseller=True, name="Proseware", partner_id=TYPED["partner_id"])
    ProductFactory(name=TYPED["product"])


def test_no_field_fails(world: World, named: None) -> None:
    broken, browsers = [], Browsers(world)
    for row in each("POST"):
        client, address = browsers.of(row), world.address(row.name, dict(row.arguments))
        right = right_body(world, client, row)
        for name in right:
            for fault in IN_A_FIELD:
                body = as_body({**right, name: [CORPUS[fault]]})
                if (status := send(client, "POST", address, data=body, content_type=FORM)) >= 500:
                    broken.append(f"{row}, {name}, {fault}: {status}")
    assert not broken, "\n".join(broken)


def test_the_right_values_are_right(world: World, named: None) -> None:
    refused, browsers = [], Browsers(world)
    for row in each("POST"):
        client = browsers.of(row)
        body = right_body(world, client, row)
        address = world.address(row.name, dict(row.arguments))
        status = send(client, "POST", address, data=as_body(body), content_type=FORM)
        if body and status != 302 and row.name not in SHOWN_AGAIN:
            refused.append(f"{row}: {status} {body}")
    assert not refused, "\n".join(refused)


def test_forms_and_addresses_are_known_to_this_check() -> None:
    assert {"q", "after", "lang"} <= set(QUERY)
    assert {"email", "company", "membership"} <= set(BODY)
