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
# One spelling of "e-mail" on all pages, and nobody addressed where customers read too.
ACCOUNT = (
    gettext_noop("Email"),
    gettext_noop("Email address"),
    gettext_noop("Enter a valid email address."),
    gettext_noop("New Password (again)"),
    gettext_noop("The email address and/or password you specified are not correct."),
)
# The admin calls every model "il", and some of its words have no Italian yet.
ADMIN = (
    gettext_noop("Accounts"),
    gettext_noop("Add another %(model)s"),
    gettext_noop("Add another %(verbose_name)s"),
    gettext_noop("Add link"),
    gettext_noop("Change history: %s"),
    gettext_noop("Change or view list link"),
    gettext_noop("Change selected %(model)s"),
    gettext_noop("Delete selected %(model)s"),
    gettext_noop("Error:"),
    gettext_noop("History"),
    gettext_noop("Log out"),
    gettext_noop("Model name"),
    gettext_noop("Raw passwords are not stored, so there is no way to see the user’s password."),
    gettext_noop("Reset password"),
    gettext_noop("Save and add another"),
    gettext_noop("Select %s to change"),
    gettext_noop("Select %s to view"),
    gettext_noop("Set password"),
    gettext_noop("The %(name)s “%(obj)s” was deleted successfully."),
    gettext_noop("The {name} “{obj}” was added successfully."),
    gettext_noop("The {name} “{obj}” was added successfully. You may add another {name} below."),
    gettext_noop("The {name} “{obj}” was changed successfully."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may add another {name} below."),
    gettext_noop("The {name} “{obj}” was changed successfully. You may edit it again below."),
    gettext_noop("View"),
    gettext_noop("View %s"),
    gettext_noop("View selected %(model)s"),
    gettext_noop("Welcome,"),
    gettext_noop("You may edit it again below."),
)
PASSWORD_TOO_SHORT = ngettext_lazy(
    "This password is too short. It must contain at least %d character.",
    "This password is too short. It must contain at least %d characters.",
)
