"""What people type as a name becomes no link in the mails that others get."""

from datetime import datetime

from customers import custody
from customers.models import Invitation
from customers.terms import Recipient
from partners.actor import Actor
from tests.conftest import Mailbox

BAIT = "Pay now at http://evil.example/pay"


def test_a_company_s_name_is_no_link(handed: Invitation, luca: Actor, mails: Mailbox, now: datetime) -> None:
    custody.forward(handed, to=Recipient("somebody@contoso.example", BAIT), by=luca, at=now)
    mail = mails.last("invitation_sent")
    assert "evil" in mail.text
    for body in (mail.text, mail.html):
        assert "http://evil" not in body
        assert "evil.example" not in body
