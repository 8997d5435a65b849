"""The customer's yes to a reseller it was not told of: asked under edition 2026, and by nobody else given."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from customers import consents, handovers, links, privileges
from customers.models import (
    Acceptance,
    Assignment,
    Contact,
    Customer,
    Grant,
    HandOver,
    Relationship,
)
from customers.standing import to_be_asked, why_not_live
from partners import editions
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership, RulebookEdition
from subscriptions import attention
from subscriptions.attention import Kind
from tests.conftest import Log, Mailbox
from tests.factories import AssignmentFactory, ContactFactory, GrantFactory, RelationshipFactory

pytestmark = pytest.mark.django_db
Offer = Callable[..., Assignment]


@pytest.fixture
def todays_rules(northwind: Partner) -> None:
    """Northwind works under edition 2026."""
    northwind.edition = RulebookEdition.V2026
    northwind.save(update_fields=["edition"])


@pytest.fixture
def asked(
    todays_rules: None, provisioning: Grant, partnership: Partnership, anna: Actor, now: datetime
) -> Assignment:
    """Provisioning offered to Fabrikam, of which Contoso was not told: it waits for Contoso's yes."""
    return privileges.assign(provisioning, partnership, by=anna, at=now)


@pytest.fixture
def say_yes(confirmed: Contact, mails: Mailbox, now: datetime) -> Offer:
    """Return a way to say yes by the real stories: ask for the code, read the mail, type it."""

    def agree(offer: Assignment, contact: Contact = confirmed, at: datetime = now) -> Assignment:
        code = consents.ask_to_agree(offer, contact, at=at)
        links.spend_try(code, mails.code(to=contact.email), at=at)
        return consents.agree(offer, contact, code, at=at)

    return agree


# --- who is asked ------------------------------------------------------------------------------


def test_offer_to_a_reseller_the_customer_was_not_told_of_waits_for_its_yes(asked: Assignment) -> None:
    assert asked.needs_yes
    assert asked.waits_for_customer
    assert asked.agreed_at is None


def test_under_2016_12_nobody_is_asked(offered: Assignment, luca: Actor, now: datetime) -> None:
    assert not offered.needs_yes
    assert privileges.accept(offered, by=luca, at=now).status == "active"


def test_reseller_named_at_acceptance_is_not_asked_about(
    todays_rules: None,
    forwarded: object,
    answer_link: Callable[..., Acceptance],
    partnership: Partnership,
    luca: Actor,
    anna: Actor,
    now: datetime,
) -> None:
    answer_link(forwarded)
    offers = list(Assignment.objects.all())
    assert len(offers) == 2
    assert not any(offer.needs_yes for offer in offers)
    privileges.decline(offers[0], by=luca, at=now)
    assert not privileges.assign(offers[0].grant, partnership, by=anna, at=now).needs_yes


def test_another_reseller_than_the_named_one_is_asked_about(
    todays_rules: None,
    forwarded: object,
    answer_link: Callable[..., Acceptance],
    partnership: Partnership,
    adventure_partnership: Partnership,
    now: datetime,
) -> None:
    relationship = Relationship.objects.get(acceptance=answer_link(forwarded))
    assert to_be_asked(partnership, [relationship.pk]) == set()
    assert to_be_asked(adventure_partnership, [relationship.pk]) == {relationship.pk}


def test_what_was_named_before_a_relationship_ended_names_nobody_in_the_next(
    todays_rules: None,
    forwarded: object,
    answer_link: Callable[..., Acceptance],
    partnership: Partnership,
    now: datetime,
) -> None:
    relationship = Relationship.objects.get(acceptance=answer_link(forwarded))
    Relationship.objects.filter(pk=relationship.pk).update(began_at=now + timedelta(days=1))
    assert to_be_asked(partnership, [relationship.pk]) == {relationship.pk}


def test_offer_keeps_waiting_when_the_provider_goes_back_to_2016_12(
    asked: Assignment, northwind: Partner, anna: Actor, luca: Actor, now: datetime
) -> None:
    editions.choose(northwind, RulebookEdition.V2016_12, seen="2026", by=anna, at=now)
    with pytest.raises(Refused, match="waits for the customer"):
        privileges.accept(asked, by=luca, at=now)


def test_offer_made_under_2016_12_does_not_begin_to_wait(
    offered: Assignment, northwind: Partner, anna: Actor, luca: Actor, now: datetime
) -> None:
    editions.choose(northwind, RulebookEdition.V2026, seen="2016-12", by=anna, at=now)
    assert privileges.accept(offered, by=luca, at=now).status == "active"


# --- before the yes ----------------------------------------------------------------------------


def test_reseller_cannot_accept_before_the_customer_agreed(
    asked: Assignment, luca: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="waits for the customer"):
        privileges.accept(asked, by=luca, at=now)


