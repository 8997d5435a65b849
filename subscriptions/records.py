"""The stories of what is written down about a subscription: recorded, and corrected.

What was bought elsewhere is a recorded fact. What the provider sells itself changes by the stories of its
life cycle; only what the provider calls it, and who looks after it, is written down here.
"""

from dataclasses import dataclass, fields
from datetime import date, datetime

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Assignment, Customer, Privilege, Relationship
from customers.records import differing, readers
from partners import activity
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.lifecycle import broke
from partners.models import Partner, Partnership
from partners.permissions import refuse_other
from subscriptions import rulings
from subscriptions.models import BillingCycle, Product, Subscription
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Path, Status

EARLIEST, LATEST = date(1990, 1, 1), date(2099, 12, 31)
IN_CSP = (Channel.CSP_OWN, Channel.CSP_OTHER)


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    RECORDED = "subscription.recorded", gettext_lazy("Subscription recorded")
    EDITED = "subscription.edited", gettext_lazy("Subscription edited")
    RESELLER_CHANGED = "subscription.reseller_changed", gettext_lazy("Reseller on record changed")


activity.explain("channel", gettext_lazy("Where it was bought"), Channel.choices)


@dataclass(frozen=True, slots=True, kw_only=True)
class Care:
    """Who looks after a subscription, and what the provider calls it."""

    friendly_name: str = ""
    partner_on_record: Partner | None = None
    support_contact: Partner | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Details(Care):
    """All that is written down about a subscription."""

    product: Product
    channel: str
    seller_name: str = ""
    quantity: int = 1
    status: str = Status.ACTIVE
    started_on: date | None = None
    term_end: date | None = None
    term: str = ""
    auto_renew: str = AutoRenew.UNKNOWN
    billing_cycle: str = BillingCycle.NONE
    external_id: str = ""
    entitlement_id: str = ""
    is_trial: bool = False
    is_legacy_commerce: bool = False
    parent: Subscription | None = None
    checked_on: date | None = None


@transaction.atomic
def record(customer: Customer, details: Details, *, by: Actor, at: datetime) -> Subscription:
    """Record what a customer runs; refuses facts that contradict each other, and a known subscription ID."""
    customer = _lock(customer.pk)
    refuse_other(by, customer.provider_id)
    subscription = enter(customer, details, by=by, at=at)
    activity.record(
        Verb.RECORDED,
        by=by,
        at=at,
        provider=customer.provider,
        about=subscription,
        customer=customer,
        seen_by=readers(customer, at),
        details={"changed": activity.changed(subscription), "channel": subscription.channel},
    )
    return subscription


def enter(customer: Customer, details: Details, *, by: Actor, at: datetime) -> Subscription:
    """Return a new row of a locked customer, for a story with its own log; refuses what `record` refuses."""
    _refuse(customer, details, at=at)
    subscription = Subscription(customer=customer, recorded_at=at, recorded_by=by.stamp)
    _write(subscription, details)
    return subscription


@transaction.atomic
def edit(subscription: Subscription, details: Care, *, version: int, by: Actor, at: datetime) -> Subscription:
    """Edit a subscription as it was when the form was read.

    Refuses what somebody else has changed since (`Stale`), facts that contradict each other, a status its
    life cycle does not lead to, and more than the care of one the provider sells itself.
    """
    customer = _lock(subscription.customer_id)
    refuse_other(by, customer.provider_id)
    subscription = Subscription.objects.lock(subscription.pk)
    differ = differing(subscription, details)
    if not differ:
        return subscription
    if subscription.version != version:
        raise Stale(_("Somebody else has changed this subscription since you opened the form."))
    if isinstance(details, Details):
        _refuse_other_life(subscription, details)
        _refuse(customer, details, at=at, row=subscription)
        if details.status != subscription.status:
            subscription.move(details.status)
    else:
        _refuse_care(customer, details, subscription.product, at=at, row=subscription)
    subscription.version += 1
    _write(subscription, details)
    activity.record(
        Verb.EDITED,
        by=by,
        at=at,
        provider=customer.provider,
        about=subscription,
        customer=customer,
        seen_by=readers(customer, at),
        details={
            "changed": activity.changed(subscription),
            "fields": {name: [str(old or ""), str(new or "")] for name, (old, new) in differ.items()},
        },
    )
    return subscription


