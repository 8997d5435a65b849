"""Hand-overs: what one would change, and the one page on which it is followed, answered or withdrawn."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import handovers
from customers.handover_form import HandOverForm
from customers.handover_plan import SHOWN, Plan, Scope, plan, to_rename
from customers.models import Assignment, Customer, HandOver
from customers.permissions import may_answer_hand_over, may_hand_over, may_withdraw_hand_over
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from partners.paging import address_with, asked_choice, page_of
from partners.permissions import company_of, require
from partners.requests import Request
from partners.templatetags.ui import moment_words

# --- handing over ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def of_customer(request: Request, pk: int) -> HttpResponse:
    """Choose who takes one customer over, show what would change; posted to, offer it."""
    rows = Customer.objects.visible_to(request.actor).select_related("provider", "reseller")
    customer = get_object_or_404(rows, pk=pk)
    require(may_hand_over(request.actor, customer.provider_id))
    at = timezone.now()
    before = _who_looks_after(customer, at)
    if before is None:
        messages.info(
            request,
            _("No reseller looks after this customer. Assign privileges, or name one when you edit it."),
        )
        return redirect(customer)
    return _hand_over(request, Scope(customer.provider, before, customer), customer.get_absolute_url(), at)


def _who_looks_after(customer: Customer, at: datetime) -> Partner | None:
    """Return the named reseller, else whoever holds a privilege."""
    if customer.reseller is not None:
        return customer.reseller
    held = Assignment.objects.held(at).filter(customer=customer, status=Assignment.Status.ACTIVE)
    first = held.select_related("reseller").order_by("pk").first()
    return first.reseller if first else None


@require_http_methods(["GET", "HEAD", "POST"])
def of_reseller(request: Request, pk: int) -> HttpResponse:
    """Choose who takes all customers of a reseller over, show what would change; posted to, offer it."""
    provider = company_of(request.actor)
    ties = Partnership.objects.visible_to(request.actor).filter(provider=provider)
    before = get_object_or_404(Partner.objects.filter(pk__in=ties.values("reseller")), pk=pk)
    require(may_hand_over(request.actor, provider.pk))
    back = reverse("customers:reseller", args=[before.pk])
    return _hand_over(request, Scope(provider, before), back, timezone.now())


def _hand_over(request: Request, scope: Scope, back: str, at: datetime) -> HttpResponse:
    asked = (
        request.POST if request.method == "POST" else request.GET if "partnership" in request.GET else None
    )
    form = HandOverForm(asked, scope=scope, at=at)
    shown: Plan | None = None
    if form.is_valid():
        values = form.cleaned_data
        shown = plan(scope, values["starts_on"], at)
        if request.method == "POST" and form.read_lately(shown):
            try:
                hand_over = handovers.offer(
                    scope.before,
                    values["partnership"],
                    customer=scope.customer,
                    starts_on=values["starts_on"],
                    by=request.actor,
                    at=at,
                )
            except Refused as refusal:
                form.add_error(None, str(refusal))
                shown = None
            else:
                messages.success(
                    request,
                    _("Offered to %(reseller)s, who has until %(when)s to answer.")
                    % {"reseller": hand_over.reseller.name, "when": moment_words(hand_over.answer_by)},
                )
                return redirect(hand_over)
    context = {"form": form, "scope": scope, "back": back, "has_resellers": form.partnerships.exists()}
    if shown is None:
        return render(request, "customers/hand_over.html", context)
    tie = form.cleaned_data["partnership"]
    return render(
        request,
        "customers/hand_over_preview.html",
        {
            **context,
            "plan": shown,
            "asked": shown.asked(tie),
            "new": tie.reseller,
            "day": form.cleaned_data["starts_on"],
            "shown": SHOWN,
            "rows": [(customer, of) for customer, of in shown.first],
            "again": f"{request.path}?partnership={tie.pk}&starts_on={form.cleaned_data['starts_on']}",
        },
    )


# --- one hand-over -----------------------------------------------------------------------------


def _find(request: Request, pk: int) -> HandOver:
    rows = HandOver.objects.visible_to(request.actor)
    return get_object_or_404(
        rows.select_related("provider", "before", "reseller", "partnership", "customer"), pk=pk
    )


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one hand-over whole: whose customers, what passes, from when, and what has become of it."""
    hand_over, actor, at = _find(request, pk), request.actor, timezone.now()
    waits = hand_over.waits_at(at)
    if waits:
        taken, gone = handovers.still_possible(hand_over, at)
        asked = [one for one in gone if one.waits_for_customer and one.grant.is_live(at)]
        taken, gone = [*taken, *asked], [one for one in gone if one not in asked]
    else:
        rows = hand_over.assignments.select_related("customer").order_by("customer__sort_name", "pk")
        taken, gone = list(rows), []
    is_to_come = hand_over.status == HandOver.Status.ACCEPTED and hand_over.took_effect_at is None
    # Read anew each time: once it is closed, whom the reseller before looks after is nobody else's business.
    renamed = list(to_rename(hand_over)) if waits or is_to_come else []
    of: dict[Customer, list[Assignment]] = {customer: [] for customer in renamed}
    for one in taken:
        of.setdefault(one.customer, []).append(one)
    return render(
        request,
        "customers/hand_over_detail.html",
        {
            "hand_over": hand_over,
            "state": _state(hand_over, at),
            "customers": len(of),
            "privileges": len(taken),
            "named": len(renamed),
            "rows": sorted(of.items(), key=lambda pair: (pair[0].sort_name, pair[0].pk))[:SHOWN],
            "gone": gone,
            "asked": len({one.customer_id for one in taken if waits and one.waits_for_customer}),
            "is_under_way": waits or is_to_come,
            "shown": SHOWN,
            "is_provider": actor.is_of(hand_over.provider_id),
            "may_answer": waits and may_answer_hand_over(actor, hand_over),
            "may_withdraw": hand_over.can_move(HandOver.Status.WITHDRAWN)
            and may_withdraw_hand_over(actor, hand_over),
            "stuck": hand_over.is_stuck(at),
        },
    )


