"""The mails of the middle floor: who gets which, in whose language, with which secret filled at delivery."""

from collections.abc import Iterable
from datetime import datetime

from django.conf import settings
from django.urls import reverse

from customers.models import (
    Acceptance,
    Assignment,
    Contact,
    Grant,
    Invitation,
    InvitationLink,
    MailedCode,
    Relationship,
    RenewalProposal,
)
from partners import mail
from partners.actor import Actor
from partners.emails import to_members
from partners.models import Message, Partner, Partnership
from partners.permissions import ADMINS, AGENTS, SALES


def _page(name: str, *args: object, **query: str) -> str:
    return settings.SITE_URL + reverse(name, args=args, query=query)


def invitation_context(link: InvitationLink, *, sender: str = "") -> dict[str, object]:
    """Return what the invitation's mail says; the preview before sending uses the same."""
    invitation = link.invitation
    return {
        "link": link,
        "invitation": invitation,
        "provider": invitation.provider,
        "handed": invitation.partnership.reseller if invitation.partnership else None,
        "reseller": invitation.reseller,
        "sender": sender,
        "again": link.serial > 1,
        "expires_at": invitation.expires_at.astimezone(invitation.provider.zone),
    }


def invitation_sent(link: InvitationLink, *, by: Actor, at: datetime, copied: bool) -> Message:
    """Write the invitation to the customer, or note that its link was copied by hand."""
    return mail.queue(
        "customers/invitation_sent",
        to=link.email,
        language=link.invitation.language,
        # Who sends it again need not be who entered the address.
        context=invitation_context(link, sender=by.label if link.serial == 1 else ""),
        slots={"address": ("invitation", str(link.pk), str(link.serial))},
        reply_to=by.email,
        copied_by=by.stamp if copied else "",
        at=at,
    )


def invitation_handed_over(invitation: Invitation, *, at: datetime) -> None:
    """Tell the reseller's people that an invitation waits to be sent on."""
    assert invitation.partnership is not None  # noqa: S101 - only such invitations are handed over
    to_members(
        "customers/invitation_handed_over",
        invitation.partnership.reseller,
        SALES,
        context={
            "invitation": invitation,
            "provider": invitation.provider,
            "address": _page("customers:invitation", invitation.pk),
            "expires_at": invitation.expires_at.astimezone(invitation.partnership.reseller.zone),
        },
        at=at,
    )


def _custodians(link: InvitationLink) -> list[Partner]:
    return link.invitation.parties


def invitation_declined(link: InvitationLink, *, at: datetime) -> None:
    """Tell the provider, and the reseller that forwarded it, that the customer said no, and why."""
    for company in _custodians(link):
        to_members(
            "customers/invitation_declined",
            company,
            SALES,
            context={"link": link, "address": _page("customers:invitation", link.invitation_id)},
            at=at,
        )


def acceptance_code(acceptance: Acceptance, *, at: datetime) -> None:
    """Mail the six digits to the accepting address."""
    mail.queue(
        "customers/acceptance_code",
        to=acceptance.email,
        language=acceptance.language,
        context={
            "acceptance": acceptance,
            "provider": acceptance.link.provider,
            "expires_at": acceptance.code.expires_at.astimezone(acceptance.link.provider.zone),
        },
        slots={"code": ("code", str(acceptance.code.key))},
        at=at,
    )


def acceptance_receipt(
    acceptance: Acceptance, relationship: Relationship, contact: Contact, *, at: datetime
) -> None:
    """Mail the customer its receipt: what it granted, the agreement, where to see and withdraw."""
    mail.queue(
        "customers/acceptance_receipt",
        to=contact.email,
        language=contact.language,
        context={
            "acceptance": acceptance,
            "relationship": relationship,
            "contact": contact,
            "provider": relationship.provider,
            "reseller": acceptance.link.invitation.reseller,
            "grants": list(relationship.grants.live(at)),
            "partner_center_link": relationship.partner_center_link,
        },
        slots={"address": ("ask", str(contact.pk))},
        notice=True,
        at=at,
    )


def acceptance_to_confirm(acceptance: Acceptance, *, at: datetime) -> None:
    """Tell the provider to look at an answer, and the customer that it waits."""
    provider = acceptance.link.provider
    to_members(
        "customers/acceptance_to_confirm",
        provider,
        AGENTS,
        context={
            "acceptance": acceptance,
            "address": _page("customers:invitation", acceptance.link.invitation_id),
        },
        at=at,
    )
    mail.queue(
        "customers/acceptance_waits",
        to=acceptance.email,
        language=acceptance.language,
        context={"acceptance": acceptance, "provider": provider},
        notice=True,
        at=at,
    )


def invitation_accepted(acceptance: Acceptance, relationship: Relationship, *, at: datetime) -> None:
    """Tell the provider, and the reseller that forwarded it, that the customer accepted."""
    for company in _custodians(acceptance.link):
        own = company.pk == relationship.provider_id
        to_members(
            "customers/invitation_accepted",
            company,
            SALES,
            context={
                "acceptance": acceptance,
                "relationship": relationship,
                "is_provider": own,
                "address": _page("customer", relationship.customer_id)
                if own
                else _page("customers:invitation", acceptance.link.invitation_id),
            },
            at=at,
        )


def acceptance_refused(acceptance: Acceptance, *, at: datetime) -> None:
    """Tell whoever answered that the provider did not recognise the answer."""
    mail.queue(
        "customers/acceptance_refused",
        to=acceptance.email,
        language=acceptance.language,
        context={"acceptance": acceptance, "provider": acceptance.link.provider},
        notice=True,
        at=at,
    )


