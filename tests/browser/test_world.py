"""The believable world, looked at as provider and as reseller. The README's pictures are these."""

from collections.abc import Callable

import pytest

from config import world
from customers.models import Customer
from partners.models import User
from subscriptions.models import Move, Subscription, Transfer
from subscriptions.vocabulary import Path
from tests.browser.conftest import Visitor

Visitors = Callable[..., Visitor]
LISTS = ("customers", "invitations", "privileges", "subscriptions", "moves", "activity", "settings")


@pytest.fixture
def people(site: object) -> dict[str, User]:
    """Everybody of the world who may sign in, reading English."""
    world.make()
    User.objects.update(language="en")
    return {who: User.objects.get(email=email) for who, email in world.SIGN_INS}


def test_the_provider_looks_around(visitor: Visitors, people: dict[str, User]) -> None:
    provider = visitor()
    provider.sign_in(people["provider"], world.PASSWORD)
    provider.open("/")  # without the greeting of the sign-in
    provider.look("home")
    for name in (*LISTS, "resellers", "transfers"):
        assert provider.opens(f"/{name}/") == 200
        provider.look(f"world-{name}")
    assert provider.opens("/customers/?q=lit") == 200
    provider.look("world-search")
    busiest = Customer.objects.filter(assignments__status="active", provider__name__startswith="Northwind")
    assert provider.opens(busiest.first().get_absolute_url()) == 200
    provider.look("customer")
    half_way = Move.objects.get(path=Path.MIGRATE_AZURE)
    assert provider.opens(half_way.get_absolute_url()) == 200
    provider.look("world-move")
    closed = Subscription.objects.filter(
        customer__provider__name__startswith="Northwind", channel="csp_other"
    )
    assert provider.opens(closed.first().get_absolute_url()) == 200
    provider.look("world-subscription")


def test_the_reseller_looks_around(visitor: Visitors, people: dict[str, User]) -> None:
    reseller = visitor()
    reseller.sign_in(people["reseller"], world.PASSWORD)
    reseller.look("world-reseller-home")
    for name in (*LISTS, "providers"):
        assert reseller.opens(f"/{name}/") == 200
        reseller.look(f"world-reseller-{name}")
    held = Customer.objects.filter(
        assignments__status="active", assignments__reseller__name__startswith="Fabrikam"
    )
    assert reseller.opens(held.first().get_absolute_url()) == 200
    reseller.look("world-reseller-customer")


def test_two_under_todays_rules_look_at_what_they_ask_of_each_other(
    visitor: Visitors, people: dict[str, User]
) -> None:
    for position, who in enumerate(("today's rules", "direct-bill")):
        provider = visitor()
        provider.sign_in(people[who], world.PASSWORD)
        for side in ("received", "sent"):
            assert provider.opens(f"/transfers/?side={side}") == 200
            provider.look(f"world-transfers-{side}-{position}")
        for transfer in Transfer.objects.order_by("pk"):
            assert provider.opens(transfer.get_absolute_url()) == 200
