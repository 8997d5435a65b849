"""What a stranger makes come to somebody's mailbox stops nothing that person asks for herself."""

from datetime import datetime

import pytest

from customers import emails
from customers.models import Acceptance, Contact
from partners import mail
from partners.errors import Refused
from partners.models import Message
from tests.conftest import Mailbox


def fill(event: str, to: str, at: datetime) -> None:
    """Let an address have its share of one kind of mail."""
    for _ in range(mail.QUOTA):
        Message.objects.create(to=to, event=event, language="en", subject="x", created_at=at, due_at=at)


def test_strangers_mails_do_not_keep_a_contact_from_its_page(
    acceptance: Acceptance, carla: Contact, mails: Mailbox, now: datetime
) -> None:
    carla.refresh_from_db()
    for event in ("customers/acceptance_code", "customers/invitation_sent"):
        fill(event, carla.email, now)
    emails.page_link(carla, at=now)
    assert mails.all(event="page_link", to=carla.email)


def test_one_kind_of_mail_still_comes_to_an_end(now: datetime, carla: Contact) -> None:
    fill("customers/page_link", carla.email, now)
    with pytest.raises(Refused):
        emails.page_link(carla, at=now)
