"""A reseller learns nothing of another's: not from a closed hand-over, a refusal, nor a line of the log."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers import custody, endings, expiries, handovers, links, renewals
from customers.models import Contact, Customer, Grant, HandOver, Invitation, InvitationLink, Privilege
from customers.renewals import Choice
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from tests.factories import AssignmentFactory, CustomerFactory

SignIn = Callable[[Actor], Client]


@pytest.fixture
def offered_over(
    northwind: Partner, fabrikam: Partner, adventure_partnership: Partnership, anna: Actor, now: datetime
) -> HandOver:
    """All of Fabrikam's customers, of which there is one, offered to Adventure."""
    CustomerFactory(provider=northwind, reseller=fabrikam, name="Known From The Offer")
    return handovers.offer(fabrikam, adventure_partnership, starts_on=now.date(), by=anna, at=now)


@pytest.mark.parametrize("ending", ["declined", "withdrawn", "lapsed"])
def test_a_closed_hand_over_shows_no_later_customer_of_the_reseller_before(
    ending: str,
    offered_over: HandOver,
    northwind: Partner,
    fabrikam: Partner,
    client_for: SignIn,
    ada: Actor,
    anna: Actor,
    now: datetime,
) -> None:
    match ending:
        case "declined":
            handovers.decline(offered_over, by=ada, at=now)
        case "withdrawn":
            handovers.withdraw(offered_over, by=anna, at=now)
        case _:
            HandOver.objects.update(offered_at=now - timedelta(days=30))
    CustomerFactory(provider=northwind, reseller=fabrikam, name="Won Afterwards")
    page = client_for(ada).get(offered_over.get_absolute_url())
    assert page.status_code == 200
    assert "Won Afterwards" not in page.content.decode()
    assert "Known From The Offer" not in page.content.decode()


def test_sending_a_lapsed_link_again_does_not_tell_who_else_invited_its_address(
    forwarded: InvitationLink,
    handed_terms: Terms,
    terms: Terms,
    invite: Callable[..., Invitation],
    anna: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    over = forwarded.invitation.expires_at
    expiries.tidy(over)
    expiries.move(forwarded.invitation, over + timedelta(days=30), version=1, by=anna, at=over)
    at = over + timedelta(hours=1)
    other = invite(terms, expires_at=at + timedelta(days=9))
    custody.send(other, to=Recipient(forwarded.email, "Contoso"), by=anna, at=at)
    with pytest.raises(Refused) as refused:
        custody.resend(forwarded, by=luca, at=at)
    assert str(refused.value) == "This address cannot be invited now."


def test_the_log_of_a_renewal_names_no_reseller_to_another(
    confirmed: Contact,
    provisioning: Grant,
    support: Grant,
    partnership: Partnership,
    adventure_partnership: Partnership,
    client_for: SignIn,
    anna: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    Grant.objects.update(ends_on=now.date() + timedelta(days=21))
    held = [
        AssignmentFactory(grant=Grant.objects.get(pk=grant.pk), partnership=tie)
        for grant, tie in ((provisioning, partnership), (support, adventure_partnership))
    ]
    both = frozenset(Privilege.values)
    proposal = renewals.propose(provisioning.relationship, renewals.Terms(both, 365), by=anna, at=now)
    code = renewals.ask_to_answer(proposal, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    choice = Choice(both, proposal.last_day(now.date()), frozenset(one.pk for one in held))
    renewals.accept(proposal, confirmed, code, choice, at=now)
    client = client_for(luca)
    for address in (reverse("partners:activity"), reverse("partners:activity-export")):
        answer = client.get(address, {"verb": "renewal.accepted"})
        told = b"".join(answer.streaming_content) if answer.streaming else answer.content
        assert b"Privileges renewed" in told
        assert b"Adventure" not in told


def test_customers_of_the_one_before_are_not_told_to_a_reseller_whose_partnership_ended(
    offered_over: HandOver,
    adventure_partnership: Partnership,
    client_for: SignIn,
    ada: Actor,
    anna: Actor,
    now: datetime,
) -> None:
    endings.end_partnership(adventure_partnership, by=anna, at=now)
    assert client_for(ada).get(offered_over.get_absolute_url()).status_code == 404


def test_an_offer_still_shows_the_new_reseller_whom_it_would_look_after(
    offered_over: HandOver, client_for: SignIn, ada: Actor, contoso: Customer
) -> None:
    page = client_for(ada).get(offered_over.get_absolute_url()).content.decode()
    assert "Known From The Offer" in page
    assert contoso.name not in page
