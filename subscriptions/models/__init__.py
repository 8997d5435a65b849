"""The top floor's models."""

from subscriptions.models.product import Product
from subscriptions.models.snooze import Snooze
from subscriptions.models.subscription import BillingCycle, Subscription

__all__ = ["BillingCycle", "Product", "Snooze", "Subscription"]
