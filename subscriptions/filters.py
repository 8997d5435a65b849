"""What a list of customers or subscriptions is asked for: the same for its page, its file and its command."""

from dataclasses import dataclass, fields
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Self

from django.db import models
from django.db.models import OuterRef
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from customers import standing
from customers.models import Customer
from customers.models.customer import MINIMUM_SEARCH, CustomerQuerySet, normalise
from customers.standing import State
from partners.actor import Actor
from partners.models import Partner
from partners.paging import MOST_COUNTED, asked, asked_choice, asked_key
from subscriptions import turns
from subscriptions.models import Move, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.vocabulary import Billing, Channel, Path, Status, StepActor

FEW_COUNTED = 200  # where each row has to be looked at


class Due(models.TextChoices):
    """When a choice has to be made."""

    WEEK = "7", _("within 7 days")
    MONTH = "30", _("within 30 days")
    QUARTER = "90", _("within 90 days")
    ANY = "any", _("by deadline, the first first")
    UNKNOWN = "unknown", _("the end is unknown")

    def last(self, today: date) -> date | None:
        """Return the last day that counts, if there is one."""
        return today + timedelta(days=int(self)) if self.value.isdigit() else None


class Turn(models.TextChoices):
    """Who acts next in the move of a subscription."""

    PROVIDER = StepActor.PROVIDER.value, _("The provider")
    RESELLER = StepActor.RESELLER.value, _("The reseller")
    CUSTOMER = StepActor.CUSTOMER.value, _("The customer")
    CURRENT_PARTNER = StepActor.CURRENT_PARTNER.value, _("The current partner")
    NOBODY = "nobody", _("No move is planned")


def own_company(actor: Actor) -> Partner | None:
    """Return the company acted for if all its rows are its own: a provider's."""
    return actor.partner if actor.partner and actor.partner.owns_relationships else None


def _today(actor: Actor, at: datetime) -> date:
    return at.astimezone(actor.partner.zone).date() if actor.partner else at.date()


def _that_must_decide(
    rows: SubscriptionQuerySet, due: str, today: date, own: Partner | None
) -> SubscriptionQuerySet:
    if due == Due.UNKNOWN:
        return rows.unknown_end()
    return rows.to_decide(today, Due(due).last(today), own.edition if own else None)


def _where_it_is(turn: str, rows: SubscriptionQuerySet, actor: Actor, at: datetime) -> SubscriptionQuerySet:
    """Return the subscriptions whose move waits for somebody, or those that have none under way."""
    under_way = Move.objects.open()
    if turn == Turn.NOBODY:
        planned = standing.has(under_way.filter(subscription=OuterRef("pk")))
        return rows.alias(is_planned=planned).filter(is_planned=False)
    seen = under_way.visible_to(actor, at).with_next().order_by()
    waiting = seen.filter(turns.is_turn(turn, at, turns.as_seen_by(actor)))
    return rows.filter(pk__in=waiting.values("subscription"))


def _runs(wanted: SubscriptionQuerySet) -> Coalesce:
    """Write that a customer has such a subscription."""
    return standing.has(wanted.filter(customer=OuterRef("pk")))


@dataclass(frozen=True, slots=True)
class _Asked:
    """What both lists are asked for."""

    q: str = ""
    status: str = ""
    path: str = ""
    due: str = ""
    reseller: int | None = None
    choices: ClassVar[dict[str, type[models.TextChoices]]] = {}

    @classmethod
    def of(cls, request: HttpRequest) -> Self:
        """Read what an address asks for."""
        values: dict[str, Any] = {"q": asked(request, "q")}
        values |= {name: asked_choice(request, name, kind.values) for name, kind in cls.choices.items()}
        keys = {"reseller", "customer"} & {field.name for field in fields(cls)}
        values |= {name: asked_key(request, name) for name in keys}
        return cls(**values)

    @property
    def is_anything(self) -> bool:
        """Say whether anything is asked for."""
        return self != type(self)()

    @property
    def is_too_short(self) -> bool:
        """Say whether the words to search for are too few to be found."""
        return bool(self.q) and len(normalise(self.q)) < MINIMUM_SEARCH

    def given(self) -> dict[str, str]:
        """Return what is asked for as an address says it."""
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: str(value) for name, value in values.items() if value}

    def chosen(self) -> dict[str, str]:
        """Return each choice made, in words, by its name in the address."""
        made = {name: getattr(self, name) for name in self.choices}
        return {name: str(self.choices[name](value).label) for name, value in made.items() if value}


@dataclass(frozen=True, slots=True)
class CustomersAsked(_Asked):
    """Which customers somebody wants to see."""

    choices: ClassVar = {"status": State, "path": Path, "due": Due}

    @property
    def most_counted(self) -> int:
        """How many rows are worth counting."""
        return FEW_COUNTED if self.path or self.due or self.status else MOST_COUNTED

    def among(self, rows: CustomerQuerySet, actor: Actor, at: datetime) -> CustomerQuerySet:
        """Return the customers that fit."""
        own = own_company(actor)
        if self.q:
            rows = rows.search(own.pk if own else None, self.q)
        if self.status:
            rows = standing.in_state(rows, self.status)
        if self.reseller and own:
            rows = rows.filter(reseller=self.reseller)
        if self.path:
            ruled = Subscription.objects.on_path(self.path, own.edition if own else None, own)
            rows = rows.alias(on_path=_runs(ruled)).filter(on_path=True)
        if self.due:
            wanted = _that_must_decide(Subscription.objects.all(), self.due, _today(actor, at), own)
            rows = rows.alias(decides=_runs(wanted)).filter(decides=True)
        return rows


@dataclass(frozen=True, slots=True)
class SubscriptionsAsked(_Asked):
    """Which subscriptions somebody wants to see."""

    channel: str = ""
    billing: str = ""
    turn: str = ""
    customer: int | None = None
    choices: ClassVar = {
        "status": Status,
        "path": Path,
        "due": Due,
        "turn": Turn,
        "channel": Channel,
        "billing": Billing,
    }

    @property
    def most_counted(self) -> int:
        """How many rows are worth counting."""
        looked_at = self.path or self.billing or self.due or self.reseller or self.turn
        return FEW_COUNTED if looked_at else MOST_COUNTED

    @property
    def keys(self) -> tuple[str, ...]:
        """What the list is sorted by: the deadline where it is asked for, else the newest first."""
        return ("decision_day", "pk") if self.due and self.due != Due.UNKNOWN else ("-pk",)

    def among(self, rows: SubscriptionQuerySet, actor: Actor, at: datetime) -> SubscriptionQuerySet:
        """Return the subscriptions that fit."""
        own, today = own_company(actor), _today(actor, at)
        if self.q:
            rows = rows.filter(customer__in=Customer.objects.search(own.pk if own else None, self.q))
        if self.due:
            rows = _that_must_decide(rows, self.due, today, own)
        if self.channel:
            rows = rows.filter(channel=self.channel)
        if self.status:
            rows = rows.filter(status=self.status)
        if self.billing:
            rows = rows.filter(product__billing=self.billing)
        if self.customer:
            rows = rows.filter(customer=self.customer)
        if self.reseller and own:
            rows = rows.filter(customer__reseller=self.reseller)
        if self.turn:
            rows = _where_it_is(self.turn, rows, actor, at)
        if self.path:
            rows = rows.on_path(self.path, own.edition if own else None, own)
        return rows
