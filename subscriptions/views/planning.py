"""Planning moves: one subscription's path, or the same path for many at once."""

from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers import standing
from partners.accounts import ask_password_again
from partners.errors import Refused
from partners.paging import BIGGEST
from partners.permissions import company_of, require
from partners.requests import Request
from subscriptions import advice, bulk_moves, moves, rulings
from subscriptions.bulk_moves import MOST_AT_ONCE
from subscriptions.filters import SubscriptionsAsked
from subscriptions.models import Move, Subscription
from subscriptions.move_forms import BulkPlanForm, PlanForm
from subscriptions.permissions import may_plan, may_plan_moves
from subscriptions.steps import PLANNABLE
from subscriptions.views import rulings as rulings_shown
from subscriptions.views.lists import asked_of
from subscriptions.vocabulary import Path

UNASKED = 25  # more than these at once want the password once more


# --- one subscription --------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def plan(request: Request, pk: int) -> HttpResponse:
    """Show which paths are open, with their steps, and which closed and why; posted to, plan one."""
    actor, at = request.actor, timezone.now()
    rows = rulings.with_facts(Subscription.objects.visible_to(actor, at))
    found = get_object_or_404(rows, pk=pk)
    require(may_plan(actor, found))
    ((_row, ruling),) = rulings.rule([found], at)
    happens = moves.busy({found.pk}, at)
    refused = {one.path: moves.why_not(found, ruling, one.path, happens) for one in ruling.open}
    paths = [(one.path.value, one.path.label) for one in ruling.open if not refused[one.path]]
    if request.method == "POST":
        form = PlanForm(request.POST, paths=paths)
        if form.is_valid():
            values = form.cleaned_data
            try:
                move = moves.plan(found, values["path"], target_on=values["target_on"], by=actor, at=at)
            except Refused as refusal:
                form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
            else:
                messages.success(request, _("The move is planned. Whoever is first is told."))
                return redirect(move)
    else:
        asked = request.GET.get("path", "")
        chosen = asked if asked in dict(paths) else paths[0][0] if paths else ""
        advised = moves.recommended(found, chosen, at)
        form = PlanForm(paths=paths, initial={"path": chosen, "target_on": advised})
    state = standing.states([found.customer_id])[found.customer_id]
    shown = rulings_shown.shown(ruling, rulings_shown.fixes(actor, found.customer, state))
    return render(
        request,
        "subscriptions/move_plan.html",
        {
            "subscription": found,
            "form": form,
            "ruling": shown,
            "open": [
                {
                    "code": one.path.value,
                    "shown": words,
                    "refused": refused[one.path],
                    "advised": moves.recommended(found, one.path, at),
                    "cautions": advice.cautions(found, one.path),
                }
                for one, words in zip(ruling.open, shown["open"], strict=True)
            ],
            "is_any": bool(paths),
            "chosen": form["path"].value(),
            "under_way": Move.objects.open().filter(subscription=found).first(),
        },
    )


# --- many at once ------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def plan_many(request: Request) -> HttpResponse:
    """Show for which of the chosen a path would be planned, for which not and why; posted to, plan it.

    Chosen are the keys in `only`, else what the filters of the list of subscriptions let through.
    """
    company_of(request.actor)
    require(may_plan_moves(request.actor))
    if request.method == "POST":
        return _plan_chosen(request)
    at = timezone.now()
    rows = chosen(request, at)
    is_more = len(rows) > MOST_AT_ONCE
    rows = rows[:MOST_AT_ONCE]
    if len(rows) > UNASKED and (asking := ask_password_again(request)) is not None:
        return asking
    asks = SubscriptionsAsked.of(request)
    asked = request.GET if "plan" in request.GET else None
    form = BulkPlanForm(asked, initial={"plan": asks.path if asks.path in PLANNABLE else ""})
    path = form.cleaned_data["plan"] if form.is_valid() else form.initial["plan"] if asked is None else ""
    preview = bulk_moves.preview(rows, path, actor=request.actor, at=at) if path else []
    will = [one for one in preview if not one.refusal]
    return render(
        request,
        "subscriptions/moves_plan.html",
        {
            "form": form,
            "kept": [
                (name, value)
                for name, values in request.GET.lists()
                if name not in ("plan", "target_on")
                for value in values
            ],
            "number": len(rows),
            "is_more": is_more,
            "most": MOST_AT_ONCE,
            "path": Path(path).label if path else "",
            "chosen_path": path,
            "target_on": form.cleaned_data["target_on"] if form.is_valid() else None,
            "will": [shown_row(one.subscription) for one in will],
            "will_not": [shown_row(one.subscription, one.refusal) for one in preview if one.refusal],
            "only": ",".join(str(one.subscription.pk) for one in will),
        },
    )


def _plan_chosen(request: Request) -> HttpResponse:
    form, keys = BulkPlanForm(request.POST), keys_in(request.POST.getlist("only"))
    if len(keys) > UNASKED and (asking := ask_password_again(request)) is not None:
        return asking
    if not form.is_valid() or not keys:
        messages.error(request, _("Choose a path and at least one subscription."))
        return redirect("subscriptions:moves-plan")
    at, path = timezone.now(), form.cleaned_data["plan"]
    try:
        told = bulk_moves.plan_many(
            keys[:MOST_AT_ONCE], path, target_on=form.cleaned_data["target_on"], by=request.actor, at=at
        )
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("subscriptions:moves-plan")
    planned = [one for one in told if not one.refusal]
    return render(
        request,
        "subscriptions/moves_planned.html",
        {
            "path": Path(path).label,
            "planned": [shown_row(one.subscription) for one in planned],
            "not_planned": [shown_row(one.subscription, one.refusal) for one in told if one.refusal],
        },
    )


def chosen(request: Request, at: datetime) -> list[Subscription]:
    """Return the subscriptions an address names, else filters for; at most one more than are planned."""
    seen = Subscription.objects.visible_to(request.actor, at)
    if keys := keys_in(request.GET.getlist("only")):
        return list(rulings.with_facts(seen).filter(pk__in=keys[: MOST_AT_ONCE + 1]).order_by("-pk"))
    asks, _resellers = asked_of(request, SubscriptionsAsked)
    fitting = rulings.with_facts(asks.among(seen, request.actor, at))
    return list(fitting.order_by(*asks.keys)[: MOST_AT_ONCE + 1])


def keys_in(values: Iterable[str]) -> list[int]:
    """Return the keys a form or an address lists, one by one or with commas; what is none is left out."""
    words = [word.strip() for value in values for word in value.split(",")]
    keys = [int(word) for word in words if word.isascii() and word.isdigit() and len(word) < 20]
    return [key for key in dict.fromkeys(keys) if 0 < key <= BIGGEST]


def shown_row(row: Subscription, refusal: str = "") -> dict[str, str]:
    """Return one subscription of a preview, and why it would not be planned."""
    return {
        "url": row.get_absolute_url(),
        "name": str(row),
        "customer": row.customer.name,
        "refusal": refusal,
    }