@transaction.atomic
def change_reseller(
    subscription: Subscription, reseller: Partner | None, *, version: int, by: Actor, at: datetime
) -> Subscription:
    """Change the reseller on record of a subscription the provider sells; return it.

    Nothing else changes: no privilege goes along. Refuses what the ruling refuses, a reseller without an
    active partnership, the one on record already, and what somebody else has changed since (`Stale`).
    """
    customer = _lock(subscription.customer_id)
    refuse_other(by, customer.provider_id)
    subscription = Subscription.objects.lock(subscription.pk)
    if refusal := why_not_change_reseller(subscription, at):
        raise Refused(refusal)
    if subscription.version != version:
        raise Stale(_("Somebody else has changed this subscription since you opened the form."))
    before = subscription.partner_on_record
    if reseller == before:
        raise Refused(_("This is on record already."), field="partner_on_record")
    care = Care(
        friendly_name=subscription.friendly_name,
        partner_on_record=reseller,
        support_contact=subscription.support_contact,
    )
    _refuse_care(customer, care, subscription.product, at=at, row=subscription)
    subscription.version += 1
    _write(subscription, care)
    activity.record(
        Verb.RESELLER_CHANGED,
        by=by,
        at=at,
        provider=customer.provider,
        about=subscription,
        customer=customer,
        seen_by=readers(customer, at),
        details={
            "changed": activity.changed(subscription),
            "fields": {"partner_on_record": [str(before or ""), str(reseller or "")]},
        },
    )
    return subscription


def why_not_change_reseller(subscription: Subscription, at: datetime) -> str:
    """Say, in the ruling's words, why the reseller on record cannot be changed; empty if it can."""
    ((_row, ruling),) = rulings.rule([subscription], at)
    if ruling.plan_with_base:
        return _("An add-on goes the way of its subscription.")
    if any(one.path == Path.CHANGE_RESELLER for one in ruling.open):
        return ""
    closed = next((one for one in ruling.closed if one.path == Path.CHANGE_RESELLER), None)
    if closed is not None:
        return str(closed.reason)
    return _("Only what you sell in CSP, and what has not ended, has a reseller to change.")


def _lock(customer_pk: int) -> Customer:
    rows = Customer.objects.select_for_update(of=("self",)).select_related("provider", "reseller")
    return rows.get(pk=customer_pk)


def _refuse_other_life(subscription: Subscription, details: Details) -> None:
    """Refuse to make by form what only a sale makes, or to change what only its life cycle changes."""
    if subscription.is_ours:
        raise Refused(_("What you sell changes by orders and renewals, not by this form."))
    if details.channel == Channel.CSP_OWN:
        raise Refused(
            _("What was bought elsewhere does not become yours by a form: buy it in CSP."), field="channel"
        )
    if subscription.moves.open().exists():
        _refuse_moving(subscription, details)
    if details.status != subscription.status and not subscription.can_move(details.status):
        raise Refused(subscription.refusal(details.status), field="status")


def _refuse_moving(subscription: Subscription, details: Details) -> None:
    """Refuse to change by form what an open move stands on: where it was bought, and what it belongs to."""
    words = _("A move of this subscription is under way. Complete it or give it up first.")
    for name in ("channel", "product", "parent"):
        if getattr(details, name) != getattr(subscription, name):
            raise Refused(words, field=name)


