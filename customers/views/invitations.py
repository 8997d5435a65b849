"""Invitations: the list, making one with its preview, the chain of custody, sending on, withdrawing."""

import uuid
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Prefetch
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe
from django_countries.fields import Country

from customers import emails, invitations, links
from customers.acceptances import Doubt
from customers.forms import InviteForm, RecipientForm, active_resellers
from customers.models import (
    Acceptance,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    InvitationState,
)
from customers.models.privilege import utc_day
from customers.permissions import (
    may_ask_for_privileges,
    may_copy_link,
    may_decide_acceptance,
    may_forward,
    may_invite,
    may_invite_through_resellers,
    may_manage_invitation,
    may_withdraw_link,
)
from partners import mail
from partners.actor import Actor
from partners.addresses import email_domain, is_public_domain, normalise_email
from partners.errors import Refused
from partners.models import Message, Partner
from partners.paging import address_with, asked, asked_choice, asked_key, page_of
from partners.permissions import company_of, may_edit_profile, require
from partners.requests import Request
from partners.templatetags.ui import exact_day, moment_words, role

FOUND = 8  # customers offered by a search, or because they look alike
LINKS_SHOWN = 50

# --- the list ----------------------------------------------------------------------------------


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
        to=_to_whom(invitation, link),
        email=link.email if link else "",
        handed_to=_sender(invitation, actor),
        asks=_asks(invitation),
        state=state,
        role=role(state.value),
        expires=exact_day(timezone.localtime(invitation.expires_at).date()),
        custody=_custody_in_short(invitation, link),
        failed=mailed.reason if mailed and mailed.status == Message.Status.FAILED else "",
    )


def _to_whom(invitation: Invitation, link: InvitationLink | None) -> str:
    if link is not None:
        return link.company
    return str(invitation.customer or invitation)


def _sender(invitation: Invitation, actor: Actor) -> str:
    """Name who sends the invitation on; to the reseller itself, who handed it over."""
    if invitation.partnership is None:
        return ""
    if actor.is_of(invitation.partnership.reseller_id):
        return invitation.provider.name
    return invitation.partnership.reseller.name


def _asks(invitation: Invitation) -> str:
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


# --- making one --------------------------------------------------------------------------------


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
        invitations.refuse_terms(provider, terms, at=at)
        if to:
            invitations.refuse_address(provider, to.email, by=request.actor, at=at)
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
            "terms": _landing(shown, at),
            "invitation": shown.invitation,
            "asks": _asks(shown.invitation),
            "alike": [] if terms.customer or to is None else _alike(request.actor, to),
        },
    )


def _as_it_will_be(
    provider: Partner, terms: invitations.Terms, to: invitations.Recipient | None
) -> InvitationLink:
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


def _landing(link: InvitationLink, at: datetime) -> dict[str, Any]:
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


def _alike(actor: Actor, to: invitations.Recipient) -> list[Customer]:
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
        taken_by = invitations.waiting_for(company_of(request.actor), form.recipient.email, at=at)
    form.add_error("email" if taken_by else None, str(refusal))
    return _invite_page(request, form, taken_by)


def _made_by(actor: Actor, key: uuid.UUID) -> Invitation | None:
    return Invitation.objects.visible_to(actor).filter(provider=actor.partner, form=key).first()


# --- one invitation ----------------------------------------------------------------------------


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one invitation: what it asks, in whose hands it is, what became of each link."""
    return _page(request, _find(request, pk))


def _find(request: Request, pk: int) -> Invitation:
    company_of(request.actor)
    rows = Invitation.objects.visible_to(request.actor).select_related(
        "provider", "partnership__provider", "partnership__reseller", "reseller", "customer"
    )
    return get_object_or_404(rows, pk=pk)


def _page(request: Request, invitation: Invitation, form: RecipientForm | None = None) -> HttpResponse:
    actor, at = request.actor, timezone.now()
    state = invitation.state_at(at)
    rows = list(invitation.links.select_related("message").order_by("-pk")[:LINKS_SHOWN])
    answers = _answers(actor, rows)
    manages, forwards = may_manage_invitation(actor, invitation), may_forward(actor, invitation)
    can_send = state == InvitationState.OPEN and (manages if invitation.is_direct else forwards)
    if can_send and form is None:
        form = RecipientForm(initial={"company": invitation.customer.name if invitation.customer else ""})
    return render(
        request,
        "customers/invitation.html",
        {
            "invitation": invitation,
            "title": _to_whom(invitation, rows[0] if rows else None),
            "state": state,
            "state_words": _state_words(invitation, state, actor),
            "asks": _asks(invitation),
            "is_provider": actor.is_of(invitation.provider_id),
            "chain": _chain(invitation),
            "links": [_link_shown(link, answers.get(link.pk), invitation, actor, at) for link in rows],
            "to_confirm": [_to_confirm(answer) for answer in answers.values() if _is_pending(answer)],
            "may_decide": any(may_decide_acceptance(actor, answer) for answer in answers.values()),
            "form": form if can_send else None,
            "terms": _landing(InvitationLink(invitation=invitation), at) if can_send else None,
            "needs_other_role": state == InvitationState.OPEN
            and not can_send
            and _is_my_turn(invitation, actor),
            "may_open": manages and invitation.is_draft,
            "may_withdraw": manages and invitation.can_move(Invitation.Status.WITHDRAWN),
            "may_invite": may_invite(actor),
        },
    )


def _is_my_turn(invitation: Invitation, actor: Actor) -> bool:
    """Say whether it is this company that sends the invitation on."""
    handed = invitation.partnership
    return actor.is_of(handed.reseller_id if handed else invitation.provider_id)


def _state_words(invitation: Invitation, state: InvitationState, actor: Actor) -> str:
    """Say what the state means for whoever reads, and what would change it."""
    mine = actor.is_of(invitation.provider_id)
    match state:
        case InvitationState.DRAFT:
            return _("A draft: it is frozen and can be sent once you open it.")
        case InvitationState.OPEN if invitation.is_direct or not mine:
            return _("A place is free: it can be sent.")
        case InvitationState.OPEN:
            return _("It is the reseller's turn: the invitation waits to be sent on.")
        case InvitationState.WAITING:
            return _(
                "Every place is taken by a link that waits for its answer. Withdrawing one frees its place."
            )
        case InvitationState.EXPIRED if mine:
            return _("Its time is over and its links are dead. Make a new one to ask again.")
        case InvitationState.EXPIRED:
            return _("Its time is over and its links are dead. Ask the provider for a new one.")
        case InvitationState.ENDED:
            return _("It was handed over in a partnership that has ended: its links are dead.")
        case InvitationState.USED_UP:
            return _("Every place has been accepted.")
        case _:
            return _("It was withdrawn: its links are dead.")


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
    alive = waits and invitation.state_at(at) in (InvitationState.OPEN, InvitationState.WAITING)
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
        "address": links.invitation_address(link) if alive and may_copy_link(actor, link) else "",
        "may_withdraw": waits and may_withdraw_link(actor, link),
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
    return entries


# --- what can be done with one -----------------------------------------------------------------


@require_POST
def open_(request: Request, pk: int) -> HttpResponse:
    """Open a draft; through a reseller this hands it over."""
    invitation = _find(request, pk)
    require(may_manage_invitation(request.actor, invitation))
    try:
        invitations.open_(invitation, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("The invitation is open."))
    return redirect(invitation)


@require_POST
def send(request: Request, pk: int) -> HttpResponse:
    """Send the provider's own invitation to one more address."""
    return _send(request, pk, invitations.send, may_manage_invitation, copied=False)


