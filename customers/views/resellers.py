"""Resellers and providers: with whom a company works, what hangs on it, and ending it."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_safe
from django_countries.fields import Country

from customers import endings
from customers.models import Assignment, Customer, HandOver, Invitation
from customers.permissions import may_hand_over, may_invite_through_resellers
from customers.views.privileges import assignment_rows
from partners.accounts import ask_password_again
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from partners.paging import address_with, asked, asked_choice, page_of
from partners.permissions import (
    company_of,
    may_answer_partnership,
    may_end_partnership,
    may_propose_partnership,
    may_set_joint_link,
    may_withdraw_partnership,
    require,
)
from partners.requests import Request
from partners.templatetags.ui import exact_day, role

SHOWN = 10
NAMED = 20  # consequences told one by one; the others are counted

_CURRENT = (Partnership.Status.PROPOSED, Partnership.Status.ACTIVE)

# --- a provider's resellers --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One reseller as the list shows it."""

    url: str
    name: str
    partner_id: str
    country: str
    state: str
    role: str
    since: str
    support_email: str


@require_safe
def resellers(request: Request) -> HttpResponse:
    """List the resellers a provider works with, has asked to, or worked with, by name."""
    actor, provider, at = request.actor, company_of(request.actor), timezone.now()
    require(provider.has_resellers)
    show = asked_choice(request, "show", ("proposed", "ended")) or "active"
    words = asked(request, "q")
    ties = Partnership.objects.filter(provider=provider)
    current = ties.filter(status__in=_CURRENT)
    chosen = {
        "active": ties.active(),
        "proposed": ties.filter(status=Partnership.Status.PROPOSED),
        "ended": ties.exclude(reseller__in=current.values("reseller")),
    }[show]
    rows = Partner.objects.filter(pk__in=chosen.values("reseller"))
    if words:
        rows = rows.filter(Q(name__icontains=words) | Q(partner_id=words))
    page = page_of(rows, request, "name", "pk")
    newest = {tie.reseller_id: tie for tie in ties.filter(reseller__in=page.rows).order_by("pk")}
    prefix = reverse("customers:resellers")
    return render(
        request,
        "customers/resellers.html",
        {
            "rows": [_row(partner, newest[partner.pk], prefix, at) for partner in page.rows],
            "page": page,
            "words": words,
            "show": show,
            "shows": [
                {
                    "label": label,
                    "url": address_with(request, show="" if name == "active" else name),
                    "active": name == show,
                }
                for name, label in (
                    ("active", _("Active")),
                    ("proposed", _("Proposed")),
                    ("ended", _("No longer")),
                )
            ]
            + [{"label": _("Invited"), "url": reverse("partners:onboardings")}],
            "may_propose": may_propose_partnership(actor),
        },
    )


def _row(partner: Partner, tie: Partnership, prefix: str, at: datetime) -> Row:
    status, label = _state(tie, at)
    since = tie.answered_at if tie.is_active else tie.ended_at or tie.answered_at or tie.proposed_at
    return Row(
        url=f"{prefix}{partner.pk}/",
        name=partner.name,
        partner_id=partner.partner_id,
        country=Country(str(partner.country)).name if tie.is_active else "—",
        state=label,
        role=role(status),
        since=exact_day(timezone.localtime(since).date()),
        support_email=partner.support_email if tie.is_active else "",
    )


def _state(tie: Partnership, at: datetime) -> tuple[str, str]:
    """Return a partnership's status at a moment, and its word; an unanswered proposal lapses by itself."""
    status = Partnership.Status(tie.status)
    if status == Partnership.Status.PROPOSED and not tie.waits_at(at):
        status = Partnership.Status.LAPSED
    return status.value, str(status.label)


@require_safe
def reseller(request: Request, pk: int) -> HttpResponse:
    """Show one reseller of a provider: the partnership, and everything that hangs on it."""
    actor, provider, at = request.actor, company_of(request.actor), timezone.now()
    require(provider.has_resellers)
    resellers = Partnership.objects.visible_to(actor).order_by().values("reseller")
    company = get_object_or_404(Partner.objects.filter(pk__in=resellers), pk=pk)
    ties = list(
        Partnership.objects.visible_to(actor)
        .filter(reseller=company)
        .select_related("provider", "reseller")
        .order_by("-pk")[:SHOWN]
    )
    tie = ties[0]
    status, label = _state(tie, at)
    customers = Customer.objects.visible_to(actor).filter(reseller=company)
    held = (
        Assignment.objects.visible_to(actor)
        .filter(reseller=company)
        .held(at)
        .select_related("customer", "reseller", "provider", "partnership", "grant__relationship")
    )
    in_hand = (
        Invitation.objects.visible_to(actor).open_at(at).filter(partnership=tie).select_related("customer")
    )
    handing = HandOver.objects.visible_to(actor).filter(Q(before=company) | Q(reseller=company))
    handing = handing.filter(pk__in=(handing.to_answer(at) | handing.to_come()).values("pk"))
    return render(
        request,
        "customers/reseller.html",
        {
            "reseller": company,
            "tie": tie,
            "status": status,
            "label": label,
            "history": [{"tie": one, "state": _state(one, at)} for one in ties],
            "customers": list(customers.order_by("sort_name", "pk")[: SHOWN + 1]),
            "held": assignment_rows(list(held.order_by("-pk")[: SHOWN + 1]), actor, at),
            "in_hand": list(in_hand.order_by("-pk")[: SHOWN + 1]),
            "hand_overs": list(handing.select_related("before", "reseller", "customer")[:SHOWN]),
            "may_hand_over": may_hand_over(actor, provider.pk) and (customers.exists() or held.exists()),
            "shown": SHOWN,
            "may_set_link": may_set_joint_link(actor, tie),
            "may_withdraw": status == Partnership.Status.PROPOSED and may_withdraw_partnership(actor, tie),
            "may_end": tie.is_active and may_end_partnership(actor, tie),
            "may_propose": status not in _CURRENT and may_propose_partnership(actor),
            "may_invite": tie.is_active and company.is_active and may_invite_through_resellers(actor),
        },
    )