def assignment_offered(assignment: Assignment, *, at: datetime) -> None:
    """Tell the reseller's agents that a privilege waits for their yes or no."""
    to_members(
        "customers/assignment_offered",
        assignment.reseller,
        AGENTS,
        context={
            "assignment": assignment,
            "provider": assignment.provider,
            "expires_at": assignment.offer_ends_at.astimezone(assignment.reseller.zone),
            "address": _page("customers:privileges", show="offered"),
        },
        at=at,
    )


def assignment_accepted(assignment: Assignment, replaced: Iterable[Assignment], *, at: datetime) -> None:
    """Tell the provider, every confirmed contact of the customer, and whoever hands the ground over."""
    handed_over = list(replaced)
    context = {"assignment": assignment, "provider": assignment.provider, "replaced": handed_over}
    to_members(
        "customers/assignment_accepted",
        assignment.provider,
        AGENTS,
        context={**context, "address": _page("customer", assignment.customer_id)},
        at=at,
    )
    for held in handed_over:
        if held.reseller_id != assignment.reseller_id:
            to_members(
                "customers/assignment_handed_over",
                held.reseller,
                AGENTS,
                context={
                    "assignment": held,
                    "provider": held.provider,
                    "address": _page("customers:privileges"),
                },
                at=at,
            )
    to_customer("customers/reseller_named", assignment, context, at=at)


def to_customer(
    event: str,
    about: Assignment | Grant | RenewalProposal,
    context: dict[str, object],
    *,
    at: datetime,
    notice: bool = True,
) -> None:
    """Write to every confirmed contact of a customer, each with its own lasting address."""
    for contact in about.customer.contacts.confirmed():
        to_contact(event, contact, context, at=at, notice=notice)


def to_contact(
    event: str, contact: Contact, context: dict[str, object], *, at: datetime, notice: bool = True
) -> None:
    """Write to one confirmed contact, with its own lasting address."""
    mail.queue(
        event,
        to=contact.email,
        language=contact.language,
        context={**context, "contact": contact},
        slots={"address": ("ask", str(contact.pk))},
        notice=notice,
        at=at,
    )


def assignment_stopped(how: str, assignment: Assignment, *, at: datetime) -> None:
    """Tell the side that did not act that an offer or a privilege stopped: declined, revoked, ..."""
    told = {
        "declined": [assignment.provider],
        "revoked": [assignment.reseller],
        "given_up": [assignment.provider],
        "refused_by_customer": [assignment.provider, assignment.reseller],
    }[how]
    for company in told:
        to_members(
            "customers/assignment_stopped",
            company,
            AGENTS,
            context={"assignment": assignment, "how": how, "address": _page("customers:privileges")},
            at=at,
        )


def withdrawal_code(code: MailedCode, grant: Grant, contact: Contact, *, at: datetime) -> None:
    """Mail the six digits that complete the withdrawal of a privilege."""
    mail.queue(
        "customers/withdrawal_code",
        to=contact.email,
        language=contact.language,
        context={
            "grant": grant,
            "provider": grant.provider,
            "expires_at": code.expires_at.astimezone(grant.provider.zone),
        },
        slots={"code": ("code", str(code.key))},
        at=at,
    )


def grant_withdrawn(grant: Grant, stopping: Iterable[Assignment], *, at: datetime) -> None:
    """Tell the provider, every reseller whose privilege stops with it, and the customer's contacts."""
    to_members(
        "customers/grant_withdrawn",
        grant.provider,
        AGENTS,
        context={"grant": grant, "address": _page("customer", grant.customer_id)},
        at=at,
    )
    for assignment in stopping:
        to_members(
            "customers/assignment_stopped",
            assignment.reseller,
            AGENTS,
            context={
                "assignment": assignment,
                "how": "grant_withdrawn",
                "address": _page("customers:privileges"),
            },
            at=at,
        )
    to_customer("customers/withdrawal_receipt", grant, {"grant": grant, "provider": grant.provider}, at=at)


def page_link(contact: Contact, *, at: datetime) -> None:
    """Mail a confirmed contact the address of the customer's page, good for one hour."""
    mail.queue(
        "customers/page_link",
        to=contact.email,
        language=contact.language,
        context={"contact": contact, "provider": contact.customer.provider},
        slots={
            "address": ("page", str(contact.pk)),
            "until": ("page_until", str(contact.pk), contact.language),
        },
        at=at,
    )


def partnership_ended(
    partnership: Partnership, stopped: Iterable[Assignment], *, by: Actor, at: datetime
) -> None:
    """Tell the other side that a partnership has ended and what stopped with it."""
    stopped = list(stopped)
    for company in (partnership.provider, partnership.reseller):
        if by.is_of(company.pk):
            continue
        to_members(
            "customers/partnership_ended",
            company,
            ADMINS,
            context={
                "partnership": partnership,
                "stopped": stopped,
                "by": by.stamp,
                "address": _page("home"),
            },
            at=at,
        )


def customer_attested(relationship: Relationship, contact: Contact, *, by: Actor, at: datetime) -> None:
    """Tell a customer of the existing book what its provider attested, what it means, and how to object."""
    mail.queue(
        "customers/customer_attested",
        to=contact.email,
        language=contact.language,
        context={
            "relationship": relationship,
            "customer": relationship.customer,
            "contact": contact,
            "provider": relationship.provider,
        },
        reply_to=relationship.provider.support_email or by.email,
        at=at,
    )
