"""Forms of moves: planning one, closing a step with what proves it, and the inventory of Azure services.

A step's form asks for what the rulebook says closes it, and takes a note and files with every step.
"""

from collections.abc import Sequence
from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.fields import Day, Line, Lines
from subscriptions.forms import ProductField, label_of
from subscriptions.models import InventoryItem, MoveStep, Product, Subscription
from subscriptions.proofs import CHOICES, MOST_FILES, Given, why_not_choice
from subscriptions.records import Details
from subscriptions.steps import PLANNABLE
from subscriptions.vocabulary import AutoRenew, Availability, Billing, Channel, Evidence, Path, Status, Term

TYPES = ".pdf,.png,.jpg,.jpeg,.docx"
NEW = ("product", "quantity", "term", "started_on", "term_end", "external_id", "azure_id")


class SeveralFiles(forms.FileInput):
    """Chooses several files at once."""

    allow_multiple_selected = True


class Files(forms.FileField):
    """Several files; each has a name and is not empty. What they hold is looked at by whoever keeps them."""

    widget = SeveralFiles

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile]:
        """Return the files; refuses more than ten."""
        given: Sequence[Any] = [one for one in data or [] if one]
        if len(given) > MOST_FILES:
            raise forms.ValidationError(_("At most %(most)d files at once.") % {"most": MOST_FILES})
        if not given and self.required:
            raise forms.ValidationError(_("Choose the file that proves it."))
        return [super(Files, self).clean(one, initial) for one in given]


class StepForm(forms.Form):
    """What is given to close one step."""

    choice = forms.ChoiceField(label=gettext_lazy("What was chosen"), widget=forms.RadioSelect)
    happened_on = Day(label=gettext_lazy("The day it was done"))
    reference = Line(label=gettext_lazy("Ticket or reference number"), max_length=80)
    entitlement_id = Line(
        label=gettext_lazy("Azure subscription ID"),
        max_length=80,
        help_text=gettext_lazy("It stays the same."),
    )
    successor = forms.ModelChoiceField(
        Subscription.objects.none(),
        label=gettext_lazy("The new subscription"),
        required=False,
        empty_label=gettext_lazy("Not on record yet: record it below"),
    )
    product = ProductField(
        label=gettext_lazy("Product"),
        required=False,
        help_text=gettext_lazy("Type a part of its name and choose a suggestion."),
    )
    quantity = forms.IntegerField(
        label=gettext_lazy("Quantity"), required=False, min_value=1, max_value=1_000_000
    )
    term = forms.ChoiceField(
        label=gettext_lazy("Term"), choices=[("", gettext_lazy("None")), *Term.choices], required=False
    )
    started_on = Day(label=gettext_lazy("Started on"), required=False)
    term_end = Day(label=gettext_lazy("Term end"), required=False)
    external_id = Line(
        label=gettext_lazy("CSP subscription ID"),
        max_length=80,
        required=False,
        help_text=gettext_lazy("As Partner Center shows it."),
    )
    azure_id = Line(label=gettext_lazy("Azure subscription ID"), max_length=80, required=False)
    note = Lines(label=gettext_lazy("Note"), max_length=2000, rows=3, required=False)
    files = Files(  # type: ignore[assignment]  # a field; the form's own `files` is set on the instance
        label=gettext_lazy("Files"),
        required=False,
        help_text=gettext_lazy("PDF, picture or Word document, each up to 10 MB."),
        widget=SeveralFiles(attrs={"accept": TYPES}),
    )
    reason = Lines(
        label=gettext_lazy("Why you close it for them"),
        max_length=300,
        rows=2,
        help_text=gettext_lazy("It is not your step: say how you know it is done."),
    )

    def __init__(
        self, *args: Any, step: MoveStep, for_others: bool = False, too_big: bool = False, **kwargs: Any
    ) -> None:
        kwargs.setdefault("initial", self._initial_of(step))
        super().__init__(*args, **kwargs)
        self.step, self.too_big = step, too_big
        self.asks = frozenset(step.template.evidence)
        self.products: list[Product] = []
        self._keep({"note", "files", *self._asked(), *(("reason",) if for_others else ())})
        if Evidence.NOTE in self.asks and step.template.fact is None:
            self.fields["note"].required = True
        if Evidence.FILE in self.asks:
            self.fields["files"].required = True
        if Evidence.IDS in self.asks:
            self.fields["reference"].label = _("CSP subscription ID")
            self.fields["reference"].help_text = _("It is new. As Partner Center shows it.")
        for evidence, offered in CHOICES.items():
            if evidence in self.asks:
                self._offer_choices(offered)
        if Evidence.SUBSCRIPTION in self.asks:
            self._offer_subscriptions()

    @staticmethod
    def _initial_of(step: MoveStep) -> dict[str, Any]:
        old = step.move.subscription
        return {
            "happened_on": timezone.localdate(),
            "started_on": timezone.localdate(),
            "entitlement_id": old.entitlement_id,
            "quantity": old.quantity,
        }

    def _asked(self) -> set[str]:
        asked = {
            Evidence.DATE: ("happened_on",),
            Evidence.REFERENCE: ("reference",),
            Evidence.CHOICE: ("choice",),
            Evidence.CANCELLED: ("choice",),
            Evidence.IDS: ("reference", "entitlement_id"),
            Evidence.SUBSCRIPTION: ("successor", *NEW),
        }
        return {name for evidence in self.asks for name in asked.get(evidence, ())}

    def _keep(self, names: set[str]) -> None:
        for name in set(self.fields) - names:
            del self.fields[name]

    def _offer_choices(self, offered: Sequence[MoveStep.Choice]) -> None:
        """Offer what can be chosen, and say of the other why not."""
        refused = {one: words for one in offered if (words := why_not_choice(one, self.step.move))}
        field = self.fields["choice"]
        field.choices = [(one.value, one.label) for one in offered if one not in refused]  # type: ignore[attr-defined]  # a choice
        for words in refused.values():
            field.help_text = field.error_messages["invalid_choice"] = words

    def _offer_subscriptions(self) -> None:
        """Offer what the customer has in CSP from this provider, and the catalogue for what is new."""
        old = self.step.move.subscription
        ours = Subscription.objects.filter(customer=old.customer_id, channel=Channel.CSP_OWN)
        ours = ours.filter(product__billing=old.product.billing, parent__isnull=True).exclude(pk=old.pk)
        self.fields["successor"].queryset = ours.select_related("product").order_by("-pk")  # type: ignore[attr-defined]  # a choice among rows
        self.products = list(
            Product.objects.filter(billing=old.product.billing, sold_in_csp=True).order_by("name", "pk")
        )
        self.fields["product"].products = self.products  # type: ignore[attr-defined]  # a ProductField
        by_use = old.product.billing == Billing.USAGE
        for name in ("quantity", "term", "term_end") if by_use else ("azure_id",):
            del self.fields[name]

    @property
    def catalogue(self) -> list[str]:
        """Return the suggestions for the product."""
        return [label_of(product) for product in self.products]

    @property
    def records_new(self) -> bool:
        """Say whether fields for a subscription that is not on record are part of the form."""
        return "product" in self.fields

    @property
    def plain_fields(self) -> list[forms.BoundField]:
        """Return the fields that stand one below the other: all but those of a new subscription."""
        return [self[name] for name in self.fields if name not in ("successor", *NEW)]

    @property
    def had_files(self) -> bool:
        """Say whether files came along that have to be chosen again: no browser keeps them."""
        return bool(self.is_bound and self.errors and (self.files or self.too_big))

    def clean(self) -> dict[str, Any]:
        """Refuse files that were too big together, and a new subscription nobody named."""
        cleaned: dict[str, Any] = super().clean() or {}
        if self.too_big:
            self.errors.pop("files", None)  # what was dropped is not missing
            self.add_error("files", _("Together the files are bigger than 50 MB. Nothing was kept of them."))
        if self.records_new and not cleaned.get("successor") and "product" not in self.errors:
            if not cleaned.get("product"):
                self.add_error("product", _("Choose the new subscription, or say what it is."))
            elif not cleaned.get("quantity") and "quantity" in self.fields and "quantity" not in self.errors:
                self.add_error("quantity", _("Say how many."))
        return cleaned

    @property
    def given(self) -> Given:
        """Return what was given, for the story; read it once the form is valid."""
        values = self.cleaned_data
        return Given(
            note=values.get("note", ""),
            happened_on=values.get("happened_on"),
            reference=values.get("reference", ""),
            entitlement_id=values.get("entitlement_id", ""),
            choice=values.get("choice", ""),
            reason=values.get("reason", ""),
            files=tuple(values.get("files", ())),
            successor=values.get("successor") or self._new(),
        )

    def _new(self) -> Details | None:
        values = self.cleaned_data
        if not self.records_new:
            return None
        return Details(
            product=values["product"],
            channel=Channel.CSP_OWN,
            quantity=values.get("quantity") or 1,
            status=Status.ACTIVE,
            started_on=values["started_on"],
            term=values.get("term", ""),
            term_end=values.get("term_end"),
            auto_renew=AutoRenew.UNKNOWN,
            external_id=values["external_id"],
            entitlement_id=values.get("azure_id", ""),
        )


