"""Nobody makes Multicanale write to a person without end, by doing and undoing the same thing."""

import json
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import custody, links, requests
from customers.custody import RESEND_GAP
from customers.models import Contact, Customer, Invitation, InvitationLink
from customers.requests import MOST_A_DAY, Wish
from customers.terms import Recipient
from partners import joining, onboarding
from partners.actor import Actor
from partners.errors import Refused
from partners.mail import QUOTA
from partners.models import Activity, Partnership, Role
from partners.onboarding import Candidate
from subscriptions import bulk_moves, moves
from subscriptions.models import Subscription
from subscriptions.vocabulary import Path
from tests.conftest import Mailbox

VICTIM = "victim@elsewhere.example"
SHARE = "Nothing more can be mailed"


def again_and_again(do: Callable[[], Any], match: str, most: int) -> int:
    """Do something until it is refused in these words, at the latest after so many times; return how many."""
    for times in range(most + 1):
        try:
            do()
        except Refused as refusal:
            if match in str(refusal):
                return times
            raise
    pytest.fail("nobody stopped it")


def test_colleague_asked_in_and_out_again(tom: Actor, mails: Mailbox, now: datetime) -> None:
    assert tom.partner is not None
    company = tom.partner

    def ask() -> None:
        invited = joining.invite(company, VICTIM, Role.VIEWER, language="en", by=tom, at=now)
        joining.withdraw(invited, by=tom, at=now)

    assert again_and_again(ask, SHARE, QUOTA) == QUOTA
    assert len(mails.all(to=VICTIM)) == QUOTA


def test_colleague_s_link_sent_again_and_again(tom: Actor, mails: Mailbox, now: datetime) -> None:
    assert tom.partner is not None
    invited = joining.invite(tom.partner, VICTIM, Role.VIEWER, language="en", by=tom, at=now)
    again_and_again(lambda: joining.resend(invited, by=tom, at=now), SHARE, QUOTA)
    assert len(mails.all(to=VICTIM)) == QUOTA


def test_reseller_invited_under_one_number_after_the_other(tom: Actor, mails: Mailbox, now: datetime) -> None:
    assert tom.partner is not None
    company, numbers = tom.partner, iter(range(5_000_000, 6_000_000))

    def ask() -> None:
        candidate = Candidate("Anybody", str(next(numbers)), "IT", VICTIM, "en")
        onboarding.start(company, candidate, by=tom, at=now)

    assert again_and_again(ask, SHARE, QUOTA) == QUOTA
    assert len(mails.all(to=VICTIM)) == QUOTA


def test_invitation_forwarded_and_withdrawn_again(
    handed: Invitation, luca: Actor, mails: Mailbox, now: datetime
) -> None:
    def ask() -> None:
        link = custody.forward(handed, to=Recipient(VICTIM, "Victim"), by=luca, at=now)
        custody.withdraw_link(link, by=luca, at=now)

    assert again_and_again(ask, SHARE, QUOTA) == QUOTA


def test_request_made_and_taken_back_again(
    partnership: Partnership, anna: Actor, luca: Actor, mails: Mailbox, now: datetime
) -> None:
    wish = Wish(wants_provisioning=True, wants_support=False, places=1, note="x")

    def ask() -> None:
        requests.withdraw(requests.make(partnership, wish, by=luca, at=now), by=luca, at=now)

    assert again_and_again(ask, "very often today", MOST_A_DAY) == MOST_A_DAY
    assert len(mails.all(event="invitation_requested", to=anna.email)) == MOST_A_DAY
    later = requests.make(partnership, wish, by=luca, at=now + timedelta(days=1, minutes=1))
    assert later.status == "requested"


def test_move_planned_and_given_up_again(
    confirmed: Contact, licences: Subscription, anna: Actor, mails: Mailbox, now: datetime
) -> None:
    """A step closed in the customer's name is always told, so that the planning has to end."""

    def plan() -> None:
        moves.abandon(moves.plan(licences, Path.REPLACE_LICENCES, by=anna, at=now), "x", by=anna, at=now)

    assert again_and_again(plan, "very often today", moves.MOST_A_DAY) == moves.MOST_A_DAY
    told = bulk_moves.plan_many([licences.pk], Path.REPLACE_LICENCES, by=anna, at=now)
    assert ["very often today" in one.refusal for one in told] == [True]
    assert moves.plan(licences, Path.REPLACE_LICENCES, by=anna, at=now + timedelta(days=1, minutes=1)).is_open


def test_holder_of_dead_and_replaced_links_asks_once(
    link: InvitationLink, anna: Actor, client: Client, now: datetime
) -> None:
    old = links.invitation_address(link).rstrip("/").rpartition("/")[2]
    custody.resend(link, by=anna, at=now + RESEND_GAP)
    before = Activity.objects.count()
    said = {client.post(reverse("customers:landing-again", args=[old])).status_code for _time in range(5)}
    assert said == {302}
    assert Activity.objects.count() == before + 1


def test_session_holds_little_of_what_wizards_are_sent(
    client_for: Callable[[Actor], Client], tom: Actor
) -> None:
    client = client_for(tom)
    for _wizard in range(12):
        address = reverse("customers:invite-leave", args=[uuid.uuid4(), "whom", "whom"])
        body = {name: ["x" * 4000] * 100 for name in ("company", "email", "partnerships", "find", "other")}
        assert client.post(address, body).status_code == 302
    assert len(json.dumps(dict(client.session.items()))) < 300_000


def test_stranger_asks_nothing_anew(client: Client, contoso: Customer) -> None:
    for token in ("1.1.x", "1.1", "x" * 300, "1.1." + "A" * 43):
        assert client.post(reverse("customers:landing-again", args=[token])).status_code == 404
    assert not Activity.objects.exists()
