"""Sending an invitation: to one address or to several, by the provider or the reseller, and once more."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from customers import custody
from customers.custody import SomeRefused
from customers.custody_forms import RecipientsForm
from customers.forms import RecipientForm
from customers.models import Invitation, InvitationLink
from customers.permissions import may_forward, may_manage_invitation, may_resend
from customers.views.custody import find, page
from partners.actor import Actor
from partners.addresses import normalise_email
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request

May = Callable[[Actor, Invitation], bool]


@require_POST
def send(request: Request, pk: int) -> HttpResponse:
    """Send the provider's own invitation to one more address."""
    return _send(request, pk, custody.send, may_manage_invitation, copied=False)


@require_POST
def send_copied(request: Request, pk: int) -> HttpResponse:
    """Make one more link of the provider's own invitation, to be taken to the customer by hand."""
    return _send(request, pk, custody.send, may_manage_invitation, copied=True)


@require_POST
def forward(request: Request, pk: int) -> HttpResponse:
    """Send on, as the reseller, what the provider handed over."""
    return _send(request, pk, custody.forward, may_forward, copied=False)


@require_POST
def forward_copied(request: Request, pk: int) -> HttpResponse:
    """Make the link, as the reseller, of what the provider handed over, to be taken on by hand."""
    return _send(request, pk, custody.forward, may_forward, copied=True)


def _send(
    request: Request, pk: int, story: Callable[..., InvitationLink], may: May, *, copied: bool
) -> HttpResponse:
    invitation = find(request, pk)
    require(may(request.actor, invitation))
    form = RecipientForm(request.POST)
    if not form.is_valid():
        return page(request, invitation, form)
    at = timezone.now()
    try:
        story(invitation, to=form.recipient, by=request.actor, at=at, copied=copied)
    except Refused as refusal:
        if _is_already_there(invitation, form.recipient.email):
            messages.info(request, _("A link to this address is already waiting: it is below."))
            return redirect(invitation)
        messages.error(request, str(refusal))
        return page(request, find(request, pk), form)
    _say_sent(request, copied=copied)
    return redirect(invitation)


def _say_sent(request: Request, *, copied: bool) -> None:
    if copied:
        messages.success(request, _("The link is ready. Copy it below and take it to the customer."))
    else:
        messages.success(request, _("The invitation is on its way to the customer."))


def _is_already_there(invitation: Invitation, email: str) -> bool:
    """Say whether this very invitation waits at this address: most likely the second of two clicks."""
    return invitation.links.waiting().filter(email=normalise_email(email)).exists()


@require_POST
def send_many(request: Request, pk: int) -> HttpResponse:
    """Send the provider's own invitation to several addresses at once."""
    return _send_many(request, pk, custody.send_many, may_manage_invitation)


@require_POST
def forward_many(request: Request, pk: int) -> HttpResponse:
    """Send on, as the reseller, to several addresses at once."""
    return _send_many(request, pk, custody.forward_many, may_forward)


def _send_many(request: Request, pk: int, story: Callable[..., list[Any]], may: May) -> HttpResponse:
    invitation = find(request, pk)
    require(may(request.actor, invitation))
    form = RecipientsForm(request.POST)
    if not form.is_valid():
        return page(request, invitation, many=form)
    try:
        links = story(invitation, to=form.recipients, by=request.actor, at=timezone.now())
    except SomeRefused as refusal:
        form.refuse(refusal)
        return page(request, find(request, pk), many=form)
    except Refused as refusal:
        form.add_error(None, str(refusal))
        return page(request, find(request, pk), many=form)
    messages.success(
        request,
        ngettext(
            "The invitation is on its way to %(number)d customer.",
            "The invitation is on its way to %(number)d customers.",
            len(links),
        )
        % {"number": len(links)},
    )
    return redirect(invitation)


@require_POST
def resend(request: Request, pk: int) -> HttpResponse:
    """Send a link again under a new address."""
    return _resend(request, pk, copied=False)


@require_POST
def resend_copied(request: Request, pk: int) -> HttpResponse:
    """Make a link anew, to be taken to the customer by hand."""
    return _resend(request, pk, copied=True)


def _resend(request: Request, pk: int, *, copied: bool) -> HttpResponse:
    link = find_link(request, pk)
    require(may_resend(request.actor, link))
    try:
        custody.resend(link, by=request.actor, at=timezone.now(), copied=copied)
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        _say_sent(request, copied=copied)
    return redirect(link.invitation)


def find_link(request: Request, pk: int) -> InvitationLink:
    """Return a link of an invitation the reader may see."""
    rows = InvitationLink.objects.visible_to(request.actor).select_related(
        "invitation__provider", "invitation__partnership__reseller", "provider"
    )
    return get_object_or_404(rows, pk=pk)
