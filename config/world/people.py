"""Companies, people, partnerships and prospects: everybody before anything happens."""

import uuid
from datetime import date

from django.contrib.auth.hashers import make_password

from config.world.names import CUSTOMERS, FIRST, LAST, PARTNERS, PEOPLE, TODAYS
from config.world.stage import World
from customers import records
from customers.models import AgreementVersion
from partners import partnerships
from partners.actor import Actor
from partners.models import Kind, Membership, Partner, Partnership, RulebookEdition, User

PASSWORD = "benvenuti-in-multicanale"  # noqa: S105 - of a world that only exists in development


# edition: what it asks the customer to accept, and since when
AGREEMENTS = {
    RulebookEdition.V2016_12: ("Microsoft Cloud Agreement", date(2016, 9, 1)),
    RulebookEdition.V2026: ("Microsoft Customer Agreement", date(2019, 9, 1)),
}


def agreements() -> None:
    for edition, (name, valid_from) in AGREEMENTS.items():
        for language, link in (("en", "en-us"), ("it", "it-it")):
            AgreementVersion.objects.create(
                edition=edition,
                name=name,
                language=language,
                link=f"https://www.microsoft.com/licensing/docs/customeragreement?lang={link}",
                valid_from=valid_from,
            )


def companies(world: World) -> None:
    for key, (name, kind, number, country, parent) in PARTNERS.items():
        tenant = uuid.uuid5(uuid.NAMESPACE_DNS, f"{key}.example")
        world.partners[key] = Partner.objects.create(
            name=name,
            kind=kind,
            partner_id=number,
            tenant_id=tenant,
            country=country,
            edition=RulebookEdition.V2026 if key in TODAYS else RulebookEdition.V2016_12,
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


def staff_and_members(world: World) -> None:
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


def ties(world: World) -> None:
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


def prospects(world: World) -> None:
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
