"""The side bar: what each kind of company sees, and which entry is the page's own."""

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from django.urls import include, path

from config import context
from partners.models import Kind


def page(request: Any) -> HttpResponse:
    return HttpResponse()


customers = (
    [
        path("customers/invitations/", page, name="invitations"),
        path("privileges/", page, name="privileges"),
        path("resellers/", page, name="resellers"),
        path("providers/", page, name="providers"),
    ],
    "customers",
)
urlpatterns = [
    path("", page, name="home"),
    path("customers/", page, name="customers"),
    path("", include(customers)),
    path("admin/", include(([path("", page, name="index")], "admin"))),
]


@pytest.fixture(autouse=True)
def own_urls(settings: Any) -> Iterator[None]:
    settings.ROOT_URLCONF = __name__
    context.entries.cache_clear()
    yield
    context.entries.cache_clear()


def bar(at: str, kind: str | None, **attributes: Any) -> list[dict[str, Any]]:
    request = RequestFactory().get(at)
    request.actor = SimpleNamespace(partner=SimpleNamespace(kind=kind) if kind else None)  # type: ignore[attr-defined]
    for name, value in attributes.items():
        setattr(request, name, value)
    return [entry for group in context.shell(request)["nav"] for entry in group["entries"]]


def labels(kind: str | None) -> list[str]:
    return [str(entry["label"]) for entry in bar("/", kind)]


def test_provider_sees_its_resellers() -> None:
    assert labels(Kind.INDIRECT_PROVIDER) == ["Home", "Customers", "Invitations", "Privileges", "Resellers"]


def test_reseller_sees_its_providers() -> None:
    assert labels(Kind.INDIRECT_RESELLER) == ["Home", "Customers", "Invitations", "Privileges", "Providers"]


def test_direct_bill_sees_neither() -> None:
    assert labels(Kind.DIRECT_BILL) == ["Home", "Customers", "Invitations", "Privileges"]


def test_staff_without_a_company_sees_the_administration() -> None:
    assert labels(None) == ["Administration"]


def test_nobody_sees_nothing() -> None:
    assert context.shell(RequestFactory().get("/")) == {"nav": []}


@pytest.mark.parametrize(
    ("at", "active"),
    [
        ("/", ["Home"]),
        ("/customers/", ["Customers"]),
        ("/customers/12/", ["Customers"]),
        ("/customers/invitations/7/", ["Invitations"]),
        ("/elsewhere/", []),
    ],
)
def test_the_longest_address_is_the_active_entry(at: str, active: list[str]) -> None:
    assert [str(entry["label"]) for entry in bar(at, Kind.INDIRECT_PROVIDER) if entry["active"]] == active


def test_counts_come_from_the_view() -> None:
    entries = bar("/", Kind.INDIRECT_PROVIDER, nav_counts={"home": 9})
    assert [entry["count"] for entry in entries][:2] == [9, None]
