"""Every address is closed unless it is on this list, and none is exempt from the form token."""

from django.conf import settings

from tests.house.matrix import PUBLIC
from tests.house.routes import ROUTES


def test_pages_are_closed_by_default() -> None:
    order = settings.MIDDLEWARE
    closed = order.index("django.contrib.auth.middleware.LoginRequiredMiddleware")
    assert closed > order.index("django.contrib.auth.middleware.AuthenticationMiddleware")
    assert closed < order.index("partners.middleware.ActorMiddleware")
    assert "django.middleware.csrf.CsrfViewMiddleware" in order


def test_only_the_listed_addresses_are_open() -> None:
    assert {route.name for route in ROUTES if not getattr(route.callback, "login_required", True)} == PUBLIC


def test_no_address_is_exempt_from_the_form_token() -> None:
    assert [route.name for route in ROUTES if getattr(route.callback, "csrf_exempt", False)] == []


def test_every_address_has_one_name() -> None:
    ours = [route.name for route in ROUTES if not route.is_admin]
    assert sorted(ours) == sorted(set(ours))
