"""The edition of the rulebook: its provider chooses it, and nobody else."""

from datetime import datetime

import pytest

from partners import editions
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Partner, RulebookEdition
from tests.conftest import Log

pytestmark = pytest.mark.django_db
TODAY = RulebookEdition.V2026
BEFORE = RulebookEdition.V2016_12


def test_provider_begins_under_december_2016(northwind: Partner) -> None:
    assert northwind.edition == BEFORE


def test_choosing_an_edition_counts_at_once_and_is_logged(
    northwind: Partner, anna: Actor, now: datetime, log: Log
) -> None:
    assert editions.choose(northwind, TODAY, seen=BEFORE, by=anna, at=now).edition == TODAY
    northwind.refresh_from_db()
    assert northwind.edition == TODAY
    assert log.verbs() == ["company.edition_chosen"]
    assert log.details()["fields"] == {"edition": ["2016-12", "2026"]}
    assert log.readers() == {"Northwind Traders"}


def test_provider_can_go_back(northwind: Partner, anna: Actor, now: datetime) -> None:
    editions.choose(northwind, TODAY, seen=BEFORE, by=anna, at=now)
    assert editions.choose(northwind, BEFORE, seen=TODAY, by=anna, at=now).edition == BEFORE


def test_the_edition_in_force_is_refused(northwind: Partner, anna: Actor, now: datetime, log: Log) -> None:
    with pytest.raises(Refused, match="in force already"):
        editions.choose(northwind, BEFORE, seen=BEFORE, by=anna, at=now)
    assert log.verbs() == []


def test_page_read_before_somebody_elses_choice_is_stale(
    northwind: Partner, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Stale, match="since you opened the page"):
        editions.choose(northwind, TODAY, seen=TODAY, by=anna, at=now)


@pytest.mark.parametrize("edition", ["", "2020", "a\0b"])
def test_an_edition_that_does_not_exist_is_refused(
    edition: str, northwind: Partner, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="no such edition"):
        editions.choose(northwind, edition, seen=BEFORE, by=anna, at=now)


def test_reseller_has_no_edition(fabrikam: Partner, luca: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="Only a provider"):
        editions.choose(fabrikam, TODAY, seen=BEFORE, by=luca, at=now)


def test_suspended_provider_chooses_nothing(northwind: Partner, anna: Actor, now: datetime) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status="suspended")
    with pytest.raises(Refused, match="suspended"):
        editions.choose(northwind, TODAY, seen=BEFORE, by=anna, at=now)


def test_another_company_chooses_nothing(northwind: Partner, tom: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="Only the company"):
        editions.choose(northwind, TODAY, seen=BEFORE, by=tom, at=now)
