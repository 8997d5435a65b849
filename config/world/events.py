"""What happened between them, so that every state there is stands somewhere in the world."""

from datetime import timedelta

from config.world.names import CUSTOMERS, SPECIAL
from config.world.stage import World, accept_offers, active, answer, grant, invite, offers
from customers import (
    acceptances,
    custody,
    endings,
    expiries,
    invitations,
    links,
    microsoft,
    privileges,
    renewals,
    warnings,
)
from customers.families import Family
from customers.models import Assignment, Contact, Relationship, Route
from customers.terms import Recipient, Terms
from partners import companies
from subscriptions import offboarding


def first_year(world: World) -> None:
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
            microsoft.note(tie, by=world.actors[provider], at=world.ago(days - 6))


def every_answer(world: World) -> None:
    """Every state of invitations, links, answers and relationships."""
    anna = world.actors["northwind"]
    answer(world, invite(world, "litware", 9), 3, email="paola.verdi@studio-esterno.example")  # pending
    doubtful = answer(world, invite(world, "fourthcoffee", 60), 55, email="qualcuno@altrove.example")
    acceptances.refuse(doubtful, by=anna, at=world.ago(54))
    answer(world, invite(world, "adatum", 6, via="fabrikam"), 0.02, finish=False)  # waits for its code
    custody.decline(
        invite(world, "lucerne", 30, via="adventure"),
        reason="Abbiamo appena rinnovato con il nostro fornitore.",
        at=world.ago(27),
    )
    invitations.withdraw(invite(world, "margies", 25).invitation, by=anna, at=world.ago(22))
    invite(world, "treyresearch", 100, expires=60)
    expiries.tidy(world.ago(39))
    invite(world, "woodgrove", 86)  # expires within days
    invitations.make(
        world.partners["northwind"],
        Terms(
            route=Route.DIRECT,
            customer=world.customers["consolidated"],
            asks_support=True,
            opening="Buongiorno,\ncome concordato al telefono, ecco il nostro invito.",
            expires_at=world.now + timedelta(days=90),
        ),
        to=Recipient("it@consolidated.example", world.customers["consolidated"].name),
        by=anna,
        at=world.ago(1),
    )
    campaign(world, "fabrikam", "adventure", places=3, days=4)
    handed = invitations.make(
        world.partners["northwind"],
        Terms(
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


def campaign(world: World, *keys: str, places: int, days: float) -> None:
    """Hand the same terms to several of Northwind's resellers at once; nobody has sent any on yet."""
    terms = [
        Terms(
            route=Route.VIA_RESELLER,
            partnership=world.ties["northwind", key],
            reseller=world.partners[key],
            asks_support=True,
            places=places,
            expires_at=world.now + timedelta(days=60),
        )
        for key in keys
    ]
    anna = world.actors["northwind"]
    invitations.issue_to_each(world.partners["northwind"], terms, by=anna, at=world.ago(days))


def every_assignment(world: World) -> None:
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
    active(world, "alpineski", 200, via="fabrikam", lasts=204)  # ends in six days
    accept_offers(world, "alpineski", "fabrikam", 195)
    renewals.propose(
        grant(world, "alpineski", "support").relationship,
        renewals.Terms(frozenset({"support"}), 365, "È stato un buon anno: con l'assistenza continuiamo?"),
        by=anna,
        at=world.ago(2),
    )
    planned = privileges.assign(  # from next week on; until then Fabrikam stays
        grant(world, "cohovineyard", "provisioning"),
        adventure,
        starts_on=world.in_days(7),
        by=anna,
        at=world.ago(3),
    )
    privileges.accept(planned, by=world.actors["adventure"], at=world.ago(2))
    active(world, "lamna", 5)
    privileges.assign(
        grant(world, "lamna", "support"), fabrikam, family=Family.AZURE, by=anna, at=world.ago(2)
    )
    warnings.warn(world.ago(1))  # what ends within days has been told


def every_ending(world: World) -> None:
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
