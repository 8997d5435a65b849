"""The ground floor in the admin: companies as staff keep them, people and roles, mail and log to read."""

from allauth.account import admin as _addresses  # noqa: F401 - registered first, to be taken away below
from allauth.account.models import EmailAddress
from django.contrib import admin
from django.contrib.auth.models import Group
from django.utils.translation import gettext_lazy

from partners.admin import companies, onboardings, people, reading  # noqa: F401 - they register their pages
from partners.admin.logged import LoggedAdmin, ReadOnly, ReadOnlyAdmin, ReasonForm

__all__ = ["LoggedAdmin", "ReadOnly", "ReadOnlyAdmin", "ReasonForm"]

admin.site.site_header = gettext_lazy("Multicanale: staff")
admin.site.site_title = gettext_lazy("Multicanale")
admin.site.index_title = gettext_lazy("Companies, people, catalogue")
admin.site.unregister(Group)  # roles belong to memberships; staff rights to the user
admin.site.unregister(EmailAddress)  # an address belongs to the user alone
admin.site.disable_action("delete_selected")
