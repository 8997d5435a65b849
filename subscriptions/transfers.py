"""The stories of a transfer between two providers here: asked for, declined, cancelled, left to lapse.

Nothing the requesting partner gets to see depends on whether the company it named is here, or on what that
company holds. What is accepted crosses over in `transfer_acceptance`; with a partner outside, the same record
is kept in `transfers_by_hand`.
"""

import uuid
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial

from django.db import IntegrityError, models, transaction
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from partners import activity
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke, move_all
from partners.models import Kind, Partner
from partners.permissions import refuse_other
from subscriptions import rulings, transfer_line, transfer_mails
from subscriptions.models import Subscription, Transfer, TransferItem
from subscriptions.models.transfer import MOST_ITEMS, TRANSFER_DAYS
from subscriptions.transfer_eligibility import (
    has_azure_plan,
    no_azure_plan,
    why_not_ask,
    why_not_move,
)
from subscriptions.transfer_log import tell_both, tell_keeper
from subscriptions.vocabulary import Billing, Direction

WARN_DAYS = 3  # before it lapses
MOST_A_DAY = 40  # requests for one customer, cancelled ones too: each may be a mail to somebody else's people
LONGEST_ID = 80


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    REQUESTED = "transfer.requested", gettext_lazy("Transfer requested")
    DECLINED = "transfer.declined", gettext_lazy("Transfer declined")
    CANCELLED = "transfer.cancelled", gettext_lazy("Transfer cancelled")
    WARNED = "transfer.warned", gettext_lazy("Warned that a transfer lapses")
    LAPSED = "transfer.lapsed", gettext_lazy("Transfer lapsed")


@transaction.atomic
def request(
    customer: Customer, named: str, external_ids: Sequence[str], *, by: Actor, at: datetime
) -> Transfer:
    """Ask the partner that bears an id for subscriptions of a customer; returns the pending request.

    Refuses what cannot be asked for now (`why_not_ask`), an id no company has, one's own, none or more than
    25 subscriptions, one on record that cannot be transferred, and one already asked for.
    """
    named, ids = read_named(named), read_ids(external_ids)
    theirs = _their_customer(customer, named)
    hold(customer.pk, theirs.pk if theirs else None)
    customer = Customer.objects.select_related("provider").get(pk=customer.pk)
    refuse_other(by, customer.provider_id)
    if reason := why_not_ask(customer, at):
        raise Refused(reason)
    if named in (customer.provider.partner_id, str(customer.provider.tenant_id)):
        raise Refused(_("This is your own ID: name the current partner."), field="named")
    assert customer.tenant_id is not None  # noqa: S101 - that was among the reasons
    _refuse_too_many(customer, at)
    on_record = _refuse_recorded(customer, ids, at=at)
    lapsed = _clear_the_dead(customer.provider, ids, at=at)
    transfer = Transfer.objects.create(
        provider=customer.provider,
        customer=customer,
        tenant_id=customer.tenant_id,
        named=named,
        current_partner=theirs.provider if theirs else None,
        current_customer=theirs,
        requested_at=at,
        requested_by=by.stamp,
    )
    items = add_items(transfer, [(one, on_record.get(one)) for one in ids])
    if theirs is not None:
        transfer_line.join(transfer, items, at=at)
        transfer_mails.received(transfer, at=at)
    tell_keeper(Verb.REQUESTED, transfer, items, lapsed, by=by, at=at)
    return transfer


def read_named(words: str) -> str:
    """Return a partner id or a tenant id in its one spelling; refuses what is neither."""
    words = words.strip()
    if words.isascii() and words.isdigit() and 4 <= len(words) <= 12:
        return words
    try:
        return str(uuid.UUID(words))
    except ValueError as problem:
        raise Refused(
            _("Give the partner's ID (4 to 12 digits), or the Microsoft ID of its tenant."), field="named"
        ) from problem


def read_ids(words: Iterable[str]) -> list[str]:
    """Return the ids of 1 to 25 subscriptions as they are written; refuses others, and the same one twice."""
    ids = [one.strip() for one in words if one.strip()]
    if not ids:
        raise Refused(_("Name at least one subscription."), field="external_ids")
    if len(ids) > MOST_ITEMS:
        raise Refused(
            _("A request names at most %(most)d subscriptions.") % {"most": MOST_ITEMS}, field="external_ids"
        )
    for one in ids:
        if len(one) > LONGEST_ID or not one.isprintable():
            raise Refused(
                _("“%(id)s” is no subscription ID.") % {"id": one[:LONGEST_ID]}, field="external_ids"
            )
    if len(set(ids)) < len(ids):
        raise Refused(_("The same subscription stands there twice."), field="external_ids")
    return ids


