"""States that only move one way, shown on a company and a partnership."""

from datetime import date, datetime, timedelta

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import Value

from partners.errors import Refused
from partners.lifecycle import AddDays, broke
from partners.models import Heartbeat, Membership, Message, Partner, Partnership
from tests.factories import PartnershipFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def proposal(now: datetime) -> Partnership:
    return PartnershipFactory(proposed=True)


def test_a_declared_edge_is_taken_with_its_stamps(proposal: Partnership, now: datetime) -> None:
    proposal.move(Partnership.Status.ACTIVE, answered_at=now, answered_by="Luca · Fabrikam")
    assert (proposal.status, proposal.answered_by) == ("active", "Luca · Fabrikam")
    proposal.refresh_from_db()
    assert (proposal.status, proposal.answered_at, proposal.answered_by) == ("active", now, "Luca · Fabrikam")


def test_every_other_edge_is_refused_and_nothing_changes(now: datetime) -> None:
    for start in Partnership.Status:
        for target in Partnership.Status:
            row = Partnership(status=start, pk=0)
            assert row.can_move(target) == (target in Partnership.MOVES.get(start, ()))
            if not row.can_move(target):
                with pytest.raises(Refused, match="no longer possible"):
                    row.move(target)
                assert row.status == start


def test_final_states_lead_nowhere() -> None:
    for state in ("declined", "withdrawn", "lapsed", "ended"):
        assert state not in Partnership.MOVES


def test_two_people_cannot_take_the_same_edge(proposal: Partnership, now: datetime) -> None:
    first, second = (Partnership.objects.get(pk=proposal.pk) for _ in range(2))
    first.move(Partnership.Status.DECLINED, answered_at=now, answered_by="Luca")
    with pytest.raises(Refused, match="Someone else"):
        second.move(Partnership.Status.ACTIVE, answered_at=now, answered_by="Lara")
    assert second.status == "proposed"
    proposal.refresh_from_db()
    assert (proposal.status, proposal.answered_by) == ("declined", "Luca")


def test_a_row_that_is_gone_does_not_move(proposal: Partnership, now: datetime) -> None:
    Partnership.objects.filter(pk=proposal.pk).delete()
    with pytest.raises(Refused, match="Someone else"):
        proposal.move(Partnership.Status.ACTIVE, answered_at=now, answered_by="Luca")


@pytest.mark.parametrize(
    ("change", "constraint"),
    [
        ({"status": "somewhere"}, "ps_status"),
        ({"status": "active"}, "ps_answered_when"),
        ({"answered_by": "Luca"}, "ps_answered_paired"),
        ({"status": "active", "answered_at": "now", "answered_by": ""}, "ps_answered_paired"),
        ({"ended_at": "now", "ended_by": "Luca"}, "ps_ended_when"),
    ],
)
def test_the_database_agrees(
    change: dict[str, object], constraint: str, proposal: Partnership, now: datetime
) -> None:
    values = {name: now if value == "now" else value for name, value in change.items()}
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        Partnership.objects.filter(pk=proposal.pk).update(**values)


def test_a_broken_unique_constraint_is_told_from_others(proposal: Partnership, now: datetime) -> None:
    def problem_of(**fields: object) -> IntegrityError:
        with pytest.raises(IntegrityError) as raised, transaction.atomic():
            PartnershipFactory(**fields)
        return raised.value

    twice = problem_of(provider=proposal.provider, reseller=proposal.reseller)
    alone = problem_of(provider=proposal.provider, reseller=proposal.provider)
    assert broke(twice, Partnership, "ps_one_proposed_or_active")
    assert not broke(alone, Partnership, "ps_one_proposed_or_active")
    assert not broke(twice, Membership, "membership_once")
    assert not broke(twice, Partner, "no_such_constraint")


def test_days_are_added_in_the_database() -> None:
    Heartbeat.objects.create(name="x", at="2026-01-31T00:00:00Z")
    for day, days, later in (
        (date(2026, 1, 31), 30, date(2026, 3, 2)),
        (date(2024, 2, 28), 1, date(2024, 2, 29)),
        (date(2026, 12, 31), 730, date(2028, 12, 30)),
    ):
        assert Heartbeat.objects.values_list(AddDays(Value(day), days), flat=True).get() == later


def test_every_lifecycle_declares_edges_between_its_own_states() -> None:
    for model in (Partner, Partnership, Message):
        states = {value for value, _words in model._meta.get_field("status").choices}
        assert model.MOVES.keys() <= states
        assert all(targets <= states for targets in model.MOVES.values())


def test_a_proposal_waits_thirty_days(proposal: Partnership, now: datetime) -> None:
    assert proposal.lapses_at == now + timedelta(days=30)
    assert proposal.waits_at(now + timedelta(days=30, seconds=-1))
    assert not proposal.waits_at(now + timedelta(days=30))
    assert connection.vendor in {"postgresql", "sqlite"}
