"""What the customers of the world run: every channel with every billing, every state, and a lifelike rest."""

import uuid
from datetime import timedelta

from config.world.names import FAMILIES_SOLD, SELLERS
from config.world.stage import World
from customers.models import Customer, Relationship
from subscriptions import records
from subscriptions.models import BillingCycle, Product
from subscriptions.vocabulary import AutoRenew, AzureOffer, Billing, Channel, Status, Term


def subscriptions(world: World) -> None:
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
    licence, ours = billing == Billing.LICENSE, channel == Channel.CSP_OWN
    details = records.Details(
        product=product,
        channel=channel,
        seller_name=SELLERS.get(channel, customer.provider.name),
        quantity=world.dice.choice([5, 10, 12, 25, 40, 60, 120, 250]) if licence else 1,
        status=status,
        started_on=term_end - timedelta(days=365) if term_end else world.in_days(-200),
        term_end=term_end,
        term=Term.P1Y if licence else "",
        auto_renew=world.dice.choice(list(AutoRenew)) if licence else AutoRenew.UNKNOWN,
        billing_cycle=BillingCycle.ANNUAL if licence else BillingCycle.MONTHLY,
        external_id=str(uuid.UUID(int=world.dice.getrandbits(128))) if ours else "",
        checked_on=None if ours else world.in_days(-world.dice.randint(1, 60)),
    )
    owner = next(key for key, partner in world.partners.items() if partner.pk == customer.provider_id)
    records.record(customer, details, by=world.actors[owner], at=world.ago(4.5))


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


def product_named(name: str) -> Product:
    """Return a product of the catalogue by its name; of several the first."""
    return Product.objects.filter(name=name).order_by("pk")[0]