def _their_customer(customer: Customer, named: str) -> Customer | None:
    """Return the customer as the company that bears this id knows it; None if it does not, or is not here.

    A company that does not know the customer learns nothing either: to it the request does not exist.
    """
    bears = Q(partner_id=named) if named.isdigit() else Q(tenant_id=named)
    here = Partner.objects.active().filter(bears, kind__in=[Kind.INDIRECT_PROVIDER, Kind.DIRECT_BILL])
    rows = Customer.objects.filter(provider__in=here, tenant_id=customer.tenant_id)
    return rows.select_related("provider").first()


def hold(*customers: int | None) -> None:
    """Lock these customers in the order of their keys: filing, accepting and ending meet here.

    Not their keys: whoever holds a subscription and writes a move points at the customer.
    """
    keys = [pk for pk in customers if pk is not None]
    list(Customer.objects.select_for_update(no_key=True).filter(pk__in=keys).order_by("pk").values_list("pk"))


def _refuse_too_many(customer: Customer, at: datetime) -> None:
    """Refuse one more request for a customer on a day of many; it counts one's own, whoever was named."""
    today = Transfer.objects.filter(customer=customer, is_by_hand=False)
    if today.filter(requested_at__gt=at - timedelta(days=1)).count() >= MOST_A_DAY:
        raise Refused(_("You have asked for this customer's subscriptions very often today. Try tomorrow."))


def _refuse_recorded(customer: Customer, ids: Collection[str], *, at: datetime) -> dict[str, Subscription]:
    """Return what is on record of these ids, locked; refuses what our own records say cannot come."""
    rows = Subscription.objects.known_as(customer.provider_id, ids).order_by("pk")
    on_record = {row.external_id: row for row in rulings.with_facts(rows).select_for_update(of=("self",))}
    for row in on_record.values():
        if row.customer_id != customer.pk:
            reason = _("This ID is on record for another customer.")
        else:
            reason = why_not_move(row, Direction.IN, at)
        if reason:
            raise Refused(f"{row.external_id}: {reason}", field="external_ids")
    asked = TransferItem.objects.filter(
        provider=customer.provider_id, external_id__in=ids, status=TransferItem.Status.REQUESTED
    )
    living = asked.filter(transfer__in=Transfer.objects.pending(at)).first()
    if living is not None:
        raise Refused(f"{living.external_id}: " + _("You have asked for it already."), field="external_ids")
    uses = any(row.product.billing == Billing.USAGE for row in on_record.values())
    if uses and not has_azure_plan(customer):
        raise Refused(no_azure_plan())
    return on_record


def _clear_the_dead(provider: Partner, ids: Collection[str], *, at: datetime) -> list[Transfer]:
    """Move one's own requests that nobody answered in time to lapsed, so that they never block a new one."""
    blocking = TransferItem.objects.filter(
        provider=provider, external_id__in=ids, status=TransferItem.Status.REQUESTED
    )
    dead = Transfer.objects.past(at).filter(pk__in=blocking.values("transfer"))
    rows = list(dead.select_for_update(of=("self",)).order_by("pk"))
    for one in rows:
        close(one, Transfer.Status.LAPSED, by=Actor.system(), at=at)
    return rows


def add_items(transfer: Transfer, ids: Sequence[tuple[str, Subscription | None]]) -> list[TransferItem]:
    """Write down what is asked for, with what is on record of it; refuses what is asked for already."""
    items = [
        TransferItem(transfer=transfer, provider=transfer.provider, external_id=one, subscription=row)
        for one, row in ids
    ]
    try:
        with transaction.atomic():
            return TransferItem.objects.bulk_create(items)
    except IntegrityError as problem:
        if broke(problem, TransferItem, "transfer_item_asked_once"):
            raise Refused(_("You have asked for it already."), field="external_ids") from problem
        raise


# --- it ends without a transfer ----------------------------------------------------------------


