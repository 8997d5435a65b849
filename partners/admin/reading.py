"""The log and the mails in the admin, to read."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners.actor import ActorKind
from partners.admin.logged import ReadOnlyAdmin
from partners.models import Activity, Message

KINDS: dict[ActorKind, Promise] = {
    ActorKind.MEMBER: _("Member of a company"),
    ActorKind.STAFF: _("Staff"),
    ActorKind.CUSTOMER: _("Customer"),
    ActorKind.SYSTEM: _("The system itself"),
}


class KindFilter(admin.SimpleListFilter):
    """Who acted, in words."""

    title = _("kind of actor")
    parameter_name = "actor_kind"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, Any]]:
        return [(kind.value, words) for kind, words in KINDS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Activity]) -> QuerySet[Activity]:
        return queryset.filter(actor_kind=self.value()) if self.value() else queryset


@admin.register(Activity)
class ActivityAdmin(ReadOnlyAdmin):
    """The log, to read."""

    list_display = ("at", "verb", "actor_kind", "actor_company", "customer_label", "object_label")
    list_filter = ("verb", KindFilter)
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
