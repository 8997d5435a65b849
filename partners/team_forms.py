"""Forms of a company's team: who is invited, what somebody new tells, which role."""

from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth import password_validation
from django.utils.translation import gettext_lazy

from partners.fields import Address, Line
from partners.models import Role, User


class InviteForm(forms.Form):
    """A colleague to be, by address."""

    email = Address(
        label=gettext_lazy("E-mail"),
        help_text=gettext_lazy("The link goes there, and works for that address only."),
    )
    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=[("", "—"), *Role.choices])
    language = forms.ChoiceField(
        label=gettext_lazy("Language of the mail"), choices=lambda: settings.LANGUAGES
    )


class RoleForm(forms.Form):
    """Another role, and the one the form showed."""

    role = forms.ChoiceField(label=gettext_lazy("Role"), choices=Role, widget=forms.RadioSelect)
    seen = forms.CharField(max_length=16, required=False, widget=forms.HiddenInput)


class NewcomerForm(forms.Form):
    """What somebody without an account tells to join: a name and a password."""

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

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Refuse a password that is easily guessed, also from the name and the address."""
        cleaned = super().clean() or {}
        if password := cleaned.get("password"):
            nobody = User(name=cleaned.get("name", ""), email=self.email)
            try:
                password_validation.validate_password(password, nobody)
            except forms.ValidationError as problem:
                self.add_error("password", problem)
        return cleaned
