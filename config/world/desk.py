"""What lies on people's desks: colleagues asked in, a role that changed, one thing put off."""

from datetime import timedelta

from config.world.people import PASSWORD
from config.world.stage import World
from partners import joining, team
from partners.models import Membership, Role
from subscriptions import attention, snoozes
from subscriptions.attention import Kind


def teams(world: World) -> None:
    """A colleague who has not joined yet, one who did, one whose invitation lapsed."""
    northwind, fabrikam = world.partners["northwind"], world.partners["fabrikam"]
    anna, luca = world.actors["northwind"], world.actors["fabrikam"]
    joining.invite(
        fabrikam, "ugo.fabbri@fabrikam.example", Role.VIEWER, language="it", by=luca, at=world.ago(30)
    )
    joining.tidy(world.ago(10))
    asked = joining.invite(
        northwind, "gaia.monti@northwind.example", Role.VIEWER, language="it", by=anna, at=world.ago(9)
    )
    gaia = joining.join_anew(
        asked, name="Gaia Monti", password=PASSWORD, serial=asked.serial, at=world.ago(8)
    )
    team.change_role(
        Membership.objects.get(pk=gaia.pk), Role.SALES_AGENT, seen=Role.VIEWER, by=anna, at=world.ago(7)
    )
    joining.invite(
        northwind, "ivo.serra@northwind.example", Role.HELPDESK_AGENT, language="it", by=anna, at=world.ago(2)
    )


def put_off(world: World) -> None:
    """Something the provider's account admin looks at again next week."""
    anna = world.actors["northwind"]
    unconfirmed = attention.waiting(anna, world.now).kinds[Kind.MICROSOFT]
    if unconfirmed:
        until = world.now.date() + timedelta(days=5)
        snoozes.put_off(
            unconfirmed[0],
            until,
            "Il referente rientra dalle ferie la prossima settimana.",
            by=anna,
            at=world.now,
        )
