"""The list of invitations, in whose hands each is and what became of it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers.models import (
    Invitation,
    InvitationLink,
    InvitationRequest,
    InvitationState,
)
from customers.permissions import (
    may_invite,
    may_request_invitation,
)
from partners.actor import Actor
from partners.models import Message, Partner
from partners.paging import address_with, asked_choice, asked_key, page_of
from partners.permissions import company_of
from partners.requests import Request
from partners.templatetags.ui import exact_day, moment_words, role


@dataclass(frozen=True, slots=True)
class Row:
    """One invitation as the list shows it."""

    url: str
    to: str
    email: str
    handed_to: str
    asks: str
    state: InvitationState
    role: str
    expires: str
    custody: str
    failed: str


@require_safe
def listing(request: Request) -> HttpResponse:
    """List a provider's invitations, or those handed to a reseller, the newest first."""
    actor, company, at = request.actor, company_of(request.actor), timezone.now()
    newest = InvitationLink.objects.select_related("message").order_by("-pk")[:1]
    rows = Invitation.objects.visible_to(actor)
    state = asked_choice(request, "state", InvitationState.values)
    if state:
        rows = rows.in_state(state, at)
    reseller = asked_key(request, "reseller")
    if reseller:
        rows = rows.filter(partnership__reseller=reseller)
    rows = rows.select_related("customer", "partnership__reseller", "provider")
    page = page_of(
        rows.prefetch_related(Prefetch("links", queryset=newest, to_attr="newest")), request, "-pk"
    )
    prefix = reverse("customers:invitations")
    return render(
        request,
        "customers/invitations.html",
        {
            "rows": [_row(invitation, actor, prefix, at) for invitation in page.rows],
            "page": page,
            "states": _state_choices(request, state, company),
            "filtered": bool(state or reseller),
            "may_invite": may_invite(actor),
            "may_request": may_request_invitation(actor),
            "requested": InvitationRequest.objects.visible_to(actor).waiting().count(),
            "is_provider": company.owns_relationships,
            "has_resellers": company.has_resellers,
        },
    )


def _state_choices(request: Request, state: str, company: Partner) -> list[dict[str, Any]]:
    shown: list[InvitationState] = list(InvitationState)
    if not company.has_resellers:
        # A reseller sees no draft, and nothing at all of a partnership that has ended.
        hidden = {InvitationState.ENDED} | ({InvitationState.DRAFT} if company.is_reseller else set())
        shown = [one for one in shown if one not in hidden]
    return [
        {"label": _("All"), "url": address_with(request, state=""), "active": not state},
        *(
            {"label": one.label, "url": address_with(request, state=one.value), "active": state == one}
            for one in shown
        ),
    ]


def _row(invitation: Invitation, actor: Actor, prefix: str, at: datetime) -> Row:
    (link,) = invitation.newest or [None]  # type: ignore[attr-defined]  # prefetched
    state = invitation.state_at(at)
    waits = link is not None and link.status == InvitationLink.Status.WAITING
    mailed = link.message if link is not None and waits else None
    return Row(
        url=f"{prefix}{invitation.pk}/",
        to=to_whom(invitation, link),
        email=link.email if link and invitation.places == 1 else invitation.draft_email,
        handed_to=_sender(invitation, actor),
        asks=asks_in_words(invitation),
        state=state,
        role=role(state.value),
        expires=exact_day(timezone.localtime(invitation.expires_at).date()),
        custody=_custody_in_short(invitation, link),
        failed=mailed.reason if mailed and mailed.status == Message.Status.FAILED else "",
    )


def _places_in_short(invitation: Invitation) -> str:
    return _("%(accepted)d accepted, %(free)d free") % {
        "accepted": invitation.places_accepted,
        "free": invitation.places_free,
    }


def to_whom(invitation: Invitation, link: InvitationLink | None) -> str:
    """Name whom an invitation goes to: its customers by number where they may be several."""
    if invitation.places > 1:
        return _("%(invitation)s, for %(places)d customers") % {
            "invitation": invitation,
            "places": invitation.places,
        }
    if link is not None:
        return link.company
    return str(invitation.customer or invitation.draft_company or invitation)


def _sender(invitation: Invitation, actor: Actor) -> str:
    """Name who sends the invitation on; to the reseller itself, who handed it over."""
    if invitation.partnership is None:
        return ""
    if actor.is_of(invitation.partnership.reseller_id):
        return invitation.provider.name
    return invitation.partnership.reseller.name


def asks_in_words(invitation: Invitation) -> str:
    return ", ".join(str(privilege.label) for privilege in invitation.asks) or _("Relationship only")


def _custody_in_short(invitation: Invitation, link: InvitationLink | None) -> str:
    if invitation.status == Invitation.Status.WITHDRAWN and invitation.withdrawn_at:
        return _("Withdrawn %(when)s") % {"when": _when(invitation.withdrawn_at)}
    if link is None:
        if invitation.opened_at is None:
            return _("Made %(when)s") % {"when": _when(invitation.made_at)}
        if invitation.is_direct:
            return _("Opened %(when)s, not sent yet") % {"when": _when(invitation.opened_at)}
        return _("Handed over %(when)s, not sent on yet") % {"when": _when(invitation.opened_at)}
    if link.answered_at:
        return f"{link.get_status_display()}, {_when(link.answered_at)}"
    if link.fetched_at:
        return _("Page fetched %(when)s") % {"when": _when(link.fetched_at)}
    if link.message and link.message.status == Message.Status.NOT_MAILED:
        return _("Link copied %(when)s") % {"when": _when(link.made_at)}
    if link.message and link.message.sent_at:
        return _("Sent %(when)s") % {"when": _when(link.message.sent_at)}
    return _("Waiting to be sent")


def _when(at: datetime) -> str:
    """Return a moment in short: the hour only today, the day before that."""
    local = timezone.localtime(at)
    return moment_words(at) if local.date() == timezone.localdate() else exact_day(local.date())
