"""The top floor's models."""

from subscriptions.models.product import Product
from subscriptions.models.subscription import BillingCycle, Subscription

__all__ = ["BillingCycle", "Product", "Subscription"]
