"""What the worker does row by row: one that fails is told of, and stops nobody else."""

from datetime import datetime, timedelta

import pytest
from django.db import InterfaceError, OperationalError

from config.management.commands import worker
from partners import duties, mail, partnerships
from partners.models import Message, Partnership
from tests.factories import PartnershipFactory

pytestmark = pytest.mark.django_db


def test_a_row_that_fails_is_told_of_and_the_others_have_their_turn(
    now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    broken, good = (PartnershipFactory(proposed=True, proposed_at=now - timedelta(days=31)) for _ in range(2))
    lock = partnerships.lock

    def lock_unless_broken(pk: int) -> Partnership:
        row = lock(pk)
        assert pk != broken.pk
        return row

    monkeypatch.setattr(partnerships, "lock", lock_unless_broken)
    assert partnerships.tidy(now) == 1
    for row, status in ((broken, Partnership.Status.PROPOSED), (good, Partnership.Status.LAPSED)):
        row.refresh_from_db()
        assert row.status == status
    assert f"a duty of partners.partnerships failed on {broken.pk}" in caplog.text
    assert "AssertionError" in caplog.text, "a mistake of ours is loud"


def test_a_duty_that_fails_stops_neither_the_next_one_nor_the_mail(
    now: datetime, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    ticks: list[datetime] = []

    def fail(_at: datetime) -> int:
        raise ZeroDivisionError

    def note(at: datetime) -> int:
        ticks.append(at)
        return 0

    monkeypatch.setattr(worker, "TIDIES", (fail, note))
    worker.work(now)
    later = now + timedelta(minutes=1)
    message = mail.queue(
        "account/password_changed",
        to="anna@northwind.example",
        language="en",
        context={"reset_url": "https://multicanale.example/"},
        at=later,
    )
    assert worker.work(later) == 1
    message.refresh_from_db()
    assert message.status == Message.Status.SENT
    assert ticks == [now, later]
    assert [record.levelname for record in caplog.records].count("ERROR") == 2


@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError])
def test_a_database_that_goes_away_ends_the_round(trouble: type[Exception]) -> None:
    seen: list[int] = []

    def act(row: int) -> int:
        seen.append(row)
        raise trouble

    with pytest.raises(trouble):
        duties.each([1, 2], act)
    assert seen == [1]
