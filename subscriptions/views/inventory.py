"""The inventory of a move: its services listed and corrected, moved, and cancelled where they ran before."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from partners.errors import Refused, Stale
from partners.fields import both_versions
from partners.permissions import require
from partners.requests import Request
from subscriptions import gates, inventory
from subscriptions.models import InventoryItem, Move
from subscriptions.move_forms import ServiceEditForm, ServiceForm
from subscriptions.permissions import may_close_step, may_manage_move
from subscriptions.views.moves import find
from subscriptions.vocabulary import Evidence


def _item(request: Request, pk: int) -> InventoryItem:
    rows = InventoryItem.objects.filter(move__in=Move.objects.visible_to(request.actor))
    return get_object_or_404(
        rows.select_related("move__customer__provider", "move__provider", "move__subscription__product"),
        pk=pk,
    )


def _back(move: Move) -> HttpResponse:
    return redirect(reverse("subscriptions:move", args=[move.pk]) + "#services")


@require_POST
def add(request: Request, pk: int) -> HttpResponse:
    """Add a service to the inventory of a move."""
    move = find(request, pk)
    require(may_manage_move(request.actor, move))
    form = ServiceForm(request.POST)
    if form.is_valid():
        try:
            inventory.add(move, **form.cleaned_data, by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The service was added."))
            return _back(move)
    return render(request, "subscriptions/service_form.html", {"form": form, "move": move})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Correct a service, above all whether CSP offers it."""
    item = _item(request, pk)
    require(may_manage_move(request.actor, item.move))
    initial = ServiceForm.initial_of(item)
    form = ServiceEditForm(
        request.POST if request.method == "POST" else None,
        initial={**initial, "seen": inventory.mark_of(item)},
    )
    context: dict[str, Any] = {"form": form, "move": item.move, "item": item}
    if request.method == "POST" and form.is_valid():
        try:
            inventory.edit(item, **form.cleaned_data, by=request.actor, at=timezone.now())
        except Stale as stale:
            form.add_error(None, str(stale))
            saved = {name: (value, form.cleaned_data[name]) for name, value in initial.items()}
            differing = {name: pair for name, pair in saved.items() if pair[0] != pair[1]}
            context["differing"] = both_versions(form, differing)
            form.data = request.POST.copy()
            form.data["seen"] = inventory.mark_of(item)  # saving again is a decision
        except Refused as refusal:
            form.add_error(refusal.field, str(refusal))
        else:
            messages.success(request, _("The service was saved."))
            return _back(item.move)
    return render(request, "subscriptions/service_form.html", context)


@require_POST
def remove(request: Request, pk: int) -> HttpResponse:
    """Remove a service that was listed by mistake."""
    item = _item(request, pk)
    require(may_manage_move(request.actor, item.move))
    return _note(request, item, inventory.remove, _("The service was removed from the inventory."))


@require_POST
def moved(request: Request, pk: int) -> HttpResponse:
    """Note that a service runs in CSP now."""
    item = _item(request, pk)
    _require_step(request, item, Evidence.MOVED)
    return _note(request, item, inventory.mark_moved, _("Noted: it runs in CSP now."))


@require_POST
def cancelled(request: Request, pk: int) -> HttpResponse:
    """Note that the customer cancelled a moved service where it ran before."""
    item = _item(request, pk)
    _require_step(request, item, Evidence.CANCELLED)
    return _note(request, item, inventory.mark_cancelled, _("Noted: it no longer runs where it was."))


def _require_step(request: Request, item: InventoryItem, evidence: Evidence) -> None:
    """Answer 403 to whoever may not close the step that these notes lead to."""
    at = timezone.now()
    walk = gates.ground_of(item.move, at).walk
    step = next((one for one in walk if evidence in one.template.evidence), None)
    require(step is not None and may_close_step(request.actor, step, at))


def _note(request: Request, item: InventoryItem, story: Callable[..., Any], said: str) -> HttpResponse:
    try:
        story(item, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said)
    return _back(item.move)
