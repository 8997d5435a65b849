"""What random walks share: acts held against an oracle, time that passes, what is true after each of them.

`WALKS=5000` in the environment walks that many lives, `WALK_STEPS=200` longer ones, instead of the few of
every day.
"""

import os
from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, ClassVar

import time_machine
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant

from partners import activity
from partners.errors import Refused
from partners.models import Activity, Message
from subscriptions.models import Move, Transfer, TransferItem
from tests.conftest import MOMENT

SOME = st.integers(0, 59)  # one of however many there are
WALK = settings(
    max_examples=int(os.environ.get("WALKS", "8")),
    stateful_step_count=int(os.environ.get("WALK_STEPS", "40")),
    derandomize=True,
    database=None,
    deadline=None,
    print_blob=False,
    suppress_health_check=list(HealthCheck),
)


class Lives(RuleBasedStateMachine):
    """One life of the cast: whoever does whatever, whenever; nothing of it is kept."""

    tally: ClassVar[Counter[str]] = Counter()

    def __init__(self) -> None:
        super().__init__()
        self.transaction = transaction.atomic()
        self.transaction.__enter__()
        self.at = MOMENT
        self.clock = time_machine.travel(self.at, tick=False)
        self.clock.start()
        self.behind: dict[int, int] = {}  # of each move, how many steps are closed
        self.finals: dict[tuple[str, int], str] = {}  # of what has ended, how
        self.going = 0  # how many moves are open

    def teardown(self) -> None:
        assert not activity.verify_all()  # nothing is ever changed: whole now is whole all along
        self.clock.stop()
        transaction.set_rollback(True)
        self.transaction.__exit__(None, None, None)

    def attempt(self, name: str, expected: bool | None, act: Callable[[], Any], rows: int = 1) -> bool:
        """Do it; hold the answer against the oracle's, and what was written against what had to be.

        A refusal writes nothing; a story writes this many rows of the log.
        """
        before, refusal = (Activity.objects.count(), Message.objects.count()), ""
        try:
            with transaction.atomic():
                act()
        except Refused as said:
            refusal = str(said)
            self.tally[f"{name}: refused"] += 1
        if refusal:
            assert expected is not True, f"{name} was refused: {refusal}"
            assert (Activity.objects.count(), Message.objects.count()) == before
            return False
        assert expected is not False, f"{name} should have been refused"
        assert Activity.objects.count() == before[0] + rows, f"{name} wrote another number of rows"
        self.tally[name] += 1
        return True

    def pass_time(self, **gone: float) -> datetime:
        """Let time pass, a few minutes unless told otherwise; return the moment it is."""
        self.at += timedelta(**gone) if gone else timedelta(minutes=7)
        self.clock.stop()
        self.clock = time_machine.travel(self.at, tick=False)
        self.clock.start()
        return self.at

    def one_of(self, rows: Any, number: int) -> Any:
        """Return one of these rows, the same for the same number; None if there are none."""
        found = list(rows.order_by("pk"))
        return found[number % len(found)] if found else None

    @invariant()
    def one_move_and_no_transfer_at_once(self) -> None:
        """A subscription has one open move, and none while a transfer of it waits."""
        moving = list(Move.objects.open().values_list("subscription", flat=True))
        assert len(moving) == len(set(moving))
        self.going = len(moving)
        waiting = TransferItem.objects.filter(
            status="requested", transfer__in=Transfer.objects.pending(self.at)
        )
        asked = {pk for pair in waiting.values_list("subscription", "source") for pk in pair}
        assert not asked & set(moving)

    @invariant()
    def steps_close_in_order_and_stay_closed(self) -> None:
        """What is closed is the beginning of the walk, and it only grows."""
        for move in Move.objects.prefetch_related("steps"):
            outcomes = [bool(step.outcome) for step in move.steps.all()]
            assert outcomes == sorted(outcomes, reverse=True)
            assert sum(outcomes) >= self.behind.get(move.pk, 0)
            self.behind[move.pk] = sum(outcomes)
            assert (move.status == "completed") == all(outcomes) or move.status == "abandoned"
            assert move.status != "planned" or move.next is not None

    @invariant()
    def what_ended_stays_ended(self) -> None:
        """Terminal statuses are final."""
        now = {
            **{("move", row.pk): row.status for row in Move.objects.all()},
            **{("transfer", row.pk): row.status for row in Transfer.objects.all()},
            **{("item", row.pk): row.status for row in TransferItem.objects.all()},
        }
        assert {key: now[key] for key in self.finals} == self.finals
        going = {"planned", "in_progress", "pending", "requested"}
        self.finals = {key: status for key, status in now.items() if status not in going}
