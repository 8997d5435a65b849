"""What can be done with links under way, in the browser; and what the holder of a dead one finds."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import unquote

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from customers import custody, expiries, links
from customers.models import Invitation, InvitationLink
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.models import Message, Partner
from tests.conftest import Answering

SignIn = Callable[[Actor], Client]
Make = Callable[..., Invitation]


def address(name: str, row: Any) -> str:
    return reverse(f"customers:{name}", args=[row.pk])


def landing(link: InvitationLink, name: str = "landing") -> str:
    token = links.invitation_address(link).rstrip("/").rpartition("/")[2]
    return reverse(f"customers:{name}", args=[token])


@pytest.fixture
def campaign(invite: Make, handed_terms: Terms) -> Invitation:
    """An invitation in Fabrikam's hands that serves three customers."""
    return invite(handed_terms, places=3)


# --- several at once ---------------------------------------------------------------------------

LINES = "Contoso; carla@contoso.example\n\n Litware S.r.l.;admin@litware.example \nA; B; ops@ab.example"


def test_forwarding_to_several_at_once(campaign: Invitation, luca: Actor, client_for: SignIn) -> None:
    client = client_for(luca)
    assert "3 of 3 places free" in client.get(campaign.get_absolute_url()).content.decode()
    response = client.post(
        address("invitation-forward-many", campaign), {"lines": LINES, "covering": "As agreed."}
    )
    assert response.status_code == 302
    sent = campaign.links.order_by("pk").values_list("company", "email", "covering")
    assert list(sent) == [
        ("Contoso", "carla@contoso.example", "As agreed."),
        ("Litware S.r.l.", "admin@litware.example", "As agreed."),
        ("A; B", "ops@ab.example", "As agreed."),
    ]


def test_lines_of_a_spreadsheet_are_taken(campaign: Invitation, luca: Actor, client_for: SignIn) -> None:
    lines = "Contoso\tcarla@contoso.example\nRossi, Bianchi, ops@rossi.example"
    response = client_for(luca).post(address("invitation-forward-many", campaign), {"lines": lines})
    assert response.status_code == 302
    assert list(campaign.links.order_by("pk").values_list("company", "email")) == [
        ("Contoso", "carla@contoso.example"),
        ("Rossi, Bianchi", "ops@rossi.example"),
    ]


def test_wrong_lines_are_named_and_nothing_is_sent(
    campaign: Invitation, luca: Actor, client_for: SignIn
) -> None:
    wrong = "Contoso; carla@contoso.example\nno address\nL; nonsense\n; x@x.example\nC;carla@contoso.example"
    page = client_for(luca).post(address("invitation-forward-many", campaign), {"lines": wrong})
    assert page.status_code == 200
    errors = page.context["many"].errors["lines"]
    assert [error.partition(":")[0] for error in errors] == ["Line 2", "Line 3", "Line 4", "Line 5"]
    assert "stands above already" in errors[3]
    assert not campaign.links.exists()
    assert wrong.splitlines()[0] in page.content.decode()  # what was typed is kept


def test_an_address_the_story_refuses_is_named_by_its_line(
    campaign: Invitation, luca: Actor, anna: Actor, client_for: SignIn
) -> None:
    lines = f"\nContoso; carla@contoso.example\nX; {anna.email}"
    page = client_for(luca).post(address("invitation-forward-many", campaign), {"lines": lines})
    assert page.context["many"].errors["lines"] == ["Line 3: This address cannot be invited now."]
    assert not campaign.links.exists()
    assert not Message.objects.filter(event="customers/invitation_sent").exists()


def test_more_lines_than_fifty_or_than_places_are_refused(
    campaign: Invitation, luca: Actor, client_for: SignIn
) -> None:
    def refused(number: int) -> str:
        return refused_lines("\n".join(f"Customer {n}; admin{n}@customers.example" for n in range(number)))

    def refused_lines(lines: str) -> str:
        page = client_for(luca).post(address("invitation-forward-many", campaign), {"lines": lines})
        return str(page.context["many"].errors)

    assert "At most 50 lines" in refused(51)
    assert "Write at least one line" in refused_lines("\n \n")
    assert "3 of 3 places are free: too few for 4 addresses" in refused(4)
    assert not campaign.links.exists()


def test_provider_sends_its_own_to_several(
    invite: Make, terms: Terms, anna: Actor, client_for: SignIn
) -> None:
    own = invite(terms, places=3, customer=None)
    assert client_for(anna).post(address("invitation-send-many", own), {"lines": LINES}).status_code == 302
    assert own.links.count() == 3


