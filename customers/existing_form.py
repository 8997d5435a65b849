"""The form of the existing book: one customer, its Microsoft ID, who is told, and the provider's word."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy

from customers.models import Customer
from customers.records import Person
from partners.fields import Address, Line


class ExistingForm(forms.Form):
    """What an account admin attests of a customer that Partner Center lists already."""

    tenant_id = forms.UUIDField(
        label=gettext_lazy("Microsoft ID (tenant)"),
        error_messages={
            "invalid": gettext_lazy(
                "Write it as Microsoft does: 32 digits and letters a to f, in five groups."
            )
        },
    )
    name = Line(label=gettext_lazy("Full name"), max_length=120)
    email = Address(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("This person is told by mail that you attested it, and how to object."),
    )
    attested = forms.BooleanField(
        label=gettext_lazy("I attest that Partner Center lists this customer with a relationship to us"),
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, customer: Customer, **kwargs: Any) -> None:
        self.language = customer.language
        contact = customer.contacts.order_by("pk").first()
        start: dict[str, Any] = {"tenant_id": customer.tenant_id}
        if contact is not None:
            start |= {"name": contact.name, "email": contact.email}
        super().__init__(*args, **{"initial": start, **kwargs})

    @property
    def person(self) -> Person:
        """Return who is told, for the story."""
        return Person(self.cleaned_data["name"], self.cleaned_data["email"], language=self.language)