@transaction.atomic
def decline(transfer: Transfer, reason: str = "", *, by: Actor, at: datetime) -> Transfer:
    """Decline a received request whole, with a reason if there is one; refuses one that is over."""
    transfer = _lock(transfer.pk)
    refuse_other(by, transfer.current_partner_id)
    assert transfer.current_partner is not None  # noqa: S101 - only a received one has an answerer
    if not transfer.current_partner.is_active:
        raise Refused(_("A suspended company changes nothing."))
    refuse_over(transfer, at=at)
    items = close(transfer, Transfer.Status.DECLINED, reason=reason.strip()[:300], by=by, at=at)
    transfer_mails.stopped(transfer, at=at)
    tell_both(Verb.DECLINED, transfer, items, by=by, at=at)
    return transfer


@transaction.atomic
def cancel(transfer: Transfer, *, by: Actor, at: datetime) -> Transfer:
    """Cancel one's own request, or what is kept by hand, while it is pending."""
    transfer = _lock(transfer.pk)
    refuse_other(by, transfer.provider_id)
    if not transfer.provider.is_active:
        raise Refused(_("A suspended company changes nothing."))
    refuse_over(transfer, at=at)
    items = close(transfer, Transfer.Status.CANCELLED, by=by, at=at)
    transfer_mails.stopped(transfer, at=at)
    tell_keeper(Verb.CANCELLED, transfer, items, by=by, at=at)
    return transfer


def cancel_all(transfers: Iterable[Transfer], *, by: Actor, at: datetime) -> None:
    """Cancel what was asked for of a customer whose relationship ends, inside the story that ends it.

    It writes the log. The transfers were read under its lock of the customer, with both sides of each.
    """
    for transfer in transfers:
        close(transfer, Transfer.Status.CANCELLED, by=by, at=at)
        transfer_mails.stopped(transfer, at=at)


def _lock(pk: int) -> Transfer:
    """Lock a transfer below the customer it is for."""
    hold(Transfer.objects.values_list("customer", flat=True).get(pk=pk))
    return Transfer.objects.lock(pk)


def refuse_over(transfer: Transfer, *, at: datetime) -> None:
    """Refuse a transfer that has been answered, cancelled, or left without an answer too long."""
    if transfer.status != Transfer.Status.PENDING:
        raise Refused(transfer.refusal(Transfer.Status.ACCEPTED))
    if not transfer.waits_at(at):
        raise Refused(_("It has lapsed: nobody answered within %(days)d days.") % {"days": TRANSFER_DAYS})


def close(
    transfer: Transfer, status: str, *, reason: str = "", by: Actor, at: datetime
) -> list[TransferItem]:
    """Let a pending transfer end; what was not chosen stays where it is. Returns its items."""
    transfer.move(status, answered_at=at, answered_by=by.stamp, reason=reason)
    items = list(transfer.items.order_by("pk"))
    left = [item for item in items if item.status == TransferItem.Status.REQUESTED]
    move_all(left, TransferItem.Status.NOT_CHOSEN)
    transfer_line.leave(transfer, left, at=at)
    return items


# --- time passes -------------------------------------------------------------------------------


def remind(at: datetime) -> int:
    """Warn both sides, once, of requests that lapse in three days; return how many."""
    due = Transfer.objects.pending(at).filter(
        is_by_hand=False,
        warned_at__isnull=True,
        requested_at__lte=at - timedelta(days=TRANSFER_DAYS - WARN_DAYS),
    )
    return each(due.order_by("pk").values_list("pk", flat=True)[:AT_ONCE], partial(_warn, at=at))


@transaction.atomic
def _warn(pk: int, *, at: datetime) -> bool:
    transfer = _lock(pk)
    if not transfer.waits_at(at) or transfer.warned_at is not None:
        return False
    transfer.warned_at = at
    transfer.save(update_fields=["warned_at"])
    transfer_mails.lapsing(transfer, at=at)
    tell_keeper(Verb.WARNED, transfer, (), by=Actor.system(), at=at)
    return True


def tidy(at: datetime) -> int:
    """Move requests nobody answered in time to lapsed; return how many. What is kept by hand stays."""
    due = Transfer.objects.past(at).order_by("requested_at", "pk")
    return each(due.values_list("pk", flat=True)[:AT_ONCE], partial(_lapse, at=at))


@transaction.atomic
def _lapse(pk: int, *, at: datetime) -> bool:
    transfer, system = _lock(pk), Actor.system()
    if transfer.status != Transfer.Status.PENDING or transfer.waits_at(at):
        return False
    items = close(transfer, Transfer.Status.LAPSED, by=system, at=at)
    transfer_mails.stopped(transfer, at=at)
    tell_keeper(Verb.LAPSED, transfer, items, by=system, at=at)
    return True
