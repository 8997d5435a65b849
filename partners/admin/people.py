"""People and their roles in the admin."""

from typing import Any

from django.contrib import admin
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest
from django.utils.translation import gettext_lazy

from partners import team
from partners.admin.logged import LoggedAdmin, ReadOnly, ReasonForm
from partners.errors import Refused
from partners.models import Membership, Partner, Role, User


class MembershipInline(ReadOnly, admin.TabularInline):
    """The people who work for a company; a role changes on the membership's own page, which asks why."""

    model = Membership
    extra = 0
    show_change_link = True
    fields = readonly_fields = ("user", "partner", "role", "joined_at")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Membership]:
        """Return the memberships with the names they show."""
        return super().get_queryset(request).select_related("user", "partner")


class UserForm(ReasonForm, UserChangeForm):
    """A user as staff change it, and why; every company keeps an account admin who may sign in."""

    def clean(self) -> dict[str, Any]:
        """Refuse to close the account of a company's last account admin, in the rule's words."""
        cleaned = super().clean() or {}
        if self.instance.is_active and not cleaned.get("is_active"):
            try:
                team.refuse_missing(self.instance)
            except Refused as refusal:
                raise ValidationError({"is_active": str(refusal)}) from refusal
        return cleaned


class UserCreationForm(ReasonForm, AdminUserCreationForm):
    """A new user, by address; without a password the person sets one by the reset mail."""

    class Meta:
        model = User
        fields = ("email", "name", "language")


@admin.register(User)
class UserAdmin(LoggedAdmin, DjangoUserAdmin):
    """People who sign in, and the companies they work for; who leaves may no longer sign in."""

    ordering = ("email",)
    list_display = ("email", "name", "language", "is_active", "is_staff", "last_login")
    list_filter = ("is_active", "is_staff", "language")
    search_fields = ("email", "name")
    filter_horizontal = ()
    form = UserForm
    add_form = UserCreationForm
    inlines = (MembershipInline,)
    fieldsets = (
        (None, {"fields": ("email", "password")}),
        (gettext_lazy("Person"), {"fields": ("name", "language", "wants_digest")}),
        (gettext_lazy("Rights"), {"fields": ("is_active", "is_staff", "is_superuser")}),
        (gettext_lazy("Dates"), {"fields": ("last_login", "date_joined")}),
        (None, {"fields": ("reason",)}),
    )
    readonly_fields = ("last_login", "date_joined")
    add_fieldsets = (
        (
            None,
            {
                "classes": ("wide",),
                "fields": (
                    "email",
                    "name",
                    "language",
                    "usable_password",
                    "password1",
                    "password2",
                    "reason",
                ),
            },
        ),
    )


class MembershipForm(ReasonForm):
    """A membership whose company keeps an account admin."""

    def clean(self) -> dict[str, Any]:
        """Refuse to demote the last account admin, in the rule's words."""
        cleaned = super().clean() or {}
        if self.instance.pk and cleaned.get("role") != Role.ACCOUNT_ADMIN:
            team.hold(self.instance.partner_id)
            try:
                team.refuse_last_admin(self.instance)
            except Refused as refusal:
                raise ValidationError({"role": str(refusal)}) from refusal
        return cleaned


@admin.register(Membership)
class MembershipAdmin(LoggedAdmin):
    """Who works for whom, in which role."""

    form = MembershipForm
    list_display = ("user", "partner", "role", "joined_at")
    list_filter = ("role",)
    list_select_related = ("user", "partner")
    search_fields = ("user__email", "user__name", "partner__name")
    autocomplete_fields = ("user", "partner")

    def get_readonly_fields(self, request: HttpRequest, obj: Membership | None = None) -> tuple[str, ...]:
        """Freeze whose tie it is, and with which company: only the role changes."""
        return ("user", "partner") if obj else ()

    def readers(self, obj: Membership) -> list[Partner]:
        """Let the company read who joined it, in which role."""
        return [obj.partner]
