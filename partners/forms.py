"""Forms of the ground floor: people about themselves."""

from typing import Any

from allauth.account import forms as account_forms
from django import forms
from django.http import HttpRequest
from django.utils import timezone

from partners import mail
from partners.accounts import RESET_EVENT, reset_context
from partners.addresses import refuse_control_characters
from partners.models import User


class ProfileForm(forms.ModelForm):
    """What a person keeps about herself: the name the log shows, and the language."""

    class Meta:
        model = User
        fields = ("name", "language")

    def clean_name(self) -> str:
        """Return the name without blanks around it; refuses control characters."""
        name = self.cleaned_data["name"].strip()
        refuse_control_characters(name)
        return name


class ResetPasswordForm(account_forms.ResetPasswordForm):
    """allauth's form, taking as long for an address nobody has as for one somebody has."""

    def save(self, request: HttpRequest, **kwargs: Any) -> str:
        """Write the mail; for an unknown address do the same work and throw it away."""
        if not self.users:
            nobody = User(email=self.cleaned_data["email"])
            mail.render(RESET_EVENT, language=nobody.language, context=reset_context(nobody, timezone.now()))
        return super().save(request, **kwargs)
