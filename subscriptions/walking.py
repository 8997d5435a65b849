"""The stories of a move's steps: each closes in order, once, by whom it belongs to, on what proves it.

What is on record closes a step by itself: the next step whose fact holds closes in the same story, and the
worker looks after facts that come true meanwhile. The last step completes the move.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from customers.models import Contact, Customer, Grant
from partners.actor import Actor, ActorKind
from partners.errors import Refused
from subscriptions import gates, move_log, move_mails, proofs, truths, uploads
from subscriptions.gates import Ground
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.move_log import Verb
from subscriptions.proofs import Given
from subscriptions.vocabulary import StepActor, StepPrivilege

__all__ = ["Given", "close", "lock", "pass_what_holds", "refuse_contact", "settle", "skip", "why_not"]

Outcome = MoveStep.Outcome


def why_not(step: MoveStep, actor: Actor, at: datetime) -> str:
    """Say why this person cannot close a step now, in the words of what it waits for; empty if they can."""
    ground = gates.ground_of(step.move, at)
    return gates.why_not(ground.step(step.pk), actor, ground)


def lock(move: Move, *, at: datetime, privilege: str = StepPrivilege.NONE) -> Ground:
    """Lock customer, a privilege's grants, subscription, move, in this order; return the ground."""
    # Not its key: a new subscription and the log of others point at the customer.
    Customer.objects.select_for_update(of=("self",), no_key=True).get(pk=move.customer_id)
    if privilege != StepPrivilege.NONE:
        grants = Grant.objects.filter(customer=move.customer_id, status=Grant.Status.ACTIVE)
        list(grants.select_for_update(of=("self",)).order_by("pk"))
    Subscription.objects.lock(move.subscription_id)
    return gates.ground_of(Move.objects.lock(move.pk), at)


@transaction.atomic
def close(step: MoveStep, given: Given, *, by: Actor, contact: Contact | None = None, at: datetime) -> Move:
    """Close the next step of a move on what proves it; what it makes true is written with it.

    Refuses what `why_not` refuses, proof that is missing or impossible, and without a reason whoever closes
    what belongs to somebody else. A customer's contact closes the customer's steps.
    """
    ground = lock(step.move, at=at, privilege=step.privilege)
    step, move = ground.step(step.pk), ground.move
    refuse_contact(move, by, contact)
    words = gates.why_not(step, by, ground)
    if words:
        raise Refused(words)
    _refuse_without_reason(step, given, by)
    given = _as_it_is_now(given)
    proofs.refuse(step, given, ground)
    others = truths.write(step, given, ground, by=by)
    _close(step, Outcome.DONE, given, by=by, contact=contact, at=at)
    for uploaded in given.files:  # last: nothing but the log and the mails can fail after them
        uploads.keep(step, uploaded, by=by, at=at)
    passed = pass_what_holds(ground)
    completed = _go_on(ground, by=by)
    verb = Verb.COMPLETED if completed else Verb.STEP_CLOSED
    _tell(step, ground, by=by)
    _record(verb, step, ground, others, passed=passed, by=by, reason=given.reason, choice=given.choice)
    return move


@transaction.atomic
def skip(step: MoveStep, reason: str, *, by: Actor, contact: Contact | None = None, at: datetime) -> Move:
    """Close the next step as not needed, with a reason.

    Refuses a step that cannot be left out, one whose condition says it is needed, and whoever may not.
    """
    ground = lock(step.move, at=at, privilege=step.privilege)
    step, move = ground.step(step.pk), ground.move
    refuse_contact(move, by, contact)
    words = (
        gates.why_not_its_turn(step, ground)
        or gates.why_not_theirs(step, by, ground)
        or gates.why_needed(step, ground)
    )
    if words:
        raise Refused(words)
    if not reason.strip():
        raise Refused(_("Say why it is not needed."), field="reason")
    _close(step, Outcome.NOT_NEEDED, Given(reason=reason), by=by, contact=contact, at=at)
    passed = pass_what_holds(ground)
    completed = _go_on(ground, by=by)
    _tell(step, ground, by=by)
    verb = Verb.COMPLETED if completed else Verb.STEP_NOT_NEEDED
    _record(verb, step, ground, (), passed=passed, by=by, reason=reason)
    return move


