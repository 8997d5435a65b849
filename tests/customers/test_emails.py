"""The mails about customers: two forms of one content, one thing to do, nothing secret."""

import html
import re
import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from customers import (
    acceptances,
    custody,
    emails,
    endings,
    existing,
    expiries,
    links,
    privileges,
    requests,
)
from customers.models import Acceptance, Contact, Grant, Invitation, InvitationLink
from customers.records import Person
from customers.terms import Recipient, Terms
from partners import mail
from partners.actor import Actor
from partners.models import Message, Partnership
from tests.conftest import Mailbox
from tests.factories import CustomerFactory

TEMPLATES = Path(settings.BASE_DIR) / "templates" / "emails" / "customers"


def named_in(*modules: Path) -> list[str]:
    """Return the mails these modules write."""
    text = "".join(module.read_text(encoding="utf-8") for module in modules)
    return sorted(set(re.findall(r'"(customers/[a-z_]+)"', text)))


STORIES = Path(emails.__file__)
EVENTS = named_in(STORIES, STORIES.with_name("custody_mails.py"))  # the others have tests of their own
MOMENT = re.compile(r"\d{1,2} \w+ \d{4}, \d\d:\d\d CES?T")
EXPIRING = [
    "customers/invitation_sent",
    "customers/invitation_reminder",
    "customers/invitation_handed_over",
    "customers/acceptance_code",
    "customers/assignment_offered",
    "customers/withdrawal_code",
    "customers/page_link",
]
TYPED = "Rust & Söhne <b>www.evil.example</b>"


@pytest.fixture
def every_mail(
    luca: Actor,
    invite: Callable[..., Invitation],
    terms: Terms,
    forwarded: InvitationLink,
    answer_link: Callable[..., Acceptance],
    carla: Contact,
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    ada: Actor,
    now: datetime,
    mails: Mailbox,
) -> dict[str, Message]:
    """One mail of each kind, written by the stories that cause it, with names as hostile as names can be."""

    def to(address: str) -> InvitationLink:
        wanted = replace(terms, customer=None, opening=f"{TYPED}\nGood day")
        return custody.send(invite(wanted), to=Recipient(address, TYPED, TYPED), by=anna, at=now)

    custody.decline(to("no@contoso.example"), reason=TYPED, at=now)
    late = to("late@contoso.example")
    Message.objects.filter(pk=late.message_id).update(status=Message.Status.SENT, sent_at=now)
    expiries.remind(late.invitation.expires_at - timedelta(days=3))
    wish = requests.Wish(wants_provisioning=True, wants_support=False, places=2, note=TYPED)
    requests.refuse(requests.make(partnership, wish, by=luca, at=now), reason=TYPED, by=anna, at=now)
    doubted = answer_link(
        to("doubt@contoso.example"), email="other@elsewhere.example", company=TYPED, name=TYPED
    )
    acceptances.refuse(doubted, by=anna, at=now)
    answer_link(forwarded, name=TYPED, other_partner_families=["azure"])
    contact = Contact.objects.confirmed().get()
    for offer in partnership.assignments.order_by("pk"):
        privileges.accept(offer, by=luca, at=now)
    support = Grant.objects.get(privilege="support")
    privileges.accept(
        privileges.assign(support, adventure_partnership, by=anna, at=now), by=ada, at=now
    )  # Fabrikam hands it over
    code = privileges.ask_to_withdraw(support, contact, at=now)
    emails.page_link(contact, at=now)
    links.spend_try(code, mails.code(contact.email), at=now)
    privileges.withdraw_grant(support, contact, code, at=now)
    endings.end_partnership(partnership, by=anna, at=now)
    prospect = CustomerFactory(provider=partnership.provider, name=TYPED)
    existing.attest(
        prospect, uuid.uuid4(), Person(TYPED, "no@contoso.example", language="en"), by=anna, at=now
    )
    return {message.event: message for message in mails.all()}


