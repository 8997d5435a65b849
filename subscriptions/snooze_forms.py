"""The form that puts something off: until when, and why."""

from datetime import date, timedelta
from typing import Any

from django import forms
from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.fields import Day, Line
from partners.templatetags.ui import exact_day
from subscriptions.attention import Item
from subscriptions.models.snooze import LONGEST_SNOOZE_DAYS


class Span(models.TextChoices):
    """For how long."""

    TOMORROW = "tomorrow", gettext_lazy("Until tomorrow")
    WEEK = "week", gettext_lazy("For a week")
    DAY = "day", gettext_lazy("Until the day below")


class PutOffForm(forms.Form):
    """Until when, why, and that a day after the due day is meant."""

    span = forms.ChoiceField(label=gettext_lazy("How long"), choices=Span, widget=forms.RadioSelect)
    until = Day(
        label=gettext_lazy("Until"),
        required=False,
        help_text=gettext_lazy("At most 90 days from now. On that day it is back."),
    )
    reason = Line(label=gettext_lazy("Why it can wait"), max_length=200)
    beyond = forms.BooleanField(required=False)

    def __init__(self, *args: Any, item: Item, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        if item.due is None or item.due > today + timedelta(days=LONGEST_SNOOZE_DAYS):
            del self.fields["beyond"]
        else:
            self.fields["beyond"].label = _("Also beyond %(day)s, the day it is due") % {
                "day": exact_day(item.due)
            }

    def clean(self) -> dict[str, Any]:
        """Work out the day from how long; refuses a day below that is missing."""
        cleaned = super().clean() or {}
        spans = {Span.TOMORROW.value: 1, Span.WEEK.value: 7}
        if (days := spans.get(cleaned.get("span", ""))) is not None:
            cleaned["until"] = self.today + timedelta(days=days)
        elif cleaned.get("span") and not cleaned.get("until") and "until" not in self.errors:
            self.add_error("until", _("Choose a day."))
        return cleaned
