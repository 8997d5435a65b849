"""What a row stores beside the key of another agrees with the row that key points at."""

from partners.composites import Composite

FOUNDING = (
    Composite(
        "sub_customer_of_provider",
        "subscriptions_subscription",
        ("customer_id", "provider_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
)
WALKED = (
    Composite(
        "move_of_subscription",
        "subscriptions_move",
        ("subscription_id", "provider_id", "customer_id"),
        "subscriptions_subscription",
        ("id", "provider_id", "customer_id"),
    ),
    Composite(
        "move_successor_of_customer",
        "subscriptions_move",
        ("successor_id", "provider_id", "customer_id"),
        "subscriptions_subscription",
        ("id", "provider_id", "customer_id"),
    ),
    Composite(
        "transfer_customer_of_provider",
        "subscriptions_transfer",
        ("customer_id", "provider_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
    Composite(
        "transfer_customer_of_current",
        "subscriptions_transfer",
        ("current_customer_id", "current_partner_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
    Composite(
        "transfer_item_of_provider",
        "subscriptions_transferitem",
        ("transfer_id", "provider_id"),
        "subscriptions_transfer",
        ("id", "provider_id"),
    ),
)
COMPOSITES = FOUNDING + WALKED
