"""The top floor in the admin: the catalogue to keep, subscriptions to read."""

from django.contrib import admin

from partners.admin import LoggedAdmin, ReadOnlyAdmin
from subscriptions.models import Product, Subscription


@admin.register(Product)
class ProductAdmin(LoggedAdmin):
    """The catalogue: staff keep the availability in CSP and what is sold once per customer."""

    list_display = (
        "name",
        "part_number",
        "family",
        "billing",
        "availability",
        "one_per_customer",
        "sold_in_csp",
    )
    list_filter = ("family", "billing", "availability", "one_per_customer", "sold_in_csp")
    search_fields = ("name", "part_number", "sku_id")
    readonly_fields = ("sku_id", "part_number", "name", "family", "billing", "azure_offer", "sold_in_csp")

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        """Refuse: the catalogue is loaded from Microsoft's published list."""
        return False


@admin.register(Subscription)
class SubscriptionAdmin(ReadOnlyAdmin):
    """Subscriptions, to read."""

    list_display = ("product", "customer", "provider", "channel", "status", "quantity", "term_end")
    list_filter = ("channel", "status")
    list_select_related = ("product", "customer", "provider")
    search_fields = ("customer__search", "product__name", "external_id")
    show_full_result_count = False
