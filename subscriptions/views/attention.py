"""Attention: everything that waits, one kind or all, and what was put off."""

from datetime import date
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.errors import Refused
from partners.paging import asked_choice
from partners.permissions import company_of, require
from partners.requests import Request
from partners.templatetags.ui import exact_day
from subscriptions import attention, snoozes
from subscriptions.attention import Item, Kind, Queue
from subscriptions.models import Snooze
from subscriptions.permissions import may_put_off
from subscriptions.snooze_forms import PutOffForm

PUT_OFF = "put_off"
URGENT = (Kind.ANSWERS, Kind.DECISIONS, Kind.ENDINGS)


@require_safe
def everything(request: Request) -> HttpResponse:
    """List all that waits, one kind of it, or what one put off; the address says which."""
    actor, at = request.actor, timezone.now()
    company_of(actor)
    show = asked_choice(request, "show", [PUT_OFF, *Kind.values])
    queue = attention.waiting(actor, at)
    away = snoozes.of(actor, at)
    kind = "" if show == PUT_OFF else show
    if show == PUT_OFF:
        known = {(one.kind, one.object_ref): one for one in away}
        shown = attention.waiting(actor, at, put_off=True).items()
        items = [put_off_row(item, queue, known.get((item.kind, item.object_ref))) for item in shown]
    else:
        items = [row(item, queue, may=may_put_off(actor)) for item in queue.items(kind)]
    return render(
        request,
        "subscriptions/attention.html",
        {
            "tiles": tiles(queue, show),
            "items": items,
            "show": show,
            "most": attention.MOST,
            "capped": any(len(found) >= attention.MOST for found in queue.kinds.values()),
            "put_off": {
                "number": len(away),
                "active": show == PUT_OFF,
                "url": reverse("subscriptions:attention", query={"show": PUT_OFF}),
            },
        },
    )


def row(item: Item, queue: Queue, *, may: bool) -> dict[str, Any]:
    """Return one thing that waits as the list shows it."""
    return {
        "state": item.state(queue.today),
        "when": item.when(queue.today),
        "subject": item.subject,
        "what": item.what,
        "why": item.why,
        "then": item.then,
        "turn": item.turn,
        "url": item.url,
        "action": item.action,
        "put_off": _address("put-off", item) if may else "",
    }


def put_off_row(item: Item, queue: Queue, snooze: Snooze | None) -> dict[str, Any]:
    """Return one thing that was put off, until when and why."""
    shown = row(item, queue, may=False)
    if snooze is not None:
        shown["until"] = _("Put off until %(day)s: %(reason)s") % {
            "day": exact_day(snooze.until),
            "reason": snooze.reason,
        }
        shown["wake"] = _address("wake", item)
    return shown


def _address(name: str, item: Item) -> str:
    return reverse(f"subscriptions:attention-{name}", args=[item.kind.value, item.object_ref])


def tiles(queue: Queue, show: str = "") -> list[dict[str, Any]]:
    """Return the numbers that filter the list; pressed again, one shows everything."""
    page = reverse("subscriptions:attention")
    return [
        {
            "number": f"{attention.MOST}+" if len(found) >= attention.MOST else len(found),
            "label": kind.label,
            "url": page if kind == show else reverse("subscriptions:attention", query={"show": kind.value}),
            "urgent": kind in URGENT,
            "active": kind == show,
        }
        for kind, found in queue.kinds.items()
    ]


@require_http_methods(["GET", "HEAD", "POST"])
def put_off(request: Request, kind: str, pk: int) -> HttpResponse:
    """Ask until when something may wait and why; posted to, put it off."""
    actor, at = request.actor, timezone.now()
    company = company_of(actor)
    item = attention.find(actor, at, kind, pk)
    if item is None:
        raise Http404
    require(may_put_off(actor))
    today: date = at.astimezone(company.zone).date()
    form = PutOffForm(
        request.POST if request.method == "POST" else None,
        initial={"span": "tomorrow"},
        item=item,
        today=today,
    )
    if form.is_valid():
        told = form.cleaned_data
        try:
            snoozes.put_off(
                item, told["until"], told["reason"], beyond=told.get("beyond", False), by=actor, at=at
            )
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            messages.success(
                request,
                _("Put off until %(day)s. It waits among what you put off.")
                % {"day": exact_day(told["until"])},
            )
            return redirect("subscriptions:attention")
    return render(
        request,
        "subscriptions/put_off.html",
        {"form": form, "item": item, "state": item.state(today), "when": item.when(today)},
    )


@require_POST
def wake(request: Request, kind: str, pk: int) -> HttpResponse:
    """Take back what one put off."""
    company_of(request.actor)
    require(may_put_off(request.actor))
    known = kind in Kind.values
    if not known or not Snooze.objects.visible_to(request.actor).filter(kind=kind, object_ref=pk).exists():
        raise Http404
    try:
        snoozes.wake(kind, pk, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("It waits for you again."))
    return redirect("subscriptions:attention")
