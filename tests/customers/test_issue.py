"""Issuing: one click makes, opens and sends an invitation, or hands it over; a second click does nothing."""

import json
import uuid
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from customers import custody, endings, invitations, places
from customers.invitations import Draft
from customers.models import Customer, Invitation, InvitationLink, InvitationState
from customers.models.invitation import LONGEST_WAIT
from customers.terms import MOST_RESELLERS, Recipient, Terms, end_of, usual_opening
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Activity, MailText, Message, Partner, Partnership


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


# --- several resellers at once -----------------------------------------------------------------


@pytest.fixture
def to_each(handed_terms: Terms, adventure_partnership: Partnership) -> list[Terms]:
    """The same terms for Fabrikam and for Adventure, each looking after its own customers."""
    other = replace(handed_terms, partnership=adventure_partnership, reseller=adventure_partnership.reseller)
    return [replace(one, places=3) for one in (handed_terms, other)]


def test_issue_to_each_hands_over_one_invitation_for_each_and_tells_neither_of_the_other(
    northwind: Partner, to_each: list[Terms], luca: Actor, ada: Actor, anna: Actor, now: datetime, log: Any
) -> None:
    first, second = invitations.issue_to_each(northwind, to_each, by=anna, at=now)
    assert [one.partnership for one in (first, second)] == [one.partnership for one in to_each]
    for actor, mine in ((luca, first), (ada, second)):
        assert list(Invitation.objects.visible_to(actor)) == [mine]
        (row,) = Activity.objects.visible_to(actor)
        assert (row.verb, row.object_ref) == (invitations.Verb.HANDED_OVER, mine.pk)
    assert {mail.to for mail in Message.objects.all()} == {luca.email, ada.email}
    assert log.whole()


def test_issue_to_each_happens_whole_or_not_at_all(
    northwind: Partner, to_each: list[Terms], anna: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=to_each[1].partnership.reseller_id).update(status="suspended")  # type: ignore[union-attr]
    to_each[1].partnership.refresh_from_db()  # type: ignore[union-attr]
    with pytest.raises(Refused, match="suspended"):
        invitations.issue_to_each(northwind, to_each, by=anna, at=now)
    assert not Invitation.objects.exists()
    assert not Message.objects.exists()


def test_issue_to_each_refused_for_the_same_form(
    northwind: Partner, to_each: list[Terms], anna: Actor, now: datetime
) -> None:
    form = uuid.uuid4()
    made = invitations.issue_to_each(northwind, to_each, by=anna, at=now, form=form)
    assert [one.form for one in made] == invitations.marks(form, to_each)
    with pytest.raises(Refused, match="already been made"):
        invitations.issue_to_each(northwind, to_each, by=anna, at=now, form=form)
    assert Invitation.objects.count() == 2


def test_issue_to_each_refuses_what_the_provider_sends_itself(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="one address"):
        invitations.issue_to_each(northwind, [terms], by=anna, at=now)


def test_several_are_refused_for_one_customer_and_beyond_the_most(
    northwind: Partner, to_each: list[Terms], contoso: Customer, anna: Actor, now: datetime
) -> None:
    for_one = [replace(one, customer=contoso, places=1) for one in to_each]
    with pytest.raises(Refused, match="through one reseller"):
        invitations.issue_to_each(northwind, for_one, by=anna, at=now)
    for number in (0, MOST_RESELLERS + 1):
        with pytest.raises(Refused, match=f"Choose between 1 and {MOST_RESELLERS}"):
            invitations.issue_to_each(northwind, to_each[:1] * number, by=anna, at=now)


# --- terms -------------------------------------------------------------------------------------


def test_invitation_made_for_one_customer_has_one_place(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="has one place"):
        invitations.make(northwind, replace(terms, places=2), by=anna, at=now)


