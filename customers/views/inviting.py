"""Making an invitation: the form, the preview as the customer will see it, and the sending."""

import uuid
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers import emails, invitations, places
from customers.forms import InviteForm, active_resellers
from customers.models import (
    Customer,
    Grant,
    Invitation,
    InvitationLink,
)
from customers.models.privilege import utc_day
from customers.permissions import (
    may_ask_for_privileges,
    may_invite,
    may_invite_through_resellers,
)
from customers.terms import Recipient, Terms, refuse_terms
from customers.views.invitations import asks_in_words
from partners import mail
from partners.actor import Actor
from partners.addresses import email_domain, is_public_domain
from partners.errors import Refused
from partners.models import Partner
from partners.paging import asked, asked_key
from partners.permissions import company_of, may_edit_profile, require
from partners.requests import Request

FOUND = 8  # customers offered by a search, or because they look alike


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request) -> HttpResponse:
    """Show the form of a new invitation; posted to, it shows again what was typed, to change it."""
    require(may_invite(request.actor))
    if request.method == "POST":
        return _invite_page(request, _form(request, request.POST))
    customer = None
    if (pk := asked_key(request, "customer")) is not None:
        customer = get_object_or_404(Customer.objects.visible_to(request.actor), pk=pk)
    return _invite_page(request, _form(request, None, customer))


def _form(request: Request, data: Any, customer: Customer | None = None) -> InviteForm:
    actor = request.actor
    initial: dict[str, Any] = {"language": request.LANGUAGE_CODE}
    if customer is not None:
        contact = customer.contacts.order_by("-status", "pk").first()  # a recorded one has proved nothing yet
        initial |= {
            "customer": customer,
            "company": customer.name,
            "email": contact.email if contact else "",
            "language": contact.language if contact else customer.language,
        }
        tie = (
            customer.reseller_id
            and active_resellers(company_of(actor)).filter(reseller=customer.reseller_id).first()
        )
        if tie and may_invite_through_resellers(actor):
            initial |= {"arrangement": InviteForm.DIRECT_NAMED, "partnership": tie}
    return InviteForm(
        data,
        initial=initial,
        actor=actor,
        asks=may_ask_for_privileges(actor),
        resellers=may_invite_through_resellers(actor),
    )


def _invite_page(request: Request, form: InviteForm, taken_by: InvitationLink | None = None) -> HttpResponse:
    actor, company = request.actor, company_of(request.actor)
    customer = _chosen(form)
    words = asked(request, "find")
    found = Customer.objects.visible_to(actor).search(company.pk, words).order_by("sort_name", "pk")
    resellers = may_invite_through_resellers(actor)
    joint = resellers and active_resellers(company).exclude(partner_center_link="").exists()
    return render(
        request,
        "customers/invite.html",
        {
            "form": form,
            "customer": customer,
            "words": words,
            "found": list(found[:FOUND]) if words else [],
            "resellers": resellers,
            "asks": may_ask_for_privileges(actor),
            "taken_by": taken_by,
            "has_link": bool(company.partner_center_link),
            "may_go_on": bool(company.partner_center_link) or joint,
            "may_edit_profile": may_edit_profile(actor, company),
        },
    )


def _chosen(form: InviteForm) -> Customer | None:
    """Return the customer on record the form is about, as far as what was posted names one."""
    if not form.is_bound:
        return form.initial.get("customer")
    form.is_valid()
    return form.cleaned_data.get("customer")


@require_POST
def preview(request: Request) -> HttpResponse:
    """Show the mail and the page as the customer will see them, before anything is written."""
    require(may_invite(request.actor))
    form = _form(request, request.POST)
    at = timezone.now()
    if not form.is_valid():
        return _invite_page(request, form)
    provider, terms, to = company_of(request.actor), form.terms, form.recipient
    try:
        refuse_terms(provider, terms, at=at)
        if to:
            places.refuse_address(provider, to.email, by=request.actor, at=at)
    except Refused as refusal:
        return _refused(request, form, refusal, at)
    shown = _as_it_will_be(provider, terms, to)
    subject, text, _html = mail.preview(
        "customers/invitation_sent",
        language=terms.language,
        context=emails.invitation_context(
            shown, sender="" if shown.invitation.partnership else request.actor.label
        ),
        slots={"address": f"{settings.SITE_URL}/i/…"},  # there is no link yet
    )
    return render(
        request,
        "customers/invite_preview.html",
        {
            "form": form,
            "to": to,
            "subject": subject,
            "text": text,
            "terms": landing(shown, at),
            "invitation": shown.invitation,
            "asks": asks_in_words(shown.invitation),
            "alike": [] if terms.customer or to is None else _alike(request.actor, to),
        },
    )


