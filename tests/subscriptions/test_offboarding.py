"""Ending a relationship: the provider when nothing it sells runs, the customer always; what stops is said."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from customers import custody, links, privileges
from customers.models import (
    Acceptance,
    Assignment,
    Contact,
    Grant,
    Invitation,
    MailedCode,
    Relationship,
    RenewalProposal,
)
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from subscriptions import offboarding, records
from subscriptions.attention import waiting
from subscriptions.models import Move, Subscription
from subscriptions.vocabulary import Channel, Status
from tests.conftest import Log, Mailbox
from tests.factories import (
    PASSWORD,
    ContactFactory,
    InvitationLinkFactory,
    MoveFactory,
    RelationshipFactory,
    SubscriptionFactory,
)


@pytest.fixture
def ours(accepted: Relationship) -> Subscription:
    """Something Northwind sells Contoso, in the middle of its term."""
    return SubscriptionFactory(customer=accepted.customer, channel=Channel.CSP_OWN)


@pytest.fixture
def renewal(accepted: Relationship, now: datetime) -> RenewalProposal:
    """A renewal that waits for Contoso."""
    return RenewalProposal.objects.create(
        relationship=accepted,
        provider=accepted.provider,
        customer=accepted.customer,
        renews_support=True,
        proposed_at=now,
        proposed_by="Anna",
        expires_at=now + timedelta(days=30),
    )


@pytest.fixture
def proved(accepted: Relationship, confirmed: Contact, now: datetime) -> MailedCode:
    """The mailed code of Carla's wish to end, typed right."""
    code = offboarding.ask_to_end(accepted, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    return code


def of_kind(actor: Actor, kind: str, at: datetime) -> list[str]:
    return [item.subject for item in waiting(actor, at).items(kind)]


# --- by the provider ---------------------------------------------------------------------------


def test_loose_ends_list_everything_that_hangs_on_it(
    assigned: Assignment,
    support: Grant,
    partnership: object,
    ours: Subscription,
    renewal: RenewalProposal,
    anna: Actor,
    now: datetime,
) -> None:
    offer = privileges.assign(support, assigned.partnership, by=anna, at=now)
    link = InvitationLinkFactory(
        invitation__provider=assigned.provider, invitation__customer=assigned.customer
    )
    ends = offboarding.loose_ends(assigned.grant.relationship, at=now)
    assert (ends.running, ends.held, ends.offers) == ([ours], [assigned], [offer])
    assert (ends.renewals, ends.links) == ([renewal], [link])
    assert set(ends.grants) == {support, assigned.grant}
    assert [one.name for one in ends.resellers] == ["Fabrikam"]


def test_provider_does_not_end_while_something_it_sells_runs(
    accepted: Relationship, ours: Subscription, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="cannot end while a subscription you sell"):
        offboarding.end_relationship(accepted, by=anna, at=now)


@pytest.mark.parametrize(("edition", "ends"), [("2016-12", True), ("2026", False)])
def test_suspended_counts_as_over_under_the_first_edition_only(
    edition: str, ends: bool, accepted: Relationship, ours: Subscription, anna: Actor, now: datetime
) -> None:
    Subscription.objects.filter(pk=ours.pk).update(status=Status.SUSPENDED)
    Partner.objects.filter(pk=accepted.provider_id).update(edition=edition)
    if not ends:
        with pytest.raises(Refused):
            offboarding.end_relationship(accepted, by=anna, at=now)
        return
    assert offboarding.end_relationship(accepted, by=anna, at=now).status == "ended"


def test_what_the_provider_ends_stops_at_once_and_everybody_is_told(
    assigned: Assignment,
    accepted: Relationship,
    confirmed: Contact,
    renewal: RenewalProposal,
    anna: Actor,
    luca: Actor,
    now: datetime,
    log: Log,
    mails: Mailbox,
) -> None:
    offboarding.end_relationship(accepted, by=anna, at=now)
    renewal.refresh_from_db()
    assert renewal.status == "withdrawn"
    assert not Assignment.objects.live(now).exists()
    assert [message.to for message in mails.all(event="relationship_ended")] == [luca.email]
    assert [message.to for message in mails.all(event="ending_receipt")] == [confirmed.email]
    assert log.verbs()[-1] == "relationship.ended"
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    stopped = {(kind, pk) for kind, pk, _status in log.details()["stopped_with_it"]}
    for row in (assigned, assigned.grant, renewal):
        assert (row._meta.label_lower, row.pk) in stopped


def test_only_the_provider_ends(accepted: Relationship, luca: Actor, tom: Actor, now: datetime) -> None:
    for stranger in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            offboarding.end_relationship(accepted, by=stranger, at=now)


def test_page_lists_the_loose_ends_and_ends_it(
    client: Client, assigned: Assignment, accepted: Relationship, anna: Actor, ours: Subscription
) -> None:
    client.post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})
    address = reverse("subscriptions:relationship-end", args=[accepted.pk])
    page = client.get(address).content.decode()
    assert "Fabrikam can no longer use Provisioning" in page
    assert "1 subscription you sell to this customer is not over" in page
    Subscription.objects.filter(pk=ours.pk).update(status=Status.CANCELLED)
    answer = client.post(address, follow=True)
    assert "has ended" in answer.content.decode()
    accepted.refresh_from_db()
    assert accepted.status == "ended"


