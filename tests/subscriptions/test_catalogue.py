"""The catalogue: 619 published products and the Azure offers, each with its family and billing."""

import csv
import uuid
from collections import Counter

import pytest

from customers.families import Family
from subscriptions import catalogue
from subscriptions.catalogue import family_of
from subscriptions.models import Product
from subscriptions.vocabulary import Availability, AzureOffer, Billing

ROWS = catalogue.read()

# Counted once by eye over the whole list; a rule that moves products shows here.
PER_FAMILY = {
    Family.OFFICE365: 291,
    Family.DYNAMICS: 128,
    Family.POWER_PLATFORM: 87,
    Family.OTHER: 66,
    Family.EMS: 47,
    Family.AZURE: 5,
}

EXAMPLES = [
    # what the name begins with
    ("SPE_E5", "Microsoft 365 E5", "office365"),
    ("ENTERPRISEPACK", "Office 365 E3", "office365"),
    ("EXCHANGESTANDARD", "Exchange Online (Plan 1)", "office365"),
    ("MCOEV", "Microsoft Teams Phone Standard", "office365"),
    ("VISIOCLIENT", "Visio Plan 2", "office365"),
    ("PROJECTPROFESSIONAL", "Planner and Project Plan 3", "office365"),
    ("M365_Copilot", "Microsoft Copilot for Microsoft 365", "office365"),
    ("CRMSTANDARD", "Microsoft Dynamics CRM Online", "dynamics"),
    ("DYN365_FINANCE", "Dynamics 365 Finance", "dynamics"),
    ("POWER_BI_PRO", "Power BI Pro", "power_platform"),
    ("FLOW_FREE", "Microsoft Power Automate Free", "power_platform"),
    ("Power_Virtual_Agents", "Microsoft Copilot Studio", "power_platform"),
    ("CDS_DB_CAPACITY", "Common Data Service Database Capacity", "power_platform"),
    ("EMS", "Enterprise Mobility + Security E3", "ems"),
    ("AAD_PREMIUM", "Microsoft Entra ID P1", "ems"),
    ("INTUNE_A", "Intune", "ems"),
    ("RIGHTSMANAGEMENT", "Azure Information Protection Plan 1", "ems"),
    ("ATA", "Microsoft Defender for Identity", "ems"),
    # the name wins over a part number that outlived its product
    ("PROJECT_MADEIRA_PREVIEW_IW_SKU", "Dynamics 365 Business Central for IWs", "dynamics"),
    ("POWER_BI_STANDARD", "Microsoft Fabric (Free)", "power_platform"),
    ("FORMS_PRO", "Dynamics 365 Customer Voice Trial", "dynamics"),
    # a suite is Microsoft 365 whatever it contains or lacks
    ("ENTERPRISEPREMIUM_NOPBIPBX_GOV", "Office 365 GCC G5 without Power BI and Phone System", "office365"),
    ("IDENTITY_THREAT_PROTECTION", "Microsoft 365 E5 Security", "office365"),
    ("Microsoft_Copilot_for_Sales", "Microsoft 365 Copilot for Sales", "office365"),
    # an add-on goes with its base
    ("IDENTITY_THREAT_PROTECTION_FOR_EMS_E5", "Microsoft 365 E5 Security for EMS E5", "ems"),
    ("POWER_BI_ADDON", "Power BI for Office 365 Add-On", "power_platform"),
    (
        "Microsoft_Cloud_App_Security_App_Governance_Add_On",
        "App governance add-on to Microsoft Defender for Cloud Apps",
        "ems",
    ),
    # the Defenders part ways
    ("ATP_ENTERPRISE", "Microsoft Defender for Office 365 (Plan 1)", "office365"),
    ("WIN_DEF_ATP", "Microsoft Defender for Endpoint", "ems"),
    ("ADALLOM_O365", "Office 365 Cloud App Security", "office365"),
    ("ADALLOM_STANDALONE", "Microsoft Cloud App Security", "ems"),
    # the name goes on after an underscore
    ("Power_Virtual_Agents_USGOV_GCCHIGH", "Microsoft Copilot Studio_USGOV_GCCHIGH", "power_platform"),
    # Windows is not one of the families, in the cloud or not
    ("CPC_B_1C_2RAM_64GB", "Windows 365 Business 1 vCPU 2 GB 64 GB", "other"),
    ("WIN10_VDA_E3", "Windows 10/11 Enterprise E3", "other"),
    ("MEE_FACULTY", "Minecraft Education Faculty", "other"),
    # an import may know only one of the two
    ("ENTERPRISEPACK", "", "office365"),
    ("DYN365_SALES_PREMIUM", "Seller's bundle", "dynamics"),
    ("CRMSTANDARD", "", "dynamics"),
    ("PBI_PREMIUM_P1_ADDON", "", "power_platform"),
    ("AAD_PREMIUM", "", "ems"),
    ("", "office 365 e1", "office365"),
    ("MS-AZR-0003P", "", "azure"),
    ("", "Microsoft Azure", "azure"),
    ("", "", "other"),
    ("", "Projector stand", "other"),
]


@pytest.mark.parametrize(("part_number", "name", "family"), EXAMPLES)
def test_family_by_example(part_number, name, family) -> None:
    assert family_of(part_number, name) == family


