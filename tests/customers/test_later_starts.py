"""Offers that start later: not live before their first day in UTC, and never two holders at once."""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest
from django.test import Client

from customers import endings, privileges
from customers.models import Assignment, Contact, Customer, Grant
from customers.models.privilege import start_of
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from tests.conftest import Mailbox
from tests.factories import AssignmentFactory

SignIn = Callable[..., Client]
DAYS = 7
SECOND = timedelta(seconds=1)


@pytest.fixture
def first_day(now: datetime) -> date:
    """The day on which Adventure is to begin."""
    return now.date() + timedelta(days=DAYS)


@pytest.fixture
def planned(
    provisioning: Grant, adventure_partnership: Partnership, anna: Actor, now: datetime, first_day: date
) -> Assignment:
    """Provisioning, offered to Adventure from next week on."""
    return privileges.assign(provisioning, adventure_partnership, starts_on=first_day, by=anna, at=now)


@pytest.fixture
def later(assigned: Assignment, planned: Assignment, ada: Actor, now: datetime) -> Assignment:
    """The same, accepted today, while Fabrikam holds it."""
    return privileges.accept(planned, by=ada, at=now)


def holders(at: datetime) -> list[str]:
    """Return who may act for Contoso at a moment."""
    return list(Assignment.objects.live(at).values_list("reseller__name", flat=True))


def test_holder_stays_to_the_last_second_before_the_first_day(later: Assignment, first_day: date) -> None:
    begin = start_of(first_day)
    assert later.starts_at == begin
    assert holders(begin - SECOND) == ["Fabrikam"]
    assert holders(begin) == ["Adventure Works"]


def test_offer_accepted_after_its_first_day_starts_at_once(
    assigned: Assignment, planned: Assignment, ada: Actor, first_day: date
) -> None:
    at = start_of(first_day) + timedelta(days=2, hours=5)
    assert privileges.accept(planned, by=ada, at=at).starts_at == at
    assert holders(at - SECOND) == ["Fabrikam"]
    assert holders(at) == ["Adventure Works"]


def test_start_on_the_grants_last_day_is_the_latest(
    provisioning: Grant, adventure_partnership: Partnership, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="must not lie before the first"):
        privileges.assign(
            provisioning,
            adventure_partnership,
            starts_on=provisioning.ends_on + timedelta(days=1),
            by=anna,
            at=now,
        )
    assert privileges.assign(
        provisioning, adventure_partnership, starts_on=provisioning.ends_on, by=anna, at=now
    )


def test_grant_withdrawn_meanwhile_ends_both(
    later: Assignment, provisioning: Grant, now: datetime, first_day: date
) -> None:
    provisioning.move(Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
    assert holders(now + SECOND) == []
    assert holders(start_of(first_day)) == []


def test_what_was_handed_over_stops_even_if_the_new_partnership_ends_before(
    later: Assignment, adventure_partnership: Partnership, anna: Actor, now: datetime, first_day: date
) -> None:
    endings.end_partnership(adventure_partnership, by=anna, at=now + timedelta(days=1))
    begin = start_of(first_day)
    assert holders(begin - SECOND) == ["Fabrikam"]
    assert holders(begin) == []


def test_what_was_handed_over_stops_even_if_the_new_one_is_revoked_before(
    later: Assignment, anna: Actor, now: datetime, first_day: date
) -> None:
    privileges.revoke(later, by=anna, at=now + timedelta(days=1))
    assert holders(start_of(first_day) - SECOND) == ["Fabrikam"]
    assert holders(start_of(first_day)) == []


def test_old_holder_can_be_asked_again_before_it_stops(
    later: Assignment,
    provisioning: Grant,
    partnership: Partnership,
    anna: Actor,
    luca: Actor,
    now: datetime,
    first_day: date,
) -> None:
    at = now + timedelta(days=1)
    privileges.revoke(later, by=anna, at=at)
    again = privileges.assign(provisioning, partnership, by=anna, at=at)
    privileges.accept(again, by=luca, at=at)
    for moment in (at, start_of(first_day), start_of(first_day) + timedelta(days=1)):
        assert holders(moment) == ["Fabrikam"]


def test_suspended_meanwhile_starts_nothing(later: Assignment, adventure: Partner, first_day: date) -> None:
    adventure.move(Partner.Status.SUSPENDED)
    assert holders(start_of(first_day)) == []


def test_customer_reads_when_the_new_reseller_starts(
    confirmed: Contact, later: Assignment, mails: Mailbox
) -> None:
    assert "from 17 March 2026, 01:00 CET" in mails.text(mails.last("reseller_named", to=confirmed.email))


def test_list_says_when_whoever_hands_over_stops(client_for: SignIn, luca: Actor, later: Assignment) -> None:
    listed = client_for(luca).get("/privileges/").content.decode()
    assert "10 Mar 2026 – 16 Mar 2026<" in listed


def test_pages_say_from_which_day(
    client_for: SignIn, anna: Actor, ada: Actor, contoso: Customer, later: Assignment
) -> None:
    page = client_for(anna).get(contoso.get_absolute_url()).content.decode()
    assert "starts on 17 Mar 2026" in page
    listed = client_for(ada).get("/privileges/").content.decode()
    assert "Starts later" in listed
    assert "starts on 17 Mar 2026" in listed
    assert "Not in force" not in listed


def test_what_will_never_start_says_why(
    client_for: SignIn, anna: Actor, contoso: Customer, later: Assignment, provisioning: Grant, now: datetime
) -> None:
    provisioning.move(Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
    page = client_for(anna).get(contoso.get_absolute_url()).content.decode()
    assert "starts on" not in page
    assert "the customer withdrew the grant" in page


# --- the dead never block the living -----------------------------------------------------------


def test_accepting_moves_what_is_over_out_of_the_way_first(
    provisioning: Grant, partnership: Partnership, planned: Assignment, ada: Actor, now: datetime
) -> None:
    over = AssignmentFactory(
        grant=provisioning, partnership=partnership, ends_on=now.date() + timedelta(days=1)
    )
    at = start_of(over.ends_on + timedelta(days=1))
    privileges.accept(planned, by=ada, at=at)
    over.refresh_from_db()
    assert over.status == "lapsed"
