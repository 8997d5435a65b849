"""The form of an attestation: who accepted the agreement for the customer, and when."""

from django import forms
from django.utils.translation import gettext_lazy

from partners.fields import Address, Day, Line


class AttestForm(forms.Form):
    """Who accepted, with which address, on which day."""

    signed_by = Line(
        label=gettext_lazy("Who accepted it"),
        max_length=120,
        help_text=gettext_lazy("First and last name, at the customer."),
    )
    signed_email = Address(label=gettext_lazy("E-mail"))
    signed_on = Day(label=gettext_lazy("Accepted on"))
