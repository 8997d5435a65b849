"""Requests for invitations: a reseller asks, its provider makes one or says why not."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import requests
from customers.custody_forms import RefusalForm, RequestForm
from customers.models import Invitation, InvitationRequest
from customers.permissions import may_answer_request, may_request_invitation, may_withdraw_request
from partners.errors import Refused
from partners.paging import address_with, asked_choice, page_of
from partners.permissions import company_of, require
from partners.requests import Request

shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


@require_safe
def listing(request: Request) -> HttpResponse:
    """List what a reseller asked for, or what a provider was asked for, the newest first."""
    actor, company = request.actor, company_of(request.actor)
    rows = InvitationRequest.objects.visible_to(actor).select_related("provider", "reseller")
    state = asked_choice(request, "state", InvitationRequest.Status.values)
    if state:
        rows = rows.filter(status=state)
    page = page_of(rows, request, "-pk")
    return render(
        request,
        "customers/requests.html",
        {
            "rows": [{"request": one, "wants": wants_in_words(one)} for one in page.rows],
            "page": page,
            "states": [
                {"label": _("All"), "url": address_with(request, state=""), "active": not state},
                *(
                    {
                        "label": one.label,
                        "url": address_with(request, state=one.value),
                        "active": state == one,
                    }
                    for one in InvitationRequest.Status
                ),
            ],
            "filtered": bool(state),
            "is_provider": company.owns_relationships,
            "may_request": may_request_invitation(actor),
        },
    )


def wants_in_words(request: InvitationRequest) -> str:
    """Return the privileges that are wanted."""
    return ", ".join(str(privilege.label) for privilege in request.wants) or _("Relationship only")


@shows_and_takes
def make(request: Request) -> HttpResponse:
    """Show the form of a new request; posted to, ask the provider."""
    require(may_request_invitation(request.actor))
    form = RequestForm(request.POST if request.method == "POST" else None, actor=request.actor)
    if form.is_valid():
        partnership = form.cleaned_data["partnership"]
        try:
            made = requests.make(partnership, form.wish, by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            said = _("%(provider)s has your request.") % {"provider": partnership.provider.name}
            messages.success(request, said)
            return redirect(made)
    has_providers = form.fields["partnership"].queryset.exists()  # type: ignore[attr-defined]  # a choice among rows
    return render(request, "customers/request_form.html", {"form": form, "has_providers": has_providers})


def _find(request: Request, pk: int) -> InvitationRequest:
    company_of(request.actor)
    rows = InvitationRequest.objects.visible_to(request.actor).select_related(
        "provider", "reseller", "invitation", "partnership"
    )
    return get_object_or_404(rows, pk=pk)


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one request: what is wanted, why, and what became of it."""
    asked, actor = _find(request, pk), request.actor
    made = asked.invitation and Invitation.objects.visible_to(actor).filter(pk=asked.invitation.pk).first()
    waits = asked.status == InvitationRequest.Status.REQUESTED
    return render(
        request,
        "customers/request.html",
        {
            "asked": asked,
            "wants": wants_in_words(asked),
            "chain": _chain(asked),
            "made": made,
            "is_provider": actor.is_of(asked.provider_id),
            "waits": waits,
            "may_answer": waits and may_answer_request(actor, asked),
            "may_withdraw": waits and may_withdraw_request(actor, asked),
        },
    )


def _chain(asked: InvitationRequest) -> list[dict[str, Any]]:
    entries = [{"title": _("Requested"), "who": asked.requested_by, "at": asked.requested_at, "note": ""}]
    if asked.answered_at:
        entries.append(
            {
                "title": asked.get_status_display(),
                "who": asked.answered_by,
                "at": asked.answered_at,
                "note": asked.reason,
            }
        )
    return entries


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Take back what was asked."""
    asked = _find(request, pk)
    require(may_withdraw_request(request.actor, asked))
    try:
        requests.withdraw(asked, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The request is withdrawn."))
    return redirect(asked)


@require_POST
def grant(request: Request, pk: int) -> HttpResponse:
    """Make the draft that was asked for and lead to it."""
    asked = _find(request, pk)
    require(may_answer_request(request.actor, asked))
    try:
        invitation = requests.grant(asked, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(asked)
    messages.success(
        request,
        _("Here is the draft. Check it, then hand it to %(reseller)s.") % {"reseller": asked.reseller.name},
    )
    return redirect(invitation)


@shows_and_takes
def refuse(request: Request, pk: int) -> HttpResponse:
    """Ask why a request is refused; posted to, refuse it."""
    asked = _find(request, pk)
    require(may_answer_request(request.actor, asked))
    form = RefusalForm(request.POST if request.method == "POST" else None)
    if form.is_valid():
        try:
            requests.refuse(asked, reason=form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The request is refused; the reseller reads why."))
        return redirect(asked)
    possible = asked.can_move(InvitationRequest.Status.REFUSED)
    return render(
        request,
        "customers/request_refuse.html",
        {
            "asked": asked,
            "form": form,
            "consequences": [
                _("%(reseller)s is told, with your words.") % {"reseller": asked.reseller.name},
                _("It may ask again."),
            ],
            "refused": "" if possible else asked.refusal(InvitationRequest.Status.REFUSED),
        },
    )
