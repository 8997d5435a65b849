"""The record of what was done on a customer's behalf, as the customer downloads it."""

from datetime import datetime

from django.conf import settings
from django.db import transaction
from django.test import Client

from customers import links
from customers.models import Assignment, Contact
from partners import activity
from partners.actor import Actor
from partners.models import Partner
from tests.factories import CustomerFactory, RelationshipFactory


def test_the_customer_downloads_its_own_record_and_nothing_partners_note(
    assigned: Assignment, confirmed: Contact, tailspin: Partner, anna: Actor, now: datetime
) -> None:
    other = RelationshipFactory(customer=CustomerFactory(provider=assigned.provider, name="Other"))
    with transaction.atomic():
        for verb, customer in (("grant.lapsed", other.customer), ("customer.edited", assigned.customer)):
            activity.record(verb, by=anna, at=now, provider=assigned.provider, customer=customer)
    address = links.page_address(confirmed).removeprefix(settings.SITE_URL) + "record/"
    response = Client().get(address)
    text = b"".join(response.streaming_content).decode()
    header, *rows = text.removeprefix("\ufeff").splitlines()
    assert header == "Date (UTC),Action,Details,By,Company"
    assert rows[0].startswith("2026-03-10 09:30:00,")
    assert any("Provisioning" in row and "Fabrikam" in row for row in rows)
    shown = Client().get(address.removesuffix("record/"))
    assert len(rows) == len(shown.context["record"])
    assert address in shown.content.decode()
    assert (response["Referrer-Policy"], response.status_code) == ("no-referrer", 200)
    assert "no-store" in response["Cache-Control"]
