"""Two years of a small world, day by day: every warning and reminder once, access gone on the second."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

import pytest
import time_machine

from config.management.commands import worker
from customers import links, privileges, renewals
from customers.models import (
    Assignment,
    Contact,
    Customer,
    Grant,
    InvitationLink,
    Privilege,
    Relationship,
    RenewalProposal,
)
from customers.models.privilege import start_of
from customers.permissions import may_use
from customers.renewals import Choice, Terms
from partners.actor import Actor
from partners.models import Message, Partnership, Role, User
from tests.conftest import Log, member
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    GrantFactory,
    PartnershipFactory,
    RelationshipFactory,
)

SECOND = timedelta(seconds=1)
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Small:
    """One provider somewhere in the world, its customer, and the reseller that holds provisioning."""

    relationship: Relationship
    contact: Contact
    provider: Actor
    reseller: Actor

    def grant(self, privilege: str) -> Grant:
        return self.relationship.grants.get(privilege=privilege)


@pytest.fixture
def found_in(db: None, now: datetime) -> Callable[..., Small]:
    """Return a way to found such a world in a time zone: both privileges granted today for a year."""

    def found(zone: str, **names: str) -> Small:
        tie = PartnershipFactory(provider__time_zone=zone, **names)
        relationship = RelationshipFactory(customer__provider=tie.provider)
        contact = ContactFactory(customer=relationship.customer, confirmed=True)
        for privilege in Privilege.values:
            grant = GrantFactory(relationship=relationship, privilege=privilege)
            if privilege == Privilege.PROVISIONING:
                AssignmentFactory(grant=grant, partnership=tie)
        anna = member(tie.provider, "Anna", Role.ACCOUNT_ADMIN)
        luca = member(tie.reseller, "Luca", Role.ACCOUNT_ADMIN)
        return Small(relationship, contact, anna, luca)

    return found


@pytest.fixture
def rome(found_in: Callable[..., Small]) -> Small:
    return found_in("Europe/Rome", provider__name="Relecloud", reseller__name="Munson")


@pytest.fixture
def new_york(found_in: Callable[..., Small]) -> Small:
    return found_in("America/New_York", provider__name="Tailspin", reseller__name="Wingtip")


@pytest.fixture
def auckland(found_in: Callable[..., Small]) -> Small:
    return found_in("Pacific/Auckland", provider__name="Litware", reseller__name="Proseware")


def each_day(first: date, last: date) -> Iterator[datetime]:
    """Let the worker do its minute once a day, at noon in UTC: in Auckland the next day has begun."""
    User.objects.update(wants_digest=False)  # a summary a day to everybody has tests of its own
    for days in range((last - first).days + 1):
        at = datetime.combine(first + timedelta(days=days), time(12), tzinfo=UTC)
        with time_machine.travel(at, tick=False):
            for tidy in worker.TIDIES:
                tidy(at)
            yield at


def warned(event: str, to: str) -> list[date]:
    """Return the days on which somebody was warned."""
    mails = Message.objects.filter(event=f"customers/{event}", to=to).order_by("pk")
    return [mail.created_at.date() for mail in mails]


def before(end: date, *days: int) -> list[date]:
    return [end - timedelta(days=each) for each in days]


def test_two_years_day_by_day(
    rome: Small,
    new_york: Small,
    auckland: Small,
    link: InvitationLink,
    partnership: Partnership,
    now: datetime,
    log: Log,
) -> None:
    """Rome renews less; New York hears of no proposal; Auckland never answers the one it gets."""
    Message.objects.update(status=Message.Status.SENT, sent_at=now, text="", html="", slots={})
    proposed = PartnershipFactory(provider=partnership.provider, proposed=True, proposed_at=now)
    offer = AssignmentFactory(offered=True, grant__ends_on=now.date() + timedelta(days=700))
    end = now.date() + YEAR
    nearer = end + timedelta(days=196)
    waiting: list[RenewalProposal] = []
    ended: dict[str, date] = {}
    for day in each_day(now.date(), end + YEAR):
        match (end - day.date()).days:
            case 20:
                waiting = [propose(world, at=day) for world in (rome, auckland)]
            case 4:
                renew(rome, waiting[0], nearer, at=day)
        for row in (link, proposed, offer, *waiting):
            row.refresh_from_db(fields=["status"])
            if row.status == "lapsed":
                ended.setdefault(f"{type(row).__name__} {row.pk}", day.date())

    plain, again = before(end, 30, 7, 1), before(nearer, 30, 7, 1)
    for world, days in ((new_york, plain), (auckland, before(end, 31, 8, 2))):
        assert warned("grants_ending", world.contact.email) == days
        assert warned("privileges_ending", world.provider.email) == days
        assert warned("assignments_ending", world.reseller.email) == days
    # In Rome the day before the first end concerns support alone; then the calendar begins anew.
    assert warned("grants_ending", rome.contact.email) == [*plain, *again]
    assert warned("privileges_ending", rome.provider.email) == [*plain, *again]
    assert warned("assignments_ending", rome.reseller.email) == [*plain[:2], *again]
    assert (rome.grant("support").ends_on, rome.grant("provisioning").ends_on) == (end, nearer)

    assert ended == {
        f"InvitationLink {link.pk}": now.date() + timedelta(days=90),
        f"Partnership {proposed.pk}": now.date() + timedelta(days=30),
        f"Assignment {offer.pk}": now.date() + timedelta(days=14),
        f"RenewalProposal {waiting[1].pk}": end + timedelta(days=1),
    }
    reminders = Message.objects.filter(event__contains="reminder")
    assert [mail.to for mail in reminders] == [link.email]
    everything = Counter(log.verbs())
    assert everything["grant.ending"] == 15
    assert everything["grant.lapsed"] == 7
    assert everything["assignment.lapsed"] == 4
    assert everything["renewal.accepted"] == everything["renewal.lapsed"] == 1
    assert not Grant.objects.filter(status="active").exists()
    assert not Assignment.objects.filter(status="active").exists()
    assert log.whole()


def propose(world: Small, *, at: datetime) -> RenewalProposal:
    """Propose, as the provider, that both privileges go on for a year."""
    terms = Terms(frozenset(Privilege.values), 365)
    return renewals.propose(world.relationship, terms, by=world.provider, at=at)


def renew(world: Small, proposal: RenewalProposal, ends_on: date, *, at: datetime) -> None:
    """Say yes to provisioning alone, to a nearer day, its reseller left ticked."""
    code = renewals.ask_to_answer(proposal, world.contact, at=at)
    links.spend_try(code, links.code_digits(code), at=at)
    along = frozenset(world.grant("provisioning").assignments.values_list("pk", flat=True))
    choice = Choice(frozenset({Privilege.PROVISIONING.value}), ends_on, along)
    renewals.accept(proposal, world.contact, code, choice, at=at)


# --- to the second -----------------------------------------------------------------------------


@pytest.mark.parametrize("where", ["rome", "new_york", "auckland"])
@pytest.mark.parametrize("end", [date(2026, 3, 28), date(2026, 4, 4), date(2026, 10, 31), date(2027, 3, 10)])
def test_access_is_gone_the_second_the_last_day_is_over_in_utc_without_any_worker(
    where: str, end: date, request: pytest.FixtureRequest
) -> None:
    """Days on which somebody's clocks change, and one on which nobody's do."""
    world: Small = request.getfixturevalue(where)
    Grant.objects.update(ends_on=end)
    Assignment.objects.update(ends_on=end)
    customer, over = world.relationship.customer, start_of(end + timedelta(days=1))
    allowed = [
        (
            may_use(world.reseller, customer, "provisioning", None, at),
            Customer.objects.visible_to(world.reseller, at).exists(),
            Grant.objects.live(at).count(),
        )
        for at in (over - SECOND, over)
    ]
    assert allowed == [(True, True, 2), (False, False, 0)]


def test_last_day_is_the_same_for_whoever_looks_from_anywhere(rome: Small, auckland: Small) -> None:
    """In Auckland the day after the last has begun, and the privilege still holds."""
    end = rome.grant("support").ends_on
    noon = datetime.combine(end, time(12), tzinfo=UTC)
    assert noon.astimezone(auckland.relationship.provider.zone).date() > end
    assert Grant.objects.live(noon).count() == 4
    assert privileges.tidy(noon) == 0
