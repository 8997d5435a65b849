"""Issuing: one click makes, opens and sends an invitation, or hands it over; a second click does nothing."""

import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from customers import custody, endings, invitations, places
from customers.models import Invitation, InvitationLink, InvitationState
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Message, Partner, Partnership


def test_issue_makes_opens_and_sends_in_one_row_of_the_log(
    northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    invitation = invitations.issue(northwind, terms, to=to_carla, by=anna, at=now)
    link = invitation.links.get()
    assert (invitation.status, link.status) == (Invitation.Status.OPEN, InvitationLink.Status.WAITING)
    assert (link.email, link.message.status) == (to_carla.email, Message.Status.QUEUED)
    row = Activity.objects.get()
    assert row.verb == custody.Verb.SENT
    assert row.customer_ref == terms.customer.pk  # type: ignore[union-attr]


def test_issue_copied_mails_nothing_and_says_who_took_the_link(
    northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    link = invitations.issue(northwind, terms, to=to_carla, by=anna, at=now, copied=True).links.get()
    assert (link.message.status, link.message.copied_by) == (Message.Status.NOT_MAILED, anna.stamp)


def test_issue_through_a_reseller_hands_it_over_and_writes_to_no_customer(
    northwind: Partner, handed_terms: Terms, luca: Actor, anna: Actor, now: datetime
) -> None:
    invitation = invitations.issue(northwind, handed_terms, to=None, by=anna, at=now)
    assert not invitation.links.exists()
    assert Activity.objects.get().verb == invitations.Verb.HANDED_OVER
    assert Activity.objects.visible_to(luca).exists()
    assert [mail.to for mail in Message.objects.all()] == [luca.email]


def test_issue_refused_leaves_nothing(
    northwind: Partner, terms: Terms, luca: Actor, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused):  # luca works for a reseller: he cannot answer for a customer
        invitations.issue(northwind, terms, to=Recipient(luca.email, "Contoso"), by=anna, at=now)
    assert not Invitation.objects.exists()
    assert not Activity.objects.exists()


def test_issue_refused_without_partner_center_link(
    northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    northwind.partner_center_link = ""
    northwind.save()
    with pytest.raises(Refused, match="Partner Center"):
        invitations.issue(northwind, terms, to=to_carla, by=anna, at=now)
    assert not Invitation.objects.exists()


def test_issue_refused_for_the_same_form(
    northwind: Partner, handed_terms: Terms, anna: Actor, now: datetime
) -> None:
    form = uuid.uuid4()
    invitations.issue(northwind, handed_terms, to=None, by=anna, at=now, form=form)
    with pytest.raises(Refused, match="already been made"):
        invitations.issue(northwind, handed_terms, to=None, by=anna, at=now, form=form)
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize("with_recipient", [True, False])
def test_issue_refused_when_route_and_recipient_disagree(
    northwind: Partner,
    terms: Terms,
    handed_terms: Terms,
    to_carla: Recipient,
    anna: Actor,
    now: datetime,
    with_recipient: bool,
) -> None:
    with pytest.raises(Refused):
        invitations.issue(
            northwind,
            handed_terms if with_recipient else terms,
            to=to_carla if with_recipient else None,
            by=anna,
            at=now,
        )


def test_a_link_that_died_with_its_partnership_does_not_block_the_address(
    forwarded: InvitationLink,
    northwind: Partner,
    terms: Terms,
    to_carla: Recipient,
    anna: Actor,
    now: datetime,
) -> None:
    with pytest.raises(Refused, match="already waiting"):
        places.refuse_address(northwind, to_carla.email, by=anna, at=now)
    endings.end_partnership(forwarded.invitation.partnership, by=anna, at=now)
    places.refuse_address(northwind, to_carla.email, by=anna, at=now)
    invitations.issue(northwind, terms, to=to_carla, by=anna, at=now)
    forwarded.refresh_from_db()
    assert forwarded.status == InvitationLink.Status.LAPSED
    assert ["customers.invitationlink", forwarded.pk, "lapsed"] in _changed(Activity.objects.latest("pk"))


def _changed(row: Activity) -> list[Any]:
    return json.loads(row.details)["changed"]


def test_state_says_the_same_of_one_and_of_many(
    northwind: Partner,
    terms: Terms,
    handed_terms: Terms,
    to_carla: Recipient,
    invite: Any,
    answer_link: Any,
    adventure_partnership: Partnership,
    anna: Actor,
    now: datetime,
) -> None:
    invitations.make(northwind, terms, by=anna, at=now)
    invite(terms)
    invite(handed_terms)
    invitations.withdraw(invite(terms), by=anna, at=now)
    invitations.issue(northwind, terms, to=Recipient("other@contoso.example", "Contoso"), by=anna, at=now)
    answer_link(invitations.issue(northwind, terms, to=to_carla, by=anna, at=now).links.get())
    expired = invite(terms)
    Invitation.objects.filter(pk=expired.pk).update(
        made_at=now - timedelta(days=9), expires_at=now - timedelta(days=1)
    )
    invite(replace(handed_terms, partnership=adventure_partnership, reseller=None))
    endings.end_partnership(adventure_partnership, by=anna, at=now)
    found = {row.pk: row.state_at(now) for row in Invitation.objects.select_related("partnership")}
    assert set(found.values()) == set(InvitationState)
    for state in InvitationState:
        listed = set(Invitation.objects.in_state(state, now).values_list("pk", flat=True))
        assert listed == {pk for pk, said in found.items() if said == state}, state
