"""A suspended company signs in and reads; nothing it sends changes anything, until it may act again."""

from datetime import datetime

import pytest
from django.urls import reverse

from customers.models import Assignment
from partners import companies
from partners.actor import Actor
from partners.models import Activity, Message, Partner
from tests.house.conftest import World
from tests.house.matrix import PUBLIC, ROWS
from tests.house.test_bad_input import FORM, as_body, right_body

# What a person does for oneself, and not for a company.
ONESELF = {"partners:act-for", "partners:profile"}
BANNER = "Your company is suspended"
PEOPLE = {"admin": "Northwind Traders", "holder": "Fabrikam", "offered": "Adventure Works"}


@pytest.mark.parametrize("name", PEOPLE)
def test_suspended_company_changes_nothing(name: str, world: World, staff: Actor, now: datetime) -> None:
    client = world.client(name)
    mine = [
        row
        for row in ROWS
        if row.method == "POST" and row.name not in PUBLIC | ONESELF and row.expected(name) in {"200", "302"}
    ]
    bodies = {str(row): right_body(world, client, row) for row in mine}  # while its forms are still shown
    suspend(name, staff, now)
    before = Activity.objects.count(), Message.objects.count()
    changed = []
    for row in mine:
        body = as_body(bodies[str(row)])
        address = world.address(row.name, dict(row.arguments))
        answer = client.post(address, data=body, content_type=FORM)
        # What a reseller saw by a privilege alone it does not see while that rests.
        if answer.status_code not in {403, 404}:
            changed.append(f"{row}: {answer.status_code}")
    assert mine
    assert not changed, "\n".join(changed)
    assert (Activity.objects.count(), Message.objects.count()) == before


def suspend(name: str, staff: Actor, now: datetime) -> Partner:
    partner = Partner.objects.get(name=PEOPLE[name])
    companies.suspend(partner, reason="Unpaid", by=staff, at=now)
    return partner


@pytest.mark.parametrize("name", PEOPLE)
def test_suspended_company_reads_and_every_page_says_so(
    name: str, world: World, staff: Actor, now: datetime
) -> None:
    client = world.client(name)
    suspend(name, staff, now)
    silent = []
    for row in ROWS:
        if row.method == "GET" and row.name not in PUBLIC and row.expected(name) == "200":
            page = client.get(world.address(row.name, dict(row.arguments)))
            if page.status_code == 200 and "text/html" in page["Content-Type"] and not page.streaming:
                words = page.content.decode()
                if 'class="shell"' in words and BANNER not in words:
                    silent.append(str(row))
            elif page.status_code not in {200, 302, 403, 404}:
                silent.append(f"{row}: {page.status_code}")
    assert not silent, "\n".join(silent)
    assert BANNER in client.get(reverse("customers")).content.decode()


def test_links_of_a_suspended_provider_get_the_calm_page(world: World, staff: Actor, now: datetime) -> None:
    suspend("admin", staff, now)
    client = world.client("nobody")
    for name, token in (
        ("customers:landing", "invitation-token"),
        ("partners:onboarding", "onboarding-token"),
    ):
        page = client.get(reverse(name, args=[world.objects[token]]))
        assert (page.status_code, "This address opens nothing" in page.content.decode()) == (404, True)


@pytest.mark.parametrize("name", ["admin", "holder"])
def test_privileges_rest_while_suspended_and_live_again(
    name: str, world: World, staff: Actor, now: datetime
) -> None:
    def live() -> bool:
        return Assignment.objects.live(now).filter(pk=world.objects["assignment"]).exists()

    assert live()
    partner = suspend(name, staff, now)
    assert not live()
    companies.reactivate(partner, reason="Paid", by=staff, at=now)
    assert live()


@pytest.mark.parametrize(
    ("page", "argument"), [("customers:my-withdraw", "grant"), ("customers:my-refuse", "assignment")]
)
def test_customer_of_a_suspended_provider_still_withdraws(
    page: str, argument: str, world: World, staff: Actor, now: datetime
) -> None:
    suspend("admin", staff, now)
    before = Activity.objects.count(), Message.objects.count()
    client = world.client("customer")
    address = reverse(page, args=[world.objects["page-token"], world.objects[argument]])
    assert client.post(address).status_code == 302
    assert (Activity.objects.count(), Message.objects.count()) != before
