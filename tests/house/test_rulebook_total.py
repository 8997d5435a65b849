"""Every edition says something of every case; what it says is held in `tests/subscriptions`."""

import pytest

from subscriptions.editions import EDITIONS
from subscriptions.rulebook import table
from subscriptions.vocabulary import Billing, Channel


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_pair_of_channel_and_billing_has_an_open_path(edition: str) -> None:
    opened = {(row.channel, row.billing) for row in table(edition) if row.open}
    assert opened == {(channel, billing) for channel in Channel for billing in Billing}


@pytest.mark.parametrize("edition", EDITIONS)
def test_every_row_is_the_only_one_of_its_kind_and_says_why(edition: str) -> None:
    rows = table(edition)
    kinds = [(row.channel, row.billing, row.path, row.when, row.direction) for row in rows]
    assert len(set(kinds)) == len(kinds)
    assert [row for row in rows if not str(row.reason) or not str(row.source)] == []
