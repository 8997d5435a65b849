"""Whether a transfer may be asked for, and whether what was asked for can go; pages and stories ask alike.

What the rulebook says of a transfer it says here too, under today's rules: the edition that knows transfers.
"""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import datetime

from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from customers import standing
from customers.models import Customer, Relationship
from partners.models import RulebookEdition
from subscriptions import rulebook, rulings
from subscriptions.models import Move, Subscription, Transfer, TransferItem
from subscriptions.rulebook import RUNNING
from subscriptions.vocabulary import AzureOffer, Billing, Channel, Direction, Need, Path, Status

EDITION = RulebookEdition.V2026


@dataclass(frozen=True, slots=True)
class Asked:
    """One subscription asked for, as its current partner sees it; `reason` says why it cannot go."""

    item: TransferItem
    row: Subscription | None
    reason: str
    add_ons: tuple[Subscription, ...] = ()


# --- may it be asked for -----------------------------------------------------------------------


def why_not_ask(customer: Customer, at: datetime) -> str:
    """Say why this customer's provider cannot ask another partner here for anything, empty if it can."""
    if customer.provider.edition != EDITION:
        return _(
            "You work under the rules of December 2016, which know no transfer between two partners here: "
            "keep it by hand."
        )
    return why_not_take(customer, at)


def why_not_take(customer: Customer, at: datetime) -> str:
    """Say why nothing can be transferred to this customer's provider now, empty if it can."""
    provider = customer.provider
    if not provider.is_active:
        return _("A suspended company changes nothing.")
    if customer.tenant_id is None:
        return _("The customer's Microsoft ID is unknown: write it down first.")
    if customer.region and customer.region != provider.region:
        return _("This customer is in another CSP region: nothing of its can be transferred to you.")
    stands = standing.standings([customer.pk], at)[customer.pk]
    if not stands.has_relationship:
        return _missing(Need.RELATIONSHIP)
    asked_to_end = Relationship.objects.active().filter(customer=customer, ending_requested_at__isnull=False)
    if asked_to_end.exists():
        return _("The customer has asked to end the relationship: nothing new is sold to it.")
    return "" if stands.has_agreement else _missing(Need.AGREEMENT)


def _missing(need: Need) -> str:
    return _("Still missing: %(need)s %(lift)s") % {"need": need.label, "lift": need.lift}


def has_azure_plan(customer: Customer) -> bool:
    """Say whether the provider sells this customer an Azure plan that runs."""
    ours = Subscription.objects.filter(customer=customer, channel=Channel.CSP_OWN, status__in=RUNNING)
    return ours.filter(product__azure_offer=AzureOffer.PLAN).exists()


def no_azure_plan() -> str:
    """Say that the one who asks needs an Azure plan first."""
    return _("Azure comes under an Azure plan, and you have none with this customer: order it first.")


# --- can it go ---------------------------------------------------------------------------------


def why_not_move(row: Subscription, direction: Direction, at: datetime) -> str:
    """Say why one subscription on record cannot be transferred that way, empty if it can.

    Reads what `rulings.with_facts` reads. Refuses add-ons, which travel with their base, and open moves.
    """
    return _why_not(row, direction, at) or ("" if not _moving([row.pk]) else _under_way())


def _why_not(row: Subscription, direction: Direction, at: datetime) -> str:
    if row.is_ours != (direction == Direction.OUT):
        return _("You sell this one yourself.") if row.is_ours else _("It is not you who sells this one.")
    if row.parent_id is not None:
        return _("An add-on travels with its base: choose that one.")
    ruling = rulebook.rule(replace(row.facts(standing.NOWHERE, at), edition=EDITION))
    for closed in ruling.closed:
        if closed.path == Path.TRANSFER:
            return str(closed.reason)
    if row.is_trial:
        return _("A trial is not transferred.")
    if not any(one.path == Path.TRANSFER and one.direction == direction for one in ruling.open):
        return _("What is billed like this is not transferred.")
    return ""


def _moving(rows: Collection[int]) -> set[int]:
    """Return which of these subscriptions somebody is moving already."""
    return set(
        Move.objects.open().filter(subscription__in=rows).order_by().values_list("subscription", flat=True)
    )


def _under_way() -> str:
    return _("A move of it is under way: complete or abandon that first.")


# --- what the current partner can let go -------------------------------------------------------


