"""What every test stands on: the cast, the fixed moment, and the switches of the databases.

The cast are the vendor's fictional companies. Northwind is the provider; Fabrikam and Adventure are its
resellers; Contoso is the customer. Tailspin is another provider, with Wingtip as its reseller: they must
never see any of it.
"""

import json
import os
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection
from django.db.models import Model
from django.test import Client, TransactionTestCase

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
    Privilege,
    Relationship,
    Route,
)
from customers.terms import Recipient, Terms
from partners import activity, mail, triggers
from partners.actor import Actor
from partners.middleware import ACTING_FOR
from partners.models import (
    Activity,
    Membership,
    Message,
    Partner,
    Partnership,
    Role,
    RulebookEdition,
    User,
)
from subscriptions.models import Move, Subscription
from subscriptions.vocabulary import Channel
from tests.factories import (
    AgreementVersionFactory,
    ContactFactory,
    CustomerFactory,
    MembershipFactory,
    MoveFactory,
    PartnerFactory,
    PartnershipFactory,
    SubscriptionFactory,
    UserFactory,
)

MOMENT = datetime(2026, 3, 10, 9, 30, tzinfo=UTC)
TENANT = uuid.UUID("c0470500-0000-4000-8000-000000000001")


@pytest.fixture(autouse=True)
def nobody_knocked_before() -> None:
    """Forget what the throttles counted in another test: the tests' clock stands still."""
    cache.clear()


@pytest.fixture(autouse=True, scope="session")
def flush_past_the_triggers() -> Iterator[None]:
    """Let the flush after a test with real transactions empty the log: the sanctioned switch, for tests."""
    flush = TransactionTestCase._fixture_teardown

    def flush_suspended(case: Any) -> None:
        with triggers.suspended(connection):
            flush(case)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", flush_suspended)
        yield


def pytest_xdist_auto_num_workers(config: pytest.Config) -> int:
    """Run the whole suite on all cores, and the part of it that somebody names in one process."""
    whole = config.args_source is pytest.Config.ArgsSource.TESTPATHS
    return os.cpu_count() or 1 if whole else 0


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what needs PostgreSQL on other databases: a race told on one writer proves nothing."""
    if connection.vendor == "postgresql":
        return
    elsewhere = [item for item in items if item.get_closest_marker("postgres")]
    if elsewhere:
        config.hook.pytest_deselected(items=elsewhere)
        items[:] = [item for item in items if not item.get_closest_marker("postgres")]


@pytest.fixture
def now() -> Iterator[datetime]:
    """The moment of every story; the clock stands still at it."""
    with time_machine.travel(MOMENT, tick=False):
        yield MOMENT


# --- companies ---------------------------------------------------------------------------------


@pytest.fixture
def northwind(db: None, now: datetime) -> Partner:
    """The provider."""
    return PartnerFactory(
        name="Northwind Traders",
        partner_id="1000001",
        website="https://northwind.example",
        support_email="support@northwind.example",
    )


@pytest.fixture
def fabrikam(db: None, now: datetime) -> Partner:
    """Northwind's reseller."""
    return PartnerFactory(reseller=True, name="Fabrikam", partner_id="2000001")


@pytest.fixture
def adventure(db: None, now: datetime) -> Partner:
    """A second reseller of Northwind."""
    return PartnerFactory(reseller=True, name="Adventure Works", partner_id="2000002")


@pytest.fixture
def tailspin(db: None, now: datetime) -> Partner:
    """Another provider, who must never see any of it."""
    return PartnerFactory(name="Tailspin Toys", partner_id="1000002")


@pytest.fixture
def wingtip(db: None, now: datetime) -> Partner:
    """Tailspin's reseller."""
    return PartnerFactory(reseller=True, name="Wingtip Toys", partner_id="2000003")


@pytest.fixture
def partnership(northwind: Partner, fabrikam: Partner) -> Partnership:
    """Northwind and Fabrikam work together."""
    return PartnershipFactory(provider=northwind, reseller=fabrikam)


@pytest.fixture
def adventure_partnership(northwind: Partner, adventure: Partner) -> Partnership:
    """Northwind and Adventure work together."""
    return PartnershipFactory(provider=northwind, reseller=adventure)


@pytest.fixture
def wingtip_partnership(tailspin: Partner, wingtip: Partner) -> Partnership:
    """Tailspin and Wingtip work together."""
    return PartnershipFactory(provider=tailspin, reseller=wingtip)


# --- people ------------------------------------------------------------------------------------


