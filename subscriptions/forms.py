"""Forms of the top floor: they turn text into values and limit choices; stories decide."""

from collections.abc import Iterable
from dataclasses import fields
from typing import Any

from django import forms
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.models.customer import normalise
from partners.fields import Day, Line, Version
from partners.models import Partner, Partnership
from subscriptions.models import BillingCycle, Product, Subscription
from subscriptions.records import Care, Details, may_support
from subscriptions.vocabulary import AutoRenew, Channel, Status, Term

NAMED = 5  # products named when what was typed fits several


def label_of(product: Product) -> str:
    """Return a product's name as the form writes it: names repeat, with the part number they do not."""
    return f"{product.name} · {product.part_number}"


class ProductField(forms.CharField):
    """A product of the catalogue, typed with the catalogue's names as suggestions."""

    widget = forms.TextInput(attrs={"list": "catalogue", "autocomplete": "off"})

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=400, **options)
        self.products: list[Product] = []

    def clean(self, value: Any) -> Any:
        """Return the product that was meant, None if none was named; refuses what fits none, or several."""
        words = normalise(super().clean(value))
        if not words:
            return None
        exact = [product for product in self.products if words == normalise(label_of(product))]
        found = exact or [
            product
            for product in self.products
            if words in (normalise(product.name), normalise(product.part_number))
        ]
        if len(found) == 1:
            return found[0]
        near = found or [product for product in self.products if words in normalise(label_of(product))]
        if not near:
            raise forms.ValidationError(_("No product of the catalogue is called that. Choose a suggestion."))
        if len(near) == 1:
            return near[0]
        named = "; ".join(label_of(product) for product in near[:NAMED])
        raise forms.ValidationError(
            _("Several products fit: %(products)s. Write one of them in full.")
            % {"products": f"{named} …" if len(near) > NAMED else named}
        )


