"""A profile sent off twice, or two of one address, at the same moment make one account.

The control takes the refusal away.
"""

import uuid
from datetime import datetime
from functools import partial

import pytest

from partners import newcomers, onboarding
from partners.models import Onboarding, Partner, User
from partners.onboarding import Told
from tests.factories import OnboardingFactory
from tests.races.together import Outcome, meet_before, one_won, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def invited(northwind: Partner) -> Onboarding:
    """A reseller whose link is open."""
    return OnboardingFactory(provider=northwind)


def send_twice(*rows: Onboarding, at: datetime) -> list[Outcome]:
    """Let each complete its profile at the same time; the tenants are two companies'."""
    told = [
        Told(
            tenant_id=uuid.uuid4(),
            website="",
            support_email="",
            support_phone="",
            time_zone="Europe/Rome",
            attested=True,
            name="Paola Prose",
            password="a long walk along the canal",
        )
        for _row in rows
    ]
    return together(
        *(
            partial(onboarding.complete, row, one, serial=1, signed_in=None, at=at)
            for row, one in zip(rows, told, strict=True)
        )
    )


def test_profile_sent_twice_makes_one_account(
    invited: Onboarding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, onboarding, "_refuse_tenant")
    assert one_won(send_twice(invited, invited, at=now))
    assert User.objects.filter(email=invited.email).count() == 1


def test_two_providers_invitations_of_one_address_make_one_account(
    invited: Onboarding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OnboardingFactory(email=invited.email)
    meet_before(monkeypatch, newcomers, "account_of")
    assert one_won(send_twice(invited, other, at=now))
    assert User.objects.filter(email=invited.email).count() == 1


def test_control_two_invitations_of_one_address(
    invited: Onboarding, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = OnboardingFactory(email=invited.email)
    meet_before(monkeypatch, newcomers, "account_of")
    monkeypatch.setattr(newcomers, "make_account", User.objects.create_user)
    assert not one_won(send_twice(invited, other, at=now))
