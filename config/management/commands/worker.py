"""The worker: delivers the mail, and does what is due because time has passed."""

import logging
import signal
import time
from argparse import ArgumentParser
from collections.abc import Callable
from datetime import datetime, timedelta
from types import FrameType
from typing import Any

from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections
from django.utils import timezone

from customers import expiries, handovers, privileges, renewals, warnings
from partners import (
    accounts,  # noqa: F401 - it tells the secret of the reset mail
    joining,
    mail,
    onboarding,
    partnerships,
)
from partners.duties import each
from partners.models import Heartbeat
from subscriptions import digests, moves, reminders, snoozes, transfers

# Each moves to "lapsed" what nobody answered in time, or tells of what has come near. Nothing waits on them:
# past dates count at once.
TIDIES: tuple[Callable[[datetime], int], ...] = (
    partnerships.tidy,
    onboarding.tidy,
    joining.tidy,
    snoozes.tidy,
    transfers.remind,
    transfers.tidy,
    expiries.remind,
    expiries.tidy,
    handovers.tidy,  # before the offers that go with it
    privileges.tidy,
    renewals.tidy,
    moves.settle,
    warnings.warn,
    reminders.remind,
    digests.send,  # last: it tells of what the others did
)
PAUSE = 1.0  # seconds between two looks when nothing was due
AFTER_TROUBLE = 5.0

logger = logging.getLogger("multicanale.worker")


class Bell:
    """What a signal rings. A plain flag: the lock of a threading.Event could be held by the very thread the
    signal interrupts, which would then wait for itself for ever.
    """

    def __init__(self) -> None:
        self.rung = False

    def ring(self) -> None:
        """Ask the worker to end."""
        self.rung = True

    def is_set(self) -> bool:
        """Say whether it was rung."""
        return self.rung

    def wait(self, seconds: float) -> None:
        """Sleep so long, or until it is rung."""
        until = time.monotonic() + seconds
        while not self.rung and time.monotonic() < until:
            time.sleep(0.1)


class Command(BaseCommand):
    help = "Deliver the mail and do what is due. Several workers may run; SIGTERM ends one between two mails."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take --once."""
        parser.add_argument("--once", action="store_true", help="do one round and end")

    def handle(self, *args: Any, once: bool, **options: Any) -> None:
        """Work until told to stop; a database that goes away is waited for."""
        stopping = Bell()
        if once:
            work(timezone.now())
            return
        previous = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGINT)}

        def stop(number: int, frame: FrameType | None) -> None:
            stopping.ring()

        for number in previous:
            signal.signal(number, stop)
        logger.info("the worker starts")
        try:
            keep_working(stopping)
        finally:
            for number, handler in previous.items():
                signal.signal(number, handler)
        logger.info("the worker has finished")


def keep_working(stopping: Bell) -> None:
    """Do round after round until told to stop."""
    while not stopping.is_set():
        try:
            busy = work(timezone.now(), stop=stopping.is_set)
        except (OperationalError, InterfaceError) as problem:
            logger.warning("the database does not answer: %s", type(problem).__name__)
            stopping.wait(AFTER_TROUBLE)
            continue
        finally:
            close_old_connections()
        if not busy:
            stopping.wait(PAUSE)


def work(at: datetime, *, stop: Callable[[], bool] = mail.never) -> int:
    """Do one round; return how many mails went out."""
    is_mine("worker", timedelta(seconds=10), at)  # the sign of life; one in ten seconds is enough
    sent = mail.deliver_due(at, stop=stop)
    if not stop() and is_mine("minute", timedelta(minutes=1), at):
        each(TIDIES, lambda tidy: tidy(at))
    if not stop() and is_mine("day", timedelta(days=1), at):
        call_command("clearsessions")
    return sent


def is_mine(name: str, every: timedelta, at: datetime) -> bool:
    """Say whether this worker is the one that does what comes round once in a while."""
    beat, new = Heartbeat.objects.get_or_create(name=name, defaults={"at": at})
    return new or bool(Heartbeat.objects.filter(pk=beat.pk, at__lte=at - every).update(at=at))
