"""The ground floor in the admin: companies as staff keep them, people and roles, mail and log to read."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.admin import UserAdmin as DjangoUserAdmin
from django.contrib.auth.forms import AdminUserCreationForm, UserChangeForm
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity, companies, partnerships, team
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Membership, Message, Partner, Partnership, User

admin.site.site_header = gettext_lazy("Multicanale: staff")
admin.site.site_title = gettext_lazy("Multicanale")
admin.site.index_title = gettext_lazy("Companies, people, catalogue")
admin.site.unregister(Group)  # roles belong to memberships; staff rights to the user


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls what staff do here."""

    ADDED = "staff.added", gettext_lazy("Added by staff")
    CHANGED = "staff.changed", gettext_lazy("Changed by staff")


class ReasonForm(forms.ModelForm):
    """A form of the admin that asks why."""

    reason = forms.CharField(
        label=gettext_lazy("reason"),
        max_length=300,
        help_text=gettext_lazy("Kept in the log beside what you change."),
    )


ADDRESSES: dict[type[models.Field], dict[str, str]] = {models.URLField: {"assume_scheme": "https"}}


class LoggedAdmin(admin.ModelAdmin):
    """An admin page whose every change is a row of the log, with its reason; nothing is deleted here."""

    form = ReasonForm
    formfield_overrides = ADDRESSES

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: what others point at is ended or suspended, never deleted."""
        return False

    def readers(self, obj: Any) -> list[Partner]:
        """Return the companies that may read what staff changed here."""
        return []

    def provider_of(self, obj: Any) -> Partner | None:
        """Return the provider in whose chain the row belongs; without one it is in staff's own."""
        return None

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Save, and write the log row in the same transaction."""
        super().save_model(request, obj, form, change)
        activity.record(
            Verb.CHANGED if change else Verb.ADDED,
            by=Actor.staff(request.user),  # type: ignore[arg-type]  # the admin is for users only
            at=timezone.now(),
            provider=self.provider_of(obj),
            about=obj,
            seen_by=self.readers(obj),
            details={
                "changed": activity.changed(obj),
                "fields": sorted(set(form.changed_data) - {"reason", "password1", "password2"}),
                "reason": form.cleaned_data.get("reason", ""),
            },
        )


class ReadOnly:
    """What makes an admin page, or an inline of one, something to look at."""

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a story makes these rows."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a story changes these rows."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: these rows stay."""
        return False


class ReadOnlyAdmin(ReadOnly, admin.ModelAdmin):
    """An admin page to look at."""

    formfield_overrides = ADDRESSES


class PartnershipForm(forms.ModelForm):
    """A partnership proposed by staff for the provider on whose page it is."""

    class Meta:
        model = Partnership
        fields = ("reseller",)

    def clean(self) -> dict[str, Any]:
        """Refuse a pair the programme does not know, in the story's words."""
        cleaned = super().clean() or {}
        reseller, provider = cleaned.get("reseller"), self.instance.provider
        if not self.instance.pk and reseller:
            try:
                partnerships.refuse_pair(provider, reseller)
            except Refused as refusal:
                raise ValidationError(str(refusal)) from refusal
        return cleaned


class PartnershipInline(admin.TabularInline):
    """The resellers of a provider: read the states, propose another."""

    model = Partnership
    form = PartnershipForm
    fk_name = "provider"
    extra = 0
    autocomplete_fields = ("reseller",)
    fields = ("reseller", "status", "proposed_at", "proposed_by", "answered_at", "ended_at")
    readonly_fields = ("status", "proposed_at", "proposed_by", "answered_at", "ended_at")
    verbose_name_plural = gettext_lazy("partnerships with resellers")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: the stories of a partnership change it."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: a partnership ends, it is not deleted."""
        return False


class ProviderInline(ReadOnly, admin.TabularInline):
    """The providers of a reseller."""

    model = Partnership
    fk_name = "reseller"
    extra = 0
    fields = readonly_fields = ("provider", "status", "proposed_at", "answered_at", "ended_at")
    verbose_name_plural = gettext_lazy("partnerships with providers")


class LocationInline(ReadOnly, admin.TabularInline):
    """The location accounts under a company account."""

    model = Partner
    fk_name = "parent"
    extra = 0
    show_change_link = True
    fields = readonly_fields = ("name", "partner_id", "country", "status")
    verbose_name_plural = gettext_lazy("companies under this one")


