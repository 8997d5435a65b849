"""CSP regions: a partner sells only to customers in its own.

Source: Microsoft's regional authorisation page, kept as `data/csp-regions.csv`.
"""

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from django.utils.translation import gettext_lazy as _
from django_countries import countries

NAMES: Mapping[str, Any] = {
    "africa": _("Africa"),
    "asia_pacific": _("Asia Pacific"),
    "australia": _("Australia"),
    "brazil": _("Brazil"),
    "canada": _("Canada"),
    "europe": _("Europe"),
    "india": _("India"),
    "japan": _("Japan"),
    "korea": _("Korea"),
    "latin_america": _("Latin America"),
    "mecee": _("Middle East, Central and Eastern Europe"),
    "new_zealand": _("New Zealand"),
    "russia": _("Russia"),
    "taiwan": _("Taiwan"),
    "united_states": _("United States"),
}
TABLE = Path(__file__).parent / "data" / "csp-regions.csv"


@cache
def _regions() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["country"]: row["region"] for row in csv.DictReader(lines)}


def region_of(country: str) -> str:
    """Return the CSP region of an ISO 3166 country code; a country not listed is a region of its own."""
    return _regions().get(country, country)


def region_name(region: str) -> str:
    """Return a CSP region in words; a country that is a region of its own by its name."""
    return str(NAMES[region]) if region in NAMES else str(countries.name(region) or region)


def same_region(one: str, other: str) -> bool:
    """Say whether two countries lie in the same CSP region."""
    return region_of(one) == region_of(other)


@cache
def countries_of(region: str) -> tuple[str, ...]:
    """Return the countries of a CSP region; a country not listed is its own region's only one."""
    return tuple(country for country, one in _regions().items() if one == region) or (region,)


def regions() -> tuple[str, ...]:
    """Return the regions that hold several countries."""
    return tuple(dict.fromkeys(_regions().values()))