def test_page_names_the_moves_that_stay_open(
    client: Client, accepted: Relationship, planned: Move, anna: Actor, now: datetime
) -> None:
    MoveFactory(
        subscription=SubscriptionFactory(customer=accepted.customer, friendly_name="Over"), abandoned=True
    )
    assert offboarding.loose_ends(accepted, at=now).moves == [planned]
    client.post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})
    page = client.get(reverse("subscriptions:relationship-end", args=[accepted.pk])).content.decode()
    assert f"The move “{planned}” stays open" in page
    assert "Over" not in page


# --- by the customer ---------------------------------------------------------------------------


def test_customer_ends_at_once_when_nothing_runs(
    accepted: Relationship,
    assigned: Assignment,
    confirmed: Contact,
    proved: MailedCode,
    anna: Actor,
    luca: Actor,
    now: datetime,
    log: Log,
    mails: Mailbox,
) -> None:
    offboarding.end_by_customer(accepted, confirmed, proved, at=now)
    accepted.refresh_from_db()
    assert (accepted.status, accepted.ended_by) == ("ended", privileges.contact_actor(confirmed).stamp)
    assert {grant.status for grant in accepted.grants.all()} == {"withdrawn"}
    assert not Assignment.objects.live(now).exists()
    assert {message.to for message in mails.all(event="relationship_ended")} == {anna.email, luca.email}
    assert [message.to for message in mails.all(event="ending_receipt")] == [confirmed.email]
    assert log.verbs()[-1] == "relationship.ended"
    assert log.names(accepted)


def test_customer_asks_for_the_end_while_something_runs(
    accepted: Relationship,
    assigned: Assignment,
    ours: Subscription,
    confirmed: Contact,
    renewal: RenewalProposal,
    proved: MailedCode,
    anna: Actor,
    now: datetime,
    log: Log,
    mails: Mailbox,
) -> None:
    offboarding.end_by_customer(accepted, confirmed, proved, at=now)
    accepted.refresh_from_db()
    renewal.refresh_from_db()
    assert accepted.is_active
    assert accepted.ending_requested_at == now
    assert renewal.status == "withdrawn"
    assert not Grant.objects.live(now).exists()
    assert log.verbs()[-1] == "relationship.ending_requested"
    assert of_kind(anna, "endings", now) == ["Contoso"]
    assert "still runs" in mails.text(mails.last("ending_receipt"))
    Subscription.objects.filter(pk=ours.pk).update(status=Status.EXPIRED)
    offboarding.end_relationship(accepted, by=anna, at=now)
    assert of_kind(anna, "endings", now) == []


