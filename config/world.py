"""A believable world for development: made through the same stories as real life, with dates around today."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from config.world_data import CUSTOMERS, FAMILIES_SOLD, FIRST, LAST, PARTNERS, PEOPLE, SELLERS, SPECIAL
from customers import acceptances, endings, invitations, links, privileges, records
from customers.families import Family
from customers.models import (
    Acceptance,
    AgreementVersion,
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    Relationship,
    Route,
)
from partners import companies, partnerships
from partners.actor import Actor
from partners.models import Kind, Membership, Message, Partner, Partnership, User
from subscriptions import catalogue, offboarding
from subscriptions.models import BillingCycle, Product, Subscription
from subscriptions.vocabulary import AutoRenew, AzureOffer, Billing, Channel, Status, Term

PASSWORD = "benvenuti-in-multicanale"  # noqa: S105 - of a world that only exists in development
SIGN_INS = (
    ("provider", "anna.ricci@northwind.example"),
    ("reseller", "luca.neri@fabrikam.example"),
    ("staff", "staff@multicanale.example"),
)
WAITING = "marco.bianchi@contoso.example"


@dataclass
class World:
    """The people of the world, and what is to happen when; days count back from now."""

    now: datetime
    dice: random.Random = field(default_factory=lambda: random.Random(2016))  # noqa: S311 - no secret
    partners: dict[str, Partner] = field(default_factory=dict)
    actors: dict[str, Actor] = field(default_factory=dict)
    ties: dict[tuple[str, str], Partnership] = field(default_factory=dict)
    customers: dict[str, Customer] = field(default_factory=dict)

    def ago(self, days: float, hours: float = 0) -> datetime:
        """Return the moment so many days, and hours, ago."""
        return self.now - timedelta(days=days, hours=hours)

    def in_days(self, days: int) -> date:
        """Return the day so many days from today."""
        return self.now.date() + timedelta(days=days)


def is_there() -> bool:
    """Say whether a world, this one or a real one, is already in the database."""
    return Partner.objects.exists()


def make() -> None:
    """Make the whole world: companies and people, then everything that happened between them."""
    world = World(timezone.now())
    catalogue.load()
    _agreements()
    _companies(world)
    _people(world)
    _partnerships(world)
    _customers(world)
    for happen in (_first_year, _every_answer, _every_assignment, _every_ending, _subscriptions):
        happen(world)
    _deliver(world)
    waiting_link(world)


def _agreements() -> None:
    for language, link in (("en", "en-us"), ("it", "it-it")):
        AgreementVersion.objects.create(
            edition="2016-12",
            name="Microsoft Cloud Agreement",
            language=language,
            link=f"https://www.microsoft.com/licensing/docs/customeragreement?lang={link}",
            valid_from=date(2016, 9, 1),
        )


def _companies(world: World) -> None:
    for key, (name, kind, number, country, parent) in PARTNERS.items():
        tenant = uuid.uuid5(uuid.NAMESPACE_DNS, f"{key}.example")
        world.partners[key] = Partner.objects.create(
            name=name,
            kind=kind,
            partner_id=number,
            tenant_id=tenant,
            country=country,
            website=f"https://www.{key}.example",
            support_email=f"assistenza@{key}.example",
            support_phone="+39 02 5550 1234",
            agreement_signed_on=date(2016, 1, 15),
            partner_center_link=""
            if kind == Kind.INDIRECT_RESELLER
            else "https://portal.office.com/partner/partnersignup.aspx?type=ResellerRelationship"
            f"&id={tenant}&csp=1&msppid=0",
            parent=world.partners.get(parent),
            created_at=world.ago(420),
        )


def _people(world: World) -> None:
    password = make_password(PASSWORD)  # one hash for all: hashing is slow on purpose
    for email, (name, company, role) in PEOPLE.items():
        user = User(email=email, name=name, language="it", password=password)
        user.is_staff = user.is_superuser = company == ""
        user.save()
        if company:
            membership = Membership.objects.create(
                user=user, partner=world.partners[company], role=role, joined_at=world.ago(410)
            )
            world.actors.setdefault(company, Actor.member(membership))
            world.actors[f"{company}:{role}"] = Actor.member(membership)
        else:
            world.actors["staff"] = Actor.staff(user)


def _partnerships(world: World) -> None:
    def propose(provider: str, reseller: str, days: float) -> Partnership:
        tie = partnerships.propose(
            world.partners[provider],
            world.partners[reseller],
            by=world.actors[provider],
            at=world.ago(days),
        )
        world.ties[provider, reseller] = tie
        return tie

    for provider, reseller, days in (
        ("northwind", "fabrikam", 400),
        ("northwind", "adventure", 390),
        ("northwind", "wingtip", 380),
        ("tailspin", "wingtip", 370),
        ("northwind", "vanarsdel", 360),
    ):
        tie = propose(provider, reseller, days)
        partnerships.accept(tie, by=world.actors[reseller], at=world.ago(days - 1))
        tie.refresh_from_db()
    partnerships.decline(
        propose("tailspin", "adventure", 120), by=world.actors["adventure"], at=world.ago(118)
    )
    partnerships.withdraw(
        propose("tailspin", "proseware", 100), by=world.actors["tailspin"], at=world.ago(98)
    )
    propose("tailspin", "fabrikam", 45)
    partnerships.tidy(world.ago(14))
    propose("northwind", "proseware", 3)


def _customers(world: World) -> None:
    for index, (key, (name, provider, country)) in enumerate(CUSTOMERS.items()):
        first, last = world.dice.choice(FIRST), world.dice.choice(LAST)
        if key == "contoso":
            first, last = "Marco", "Bianchi"
        customer = records.record(
            world.partners[provider],
            records.Details(
                name=name, domain=f"{key}.example", tenant_id=None, country=country, language="it"
            ),
            contact=records.Person(name=f"{first} {last}", email=f"{first}.{last}@{key}.example".lower()),
            by=world.actors[provider],
            at=world.ago(360 - index),
        )
        world.customers[key] = customer


def invite(
    world: World,
    key: str,
    days: float,
    *,
    via: str = "",
    reseller: str = "",
    asks: str = "ps",
    lasts: int = 365,
    expires: int = 90,
) -> InvitationLink:
    """Invite one customer, directly or through a reseller, so many days ago; return its link."""
    customer = world.customers[key]
    provider = customer.provider
    owner = next(name for name, partner in world.partners.items() if partner.pk == provider.pk)
    tie = world.ties[owner, via] if via else None
    named = world.partners[reseller or via] if (reseller or via) else None
    at = world.ago(days)
    terms = invitations.Terms(
        route=Route.VIA_RESELLER if tie else Route.DIRECT,
        partnership=tie,
        reseller=named,
        customer=customer,
        asks_provisioning="p" in asks,
        asks_support="s" in asks,
        privilege_days=lasts,
        expires_at=at + timedelta(days=expires),
        opening="Ci siamo sentiti per i vostri servizi Microsoft: con questo invito possiamo seguirli noi.",
    )
    invitation = invitations.make(provider, terms, by=world.actors[owner], at=at)
    invitation = invitations.open_(invitation, by=world.actors[owner], at=at + timedelta(minutes=4))
    contact = customer.contacts.order_by("pk").first()
    assert contact is not None  # noqa: S101 - every customer of the world has one
    to = invitations.Recipient(email=contact.email, company=customer.name)
    tell = invitations.forward if tie else invitations.send
    return tell(invitation, to=to, by=world.actors[via or owner], at=at + timedelta(hours=2))


def answer(
    world: World,
    link: InvitationLink,
    days: float,
    *,
    email: str = "",
    ticks: str = "ps",
    finish: bool = True,
) -> Acceptance:
    """Answer a link as its customer so many days ago, and type the code unless told not to finish."""
    at = world.ago(days)
    opened = links.Opened(InvitationLink.objects.get(pk=link.pk), links.State.LIVE)
    invitations.note_fetched(link, at=at - timedelta(minutes=9))
    contact = link.customer.contacts.order_by("pk").first() if link.customer else None
    acceptance = acceptances.start(
        opened,
        acceptances.Answer(
            name=contact.name if contact else "Paola Verdi",
            email=email or link.email,
            tenant_id=uuid.uuid5(uuid.NAMESPACE_DNS, link.email.rpartition("@")[2]),
            company=link.company,
            country="IT",
            language="it",
            grants_provisioning="p" in ticks,
            grants_support="s" in ticks,
            agreement=AgreementVersion.objects.filter(language="it").first(),
        ),
        at=at,
    )
    if not finish:
        return acceptance
    at += timedelta(minutes=2)
    links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=at)
    return acceptances.accept(acceptance, at=at)


def active(world: World, key: str, days: float, **terms: object) -> Relationship:
    """Invite a customer and let it accept two days later; return the active relationship."""
    link = invite(world, key, days, **terms)  # type: ignore[arg-type]
    answer(world, link, days - 2)
    return Relationship.objects.get(customer=world.customers[key], status=Relationship.Status.ACTIVE)


def offers(world: World, key: str) -> list[Assignment]:
    """Return the offers that wait for a reseller about this customer."""
    return list(
        Assignment.objects.filter(customer=world.customers[key], status="offered").select_related("reseller")
    )


def accept_offers(world: World, key: str, reseller: str, days: float) -> None:
    """Let a reseller accept whatever was offered to it about this customer."""
    for offer in offers(world, key):
        if offer.reseller_id == world.partners[reseller].pk:
            privileges.accept(offer, by=world.actors[reseller], at=world.ago(days))


def grant(world: World, key: str, privilege: str) -> Grant:
    """Return the active grant of one privilege."""
    return Grant.objects.get(customer=world.customers[key], privilege=privilege, status="active")


def _first_year(world: World) -> None:
    """Most customers: an active relationship, some looked after by a reseller."""
    plain = [key for key in CUSTOMERS if key not in SPECIAL]
    for index, key in enumerate(plain[:34]):
        provider = CUSTOMERS[key][1]
        days = 330 - index * 8
        if provider == "tailspin":
            active(world, key, days, reseller="wingtip")
            accept_offers(world, key, "wingtip", days - 4)
        elif index % 3 == 0:
            active(world, key, days, via="fabrikam")
            accept_offers(world, key, "fabrikam", days - 3)
        elif index % 3 == 1:
            active(world, key, days, reseller="adventure", lasts=365 if index % 2 else 730)
            accept_offers(world, key, "adventure", days - 5)
        else:
            active(world, key, days, asks="s" if index % 2 else "ps")
        if index % 4:
            tie = Relationship.objects.get(customer=world.customers[key], status="active")
            acceptances.note_microsoft(tie, by=world.actors[provider], at=world.ago(days - 6))


def _every_answer(world: World) -> None:
    """Every state of invitations, links, answers and relationships."""
    anna = world.actors["northwind"]
    answer(world, invite(world, "litware", 9), 3, email="paola.verdi@studio-esterno.example")  # pending
    doubtful = answer(world, invite(world, "fourthcoffee", 60), 55, email="qualcuno@altrove.example")
    acceptances.refuse(doubtful, by=anna, at=world.ago(54))
    answer(world, invite(world, "adatum", 6, via="fabrikam"), 0.02, finish=False)  # waits for its code
    invitations.decline(
        invite(world, "lucerne", 30, via="adventure"),
        reason="Abbiamo appena rinnovato con il nostro fornitore.",
        at=world.ago(27),
    )
    invitations.withdraw(invite(world, "margies", 25).invitation, by=anna, at=world.ago(22))
    invite(world, "treyresearch", 100, expires=60)
    invitations.tidy(world.ago(39))
    invite(world, "woodgrove", 86)  # expires within days
    invitations.make(
        world.partners["northwind"],
        invitations.Terms(
            route=Route.DIRECT,
            customer=world.customers["consolidated"],
            asks_support=True,
            expires_at=world.now + timedelta(days=90),
        ),
        by=anna,
        at=world.ago(1),
    )
    handed = invitations.make(
        world.partners["northwind"],
        invitations.Terms(
            route=Route.VIA_RESELLER,
            partnership=world.ties["northwind", "fabrikam"],
            reseller=world.partners["fabrikam"],
            asks_provisioning=True,
            asks_support=True,
            expires_at=world.now + timedelta(days=80),
        ),
        by=anna,
        at=world.ago(10),
    )
    invitations.open_(handed, by=anna, at=world.ago(10))  # handed over, not yet forwarded


def _every_assignment(world: World) -> None:
    """Every state of grants and assignments."""
    anna, luca = world.actors["northwind"], world.actors["fabrikam"]
    fabrikam, adventure = world.ties["northwind", "fabrikam"], world.ties["northwind", "adventure"]
    active(world, "relecloud", 40, reseller="fabrikam")
    accept_offers(world, "relecloud", "fabrikam", 36)
    for held in Assignment.objects.filter(customer=world.customers["relecloud"], status="active"):
        story = privileges.give_up if held.privilege == "support" else privileges.revoke
        story(held, by=luca if held.privilege == "support" else anna, at=world.ago(20))
    active(world, "humongous", 50, reseller="fabrikam")
    first, second = offers(world, "humongous")
    privileges.decline(first, by=luca, at=world.ago(47))
    privileges.withdraw(second, by=anna, at=world.ago(47))
    for privilege in ("provisioning", "support"):
        privileges.assign(grant(world, "humongous", privilege), adventure, by=anna, at=world.ago(40))
    privileges.tidy(world.ago(25))  # the offers to Adventure Works lapse
    active(world, "blueyonder", 70, reseller="adventure")
    accept_offers(world, "blueyonder", "adventure", 67)
    handed = privileges.assign(grant(world, "blueyonder", "support"), fabrikam, by=anna, at=world.ago(12))
    privileges.accept(handed, by=luca, at=world.ago(10))
    active(world, "citypower", 45, reseller="adventure")
    accept_offers(world, "citypower", "adventure", 42)
    contact = Contact.objects.confirmed().get(customer=world.customers["citypower"])
    refused = Assignment.objects.filter(customer=contact.customer, status="active", privilege="support").get()
    privileges.refuse_reseller(refused, contact, at=world.ago(15))
    active(world, "cohovineyard", 80, via="fabrikam")
    accept_offers(world, "cohovineyard", "fabrikam", 77)
    contact = Contact.objects.confirmed().get(customer=world.customers["cohovineyard"])
    support = grant(world, "cohovineyard", "support")
    code = privileges.ask_to_withdraw(support, contact, at=world.ago(8))
    at = world.ago(8) + timedelta(minutes=3)
    links.spend_try(code, links.code_digits(code), at=at)
    privileges.withdraw_grant(support, contact, code, at=at)
    active(world, "wideworld", 60, reseller="adventure", lasts=30)
    privileges.tidy(world.ago(20))  # its grants are over
    active(world, "alpineski", 200, via="fabrikam", lasts=219)  # ends in three weeks
    accept_offers(world, "alpineski", "fabrikam", 195)
    active(world, "lamna", 5)
    privileges.assign(
        grant(world, "lamna", "support"), fabrikam, family=Family.AZURE, by=anna, at=world.ago(2)
    )


def _every_ending(world: World) -> None:
    """A partnership that ended with what hung on it, a suspended reseller, a relationship that ended."""
    anna, staff = world.actors["northwind"], world.actors["staff"]
    active(world, "bellows", 150, reseller="wingtip")
    accept_offers(world, "bellows", "wingtip", 146)
    endings.end_partnership(world.ties["northwind", "wingtip"], by=anna, at=world.ago(35))
    active(world, "munsons", 140, reseller="vanarsdel")
    accept_offers(world, "munsons", "vanarsdel", 136)
    companies.suspend(
        world.partners["vanarsdel"], reason="Contratto scaduto e non rinnovato.", by=staff, at=world.ago(18)
    )
    ended = active(world, "vanarts", 160)
    offboarding.end_relationship(ended, by=anna, at=world.ago(16))


def _subscriptions(world: World) -> None:
    """One subscription for every channel and billing, one in every status, and a lifelike rest."""
    rows: list[tuple[Customer, Channel, Billing, Status, int]] = []
    related = list(
        Customer.objects.filter(relationships__status=Relationship.Status.ACTIVE)
        .select_related("provider")
        .order_by("pk")
    )
    ours = [customer for customer in related if customer.provider == world.partners["northwind"]]
    pairs = [(channel, billing) for channel in Channel for billing in Billing]
    for index, (channel, billing) in enumerate(pairs):
        rows.append((ours[index % len(ours)], channel, billing, Status.ACTIVE, 20 + index * 11))
    for index, status in enumerate(Status):
        rows.append((ours[index + 3], Channel.CSP_OWN, Billing.LICENSE, status, 60 + index * 20))
        if status != Status.TRANSFERRED:
            rows.append((ours[index + 5], Channel.CSP_OTHER, Billing.LICENSE, status, 12 + index * 30))
    weights = {Channel.CSP_OWN: 8, Channel.DIRECT: 5, Channel.CSP_OTHER: 4, Channel.OPEN: 3, Channel.EA: 2}
    mix = [channel for channel, weight in weights.items() for _each in range(weight)]
    for customer in Customer.objects.select_related("provider").order_by("pk"):
        for _each in range(world.dice.randint(0, 3)):
            channel = world.dice.choice(mix)
            if channel == Channel.CSP_OWN and customer not in related:
                channel = Channel.DIRECT
            billing = world.dice.choice([Billing.LICENSE, Billing.LICENSE, Billing.LICENSE, Billing.USAGE])
            rows.append((customer, channel, billing, Status.ACTIVE, world.dice.randint(2, 300)))
    contoso = world.customers["contoso"]
    rows.append((contoso, Channel.CSP_OTHER, Billing.LICENSE, Status.ACTIVE, 2))
    rows.append((contoso, Channel.EA, Billing.USAGE, Status.ACTIVE, 200))
    rows.append((contoso, Channel.DIRECT, Billing.LICENSE, Status.ACTIVE, 48))
    for customer, channel, billing, status, ends_in in rows:
        _subscription(world, customer, channel, billing, status, ends_in)


def _subscription(
    world: World, customer: Customer, channel: Channel, billing: Billing, status: Status, ends_in: int
) -> None:
    product = _product(world, channel, billing)
    over = status in (Status.EXPIRED, Status.TRANSFERRED)
    term_end = world.in_days(-ends_in if over else ends_in) if billing == Billing.LICENSE else None
    Subscription.objects.create(
        customer=customer,
        product=product,
        channel=channel,
        seller_name=SELLERS.get(channel, customer.provider.name),
        seller=customer.provider if channel in (Channel.CSP_OWN, Channel.ADVISOR_OWN) else None,
        quantity=world.dice.choice([5, 10, 12, 25, 40, 60, 120, 250]) if billing == Billing.LICENSE else 1,
        status=status,
        started_on=term_end - timedelta(days=365) if term_end else world.in_days(-200),
        term_end=term_end,
        term=Term.P1Y if billing == Billing.LICENSE else "",
        auto_renew=world.dice.choice(list(AutoRenew)) if billing == Billing.LICENSE else AutoRenew.UNKNOWN,
        billing_cycle=BillingCycle.ANNUAL if billing == Billing.LICENSE else BillingCycle.MONTHLY,
        external_id=str(uuid.UUID(int=world.dice.getrandbits(128))) if channel == Channel.CSP_OWN else "",
        checked_on=None if channel == Channel.CSP_OWN else world.in_days(-world.dice.randint(1, 60)),
        recorded_at=world.ago(30),
        recorded_by=world.actors["northwind"].stamp,
    )


def _product(world: World, channel: Channel, billing: Billing) -> Product:
    if billing == Billing.USAGE:
        if channel in (Channel.CSP_OWN, Channel.CSP_OTHER):
            offers_ = Product.objects.filter(azure_offer__in=[AzureOffer.PLAN, AzureOffer.LEGACY])
        else:
            offers_ = Product.objects.filter(azure_offer=AzureOffer.OTHER)
        return world.dice.choice(list(offers_.order_by("pk")))
    chosen = Product.objects.filter(billing=billing)
    if billing == Billing.LICENSE:
        chosen = chosen.filter(name__in=FAMILIES_SOLD)
    return world.dice.choice(list(chosen.order_by("pk")))


def _deliver(world: World) -> None:
    """Mark what was written so far as delivered long ago, but for one mail no server would take."""
    Message.objects.filter(status=Message.Status.QUEUED).update(
        status=Message.Status.SENT, sent_at=world.ago(0.01), text="", html="", slots={}
    )
    failed = Message.objects.filter(event="customers/invitation_declined").order_by("pk").first()
    if failed:
        Message.objects.filter(pk=failed.pk).update(
            status=Message.Status.FAILED, sent_at=None, reason="550 mailbox unavailable"
        )


def waiting_link(world: World | None = None) -> InvitationLink | None:
    """Return Contoso's waiting link; in a world just made, invite it first, an hour ago."""
    if world is not None:
        copied = invite(world, "nodpublishers", 4, via="adventure")
        Message.objects.filter(pk=copied.message_id).update(
            status=Message.Status.NOT_MAILED,
            copied_by=world.actors["adventure"].stamp,
            text="",
            html="",
            slots={},
        )
        Message.objects.filter(status=Message.Status.QUEUED).update(
            status=Message.Status.SENT, sent_at=world.ago(0.01), text="", html="", slots={}
        )
        invite(world, "contoso", 0.125, via="fabrikam")
    return (
        InvitationLink.objects.waiting()
        .select_related("invitation", "provider")
        .filter(email=WAITING, invitation__status=Invitation.Status.OPEN)
        .first()
    )
