"""Two providers under today's rules with one customer between them: Northwind asks, Lucerne has.

Tailspin stays the stranger to both. Each test of a transfer begins from this world.
"""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from customers.models import Contact, Customer, Relationship
from partners.actor import Actor
from partners.models import Partner, Role
from subscriptions import transfer_acceptance, transfers
from subscriptions.models import Subscription, Transfer, TransferItem
from subscriptions.vocabulary import AzureOffer, Billing, Channel
from tests.conftest import TENANT, member
from tests.factories import (
    AgreementVersionFactory,
    ContactFactory,
    CustomerFactory,
    PartnerFactory,
    ProductFactory,
    RelationshipFactory,
    SubscriptionFactory,
)

LICENCES, OTHER_LICENCES, AZURE = "e3-at-lucerne", "e5-at-lucerne", "azure-at-lucerne"
NOWHERE = "9999999"  # no company's partner id
STRANGE = "nobody-sells-this"


@dataclass
class Crossing:
    """What the two know, and the ways to ask, to answer and to look."""

    now: datetime
    northwind: Partner
    anna: Actor
    lucerne: Partner = field(init=False)
    lucia: Actor = field(init=False)
    wanted: Customer = field(init=False)  # as Northwind knows it
    held: Customer = field(init=False)  # as Lucerne does
    relationship: Relationship = field(init=False)
    licences: Subscription = field(init=False)
    other: Subscription = field(init=False)
    azure: Subscription = field(init=False)

    def __post_init__(self) -> None:
        Partner.objects.filter(pk=self.northwind.pk).update(edition="2026")
        self.northwind.refresh_from_db()
        self.lucerne = PartnerFactory(name="Lucerne Publishing", partner_id="1000003", edition="2026")
        self.lucia = member(self.lucerne, "Lucia Luzern", Role.ACCOUNT_ADMIN)
        self.wanted = CustomerFactory(provider=self.northwind, name="Contoso", tenant_id=TENANT)
        self.held = CustomerFactory(provider=self.lucerne, name="Contoso (Lucerne)", tenant_id=TENANT)
        self.relationship = RelationshipFactory(
            customer=self.wanted, acceptance__agreement=AgreementVersionFactory(edition="2026")
        )
        self.licences = self.sells("Office 365 E3", LICENCES, quantity=25)
        self.other = self.sells("Office 365 E5", OTHER_LICENCES, quantity=5)
        plan = ProductFactory(
            name="Azure plan", billing=Billing.USAGE, azure_offer=AzureOffer.PLAN, family="azure"
        )
        self.azure = self.sells(plan, AZURE, term="", term_end=None, quantity=1)

    def sells(self, product: Any, external_id: str, **changes: Any) -> Subscription:
        """Return a subscription Lucerne sells the customer."""
        product = ProductFactory(name=product) if isinstance(product, str) else product
        facts = {
            "customer": self.held,
            "product": product,
            "channel": Channel.CSP_OWN,
            "external_id": external_id,
            "seller": self.lucerne,
        }
        return SubscriptionFactory(**{**facts, **changes})

    def records(self, external_id: str, **changes: Any) -> Subscription:
        """Return what Northwind has on record of one Lucerne sells."""
        facts = {
            "customer": self.wanted,
            "channel": Channel.CSP_OTHER,
            "external_id": external_id,
            "seller_name": "Lucerne",
            "quantity": 1,
        }
        return SubscriptionFactory(**{**facts, **changes})

    def has_a_plan(self) -> Subscription:
        """Return an Azure plan Northwind sells the customer."""
        return SubscriptionFactory(
            customer=self.wanted, product=self.azure.product, channel=Channel.CSP_OWN, term_end=None, term=""
        )

    def ask(self, *ids: str, named: str = "", at: datetime | None = None) -> Transfer:
        """Ask for subscriptions, Lucerne by its partner id unless another is named."""
        return transfers.request(
            self.wanted,
            named or self.lucerne.partner_id,
            ids or (LICENCES,),
            by=self.anna,
            at=at or self.now,
        )

    def accept(self, transfer: Transfer, *ids: str, at: datetime | None = None) -> Transfer:
        """Let these go, or all of it, as Lucerne."""
        items = transfer.items.filter(external_id__in=ids) if ids else transfer.items.all()
        chosen = set(items.values_list("pk", flat=True))
        return transfer_acceptance.accept(transfer, chosen, by=self.lucia, at=at or self.now)

    def item(self, transfer: Transfer, external_id: str = LICENCES) -> TransferItem:
        """Return one item of a transfer as it is now."""
        return TransferItem.objects.get(transfer=transfer, external_id=external_id)

    def contacts(self) -> tuple[Contact, Contact, Contact]:
        """Return the customer's confirmed people: one known to both companies, one to each of them."""
        both = {"name": "Carla Conti", "email": "carla@contoso.example", "confirmed": True}
        ContactFactory(customer=self.held, **both)
        mine = ContactFactory(customer=self.wanted, email="max@contoso.example", confirmed=True)
        theirs = ContactFactory(customer=self.held, email="tea@contoso.example", confirmed=True)
        return ContactFactory(customer=self.wanted, **both), mine, theirs