def member(partner: Partner, name: str, role: Role) -> Actor:
    """Return a new person who acts for a company in a role; `actor.user` is who signs in."""
    company = partner.name.split()[0].casefold()
    email = f"{name.split()[0].casefold()}@{company}.example"
    membership = MembershipFactory(partner=partner, user=UserFactory(name=name, email=email), role=role)
    return Actor.member(membership)


@pytest.fixture
def anna(northwind: Partner) -> Actor:
    """Northwind's account admin."""
    return member(northwind, "Anna Admin", Role.ACCOUNT_ADMIN)


@pytest.fixture
def agent(northwind: Partner) -> Actor:
    """Northwind's admin agent."""
    return member(northwind, "Alex Agent", Role.ADMIN_AGENT)


@pytest.fixture
def seller(northwind: Partner) -> Actor:
    """Northwind's sales agent."""
    return member(northwind, "Sara Seller", Role.SALES_AGENT)


@pytest.fixture
def helpdesk(northwind: Partner) -> Actor:
    """Northwind's helpdesk agent."""
    return member(northwind, "Hugo Helpdesk", Role.HELPDESK_AGENT)


@pytest.fixture
def viewer(northwind: Partner) -> Actor:
    """Northwind's viewer."""
    return member(northwind, "Vera Viewer", Role.VIEWER)


@pytest.fixture
def luca(fabrikam: Partner) -> Actor:
    """Fabrikam's account admin."""
    return member(fabrikam, "Luca Libero", Role.ACCOUNT_ADMIN)


@pytest.fixture
def fabrikam_agent(fabrikam: Partner) -> Actor:
    """Fabrikam's admin agent."""
    return member(fabrikam, "Franca Agent", Role.ADMIN_AGENT)


@pytest.fixture
def fabrikam_seller(fabrikam: Partner) -> Actor:
    """Fabrikam's sales agent."""
    return member(fabrikam, "Fabio Seller", Role.SALES_AGENT)


@pytest.fixture
def fabrikam_helpdesk(fabrikam: Partner) -> Actor:
    """Fabrikam's helpdesk agent."""
    return member(fabrikam, "Flavia Helpdesk", Role.HELPDESK_AGENT)


@pytest.fixture
def fabrikam_viewer(fabrikam: Partner) -> Actor:
    """Fabrikam's viewer."""
    return member(fabrikam, "Fulvio Viewer", Role.VIEWER)


@pytest.fixture
def ada(adventure: Partner) -> Actor:
    """Adventure's account admin."""
    return member(adventure, "Ada Avventura", Role.ACCOUNT_ADMIN)


@pytest.fixture
def tom(tailspin: Partner) -> Actor:
    """Tailspin's account admin: the stranger."""
    return member(tailspin, "Tom Toys", Role.ACCOUNT_ADMIN)


@pytest.fixture
def wanda(wingtip: Partner, wingtip_partnership: Partnership) -> Actor:
    """Wingtip's account admin: the stranger's reseller."""
    return member(wingtip, "Wanda Wingtip", Role.ACCOUNT_ADMIN)


@pytest.fixture
def staff(db: None, now: datetime) -> Actor:
    """A member of staff, in the admin."""
    user = UserFactory(
        name="Stefano Staff", email="staff@multicanale.example", is_staff=True, is_superuser=True
    )
    return Actor.staff(user)


@pytest.fixture
def client_for(db: None) -> Callable[[Actor | User], Client]:
    """Return a way to get a test client that is signed in; a member's acts for the member's company."""

    def sign_in(who: Actor | User) -> Client:
        user = who if isinstance(who, User) else who.user
        assert user is not None, "a customer's contact has no account"
        client = Client()
        client.force_login(user)
        if isinstance(who, Actor) and who.partner is not None:
            session = client.session
            session[ACTING_FOR] = Membership.objects.get(user=user, partner=who.partner).pk
            session.save()
        return client

    return sign_in


# --- the customer ------------------------------------------------------------------------------


@pytest.fixture
def agreement(db: None) -> AgreementVersion:
    """The customer agreement in force everywhere."""
    return AgreementVersionFactory()


@pytest.fixture
def contoso(northwind: Partner) -> Customer:
    """The customer: a prospect of Northwind, with nothing accepted yet."""
    return CustomerFactory(provider=northwind, name="Contoso", domain="contoso.example")


@pytest.fixture
def carla(contoso: Customer) -> Contact:
    """Contoso's contact, recorded by Northwind."""
    return ContactFactory(customer=contoso, name="Carla Conti", email="carla@contoso.example")


