"""What is about to pass or to end: a hand-over, the existing book, a customer that wants to leave."""

import uuid
from datetime import timedelta

from config.world.stage import World
from customers import existing, handovers, links, records
from customers.models import Contact, Relationship
from customers.records import Details, Person
from subscriptions import offboarding
from subscriptions.models import Subscription
from subscriptions.vocabulary import Channel, Status

BOOK = (
    ("Quadrifoglio Alimentari", "quadrifoglio.example", "Marta Fontana"),
    ("Pasticceria Liberty", "pasticcerialiberty.example", "Enzo Gallo"),
)


def hand_over(world: World) -> None:
    """The customers of the suspended reseller, offered to another from next week on."""
    handovers.offer(
        world.partners["vanarsdel"],
        world.ties["northwind", "fabrikam"],
        starts_on=world.in_days(8),
        by=world.actors["northwind"],
        at=world.ago(1),
    )


def existing_book(world: World) -> None:
    """Two customers that were the provider's before it came here."""
    anna, at = world.actors["northwind"], world.ago(6)
    for name, domain, person in BOOK:
        contact = Person(person, f"{person.split()[0].casefold()}@{domain}", language="it")
        details = Details(name=name, domain=domain, tenant_id=None, country="IT", language="it")
        customer = records.record(world.partners["northwind"], details, contact=contact, by=anna, at=at)
        tenant = uuid.uuid5(uuid.NAMESPACE_DNS, domain)
        existing.attest(customer, tenant, contact, by=anna, at=at + timedelta(minutes=5))


def ending(world: World) -> None:
    """A customer that wants to leave while something sold to it still runs."""
    running = Subscription.objects.filter(channel=Channel.CSP_OWN, status=Status.ACTIVE)
    tie = (
        Relationship.objects.accepted()
        .filter(provider=world.partners["northwind"], customer__in=running.values("customer"), renewals=None)
        .filter(grants__status="active")
        .exclude(customer=world.customers["contoso"])
        .order_by("pk")
        .last()
    )
    assert tie is not None  # noqa: S101 - the estate sells something to most
    contact = Contact.objects.confirmed().get(customer=tie.customer)
    code = offboarding.ask_to_end(tie, contact, at=world.ago(0.2))
    at = world.ago(0.2) + timedelta(minutes=2)
    links.spend_try(code, links.code_digits(code), at=at)
    offboarding.end_by_customer(tie, contact, code, at=at)
