"""Warnings before privileges end: at 30, 7 and 1 days, to both sides, once each."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest

from customers import warnings
from customers.models import Assignment, Contact, Grant, Relationship
from customers.models.privilege import start_of
from partners.actor import Actor
from partners.models import Partner, Partnership
from tests.conftest import Log, Mailbox
from tests.factories import AssignmentFactory, RenewalProposalFactory

END = date(2026, 6, 30)
EVENTS = ("grants_ending", "privileges_ending", "assignments_ending")
Told = Callable[[], list[tuple[str, str]]]


def noon(days_before: int, day: date = END) -> datetime:
    """Return noon, UTC, so many days before a last day."""
    return datetime.combine(day - timedelta(days=days_before), time(12), tzinfo=UTC)


@pytest.fixture
def ending(confirmed: Contact, provisioning: Grant, support: Grant) -> tuple[Grant, Grant]:
    """Both of Contoso's privileges, which end on the same day."""
    Grant.objects.update(ends_on=END)
    for grant in (provisioning, support):
        grant.refresh_from_db()
    return provisioning, support


@pytest.fixture
def told(mails: Mailbox) -> Told:
    """Return a way to read who was warned of what since the last look."""
    seen = 0

    def look() -> list[tuple[str, str]]:
        nonlocal seen
        new = [mail for mail in mails.all(event="ending") if mail.pk > seen]
        seen = max([seen, *(mail.pk for mail in new)])
        return [(mail.event.removeprefix("customers/"), mail.to) for mail in new]

    return look


@pytest.fixture
def people(anna: Actor, luca: Actor, ada: Actor) -> None:
    """Those who are written to."""
    return


# --- when --------------------------------------------------------------------------------------


def test_warned_at_30_7_and_1_days_and_on_no_other(
    people: None, ending: tuple[Grant, Grant], told: Told
) -> None:
    days = [left for left in range(60, -1, -1) if warnings.warn(noon(left))]
    assert days == [30, 7, 1]
    both = [("privileges_ending", "anna@northwind.example"), ("grants_ending", "carla@contoso.example")]
    assert told() == both * 3


def test_warned_once_however_often_the_worker_looks(
    people: None, ending: tuple[Grant, Grant], told: Told
) -> None:
    assert [warnings.warn(noon(30) + timedelta(minutes=minute)) for minute in range(3)] == [1, 0, 0]
    assert len(told()) == 2