@pytest.fixture
def to_carla(carla: Contact) -> Recipient:
    """Where Contoso's invitations go."""
    return Recipient(carla.email, "Contoso")


@pytest.fixture
def terms(now: datetime, contoso: Customer) -> Terms:
    """What Northwind asks of Contoso by itself: both privileges for a year, naming nobody."""
    return Terms(
        route=Route.DIRECT,
        expires_at=now + timedelta(days=90),
        customer=contoso,
        asks_provisioning=True,
        asks_support=True,
        language="en",
    )


@pytest.fixture
def handed_terms(terms: Terms, partnership: Partnership) -> Terms:
    """The same, through Fabrikam and naming it, for whomever Fabrikam sends it on to."""
    return replace(
        terms,
        route=Route.VIA_RESELLER,
        partnership=partnership,
        reseller=partnership.reseller,
        customer=None,
    )


@pytest.fixture
def invite(northwind: Partner, anna: Actor, now: datetime) -> Callable[..., Invitation]:
    """Return a way to make and open an invitation of Northwind's."""

    def make(terms: Terms, **changes: Any) -> Invitation:
        draft = invitations.make(northwind, replace(terms, **changes), by=anna, at=now)
        return invitations.open_(draft, by=anna, at=now)

    return make


@pytest.fixture
def invitation(invite: Callable[..., Invitation], terms: Terms) -> Invitation:
    """Northwind's open invitation for Contoso, not sent yet."""
    return invite(terms)


@pytest.fixture
def handed(invite: Callable[..., Invitation], handed_terms: Terms) -> Invitation:
    """An open invitation in Fabrikam's hands, not sent on yet."""
    return invite(handed_terms)


@pytest.fixture
def link(invitation: Invitation, to_carla: Recipient, anna: Actor, now: datetime) -> InvitationLink:
    """Contoso's link, mailed to Carla."""
    return custody.send(invitation, to=to_carla, by=anna, at=now)


@pytest.fixture
def forwarded(handed: Invitation, to_carla: Recipient, luca: Actor, now: datetime) -> InvitationLink:
    """Contoso's link, sent on by Fabrikam."""
    return custody.forward(handed, to=to_carla, by=luca, at=now)


@dataclass(frozen=True)
class Mailbox:
    """The outbox as its recipients read it: secrets filled in as they will be at delivery."""

    def all(self, *, event: str = "", to: str = "") -> list[Message]:
        """Return the mails written so far, oldest first."""
        found = Message.objects.filter(event__contains=event).order_by("pk")
        return list(found.filter(to=to) if to else found)

    def last(self, event: str, *, to: str = "") -> Message:
        """Return the newest mail of an event; fails when there is none."""
        found = self.all(event=event, to=to)
        assert found, f"no mail {event!r} to {to or 'anybody'}"
        return found[-1]

    def text(self, message: Message) -> str:
        """Return a mail's text as its recipient reads it."""
        return mail.fill(message.text, {mark: mail.resolve(*slot) for mark, slot in message.slots.items()})

    def secret(self, message: Message) -> str:
        """Return the one link or code a mail carries; the moment it dies is told at delivery too."""
        (slot,) = (slot for slot in message.slots.values() if slot[0] != "page_until")
        return mail.resolve(*slot)

    def code(self, to: str) -> str:
        """Return the digits last mailed to an address."""
        return self.secret(self.last("code", to=to))

    def address(self, event: str, *, to: str = "") -> str:
        """Return the address in the newest mail of an event."""
        return self.secret(self.last(event, to=to))

    def token(self, event: str, *, to: str = "") -> str:
        """Return the last part of that address: the signed token."""
        return self.address(event, to=to).rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class Log:
    """The log as tests ask for it."""

    def last(self) -> Activity:
        """Return the newest row."""
        return Activity.objects.latest("pk")

    def verbs(self) -> list[str]:
        """Return what has happened so far, oldest first."""
        return list(Activity.objects.order_by("pk").values_list("verb", flat=True))

    def details(self) -> dict[str, Any]:
        """Return the details of the newest row."""
        return json.loads(self.last().details)

    def names(self, *things: Model) -> bool:
        """Say whether the newest row names all of these among what changed."""
        named = {(kind, pk) for kind, pk, _status in self.details()["changed"]}
        return {(thing._meta.label_lower, thing.pk) for thing in things} <= named

    def readers(self) -> set[str]:
        """Return the names of the companies that may read the newest row."""
        return set(self.last().readers.values_list("partner__name", flat=True))

    def whole(self) -> bool:
        """Say whether every chain verifies."""
        return not activity.verify_all()


