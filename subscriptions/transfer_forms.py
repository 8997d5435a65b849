"""Forms of transfers: they turn text into values and limit choices; stories decide."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from partners.fields import Day, Line, Lines


class RequestForm(forms.Form):
    """Whom one asks, and for which subscriptions."""

    named = Line(
        label=gettext_lazy("The current partner's ID"),
        max_length=40,
        help_text=gettext_lazy(
            "Its partner ID (digits), or the Microsoft ID of its tenant. The customer can ask for it."
        ),
    )
    external_ids = Lines(
        label=gettext_lazy("Subscription IDs"),
        max_length=4000,
        rows=6,
        help_text=gettext_lazy("One a line, 25 at most. Add-ons travel with their subscription."),
    )


class Chosen(forms.Form):
    """Which of a list; what can be chosen is given with the form: keys and words."""

    chosen = forms.MultipleChoiceField(
        label=gettext_lazy("Subscriptions"),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": gettext_lazy("Choose at least one.")},
    )

    def __init__(self, *args: Any, offered: Mapping[int, str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["chosen"].choices = [(str(key), words) for key, words in offered.items()]  # type: ignore[attr-defined]  # a choice

    @property
    def keys(self) -> set[int]:
        """Return the keys of what was chosen."""
        return {int(one) for one in self.cleaned_data["chosen"]}


class AcceptForm(Chosen):
    """Which of the subscriptions asked for may go; nothing is ticked beforehand."""


class RecordForm(Chosen):
    """What is being transferred from, or to, a partner outside."""

    other_name = Line(label=gettext_lazy("The other partner"), max_length=160)
    named = Line(
        label=gettext_lazy("Its partner ID"),
        max_length=40,
        required=False,
        help_text=gettext_lazy("Its partner ID (digits), or the Microsoft ID of its tenant, if you know it."),
    )
    field_order = ("other_name", "named", "chosen")


class NoteForm(Chosen):
    """What became of a transfer kept by hand."""

    happened_on = Day(label=gettext_lazy("Day it happened"))
    reason = Line(
        label=gettext_lazy("Note"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("What the other partner said, for example."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["chosen"].required = False
        self.fields["chosen"].help_text = gettext_lazy("Tick what went over; tick nothing if nothing did.")


class DeclineForm(forms.Form):
    """Why a request is declined."""

    reason = Line(
        label=gettext_lazy("Reason"),
        max_length=300,
        required=False,
        help_text=gettext_lazy("The partner that asked reads it."),
    )
