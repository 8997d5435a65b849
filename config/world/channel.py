"""Resellers on their way in, and the words a provider has made its own."""

import uuid

from config.world.people import PASSWORD
from config.world.stage import World
from partners import onboarding, wordings
from partners.models import MailText
from partners.onboarding import Candidate, Told

# company, partner id, e-mail, and the name of who has completed its profile
NEWCOMERS = (
    ("Southridge Informatica", "4730001", "dario.monti@southridge.example", "Dario Monti"),
    ("Liberty Servizi Digitali", "4730002", "ivana.dossi@liberty.example", ""),
)
WORDS = {
    (MailText.Event.INVITATION, "it"): (
        "Gentile cliente,\ncon questo invito Northwind può seguire i Vostri servizi Microsoft."
        " Restiamo a disposizione per ogni domanda."
    ),
    (MailText.Event.RENEWAL, "it"): (
        "Gentile cliente,\ni privilegi che ci avete concesso stanno per finire: basta un minuto per decidere."
    ),
}


def newcomers(world: World) -> None:
    """One reseller waits for staff, another has not opened its link yet."""
    for index, (name, partner_id, email, person) in enumerate(NEWCOMERS):
        at = world.ago(6 - index * 4)
        new = onboarding.start(
            world.partners["northwind"],
            Candidate(name=name, partner_id=partner_id, country="IT", email=email, language="it"),
            by=world.actors["northwind"],
            at=at,
        )
        if person:
            domain = email.rpartition("@")[2]
            told = Told(
                tenant_id=uuid.uuid5(uuid.NAMESPACE_DNS, domain),
                website=f"https://www.{domain}",
                support_email=f"assistenza@{domain}",
                support_phone="+39 06 5550 4321",
                time_zone="Europe/Rome",
                attested=True,
                name=person,
                password=PASSWORD,
            )
            onboarding.complete(new, told, serial=new.serial, signed_in=None, at=world.ago(5))


def words(world: World) -> None:
    """Northwind's own words in its Italian mails."""
    for (event, language), opening in WORDS.items():
        wordings.write(
            world.partners["northwind"],
            event,
            language,
            opening,
            seen=wordings.fingerprint(""),
            by=world.actors["northwind"],
            at=world.ago(200),
        )
