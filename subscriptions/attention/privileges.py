"""What waits of privileges: offers, hand-overs and renewals without an answer, and what is about to end."""

from datetime import datetime, timedelta

from django.db.models import Case, Exists, OuterRef, Q, Value, When
from django.db.models.functions import Coalesce
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import Assignment, Grant, HandOver, Privilege, RenewalProposal
from customers.models.handover import HAND_OVER_DAYS
from customers.models.privilege import GROUND, OFFER_DAYS, utc_day
from customers.permissions import may_ask_for_privileges
from partners.actor import Actor
from partners.permissions import AGENTS
from partners.templatetags.ui import exact_day
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

ENDING_DAYS, RENEWAL_DAYS = 30, 14


def _to_answer(actor: Actor, at: datetime) -> Rows:
    rows = Assignment.objects.visible_to(actor).to_answer(at)
    return rows.filter(hand_over__isnull=True).order_by("offered_at", "pk")  # those are answered whole


def _mine(actor: Actor, at: datetime) -> Rows:
    """Return the offers whose turn it is at the reseller: those that wait for a customer are not yet."""
    waiting = Assignment.objects.waiting_for_customer(at).values("pk")
    return _to_answer(actor, at).exclude(pk__in=waiting)


def _offer(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("%(privilege)s offered to %(reseller)s")
        % {"privilege": Privilege(row.what).label, "reseller": row.who},
        why="",
        then=_("Without an answer the offer lapses."),
        waits_for=the_customers() if row.words else theirs(row.who),
        url=reverse("customer", args=[row.page]),
        action=_("Open"),
        due=local(row.at + timedelta(days=OFFER_DAYS)),
    )


OFFERS = Collector(
    kind=Kind.OFFERS,
    find=_to_answer,
    tell=_offer,
    page="customer_id",
    subject="customer__name",
    who="reseller__name",
    what="privilege",
    words=Case(When(needs_yes=True, agreed_at__isnull=True, then=Value("customer")), default=Value("")),
    at="offered_at",
)


def _offered(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("%(privilege)s offered to you") % {"privilege": Privilege(row.what).label},
        why=_("By %(provider)s, for %(services)s, until %(day)s.")
        % {"provider": row.who, "services": str(dict(GROUND)[row.words]), "day": exact_day(row.on)},
        then=_("Without an answer the offer lapses."),
        url=reverse("customers:privileges", query={"show": "offered"}),
        action=_("Answer") if may(actor, AGENTS) else _("Look at it"),
        due=local(row.at + timedelta(days=OFFER_DAYS)),
    )


OFFERED = Collector(
    kind=Kind.OFFERED,
    find=_mine,
    tell=_offered,
    subject="customer__name",
    who="provider__name",
    what="privilege",
    words="family",
    at="offered_at",
    on="ends_on",
)


def _hand_overs(actor: Actor, at: datetime) -> Rows:
    return HandOver.objects.visible_to(actor).to_answer(at).order_by("offered_at", "pk")


def _under_way(actor: Actor, at: datetime) -> Rows:
    """Return the hand-overs that wait, and those accepted of which nothing can come any more."""
    rows = HandOver.objects.visible_to(actor)
    found = rows.filter(pk__in=rows.to_answer(at).values("pk")) | rows.filter(
        pk__in=rows.stuck(at).values("pk")
    )
    return found.order_by("offered_at", "pk")


def _hand_over(row: Row, actor: Actor, at: datetime) -> Item:
    if row.what == HandOver.Status.ACCEPTED:
        return row.item(
            what=_("hand-over to %(reseller)s could not take effect") % {"reseller": row.who},
            why=_("The partnership has ended, or the reseller is suspended."),
            then=_("You look after these customers yourself."),
            url=reverse("customers:handover", args=[row.ref]),
            action=_("Open"),
            since=local(row.at),
        )
    return row.item(
        what=_("hand-over to %(reseller)s") % {"reseller": row.who},
        why="",
        then=_("Without an answer everything stays as it is."),
        waits_for=theirs(row.who),
        url=reverse("customers:handover", args=[row.ref]),
        action=_("Open"),
        due=local(row.at + timedelta(days=HAND_OVER_DAYS)),
    )


