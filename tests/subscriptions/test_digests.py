"""The day's summary: one a day to each person, at seven where the company is: what waits, what changed."""

import html
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Assignment, Customer, Relationship
from partners.actor import Actor
from partners.models import Membership, Message, Partner, Role, User
from subscriptions import attention, digests
from subscriptions.models import Digest
from subscriptions.vocabulary import AutoRenew, Path
from tests.conftest import TENANT, Mailbox, member
from tests.factories import (
    CustomerFactory,
    MoveFactory,
    SubscriptionFactory,
    TransferFactory,
    TransferItemFactory,
)

ROME = ZoneInfo("Europe/Rome")
TOMORROW = datetime(2026, 3, 11, 7, 0, tzinfo=ROME)  # the day after the fixed moment


@pytest.fixture
def waiting(accepted: Relationship, anna: Actor) -> Actor:
    """Anna, whose relationship with Contoso waits to be confirmed at Microsoft: every day anew."""
    return anna


def to(actor: Actor) -> list[Message]:
    """Return the summaries somebody was sent, oldest first."""
    return list(Message.objects.filter(event="subscriptions/digest", to=actor.email).order_by("pk"))


def send_daily(first: datetime, last: datetime, every: timedelta = timedelta(hours=1)) -> None:
    """Let the worker look again and again for some days."""
    at = first
    while at <= last:
        digests.send(at)
        at += every


# --- when --------------------------------------------------------------------------------------


def test_nothing_before_seven_where_the_company_is(waiting: Actor) -> None:
    assert digests.send(TOMORROW - timedelta(seconds=1)) == 0
    assert not Digest.objects.exists()
    assert digests.send(TOMORROW) == 1
    assert Digest.objects.get().on == TOMORROW.date()


def test_seven_is_that_of_the_company_worked_for_first(
    waiting: Actor, adventure: Partner, northwind: Partner
) -> None:
    northwind.time_zone = "Asia/Tokyo"
    northwind.save()
    Membership.objects.create(user=waiting.user, partner=adventure, role=Role.VIEWER)
    tokyo = datetime(2026, 3, 11, 7, 0, tzinfo=ZoneInfo("Asia/Tokyo"))
    assert digests.send(tokyo) == 1
    assert digests.send(TOMORROW) == 0  # the same day where the second company is


def test_once_a_day_however_often_the_worker_looks(waiting: Actor) -> None:
    send_daily(TOMORROW - timedelta(hours=7), TOMORROW + timedelta(hours=40))
    assert [one.on.isoformat() for one in Digest.objects.order_by("on")] == ["2026-03-11", "2026-03-12"]
    assert len(to(waiting)) == 2


@pytest.mark.parametrize("day", [datetime(2026, 3, 28, tzinfo=UTC), datetime(2026, 10, 24, tzinfo=UTC)])
def test_once_a_day_when_the_clocks_change(waiting: Actor, day: datetime) -> None:
    send_daily(day, day + timedelta(days=3) - timedelta(hours=1), timedelta(minutes=30))
    written = Digest.objects.order_by("on")
    assert len({one.on for one in written}) == len(written) == len(to(waiting)) == 3
    assert {f"{one.made_at.astimezone(ROME):%H:%M}" for one in written} == {"07:00"}


def test_worker_that_slept_for_two_days_writes_one_that_tells_of_both(
    waiting: Actor, contoso: Customer
) -> None:
    digests.send(TOMORROW)
    asleep = TOMORROW + timedelta(hours=5)
    MoveFactory(subscription__customer=contoso, decided_at=asleep)
    late = TOMORROW + timedelta(days=2, hours=3)
    assert digests.send(late) == 1
    assert Digest.objects.count() == 2
    assert "What has changed" in to(waiting)[-1].text
    digests.send(late + timedelta(days=1))
    assert "What has changed" not in to(waiting)[-1].text


def test_another_worker_finds_it_made(waiting: Actor) -> None:
    assert waiting.user is not None
    Digest.objects.create(user=waiting.user, on=TOMORROW.date(), made_at=TOMORROW)
    assert not digests._write(waiting.user.pk, on=TOMORROW.date(), at=TOMORROW)
    assert not to(waiting)


