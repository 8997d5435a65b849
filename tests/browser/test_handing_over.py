"""A reseller's customers handed over whole to another, and a customer that leaves: in a browser."""

from collections.abc import Callable

import pytest

from customers import links
from customers.models import Assignment, Contact, Customer, HandOver, Relationship
from partners.actor import Actor
from partners.models import Partnership
from tests.browser.conftest import Visitor
from tests.browser.gestures import type_code
from tests.conftest import Mailbox

Visitors = Callable[..., Visitor]
CARLA = "carla@contoso.example"


@pytest.fixture
def looked_after(assigned: Assignment, contoso: Customer) -> Customer:
    """Contoso, which names Fabrikam; Fabrikam holds provisioning."""
    Customer.objects.filter(pk=contoso.pk).update(reseller=assigned.reseller)
    contoso.refresh_from_db()
    return contoso


def test_a_reseller_handed_over_whole(
    visitor: Visitors,
    looked_after: Customer,
    confirmed: Contact,
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    luca: Actor,
    ada: Actor,
    mails: Mailbox,
) -> None:
    before = visitor(luca)
    assert before.opens(looked_after.get_absolute_url()) == 200

    provider = visitor(anna)
    provider.open(f"/resellers/{partnership.reseller_id}/")
    provider.press("Hand over all customers")
    provider.look("hand-over")
    provider.select(partnership="Adventure Works")
    provider.press("See what changes")
    assert provider.says("1 privilege passes to Adventure Works")
    assert provider.says("Contoso")
    assert not HandOver.objects.exists()
    provider.look("hand-over-preview")
    provider.press("Offer it to Adventure Works")
    provider.look("hand-over-offered")

    after = visitor(ada)
    assert after.opens(looked_after.get_absolute_url()) == 404
    after.open(HandOver.objects.get().get_absolute_url())
    after.look("hand-over-to-answer")
    after.press("Accept all of it")
    assert after.says("Took effect")

    assert after.opens(looked_after.get_absolute_url()) == 200
    assert before.opens(looked_after.get_absolute_url()) == 404

    customer = visitor()
    customer.open(mails.address("reseller_changes", to=CARLA))
    customer.press("Mail me a fresh link")
    customer.open(mails.address("page_link", to=CARLA))
    assert customer.says("Adventure Works")
    assert customer.says("Hand-over accepted by the reseller")
    customer.look("my-handed-over")


def test_a_customer_leaves(
    visitor: Visitors,
    looked_after: Customer,
    confirmed: Contact,
    luca: Actor,
    mails: Mailbox,
) -> None:
    customer = visitor()
    customer.open(links.page_address(confirmed))
    customer.press("End the relationship")
    customer.look("my-end")
    customer.press("Mail me the code")
    customer.look("my-end-code")
    type_code(customer, mails.code(CARLA), "End the relationship")
    assert customer.says("has ended, and every privilege with it")
    assert Relationship.objects.get().status == "ended"
    assert not Assignment.objects.filter(grant__status="active").exists()
    customer.look("my-ended")
