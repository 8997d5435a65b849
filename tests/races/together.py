"""Ways to make two people do something at the same moment, and to see what becomes of it."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import Any

import pytest
from django.db import connection, connections, models

from partners.errors import Refused
from partners.lifecycle import Lifecycle
from partners.models import ActivityChain

PATIENCE = 1.0  # seconds one waits for another who may be kept waiting by a lock
LIMIT = 30.0

Outcome = Any  # what a story returned, or the exception it ended with


def together(*stories: Callable[[], Any]) -> list[Outcome]:
    """Tell the stories at once, each on a connection of its own; return what became of each, in order."""
    start = threading.Barrier(len(stories))

    def tell(story: Callable[[], Any]) -> Any:
        start.wait(LIMIT)
        try:
            return story()
        finally:
            connections.close_all()

    with ThreadPoolExecutor(len(stories)) as people:
        told = [people.submit(tell, story) for story in stories]
    return [each.exception(LIMIT) or each.result(LIMIT) for each in told]


def won(outcomes: list[Outcome]) -> int:
    """Return how many stories came to their end."""
    return sum(not isinstance(outcome, BaseException) for outcome in outcomes)


def one_won(outcomes: list[Outcome]) -> bool:
    """Say whether one story came to its end and every other was refused in words, not by an accident."""
    others = [outcome for outcome in outcomes if isinstance(outcome, BaseException)]
    return won(outcomes) == 1 and all(isinstance(outcome, Refused) for outcome in others)


def meet_before(patch: pytest.MonkeyPatch, place: Any, name: str, *, people: int = 2) -> None:
    """Let people who get to a function at the same time wait for each other there.

    Where a lock lets only one of them in, that one goes on alone after a moment.
    """
    inside = getattr(place, name)
    meeting = threading.Barrier(people)

    def wait_then_go_in(*args: Any, **kwargs: Any) -> Any:
        with suppress(threading.BrokenBarrierError):
            meeting.wait(PATIENCE)
        return inside(*args, **kwargs)

    patch.setattr(place, name, wait_then_go_in)


# --- taking guards away, for the controls ------------------------------------------------------


def without_locks(patch: pytest.MonkeyPatch) -> None:
    """Let nobody wait for anybody's rows but for the head of the log, which would give the others away."""
    lock = models.QuerySet.select_for_update

    def only_the_log(rows: models.QuerySet[Any], **options: Any) -> models.QuerySet[Any]:
        return lock(rows, **options) if rows.model is ActivityChain else rows.all()

    patch.setattr(models.QuerySet, "select_for_update", only_the_log)


def with_careless_moves(patch: pytest.MonkeyPatch) -> None:
    """Let a status move without a look at what it is by now."""

    def move(self: Any, target: str, **stamps: Any) -> None:
        if not self.can_move(target):
            raise Refused(self.refusal(target))
        for name, value in {"status": target, **stamps}.items():
            setattr(self, name, value)
        self.save()

    patch.setattr(Lifecycle, "move", move)


@contextmanager
def without_constraint(model: type[models.Model], name: str) -> Iterator[None]:
    """Lift one constraint; what was written meanwhile must be gone when it comes back."""
    (constraint,) = (each for each in model._meta.constraints if each.name == name)
    with connection.schema_editor() as editor:
        editor.remove_constraint(model, constraint)
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute(f'TRUNCATE "{model._meta.db_table}" CASCADE')
        with connection.schema_editor() as editor:
            editor.add_constraint(model, constraint)
