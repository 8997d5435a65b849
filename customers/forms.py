"""Forms of the middle floor: they turn text into values and limit choices; the stories decide."""

from datetime import datetime
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from customers.models import GROUND, Customer, Grant
from customers.records import Details, Person
from customers.terms import Recipient
from partners.fields import Address, Day, Domain, Line, Version
from partners.models import Partner, Partnership

# --- customers and their contacts --------------------------------------------------------------


class CustomerForm(forms.Form):
    """What a provider writes down about a customer."""

    name = Line(label=gettext_lazy("Company name"), max_length=160)
    domain = Domain(
        label=gettext_lazy("Primary domain"),
        max_length=253,
        required=False,
        help_text=gettext_lazy("An answer from an address at this domain needs no second look."),
    )
    tenant_id = forms.UUIDField(
        label=gettext_lazy("Microsoft ID (tenant)"),
        required=False,
        error_messages={
            "invalid": gettext_lazy(
                "Write it as Microsoft does: 32 digits and letters a to f, in five groups."
            )
        },
        help_text=gettext_lazy(
            "Leave it empty if you do not know it: the customer states it when it accepts."
        ),
    )
    country = forms.ChoiceField(label=gettext_lazy("Country"), choices=lambda: [("", "—"), *countries])
    language = forms.ChoiceField(
        label=gettext_lazy("Language"),
        choices=settings.LANGUAGES,
        help_text=gettext_lazy("Mails and invitations to this customer are written in it."),
    )
    reseller = forms.ModelChoiceField(
        Partner.objects.none(),
        label=gettext_lazy("Named reseller"),
        required=False,
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy(
            "It sees the customer's page. It may act only where you assign it privileges."
        ),
    )
    version = Version()

    def __init__(
        self, *args: Any, provider: Partner, customer: Customer | None = None, **kwargs: Any
    ) -> None:
        if customer is not None:
            kwargs.setdefault("initial", initial_of(customer))
        super().__init__(*args, **kwargs)
        if not provider.has_resellers:
            del self.fields["reseller"]
            return
        tied = Q(pk__in=Partnership.objects.active().filter(provider=provider).values("reseller"))
        if customer is not None and customer.reseller_id:
            tied |= Q(pk=customer.reseller_id)  # what is on record may stay, whatever became of the tie
        self.fields["reseller"].queryset = Partner.objects.filter(tied).order_by("name", "pk")  # type: ignore[attr-defined]  # a choice among rows

    @property
    def details(self) -> Details:
        """Return what was written, for the story."""
        data = self.cleaned_data
        return Details(
            name=data["name"],
            domain=data["domain"],
            tenant_id=data["tenant_id"],
            country=data["country"],
            language=data["language"],
            reseller=data.get("reseller"),
        )


def initial_of(customer: Customer) -> dict[str, Any]:
    """Return what is on record of a customer, as the form shows it."""
    return {
        "name": customer.name,
        "domain": customer.domain,
        "tenant_id": customer.tenant_id,
        "country": str(customer.country),
        "language": customer.language,
        "reseller": customer.reseller_id,
        "version": customer.version,
    }


class ContactForm(forms.Form):
    """What a provider writes down about a person at a customer."""

    name = Line(label=gettext_lazy("Full name"), max_length=120)
    email = Address(label=gettext_lazy("E-mail"))
    phone = Line(label=gettext_lazy("Phone"), max_length=40, required=False)
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES)

    @property
    def person(self) -> Person:
        """Return who was written down, for the story."""
        return Person(**{name: value for name, value in self.cleaned_data.items() if name != "version"})


class EditContactForm(ContactForm):
    """What a provider corrects about a person, and which version of it the form showed."""

    version = Version()


