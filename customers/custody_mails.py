"""The mails about invitations under way: reminders, and what a reseller asks of its provider."""

from datetime import datetime
from urllib.parse import quote

from django.conf import settings
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _

from customers import links
from customers.emails import invitation_context
from customers.models import InvitationLink, InvitationRequest
from partners import mail
from partners.emails import to_members
from partners.permissions import AGENTS, SALES


def invitation_reminder(link: InvitationLink, *, at: datetime) -> None:
    """Remind a customer, in the invitation's language, that it waits for an answer and until when."""
    mail.queue(
        "customers/invitation_reminder",
        to=link.email,
        language=link.invitation.language,
        context=invitation_context(link),
        slots={"address": ("invitation", str(link.pk), str(link.serial))},
        notice=True,  # once in a link's life: it cannot be made to come again
        at=at,
    )


def invitation_requested(request: InvitationRequest, *, at: datetime) -> None:
    """Tell whoever may grant it at the provider that a reseller asks for an invitation."""
    to_members(
        "customers/invitation_requested",
        request.provider,
        AGENTS if request.wants_privileges else SALES,
        context={"request": request, "provider": request.provider, "address": _page(request)},
        at=at,
    )


def request_answered(request: InvitationRequest, *, at: datetime) -> None:
    """Tell the reseller's people what became of their request."""
    to_members(
        "customers/request_answered",
        request.reseller,
        SALES,
        context={"request": request, "provider": request.provider, "address": _page(request)},
        at=at,
    )


def _page(request: InvitationRequest) -> str:
    return settings.SITE_URL + reverse("customers:request", args=[request.pk])


def by_hand(link: InvitationLink) -> str:
    """Return the address that opens the reader's own mail program, an invitation's link in a new mail."""
    invitation = link.invitation
    names = {"provider": invitation.provider.name, "company": link.company}
    with translation.override(invitation.language):
        subject = _("%(provider)s asks to look after your Microsoft services") % names
        body = _("%(provider)s sends this invitation to %(company)s. Read it, and accept or decline, here:")
    words = f"{body % names}\n\n{links.invitation_address(link)}\n"
    return f"mailto:{quote(link.email)}?subject={quote(subject)}&body={quote(words)}"
