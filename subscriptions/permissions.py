"""Who may, on the top floor.

Source: the table of roles in the requirement, section 1.
"""

from customers.models import Customer, Relationship
from partners.actor import Actor
from partners.models import Role
from partners.permissions import ADMINS, SALES, may_act
from subscriptions.models import Subscription


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
