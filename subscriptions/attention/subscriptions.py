"""What waits of subscriptions: decisions that come near, and terms nobody knows the end of."""

from datetime import date, datetime, timedelta

from django.db.models import Exists, OuterRef, QuerySet, Value
from django.db.models.functions import Coalesce, NullIf
from django.urls import reverse
from django.utils.translation import gettext as _

from partners.actor import Actor
from partners.permissions import SALES
from subscriptions import rulings
from subscriptions.attention.items import Collector, Item, Kind, PutOff, Row, Rows, local, may
from subscriptions.models import Move, Subscription, TransferItem
from subscriptions.permissions import may_edit_subscription
from subscriptions.rulebook import Deadline
from subscriptions.vocabulary import Billing, Channel, Status, Term

MOST_TERMS = 500  # subscriptions whose deadlines are worked out
DECISION_DAYS, WEEKS = 30, 12
RUNNING = (Status.PENDING, Status.ACTIVE, Status.SUSPENDED)


def _unknown_ends(actor: Actor, at: datetime) -> Rows:
    rows = Subscription.objects.visible_to(actor, at).filter(
        status__in=RUNNING, parent__isnull=True, term_end__isnull=True, product__billing=Billing.LICENSE
    )
    # A month of ours rolls on by itself.
    return rows.exclude(channel=Channel.CSP_OWN, term=Term.P1M).order_by("-pk")


def _unknown_end(row: Row, actor: Actor, at: datetime) -> Item:
    may_write = may(actor, SALES)
    return row.item(
        what=row.what,
        why=_("Nobody knows when its term ends."),
        then=_("Nobody can be warned in time."),
        url=reverse(
            "subscriptions:subscription-edit" if may_write else "subscriptions:subscription", args=[row.ref]
        ),
        action=_("Write it down") if may_write else _("Look at it"),
        since=local(row.at),
    )


UNKNOWN = Collector(
    kind=Kind.UNKNOWN,
    find=_unknown_ends,
    tell=_unknown_end,
    subject="customer__name",
    what=Coalesce(NullIf("friendly_name", Value("")), "product__name"),
    at="recorded_at",
)


def coming(actor: Actor, at: datetime, today: date, put_off: PutOff) -> list[tuple[Subscription, Deadline]]:
    """Return what has to be decided in the coming weeks; an add-on is decided with its base.

    Each row says in `is_put_off` whether the person put it off, in `is_under_way` whether it is settled what
    becomes of it.
    """
    refs = put_off.rows().filter(kind=Kind.DECISIONS, object_ref=OuterRef("pk"))
    return _decided(_running_out(actor, at, today).annotate(is_put_off=Exists(refs)), at)


def item(actor: Actor, at: datetime, today: date, ref: int) -> Item | None:
    """Return the decision about one subscription, put off or not; None if none is near."""
    for row, deadline in _decided(_running_out(actor, at, today).filter(pk=ref), at):
        if is_to_make(row, deadline, today):
            return decision(row, deadline, actor)
    return None


def is_to_make(row: Subscription, deadline: Deadline, today: date) -> bool:
    """Say whether a decision belongs in the queue: it is near, and neither a move nor a transfer is on."""
    under_way: bool = row.is_under_way  # type: ignore[attr-defined]  # annotated
    return not under_way and deadline.on <= today + timedelta(days=DECISION_DAYS)


def _running_out(actor: Actor, at: datetime, today: date) -> QuerySet[Subscription]:
    edition = actor.partner.edition if actor.partner and actor.partner.owns_relationships else None
    rows = Subscription.objects.visible_to(actor, at).to_decide(
        today, today + timedelta(weeks=WEEKS), edition
    )
    moving = Move.objects.open().filter(subscription=OuterRef("pk"))
    asked_for = TransferItem.objects.filter(subscription=OuterRef("pk"), status=TransferItem.Status.REQUESTED)
    return rows.annotate(is_under_way=Exists(moving) | Exists(asked_for))


def _decided(rows: QuerySet[Subscription], at: datetime) -> list[tuple[Subscription, Deadline]]:
    soonest = rulings.with_facts(rows).order_by("decision_day", "pk")[:MOST_TERMS]  # type: ignore[misc]  # annotated
    return [(row, deadline) for row in soonest if (deadline := rulings.deadline(row, at))]


def decision(row: Subscription, deadline: Deadline, actor: Actor) -> Item:
    """Tell of a decision that comes near: who makes none has it made for him."""
    return Item(
        Kind.DECISIONS,
        row.pk,
        row.customer.name,
        f"{row}, {row.get_channel_display()}",
        "",
        _("Without a decision: %(then)s") % {"then": deadline.then},
        row.get_absolute_url(),
        _("Choose the path") if may_edit_subscription(actor, row) else _("Look at it"),
        due=deadline.on,
    )
