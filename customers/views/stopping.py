"""What ends or moves an invitation: withdrawn whole or link by link, another last day, a wish closed."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST

from customers import custody, expiries, invitations
from customers.custody_forms import ExpiryForm
from customers.models import Invitation, InvitationLink
from customers.permissions import may_forward, may_manage_invitation, may_withdraw_link
from customers.views.custody import LINKS_SHOWN, find
from customers.views.sending import find_link
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request

shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


@shows_and_takes
def withdraw(request: Request, pk: int) -> HttpResponse:
    """List what withdrawing an invitation stops; posted to, withdraw it."""
    invitation = find(request, pk)
    require(may_manage_invitation(request.actor, invitation))
    if request.method == "POST":
        try:
            invitations.withdraw(invitation, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The invitation is withdrawn."))
        return redirect(invitation)
    consequences = _links_that_stop(invitation)
    if invitation.partnership:
        consequences.append(
            _("%(reseller)s can no longer send it on.") % {"reseller": invitation.partnership.reseller.name}
        )
    consequences.append(_("It cannot be opened again. What customers have already accepted stays."))
    possible = invitation.can_move(Invitation.Status.WITHDRAWN)
    return render(
        request,
        "customers/invitation_withdraw.html",
        {
            "invitation": invitation,
            "consequences": consequences,
            "refused": "" if possible else invitation.refusal(Invitation.Status.WITHDRAWN),
        },
    )


def _links_that_stop(invitation: Invitation) -> list[str]:
    """Name the links that wait, and count those beyond what a page shows."""
    waiting = list(invitation.links.waiting().order_by("pk")[: LINKS_SHOWN + 1])
    sentences = [
        _("The link of %(company)s at %(address)s stops working at once.")
        % {"company": link.company, "address": link.email}
        for link in waiting[:LINKS_SHOWN]
    ]
    if len(waiting) > LINKS_SHOWN:
        sentences.append(_("So do all its other links that wait for an answer."))
    return sentences


@shows_and_takes
def withdraw_links(request: Request, pk: int) -> HttpResponse:
    """List the reseller's own links that wait; posted to, withdraw them all."""
    invitation = find(request, pk)
    require(may_forward(request.actor, invitation))
    if request.method == "POST":
        try:
            stopped = custody.withdraw_links(invitation, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            said = ngettext(
                "%(number)d link is withdrawn; its place is free again.",
                "%(number)d links are withdrawn; their places are free again.",
                len(stopped),
            )
            messages.success(request, said % {"number": len(stopped)})
        return redirect(invitation)
    stopping = _links_that_stop(invitation)
    kept = _("The invitation stays in your hands: you can send it to other addresses while it lasts.")
    return render(
        request,
        "customers/invitation_links_withdraw.html",
        {
            "invitation": invitation,
            "consequences": [*stopping, kept] if stopping else [],
            "refused": "" if stopping else _("No link of this invitation waits for an answer."),
        },
    )


@shows_and_takes
def withdraw_link(request: Request, pk: int) -> HttpResponse:
    """Say what withdrawing one link does; posted to, withdraw it."""
    link = find_link(request, pk)
    require(may_withdraw_link(request.actor, link))
    if request.method == "POST":
        try:
            custody.withdraw_link(link, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The link is withdrawn; its place is free again."))
        return redirect(link.invitation)
    return render(
        request,
        "customers/invitation_link_withdraw.html",
        {
            "link": link,
            "consequences": [
                _("The link at %(address)s stops working at once.") % {"address": link.email},
                _("Its place is free again: the invitation can be sent to this or another address."),
            ],
            "refused": ""
            if link.can_move(InvitationLink.Status.WITHDRAWN)
            else link.refusal(InvitationLink.Status.WITHDRAWN),
        },
    )


@shows_and_takes
def expiry(request: Request, pk: int) -> HttpResponse:
    """Show until when an invitation can be answered; posted to, move that day."""
    invitation = find(request, pk)
    require(may_manage_invitation(request.actor, invitation))
    at = timezone.now()
    form = ExpiryForm(request.POST if request.method == "POST" else None, invitation=invitation)
    if form.is_valid():
        try:
            expiries.move(
                invitation, form.moment, version=form.cleaned_data["version"], by=request.actor, at=at
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, _("The last day is moved; its links follow it."))
            return redirect(invitation)
    refused = ""
    try:
        expiries.refuse_moving(invitation, at=at)
    except Refused as refusal:
        refused = str(refusal)
    return render(
        request,
        "customers/invitation_expiry.html",
        {
            "invitation": invitation,
            "form": form,
            "refused": refused,
            "waiting": invitation.links.waiting().count(),
            "lapsed": invitation.links.filter(status=InvitationLink.Status.LAPSED).count(),
        },
    )


@require_POST
def close_asking(request: Request, pk: int) -> HttpResponse:
    """Close the wish for a new link without sending one."""
    link = find_link(request, pk)
    require(may_manage_invitation(request.actor, link.invitation))
    try:
        custody.close_asking(link, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Closed. Nothing was sent."))
    return redirect(link.invitation)
