"""Forms of a reseller's way in: what a provider knows of it, what it tells of itself, staff's reason."""

import zoneinfo
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from partners.fields import Address, Line
from partners.models import Onboarding, User
from partners.onboarding import Candidate, Told


class StartForm(forms.Form):
    """A reseller that is not here yet, as the provider knows it."""

    name = Line(label=gettext_lazy("Name of the company"), max_length=120)
    partner_id = Line(
        label=gettext_lazy("Microsoft partner id of the reseller"),
        max_length=12,
        help_text=gettext_lazy("4 to 12 digits. Ask the reseller for it: it stands in its Partner Center."),
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "off"}),
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=lambda: [("", "—"), *countries])
    email = Address(
        label=gettext_lazy("E-mail of its first account admin"),
        help_text=gettext_lazy("The link goes there, and that address will be the account's."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=lambda: settings.LANGUAGES)

    @property
    def candidate(self) -> Candidate:
        """What was typed; read it once the form is valid."""
        return Candidate(**self.cleaned_data)


class TellForm(forms.Form):
    """What the reseller's first account admin tells; name and password only for a new account."""

    name = Line(
        label=gettext_lazy("Full name"),
        max_length=120,
        widget=forms.TextInput(attrs={"autocomplete": "name"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        max_length=1000,
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=gettext_lazy("At least 12 characters; several words are easier to remember."),
    )
    tenant_id = forms.UUIDField(
        label=gettext_lazy("Microsoft ID (tenant)"),
        help_text=gettext_lazy("32 letters and digits with four dashes, of your own company."),
    )
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
    attested = forms.BooleanField()

    def __init__(self, *args: Any, onboarding: Onboarding, account: User | None, **kwargs: Any) -> None:
        super().__init__(*args, initial={"time_zone": onboarding.time_zone}, **kwargs)
        self.email = onboarding.email
        self.fields["attested"].label = _("I work for %(company)s and may speak for it") % {
            "company": onboarding.name
        }
        if account is not None:
            del self.fields["name"], self.fields["password"]

    def clean(self) -> dict[str, Any]:
        """Refuse a password that is easily guessed, also from the name and the address."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            try:
                password_validation.validate_password(
                    password, User(name=cleaned.get("name", ""), email=self.email)
                )
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return cleaned

    @property
    def told(self) -> Told:
        """What was typed; read it once the form is valid."""
        return Told(**self.cleaned_data)
