"""What every page of the admin keeps to: a reason is asked, a log row written, nothing deleted."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import admin, messages
from django.db import models
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner


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


class ReasonOnlyForm(forms.Form):
    """Why staff tell a story."""

    reason = forms.CharField(
        label=gettext_lazy("reason"),
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3, "cols": 60}),
        help_text=gettext_lazy("Kept in the log beside what you change."),
    )


def told(
    request: HttpRequest, story: Callable[..., object], thing: Any, *, back: str, **how: Any
) -> HttpResponse:
    """Tell a story as staff, say how it went, and go back."""
    try:
        story(thing, by=Actor.staff(request.user), at=timezone.now(), **how)  # type: ignore[arg-type]  # the admin is for users only
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Done."))
    return HttpResponseRedirect(back)


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
