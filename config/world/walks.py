"""Moves under way: every path somebody decided to walk, told step by step by whoever's turn it was."""

from datetime import date, timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from config.world.estate import product_named
from config.world.names import SELLERS
from config.world.stage import World
from customers.models import Contact
from customers.privileges import contact_actor
from partners.actor import Actor
from subscriptions import inventory, moves, records, walking
from subscriptions.models import BillingCycle, InventoryItem, Move, MoveStep, Product, Subscription
from subscriptions.proofs import Given
from subscriptions.records import Details
from subscriptions.vocabulary import (
    AutoRenew,
    Availability,
    AzureOffer,
    Billing,
    Channel,
    Path,
    Term,
)

SCAN = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"
ENTITLEMENT = "7b1f3c52-0d4e-4c8a-9b60-2f6f1a9c4d10"
# What runs in an Azure subscription to migrate: can CSP run it, and was it moved already.
SERVICES = (
    ("Macchine virtuali (6)", Availability.AVAILABLE, True),
    ("Archiviazione e copie di sicurezza", Availability.AVAILABLE, True),
    ("Database SQL gestionale", Availability.AVAILABLE, False),
    ("Rete di distribuzione dei contenuti", Availability.NOT_AVAILABLE, False),
)


def every_walk(world: World) -> None:
    """One move on every path people ask for, in every state."""
    supported_in_place(world)
    waiting_for_the_customer(world)
    half_migrated(world)
    two_of_three_signed(world)
    replaced(world)
    waiting_for_the_end(world)
    given_up(world)


def supported_in_place(world: World) -> None:
    """Open licences that Fabrikam looks after where they are: completed."""
    row = _licences(world, "cohowinery", Channel.OPEN, "Office 365 E1", 60, ends_in=170)
    move = _plan(world, row, Path.SUPPORT_IN_PLACE, days=44)
    fabrikam = world.partners["fabrikam"]
    row.refresh_from_db()
    records.edit(
        row,
        _details(row, support_contact=fabrikam),
        version=row.version,
        by=world.actors["northwind"],
        at=world.ago(43),
    )
    moves.settle(world.ago(43))
    _close(
        world,
        move,
        "first_task",
        by=world.actors["fabrikam"],
        days=41,
        note="Tre caselle per i nuovi assunti di agosto.",
    )


def waiting_for_the_customer(world: World) -> None:
    """Licences of a customer whose invitation waits: nothing can begin before it answers."""
    row = _licences(world, "contoso", Channel.OPEN, "Microsoft 365 Business Standard", 35, ends_in=75)
    _plan(world, row, Path.SUPPORT_IN_PLACE, days=0.1, target_in=30)


def half_migrated(world: World) -> None:
    """Azure under an Enterprise Agreement: two services run in CSP, one has yet to move, one stays behind."""
    anna, bruno = world.actors["northwind"], world.actors["northwind:admin_agent"]
    row = _azure(world, "graphicdesign", Channel.EA, AzureOffer.OTHER)
    move = _plan(world, row, Path.MIGRATE_AZURE, days=33, target_in=20)
    items = [
        inventory.add(move, name, availability, by=anna, at=world.ago(31))
        for name, availability, _moved in SERVICES
    ]
    _close(world, move, "inventory", days=30)
    new = Details(
        product=Product.objects.filter(azure_offer=AzureOffer.PLAN, sold_in_csp=True).order_by("pk")[0],
        channel=Channel.CSP_OWN,
        started_on=world.in_days(-27),
        billing_cycle=BillingCycle.MONTHLY,
        external_id="5d0c9a7e-31c5-4f7b-8e06-7c1c3f0a2b44",
    )
    _close(world, move, "new_subscription", days=27, successor=new)
    for index, (item, (_name, _availability, moved)) in enumerate(zip(items, SERVICES, strict=True)):
        if moved:
            inventory.mark_moved(
                InventoryItem.objects.get(pk=item.pk), by=bruno, at=world.ago(20 - index * 6)
            )


def two_of_three_signed(world: World) -> None:
    """Azure of another CSP partner: asked in writing, ticket open, two signatures of three."""
    row = _azure(world, "northwindair", Channel.CSP_OTHER, AzureOffer.LEGACY, entitlement_id=ENTITLEMENT)
    move = _plan(world, row, Path.SWITCH_PARTNER, days=24, target_in=15)
    letter = SimpleUploadedFile("richiesta.pdf", SCAN, content_type="application/pdf")
    heard = "Il cliente ci ha girato la comunicazione."
    _close(
        world, move, "written_request", days=22, happened_on=world.in_days(-23), files=(letter,), reason=heard
    )
    _close(
        world,
        move,
        "ticket",
        days=17,
        reference="2611230040001822",
        reason="Ce l'ha scritto il loro tecnico.",
    )
    _close(
        world,
        move,
        "sign_current",
        days=11,
        happened_on=world.in_days(-12),
        reason="Il modulo è arrivato firmato.",
    )
    _close_as_customer(world, move, "sign_customer", days=5, happened_on=world.in_days(-5))


