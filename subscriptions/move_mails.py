"""The mails of moves: at once where somebody else waits for the reader; all the rest is the day's summary.

One mail to an address for one story, however many steps it is about. A partner outside gets none: the
provider chases its steps.
"""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from customers.emails import to_contact
from customers.models import Assignment, Contact, Customer
from partners.actor import Actor, ActorKind
from partners.emails import to_members
from partners.errors import Refused
from partners.models import Partner
from partners.permissions import AGENTS
from subscriptions import hands, rulings
from subscriptions.models import Move, MoveStep
from subscriptions.vocabulary import StepActor, StepPrivilege

Turn = tuple[Move, MoveStep]
Held = dict[tuple[int, str, str], list[Partner]]  # resellers by customer, family and privilege


def step_due(move: Move, step: MoveStep, *, at: datetime) -> None:
    """Tell whoever has to take the next step of a move that was just planned, if somebody else waits."""
    steps_due([(move, step)], at=at)


def step_done(move: Move, step: MoveStep, *, by: Actor, at: datetime) -> None:
    """Tell the customer of a step that was closed in its name, and whoever is next that it is their turn.

    Call it once in a story, after everything that closes has closed: it finds the next step itself. Of a move
    that is over `move_completed` tells.
    """
    upcoming = move.steps.filter(outcome="").order_by("position").first()
    if upcoming is None:
        return
    done = step if _in_the_customers_name(step, by) else None
    steps_due([(move, upcoming)], by=by, done=done, at=at)
    if done and (upcoming.actor != StepActor.CUSTOMER or upcoming.template.fact):
        for contact in move.customer.contacts.confirmed().order_by("pk"):
            to_contact("subscriptions/step_done", contact, {**_about(move), "done": done}, at=at)


def steps_due(
    turns: Sequence[Turn], *, by: Actor | None = None, done: MoveStep | None = None, at: datetime
) -> None:
    """Tell everybody whose turn has come, once for each step: one mail to each, whatever the number of moves.

    `by` closed the step before: the provider's people need not be told of what one of them did, nor of what
    closed by itself. `done` is a step that was closed in the customer's name, told with its turn.
    """
    fresh = [(move, step) for move, step in turns if step.told_at is None]
    # What a recorded fact closes the customer is asked by an invitation, which is a mail of its own.
    theirs = [turn for turn in fresh if turn[1].actor == StepActor.CUSTOMER and not turn[1].template.fact]
    told = _tell_customers(theirs, done, at=at)
    told += _tell_companies(fresh, by, at=at)
    for step in told:
        step.told_at = at
    MoveStep.objects.filter(pk__in=[step.pk for step in told]).update(told_at=at)


def move_completed(move: Move, *, by: Actor, at: datetime) -> None:
    """Tell everybody concerned who did not do it that the path is walked to its end."""
    last = move.steps.exclude(outcome="").order_by("-position").first()
    done = last if last is not None and _in_the_customers_name(last, by) else None
    _ended(move, done, by=by, at=at)


def move_abandoned(move: Move, *, by: Actor, at: datetime) -> None:
    """Tell everybody concerned who did not decide it that the path is given up, and why."""
    _ended(move, None, by=by, at=at)


def deadline_near(move: Move, *, at: datetime) -> None:
    """Remind the customer and its provider that the term they wait for is about to end."""
    context = {**_about(move), "deadline": _deadline(move, at)}
    to_members(
        "subscriptions/deadline_near",
        move.provider,
        AGENTS,
        context={**context, "address": settings.SITE_URL + move.get_absolute_url()},
        at=at,
    )
    for contact in move.customer.contacts.confirmed().order_by("pk"):
        to_contact("subscriptions/deadline_yours", contact, context, at=at)


def _ended(move: Move, done: MoveStep | None, *, by: Actor, at: datetime) -> None:
    context = {**_about(move), "done": done}
    for company in [move.provider, *_holders(move, at)]:
        to_members(
            "subscriptions/move_ended",
            company,
            AGENTS,
            context={
                **context,
                "ended_by": hands.told_to(company, move.ended_by, move),
                "address": settings.SITE_URL + move.get_absolute_url(),
            },
            but=by.user,
            at=at,
        )
    for contact in move.customer.contacts.confirmed().order_by("pk"):
        with suppress(Refused):  # planned and given up again and again: the address has had its share
            to_contact("subscriptions/move_ended_yours", contact, context, notice=done is not None, at=at)


