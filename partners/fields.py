"""Form fields for what people type: bounded, normalised, without invisible characters."""

from typing import Any

from django import forms

from partners.addresses import clean_email, refuse_control_characters


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
        words: str = super().to_python(value)
        return words.replace("\r\n", "\n").replace("\r", "\n")

    def clean(self, value: Any) -> str:
        """Return the text without blanks around it."""
        words: str = super().clean(value)
        refuse_control_characters(words, lines=True)
        return words


class Address(forms.EmailField):
    """An e-mail address in the one spelling that uniqueness uses."""

    default_validators = ()  # the normalised spelling is what has to be right

    def clean(self, value: Any) -> str:
        """Return the normalised address, or nothing when nothing was asked for."""
        words: str = super().clean(value)
        return clean_email(words) if words else ""


class Domain(Line):
    """A domain name, in lower case and without the address of a page around it."""

    def clean(self, value: Any) -> str:
        """Return the bare name; what was pasted from a browser or an e-mail address is cut down to it."""
        words = super().clean(value).casefold()
        words = words.removeprefix("https://").removeprefix("http://").removeprefix("www.")
        return words.partition("/")[0].rpartition("@")[2].rstrip(".")


class Day(forms.DateField):
    """A day, chosen in the browser's own calendar."""

    def __init__(self, **options: Any) -> None:
        super().__init__(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}), **options)
        self.input_formats = ["%Y-%m-%d"]
