"""What waits of relationships and partnerships: to confirm, to end, to answer."""

from datetime import datetime, timedelta

from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import Relationship
from partners.actor import Actor
from partners.models import Partnership
from partners.models.partnership import PROPOSAL_DAYS
from partners.permissions import ADMINS
from subscriptions.attention.items import Collector, Item, Kind, Row, Rows, local, may, the_customers


def _unconfirmed(actor: Actor, at: datetime) -> Rows:
    active = Relationship.objects.active().filter(provider=actor.partner)
    return active.filter(confirmed_at_microsoft_at__isnull=True).order_by("pk")


def _confirm(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("not confirmed at Microsoft"),
        why=_("The customer confirms there, by the link on its page."),
        then=_("Until then nothing can be ordered for it."),
        waits_for=the_customers(),
        url=reverse("customer", args=[row.page]),
        action=_("Open"),
        since=local(row.at),
    )


MICROSOFT = Collector(
    kind=Kind.MICROSOFT,
    find=_unconfirmed,
    tell=_confirm,
    page="customer_id",
    subject="customer__name",
    at=Coalesce("decided_at", "began_at"),
)


def _asked_to_end(actor: Actor, at: datetime) -> Rows:
    active = Relationship.objects.active().filter(provider=actor.partner)
    return active.filter(ending_requested_at__isnull=False).order_by("ending_requested_at", "pk")


def _end(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("asked to end the relationship"),
        why=_("Its privileges have stopped; subscriptions you sold it still run."),
        then=_("The relationship ends when they are over."),
        url=reverse("subscriptions:relationship-end", args=[row.ref])
        if (may_end := may(actor, ADMINS))
        else reverse("customer", args=[row.page]),
        action=_("End it") if may_end else _("Look at it"),
        since=local(row.at),
    )


ENDINGS = Collector(
    kind=Kind.ENDINGS,
    find=_asked_to_end,
    tell=_end,
    page="customer_id",
    subject="customer__name",
    at="ending_requested_at",
)


def _proposed(actor: Actor, at: datetime) -> Rows:
    proposed = Partnership.objects.filter(reseller=actor.partner, status=Partnership.Status.PROPOSED)
    return proposed.filter(proposed_at__gt=at - timedelta(days=PROPOSAL_DAYS)).order_by("proposed_at", "pk")


def _partnership(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("wants to work with you"),
        why=_("Proposed by %(who)s.") % {"who": row.who},
        then=_("Without an answer the proposal lapses."),
        url=reverse("customers:providers"),
        action=_("Answer") if may(actor, ADMINS) else _("Look at it"),
        due=local(row.at + timedelta(days=PROPOSAL_DAYS)),
    )


PARTNERSHIPS = Collector(
    kind=Kind.PARTNERSHIPS,
    find=_proposed,
    tell=_partnership,
    subject="provider__name",
    who="proposed_by",
    at="proposed_at",
)
