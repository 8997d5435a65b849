"""What the log says of moves."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import models
from django.utils.translation import gettext_lazy

from customers import told
from customers.records import readers
from partners import activity
from partners.actor import Actor
from subscriptions.models import Move, MoveStep
from subscriptions.steps import BY_CODE
from subscriptions.vocabulary import Path


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls the stories of moves."""

    PLANNED = "move.planned", gettext_lazy("Move planned")
    STEP_CLOSED = "move.step_closed", gettext_lazy("Step of a move closed")
    STEP_NOT_NEEDED = "move.step_not_needed", gettext_lazy("Step of a move not needed")
    SETTLED = "move.settled", gettext_lazy("Step of a move closed by what is on record")
    COMPLETED = "move.completed", gettext_lazy("Move completed")
    ABANDONED = "move.abandoned", gettext_lazy("Move abandoned")
    KEPT = "move.kept", gettext_lazy("Move goes on after another ruling")
    RETARGETED = "move.retargeted", gettext_lazy("Target date of a move changed")
    SERVICE_ADDED = "move.service_added", gettext_lazy("Service added to the inventory")
    SERVICE_EDITED = "move.service_edited", gettext_lazy("Service in the inventory edited")
    SERVICE_REMOVED = "move.service_removed", gettext_lazy("Service removed from the inventory")
    SERVICE_MOVED = "move.service_moved", gettext_lazy("Service moved")
    SERVICE_CANCELLED = "move.service_cancelled", gettext_lazy("Moved service cancelled where it ran before")


activity.explain("path", gettext_lazy("Path"), Path.choices)
_TITLES = [(code, step.title) for code, step in BY_CODE.items()]
activity.explain("step", gettext_lazy("Step"), _TITLES)
activity.explain("closed_by_itself", gettext_lazy("Closed by what is on record"), _TITLES)
activity.explain("choice", gettext_lazy("Choice"), MoveStep.Choice.choices)
activity.explain("target_on", gettext_lazy("Target date"))
activity.explain("service", gettext_lazy("Service"))
# What the customer reads of it: not how its partners plan, and keep their lists.
told.tells(
    Verb.PLANNED,
    Verb.STEP_CLOSED,
    Verb.STEP_NOT_NEEDED,
    Verb.SETTLED,
    Verb.COMPLETED,
    Verb.ABANDONED,
    Verb.SERVICE_MOVED,
    Verb.SERVICE_CANCELLED,
    details=("path", "step", "service"),
)


def record(
    verb: Verb,
    move: Move,
    *others: models.Model,
    by: Actor,
    at: datetime,
    closed: Sequence[MoveStep] = (),
    reason: str = "",
    **details: Any,
) -> None:
    """Write the row of a story about a move; `closed` are the steps that what is on record closed."""
    titles = {"closed_by_itself": [step.code for step in closed]} if closed else {}
    activity.record(
        verb,
        by=by,
        at=at,
        provider=move.provider,
        about=move,
        customer=move.customer,
        # What a reseller did is between it and its provider: another reads no name of its people.
        seen_by=() if by.partner is not None and by.partner.is_reseller else readers(move.customer, at),
        details={
            "changed": activity.changed(move, *closed, *others),
            "path": move.path,
            **titles,
            **details,
        },
        personal={"reason": reason} if reason else None,
    )