class MembershipInline(ReadOnly, admin.TabularInline):
    """The people who work for a company; a role changes on the membership's own page, which asks why."""

    model = Membership
    extra = 0
    show_change_link = True
    fields = readonly_fields = ("user", "partner", "role", "joined_at")

    def get_queryset(self, request: HttpRequest) -> models.QuerySet[Membership]:
        """Return the memberships with the names they show."""
        return super().get_queryset(request).select_related("user", "partner")


class StateForm(forms.Form):
    """Why a company is suspended, or may act again."""

    reason = forms.CharField(label=gettext_lazy("reason"), max_length=300)


@admin.register(Partner)
class PartnerAdmin(LoggedAdmin):
    """Companies, their hierarchy and their partnerships."""

    list_display = ("name", "kind", "partner_id", "country", "parent", "status")
    list_filter = ("kind", "status", "country")
    list_select_related = ("parent",)
    search_fields = ("name", "partner_id", "tenant_id", "parent__name")
    autocomplete_fields = ("parent",)
    readonly_fields = ("status", "created_at")
    change_form_template = "admin/partners/partner/change_form.html"

    def get_inlines(self, request: HttpRequest, obj: Partner | None) -> list[Any]:
        """Show the inlines that fit the kind of company."""
        if obj is None:
            return []
        ties = PartnershipInline if obj.has_resellers else ProviderInline
        return [LocationInline, MembershipInline] + ([] if obj.kind == "direct_bill" else [ties])

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> tuple[str, ...]:
        """Freeze the kind of a company that exists: its history depends on it."""
        return (*self.readonly_fields, "kind") if obj else self.readonly_fields

    def readers(self, obj: Partner) -> list[Partner]:
        """Let the company read what staff changed about it."""
        return [obj]

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Propose new partnerships by their story; save everything else as it is."""
        if formset.model is not Partnership:
            super().save_formset(request, form, formset, change)
            return
        formset.new_objects, formset.changed_objects, formset.deleted_objects = [], [], []
        for row in formset.save(commit=False):
            try:
                partnerships.propose(
                    row.provider,
                    row.reseller,
                    by=Actor.staff(request.user),  # type: ignore[arg-type]  # the admin is for users only
                    at=timezone.now(),
                )
            except Refused as refusal:
                messages.error(request, str(refusal))

    def get_urls(self) -> list[URLPattern]:
        """Add the page that suspends a company or lets it act again."""
        state = path(
            "<int:pk>/state/", self.admin_site.admin_view(self.change_state), name="partners_partner_state"
        )
        return [state, *super().get_urls()]

    def change_state(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, then suspend or reactivate by the story."""
        partner = get_object_or_404(Partner, pk=pk)
        form = StateForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            story = companies.suspend if partner.is_active else companies.reactivate
            try:
                story(
                    partner,
                    reason=form.cleaned_data["reason"],
                    by=Actor.staff(request.user),  # type: ignore[arg-type]  # the admin is for users only
                    at=timezone.now(),
                )
            except Refused as refusal:
                messages.error(request, str(refusal))
            else:
                messages.success(request, _("Done."))
            return HttpResponseRedirect(reverse("admin:partners_partner_change", args=[pk]))
        context = {
            **self.admin_site.each_context(request),
            "title": _("Suspend") if partner.is_active else _("Let it act again"),
            "partner": partner,
            "form": form,
            "opts": self.model._meta,
        }
        return render(request, "admin/partners/partner/state.html", context)


class UserForm(ReasonForm, UserChangeForm):
    """A user as staff change it, and why."""


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
        (gettext_lazy("Person"), {"fields": ("name", "language")}),
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
        try:
            team.refuse_last_admin(self.instance, cleaned.get("role", ""))
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

    def readers(self, obj: Membership) -> list[Partner]:
        """Let the company read who joined it, in which role."""
        return [obj.partner]


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """The log, to read."""

    list_display = ("at", "verb", "actor_kind", "actor_company", "customer_label", "object_label")
    list_filter = ("verb", "actor_kind")
    search_fields = ("customer_label", "actor_company", "object_label")
    show_full_result_count = False


@admin.register(Message)
class MessageAdmin(ReadOnlyAdmin):
    """Mails and what became of them; never their text, which may hold a secret."""

    list_display = ("created_at", "event", "to", "status", "attempts", "sent_at")
    list_filter = ("status", "event")
    search_fields = ("to",)
    fields = (
        "to",
        "event",
        "language",
        "subject",
        "status",
        "reason",
        "copied_by",
        "attempts",
        "created_at",
        "sent_at",
    )
    show_full_result_count = False


admin.site.disable_action("delete_selected")
