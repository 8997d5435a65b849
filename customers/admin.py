"""The middle floor in the admin: customers and relationships to read, agreements to keep."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from customers.models import AgreementVersion, Assignment, Contact, Customer, Grant, Invitation, Relationship
from partners.admin import LoggedAdmin, ReadOnly, ReadOnlyAdmin
from partners.models import Partner


class ContactInline(ReadOnly, admin.TabularInline):
    """Who speaks for a customer."""

    model = Contact
    extra = 0
    fields = readonly_fields = ("name", "email", "phone", "status", "confirmed_at")


class RelationshipInline(ReadOnly, admin.TabularInline):
    """The relationships a customer has had."""

    model = Relationship
    extra = 0
    fields = readonly_fields = ("status", "origin", "began_at", "decided_at", "ended_at")


@admin.register(Customer)
class CustomerAdmin(LoggedAdmin):
    """Customers: staff mend a name or a language; everything else is the provider's."""

    list_display = ("name", "provider", "domain", "country", "reseller")
    list_filter = ("country", "language")
    list_select_related = ("provider", "reseller")
    search_fields = ("search", "provider__name")
    fields = (
        "provider",
        "name",
        "domain",
        "tenant_id",
        "country",
        "language",
        "reseller",
        "created_at",
        "created_by",
        "reason",
    )
    readonly_fields = ("provider", "tenant_id", "country", "reseller", "created_at", "created_by")
    inlines = (RelationshipInline, ContactInline)
    show_full_result_count = False

    def has_add_permission(self, request: object, obj: object = None) -> bool:
        """Refuse: a customer is invited, never created by staff."""
        return False

    def provider_of(self, obj: Customer) -> Partner:
        """Write what staff changed into the log of the provider whose customer it is."""
        return obj.provider

    def save_model(self, request: HttpRequest, obj: Customer, form: Any, change: bool) -> None:
        """Save as a new version, so that a form somebody else has open does not undo it unseen."""
        obj.version += 1
        super().save_model(request, obj, form, change)


@admin.register(Relationship)
class RelationshipAdmin(ReadOnlyAdmin):
    """Relationships, to read."""

    list_display = ("customer", "provider", "status", "origin", "began_at", "confirmed_at_microsoft_at")
    list_filter = ("status", "origin")
    list_select_related = ("customer", "provider")
    search_fields = ("customer__search", "provider__name")
    show_full_result_count = False


@admin.register(Grant)
class GrantAdmin(ReadOnlyAdmin):
    """What customers granted, to read."""

    list_display = ("customer", "provider", "privilege", "status", "granted_at", "ends_on")
    list_filter = ("privilege", "status")
    list_select_related = ("customer", "provider")
    search_fields = ("customer__search",)
    show_full_result_count = False


@admin.register(Assignment)
class AssignmentAdmin(ReadOnlyAdmin):
    """What providers handed to resellers, to read."""

    list_display = ("customer", "provider", "reseller", "privilege", "family", "status", "ends_on")
    list_filter = ("privilege", "family", "status")
    list_select_related = ("customer", "provider", "reseller")
    search_fields = ("customer__search", "reseller__name")
    show_full_result_count = False


@admin.register(Invitation)
class InvitationAdmin(ReadOnlyAdmin):
    """Invitations, to read."""

    list_display = ("pk", "provider", "route", "customer", "status", "made_at", "expires_at")
    list_filter = ("route", "status")
    list_select_related = ("provider", "customer")
    search_fields = ("provider__name", "customer__search")
    show_full_result_count = False


@admin.register(AgreementVersion)
class AgreementVersionAdmin(LoggedAdmin):
    """The versions of Microsoft's customer agreement."""

    list_display = ("name", "edition", "country", "language", "valid_from")
    list_filter = ("edition", "language")
    search_fields = ("name",)
