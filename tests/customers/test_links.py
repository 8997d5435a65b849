"""Signed links: what one is worth, and when it stops working. A forged or unknown one tells nothing."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.core.signing import Signer, TimestampSigner

from customers import custody, endings, expiries, links
from customers.links import BadLink, OldLink
from customers.models import Acceptance, Contact, Invitation, InvitationLink, LinkState
from partners import mail
from partners.actor import Actor
from partners.models import Partner, Partnership


def token_of(address: str) -> str:
    return address.rstrip("/").rpartition("/")[2]


def state(link: InvitationLink, at: datetime) -> LinkState:
    return links.open_invitation(token_of(links.invitation_address(link)), at).state


# --- invitations -------------------------------------------------------------------------------


def test_genuine_link_opens_the_row_it_was_made_for(link: InvitationLink, now: datetime) -> None:
    opened = links.open_invitation(token_of(links.invitation_address(link)), now)
    assert (opened.link, opened.state, opened.is_live) == (link, LinkState.LIVE, True)


def test_link_is_built_from_the_site_and_can_be_shown_again(link: InvitationLink) -> None:
    address = links.invitation_address(link)
    assert address.startswith("https://multicanale.example/i/")
    assert address == links.invitation_address(link)


def test_link_holds_a_signature_nobody_can_guess(link: InvitationLink) -> None:
    signature = token_of(links.invitation_address(link)).rpartition(".")[2]
    assert len(signature) * 6 >= 128


def forgeries(link: InvitationLink) -> dict[str, str]:
    genuine = token_of(links.invitation_address(link))
    value, _dot, signature = genuine.rpartition(".")
    return {
        "nothing": "",
        "another id": f"{link.pk + 1}.1.{signature}",
        "another serial": f"{link.pk}.2.{signature}",
        "no signature": value,
        "shortened": genuine[:-1],
        "signed for another purpose": Signer(salt="customers.ask", sep=".").sign(value),
        "signed, but not in this form": Signer(salt="customers.invitation", sep=".").sign("1"),
        "signed, but no number": Signer(salt="customers.invitation", sep=".").sign("a.b"),
        "very long": "9" * 8000,
        "not ascii": "²." + genuine,
        "control characters": "\0" + genuine,
    }


@pytest.mark.parametrize("kind", list(forgeries(InvitationLink(pk=1))))
def test_forged_link_is_bad(kind: str, link: InvitationLink, now: datetime) -> None:
    with pytest.raises(BadLink):
        links.open_invitation(forgeries(link)[kind], now)


def test_link_to_no_row_is_bad(link: InvitationLink, now: datetime) -> None:
    token = token_of(links.invitation_address(InvitationLink(pk=link.pk + 1, serial=1)))
    with pytest.raises(BadLink):
        links.open_invitation(token, now)


def test_link_signed_with_another_secret_is_bad(
    link: InvitationLink, now: datetime, settings: pytest.FixtureRequest
) -> None:
    settings.SECRET_KEY = "another secret, which somebody else has"
    token = token_of(links.invitation_address(link))
    settings.SECRET_KEY = "our own secret, which nobody else has"
    with pytest.raises(BadLink):
        links.open_invitation(token, now)


def test_old_serial_is_replaced_and_tells_nothing_of_the_new_one(link: InvitationLink, now: datetime) -> None:
    old = token_of(links.invitation_address(link))
    InvitationLink.objects.filter(pk=link.pk).update(serial=2)
    assert links.open_invitation(old, now).state == LinkState.REPLACED
    link.refresh_from_db()
    assert state(link, now) == LinkState.LIVE
    custody.decline(link, reason="", at=now)
    assert links.open_invitation(old, now).state == LinkState.REPLACED


def test_expired_link_says_so_from_that_moment_on(link: InvitationLink, now: datetime) -> None:
    last = link.invitation.expires_at
    assert state(link, last - timedelta(microseconds=1)) == LinkState.LIVE
    assert state(link, last) == LinkState.EXPIRED


def test_lapsed_link_says_expired(link: InvitationLink, now: datetime) -> None:
    expiries.tidy(link.invitation.expires_at)
    assert state(link, now) == LinkState.EXPIRED


def test_withdrawn_link_says_so(link: InvitationLink, anna: Actor, now: datetime) -> None:
    custody.withdraw_link(link, by=anna, at=now)
    assert state(link, now) == LinkState.WITHDRAWN


def test_link_of_a_withdrawn_invitation_says_so_whatever_became_of_its_own_row(
    link: InvitationLink, now: datetime
) -> None:
    Invitation.objects.filter(pk=link.invitation_id).update(
        status="withdrawn", withdrawn_at=now, withdrawn_by="somebody"
    )
    assert state(link, now) == LinkState.WITHDRAWN


def test_declined_link_says_so(link: InvitationLink, now: datetime) -> None:
    custody.decline(link, reason="", at=now)
    assert state(link, now) == LinkState.DECLINED


def test_accepted_link_says_so(link: InvitationLink, acceptance: Acceptance, now: datetime) -> None:
    assert state(link, now) == LinkState.ACCEPTED


def test_forwarded_link_dies_with_the_partnership(
    forwarded: InvitationLink, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    assert state(forwarded, now) == LinkState.LIVE
    endings.end_partnership(partnership, by=anna, at=now)
    assert state(forwarded, now) == LinkState.WITHDRAWN


@pytest.mark.parametrize("company", ["northwind", "fabrikam"])
def test_link_of_a_suspended_company_looks_like_a_forged_one(
    company: str, forwarded: InvitationLink, now: datetime, request: pytest.FixtureRequest
) -> None:
    Partner.objects.filter(pk=request.getfixturevalue(company).pk).update(status="suspended")
    with pytest.raises(BadLink):
        state(forwarded, now)


def test_suspended_reseller_that_is_only_named_does_not_kill_the_providers_link(
    link: InvitationLink, fabrikam: Partner, now: datetime
) -> None:
    Partner.objects.filter(pk=fabrikam.pk).update(status="suspended")
    assert state(link, now) == LinkState.LIVE


def test_mail_of_a_link_that_died_meanwhile_is_not_filled(
    link: InvitationLink, anna: Actor, now: datetime
) -> None:
    assert links.fill_invitation(str(link.pk), str(link.serial)) == links.invitation_address(link)
    with pytest.raises(mail.Gone):
        links.fill_invitation(str(link.pk), str(link.serial + 1))
    custody.withdraw_link(link, by=anna, at=now)
    with pytest.raises(mail.Gone):
        links.fill_invitation(str(link.pk), str(link.serial))


# --- the customer's own page -------------------------------------------------------------------


def test_page_link_opens_for_one_hour(confirmed: Contact, now: datetime) -> None:
    token = token_of(links.page_address(confirmed))
    with time_machine.travel(now + timedelta(hours=1), tick=False):
        assert links.open_page(token) == confirmed
    with time_machine.travel(now + timedelta(hours=1, seconds=1), tick=False):
        with pytest.raises(OldLink) as old:
            links.open_page(token)
        assert old.value.contact == confirmed


def test_page_link_of_an_unconfirmed_contact_is_bad(carla: Contact) -> None:
    with pytest.raises(BadLink):
        links.open_page(token_of(links.page_address(carla)))
    with pytest.raises(BadLink):
        links.open_ask(token_of(links.ask_address(carla)))


def test_ask_link_lasts(confirmed: Contact, now: datetime) -> None:
    token = token_of(links.ask_address(confirmed))
    with time_machine.travel(now + timedelta(days=700), tick=False):
        assert links.open_ask(token) == confirmed


def test_raised_serial_kills_both_links_of_a_contact(confirmed: Contact, now: datetime) -> None:
    page, ask = token_of(links.page_address(confirmed)), token_of(links.ask_address(confirmed))
    Contact.objects.filter(pk=confirmed.pk).update(page_serial=2)
    with pytest.raises(BadLink):
        links.open_page(page)
    with pytest.raises(BadLink):
        links.open_ask(ask)
    with time_machine.travel(now + timedelta(hours=2), tick=False), pytest.raises(BadLink) as refusal:
        links.open_page(page)
    assert not isinstance(refusal.value, OldLink)  # a revoked link mails nobody a fresh one


def test_lasting_link_does_not_open_the_page_and_the_other_way_round(confirmed: Contact) -> None:
    page, ask = token_of(links.page_address(confirmed)), token_of(links.ask_address(confirmed))
    with pytest.raises(BadLink):
        links.open_page(ask)
    with pytest.raises(BadLink):
        links.open_ask(page)


@pytest.mark.parametrize("token", ["", "1.1", "a.b.c", "9" * 8000, "\0", "²"])
def test_forged_page_and_ask_links_are_bad(token: str, confirmed: Contact) -> None:
    for opens in (links.open_page, links.open_ask):
        with pytest.raises(BadLink):
            opens(token)


def test_signed_nonsense_opens_neither(confirmed: Contact) -> None:
    with pytest.raises(BadLink):
        links.open_page(TimestampSigner(salt="customers.page", sep=".").sign("a.b"))
    with pytest.raises(BadLink):
        links.open_ask(Signer(salt="customers.ask", sep=".").sign("1"))


def test_hour_of_a_mailed_page_link_begins_at_delivery(confirmed: Contact, now: datetime) -> None:
    late = now + timedelta(hours=5)
    with time_machine.travel(late, tick=False):
        token = token_of(links.fill_page(str(confirmed.pk)))
        assert links.open_page(token) == confirmed


def test_mails_to_a_contact_no_longer_confirmed_are_not_filled(carla: Contact) -> None:
    for fill in (links.fill_page, links.fill_ask):
        with pytest.raises(mail.Gone):
            fill(str(carla.pk))
