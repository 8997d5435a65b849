"""A ruling as pages show it: paths with their steps, what is missing and what would lift it."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _

from customers.models import Customer
from customers.permissions import may_ask_for_privileges, may_invite
from customers.standing import State
from partners.actor import Actor
from partners.templatetags.ui import day_words, exact_day
from subscriptions.rulebook import MET, ClosedPath, OpenPath, Ruling
from subscriptions.vocabulary import Need, StepPrivilege

URGENT, NEAR = 7, 30  # days before a decision deadline
# The step that meets a need: once the need is met, it is done.
MEETS = {"relationship": Need.RELATIONSHIP, "grant": Need.GRANT}
Fixes = Mapping[Need, tuple[str, str]]


def fixes(actor: Actor, customer: Customer, state: str) -> dict[Need, tuple[str, str]]:
    """Return, for each need somebody of this role can do something about, where and in which words."""
    page = customer.get_absolute_url()
    found = {Need.NO_OTHER_CSP_PARTNER: (page, _("See who may do what"))}
    if state == State.PENDING:
        found[Need.RELATIONSHIP] = (f"{page}#answers", _("Look at the answer that waits"))
        return found
    if not may_invite(actor) or customer.region != customer.provider.region:
        return found
    invite = (reverse("customers:invite", query={"customer": customer.pk}), _("Invite the customer"))
    found |= {Need.RELATIONSHIP: invite, Need.AGREEMENT: invite}
    if may_ask_for_privileges(actor):
        found[Need.GRANT] = invite
    return found


def shown(ruling: Ruling, fixable: Fixes | None = None) -> dict[str, Any]:
    """Return what the templates of a ruling need."""
    deadline = ruling.deadline
    return {
        "open": [open_path(path, ruling, fixable or {}) for path in ruling.open],
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
