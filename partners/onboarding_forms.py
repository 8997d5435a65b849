"""Forms of a reseller's way in: what a provider knows of it, what it tells of itself, staff's reason."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from partners.fields import Address, Line
from partners.forms import ReachForm
from partners.models import Onboarding, User
from partners.onboarding import Candidate, Told
from partners.team_forms import NewcomerForm


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


class TellForm(NewcomerForm, ReachForm):
    """What the reseller's first account admin tells; name and password only for a new account."""

    tenant_id = forms.UUIDField(
        label=gettext_lazy("Microsoft ID (tenant)"),
        help_text=gettext_lazy("32 letters and digits with four dashes, of your own company."),
    )
    attested = forms.BooleanField()

    def __init__(self, *args: Any, onboarding: Onboarding, account: User | None, **kwargs: Any) -> None:
        initial = {"time_zone": onboarding.time_zone}
        super().__init__(*args, email=onboarding.email, initial=initial, **kwargs)
        self.fields["attested"].label = _("I work for %(company)s and may speak for it") % {
            "company": onboarding.name
        }
        if account is not None:
            del self.fields["name"], self.fields["password"]

    @property
    def told(self) -> Told:
        """What was typed; read it once the form is valid."""
        return Told(**self.cleaned_data)
