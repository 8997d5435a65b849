"""What every test stands on."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connection
from django.test import TransactionTestCase

from partners import triggers


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_triggers() -> Iterator[None]:
    """Let the flush after a test with real transactions empty the log: the sanctioned switch, for tests."""
    flush = TransactionTestCase._fixture_teardown

    def flush_suspended(case: Any) -> None:
        with triggers.suspended(connection):
            flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_suspended)
        yield
