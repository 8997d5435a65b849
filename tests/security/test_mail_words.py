"""What people type as a name becomes no link in the mails that others get."""

import re
from datetime import datetime
from pathlib import Path

import pytest
from django.conf import settings

from customers import custody, privileges
from customers.models import Assignment, Invitation
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


# Names somebody outside can choose: on the page of an invitation, in a pasted list, for an account.
TYPED = re.compile(
    r"(?:(?<==)|(?<={{ \b))((?:\w+\.)+(?:customer\.name|company|answered_by|ended_by|stopped_by|offered_by"
    r"|proposed_by|note|reason|decline_reason|opening|covering)|(?:customer|contact|who)\.name|(?<==)sender)"
    r"(?=[ }])"
)


def test_a_customer_s_name_is_no_link_to_a_partner(
    offered: Assignment, luca: Actor, mails: Mailbox, now: datetime
) -> None:
    offered.customer.name = BAIT
    offered.customer.save()
    privileges.accept(offered, by=luca, at=now)
    mail = mails.last("assignment_accepted")
    for body in (mail.text, mail.html):
        assert "Pay now" in body
        assert "http://evil" not in body
        assert "evil.example" not in body


@pytest.mark.parametrize("kind", ["txt", "html"])
def test_no_mail_writes_a_typed_name_as_it_was_typed(kind: str) -> None:
    mails = Path(settings.BASE_DIR, "templates", "emails")
    bodies = [found for found in mails.rglob(f"*.{kind}") if not found.name.endswith("subject.txt")]
    assert bodies
    assert {found.name: bare for found in bodies if (bare := TYPED.findall(found.read_text()))} == {}
