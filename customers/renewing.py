"""The forms of a renewal: what the provider proposes, and what the customer ticks."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer, Grant, RenewalProposal
from customers.models.invitation import MAX_PRIVILEGE_DAYS
from customers.renewals import Choice, Renewable, Terms
from partners.fields import Day, Lines
from partners.models import MailText


class ProposalForm(forms.Form):
    """Which of the privileges granted now go on, for how long, in which words."""

    privileges = forms.MultipleChoiceField(
        label=gettext_lazy("Privileges"),
        error_messages={"required": gettext_lazy("Choose at least one privilege to renew.")},
    )
    days = forms.IntegerField(
        label=gettext_lazy("Days from the answer"),
        min_value=1,
        max_value=MAX_PRIVILEGE_DAYS,
        help_text=gettext_lazy("At most 730. The customer may choose a nearer day."),
    )
    opening = Lines(
        label=gettext_lazy("Opening words"),
        max_length=2000,
        required=False,
        help_text=gettext_lazy("They stand in the mail and on the customer's page."),
    )

    def __init__(self, data: Any = None, *, customer: Customer, grants: Sequence[Grant]) -> None:
        """Propose everything there is, for as long as the provider usually asks, in its own words if any."""
        own = MailText.objects.filter(
            partner=customer.provider_id, event=MailText.Event.RENEWAL, language=customer.language
        )
        initial = {
            "privileges": [grant.privilege for grant in grants],
            "days": customer.provider.privilege_days,
            "opening": "" if data else own.values_list("opening", flat=True).first() or "",
        }
        super().__init__(data, initial=initial)
        choices = [(grant.privilege, grant.get_privilege_display()) for grant in grants]
        self.fields["privileges"].choices = choices  # type: ignore[attr-defined]  # a choice field

    def terms(self) -> Terms:
        """Return what was chosen, for the story."""
        data = self.cleaned_data
        return Terms(frozenset(data["privileges"]), data["days"], data["opening"])


class RenewalForm(forms.Form):
    """What goes on, until when and with which resellers: privileges unticked beforehand, resellers ticked."""

    privileges = forms.MultipleChoiceField(label=gettext_lazy("What goes on"), required=False)
    resellers = forms.MultipleChoiceField(label=gettext_lazy("Resellers that go on"), required=False)
    ends_on = Day(label=gettext_lazy("Until"), help_text=gettext_lazy("You may choose a nearer day."))

    def __init__(
        self, data: Any = None, *, proposal: RenewalProposal, items: Sequence[Renewable], today: date
    ) -> None:
        along = [str(one.pk) for item in items for one in item.along]
        self.today, self.last = today, proposal.last_day(today)
        super().__init__(data, initial={"resellers": along, "ends_on": self.last})
        self.fields["privileges"].choices = [(item.grant.privilege, item.grant.privilege) for item in items]  # type: ignore[attr-defined]  # a choice field
        self.fields["resellers"].choices = [(pk, pk) for pk in along]  # type: ignore[attr-defined]  # a choice field
        self.fields["ends_on"].widget.attrs |= {
            "min": self.today.isoformat(),
            "max": self.last.isoformat(),
        }

    def clean_ends_on(self) -> date:
        """Return the last day; refuses one that is over, and one beyond what was proposed."""
        ends_on: date = self.cleaned_data["ends_on"]
        if not self.today <= ends_on <= self.last:
            raise forms.ValidationError(
                _("The last day must lie between today and the day that was proposed.")
            )
        return ends_on

    def choice(self) -> Choice:
        """Return what was chosen, for the story; resellers of what does not go on count for nothing."""
        data = self.cleaned_data
        return Choice(
            frozenset(data["privileges"]), data["ends_on"], frozenset(int(pk) for pk in data["resellers"])
        )

    def chosen(self) -> dict[str, Any]:
        """Return what was chosen as the address of the next page carries it."""
        data = self.cleaned_data
        return {**data, "ends_on": data["ends_on"].isoformat()}
