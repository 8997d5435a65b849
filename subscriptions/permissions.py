"""Who may, on the top floor.

Source: the table of roles in the requirement, section 1.
"""

from customers.models import Customer
from partners.actor import Actor
from partners.permissions import SALES, may_act
from subscriptions.models import Subscription


def may_record_subscription(actor: Actor, customer: Customer) -> bool:
    """The provider's sales people record what its customers run; a reseller never does."""
    return may_act(actor, customer.provider_id, SALES)


def may_edit_subscription(actor: Actor, subscription: Subscription) -> bool:
    """The provider's sales people edit what is on record."""
    return may_act(actor, subscription.provider_id, SALES)
