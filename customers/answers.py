"""The forms of whoever opens a link: the answer to an invitation, a mailed code, a reason to decline."""

import uuid
from datetime import datetime
from typing import Any, cast

from django import forms
from django.http import QueryDict
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _
from django_countries import countries

from customers.acceptances import Answer
from customers.families import Family
from customers.models import AgreementVersion, InvitationLink, Privilege
from partners.fields import Address, Line, Lines
from partners.models import RulebookEdition

NONE = "none"


class TenantField(forms.UUIDField):
    """A Microsoft ID; refuses the zeros of an example."""

    default_error_messages = {
        "invalid": gettext_lazy(
            "A Microsoft ID looks like 3f2504e0-4f89-41d3-9a0c-0305e82c3301. Copy all of it."
        )
    }

    def to_python(self, value: Any) -> uuid.UUID | None:  # type: ignore[override]  # the stubs say text
        """Return the id, however it was spelled."""
        tenant_id = super().to_python(value)
        if tenant_id is not None and not tenant_id.int:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return tenant_id


def country_choices() -> list[tuple[str, str]]:
    """Return every country in the reader's language, none chosen."""
    return [("", _("Choose")), *((code, str(name)) for code, name in countries)]


def _autocomplete(kind: str, **attrs: str) -> dict[str, str]:
    return {"autocomplete": kind, **attrs}


class AnswerForm(forms.Form):
    """Who answers, for which tenant, granting what. Nothing is ticked beforehand."""

    name = Line(
        label=gettext_lazy("Full name"), max_length=120, widget=forms.TextInput(attrs=_autocomplete("name"))
    )
    email = Address(
        label=gettext_lazy("Work e-mail"),
        widget=forms.EmailInput(attrs=_autocomplete("email")),
        help_text=gettext_lazy("We mail a six-digit code there, to make sure that it is you."),
    )
    company = Line(
        label=gettext_lazy("Company"),
        max_length=160,
        widget=forms.TextInput(attrs=_autocomplete("organization")),
    )
    country = forms.ChoiceField(
        label=gettext_lazy("Country"), widget=forms.Select(attrs=_autocomplete("country"))
    )
    tenant_id = TenantField(
        label=gettext_lazy("Microsoft ID (tenant)"),
        widget=forms.TextInput(
            attrs=_autocomplete("off", placeholder="00000000-0000-0000-0000-000000000000", spellcheck="false")
        ),
    )
    grants = forms.MultipleChoiceField(label=gettext_lazy("What you grant"), required=False)
    others = forms.MultipleChoiceField(
        label=gettext_lazy("Does another CSP partner administer these services today?"),
        widget=forms.CheckboxSelectMultiple,
        help_text=gettext_lazy(
            "A service has one CSP partner with privileges at a time. On those you tick nobody acts for you"
            " here until you say that the other partner has left."
        ),
        error_messages={"required": gettext_lazy("Tick the services, or that there is none.")},
    )
    is_admin = forms.BooleanField(
        label=gettext_lazy("I am an administrator of this tenant and may answer for the company"),
        error_messages={"required": gettext_lazy("Only an administrator of the tenant can accept.")},
    )
    agrees = forms.BooleanField(
        label=gettext_lazy("I accept the Microsoft customer agreement for the company"),
        error_messages={"required": gettext_lazy("Without the customer agreement there is no relationship.")},
    )
    agreement = forms.CharField(required=False, widget=forms.HiddenInput)

    def __init__(
        self, data: Any = None, *, link: InvitationLink, asks: tuple[Privilege, ...], at: datetime
    ) -> None:
        """Prefill what the invitation knows; never the Microsoft ID, which has to come from the customer."""
        known = link.customer
        initial = {
            "email": link.email,
            "company": known.name if known else link.company,
            "country": str(known.country) if known else "",
        }
        super().__init__(data, initial=initial)
        self.link, self.at = link, at
        self.fields["country"].choices = country_choices  # type: ignore[attr-defined]  # a choice field
        self.fields["grants"].choices = [(asked.value, asked.label) for asked in asks]  # type: ignore[attr-defined]  # a choice field
        if asks and link.provider.edition == RulebookEdition.V2016_12:
            families = [*Family.choices, (NONE, _("None: no other CSP partner"))]
            self.fields["others"].choices = families  # type: ignore[attr-defined]  # a choice field
        else:
            del self.fields["others"]
        self._show(self._agreement_in(initial["country"] or str(link.provider.country)))

    def _agreement_in(self, country: str) -> AgreementVersion | None:
        return AgreementVersion.objects.in_force(
            edition=self.link.provider.edition, country=country, language=get_language(), on=self.at
        )

    def _show(self, version: AgreementVersion | None) -> None:
        """Let the page point at the text that is accepted; none if staff has none on file."""
        self.version = version
        self.initial["agreement"] = str(version.pk) if version else ""

    def clean_others(self) -> list[str]:
        """Return the families; refuses a family and none at once."""
        others = self.cleaned_data["others"]
        if NONE in others and len(others) > 1:
            raise forms.ValidationError(_("Tick either the services or that there is none."))
        return [family for family in others if family != NONE]

    def clean(self) -> dict[str, Any]:
        """Refuse the acceptance of another agreement than the one of the country given."""
        data: dict[str, Any] = super().clean() or {}
        shown = data.get("agreement", "")
        if "country" in data:
            self._show(self._agreement_in(data["country"]))
        if "agrees" in data and shown != self.initial["agreement"]:
            self.add_error("agrees", _("Another agreement holds in this country. Read it and tick again."))
        if shown != self.initial["agreement"]:
            again = cast(QueryDict, self.data).copy()
            again["agreement"] = self.initial["agreement"]
            again.pop("agrees", None)
            self.data = again
        return data

    def answer(self) -> Answer:
        """Return what was typed and ticked, for the story."""
        data = self.cleaned_data
        return Answer(
            name=data["name"],
            email=data["email"],
            tenant_id=data["tenant_id"],
            company=data["company"],
            country=data["country"],
            language=get_language(),
            grants_provisioning=Privilege.PROVISIONING in data["grants"],
            grants_support=Privilege.SUPPORT in data["grants"],
            other_partner_families=data.get("others", []),
            agreement=self.version,
        )


class CodeForm(forms.Form):
    """Six digits; what else is typed around them does no harm."""

    code = forms.CharField(
        label=gettext_lazy("Six-digit code"),
        max_length=20,
        widget=forms.TextInput(
            attrs={
                "autocomplete": "one-time-code",
                "inputmode": "numeric",
                "class": "code-input",
                "autofocus": True,
            }
        ),
    )


class DeclineForm(forms.Form):
    """An optional reason, shown to whoever sent the invitation."""

    reason = Lines(label=gettext_lazy("Why, if you want to say"), required=False, max_length=500, rows=3)
