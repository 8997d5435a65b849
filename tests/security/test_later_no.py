"""What a customer ended or took back is not brought to life again by an older answer of its own."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers import acceptances, custody, links, privileges
from customers.models import Acceptance, Contact, Grant, Invitation, Relationship
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from subscriptions import offboarding
from subscriptions.vocabulary import Channel
from tests.factories import SubscriptionFactory

LATER = timedelta(hours=1)
Answer = Callable[..., Acceptance]


@pytest.fixture
def older(
    accepted: Relationship,
    invite: Callable[..., Invitation],
    terms: Terms,
    answer_link: Answer,
    anna: Actor,
    now: datetime,
) -> Acceptance:
    """A second answer of Contoso's, from an address Northwind has to look at first."""
    to = Recipient("else@elsewhere.example", "Contoso")
    link = custody.send(invite(replace(terms)), to=to, by=anna, at=now)
    waiting = answer_link(link, email="third@elsewhere.example")
    assert waiting.status == Acceptance.Status.PENDING
    return waiting


def end(accepted: Relationship, confirmed: Contact, at: datetime) -> None:
    code = offboarding.ask_to_end(accepted, confirmed, at=at)
    links.spend_try(code, links.code_digits(code), at=at)
    offboarding.end_by_customer(accepted, confirmed, code, at=at)


@pytest.mark.parametrize("running", [False, True])
def test_an_ended_relationship_stays_ended(
    running: bool,
    accepted: Relationship,
    confirmed: Contact,
    older: Acceptance,
    client_for: Callable[[Actor], Client],
    anna: Actor,
    now: datetime,
) -> None:
    if running:
        SubscriptionFactory(customer=accepted.customer, channel=Channel.CSP_OWN, status="active")
    end(accepted, confirmed, now + LATER)
    with pytest.raises(Refused, match="taken this back"):
        acceptances.confirm(older, by=anna, at=now + 2 * LATER)
    page = client_for(anna).post(reverse("customers:acceptance-confirm", args=[older.pk]), follow=True)
    assert "taken this back" in page.content.decode()
    assert not Grant.objects.live(now + 2 * LATER).exists()
    accepted.refresh_from_db()
    assert bool(accepted.ending_requested_at) is running
    acceptances.refuse(older, by=anna, at=now + 2 * LATER)


def test_a_withdrawn_privilege_stays_withdrawn(
    provisioning: Grant, confirmed: Contact, older: Acceptance, anna: Actor, now: datetime
) -> None:
    at = now + LATER
    code = privileges.ask_to_withdraw(provisioning, confirmed, at=at)
    links.spend_try(code, links.code_digits(code), at=at)
    privileges.withdraw_grant(provisioning, confirmed, code, at=at)
    with pytest.raises(Refused, match="taken this back"):
        acceptances.confirm(older, by=anna, at=at + LATER)
    assert not Grant.objects.live(at + LATER).filter(privilege="provisioning").exists()


def test_an_answer_newer_than_the_no_counts(
    provisioning: Grant,
    confirmed: Contact,
    invite: Callable[..., Invitation],
    terms: Terms,
    answer_link: Answer,
    anna: Actor,
    now: datetime,
) -> None:
    code = privileges.ask_to_withdraw(provisioning, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    privileges.withdraw_grant(provisioning, confirmed, code, at=now)
    to = Recipient("else@elsewhere.example", "Contoso")
    link = custody.send(invite(terms), to=to, by=anna, at=now + LATER)
    waiting = answer_link(link, at=now + LATER, email="third@elsewhere.example")
    acceptances.confirm(waiting, by=anna, at=now + 2 * LATER)
    assert Grant.objects.live(now + 2 * LATER).filter(privilege="provisioning").exists()