def test_the_customer_is_written_to_at_once_and_the_reseller_is_not(
    asked: Assignment, confirmed: Contact, mails: Mailbox, luca: Actor
) -> None:
    message = mails.last("reseller_to_agree", to=confirmed.email)
    assert "Northwind Traders wants to entrust Fabrikam with this for Contoso" in message.text
    assert "Provisioning, All services, until 10 March 2027" in message.text
    assert "License Administrator" in message.text
    assert "until 24 March 2026, 10:30 CET" in message.text
    assert "/my/ask/" in mails.secret(message)
    assert mails.all(event="assignment_offered") == []


def test_why_it_is_not_live_says_that_it_waits_for_the_customer(asked: Assignment, now: datetime) -> None:
    assert why_not_live(asked, now) == "waits for the customer"


def test_waiting_is_told_apart_by_whose_turn_it_is(asked: Assignment, say_yes: Offer, now: datetime) -> None:
    assert Assignment.objects.waiting_for_customer(now).get() == asked
    assert not Assignment.objects.waiting_for_reseller(now).exists()
    say_yes(asked)
    assert not Assignment.objects.waiting_for_customer(now).exists()
    assert Assignment.objects.waiting_for_reseller(now).get() == asked


def test_database_keeps_an_assignment_without_its_yes_from_being_held(
    asked: Assignment, now: datetime
) -> None:
    with pytest.raises(IntegrityError, match="asg_agreed_before_held"), transaction.atomic():
        Assignment.objects.filter(pk=asked.pk).update(
            status="active", starts_at=now, answered_at=now, answered_by="Luca"
        )


def test_nothing_is_live_without_the_yes_it_needs(confirmed: Contact, now: datetime) -> None:
    assignment = AssignmentFactory(agreed=True)
    assert Assignment.objects.live(now).filter(pk=assignment.pk).exists()
    # What the constraint forbids, the question does not rely on.
    asked_for = str(Assignment.objects.live(now).query).partition("WHERE")[2]
    assert "needs_yes" in asked_for
    assert "agreed_at" in asked_for


# --- the yes -----------------------------------------------------------------------------------


def test_after_the_yes_the_reseller_can_accept_and_acts(
    asked: Assignment, say_yes: Offer, luca: Actor, now: datetime
) -> None:
    agreed = say_yes(asked)
    assert (agreed.agreed_at, agreed.agreed_by) == (now, "Carla Conti · Contoso")
    privileges.accept(asked, by=luca, at=now)
    assert Assignment.objects.live(now).filter(pk=asked.pk).exists()


def test_yes_is_told_to_reseller_and_provider_and_logged(
    asked: Assignment, say_yes: Offer, luca: Actor, anna: Actor, mails: Mailbox, log: Log
) -> None:
    say_yes(asked)
    turn = mails.last("reseller_agreed", to=luca.email)
    assert "Contoso agreed that Fabrikam takes over provisioning (All services)" in turn.text
    assert "It is your turn: you can answer the offer of Northwind Traders until" in turn.text
    assert "Fabrikam can accept until" in mails.last("reseller_agreed", to=anna.email).text
    assert log.verbs()[-1] == "assignment.agreed"
    assert log.names(asked)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    assert log.whole()


def test_second_yes_is_refused(asked: Assignment, say_yes: Offer) -> None:
    say_yes(asked)
    with pytest.raises(Refused, match="agreed to this reseller already"):
        say_yes(asked)


