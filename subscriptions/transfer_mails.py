"""The mails of a transfer: to both companies, each about its own customer, and to the customer.

What the requesting partner is written does not depend on whether the company it named is here, as long as
nobody answers.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.conf import settings

from customers.emails import to_contact
from customers.models import Contact, Customer
from partners.emails import to_members
from partners.models import Partner
from partners.permissions import AGENTS
from subscriptions.models import Subscription, Transfer
from subscriptions.vocabulary import Billing, Direction


def received(transfer: Transfer, *, at: datetime) -> None:
    """Tell the current partner's agents who asks for what, and until when they can answer."""
    ids = list(transfer.items.order_by("pk").values_list("external_id", flat=True))
    _to_current("subscriptions/transfer_received", transfer, {"ids": ids}, at=at)


def accepted(
    transfer: Transfer, gone: Sequence[Subscription], come: Sequence[Subscription], *, at: datetime
) -> None:
    """Tell both companies what went and what came, and the customer who sells it what from now on."""
    _to_current("subscriptions/transfer_accepted", transfer, {"lines": lines(gone)}, at=at)
    _to_requester(
        "subscriptions/transfer_accepted",
        transfer,
        {"lines": lines(come), "azure": _has_azure(come), "other": transfer.current_partner},
        at=at,
    )
    assert transfer.current_partner is not None  # noqa: S101 - it has just answered
    _to_customers(
        [transfer.customer, transfer.current_customer],
        {"lines": lines(come), "azure": _has_azure(come)},
        new=transfer.provider.name,
        old=transfer.current_partner.name,
        at=at,
    )


def noted(transfer: Transfer, rows: Sequence[Subscription], *, at: datetime) -> None:
    """Tell the customer, of a transfer kept by hand, who sells it what from now on."""
    new, old = transfer.provider.name, transfer.other_name
    if transfer.direction == Direction.OUT:
        new, old = old, new
    _to_customers(
        [transfer.customer], {"lines": lines(rows), "azure": _has_azure(rows)}, new=new, old=old, at=at
    )


def stopped(transfer: Transfer, *, at: datetime) -> None:
    """Tell the side that did not act that a request was declined, cancelled or left without an answer."""
    if transfer.status == Transfer.Status.CANCELLED:
        _to_current("subscriptions/transfer_stopped", transfer, {}, at=at)
    elif not transfer.is_by_hand:
        _to_requester("subscriptions/transfer_stopped", transfer, {}, at=at)


def lapsing(transfer: Transfer, *, at: datetime) -> None:
    """Warn both sides of the day a request lapses."""
    _to_current("subscriptions/transfer_lapsing", transfer, {}, at=at)
    _to_requester("subscriptions/transfer_lapsing", transfer, {}, at=at)


def lines(rows: Sequence[Subscription]) -> list[dict[str, Any]]:
    """Return what the mails say of each subscription."""
    return [
        {
            "name": row.product.name,
            "quantity": row.quantity if row.product.billing == Billing.LICENSE else None,
            "term_end": row.term_end,
            "external_id": row.external_id,
            "is_add_on": row.parent_id is not None,
        }
        for row in rows
    ]


def _has_azure(rows: Sequence[Subscription]) -> bool:
    return any(row.product.billing == Billing.USAGE for row in rows)


def _context(transfer: Transfer, company: Partner, customer: Customer, side: str) -> dict[str, Any]:
    return {
        "transfer": transfer,
        "requester": transfer.provider,
        "customer": customer,
        "side": side,
        "lapses_at": transfer.lapses_at.astimezone(company.zone),
        "address": settings.SITE_URL + transfer.get_absolute_url(),
    }


def _to_requester(event: str, transfer: Transfer, context: dict[str, Any], *, at: datetime) -> None:
    company = transfer.provider
    told = {**_context(transfer, company, transfer.customer, "requester"), **context}
    to_members(event, company, AGENTS, context=told, at=at)


def _to_current(event: str, transfer: Transfer, context: dict[str, Any], *, at: datetime) -> None:
    """Write to whom it was sent, if the company is here and knows the customer."""
    company, customer = transfer.current_partner, transfer.current_customer
    if company is not None and customer is not None:
        told = {**_context(transfer, company, customer, "current"), **context}
        to_members(event, company, AGENTS, context=told, at=at)


def _to_customers(
    customers: Sequence[Customer | None], context: dict[str, Any], *, new: str, old: str, at: datetime
) -> None:
    """Write to the customer's confirmed contacts, each address once: both partners may know it."""
    known = [customer for customer in customers if customer is not None]
    written: set[str] = set()
    for customer in known:
        contacts = Contact.objects.confirmed().filter(customer=customer).select_related("customer__provider")
        for contact in contacts.order_by("pk"):
            if contact.email not in written:
                written.add(contact.email)
                told = {**context, "new": new, "old": old, "provider": customer.provider}
                to_contact("subscriptions/transfer_told", contact, told, at=at)
