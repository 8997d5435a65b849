"""One move: its steps and what proves them, its sheet of paper, and what becomes of it."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import standing
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity
from partners.permissions import require
from partners.requests import Request
from subscriptions import advice, gates, hands, moves, rulebook, rulings, turns
from subscriptions.board import own_turn
from subscriptions.gates import Ground
from subscriptions.models import Move, MoveStep
from subscriptions.move_forms import ReasonForm, TargetForm
from subscriptions.permissions import may_edit_subscription, may_manage_move
from subscriptions.views import rulings as rulings_shown
from subscriptions.views.board import target, turn_words
from subscriptions.views.customers import in_words
from subscriptions.views.walks import shown_inventory, shown_steps
from subscriptions.vocabulary import Direction, Need, Path, StepFact

TIMELINE = 30  # log rows on a move's page
TOLD = ("step", "service", "choice")  # of the details of a row


def find(request: Request, pk: int) -> Move:
    """Return a move among those the actor sees, with what every page of it reads; else 404."""
    actor, at = request.actor, timezone.now()
    rows = Move.objects.visible_to(actor, at).with_next()
    rows = rows.annotate(turn=turns.whose(at, turns.as_seen_by(actor)))
    rows = rows.select_related("customer", "provider", "successor__product", "subscription__parent__product")
    rows = rows.select_related("subscription__product", "subscription__customer", "subscription__provider")
    return get_object_or_404(rows, pk=pk)


@require_safe
def detail(request: Request, pk: int) -> HttpResponse:
    """Show one move: who acts next, every step with what proves it, and what has happened."""
    return render(request, "subscriptions/move.html", detail_of(request, find(request, pk)))


def detail_of(request: Request, move: Move, **more: Any) -> dict[str, Any]:
    """Return what the page of a move shows; a form that failed comes along as typed."""
    actor, at = request.actor, timezone.now()
    ((row, ruling),) = rulings.rule([move.subscription], at)
    ground = gates.ground_of(move, at)
    steps = shown_steps(ground, actor)
    manages = may_manage_move(actor, move)
    return {
        "move": move,
        "subscription": row,
        "changed": moves.changed_ruling(move, ruling) if move.is_open else "",
        "steps": steps,
        "next": next((step for step in steps if step["state"] == "now"), None) if move.is_open else None,
        "fix": what_helps(ground, actor),
        "closed": sum(step["is_closed"] for step in steps),
        "advice": advice.cautions(row, move.path) if move.is_open else [],
        "advised": moves.recommended(row, move.path, at) if move.is_open else None,
        "turn": turn_words(move.turn, actor) if move.is_open else "",  # type: ignore[attr-defined]  # annotated
        "is_mine": move.turn == own_turn(actor),  # type: ignore[attr-defined]  # annotated
        "inventory": shown_inventory(ground, actor),
        "due": rulings_shown.due(ruling.deadline.on, ruling.facts.today)
        if move.is_open and ruling.deadline
        else None,
        "target": target(move.target_on, ruling.facts.today),
        "manages": manages,
        "ended_by": hands.told_to(actor.partner, move.ended_by, move),
        "may_abandon": manages and move.can_move(Move.Status.ABANDONED),
        "may_retarget": manages and move.is_open,
        "target_form": TargetForm(initial={"target_on": move.target_on}),
        "is_provider": actor.is_of(move.provider_id),
        "timeline": timeline_of(move, actor),
        **more,
    }


def what_helps(ground: Ground, actor: Actor) -> tuple[str, str] | None:
    """Return where what the next step waits for can be got, and in which words; None if nowhere."""
    step = ground.next
    if step is None or not ground.move.is_open:
        return None
    asked = [need for need in (step.template.fact, *step.template.gates) if isinstance(need, Need)]
    missing = next((need for need in asked if not rulebook.MET[need](ground.facts)), None)
    if missing is None:
        return _where_recorded(ground, step, actor)
    customer = ground.move.customer
    state = standing.states([customer.pk])[customer.pk]
    return rulings_shown.fixes(actor, customer, state).get(missing)


def _where_recorded(ground: Ground, step: MoveStep, actor: Actor) -> tuple[str, str] | None:
    """Return where the support contact a step waits for is set, for whoever may set it."""
    row = ground.move.subscription
    if step.template.fact != StepFact.SUPPORT_CONTACT or gates.holds(step, ground):
        return None
    if not may_edit_subscription(actor, row):
        return None
    return reverse("subscriptions:subscription-edit", args=[row.pk]), _("Set the support contact")


def timeline_of(move: Move, actor: Actor) -> list[dict[str, Any]]:
    """Return the newest rows of the log about a move, each with the step or service it is about."""
    rows = Activity.objects.visible_to(actor).filter(object_type=move._meta.label_lower, object_ref=move.pk)
    return [
        {
            "title": entry.label,
            "who": " · ".join(part for part in (entry.who, entry.company) if part),
            "at": entry.at,
            "note": " · ".join(
                in_words(name, entry.details[name]) for name in TOLD if entry.details.get(name)
            ),
        }
        for entry in activity.entries(rows.order_by("-pk")[:TIMELINE])
    ]


@require_safe
def sheet(request: Request, pk: int) -> HttpResponse:
    """Show a move as one sheet of paper: who, what, each step with a box, and the lines to sign."""
    move = find(request, pk)
    steps = shown_steps(gates.ground_of(move, timezone.now()), request.actor)
    return render(
        request,
        "subscriptions/move_print.html",
        {
            "move": move,
            "subscription": move.subscription,
            "steps": steps,
            "ended_by": hands.told_to(request.actor.partner, move.ended_by, move),
            "signatures": signatures(move),
        },
    )


def signatures(move: Move) -> list[tuple[str, str]]:
    """Return who signs the sheet: customer and provider, and the other partner where one hands over."""
    customer = (_("The customer"), move.customer.name)
    provider = (_("The provider"), move.provider.name)
    if move.path != Path.SWITCH_PARTNER:
        return [customer, provider]
    if move.direction == Direction.OUT:
        return [(_("The current partner"), move.provider.name), customer, (_("The new partner"), "")]
    return [
        (_("The current partner"), move.subscription.seller_name),
        customer,
        (_("The new partner"), move.provider.name),
    ]


# --- what becomes of it ------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def abandon(request: Request, pk: int) -> HttpResponse:
    """Say what giving a move up does and does not undo; posted to, give it up."""
    move = find(request, pk)
    closed = [step.template.title for step in move.steps.all() if step.outcome == MoveStep.Outcome.DONE]
    return _decide(
        request,
        move,
        moves.abandon,
        "subscriptions/move_abandon.html",
        _("The move was given up. The subscription can be planned again."),
        refused="" if move.can_move(Move.Status.ABANDONED) else move.refusal(Move.Status.ABANDONED),
        consequences=what_giving_up_does(move, closed),
    )


def what_giving_up_does(move: Move, closed: list[Any]) -> list[str]:
    """Return what happens when a move is given up, in sentences."""
    sentences = [_("Nobody can close a step of it any more. What was written down stays readable.")]
    if closed:
        sentences.append(
            _("What was done stays done, here and at Microsoft: %(steps)s.")
            % {"steps": "; ".join(str(title) for title in closed)}
        )
    sentences.append(_("The subscription stays as it is on record, and any open path can be planned for it."))
    sentences.append(_("The customer and whoever takes part are told by mail. It cannot be taken back."))
    return sentences


@require_http_methods(["GET", "HEAD", "POST"])
def keep(request: Request, pk: int) -> HttpResponse:
    """Show why the rulebook no longer opens the path of a move; posted to, go on with it anyway."""
    move = find(request, pk)
    ((_row, ruling),) = rulings.rule([move.subscription], timezone.now())
    changed = moves.changed_ruling(move, ruling) if move.is_open else ""
    refused = "" if changed else _("Nothing has changed: the path is open, or somebody has decided to go on.")
    said = _("It goes on. You are asked again only if something else changes.")
    return _decide(
        request, move, moves.keep, "subscriptions/move_keep.html", said, refused=refused, changed=changed
    )


def _decide(
    request: Request,
    move: Move,
    story: Callable[..., Any],
    template: str,
    said: str,
    **context: Any,
) -> HttpResponse:
    """Ask for the reason of a decision about a move on a page of its own; posted to, tell the story."""
    require(may_manage_move(request.actor, move))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            story(move, form.cleaned_data["reason"], by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error("reason" if refusal.field == "reason" else None, str(refusal))
        else:
            messages.success(request, said)
            return redirect(move)
    return render(request, template, {"move": move, "form": form, **context})


@require_POST
def retarget(request: Request, pk: int) -> HttpResponse:
    """Set the day by which a move should be done, or take it away."""
    move = find(request, pk)
    require(may_manage_move(request.actor, move))
    form = TargetForm(request.POST)
    if form.is_valid():
        try:
            moves.retarget(move, form.cleaned_data["target_on"], by=request.actor, at=timezone.now())
        except Refused as refusal:
            form.add_error("target_on", str(refusal))
        else:
            messages.success(request, _("The target date was saved."))
            return redirect(move)
    return render(request, "subscriptions/move.html", detail_of(request, move, target_form=form))
