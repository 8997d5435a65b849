"""Invitations under way: a campaign in a reseller's hands, a wish for a new link, what resellers ask for."""

from datetime import timedelta

from config.world.stage import World, answer
from customers import custody, invitations, requests
from customers.models import InvitationLink, Route
from customers.requests import Wish
from customers.terms import Recipient, Terms

CAMPAIGN = (
    Recipient("direzione@pasticceriaaurora.example", "Pasticceria Aurora", "Come detto martedì al telefono."),
    Recipient("it@officinebrenta.example", "Officine Brenta", "Come detto martedì al telefono."),
    Recipient("info@studiolagrange.example", "Studio Lagrange", "Come detto martedì al telefono."),
)


def campaign(world: World) -> None:
    """Let Fabrikam send one invitation to three customers: one accepts, one declines, one waits."""
    draft = invitations.make(
        world.partners["northwind"],
        Terms(
            route=Route.VIA_RESELLER,
            partnership=world.ties["northwind", "fabrikam"],
            reseller=world.partners["fabrikam"],
            asks_support=True,
            places=5,
            expires_at=world.now + timedelta(days=76),
            opening="Fabrikam vi segue da anni: così può aprire richieste di assistenza per voi.",
        ),
        by=world.actors["northwind"],
        at=world.ago(14),
    )
    opened = invitations.open_(draft, by=world.actors["northwind"], at=world.ago(14))
    accepts, _waits, declines = custody.forward_many(
        opened, to=CAMPAIGN, by=world.actors["fabrikam"], at=world.ago(12)
    )
    answer(world, accepts, 11, ticks="s")
    custody.decline(declines, reason="Ci segue già il commercialista.", at=world.ago(10))


def wishes(world: World) -> None:
    """Let the holder of an expired link ask for a new one, and two resellers for invitations."""
    expired = InvitationLink.objects.get(
        customer=world.customers["treyresearch"], status=InvitationLink.Status.LAPSED
    )
    custody.ask_again(expired, at=world.ago(2))
    shops = Wish(True, True, 4, "Quattro negozi della stessa famiglia a Padova: vogliono un solo referente.")
    requests.make(world.ties["northwind", "fabrikam"], shops, by=world.actors["fabrikam"], at=world.ago(1, 3))
    notary = Wish(False, True, 1, "Uno studio notarile che seguiamo per la rete.")
    asked = requests.make(
        world.ties["northwind", "adventure"], notary, by=world.actors["adventure"], at=world.ago(9)
    )
    requests.refuse(
        asked,
        reason="Lo studio è già nostro cliente diretto.",
        by=world.actors["northwind"],
        at=world.ago(8),
    )
