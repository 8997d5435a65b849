"""A believable world for development: made through the same stories as real life, with dates around today."""

from django.db import transaction
from django.utils import timezone

from config.world import channel, crossing, desk, estate, events, passing, people, under_way, walks
from config.world.people import PASSWORD
from config.world.stage import World, invite
from customers.models import Invitation, InvitationLink
from partners.models import Message, Partner
from subscriptions import catalogue

__all__ = ["PASSWORD", "SIGN_INS", "is_there", "make", "waiting_link"]

SIGN_INS = (
    ("provider", "anna.ricci@northwind.example"),
    ("reseller", "luca.neri@fabrikam.example"),
    ("today's rules", "lia.moro@lakeshore.example"),
    ("direct-bill", "tito.sanna@tasmanian.example"),
    ("staff", "staff@multicanale.example"),
)
WAITING = "marco.bianchi@contoso.example"


def is_there() -> bool:
    """Say whether a world, this one or a real one, is already in the database."""
    return Partner.objects.exists()


@transaction.atomic
def make() -> None:
    """Make the whole world or nothing: everybody first, then everything that happened between them."""
    world = World(timezone.now())
    catalogue.load()
    people.agreements()
    people.companies(world)
    people.staff_and_members(world)
    people.ties(world)
    people.prospects(world)
    channel.words(world)
    channel.newcomers(world)
    events.first_year(world)
    events.every_answer(world)
    events.every_assignment(world)
    events.every_ending(world)
    under_way.campaign(world)
    under_way.wishes(world)
    passing.existing_book(world)
    estate.subscriptions(world)
    walks.every_walk(world)
    crossing.transfers_of_a_twin(world)
    passing.hand_over(world)
    passing.ending(world)
    desk.teams(world)
    desk.put_off(world)
    copied = invite(world, "nodpublishers", 4, via="adventure")
    _deliver(world)
    Message.objects.filter(to=copied.email).update(
        status=Message.Status.NOT_MAILED, sent_at=None, copied_by=world.actors["adventure"].stamp
    )
    invite(world, "contoso", 0.125, via="fabrikam")  # its mail is still to be delivered


def _deliver(world: World) -> None:
    """Mark what was written so far as delivered long ago, but for one mail no server would take."""
    Message.objects.filter(status=Message.Status.QUEUED).update(
        status=Message.Status.SENT, sent_at=world.ago(0.01), text="", html="", slots={}
    )
    failed = Message.objects.filter(event="customers/invitation_declined").order_by("pk").values("pk")[:1]
    Message.objects.filter(pk__in=failed).update(
        status=Message.Status.FAILED, sent_at=None, reason="550 mailbox unavailable"
    )


def waiting_link() -> InvitationLink | None:
    """Return Contoso's waiting link, while it waits."""
    return (
        InvitationLink.objects.waiting()
        .select_related("invitation", "provider")
        .filter(email=WAITING, invitation__status=Invitation.Status.OPEN)
        .first()
    )