# --- a reseller's providers --------------------------------------------------------------------


@require_safe
def providers(request: Request) -> HttpResponse:
    """Show a reseller the proposals that wait for it, its providers, and those it worked with."""
    actor, company, at = request.actor, company_of(request.actor), timezone.now()
    require(company.is_reseller)
    ties = list(
        Partnership.objects.filter(reseller=company)
        .select_related("provider", "reseller")
        .order_by("provider__name", "-pk")[:200]
    )
    return render(
        request,
        "customers/providers.html",
        {
            "proposals": [
                {"tie": tie, "may_answer": may_answer_partnership(actor, tie)}
                for tie in ties
                if tie.waits_at(at)
            ],
            "active": [
                {"tie": tie, "may_end": may_end_partnership(actor, tie)} for tie in ties if tie.is_active
            ],
            "past": [
                {"tie": tie, "state": _state(tie, at)}
                for tie in ties
                if not tie.is_active and not tie.waits_at(at)
            ],
        },
    )


# --- ending one --------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, pk: int) -> HttpResponse:
    """List what stops when a partnership ends; posted to, end it. Both want the password once more."""
    rows = Partnership.objects.visible_to(request.actor).select_related("provider", "reseller")
    tie = get_object_or_404(rows, pk=pk)
    company = company_of(request.actor)
    require(may_end_partnership(request.actor, tie))
    if (asking := ask_password_again(request)) is not None:
        return asking
    at = timezone.now()
    other = tie.other(company)
    back = _back(request.actor, tie)
    if request.method == "POST":
        try:
            endings.end_partnership(tie, by=request.actor, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("The partnership with %(company)s has ended.") % {"company": other.name}
            )
        return redirect(back)
    return render(
        request,
        "customers/partnership_end.html",
        {
            "tie": tie,
            "other": other,
            "back": back,
            "consequences": _what_stops(tie, at) if tie.is_active else [],
            "refused": ""
            if tie.can_move(Partnership.Status.ENDED)
            else tie.refusal(Partnership.Status.ENDED),
        },
    )


def _back(actor: Actor, tie: Partnership) -> str:
    if actor.is_of(tie.reseller_id):
        return reverse("customers:providers")
    return reverse("customers:reseller", args=[tie.reseller_id])


def _what_stops(tie: Partnership, at: datetime) -> list[str]:
    """Return everything that ends with a partnership, in sentences."""
    stops = endings.what_stops(tie, at=at)
    names = {"reseller": tie.reseller.name, "provider": tie.provider.name}
    sentences = [
        _("%(reseller)s can no longer use %(privilege)s on %(services)s for %(customer)s.")
        % {
            **names,
            "privilege": held.get_privilege_display(),
            "services": held.get_family_display(),
            "customer": held.customer.name,
        }
        for held in stops.assignments[:NAMED]
    ]
    sentences += [
        _("The offer of %(privilege)s for %(customer)s can no longer be accepted.")
        % {"privilege": offer.get_privilege_display(), "customer": offer.customer.name}
        for offer in stops.offers[:NAMED]
    ]
    sentences += [
        _("%(invitation)s can no longer be sent on, and its links stop working.") % {"invitation": invitation}
        for invitation in stops.invitations[:NAMED]
    ]
    sentences += [
        _("The hand-over of %(customer)s from %(before)s passes nothing to %(reseller)s.")
        % {
            **names,
            "customer": one.customer.name if one.customer else _("all customers"),
            "before": one.before.name,
        }
        for one in stops.hand_overs[:NAMED]
    ]
    if stops.requests:
        sentences.append(
            ngettext(
                "%(count)d invitation that %(reseller)s asked for is no longer asked for.",
                "%(count)d invitations that %(reseller)s asked for are no longer asked for.",
                len(stops.requests),
            )
            % {**names, "count": len(stops.requests)}
        )
    lists = (stops.assignments, stops.offers, stops.invitations, stops.hand_overs)
    others = sum(max(0, len(rows) - NAMED) for rows in lists)
    if others:
        sentences.append(
            ngettext("%(count)d more stops the same way.", "%(count)d more stop the same way.", others)
            % {"count": others}
        )
    if stops.nothing:
        sentences.append(
            _("%(reseller)s holds no privilege, offer or invitation of %(provider)s: nothing else stops.")
            % names
        )
    if stops.customers:
        sentences.append(
            ngettext(
                "%(count)d customer that %(reseller)s looks after stays with %(provider)s.",
                "%(count)d customers that %(reseller)s looks after stay with %(provider)s.",
                stops.customers,
            )
            % {**names, "count": stops.customers}
        )
    sentences.append(_("It cannot be taken back. A new partnership begins with nothing of what stops here."))
    return sentences
