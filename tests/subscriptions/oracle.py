"""What the requirement says of moves and transfers, written again without the code: domain.md, 2 to 5.

It answers from facts it keeps itself; where the requirement is silent it answers None, and either is right.
"""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from partners.models import Role
from subscriptions.models import Move, MoveStep, Subscription

AGENTS = {Role.ACCOUNT_ADMIN, Role.ADMIN_AGENT}
OVER = {"cancelled", "expired", "transferred"}
RUNNING = {"pending", "active", "suspended"}
LAPSES = timedelta(days=30)
# Section 4, edition 2016-12: what is open, by channel and billing, while it runs.
OPEN_2016 = {
    ("open", "license"): {"support_in_place", "replace_licences"},
    ("ea", "usage"): {"migrate_azure"},
    ("csp_other", "license"): {"wait_or_cancel", "support_in_place"},
    ("csp_other", "usage"): {"switch_partner"},
    ("csp_own", "license"): set(),
    ("csp_own", "usage"): {"switch_partner"},
}
# Steps before which the customer has a relationship and has accepted the agreement.
BUYING = {"buy", "new_subscription", "sign_new"}


@dataclass
class Stand:
    """How a provider stands with the customer: each fact as the acts so far left it."""

    relationship: bool = True
    granted: set[str] = field(default_factory=lambda: {"provisioning", "support"})
    grants_end: date = date.max
    partnership: bool = True
    assigned: set[str] = field(default_factory=lambda: {"provisioning"})

    def grants(self, privilege: str, at: datetime) -> bool:
        """Say whether the provider holds a privilege."""
        return self.relationship and privilege in self.granted and at.date() <= self.grants_end

    def holds(self, privilege: str, at: datetime) -> bool:
        """Say whether the reseller may act under it: every link of the chain holds at this moment."""
        return self.grants(privilege, at) and self.partnership and privilege in self.assigned


@dataclass(frozen=True)
class Person:
    """Whoever tries: of the provider, of its reseller, of the customer, or a stranger."""

    side: str
    role: Role | None = None

    @property
    def is_agent(self) -> bool:
        """Say whether the table of roles lets them plan and close."""
        return self.role in AGENTS


def opens(row: Subscription, path: str) -> bool | None:
    """Say whether edition 2016-12 opens a path; of what is over, only of other partners' licences."""
    kind = (str(row.channel), str(row.product.billing))
    if row.status not in OVER:
        return path in OPEN_2016[kind]
    if kind == ("csp_other", "license"):
        return path == "replace_licences"
    return None if path == "replace_licences" else False


def fact_holds(step: MoveStep, stand: Stand, at: datetime) -> bool | None:
    """Say whether what is on record closes a step by itself; None if nothing on record could."""
    match step.code:
        case "relationship":
            return stand.relationship
        case "grant":
            return any(stand.grants(one, at) for one in ("provisioning", "support"))
        case "assign":
            return any(stand.holds(one, at) for one in ("provisioning", "support"))
        case "support_contact":
            return step.move.subscription.support_contact_id is not None
    return None


def may_take(step: MoveStep, who: Person, stand: Stand, at: datetime) -> bool:
    """Say whose step it is: sections 1 and 2."""
    match who.side:
        case "provider":
            return who.is_agent
        case "reseller":
            return who.is_agent and step.privilege != "none" and stand.holds(step.privilege, at)
        case "customer":
            return step.actor == "customer"
    return False


def may_close(step: MoveStep, who: Person, stand: Stand, at: datetime, moved_by: set[int], user: int) -> bool:
    """Say whether a step closes on complete evidence: in order, once, by the right one, its gates open."""
    move = step.move
    steps = list(move.steps.order_by("position"))
    first = next((one for one in steps if not one.outcome), None)
    if move.status not in Move.OPEN or first is None or first.pk != step.pk:
        return False
    # A reseller that holds support closes the step by becoming the contact.
    itself = who.side == "reseller" and step.code == "support_contact"
    if not may_take(step, who, stand, at) or (fact_holds(step, stand, at) is False and not itself):
        return False
    began = any(one.code == "relationship" and one.outcome for one in steps)
    if (step.code in BUYING or (began and step.actor == "provider")) and not stand.relationship:
        return False
    delegated = step.privilege != "none" and who.side == "provider" and not _sells(move)
    if delegated and not stand.grants(step.privilege, at):
        return False
    if step.code == "verify" and user in moved_by:
        return False
    row = move.subscription
    if step.code == "ended":
        waits = any(one.code == "choose" and one.choice == "wait" for one in steps)
        return not waits or row.term_end is None or at.date() >= row.term_end
    if step.code == "out_closed":
        return row.status == "active"
    return row.status in RUNNING if step.code == "confirmed" else True


def may_skip(step: MoveStep, who: Person, stand: Stand, at: datetime) -> bool:
    """Say whether a step is left out: only where its template allows it, and not when it is needed."""
    move = step.move
    first = move.steps.filter(outcome="").order_by("position").first()
    if move.status not in Move.OPEN or first is None or first.pk != step.pk:
        return False
    if not step.is_optional or not may_take(step, who, stand, at):
        return False
    match step.code:
        case "support_contact" | "first_task":
            return not stand.grants(step.privilege, at)
        case "reassign":
            new, old = move.successor, move.subscription
            return new is not None and (new.product_id, new.quantity) == (old.product_id, old.quantity)
    return True


def _sells(move: Move) -> bool:
    """Say whether the provider sells what is moved, or what takes its place: it needs no grant then."""
    return any(one is not None and one.channel == "csp_own" for one in (move.subscription, move.successor))
