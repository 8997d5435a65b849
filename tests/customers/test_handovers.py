"""A hand-over: previewed, offered, answered whole, in effect from its day on; never a gap or an overlap."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine

from customers import endings, handovers, links, privileges
from customers.families import Family
from customers.handover_plan import Scope, plan
from customers.models import Assignment, Contact, Customer, Grant, HandOver, Privilege
from partners import companies
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from tests.conftest import Log, Mailbox
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    CustomerFactory,
    GrantFactory,
    RelationshipFactory,
)

Offering = Callable[..., HandOver]


@pytest.fixture
def named(contoso: Customer, fabrikam: Partner) -> Customer:
    """Contoso, which names Fabrikam."""
    Customer.objects.filter(pk=contoso.pk).update(reseller=fabrikam)
    contoso.refresh_from_db()
    return contoso


@pytest.fixture
def hand_over(
    assigned: Assignment,
    named: Customer,
    fabrikam: Partner,
    adventure_partnership: Partnership,
    anna: Actor,
    now: datetime,
) -> Offering:
    """Return a way to offer Fabrikam's customers to Adventure, from so many days on."""

    def offer(days: int = 0, *, customer: Customer | None = None, at: datetime = now) -> HandOver:
        day = (at + timedelta(days=days)).date()
        return handovers.offer(
            fabrikam, adventure_partnership, customer=customer, starts_on=day, by=anna, at=at
        )

    return offer


def test_plan_lists_what_moves_what_is_withdrawn_and_who_is_named(
    assigned: Assignment,
    named: Customer,
    support: Grant,
    partnership: Partnership,
    anna: Actor,
    northwind: Partner,
    fabrikam: Partner,
    now: datetime,
) -> None:
    waiting = privileges.assign(support, partnership, by=anna, at=now)
    CustomerFactory(provider=northwind, reseller=fabrikam)  # named, holds nothing
    found = plan(Scope(northwind, fabrikam), now.date(), now)
    assert (found.customers, found.named) == (2, 2)
    assert (found.moves, found.left, found.withdrawn) == ([assigned], [], [waiting])


def test_plan_leaves_what_ends_before_and_what_another_is_offered(
    assigned: Assignment,
    support: Grant,
    adventure_partnership: Partnership,
    partnership: Partnership,
    anna: Actor,
    northwind: Partner,
    fabrikam: Partner,
    now: datetime,
) -> None:
    held = AssignmentFactory(grant=support, partnership=partnership)
    privileges.assign(support, adventure_partnership, by=anna, at=now)
    late = assigned.ends_on + timedelta(days=1)
    found = plan(Scope(northwind, fabrikam), late, now)
    assert [one.assignment for one in found.left] == [assigned, held]
    assert "ends before" in found.left[0].why
    assert (
        "waits for the answer of Adventure Works"
        in plan(Scope(northwind, fabrikam), now.date(), now).left[0].why
    )


def test_plan_of_one_customer_leaves_the_others(
    assigned: Assignment, northwind: Partner, fabrikam: Partner, now: datetime
) -> None:
    other = CustomerFactory(provider=northwind, reseller=fabrikam)
    found = plan(Scope(northwind, fabrikam, other), now.date(), now)
    assert (found.customers, found.moves) == (1, [])


def test_offer_makes_one_offer_for_each_privilege_and_one_row(
    hand_over: Offering, assigned: Assignment, ada: Actor, now: datetime, log: Log, mails: Mailbox
) -> None:
    found = hand_over(10)
    (offer,) = found.assignments.all()
    assert (offer.status, offer.grant_id, offer.family) == ("offered", assigned.grant_id, assigned.family)
    assert (offer.ends_on, offer.starts_at) == (assigned.ends_on, found.starts_at)
    assert found.starts_at.date() == (now + timedelta(days=10)).date()
    assert log.verbs()[-1] == "handover.offered"
    assert log.names(found, offer)
    assert log.readers() == {"Northwind Traders", "Adventure Works"}
    assert [message.to for message in mails.all(event="handover_offered")] == [ada.email]


def test_offer_withdraws_what_waits_for_the_reseller_before(
    hand_over: Offering, support: Grant, partnership: Partnership, anna: Actor, now: datetime, log: Log
) -> None:
    waiting = privileges.assign(support, partnership, by=anna, at=now)
    hand_over()
    waiting.refresh_from_db()
    assert waiting.status == "withdrawn"
    assert log.names(waiting)


