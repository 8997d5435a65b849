"""What must hold before a step of a move closes, in the words of what it waits for.

The page asks before it offers and the story asks before it acts: the same questions.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from django.utils.translation import gettext as _

from customers import standing
from customers.families import Family
from customers.models import Assignment, Grant
from customers.standing import Standing
from partners.actor import Actor, ActorKind
from partners.models import Partner, RulebookEdition
from subscriptions import permissions, records, rulebook
from subscriptions.models import InventoryItem, Move, MoveStep
from subscriptions.rulebook import RUNNING, Facts
from subscriptions.vocabulary import Availability, Evidence, Need, StepActor, StepFact, StepPrivilege

NAMED_AT_ONCE = 3  # services named in one sentence


@dataclass(frozen=True, slots=True)
class Ground:
    """A move with its steps in order, and where it stands at a moment."""

    move: Move
    walk: list[MoveStep]
    standing: Standing
    facts: Facts  # under the edition it was planned under
    is_assigned: bool  # a reseller holds a privilege for these services
    at: datetime

    @property
    def today(self) -> date:
        """Return the day it is for the provider."""
        return self.facts.today

    @property
    def next(self) -> MoveStep | None:
        """Return the first step still open."""
        return next((step for step in self.walk if not step.is_closed), None)

    def step(self, pk: int) -> MoveStep:
        """Return one step of the walk."""
        return next(step for step in self.walk if step.pk == pk)

    def closed(self, code: str) -> MoveStep | None:
        """Return a step that was done, not one that was not needed."""
        done = MoveStep.Outcome.DONE
        return next((step for step in self.walk if step.code == code and step.outcome == done), None)


def ground_of(move: Move, at: datetime) -> Ground:
    """Return where a move stands; reads its steps and, of its customer, all that a ruling depends on."""
    walk = list(move.steps.order_by("position"))
    for step in walk:
        step.move = move
    stands = standing.standings({move.customer_id}, at)[move.customer_id]
    facts = replace(move.subscription.facts(stands, at), edition=move.edition)
    family = move.subscription.product.family
    assigning = any(step.template.fact == StepFact.ASSIGNMENT and not step.is_closed for step in walk)
    is_assigned = assigning and bool(assigned({move.customer_id}, {family}, at))
    return Ground(move, walk, stands, facts, is_assigned, at)


def assigned(customers: Collection[int], families: Collection[str], at: datetime) -> set[tuple[int, str]]:
    """Return for which of these customers and families some reseller holds a privilege; a query a family."""
    found = set()
    for family in families:
        live = Assignment.objects.live(at, family).filter(customer__in=customers)
        found |= {(customer, family) for customer in live.values_list("customer", flat=True)}
    return found


def holds(step: MoveStep, ground: Ground) -> bool:
    """Say whether the recorded fact that closes a step by itself is there."""
    fact = step.template.fact
    match fact:
        case Need():
            return rulebook.MET[fact](ground.facts)
        case StepFact.ASSIGNMENT:
            return ground.is_assigned
        case StepFact.SUPPORT_CONTACT:
            return ground.move.subscription.support_contact_id is not None
    return False


def granted(move: Move, privilege: str, at: datetime) -> bool:
    """Say whether the customer's grant of a privilege to the provider is in force."""
    return Grant.objects.live(at).filter(customer=move.customer_id, privilege=privilege).exists()


# --- why a step cannot be closed now -----------------------------------------------------------


def why_not(step: MoveStep, actor: Actor, ground: Ground) -> str:
    """Say why this person cannot close a step now, in the words of what it waits for; empty if they can."""
    return (
        why_not_noted(step, actor, ground)
        or _why_no_fact(step, actor, ground)
        or _why_no_inventory(step, ground)
        or _why_not_moved(step, ground)
        or _why_not_second(step, actor, ground)
        or _why_not_running(step, ground)
    )


def why_not_noted(step: MoveStep, actor: Actor, ground: Ground) -> str:
    """Say why this person cannot even work on a step now; empty if they can."""
    return (
        why_not_its_turn(step, ground)
        or why_not_theirs(step, actor, ground)
        or _why_no_need(step, ground)
        or _why_no_privilege(step, actor, ground)
    )


def why_not_its_turn(step: MoveStep, ground: Ground) -> str:
    """Say that the move is over, the step is closed, or another comes first."""
    if not ground.move.is_open:
        return ground.move.refusal(Move.Status.COMPLETED)
    if step.is_closed:
        return _("This step is closed already.")
    first = ground.next
    if first is not None and first.pk != step.pk:
        return _("Steps close in order: first “%(step)s”.") % {"step": first}
    return ""


def why_not_theirs(step: MoveStep, actor: Actor, ground: Ground) -> str:
    """Say whose step it is, if it is not this person's to close."""
    if words := why_suspended(ground.move.provider):
        return words
    if actor.kind == ActorKind.CUSTOMER:
        return "" if step.actor == StepActor.CUSTOMER else _("This is not your step.")
    if permissions.may_close_step(actor, step, ground.at):
        return ""
    if actor.is_of(ground.move.provider_id):
        return _("Only an agent of the provider closes steps.")
    if step.privilege == StepPrivilege.NONE:
        return _("Only the provider closes this step.")
    return _("This step takes %(privilege)s for %(services)s, and you do not hold it now.") % {
        "privilege": step.get_privilege_display().lower(),
        "services": Family(ground.move.subscription.product.family).label,
    }


def why_suspended(provider: Partner) -> str:
    """Say that nothing of a suspended provider's moves; empty if it may act."""
    if provider.is_active:
        return ""
    return _("The provider is suspended: nothing goes on before it is active again.")


