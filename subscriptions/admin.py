"""The top floor in the admin: the catalogue to keep, subscriptions to read."""

from django.contrib import admin

from partners.admin import LoggedAdmin, ReadOnly, ReadOnlyAdmin
from subscriptions.models import (
    InventoryItem,
    Move,
    MoveStep,
    Product,
    Subscription,
    Transfer,
    TransferItem,
)


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


class StepInline(ReadOnly, admin.TabularInline):
    """The steps of a move, and what closed them."""

    model = MoveStep
    fields = ("position", "code", "actor", "privilege", "outcome", "done_at", "done_by", "reason")
    readonly_fields = fields


class InventoryInline(ReadOnly, admin.TabularInline):
    """The services of an Azure subscription that is migrated."""

    model = InventoryItem
    fields = ("name", "availability", "is_classic", "moved_at", "cancelled_at")
    readonly_fields = fields


@admin.register(Move)
class MoveAdmin(ReadOnlyAdmin):
    """Paths being walked, to read."""

    list_display = ("subscription", "customer", "provider", "path", "status", "target_on", "decided_at")
    list_filter = ("status", "path", "edition")
    list_select_related = ("subscription__product", "customer", "provider")
    search_fields = ("customer__search", "subscription__external_id")
    show_full_result_count = False
    inlines = (StepInline, InventoryInline)


class TransferItemInline(ReadOnly, admin.TabularInline):
    """What a transfer asks for, and what became of each; whose row it is stays out of sight."""

    model = TransferItem
    fields = ("external_id", "status")
    readonly_fields = fields


@admin.register(Transfer)
class TransferAdmin(ReadOnlyAdmin):
    """Requests between CSP partners, to read."""

    list_display = ("pk", "provider", "customer", "direction", "named", "status", "requested_at")
    list_filter = ("status", "direction", "is_by_hand")
    list_select_related = ("provider", "customer")
    search_fields = ("customer__search", "named", "items__external_id")
    show_full_result_count = False
    inlines = (TransferItemInline,)