def look(transfer: Transfer, at: datetime) -> list[Asked]:
    """Return each subscription asked for, with the current partner's own row and why it cannot go.

    In a constant number of queries. Reads provider, current partner and both customers.
    """
    items = list(transfer.items.order_by("pk"))
    rows = _theirs(transfer, items)
    add_ons: dict[int | None, list[Subscription]] = {}
    running = Subscription.objects.filter(parent__in=[row.pk for row in rows.values()], status__in=RUNNING)
    for one in running.select_related("product", "parent").order_by("pk"):
        add_ons.setdefault(one.parent_id, []).append(one)
    why_none = why_no_answer(transfer, at)
    first, moving = waiting_before(transfer, at), _moving([row.pk for row in rows.values()])
    travelling = [one for rows_of in add_ons.values() for one in rows_of]
    unfit = _unfit(transfer, [*rows.values(), *travelling])
    if not has_azure_plan(transfer.customer):
        unfit |= {row.pk for row in rows.values() if row.product.billing == Billing.USAGE}
    found = []
    for item in items:
        row = rows.get(item.external_id)
        with_it = tuple(add_ons.get(row.pk, ())) if row else ()
        if row is None or not row.is_ours:
            row, with_it, reason = None, (), _("You sell this customer no subscription with this ID.")
        elif why_none:
            reason = why_none
        elif reason := _why_not(row, Direction.OUT, at):
            pass
        elif any(one.status != Status.ACTIVE for one in with_it):
            reason = _("An add-on of it is not active, and add-ons travel along: settle that first.")
        elif item.external_id in first:
            reason = _("Another request for it came first.")
        elif row.pk in moving:
            reason = _under_way()
        elif unfit & {row.pk, *(one.pk for one in with_it)}:
            reason = not_now()
        found.append(Asked(item, row, reason, with_it))
    return found


def why_no_answer(transfer: Transfer, at: datetime) -> str:
    """Say why a request can only be declined, whatever it asks for; empty if not."""
    current = transfer.current_partner
    assert current is not None  # noqa: S101 - it is asked of received requests
    if current.edition != EDITION:
        return _(
            "You work under the rules of December 2016, which know no transfer: you can only decline, "
            "or keep it by hand."
        )
    if transfer.provider.region != current.region:
        return _("You and the requesting partner are in different CSP regions.")
    if transfer.current_customer is None or transfer.current_customer.tenant_id != transfer.tenant_id:
        return _("The request is for another Microsoft ID than the customer's by now.")
    return not_now() if why_not_ask(transfer.customer, at) else ""


def not_now() -> str:
    """Say that the one who asks cannot take it over, and not why."""
    # Nothing else: what the other one lacks is between it and its customer.
    return _("The requesting partner cannot take it over now.")


def _theirs(transfer: Transfer, items: Collection[TransferItem]) -> dict[str, Subscription]:
    """Return the current partner's own subscriptions of the customer by the ids asked for."""
    rows = Subscription.objects.filter(
        customer=transfer.current_customer_id, external_id__in=[item.external_id for item in items]
    )
    # Of what went and came back under the same id, the later row is the one that runs.
    return {row.external_id: row for row in rulings.with_facts(rows).order_by("pk")}


def waiting_before(transfer: Transfer, at: datetime) -> set[str]:
    """Return the ids that an earlier request of the same current partner and customer still waits for."""
    earlier = Transfer.objects.pending(at).filter(
        current_customer=transfer.current_customer_id, pk__lt=transfer.pk
    )
    items = TransferItem.objects.filter(transfer__in=earlier, status=TransferItem.Status.REQUESTED)
    return set(items.order_by().values_list("external_id", flat=True))


def _unfit(transfer: Transfer, sources: Collection[Subscription]) -> set[int]:
    """Return which of these bases and add-ons the requesting partner's own records contradict by now."""
    ids = [row.external_id for row in sources if row.external_id]
    known = Subscription.objects.known_as(transfer.provider_id, ids)
    known = known.annotate(has_add_ons=Exists(Subscription.objects.filter(parent=OuterRef("pk"))))
    rows = {row.external_id: row for row in known.select_related("parent")}
    moving = _moving([row.pk for row in rows.values()])
    return {
        source.pk
        for source in sources
        if (row := rows.get(source.external_id)) and (row.pk in moving or not _fits(row, source, transfer))
    }


def _fits(row: Subscription, source: Subscription, transfer: Transfer) -> bool:
    """Say whether the requesting partner's record can become what it sells, in the same place."""
    if source.parent is None:
        in_place = row.parent_id is None
    elif row.parent is None:
        in_place = not row.has_add_ons  # type: ignore[attr-defined]  # annotated
    else:
        in_place = row.parent.external_id == source.parent.external_id
    return (
        in_place
        and row.customer_id == transfer.customer_id
        and row.channel == Channel.CSP_OTHER
        and row.status in RUNNING
    )
