"""What waits of transfers stands in the queues of both sides, each in its own words."""

from datetime import timedelta

from partners.actor import Actor
from subscriptions import attention, transfers
from subscriptions.attention import Kind
from tests.crossing import LICENCES, STRANGE, Crossing
from tests.subscriptions.test_transfers_by_hand import keep


def test_a_request_waits_for_both_sides_until_it_lapses(crossing: Crossing, tom: Actor) -> None:
    now = crossing.now
    crossing.ask(LICENCES, STRANGE)
    (theirs,) = attention.waiting(crossing.lucia, now).kinds[Kind.TRANSFERS]
    assert (theirs.subject, theirs.why, theirs.action) == ("Contoso (Lucerne)", "2 subscriptions.", "Answer")
    assert theirs.what == "a transfer that Northwind Traders asks for"
    assert (theirs.due, theirs.turn) == ((now + timedelta(days=30)).date(), "your turn")
    (ours,) = attention.waiting(crossing.anna, now).kinds[Kind.TRANSFERS_SENT]
    assert (ours.subject, ours.turn) == ("Contoso", "the current partner's turn")
    assert ours.what == "a transfer asked of the partner 1000003"
    assert Kind.TRANSFERS not in {item.kind for item in attention.waiting(tom, now).items()}
    later = now + timedelta(days=30)
    for who, kind in ((crossing.lucia, Kind.TRANSFERS), (crossing.anna, Kind.TRANSFERS_SENT)):
        assert attention.waiting(who, later).kinds[kind] == []


def test_what_is_answered_waits_for_nobody(crossing: Crossing) -> None:
    asked = crossing.ask()
    transfers.decline(asked, by=crossing.lucia, at=crossing.now)
    for who, kind in ((crossing.lucia, Kind.TRANSFERS), (crossing.anna, Kind.TRANSFERS_SENT)):
        assert attention.waiting(who, crossing.now).kinds[kind] == []


def test_what_is_kept_by_hand_waits_for_its_keeper_however_long(crossing: Crossing) -> None:
    keep(crossing, crossing.records(LICENCES))
    later = crossing.now + timedelta(days=45)
    (item,) = attention.waiting(crossing.anna, later).kinds[Kind.TRANSFERS_SENT]
    assert (item.turn, item.action) == ("your turn", "Note the outcome")
    assert "Lamna Healthcare" in item.what
