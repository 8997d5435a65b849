"""Customers and subscriptions as CSV: Partner Center's columns first, then ours."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django_countries import countries

from customers import standing
from customers.models import Customer
from customers.models.customer import CustomerQuerySet
from partners import spreadsheets
from partners.actor import Actor
from subscriptions import rulings, turns
from subscriptions.filters import CustomersAsked, SubscriptionsAsked, Turn
from subscriptions.models import BillingCycle, Subscription
from subscriptions.models.subscription import SubscriptionQuerySet
from subscriptions.steps import BY_CODE
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Path, Status, Term, words


def customers_header() -> list[str]:
    """Name the columns of the table of customers."""
    return [
        _("Microsoft ID"),
        _("Company name"),
        _("Primary domain name"),
        _("Relationship"),
        _("Country"),
        _("Provider"),
        _("Named reseller"),
        _("Privileges in force"),
        _("Subscriptions"),
    ]


def customers(asks: CustomersAsked, actor: Actor, at: datetime) -> Iterator[str]:
    """Return the customers somebody sees and asks for as CSV, by name."""
    visible: CustomerQuerySet = Customer.objects.visible_to(actor, at)
    rows = asks.among(visible, actor, at).order_by("sort_name", "pk")
    columns = ("pk", "tenant_id", "name", "domain", "country", "provider__name", "reseller__name")
    chunks = spreadsheets.streamed(rows.values(*columns))
    return spreadsheets.lines(customers_header, chunks, partial(customers_cells, actor=actor, at=at))


def customers_cells(rows: list[dict[str, Any]], *, actor: Actor, at: datetime) -> Iterator[list[object]]:
    """Yield customers ready for a table, with what belongs to them, in three queries."""
    keys = [row["pk"] for row in rows]
    states, privileges = standing.states(keys), standing.seen(keys, actor, at)
    held = Counter(Subscription.objects.filter(customer__in=keys).values_list("customer", flat=True))
    for row in rows:
        yield [
            row["tenant_id"],
            row["name"],
            row["domain"],
            states[row["pk"]].label,
            countries.name(row["country"]),
            row["provider__name"],
            _as_far_as_seen(row["reseller__name"], actor),
            ", ".join(str(one.label) for one in privileges[row["pk"]]),
            held[row["pk"]],
        ]


def subscriptions_header() -> list[str]:
    """Name the columns of the table of subscriptions."""
    return [
        _("Subscription ID"),
        _("Subscription"),
        _("Quantity"),
        _("Status"),
        _("Reseller"),
        _("Customer's Microsoft ID"),
        _("Company name"),
        _("Product"),
        _("Part number"),
        _("Where it was bought"),
        _("Sold by"),
        _("Billing"),
        _("Started on"),
        _("Term"),
        _("Term end"),
        _("Renews automatically"),
        _("Billing cycle"),
        _("Trial"),
        _("Azure subscription ID"),
        _("Verdict"),
        pgettext("column", "Decide by"),
        _("Move"),
        _("Next step"),
        _("Whose turn"),
    ]


def subscriptions(asks: SubscriptionsAsked, actor: Actor, at: datetime) -> Iterator[str]:
    """Return the subscriptions somebody sees and asks for as CSV, each with verdict, deadline and move."""
    visible: SubscriptionQuerySet = Subscription.objects.visible_to(actor, at)
    rows = turns.with_move(rulings.with_facts(asks.among(visible, actor, at)), actor, at)
    rows = rows.select_related("partner_on_record")
    chunks = spreadsheets.streamed(rows.order_by(*asks.keys))
    return spreadsheets.lines(subscriptions_header, chunks, partial(subscriptions_cells, actor=actor, at=at))


def subscriptions_cells(rows: list[Subscription], *, actor: Actor, at: datetime) -> Iterator[list[object]]:
    """Yield subscriptions read with their moves, ready for a table."""
    # Looked up once for each chunk: asked row by row, the words cost more than the rows.
    status, channel, billing = words(Status), words(Channel), words(Billing)
    term, renews, cycle, path = words(Term), words(AutoRenew), words(BillingCycle), words(Path)
    turn = words(Turn)
    yes, no, nothing = _("yes"), _("no"), _("Nothing to decide")
    for row, ruling in rulings.rule(rows, at):
        yield [
            row.external_id,
            row,
            row.quantity,
            status[row.status],
            _as_far_as_seen(row.partner_on_record.name if row.partner_on_record else "", actor),
            row.customer.tenant_id,
            row.customer.name,
            row.product.name,
            row.product.part_number,
            channel[row.channel],
            row.seller_name,
            billing[row.product.billing],
            row.started_on,
            term.get(row.term),
            row.term_end,
            renews[row.auto_renew],
            cycle[row.billing_cycle],
            yes if row.is_trial else no,
            row.entitlement_id,
            path[ruling.main.path] if ruling.main else nothing,
            ruling.deadline.on if ruling.deadline else None,
            path.get(row.move_path),  # type: ignore[attr-defined]  # annotated
            BY_CODE[row.next_code].title if row.next_code else "",  # type: ignore[attr-defined]  # annotated
            turn.get(row.turn),  # type: ignore[attr-defined]  # annotated
        ]


def _as_far_as_seen(reseller: str | None, actor: Actor) -> str:
    """Return the name of a reseller, which is nobody's business but its provider's and its own."""
    mine = actor.partner
    return "" if mine is not None and mine.is_reseller and reseller != mine.name else reseller or ""
