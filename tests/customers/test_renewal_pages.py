"""The pages of a renewal: proposed from the customer's page, answered on one page by a code, taken back."""

import html
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from customers import links, renewals
from customers.models import Assignment, Contact, Customer, Grant, Privilege, Relationship, RenewalProposal
from partners.actor import Actor
from partners.models import MailText, Partner, Partnership
from tests.conftest import Mailbox
from tests.factories import AssignmentFactory, ContactFactory

SignIn = Callable[..., Client]
TERMS = renewals.Terms(frozenset(Privilege.values), 365, "As agreed.")


@pytest.fixture
def ending(confirmed: Contact, accepted: Relationship, now: datetime) -> Relationship:
    """Contoso's relationship; what it granted ends in six days."""
    end = now.date() + timedelta(days=6)
    Grant.objects.update(answered_on=end - timedelta(days=365), ends_on=end)
    return accepted


@pytest.fixture
def proposal(ending: Relationship, anna: Actor, now: datetime) -> RenewalProposal:
    return renewals.propose(ending, TERMS, by=anna, at=now)


@pytest.fixture
def held(ending: Relationship, partnership: Partnership, adventure_partnership: Partnership) -> None:
    """Provisioning is Fabrikam's, support Adventure's."""
    for privilege, tie in zip(Privilege, (partnership, adventure_partnership), strict=True):
        AssignmentFactory(grant=ending.grants.get(privilege=privilege), partnership=tie)


@pytest.fixture
def sheet(proposal: RenewalProposal, confirmed: Contact) -> str:
    """The path of the page the customer answers on."""
    token = links.page_address(confirmed).rstrip("/").rpartition("/")[2]
    return f"/my/{token}/renewals/{proposal.pk}/"


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


# --- the provider ------------------------------------------------------------------------------


def test_agent_proposes_from_the_customers_page(
    client_for: SignIn, anna: Actor, ending: Relationship, contoso: Customer, held: None
) -> None:
    client = client_for(anna)
    assert "Propose a renewal" in text(client.get(contoso.get_absolute_url()))
    address = f"/customers/{contoso.pk}/renewals/propose/"
    form = client.get(address)
    assert form.context["form"].initial["days"] == 365
    assert "Fabrikam: Provisioning" in text(form)
    client.post(address, {"privileges": ["support"], "days": "180", "opening": ""})
    proposal = RenewalProposal.objects.get()
    assert (proposal.renews, proposal.privilege_days) == ((Privilege.SUPPORT,), 180)
    shown = text(client.get(contoso.get_absolute_url()))
    assert "Renewal proposed" in shown
    assert "waits for the customer" in shown
    assert "Propose a renewal" not in shown


def test_form_opens_with_the_providers_own_words_in_the_customers_language(
    client_for: SignIn, anna: Actor, ending: Relationship, contoso: Customer, northwind: Partner
) -> None:
    for language in ("it", "en"):
        MailText.objects.create(
            partner=northwind, event="renewal", language=language, opening=f"Words in {language}"
        )
    form = client_for(anna).get(f"/customers/{contoso.pk}/renewals/propose/").context["form"]
    assert form.initial["opening"] == f"Words in {contoso.language}"


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"days": "365"}, "Choose at least one privilege"),
        ({"privileges": ["support"], "days": "0"}, "greater than or equal to 1"),
        ({"privileges": ["support"], "days": "731"}, "less than or equal to 730"),
        ({"privileges": ["support"], "days": "six"}, "Enter a whole number"),
        ({"privileges": ["owner"], "days": "365"}, "not one of the available choices"),
        ({"privileges": ["support"], "days": "6"}, "no later than it does already"),
        ({"privileges": ["support"], "days": "365", "opening": "a\x00b"}, "ull characters are not allowed"),
        ({"privileges": ["support"], "days": "365", "opening": "x" * 2001}, "at most 2000 characters"),
    ],
)
def test_form_refuses_what_makes_no_proposal(
    typed: dict[str, Any],
    said: str,
    client_for: SignIn,
    anna: Actor,
    ending: Relationship,
    contoso: Customer,
) -> None:
    response = client_for(anna).post(f"/customers/{contoso.pk}/renewals/propose/", typed)
    assert said in text(response)
    assert not RenewalProposal.objects.exists()