def _state(hand_over: HandOver, at: datetime) -> tuple[str, str]:
    """Return what a hand-over is worth at a moment, and its word."""
    if hand_over.status == HandOver.Status.OFFERED and not hand_over.waits_at(at):
        return "lapsed", str(HandOver.Status.LAPSED.label)
    if hand_over.is_stuck(at):
        return "urgent", _("Could not take effect")
    if hand_over.status == HandOver.Status.ACCEPTED and hand_over.took_effect_at is None:
        return "waiting", _("Accepted, to come")
    if hand_over.took_effect_at is not None:
        return "done", _("Took effect")
    return hand_over.status, str(hand_over.get_status_display())


def _act(
    request: Request,
    pk: int,
    may: Callable[[Actor, HandOver], bool],
    story: Callable[..., Any],
    said: str,
) -> HttpResponse:
    hand_over = _find(request, pk)
    require(may(request.actor, hand_over))
    try:
        story(hand_over, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return redirect(hand_over)


@require_POST
def accept(request: Request, pk: int) -> HttpResponse:
    """Accept a hand-over whole, for the new reseller."""
    return _act(request, pk, may_answer_hand_over, handovers.accept, _("Accepted. The customers are told."))


@require_POST
def decline(request: Request, pk: int) -> HttpResponse:
    """Decline a hand-over whole, for the new reseller."""
    said = _("Declined. The provider has been told; nothing changes.")
    return _act(request, pk, may_answer_hand_over, handovers.decline, said)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Withdraw, for the provider, a hand-over without an answer."""
    said = _("The hand-over is withdrawn; nothing changes.")
    return _act(request, pk, may_withdraw_hand_over, handovers.withdraw, said)


# --- all of them -------------------------------------------------------------------------------


@require_safe
def listing(request: Request) -> HttpResponse:
    """List the hand-overs a provider offered, or a reseller was offered, the newest first."""
    at, show = timezone.now(), asked_choice(request, "show", ("to_come", "closed")) or "offered"
    company = company_of(request.actor)
    rows = HandOver.objects.visible_to(request.actor).select_related(
        "provider", "before", "reseller", "partnership", "customer"
    )
    chosen = {
        "offered": rows.to_answer(at),
        "to_come": rows.to_come(),
        "closed": rows.exclude(pk__in=rows.to_answer(at).values("pk")).exclude(
            pk__in=rows.to_come().values("pk")
        ),
    }[show]
    page = page_of(chosen, request, "-pk")
    return render(
        request,
        "customers/hand_overs.html",
        {
            "rows": [{"hand_over": one, "state": _state(one, at)} for one in page.rows],
            "page": page,
            "show": show,
            "is_reseller": company.is_reseller,
            "shows": [
                {
                    "label": label,
                    "url": address_with(request, show="" if name == "offered" else name),
                    "active": name == show,
                }
                for name, label in (
                    ("offered", _("Waiting")),
                    ("to_come", _("Accepted, to come")),
                    ("closed", _("Closed")),
                )
            ],
        },
    )
