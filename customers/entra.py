"""The Entra roles behind each privilege, as data: what a customer gives at Microsoft under today's rules.

Under edition 2016-12 delegated admin privileges came whole, so nothing of this is shown. The least roles
that do the work; never Global Administrator, which no granular privilege needs and which cannot be extended.
Source: Microsoft's guidance on least-privileged roles by task, and its list of built-in roles.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy

from customers.models import Privilege
from partners.models import RulebookEdition


@dataclass(frozen=True, slots=True)
class EntraRole:
    """One built-in role, by the name and template id Microsoft gives it; names are not translated."""

    name: str
    template_id: str
    note: str | Promise
    is_optional: bool = False


_DIRECTORY_READERS = EntraRole(
    "Directory Readers",
    "88d8e3e3-8f55-4a1e-953a-9b9898b8876b",
    gettext_lazy("see users, groups and licences"),
)

ROLES: Mapping[str, Mapping[str, tuple[EntraRole, ...]]] = {
    RulebookEdition.V2026: {
        Privilege.PROVISIONING: (
            EntraRole(
                "License Administrator",
                "4d6ac14f-3453-41d0-bef9-a3e0c569773a",
                gettext_lazy("assign and remove licences"),
            ),
            _DIRECTORY_READERS,
            EntraRole(
                "User Administrator",
                "fe930be7-5e62-47db-91af-98c3a49a38b1",
                gettext_lazy("create and manage users"),
                is_optional=True,
            ),
        ),
        Privilege.SUPPORT: (
            EntraRole(
                "Service Support Administrator",
                "f023fd81-a637-4b56-95fd-791ac0226033",
                gettext_lazy("see the health of services, open support requests"),
            ),
            _DIRECTORY_READERS,
            EntraRole(
                "Helpdesk Administrator",
                "729827e3-9c14-49f7-bb1b-9608f156bbb8",
                gettext_lazy("reset passwords of people who are not administrators"),
                is_optional=True,
            ),
        ),
    },
}


def roles_of(privilege: str, edition: str) -> tuple[EntraRole, ...]:
    """Return the roles a privilege takes under an edition, those it can do without last."""
    return ROLES.get(edition, {}).get(privilege, ())
