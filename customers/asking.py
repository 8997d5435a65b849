"""The forms of the invite wizard, one for each of its steps; the rules they read are those of the stories."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import places
from customers.forms import ResellerChoice, active_resellers, offer
from customers.models import Customer, InvitationLink, Privilege, Route
from customers.models.invitation import MAX_PLACES, MAX_PRIVILEGE_DAYS
from customers.terms import (
    Recipient,
    refuse_customer,
    refuse_several,
    refuse_wait,
    usual_opening,
)
from customers.wizards import Typed
from partners.actor import Actor
from partners.addresses import refuse_control_characters
from partners.errors import Refused
from partners.fields import Address, Day, Line, Lines
from partners.models import Partner, Partnership
from partners.models.wording import LONGEST_TEXT
from partners.paging import BIGGEST

LONGEST_SEARCH = 200
TICK = {"class": "form-check-input"}


def is_key(value: object) -> bool:
    """Say whether a row could have this key, as an address or a body spells it."""
    digits = str(value or "")
    return digits.isascii() and digits.isdigit() and len(digits) < 20 and int(digits) <= BIGGEST


class SearchWords(forms.Field):
    """Words looked for on the way to an answer; words that make no sense find nothing."""

    def __init__(self, **options: Any) -> None:
        box = forms.TextInput(attrs={"type": "search", "class": "form-control", "maxlength": LONGEST_SEARCH})
        super().__init__(required=False, widget=box, **options)

    def clean(self, value: Any) -> str:
        """Return the words, cut to a length; empty if they hold control characters."""
        words = str(value or "").strip()[:LONGEST_SEARCH]
        try:
            refuse_control_characters(words)
        except ValidationError:
            return ""
        return words


class Resellers(forms.ModelMultipleChoiceField):
    """Some of a provider's active partnerships."""

    def clean(self, value: Any) -> list[Partnership]:  # type: ignore[override]  # read once, here
        """Return them by the reseller's name; refuses what no row could have as its key."""
        if not all(is_key(one) for one in value or ()):
            raise ValidationError(self.error_messages["invalid_list"], code="invalid_list")
        return list(super().clean(value))


class SeenForm(forms.Form):
    """What the last page of the wizard showed, so that nothing else is sent."""

    seen = forms.CharField(required=False, max_length=64, widget=forms.HiddenInput)