def test_accept_now_passes_everything_at_one_moment(
    hand_over: Offering,
    assigned: Assignment,
    named: Customer,
    adventure: Partner,
    ada: Actor,
    now: datetime,
    log: Log,
) -> None:
    later = now + timedelta(hours=1)
    found = handovers.accept(hand_over(), by=ada, at=later)
    assigned.refresh_from_db()
    named.refresh_from_db()
    (taken,) = found.assignments.all()
    assert (assigned.status, assigned.stopped_at) == ("handed_over", later)
    assert (taken.status, taken.starts_at) == ("active", later)
    assert (named.reseller, found.took_effect_at) == (adventure, later)
    live = Assignment.objects.live
    assert list(live(later - timedelta(seconds=1))) == [assigned]
    assert list(live(later)) == [taken]
    assert log.verbs()[-1] == "handover.accepted"
    assert log.names(found, taken, assigned, named)
    assert log.readers() == {"Northwind Traders", "Adventure Works", "Fabrikam"}


def test_accept_for_later_changes_nothing_until_then(
    hand_over: Offering,
    assigned: Assignment,
    named: Customer,
    fabrikam: Partner,
    adventure: Partner,
    ada: Actor,
    now: datetime,
    log: Log,
) -> None:
    found = handovers.accept(hand_over(10), by=ada, at=now)
    named.refresh_from_db()
    assert (named.reseller, found.took_effect_at) == (fabrikam, None)
    assert list(Assignment.objects.live(found.starts_at - timedelta(seconds=1))) == [assigned]
    assert list(Assignment.objects.live(found.starts_at)) == list(found.assignments.all())
    assert handovers.tidy(found.starts_at - timedelta(seconds=1)) == 0
    assert handovers.tidy(found.starts_at) == 1
    assert handovers.tidy(found.starts_at) == 0
    named.refresh_from_db()
    assert named.reseller == adventure
    assert log.verbs()[-1] == "handover.took_effect"
    assert log.names(found, named)


def test_accept_after_its_day_starts_at_the_answer(
    hand_over: Offering, assigned: Assignment, ada: Actor, now: datetime
) -> None:
    at = now + timedelta(days=5)
    found = handovers.accept(hand_over(2), by=ada, at=at)
    assigned.refresh_from_db()
    assert (found.starts_at, assigned.stopped_at, found.took_effect_at) == (at, at, at)


def test_accept_mails_each_side_once_and_each_customer_once(
    hand_over: Offering,
    confirmed: Contact,
    support: Grant,
    partnership: Partnership,
    anna: Actor,
    luca: Actor,
    ada: Actor,
    now: datetime,
    mails: Mailbox,
) -> None:
    AssignmentFactory(
        grant=support, partnership=partnership
    )  # two privileges of one customer: still one mail
    handovers.accept(hand_over(3), by=ada, at=now)
    told = sorted(message.to for message in mails.all(event="handover_accepted"))
    assert told == sorted([anna.email, luca.email, ada.email])
    (mail,) = mails.all(event="reseller_changes")
    text = mails.text(mail)
    assert mail.to == confirmed.email
    assert "Fabrikam" in text
    assert "Adventure Works" in text
    assert "refuse it on your page" in text


