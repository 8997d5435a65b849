"""A reseller who forwards an invitation to itself does not become a voice of its customer."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from customers import acceptances, custody
from customers.models import Acceptance, Contact, Customer, Grant, Invitation, InvitationLink
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partnership

PUPPET = Recipient("somebody@elsewhere.example", "Contoso")
Answer = Callable[..., Acceptance]


@pytest.fixture
def for_contoso(
    invite: Callable[..., Invitation], handed_terms: Terms, contoso: Customer, acceptance: Acceptance
) -> Invitation:
    """An invitation in Fabrikam's hands for Contoso, which has answered Northwind before."""
    Grant.objects.update(status="withdrawn", stopped_at=acceptance.completed_at, stopped_by="Carla")
    return invite(handed_terms, customer=contoso)


def test_the_reseller_s_own_mailbox_waits_for_the_provider(
    for_contoso: Invitation, answer_link: Answer, luca: Actor, now: datetime
) -> None:
    later = now + timedelta(hours=2)
    link = custody.forward(for_contoso, to=PUPPET, by=luca, at=later)
    acceptance = answer_link(link, email=PUPPET.email)
    assert acceptance.pending_reasons == ["forwarded"]
    assert not Contact.objects.filter(email=PUPPET.email).exists()
    assert not Grant.objects.filter(status="active").exists()


def test_the_provider_can_still_confirm_it(
    for_contoso: Invitation, answer_link: Answer, luca: Actor, anna: Actor, now: datetime
) -> None:
    link = custody.forward(for_contoso, to=PUPPET, by=luca, at=now)
    acceptances.confirm(answer_link(link, email=PUPPET.email), by=anna, at=now)
    assert Grant.objects.filter(status="active").count() == 2


def test_a_contact_the_provider_has_noted_needs_no_second_look(
    for_contoso: Invitation, answer_link: Answer, contoso: Customer, luca: Actor, now: datetime
) -> None:
    Contact.objects.create(customer=contoso, name="Paola", email=PUPPET.email)
    acceptance = answer_link(custody.forward(for_contoso, to=PUPPET, by=luca, at=now), email=PUPPET.email)
    assert acceptance.pending_reasons == []


def test_a_full_invitation_does_not_tell_whose_an_address_is(
    forwarded: InvitationLink, anna: Actor, luca: Actor, partnership: Partnership, now: datetime
) -> None:
    said = set()
    for address in (anna.email, "nobody@elsewhere.example"):
        with pytest.raises(Refused) as refusal:
            custody.forward(forwarded.invitation, to=Recipient(address, "X"), by=luca, at=now)
        said.add(str(refusal.value))
    assert len(said) == 1
