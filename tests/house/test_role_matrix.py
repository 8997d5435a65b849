"""Every address, for everybody, by every method: the answers are the hand-written ones of `matrix.py`."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.house.conftest import World
from tests.house.matrix import ACTORS, PUBLIC, ROWS, Row
from tests.house.routes import ROUTES, Route

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OURS = [route for route in ROUTES if not (route.is_admin or route.is_account)]
DOORS = (reverse("account_login"), reverse("admin:login"))  # the admin's own leads to the other
MEMBERS, STAFF = ACTORS[2:12], ACTORS[12:]


def ask(client: Client, method: str, address: str) -> HttpResponse:
    """Return the answer to one empty request, and undo what it did."""
    cache.clear()  # throttles count across requests
    client.raise_request_exception = False  # a 500 is one wrong answer among others
    with transaction.atomic():
        response = client.generic(method, address)
        transaction.set_rollback(True)
    return response


def answer(response: Any) -> str:
    """Return an answer as the table writes it."""
    if response.status_code == 302 and response["Location"].startswith(DOORS):
        return "in"
    return str(response.status_code)


def test_every_address_has_a_row_and_every_row_an_address() -> None:
    assert {route.name for route in OURS} == {row.name for row in ROWS}
    assert len({str(row) for row in ROWS}) == len(ROWS)
    assert [str(row) for row in ROWS if row.method not in {"GET", "POST"}] == []


@pytest.mark.parametrize("actor", ACTORS)
def test_everybody_gets_the_answer_written_down(actor: str, world: World) -> None:
    client = world.client(actor)
    wrong = []
    for row in ROWS:
        address = world.address(row.name, dict(row.arguments), forged=actor == "nobody")
        given = answer(ask(client, row.method, address))
        if given != row.expected(actor):
            wrong.append(f"{row} as {actor}: {given}, not {row.expected(actor)}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("actor", ACTORS)
def test_every_other_method_is_refused(actor: str, world: World) -> None:
    client = world.client(actor)
    wrong = []
    for route in OURS:
        mine = [row for row in ROWS if row.name == route.name]
        address = world.address(route.name, dict(mine[0].arguments), forged=actor == "nobody")
        for method in set(METHODS) - {row.method for row in mine}:
            given, expected = answer(ask(client, method, address)), refusal(route, mine, actor)
            if given != expected:
                wrong.append(f"{method} {route.name} as {actor}: {given}, not {expected}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("actor", ["customer", "admin", "holder"])
def test_head_is_answered_as_get(actor: str, world: World) -> None:
    client = world.client(actor)
    wrong = []
    for row in (row for row in ROWS if row.method == "GET"):
        given = answer(ask(client, "HEAD", world.address(row.name, dict(row.arguments))))
        if given != row.expected(actor):
            wrong.append(f"HEAD {row} as {actor}: {given}, not {row.expected(actor)}")
    assert not wrong, "\n".join(wrong)


def refusal(route: Route, rows: list[Row], actor: str) -> str:
    """Return what a method without a row answers: nothing is told of what is closed, or forged."""
    if route.name in PUBLIC:
        return "404" if actor == "nobody" and "token" in route.arguments else "405"
    if actor in {"nobody", "customer"}:
        return "in"
    # Companies' pages are shut to staff before anybody looks at the method.
    return "403" if {row.expected("staff") for row in rows} == {"403"} and actor in STAFF else "405"


# --- the admin: one policy ---------------------------------------------------------------------


# Its doors, and what answers only a page's own questions.
OPEN_IN_ADMIN = {"admin:login", "admin:logout", "admin:autocomplete"}


def admin_address(route: Route) -> str:
    """Return an address of the admin; an object's is that of the first row, if there is one."""
    values = {"app_label": "customers", "url": "nowhere/"}
    return reverse(route.name, kwargs={name: values.get(name, "1") for name in route.arguments})


@pytest.mark.parametrize("actor", ACTORS)
def test_only_staff_enters_the_admin(actor: str, world: World) -> None:
    """Members and strangers never get past its door; staff without permissions see its first page only."""
    client = world.client(actor)
    wrong = []
    for route in ROUTES:
        if not route.is_admin or not route.pattern.name or route.name in OPEN_IN_ADMIN:
            continue
        given = answer(ask(client, "GET", admin_address(route)))
        if actor in {"nobody", "customer"}:
            fine = given == "in"
        elif actor in MEMBERS:
            fine = given in {"in", "403"}
        else:
            fine = given in {"200", "302", "403", "404", "405"} and (
                route.name != "admin:index" or given == "200"
            )
        if not fine:
            wrong.append(f"{route.name} as {actor}: {given}")
    assert not wrong, "\n".join(wrong)


# --- the sign-in package: one policy -----------------------------------------------------------


@pytest.mark.parametrize("actor", ACTORS)
def test_the_sign_in_pages_answer_everybody_alike(actor: str, world: World) -> None:
    """What is open is open to all, what is closed asks to sign in; nothing fails."""
    client = world.client(actor)
    wrong = []
    for route in ROUTES:
        if route.is_account:
            values = {"uidb36": "1", "key": "set-password"}
            address = reverse(route.name, kwargs={name: values[name] for name in route.arguments})
            given = answer(ask(client, "GET", address))
            closed = actor in {"nobody", "customer"} and route.name not in PUBLIC
            if given not in ({"in"} if closed else {"200", "302", "in"}):
                wrong.append(f"{route.name} as {actor}: {given}")
    assert not wrong, "\n".join(wrong)
