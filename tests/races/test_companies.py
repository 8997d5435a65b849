"""Two of staff move companies at the same moment: no cycle, no fourth level, no deadlock.

The control takes the locks away.
"""

from datetime import datetime
from functools import partial

import pytest

from partners import companies
from partners.actor import Actor
from partners.models import Partner
from tests.factories import PartnerFactory
from tests.races.together import Outcome, meet_before, one_won, together, without_locks

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def pair(now: datetime) -> tuple[Partner, Partner]:
    """Two resellers at the top."""
    return PartnerFactory(reseller=True, name="A"), PartnerFactory(reseller=True, name="B")


def cross(pair: tuple[Partner, Partner], staff: Actor, now: datetime) -> list[Outcome]:
    """Put A under B and B under A at once."""
    tell = partial(companies.move, reason="Tidied", by=staff, at=now)
    one, other = pair
    return together(partial(tell, one, other), partial(tell, other, one))


def test_two_moves_make_no_cycle(
    pair: tuple[Partner, Partner], staff: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, Partner, "refuse_parent")
    assert one_won(cross(pair, staff, now))
    assert Partner.objects.filter(parent__isnull=True, kind="indirect_reseller").count() == 1


def test_control_two_moves_make_a_cycle(
    pair: tuple[Partner, Partner], staff: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, Partner, "refuse_parent")
    without_locks(monkeypatch)
    assert not one_won(cross(pair, staff, now))
    assert not Partner.objects.filter(parent__isnull=True, kind="indirect_reseller").exists()


def deepen(pair: tuple[Partner, Partner], staff: Actor, now: datetime) -> list[Outcome]:
    """Put A, which has two levels, under B while B is put under another."""
    tell = partial(companies.move, reason="Tidied", by=staff, at=now)
    one, other = pair
    PartnerFactory(reseller=True, name="A1", parent=one)
    top = PartnerFactory(reseller=True, name="Top")
    return together(partial(tell, one, other), partial(tell, other, top))


def deepest() -> int:
    return max(row.depth_below() for row in Partner.objects.filter(parent__isnull=True))


def test_two_moves_make_no_fourth_level(
    pair: tuple[Partner, Partner], staff: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, Partner, "refuse_parent")
    assert one_won(deepen(pair, staff, now))
    assert deepest() == 3 or deepest() == 2


def test_control_two_moves_make_a_fourth_level(
    pair: tuple[Partner, Partner], staff: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, Partner, "refuse_parent")
    without_locks(monkeypatch)
    assert not one_won(deepen(pair, staff, now))
    assert deepest() == 4