def test_nothing_is_sold_anew_while_the_end_is_asked_for(
    accepted: Relationship,
    ours: Subscription,
    confirmed: Contact,
    proved: MailedCode,
    anna: Actor,
    now: datetime,
) -> None:
    offboarding.end_by_customer(accepted, confirmed, proved, at=now)
    details = records.Details(product=ours.product, channel=Channel.CSP_OWN)
    with pytest.raises(Refused, match="asked to end"):
        records.record(accepted.customer, details, by=anna, at=now)


def test_a_new_acceptance_takes_the_wish_back(
    accepted: Relationship,
    ours: Subscription,
    confirmed: Contact,
    proved: MailedCode,
    invite: Callable[..., Invitation],
    terms: Terms,
    to_carla: Recipient,
    answer_link: Callable[..., Acceptance],
    anna: Actor,
    now: datetime,
) -> None:
    offboarding.end_by_customer(accepted, confirmed, proved, at=now)
    answer_link(custody.send(invite(terms), to=to_carla, by=anna, at=now))
    accepted.refresh_from_db()
    assert accepted.ending_requested_at is None
    assert accepted.grants.filter(status="active").count() == 2


def test_the_wish_is_not_given_twice(
    accepted: Relationship, ours: Subscription, confirmed: Contact, proved: MailedCode, now: datetime
) -> None:
    offboarding.end_by_customer(accepted, confirmed, proved, at=now)
    with pytest.raises(Refused, match="already asked to end it"):
        offboarding.ask_to_end(accepted, confirmed, at=now)


def test_another_customers_contact_and_another_code_end_nothing(
    accepted: Relationship, confirmed: Contact, provisioning: Grant, carla: Contact, now: datetime
) -> None:
    stranger = ContactFactory(confirmed=True)
    with pytest.raises(Refused, match="ended already"):
        offboarding.ask_to_end(accepted, stranger, at=now)
    code = privileges.ask_to_withdraw(provisioning, confirmed, at=now)
    with pytest.raises(Refused, match="not mailed for this relationship"):
        offboarding.end_by_customer(accepted, confirmed, code, at=now)
    elsewhere = RelationshipFactory()
    friend = ContactFactory(confirmed=True, customer=elsewhere.customer)
    code = offboarding.ask_to_end(elsewhere, friend, at=now)
    with pytest.raises(Refused, match="not mailed for this relationship"):
        offboarding.end_by_customer(accepted, confirmed, code, at=now)


def test_code_ends_it_once(
    accepted: Relationship, confirmed: Contact, proved: MailedCode, now: datetime
) -> None:
    offboarding.end_by_customer(accepted, confirmed, proved, at=now)
    with pytest.raises(Refused, match="ended already"):
        offboarding.end_by_customer(accepted, confirmed, proved, at=now)


def test_customers_page_leads_through_the_code_to_the_end(
    client: Client, accepted: Relationship, assigned: Assignment, confirmed: Contact, mails: Mailbox
) -> None:
    token = links.page_address(confirmed).rstrip("/").rpartition("/")[2]
    first = reverse("subscriptions:my-end", args=[token])
    assert first in client.get(reverse("my", args=[token])).content.decode()
    page = client.get(first).content.decode()
    assert "Fabrikam can no longer act for you" in page
    second = client.post(first)
    assert second.status_code == 302
    wrong = client.post(second["Location"], {"code": "000000"})
    assert "This is not the code" in wrong.content.decode()
    done = client.post(second["Location"], {"code": mails.code(confirmed.email)}, follow=True)
    assert "has ended" in done.content.decode()
    accepted.refresh_from_db()
    assert accepted.status == "ended"
    assert client.get(first).status_code == 302
    after = client.get(reverse("my", args=[token])).content.decode()
    assert "nobody acts for your company here any more" in after
    for untrue in ("is your partner", "looks after you", "stop it at any time"):
        assert untrue not in after


def test_suspended_provider_does_not_keep_its_customers(
    accepted: Relationship, confirmed: Contact, proved: MailedCode, now: datetime
) -> None:
    Partner.objects.filter(pk=accepted.provider_id).update(status=Partner.Status.SUSPENDED)
    assert offboarding.end_by_customer(accepted, confirmed, proved, at=now).status == "ended"
