"""Product: what Microsoft sells, from the published licensing reference."""

from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.families import Family
from partners.lifecycle import among
from subscriptions.vocabulary import Availability, AzureOffer, Billing


class Product(models.Model):
    """One product of the catalogue; staff keep its availability in CSP."""

    sku_id = models.UUIDField(_("SKU id"), unique=True)
    part_number = models.CharField(_("part number"), max_length=160)
    name = models.CharField(_("name"), max_length=200)
    family = models.CharField(_("service family"), max_length=16, choices=Family)
    billing = models.CharField(_("billing"), max_length=10, choices=Billing)
    availability = models.CharField(
        _("availability in CSP"), max_length=14, choices=Availability, default=Availability.UNKNOWN
    )
    availability_note = models.CharField(_("note on availability"), max_length=300, blank=True)
    one_per_customer = models.BooleanField(_("one per customer"), default=False)
    azure_offer = models.CharField(_("Azure offer"), max_length=6, choices=AzureOffer, blank=True)
    sold_in_csp = models.BooleanField(_("sold by us"), default=True)

    class Meta:
        verbose_name = _("product")
        verbose_name_plural = _("products")
        ordering = ("name", "pk")
        constraints = (
            among("family", Family.values, "product_family"),
            among("billing", Billing.values, "product_billing"),
            among("availability", Availability.values, "product_availability"),
        )
        indexes = (models.Index(fields=["name", "id"], name="product_list"),)

    def __str__(self) -> str:
        return self.name
