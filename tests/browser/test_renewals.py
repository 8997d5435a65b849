"""A grant warned of and renewed smaller: one privilege of two, a nearer end, one reseller less."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from customers import warnings
from customers.families import Family
from customers.models import Assignment, Contact, Customer, Grant, Privilege
from partners.actor import Actor
from partners.models import Partnership
from tests.browser.conftest import Visitor
from tests.browser.gestures import type_code
from tests.conftest import Mailbox
from tests.factories import AssignmentFactory, ContactFactory, GrantFactory, RelationshipFactory

Visitors = Callable[..., Visitor]


@pytest.fixture
def ending(
    contoso: Customer, partnership: Partnership, adventure_partnership: Partnership, now: datetime
) -> Contact:
    """What Contoso granted a year ago ends in six days; Fabrikam and Adventure share provisioning."""
    relationship = RelationshipFactory(customer=contoso)
    end = now.date() + timedelta(days=6)
    for privilege in Privilege.values:
        grant = GrantFactory(
            relationship=relationship,
            privilege=privilege,
            answered_on=end - timedelta(days=365),
            ends_on=end,
        )
        if privilege == Privilege.PROVISIONING:
            AssignmentFactory(grant=grant, partnership=partnership, family=Family.OFFICE365)
            AssignmentFactory(grant=grant, partnership=adventure_partnership, family=Family.AZURE)
    return ContactFactory(customer=contoso, name="Carla Conti", email="carla@contoso.example", confirmed=True)


def test_warned_and_renewed_smaller(
    visitor: Visitors,
    ending: Contact,
    contoso: Customer,
    anna: Actor,
    luca: Actor,
    ada: Actor,
    mails: Mailbox,
    now: datetime,
) -> None:
    assert warnings.warn(timezone.now()) == 1
    for event in ("privileges_ending", "assignments_ending", "grants_ending"):
        assert mails.last(event)

    provider = visitor(anna)
    assert provider.says("Provisioning ends on")
    provider.look("home-ending")
    provider.press("Propose a renewal")
    provider.look("renewal-propose")
    provider.fill(days="365", opening="Good morning Carla, shall we go on?")
    provider.press("Propose it")
    assert provider.says("Renewal proposed")
    provider.look("customer-renewal")

    customer = visitor()
    customer.open(mails.address("renewal_proposed", to=ending.email))
    customer.press("Mail me a fresh link")
    customer.open(mails.address("page_link", to=ending.email))
    assert customer.says("Northwind Traders asks to go on")
    customer.look("my-renewal-waits")
    customer.press("See the proposal and answer")
    assert customer.says("Good morning Carla, shall we go on?")
    customer.look("my-renewal")
    customer.page.locator("label.choice", has_text="Provisioning").get_by_role("checkbox").check()
    customer.page.get_by_label("Adventure Works").uncheck()
    nearer = now.date() + timedelta(days=90)
    customer.fill(ends_on=nearer.isoformat())
    customer.press("Renew and get the code")
    assert customer.says("Fabrikam")
    assert not customer.says("Adventure Works")
    customer.look("my-renewal-code")
    type_code(customer, mails.code(ending.email), "Renew")
    assert customer.says("Renewed. A receipt is on its way to you.")
    customer.look("my-renewed")

    end = now.date() + timedelta(days=6)
    ends = dict(Grant.objects.values_list("privilege", "ends_on"))
    assert ends == {Privilege.PROVISIONING: nearer, Privilege.SUPPORT: end}
    assert dict(Assignment.objects.values_list("reseller__name", "ends_on")) == {
        "Fabrikam": nearer,
        "Adventure Works": end,
    }
    assert "you go on" in mails.last("assignments_renewed", to=luca.email).subject
    assert "renewed without you" in mails.last("assignments_renewed", to=ada.email).subject
    provider.open(contoso.get_absolute_url())
    assert provider.says("Privileges renewed by the customer")
    customer.page.go_back()
    customer.page.reload()
    assert customer.says("You have already agreed to this")


def test_customer_says_no(
    visitor: Visitors, ending: Contact, contoso: Customer, anna: Actor, mails: Mailbox
) -> None:
    provider = visitor(anna)
    provider.open(f"/customers/{contoso.pk}/renewals/propose/")
    provider.press("Propose it")
    customer = visitor()
    customer.open(mails.address("renewal_proposed", to=ending.email))
    customer.press("Mail me a fresh link")
    customer.open(mails.address("page_link", to=ending.email))
    customer.press("See the proposal and answer")
    customer.press("Renew and get the code")  # nothing is ticked
    assert customer.says("You ticked no privilege: that is a no")
    customer.look("my-renewal-decline")
    customer.fill(reason="We do it ourselves from now on.")
    customer.press("Say no")
    assert customer.says("You said no. Northwind Traders has been told.")
    assert "We do it ourselves" in mails.text(mails.last("renewal_declined", to=anna.email))