def _about(move: Move) -> dict[str, Any]:
    return {
        "move": move,
        "subscription": move.subscription,
        "customer": move.customer,
        "provider": move.provider,
    }


def _in_the_customers_name(step: MoveStep, by: Actor) -> bool:
    """Say whether a person with an account closed a step of the customer's; what facts close, it knows."""
    return step.actor == StepActor.CUSTOMER and by.user is not None


def _holders(move: Move, at: datetime) -> list[Partner]:
    """Return the resellers that hold any privilege for the services of a move."""
    held = Assignment.objects.live(at, move.subscription.product.family).filter(customer=move.customer_id)
    return list(Partner.objects.filter(pk__in=held.order_by().values("reseller")).order_by("pk"))


def _held(turns: Sequence[Turn], at: datetime) -> Held:
    """Return the resellers that hold what these steps take, by customer, family and privilege.

    One query for each family: of many moves planned at once each would else ask for itself.
    """
    taking = [move for move, step in turns if step.privilege != StepPrivilege.NONE]
    customers = {move.customer_id for move in taking}
    found: Held = {}
    for family in sorted({move.subscription.product.family for move in taking}):
        live = Assignment.objects.live(at, family).filter(customer__in=customers)
        for one in live.select_related("reseller").order_by("reseller", "pk"):
            holders = found.setdefault((one.customer_id, family, one.privilege), [])
            if one.reseller not in holders:
                holders.append(one.reseller)
    return found


def _tell_customers(turns: Sequence[Turn], done: MoveStep | None, *, at: datetime) -> list[MoveStep]:
    """Write to the confirmed contacts of each customer; return the steps somebody was told of."""
    by_customer: dict[Customer, list[Turn]] = {}
    for turn in turns:
        by_customer.setdefault(turn[0].customer, []).append(turn)
    contacts = Contact.objects.confirmed().filter(customer__in=by_customer).order_by("pk")
    told: list[MoveStep] = []
    for contact in contacts.select_related("customer"):
        own = by_customer[contact.customer]
        with suppress(Refused):  # the address has had its share of today; its page shows every step
            context = {**_waiting(own, at), "done": done}
            to_contact("subscriptions/step_yours", contact, context, notice=done is not None, at=at)
        told += [step for _move, step in own]
    return told


def _tell_companies(turns: Sequence[Turn], by: Actor | None, *, at: datetime) -> list[MoveStep]:
    """Write to the agents of the companies that take these steps; return the steps somebody was told of."""
    by_company: dict[Partner, list[Turn]] = {}
    held = _held(turns, at)
    for move, step in turns:
        for company in _takers(move, step, by, held):
            by_company.setdefault(company, []).append((move, step))
    for company, own in by_company.items():
        page = own[0][0].get_absolute_url() if len(own) == 1 else reverse("home")
        context = {**_waiting(own, at), "address": settings.SITE_URL + page}
        to_members("subscriptions/step_due", company, AGENTS, context=context, at=at)
    return [step for own in by_company.values() for _move, step in own]


def _takers(move: Move, step: MoveStep, by: Actor | None, held: Held) -> list[Partner]:
    """Return the companies that take a step and that somebody waits for: a privilege's holder comes first."""
    if step.actor != StepActor.PROVIDER:
        return []
    takers = held.get((move.customer_id, move.subscription.product.family, step.privilege), [])
    if not takers and by is not None and by.kind != ActorKind.SYSTEM:
        takers = [move.provider]
    return [company for company in takers if by is None or not by.is_of(company.pk)]


def _waiting(turns: Sequence[Turn], at: datetime) -> dict[str, Any]:
    """Return what a mail says of steps that wait, the decision deadline of each with it."""
    return {
        **_about(turns[0][0]),
        "first": turns[0][1],
        "turns": [(move, step, _deadline(move, at)) for move, step in turns],
    }


def _deadline(move: Move, at: datetime) -> dict[str, Any] | None:
    """Return the decision deadline of what is moved, and when its day is over where the provider is."""
    found = rulings.deadline(move.subscription, at)
    if found is None:
        return None
    over = datetime.combine(found.on + timedelta(days=1), time.min, tzinfo=move.provider.zone)
    return {"on": found.on, "over_at": over, "then": found.then}