def test_form_gives_way_to_the_proposal_that_waits(
    client_for: SignIn, anna: Actor, proposal: RenewalProposal, contoso: Customer
) -> None:
    shown = text(client_for(anna).get(f"/customers/{contoso.pk}/renewals/propose/"))
    assert "take it back first" in shown
    assert "Propose it" not in shown


def test_form_says_when_there_is_nothing_to_renew(
    client_for: SignIn, anna: Actor, ending: Relationship, contoso: Customer, now: datetime
) -> None:
    Grant.objects.update(ends_on=now.date() - timedelta(days=1))
    shown = text(client_for(anna).get(f"/customers/{contoso.pk}/renewals/propose/"))
    assert "Nothing to renew" in shown
    assert "Invite again" in shown


def test_form_tells_the_last_no_and_its_reason(
    client_for: SignIn,
    anna: Actor,
    proposal: RenewalProposal,
    confirmed: Contact,
    contoso: Customer,
    now: datetime,
) -> None:
    renewals.decline(proposal, confirmed, reason="We do it ourselves.", at=now)
    shown = text(client_for(anna).get(f"/customers/{contoso.pk}/renewals/propose/"))
    assert "said no to your last proposal" in shown
    assert "We do it ourselves." in shown
    assert "Propose it" in shown


def test_list_of_grants_leads_to_proposing(
    client_for: SignIn, anna: Actor, viewer: Actor, ending: Relationship, contoso: Customer
) -> None:
    address = f"/customers/{contoso.pk}/renewals/propose/"
    assert address in text(client_for(anna).get("/privileges/?of=grants&show=ending"))
    assert address not in text(client_for(viewer).get("/privileges/?of=grants&show=ending"))


def test_provider_takes_a_proposal_back(
    client_for: SignIn, anna: Actor, proposal: RenewalProposal, sheet: str
) -> None:
    client = client_for(anna)
    address = f"/renewals/{proposal.pk}/withdraw/"
    assert "Provisioning ends on 16 Mar 2026" in text(client.get(address))
    client.post(address)
    proposal.refresh_from_db()
    assert proposal.status == "withdrawn"
    assert "no longer possible" in text(client.get(address))
    shown = text(Client().get(sheet))
    assert "has taken this proposal back" in shown
    assert "Renew and get the code" not in shown


# --- the customer ------------------------------------------------------------------------------


def answer(sheet: str, mails: Mailbox, **ticked: Any) -> Any:
    """Tick, and type the code that is mailed; return the page it ends on."""
    client = Client()
    asked = client.post(sheet, ticked)
    assert asked.status_code == 302, text(asked)
    return client.post(asked.url, {"code": mails.code("carla@contoso.example")}, follow=True)


def test_own_page_leads_to_the_proposal(sheet: str, proposal: RenewalProposal) -> None:
    shown = text(Client().get(sheet.partition("renewals")[0]))
    assert "Northwind Traders asks to go on" in shown
    assert sheet in shown


def test_privileges_are_unticked_and_resellers_ticked(sheet: str, held: None) -> None:
    shown = Client().get(sheet)
    form = shown.context["form"]
    assert form["privileges"].value() is None
    assert form["resellers"].value() == [str(one.pk) for one in Assignment.objects.order_by("pk")]
    assert text(shown).count("checked") == 2
    assert "As agreed." in text(shown)


def test_customer_renews_part_of_it_with_one_code(
    sheet: str, held: None, proposal: RenewalProposal, mails: Mailbox, now: datetime
) -> None:
    mine, _other = Assignment.objects.order_by("pk")
    nearer = now.date() + timedelta(days=90)
    ended = answer(sheet, mails, privileges=["provisioning"], resellers=[mine.pk], ends_on=nearer.isoformat())
    assert "Renewed. A receipt is on its way" in text(ended)
    assert "Privileges renewed by the customer: Provisioning" in text(ended)
    mine.refresh_from_db()
    assert mine.ends_on == nearer
    assert "already agreed" in text(Client().get(sheet))


def test_code_page_repeats_what_was_ticked(sheet: str, held: None, now: datetime) -> None:
    mine, other = Assignment.objects.order_by("pk")
    day = (now.date() + timedelta(days=90)).isoformat()
    client = Client()
    asked = client.post(sheet, {"privileges": ["provisioning"], "resellers": [mine.pk], "ends_on": day})
    shown = text(client.get(asked.url))
    assert "8 Jun 2026" in shown
    assert mine.reseller.name in shown
    assert other.reseller.name not in shown


