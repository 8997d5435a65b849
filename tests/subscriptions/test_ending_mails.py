"""The mails of hand-overs and endings: each with its three parts, the day with its zone, the counts."""

import re
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from customers import handover_mails, handovers
from customers.models import Assignment, Contact, Relationship
from partners.actor import Actor
from partners.models import Partner, Partnership, User
from subscriptions import emails, offboarding
from tests.conftest import Mailbox

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "emails"
EVENTS = sorted(
    {
        event
        for module in (Path(handover_mails.__file__), *Path(emails.__file__).parent.glob("*mails.py"))
        for event in re.findall(
            r'"((?:customers|subscriptions)/[a-z_]+)"', module.read_text(encoding="utf-8")
        )
    }
)
MOMENT = re.compile(r"\d{1,2}\s\w+\s\d{4}, \d\d:\d\d CES?T")


@pytest.mark.parametrize("event", EVENTS)
def test_every_mail_has_its_three_parts(event: str) -> None:
    for part in ("subject.txt", "txt", "html"):
        assert (TEMPLATES / f"{event}.{part}").exists()


def test_every_mail_of_the_top_floor_is_sent_by_somebody() -> None:
    found = {path.name.partition(".")[0] for path in (TEMPLATES / "subscriptions").iterdir()}
    parts = {name for name in found if name.startswith("_")}
    assert {f"subscriptions/{name}" for name in found - parts} <= set(EVENTS)


@pytest.mark.parametrize("language", ["en", "it"])
def test_hand_over_is_told_with_day_zone_and_counts(
    language: str,
    assigned: Assignment,
    confirmed: Contact,
    fabrikam: Partner,
    adventure_partnership: Partnership,
    anna: Actor,
    ada: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
) -> None:
    User.objects.update(language=language)
    Contact.objects.update(language=language)
    day = now.date() + timedelta(days=3)
    found = handovers.offer(fabrikam, adventure_partnership, starts_on=day, by=anna, at=now)
    handovers.accept(found, by=ada, at=now)
    one = {"en": "1 privilege", "it": "1 privilegio"}[language]
    for event in ("handover_offered", "handover_accepted"):
        for mail in mails.all(event=event):
            assert one in mail.text
            assert one in mail.html
            assert MOMENT.search(mail.text)
    (mail,) = mails.all(event="reseller_changes")
    assert MOMENT.search(mail.text)
    assert "Adventure Works" in mail.subject


def test_each_side_reads_its_own_half_of_an_ending(
    accepted: Relationship,
    assigned: Assignment,
    confirmed: Contact,
    anna: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
) -> None:
    offboarding.end_relationship(accepted, by=anna, at=now)
    (to_reseller,) = mails.all(event="relationship_ended")
    (to_customer,) = mails.all(event="ending_receipt")
    assert to_reseller.to == luca.email
    assert "what resellers held of it" in to_reseller.text
    assert "for every reseller" in to_customer.text
    for mail in (to_reseller, to_customer):
        assert MOMENT.search(mail.text)
