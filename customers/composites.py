"""What the database keeps by itself: rows that agree with those they point at, terms that stay as they were.

The provider, customer and reseller stored beside a key are those of the row the key points at.
"""

from partners import triggers
from partners.composites import Composite

FOUNDING = (
    Composite(
        "inv_customer_of_provider",
        "customers_invitation",
        ("customer_id", "provider_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
    Composite(
        "inv_handed_by_provider",
        "customers_invitation",
        ("partnership_id", "provider_id"),
        "partners_partnership",
        ("id", "provider_id"),
    ),
    Composite(
        "inv_named_is_handed",
        "customers_invitation",
        ("partnership_id", "provider_id", "reseller_id"),
        "partners_partnership",
        ("id", "provider_id", "reseller_id"),
    ),
    Composite(
        "link_of_provider",
        "customers_invitationlink",
        ("invitation_id", "provider_id"),
        "customers_invitation",
        ("id", "provider_id"),
    ),
    Composite(
        "link_customer_of_provider",
        "customers_invitationlink",
        ("customer_id", "provider_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
    Composite(
        "rel_customer_of_provider",
        "customers_relationship",
        ("customer_id", "provider_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
    Composite(
        "grant_of_relationship",
        "customers_grant",
        ("relationship_id", "provider_id", "customer_id"),
        "customers_relationship",
        ("id", "provider_id", "customer_id"),
    ),
    Composite(
        "asg_of_grant",
        "customers_assignment",
        ("grant_id", "provider_id", "customer_id", "privilege"),
        "customers_grant",
        ("id", "provider_id", "customer_id", "privilege"),
    ),
    Composite(
        "asg_of_partnership",
        "customers_assignment",
        ("partnership_id", "provider_id", "reseller_id"),
        "partners_partnership",
        ("id", "provider_id", "reseller_id"),
    ),
)
LATER = (
    Composite(
        "req_of_partnership",
        "customers_invitationrequest",
        ("partnership_id", "provider_id", "reseller_id"),
        "partners_partnership",
        ("id", "provider_id", "reseller_id"),
    ),
    Composite(
        "renewal_of_relationship",
        "customers_renewalproposal",
        ("relationship_id", "provider_id", "customer_id"),
        "customers_relationship",
        ("id", "provider_id", "customer_id"),
    ),
    Composite(
        "handover_of_partnership",
        "customers_handover",
        ("partnership_id", "provider_id", "reseller_id"),
        "partners_partnership",
        ("id", "provider_id", "reseller_id"),
    ),
    Composite(
        "handover_customer_of_provider",
        "customers_handover",
        ("customer_id", "provider_id"),
        "customers_customer",
        ("id", "provider_id"),
    ),
)
COMPOSITES = FOUNDING + LATER

# An open invitation's terms: only its date, its places in use and its status ever change.
FROZEN = (
    "provider_id",
    "route",
    "partnership_id",
    "reseller_id",
    "customer_id",
    "asks_provisioning",
    "asks_support",
    "privilege_days",
    "language",
    "opening",
    "places",
    "partner_center_link",
)


def register() -> None:
    """Have all of it re-installed after every migrate."""
    for composite in COMPOSITES:
        composite.register()
    changed = " OR ".join(f"NEW.{column} IS DISTINCT FROM OLD.{column}" for column in FROZEN)
    triggers.refuse(
        "inv_terms_frozen",
        "customers_invitation",
        "UPDATE",
        condition=f"OLD.status <> 'draft' AND ({changed})",
    )