def test_every_published_product_is_read_with_its_own_id() -> None:
    with (catalogue.DATA / "products.csv").open(encoding="utf-8", newline="") as lines:
        published = [
            (uuid.UUID(line["sku_id"]), line["sku_part_number"], line["name"])
            for line in csv.DictReader(lines)
        ]
    assert len(published) == 619
    assert [(row.sku_id, row.part_number, row.name) for row in ROWS[:619]] == published


def test_ids_are_unique_and_texts_fit_their_columns() -> None:
    assert len({row.sku_id for row in ROWS}) == len(ROWS) == 624
    for row in ROWS:
        for field in ("part_number", "name"):
            assert 0 < len(getattr(row, field)) <= Product._meta.get_field(field).max_length


def test_families_are_counted() -> None:
    assert Counter(row.family for row in ROWS) == PER_FAMILY


@pytest.mark.parametrize(
    ("beginning", "family"),
    [
        ("Dynamics 365", Family.DYNAMICS),
        ("Microsoft 365", Family.OFFICE365),
        ("Office 365", Family.OFFICE365),
        ("Power ", Family.POWER_PLATFORM),
        ("Microsoft Entra", Family.EMS),
        ("Microsoft Intune", Family.EMS),
        ("Exchange", Family.OFFICE365),
        ("Windows", Family.OTHER),
    ],
)
def test_products_that_begin_alike_belong_together(beginning, family) -> None:
    begun = [row for row in ROWS if row.name.startswith(beginning) and "for EMS" not in row.name]
    assert len(begun) > 2
    assert {row.family for row in begun} == {family}


def test_published_products_are_billed_by_licence_but_for_money_paid_in_advance() -> None:
    assert {row.part_number for row in ROWS if row.billing == Billing.ONE_TIME} == {"MCOPSTNC"}
    assert {row.family for row in ROWS if row.billing == Billing.USAGE} == {Family.AZURE}
    metered = next(row for row in ROWS if row.part_number == "MCOPSTNPP")
    assert metered.billing == Billing.LICENSE


def test_azure_offers_say_who_sells_them() -> None:
    offers = {row.part_number: row for row in ROWS if row.family == Family.AZURE}
    assert {
        number: (row.azure_offer, row.sold_in_csp, row.availability) for number, row in offers.items()
    } == {
        "AZURE-PLAN": (AzureOffer.PLAN, True, Availability.AVAILABLE),
        "MS-AZR-0145P": (AzureOffer.LEGACY, True, Availability.AVAILABLE),
        "MS-AZR-0003P": (AzureOffer.OTHER, False, Availability.NOT_AVAILABLE),
        "MS-AZR-0017P": (AzureOffer.OTHER, False, Availability.NOT_AVAILABLE),
        "MS-AZR-0111P": (AzureOffer.OTHER, False, Availability.NOT_AVAILABLE),
    }
    assert {row.billing for row in offers.values()} == {Billing.USAGE}


def test_azure_ids_are_the_same_on_every_machine() -> None:
    ids = {row.part_number: str(row.sku_id) for row in ROWS if row.family == Family.AZURE}
    assert ids["AZURE-PLAN"] == "08600b49-1d93-53a2-8520-11f0880be7db"
    assert ids["MS-AZR-0145P"] == "ce2a1933-9db5-5ed2-826d-36cb8c7ffe90"


def test_nobody_has_looked_at_the_availability_of_a_published_product() -> None:
    assert {row.availability for row in ROWS if not row.azure_offer} == {Availability.UNKNOWN}


@pytest.mark.django_db
def test_load_stores_every_product_once() -> None:
    assert catalogue.load() == catalogue.Loaded(created=624, changed=0, unchanged=0)
    assert Product.objects.count() == 624
    plan = Product.objects.get(part_number="AZURE-PLAN")
    assert (plan.family, plan.billing, plan.azure_offer, plan.sold_in_csp) == ("azure", "usage", "plan", True)


@pytest.mark.django_db
def test_load_twice_changes_nothing(django_assert_max_num_queries) -> None:
    catalogue.load()
    before = list(Product.objects.order_by("pk").values())
    with django_assert_max_num_queries(3):
        assert catalogue.load() == catalogue.Loaded(created=0, changed=0, unchanged=624)
    assert list(Product.objects.order_by("pk").values()) == before


@pytest.mark.django_db
def test_load_keeps_what_staff_decided() -> None:
    catalogue.load()
    kept = {"availability": "not_available", "availability_note": "Retired in 2024", "one_per_customer": True}
    Product.objects.filter(part_number="SPE_E5").update(name="Old name", **kept)
    assert catalogue.load() == catalogue.Loaded(created=0, changed=1, unchanged=623)
    product = Product.objects.get(part_number="SPE_E5")
    assert product.name == "Microsoft 365 E5"
    assert {field: getattr(product, field) for field in kept} == kept


@pytest.mark.django_db
def test_load_brings_back_a_missing_product_and_leaves_others_alone() -> None:
    catalogue.load()
    Product.objects.get(part_number="SPE_E3").delete()
    extra = Product.objects.create(
        sku_id=uuid.uuid4(), part_number="X", name="Ours", family="other", billing="license"
    )
    assert catalogue.load() == catalogue.Loaded(created=1, changed=0, unchanged=623)
    assert Product.objects.filter(pk=extra.pk).exists()
