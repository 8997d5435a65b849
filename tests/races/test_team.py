"""Two people who change a team at once: an account admin stays, and nobody joins twice."""

from datetime import datetime
from functools import partial

import pytest

from partners import joining, newcomers, team
from partners.actor import Actor
from partners.models import Activity, Membership, Partner, Role, TeamInvitation, User
from tests.conftest import member
from tests.factories import TeamInvitationFactory
from tests.races.together import Outcome, meet_before, one_won, together, without_locks, won

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def admins(partner: Partner) -> int:
    return Membership.objects.filter(partner=partner, role=Role.ACCOUNT_ADMIN, user__is_active=True).count()


@pytest.fixture
def pair(anna: Actor, northwind: Partner) -> tuple[Actor, Actor]:
    """Northwind's last two account admins."""
    return anna, member(northwind, "Bea Backup", Role.ACCOUNT_ADMIN)


def of(actor: Actor) -> Membership:
    return Membership.objects.get(user=actor.user)


def demote_each_other(pair: tuple[Actor, Actor], now: datetime) -> list[Outcome]:
    """Let each of two account admins demote the other, in two tabs at once."""
    return together(
        *(
            partial(team.change_role, of(other), Role.VIEWER, seen=Role.ACCOUNT_ADMIN, by=by, at=now)
            for by, other in (pair, pair[::-1])
        )
    )


def test_two_last_admins_do_not_demote_each_other(
    pair: tuple[Actor, Actor], northwind: Partner, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, team, "refuse_last_admin")
    assert one_won(demote_each_other(pair, now))
    assert admins(northwind) == 1
    assert Activity.objects.count() == 1


def test_control_without_the_lock_they_do(
    pair: tuple[Actor, Actor], northwind: Partner, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    # Past the check both, and before the write: where the lock would have held one of them.
    meet_before(monkeypatch, team.emails, "role_changed")
    assert won(demote_each_other(pair, now)) == 2
    assert admins(northwind) == 0


def test_one_leaves_while_the_other_is_removed(
    pair: tuple[Actor, Actor], northwind: Partner, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    one, other = pair
    meet_before(monkeypatch, team, "refuse_last_admin")
    outcomes = together(
        partial(team.leave, of(one), by=one, at=now), partial(team.remove, of(other), by=one, at=now)
    )
    assert one_won(outcomes)
    assert admins(northwind) == 1


@pytest.fixture
def invited(northwind: Partner) -> TeamInvitation:
    return TeamInvitationFactory(partner=northwind, email="nina@northwind.example")


def join_twice(invited: TeamInvitation, now: datetime) -> list[Outcome]:
    typed = {"name": "Nina Nuova", "password": "four words are better", "serial": 1, "at": now}
    return together(*(partial(joining.join_anew, invited, **typed) for _ in range(2)))


def test_double_click_joins_once(
    invited: TeamInvitation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, newcomers, "account_of")
    assert one_won(join_twice(invited, now))
    assert Membership.objects.filter(user__email=invited.email).count() == 1


def test_double_click_without_the_lock_is_caught_by_the_constraint(
    invited: TeamInvitation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)
    meet_before(monkeypatch, newcomers, "account_of")
    assert one_won(join_twice(invited, now))
    assert User.objects.filter(email=invited.email).count() == 1


def test_withdrawn_while_joining(
    invited: TeamInvitation, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, team, "lock")
    outcomes = together(
        partial(joining.withdraw, invited, by=anna, at=now),
        partial(joining.join_anew, invited, name="Nina", password="four words are better", serial=1, at=now),
    )
    assert one_won(outcomes)
    invited.refresh_from_db()
    joined = Membership.objects.filter(user__email=invited.email).exists()
    assert invited.status == ("accepted" if joined else "withdrawn")
