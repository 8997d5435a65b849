"""What the worker does row by row: a mistake in one row, or in one duty, stops no other."""

import logging
from collections.abc import Callable, Iterable
from typing import TypeVar

from django.db import InterfaceError, OperationalError

AT_ONCE = 500  # rows of one kind in one round: the mail never waits long, the next minute does the rest

Row = TypeVar("Row")
logger = logging.getLogger("multicanale.worker")


def each(rows: Iterable[Row], act: Callable[[Row], int]) -> int:
    """Act on each row; return the sum of what came of it. A database that goes away ends the round.

    Whatever else fails is a mistake of ours: it is told in full, and whoever comes after has its turn.
    """
    done = 0
    for row in rows:
        try:
            done += act(row)
        except (OperationalError, InterfaceError):
            raise
        except Exception:  # the one place that catches all: above it, one row would stop the mail
            name = getattr(getattr(act, "func", act), "__module__", "")
            logger.exception("a duty of %s failed on %s", name, getattr(row, "pk", row))
    return done