HANDOVERS = Collector(
    kind=Kind.HANDOVERS,
    find=_under_way,
    tell=_hand_over,
    what="status",
    subject=Coalesce("customer__name", "before__name"),
    who="reseller__name",
    at="offered_at",
)


def _take_over(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        subject=row.subject or _("several customers"),
        what=_("to take over"),
        why=_("Offered to you by %(provider)s.") % {"provider": row.who},
        then=_("Without an answer the offer lapses."),
        url=reverse("customers:handover", args=[row.ref]),
        action=_("Answer") if may(actor, AGENTS) else _("Look at it"),
        due=local(row.at + timedelta(days=HAND_OVER_DAYS)),
    )


TAKING_OVER = Collector(
    kind=Kind.TAKING_OVER,
    find=_hand_overs,
    tell=_take_over,
    subject="customer__name",
    who="provider__name",
    at="offered_at",
)


def _renewals(actor: Actor, at: datetime) -> Rows:
    waiting = RenewalProposal.objects.visible_to(actor).waiting_at(at)
    return waiting.filter(expires_at__lte=at + timedelta(days=RENEWAL_DAYS)).order_by("expires_at", "pk")


def _renewal(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_("renewal without an answer"),
        why=_("You asked whether the privileges may go on."),
        then=_("Without an answer they end on their day."),
        waits_for=the_customers(),
        url=reverse("customer", args=[row.page]),
        action=_("Open"),
        due=local(row.at),
    )


RENEWALS = Collector(
    kind=Kind.RENEWALS,
    find=_renewals,
    tell=_renewal,
    page="customer_id",
    subject="customer__name",
    at="expires_at",
)


def _ending_grants(actor: Actor, at: datetime) -> Rows:
    soon = utc_day(at) + timedelta(days=ENDING_DAYS)
    ending = Grant.objects.live(at).filter(provider=actor.partner, ends_on__lte=soon)
    # Once a renewal is proposed it is the customer's turn, and the proposal is what waits.
    proposed = RenewalProposal.objects.waiting_at(at).filter(relationship=OuterRef("relationship"))
    covered = [
        Q(privilege=Privilege.PROVISIONING) & Exists(proposed.filter(renews_provisioning=True)),
        Q(privilege=Privilege.SUPPORT) & Exists(proposed.filter(renews_support=True)),
    ]
    return ending.exclude(covered[0] | covered[1]).order_by("ends_on", "pk")


def _ends_on(row: Row) -> str:
    return _("%(privilege)s ends on %(day)s") % {
        "privilege": Privilege(row.what).label,
        "day": exact_day(row.on),
    }


def _ending_grant(row: Row, actor: Actor, at: datetime) -> Item:
    may_ask = may_ask_for_privileges(actor)
    return row.item(
        what=_ends_on(row),
        why=_("Only the customer can let it last longer."),
        then=_("What resellers hold of it ends with it."),
        url=reverse("customers:renewal-propose" if may_ask else "customer", args=[row.page]),
        action=_("Propose a renewal") if may_ask else _("Look at it"),
        due=row.on,
    )


ENDING_GRANTS = Collector(
    kind=Kind.ENDING,
    find=_ending_grants,
    tell=_ending_grant,
    page="customer_id",
    subject="customer__name",
    what="privilege",
    on="ends_on",
)


def _ending_assignments(actor: Actor, at: datetime) -> Rows:
    soon = utc_day(at) + timedelta(days=ENDING_DAYS)
    live = Assignment.objects.live(at).filter(reseller=actor.partner, ends_on__lte=soon)
    return live.order_by("ends_on", "pk")


def _ending_assignment(row: Row, actor: Actor, at: datetime) -> Item:
    return row.item(
        what=_ends_on(row),
        why=_("Ask %(provider)s if you should go on.") % {"provider": row.who},
        then=_("After that day you can no longer act under it."),
        url=reverse("customer", args=[row.page]),
        action=_("Open"),
        due=row.on,
    )


ENDING_ASSIGNMENTS = Collector(
    kind=Kind.ENDING,
    find=_ending_assignments,
    tell=_ending_assignment,
    page="customer_id",
    subject="customer__name",
    who="provider__name",
    what="privilege",
    on="ends_on",
)