def test_wait_is_counted_in_the_providers_days(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    today = now.astimezone(northwind.zone).date()
    longest = end_of(today + timedelta(days=LONGEST_WAIT), northwind)
    assert invitations.make(northwind, replace(terms, expires_at=longest), by=anna, at=now).is_draft
    with pytest.raises(Refused, match="at most 730 days"):
        invitations.make(
            northwind, replace(terms, expires_at=longest + timedelta(minutes=1)), by=anna, at=now
        )
    with pytest.raises(Refused, match="in the future"):
        invitations.make(northwind, replace(terms, expires_at=now), by=anna, at=now)


def test_usual_opening_is_the_companys_own_or_ours(northwind: Partner, tailspin: Partner) -> None:
    MailText.objects.create(partner=northwind, event="invitation", language="it", opening="Nostre.")
    assert usual_opening(northwind, "it") == "Nostre."
    assert usual_opening(northwind, "en") == usual_opening(tailspin, "en") != ""


# --- drafts ------------------------------------------------------------------------------------


@pytest.fixture
def draft(northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime) -> Invitation:
    """Northwind's draft for Contoso."""
    return invitations.make(northwind, terms, to=to_carla, by=anna, at=now)


def as_read(draft: Invitation) -> Draft:
    """Return a draft as a form holds it."""
    return Draft(draft.pk, draft.version)


def test_save_over_a_draft_changes_it_and_logs_that(
    draft: Invitation, northwind: Partner, terms: Terms, agent: Actor, now: datetime, log: Any
) -> None:
    changed = replace(terms, opening="Other words.", customer=None)
    (saved,) = invitations.save(northwind, [changed], to=None, by=agent, at=now, draft=as_read(draft))
    assert (saved.pk, saved.opening, saved.customer, saved.draft_email, saved.version) == (
        draft.pk,
        "Other words.",
        None,
        "",
        2,
    )
    assert log.last().verb == invitations.Verb.CHANGED
    assert log.names(saved)


def test_save_over_a_draft_without_a_difference_writes_nothing(
    draft: Invitation, northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    stale = Draft(draft.pk, 7)
    (saved,) = invitations.save(northwind, [terms], to=to_carla, by=anna, at=now, draft=stale)
    assert saved.version == 1
    assert Activity.objects.count() == 1


def test_save_refused_over_a_draft_somebody_else_changed(
    draft: Invitation, northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    seen = as_read(draft)
    theirs, mine = (replace(terms, opening=words) for words in ("Theirs.", "Mine."))
    invitations.save(northwind, [theirs], to=to_carla, by=anna, at=now, draft=seen)
    with pytest.raises(Stale):
        invitations.save(northwind, [mine], to=to_carla, by=anna, at=now, draft=seen)
    with pytest.raises(Stale):
        invitations.issue(northwind, mine, to=to_carla, by=anna, at=now, draft=seen)
    draft.refresh_from_db()
    assert (draft.opening, draft.status) == ("Theirs.", "draft")


def test_save_refused_over_what_is_no_draft_any_more(
    draft: Invitation, northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    invitations.withdraw(draft, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        invitations.save(northwind, [terms], to=to_carla, by=anna, at=now, draft=as_read(draft))


def test_another_provider_writes_over_no_draft(
    draft: Invitation, tailspin: Partner, terms: Terms, tom: Actor, now: datetime
) -> None:
    mine = replace(terms, customer=None)
    with pytest.raises(Refused, match="Only the company whose part this is"):
        invitations.save(tailspin, [mine], to=None, by=tom, at=now, draft=as_read(draft))


def test_issue_of_a_draft_sends_it_once(
    draft: Invitation, northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    sent = invitations.issue(northwind, terms, to=to_carla, by=anna, at=now, draft=as_read(draft))
    assert (sent.pk, sent.links.get().email) == (draft.pk, to_carla.email)
    with pytest.raises(Refused, match="already open"):
        invitations.issue(northwind, terms, to=to_carla, by=anna, at=now, draft=as_read(draft))
    assert Invitation.objects.count() == 1


def test_draft_gone_on_with_becomes_the_first_of_several(
    draft: Invitation, northwind: Partner, to_each: list[Terms], anna: Actor, now: datetime
) -> None:
    made = invitations.issue_to_each(northwind, to_each, by=anna, at=now, draft=as_read(draft))
    assert made[0].pk == draft.pk
    assert [one.status for one in made] == ["open", "open"]


def test_open_of_a_draft_sends_it_to_whom_it_names(
    draft: Invitation, to_carla: Recipient, anna: Actor, now: datetime, log: Any
) -> None:
    invitations.open_(draft, by=anna, at=now)
    draft.refresh_from_db()
    link = draft.links.get()
    assert (link.email, link.company) == (to_carla.email, to_carla.company)
    assert (draft.draft_email, draft.draft_company) == ("", "")  # the link takes over
    assert log.last().verb == custody.Verb.SENT
    assert log.names(draft, link)