def replaced(world: World) -> None:
    """Licences bought directly, replaced by licences in CSP: completed, with what took their place."""
    row = _licences(world, "firstup", Channel.DIRECT, "Office 365 E1", 25, ends_in=-12)
    move = _plan(world, row, Path.REPLACE_LICENCES, days=38, target_in=-14)
    _close(world, move, "offer", days=36, note="Office 365 E3: serve la versione installata.")
    new = Details(
        product=product_named("Office 365 E3"),
        channel=Channel.CSP_OWN,
        quantity=25,
        started_on=world.in_days(-18),
        term_end=world.in_days(347),
        term=Term.P1Y,
        auto_renew=AutoRenew.YES,
        billing_cycle=BillingCycle.MONTHLY,
        external_id="9a4be0c6-2f8d-4d0f-a1f5-04d61b1f7a55",
    )
    _close(world, move, "buy", days=18, successor=new)
    _close(world, move, "reassign", days=15, note="25 utenti, in due sere.")
    _close_as_customer(world, move, "end_old", days=11, happened_on=world.in_days(-12))


def waiting_for_the_end(world: World) -> None:
    """Licences of another CSP partner, whose term the customer chose to wait for."""
    row = _licences(
        world, "fincham", Channel.CSP_OTHER, "Microsoft 365 Business Premium", 40, ends_in=52, renews=False
    )
    move = _plan(world, row, Path.WAIT_OR_CANCEL, days=20, target_in=52)
    _close_as_customer(world, move, "choose", days=18, choice=MoveStep.Choice.WAIT)


def given_up(world: World) -> None:
    """A move that came to nothing, and why."""
    row = _licences(world, "bestforyou", Channel.THIRD_PARTY, "Exchange Online (Plan 1)", 15, ends_in=130)
    move = _plan(world, row, Path.REPLACE_LICENCES, days=29)
    moves.abandon(
        move,
        "Il cliente ha appena pagato un anno intero: ne riparliamo alla scadenza.",
        by=world.actors["northwind"],
        at=world.ago(25),
    )


# --- the short sentences they are told in ------------------------------------------------------


def _licences(
    world: World,
    key: str,
    channel: Channel,
    product: str,
    quantity: int,
    *,
    ends_in: int,
    renews: bool = True,
) -> Subscription:
    term_end = world.in_days(ends_in)
    return _record(
        world,
        key,
        Details(
            product=product_named(product),
            channel=channel,
            seller_name=SELLERS[channel],
            quantity=quantity,
            started_on=term_end - timedelta(days=365),
            term_end=term_end,
            term=Term.P1Y,
            auto_renew=AutoRenew.YES if renews else AutoRenew.NO,
            billing_cycle=BillingCycle.ANNUAL,
            checked_on=world.in_days(-46),
        ),
    )


def _azure(
    world: World, key: str, channel: Channel, offer: AzureOffer, *, entitlement_id: str = ""
) -> Subscription:
    product = Product.objects.filter(azure_offer=offer, billing=Billing.USAGE).order_by("pk")[0]
    return _record(
        world,
        key,
        Details(
            product=product,
            channel=channel,
            seller_name=SELLERS[channel],
            started_on=world.in_days(-500),
            billing_cycle=BillingCycle.MONTHLY,
            entitlement_id=entitlement_id,
            checked_on=world.in_days(-46),
        ),
    )


def _record(world: World, key: str, details: Details) -> Subscription:
    at = world.ago(46 if key != "contoso" else 1)
    return records.record(world.customers[key], details, by=world.actors["northwind"], at=at)


def _details(row: Subscription, **changes: Any) -> Details:
    """Return what is on record of a subscription, with these changes."""
    kept = {name: getattr(row, name) for name in Details.__dataclass_fields__}
    return Details(**(kept | changes))


def _plan(world: World, row: Subscription, path: Path, *, days: float, target_in: int | None = None) -> Move:
    target_on: date | None = None if target_in is None else world.in_days(target_in)
    return moves.plan(row, path, target_on=target_on, by=world.actors["northwind"], at=world.ago(days))


def _close(
    world: World, move: Move, code: str, *, by: Actor | None = None, days: float, **given: Any
) -> None:
    step = move.steps.select_related("move").get(code=code)
    walking.close(step, Given(**given), by=by or world.actors["northwind"], at=world.ago(days))


def _close_as_customer(world: World, move: Move, code: str, *, days: float, **given: Any) -> None:
    contact = Contact.objects.confirmed().filter(customer=move.customer).select_related("customer")[0]
    step = move.steps.select_related("move").get(code=code)
    walking.close(step, Given(**given), by=contact_actor(contact), contact=contact, at=world.ago(days))
