"""Who may, on the top floor.

Source: the table of roles in the requirement, section 1.
"""

from datetime import datetime

from customers.models import Customer, Relationship
from customers.permissions import may_use
from partners.actor import Actor
from partners.models import Role
from partners.permissions import ADMINS, AGENTS, SALES, may_act
from subscriptions.models import Move, MoveStep, StepFile, Subscription, Transfer
from subscriptions.vocabulary import StepPrivilege


def may_record_subscription(actor: Actor, customer: Customer) -> bool:
    """The provider's sales people record what its customers run; a reseller never does."""
    return may_act(actor, customer.provider_id, SALES)


def may_edit_subscription(actor: Actor, subscription: Subscription) -> bool:
    """The provider's sales people edit what is on record."""
    return may_act(actor, subscription.provider_id, SALES)


def may_end_relationship(actor: Actor, relationship: Relationship) -> bool:
    """The provider's account admins end a relationship."""
    return may_act(actor, relationship.provider_id, ADMINS)


def may_put_off(actor: Actor) -> bool:
    """Everybody keeps their own queue, in a company that may act."""
    return actor.partner is not None and may_act(actor, actor.partner.pk, tuple(Role))


def may_plan_moves(actor: Actor) -> bool:
    """A provider's agents plan moves, of one subscription or of many."""
    partner = actor.partner
    return partner is not None and partner.owns_relationships and may_act(actor, partner.pk, AGENTS)


# --- moves -------------------------------------------------------------------------------------


def may_plan(actor: Actor, subscription: Subscription) -> bool:
    """The provider's agents decide which path is walked."""
    return may_act(actor, subscription.provider_id, AGENTS)


def may_manage_move(actor: Actor, move: Move) -> bool:
    """The provider's agents give up a move, go on with it, change its date and keep its inventory."""
    return may_act(actor, move.provider_id, AGENTS)


def may_close_step(actor: Actor, step: MoveStep, at: datetime) -> bool:
    """The provider's agents; a reseller's only where they hold the privilege the step takes."""
    return may_manage_move(actor, step.move) or may_take_step(actor, step, at)


def may_take_step(actor: Actor, step: MoveStep, at: datetime) -> bool:
    """A reseller's agents, under the privilege the step takes, live for the family of what is moved."""
    if step.privilege == StepPrivilege.NONE or not actor.has_role(*AGENTS):
        return False
    family = step.move.subscription.product.family
    return may_use(actor, step.move.customer, step.privilege, family, at)


def may_read_file(actor: Actor, file: StepFile, at: datetime) -> bool:
    """The provider's people and staff; a reseller's agents where they may take the step that it proves."""
    step = file.step
    return actor.is_staff or actor.is_of(step.move.provider_id) or may_take_step(actor, step, at)


# --- transfers ---------------------------------------------------------------------------------


def may_file_transfer(actor: Actor) -> bool:
    """A provider's agents ask for transfers, and keep by hand those with a partner outside."""
    partner = actor.partner
    return partner is not None and partner.owns_relationships and may_act(actor, partner.pk, AGENTS)


def may_cancel_transfer(actor: Actor, transfer: Transfer) -> bool:
    """The agents of whoever keeps the record cancel it while it is pending."""
    return may_act(actor, transfer.provider_id, AGENTS)


def may_note_transfer(actor: Actor, transfer: Transfer) -> bool:
    """The same agents note what became of a transfer kept by hand."""
    return transfer.is_by_hand and may_cancel_transfer(actor, transfer)


def may_answer_transfer(actor: Actor, transfer: Transfer) -> bool:
    """The current partner's agents accept or decline what they were asked."""
    return may_act(actor, transfer.current_partner_id, AGENTS)
