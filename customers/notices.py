"""The mails of the calendar: what is about to end, what may go on, what was answered."""

from collections.abc import Iterable, Sequence
from datetime import date, datetime, timedelta

from django.conf import settings
from django.urls import reverse

from customers.emails import to_customer
from customers.models import Assignment, Contact, Customer, Grant, MailedCode, RenewalProposal
from customers.models.privilege import start_of
from partners import mail
from partners.emails import to_members
from partners.models import Partner
from partners.permissions import AGENTS


def _customer_page(customer_pk: int) -> str:
    return settings.SITE_URL + reverse("customer", args=[customer_pk])


def _privileges_page() -> str:
    return settings.SITE_URL + reverse("customers:privileges")


def _by_reseller(assignments: Iterable[Assignment]) -> dict[Partner, list[Assignment]]:
    found: dict[Partner, list[Assignment]] = {}
    for one in assignments:
        found.setdefault(one.reseller, []).append(one)
    return found


def privileges_ending(
    customer: Customer,
    ends_on: date,
    grants: Sequence[Grant],
    assignments: Sequence[Assignment],
    resellers_told: Sequence[Assignment],
    proposal: RenewalProposal | None,
    *,
    at: datetime,
) -> None:
    """Warn both sides of what ends on one day: the provider of all of it, each other side of its own.

    `resellers_told` are the assignments whose resellers have not heard of it yet.
    """
    context = {
        "customer": customer,
        "provider": customer.provider,
        "ends_on": ends_on,
        "over_at": start_of(ends_on + timedelta(days=1)),
        "proposal": proposal,
        "grants": grants,
    }
    to_members(
        "customers/privileges_ending",
        customer.provider,
        AGENTS,
        context={**context, "assignments": assignments, "address": _customer_page(customer.pk)},
        at=at,
    )
    for reseller, held in _by_reseller(resellers_told).items():
        to_members(
            "customers/assignments_ending",
            reseller,
            AGENTS,
            context={**context, "assignments": held, "address": _privileges_page()},
            at=at,
        )
    if grants:
        with_them = [one for one in assignments if one.grant_id in {grant.pk for grant in grants}]
        to_customer("customers/grants_ending", grants[0], {**context, "assignments": with_them}, at=at)


def renewal_proposed(proposal: RenewalProposal, grants: Sequence[Grant], *, at: datetime) -> None:
    """Write to every confirmed contact that the provider asks to go on, in the provider's own words."""
    context = {
        "proposal": proposal,
        "provider": proposal.provider,
        "customer": proposal.customer,
        "grants": grants,
    }
    to_customer("customers/renewal_proposed", proposal, context, at=at, notice=False)


def renewal_code(code: MailedCode, proposal: RenewalProposal, contact: Contact, *, at: datetime) -> None:
    """Mail the six digits that complete a renewal."""
    mail.queue(
        "customers/renewal_code",
        to=contact.email,
        language=contact.language,
        context={"provider": proposal.provider, "expires_at": code.expires_at},
        slots={"code": ("code", str(code.key))},
        at=at,
    )


def renewal_accepted(
    proposal: RenewalProposal,
    grants: Sequence[Grant],
    go_on: Sequence[Assignment],
    stay: Sequence[Assignment],
    *,
    at: datetime,
) -> None:
    """Mail the customer its receipt, and tell the provider and the resellers concerned what holds now."""
    renewed = {grant.privilege for grant in grants}
    context = {
        "proposal": proposal,
        "provider": proposal.provider,
        "customer": proposal.customer,
        "grants": grants,
        "go_on": go_on,
        "stay": stay,
        "left_out": [str(one.label) for one in proposal.renews if one not in renewed],
    }
    to_customer("customers/renewal_receipt", proposal, context, at=at)
    to_members(
        "customers/renewal_answered",
        proposal.provider,
        AGENTS,
        context={**context, "address": _customer_page(proposal.customer_id)},
        at=at,
    )
    for reseller, held in _by_reseller([*go_on, *stay]).items():
        to_members(
            "customers/assignments_renewed",
            reseller,
            AGENTS,
            context={
                **context,
                "go_on": [one for one in held if one in go_on],
                "stay": [one for one in held if one not in go_on],
                "address": _privileges_page(),
            },
            at=at,
        )


def renewal_declined(proposal: RenewalProposal, *, at: datetime) -> None:
    """Tell the provider that the customer said no, and why."""
    to_members(
        "customers/renewal_declined",
        proposal.provider,
        AGENTS,
        context={
            "proposal": proposal,
            "provider": proposal.provider,
            "customer": proposal.customer,
            "address": _customer_page(proposal.customer_id),
        },
        at=at,
    )
