"""What is under way with one subscription, and what can be begun: moves, a transfer, who looks after it."""

from datetime import datetime
from typing import Any

from django.db.models import Count, Q
from django.urls import reverse
from django.utils.translation import gettext as _

from customers.standing import Standing
from partners.actor import Actor
from subscriptions import records, turns
from subscriptions.filters import Turn
from subscriptions.models import Move, Subscription, Transfer, TransferItem
from subscriptions.permissions import may_edit_subscription, may_file_transfer, may_plan
from subscriptions.rulebook import OpenPath, Ruling
from subscriptions.steps import BY_CODE, PLANNABLE
from subscriptions.vocabulary import Direction, Path, words

MOST = 20  # moves of one subscription


def moves_of(row: Subscription, actor: Actor, at: datetime) -> list[Move]:
    """Return the newest moves of a subscription, each with its next step, whose turn it is and how far."""
    seen = row.moves.with_next().annotate(
        turn=turns.whose(at, turns.as_seen_by(actor)),
        steps_all=Count("steps"),
        steps_closed=Count("steps", filter=~Q(steps__outcome="")),
    )
    return list(seen.order_by("-pk")[:MOST])


def shown(path: str, code: str | None, turn: str, actor: Actor) -> dict[str, Any]:
    """Return a move under way in words: its path, the next step, and whose turn it is to the reader."""
    mine = Turn.RESELLER if turns.as_seen_by(actor) else Turn.PROVIDER
    return {
        "path": Path(path).label,
        "step": BY_CODE[code].title if code else "",
        "is_mine": actor.partner is not None and turn == mine,
        "turn": words(Turn).get(turn, ""),
    }


def of(row: Any, actor: Actor) -> dict[str, Any] | None:
    """Return the move of a subscription read `with_move` in words, None where none is under way."""
    if row.move_pk is None:
        return None
    words_of = shown(row.move_path, row.next_code, row.turn, actor)
    return {**words_of, "url": reverse("subscriptions:move", args=[row.move_pk])}


def under_way(moves: list[Move], actor: Actor) -> dict[str, Any] | None:
    """Return the open move among these as the page shows it, None where none is open."""
    move = next((one for one in moves if one.is_open), None)
    if move is None:
        return None
    seen: Any = move  # its annotations
    return {
        **shown(move.path, seen.next_code, seen.turn, actor),
        "url": move.get_absolute_url(),
        "number": min(seen.steps_closed + 1, seen.steps_all),
        "of": seen.steps_all,
    }


def transfer_of(row: Subscription, actor: Actor, at: datetime) -> Transfer | None:
    """Return the request that waits for an answer about a subscription, to whoever filed or received it."""
    asked = Q(items__subscription=row) | Q(items__source=row)
    waiting = Transfer.objects.visible_to(actor).pending(at)
    return waiting.filter(asked, items__status=TransferItem.Status.REQUESTED).first()


def beginnings(
    row: Subscription, ruling: Ruling, actor: Actor, *, is_free: bool
) -> dict[str, tuple[str, str]]:
    """Return by path what the actor can begin, where and in which words; `is_free` where nothing is on."""
    found = {}
    for path in () if ruling.plan_with_base else ruling.open:
        offered = _beginning(row, path, actor)
        if offered and (is_free or path.path == Path.CHANGE_RESELLER):
            found[path.path.value] = offered
    return found


def _beginning(row: Subscription, path: OpenPath, actor: Actor) -> tuple[str, str] | None:
    if path.path in PLANNABLE and may_plan(actor, row):
        address = reverse("subscriptions:move-plan", args=[row.pk], query={"path": path.path.value})
        return address, _("Plan this path")
    if path.path == Path.TRANSFER and may_file_transfer(actor) and actor.is_of(row.provider_id):
        address = reverse("subscriptions:transfer-new", query={"subscription": row.pk})
        is_out = path.direction == Direction.OUT
        return address, _("Write down a transfer") if is_out else _("Request the transfer")
    if path.path == Path.CHANGE_RESELLER and may_edit_subscription(actor, row):
        return reverse("subscriptions:subscription-reseller", args=[row.pk]), _("Change the reseller")
    return None


def looked_after(row: Subscription, stands: Standing, at: datetime) -> str:
    """Say who looks after a subscription bought elsewhere: its support contact, while a privilege is live."""
    contact = row.support_contact
    if row.is_ours or contact is None or not stands.has_grant:
        return ""
    if contact.pk != row.provider_id:
        able = records.may_support(row.customer, row.product, at)
        if not able.filter(pk=contact.pk).exists():
            return ""
    return _("%(who)s looks after it, under a privilege the customer granted.") % {"who": contact.name}
