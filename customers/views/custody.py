"""One invitation: what it asks, in whose hands it is, what became of each link, and what can be done now."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_POST, require_safe
from django_countries.fields import Country

from customers import custody_mails, expiries, invitations, links
from customers.acceptances import Doubt
from customers.custody_forms import RecipientsForm
from customers.forms import RecipientForm
from customers.models import (
    Acceptance,
    Invitation,
    InvitationLink,
    InvitationState,
    LinkState,
)
from customers.permissions import (
    may_copy_link,
    may_decide_acceptance,
    may_forward,
    may_invite,
    may_manage_invitation,
    may_resend,
    may_withdraw_link,
)
from customers.views.invitations import asks_in_words, to_whom
from customers.views.previews import landing
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Message
from partners.paging import page_of
from partners.permissions import company_of, require
from partners.requests import Request
from partners.templatetags.ui import moment_words

LINKS_SHOWN = 50


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one invitation: what it asks, in whose hands it is, what became of each link."""
    return page(request, find(request, pk))


def find(request: Request, pk: int) -> Invitation:
    """Return an invitation the reader may see, with the companies its page names."""
    company_of(request.actor)
    rows = Invitation.objects.visible_to(request.actor).select_related(
        "provider", "partnership__provider", "partnership__reseller", "reseller", "customer"
    )
    return get_object_or_404(rows, pk=pk)


def page(
    request: Request,
    invitation: Invitation,
    form: RecipientForm | None = None,
    *,
    many: RecipientsForm | None = None,
) -> HttpResponse:
    """Show the page of an invitation, with the form that was refused if there is one."""
    actor, at = request.actor, timezone.now()
    state = invitation.state_at(at)
    links_page = page_of(invitation.links.select_related("message"), request, "-pk", size=LINKS_SHOWN)
    rows = links_page.rows
    answers = _answers(actor, rows)
    manages, forwards = may_manage_invitation(actor, invitation), may_forward(actor, invitation)
    can_send = state == InvitationState.OPEN and (manages if invitation.is_direct else forwards)
    if can_send and form is None:
        form = RecipientForm(initial={"company": invitation.customer.name if invitation.customer else ""})
    several = can_send and invitation.places_free > 1
    return render(
        request,
        "customers/invitation.html",
        {
            "invitation": invitation,
            "title": to_whom(invitation, rows[0] if rows else None),
            "state": state,
            "state_words": _state_words(invitation, state, actor),
            "asks": asks_in_words(invitation),
            "is_provider": actor.is_of(invitation.provider_id),
            "chain": _chain(invitation),
            "links": [_link_shown(link, answers.get(link.pk), invitation, actor, at) for link in rows],
            # A form that was refused stands at an address of its own, which no page can follow.
            "page": links_page if request.method in ("GET", "HEAD") else None,
            "to_confirm": [_to_confirm(answer) for answer in answers.values() if _is_pending(answer)],
            "may_decide": any(may_decide_acceptance(actor, answer) for answer in answers.values()),
            "form": form if can_send else None,
            "many": (many or RecipientsForm()) if several else None,
            "may_move": manages and _can_be_moved(invitation, at),
            "may_withdraw_links": forwards
            and any(one.status == InvitationLink.Status.WAITING for one in rows),
            "terms": landing(InvitationLink(invitation=invitation), at) if can_send else None,
            "needs_other_role": state == InvitationState.OPEN
            and not can_send
            and _is_my_turn(invitation, actor),
            "may_open": manages and invitation.is_draft,
            "may_withdraw": manages and invitation.can_move(Invitation.Status.WITHDRAWN),
            "may_invite": may_invite(actor),
        },
    )


def _can_be_moved(invitation: Invitation, at: datetime) -> bool:
    try:
        expiries.refuse_moving(invitation, at=at)
    except Refused:
        return False
    return True


def _is_my_turn(invitation: Invitation, actor: Actor) -> bool:
    """Say whether it is this company that sends the invitation on."""
    handed = invitation.partnership
    return actor.is_of(handed.reseller_id if handed else invitation.provider_id)


