"""What customers open by a link: the invitation, the answer, the code, the decline, and their own page."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.http import HttpResponse
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers import acceptances, custody, invitations, links, privileges
from customers.models import (
    Acceptance,
    AgreementVersion,
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    OtherPartnerStatement,
    Relationship,
)
from customers.terms import Recipient
from partners.actor import Actor
from partners.models import Activity, Message, Partner, Partnership
from tests.conftest import TENANT, Mailbox
from tests.factories import (
    AgreementVersionFactory,
    AssignmentFactory,
    CustomerFactory,
    GrantFactory,
    RelationshipFactory,
)

Typed = dict[str, Any]


@pytest.fixture
def typed(agreement: AgreementVersion) -> Typed:
    """What Carla types and ticks."""
    return {
        "name": "Carla Conti",
        "email": "carla@contoso.example",
        "company": "Contoso",
        "country": "IT",
        "tenant_id": str(TENANT),
        "grants": ["provisioning", "support"],
        "others": ["none"],
        "is_admin": "on",
        "agrees": "on",
        "agreement": str(agreement.pk),
    }


def token_of(link: InvitationLink) -> str:
    return links.invitation_address(link).rstrip("/").rpartition("/")[2]


def landing(link: InvitationLink) -> str:
    return reverse("customers:landing", args=[token_of(link)])


def page(contact: Contact, name: str = "my", *args: object) -> str:
    token = links.page_address(contact).rstrip("/").rpartition("/")[2]
    return reverse(name if name == "my" else f"customers:{name}", args=[token, *args])


def ask(contact: Contact) -> str:
    token = links.ask_address(contact).rstrip("/").rpartition("/")[2]
    return reverse("customers:my-ask", args=[token])


def said(response: HttpResponse) -> str:
    """Return what a page says, on one line."""
    return " ".join(response.content.decode().split())


@pytest.fixture
def answered(client: Client, link: InvitationLink, typed: Typed) -> str:
    """Carla has typed her answer; the address of the page that waits for the code."""
    response = client.post(landing(link), typed)
    assert response.status_code == 302, said(response)
    return response["Location"]


# --- the invitation ----------------------------------------------------------------------------


def test_landing_says_who_asks_for_what(client: Client, link: InvitationLink) -> None:
    response = client.get(landing(link))
    text = said(response)
    assert response.status_code == 200
    assert "Northwind Traders asks to look after your Microsoft services" in text
    assert "until <time" in text
    assert "10 Mar 2027" in text
    assert "who bills you" in text
    assert 'value="carla@contoso.example"' in text


def test_landing_names_the_reseller_too(client: Client, forwarded: InvitationLink) -> None:
    text = said(client.get(landing(forwarded)))
    assert (
        "reaches you from <strong>Fabrikam</strong>, who works with <strong>Northwind Traders</strong>"
        in text
    )
    assert "Fabrikam, within what you tick" in text


def test_landing_ticks_nothing_beforehand(client: Client, link: InvitationLink) -> None:
    assert " checked" not in said(client.get(landing(link)))


def test_landing_never_shows_the_recorded_tenant(
    client: Client, link: InvitationLink, contoso: Customer
) -> None:
    contoso.tenant_id = TENANT
    contoso.save()
    assert str(TENANT) not in said(client.get(landing(link)))


def test_landing_asks_only_for_what_is_not_granted(
    client: Client,
    accepted: Relationship,
    invitation: Invitation,
    invite: Callable[..., Invitation],
    terms: Any,
    anna: Actor,
    now: datetime,
) -> None:
    accepted.grants.get(privilege="support").move(Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
    again = custody.send(invite(terms), to=Recipient("second@contoso.example", "Contoso"), by=anna, at=now)
    text = said(client.get(landing(again)))
    assert "What you have already granted" in text
    assert 'value="support"' in text
    assert 'value="provisioning"' not in text


def test_landing_without_privileges_asks_for_none(
    client: Client, invite: Callable[..., Invitation], terms: Any, to_carla: Any, anna: Actor, now: datetime
) -> None:
    bare = invite(terms, asks_provisioning=False, asks_support=False)
    link = custody.send(bare, to=to_carla, by=anna, at=now)
    text = said(client.get(landing(link)))
    assert 'name="grants"' not in text
    assert 'name="others"' not in text
    assert "Nothing inside your services" in text


def test_looking_changes_nothing_but_when_it_was_fetched(
    client: Client, link: InvitationLink, now: datetime
) -> None:
    rows = Activity.objects.count(), Message.objects.count()
    client.get(landing(link))
    link.refresh_from_db()
    assert (link.status, link.fetched_at) == (InvitationLink.Status.WAITING, now)
    assert (Activity.objects.count(), Message.objects.count()) == rows


def test_a_partner_who_looks_is_not_the_customer(
    client_for: Callable[[Actor], Client], link: InvitationLink, anna: Actor
) -> None:
    text = said(client_for(anna).get(landing(link)))
    assert "You are signed in as Anna Admin" in text
    link.refresh_from_db()
    assert link.fetched_at is None


@pytest.mark.parametrize("name", ["landing", "landing-decline"])
def test_addresses_stay_secret(client: Client, link: InvitationLink, name: str) -> None:
    response = client.get(reverse(f"customers:{name}", args=[token_of(link)]))
    assert response["Referrer-Policy"] == "no-referrer"
    assert "no-store" in response["Cache-Control"]
    assert response["X-Robots-Tag"] == "noindex, nofollow"


def test_the_invitation_speaks_its_own_language_unless_asked(
    client: Client, invite: Callable[..., Invitation], terms: Any, to_carla: Any, anna: Actor, now: datetime
) -> None:
    link = custody.send(invite(terms, language="it"), to=to_carla, by=anna, at=now)
    assert client.get(landing(link))["Content-Language"] == "it"
    assert client.get(landing(link) + "?lang=en")["Content-Language"] == "en"
    assert client.get(landing(link))["Content-Language"] == "en"  # chosen once, kept
    assert client.get(landing(link) + "?lang=xx")["Content-Language"] == "en"


# --- dead links --------------------------------------------------------------------------------


def test_forged_unknown_and_suspended_links_get_the_same_page(
    client: Client, link: InvitationLink, northwind: Partner
) -> None:
    live = landing(link)
    genuine = token_of(link)
    forged = client.get(
        reverse("customers:landing", args=[genuine[:-1] + ("a" if genuine[-1] != "a" else "b")])
    )
    nonsense = client.get(reverse("customers:landing", args=["\x00²"]))
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    suspended = client.get(live)
    assert {forged.status_code, nonsense.status_code, suspended.status_code} == {404}
    assert said(forged) == said(nonsense) == said(suspended)
    assert "Northwind" not in said(suspended)
    assert suspended["Referrer-Policy"] == "no-referrer"


def test_an_expired_link_says_so_and_whom_to_ask(client: Client, link: InvitationLink, now: datetime) -> None:
    with time_machine.travel(now + timedelta(days=91), tick=False):
        response = client.get(landing(link))
    assert response.status_code == 410
    assert "has expired" in said(response)
    assert "support@northwind.example" in said(response)


def test_a_withdrawn_link_says_so(client: Client, link: InvitationLink, anna: Actor, now: datetime) -> None:
    custody.withdraw_link(link, by=anna, at=now)
    response = client.get(landing(link))
    assert response.status_code == 410
    assert "has been withdrawn" in said(response)


def test_a_replaced_link_points_at_the_newest(client: Client, link: InvitationLink) -> None:
    old = landing(link)
    InvitationLink.objects.filter(pk=link.pk).update(serial=2)
    response = client.get(old)
    assert response.status_code == 410
    assert "newer link" in said(response)


def test_an_accepted_link_tells_no_detail(
    client: Client, link: InvitationLink, acceptance: Acceptance
) -> None:
    response = client.get(landing(link))
    assert response.status_code == 410
    assert "has been accepted" in said(response)
    assert "carla@" not in said(response)
    assert "rovisioning" not in said(response)


def test_a_dead_link_takes_no_answer(
    client: Client, link: InvitationLink, typed: Typed, anna: Actor, now: datetime
) -> None:
    custody.withdraw_link(link, by=anna, at=now)
    assert client.post(landing(link), typed).status_code == 410
    assert client.post(reverse("customers:landing-decline", args=[token_of(link)])).status_code == 410
    assert not Acceptance.objects.exists()


# --- the answer --------------------------------------------------------------------------------


def test_an_answer_mails_a_code_and_accepts_nothing(
    answered: str, link: InvitationLink, mails: Mailbox
) -> None:
    acceptance = Acceptance.objects.get()
    assert acceptance.status == Acceptance.Status.CODE_SENT
    assert answered == reverse("customers:landing-code", args=[token_of(link), acceptance.code.key])
    assert acceptance.ticked == ("provisioning", "support")
    assert mails.last("acceptance_code").to == "carla@contoso.example"
    assert not Relationship.objects.exists()


def test_the_code_completes_the_answer_and_its_page_becomes_the_receipt(
    client: Client, answered: str, mails: Mailbox, northwind: Partner, now: datetime
) -> None:
    code = mails.code(to="carla@contoso.example")
    response = client.post(answered, {"code": f"{code[:3]} {code[3:]}"})
    assert response.status_code == 302
    assert response["Location"] == answered
    for _reloaded in range(2):
        receipt = client.get(answered)
        assert receipt.status_code == 200
        assert "Thank you, that is done" in said(receipt)
        assert northwind.partner_center_link.replace("&", "&amp;") in said(receipt)
        assert "10 Mar 2027" in said(receipt)
    assert Relationship.objects.active().count() == 1
    assert Grant.objects.live(now).count() == 2


def test_ticking_nothing_is_still_an_acceptance(
    client: Client, link: InvitationLink, typed: Typed, mails: Mailbox
) -> None:
    typed.pop("grants")
    answered = client.post(landing(link), typed)["Location"]
    client.post(answered, {"code": mails.code(to=typed["email"])})
    assert "No privilege inside your services" in said(client.get(answered))
    assert not Grant.objects.exists()


def test_another_partner_today_is_stored_as_a_statement(
    client: Client, link: InvitationLink, typed: Typed, mails: Mailbox
) -> None:
    typed["others"] = ["office365", "azure"]
    answered = client.post(landing(link), typed)["Location"]
    client.post(answered, {"code": mails.code(to=typed["email"])})
    assert set(OtherPartnerStatement.objects.values_list("family", flat=True)) == {"office365", "azure"}
    assert "Azure" in said(client.get(answered))


def test_an_answer_in_doubt_says_that_the_provider_looks_first(
    client: Client, link: InvitationLink, typed: Typed, mails: Mailbox
) -> None:
    typed["email"] = "someone@elsewhere.example"
    answered = client.post(landing(link), typed)["Location"]
    client.post(answered, {"code": mails.code(to=typed["email"])})
    receipt = client.get(answered)
    assert receipt.status_code == 200
    assert "looks at your answer first" in said(receipt)
    assert not Grant.objects.exists()


@pytest.mark.parametrize(
    ("field", "value", "words"),
    [
        ("name", "", "Full name"),
        ("name", "Car\x00la", "Full name"),
        ("name", "x" * 121, "Full name"),
        ("name", "x" * 10_000, "Full name"),
        ("email", "carla", "Work e-mail"),
        ("email", "carla@contoso.example,eve@evil.example", "Work e-mail"),
        ("email", "a\r\nBcc: eve@evil.example", "Work e-mail"),
        ("company", "", "Company"),
        ("company", "Con\x08toso", "Company"),
        ("country", "", "Country"),
        ("country", "XX", "Country"),
        ("tenant_id", "", "Microsoft ID"),
        ("tenant_id", "²" * 32, "Microsoft ID"),
        ("tenant_id", "00000000-0000-0000-0000-000000000000", "Copy all of it"),
        ("grants", ["everything"], "What you grant"),
        ("others", [], "Tick the services, or that there is none"),
        ("others", ["none", "azure"], "Tick either the services or that there is none"),
        ("others", ["everything"], "another CSP partner"),
        ("is_admin", "", "Only an administrator of the tenant can accept"),
        ("agrees", "", "Without the customer agreement there is no relationship"),
        ("agreement", "\x00", ""),
        ("agreement", "9" * 40, "Another agreement holds"),
    ],
)
def test_bad_answers_are_said_next_to_what_was_typed(
    client: Client, link: InvitationLink, typed: Typed, field: str, value: Any, words: str
) -> None:
    response = client.post(landing(link), {**typed, field: value})
    assert response.status_code == 200
    assert words in said(response)
    assert "to correct" in said(response)
    if field != "company":
        assert 'value="Contoso"' in said(response)
    assert not Acceptance.objects.exists()


def test_any_script_is_a_name(client: Client, link: InvitationLink, typed: Typed) -> None:
    typed |= {"name": "كارلا 🌊", "company": "קונטוסו <b>"}
    assert client.post(landing(link), typed).status_code == 302
    assert Acceptance.objects.get().name == "كارلا 🌊"


def test_the_agreement_of_another_country_is_read_before_it_is_accepted(
    client: Client, link: InvitationLink, typed: Typed
) -> None:
    german = AgreementVersionFactory(country="DE", name="Deutscher Vertrag")
    response = client.post(landing(link), {**typed, "country": "DE"})
    text = said(response)
    assert "Another agreement holds in this country" in text
    assert "Deutscher Vertrag" in text
    assert f'name="agreement" value="{german.pk}"' in text
    assert 'value="provisioning" checked' in text
    client.post(landing(link), {**typed, "country": "DE", "agreement": str(german.pk)})
    assert Acceptance.objects.get().agreement == german


def test_without_an_agreement_on_file_the_provider_gives_its_text(
    client: Client, link: InvitationLink, typed: Typed, agreement: AgreementVersion
) -> None:
    agreement.delete()
    assert "Northwind Traders gives you its text" in said(client.get(landing(link)))
    assert client.post(landing(link), {**typed, "agreement": ""}).status_code == 302
    assert Acceptance.objects.get().agreement is None


def test_a_partner_cannot_accept_for_the_customer(
    client_for: Callable[[Actor], Client], link: InvitationLink, typed: Typed, anna: Actor
) -> None:
    response = client_for(anna).post(landing(link), {**typed, "email": "anna@northwind.example"})
    assert response.status_code == 200
    assert "This address cannot answer the invitation" in said(response)
    assert not Acceptance.objects.exists()


def test_the_tenant_of_a_partner_is_refused(
    client: Client, link: InvitationLink, typed: Typed, northwind: Partner
) -> None:
    response = client.post(landing(link), {**typed, "tenant_id": str(northwind.tenant_id)})
    assert "This Microsoft ID cannot be a customer" in said(response)


# --- the code ----------------------------------------------------------------------------------


def test_five_wrong_codes_are_the_last(client: Client, answered: str, mails: Mailbox) -> None:
    right = mails.code(to="carla@contoso.example")
    wrong = f"{(int(right) + 1) % 1_000_000:06d}"
    for left in (4, 3, 2, 1):
        response = client.post(answered, {"code": wrong})
        assert response.status_code == 200
        assert f"{left} tr{'y is' if left == 1 else 'ies are'} left" in said(response)
    assert "tried too often" in said(client.post(answered, {"code": wrong}))
    assert "no longer valid" in said(client.post(answered, {"code": right}))
    assert not Relationship.objects.exists()


def test_a_late_code_is_dead(client: Client, answered: str, mails: Mailbox, now: datetime) -> None:
    right = mails.code(to="carla@contoso.example")
    with time_machine.travel(now + timedelta(minutes=10), tick=False):
        assert "no longer valid" in said(client.get(answered))
        assert client.post(answered, {"code": right}).status_code == 200
    assert not Relationship.objects.exists()


def test_a_new_code_takes_the_place_of_the_old(
    client: Client, answered: str, mails: Mailbox, now: datetime
) -> None:
    old = mails.code(to="carla@contoso.example")
    response = client.post(f"{answered}new/")
    newest = response["Location"]
    assert newest != answered
    assert client.get(answered).status_code == 302
    assert client.post(answered, {"code": old}).status_code == 302
    assert not Relationship.objects.exists()
    client.post(newest, {"code": mails.code(to="carla@contoso.example")})
    assert Relationship.objects.active().exists()


def test_too_many_codes_are_refused(client: Client, answered: str) -> None:
    for _again in range(4):
        answered = client.post(f"{answered}new/")["Location"]
    response = client.post(f"{answered}new/", follow=True)
    assert "Too many codes have been asked for" in said(response)


@pytest.mark.parametrize("code", ["", "\x00", "abc", "9" * 10_000, "²²²²²²"])
def test_nonsense_is_no_code(client: Client, answered: str, code: str) -> None:
    assert client.post(answered, {"code": code}).status_code == 200
    assert not Relationship.objects.exists()


def test_the_same_button_twice_accepts_once(client: Client, answered: str, mails: Mailbox) -> None:
    code = mails.code(to="carla@contoso.example")
    client.post(answered, {"code": code})
    assert "Thank you" in said(client.post(answered, {"code": code}, follow=True))
    assert Relationship.objects.count() == 1


def test_a_code_typed_while_the_provider_withdraws_gets_a_clear_answer(
    client: Client, answered: str, link: InvitationLink, mails: Mailbox, anna: Actor, now: datetime
) -> None:
    code = mails.code(to="carla@contoso.example")
    invitations.withdraw(link.invitation, by=anna, at=now)
    response = client.post(answered, {"code": code})
    assert response.status_code == 410
    assert "has been withdrawn" in said(response)
    assert client.post(f"{answered}new/", follow=True).status_code == 410


def test_the_story_refuses_what_the_page_let_through(
    client: Client, answered: str, mails: Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_args: object, **_kwargs: object) -> None:
        raise acceptances.Refused("Not now.")

    monkeypatch.setattr(acceptances, "accept", refuse)
    assert "Not now." in said(client.post(answered, {"code": mails.code(to="carla@contoso.example")}))


def test_another_links_code_page_opens_nothing(
    client: Client, answered: str, invite: Callable[..., Invitation], terms: Any, anna: Actor, now: datetime
) -> None:
    key = Acceptance.objects.get().code.key
    to = Recipient("second@contoso.example", "Contoso")
    other = custody.send(invite(terms), to=to, by=anna, at=now)
    response = client.get(reverse("customers:landing-code", args=[token_of(other), key]))
    assert response["Location"] == landing(other)
    unknown = reverse("customers:landing-code", args=[token_of(other), uuid.uuid4()])
    assert client.post(unknown, {"code": "123456"})["Location"] == landing(other)
    assert client.post(f"{unknown}new/")["Location"] == landing(other)


def test_forms_are_guarded_though_the_browser_names_no_origin(link: InvitationLink, typed: Typed) -> None:
    strict = Client(enforce_csrf_checks=True)
    assert strict.post(landing(link), typed).status_code == 403
    strict.get(landing(link))
    typed["csrfmiddlewaretoken"] = strict.cookies["csrftoken"].value
    assert strict.post(landing(link), typed, headers={"origin": "https://evil.example"}).status_code == 403
    assert strict.post(landing(link), typed, headers={"origin": "null"}).status_code == 302


# --- declining ---------------------------------------------------------------------------------


def test_declining_takes_a_reason_or_none(
    client: Client, link: InvitationLink, mails: Mailbox, anna: Actor
) -> None:
    address = reverse("customers:landing-decline", args=[token_of(link)])
    assert client.get(address).status_code == 200
    response = client.post(address, {"reason": "We have one already.\nThank you."})
    assert response["Location"] == landing(link)
    link.refresh_from_db()
    assert link.status == InvitationLink.Status.DECLINED
    assert link.decline_reason == "We have one already.\nThank you."
    assert "has been declined" in said(client.get(landing(link)))
    assert client.post(address).status_code == 410


def test_declining_without_a_word(client: Client, link: InvitationLink) -> None:
    client.post(reverse("customers:landing-decline", args=[token_of(link)]))
    link.refresh_from_db()
    assert (link.status, link.decline_reason) == (InvitationLink.Status.DECLINED, "")


@pytest.mark.parametrize("reason", ["x" * 501, "no\x00"])
def test_a_bad_reason_declines_nothing(client: Client, link: InvitationLink, reason: str) -> None:
    response = client.post(reverse("customers:landing-decline", args=[token_of(link)]), {"reason": reason})
    assert response.status_code == 200
    link.refresh_from_db()
    assert link.status == InvitationLink.Status.WAITING


# --- the customer's own page -------------------------------------------------------------------


def test_own_page_shows_who_may_do_what(
    client: Client, confirmed: Contact, assigned: Assignment, northwind: Partner
) -> None:
    response = client.get(page(confirmed))
    text = said(response)
    assert response.status_code == 200
    for words in (
        "Your partner: Northwind Traders",
        "Fabrikam",
        "Provisioning",
        "Support",
        "10 Mar 2027",
        "Granted by Carla Conti",
        "Assigned by Anna Admin",
        "Microsoft Cloud Agreement",
        str(TENANT),
        "Privilege accepted by the reseller",
    ):
        assert words in text
    assert northwind.partner_center_link.replace("&", "&amp;") in text
    assert response["Referrer-Policy"] == "no-referrer"


def test_own_page_takes_few_queries_however_much_it_shows(
    client: Client, confirmed: Contact, assigned: Assignment
) -> None:
    with CaptureQueriesContext(
        connection,
    ) as queries:
        client.get(page(confirmed))
    assert len(queries) <= 11


def test_own_page_tells_nothing_partners_note_for_themselves(
    client: Client, confirmed: Contact, assigned: Assignment
) -> None:
    text = said(client.get(page(confirmed)))
    assert "Invitation made" not in text
    assert "carla@contoso.example" not in text.replace("mailto:", "")


def test_offers_are_shown_before_anybody_accepts_them(
    client: Client, confirmed: Contact, offered: Assignment
) -> None:
    text = said(client.get(page(confirmed)))
    assert "Offered" in text
    assert "once it accepts" in text


def test_an_old_page_link_says_so_and_mails_a_fresh_one(
    client: Client, confirmed: Contact, mails: Mailbox, now: datetime
) -> None:
    address = page(confirmed)
    with time_machine.travel(now + timedelta(minutes=61), tick=False):
        response = client.get(address)
        assert response.status_code == 410
        assert "has had its hour" in said(response)
        assert f'action="{ask(confirmed)}"' in said(response)
        client.post(ask(confirmed))
        fresh = mails.address("page_link").removeprefix("https://multicanale.example")
        assert client.get(fresh).status_code == 200


def test_a_revoked_or_forged_page_link_opens_nothing(
    client: Client, confirmed: Contact, now: datetime
) -> None:
    address, lasting = page(confirmed), ask(confirmed)
    Contact.objects.filter(pk=confirmed.pk).update(page_serial=2)
    assert client.get(address).status_code == 404
    assert client.get(lasting).status_code == 404
    with time_machine.travel(now + timedelta(days=1), tick=False):
        assert client.get(address).status_code == 404
    assert client.get(reverse("my", args=["nonsense"])).status_code == 404


def test_asking_for_the_page_answers_alike_and_is_throttled(
    client: Client, confirmed: Contact, mails: Mailbox
) -> None:
    assert client.get(ask(confirmed)).status_code == 200
    assert not mails.all(event="page_link")
    answers = {said(client.post(ask(confirmed), follow=True)) for _again in range(25)}
    assert len({answer.partition("csrfmiddlewaretoken")[0] for answer in answers}) == 1
    assert len(mails.all(event="page_link")) < 25
    assert "10 March 2026, 11:30 CET" in mails.text(mails.last("page_link"))


def test_a_reseller_is_refused_without_withdrawing_anything(
    client: Client, confirmed: Contact, assigned: Assignment, now: datetime
) -> None:
    address = page(confirmed, "my-refuse", assigned.pk)
    assert "What you granted to Northwind Traders stays" in said(client.get(address))
    response = client.post(address, follow=True)
    assert "Fabrikam can no longer act for you" in said(response)
    assigned.refresh_from_db()
    assert assigned.status == Assignment.Status.REFUSED_BY_CUSTOMER
    assert assigned.grant.is_live(now)
    assert "no longer possible" in said(client.post(address))


def test_a_withdrawal_needs_the_mailed_code(
    client: Client,
    confirmed: Contact,
    assigned: Assignment,
    provisioning: Grant,
    mails: Mailbox,
    now: datetime,
) -> None:
    address = page(confirmed, "my-withdraw", provisioning.pk)
    text = said(client.get(address))
    assert "The relationship does not end" in text
    assert "Fabrikam can no longer use it" in text
    code_page = client.post(address)["Location"]
    provisioning.refresh_from_db()
    assert provisioning.is_live(now)
    assert "This is not the code" in said(client.post(code_page, {"code": "12"}))
    response = client.post(code_page, {"code": mails.code(to=confirmed.email)}, follow=True)
    assert "has been withdrawn" in said(response)
    provisioning.refresh_from_db()
    assert provisioning.status == Grant.Status.WITHDRAWN
    assert not Assignment.objects.live(now).exists()
    assert client.post(code_page, {"code": "1"})["Location"] == page(confirmed)
    assert "no longer possible" in said(client.post(address))


def test_withdrawal_codes_are_limited(
    client: Client, confirmed: Contact, provisioning: Grant, mails: Mailbox
) -> None:
    address = page(confirmed, "my-withdraw", provisioning.pk)
    for _again in range(5):
        assert "/code/" in client.post(address)["Location"]
    assert "Too many codes" in said(client.post(address, follow=True))


def test_a_code_for_one_privilege_withdraws_no_other(
    client: Client, confirmed: Contact, provisioning: Grant, support: Grant, mails: Mailbox
) -> None:
    code_page = client.post(page(confirmed, "my-withdraw", provisioning.pk))["Location"]
    other = code_page.replace(f"/grants/{provisioning.pk}/", f"/grants/{support.pk}/")
    assert client.post(other, {"code": mails.code(to=confirmed.email)})["Location"] == page(confirmed)
    support.refresh_from_db()
    assert support.status == Grant.Status.ACTIVE


def test_a_suspended_partners_customer_may_still_withdraw(
    client: Client, confirmed: Contact, provisioning: Grant, mails: Mailbox, northwind: Partner
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    assert client.get(page(confirmed)).status_code == 200
    code_page = client.post(page(confirmed, "my-withdraw", provisioning.pk))["Location"]
    client.post(code_page, {"code": mails.code(to=confirmed.email)})
    provisioning.refresh_from_db()
    assert provisioning.status == Grant.Status.WITHDRAWN


def test_the_customer_says_when_the_other_partner_has_left(
    client: Client,
    link: InvitationLink,
    answer_link: Callable[..., Acceptance],
    carla: Contact,
    partnership: Partnership,
    anna: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    answer_link(link, other_partner_families=["azure"])
    carla.refresh_from_db()
    grant = Grant.objects.get(privilege="provisioning")
    held = privileges.accept(
        privileges.assign(grant, partnership, family="azure", by=anna, at=now), by=luca, at=now
    )
    assert "Another CSP partner administers this service" in said(client.get(page(carla)))
    assert not Assignment.objects.live(now).filter(pk=held.pk).exists()
    address = page(carla, "my-lift", OtherPartnerStatement.objects.get().pk)
    assert "What you granted also works for Azure" in said(client.get(address))
    assert "Noted" in said(client.post(address, follow=True))
    assert Assignment.objects.live(now).filter(pk=held.pk).exists()
    assert client.post(address)["Location"] == page(carla)


def test_pages_of_other_customers_do_not_exist(
    client: Client, confirmed: Contact, assigned: Assignment, provisioning: Grant, tailspin: Partner
) -> None:
    theirs = CustomerFactory(provider=tailspin)
    relationship = RelationshipFactory(customer=theirs)
    grant = GrantFactory(relationship=relationship)
    held = AssignmentFactory(grant=grant)
    statement = OtherPartnerStatement.objects.create(
        relationship=relationship, family="azure", stated_at=grant.granted_at, stated_by="Tom"
    )
    for name, pk in (
        ("my-refuse", held.pk),
        ("my-withdraw", grant.pk),
        ("my-lift", statement.pk),
        ("my-lift", 2**63),
    ):
        assert client.get(page(confirmed, name, pk)).status_code == 404
        assert client.post(page(confirmed, name, pk)).status_code == 404
    other = reverse(
        "customers:my-withdraw-code",
        args=[links.page_address(confirmed).rstrip("/").rpartition("/")[2], grant.pk, uuid.uuid4()],
    )
    assert client.post(other, {"code": "1"}).status_code == 404
