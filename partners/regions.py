"""CSP regions: a partner sells only to customers in its own.

Source: Microsoft's regional authorisation page, kept as `data/csp-regions.csv`.
"""

import csv
from functools import cache
from pathlib import Path

TABLE = Path(__file__).parent / "data" / "csp-regions.csv"


@cache
def _regions() -> dict[str, str]:
    with TABLE.open(encoding="utf-8", newline="") as lines:
        return {row["country"]: row["region"] for row in csv.DictReader(lines)}


def region_of(country: str) -> str:
    """Return the CSP region of an ISO 3166 country code; a country not listed is a region of its own."""
    return _regions().get(country, country)


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