def _refuse(customer: Customer, details: Details, *, at: datetime, row: Subscription | None = None) -> None:
    """Refuse facts that cannot be true together."""
    product = details.product
    if details.channel in IN_CSP and not product.sold_in_csp:
        raise Refused(_("This offer is never sold in CSP."), field="product")
    if details.channel == Channel.CSP_OWN and not _is_ours(customer):
        raise Refused(
            _("You sell only to customers with an active relationship. Invite this one first."),
            field="channel",
        )
    if details.channel == Channel.CSP_OWN and row is None and asked_to_end(customer):
        raise Refused(
            _("The customer has asked to end the relationship: nothing new is sold to it."), field="channel"
        )
    for name in ("started_on", "term_end", "checked_on"):
        day = getattr(details, name)
        if day is not None and not EARLIEST <= day <= LATEST:
            raise Refused(_("Check the year."), field=name)
    if details.term_end and details.started_on and details.term_end <= details.started_on:
        raise Refused(_("The term ends after it starts."), field="term_end")
    if product.billing == Billing.USAGE and (details.term or details.term_end):
        raise Refused(
            _("What is billed by use has no term: leave it empty."),
            field="term" if details.term else "term_end",
        )
    if details.entitlement_id and product.billing != Billing.USAGE:
        raise Refused(_("Only an Azure subscription has this ID."), field="entitlement_id")
    if details.is_legacy_commerce and (details.channel not in IN_CSP or product.billing != Billing.LICENSE):
        raise Refused(
            _("Only licences sold in CSP were ever sold before new commerce."), field="is_legacy_commerce"
        )
    _refuse_parent(customer, details.parent, row)
    _refuse_care(customer, details, product, at=at, row=row)


def _is_ours(customer: Customer) -> bool:
    return Relationship.objects.active().filter(customer=customer).exists()


def asked_to_end(customer: Customer) -> bool:
    """Say whether the customer has asked to end the relationship: nothing new is sold to it then."""
    asked = Relationship.objects.active().filter(customer=customer, ending_requested_at__isnull=False)
    return asked.exists()


def _refuse_parent(customer: Customer, parent: Subscription | None, row: Subscription | None) -> None:
    if parent is None:
        return
    if parent.customer_id != customer.pk or (row and parent.pk == row.pk):
        raise Refused(_("An add-on belongs to another subscription of the same customer."), field="parent")
    if parent.parent_id is not None:
        raise Refused(_("An add-on cannot have add-ons: choose the subscription below it."), field="parent")
    if row is not None and row.add_ons.exists():
        raise Refused(_("This subscription has add-ons itself."), field="parent")


def _refuse_care(
    customer: Customer, details: Care, product: Product, *, at: datetime, row: Subscription | None
) -> None:
    """Refuse a reseller without a partnership on record, and a support contact that could not support."""
    on_record, contact = details.partner_on_record, details.support_contact
    if on_record is not None and not (row and row.partner_on_record_id == on_record.pk):
        tied = Partnership.objects.active().filter(provider=customer.provider, reseller=on_record)
        if not tied.exists():
            raise Refused(
                _("Choose a reseller you have an active partnership with."), field="partner_on_record"
            )
    if contact is None or contact.pk == customer.provider_id:
        return
    if row and row.support_contact_id == contact.pk and row.product_id == product.pk:
        return
    if not may_support(customer, product, at).filter(pk=contact.pk).exists():
        raise Refused(
            _("The support contact is you, or a reseller that holds support for this service."),
            field="support_contact",
        )


def may_support(customer: Customer, product: Product | None, at: datetime) -> "models.QuerySet[Partner]":
    """Return the resellers that hold support of a customer now, for one product's family or for any."""
    live = Assignment.objects.live(at, product.family if product else None)
    return Partner.objects.filter(
        pk__in=live.filter(customer=customer, privilege=Privilege.SUPPORT).values("reseller")
    )


def _write(subscription: Subscription, details: Care) -> None:
    for field in fields(details):
        setattr(subscription, field.name, getattr(details, field.name))
    if isinstance(details, Details):
        subscription.seller, subscription.seller_name = _seller(subscription.customer, details)
    try:
        with transaction.atomic():
            subscription.save()
    except IntegrityError as problem:
        if broke(problem, Subscription, "sub_external_id_once"):
            raise Refused(
                _("A subscription with this ID is already on record."), field="external_id"
            ) from problem
        raise


def _seller(customer: Customer, details: Details) -> tuple[Partner | None, str]:
    """Return who sold it: a company on record only where it is the provider or the named reseller."""
    provider, reseller = customer.provider, customer.reseller
    match details.channel:
        case Channel.CSP_OWN:
            return provider, provider.name
        case Channel.ADVISOR_OWN:
            named = reseller and details.seller_name.casefold() == reseller.name.casefold()
            seller = reseller if reseller and named else provider
            return seller, seller.name
        case Channel.DIRECT:
            return None, details.seller_name or "Microsoft"
    return None, details.seller_name
