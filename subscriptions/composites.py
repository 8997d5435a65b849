"""The provider stored beside a subscription's customer is that customer's provider."""

from partners.composites import Composite

COMPOSITES = (
    Composite(
        "sub_customer_of_provider",
        "subscriptions_subscription",
        ("customer_id", "provider_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
)