@transaction.atomic
def settle(move: Move, *, at: datetime) -> bool:
    """Close what is on record for the system; return whether there was anything to close."""
    ground = lock(move, at=at)
    passed = pass_what_holds(ground) if ground.move.is_open else []
    if not passed:
        return False
    system = Actor.system()
    completed = _go_on(ground, by=system)
    _tell(passed[-1], ground, by=system)
    verb = Verb.COMPLETED if completed else Verb.SETTLED
    move_log.record(verb, ground.move, by=system, at=at, closed=passed)
    return True


def refuse_contact(move: Move, by: Actor, contact: Contact | None) -> None:
    """Refuse a contact of another customer or without a proved address, and a customer nobody knows."""
    if contact is None:
        if by.kind == ActorKind.CUSTOMER:
            raise Refused(_("Only a confirmed contact closes the customer's steps."))
    elif contact.customer_id != move.customer_id or not contact.is_confirmed:
        raise Refused(_("Only a confirmed contact closes the customer's steps."))


def _refuse_without_reason(step: MoveStep, given: Given, by: Actor) -> None:
    """Refuse to close what belongs to somebody else without a word why; a recorded fact speaks for itself."""
    theirs = step.actor in (StepActor.CUSTOMER, StepActor.CURRENT_PARTNER)
    if theirs and by.kind != ActorKind.CUSTOMER and step.template.fact is None and not given.reason.strip():
        raise Refused(_("It is not your step: say how you know it is done."), field="reason")


def _as_it_is_now(given: Given) -> Given:
    """Return what was given with the new subscription locked and read anew; its customer is locked."""
    if not isinstance(given.successor, Subscription):
        return given
    return replace(given, successor=Subscription.objects.lock(given.successor.pk))


def _close(
    step: MoveStep, outcome: str, given: Given, *, by: Actor, contact: Contact | None, at: datetime
) -> None:
    values: dict[str, Any] = {
        "outcome": outcome,
        "note": given.note.strip(),
        "happened_on": given.happened_on,
        "reference": given.reference.strip(),
        "entitlement_id": given.entitlement_id.strip(),
        "choice": given.choice,
        "reason": given.reason.strip(),
        "done_at": at,
        "done_by": by.stamp,
        "done_user": by.user,
        "done_contact": contact,
    }
    if step.pk and not MoveStep.objects.filter(pk=step.pk, outcome="").update(**values):
        raise Refused(_("Someone else has just changed this. Look again before you go on."))
    for name, value in values.items():
        setattr(step, name, value)


def pass_what_holds(ground: Ground) -> list[MoveStep]:
    """Close, by the system's hand, the next steps whose recorded fact holds already; return them.

    No note is stored: each says by `MoveStep.proof` which fact it was. Of a move being planned the steps are
    not saved yet.
    """
    passed, system = [], Actor.system()
    while (step := ground.next) is not None and gates.holds(step, ground):
        _close(step, Outcome.DONE, Given(), by=system, contact=None, at=ground.at)
        passed.append(step)
    return passed


def _go_on(ground: Ground, *, by: Actor) -> bool:
    """Say that the move is under way, or completed with its last step; return whether it is completed."""
    move = ground.move
    if move.status == Move.Status.PLANNED:
        move.move(Move.Status.IN_PROGRESS)
    if ground.next is not None:
        return False
    move.move(Move.Status.COMPLETED, ended_at=ground.at, ended_by=by.stamp)
    return True


def _tell(step: MoveStep, ground: Ground, *, by: Actor) -> None:
    """Mail whoever waits: of a completed move that it is over, else whose turn it is now."""
    if ground.move.is_open:
        move_mails.step_done(ground.move, step, by=by, at=ground.at)
    else:
        move_mails.move_completed(ground.move, by=by, at=ground.at)


def _record(
    verb: Verb,
    step: MoveStep,
    ground: Ground,
    others: Sequence[Any],
    *,
    passed: Sequence[MoveStep],
    by: Actor,
    reason: str,
    choice: str = "",
) -> None:
    move_log.record(
        verb,
        ground.move,
        step,
        *others,
        by=by,
        at=ground.at,
        closed=passed,
        reason=reason,
        step=step.code,
        choice=choice,
    )
