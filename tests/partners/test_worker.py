"""The worker: mail and the clock, several at once, through trouble, until told to stop."""

import os
import signal
import subprocess
import sys
import time
from datetime import datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.core import mail as wire
from django.core.management import call_command
from django.db import InterfaceError, OperationalError, connection

from config.management.commands import worker
from partners import mail
from partners.models import Heartbeat, Message, Partnership
from tests.factories import PartnershipFactory

pytestmark = pytest.mark.django_db


class Stop:
    """Stands in for the event that ends the loop: set after so many looks."""

    def __init__(self, looks: int) -> None:
        self.looks = looks
        self.waits: list[float] = []

    def is_set(self) -> bool:
        return len(self.waits) >= self.looks

    def wait(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def message(now: datetime) -> Message:
    return mail.queue(
        "account/password_changed",
        to="anna@northwind.example",
        language="en",
        context={"reset_url": "https://multicanale.example/"},
        at=now,
    )


def test_one_round_delivers_the_mail_and_shows_a_sign_of_life(message: Message, now: datetime) -> None:
    call_command("worker", "--once")
    message.refresh_from_db()
    assert message.status == "sent"
    assert Heartbeat.objects.get(name="worker").at == now


def test_the_minute_tidies_every_story_that_waits_for_time(now: datetime) -> None:
    assert {tidy.__module__ for tidy in worker.TIDIES} == {
        "partners.partnerships",
        "partners.onboarding",
        "partners.joining",
        "customers.expiries",
        "customers.handovers",
        "customers.privileges",
        "customers.renewals",
        "customers.warnings",
        "subscriptions.digests",
        "subscriptions.moves",
        "subscriptions.reminders",
        "subscriptions.snoozes",
        "subscriptions.transfers",
    }
    old = PartnershipFactory(proposed=True, proposed_at=now - timedelta(days=30))
    young = PartnershipFactory(proposed=True, proposed_at=now - timedelta(days=29))
    worker.work(now)
    old.refresh_from_db()
    young.refresh_from_db()
    assert (old.status, young.status) == (Partnership.Status.LAPSED, Partnership.Status.PROPOSED)


def test_the_minute_comes_once_a_minute_however_many_workers(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: list[datetime] = []
    monkeypatch.setattr(worker, "TIDIES", (ticks.append,))
    for seconds in (0, 0, 30, 59, 60, 60, 61, 119, 120):
        worker.work(now + timedelta(seconds=seconds))
    assert ticks == [now, now + timedelta(seconds=60), now + timedelta(seconds=120)]


def test_the_day_clears_dead_sessions(now: datetime) -> None:
    Session.objects.create(session_key="dead", session_data="", expire_date=now - timedelta(days=1))
    Session.objects.create(session_key="alive", session_data="", expire_date=now + timedelta(days=1))
    worker.work(now)
    assert list(Session.objects.values_list("session_key", flat=True)) == ["alive"]
    Session.objects.update(expire_date=now - timedelta(days=1))
    worker.work(now + timedelta(hours=23))
    assert Session.objects.exists()
    worker.work(now + timedelta(hours=24))
    assert not Session.objects.exists()


def test_told_to_stop_it_starts_nothing_new(
    message: Message, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    ticks: list[datetime] = []
    monkeypatch.setattr(worker, "TIDIES", (ticks.append,))
    assert worker.work(now, stop=lambda: True) == 0
    assert ticks == []
    assert Message.objects.due(now).exists()


@pytest.mark.parametrize("trouble", [OperationalError, InterfaceError])
def test_a_database_that_goes_away_is_waited_for(
    trouble: type[Exception], monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = iter([trouble("postgres://user:password@host"), 0, 3, 0])

    def work(*_args: Any, **_more: Any) -> int:
        outcome = next(rounds)
        if isinstance(outcome, Exception):
            raise outcome
        return outcome

    monkeypatch.setattr(worker, "work", work)
    monkeypatch.setattr(worker, "close_old_connections", lambda: None)
    stop = Stop(3)
    worker.keep_working(stop)  # type: ignore[arg-type]
    assert stop.waits == [worker.AFTER_TROUBLE, worker.PAUSE, worker.PAUSE], "no pause after a busy round"
    assert "does not answer" in caplog.text
    assert "password" not in caplog.text


def test_a_mistake_of_ours_is_loud(monkeypatch: pytest.MonkeyPatch) -> None:
    def work(*_args: Any, **_more: Any) -> int:
        raise ZeroDivisionError

    monkeypatch.setattr(worker, "work", work)
    with pytest.raises(ZeroDivisionError):
        worker.keep_working(Stop(1))  # type: ignore[arg-type]


def test_every_secret_of_every_mail_has_its_teller() -> None:
    import_module("config.management.commands.worker")
    assert {"password_reset", "invitation", "code", "page", "ask"} <= mail._tellers.keys()


@pytest.mark.django_db(transaction=True)
def test_a_real_worker_delivers_and_ends_when_told(message: Message, tmp_path: Path) -> None:
    """Run the command as a process: it finds the mail, sends it, and SIGTERM ends it with success."""
    database = connection.settings_dict
    url = f"sqlite:///{database['NAME']}"
    if connection.vendor == "postgresql":
        account = f"{database['USER']}:{database['PASSWORD']}"
        url = f"postgres://{account}@{database['HOST']}:{database['PORT']}/{database['NAME']}"
    process = subprocess.Popen(
        [sys.executable, "manage.py", "worker"],
        cwd=settings.BASE_DIR,
        env={
            **os.environ,
            "DJANGO_SETTINGS_MODULE": "config.settings",
            "DEBUG": "off",
            "SECRET_KEY": settings.SECRET_KEY,
            "SITE_URL": settings.SITE_URL,
            "ALLOWED_HOSTS": "testserver",
            "DATABASE_URL": url,
            "CACHE_URL": "locmemcache://",
            "EMAIL_URL": f"filemail:///{tmp_path}",
        },
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 30
        while not list(tmp_path.iterdir()) and time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.1)
        process.send_signal(signal.SIGTERM)
        _output, errors = process.communicate(timeout=20)
    finally:
        process.kill()
    assert process.returncode == 0, errors.decode()
    assert b"the worker has finished" in errors
    assert len(list(tmp_path.iterdir())) == 1
    assert wire.outbox == []
    message.refresh_from_db()
    assert message.status == "sent"
    assert Heartbeat.objects.filter(name="worker").exists()
