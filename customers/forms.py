"""Forms of the middle floor: they turn text into values and limit choices; the stories decide."""

import uuid
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.db.models import Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django_countries import countries

from customers.models import GROUND, Customer, Grant, Route
from customers.models.invitation import EXPIRY_DAYS, MAX_PRIVILEGE_DAYS
from customers.records import Details, Person
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.fields import Address, Day, Domain, Line, Lines, Version
from partners.models import Partner, Partnership

LONGEST_WAIT = 730  # days an invitation may wait for its answer

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
        return Person(**self.cleaned_data)


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


class InviteForm(forms.Form):
    """What a provider asks of a customer, through whom, in which words; its four sections are one page."""

    DIRECT, DIRECT_NAMED, VIA_NAMED, VIA = "direct", "direct_named", "via_named", "via"
    ARRANGEMENTS = (
        (DIRECT, gettext_lazy("You send it, and look after the customer yourself")),
        (DIRECT_NAMED, gettext_lazy("You send it; a reseller will look after the customer")),
        (VIA_NAMED, gettext_lazy("A reseller sends it on, and will look after the customer")),
        (VIA, gettext_lazy("A reseller only sends it on; you look after the customer yourself")),
    )

    key = forms.UUIDField(widget=forms.HiddenInput)
    customer = forms.ModelChoiceField(Customer.objects.none(), required=False, widget=forms.HiddenInput)
    company = Line(label=gettext_lazy("Company name"), max_length=160, required=False)
    email = Address(
        label=gettext_lazy("E-mail of its administrator"),
        required=False,
        help_text=gettext_lazy("Only who administers its Microsoft services can accept."),
    )
    arrangement = forms.ChoiceField(
        label=gettext_lazy("Who sends it, and who looks after the customer"),
        choices=ARRANGEMENTS,
        initial=DIRECT,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    partnership = ResellerChoice(
        Partnership.objects.none(),
        label=gettext_lazy("Reseller"),
        required=False,
        empty_label=gettext_lazy("None"),
    )
    asks_provisioning = forms.BooleanField(
        label=gettext_lazy("Provisioning"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    asks_support = forms.BooleanField(
        label=gettext_lazy("Support"),
        required=False,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )
    privilege_days = forms.IntegerField(
        label=gettext_lazy("For how many days"),
        min_value=1,
        max_value=MAX_PRIVILEGE_DAYS,
        initial=365,
        required=False,
        help_text=gettext_lazy("From 1 to 730, counted from the customer's answer."),
    )
    language = forms.ChoiceField(label=gettext_lazy("Language of the customer"), choices=settings.LANGUAGES)
    opening = Lines(
        label=gettext_lazy("Opening words"),
        max_length=2000,
        rows=5,
        required=False,
        help_text=gettext_lazy(
            "Plain text, first in the mail and on the page. The link and the terms below it stay as they are."
        ),
    )
    expires_on = Day(
        label=gettext_lazy("The customer can answer until"),
        help_text=gettext_lazy("To the end of this day, in your time zone."),
    )

    def __init__(self, *args: Any, actor: Actor, asks: bool, resellers: bool, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert actor.partner is not None  # noqa: S101 - only members of a provider invite
        self.provider = actor.partner
        today = timezone.localdate()
        self.initial = {
            "key": uuid.uuid4(),
            "expires_on": today + timedelta(days=EXPIRY_DAYS),
            **self.initial,
        }
        offer(self, "customer", Customer.objects.visible_to(actor))
        self.fields["expires_on"].widget.attrs.update(
            min=today.isoformat(), max=(today + timedelta(days=LONGEST_WAIT)).isoformat()
        )
        if resellers:
            offer(self, "partnership", active_resellers(self.provider))
        else:
            del self.fields["partnership"]
            self.fields["arrangement"].choices = self.ARRANGEMENTS[:1]  # type: ignore[attr-defined]  # a choice
        if not asks:
            for name in ("asks_provisioning", "asks_support", "privilege_days"):
                del self.fields[name]

    def clean_expires_on(self) -> date:
        """Return the last day; refuses one that is over or too far away."""
        day: date = self.cleaned_data["expires_on"]
        today = timezone.localdate()
        if day < today:
            raise forms.ValidationError(_("This day is over."))
        if (day - today).days > LONGEST_WAIT:
            raise forms.ValidationError(
                _("An invitation can wait at most %(days)d days.") % {"days": LONGEST_WAIT}
            )
        return day

    def clean(self) -> dict[str, Any]:
        """Refuse what the chosen arrangement lacks, and days for nothing."""
        values = super().clean() or self.cleaned_data
        arrangement = values.get("arrangement", "")
        if arrangement in (self.DIRECT, self.DIRECT_NAMED):
            if not values.get("email") and "email" not in self.errors:
                self.add_error("email", _("Say to which address it goes."))
            if not values.get("company") and values.get("customer"):
                values["company"] = values["customer"].name
            if not values.get("company") and "company" not in self.errors:
                self.add_error("company", _("Say which company you invite."))
        needs_reseller = arrangement not in (self.DIRECT, "")
        if needs_reseller and not values.get("partnership") and "partnership" not in self.errors:
            self.add_error("partnership", _("Choose the reseller."))
        asks = values.get("asks_provisioning") or values.get("asks_support")
        if asks and values.get("privilege_days") is None and "privilege_days" not in self.errors:
            self.add_error("privilege_days", _("Say for how many days."))
        return values

    @property
    def is_direct(self) -> bool:
        return self.cleaned_data["arrangement"] in (self.DIRECT, self.DIRECT_NAMED)

    @property
    def terms(self) -> Terms:
        """What is asked; read it once the form is valid."""
        values = self.cleaned_data
        partnership = values.get("partnership")
        named = values["arrangement"] in (self.DIRECT_NAMED, self.VIA_NAMED)
        last_minute = datetime.combine(values["expires_on"], time(23, 59), tzinfo=self.provider.zone)
        return Terms(
            route=Route.DIRECT if self.is_direct else Route.VIA_RESELLER,
            expires_at=last_minute.astimezone(UTC),
            partnership=None if self.is_direct else partnership,
            reseller=partnership.reseller if named and partnership else None,
            customer=values["customer"],
            asks_provisioning=values.get("asks_provisioning", False),
            asks_support=values.get("asks_support", False),
            privilege_days=values.get("privilege_days") or 365,
            language=values["language"],
            opening=values["opening"],
        )

    @property
    def recipient(self) -> Recipient | None:
        """To whom it goes; nobody yet when a reseller sends it on."""
        if not self.is_direct:
            return None
        return Recipient(self.cleaned_data["email"], self.cleaned_data["company"])


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
