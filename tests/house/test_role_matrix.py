"""Every address, for everybody, by every method: the answers are the hand-written ones of `matrix.py`."""

from typing import Any

import pytest
from django.core.cache import cache
from django.db import transaction
from django.http import HttpResponse
from django.test import Client
from django.urls import reverse

from tests.house.conftest import World
from tests.house.matrix import ACTORS, PUBLIC, ROWS
from tests.house.routes import ROUTES, Route

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
OURS = [route for route in ROUTES if not (route.is_admin or route.is_account)]
MEMBERS = ACTORS[2:12]


def ask(client: Client, method: str, address: str) -> HttpResponse:
    """Return the answer to one empty request, and undo what it did."""
    cache.clear()  # throttles count across requests
    with transaction.atomic():
        response = client.generic(method, address)
        transaction.set_rollback(True)
    return response


def answer(response: Any) -> str:
    """Return an answer as the table writes it."""
    if response.status_code == 302 and response["Location"].startswith(reverse("account_login")):
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
    assert wrong == []


@pytest.mark.parametrize("actor", ACTORS)
def test_every_other_method_is_refused(actor: str, world: World) -> None:
    client = world.client(actor)
    wrong = []
    for route in OURS:
        mine = [row for row in ROWS if row.name == route.name]
        address = world.address(route.name, dict(mine[0].arguments), forged=actor == "nobody")
        closed = actor in {"nobody", "customer"} and route.name not in PUBLIC
        for method in set(METHODS) - {row.method for row in mine}:
            given, expected = answer(ask(client, method, address)), "in" if closed else "405"
            if given != expected:
                wrong.append(f"{method} {route.name} as {actor}: {given}, not {expected}")
    assert wrong == []


# --- the admin: one policy ---------------------------------------------------------------------


def admin_address(route: Route, world: World) -> str:
    """Return an address of the admin; an object's is that of the newest row, or of none."""
    values = {
        "app_label": "customers",
        "content_type_id": "1",
        "object_id": "1",
        "id": "1",
        "url": "nowhere/",
    }
    return reverse(route.name, kwargs={name: values[name] for name in route.arguments})


@pytest.mark.parametrize("actor", ACTORS)
def test_only_staff_enters_the_admin(actor: str, world: World) -> None:
    """Members and strangers never get past its door; staff without permissions see its first page only."""
    client = world.client(actor)
    wrong = []
    for route in ROUTES:
        if not route.is_admin or route.name == "admin:login" or not route.pattern.name:
            continue
        given = answer(ask(client, "GET", admin_address(route, world)))
        if actor in {"nobody", "customer"}:
            fine = given == "in"
        elif actor in MEMBERS:
            fine = given == "403"
        else:
            fine = given in {"200", "302", "403", "404", "405"} and (
                route.name != "admin:index" or given == "200"
            )
        if not fine:
            wrong.append(f"{route.name} as {actor}: {given}")
    assert wrong == []


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
    assert wrong == []
