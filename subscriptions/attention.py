"""What waits for somebody's attention: one collector over the rules of the floors below.

Every count is the length of the list it stands for. Each collector takes one query and stops at `MOST` rows.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import partial

from django.db import models
from django.db.models import Count, FilteredRelation, Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.acceptances import Doubt
from customers.models import (
    Acceptance,
    Assignment,
    Grant,
    Invitation,
    InvitationLink,
    InvitationState,
    Privilege,
    Relationship,
)
from customers.models.privilege import utc_day
from customers.permissions import may_answer_assignment, may_ask_for_privileges, may_decide_acceptance
from partners.actor import Actor
from partners.models import Partnership
from partners.permissions import SALES, may_act, may_answer_partnership
from partners.templatetags.ui import day_words, exact_day
from subscriptions import rulings
from subscriptions.models import Subscription
from subscriptions.permissions import may_edit_subscription
from subscriptions.rulebook import Deadline
from subscriptions.vocabulary import Billing, Channel, Status, Term

MOST = 100  # rows of one kind
MOST_TERMS = 500  # subscriptions whose deadlines are worked out
EXPIRY_DAYS, ENDING_DAYS, DECISION_DAYS = 7, 30, 30
WEEKS = 12
URGENT, NEAR = 3, 7  # days
RUNNING = (Status.PENDING, Status.ACTIVE, Status.SUSPENDED)


class Kind(models.TextChoices):
    """What can wait; the words are those of a tile."""

    ANSWERS = "answers", gettext_lazy("answers to confirm")
    PARTNERSHIPS = "partnerships", gettext_lazy("partnerships to answer")
    OFFERED = "offered", gettext_lazy("privileges offered to you")
    HANDED = "handed", gettext_lazy("invitations to send on")
    EXPIRING = "expiring", gettext_lazy("invitations that expire")
    DECISIONS = "decisions", gettext_lazy("decisions within 30 days")
    OFFERS = "offers", gettext_lazy("offers waiting at resellers")
    ENDING = "ending", gettext_lazy("privileges that end")
    MICROSOFT = "microsoft", gettext_lazy("to confirm at Microsoft")
    UNKNOWN = "unknown", gettext_lazy("terms without a known end")


@dataclass(frozen=True, slots=True)
class Item:
    """One thing that waits: until when, what, why, and the page where something can be done about it."""

    kind: Kind
    subject: str
    what: str
    why: str
    url: str
    action: str
    due: date | None = None
    since: date | None = None  # where nothing is due: since when it waits

    def state(self, today: date) -> str:
        """Return how urgent it is."""
        if self.due is None:
            return "info"
        days = (self.due - today).days
        return "urgent" if days <= URGENT else "waiting" if days <= NEAR else "info"

    def when(self, today: date) -> str:
        """Say when it is due, or since when it waits."""
        if self.due is not None:
            return day_words(self.due, today)
        return _("since %(day)s") % {"day": exact_day(self.since)} if self.since else _("no date")


@dataclass(slots=True)
class Queue:
    """Everything that waits for the members of a company, as one of them sees it."""

    today: date
    kinds: dict[Kind, list[Item]] = field(default_factory=dict)
    coming: list[tuple[Subscription, Deadline]] = field(default_factory=list)

    def items(self, kind: str = "") -> list[Item]:
        """Return what waits, of one kind or of all, what is due first."""
        found = [item for one, items in self.kinds.items() if kind in ("", one) for item in items]
        return sorted(found, key=lambda item: (item.due is None, item.due or item.since or date.max))

    def weeks(self) -> list[tuple[date, int]]:
        """Return how many decisions fall into each of the coming weeks, by the week's Monday."""
        monday = self.today - timedelta(days=self.today.weekday())
        days = [monday + timedelta(weeks=week) for week in range(WEEKS)]
        fallen = [deadline.on - timedelta(days=deadline.on.weekday()) for _row, deadline in self.coming]
        return [(day, fallen.count(day)) for day in days]


Collector = Callable[[Actor, datetime], Iterable[Item]]


def waiting(actor: Actor, at: datetime) -> Queue:
    """Collect what waits for the company acted for."""
    assert actor.partner is not None  # noqa: S101 - the home page is a company's
    queue = Queue(today=at.astimezone(actor.partner.zone).date())
    queue.coming = coming(actor, at, queue.today)
    collectors: dict[Kind, Collector]
    if actor.partner.is_reseller:
        collectors = {
            Kind.PARTNERSHIPS: partnerships,
            Kind.OFFERED: offered,
            Kind.HANDED: handed,
            Kind.DECISIONS: partial(decisions, queue),
            Kind.ENDING: ending_assignments,
        }
    else:
        collectors = {
            Kind.ANSWERS: answers,
            Kind.DECISIONS: partial(decisions, queue),
            Kind.EXPIRING: expiring,
            Kind.OFFERS: offers,
            Kind.ENDING: ending_grants,
            Kind.MICROSOFT: unconfirmed,
            Kind.UNKNOWN: unknown_ends,
        }
        if not actor.partner.has_resellers:
            del collectors[Kind.OFFERS]
    queue.kinds = {kind: list(collect(actor, at)) for kind, collect in collectors.items()}
    return queue


