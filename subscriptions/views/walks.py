"""A move as pages show it: its steps with what proves them, whose turn it is, and the inventory."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db.models import prefetch_related_objects
from django.template.defaultfilters import filesizeformat
from django.urls import reverse
from django.utils.translation import gettext as _

from partners.actor import Actor
from partners.templatetags.ui import exact_day
from subscriptions import advice, gates, hands, inventory
from subscriptions.gates import Ground
from subscriptions.models import InventoryItem, MoveStep, StepFile
from subscriptions.move_forms import ServiceForm
from subscriptions.permissions import may_close_step, may_manage_move, may_read_file
from subscriptions.vocabulary import Availability, Evidence, Path, StepActor, StepPrivilege


def shown_steps(ground: Ground, actor: Actor) -> list[dict[str, Any]]:
    """Return every step of a move: what closed it, what the next one waits for, what comes later."""
    prefetch_related_objects(ground.walk, "files")
    for step in ground.walk:
        for file in step.files.all():
            file.step = step
    return [shown_step(step, ground, actor) for step in ground.walk]


def shown_step(step: MoveStep, ground: Ground, actor: Actor, *, alone: bool = False) -> dict[str, Any]:
    """Return one step; of the next one, or of one alone, whether this person may close it, or why not."""
    template, first = step.template, ground.next
    is_next = ground.move.is_open and first is not None and first.pk == step.pk
    may = is_next and may_close_step(actor, step, ground.at)
    state = step.outcome or ("now" if is_next else "later")
    why_not = gates.why_not(step, actor, ground) if is_next or alone else ""
    why_needed = gates.why_needed(step, ground) if is_next or alone else ""
    facts = [pair for pair in facts_of(step) if pair[1]]
    return {
        "pk": step.pk,
        "title": template.title,
        "hint": template.hint,
        "state": state,
        "css": {"done": "done", "not_needed": "done", "now": "now"}.get(state, ""),
        "outcome": step.get_outcome_display(),
        "is_closed": step.is_closed,
        "actor": StepActor(step.actor).label,
        "is_ours": step.actor == StepActor.PROVIDER,
        "privilege": step.get_privilege_display() if step.privilege != StepPrivilege.NONE else "",
        "is_optional": step.is_optional,
        "who": hands.told_to(actor.partner, step.done_by, ground.move),
        "at": step.done_at,
        "facts": facts,
        "note": step.proof,
        "reason": step.reason,
        "files": shown_files(step, actor, ground.at),
        "may_close": may,
        "why_not": why_not,
        "names_you": gates.names_itself(step, actor) and not gates.holds(step, ground),
        "why_needed": why_needed,
        "url": reverse("subscriptions:step-close", args=[step.pk])
        if may and not (why_not and why_needed)
        else "",
    }


def facts_of(step: MoveStep) -> list[tuple[str, str]]:
    """Return what was given to close a step, as pairs of term and value."""
    number = (
        _("CSP subscription ID")
        if Evidence.IDS in step.template.evidence
        else _("Ticket or reference number")
    )
    return [
        (_("Chosen"), str(step.get_choice_display()) if step.choice else ""),
        (_("Done on"), exact_day(step.happened_on) if step.happened_on else ""),
        (number, step.reference),
        (_("Azure subscription ID"), step.entitlement_id),
    ]


def shown_files(step: MoveStep, actor: Actor, at: datetime) -> list[dict[str, str]]:
    """Return the files of a step, if the actor may read them; asked once, the answer is the step's."""
    files = list(step.files.all())
    return [shown_file(one) for one in files] if files and may_read_file(actor, files[0], at) else []


def shown_file(file: StepFile) -> dict[str, str]:
    """Return a file as a link with its kind and size."""
    return {
        "name": file.name,
        "about": f"{file.get_content_type_display()}, {filesizeformat(file.size)}",
        "url": reverse("subscriptions:step-file", args=[file.key]),
    }


# --- the inventory of an Azure subscription ----------------------------------------------------


def shown_inventory(ground: Ground, actor: Actor) -> dict[str, Any] | None:
    """Return the services of an Azure subscription to migrate; None of any other path."""
    move = ground.move
    if move.path != Path.MIGRATE_AZURE:
        return None
    keeps = may_manage_move(actor, move) and inventory.may_change(ground)
    notes: dict[Evidence, bool] = {
        evidence: not gates.why_not_noted(step, actor, ground)
        for step in ground.walk
        for evidence in (Evidence.MOVED, Evidence.CANCELLED)
        if evidence in step.template.evidence
    }
    items = [shown_service(one, keeps, notes, actor) for one in move.inventory.order_by("pk")]
    return {
        "items": items,
        "acts": any(one["acts"] for one in items),
        "form": ServiceForm() if keeps else None,
        "days_twice": advice.days_running_twice(move, ground.at),
    }


def shown_service(
    item: InventoryItem, keeps: bool, notes: Mapping[Evidence, bool], actor: Actor
) -> dict[str, Any]:
    """Return one service: can CSP run it, was it moved, is the old one gone; and what may be done with it."""
    can_move = item.availability == Availability.AVAILABLE and not item.is_classic and not item.moved_at
    acts = []
    if can_move and notes.get(Evidence.MOVED):
        acts.append(("moved", _("Moved"), True))
    if item.moved_at and not item.cancelled_at and notes.get(Evidence.CANCELLED):
        acts.append(("cancelled", _("Cancelled where it ran"), True))
    if keeps and not item.moved_at:
        acts += [("edit", _("Edit"), False), ("remove", _("Remove"), True)]
    return {
        "name": item.name,
        "availability": item.availability,
        "availability_words": Availability(item.availability).label,
        "is_classic": item.is_classic,
        "note": item.note,
        "moved_at": item.moved_at,
        "moved_by": hands.told_to(actor.partner, item.moved_by, item.move),
        "cancelled_at": item.cancelled_at,
        "cancelled_by": hands.told_to(actor.partner, item.cancelled_by, item.move),
        "acts": [
            {"url": reverse(f"subscriptions:inventory-{verb}", args=[item.pk]), "label": words, "post": post}
            for verb, words, post in acts
        ],
    }
