"""What home's charts count: invitations on their way, and what can be done with what runs."""

from collections import Counter
from datetime import datetime, timedelta

from django.db.models import Count, Q, Sum
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Invitation, InvitationLink
from partners.actor import Actor
from partners.models import Message
from subscriptions.models import Subscription
from subscriptions.rulebook import RUNNING
from subscriptions.vocabulary import Path

FUNNEL_DAYS = 90
MOST_RULED = 5_000  # subscriptions whose path is worked out: a chart of more would say the same, later

# Each holds what comes after it: a link copied by hand may be opened without a mail.
ACCEPTED = Q(status=InvitationLink.Status.ACCEPTED)
OPENED = Q(fetched_at__isnull=False) | ACCEPTED
SENT = Q(message__status__in=[Message.Status.SENT, Message.Status.NOT_MAILED]) | OPENED


def funnel(actor: Actor, at: datetime) -> list[tuple[str | Promise, int]]:
    """Count the places of invitations made of late, and how many were sent, opened and accepted."""
    recent = Invitation.objects.visible_to(actor).filter(made_at__gte=at - timedelta(days=FUNNEL_DAYS))
    recent = recent.exclude(status=Invitation.Status.DRAFT)
    made = recent.order_by().aggregate(places=Sum("places"))["places"] or 0
    reached = (
        InvitationLink.objects.filter(invitation__in=recent.order_by())
        .order_by()
        .aggregate(
            sent=Count("pk", filter=SENT),
            opened=Count("pk", filter=OPENED),
            accepted=Count("pk", filter=ACCEPTED),
        )
    )
    return [
        (_("Places made"), made),
        (_("Sent"), reached["sent"]),
        (_("Page opened"), reached["opened"]),
        (_("Accepted"), reached["accepted"]),
    ]


def paths(actor: Actor, at: datetime) -> list[tuple[Path | None, int]]:
    """Count what runs by the path that is open, the most first; None where none is. The newest only."""
    assert actor.partner is not None  # noqa: S101 - the home page is a company's
    own = actor.partner if actor.partner.owns_relationships else None
    running = Subscription.objects.visible_to(actor, at).filter(status__in=RUNNING)
    ruled = running.with_ruling(own.edition if own else None, at.astimezone(actor.partner.zone).date(), own)
    newest = ruled.order_by("-pk").values_list("path", flat=True)  # type: ignore[misc]  # an annotation
    counted = Counter(newest[:MOST_RULED])
    return sorted(
        ((Path(path) if path else None, number) for path, number in counted.items()), key=lambda one: -one[1]
    )
