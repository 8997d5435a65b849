"""One form of an invitation, sent off twice at the same moment: a double click invites once.

The control takes the constraint away that says so.
"""

import uuid
from datetime import datetime
from functools import partial

import pytest

from customers import invitations
from customers.models import Invitation
from customers.terms import Terms
from partners.actor import Actor
from partners.models import Activity, Partner
from tests.races.together import Outcome, meet_before, one_won, together, without_constraint

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


def click_twice(northwind: Partner, terms: Terms, anna: Actor, now: datetime) -> list[Outcome]:
    click = partial(invitations.issue, northwind, terms, to=None, by=anna, at=now, form=uuid.uuid4())
    return together(click, click)


def handed_over_once(outcomes: list[Outcome]) -> bool:
    return one_won(outcomes) and (Invitation.objects.count(), Activity.objects.count()) == (1, 1)


def test_two_clicks_hand_over_once(
    northwind: Partner, handed_terms: Terms, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, invitations, "_new")
    assert handed_over_once(click_twice(northwind, handed_terms, anna, now))


def test_control_two_clicks(
    northwind: Partner, handed_terms: Terms, anna: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet_before(monkeypatch, invitations, "_new")
    with without_constraint(Invitation, "inv_one_per_form"):
        assert not handed_over_once(click_twice(northwind, handed_terms, anna, now))
