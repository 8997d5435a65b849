"""A ruling as pages show it: paths with their steps, what is missing and what would lift it."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import Customer, Relationship
from customers.permissions import (
    may_ask_for_privileges,
    may_attest_agreement,
    may_invite,
    may_request_invitation,
)
from customers.standing import State
from partners.actor import Actor
from partners.models import RulebookEdition
from partners.templatetags.ui import day_words, exact_day
from subscriptions import rulebook
from subscriptions.editions import EDITIONS
from subscriptions.rulebook import MET, ClosedPath, OpenPath, Ruling
from subscriptions.vocabulary import Direction, Need, Path, StepPrivilege

URGENT, NEAR = 7, 30  # days before a decision deadline
# The step that meets a need: once the need is met, it is done.
MEETS = {"relationship": Need.RELATIONSHIP, "grant": Need.GRANT}
Fixes = Mapping[Need, tuple[str, str]]
Beginnings = Mapping[str, tuple[str, str]]


def fixes(
    actor: Actor, customer: Customer, state: str, relationship: Relationship | None = None
) -> dict[Need, tuple[str, str]]:
    """Return, for each need somebody of this role can do something about, where and in which words.

    With the active relationship at hand, an agreement accepted elsewhere can be attested too.
    """
    page = customer.get_absolute_url()
    found = {Need.NO_OTHER_CSP_PARTNER: (page, _("See who may do what"))}
    if may_request_invitation(actor) and state != State.PENDING:
        ask = (reverse("customers:request-new"), _("Ask the provider for an invitation"))
        return found | dict.fromkeys((Need.RELATIONSHIP, Need.GRANT, Need.AGREEMENT), ask)
    if state == State.PENDING:
        found[Need.RELATIONSHIP] = (f"{page}#answers", _("Look at the answer that waits"))
        return found
    if relationship is not None and may_attest_agreement(actor, relationship):
        attest = reverse("customers:agreement-attest", args=[relationship.pk])
        found[Need.AGREEMENT] = (attest, _("It was accepted elsewhere: write it down"))
    if not may_invite(actor) or customer.region != customer.provider.region:
        return found
    invite = (reverse("customers:invite", query={"customer": customer.pk}), _("Invite the customer"))
    found = {Need.RELATIONSHIP: invite, Need.AGREEMENT: invite} | found
    if may_ask_for_privileges(actor):
        found[Need.GRANT] = invite
    return found


def shown(
    ruling: Ruling, fixable: Fixes | None = None, beginnings: Beginnings | None = None
) -> dict[str, Any]:
    """Return what the templates of a ruling need; `beginnings` are the addresses where a path begins."""
    deadline, begin = ruling.deadline, beginnings or {}
    return {
        "open": [
            {**open_path(path, ruling, fixable or {}), "begin": begin.get(path.path.value)}
            for path in ruling.open
        ],
        "closed": [closed_path(path, ruling) for path in ruling.closed],
        "reason": ruling.reason,
        "warnings": [caution.label for caution in ruling.warnings],
        "missing_facts": [(fact.label, fact.consequence) for fact in ruling.missing_facts],
        "plan_with_base": ruling.plan_with_base,
        "deadline": deadline,
        "due": due(deadline.on, ruling.facts.today) if deadline else None,
    }


def open_path(path: OpenPath, ruling: Ruling, fixable: Fixes) -> dict[str, Any]:
    """Return an open path with its steps: what is done, what is missing, whose turn each is."""
    return {
        "is_open": True,
        "code": path.path.value,
        "title": path.path.label,
        "because": path.reason,
        "steps": [
            {
                "title": step.title,
                "hint": step.hint,
                "actor": step.actor.label,
                "privilege": step.privilege.label if step.privilege != StepPrivilege.NONE else "",
                "optional": step.optional,
                "missing": MEETS.get(step.code) in path.missing,
                "done": (need := MEETS.get(step.code)) is not None and MET[need](ruling.facts),
            }
            for step in path.steps
        ],
        "needs": [need.label for need in path.missing],
        "missing": [
            {"words": need.label, "lift": need.lift, "fix": fixable.get(need)} for need in path.missing
        ],
        "direction": path.direction,
        "source": path.source,
        "edition": ruling.edition,
    }


def closed_path(path: ClosedPath, ruling: Ruling) -> dict[str, Any]:
    """Return a closed path with its reason."""
    return {
        "is_open": False,
        "code": path.path.value,
        "title": path.path.label,
        "because": path.reason,
        "source": path.source,
        "edition": ruling.edition,
    }


def due(day: date, today: date) -> dict[str, str]:
    """Return a decision deadline as a state and words."""
    days = (day - today).days
    state = "urgent" if days <= URGENT else "waiting" if days <= NEAR else "info"
    note = {"urgent": "error", "waiting": "warning", "info": "info"}[state]
    return {"state": state, "note": note, "words": day_words(day, today), "exact": exact_day(day)}


# --- what changed and why ----------------------------------------------------------------------


def compared(ruling: Ruling) -> list[dict[str, Any]]:
    """Return what each edition says of the same facts, the one in force first; nothing where they agree.

    Every path is in every column, so that they read line by line; those that differ are marked.
    """
    others = [edition for edition in EDITIONS if edition != ruling.edition]
    every = [ruling, *(rulebook.rule(replace(ruling.facts, edition=one)) for one in others)]
    said = [_by_path(one) for one in every]
    paths = [path for path in Path if any(path in one for one in said)]
    differing = {path for path in paths if len({_sense(one.get(path)) for one in said}) > 1}
    days = {one.deadline.on if one.deadline else None for one in every}
    if not differing and len(days) == 1:
        return []
    return [
        {
            "name": RulebookEdition(one.edition).label,
            "in_force": one is ruling,
            "paths": [_line(path, spoken.get(path), differs=path in differing) for path in paths],
            "deadline": (exact_day(one.deadline.on) if one.deadline else _("no date"))
            if len(days) > 1
            else "",
            "why": one.deadline.why if one.deadline and len(days) > 1 else "",
        }
        for one, spoken in zip(every, said, strict=True)
    ]


def _by_path(ruling: Ruling) -> dict[Path, OpenPath | ClosedPath]:
    every: list[OpenPath | ClosedPath] = [*ruling.open, *ruling.closed]
    return {one.path: one for one in every}


def _sense(said: OpenPath | ClosedPath | None) -> tuple[object, ...]:
    """Return what an edition makes of a path; who says so, or why both close it, is no difference."""
    if not isinstance(said, OpenPath):
        return ()
    steps = tuple(step.code for step in said.steps)
    return said.direction, str(said.reason), said.needs, steps


def _line(path: Path, said: OpenPath | ClosedPath | None, *, differs: bool) -> dict[str, Any]:
    is_open = isinstance(said, OpenPath)
    return {
        "title": path.label,
        "is_open": is_open,
        "is_said": said is not None,
        "is_out": isinstance(said, OpenPath) and said.direction == Direction.OUT,
        "because": said.reason if said else _("This edition says nothing of it."),
        "needs": [need.label for need in said.needs] if isinstance(said, OpenPath) else [],
        "source": said.source if said else "",
        "differs": differs,
    }