class FirstContactForm(ContactForm):
    """The contact recorded together with its customer, whose language it speaks; all of it may stay empty."""

    prefix = "contact"
    language = None  # type: ignore[assignment]  # so Django takes an inherited field away

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.required = False

    def clean(self) -> dict[str, Any]:
        """Ask for name and address together, or for neither."""
        data = super().clean() or self.cleaned_data
        if any(data.values()):
            for name in ("name", "email"):
                if name in data and not data[name]:
                    self.add_error(name, _("Enter both the name and the address, or neither."))
        return data

    def person_speaking(self, language: str) -> Person | None:
        """Return who was written down, if anybody was."""
        if not self.cleaned_data["email"]:
            return None
        return Person(**self.cleaned_data, language=language)


# --- invitations -------------------------------------------------------------------------------


def offer(form: forms.Form, name: str, rows: "QuerySet[Any]") -> None:
    """Let a field of the form choose among these rows and no others."""
    field = form.fields[name]
    assert isinstance(field, forms.ModelChoiceField)  # noqa: S101 - the classes below say so
    field.queryset = rows


class ResellerChoice(forms.ModelChoiceField):
    """One of a provider's active partnerships, shown as the reseller's name."""

    def label_from_instance(self, partnership: Partnership) -> str:
        return partnership.reseller.name


def active_resellers(provider: Partner) -> "QuerySet[Partnership]":
    """Return the partnerships a provider can hand something to now, by the reseller's name."""
    return (
        Partnership.objects.active()
        .filter(provider=provider, reseller__status=Partner.Status.ACTIVE)
        .select_related("reseller")
        .order_by("reseller__name", "pk")
    )


class RecipientForm(forms.Form):
    """To whom one more link of an invitation goes, with the sender's own sentence."""

    company = Line(label=gettext_lazy("Company name"), max_length=160)
    email = Address(label=gettext_lazy("E-mail of its administrator"))
    covering = Line(
        label=gettext_lazy("Your own sentence"),
        max_length=500,
        required=False,
        help_text=gettext_lazy("Added to the mail and the page. What is asked for stays as it is."),
    )

    @property
    def recipient(self) -> Recipient:
        """To whom it goes; read it once the form is valid."""
        values = self.cleaned_data
        return Recipient(values["email"], values["company"], values["covering"])


# --- privileges --------------------------------------------------------------------------------


class GrantChoice(forms.ModelChoiceField):
    """One of the customer's live grants, shown as the privilege."""

    def label_from_instance(self, grant: Grant) -> str:
        return str(grant.get_privilege_display())


class AssignForm(forms.Form):
    """Which privilege goes to which reseller, on which services, from when to when."""

    grant = GrantChoice(
        Grant.objects.none(),
        label=gettext_lazy("Privilege"),
        empty_label=None,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    partnership = ResellerChoice(Partnership.objects.none(), label=gettext_lazy("Reseller"))
    family = forms.ChoiceField(label=gettext_lazy("Services"), choices=GROUND)
    starts_on = Day(
        label=gettext_lazy("First day"),
        required=False,
        help_text=gettext_lazy("Empty: as soon as the reseller accepts."),
    )
    ends_on = Day(
        label=gettext_lazy("Last day"),
        required=False,
        help_text=gettext_lazy("Empty: the last day of the customer's grant."),
    )

    def __init__(self, *args: Any, customer: Customer, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.grants = Grant.objects.live(at).filter(customer=customer).order_by("privilege")
        self.partnerships = active_resellers(customer.provider)
        offer(self, "grant", self.grants)
        offer(self, "partnership", self.partnerships)

    def clean(self) -> dict[str, Any]:
        """Refuse a day beyond the grant and a last day before the first, next to the field."""
        values = super().clean() or self.cleaned_data
        grant, first, last = values.get("grant"), values.get("starts_on"), values.get("ends_on")
        if grant and last and last > grant.ends_on:
            self.add_error(
                "ends_on",
                _("The customer's grant ends on %(day)s: an assignment cannot last longer.")
                % {"day": grant.ends_on.isoformat()},
            )
        end = last or (grant.ends_on if grant else None)
        if first and end and first > end:
            self.add_error("starts_on", _("The last day must not lie before the first."))
        return values
