"""Two workers in the same minute: each person gets one summary, each move one reminder."""

from datetime import datetime, timedelta
from functools import partial

import pytest

from customers.models import Contact, Customer
from partners.actor import Actor
from partners.models import Activity, Message
from subscriptions import digests, move_mails, reminders
from subscriptions.models import Digest
from subscriptions.models.move import MoveQuerySet
from subscriptions.vocabulary import AutoRenew, Path
from tests.factories import MoveFactory, SubscriptionFactory
from tests.races.together import meet_before, together, without_constraint

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def morning(anna: Actor, contoso: Customer, now: datetime) -> datetime:
    """The next morning, with something to tell Anna."""
    SubscriptionFactory(customer=contoso, term_end=None)
    return now + timedelta(days=1)


def test_two_workers_write_one_summary(morning: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_before(monkeypatch, digests, "part_of")
    assert sorted(together(*[partial(digests.send, morning)] * 2)) == [0, 1]
    assert Message.objects.filter(event="subscriptions/digest").count() == 1


def test_control_two_workers_write_one_summary(morning: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_before(monkeypatch, digests, "part_of")
    with without_constraint(Digest, "digest_one_a_day"):
        together(*[partial(digests.send, morning)] * 2)
        assert Message.objects.filter(event="subscriptions/digest").count() == 2


@pytest.fixture
def near(contoso: Customer, confirmed: Contact, now: datetime) -> datetime:
    """A month before the end of a term that Contoso chose to wait for."""
    row = SubscriptionFactory(customer=contoso, auto_renew=AutoRenew.NO)
    move = MoveFactory(subscription=row, path=Path.WAIT_OR_CANCEL, done=1)
    move.steps.exclude(outcome="").update(choice="wait")
    assert row.term_end is not None
    return now + (row.term_end - now.date()) - timedelta(days=30)


def test_two_workers_remind_once(near: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_before(monkeypatch, move_mails, "deadline_near")
    assert sorted(together(*[partial(reminders.remind, near)] * 2)) == [0, 1]
    assert Message.objects.filter(event="subscriptions/deadline_yours").count() == 1
    assert Activity.objects.filter(verb="move.reminded").count() == 1


def test_control_two_workers_remind_once(near: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    meet_before(monkeypatch, move_mails, "deadline_near")
    monkeypatch.setattr(MoveQuerySet, "update", lambda rows, **values: 1)  # as if nobody had marked it
    together(*[partial(reminders.remind, near)] * 2)
    assert Message.objects.filter(event="subscriptions/deadline_yours").count() == 2
