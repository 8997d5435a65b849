"""The mails of a hand-over: to the provider, both resellers, and each customer once."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from customers.emails import to_contact
from customers.models import Assignment, Contact, Customer, HandOver
from partners.emails import to_members
from partners.models import Partnership
from partners.permissions import AGENTS


def _address(hand_over: HandOver) -> str:
    return settings.SITE_URL + hand_over.get_absolute_url()


def offered(hand_over: HandOver, customers: int, offers: Sequence[Assignment], *, at: datetime) -> None:
    """Tell the new reseller's agents that a hand-over waits for their yes or no."""
    to_members(
        "customers/handover_offered",
        hand_over.reseller,
        AGENTS,
        context={
            "hand_over": hand_over,
            "provider": hand_over.provider,
            "customers": customers,
            "privileges": len(offers),
            "to_agree": len({one.customer_id for one in offers if one.waits_for_customer}),
            "expires_at": hand_over.answer_by,
            "address": _address(hand_over),
        },
        at=at,
    )


def accepted(
    hand_over: HandOver, customers: Iterable[Customer], taken: Iterable[Assignment], *, at: datetime
) -> None:
    """Tell the provider, both resellers, and every confirmed contact of each customer, one mail each."""
    customers, of = list(customers), defaultdict(list)
    for one in taken:
        of[one.customer_id].append(one)
    context = {"hand_over": hand_over, "provider": hand_over.provider}
    counts = {"customers": len(customers), "privileges": sum(len(rows) for rows in of.values())}
    privileges = settings.SITE_URL + reverse("customers:privileges")
    tied = Partnership.objects.active().filter(provider=hand_over.provider, reseller=hand_over.before)
    for side, company, page in (
        ("provider", hand_over.provider, _address(hand_over)),
        ("reseller", hand_over.reseller, _address(hand_over)),
        ("before", hand_over.before if tied.exists() else None, privileges),
    ):
        if company is not None:
            to_members(
                "customers/handover_accepted",
                company,
                AGENTS,
                context={**context, **counts, "side": side, "address": page},
                at=at,
            )
    contacts = Contact.objects.confirmed().filter(customer__in=customers).select_related("customer")
    for contact in contacts.order_by("pk"):
        to_contact(
            "customers/reseller_changes", contact, {**context, "taken": of[contact.customer_id]}, at=at
        )


def stopped(hand_over: HandOver, *, at: datetime) -> None:
    """Tell the side that did not act that a hand-over was declined, withdrawn or left without an answer."""
    withdrawn = hand_over.status == HandOver.Status.WITHDRAWN
    to_members(
        "customers/handover_stopped",
        hand_over.reseller if withdrawn else hand_over.provider,
        AGENTS,
        context={
            "hand_over": hand_over,
            "provider": hand_over.provider,
            "address": _address(hand_over),
        },
        at=at,
    )