def _as_it_will_be(provider: Partner, terms: Terms, to: Recipient | None) -> InvitationLink:
    """Return the link these terms would make, not written anywhere."""
    invitation = Invitation(
        provider=provider,
        route=terms.route,
        partnership=terms.partnership,
        reseller=terms.reseller,
        customer=terms.customer,
        asks_provisioning=terms.asks_provisioning,
        asks_support=terms.asks_support,
        privilege_days=terms.privilege_days,
        language=terms.language,
        opening=terms.opening,
        expires_at=terms.expires_at,
    )
    company = to.company if to else terms.customer.name if terms.customer else _("the customer's company")
    return InvitationLink(
        invitation=invitation, provider=provider, company=company, email=to.email if to else ""
    )


def landing(link: InvitationLink, at: datetime) -> dict[str, Any]:
    """Return what the shared words of the landing page read."""
    invitation = link.invitation
    granted = (
        list(Grant.objects.live(at).filter(customer=invitation.customer_id)) if invitation.customer_id else []
    )
    have = {grant.privilege for grant in granted}
    return {
        "invitation": invitation,
        "provider": invitation.provider,
        "reseller": invitation.reseller,
        "handed": invitation.partnership.reseller if invitation.partnership else None,
        "asks": [privilege for privilege in invitation.asks if privilege not in have],
        "ends_on": utc_day(at) + timedelta(days=invitation.privilege_days),
        "language": invitation.language,
        "granted": granted,
    }


def _alike(actor: Actor, to: Recipient) -> list[Customer]:
    """Return customers on record that may be the one that was typed anew."""
    customers = Customer.objects.visible_to(actor)
    found = list(customers.filter(contacts__email=to.email).order_by("pk")[:FOUND])
    domain = email_domain(to.email)
    if not found and not is_public_domain(domain):
        found = list(customers.filter(domain=domain).order_by("pk")[:FOUND])
    return found


@require_POST
def issue(request: Request) -> HttpResponse:
    """Make the invitation and send it, or hand it to the reseller who sends it on."""
    return _issue(request, copied=False)


@require_POST
def issue_copied(request: Request) -> HttpResponse:
    """Make the invitation and its link, which the provider takes to the customer by hand."""
    return _issue(request, copied=True)


def _issue(request: Request, *, copied: bool) -> HttpResponse:
    require(may_invite(request.actor))
    form = _form(request, request.POST)
    if not form.is_valid():
        return _invite_page(request, form)
    at = timezone.now()
    try:
        invitation = invitations.issue(
            company_of(request.actor),
            form.terms,
            to=form.recipient,
            by=request.actor,
            at=at,
            copied=copied,
            form=form.cleaned_data["key"],
        )
    except Refused as refusal:
        return _refused(request, form, refusal, at)
    if invitation.partnership is not None:
        said = _("The invitation is in the hands of %(reseller)s.") % {
            "reseller": invitation.partnership.reseller.name
        }
    elif copied:
        said = _("The link is ready. Copy it below and take it to the customer.")
    else:
        said = _("The invitation is on its way to the customer.")
    messages.success(request, said)
    return redirect(invitation)


def _refused(request: Request, form: InviteForm, refusal: Refused, at: datetime) -> HttpResponse:
    """Show a refusal where it can be mended; a second click on the same form leads to what the first made."""
    made = _made_by(request.actor, form.cleaned_data["key"])
    if made is not None:
        messages.info(request, _("This invitation has already been made: here it is."))
        return redirect(made)
    taken_by = None
    if form.recipient:
        taken_by = places.waiting_for(company_of(request.actor), form.recipient.email, at=at)
    form.add_error("email" if taken_by else None, str(refusal))
    return _invite_page(request, form, taken_by)


def _made_by(actor: Actor, key: uuid.UUID) -> Invitation | None:
    return Invitation.objects.visible_to(actor).filter(provider=actor.partner, form=key).first()