def _state_words(invitation: Invitation, state: InvitationState, actor: Actor) -> str:
    """Say what the state means for whoever reads, and what would change it."""
    mine = actor.is_of(invitation.provider_id)
    match state:
        case InvitationState.DRAFT:
            return _("A draft: once it is handed over or sent, what it asks stays as it is.")
        case InvitationState.OPEN if invitation.is_direct or not mine:
            return _("A place is free: it can be sent.")
        case InvitationState.OPEN:
            return _("It is the reseller's turn: the invitation waits to be sent on.")
        case InvitationState.WAITING if invitation.places == 1:
            return _("It waits for the customer's answer. For another address, withdraw its link first.")
        case InvitationState.WAITING:
            return _(
                "Every place is taken by a link that waits for its answer. Withdrawing one frees its place."
            )
        case InvitationState.EXPIRED if mine:
            return _("Its time is over and its links are dead. Move its last day, or make a new one.")
        case InvitationState.EXPIRED:
            return _("Its time is over and its links are dead. Ask the provider for a new one.")
        case InvitationState.ENDED:
            return _("It was handed over in a partnership that has ended: its links are dead.")
        case InvitationState.USED_UP:
            return _("Every place has been accepted.")
        case _:
            return _("It was withdrawn: its links are dead.")


def _opened(invitation: Invitation) -> str:
    """Say what opening a draft has done: a reseller has it, the customer gets it, or it can be sent."""
    if invitation.partnership:
        return _("Handed to %(reseller)s.") % {"reseller": invitation.partnership.reseller.name}
    if invitation.draft_email:
        return _("The invitation is on its way to the customer.")
    return _("The invitation is open.")


def _chain(invitation: Invitation) -> list[dict[str, Any]]:
    """Return who had the invitation in hand before any link, the first first."""
    entries = [{"title": _("Made"), "who": invitation.made_by, "at": invitation.made_at}]
    if invitation.opened_at and invitation.partnership:
        handed = _("Handed to %(reseller)s") % {"reseller": invitation.partnership.reseller.name}
        entries.append({"title": handed, "who": invitation.opened_by, "at": invitation.opened_at})
    elif invitation.opened_at and invitation.opened_at != invitation.made_at:
        entries.append({"title": _("Opened"), "who": invitation.opened_by, "at": invitation.opened_at})
    if invitation.withdrawn_at:
        entries.append(
            {
                "title": pgettext("invitation", "Withdrawn"),
                "who": invitation.withdrawn_by,
                "at": invitation.withdrawn_at,
            }
        )
    return entries


def _answers(actor: Actor, rows: Iterable[InvitationLink]) -> dict[int, Acceptance]:
    """Return the completed answer of each link, as far as the actor may read answers at all."""
    if not company_of(actor).owns_relationships:
        return {}
    answered = [link.pk for link in rows if link.status == InvitationLink.Status.ACCEPTED]
    if not answered:
        return {}
    found = (
        Acceptance.objects.visible_to(actor)
        .filter(link__in=answered)
        .exclude(status=Acceptance.Status.CODE_SENT)
        .select_related("customer", "link")
    )
    return {answer.link_id: answer for answer in found}


def _is_pending(answer: Acceptance) -> bool:
    return answer.status == Acceptance.Status.PENDING


def _to_confirm(answer: Acceptance) -> dict[str, Any]:
    """Return a waiting answer with its doubts in words."""
    ticked = ", ".join(str(privilege.label) for privilege in answer.ticked)
    families = ", ".join(str(family.label) for family in answer.families_of_another)
    return {
        "answer": answer,
        "doubts": [Doubt(reason).label for reason in answer.pending_reasons if reason in Doubt.values],
        "facts": [
            (_("Who answered"), answer.name),
            (_("E-mail, confirmed by a code"), answer.email),
            (_("Invited address"), answer.link.email),
            (_("Company name"), answer.company),
            (_("Microsoft ID (tenant)"), answer.tenant_id),
            (_("Country"), Country(str(answer.country)).name),
            (_("Ticked"), ticked or _("Nothing: the relationship only")),
            (_("Another CSP partner administers"), families),
            (_("Answered"), moment_words(answer.completed_at) if answer.completed_at else ""),
        ],
        "customer": answer.customer,
    }


