"""The Entra roles of a privilege, for the pages and mails that say what a privilege is.

A filter of its own beside `ui`: the ground floor has never heard of a privilege.
"""

from django import template

from customers.entra import EntraRole, roles_of
from partners.models import Partner

register = template.Library()


@register.filter
def entra_roles(privilege: str, provider: Partner) -> tuple[EntraRole, ...]:
    """Return the roles a privilege takes under its provider's edition; none under 2016-12."""
    return roles_of(privilege, provider.edition)
