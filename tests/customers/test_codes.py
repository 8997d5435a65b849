"""Mailed codes: ten minutes, five tries, one use, five an hour; a refused story gives no try back."""

from datetime import datetime, timedelta

import pytest
import time_machine

from customers import acceptances, custody, links
from customers.acceptances import Answer
from customers.models import Acceptance, InvitationLink, LinkState, MailedCode, Purpose
from partners import mail
from partners.actor import Actor
from partners.errors import Refused
from tests.conftest import Mailbox
from tests.factories import MailedCodeFactory


@pytest.fixture
def code(db: None, now: datetime) -> MailedCode:
    """A code just mailed."""
    return links.make_code(Purpose.ACCEPT, 7, "carla@contoso.example", at=now)


def wrong(code: MailedCode) -> str:
    return f"{(int(links.code_digits(code)) + 1) % 1_000_000:06d}"


def test_code_is_six_digits_and_not_in_the_row(code: MailedCode) -> None:
    digits = links.code_digits(code)
    assert len(digits) == 6
    assert digits.isdigit()
    assert digits not in str(vars(code))


def test_codes_differ(now: datetime, db: None) -> None:
    made = {links.code_digits(MailedCodeFactory()) for _ in range(20)}
    assert len(made) > 15


def test_right_code_is_taken_however_it_is_spaced(code: MailedCode, now: datetime) -> None:
    digits = links.code_digits(code)
    links.spend_try(code, f" {digits[:3]} {digits[3:]} ", at=now)
    links.use_code(code, at=now)
    code.refresh_from_db()
    assert code.used_at == now


def test_code_that_nobody_typed_completes_nothing(code: MailedCode, now: datetime) -> None:
    with pytest.raises(Refused, match="no longer valid"):
        links.use_code(code, at=now)
    with pytest.raises(Refused):
        links.spend_try(code, wrong(code), at=now)
    with pytest.raises(Refused, match="no longer valid"):
        links.use_code(code, at=now)


def test_wrong_code_says_how_many_tries_are_left(code: MailedCode, now: datetime) -> None:
    said = []
    for _ in range(6):
        with pytest.raises(Refused) as refusal:
            links.spend_try(code, wrong(code), at=now)
        said.append(str(refusal.value))
    assert said == [
        "This is not the code we mailed. 4 tries are left.",
        "This is not the code we mailed. 3 tries are left.",
        "This is not the code we mailed. 2 tries are left.",
        "This is not the code we mailed. 1 try is left.",
        "This is not the code, and it has been tried too often. Ask for a new one.",
        "This code is no longer valid. Ask for a new one.",
    ]


def test_right_code_comes_too_late_after_five_wrong_ones(code: MailedCode, now: datetime) -> None:
    for _ in range(5):
        with pytest.raises(Refused):
            links.spend_try(code, wrong(code), at=now)
    with pytest.raises(Refused, match="no longer valid"):
        links.spend_try(code, links.code_digits(code), at=now)
    code.refresh_from_db()
    assert (code.tries, code.is_dead(now)) == (5, True)