class WhomForm(forms.Form):
    """Whom an invitation is for, and who sends it: the provider to one address, or resellers."""

    route = forms.ChoiceField(
        label=gettext_lazy("Who sends it to the customer"),
        choices=[
            (Route.DIRECT.value, gettext_lazy("You")),
            (Route.VIA_RESELLER.value, gettext_lazy("One or more resellers")),
        ],
        initial=Route.DIRECT.value,
        widget=forms.RadioSelect(attrs=TICK),
    )
    customer = forms.ModelChoiceField(Customer.objects.none(), required=False, widget=forms.HiddenInput)
    find = SearchWords(label=gettext_lazy("Is it on record already? Name, domain or Microsoft ID"))
    company = Line(label=gettext_lazy("Company name"), max_length=160, required=False)
    email = Address(
        label=gettext_lazy("E-mail of its administrator"),
        required=False,
        help_text=gettext_lazy("Only who administers its Microsoft services can accept."),
    )
    partnerships = Resellers(Partnership.objects.none(), label=gettext_lazy("Resellers"), required=False)
    find_reseller = SearchWords(label=gettext_lazy("Search your resellers by name"))
    places = forms.IntegerField(
        label=gettext_lazy("How many customers may accept it"),
        min_value=1,
        max_value=MAX_PLACES,
        initial=1,
        required=False,
        help_text=gettext_lazy(
            "More than one makes it a campaign. With several resellers: for each of them."
        ),
    )

    def __init__(self, *args: Any, actor: Actor, resellers: bool, at: datetime, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        assert actor.partner is not None  # noqa: S101 - only members of a provider invite
        self.actor, self.provider, self.at = actor, actor.partner, at
        self.taken_by: InvitationLink | None = None
        offer(self, "customer", Customer.objects.visible_to(actor))
        if resellers:
            offer(self, "partnerships", active_resellers(self.provider))
        else:
            for name in ("route", "partnerships", "find_reseller"):
                del self.fields[name]

    def clean(self) -> dict[str, Any]:
        """Refuse what the route lacks, and whom the programme or another invitation shuts out."""
        values = super().clean() or self.cleaned_data
        customer = values.get("customer")
        values["places"] = 1 if customer else values.get("places") or 1
        if customer:
            self._ask("customer", lambda: refuse_customer(self.provider, customer))
        is_direct = values.get("route", Route.DIRECT) == Route.DIRECT
        for name in ("partnerships",) if is_direct else ("company", "email"):
            self.errors.pop(name, None)  # the other way of sending: nobody sees it, so it stops nobody
        if is_direct:
            self._clean_direct(values)
        elif "partnerships" not in self.errors:
            number = len(values.get("partnerships", []))
            self._ask("partnerships", lambda: refuse_several(number, customer))
        return values

    def _clean_direct(self, values: dict[str, Any]) -> None:
        customer = values.get("customer")
        if customer and not values.get("company"):
            values["company"] = customer.name
        if not values.get("company") and "company" not in self.errors:
            self.add_error("company", _("Say which company you invite."))
        if "email" in self.errors:
            return
        if not values.get("email"):
            self.add_error("email", _("Say to which address it goes."))
            return
        self.taken_by = places.waiting_for(self.provider, values["email"], at=self.at)
        self._ask(
            "email",
            lambda: places.refuse_address(self.provider, values["email"], by=self.actor, at=self.at),
        )

    def _ask(self, name: str, rule: Any) -> None:
        """Ask a rule of the stories; what it refuses stands beside the field."""
        try:
            rule()
        except Refused as refusal:
            self.add_error(name, str(refusal))

    @property
    def is_direct(self) -> bool:
        return bool(self.cleaned_data.get("route", Route.DIRECT) == Route.DIRECT)

    @property
    def recipient(self) -> Recipient | None:
        """To whom it goes; nobody yet when resellers send it on."""
        if not self.is_direct:
            return None
        return Recipient(self.cleaned_data["email"], self.cleaned_data["company"])


class AsksForm(forms.Form):
    """What is asked for, for how long, who will look after the customer, and until when it can answer."""

    asks_provisioning = forms.BooleanField(
        label=Privilege.PROVISIONING.label, required=False, widget=forms.CheckboxInput(attrs=TICK)
    )
    asks_support = forms.BooleanField(
        label=Privilege.SUPPORT.label, required=False, widget=forms.CheckboxInput(attrs=TICK)
    )
    privilege_days = forms.IntegerField(
        label=gettext_lazy("For how many days"),
        min_value=1,
        max_value=MAX_PRIVILEGE_DAYS,
        required=False,
    )
    looked_after = forms.ChoiceField(
        label=gettext_lazy("Who will look after the customer"),
        choices=[
            ("reseller", gettext_lazy("The reseller that sends it on")),
            ("self", gettext_lazy("You yourself; the reseller only sends it on")),
        ],
        initial="reseller",
        widget=forms.RadioSelect(attrs=TICK),
    )
    named = ResellerChoice(
        Partnership.objects.none(), label=gettext_lazy("Who will look after the customer"), required=False
    )
    find_reseller = SearchWords(label=gettext_lazy("Search your resellers by name"))
    expires_on = Day(
        label=gettext_lazy("The customer can answer until"),
        help_text=gettext_lazy("To the end of this day, in your time zone."),
    )

    def __init__(
        self,
        *args: Any,
        provider: Partner,
        is_direct: bool,
        resellers: bool,
        may_ask: Collection[Privilege],
        at: datetime,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.provider, self.at = provider, at
        today = at.astimezone(provider.zone).date()
        self.initial = {
            "privilege_days": provider.privilege_days,
            "expires_on": today + timedelta(days=provider.expiry_days),
            **self.initial,
        }
        self.fields["expires_on"].widget.attrs["min"] = today.isoformat()
        self.fields["privilege_days"].help_text = _(
            "From 1 to %(days)d, counted from the customer's answer."
        ) % {"days": MAX_PRIVILEGE_DAYS}
        if is_direct:
            del self.fields["looked_after"]
        if is_direct and resellers:
            offer(self, "named", active_resellers(provider))
        else:
            del self.fields["named"], self.fields["find_reseller"]
        for privilege in Privilege:
            if privilege not in may_ask:
                del self.fields[f"asks_{privilege.value}"]
        if not may_ask:
            del self.fields["privilege_days"]

    def clean_expires_on(self) -> date:
        """Return the last day; refuses one that is over or too far away."""
        day: date = self.cleaned_data["expires_on"]
        try:
            refuse_wait(day, self.at.astimezone(self.provider.zone).date())
        except Refused as refusal:
            raise ValidationError(str(refusal)) from refusal
        return day

    def clean(self) -> dict[str, Any]:
        """Refuse a privilege without days."""
        values = super().clean() or self.cleaned_data
        asks = values.get("asks_provisioning") or values.get("asks_support")
        if asks and values.get("privilege_days") is None and "privilege_days" not in self.errors:
            self.add_error("privilege_days", _("Say for how many days."))
        return values


class WordsForm(forms.Form):
    """In which language, and with which words first."""

    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"),
        choices=settings.LANGUAGES,
        widget=forms.RadioSelect(attrs=TICK),
        help_text=gettext_lazy("On the page the customer can change it."),
    )
    opening = Lines(
        label=gettext_lazy("Opening words"),
        max_length=LONGEST_TEXT,
        rows=6,
        required=False,
        help_text=gettext_lazy(
            "Plain text, first in the mail and on the page. The link and the terms below it stay as they are."
        ),
    )
    opening_in = forms.Field(required=False, widget=forms.HiddenInput)


def in_language(typed: Typed, provider: Partner) -> Typed:
    """Return a step's words with the usual opening in the language now chosen, if nobody has changed it."""
    before, now = typed.get("opening_in", ""), typed.get("language", "")
    languages = dict(settings.LANGUAGES)
    if before == now or now not in languages or before not in languages:
        return typed
    usual = usual_opening(provider, before).split()
    changed = typed.copy()
    changed["opening_in"] = now
    if typed.get("opening", "").split() == usual:
        changed["opening"] = usual_opening(provider, now)
    return changed