@pytest.mark.parametrize(
    ("zone", "utc"),
    [
        ("Europe/Rome", datetime(2026, 5, 30, 22, 0, tzinfo=UTC)),  # midnight of the 31st, in summer time
        ("America/New_York", datetime(2026, 5, 31, 4, 0, tzinfo=UTC)),
        ("Pacific/Auckland", datetime(2026, 5, 30, 12, 0, tzinfo=UTC)),
        ("UTC", datetime(2026, 5, 31, 0, 0, tzinfo=UTC)),
    ],
)
def test_days_are_counted_where_the_provider_is(
    zone: str, utc: datetime, ending: tuple[Grant, Grant], northwind: Partner
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(time_zone=zone)
    assert warnings.warn(utc - timedelta(seconds=1)) == 0
    assert warnings.warn(utc) == 1


def test_a_day_without_an_hour_is_still_a_day(ending: tuple[Grant, Grant], northwind: Partner) -> None:
    """In Rome the clocks go forward on 29 March 2026: seven days before 5 April are 167 hours."""
    Grant.objects.update(ends_on=date(2026, 4, 5), warned_days=30)
    midnight = datetime(2026, 3, 29, tzinfo=ZoneInfo("Europe/Rome")).astimezone(UTC)
    assert warnings.warn(midnight - timedelta(seconds=1)) == 0
    assert warnings.warn(midnight) == 1


def test_short_grant_has_no_mark_before_it_began(
    people: None, ending: tuple[Grant, Grant], now: datetime, told: Told
) -> None:
    end = now.date() + timedelta(days=5)
    Grant.objects.update(ends_on=end)
    assert [left for left in range(5, -1, -1) if warnings.warn(noon(left, end))] == [1]


def test_grant_of_30_days_is_not_warned_of_on_its_first_day(
    ending: tuple[Grant, Grant], now: datetime
) -> None:
    Grant.objects.update(ends_on=now.date() + timedelta(days=30))
    assert warnings.warn(now) == 0
    Grant.objects.update(ends_on=now.date() + timedelta(days=31))
    assert warnings.warn(now + timedelta(days=1)) == 1


def test_worker_that_slept_warns_of_the_most_urgent_alone(
    people: None, ending: tuple[Grant, Grant], told: Told
) -> None:
    assert warnings.warn(noon(5)) == 1
    assert len(told()) == 2
    assert [left for left in range(4, -1, -1) if warnings.warn(noon(left))] == [1]


def test_last_day_still_counts_until_it_is_over_in_utc(ending: tuple[Grant, Grant]) -> None:
    over = start_of(END + timedelta(days=1))
    assert warnings.warn(over) == 0
    assert warnings.warn(over - timedelta(seconds=1)) == 1


def test_later_end_begins_anew(ending: tuple[Grant, Grant]) -> None:
    assert warnings.warn(noon(7)) == 1
    later = END + timedelta(days=90)
    Grant.objects.update(ends_on=later, answered_on=END - timedelta(days=5), warned_days=None)
    assert [left for left in range(80, -1, -1) if warnings.warn(noon(left, later))] == [30, 7, 1]


def test_what_is_too_much_for_one_round_is_told_in_the_next(
    ending: tuple[Grant, Grant], monkeypatch: pytest.MonkeyPatch
) -> None:
    Grant.objects.filter(pk=ending[1].pk).update(ends_on=END + timedelta(days=1))
    monkeypatch.setattr(warnings, "AT_ONCE", 1)
    assert [warnings.warn(noon(3)) for _round in range(3)] == [1, 1, 0]


# --- whom --------------------------------------------------------------------------------------


def test_one_mail_names_all_that_ends_on_one_day(
    people: None, ending: tuple[Grant, Grant], partnership: Partnership, mails: Mailbox, log: Log
) -> None:
    held = AssignmentFactory(grant=ending[0], partnership=partnership)
    warnings.warn(noon(30))
    provider = mails.text(mails.last("privileges_ending"))
    for words in ("Provisioning, granted by the customer", "Support, granted", "Fabrikam: Provisioning"):
        assert words in provider
    customer = mails.text(mails.last("grants_ending"))
    for words in (
        "- Provisioning",
        "- Support",
        "Fabrikam: Provisioning, All services",
        "1 July 2026, 02:00",
    ):
        assert words in customer
    assert "You need not do anything" in customer
    assert log.verbs()[-1] == "grant.ending"
    assert log.names(*ending, held)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


def test_what_ends_on_other_days_is_told_apart(people: None, ending: tuple[Grant, Grant], told: Told) -> None:
    Grant.objects.filter(pk=ending[1].pk).update(ends_on=END + timedelta(days=1))
    assert [warnings.warn(noon(30)), warnings.warn(noon(29))] == [1, 1]
    assert len(told()) == 4


def test_reseller_is_told_once_of_what_ends_with_the_grant(
    people: None, ending: tuple[Grant, Grant], partnership: Partnership, told: Told
) -> None:
    AssignmentFactory(grant=ending[0], partnership=partnership)
    AssignmentFactory(grant=ending[1], partnership=partnership)
    for left in range(31, -1, -1):
        warnings.warn(noon(left))
    resellers = [one for one in told() if one[0] == "assignments_ending"]
    assert resellers == [("assignments_ending", "luca@fabrikam.example")] * 3


def test_assignment_that_ends_before_its_grant_is_the_partners_affair(
    people: None, ending: tuple[Grant, Grant], partnership: Partnership, told: Told, log: Log
) -> None:
    own = AssignmentFactory(grant=ending[0], partnership=partnership, ends_on=END - timedelta(days=60))
    assert warnings.warn(noon(30, own.ends_on)) == 1
    assert told() == [
        ("privileges_ending", "anna@northwind.example"),
        ("assignments_ending", "luca@fabrikam.example"),
    ]
    assert log.verbs()[-1] == "assignment.ending"
    assert log.names(own)


def test_nearer_end_the_customer_has_just_chosen_is_not_told_of_by_its_resellers(
    ending: tuple[Grant, Grant], partnership: Partnership, now: datetime
) -> None:
    """What ends with its grant is told of with it: no mark lies behind the answer that moved them both."""
    AssignmentFactory(grant=ending[0], partnership=partnership, ends_on=END)
    answered = END - timedelta(days=20)
    Grant.objects.update(answered_on=answered)
    assert [left for left in range(20, -1, -1) if warnings.warn(noon(left))] == [7, 1]


def test_assignment_that_began_lately_has_no_mark_before_it_began(
    ending: tuple[Grant, Grant], partnership: Partnership, now: datetime
) -> None:
    end = now.date() + timedelta(days=10)
    AssignmentFactory(grant=ending[0], partnership=partnership, ends_on=end)
    assert [left for left in range(10, -1, -1) if warnings.warn(noon(left, end))] == [7, 1]


def test_each_reseller_reads_of_its_own_alone(
    people: None,
    ending: tuple[Grant, Grant],
    partnership: Partnership,
    adventure_partnership: Partnership,
    mails: Mailbox,
) -> None:
    AssignmentFactory(grant=ending[0], partnership=partnership)
    AssignmentFactory(grant=ending[1], partnership=adventure_partnership)
    warnings.warn(noon(7))
    mine = mails.text(mails.last("assignments_ending", to="ada@adventure.example"))
    assert "Support" in mine
    assert "Provisioning" not in mine
    assert "Fabrikam" not in mine


def test_waiting_proposal_is_named_where_it_helps(
    people: None, ending: tuple[Grant, Grant], accepted: Relationship, mails: Mailbox
) -> None:
    RenewalProposalFactory(
        relationship=accepted, renews_provisioning=False, expires_at=start_of(END + timedelta(days=1))
    )
    Grant.objects.update(warned_days=30)
    Grant.objects.filter(pk=ending[0].pk).update(ends_on=END - timedelta(days=1))
    warnings.warn(noon(7, END - timedelta(days=1)))
    assert "proposes to go on" not in mails.text(mails.last("grants_ending"))
    warnings.warn(noon(7))
    text = mails.text(mails.last("grants_ending"))
    assert "Northwind Traders proposes to go on" in text
    assert "/my/ask/" in mails.address("grants_ending")
    assert "waits for the customer" in mails.text(mails.last("privileges_ending"))


# --- what is not live --------------------------------------------------------------------------


def test_nobody_is_warned_of_what_is_not_in_force(
    people: None, ending: tuple[Grant, Grant], accepted: Relationship, northwind: Partner, now: datetime
) -> None:
    ending[0].move(Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
    northwind.move(Partner.Status.SUSPENDED)
    assert warnings.warn(noon(30)) == 0
    northwind.move(Partner.Status.ACTIVE)
    assert warnings.warn(noon(29)) == 1
    accepted.move(Relationship.Status.ENDED, ended_at=now, ended_by="Anna")
    assert warnings.warn(noon(7)) == 0


def test_reseller_that_cannot_act_is_not_told(
    people: None, ending: tuple[Grant, Grant], partnership: Partnership, told: Told, now: datetime
) -> None:
    AssignmentFactory(grant=ending[0], partnership=partnership)
    partnership.move(Partnership.Status.ENDED, ended_at=now, ended_by="Anna")
    warnings.warn(noon(30))
    assert "assignments_ending" not in dict(told())


def test_who_hands_over_before_the_end_is_not_told(
    people: None, ending: tuple[Grant, Grant], partnership: Partnership, told: Told
) -> None:
    AssignmentFactory(
        grant=ending[0],
        partnership=partnership,
        status=Assignment.Status.HANDED_OVER,
        stopped_at=noon(3),
        stopped_by="Ada",
    )
    warnings.warn(noon(7))
    assert "assignments_ending" not in dict(told())