def words(page: str) -> str:
    """Return what an HTML mail says, on one line."""
    body = re.sub(r"<title>.*?</title>", "", page, flags=re.S)
    return " ".join(html.unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_every_mail_has_its_three_parts_and_is_sent_by_somebody() -> None:
    found = {path.name.partition(".")[0] for path in TEMPLATES.iterdir()}
    written = named_in(*STORIES.parent.glob("*.py"))
    assert {event.partition("/")[2] for event in written} == found
    for name in found:
        for part in ("subject.txt", "txt", "html"):
            assert (TEMPLATES / f"{name}.{part}").exists()


def test_the_stories_write_every_mail(every_mail: dict[str, Message]) -> None:
    assert [event for event in EVENTS if event not in every_mail] == []


def test_both_forms_say_the_same(every_mail: dict[str, Message]) -> None:
    for event, message in every_mail.items():
        if not event.startswith("customers/"):
            continue
        shown = words(message.html)
        for line in message.text.splitlines():
            said = " ".join(line.strip().removeprefix("- ").removesuffix(":").split())
            assert said in shown or said == "--", f"{event}: {said!r} is not in {shown!r}"


def test_every_mail_says_why_it_came_and_at_most_one_thing_to_do(every_mail: dict[str, Message]) -> None:
    for event in EVENTS:
        message = every_mail[event]
        assert "You get this mail because" in message.text, event
        assert message.html.count("<a ") <= 1, event
        assert "\n" not in message.subject, event
        assert "{" not in message.text + message.html, event


@pytest.mark.parametrize("event", EXPIRING)
def test_what_expires_says_when_with_hour_and_zone(every_mail: dict[str, Message], event: str) -> None:
    message = every_mail[event]
    moments = {mark: mail.resolve(*slot) for mark, slot in message.slots.items() if slot[0] == "page_until"}
    assert MOMENT.search(mail.fill(message.text, moments))


def test_typed_words_are_text_and_nothing_else(every_mail: dict[str, Message]) -> None:
    for event in EVENTS:
        assert "<b>www" not in every_mail[event].html, event
        assert 'href="http' not in every_mail[event].html.replace('href="https://multicanale.example', ""), (
            event
        )


def test_no_secret_is_stored(every_mail: dict[str, Message], mails: Mailbox) -> None:
    for message in mails.all():
        assert "/i/" not in message.text + message.html
        assert "/my/" not in message.text + message.html
        for slot in message.slots.values():
            told = mail.resolve(*slot) if slot[0] in ("page", "ask") else ""
            assert not told or told not in message.text + message.html


def test_the_code_goes_out_without_a_word_somebody_typed(every_mail: dict[str, Message]) -> None:
    message = every_mail["customers/acceptance_code"]
    assert "evil" not in message.subject + message.text + message.html


def test_the_invitation_says_who_what_and_how_to_say_no(
    every_mail: dict[str, Message], mails: Mailbox, forwarded: InvitationLink
) -> None:
    assert forwarded.message is not None
    text = forwarded.message.text
    for said in (
        "Fabrikam, who works with Northwind Traders, sends you an invitation of Northwind Traders",
        "Provisioning, for 365 days from your answer.",
        "Support, for 365 days from your answer.",
        "You can answer until 8 June 2026, 11:30 CEST",
        "To say no, open the same page and decline. If you do nothing, nothing changes",
        "support@northwind.example",
        "because Luca Libero entered your address",
    ):
        assert said in text
    assert forwarded.message.reply_to == "luca@fabrikam.example"


def test_the_receipt_says_what_was_agreed(every_mail: dict[str, Message]) -> None:
    text = every_mail["customers/acceptance_receipt"].text
    for said in (
        "until 10 March 2027",
        "Microsoft Cloud Agreement",
        "Azure",
        "Fabrikam",
        "admin.microsoft.com",
    ):
        assert said in text


def test_the_forwarding_reseller_learns_the_state_and_not_what_was_granted(
    forwarded: InvitationLink, answer_link: Callable[..., Acceptance], luca: Actor, mails: Mailbox
) -> None:
    answer_link(forwarded)
    text = mails.last("invitation_accepted", to=luca.email).text
    assert "accepted the invitation of Northwind Traders" in text
    assert "rovisioning" not in text


def test_what_has_happened_is_told_whatever_the_address_had_today(
    link: InvitationLink, answer_link: Callable[..., Acceptance], mails: Mailbox, now: datetime
) -> None:
    while len(mails.all(to=link.email)) < mail.QUOTA - 1:
        mail.queue(
            "customers/acceptance_waits",
            to=link.email,
            language="en",
            context={"acceptance": Acceptance(company="x"), "provider": link.provider},
            notice=True,
            at=now,
        )
    answer_link(link)
    assert mails.all(event="acceptance_receipt", to=link.email)


def test_the_invitation_can_be_shown_before_it_is_sent(link: InvitationLink) -> None:
    subject, text, page = mail.preview(
        "customers/invitation_sent",
        language="en",
        context=emails.invitation_context(link),
        slots={"address": "https://multicanale.example/i/…/"},
    )
    assert subject == "Northwind Traders asks to look after your Microsoft services"
    assert "https://multicanale.example/i/…/" in text
    assert "because your address was entered to invite Contoso" in words(page)
