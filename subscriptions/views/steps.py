"""The steps of a move: closing one with what proves it, skipping one, and the files that prove it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import FileResponse, Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request
from partners.upload_limit import is_too_big
from subscriptions import gates, walking
from subscriptions.models import Move, MoveStep, StepFile
from subscriptions.move_forms import SkipForm, StepForm
from subscriptions.permissions import may_close_step, may_read_file
from subscriptions.views.walks import shown_step
from subscriptions.vocabulary import StepActor


def find_step(request: Request, pk: int, at: datetime) -> MoveStep:
    """Return a step of a move the actor sees, with what its gates read; else 404."""
    rows = MoveStep.objects.filter(move__in=Move.objects.visible_to(request.actor, at))
    return get_object_or_404(
        rows.select_related(
            "move__customer__provider",
            "move__provider",
            "move__subscription__product",
            "move__subscription__customer",
            "move__subscription__provider",
        ),
        pk=pk,
    )


@require_http_methods(["GET", "HEAD", "POST"])
def close(request: Request, pk: int) -> HttpResponse:
    """Ask for what proves a step; posted to, close it."""
    at = timezone.now()
    step = find_step(request, pk, at)
    require(may_close_step(request.actor, step, at))
    if step.is_closed:
        messages.info(request, _("This step is closed already."))
        return redirect(step.move)
    if request.method != "POST":
        return _page(request, step, at)
    form = _form(request, step, request.POST, request.FILES, too_big=is_too_big(request))
    if form.is_valid():
        try:
            move = walking.close(step, form.given, by=request.actor, at=at)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return _closed(request, move)
    return _page(request, step, at, form=form)


def _form(request: Request, step: MoveStep, *data: Any, too_big: bool = False) -> StepForm:
    for_others = step.actor != StepActor.PROVIDER and step.template.fact is None
    return StepForm(*data, step=step, for_others=for_others, too_big=too_big)


def _page(request: Request, step: MoveStep, at: datetime, **forms: Any) -> HttpResponse:
    ground = gates.ground_of(step.move, at)
    context = {
        "step": shown_step(ground.step(step.pk), ground, request.actor, alone=True),
        "move": step.move,
        "form": forms.get("form") or _form(request, step),
        "skip_form": forms.get("skip_form") or SkipForm(prefix="skip"),
    }
    return render(request, "subscriptions/step_close.html", context)


def _closed(request: Request, move: Move) -> HttpResponse:
    if move.status == Move.Status.COMPLETED:
        messages.success(request, _("The last step is closed: the move is completed."))
    else:
        messages.success(request, _("The step is closed. Whoever is next is told."))
    return redirect(move)


@require_POST
def skip(request: Request, pk: int) -> HttpResponse:
    """Close a step as not needed, with the reason."""
    at = timezone.now()
    step = find_step(request, pk, at)
    require(may_close_step(request.actor, step, at))
    if step.is_closed:
        messages.info(request, _("This step is closed already."))
        return redirect(step.move)
    form = SkipForm(request.POST, prefix="skip")
    if form.is_valid():
        try:
            move = walking.skip(step, form.cleaned_data["reason"], by=request.actor, at=at)
        except Refused as refusal:
            form.add_error("reason", str(refusal))
        else:
            return _closed(request, move)
    return _page(request, step, at, skip_form=form)


@require_safe
def file(request: Request, key: UUID) -> FileResponse:
    """Hand out a file that proves a step, as an attachment, to whoever may read it."""
    actor, at = request.actor, timezone.now()
    rows = StepFile.objects.filter(step__move__in=Move.objects.visible_to(actor, at))
    rows = rows.select_related("step__move__customer", "step__move__subscription__product")
    found = get_object_or_404(rows, key=key)
    require(may_read_file(actor, found, at))
    return download(found)


def download(found: StepFile) -> FileResponse:
    """Return a file as an attachment under its own name; never shown in the browser, never cached."""
    try:
        content = found.file.open("rb")
    except FileNotFoundError as missing:
        raise Http404 from missing
    answer = FileResponse(content, as_attachment=True, filename=found.name, content_type=found.content_type)
    answer["Cache-Control"] = "no-store, private"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer
