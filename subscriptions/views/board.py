"""The board of moves: those a company walks, how far each is and whose turn it is."""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from partners.actor import Actor
from partners.paging import address_with, page_of
from partners.requests import Request
from partners.templatetags.ui import day_words, exact_day
from subscriptions import rulings
from subscriptions.board import COUNTED, MovesAsked, Shown, Target, how_far, own_turn
from subscriptions.models import Move
from subscriptions.steps import BY_CODE
from subscriptions.views import rulings as rulings_shown
from subscriptions.views.lists import choices, removable
from subscriptions.vocabulary import Direction, Path, StepActor, words


@require_safe
def board(request: Request) -> HttpResponse:
    """List the moves of a company, the newest or the first to be done first: how far, and whose turn."""
    actor, at, asks = request.actor, timezone.now(), MovesAsked.of(request)
    fitting = asks.among(Move.objects.visible_to(actor, at), actor, at)
    page = page_of(how_far(fitting), request, *asks.keys)
    return render(
        request,
        "subscriptions/moves.html",
        {
            "rows": list(listed(page.rows, actor, at)),
            "page": page,
            "shown": page.shown_of(fitting.order_by(*asks.keys), COUNTED),
            "asks": asks,
            "states": [
                {
                    "label": one.label,
                    "url": address_with(request, status="" if one == Shown.OPEN else one.value),
                    "active": one == asks.status,
                }
                for one in Shown
            ],
            "turns": turn_choices(request, asks.turn),
            "paths": [(one.value, one.label) for one in Path],
            "targets": Target.choices,
            "in_force": removable(request, in_force(asks, page.rows)),
            "newest_url": address_with(request, target=""),
            "target_url": address_with(request, target=Target.ANY.value),
            "is_provider": actor.partner is not None and actor.partner.owns_relationships,
        },
    )


def turn_choices(request: Request, asked: str) -> list[dict[str, Any]]:
    """Return the filter by who acts next, one's own company first."""
    own = own_turn(request.actor)
    found = choices(request, "turn", sorted(StepActor, key=lambda one: one != own), asked, _("Anybody"))
    found[1]["label"] = _("You")
    return found


def in_force(asks: MovesAsked, rows: list[Move]) -> dict[str, str]:
    """Return the filters in force that no chip shows, in words."""
    found = {}
    if asks.path:
        found["path"] = _("Path: %(what)s") % {"what": Path(asks.path).label}
    if asks.target:
        found["target"] = _("To be done: %(what)s") % {"what": Target(asks.target).label}
    if asks.customer:
        name = rows[0].subscription.customer.name if rows else str(asks.customer)
        found["customer"] = _("Customer: %(what)s") % {"what": name}
    return found


def listed(rows: list[Any], actor: Actor, at: datetime) -> Iterator[dict[str, Any]]:
    """Yield moves ready for the table; the rows bring all it shows."""
    base, customers, subscriptions = (
        reverse(name) for name in ("subscriptions:moves", "customers", "subscriptions:subscriptions")
    )
    paths, statuses = words(Path), words(Move.Status)
    today = timezone.localtime(at).date()
    for move in rows:
        row = move.subscription
        deadline = rulings.deadline(row, at) if move.is_open else None
        yield {
            "url": f"{base}{move.pk}/",
            "name": str(row),
            "subscription_url": f"{subscriptions}{row.pk}/",
            "customer": row.customer.name,
            "customer_url": f"{customers}{row.customer_id}/",
            "path": paths[move.path],
            "is_out": move.direction == Direction.OUT,
            "closed": move.steps_closed,
            "all": move.steps_all,
            "step": BY_CODE[move.next_code].title if move.next_code and move.is_open else "",
            "status": statuses[move.status],
            "state": move.status,
            "turn": turn_words(move.turn, actor) if move.is_open else "",
            "is_mine": move.turn == own_turn(actor),
            "target": target(move.target_on, today) if move.is_open else None,
            "ended_at": move.ended_at,
            "due": rulings_shown.due(deadline.on, today) if deadline else None,
        }


def turn_words(turn: str, actor: Actor) -> str:
    """Say whose turn it is, to whoever reads."""
    if not turn:
        return ""
    return _("Your turn") if turn == own_turn(actor) else str(StepActor(turn).label)


def target(day: date | None, today: date) -> dict[str, str] | None:
    """Return a target date as a state and words."""
    if day is None:
        return None
    return {
        "state": "urgent" if day < today else "info",
        "words": day_words(day, today),
        "exact": exact_day(day),
    }
