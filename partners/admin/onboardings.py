"""Resellers that wait to be let in: staff look at what they told, and confirm or refuse."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import URLPattern, path, reverse
from django.utils.translation import gettext as _

from partners import onboarding
from partners.admin.logged import ReadOnlyAdmin, ReasonOnlyForm, told
from partners.models import Onboarding


@admin.register(Onboarding)
class OnboardingAdmin(ReadOnlyAdmin):
    """What resellers told of themselves, to read; confirming and refusing have pages of their own."""

    list_display = ("name", "partner_id", "country", "provider", "status", "completed_at")
    list_filter = ("status",)
    list_select_related = ("provider",)
    search_fields = ("name", "partner_id", "email", "provider__name")
    change_form_template = "admin/partners/onboarding/change_form.html"
    fields = (
        "provider",
        "name",
        "partner_id",
        "tenant_id",
        "country",
        "email",
        "user",
        "website",
        "support_email",
        "support_phone",
        "time_zone",
        "status",
        "made_at",
        "made_by",
        "expires_at",
        "completed_at",
        "completed_by",
        "closed_at",
        "closed_by",
        "reason",
    )

    def get_urls(self) -> list[URLPattern]:
        """Add the two pages that decide."""
        view = self.admin_site.admin_view
        return [
            path("<int:pk>/confirm/", view(self.confirm), name="partners_onboarding_confirm"),
            path("<int:pk>/refuse/", view(self.refuse), name="partners_onboarding_refuse"),
            *super().get_urls(),
        ]

    def _found(self, request: HttpRequest, pk: int) -> Onboarding:
        if not request.user.has_perm("partners.change_onboarding"):
            raise PermissionDenied
        return get_object_or_404(Onboarding.objects.select_related("provider", "user"), pk=pk)

    def _page(self, request: HttpRequest, template: str, found: Onboarding, **more: Any) -> HttpResponse:
        context = {**self.admin_site.each_context(request), "opts": self.model._meta, "onboarding": found}
        return render(request, f"admin/partners/onboarding/{template}.html", {**context, **more})

    def confirm(self, request: HttpRequest, pk: int) -> HttpResponse:
        """List what comes to be, then let the reseller in by the story."""
        found = self._found(request, pk)
        if request.method == "POST":
            return told(request, onboarding.confirm, found, back=_back(found))
        return self._page(request, "confirm", found, title=_("Confirm the reseller"))

    def refuse(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Ask why, then refuse the reseller by the story."""
        found = self._found(request, pk)
        form = ReasonOnlyForm(request.POST or None)
        if request.method == "POST" and form.is_valid():
            reason = form.cleaned_data["reason"]
            return told(request, onboarding.refuse, found, back=_back(found), reason=reason)
        return self._page(request, "refuse", found, form=form, title=_("Refuse the reseller"))


def _back(found: Onboarding) -> str:
    return reverse("admin:partners_onboarding_change", args=[found.pk])