def test_new_code_keeps_what_was_ticked_and_kills_the_old_one(
    sheet: str, mails: Mailbox, proposal: RenewalProposal, now: datetime
) -> None:
    day = (now.date() + timedelta(days=90)).isoformat()
    client = Client()
    asked = client.post(sheet, {"privileges": ["support"], "ends_on": day}).url
    old = mails.code("carla@contoso.example")
    path, _mark, query = asked.partition("?")
    fresh = client.post(f"{path}new/?{query}").url
    assert query in fresh
    assert "no longer valid" in text(client.post(asked, {"code": old}))
    client.post(fresh, {"code": mails.code("carla@contoso.example")})
    proposal.refresh_from_db()
    assert proposal.status == "accepted"


def test_sixth_code_within_an_hour_is_refused(sheet: str, now: datetime) -> None:
    ticked = {"privileges": ["support"], "ends_on": now.date().isoformat()}
    answers = [Client().post(sheet, ticked) for _try in range(6)]
    assert [one.status_code for one in answers] == [302] * 5 + [200]
    assert "Too many codes" in text(answers[5])


def test_nothing_ticked_leads_to_saying_no(sheet: str, now: datetime) -> None:
    shown = Client().post(sheet, {"ends_on": now.date().isoformat()}, follow=True)
    assert "You ticked no privilege: that is a no" in text(shown)
    assert "Say no to the renewal" in text(shown)


def test_customer_says_no_with_a_reason(sheet: str, proposal: RenewalProposal) -> None:
    done = Client().post(f"{sheet}decline/", {"reason": "We do it ourselves."}, follow=True)
    assert "You said no" in text(done)
    proposal.refresh_from_db()
    assert proposal.decline_reason == "We do it ourselves."
    assert "already said no" in text(Client().get(sheet))
    assert Client().get(f"{sheet}decline/").status_code == 302


@pytest.mark.parametrize(
    "day", ["", "2026-03-09", "2027-03-11", "11/03/2026", "9999-99-99", "2026-06-01\x00"]
)
def test_day_outside_what_was_proposed_is_refused(day: str, sheet: str) -> None:
    shown = Client().post(sheet, {"privileges": ["support"], "ends_on": day})
    assert shown.status_code == 200
    assert shown.context["form"].errors["ends_on"]


def test_ticks_of_somebody_else_are_refused(sheet: str, held: None, now: datetime) -> None:
    foreign = AssignmentFactory()
    day = now.date().isoformat()
    for ticked in ({"resellers": [foreign.pk]}, {"privileges": ["owner"]}, {"resellers": ["x"]}):
        shown = Client().post(sheet, {"privileges": ["support"], "ends_on": day, **ticked})
        assert shown.status_code == 200
        assert shown.context["form"].errors


def test_address_that_carries_no_choice_leads_back(sheet: str, mails: Mailbox, now: datetime) -> None:
    asked = Client().post(sheet, {"privileges": ["support"], "ends_on": now.date().isoformat()}).url
    path, _mark, _query = asked.partition("?")
    for query in ("", "privileges=support", "privileges=owner&ends_on=2026-03-10", "ends_on=2030-01-01"):
        assert Client().get(f"{path}?{query}").url == sheet
        assert Client().post(f"{path}?{query}", {"code": "123456"}).url == sheet


def test_page_says_why_once_the_grants_are_over(proposal: RenewalProposal, confirmed: Contact) -> None:
    with time_machine.travel(proposal.expires_at, tick=False):
        token = links.page_address(confirmed).rstrip("/").rpartition("/")[2]
        shown = text(Client().get(f"/my/{token}/renewals/{proposal.pk}/"))
        assert "asks to go on" not in text(Client().get(f"/my/{token}/"))
    assert "The time for an answer is over" in shown
    assert "Renew and get the code" not in shown


def test_another_customers_page_shows_nothing_of_it(
    sheet: str, proposal: RenewalProposal, tailspin: Partner
) -> None:
    stranger = ContactFactory(confirmed=True, customer__provider=tailspin)
    token = links.page_address(stranger).rstrip("/").rpartition("/")[2]
    for path in ("", "decline/", "code/00000000-0000-0000-0000-000000000000/"):
        assert Client().get(f"/my/{token}/renewals/{proposal.pk}/{path}").status_code == 404
