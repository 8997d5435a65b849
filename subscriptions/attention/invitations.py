"""What waits of invitations: answers to look at, links about to die, what resellers send on or ask for."""

import json
from datetime import datetime, timedelta

from django.db.models import Count, F, OuterRef, Q, Subquery
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.acceptances import Doubt
from customers.models import Acceptance, Invitation, InvitationLink, InvitationRequest, InvitationState
from partners.actor import Actor
from partners.models import Partnership
from partners.permissions import AGENTS, SALES
from subscriptions.attention.items import (
    Collector,
    Item,
    Kind,
    Row,
    Rows,
    local,
    may,
    the_customers,
    theirs,
)

EXPIRY_DAYS = 7


def _answers(actor: Actor, at: datetime) -> Rows:
    return Acceptance.objects.visible_to(actor).filter(status=Acceptance.Status.PENDING).order_by("pk")


def _answer(row: Row, actor: Actor, at: datetime) -> Item:
    doubts = [str(Doubt(value).label) for value in json.loads(row.words)]
    return row.item(
        what=_("an answer to confirm"),
        why=doubts[0] if doubts else "",
        then=_("Until then the customer waits, and nothing begins."),
        url=f"{reverse('customer', args=[row.page])}#answers",
        action=_("Confirm or refuse") if may(actor, AGENTS) else _("Look at it"),
        due=local(at),  # the customer waits meanwhile
    )


ANSWERS = Collector(
    kind=Kind.ANSWERS,
    find=_answers,
    tell=_answer,
    page="customer_id",
    subject=Coalesce("customer__name", "company"),
    words="pending_reasons",
)


def _asking_again(actor: Actor, at: datetime) -> Rows:
    asking = InvitationLink.objects.visible_to(actor).filter(
        asked_again_at__isnull=False, asked_closed_at__isnull=True
    )
    return asking.order_by("asked_again_at", "pk")


def _asked_again(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("asks for a new link"),
        why=_("The link sent to %(email)s is dead.") % {"email": row.what},
        then=_("Without a new one the customer cannot answer."),
        url=reverse("customers:invitation", args=[row.page]),
        action=_("Answer") if may(actor, SALES) else _("Look at it"),
        since=local(row.at),
    )


ASKED_AGAIN = Collector(
    kind=Kind.ASKED_AGAIN,
    find=_asking_again,
    tell=_asked_again,
    page="invitation_id",
    subject="company",
    what="email",
    at="asked_again_at",
)


def _requests(actor: Actor, at: datetime) -> Rows:
    return InvitationRequest.objects.visible_to(actor).waiting().order_by("requested_at", "pk")


def _request(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("asks you for an invitation"),
        why=row.words,
        then=_("Only you can make one."),
        url=reverse("customers:request", args=[row.ref]),
        action=_("Answer") if may(actor, SALES) else _("Look at it"),
        since=local(row.at),
    )


REQUESTS = Collector(
    kind=Kind.REQUESTS,
    find=_requests,
    tell=_request,
    page="reseller_id",
    subject="reseller__name",
    words="note",
    at="requested_at",
)


def _expiring(actor: Actor, at: datetime) -> Rows:
    standing = Q(partnership__isnull=True) | Q(partnership__status=Partnership.Status.ACTIVE)
    soon = Invitation.objects.visible_to(actor).open_at(at).filter(standing)
    return soon.filter(expires_at__lte=at + timedelta(days=EXPIRY_DAYS)).order_by("expires_at", "pk")


def _expires(row: Row, actor: Actor, at: datetime) -> Item:
    if row.number:
        what, waits_for = _("invitation without an answer"), the_customers()
        why = ngettext(
            "Sent to %(email)s.", "Sent to %(email)s and others: %(number)d have not answered.", row.number
        ) % {"email": row.what, "number": row.number}
    elif row.who:
        what, waits_for = _("invitation not sent on"), theirs(row.who)
        why = _("In the hands of %(who)s.") % {"who": row.who}
    else:
        what, waits_for = _("invitation not sent"), ""
        why = _("It is open, but nobody has received it.")
    return row.item(
        subject=row.subject or row.who or _("Invitation %(number)s") % {"number": row.ref},
        what=what,
        why=why,
        then=_("Then its links are dead, unless you move the day."),
        waits_for=waits_for,
        url=reverse("customers:invitation", args=[row.ref]),
        action=_("Open"),
        due=local(row.at),
    )


_unanswered = InvitationLink.objects.filter(
    invitation=OuterRef("pk"), status=InvitationLink.Status.WAITING
).order_by()
_first_unanswered = _unanswered.order_by("pk")

EXPIRING = Collector(
    kind=Kind.EXPIRING,
    find=_expiring,
    tell=_expires,
    subject=Coalesce(Subquery(_first_unanswered.values("company")[:1]), "customer__name"),
    who="partnership__reseller__name",
    what=Subquery(_first_unanswered.values("email")[:1]),
    number=Subquery(_unanswered.values("invitation").annotate(number=Count("pk")).values("number")),
    at="expires_at",
)


def _in_hand(actor: Actor, at: datetime) -> Rows:
    free = Invitation.objects.visible_to(actor).in_state(InvitationState.OPEN, at)
    return free.order_by("expires_at", "pk")


def _handed(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("invitation to send on"),
        why=_("Handed to you by %(provider)s.") % {"provider": row.who},
        then=_("After that day it can no longer be sent on."),
        url=reverse("customers:invitation", args=[row.ref]),
        action=_("Send it on") if may(actor, SALES) else _("Look at it"),
        due=local(row.at),
    )


HANDED = Collector(
    kind=Kind.HANDED,
    find=_in_hand,
    tell=_handed,
    subject=Coalesce("customer__name", "provider__name"),
    who=F("provider__name"),
    at="expires_at",
)