def test_mistake_about_one_person_keeps_nobody_else_from_a_summary(
    waiting: Actor, agent: Actor, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    real = digests.part_of

    def broken(actor: Actor, since: Any) -> Any:
        if actor.user == waiting.user:
            raise ValueError("no")
        return real(actor, since)

    monkeypatch.setattr(digests, "part_of", broken)
    assert digests.send(TOMORROW) == 1
    assert len(to(agent)) == 1
    assert not Digest.objects.filter(user=waiting.user).exists()  # it is tried again
    assert "failed" in caplog.text


def test_a_round_writes_to_so_many_and_the_next_to_the_rest(
    waiting: Actor, agent: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(digests, "AT_ONCE", 1)
    assert [digests.send(TOMORROW) for _round in range(3)] == [1, 1, 0]


# --- who ---------------------------------------------------------------------------------------


def test_nothing_to_tell_makes_no_mail(tom: Actor) -> None:
    assert digests.send(TOMORROW) == 0
    assert Digest.objects.get(user=tom.user).number == 0
    assert not to(tom)


def test_who_wants_none_gets_none(waiting: Actor) -> None:
    User.objects.filter(pk=waiting.user.pk).update(wants_digest=False)
    assert digests.send(TOMORROW) == 0
    assert not Digest.objects.exists()


def test_a_person_does_without_it_on_her_own_profile(
    waiting: Actor, client_for: Callable[..., Client]
) -> None:
    assert waiting.user is not None
    typed = {"name": waiting.user.name, "language": "en"}
    for sent, wanted in ((typed, False), ({**typed, "wants_digest": "on"}, True)):
        assert client_for(waiting).post(reverse("partners:profile"), sent).status_code == 302
        waiting.user.refresh_from_db()
        assert waiting.user.wants_digest is wanted


def test_who_may_not_sign_in_gets_none(waiting: Actor) -> None:
    User.objects.filter(pk=waiting.user.pk).update(is_active=False)
    assert digests.send(TOMORROW) == 0


def test_suspended_company_has_no_summary(waiting: Actor, northwind: Partner) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    assert digests.send(TOMORROW) == 0
    assert not Digest.objects.exists()


def test_who_joined_after_seven_waits_for_tomorrow_s(accepted: Relationship, northwind: Partner) -> None:
    new = member(northwind, "Nina New", Role.VIEWER)
    Membership.objects.filter(user=new.user).update(joined_at=TOMORROW)
    assert (
        not digests._unwritten("Europe/Rome", TOMORROW + timedelta(hours=1)).filter(pk=new.user.pk).exists()
    )
    digests.send(TOMORROW + timedelta(days=1))
    assert len(to(new)) == 1


# --- what --------------------------------------------------------------------------------------


def test_what_waits_is_the_queue_ten_and_the_count(
    anna: Actor, northwind: Partner, contoso: Customer
) -> None:
    SubscriptionFactory.create_batch(13, customer=contoso, term_end=None)
    digests.send(TOMORROW)
    (mail,) = to(anna)
    queue = attention.waiting(anna, TOMORROW)
    assert len(queue.items()) == 13
    assert "13 things wait" in mail.subject
    assert mail.text.count("Nobody can be warned in time.") == 10
    assert "And 3 more." in mail.text


def test_each_company_has_its_own_part(
    waiting: Actor, tailspin: Partner, northwind: Partner, mails: Mailbox
) -> None:
    SubscriptionFactory(
        customer=CustomerFactory(provider=tailspin, name="Wide World Importers"), term_end=None
    )
    Membership.objects.create(
        user=waiting.user, partner=tailspin, role=Role.VIEWER, joined_at=TOMORROW - timedelta(days=1)
    )
    digests.send(TOMORROW)
    (mail,) = to(waiting)
    northwinds, tailspins = mail.text.split("Tailspin Toys\n", 1)
    assert "Contoso" in northwinds
    assert "Wide World" in tailspins
    assert "Contoso" not in tailspins
    assert "because you work for Northwind Traders, Tailspin Toys" in mail.text


def test_changes_of_moves_since_the_last_one(anna: Actor, contoso: Customer) -> None:
    digests.send(TOMORROW)
    at = TOMORROW + timedelta(hours=2)
    one, two, three, four = SubscriptionFactory.create_batch(4, customer=contoso)
    MoveFactory(subscription=one, completed=True, ended_at=at)
    MoveFactory(subscription=two, abandoned=True, ended_at=at)
    MoveFactory(subscription=three, path=Path.REPLACE_LICENCES, decided_at=at)
    walked = MoveFactory(subscription=four, path=Path.REPLACE_LICENCES, done=2)
    walked.steps.exclude(outcome="").update(done_at=at)
    digests.send(TOMORROW + timedelta(days=1))
    text = to(anna)[-1].text
    for said in (
        "Completed by",
        "Abandoned by",
        "The customer changed its mind.",
        "Planned by",
        "Next: Accept the provider's invitation (The customer).",
        "2 steps closed. Next: Buy the subscription in CSP (The provider).",
    ):
        assert said in text
    digests.send(TOMORROW + timedelta(days=2))
    assert not to(anna)[-1].text.count("What has changed")


def test_what_a_person_did_is_no_news_to_her(anna: Actor, agent: Actor, contoso: Customer) -> None:
    at = TOMORROW - timedelta(hours=3)
    MoveFactory(subscription__customer=contoso, decided_at=at, decided_by=anna.stamp)
    long_ago = at - timedelta(days=9)
    walked = MoveFactory(subscription__customer=contoso, done=1, decided_at=long_ago)
    walked.steps.exclude(outcome="").update(done_at=at, done_user=anna.user)
    MoveFactory(
        subscription__customer=contoso,
        completed=True,
        decided_at=long_ago,
        ended_at=at,
        ended_by=anna.stamp,
    )
    since = digests._since(anna.user, TOMORROW.date(), TOMORROW)
    assert digests.part_of(anna, since).changes.number == 0
    assert digests.part_of(agent, since).changes.number == 3


@pytest.mark.parametrize(
    ("days", "told"), [(61, 0), (60, 1), (59, 0), (30, 1), (8, 0), (7, 1), (6, 0), (0, 0)]
)
def test_decisions_are_told_at_60_30_and_7_days(anna: Actor, contoso: Customer, days: int, told: int) -> None:
    day = TOMORROW.date() + timedelta(days=days)
    SubscriptionFactory(customer=contoso, term_end=day, auto_renew=AutoRenew.NO)
    since = digests._since(anna.user, TOMORROW.date(), TOMORROW)
    assert digests.part_of(anna, since).deadlines.number == told


def test_a_mark_is_told_once_also_after_a_pause(anna: Actor, contoso: Customer) -> None:
    digests.send(TOMORROW)
    day = TOMORROW.date() + timedelta(days=32)
    SubscriptionFactory(customer=contoso, term_end=day, auto_renew=AutoRenew.NO)
    send_daily(TOMORROW + timedelta(days=4), TOMORROW + timedelta(days=24), timedelta(days=1))
    assert sum("Decisions that have come near" in mail.text for mail in to(anna)) == 1


def test_transfers_of_both_sides_each_with_its_own_customer(
    anna: Actor, tom: Actor, contoso: Customer, twin: Customer
) -> None:
    asked = TransferFactory(
        customer=contoso, tenant_id=TENANT, to=twin, requested_at=TOMORROW - timedelta(hours=1)
    )
    TransferItemFactory(transfer=asked)
    digests.send(TOMORROW)
    (sent,), (received,) = to(anna), to(tom)
    assert "for Contoso: Pending" in sent.text
    assert "Tailspin" not in sent.text + sent.html
    assert "that Northwind Traders asks of you for Contoso at Tailspin: Pending" in received.text


def test_reseller_is_told_of_its_own_customers_alone(
    assigned: Assignment, luca: Actor, contoso: Customer, northwind: Partner
) -> None:
    other = CustomerFactory(provider=northwind, name="Litware")
    for customer in (contoso, other):
        MoveFactory(subscription__customer=customer, decided_at=TOMORROW - timedelta(hours=1))
    digests.send(TOMORROW)
    (mail,) = to(luca)
    assert "Contoso" in mail.text
    assert "Litware" not in mail.text


# --- how ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("language", ["en", "it"])
def test_both_forms_say_the_same_in_the_reader_s_language(
    anna: Actor, contoso: Customer, language: str
) -> None:
    User.objects.update(language=language)
    SubscriptionFactory.create_batch(12, customer=contoso, term_end=None)
    MoveFactory(subscription__customer=contoso, decided_at=TOMORROW - timedelta(hours=1))
    TransferFactory(customer=contoso, tenant_id=TENANT, requested_at=TOMORROW - timedelta(hours=1))
    SubscriptionFactory(
        customer=contoso, term_end=TOMORROW.date() + timedelta(days=30), auto_renew=AutoRenew.NO
    )
    digests.send(TOMORROW)
    (mail,) = to(anna)
    shown = " ".join(html.unescape(re.sub(r"<[^>]+>", " ", mail.html)).split())
    for line in mail.text.splitlines():
        said = " ".join(line.strip().removeprefix("- ").removesuffix(":").split())
        assert said in shown or said == "--", line
    assert mail.html.count("<a ") == 1
    assert {"en": "11 March 2026", "it": "11 marzo 2026"}[language] in mail.subject


def test_a_typed_name_is_no_link(anna: Actor, contoso: Customer) -> None:
    contoso.name = "Pay now at http://evil.example/pay"
    contoso.save()
    SubscriptionFactory(customer=contoso, term_end=None)
    MoveFactory(subscription__customer=contoso, decided_at=TOMORROW - timedelta(hours=1))
    digests.send(TOMORROW)
    (mail,) = to(anna)
    for body in (mail.text, mail.html):
        assert "Pay now" in body
        assert "http://evil" not in body


def test_a_summary_costs_the_same_for_one_thing_and_for_forty(anna: Actor, contoso: Customer) -> None:
    def fill(number: int) -> int:
        SubscriptionFactory.create_batch(number, customer=contoso, term_end=None)
        for row in SubscriptionFactory.create_batch(number, customer=contoso):
            MoveFactory(subscription=row, decided_at=TOMORROW - timedelta(hours=1))
        TransferFactory.create_batch(
            number, customer=contoso, tenant_id=TENANT, requested_at=TOMORROW - timedelta(hours=1)
        )
        SubscriptionFactory.create_batch(
            number,
            customer=contoso,
            term_end=TOMORROW.date() + timedelta(days=7),
            auto_renew=AutoRenew.NO,
        )
        Digest.objects.all().delete()
        with CaptureQueriesContext(
            connection,
        ) as run:
            digests.send(TOMORROW)
        return len(run)

    fill(1)
    few = fill(10)
    assert fill(40) == few
    assert few <= 25
