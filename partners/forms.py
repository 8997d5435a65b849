"""Forms of the ground floor: people about themselves, companies about themselves and each other."""

import zoneinfo
from dataclasses import replace
from typing import Any

from allauth.account import forms as account_forms
from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import mail
from partners.accounts import RESET_EVENT, reset_context
from partners.addresses import refuse_control_characters
from partners.fields import Address, Line, Lines
from partners.models import Kind, Partner, User
from partners.models.partner import validate_partner_center_link
from partners.models.wording import LONGEST_TEXT
from partners.profiles import Profile, profile_of


class ProfileForm(forms.ModelForm):
    """What a person keeps about herself: the name the log shows, the language, the daily summary or none."""

    class Meta:
        model = User
        fields = ("name", "language", "wants_digest")

    def clean_name(self) -> str:
        """Return the name without blanks around it; refuses control characters."""
        name = self.cleaned_data["name"].strip()
        refuse_control_characters(name)
        return name


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """allauth's form, taking as long for an address nobody has as for one somebody has."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Write the mail; for an unknown address do the same work and throw it away."""
        if not self.users:
            nobody = User(email=self.cleaned_data["email"])
            mail.render(RESET_EVENT, language=nobody.language, context=reset_context(nobody, timezone.now()))
        return super().save(request, **kwargs)


class ReachForm(forms.Form):
    """How a company is reached, and in which time zone it counts its days."""

    website = forms.URLField(
        label=gettext_lazy("Website"), max_length=200, required=False, assume_scheme="https"
    )
    support_email = Address(
        label=gettext_lazy("Support e-mail"),
        required=False,
        help_text=gettext_lazy("Customers and partners see it."),
    )
    support_phone = Line(label=gettext_lazy("Support phone"), max_length=40, required=False)
    time_zone = forms.ChoiceField(
        label=gettext_lazy("Time zone"),
        choices=lambda: [(name, name) for name in sorted(zoneinfo.available_timezones())],
        help_text=gettext_lazy("Days are counted and moments shown in it."),
    )


class CompanyForm(ReachForm):
    """What a company's account admins keep about it."""

    seen = forms.CharField(max_length=64, widget=forms.HiddenInput)
    partner_center_link = forms.URLField(
        label=gettext_lazy("Partner Center invitation link"),
        max_length=600,
        required=False,
        assume_scheme="https",
        validators=[validate_partner_center_link],
        help_text=gettext_lazy("Your invitations are based on it: customers confirm there, at Microsoft."),
    )

    privilege_days = forms.IntegerField(
        label=gettext_lazy("Days privileges usually last"),
        min_value=1,
        max_value=730,
        help_text=gettext_lazy("Invitations begin with it; counted from the customer's answer, 730 at most."),
    )
    expiry_days = forms.IntegerField(
        label=gettext_lazy("Days an invitation usually waits"), min_value=1, max_value=365
    )

    def __init__(self, *args: Any, partner: Partner, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.partner = partner
        if not partner.owns_relationships:
            for name in ("partner_center_link", "privilege_days", "expiry_days"):
                del self.fields[name]

    @property
    def profile(self) -> Profile:
        """What was typed; read it once the form is valid."""
        typed = {name: value for name, value in self.cleaned_data.items() if name != "seen"}
        return replace(profile_of(self.partner), **typed)


class WordsForm(forms.Form):
    """A company's own words in one mail."""

    seen = forms.CharField(max_length=64, required=False, widget=forms.HiddenInput)
    opening = Lines(
        label=gettext_lazy("Opening words"),
        max_length=LONGEST_TEXT,
        rows=8,
        required=False,
        help_text=gettext_lazy("Plain text; addresses are not made clickable. Empty: the usual words."),
    )


class ProposeForm(forms.Form):
    """The exact partner id of the reseller a provider asks to work with."""

    partner_id = Line(
        label=gettext_lazy("Microsoft partner id of the reseller"),
        max_length=12,
        help_text=gettext_lazy("4 to 12 digits. Ask the reseller for it: it stands in its Partner Center."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )

    def clean_partner_id(self) -> str:
        """Return the id; refuses one no reseller has, in the same words as one of another kind of company."""
        partner_id: str = self.cleaned_data["partner_id"]
        found = Partner.objects.filter(partner_id=partner_id, kind=Kind.INDIRECT_RESELLER).first()
        if found is None:
            raise forms.ValidationError(_("No reseller here has this partner id."))
        self.reseller = found
        return partner_id


class JointLinkForm(forms.Form):
    """The form of a provider's Partner Center link that names one reseller."""

    partner_center_link = forms.URLField(
        label=gettext_lazy("Joint Partner Center link"),
        max_length=600,
        required=False,
        assume_scheme="https",
        validators=[validate_partner_center_link],
        help_text=gettext_lazy(
            "The invitation link that names this reseller. Empty: invitations use your own link."
        ),
    )
