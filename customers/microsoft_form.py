"""Why a note about Microsoft is taken back."""

from django import forms
from django.utils.translation import gettext_lazy

from partners.fields import Line


class ReasonForm(forms.Form):
    """A reason, which the log keeps."""

    reason = Line(label=gettext_lazy("Reason"), max_length=500)
