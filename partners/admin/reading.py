"""The log and the mails in the admin, to read."""

from django.contrib import admin

from partners.admin.logged import ReadOnlyAdmin
from partners.models import Activity, Message


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