@require_POST
def send_copied(request: Request, pk: int) -> HttpResponse:
    """Make one more link of the provider's own invitation, to be taken to the customer by hand."""
    return _send(request, pk, invitations.send, may_manage_invitation, copied=True)


@require_POST
def forward(request: Request, pk: int) -> HttpResponse:
    """Send on, as the reseller, what the provider handed over."""
    return _send(request, pk, invitations.forward, may_forward, copied=False)


@require_POST
def forward_copied(request: Request, pk: int) -> HttpResponse:
    """Make the link, as the reseller, of what the provider handed over, to be taken on by hand."""
    return _send(request, pk, invitations.forward, may_forward, copied=True)


def _send(
    request: Request,
    pk: int,
    story: Callable[..., InvitationLink],
    may: Callable[[Actor, Invitation], bool],
    *,
    copied: bool,
) -> HttpResponse:
    invitation = _find(request, pk)
    require(may(request.actor, invitation))
    form = RecipientForm(request.POST)
    if not form.is_valid():
        return _page(request, invitation, form)
    at = timezone.now()
    try:
        story(invitation, to=form.recipient, by=request.actor, at=at, copied=copied)
    except Refused as refusal:
        if _is_already_there(invitation, form.recipient.email):
            messages.info(request, _("A link to this address is already waiting: it is below."))
            return redirect(invitation)
        messages.error(request, str(refusal))
        return _page(request, _find(request, pk), form)
    if copied:
        messages.success(request, _("The link is ready. Copy it below and take it to the customer."))
    else:
        messages.success(request, _("The invitation is on its way to the customer."))
    return redirect(invitation)


def _is_already_there(invitation: Invitation, email: str) -> bool:
    """Say whether this very invitation waits at this address: most likely the second of two clicks."""
    return invitation.links.waiting().filter(email=normalise_email(email)).exists()


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw(request: Request, pk: int) -> HttpResponse:
    """List what withdrawing an invitation stops; posted to, withdraw it."""
    invitation = _find(request, pk)
    require(may_manage_invitation(request.actor, invitation))
    if request.method == "POST":
        try:
            invitations.withdraw(invitation, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The invitation is withdrawn."))
        return redirect(invitation)
    waiting = list(invitation.links.waiting().order_by("pk")[:LINKS_SHOWN])
    consequences = [
        _("The link of %(company)s at %(address)s stops working at once.")
        % {"company": link.company, "address": link.email}
        for link in waiting
    ]
    if invitation.partnership:
        consequences.append(
            _("%(reseller)s can no longer send it on.") % {"reseller": invitation.partnership.reseller.name}
        )
    consequences.append(_("It cannot be opened again. What customers have already accepted stays."))
    return render(
        request,
        "customers/invitation_withdraw.html",
        {
            "invitation": invitation,
            "consequences": consequences,
            "refused": ""
            if invitation.can_move(Invitation.Status.WITHDRAWN)
            else invitation.refusal(Invitation.Status.WITHDRAWN),
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def withdraw_link(request: Request, pk: int) -> HttpResponse:
    """Say what withdrawing one link does; posted to, withdraw it."""
    rows = InvitationLink.objects.visible_to(request.actor).select_related(
        "invitation__provider", "invitation__partnership__reseller"
    )
    link = get_object_or_404(rows, pk=pk)
    require(may_withdraw_link(request.actor, link))
    if request.method == "POST":
        try:
            invitations.withdraw_link(link, by=request.actor, at=timezone.now())
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
