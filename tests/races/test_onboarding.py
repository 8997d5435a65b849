"""A reseller's profile sent off twice at the same moment makes one account.

The control takes the lock away.
"""

import uuid
from datetime import datetime
from functools import partial

import pytest

from partners import onboarding
from partners.models import Onboarding, Partner, User
from partners.onboarding import Told
from tests.factories import OnboardingFactory
from tests.races.together import Outcome, meet_before, one_won, together, without_locks

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def invited(northwind: Partner) -> Onboarding:
    """A reseller whose link is open."""
    return OnboardingFactory(provider=northwind)


def send_twice(invited: Onboarding, now: datetime) -> list[Outcome]:
    told = Told(
        tenant_id=uuid.uuid4(),
        website="",
        support_email="",
        support_phone="",
        time_zone="Europe/Rome",
        attested=True,
        name="Paola Prose",
        password="a long walk along the canal",
    )
    send = partial(onboarding.complete, invited, told, serial=1, signed_in=None, at=now)
    return together(send, send)


def test_profile_sent_twice_makes_one_account(
    invited: Onboarding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, onboarding, "account_of")
    assert one_won(send_twice(invited, now))
    assert User.objects.filter(email=invited.email).count() == 1


def test_control_profile_sent_twice(
    invited: Onboarding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, onboarding, "_refuse_tenant")
    without_locks(monkeypatch)
    assert not one_won(send_twice(invited, now))
