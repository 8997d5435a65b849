"""The form of a hand-over: to whom, from which day, and what was seen of it before."""

from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.forms import ResellerChoice, active_resellers, offer
from customers.handover_plan import Plan, Scope
from customers.models.invitation import MAX_PRIVILEGE_DAYS
from customers.models.privilege import utc_day
from partners.fields import Day
from partners.models import Partnership


class HandOverForm(forms.Form):
    """Who takes over, and from which day on; `mark` is the sign of the preview that was read."""

    partnership = ResellerChoice(Partnership.objects.none(), label=gettext_lazy("New reseller"))
    starts_on = Day(
        label=gettext_lazy("First day"),
        help_text=gettext_lazy("In UTC. Until then the reseller of today goes on as it does."),
    )
    mark = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)

    def __init__(self, *args: Any, scope: Scope, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = utc_day(at)
        self.partnerships = active_resellers(scope.provider).exclude(reseller=scope.before)
        offer(self, "partnership", self.partnerships)
        self.initial = {"starts_on": self.today, **self.initial}
        self.fields["starts_on"].widget.attrs["min"] = self.today.isoformat()

    def clean_starts_on(self) -> date:
        """Return the first day; refuses one that is over, or beyond what any grant lasts."""
        day: date = self.cleaned_data["starts_on"]
        if day < self.today:
            raise forms.ValidationError(_("This day is over."))
        if day > self.today + timedelta(days=MAX_PRIVILEGE_DAYS):
            raise forms.ValidationError(_("No privilege lasts that long."))
        return day

    def read_lately(self, plan: Plan) -> bool:
        """Say whether what is posted is what the preview showed; notes on the form that it is not."""
        if self.cleaned_data["mark"] == plan.mark:
            return True
        self.add_error(None, _("What the hand-over changes has changed since you looked. Look once more."))
        return False
