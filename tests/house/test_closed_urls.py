"""Every address is closed unless it is on this list, and none is exempt from the form token."""

import uuid

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from partners.actor import Actor
from tests.house.matrix import PUBLIC, ROWS
from tests.house.routes import ROUTES


def test_pages_are_closed_by_default() -> None:
    order = settings.MIDDLEWARE
    closed = order.index("django.contrib.auth.middleware.LoginRequiredMiddleware")
    assert closed > order.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    assert closed < order.index("partners.middleware.ActorMiddleware")
    assert "django.middleware.csrf.CsrfViewMiddleware" in order


def test_only_the_listed_addresses_are_open() -> None:
    assert {route.name for route in ROUTES if not getattr(route.callback, "login_required", True)} == PUBLIC


def test_only_what_customers_open_has_a_guard_of_its_own_against_foreign_forms() -> None:
    exempt = {route.name for route in ROUTES if getattr(route.callback, "csrf_exempt", False)}
    assert exempt == {route.name for route in ROUTES if route.name in PUBLIC and "token" in route.arguments}


@pytest.mark.django_db
@pytest.mark.parametrize("name", sorted({row.name for row in ROWS if row.method == "POST"}))
def test_no_address_takes_a_form_without_its_token(name: str, anna: Actor) -> None:
    (route,) = (one for one in ROUTES if one.name == name)
    values = {"pk": 1, "token": "1.1.x", "key": uuid.UUID(int=1)}
    address = reverse(name, kwargs={argument: values.get(argument, "x") for argument in route.arguments})
    client = Client(enforce_csrf_checks=True)
    assert anna.user is not None
    client.force_login(anna.user)
    assert client.post(address).status_code == 403
    assert client.post(address, headers={"origin": "null"}).status_code == 403


def test_every_address_has_one_name() -> None:
    ours = [route.name for route in ROUTES if not route.is_admin]
    assert sorted(ours) == sorted(set(ours))
