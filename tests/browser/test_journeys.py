"""The main job, end to end, in a browser: one journey per route."""

from collections.abc import Callable

import pytest

from customers.models import AgreementVersion, Assignment, Contact, Customer, Invitation, InvitationLink
from partners.actor import Actor
from partners.models import Partnership
from subscriptions.models import Subscription
from subscriptions.vocabulary import Channel
from tests.browser.conftest import Visitor
from tests.browser.gestures import answer, say_it, type_code
from tests.conftest import Mailbox
from tests.factories import SubscriptionFactory

Visitors = Callable[..., Visitor]
CARLA = "carla@contoso.example"


@pytest.fixture
def subscription(contoso: Customer) -> Subscription:
    """Ten licences Contoso bought from another CSP partner."""
    return SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER)


def everybody_sees_the_ruling(people: list[Visitor], subscription: Subscription) -> None:
    """Provider and reseller both read what can be done with the subscription, and what cannot."""
    for position, person in enumerate(people):
        assert person.opens(subscription.get_absolute_url()) == 200
        for words in ("What can be done with it", "What cannot, and why"):
            assert person.says(words)
        person.look(f"subscription-{position}")


def test_direct_route(
    visitor: Visitors,
    agreement: AgreementVersion,
    contoso: Customer,
    carla: Contact,
    partnership: Partnership,
    subscription: Subscription,
    anna: Actor,
    luca: Actor,
    tom: Actor,
    mails: Mailbox,
) -> None:
    provider = visitor(anna)
    provider.look("home-empty")
    provider.open(contoso.get_absolute_url())
    assert provider.says("This is a prospect")
    provider.look("prospect")
    provider.press("Invite")
    provider.look("invite-whom")
    provider.press("Continue")
    provider.look("invite-asks")
    provider.choose("asks_provisioning", "asks_support")
    provider.press("Continue")
    say_it(provider, "Good morning Carla, as agreed.")
    provider.page.get_by_text("The page, English").click()
    assert provider.says("Northwind Traders asks to look after your Microsoft services")
    assert provider.says("Does another CSP partner administer these services today?")
    provider.look("invite-words")
    provider.press("Continue")
    assert provider.says("Good morning Carla, as agreed.")
    provider.look("invite-check")
    provider.press("Send now")
    assert provider.says("Waiting for the customer")
    provider.look("invitation")

    customer = visitor()
    customer.open(mails.address("invitation_sent", to=CARLA))
    answer(customer)
    type_code(customer, mails.code(CARLA), "Accept the invitation")
    assert customer.says("Thank you, that is done")

    provider.open(contoso.get_absolute_url())
    provider.look("customer-granted")
    provider.press("Assign privileges")
    provider.look("assign")
    provider.page.get_by_label("Support").check()
    provider.select(partnership="Fabrikam")
    provider.press("Offer it")
    assert Assignment.objects.get().status == Assignment.Status.OFFERED

    reseller = visitor(luca)
    reseller.look("home-reseller")
    reseller.press("Answer")
    reseller.look("privileges-offered")
    reseller.press("Accept")
    assert Assignment.objects.get().status == Assignment.Status.ACTIVE
    reseller.open(contoso.get_absolute_url())
    reseller.look("customer-reseller")

    everybody_sees_the_ruling([provider, reseller], subscription)
    customer.open(mails.address("reseller_named", to=CARLA))
    customer.press("Mail me a fresh link")
    customer.open(mails.address("page_link", to=CARLA))
    assert customer.says("Fabrikam")
    customer.look("my-assigned")

    stranger = visitor(tom)
    for hidden in (contoso.get_absolute_url(), subscription.get_absolute_url()):
        assert stranger.opens(hidden) == 404


def test_route_through_a_reseller(
    visitor: Visitors,
    agreement: AgreementVersion,
    contoso: Customer,
    partnership: Partnership,
    subscription: Subscription,
    anna: Actor,
    luca: Actor,
    mails: Mailbox,
) -> None:
    provider = visitor(anna)
    provider.open(f"/invitations/new/?customer={contoso.pk}")
    provider.choose("via_reseller")
    provider.page.get_by_label("Fabrikam").check()
    provider.look("invite-whom-handed")
    provider.press("Continue")
    provider.choose("asks_support")
    provider.press("Continue")
    say_it(provider, "Good morning, as agreed.")
    provider.press("Continue")
    provider.look("invite-check-handed")
    provider.press("Hand it to Fabrikam")
    assert not InvitationLink.objects.exists()

    reseller = visitor(luca)
    reseller.open("/invitations/")
    reseller.look("invitations-handed")
    reseller.open(Invitation.objects.get().get_absolute_url())
    reseller.look("invitation-handed")
    reseller.fill(company="Contoso", email=CARLA, covering="Good morning Carla, this is Luca.")
    reseller.press("Send")
    assert reseller.says("Waiting for the customer")
    reseller.look("invitation-forwarded")

    customer = visitor()
    customer.open(mails.address("invitation_sent", to=CARLA))
    assert customer.says("The invitation reaches you from Fabrikam, who works with Northwind Traders")
    assert customer.says("Good morning Carla, this is Luca.")
    answer(customer, grants=["Support"])
    type_code(customer, mails.code(CARLA), "Accept the invitation")
    assert customer.says("Thank you, that is done")

    reseller.open("/privileges/?show=offered")
    reseller.press("Accept")
    assert Assignment.objects.get().status == Assignment.Status.ACTIVE
    reseller.open(contoso.get_absolute_url())
    reseller.look("customer-forwarded")
    provider.open(contoso.get_absolute_url())
    provider.look("customer-assigned")
    everybody_sees_the_ruling([provider, reseller], subscription)
    for name in (
        "customers",
        "invitations",
        "privileges",
        "subscriptions",
        "resellers",
        "activity",
        "settings",
    ):
        assert provider.opens(f"/{name}/") == 200
        provider.look(name)
    reseller.open("/providers/")
    reseller.look("providers")
    customer.open(mails.address("reseller_named", to=CARLA))
    assert customer.says("Open your page")
