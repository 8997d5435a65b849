"""What a customer does by a link, in a browser: answer, prove the address, see, refuse, withdraw, decline."""

from collections.abc import Callable
from typing import Any

from django.utils import timezone

from customers.models import AgreementVersion, Contact, Grant, InvitationLink, Relationship
from tests.browser.conftest import Visitor
from tests.browser.gestures import answer, type_code
from tests.conftest import Mailbox

Visitors = Callable[..., Visitor]


def test_a_customer_accepts_sees_everything_and_withdraws(
    visitor: Visitors,
    agreement: AgreementVersion,
    forwarded: InvitationLink,
    mails: Mailbox,
) -> None:
    carla = visitor()
    carla.open(mails.address("invitation_sent"))
    assert carla.says("Northwind Traders asks to look after your Microsoft services")
    carla.look("landing")
    carla.press("Accept and get the code")
    assert carla.says("things to correct")
    carla.look("landing-refused")
    answer(carla)
    carla.look("code")
    type_code(carla, "12345", "Accept the invitation")
    assert carla.says("This is not the code we mailed. 4 tries are left.")
    type_code(carla, mails.code("carla@contoso.example"), "Accept the invitation")
    assert carla.says("Thank you, that is done")
    carla.look("receipt")
    carla.page.reload()
    assert carla.says("Thank you, that is done")
    grants = Grant.objects.live(timezone.now())
    assert grants.count() == 2

    carla.open(mails.address("acceptance_receipt"))
    carla.look("ask")
    carla.press("Mail me a fresh link")
    assert carla.says("A fresh link is on its way")
    carla.open(mails.address("page_link"))
    carla.look("my")
    carla.press("Withdraw… support")
    carla.look("withdraw")
    carla.press("Mail me the code")
    carla.look("withdraw-code")
    type_code(carla, mails.code("carla@contoso.example"), "Withdraw support")
    assert carla.says("Support has been withdrawn")
    assert grants.count() == 1
    carla.press("Refuse… Fabrikam, provisioning")
    carla.look("refuse")
    carla.press("Refuse this reseller")
    assert carla.says("Fabrikam can no longer act for you here")
    assert Relationship.objects.active().exists()


def test_a_customer_declines(visitor: Visitors, link: InvitationLink, mails: Mailbox) -> None:
    carla = visitor()
    address = mails.address("invitation_sent")
    carla.open(address)
    carla.press("Decline the invitation")
    carla.look("decline")
    carla.page.get_by_label("Why, if you want to say").fill("We have a partner.")
    carla.press("Decline")
    assert carla.says("This invitation has been declined")
    carla.look("declined")
    assert carla.opens(address) == 410


def test_dead_addresses_are_calm(visitor: Visitors, confirmed: Contact, settings: Any) -> None:
    carla = visitor()
    assert carla.opens("/i/nonsense/") == 404
    carla.look("bad-link")
    assert carla.opens("/my/nonsense/") == 404


def test_no_referrer_leaves_a_link_page(
    visitor: Visitors, agreement: AgreementVersion, link: InvitationLink, mails: Mailbox
) -> None:
    carla = visitor()
    heard: list[dict[str, str]] = []
    carla.page.on("request", lambda request: heard.append(request.headers))
    carla.open(mails.address("invitation_sent"))
    answer(carla)
    assert carla.says("Type the code")
    assert heard
    assert not [headers for headers in heard if headers.get("referer")]