class SkipForm(forms.Form):
    """Why a step is not needed."""

    reason = Lines(label=gettext_lazy("Why it is not needed"), max_length=300, rows=2)


class ReasonForm(forms.Form):
    """Why a move is given up, or goes on."""

    reason = Lines(label=gettext_lazy("Reason"), max_length=300, rows=3)


class TargetForm(forms.Form):
    """The day by which a move should be done."""

    target_on = Day(label=gettext_lazy("Target date"), required=False)


class PlanForm(TargetForm):
    """Which path to walk, and by when."""

    path = forms.ChoiceField(label=gettext_lazy("Path"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, paths: Sequence[tuple[str, Any]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["path"].choices = list(paths)  # type: ignore[attr-defined]  # a choice


class ServiceForm(forms.Form):
    """One service of an Azure subscription to migrate."""

    name = Line(
        label=gettext_lazy("Service"),
        max_length=120,
        help_text=gettext_lazy("For example: virtual machines, storage, SQL."),
    )
    availability = forms.ChoiceField(
        label=gettext_lazy("Availability in CSP"),
        choices=Availability.choices,
        initial=Availability.UNKNOWN,
    )
    is_classic = forms.BooleanField(
        label=gettext_lazy("Classic resources, to be converted first"), required=False
    )
    note = Line(label=gettext_lazy("Note"), max_length=300, required=False)

    @staticmethod
    def initial_of(item: InventoryItem) -> dict[str, Any]:
        """Return what is on record, as the form shows it."""
        return {name: getattr(item, name) for name in ("name", "availability", "is_classic", "note")}


class ServiceEditForm(ServiceForm):
    """The same, as it was when the form was read."""

    seen = forms.CharField(widget=forms.HiddenInput, required=False, max_length=16)


class BulkPlanForm(TargetForm):
    """Which path to walk for many subscriptions at once, and by when."""

    plan = forms.ChoiceField(label=gettext_lazy("Path"))

    field_order = ("plan", "target_on")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["plan"].choices = [  # type: ignore[attr-defined]  # a choice
            (path.value, path.label) for path in Path if path in PLANNABLE
        ]