def test_a_long_campaign_is_read_page_by_page(
    invite: Make, handed_terms: Terms, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    wide = invite(handed_terms, places=60)
    for first in (0, 30):
        to = [Recipient(f"admin{n}@customers.example", f"Customer {n}") for n in range(first, first + 30)]
        custody.forward_many(wide, to=to, by=luca, at=now)
    client = client_for(luca)
    page = client.get(wide.get_absolute_url())
    older = client.get(wide.get_absolute_url() + page.context["page"].older)
    shown = [len(one.context["links"]) for one in (page, older)]
    assert shown == [50, 10]


def test_one_place_offers_no_list(handed: Invitation, luca: Actor, client_for: SignIn) -> None:
    assert client_for(luca).get(handed.get_absolute_url()).context["many"] is None


# --- again, by hand, taken back ----------------------------------------------------------------


def test_resend_is_offered_while_it_is_taken(
    forwarded: InvitationLink, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    client, resend = client_for(luca), address("link-resend", forwarded)
    page = forwarded.invitation.get_absolute_url()
    assert resend in client.get(page).content.decode()
    assert client.post(resend).status_code == 302
    assert Message.objects.filter(event="customers/invitation_sent").count() == 2
    assert "Try again in" in client.post(resend, follow=True).content.decode()
    custody.decline(InvitationLink.objects.get(), reason="", at=now)
    assert resend not in client.get(page).content.decode()
    assert "The customer said no to it" in client.post(resend, follow=True).content.decode()


def test_a_link_made_anew_is_copied_or_opened_in_the_mail_program(
    link: InvitationLink, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    client.post(address("link-resend-copy", link))
    link.refresh_from_db()
    assert link.message.status == Message.Status.NOT_MAILED  # type: ignore[union-attr]
    (shown,) = client.get(link.invitation.get_absolute_url()).context["links"]
    assert shown["address"] == links.invitation_address(link)
    to, _mark, rest = shown["by_hand"].partition("?")
    assert unquote(to) == "mailto:carla@contoso.example"
    assert unquote(rest).startswith("subject=Northwind Traders asks to look after")
    assert links.invitation_address(link) in unquote(rest)


def test_reseller_withdraws_all_its_links_after_reading_which(
    campaign: Invitation, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    client, url = client_for(luca), address("invitation-withdraw-links", campaign)
    assert "No link of this invitation waits" in client.get(url).content.decode()
    for name in ("one", "two"):
        custody.forward(campaign, to=Recipient(f"{name}@x.example", name), by=luca, at=now)
    assert url in client.get(campaign.get_absolute_url()).content.decode()
    page = client.get(url).content.decode()
    assert "one@x.example stops working" in page
    assert "two@x.example stops working" in page
    assert "2 links are withdrawn" in client.post(url, follow=True).content.decode()
    assert not campaign.links.waiting().exists()


def test_reason_of_a_decline_is_read_by_provider_and_reseller(
    forwarded: InvitationLink, anna: Actor, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    custody.decline(forwarded, reason="We have a partner.", at=now)
    for who in (anna, luca):
        page = client_for(who).get(forwarded.invitation.get_absolute_url())
        assert "We have a partner." in page.content.decode()
        mail = Message.objects.get(event="customers/invitation_declined", to=who.email)
        assert "We have a partner." in mail.text


# --- the last day ------------------------------------------------------------------------------


def test_last_day_is_moved_to_the_end_of_a_day_where_the_provider_is(
    link: InvitationLink, anna: Actor, client_for: SignIn, northwind: Partner
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(time_zone="Europe/Rome")
    client, url = client_for(anna), address("invitation-expiry", link.invitation)
    form = client.get(url).context["form"]
    assert form.initial["version"] == 1
    assert client.post(url, {"expires_on": "2026-05-01", "version": "1"}).status_code == 302
    link.invitation.refresh_from_db()
    assert link.invitation.expires_at.isoformat() == "2026-05-01T21:59:00+00:00"


def test_last_day_typed_on_a_stale_form_is_refused(
    link: InvitationLink, anna: Actor, client_for: SignIn, now: datetime
) -> None:
    expiries.move(link.invitation, now + timedelta(days=9), version=1, by=anna, at=now)
    url = address("invitation-expiry", link.invitation)
    page = client_for(anna).post(url, {"expires_on": "2026-05-01", "version": "1"})
    assert "Someone else has just changed this" in page.content.decode()


@pytest.mark.parametrize("day", ["2026-03-09", "2027-03-11", "soon"])
def test_last_day_in_the_past_or_beyond_a_year_is_refused(
    link: InvitationLink, anna: Actor, client_for: SignIn, day: str
) -> None:
    url = address("invitation-expiry", link.invitation)
    page = client_for(anna).post(url, {"expires_on": day, "version": "1"})
    assert page.status_code == 200
    assert page.context["form"].errors


def test_last_day_of_what_is_no_longer_open_says_why(
    link: InvitationLink, answer_link: Answering, anna: Actor, client_for: SignIn
) -> None:
    answer_link(link)
    client = client_for(anna)
    url = address("invitation-expiry", link.invitation)
    assert "Every place of this invitation has been accepted" in client.get(url).content.decode()
    assert url not in client.get(link.invitation.get_absolute_url()).content.decode()


# --- a dead link -------------------------------------------------------------------------------


def kill(how: str, link: InvitationLink, anna: Actor, answer_link: Answering, now: datetime) -> None:
    match how:
        case "withdrawn":
            custody.withdraw_link(link, by=anna, at=now)
        case "declined":
            custody.decline(link, reason="", at=now)
        case "accepted":
            answer_link(link)
        case "replaced":
            custody.resend(link, by=anna, at=now)
        case "expired":
            expiries.move(link.invitation, now + timedelta(seconds=1), version=1, by=anna, at=now)


@pytest.mark.parametrize("how", ["withdrawn", "declined", "accepted", "replaced", "expired"])
def test_holder_of_a_dead_link_asks_for_a_new_one_and_always_reads_the_same(
    how: str, link: InvitationLink, anna: Actor, answer_link: Answering, client: Client, now: datetime
) -> None:
    old, again = landing(link), landing(link, "landing-again")
    kill(how, link, anna, answer_link, now)
    with time_machine.travel(now + timedelta(minutes=1), tick=False):
        page = client.get(old)
        assert page.status_code == 410
        assert again in page.content.decode()
        answers = [client.post(again, follow=True).content.decode() for _twice in range(2)]
    link.refresh_from_db()
    assert link.asked_again_at == now + timedelta(minutes=1)
    for said in answers:
        assert "Northwind Traders knows that you ask for a new link" in said


def test_holder_of_a_live_link_has_nothing_to_ask(link: InvitationLink, client: Client) -> None:
    response = client.post(landing(link, "landing-again"))
    assert response.status_code == 302
    link.refresh_from_db()
    assert link.asked_again_at is None


def test_replaced_page_tells_nothing_of_the_new_link(
    link: InvitationLink, anna: Actor, client: Client, now: datetime
) -> None:
    old = landing(link)
    custody.resend(link, by=anna, at=now)
    link.refresh_from_db()
    page = client.get(old).content.decode()
    assert landing(link) not in page
    assert "carla@" not in page
    assert "Contoso" not in page


def test_provider_sees_who_asked_and_answers(
    link: InvitationLink, anna: Actor, viewer: Actor, client_for: SignIn, now: datetime
) -> None:
    custody.decline(link, reason="", at=now)
    custody.ask_again(link, at=now)
    client, page = client_for(anna), link.invitation.get_absolute_url()
    shown = client.get(page).content.decode()
    invite = f"{reverse('customers:invite')}?customer={link.customer_id}&amp;email=carla%40contoso.example"
    assert invite in shown
    assert address("link-resend", link) not in shown  # a declined link is never sent again
    close = address("link-close", link)
    assert close in shown
    assert close not in client_for(viewer).get(page).content.decode()
    assert client.post(close).status_code == 302
    assert "asked for a new one" in client.get(page).content.decode()  # what happened stays
    assert close not in client.get(page).content.decode()


def test_provider_sends_an_expired_link_again_once_the_day_is_moved(
    link: InvitationLink, anna: Actor, client_for: SignIn
) -> None:
    over = link.invitation.expires_at
    expiries.tidy(over)
    custody.ask_again(link, at=over)
    with time_machine.travel(over, tick=False):
        client, resend = client_for(anna), address("link-resend", link)
        page = link.invitation.get_absolute_url()
        assert resend not in client.get(page).content.decode()
        client.post(
            address("invitation-expiry", link.invitation), {"expires_on": "2026-07-01", "version": "1"}
        )
        assert resend in client.get(page).content.decode()
        client.post(resend)
    link.refresh_from_db()
    assert (link.status, link.asks_again) == (InvitationLink.Status.WAITING, False)