class CareForm(forms.Form):
    """What a provider writes down about any subscription, also one it sells itself."""

    WRITES: type[Care] = Care

    friendly_name = Line(
        label=gettext_lazy("Friendly name"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("What you call it. Empty: the product's name."),
    )
    partner_on_record = forms.ModelChoiceField(
        Partner.objects.none(),
        label=gettext_lazy("Partner on record"),
        required=False,
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("The reseller Microsoft has on record for it."),
    )
    support_contact = forms.ModelChoiceField(
        Partner.objects.none(),
        label=gettext_lazy("Support contact"),
        required=False,
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("You, or a reseller that holds support of this customer."),
    )
    version = Version()

    def __init__(
        self,
        *args: Any,
        customer: Customer,
        subscription: Subscription | None = None,
        **kwargs: Any,
    ) -> None:
        self.customer, self.subscription = customer, subscription
        if subscription is not None:
            kwargs.setdefault("initial", self.initial_of(subscription))
        super().__init__(*args, **kwargs)
        provider = customer.provider
        tied = Q(pk__in=Partnership.objects.active().filter(provider=provider).values("reseller"))
        able = Q(pk=provider.pk) | Q(pk__in=may_support(customer, None, timezone.now()))
        if subscription is not None:  # what is on record may stay, whatever became of it
            tied |= Q(pk=subscription.partner_on_record_id)
            able |= Q(pk=subscription.support_contact_id)
        self._choose("support_contact", Partner.objects.filter(able).order_by("name", "pk"))
        if provider.has_resellers:
            self._choose("partner_on_record", Partner.objects.filter(tied).order_by("name", "pk"))
        else:
            del self.fields["partner_on_record"]

    def _choose(self, name: str, rows: Any) -> None:
        self.fields[name].queryset = rows  # type: ignore[attr-defined]  # a choice among rows

    def initial_of(self, subscription: Subscription) -> dict[str, Any]:
        """Return what is on record, as the form shows it."""
        values = {field.name: getattr(subscription, field.name) for field in fields(self.WRITES)}
        return {**values, "version": subscription.version}

    def written(self) -> dict[str, Any]:
        """Return what was written, by the names of the story's fields."""
        names = (field.name for field in fields(self.WRITES))
        return {name: self.cleaned_data[name] for name in names if name in self.cleaned_data}

    @property
    def details(self) -> Care:
        """Return what was written, for the story."""
        return Care(**self.written())


class SubscriptionForm(CareForm):
    """What a provider writes down about a subscription bought elsewhere, or sold before it was on record."""

    WRITES = Details

    product = ProductField(
        label=gettext_lazy("Product"),
        help_text=gettext_lazy("Type a part of its name and choose a suggestion."),
    )
    quantity = forms.IntegerField(label=gettext_lazy("Quantity"), min_value=0, max_value=1_000_000, initial=1)
    is_trial = forms.BooleanField(label=gettext_lazy("It is a trial"), required=False)
    parent = forms.ModelChoiceField(
        Subscription.objects.none(),
        label=gettext_lazy("Add-on of"),
        required=False,
        empty_label=gettext_lazy("It stands alone"),
        help_text=gettext_lazy("An add-on goes the way of its subscription."),
    )
    channel = forms.ChoiceField(
        label=gettext_lazy("Where it was bought"), choices=[("", "—"), *Channel.choices]
    )
    seller_name = Line(
        label=gettext_lazy("Sold by"),
        max_length=120,
        required=False,
        help_text=gettext_lazy("The company it was bought from, as far as you know."),
    )
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=Status.choices, initial=Status.ACTIVE)
    is_legacy_commerce = forms.BooleanField(
        label=gettext_lazy("Sold before new commerce"),
        required=False,
        help_text=gettext_lazy("Only licences sold in CSP: today's rules do not let these be transferred."),
    )
    checked_on = Day(
        label=gettext_lazy("Checked on"),
        required=False,
        help_text=gettext_lazy("When somebody last looked whether this still holds."),
    )
    external_id = Line(label=gettext_lazy("Subscription ID"), max_length=80, required=False)
    entitlement_id = Line(
        label=gettext_lazy("Azure subscription ID"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("Only for Azure."),
    )
    started_on = Day(label=gettext_lazy("Started on"), required=False)
    term = forms.ChoiceField(
        label=gettext_lazy("Term"),
        choices=[("", gettext_lazy("None or unknown")), *Term.choices],
        required=False,
    )
    term_end = Day(
        label=gettext_lazy("Term end"),
        required=False,
        help_text=gettext_lazy("The last day to decide is counted from it."),
    )
    auto_renew = forms.ChoiceField(
        label=gettext_lazy("Renews automatically"), choices=AutoRenew.choices, initial=AutoRenew.UNKNOWN
    )
    billing_cycle = forms.ChoiceField(
        label=gettext_lazy("Billing cycle"), choices=BillingCycle.choices, initial=BillingCycle.NONE
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row = self.subscription
        self.products = list(Product.objects.order_by("name", "pk"))
        self.fields["product"].products = self.products  # type: ignore[attr-defined]  # a ProductField
        bases = Subscription.objects.filter(customer=self.customer, parent__isnull=True)
        bases = bases.exclude(pk=row.pk) if row else bases
        self._choose("parent", bases.select_related("product").order_by("-pk"))
        if row is not None:
            self._limit("status", {row.status, *row.MOVES.get(Status(row.status), ())})
            self._limit("channel", set(Channel.values) - {Channel.CSP_OWN})

    def _limit(self, name: str, values: Iterable[str]) -> None:
        field = self.fields[name]
        field.choices = [(value, words) for value, words in field.choices if value in values]  # type: ignore[attr-defined]  # a choice

    def initial_of(self, subscription: Subscription) -> dict[str, Any]:
        """Return what is on record; the product by the words the form writes it in."""
        return {**super().initial_of(subscription), "product": label_of(subscription.product)}

    @property
    def details(self) -> Details:
        """Return what was written, for the story."""
        return Details(**self.written())

    @property
    def catalogue(self) -> list[str]:
        """Return the suggestions for the product."""
        return [label_of(product) for product in self.products]


class ResellerForm(forms.Form):
    """Which reseller Microsoft has on record for a subscription the provider sells."""

    partner_on_record = forms.ModelChoiceField(
        Partner.objects.none(),
        label=gettext_lazy("Partner on record"),
        required=False,
        empty_label=gettext_lazy("None"),
        help_text=gettext_lazy("One you have an active partnership with, or the one on record now."),
    )
    version = Version()

    def __init__(self, *args: Any, subscription: Subscription, **kwargs: Any) -> None:
        kwargs.setdefault(
            "initial",
            {"partner_on_record": subscription.partner_on_record, "version": subscription.version},
        )
        super().__init__(*args, **kwargs)
        tied = Partnership.objects.active().filter(provider=subscription.provider_id).values("reseller")
        offered = Q(pk__in=tied) | Q(pk=subscription.partner_on_record_id)
        self.fields["partner_on_record"].queryset = (  # type: ignore[attr-defined]  # a choice among rows
            Partner.objects.filter(offered).order_by("name", "pk")
        )