def test_accept_leaves_out_what_the_customer_withdrew_or_refused(
    hand_over: Offering,
    assigned: Assignment,
    support: Grant,
    provisioning: Grant,
    partnership: Partnership,
    confirmed: Contact,
    ada: Actor,
    now: datetime,
    log: Log,
) -> None:
    kept = AssignmentFactory(grant=support, partnership=partnership)
    found = hand_over()
    code = privileges.ask_to_withdraw(provisioning, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    privileges.withdraw_grant(provisioning, confirmed, code, at=now)
    refused = found.assignments.get(privilege=Privilege.SUPPORT)
    privileges.refuse_reseller(refused, confirmed, at=now)
    handovers.accept(found, by=ada, at=now)
    kept.refresh_from_db()
    gone = found.assignments.get(privilege=Privilege.PROVISIONING)
    assert kept.status == "active"  # the customer did not want another
    assert gone.status == "lapsed"
    assert log.names(gone)


def test_customer_that_refused_all_of_it_keeps_its_named_reseller(
    hand_over: Offering, named: Customer, confirmed: Contact, fabrikam: Partner, ada: Actor, now: datetime
) -> None:
    found = handovers.accept(hand_over(3), by=ada, at=now)
    privileges.refuse_reseller(found.assignments.get(), confirmed, at=now)
    handovers.tidy(found.starts_at)
    named.refresh_from_db()
    assert named.reseller == fabrikam
    assert not Assignment.objects.live(found.starts_at).exists()


def test_accept_caps_what_would_outlast_the_grant(
    hand_over: Offering, provisioning: Grant, ada: Actor, now: datetime
) -> None:
    found = hand_over()
    sooner = provisioning.ends_on - timedelta(days=30)
    Grant.objects.filter(pk=provisioning.pk).update(ends_on=sooner)
    handovers.accept(found, by=ada, at=now)
    assert found.assignments.get().ends_on == sooner


@pytest.mark.parametrize("what", ["grant", "offer"])
def test_accept_leaves_out_what_ends_before_its_day(
    what: str,
    hand_over: Offering,
    assigned: Assignment,
    provisioning: Grant,
    support: Grant,
    partnership: Partnership,
    ada: Actor,
    now: datetime,
) -> None:
    AssignmentFactory(grant=support, partnership=partnership)
    found = hand_over(10)
    sooner = now.date() + timedelta(days=9)
    if what == "grant":
        Grant.objects.filter(pk=provisioning.pk).update(ends_on=sooner)
    else:
        found.assignments.filter(grant=provisioning).update(ends_on=sooner)
    handovers.accept(found, by=ada, at=now)
    assert found.assignments.get(grant=provisioning).status == "lapsed"
    assert found.assignments.get(grant=support).status == "active"
    assigned.refresh_from_db()
    assert assigned.status == "active", "whoever held it keeps it to its end"


def test_hand_over_of_a_suspended_provider_is_neither_offered_nor_accepted(
    hand_over: Offering, northwind: Partner, ada: Actor, staff: Actor, now: datetime
) -> None:
    found = hand_over()
    companies.suspend(northwind, reason="Not paid.", by=staff, at=now)
    with pytest.raises(Refused, match="suspended company"):
        handovers.accept(found, by=ada, at=now)
    with pytest.raises(Refused, match="suspended company"):
        hand_over()


def test_what_has_not_begun_passes_with_its_own_beginning(
    hand_over: Offering, support: Grant, partnership: Partnership, ada: Actor, now: datetime
) -> None:
    begins = now + timedelta(days=20)
    held = AssignmentFactory(grant=support, partnership=partnership, family=Family.AZURE, starts_at=begins)
    found = handovers.accept(hand_over(2), by=ada, at=now)
    held.refresh_from_db()
    assert held.stopped_at == begins
    assert found.assignments.get(privilege="support").starts_at == begins


def test_decline_withdraw_and_lapse_take_the_offers_with_them(
    hand_over: Offering, assigned: Assignment, anna: Actor, ada: Actor, now: datetime, mails: Mailbox
) -> None:
    declined = hand_over()
    handovers.decline(declined, by=ada, at=now)
    withdrawn = hand_over()
    handovers.withdraw(withdrawn, by=anna, at=now)
    late = hand_over()
    assert handovers.tidy(late.answer_by) == 1
    for row, status in ((declined, "declined"), (withdrawn, "withdrawn"), (late, "lapsed")):
        row.refresh_from_db()
        assert (row.status, row.assignments.get().status) == (status, status)
    assigned.refresh_from_db()
    assert assigned.status == "active"
    assert [message.to for message in mails.all(event="handover_stopped")] == [
        anna.email,
        ada.email,
        anna.email,
    ]


def test_late_answers_and_second_answers_are_refused(
    hand_over: Offering, ada: Actor, anna: Actor, now: datetime
) -> None:
    found = hand_over()
    for story in (handovers.accept, handovers.decline):
        with pytest.raises(Refused, match="lapsed"):
            story(found, by=ada, at=found.answer_by)
    handovers.accept(found, by=ada, at=now)
    with pytest.raises(Refused, match="no longer possible"):
        handovers.accept(found, by=ada, at=now)
    with pytest.raises(Refused, match="no longer possible"):
        handovers.withdraw(found, by=anna, at=now)


def test_offers_of_a_hand_over_are_not_answered_one_by_one(
    hand_over: Offering, anna: Actor, ada: Actor, now: datetime
) -> None:
    part = hand_over().assignments.get()
    for story, by in ((privileges.accept, ada), (privileges.decline, ada), (privileges.withdraw, anna)):
        with pytest.raises(Refused, match="part of a hand-over"):
            story(part, by=by, at=now)


@pytest.mark.parametrize(
    ("days", "why"), [(-1, "This day is over"), (0, "looks after none of these customers")]
)
def test_offer_refuses_a_day_gone_by_and_nothing(
    days: int,
    why: str,
    fabrikam: Partner,
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    now: datetime,
) -> None:
    with pytest.raises(Refused, match=why):
        handovers.offer(
            fabrikam, adventure_partnership, starts_on=now.date() + timedelta(days=days), by=anna, at=now
        )


def test_offer_refuses_a_reseller_that_cannot_take_over(
    hand_over: Offering,
    fabrikam: Partner,
    adventure: Partner,
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    staff: Actor,
    now: datetime,
) -> None:
    with pytest.raises(Refused, match="Choose another reseller"):
        handovers.offer(fabrikam, partnership, starts_on=now.date(), by=anna, at=now)
    companies.suspend(adventure, reason="Not paid.", by=staff, at=now)
    with pytest.raises(Refused, match="suspended company"):
        hand_over()
    endings.end_partnership(adventure_partnership, by=anna, at=now)
    with pytest.raises(Refused, match="not active"):
        hand_over()


def test_offer_refuses_a_second_one_of_the_same(hand_over: Offering, named: Customer) -> None:
    hand_over(customer=named)
    with pytest.raises(Refused, match="this customer is under way"):
        hand_over(customer=named)
    hand_over()
    for again in (None, named):
        with pytest.raises(Refused, match="under way"):
            hand_over(customer=again)


def test_offer_puts_a_lapsed_one_out_of_its_way(hand_over: Offering, now: datetime) -> None:
    first = hand_over()
    again = hand_over(at=first.answer_by)
    first.refresh_from_db()
    assert (first.status, again.status) == ("lapsed", "offered")


def test_only_the_parties_offer_and_answer(
    hand_over: Offering,
    fabrikam: Partner,
    adventure_partnership: Partnership,
    luca: Actor,
    tom: Actor,
    anna: Actor,
    ada: Actor,
    now: datetime,
) -> None:
    found = hand_over()
    tries = [
        (handovers.accept, luca),
        (handovers.accept, anna),
        (handovers.decline, tom),
        (handovers.withdraw, ada),
    ]
    for story, stranger in tries:
        with pytest.raises(Refused, match="Only the company whose part this is"):
            story(found, by=stranger, at=now)
    with pytest.raises(Refused, match="Only the company whose part this is"):
        handovers.offer(fabrikam, adventure_partnership, starts_on=now.date(), by=tom, at=now)


def test_partnership_that_ends_before_the_day_leaves_it_undone(
    hand_over: Offering,
    named: Customer,
    fabrikam: Partner,
    adventure_partnership: Partnership,
    ada: Actor,
    anna: Actor,
    now: datetime,
) -> None:
    found = handovers.accept(hand_over(5), by=ada, at=now)
    endings.end_partnership(adventure_partnership, by=anna, at=now)
    assert handovers.tidy(found.starts_at) == 0
    named.refresh_from_db()
    assert named.reseller == fabrikam
    assert list(HandOver.objects.stuck(found.starts_at)) == [found]
    assert not Assignment.objects.live(found.starts_at).exists()


def test_partnership_that_ends_takes_a_waiting_one_with_it(
    hand_over: Offering, adventure_partnership: Partnership, ada: Actor, anna: Actor, now: datetime
) -> None:
    found = hand_over()
    endings.end_partnership(adventure_partnership, by=anna, at=now)
    assert not HandOver.objects.to_answer(now).exists()
    assert not HandOver.objects.visible_to(ada).exists()
    with pytest.raises(Refused, match="not active"):
        handovers.accept(found, by=ada, at=now)
    assert handovers.tidy(now) == 1


def test_whole_hand_over_leaves_a_customer_with_one_of_its_own(
    hand_over: Offering, named: Customer, fabrikam: Partner, adventure: Partner, ada: Actor, now: datetime
) -> None:
    other = CustomerFactory(provider=named.provider, reseller=fabrikam)
    hand_over(20, customer=named)
    handovers.accept(hand_over(), by=ada, at=now)
    named.refresh_from_db()
    other.refresh_from_db()
    assert (named.reseller, other.reseller) == (fabrikam, adventure)


def test_reseller_renamed_by_hand_meanwhile_stays(
    hand_over: Offering, named: Customer, ada: Actor, now: datetime
) -> None:
    found = handovers.accept(hand_over(5), by=ada, at=now)
    Customer.objects.filter(pk=named.pk).update(reseller=None)
    handovers.tidy(found.starts_at)
    named.refresh_from_db()
    assert named.reseller is None


def test_five_hundred_customers_pass_in_a_handful_of_statements(
    hand_over: Offering,
    named: Customer,
    partnership: Partnership,
    ada: Actor,
    now: datetime,
    django_assert_max_num_queries: Callable[..., object],
) -> None:
    for _ in range(12):
        customer = CustomerFactory(provider=named.provider, reseller=partnership.reseller)
        AssignmentFactory(
            grant=GrantFactory(relationship=RelationshipFactory(customer=customer)), partnership=partnership
        )
    ContactFactory(customer=customer, confirmed=True)
    with django_assert_max_num_queries(35):
        found = hand_over()
    assert found.assignments.count() == 13
    with django_assert_max_num_queries(60):
        handovers.accept(found, by=ada, at=now)


def test_days_count_in_utc_across_zones(
    hand_over: Offering, assigned: Assignment, ada: Actor, now: datetime
) -> None:
    night = now.replace(hour=23, minute=30)  # already tomorrow in Rome
    with time_machine.travel(night, tick=False):
        found = hand_over(1, at=night)
    assert (found.starts_at - night) == timedelta(minutes=30)
