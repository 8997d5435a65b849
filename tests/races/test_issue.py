"""One form of an invitation, sent off twice at the same moment: a double click invites once.

The control takes the constraint away that says so.
"""

import uuid
from dataclasses import replace
from datetime import datetime
from functools import partial

import pytest

from customers import invitations
from customers.models import Invitation, InvitationLink
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Stale
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


# --- a draft two people go on with ---------------------------------------------------------------


def send_draft_twice(
    northwind: Partner, terms: Terms, to: Recipient, by: Actor, at: datetime
) -> list[Outcome]:
    draft = invitations.make(northwind, terms, to=to, by=by, at=at)
    read = invitations.Draft(draft.pk, draft.version)
    send = partial(invitations.issue, northwind, terms, to=to, by=by, at=at, draft=read)
    return together(send, send)


def test_two_people_send_a_draft_once(
    northwind: Partner,
    terms: Terms,
    to_carla: Recipient,
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    meet_before(monkeypatch, invitations, "_rewrite")
    assert one_won(send_draft_twice(northwind, terms, to_carla, anna, now))
    assert (Invitation.objects.count(), InvitationLink.objects.count()) == (1, 1)


def test_two_people_save_a_draft_and_one_is_told(
    northwind: Partner,
    terms: Terms,
    to_carla: Recipient,
    anna: Actor,
    now: datetime,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    draft = invitations.make(northwind, terms, to=to_carla, by=anna, at=now)
    read = invitations.Draft(draft.pk, draft.version)
    meet_before(monkeypatch, invitations, "_rewrite")
    saves = [
        partial(invitations.save, northwind, [mine], to=to_carla, by=anna, at=now, draft=read)
        for mine in (replace(terms, opening="Mine."), replace(terms, opening="Yours."))
    ]
    outcomes = together(*saves)
    assert one_won(outcomes)
    assert any(isinstance(outcome, Stale) for outcome in outcomes)