def _missing(need: Need) -> str:
    return _("Still missing: %(need)s %(lift)s") % {"need": need.label, "lift": need.lift}


def names_itself(step: MoveStep, actor: Actor) -> bool:
    """Say whether a reseller becomes the support contact by closing this step, as who holds support may."""
    partner = actor.partner
    return step.template.fact == StepFact.SUPPORT_CONTACT and partner is not None and partner.is_reseller


def _why_no_fact(step: MoveStep, actor: Actor, ground: Ground) -> str:
    fact = step.template.fact
    if fact is None or holds(step, ground) or names_itself(step, actor):
        return ""
    if isinstance(fact, Need):
        return _missing(fact)
    return _("This step closes once it is so: %(fact)s") % {"fact": fact.label}


def _why_no_need(step: MoveStep, ground: Ground) -> str:
    """Say which need of the rulebook is not met by now, or no more."""
    needs = list(step.template.gates)
    began = any(one.is_closed and one.template.fact == Need.RELATIONSHIP for one in ground.walk)
    if began and step.actor == StepActor.PROVIDER:
        needs.insert(0, Need.RELATIONSHIP)  # it may have ended since
    missing = next((_missing(need) for need in needs if not rulebook.MET[need](ground.facts)), "")
    # What needs the agreement is a sale, or becomes one.
    if not missing and Need.AGREEMENT in needs and records.asked_to_end(ground.move.customer):
        return _("The customer has asked to end the relationship: nothing new is sold to it.")
    return missing


def _why_no_privilege(step: MoveStep, actor: Actor, ground: Ground) -> str:
    """Say that the customer has not granted the provider what the step takes; what it sells needs no grant.

    What a reseller holds was asked with whose step it is.
    """
    move, privilege = ground.move, step.privilege
    if privilege == StepPrivilege.NONE or not actor.is_of(move.provider_id):
        return ""
    if move.subscription.is_ours or (move.successor is not None and move.successor.is_ours):
        return ""
    if not granted(move, privilege, ground.at):
        return _("The customer has not granted %(privilege)s, or it is over.") % {
            "privilege": step.get_privilege_display().lower()
        }
    shut = ground.standing.families_of_another
    if move.provider.edition == RulebookEdition.V2016_12 and move.subscription.product.family in shut:
        return _missing(Need.NO_OTHER_CSP_PARTNER)
    return ""


def _why_no_inventory(step: MoveStep, ground: Ground) -> str:
    if Evidence.INVENTORY not in step.template.evidence:
        return ""
    services = list(ground.move.inventory.all())
    if not services:
        return _("List the services first, each with its availability in CSP.")
    unknown = [one for one in services if one.availability == Availability.UNKNOWN]
    if unknown:
        return _("Nobody knows yet whether CSP offers: %(services)s.") % {"services": named(unknown)}
    if not any(one.availability == Availability.AVAILABLE for one in services):
        return _("CSP offers none of these services: there is nothing to move. Give this move up.")
    return ""


def _why_not_moved(step: MoveStep, ground: Ground) -> str:
    if Evidence.MOVED not in step.template.evidence:
        return ""
    waiting = [one for one in _available(ground.move) if one.moved_at is None]
    if waiting:
        return _("Not moved yet: %(services)s.") % {"services": named(waiting)}
    return ""


def _why_not_second(step: MoveStep, actor: Actor, ground: Ground) -> str:
    """Refuse whoever moved something to be the one who says that it works."""
    if step.code != "verify" or actor.user is None:
        return ""
    movers = {one.moved_user_id for one in ground.move.inventory.all()}
    movers |= {one.done_user_id for one in ground.walk if Evidence.MOVED in one.template.evidence}
    if actor.user.pk in movers:
        return _("You moved it: a second person verifies that everything works.")
    return ""


def _why_not_running(step: MoveStep, ground: Ground) -> str:
    """Refuse to take over by name what is over by now."""
    row = ground.move.subscription
    if Evidence.IDS in step.template.evidence and row.status not in RUNNING:
        return _("The subscription is now “%(status)s”: there is nothing to take over.") % {
            "status": row.get_status_display()
        }
    return ""


def _available(move: Move) -> list[InventoryItem]:
    return [one for one in move.inventory.all() if one.availability == Availability.AVAILABLE]


def staying(move: Move) -> list[InventoryItem]:
    """Return the services of an inventory that stay behind because CSP does not offer them."""
    return [one for one in move.inventory.all() if one.availability != Availability.AVAILABLE]


def named(services: Sequence[InventoryItem]) -> str:
    """Name services in a sentence, the first few of many."""
    names = ", ".join(str(one) for one in services[:NAMED_AT_ONCE])
    return names if len(services) <= NAMED_AT_ONCE else f"{names} …"


# --- why a step is needed ----------------------------------------------------------------------


def why_needed(step: MoveStep, ground: Ground) -> str:
    """Say why a step cannot be left out; empty where it may be, with a reason."""
    if not step.is_optional:
        return _("This step cannot be left out.")
    move = ground.move
    match step.code:
        case "support_contact" | "first_task" if granted(move, step.privilege, ground.at):
            return _("The customer has granted %(privilege)s: this step is needed.") % {
                "privilege": step.get_privilege_display().lower()
            }
        case "reassign" if not _same_offer_and_count(move):
            return _("Another offer, or another number of licences: they have to be reassigned.")
    return ""


def _same_offer_and_count(move: Move) -> bool:
    new, old = move.successor, move.subscription
    return new is not None and (new.product_id, new.quantity) == (old.product_id, old.quantity)
