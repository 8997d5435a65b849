"""The catalogue: the products Microsoft publishes, the Azure offers, and the rules that sort them."""

import csv
import re
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from django.db import transaction

from customers.families import Family
from subscriptions.models import Product
from subscriptions.vocabulary import Availability, AzureOffer, Billing

DATA = Path(__file__).parent / "data"

# Azure's offers have no SKU id in the published reference. Theirs is derived from the part number, so that it
# is the same everywhere; Microsoft does not know it. The plan has no offer number: AZURE-PLAN is ours too.
AZURE_OFFERS = uuid.uuid5(uuid.NAMESPACE_DNS, "azure-offers.multicanale")


@dataclass(frozen=True, slots=True)
class ProductRow:
    """One product as the files describe it."""

    sku_id: uuid.UUID
    part_number: str
    name: str
    family: Family
    billing: Billing
    azure_offer: AzureOffer | str = ""
    sold_in_csp: bool = True
    availability: Availability = Availability.UNKNOWN


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a load did."""

    created: int
    changed: int
    unchanged: int


# How a product's name begins, with or without "Microsoft" before it. The first rule that fits decides.
_BY_NAME = (
    (Family.DYNAMICS, "Dynamics|Relationship Sales|Digital Messaging|Sensor Data Intelligence"),
    (
        Family.POWER_PLATFORM,
        "Power BI|Power Apps|PowerApps|Power Automate|Power Pages|Power Virtual Agents?|Copilot Studio|Fabric"
        "|Flow|AI Builder|Common Data Service|Dataverse",
    ),
    # An add-on is looked after with its base, and this one's is Enterprise Mobility + Security.
    (Family.EMS, "365 E5 Security for EMS"),
    # A suite is Microsoft 365 whatever it contains; so is what guards Office 365 itself.
    (Family.OFFICE365, "365|Office 365|Defender for Office 365"),
    (
        Family.EMS,
        "Enterprise Mobility|Intune|Entra|Workload Identities|Azure Active Directory|Rights Management"
        "|Azure Multi-Factor Authentication|Azure Information Protection|Cloud App Security|App governance"
        "|Defender|Threat Experts",
    ),
    (Family.AZURE, "Azure"),
    (
        Family.OFFICE365,
        "Office|Exchange|SharePoint|OneDrive|Teams|Skype|TELSTRA Calling|Viva|Project|Planner|Visio|Stream"
        "|Advanced Communications|Communications Credits|Copilot for Microsoft 365|Sales Copilot|Agent 365"
        "|Clipchamp|Workplace Analytics|Privacy Management|Compliance Manager|10-Year Audit Log"
        "|Basic Collaboration|Business Apps",
    ),
)
# How its part number begins. Asked last: part numbers outlive their products (PROJECT_MADEIRA is Dynamics).
_BY_PART_NUMBER = (
    (Family.AZURE, "MS-AZR-|AZURE-PLAN"),
    (Family.DYNAMICS, "DYN365|D365|DYNAMICS|CRM"),
    (Family.POWER_PLATFORM, "POWER_?BI|PBI_|POWERAPPS|POWERFLOW|POWERAUTOMATE|FLOW_|VIRTUAL_AGENT|CDS"),
    (Family.EMS, "EMS|AAD_|INTUNE|RIGHTSMANAGEMENT|RMSBASIC|ADALLOM_STANDALONE|MDATP|MDE_"),
    (
        Family.OFFICE365,
        "ENTERPRISEP|STANDARDP|STANDARDWOFFPACK|DESKLESS|SPE_|SPB|M365|O365|OFFICE|EXCHANGE|SHAREPOINT|TEAMS"
        "|MCO|PROJECT|VISIO",
    ),
)
_NAMES = [
    # Not a word boundary at the end: the published reference writes "Copilot Studio_USGOV".
    (family, re.compile(f"(Microsoft )?({names})(?![a-z0-9])", re.IGNORECASE))
    for family, names in _BY_NAME
]
_PART_NUMBERS = [(family, re.compile(starts, re.IGNORECASE)) for family, starts in _BY_PART_NUMBER]


def family_of(part_number: str, name: str) -> Family:
    """Return the service family of a product; `other` where no rule fits (Windows, Minecraft)."""
    for text, rules in ((name, _NAMES), (part_number, _PART_NUMBERS)):
        for family, rule in rules:
            if rule.match(text):
                return family
    return Family.OTHER


def billing_of(part_number: str) -> Billing:
    """Return how a published product is billed: by licence, but for the one that is money paid in advance.

    Pay-as-you-go calling plans stay licences: they are assigned to users, and only their minutes are metered.
    """
    return Billing.ONE_TIME if part_number == "MCOPSTNC" else Billing.LICENSE


def read() -> list[ProductRow]:
    """Return every product of the catalogue files, in their order."""
    return [*_products(), *_azure_offers()]


# What the files say of a product; the rest is kept by staff.
_OURS = ("part_number", "name", "family", "billing", "azure_offer", "sold_in_csp")


def load() -> Loaded:
    """Bring the stored catalogue in line with the files and return what that took: nothing, the second time.

    What staff keep (availability, its note, one per customer) is never overwritten.
    """
    rows = read()
    with transaction.atomic():
        stored = {product.sku_id: product for product in Product.objects.all()}
        created = [_new(row) for row in rows if row.sku_id not in stored]
        changed = [product for row in rows if (product := stored.get(row.sku_id)) and _update(product, row)]
        Product.objects.bulk_create(created)
        Product.objects.bulk_update(changed, _OURS, batch_size=200)
    return Loaded(len(created), len(changed), len(rows) - len(created) - len(changed))


def _new(row: ProductRow) -> Product:
    ours = {field: getattr(row, field) for field in _OURS}
    return Product(sku_id=row.sku_id, availability=row.availability, **ours)


def _update(product: Product, row: ProductRow) -> bool:
    differing = [field for field in _OURS if getattr(product, field) != getattr(row, field)]
    for field in differing:
        setattr(product, field, getattr(row, field))
    return bool(differing)


def _products() -> Iterator[ProductRow]:
    for line in _lines("products.csv"):
        part_number, name = line["sku_part_number"], line["name"]
        yield ProductRow(
            sku_id=uuid.UUID(line["sku_id"]),
            part_number=part_number,
            name=name,
            family=family_of(part_number, name),
            billing=billing_of(part_number),
        )


def _azure_offers() -> Iterator[ProductRow]:
    for line in _lines("azure_offers.csv"):
        yield ProductRow(
            sku_id=uuid.uuid5(AZURE_OFFERS, line["part_number"]),
            part_number=line["part_number"],
            name=line["name"],
            family=Family.AZURE,
            billing=Billing.USAGE,
            azure_offer=AzureOffer(line["azure_offer"]),
            sold_in_csp=line["sold_in_csp"] == "yes",
            availability=Availability(line["availability"]),
        )


def _lines(name: str) -> Iterator[dict[str, str]]:
    with (DATA / name).open(encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines)