def channels(actor: Actor, at: datetime) -> list[tuple[Channel, int]]:
    """Count what runs by the channel it was bought through, the most first."""
    rows = Subscription.objects.visible_to(actor, at).filter(status__in=RUNNING)
    counted = rows.order_by().values_list("channel").annotate(number=Count("pk"))
    return sorted(((Channel(channel), number) for channel, number in counted), key=lambda pair: -pair[1])


def _local(at: datetime) -> date:
    return timezone.localtime(at).date()


# --- subscriptions -----------------------------------------------------------------------------


def coming(actor: Actor, at: datetime, today: date) -> list[tuple[Subscription, Deadline]]:
    """Return what has to be decided in the coming weeks; an add-on is decided with its base."""
    rows = Subscription.objects.visible_to(actor, at).filter(
        status__in=RUNNING,
        parent__isnull=True,
        term_end__gte=today,
        term_end__lte=today + timedelta(weeks=WEEKS, days=1),
    )
    soonest = rulings.with_facts(rows).order_by("term_end", "pk")[:MOST_TERMS]
    return [(row, deadline) for row in soonest if (deadline := rulings.deadline(row, at))]


def decisions(queue: Queue, actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield what has to be decided soon."""
    last = queue.today + timedelta(days=DECISION_DAYS)
    for row, deadline in [pair for pair in queue.coming if pair[1].on <= last][:MOST]:
        yield Item(
            Kind.DECISIONS,
            row.customer.name,
            f"{row}, {row.get_channel_display()}",
            _("Without a decision: %(then)s") % {"then": deadline.then},
            row.get_absolute_url(),
            _("Choose the path") if may_edit_subscription(actor, row) else _("Look at it"),
            due=deadline.on,
        )


def unknown_ends(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield licences of which nobody knows when their term ends."""
    rows = Subscription.objects.visible_to(actor, at).filter(
        status__in=RUNNING, parent__isnull=True, term_end__isnull=True, product__billing=Billing.LICENSE
    )
    rows = rows.exclude(channel=Channel.CSP_OWN, term=Term.P1M)  # a month of ours rolls on by itself
    for row in rulings.with_facts(rows).order_by("-pk")[:MOST]:
        may = may_edit_subscription(actor, row)
        yield Item(
            Kind.UNKNOWN,
            row.customer.name,
            str(row),
            _("Nobody knows when its term ends, so nobody can be warned in time."),
            reverse("subscriptions:subscription-edit", args=[row.pk]) if may else row.get_absolute_url(),
            _("Write it down") if may else _("Look at it"),
            since=_local(row.recorded_at),
        )


# --- a provider --------------------------------------------------------------------------------


def answers(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield answers the provider must look at; the customer waits meanwhile, so they are due at once."""
    rows = Acceptance.objects.visible_to(actor).filter(status=Acceptance.Status.PENDING)
    for one in rows.select_related("link", "customer").order_by("pk")[:MOST]:
        doubts = [str(Doubt(value).label) for value in one.pending_reasons]
        yield Item(
            Kind.ANSWERS,
            one.customer.name if one.customer else one.company,
            _("an answer to confirm"),
            doubts[0] if doubts else "",
            f"{reverse('customer', args=[one.customer_id])}#answers",
            _("Confirm or refuse") if may_decide_acceptance(actor, one) else _("Look at it"),
            due=_local(at),
        )


def expiring(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield open invitations that expire within days: unanswered, or not even sent."""
    still = FilteredRelation("links", condition=Q(links__status=InvitationLink.Status.WAITING))
    rows = (
        Invitation.objects.visible_to(actor)
        .open_at(at)
        .filter(expires_at__lte=at + timedelta(days=EXPIRY_DAYS))
        .filter(Q(partnership__isnull=True) | Q(partnership__status=Partnership.Status.ACTIVE))
        .annotate(still=still)
        .order_by("expires_at", "pk")
        .values_list(
            "pk",
            "expires_at",
            "customer__name",
            "partnership__reseller__name",
            "still__company",
            "still__email",
        )
    )
    for pk, expires_at, customer, reseller, company, email in rows[:MOST]:
        if email:
            what, why = _("invitation without an answer"), _("Sent to %(email)s.") % {"email": email}
        elif reseller:
            what, why = _("invitation not sent on"), _("In the hands of %(who)s.") % {"who": reseller}
        else:
            what, why = _("invitation not sent"), _("It is open, but nobody has received it.")
        yield Item(
            Kind.EXPIRING,
            company or customer or reseller or _("Invitation %(number)s") % {"number": pk},
            what,
            why,
            reverse("customers:invitation", args=[pk]),
            _("Open"),
            due=_local(expires_at),
        )


def offers(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield privileges offered to resellers that have not answered."""
    rows = Assignment.objects.visible_to(actor).to_answer(at).select_related("customer", "reseller")
    for one in rows.order_by("offered_at", "pk")[:MOST]:
        yield Item(
            Kind.OFFERS,
            one.customer.name,
            _("%(privilege)s offered to %(reseller)s")
            % {"privilege": one.get_privilege_display(), "reseller": one.reseller.name},
            _("Without an answer the offer lapses."),
            one.customer.get_absolute_url(),
            _("Open"),
            due=_local(one.offer_ends_at),
        )


def ending_grants(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield privileges customers granted that end soon."""
    rows = Grant.objects.live(at).filter(
        provider=actor.partner, ends_on__lte=utc_day(at) + timedelta(days=ENDING_DAYS)
    )
    may = may_ask_for_privileges(actor)
    for one in rows.select_related("customer").order_by("ends_on", "pk")[:MOST]:
        yield Item(
            Kind.ENDING,
            one.customer.name,
            _("%(privilege)s ends on %(day)s")
            % {"privilege": one.get_privilege_display(), "day": exact_day(one.ends_on)},
            _("What resellers hold of it ends with it. Only the customer can grant it again."),
            reverse("customers:invite", query={"customer": one.customer_id})
            if may
            else one.customer.get_absolute_url(),
            _("Invite again") if may else _("Look at it"),
            due=one.ends_on,
        )


def unconfirmed(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield relationships the customer has not confirmed at Microsoft, as far as anybody noted."""
    rows = Relationship.objects.active().filter(
        provider=actor.partner, confirmed_at_microsoft_at__isnull=True
    )
    for one in rows.select_related("customer").order_by("pk")[:MOST]:
        yield Item(
            Kind.MICROSOFT,
            one.customer.name,
            _("not confirmed at Microsoft"),
            _("Until the customer confirms there, nothing can be ordered for it."),
            one.customer.get_absolute_url(),
            _("Open"),
            since=_local(one.decided_at or one.began_at),
        )


# --- a reseller --------------------------------------------------------------------------------


def partnerships(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield providers that want to work with the reseller."""
    rows = Partnership.objects.filter(reseller=actor.partner, status=Partnership.Status.PROPOSED)
    for one in rows.select_related("provider", "reseller").order_by("pk")[:MOST]:
        if one.waits_at(at):
            yield Item(
                Kind.PARTNERSHIPS,
                one.provider.name,
                _("wants to work with you"),
                _("Proposed by %(who)s.") % {"who": one.proposed_by},
                reverse("customers:providers"),
                _("Answer") if may_answer_partnership(actor, one) else _("Look at it"),
                due=_local(one.lapses_at),
            )


def offered(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield privileges a provider offers to the reseller."""
    rows = Assignment.objects.visible_to(actor).to_answer(at)
    rows = rows.select_related("customer", "provider", "partnership")
    for one in rows.order_by("offered_at", "pk")[:MOST]:
        yield Item(
            Kind.OFFERED,
            one.customer.name,
            _("%(privilege)s offered to you") % {"privilege": Privilege(one.privilege).label},
            _("By %(provider)s, for %(services)s, until %(day)s.")
            % {
                "provider": one.provider.name,
                "services": str(one.get_family_display()),
                "day": exact_day(one.ends_on),
            },
            reverse("customers:privileges", query={"show": "offered"}),
            _("Answer") if may_answer_assignment(actor, one) else _("Look at it"),
            due=_local(one.offer_ends_at),
        )


def handed(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield invitations in the reseller's hands that can still be sent on."""
    assert actor.partner is not None  # noqa: S101 - asked by `waiting`
    may = may_act(actor, actor.partner.pk, SALES)
    rows = Invitation.objects.visible_to(actor).in_state(InvitationState.OPEN, at)
    for one in rows.select_related("provider", "customer").order_by("expires_at", "pk")[:MOST]:
        yield Item(
            Kind.HANDED,
            one.customer.name if one.customer else one.provider.name,
            _("invitation to send on"),
            _("Handed to you by %(provider)s.") % {"provider": one.provider.name},
            one.get_absolute_url(),
            _("Send it on") if may else _("Look at it"),
            due=_local(one.expires_at),
        )


def ending_assignments(actor: Actor, at: datetime) -> Iterator[Item]:
    """Yield privileges the reseller holds that end soon."""
    last = utc_day(at) + timedelta(days=ENDING_DAYS)
    rows = Assignment.objects.live(at).filter(reseller=actor.partner, ends_on__lte=last)
    for one in rows.select_related("customer", "provider").order_by("ends_on", "pk")[:MOST]:
        yield Item(
            Kind.ENDING,
            one.customer.name,
            _("%(privilege)s ends on %(day)s")
            % {"privilege": Privilege(one.privilege).label, "day": exact_day(one.ends_on)},
            _("Ask %(provider)s if you should go on.") % {"provider": one.provider.name},
            one.customer.get_absolute_url(),
            _("Open"),
            due=one.ends_on,
        )
