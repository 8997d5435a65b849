"""Form fields for what people type: bounded, normalised, without invisible characters."""

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import validate_domain_name
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from partners.addresses import clean_email, refuse_control_characters
from partners.templatetags.ui import exact_day


class Line(forms.CharField):
    """One line of text; any script and any emoji, no control characters."""

    def __init__(self, *, max_length: int, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)

    def clean(self, value: Any) -> str:
        """Return the line without blanks around it."""
        words: str = super().clean(value)
        refuse_control_characters(words)
        return words


class Lines(forms.CharField):
    """A text of several lines."""

    widget = forms.Textarea

    def __init__(self, *, max_length: int, rows: int = 4, **options: Any) -> None:
        super().__init__(max_length=max_length, **options)
        self.widget.attrs["rows"] = rows

    def to_python(self, value: Any) -> str:
        """Return the text with one kind of line break, so that a break counts as one character."""
        words = super().to_python(value) or ""
        return words.replace("\r\n", "\n").replace("\r", "\n")

    def clean(self, value: Any) -> str:
        """Return the text without blanks around it."""
        words: str = super().clean(value)
        refuse_control_characters(words, lines=True)
        return words


class Address(forms.EmailField):
    """An e-mail address in the one spelling that uniqueness uses."""

    default_validators = []  # the normalised spelling is what has to be right

    def clean(self, value: Any) -> str:
        """Return the normalised address, or nothing when nothing was asked for."""
        words = super().clean(value)
        return clean_email(words) if words else ""


class Domain(Line):
    """A domain name as addresses hold it: in lower case and IDNA form."""

    def clean(self, value: Any) -> str:
        """Return the bare name; what was pasted from a browser or an address is cut down to it."""
        words = super().clean(value).casefold()
        words = words.removeprefix("https://").removeprefix("http://").removeprefix("www.")
        name = words.partition("/")[0].rpartition("@")[2].rstrip(".")
        if not name:
            return ""
        try:
            name = name.encode("idna").decode("ascii")
            validate_domain_name(name)
        except (UnicodeError, ValidationError) as problem:
            raise ValidationError(_("Enter a domain such as contoso.com.")) from problem
        return name


class Day(forms.DateField):
    """A day, chosen in the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        picker = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"})
        super().__init__(widget=picker, input_formats=["%Y-%m-%d"], **options)


class Version(forms.Field):
    """The version of a row a form was read at, hidden; one that makes no sense is older than any row."""

    widget = forms.HiddenInput

    def __init__(self) -> None:
        super().__init__(required=False)

    def clean(self, value: Any) -> int:
        """Return the version, 0 if it is none."""
        digits = str(value or "")
        return int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 10 else 0


def both_versions(form: forms.BaseForm, differing: Mapping[str, tuple[Any, Any]]) -> list[dict[str, str]]:
    """Return, field by field, what somebody else has saved and what was typed, both in words."""
    return [
        {
            "label": str(form.fields[name].label),
            "saved": _words(form.fields[name], saved),
            "typed": _words(form.fields[name], typed),
        }
        for name, (saved, typed) in differing.items()
        if name in form.fields
    ]


def _words(field: forms.Field, value: Any) -> str:
    match value:
        case bool():
            return gettext("yes") if value else gettext("no")
        case date():
            return exact_day(value)
    if isinstance(field, forms.ChoiceField) and not isinstance(field, forms.ModelChoiceField):
        words: dict[Any, Any] = dict(field.choices)  # type: ignore[arg-type]  # pairs: no groups here
        return str(words.get(str(value or ""), value or "—"))
    return str(value or "—")