def test_right_code_is_taken_at_the_fifth_try(code: MailedCode, now: datetime) -> None:
    for _ in range(4):
        with pytest.raises(Refused):
            links.spend_try(code, wrong(code), at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    links.use_code(code, at=now)


@pytest.mark.parametrize("typed", ["", "abcdef", "٠١٢٣٤٥", "²²²²²²", "0" * 10_000, "\0"])
def test_nonsense_costs_a_try(typed: str, code: MailedCode, now: datetime) -> None:
    with pytest.raises(Refused, match="4 tries are left"):
        links.spend_try(code, typed, at=now)


def test_code_lives_ten_minutes(code: MailedCode, now: datetime) -> None:
    digits, end = links.code_digits(code), now + timedelta(minutes=10)
    links.spend_try(code, digits, at=end - timedelta(seconds=1))
    assert not code.is_dead(end - timedelta(seconds=1))
    assert code.is_dead(end)
    with pytest.raises(Refused, match="no longer valid"):
        links.spend_try(code, digits, at=end)
    with pytest.raises(Refused, match="no longer valid"):
        links.use_code(code, at=end)


def test_code_is_used_once(code: MailedCode, now: datetime) -> None:
    links.spend_try(code, links.code_digits(code), at=now)
    links.use_code(code, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        links.use_code(code, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        links.spend_try(code, links.code_digits(code), at=now)


def test_sixth_code_within_the_hour_is_refused_for_the_same_object(code: MailedCode, now: datetime) -> None:
    for _ in range(4):
        links.make_code(Purpose.ACCEPT, 7, "other@contoso.example", at=now)
    with pytest.raises(Refused, match="Too many codes"):
        links.make_code(Purpose.ACCEPT, 7, "third@contoso.example", at=now)
    links.make_code(Purpose.ACCEPT, 8, "carla@contoso.example", at=now)
    links.make_code(Purpose.WITHDRAW_GRANT, 7, "carla@contoso.example", at=now)
    with pytest.raises(Refused, match="Too many codes"):
        links.make_code(Purpose.ACCEPT, 7, "carla@contoso.example", at=now + timedelta(minutes=59))
    links.make_code(Purpose.ACCEPT, 7, "carla@contoso.example", at=now + timedelta(hours=1))


def test_code_that_died_before_delivery_is_not_mailed(code: MailedCode, now: datetime) -> None:
    assert links.fill_code(str(code.key)) == links.code_digits(code)
    with time_machine.travel(code.expires_at, tick=False), pytest.raises(mail.Gone):
        links.fill_code(str(code.key))
    links.kill_code(code, at=now)
    with pytest.raises(mail.Gone):
        links.fill_code(str(code.key))


def test_new_code_kills_the_old_one(
    link: InvitationLink, answer: Answer, mails: Mailbox, now: datetime
) -> None:
    acceptance = acceptances.start(links.Opened(link, LinkState.LIVE), answer, at=now)
    old = acceptance.code
    acceptances.send_new_code(acceptance, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        links.spend_try(old, links.code_digits(old), at=now)
    links.spend_try(acceptance.code, mails.code(to=answer.email), at=now)
    acceptances.accept(acceptance, at=now)


def test_new_code_is_refused_once_answered_or_dead(
    link: InvitationLink, answer: Answer, acceptance: Acceptance, now: datetime
) -> None:
    with pytest.raises(Refused):
        acceptances.send_new_code(acceptance, at=now)


def test_new_code_is_refused_for_a_dead_link(link: InvitationLink, answer: Answer, now: datetime) -> None:
    acceptance = acceptances.start(links.Opened(link, LinkState.LIVE), answer, at=now)
    with pytest.raises(Refused, match="has expired"):
        acceptances.send_new_code(acceptance, at=link.invitation.expires_at)


@pytest.mark.django_db(transaction=True)
def test_try_stays_spent_when_the_story_after_it_refuses(
    link: InvitationLink, answer: Answer, anna: Actor, now: datetime
) -> None:
    acceptance = acceptances.start(links.Opened(link, LinkState.LIVE), answer, at=now)
    links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=now)
    custody.withdraw_link(link, by=anna, at=now)
    with pytest.raises(Refused, match="withdrawn"):
        acceptances.accept(acceptance, at=now)
    code = MailedCode.objects.get(pk=acceptance.code_id)
    assert (code.tries, code.used_at) == (1, None)


@pytest.mark.django_db(transaction=True)
def test_wrong_try_stays_spent(now: datetime) -> None:
    code = links.make_code(Purpose.ACCEPT, 7, "carla@contoso.example", at=now)
    with pytest.raises(Refused):
        links.spend_try(code, wrong(code), at=now)
    assert MailedCode.objects.get(pk=code.pk).tries == 1
