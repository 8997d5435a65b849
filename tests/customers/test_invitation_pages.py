"""Invitations in the browser: the list, making one after a look at it, custody, sending on, withdrawing."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import acceptances, custody, endings, invitations, links
from customers.forms import RecipientForm
from customers.models import (
    Acceptance,
    Contact,
    Customer,
    Invitation,
    InvitationLink,
    InvitationState,
    Relationship,
)
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.models import Activity, Message, Partner, Partnership, Role
from tests.conftest import member
from tests.factories import CustomerFactory, InvitationFactory, InvitationLinkFactory, PartnerFactory

SignIn = Callable[[Actor], Client]
LIST = reverse("customers:invitations")
INVITE = reverse("customers:invite")
PREVIEW = reverse("customers:invite-preview")
SEND = reverse("customers:invite-send")
COPY = reverse("customers:invite-copy")


def address(name: str, row: Any) -> str:
    return reverse(f"customers:{name}", args=[row.pk])


@pytest.fixture
def typed(now: datetime) -> dict[str, Any]:
    """What a provider types to invite a new company by itself."""
    return {
        "key": str(uuid.uuid4()),
        "company": "Contoso",
        "email": "Carla@Contoso.example",
        "arrangement": "direct",
        "asks_provisioning": "on",
        "asks_support": "on",
        "privilege_days": "90",
        "language": "en",
        "opening": "Good morning,\r\nwe would like to look after your services.",
        "expires_on": (now + timedelta(days=30)).date().isoformat(),
    }


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


# --- making one --------------------------------------------------------------------------------


def test_preview_shows_mail_and_page_and_writes_nothing(
    typed: dict[str, Any], anna: Actor, partnership: Partnership, client_for: SignIn
) -> None:
    typed |= {"arrangement": "direct_named", "partnership": partnership.pk, "language": "it"}
    page = client_for(anna).post(PREVIEW, typed)
    shown = page.content.decode()
    assert "customers/invite_preview.html" in [template.name for template in page.templates]
    assert "Good morning,\nwe would like to look after your services." in page.context["text"]
    assert "Fabrikam" in page.context["text"]
    assert "90 giorni" in page.context["text"]  # the customer's language, not Anna's
    assert "Before you send" in shown
    assert 'value="Carla@Contoso.example"' in shown  # goes along, hidden
    assert not Invitation.objects.exists()
    assert not Message.objects.exists()


def test_send_makes_what_was_shown(typed: dict[str, Any], anna: Actor, client_for: SignIn) -> None:
    answer = client_for(anna).post(SEND, typed)
    invitation = Invitation.objects.get()
    link = invitation.links.get()
    assert answer["Location"] == invitation.get_absolute_url()
    assert (invitation.asks_provisioning, invitation.asks_support, invitation.privilege_days) == (
        True,
        True,
        90,
    )
    assert invitation.opening == "Good morning,\nwe would like to look after your services."
    assert (link.email, link.company) == ("carla@contoso.example", "Contoso")
    assert link.message is not None
    assert link.message.status == Message.Status.QUEUED
    local = invitation.expires_at.astimezone(anna.partner.zone)  # type: ignore[union-attr]
    assert (local.date().isoformat(), local.hour, local.minute) == (typed["expires_on"], 23, 59)


def test_copy_makes_the_link_and_mails_nothing(
    typed: dict[str, Any], anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    page = client.get(client.post(COPY, typed)["Location"]).content.decode()
    link = InvitationLink.objects.get()
    assert link.message is not None
    assert link.message.status == Message.Status.NOT_MAILED
    assert links.invitation_address(link) in page


def test_second_click_leads_to_what_the_first_made(
    typed: dict[str, Any], anna: Actor, partnership: Partnership, client_for: SignIn
) -> None:
    typed |= {"arrangement": "via_named", "partnership": partnership.pk, "email": "", "company": ""}
    client = client_for(anna)
    first, second = client.post(SEND, typed), client.post(SEND, typed)
    assert first["Location"] == second["Location"]
    assert Invitation.objects.count() == 1


def test_address_that_waits_already_leads_to_its_invitation(
    typed: dict[str, Any], link: InvitationLink, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    for target in (PREVIEW, SEND):
        page = client.post(target, typed)
        assert page.context["form"].errors["email"]
        assert link.invitation.get_absolute_url() in page.content.decode()
    assert Invitation.objects.count() == 1


@pytest.mark.parametrize(("arrangement", "named"), [("via_named", True), ("via", False)])
def test_through_a_reseller_it_is_handed_over(
    typed: dict[str, Any],
    anna: Actor,
    partnership: Partnership,
    client_for: SignIn,
    arrangement: str,
    named: bool,
) -> None:
    typed |= {"arrangement": arrangement, "partnership": partnership.pk}
    client = client_for(anna)
    assert "Hand it to Fabrikam" in client.post(PREVIEW, typed).content.decode()
    client.post(SEND, typed)
    invitation = Invitation.objects.get()
    assert invitation.partnership == partnership
    assert invitation.reseller == (partnership.reseller if named else None)
    assert not invitation.links.exists()  # the reseller types the address


def test_back_keeps_everything(typed: dict[str, Any], anna: Actor, client_for: SignIn) -> None:
    page = client_for(anna).post(INVITE, typed)
    assert page.templates[0].name == "customers/invite.html"
    form = page.context["form"]
    assert not form.errors
    assert {name: form[name].value() for name in ("company", "opening", "privilege_days", "key")} == {
        name: typed[name] for name in ("company", "opening", "privilege_days", "key")
    }


def test_customer_on_record_is_found_and_prefilled(
    contoso: Customer, carla: Contact, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    assert client.get(INVITE, {"find": "conto"}).context["found"] == [contoso]
    form = client.get(INVITE, {"customer": contoso.pk}).context["form"]
    assert (form.initial["company"], form.initial["email"]) == ("Contoso", carla.email)


def test_customer_on_record_is_the_one_invited(
    typed: dict[str, Any], contoso: Customer, anna: Actor, client_for: SignIn
) -> None:
    client_for(anna).post(SEND, {**typed, "customer": contoso.pk, "company": ""})
    link = InvitationLink.objects.get()
    assert (link.customer, link.company) == (contoso, "Contoso")


def test_preview_offers_the_customer_that_looks_alike(
    typed: dict[str, Any], contoso: Customer, carla: Contact, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    assert client.post(PREVIEW, typed).context["alike"] == [contoso]
    assert client.post(PREVIEW, {**typed, "email": "new@contoso.example"}).context["alike"] == [contoso]
    assert client.post(PREVIEW, {**typed, "customer": contoso.pk}).context["alike"] == []


def test_another_providers_customer_is_not_found(
    typed: dict[str, Any], contoso: Customer, tom: Actor, client_for: SignIn
) -> None:
    client = client_for(tom)
    assert client.get(INVITE, {"customer": contoso.pk}).status_code == 404
    assert client.get(INVITE, {"find": "contoso"}).context["found"] == []
    assert client.post(SEND, {**typed, "customer": contoso.pk}).context["form"].errors["customer"]
    assert not Invitation.objects.exists()


def test_another_providers_reseller_cannot_be_named(
    typed: dict[str, Any], anna: Actor, wingtip_partnership: Partnership, client_for: SignIn
) -> None:
    typed |= {"arrangement": "direct_named", "partnership": wingtip_partnership.pk}
    assert client_for(anna).post(SEND, typed).context["form"].errors["partnership"]
    assert not Invitation.objects.exists()


def test_customer_outside_the_region_is_refused_with_the_reason(
    typed: dict[str, Any], northwind: Partner, anna: Actor, client_for: SignIn
) -> None:
    far = CustomerFactory(provider=northwind, name="Far Away", country="US")
    page = client_for(anna).post(PREVIEW, {**typed, "customer": far.pk})
    assert "outside your CSP region" in page.content.decode()


def test_sales_agent_invites_for_the_relationship_only(
    typed: dict[str, Any], seller: Actor, client_for: SignIn
) -> None:
    client = client_for(seller)
    assert "asks_support" not in client.get(INVITE).context["form"].fields
    client.post(SEND, typed)  # with the boxes ticked all the same
    assert Invitation.objects.get().asks == ()


def test_direct_bill_partner_has_no_reseller_to_choose(typed: dict[str, Any], client_for: SignIn) -> None:
    client = client_for(member(PartnerFactory(direct_bill=True), "Dora Direct", Role.ACCOUNT_ADMIN))
    page = client.get(INVITE)
    assert "partnership" not in page.context["form"].fields
    assert client.post(SEND, {**typed, "arrangement": "via"}).context["form"].errors["arrangement"]
    assert client.post(SEND, typed).status_code == 302


def test_without_partner_center_link_the_settings_come_first(
    northwind: Partner, anna: Actor, seller: Actor, client_for: SignIn
) -> None:
    northwind.partner_center_link = ""
    northwind.save()
    page = client_for(anna).get(INVITE).content.decode()
    assert reverse("partners:settings") in page
    assert 'name="email"' not in page
    assert "Ask an account admin" in client_for(seller).get(INVITE).content.decode()


@pytest.mark.parametrize("actor", ["viewer", "helpdesk", "luca"])
def test_who_may_not_invite_gets_403(
    typed: dict[str, Any], actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(actor))
    assert client.get(INVITE).status_code == 403
    assert [client.post(target, typed).status_code for target in (INVITE, PREVIEW, SEND, COPY)] == [403] * 4
    assert not Invitation.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("company", "Con\x00toso"),
        ("company", "x" * 161),
        ("email", "no address"),
        ("email", "a@b.example\nBcc: c@d.example"),
        ("opening", "x" * 2001),
        ("opening", "bell \x07"),
        ("privilege_days", "731"),
        ("privilege_days", "0"),
        ("privilege_days", "²"),
        ("expires_on", "2026-03-09"),
        ("expires_on", "9999-12-31"),
        ("expires_on", "tomorrow"),
        ("language", "xx"),
        ("arrangement", "sideways"),
        ("arrangement", "direct_named"),  # without a reseller
        ("customer", str(2**70)),
        ("customer", "x"),
        ("key", "not-a-key"),
    ],
)
def test_bad_input_is_refused_and_what_was_typed_kept(
    typed: dict[str, Any], anna: Actor, client_for: SignIn, field: str, value: str
) -> None:
    client = client_for(anna)
    for target in (PREVIEW, SEND):
        page = client.post(target, {**typed, field: value})
        assert page.status_code == 200
        assert page.context["form"].errors
        assert page.context["form"]["language"].value() == (value if field == "language" else "en")
    assert not Invitation.objects.exists()


@pytest.mark.parametrize("text", ["مرحبا ‮abc", "🦊" * 50, "x" * 2000])
def test_any_script_is_fine(typed: dict[str, Any], anna: Actor, client_for: SignIn, text: str) -> None:
    client = client_for(anna)
    assert client.post(PREVIEW, {**typed, "opening": text}).context["terms"]["invitation"].opening == text
    client.post(SEND, {**typed, "opening": text, "company": text[:100]})
    assert Invitation.objects.get().opening == text


def test_address_of_a_partners_own_person_is_refused(
    typed: dict[str, Any], anna: Actor, luca: Actor, partnership: Partnership, client_for: SignIn
) -> None:
    page = client_for(anna).post(SEND, {**typed, "email": luca.email})
    assert "it is not a customer" in page.content.decode()
    assert not Activity.objects.exists()


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
