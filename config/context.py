"""What every page shows around its content: the side bar of whoever acts."""

from dataclasses import dataclass
from functools import cache
from typing import Any, TypeAlias

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from partners.models import Kind

Label: TypeAlias = str | Promise


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the side bar, and the kinds of company that have it."""

    label: Label
    name: str
    icon: str
    kinds: tuple[str, ...] = tuple(Kind.values)


Groups: TypeAlias = tuple[tuple[Label, tuple[Entry, ...]], ...]

MEMBERS: Groups = (
    ("", (Entry(_("Home"), "home", "house"),)),
    (
        _("Customers"),
        (
            Entry(_("Customers"), "customers", "building"),
            Entry(_("Invitations"), "customers:invitations", "envelope"),
            Entry(_("Privileges"), "customers:privileges", "key"),
        ),
    ),
    (
        _("Subscriptions"),
        (
            Entry(_("Subscriptions"), "subscriptions:subscriptions", "boxes"),
            Entry(_("Moves"), "subscriptions:moves", "signpost-split"),
            Entry(
                _("Transfers"),
                "subscriptions:transfers",
                "arrow-left-right",
                (Kind.INDIRECT_PROVIDER, Kind.DIRECT_BILL),
            ),
        ),
    ),
    (
        _("Channel"),
        (
            Entry(_("Resellers"), "customers:resellers", "diagram-3", (Kind.INDIRECT_PROVIDER,)),
            Entry(_("Providers"), "customers:providers", "diagram-3", (Kind.INDIRECT_RESELLER,)),
            Entry(_("Activity"), "partners:activity", "clock-history"),
        ),
    ),
    (
        _("Company"),
        (
            Entry(_("Team"), "partners:team", "people"),
            Entry(_("Settings"), "partners:settings", "sliders"),
        ),
    ),
)
STAFF: Groups = (("", (Entry(_("Administration"), "admin:index", "tools"),)),)


@cache
def entries(kind: str | None) -> list[tuple[Label, list[tuple[Entry, str]]]]:
    """Return the side bar of a kind of company, staff's for none; pages that do not exist are left out."""
    groups = []
    for label, members in MEMBERS if kind else STAFF:
        found = []
        for entry in members:
            try:
                url = reverse(entry.name)
            except NoReverseMatch:
                continue
            if kind is None or kind in entry.kinds:
                found.append((entry, url))
        if found:
            groups.append((label, found))
    return groups


def shell(request: HttpRequest) -> dict[str, Any]:
    """Return the side bar; the numbers in it are `request.nav_counts`, by URL name, if a view set them."""
    actor = getattr(request, "actor", None)
    if actor is None:
        return {"nav": []}
    groups = entries(actor.partner.kind if actor.partner else None)
    counts = getattr(request, "nav_counts", {})
    # The longest address that begins this page's own: /customers/invitations/7/ belongs to Invitations.
    here = max(
        (url for _label, members in groups for _entry, url in members if within(request.path, url)),
        key=len,
        default="",
    )
    return {
        "nav": [
            {
                "label": label,
                "entries": [
                    {
                        "label": entry.label,
                        "url": url,
                        "icon": entry.icon,
                        "active": url == here,
                        "count": counts.get(entry.name),
                    }
                    for entry, url in members
                ],
            }
            for label, members in groups
        ]
    }


def within(path: str, url: str) -> bool:
    """Say whether a page lies under an entry's address; only the first page lies under the root."""
    return path == url or (url != "/" and path.startswith(url))
