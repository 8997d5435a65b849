"""The stage: who is on it, and the short sentences in which the events are told."""

import random
import uuid
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from customers import acceptances, custody, invitations, links, privileges
from customers.models import (
    Acceptance,
    AgreementVersion,
    Assignment,
    Customer,
    Grant,
    InvitationLink,
    LinkState,
    Relationship,
    Route,
)
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.models import Partner, Partnership


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
    terms = Terms(
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
    to = Recipient(email=contact.email, company=customer.name)
    tell = custody.forward if tie else custody.send
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
    opened = links.Opened(InvitationLink.objects.get(pk=link.pk), LinkState.LIVE)
    custody.note_fetched(link, at=at - timedelta(minutes=9))
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
            agreement=AgreementVersion.objects.in_force(
                edition=link.provider.edition, country="IT", language="it", on=at
            ),
        ),
        at=at,
    )
    if not finish:
        return acceptance
    at += timedelta(minutes=2)
    links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=at)
    return acceptances.accept(acceptance, at=at)


def active(world: World, key: str, days: float, **terms: Any) -> Relationship:
    """Invite a customer and let it accept two days later; return the active relationship."""
    link = invite(world, key, days, **terms)
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
