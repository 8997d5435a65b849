"""Two providers that work under today's rules, a customer both have, and what they ask of each other."""

import uuid
from datetime import timedelta

from config.world.estate import product_named
from config.world.stage import World, active
from customers import records as customers
from customers.models import Customer
from subscriptions import records, transfer_acceptance, transfers
from subscriptions.models import BillingCycle, Subscription, Transfer
from subscriptions.vocabulary import AutoRenew, Channel, Status, Term

TWIN = ("Terme Euganee", "termeeuganee.example")
LAKESHORE, TASMANIAN = "lakeshore", "tasmanian"
# Who sells it, under which id, what, how many, and how many days are left.
SOLD = (
    (LAKESHORE, "collaboration", "Microsoft 365 Business Basic", 18, 240),
    (TASMANIAN, "reception", "Microsoft 365 Business Standard", 42, 95),
    (TASMANIAN, "direction", "Microsoft 365 E3", 12, 95),
    (TASMANIAN, "spa", "Exchange Online (Plan 1)", 30, 160),
)


def transfers_of_a_twin(world: World) -> None:
    """One request was accepted in part of what two have; another waits for an answer."""
    for key in (LAKESHORE, TASMANIAN):
        _know(world, key, days=150)
    for seller, name, product, quantity, ends_in in SOLD:
        other = LAKESHORE if seller == TASMANIAN else TASMANIAN
        _record(world, seller, Channel.CSP_OWN, name, product, quantity, ends_in, days=140)
        _record(world, other, Channel.CSP_OTHER, name, product, quantity, ends_in, days=130)
    suspended = Subscription.objects.get(
        provider=world.partners[TASMANIAN], external_id=str(_id("spa")), channel=Channel.CSP_OWN
    )
    suspended.move(Status.SUSPENDED)
    _ask(world, TASMANIAN, LAKESHORE, ("collaboration",), days=26)
    _accept_all(world, LAKESHORE, days=21)
    _ask(world, LAKESHORE, TASMANIAN, ("reception", "direction", "spa"), days=3)


def _know(world: World, key: str, *, days: int) -> None:
    """Let a provider know the customer, invite it and be accepted."""
    name, domain = TWIN
    twin = f"{key}:{domain}"
    world.customers[twin] = customers.record(
        world.partners[key],
        customers.Details(name=name, domain=domain, tenant_id=None, country="IT", language="it"),
        contact=customers.Person(name="Nadia Orsi", email=f"nadia.orsi@{domain}"),
        by=world.actors[key],
        at=world.ago(days + 20),
    )
    active(world, twin, days + 10)
    world.customers[twin].refresh_from_db()  # its tenant is known by now


def _twin(world: World, key: str) -> Customer:
    return world.customers[f"{key}:{TWIN[1]}"]


def _id(name: str) -> uuid.UUID:
    return uuid.uuid5(uuid.NAMESPACE_DNS, f"{name}.{TWIN[1]}")


def _record(
    world: World,
    key: str,
    channel: Channel,
    name: str,
    product: str,
    quantity: int,
    ends_in: int,
    *,
    days: int,
) -> None:
    seller = next(one for one, known_as, *_what in SOLD if known_as == name)
    term_end = world.in_days(ends_in)
    details = records.Details(
        product=product_named(product),
        channel=channel,
        seller_name=world.partners[seller].name,
        quantity=quantity,
        started_on=term_end - timedelta(days=365),
        term_end=term_end,
        term=Term.P1Y,
        auto_renew=AutoRenew.YES,
        billing_cycle=BillingCycle.ANNUAL,
        external_id=str(_id(name)),
        checked_on=None if channel == Channel.CSP_OWN else world.in_days(-4),
    )
    records.record(_twin(world, key), details, by=world.actors[key], at=world.ago(days))


def _ask(world: World, asks: str, current: str, names: tuple[str, ...], *, days: int) -> None:
    transfers.request(
        _twin(world, asks),
        world.partners[current].partner_id,
        [str(_id(name)) for name in names],
        by=world.actors[asks],
        at=world.ago(days),
    )


def _accept_all(world: World, current: str, *, days: int) -> None:
    received = world.partners[current]
    transfer = Transfer.objects.get(current_partner=received)
    chosen = list(transfer.items.values_list("pk", flat=True))
    transfer_acceptance.accept(transfer, chosen, by=world.actors[current], at=world.ago(days))
