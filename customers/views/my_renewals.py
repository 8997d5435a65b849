"""Renewals as the customer answers them, on one page of its own: tick, type the code; or say no."""

import uuid
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers import links, renewals
from customers.answers import CodeForm, DeclineForm
from customers.models import Contact, MailedCode, Purpose, RenewalProposal
from customers.models.code import CODE_TRIES
from customers.models.privilege import utc_day
from customers.renewing import RenewalForm
from customers.views.by_link import by_link, own_page, posted, shows_and_takes
from partners.errors import Refused


def _find(contact: Contact, pk: int) -> RenewalProposal:
    rows = RenewalProposal.objects.select_related("relationship", "provider", "customer")
    return get_object_or_404(rows, pk=pk, customer=contact.customer)


@login_not_required
@by_link(own_page)
@shows_and_takes
def answer(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Show what is proposed and take the ticks; the code that completes them is mailed then."""
    proposal, at = _find(contact, pk), timezone.now()
    closed = renewals.why_closed(proposal, at=at)
    items = [] if closed else renewals.renewable(proposal, at=at)
    form = RenewalForm(posted(request), proposal=proposal, items=items, today=utc_day(at))
    if not closed and form.is_valid():
        if not form.cleaned_data["privileges"]:
            messages.info(request, _("You ticked no privilege: that is a no. Confirm it here, or go back."))
            return redirect("customers:my-renewal-decline", token, pk)
        try:
            code = renewals.ask_to_answer(proposal, contact, at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect(
                reverse("customers:my-renewal-code", args=[token, pk, code.key], query=form.chosen())
            )
    context = {
        "contact": contact,
        "proposal": proposal,
        "provider": proposal.provider,
        "closed": closed,
        "items": items,
        "form": form,
        "token": token,
    }
    return render(request, "customers/public/renewal.html", context)


@login_not_required
@by_link(own_page)
@shows_and_takes
def decline(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Say no to a renewal, with a reason or without; what was granted ends on its day."""
    proposal, at = _find(contact, pk), timezone.now()
    if renewals.why_closed(proposal, at=at):
        return redirect("customers:my-renewal", token, pk)
    form = DeclineForm(posted(request))
    if form.is_valid():
        try:
            renewals.decline(proposal, contact, reason=form.cleaned_data["reason"], at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                _("You said no. %(provider)s has been told.") % {"provider": proposal.provider.name},
            )
            return redirect("my", token)
    context = {
        "form": form,
        "provider": proposal.provider,
        "items": renewals.renewable(proposal, at=at),
        "back": reverse("customers:my-renewal", args=[token, pk]),
    }
    return render(request, "customers/public/renewal_decline.html", context)


def _code(proposal: RenewalProposal, contact: Contact, key: uuid.UUID) -> MailedCode | None:
    return MailedCode.objects.filter(
        key=key, purpose=Purpose.RENEW, object_ref=proposal.pk, email=contact.email
    ).first()


@login_not_required
@by_link(own_page)
@shows_and_takes
def code(request: HttpRequest, contact: Contact, token: str, pk: int, key: uuid.UUID) -> HttpResponse:
    """Show once more what was ticked, which the address carries; take the mailed code and renew it."""
    proposal, at = _find(contact, pk), timezone.now()
    mailed = _code(proposal, contact, key)
    items = renewals.renewable(proposal, at=at)
    ticked = RenewalForm(request.GET, proposal=proposal, items=items, today=utc_day(at))
    closed = renewals.why_closed(proposal, at=at)
    if mailed is None or closed or not ticked.is_valid():
        return redirect("customers:my-renewal", token, pk)
    form, choice = CodeForm(posted(request)), ticked.choice()
    if form.is_valid():
        try:
            # Not inside the story: what it takes back when it refuses must not give the try back.
            links.spend_try(mailed, form.cleaned_data["code"], at=at)
            renewals.accept(proposal, contact, mailed, choice, at=at)
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, _("Renewed. A receipt is on its way to you."))
            return redirect("my", token)
    mailed.refresh_from_db()
    chosen = [item for item in items if item.grant.privilege in choice.privileges]
    context: dict[str, Any] = {
        "form": form,
        "contact": contact,
        "provider": proposal.provider,
        "ends_on": choice.ends_on,
        "chosen": [(item.grant, [one for one in item.along if one.pk in choice.go_on]) for item in chosen],
        "code": mailed,
        "is_dead": mailed.is_dead(at),
        "tries_left": CODE_TRIES - mailed.tries,
        "again": reverse("customers:my-renewal-new-code", args=[token, pk, key], query=ticked.chosen()),
        "back": reverse("customers:my-renewal", args=[token, pk]),
    }
    return render(request, "customers/public/renewal_code.html", context)


@login_not_required
@by_link(own_page)
@require_POST
def new_code(request: HttpRequest, contact: Contact, token: str, pk: int, key: uuid.UUID) -> HttpResponse:
    """Mail a new code in place of one that came to nothing; what was ticked stays in the address."""
    proposal, at = _find(contact, pk), timezone.now()
    mailed = _code(proposal, contact, key)
    if mailed is None:
        return redirect("customers:my-renewal", token, pk)
    try:
        fresh = renewals.ask_to_answer(proposal, contact, at=at)
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("customers:my-renewal", token, pk)
    links.kill_code(mailed, at=at)
    return redirect(reverse("customers:my-renewal-code", args=[token, pk, fresh.key], query=request.GET))