def _link_shown(
    link: InvitationLink, answer: Acceptance | None, invitation: Invitation, actor: Actor, at: datetime
) -> dict[str, Any]:
    link.invitation = invitation
    waits = link.status == InvitationLink.Status.WAITING
    alive = link.state_at(at) == LinkState.LIVE
    may_copy = alive and may_copy_link(actor, link)
    status, label = link.status, link.get_status_display()
    if waits and not alive:
        status, label = (
            InvitationLink.Status.LAPSED,
            pgettext("a link that can no longer be answered", "Dead"),
        )
    if answer and answer.status in (Acceptance.Status.PENDING, Acceptance.Status.REFUSED):
        status, label = answer.status, answer.get_status_display()
    completed = answer is not None and answer.status == Acceptance.Status.COMPLETED
    return {
        "link": link,
        "field": f"link-{link.pk}",
        "status": status,
        "label": label,
        "chain": _link_chain(link, invitation, actor),
        "failed": _failure(link) if alive else "",
        "address": links.invitation_address(link) if may_copy else "",
        "by_hand": custody_mails.by_hand(link) if may_copy else "",
        "may_withdraw": waits and may_withdraw_link(actor, link),
        "may_resend": link.state_if_resent(at) == LinkState.LIVE and may_resend(actor, link),
        "asks_again": link.asked_again_at if link.asks_again else None,
        "may_answer_asking": link.asks_again and may_manage_invitation(actor, invitation),
        "customer": answer.customer if answer is not None and completed else None,
    }


def _failure(link: InvitationLink) -> str:
    message = link.message
    return message.reason if message is not None and message.status == Message.Status.FAILED else ""


def _link_chain(link: InvitationLink, invitation: Invitation, actor: Actor) -> list[dict[str, Any]]:
    """Return what happened to one link, the first first; whose answer it was is for the provider alone."""
    message = link.message
    copied = message is not None and message.status == Message.Status.NOT_MAILED
    first = {"who": link.made_by, "at": link.made_at, "note": ""}
    if copied:
        first["title"] = _("Link made, to be taken to the customer by hand")
    else:
        first["title"] = _("Sent") if invitation.is_direct else _("Sent on")
        first["note"] = _("to %(address)s") % {"address": link.email}
    entries = [first]
    if message is not None and message.status == Message.Status.QUEUED:
        entries.append({"title": _("The mail waits to be sent"), "who": "", "at": None})
    elif message is not None and message.status == Message.Status.FAILED:
        entries.append(
            {"title": _("The mail was not delivered"), "who": "", "at": None, "note": message.reason}
        )
    elif message is not None and message.sent_at:
        entries.append({"title": _("A mail server took the mail"), "who": "", "at": message.sent_at})
    if link.resent_at:
        entries.append({"title": _("Sent again"), "who": link.resent_by, "at": link.resent_at})
    if link.reminded_at:
        entries.append({"title": _("The customer was reminded"), "who": "", "at": link.reminded_at})
    if link.fetched_at:
        note = _("Maybe by a person, maybe by a mail scanner.")
        entries.append({"title": _("Page fetched"), "who": "", "at": link.fetched_at, "note": note})
    if link.answered_at:
        hidden = link.status == InvitationLink.Status.ACCEPTED and not actor.is_of(invitation.provider_id)
        entries.append(
            {
                "title": link.get_status_display(),
                "who": _("the customer") if hidden else link.answered_by,
                "at": link.answered_at,
                "note": link.decline_reason,
            }
        )
    if link.asked_again_at:
        asked = _("The holder of the link asked for a new one")
        entries.append({"title": asked, "who": "", "at": link.asked_again_at})
    if link.asked_closed_at:
        entries.append({"title": _("Answered"), "who": link.asked_closed_by, "at": link.asked_closed_at})
    return entries


@require_POST
def open_(request: Request, pk: int) -> HttpResponse:
    """Open a draft; through a reseller this hands it over."""
    invitation = find(request, pk)
    require(may_manage_invitation(request.actor, invitation))
    try:
        invitations.open_(invitation, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _opened(invitation))
    return redirect(invitation)
