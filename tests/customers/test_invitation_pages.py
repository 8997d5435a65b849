"""Invitations in the browser: the list, custody, sending on, withdrawing."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import acceptances, custody, endings, invitations, links
from customers.forms import RecipientForm
from customers.models import (
    Acceptance,
    Customer,
    Invitation,
    InvitationLink,
    InvitationState,
    Relationship,
)
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.models import Message, Partner
from tests.factories import InvitationFactory, InvitationLinkFactory

SignIn = Callable[[Actor], Client]
LIST = reverse("customers:invitations")


def address(name: str, row: Any) -> str:
    return reverse(f"customers:{name}", args=[row.pk])


# --- the list ----------------------------------------------------------------------------------


def test_provider_lists_its_invitations(link: InvitationLink, viewer: Actor, client_for: SignIn) -> None:
    page = client_for(viewer).get(LIST)
    (row,) = page.context["rows"]
    assert (row.to, row.email, row.state) == ("Contoso", "carla@contoso.example", InvitationState.WAITING)
    assert (row.handed_to, row.asks) == ("", "Provisioning, Support")
    assert reverse("customers:invite") not in page.content.decode()  # a viewer makes none


def test_reseller_lists_what_was_handed_to_it_and_no_more(
    invitation: Invitation, handed: Invitation, luca: Actor, client_for: SignIn
) -> None:
    (row,) = client_for(luca).get(LIST).context["rows"]
    assert row.url == handed.get_absolute_url()
    assert row.handed_to == "Northwind Traders"


def test_stranger_lists_nothing(link: InvitationLink, tom: Actor, client_for: SignIn) -> None:
    assert client_for(tom).get(LIST).context["rows"] == []


def test_reseller_without_an_invitation_is_told_who_makes_them(luca: Actor, client_for: SignIn) -> None:
    assert "Your provider has not handed you an invitation" in client_for(luca).get(LIST).content.decode()


def test_provider_without_an_invitation_is_shown_the_first_step(anna: Actor, client_for: SignIn) -> None:
    page = client_for(anna).get(LIST).content.decode()
    assert "No invitation yet" in page
    assert "Invite the first customer" in page


def test_list_is_filtered_by_state(
    link: InvitationLink, handed: Invitation, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    assert [row.url for row in client.get(LIST, {"state": "open"}).context["rows"]] == [
        handed.get_absolute_url()
    ]
    assert client.get(LIST, {"state": "withdrawn"}).context["rows"] == []
    assert len(client.get(LIST, {"state": "nonsense"}).context["rows"]) == 2


def test_list_is_filtered_by_reseller(
    link: InvitationLink, handed: Invitation, fabrikam: Partner, anna: Actor, client_for: SignIn
) -> None:
    (row,) = client_for(anna).get(LIST, {"reseller": fabrikam.pk}).context["rows"]
    assert row.url == handed.get_absolute_url()


def test_list_goes_on_by_key(northwind: Partner, anna: Actor, client_for: SignIn) -> None:
    made = [InvitationFactory(provider=northwind).pk for _ in range(60)]
    client = client_for(anna)
    first = client.get(LIST).context
    second = client.get(LIST + first["page"].older).context
    found = [row.url for row in (*first["rows"], *second["rows"])]
    assert found == [f"{LIST}{pk}/" for pk in reversed(made)]


def test_failed_mail_shows_in_the_list(link: InvitationLink, anna: Actor, client_for: SignIn) -> None:
    Message.objects.filter(pk=link.message_id).update(status="failed", reason="mailbox is full")
    (row,) = client_for(anna).get(LIST).context["rows"]
    assert row.failed == "mailbox is full"


# --- one invitation ----------------------------------------------------------------------------


def test_page_tells_the_whole_chain(
    forwarded: InvitationLink, anna: Actor, luca: Actor, now: datetime, client_for: SignIn
) -> None:
    custody.note_fetched(forwarded, at=now)
    page = client_for(anna).get(forwarded.invitation.get_absolute_url())
    shown = page.content.decode()
    for words in (
        anna.stamp,
        "Handed to Fabrikam",
        luca.stamp,
        "Page fetched",
        "mail scanner",
        "waits to be sent",
    ):
        assert words in shown


@pytest.mark.parametrize("actor", ["anna", "luca", "fabrikam_seller"])
def test_link_is_shown_to_whoever_sends_it_on(
    forwarded: InvitationLink, actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    page = client_for(request.getfixturevalue(actor)).get(forwarded.invitation.get_absolute_url())
    assert links.invitation_address(forwarded) in page.content.decode()


@pytest.mark.parametrize("actor", ["viewer", "seller", "fabrikam_viewer"])
def test_link_is_hidden_from_who_only_reads(
    forwarded: InvitationLink, actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    page = client_for(request.getfixturevalue(actor)).get(forwarded.invitation.get_absolute_url())
    assert links.invitation_address(forwarded) not in page.content.decode()


@pytest.mark.parametrize("name", ["invitation", "invitation-withdraw"])
def test_stranger_finds_no_invitation(
    forwarded: InvitationLink, tom: Actor, wanda: Actor, client_for: SignIn, name: str
) -> None:
    for actor in (tom, wanda):
        assert client_for(actor).get(address(name, forwarded.invitation)).status_code == 404


def test_reseller_finds_nothing_once_the_partnership_has_ended(
    forwarded: InvitationLink, luca: Actor, anna: Actor, now: datetime, client_for: SignIn
) -> None:
    endings.end_partnership(forwarded.invitation.partnership, by=anna, at=now)
    assert client_for(luca).get(forwarded.invitation.get_absolute_url()).status_code == 404
    page = client_for(anna).get(forwarded.invitation.get_absolute_url())
    assert page.context["state"] == InvitationState.ENDED
    assert links.invitation_address(forwarded) not in page.content.decode()  # it is dead


def test_reseller_never_sees_who_accepted_or_what_was_answered(
    forwarded: InvitationLink, answer_link: Any, luca: Actor, anna: Actor, client_for: SignIn
) -> None:
    answer_link(forwarded, name="Paola Prova", email="paola@contoso.example")
    mine = client_for(luca).get(forwarded.invitation.get_absolute_url()).content.decode()
    assert "Accepted" in mine
    for secret in ("Paola", "paola@", "c0470500"):
        assert secret not in mine
    assert "Paola Prova" in client_for(anna).get(forwarded.invitation.get_absolute_url()).content.decode()


def test_decline_reason_is_told_to_both(
    forwarded: InvitationLink, luca: Actor, anna: Actor, now: datetime, client_for: SignIn
) -> None:
    custody.decline(forwarded, reason="We have a partner.", at=now)
    for actor in (luca, anna):
        page = client_for(actor).get(forwarded.invitation.get_absolute_url())
        assert "We have a partner." in page.content.decode()


def test_undelivered_mail_says_why(link: InvitationLink, anna: Actor, client_for: SignIn) -> None:
    Message.objects.filter(pk=link.message_id).update(status="failed", reason="no such mailbox")
    assert "no such mailbox" in client_for(anna).get(link.invitation.get_absolute_url()).content.decode()


@pytest.mark.parametrize("actor", ["viewer", "seller"])
def test_who_may_not_send_is_told_who_may(
    invitation: Invitation, actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    page = client_for(request.getfixturevalue(actor)).get(invitation.get_absolute_url())
    assert page.context["form"] is None
    assert "can send it" in page.content.decode()


# --- sending on --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "status"), [("invitation-send", "queued"), ("invitation-copy", "not_mailed")]
)
def test_provider_sends_its_own(
    invitation: Invitation, agent: Actor, client_for: SignIn, name: str, status: str
) -> None:
    typed = {"company": "Contoso", "email": "carla@contoso.example", "covering": "As agreed by phone."}
    answer = client_for(agent).post(address(name, invitation), typed)
    link = invitation.links.get()
    assert answer["Location"] == invitation.get_absolute_url()
    assert (link.made_by, link.covering) == (agent.stamp, "As agreed by phone.")
    assert link.message is not None
    assert link.message.status == status


@pytest.mark.parametrize(
    ("name", "status"), [("invitation-forward", "queued"), ("invitation-forward-copy", "not_mailed")]
)
def test_reseller_sends_on_what_it_was_handed(
    handed: Invitation, fabrikam_seller: Actor, client_for: SignIn, name: str, status: str
) -> None:
    client = client_for(fabrikam_seller)
    client.post(address(name, handed), {"company": "Contoso", "email": "carla@contoso.example"})
    link = handed.links.get()
    assert link.made_by == fabrikam_seller.stamp
    assert link.message is not None
    assert link.message.status == status


def test_reseller_changes_nothing_of_what_is_asked(
    handed: Invitation, luca: Actor, client_for: SignIn
) -> None:
    before = (
        Invitation.objects.filter(pk=handed.pk).values("asks_provisioning", "asks_support", "opening").get()
    )
    typed = {"company": "Contoso", "email": "c@contoso.example", "asks_support": "", "opening": "Mine!"}
    client_for(luca).post(address("invitation-forward", handed), typed)
    assert Invitation.objects.filter(pk=handed.pk, **before).exists()


@pytest.mark.parametrize("name", ["invitation-forward", "invitation-forward-copy"])
@pytest.mark.parametrize("actor", ["anna", "fabrikam_viewer", "fabrikam_helpdesk"])
def test_who_may_not_forward_gets_403(
    handed: Invitation, actor: str, name: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(actor))
    assert client.post(address(name, handed)).status_code == 403


@pytest.mark.parametrize("name", ["invitation-send", "invitation-copy", "invitation-open"])
def test_reseller_cannot_use_the_providers_addresses(
    handed: Invitation, invitation: Invitation, luca: Actor, client_for: SignIn, name: str
) -> None:
    client = client_for(luca)
    assert client.post(address(name, handed)).status_code == 403
    assert client.post(address(name, invitation)).status_code == 404


def test_second_click_sends_no_second_link(handed: Invitation, luca: Actor, client_for: SignIn) -> None:
    client, typed = client_for(luca), {"company": "Contoso", "email": "carla@contoso.example"}
    target = address("invitation-forward", handed)
    assert [client.post(target, typed).status_code for _ in range(2)] == [302, 302]
    assert handed.links.count() == 1


def test_refused_duplicate_tells_the_reseller_nothing_of_others(
    link: InvitationLink, handed: Invitation, luca: Actor, client_for: SignIn
) -> None:
    typed = {"company": "Contoso", "email": link.email}
    page = client_for(luca).post(address("invitation-forward", handed), typed)
    assert "This address cannot be invited now." in page.content.decode()
    assert page.context["form"]["company"].value() == "Contoso"  # kept


def test_bad_address_is_shown_beside_its_field(handed: Invitation, luca: Actor, client_for: SignIn) -> None:
    page = client_for(luca).post(
        address("invitation-forward", handed), {"company": "Con\x00toso", "email": "x"}
    )
    assert set(page.context["form"].errors) == {"company", "email"}
    assert not handed.links.exists()


def test_draft_is_opened(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime, client_for: SignIn
) -> None:
    draft = invitations.make(northwind, terms, by=anna, at=now)
    client = client_for(anna)
    assert address("invitation-open", draft) in client.get(draft.get_absolute_url()).content.decode()
    client.post(address("invitation-open", draft))
    draft.refresh_from_db()
    assert draft.status == Invitation.Status.OPEN


# --- withdrawing -------------------------------------------------------------------------------


def test_withdraw_says_first_what_stops(forwarded: InvitationLink, agent: Actor, client_for: SignIn) -> None:
    client, target = client_for(agent), address("invitation-withdraw", forwarded.invitation)
    said = " ".join(client.get(target).context["consequences"])
    assert forwarded.email in said
    assert "Fabrikam" in said
    client.post(target)
    forwarded.refresh_from_db()
    assert forwarded.status == InvitationLink.Status.WITHDRAWN
    assert client.get(target).context["refused"]


def test_seller_withdraws_only_what_asks_for_nothing(
    link: InvitationLink, seller: Actor, client_for: SignIn
) -> None:
    client, target = client_for(seller), address("invitation-withdraw", link.invitation)
    assert (client.get(target).status_code, client.post(target).status_code) == (403, 403)


@pytest.mark.parametrize("actor", ["agent", "luca"])
def test_link_is_withdrawn_by_either_custodian(
    forwarded: InvitationLink, actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    client, target = client_for(request.getfixturevalue(actor)), address("link-withdraw", forwarded)
    assert client.get(target).context["consequences"]
    client.post(target)
    forwarded.refresh_from_db()
    assert forwarded.status == InvitationLink.Status.WITHDRAWN


def test_withdrawing_too_late_is_refused_in_words(
    link: InvitationLink, answer_link: Any, anna: Actor, client_for: SignIn
) -> None:
    answer_link(link)
    page = client_for(anna).post(address("link-withdraw", link), follow=True)
    assert "already been accepted" in page.content.decode()


# --- answers that wait -------------------------------------------------------------------------


@pytest.fixture
def doubtful(link: InvitationLink, answer_link: Any) -> Acceptance:
    """An answer from an address that proves nothing."""
    return answer_link(link, name="Paola Prova", email="paola@gmail.com")


def test_waiting_answer_shows_its_doubts_and_both_ways_out(
    doubtful: Acceptance, agent: Actor, client_for: SignIn
) -> None:
    page = client_for(agent).get(doubtful.link.invitation.get_absolute_url())
    (waiting,) = page.context["to_confirm"]
    assert acceptances.Doubt.ADDRESS.label in waiting["doubts"]
    shown = page.content.decode()
    assert address("acceptance-confirm", doubtful) in shown
    assert address("acceptance-refuse", doubtful) in shown


def test_colleague_without_the_role_sees_who_decides(
    doubtful: Acceptance, seller: Actor, client_for: SignIn
) -> None:
    client = client_for(seller)
    shown = client.get(doubtful.link.invitation.get_absolute_url()).content.decode()
    assert address("acceptance-confirm", doubtful) not in shown
    assert "decides" in shown
    assert client.post(address("acceptance-confirm", doubtful)).status_code == 403
    assert client.post(address("acceptance-refuse", doubtful)).status_code == 403


def test_confirmed_answer_makes_a_customer(
    doubtful: Acceptance, contoso: Customer, agent: Actor, client_for: SignIn
) -> None:
    answer = client_for(agent).post(address("acceptance-confirm", doubtful))
    assert answer["Location"] == contoso.get_absolute_url()
    assert Relationship.objects.active().filter(customer=contoso).exists()


def test_refused_answer_grants_nothing(
    doubtful: Acceptance, contoso: Customer, agent: Actor, client_for: SignIn
) -> None:
    client, target = client_for(agent), address("acceptance-refuse", doubtful)
    assert doubtful.email in " ".join(client.get(target).context["consequences"])
    client.post(target)
    doubtful.refresh_from_db()
    assert doubtful.status == Acceptance.Status.REFUSED
    assert not Relationship.objects.active().exists()
    again = client.post(address("acceptance-confirm", doubtful), follow=True)
    assert [message.level_tag for message in again.context["messages"]][-1] == "error"


def test_stranger_and_reseller_find_no_answer(
    doubtful: Acceptance, tom: Actor, luca: Actor, client_for: SignIn
) -> None:
    for actor in (tom, luca):
        client = client_for(actor)
        assert client.post(address("acceptance-confirm", doubtful)).status_code == 404
        assert client.get(address("acceptance-refuse", doubtful)).status_code == 404


def test_confirmation_at_microsoft_is_noted_once(
    accepted: Relationship, agent: Actor, viewer: Actor, tom: Actor, client_for: SignIn
) -> None:
    target = address("microsoft-note", accepted)
    assert client_for(viewer).post(target).status_code == 403
    assert client_for(tom).post(target).status_code == 404
    client = client_for(agent)
    client.post(target)
    accepted.refresh_from_db()
    assert accepted.confirmed_at_microsoft_by == agent.stamp
    assert "already been noted" in client.post(target, follow=True).content.decode()


def test_one_place_of_many_is_shown_as_free(northwind: Partner, anna: Actor, client_for: SignIn) -> None:
    invitation = InvitationFactory(provider=northwind, places=3, places_taken=1)
    InvitationLinkFactory(invitation=invitation)
    page = client_for(anna).get(invitation.get_absolute_url())
    assert page.context["state"] == InvitationState.OPEN
    assert "2 of 3 free" in page.content.decode()
    assert page.context["form"] is not None


def test_recipient_of_the_story_is_what_the_form_says() -> None:
    form = RecipientForm({"company": " Contoso ", "email": "ANNA@München.example", "covering": ""})
    assert form.is_valid()
    assert form.recipient == Recipient("anna@xn--mnchen-3ya.example", "Contoso")