@pytest.fixture
def log(db: None) -> Log:
    """The activity log."""
    return Log()


@pytest.fixture
def mails(db: None) -> Mailbox:
    """The outbox, read as the customer reads it."""
    return Mailbox()


@pytest.fixture
def answer(agreement: AgreementVersion) -> acceptances.Answer:
    """What Carla answers: Contoso's tenant, everything ticked, no other CSP partner."""
    return acceptances.Answer(
        name="Carla Conti",
        email="carla@contoso.example",
        tenant_id=TENANT,
        company="Contoso",
        country="IT",
        language="en",
        grants_provisioning=True,
        grants_support=True,
        agreement=agreement,
    )


Answering = Callable[..., Acceptance]


@pytest.fixture
def answer_link(answer: acceptances.Answer, mails: Mailbox, now: datetime) -> Answering:
    """Return a way to answer a link by the real stories: type, tick, read the mail, type the code."""

    def complete(link: InvitationLink, *, at: datetime = now, **changes: Any) -> Acceptance:
        typed = replace(answer, **changes)
        opened = links.open_invitation(links.invitation_address(link).rstrip("/").rpartition("/")[2], at)
        acceptance = acceptances.start(opened, typed, at=at)
        links.spend_try(acceptance.code, mails.code(to=typed.email), at=at)
        return acceptances.accept(acceptance, at=at)

    return complete


@pytest.fixture
def acceptance(link: InvitationLink, answer_link: Answering) -> Acceptance:
    """Carla's completed answer."""
    return answer_link(link)


@pytest.fixture
def accepted(acceptance: Acceptance) -> Relationship:
    """Contoso's active relationship with Northwind; both privileges granted, nothing assigned."""
    return Relationship.objects.active().get(acceptance=acceptance)


@pytest.fixture
def confirmed(accepted: Relationship, carla: Contact) -> Contact:
    """Carla, whose address the code has proved."""
    carla.refresh_from_db()
    return carla


@pytest.fixture
def provisioning(accepted: Relationship) -> Grant:
    """Contoso's grant of provisioning."""
    return accepted.grants.get(privilege=Privilege.PROVISIONING)


@pytest.fixture
def support(accepted: Relationship) -> Grant:
    """Contoso's grant of support."""
    return accepted.grants.get(privilege=Privilege.SUPPORT)


@pytest.fixture
def offered(provisioning: Grant, partnership: Partnership, anna: Actor, now: datetime) -> Assignment:
    """Provisioning on all services, offered to Fabrikam."""
    return privileges.assign(provisioning, partnership, by=anna, at=now)


@pytest.fixture
def assigned(offered: Assignment, luca: Actor, now: datetime) -> Assignment:
    """The same, accepted by Fabrikam: live."""
    return privileges.accept(offered, by=luca, at=now)


# --- subscriptions and their moves -------------------------------------------------------------


@pytest.fixture
def northwind_2026(northwind: Partner) -> Partner:
    """Northwind under today's rules."""
    northwind.edition = RulebookEdition.V2026
    northwind.save(update_fields=["edition"])
    return northwind


@pytest.fixture
def tailspin_2026(tailspin: Partner) -> Partner:
    """Tailspin under today's rules."""
    tailspin.edition = RulebookEdition.V2026
    tailspin.save(update_fields=["edition"])
    return tailspin


@pytest.fixture
def twin(tailspin: Partner) -> Customer:
    """The same Contoso, by its tenant, as Tailspin knows it: a row that Northwind never sees."""
    return CustomerFactory(
        provider=tailspin, name="Contoso at Tailspin", domain="contoso.example", tenant_id=TENANT
    )


@pytest.fixture
def licences(contoso: Customer) -> Subscription:
    """Ten licences Contoso bought under the Open programme."""
    return SubscriptionFactory(customer=contoso, channel=Channel.OPEN, seller_name="Proseware")


@pytest.fixture
def planned(licences: Subscription) -> Move:
    """A move that looks after them in place, planned and not begun."""
    return MoveFactory(subscription=licences)


# --- two providers -----------------------------------------------------------------------------


@pytest.fixture
def crossing(northwind: Partner, anna: Actor, now: datetime) -> Any:
    """Northwind and Lucerne under today's rules, with one customer between them."""
    from tests.crossing import Crossing  # it stands on this module

    return Crossing(now, northwind, anna)
