"""Forms of invitations under way: several recipients, another last day, a request and its answer."""

import re
from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.custody import MOST_AT_ONCE, SomeRefused
from customers.expiries import LONGEST_MOVE
from customers.forms import ResellerChoice, offer
from customers.models import Invitation
from customers.models.invitation import MAX_PLACES
from customers.requests import Wish
from customers.terms import Recipient, end_of
from partners.actor import Actor
from partners.addresses import clean_email, refuse_control_characters
from partners.fields import Day, Line, Lines, Version
from partners.models import Partner, Partnership

# A spreadsheet writes a tab or a comma; the last one stands before the address, others may be in the name.
RECIPIENT = re.compile(r"\s*(\S.*?)\s*[;,\t]\s*([^;,\t]*[^;,\t\s])\s*")


class RecipientsForm(forms.Form):
    """Several recipients, one on a line, and one sentence for all of them."""

    lines = Lines(
        label=gettext_lazy("One customer on each line"),
        max_length=MOST_AT_ONCE * 420,
        rows=6,
        strip=False,  # empty lines count when a line is named by its number
        help_text=gettext_lazy(
            "The company, a semicolon, the e-mail of its administrator. Lines of a spreadsheet do too."
        ),
        widget=forms.Textarea(attrs={"placeholder": "Contoso; admin@contoso.com", "spellcheck": "false"}),
    )
    covering = Line(
        label=gettext_lazy("Your own sentence"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Added to each mail and page. What is asked for stays as it is."),
    )

    def __init__(self, data: Any = None) -> None:
        super().__init__(data, auto_id="many_%s")  # it stands beside the form of one recipient

    def clean_lines(self) -> list[tuple[int, str, str]]:
        """Return line number, company and address of each recipient; refuses the lines that name none."""
        found: list[tuple[int, str, str]] = []
        wrong: list[str] = []
        for number, line in enumerate(self.cleaned_data["lines"].split("\n"), start=1):
            if not line.strip():
                continue
            try:
                company, address = _recipient(line)
                if address in {known for _number, _company, known in found}:
                    raise ValidationError(_("this address stands above already"))
            except ValidationError as problem:
                wrong.append(_at_line(number, " ".join(problem.messages)))
            else:
                found.append((number, company, address))
        if not (found or wrong):
            raise ValidationError(_("Write at least one line."))
        if len(found) + len(wrong) > MOST_AT_ONCE:
            raise ValidationError(_("At most %(most)d lines at once.") % {"most": MOST_AT_ONCE})
        if wrong:
            raise ValidationError(wrong)
        return found

    @property
    def recipients(self) -> list[Recipient]:
        """To whom it goes; read it once the form is valid."""
        covering = self.cleaned_data["covering"]
        return [
            Recipient(address, company, covering) for _number, company, address in self.cleaned_data["lines"]
        ]

    def refuse(self, refusal: SomeRefused) -> None:
        """Say at which line of what was typed each one was refused."""
        rows = self.cleaned_data["lines"]
        self.add_error("lines", [_at_line(rows[number - 1][0], words) for number, words in refusal.rows])


def _at_line(number: int, words: str) -> str:
    return _("Line %(number)d: %(words)s") % {"number": number, "words": words}


def _recipient(line: str) -> tuple[str, str]:
    found = RECIPIENT.fullmatch(line)
    if not found:
        raise ValidationError(_("write the company, a semicolon and the address"))
    company, address = found.groups()
    if len(company) > 160:
        raise ValidationError(_("the company's name is too long"))
    refuse_control_characters(company)
    return company, clean_email(address)


class ExpiryForm(forms.Form):
    """Another last day for an invitation, as it was when the form was read."""

    expires_on = Day(
        label=gettext_lazy("The customer can answer until"),
        help_text=gettext_lazy("To the end of this day, in your time zone."),
    )
    version = Version()

    def __init__(self, *args: Any, invitation: Invitation, **kwargs: Any) -> None:
        self.provider = invitation.provider
        kwargs["initial"] = {
            "expires_on": invitation.expires_at.astimezone(self.provider.zone).date(),
            "version": invitation.version,
        }
        super().__init__(*args, **kwargs)
        today = timezone.localdate()
        self.fields["expires_on"].widget.attrs.update(
            min=today.isoformat(), max=(today + LONGEST_MOVE - timedelta(days=1)).isoformat()
        )

    @property
    def moment(self) -> datetime:
        """The end of the day that was chosen, in the provider's zone."""
        return end_of(self.cleaned_data["expires_on"], self.provider)


class ProviderChoice(ResellerChoice):
    """One of a reseller's active partnerships, shown as the provider's name."""

    def label_from_instance(self, partnership: Partnership) -> str:
        return partnership.provider.name


class RequestForm(forms.Form):
    """What a reseller asks a provider to ask of customers, for whom and why."""

    partnership = ProviderChoice(Partnership.objects.none(), label=gettext_lazy("Provider"))
    wants_provisioning = forms.BooleanField(
        label=gettext_lazy("Provisioning"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    wants_support = forms.BooleanField(
        label=gettext_lazy("Support"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        help_text=gettext_lazy("Without either, the customer is only asked for the relationship."),
    )
    places = forms.IntegerField(
        label=gettext_lazy("Number of customers"), min_value=1, max_value=MAX_PLACES, initial=1
    )
    note = Lines(
        label=gettext_lazy("For whom, and why"),
        max_length=1000,
        help_text=gettext_lazy("The provider reads it before it decides."),
    )

    def __init__(self, *args: Any, actor: Actor, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        offer(
            self,
            "partnership",
            Partnership.objects.active()
            .filter(reseller=actor.partner, provider__status=Partner.Status.ACTIVE)
            .select_related("provider", "reseller")
            .order_by("provider__name", "pk"),
        )
        tied = list(self.fields["partnership"].queryset[:2])  # type: ignore[attr-defined]  # a choice among rows
        if len(tied) == 1:
            self.initial.setdefault("partnership", tied[0])

    @property
    def wish(self) -> Wish:
        """What is asked; read it once the form is valid."""
        values = self.cleaned_data
        return Wish(values["wants_provisioning"], values["wants_support"], values["places"], values["note"])


class RefusalForm(forms.Form):
    """Why a request is refused, for the reseller to read."""

    reason = Lines(
        label=gettext_lazy("Why"),
        max_length=500,
        rows=3,
        help_text=gettext_lazy("The reseller reads it."),
    )