def test_yes_takes_the_code_mailed_for_it(
    asked: Assignment, support: Grant, confirmed: Contact, mails: Mailbox, now: datetime
) -> None:
    code = consents.ask_to_agree(asked, confirmed, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        consents.agree(asked, confirmed, code, at=now)  # nobody has typed it
    other = privileges.ask_to_withdraw(support, confirmed, at=now)
    links.spend_try(other, mails.code(to=confirmed.email), at=now)
    with pytest.raises(Refused, match="not mailed for this reseller"):
        consents.agree(asked, confirmed, other, at=now)
    asked.refresh_from_db()
    assert asked.agreed_at is None


def test_yes_of_another_customers_contact_is_refused(asked: Assignment, now: datetime) -> None:
    stranger = ContactFactory(confirmed=True)
    with pytest.raises(Refused, match="not one of your resellers"):
        consents.ask_to_agree(asked, stranger, at=now)


def test_yes_to_what_is_over_is_refused(
    asked: Assignment, confirmed: Contact, say_yes: Offer, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="This offer has lapsed"):
        say_yes(asked, at=now + timedelta(days=14))
    privileges.withdraw(asked, by=anna, at=now)
    with pytest.raises(Refused, match="does not wait for you any more"):
        say_yes(asked)


def test_yes_after_the_partnership_ended_is_refused(
    asked: Assignment, say_yes: Offer, partnership: Partnership, now: datetime
) -> None:
    Partnership.objects.filter(pk=partnership.pk).update(status="ended", ended_at=now, ended_by="somebody")
    with pytest.raises(Refused, match="partnership with this reseller is not active"):
        say_yes(asked)


def test_customer_can_refuse_instead(
    asked: Assignment, confirmed: Contact, luca: Actor, now: datetime
) -> None:
    privileges.refuse_reseller(asked, confirmed, at=now)
    asked.refresh_from_db()
    assert asked.status == "refused_by_customer"
    with pytest.raises(Refused):
        privileges.accept(asked, by=luca, at=now)


def test_offer_without_an_answer_of_the_customer_lapses(asked: Assignment, now: datetime) -> None:
    assert privileges.tidy(now + timedelta(days=14)) == 1
    asked.refresh_from_db()
    assert asked.status == "lapsed"


# --- hand-overs --------------------------------------------------------------------------------


@pytest.fixture
def two_held(assigned: Assignment, northwind: Partner, partnership: Partnership) -> list[Assignment]:
    """Fabrikam holds provisioning for Contoso and for Proseware, each with a contact of its own."""
    relationship = RelationshipFactory(customer__provider=northwind, customer__name="Proseware")
    ContactFactory(customer=relationship.customer, confirmed=True, email="paola@proseware.example")
    grant = GrantFactory(relationship=relationship, privilege="provisioning")
    Customer.objects.filter(provider=northwind).update(reseller=partnership.reseller)
    return [assigned, AssignmentFactory(grant=grant, partnership=partnership)]


@pytest.fixture
def hand_over(
    two_held: list[Assignment],
    todays_rules: None,
    partnership: Partnership,
    adventure_partnership: Partnership,
    ada: Actor,
    anna: Actor,
    now: datetime,
) -> HandOver:
    """All that Fabrikam looks after, offered to Adventure under edition 2026: both customers are asked."""
    return handovers.offer(partnership.reseller, adventure_partnership, starts_on=now.date(), by=anna, at=now)


def of(hand_over: HandOver, name: str) -> Assignment:
    return hand_over.assignments.get(customer__name=name)


def test_each_customer_of_a_hand_over_is_asked(
    hand_over: HandOver, confirmed: Contact, ada: Actor, mails: Mailbox
) -> None:
    assert all(offer.waits_for_customer for offer in hand_over.assignments.all())
    assert {message.to for message in mails.all(event="reseller_to_agree")} == {
        confirmed.email,
        "paola@proseware.example",
    }
    assert (
        "2 customers do not know you yet and are asked first"
        in mails.last("handover_offered", to=ada.email).text
    )


def test_hand_over_is_refused_before_any_customer_agreed(
    hand_over: HandOver, ada: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="none of them has agreed yet"):
        handovers.accept(hand_over, by=ada, at=now)


def test_hand_over_takes_those_who_agreed_and_leaves_the_others_where_they_are(
    hand_over: HandOver,
    two_held: list[Assignment],
    say_yes: Offer,
    ada: Actor,
    now: datetime,
) -> None:
    say_yes(of(hand_over, "Contoso"))
    handovers.accept(hand_over, by=ada, at=now)
    assert of(hand_over, "Contoso").status == "active"
    assert of(hand_over, "Proseware").status == "lapsed"
    mine, other = (Assignment.objects.get(pk=one.pk) for one in two_held)
    assert (mine.status, other.status) == ("handed_over", "active")
    assert Assignment.objects.live(now).filter(pk=other.pk).exists()
    named = dict(Customer.objects.values_list("name", "reseller__name"))
    assert named == {"Contoso": "Adventure Works", "Proseware": "Fabrikam"}


def test_customer_that_refused_is_no_longer_waited_for(
    hand_over: HandOver, confirmed: Contact, say_yes: Offer, ada: Actor, mails: Mailbox, now: datetime
) -> None:
    paola = Contact.objects.get(email="paola@proseware.example")
    say_yes(of(hand_over, "Contoso"))
    assert mails.all(event="reseller_agreed") == []  # Proseware is still asked
    privileges.refuse_reseller(of(hand_over, "Proseware"), paola, at=now)
    handovers.accept(hand_over, by=ada, at=now)
    assert of(hand_over, "Proseware").status == "refused_by_customer"


def test_last_yes_of_a_hand_over_says_whose_turn_it_is(
    hand_over: HandOver, say_yes: Offer, ada: Actor, mails: Mailbox
) -> None:
    say_yes(of(hand_over, "Contoso"))
    say_yes(of(hand_over, "Proseware"), Contact.objects.get(email="paola@proseware.example"))
    message = mails.last("reseller_agreed", to=ada.email)
    assert (
        "Every customer that was asked about the hand-over from Fabrikam to Adventure Works" in message.text
    )
    assert hand_over.get_absolute_url() in message.text


# --- the pages ---------------------------------------------------------------------------------


def page(contact: Contact, name: str, *args: object) -> str:
    token = links.page_address(contact).rstrip("/").rpartition("/")[2]
    return reverse(name if name == "my" else f"customers:{name}", args=[token, *args])


def test_customer_agrees_on_its_page_with_the_code(
    client: Client, asked: Assignment, confirmed: Contact, mails: Mailbox
) -> None:
    shown = client.get(page(confirmed, "my")).content.decode()
    assert page(confirmed, "my-agree", asked.pk) in shown
    assert page(confirmed, "my-refuse", asked.pk) in shown
    told = client.get(page(confirmed, "my-agree", asked.pk)).content.decode()
    assert "May Fabrikam act for you?" in told
    assert "4d6ac14f-3453-41d0-bef9-a3e0c569773a" in told
    answer = client.post(page(confirmed, "my-agree", asked.pk))
    client.post(answer["Location"], {"code": "not it"})
    asked.refresh_from_db()
    assert asked.waits_for_customer
    said = client.post(answer["Location"], {"code": mails.code(to=confirmed.email)}, follow=True)
    assert "You agreed to Fabrikam" in said.content.decode()
    asked.refresh_from_db()
    assert not asked.waits_for_customer
    assert "Agreed to by Carla Conti" in client.get(page(confirmed, "my")).content.decode()


def test_page_of_an_offer_that_does_not_wait_leads_back(
    client: Client, offered: Assignment, confirmed: Contact
) -> None:
    assert client.get(page(confirmed, "my-agree", offered.pk)).status_code == 404


def test_reseller_sees_who_is_waited_for_and_no_way_to_accept(
    client_for: Callable[..., Client], asked: Assignment, luca: Actor
) -> None:
    shown = client_for(luca).get(reverse("customers:privileges"), {"show": "offered"}).content.decode()
    assert "Waits for the customer" in shown
    assert reverse("customers:assignment-accept", args=[asked.pk]) not in shown
    assert reverse("customers:assignment-decline", args=[asked.pk]) in shown


def test_reseller_that_posts_its_yes_too_early_is_told_why(
    client_for: Callable[..., Client], asked: Assignment, luca: Actor
) -> None:
    answer = client_for(luca).post(reverse("customers:assignment-accept", args=[asked.pk]), follow=True)
    assert "waits for the customer" in answer.content.decode()
    asked.refresh_from_db()
    assert asked.status == "offered"


def test_provider_sees_on_the_customers_page_that_it_waits_for_the_customer(
    client_for: Callable[..., Client], asked: Assignment, contoso: Customer, anna: Actor
) -> None:
    shown = client_for(anna).get(contoso.get_absolute_url()).content.decode()
    assert "waits for the customer" in shown


def test_pages_of_a_hand_over_say_how_many_customers_are_asked(
    client_for: Callable[..., Client],
    two_held: list[Assignment],
    todays_rules: None,
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    ada: Actor,
    say_yes: Offer,
    now: datetime,
) -> None:
    browser = client_for(anna)
    preview = reverse("customers:reseller-hand-over", args=[partnership.reseller_id])
    asked_for = {"partnership": adventure_partnership.pk, "starts_on": now.date().isoformat()}
    said = "2 customers were not told of Adventure Works before and are asked first."
    assert said in browser.get(preview, asked_for).content.decode()
    hand_over = handovers.offer(
        partnership.reseller, adventure_partnership, starts_on=now.date(), by=anna, at=now
    )
    shown = client_for(ada).get(hand_over.get_absolute_url()).content.decode()
    assert said in shown
    assert "no longer in force" not in shown
    say_yes(of(hand_over, "Contoso"))
    shown = client_for(ada).get(hand_over.get_absolute_url()).content.decode()
    assert "1 customer was not told of Adventure Works before and is asked first." in shown


def test_queues_say_whose_turn_an_offer_is(
    asked: Assignment, say_yes: Offer, anna: Actor, luca: Actor, now: datetime
) -> None:
    def waits_for() -> str:
        waiting = attention.find(anna, now, Kind.OFFERS, asked.pk)
        assert waiting is not None
        return waiting.waits_for

    assert waits_for() == "waiting for the customer"
    assert attention.find(luca, now, Kind.OFFERED, asked.pk) is None
    say_yes(asked)
    assert waits_for() == "waiting for Fabrikam"
    assert attention.find(luca, now, Kind.OFFERED, asked.pk) is not None
