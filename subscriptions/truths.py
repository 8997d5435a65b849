"""What a closed step makes true of the subscription: who sells it, its ids, what takes its place, its end.

The customer and the subscription are locked; the story that calls writes the log.
"""

from collections.abc import Callable, Mapping

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _

from partners.actor import Actor
from partners.errors import Refused
from partners.lifecycle import broke
from subscriptions import records
from subscriptions.gates import Ground
from subscriptions.models import MoveStep, Product, Subscription
from subscriptions.proofs import Given
from subscriptions.vocabulary import AzureOffer, Channel, Status

Truth = Callable[[Given, Ground, Actor], list[models.Model]]


def write(step: MoveStep, given: Given, ground: Ground, *, by: Actor) -> list[models.Model]:
    """Write what a step that closes makes true; returns the rows it changed."""
    truth = _TRUTHS.get(step.code)
    return truth(given, ground, by) if truth else []


def _record_successor(given: Given, ground: Ground, by: Actor) -> list[models.Model]:
    """Note the new subscription, recording it where it is not on record yet, and what it replaces."""
    move, new = ground.move, given.successor
    if new is None:
        return []
    if not isinstance(new, Subscription):
        new = records.enter(move.subscription.customer, new, by=by, at=ground.at)
    new.replaces = move.subscription
    new.version += 1
    new.save(update_fields=["replaces", "version"])
    move.successor = new
    move.save(update_fields=["successor"])
    return [new]


def _name_contact(given: Given, ground: Ground, by: Actor) -> list[models.Model]:
    """Make the reseller that holds support the contact, where the provider has not named one."""
    row = ground.move.subscription
    if row.support_contact_id is not None or by.partner is None or not by.partner.is_reseller:
        return []
    row.support_contact = by.partner
    _save(row)
    return [row]


def _end_old(given: Given, ground: Ground, by: Actor) -> list[models.Model]:
    """End the old subscription: it has run out if its term was over by then, else it was cancelled."""
    row, day = ground.move.subscription, given.happened_on
    ran_out = row.term_end is not None and day is not None and day >= row.term_end
    return _end(row, Status.EXPIRED if ran_out else Status.CANCELLED)


def _end_as_chosen(given: Given, ground: Ground, by: Actor) -> list[models.Model]:
    chosen = ground.closed("choose")
    if chosen is not None and chosen.choice == MoveStep.Choice.CANCEL:
        return _end(ground.move.subscription, Status.CANCELLED)
    return _end_old(given, ground, by)


def _cancel_old(given: Given, ground: Ground, by: Actor) -> list[models.Model]:
    """Cancel the old subscription if the whole of it was; with a service left behind it stays as it is."""
    if given.choice != MoveStep.Choice.WHOLE:
        return []
    moved = ground.move.inventory.filter(moved_at__isnull=False, cancelled_at__isnull=True)
    moved.update(cancelled_at=ground.at, cancelled_by=by.stamp)
    return _end(ground.move.subscription, Status.CANCELLED)


def _end(row: Subscription, status: str) -> list[models.Model]:
    """End a subscription and its add-ons; what had ended already stays as it ended."""
    ended: list[models.Model] = []
    for one in _with_add_ons(row):
        # What never became active cannot run out.
        own = status if one.can_move(status) else Status.CANCELLED
        if one.can_move(own):
            _save(one, own)
            ended.append(one)
    return ended


def _take_over(given: Given, ground: Ground, by: Actor) -> list[models.Model]:
    """Make what another sold the provider's own, under its new id; the Azure id stays. Add-ons come along."""
    row, provider = ground.move.subscription, ground.move.provider
    rows = _with_add_ons(row)
    for one in rows:
        one.channel, one.seller, one.seller_name = Channel.CSP_OWN, provider, provider.name
    rows[0].external_id, rows[0].entitlement_id = given.reference.strip(), given.entitlement_id.strip()
    if not row.product.sold_in_csp:
        plans = Product.objects.filter(azure_offer=AzureOffer.PLAN, sold_in_csp=True)
        row.product = plans.order_by("pk").first() or row.product
    for one in rows:
        _save(one)
    return list(rows)


def _let_go(given: Given, ground: Ground, by: Actor) -> list[models.Model]:
    """Close what the customer took to another partner as transferred, its add-ons with it."""
    row = ground.move.subscription
    if not row.can_move(Status.TRANSFERRED):
        raise Refused(row.refusal(Status.TRANSFERRED))
    gone = [one for one in _with_add_ons(row) if one.can_move(Status.TRANSFERRED)]
    for one in gone:
        _save(one, Status.TRANSFERRED)
    return list(gone)


def _with_add_ons(row: Subscription) -> list[Subscription]:
    return [row, *row.add_ons.select_for_update(of=("self",)).select_related("customer").order_by("pk")]


def _save(row: Subscription, status: str = "") -> None:
    """Save a row its locked customer's move has changed, in another status if one is named."""
    if status:
        row.move(status)
    row.version += 1
    try:
        with transaction.atomic():
            row.save()
    except IntegrityError as problem:
        if broke(problem, Subscription, "sub_external_id_once"):
            raise Refused(
                _("A subscription with this ID is already on record."), field="reference"
            ) from problem
        raise


_TRUTHS: Mapping[str, Truth] = {
    "support_contact": _name_contact,
    "buy": _record_successor,
    "renewed": _record_successor,
    "new_subscription": _record_successor,
    "end_old": _end_old,
    "ended": _end_as_chosen,
    "cancel_old": _cancel_old,
    "confirmed": _take_over,
    "ownership_done": _take_over,
    "out_closed": _let_go,
}
# Those after which the rulebook rules on something else.
WRITING = frozenset(_TRUTHS) - {"support_contact", "buy", "renewed", "new_subscription"}


def has_written(steps: list[MoveStep]) -> bool:
    """Say whether the move itself has changed its subscription: the rulebook then rules on something else."""
    return any(step.code in WRITING and step.is_closed for step in steps)
