"""The customer's steps of the moves under way, on its own page: see them, close one, leave one out.

No code is asked: only withdrawing and ending take one.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import FileResponse, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.template.defaultfilters import filesizeformat
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from customers.models import Contact, Customer
from customers.privileges import contact_actor
from customers.views.by_link import by_link, own_page, shows_and_takes
from partners.errors import Refused
from partners.upload_limit import is_too_big
from subscriptions import inventory, walking
from subscriptions.models import InventoryItem, Move, MoveStep, StepFile
from subscriptions.move_forms import SkipForm, StepForm
from subscriptions.views.steps import download
from subscriptions.views.walks import facts_of
from subscriptions.vocabulary import Evidence, StepActor


@dataclass(frozen=True, slots=True)
class Stride:
    """One step as the customer reads it; what proves a step is shown of its own alone."""

    step: MoveStep
    is_next: bool

    @property
    def is_theirs(self) -> bool:
        """Say whether it is the customer's."""
        return self.step.actor == StepActor.CUSTOMER

    @property
    def is_due(self) -> bool:
        """Say whether the customer can take it now; what is on record closes others by itself."""
        return self.is_next and self.is_theirs and self.step.template.fact is None

    @property
    def css(self) -> str:
        """Return how the step is drawn."""
        return "done" if self.step.is_closed else "now" if self.is_next else ""

    @property
    def proofs(self) -> list[tuple[str, str]]:
        """Return what was given to close it, as pairs of term and value."""
        return [pair for pair in facts_of(self.step) if pair[1]] if self.is_theirs else []

    @property
    def files(self) -> list[tuple[StepFile, str]]:
        """Return its files, each with its size."""
        return [(file, filesizeformat(file.size)) for file in self.step.files.all()] if self.is_theirs else []


@dataclass(frozen=True, slots=True)
class Walk:
    """A path under way, as the customer reads it."""

    move: Move
    strides: list[Stride]

    @property
    def due(self) -> MoveStep | None:
        """Return the step the customer can take now."""
        return next((one.step for one in self.strides if one.is_due), None)


def walks_of(customer: Customer) -> list[Walk]:
    """Return the moves of a customer's subscriptions under way, those that wait for it first.

    Three queries, however many there are.
    """
    rows = Move.objects.open().filter(customer=customer).select_related("subscription__product")
    walks = [_walk(move) for move in rows.prefetch_related("steps__files")]
    return sorted(walks, key=lambda walk: walk.due is None)


def _walk(move: Move) -> Walk:
    steps = list(move.steps.all())
    first = next((step for step in steps if not step.is_closed), None)
    return Walk(move, [Stride(step, step is first) for step in steps])


def _step(contact: Contact, pk: int) -> MoveStep:
    """Return a step of the customer's own, in a move of its own; else 404."""
    rows = MoveStep.objects.filter(move__customer=contact.customer, actor=StepActor.CUSTOMER)
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


@login_not_required
@by_link(own_page)
@shows_and_takes
def close(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Ask the customer for what proves its step; posted to, close it."""
    step, at = _step(contact, pk), timezone.now()
    if request.method != "POST":
        return _page(request, contact, token, step, at)
    form = StepForm(request.POST, request.FILES, step=step, too_big=is_too_big(request))
    if form.is_valid():
        try:
            walking.close(step, form.given, by=contact_actor(contact), contact=contact, at=at)
        except Refused as refusal:
            form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))
        else:
            return _closed(request, token)
    return _page(request, contact, token, step, at, form=form)


def _page(
    request: HttpRequest, contact: Contact, token: str, step: MoveStep, at: datetime, **forms: Any
) -> HttpResponse:
    context = {
        "contact": contact,
        "provider": contact.customer.provider,
        "step": step,
        "move": step.move,
        "words": _why_not(step, contact, at),
        "form": forms.get("form") or StepForm(step=step),
        "skip_form": forms.get("skip_form") or (SkipForm(prefix="skip") if step.is_optional else None),
        "services": list(_moved(step)) if Evidence.CANCELLED in step.template.evidence else [],
        "staying": _staying(step) if Evidence.CANCELLED in step.template.evidence else [],
        "token": token,
    }
    return render(request, "subscriptions/public/step.html", context)


def _why_not(step: MoveStep, contact: Contact, at: datetime) -> str:
    """Say in words for the customer why it cannot close its step now; empty if it can."""
    if step.move.is_open and not step.is_closed and step.template.fact is not None:
        return _(
            "This step closes by itself, once you have answered an invitation of %(provider)s. It reaches you"
            " by mail."
        ) % {"provider": contact.customer.provider.name}
    return walking.why_not(step, contact_actor(contact), at)


def _moved(step: MoveStep) -> Iterable[InventoryItem]:
    return step.move.inventory.filter(moved_at__isnull=False)


def _staying(step: MoveStep) -> list[InventoryItem]:
    return list(step.move.inventory.filter(moved_at__isnull=True))


def _closed(request: HttpRequest, token: str) -> HttpResponse:
    messages.success(request, _("Thank you: the step is closed. Whoever is next is told."))
    return redirect("my", token)


@login_not_required
@by_link(own_page)
@require_POST
def skip(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Close the customer's step as not needed, with the reason."""
    step, at = _step(contact, pk), timezone.now()
    form = SkipForm(request.POST, prefix="skip")
    if form.is_valid():
        try:
            reason = form.cleaned_data["reason"]
            walking.skip(step, reason, by=contact_actor(contact), contact=contact, at=at)
        except Refused as refusal:
            form.add_error("reason", str(refusal))
        else:
            return _closed(request, token)
    return _page(request, contact, token, step, at, skip_form=form)


@login_not_required
@by_link(own_page)
@require_POST
def cancelled(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Note that the customer cancelled one moved service where it ran before."""
    rows = InventoryItem.objects.filter(move__customer=contact.customer)
    item = get_object_or_404(rows.select_related("move"), pk=pk)
    step = item.move.steps.filter(actor=StepActor.CUSTOMER, outcome="").order_by("position").first()
    try:
        inventory.mark_cancelled(item, by=contact_actor(contact), contact=contact, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Noted: “%(service)s” is cancelled where it ran.") % {"service": item})
    return redirect("subscriptions:my-step", token, step.pk) if step else redirect("my", token)


@login_not_required
@by_link(own_page)
@require_safe
def file(request: HttpRequest, contact: Contact, token: str, key: UUID) -> FileResponse:
    """Hand out, as an attachment, a file that proves one of the customer's own steps."""
    rows = StepFile.objects.filter(step__move__customer=contact.customer, step__actor=StepActor.CUSTOMER)
    return download(get_object_or_404(rows, key=key))
