"""Companies in the admin: their partnerships, their people, their state."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.filters import AllValuesFieldListFilter
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import PermissionDenied, ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import companies, partnerships
from partners.actor import Actor
from partners.admin import hierarchy
from partners.admin.logged import LoggedAdmin, ReadOnly, ReasonForm, ReasonOnlyForm, told
from partners.admin.people import MembershipInline
from partners.errors import Refused
from partners.models import Partner, Partnership


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


class PartnerForm(ReasonForm):
    """A company as staff keep it; where it stands is chosen here once, and moved on a page of its own."""

    def clean(self) -> dict[str, Any]:
        """Hold the line the new company is put under until it is saved; the model refuses what cannot be."""
        cleaned = super().clean() or {}
        if (parent := cleaned.get("parent")) is not None:
            try:
                companies.hold(parent)
            except Refused as refusal:
                raise ValidationError({"parent": str(refusal)}) from refusal
            parent.refresh_from_db(fields=["parent"])
        return cleaned


@admin.register(Partner)
class PartnerAdmin(LoggedAdmin):
    """Companies as a tree, each with its partnerships and people."""

    form = PartnerForm
    list_display = ("placed", "status", "kind", "level", "locations", "partner_id", "country", "under")
    list_filter = ("kind", "status", hierarchy.LevelFilter, ("country", AllValuesFieldListFilter))
    list_select_related = ("parent", "parent__parent")
    list_per_page = 100
    search_fields = ("name", "partner_id", "tenant_id", "parent__name", "parent__parent__name")
    search_help_text = gettext_lazy(
        "Name, partner id or Microsoft ID; a name also finds what stands under it."
    )
    autocomplete_fields = ("parent",)
    readonly_fields = ("status", "edition", "created_at")  # the edition is the provider's own choice
    change_form_template = "admin/partners/partner/change_form.html"

    def get_queryset(self, request: HttpRequest) -> QuerySet[Partner]:
        """Return the companies with their places in the tree."""
        return Partner.objects.as_tree()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        """Return the list that is sorted as a tree."""
        return hierarchy.Tree

    @admin.display(description=gettext_lazy("company"), ordering="name")
    def placed(self, obj: Any) -> str:
        """Show a company's name, set in by its level."""
        return hierarchy.placed(obj)

    @admin.display(description=gettext_lazy("level"))
    def level(self, obj: Any) -> int:
        """Show how deep it stands."""
        return int(obj.level)

    @admin.display(description=gettext_lazy("right under it"))
    def locations(self, obj: Any) -> int:
        """Show how many stand right under it."""
        return obj.location_count or 0

    @admin.display(description=gettext_lazy("stands under"))
    def under(self, obj: Partner) -> str:
        """Show the companies above, from the top."""
        return hierarchy.above(obj)

    def get_inlines(self, request: HttpRequest, obj: Partner | None) -> list[Any]:
        """Show the inlines that fit the kind of company."""
        if obj is None:
            return []
        ties = PartnershipInline if obj.has_resellers else ProviderInline
        return [LocationInline, MembershipInline] + ([] if obj.kind == "direct_bill" else [ties])

    def get_readonly_fields(self, request: HttpRequest, obj: Partner | None = None) -> tuple[str, ...]:
        """Freeze the kind of a company that exists, its history depends on it, and its place."""
        return (*self.readonly_fields, "kind", "parent") if obj else self.readonly_fields

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
        """Add the pages that suspend a company, let it act again, or move it."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/state/", view(self.change_state), name="partners_partner_state"),
            path("<int:pk>/move/", view(self.move), name="partners_partner_move"),
            *super().get_urls(),
        ]

    def _found(self, request: HttpRequest, pk: int) -> Partner:
        partner = get_object_or_404(Partner.objects.select_related("parent"), pk=pk)
        if not self.has_change_permission(request, partner):
            raise PermissionDenied
        return partner

    def change_state(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, then suspend or reactivate by the story."""
        partner = self._found(request, pk)
        form = ReasonOnlyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            story = companies.suspend if partner.is_active else companies.reactivate
            return told(
                request,
                story,
                partner,
                reason=form.cleaned_data["reason"],
                back=reverse("admin:partners_partner_change", args=[pk]),
            )
        context = {
            **self.admin_site.each_context(request),
            "title": _("Suspend") if partner.is_active else _("Let it act again"),
            "partner": partner,
            "form": form,
            "opts": self.model._meta,
        }
        return render(request, "admin/partners/partner/state.html", context)

    def move(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Choose another parent, see what changes, say why; then move it by the story."""
        partner = self._found(request, pk)
        context = {**self.admin_site.each_context(request), "opts": self.model._meta}
        return hierarchy.move(request, partner, context, self.admin_site)
