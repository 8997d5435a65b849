"""Sentences of the packages underneath that our catalogue says, because theirs lacks them or says them oddly.

Nothing imports this: the strings are here for the catalogues to gather, and ours come before the packages'.
"""

from django.utils.translation import gettext_noop, ngettext_lazy

# Italian writes them small, also inside a sentence.
MONTHS = (
    gettext_noop("January"),
    gettext_noop("February"),
    gettext_noop("March"),
    gettext_noop("April"),
    gettext_noop("May"),
    gettext_noop("June"),
    gettext_noop("July"),
    gettext_noop("August"),
    gettext_noop("September"),
    gettext_noop("October"),
    gettext_noop("November"),
    gettext_noop("December"),
)
COUNTRIES = (
    gettext_noop("Eswatini"),
    gettext_noop("North Macedonia"),
    gettext_noop("Tanzania"),
)
PASSWORD_TOO_SHORT = ngettext_lazy(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)
