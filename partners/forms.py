"""Forms of the ground floor: the fields every form is made of, people about themselves, companies."""

from typing import Any

from allauth.account import forms as account_forms
from django import forms
from django.http import HttpRequest
from django.utils import timezone

from partners import mail
from partners.accounts import RESET_EVENT, reset_context
from partners.addresses import clean_email, refuse_control_characters
from partners.models import User


class Line(forms.CharField):
    """One line of text: any script, no control characters."""

    def clean(self, value: Any) -> str:
        """Return the line without blanks around it; refuses control characters, line breaks among them."""
        line = super().clean(value)
        refuse_control_characters(line)
        return line


class Words(forms.CharField):
    """Some lines of plain text: any script, no control characters but line breaks."""

    widget = forms.Textarea(attrs={"rows": 5})

    def to_python(self, value: Any) -> str:
        """Return the text with one kind of line break, so that a break counts as one character."""
        return super().to_python(value).replace("\r\n", "\n").replace("\r", "\n")

    def clean(self, value: Any) -> str:
        """Return the text without blanks around it; refuses control characters."""
        words = super().clean(value)
        refuse_control_characters(words, lines=True)
        return words


class Address(forms.EmailField):
    """One e-mail address in its one spelling."""

    def clean(self, value: Any) -> str:
        """Return the normalised address; refuses what is no single address a mail can go to."""
        address = forms.CharField.clean(self, value)
        return clean_email(address) if address else ""


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
