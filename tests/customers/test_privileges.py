"""The stories of privileges: offered, answered, handed over without gap or overlap, stopped, withdrawn."""

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from customers import endings, links, privileges
from customers.families import Family
from customers.models import (
    Assignment,
    Contact,
    Customer,
    Grant,
    MailedCode,
    OtherPartnerStatement,
    Relationship,
)
from customers.models.privilege import OFFER_DAYS, utc_day
from partners.actor import Actor, ActorKind
from partners.errors import Refused
from partners.models import Partner, Partnership
from tests.conftest import Log, Mailbox
from tests.factories import AssignmentFactory, ContactFactory, GrantFactory, PartnershipFactory

Assign = Callable[..., Assignment]
NOT_YOURS = "Only the company whose part this is"


@pytest.fixture
def assign(provisioning: Grant, partnership: Partnership, anna: Actor, now: datetime) -> Assign:
    """Return a way to offer Contoso's provisioning, to Fabrikam unless told otherwise."""

    def offer(tie: Partnership = partnership, *, at: datetime = now, **terms: Any) -> Assignment:
        return privileges.assign(provisioning, tie, by=anna, at=at, **terms)

    return offer


@pytest.fixture
def hold(assign: Assign, now: datetime) -> Assign:
    """Return a way to offer the same and have it accepted at once."""

    def hold_it(*args: Any, at: datetime = now, **terms: Any) -> Assignment:
        offer = assign(*args, at=at, **terms)
        return privileges.accept(offer, by=reseller_of(offer), at=at)

    return hold_it


def reseller_of(assignment: Assignment) -> Actor:
    """Return somebody of the reseller an assignment is offered to."""
    return Actor(
        ActorKind.MEMBER, label="Somebody", partner=assignment.reseller, company=assignment.reseller.name
    )


def status(assignment: Assignment) -> str:
    assignment.refresh_from_db()
    return assignment.status


def holders(at: datetime, family: str) -> list[str]:
    """Return who may act for Contoso in a family at a moment."""
    rows = Assignment.objects.live(at, family).filter(privilege="provisioning")
    return list(rows.values_list("reseller__name", flat=True))


# --- assigning ---------------------------------------------------------------------------------


def test_assign_makes_an_offer_that_gives_nothing_yet(
    offered: Assignment, provisioning: Grant, partnership: Partnership, anna: Actor, now: datetime, log: Log
) -> None:
    assert (offered.status, offered.privilege, offered.family) == ("offered", "provisioning", "all")
    assert (offered.grant, offered.partnership) == (provisioning, partnership)
    assert (offered.offered_by, offered.ends_on, offered.starts_at) == (
        anna.stamp,
        provisioning.ends_on,
        None,
    )
    assert not Assignment.objects.live(now).exists()
    assert log.verbs()[-1] == "assignment.offered"
    assert log.names(offered)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


def test_assign_tells_the_resellers_agents(
    luca: Actor, fabrikam_agent: Actor, fabrikam_seller: Actor, offered: Assignment, mails: Mailbox
) -> None:
    told = {message.to for message in mails.all(event="assignment_offered")}
    assert told == {luca.email, fabrikam_agent.email}


def test_assign_takes_nothing_from_the_provider(
    assigned: Assignment, provisioning: Grant, now: datetime
) -> None:
    provisioning.refresh_from_db()
    assert provisioning.is_live(now)


def test_assign_is_the_providers_alone(
    provisioning: Grant, partnership: Partnership, luca: Actor, tom: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match=NOT_YOURS):
            privileges.assign(provisioning, partnership, by=other, at=now)


def test_assign_refused_for_another_providers_reseller(
    provisioning: Grant, wingtip_partnership: Partnership, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="privileges of your own customers"):
        privileges.assign(provisioning, wingtip_partnership, by=anna, at=now)


@pytest.mark.parametrize("state", ["proposed", "ended"])
def test_assign_refused_without_an_active_partnership(
    state: str, assign: Assign, northwind: Partner, adventure: Partner
) -> None:
    tie = PartnershipFactory(provider=northwind, reseller=adventure, **{state: True})
    with pytest.raises(Refused, match="partnership with this reseller is not active"):
        assign(tie)


@pytest.mark.parametrize("company", ["northwind", "fabrikam"])
def test_assign_refused_while_a_company_is_suspended(
    company: str, assign: Assign, request: pytest.FixtureRequest
) -> None:
    Partner.objects.filter(pk=request.getfixturevalue(company).pk).update(status="suspended")
    with pytest.raises(Refused, match="suspended company"):
        assign()


def test_assign_refused_once_the_customer_withdrew(
    assign: Assign, provisioning: Grant, now: datetime
) -> None:
    provisioning.move("withdrawn", stopped_at=now, stopped_by="Carla")
    with pytest.raises(Refused, match="no longer in force"):
        assign()


def test_assign_refused_once_the_relationship_ended(
    assign: Assign, accepted: Relationship, now: datetime
) -> None:
    accepted.move("ended", ended_at=now, ended_by="somebody")
    with pytest.raises(Refused, match="no longer in force"):
        assign()


def test_assign_refused_after_the_grants_last_day(assign: Assign, provisioning: Grant) -> None:
    after = datetime.combine(provisioning.ends_on + timedelta(days=1), time.min, tzinfo=UTC)
    with pytest.raises(Refused, match="no longer in force"):
        assign(at=after)
    assert assign(at=after - timedelta(seconds=1)).ends_on == provisioning.ends_on


def test_assign_refused_beyond_the_grant(assign: Assign, provisioning: Grant) -> None:
    with pytest.raises(Refused, match="cannot last longer"):
        assign(ends_on=provisioning.ends_on + timedelta(days=1))
    nearer = provisioning.ends_on - timedelta(days=1)
    assert assign(ends_on=nearer).ends_on == nearer


def test_assign_refused_when_the_last_day_lies_before_the_first(assign: Assign, now: datetime) -> None:
    today = now.date()
    with pytest.raises(Refused, match="must not lie before the first"):
        assign(ends_on=today - timedelta(days=1))
    with pytest.raises(Refused, match="must not lie before the first"):
        assign(starts_on=today + timedelta(days=2), ends_on=today + timedelta(days=1))
    assert assign(ends_on=today).ends_on == today


def test_privileges_are_assigned_apart_to_different_resellers(
    assigned: Assignment,
    support: Grant,
    adventure_partnership: Partnership,
    anna: Actor,
    ada: Actor,
    now: datetime,
) -> None:
    other = privileges.assign(support, adventure_partnership, by=anna, at=now)
    privileges.accept(other, by=ada, at=now)
    live = Assignment.objects.live(now).values_list("privilege", "reseller__name")
    assert set(live) == {("provisioning", "Fabrikam"), ("support", "Adventure Works")}


# --- one offer and one holder per ground -------------------------------------------------------


@pytest.mark.parametrize(
    ("first", "second"), [("all", "all"), ("all", "azure"), ("azure", "all"), ("ems", "ems")]
)
def test_second_offer_on_the_same_ground_is_refused(
    first: str, second: str, assign: Assign, adventure_partnership: Partnership
) -> None:
    assign(family=first)
    with pytest.raises(Refused, match="already waiting for an answer"):
        assign(adventure_partnership, family=second)


def test_offers_on_different_families_stand_beside_each_other(
    assign: Assign, adventure_partnership: Partnership
) -> None:
    assign(family=Family.AZURE)
    assign(adventure_partnership, family=Family.DYNAMICS)
    assert Assignment.objects.filter(status="offered").count() == 2


@pytest.mark.parametrize(("held", "asked"), [("all", "all"), ("all", "azure"), ("azure", "azure")])
def test_reseller_is_not_offered_what_it_holds(held: str, asked: str, hold: Assign, assign: Assign) -> None:
    hold(family=held)
    with pytest.raises(Refused, match="already holds the privilege"):
        assign(family=asked)


def test_reseller_may_be_offered_more_than_it_holds(hold: Assign, now: datetime) -> None:
    narrow = hold(family=Family.AZURE)
    wide = hold(family="all")
    assert (status(narrow), status(wide)) == ("handed_over", "active")
    assert holders(now, "azure") == ["Fabrikam"]


def test_one_family_out_of_all_that_another_holds_is_refused(
    hold: Assign, assign: Assign, adventure_partnership: Partnership
) -> None:
    hold(family="all")
    with pytest.raises(Refused, match="Fabrikam holds all services"):
        assign(adventure_partnership, family=Family.AZURE)


def test_all_takes_over_every_family_others_hold(
    hold: Assign, adventure_partnership: Partnership, now: datetime
) -> None:
    azure = hold(family=Family.AZURE)
    dynamics = hold(adventure_partnership, family=Family.DYNAMICS)
    everything = hold(family="all")
    assert (status(azure), status(dynamics), status(everything)) == ("handed_over", "handed_over", "active")
    for family in Family:
        assert holders(now, family) == ["Fabrikam"]


# --- accepting, and handing over ---------------------------------------------------------------


def test_accept_makes_it_live_from_that_moment(
    assigned: Assignment, luca: Actor, now: datetime, log: Log
) -> None:
    assert (assigned.status, assigned.starts_at, assigned.answered_by) == ("active", now, luca.stamp)
    assert Assignment.objects.live(now).get() == assigned
    assert not Assignment.objects.live(now - timedelta(seconds=1)).exists()
    assert log.verbs()[-1] == "assignment.accepted"
    assert log.names(assigned)


def test_accept_mails_the_customer_with_its_lasting_address(
    assigned: Assignment, confirmed: Contact, mails: Mailbox
) -> None:
    assert mails.last("reseller_named").to == confirmed.email
    assert links.open_ask(mails.token("reseller_named")) == confirmed


def test_accept_is_the_resellers_alone(
    offered: Assignment, anna: Actor, ada: Actor, wanda: Actor, now: datetime
) -> None:
    for other in (anna, ada, wanda):
        with pytest.raises(Refused, match=NOT_YOURS):
            privileges.accept(offered, by=other, at=now)


def test_accept_refused_twice(assigned: Assignment, luca: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="no longer possible"):
        privileges.accept(assigned, by=luca, at=now)


def test_offer_waits_14_days(offered: Assignment, luca: Actor, now: datetime) -> None:
    end = now + timedelta(days=14)
    assert offered.waits_at(end - timedelta(seconds=1))
    assert not offered.waits_at(end)
    for answer in (privileges.accept, privileges.decline):
        with pytest.raises(Refused, match="offer has lapsed"):
            answer(offered, by=luca, at=end)
    privileges.accept(offered, by=luca, at=end - timedelta(seconds=1))


def test_offer_lapses_with_its_last_day(assign: Assign, luca: Actor, now: datetime) -> None:
    offer = assign(ends_on=now.date())
    with pytest.raises(Refused, match="offer has lapsed"):
        privileges.accept(offer, by=luca, at=now + timedelta(days=1))


@pytest.mark.parametrize("what", ["partnership", "grant", "relationship", "reseller", "provider"])
def test_accept_refused_once_the_ground_is_gone(
    what: str,
    offered: Assignment,
    partnership: Partnership,
    provisioning: Grant,
    accepted: Relationship,
    luca: Actor,
    now: datetime,
) -> None:
    if what == "partnership":
        partnership.move("ended", ended_at=now, ended_by="somebody")
    elif what == "grant":
        provisioning.move("withdrawn", stopped_at=now, stopped_by="Carla")
    elif what == "relationship":
        accepted.move("ended", ended_at=now, ended_by="somebody")
    else:
        Partner.objects.filter(pk=getattr(offered, what).pk).update(status="suspended")
    with pytest.raises(Refused):
        privileges.accept(offered, by=luca, at=now)
    assert status(offered) == "offered"


def test_hand_over_leaves_no_gap_and_no_overlap(
    hold: Assign, adventure_partnership: Partnership, now: datetime, log: Log, mails: Mailbox, luca: Actor
) -> None:
    later = now + timedelta(days=3, seconds=7)
    old = hold()
    new = hold(adventure_partnership, at=later)
    old.refresh_from_db()
    assert (old.status, old.stopped_at, new.starts_at) == ("handed_over", later, later)
    assert holders(later - timedelta(microseconds=1), "azure") == ["Fabrikam"]
    assert holders(later, "azure") == ["Adventure Works"]
    assert log.names(old, new)
    assert mails.last("assignment_handed_over").to == luca.email
    assert len(mails.all(event="reseller_named")) == 2  # one for each who was named


def test_hand_over_to_a_later_day_keeps_the_old_one_until_then(
    hold: Assign, adventure_partnership: Partnership, now: datetime
) -> None:
    day = now.date() + timedelta(days=10)
    begin = datetime.combine(day, time.min, tzinfo=UTC)
    hold()
    new = hold(adventure_partnership, starts_on=day)
    assert (new.status, new.starts_at) == ("active", begin)
    for moment in (now, begin - timedelta(microseconds=1)):
        assert holders(moment, "azure") == ["Fabrikam"]
    assert holders(begin, "azure") == ["Adventure Works"]


def test_hand_over_in_between_never_overlaps(
    hold: Assign, adventure_partnership: Partnership, northwind: Partner, now: datetime
) -> None:
    third = PartnershipFactory(provider=northwind, reseller__name="Litware")
    begin = datetime.combine(now.date() + timedelta(days=10), time.min, tzinfo=UTC)
    hold()
    hold(adventure_partnership, starts_on=begin.date())
    soon = now + timedelta(days=1)
    hold(third, at=soon)  # at once, while Fabrikam still hands over to Adventure
    assert holders(soon - timedelta(microseconds=1), "azure") == ["Fabrikam"]
    for moment in (soon, begin, begin + timedelta(days=1)):
        assert holders(moment, "azure") == ["Litware"]


def test_start_in_the_past_counts_from_the_acceptance(assign: Assign, luca: Actor, now: datetime) -> None:
    offer = assign(starts_on=now.date() - timedelta(days=5))
    assert privileges.accept(offer, by=luca, at=now).starts_at == now


def test_offer_of_one_privilege_hands_over_nothing_of_the_other(
    assigned: Assignment,
    support: Grant,
    adventure_partnership: Partnership,
    anna: Actor,
    ada: Actor,
    now: datetime,
) -> None:
    privileges.accept(privileges.assign(support, adventure_partnership, by=anna, at=now), by=ada, at=now)
    assert status(assigned) == "active"


# --- the dead never block the living -----------------------------------------------------------


def test_lapsed_offer_does_not_block_a_new_one(
    offered: Assignment, assign: Assign, adventure_partnership: Partnership, now: datetime, log: Log
) -> None:
    assign(adventure_partnership, at=now + timedelta(days=OFFER_DAYS))
    assert status(offered) == "lapsed"
    assert log.names(offered)


def test_assignment_past_its_end_does_not_block_a_new_one(
    hold: Assign, assign: Assign, now: datetime
) -> None:
    first = hold(ends_on=now.date())
    second = assign(at=now + timedelta(days=1))
    assert (status(first), second.status) == ("lapsed", "offered")


def test_past_assignment_is_lapsed_and_not_handed_over(
    hold: Assign,
    assign: Assign,
    adventure_partnership: Partnership,
    now: datetime,
    mails: Mailbox,
    ada: Actor,
) -> None:
    first = hold(ends_on=now.date())
    offer = assign(adventure_partnership)
    privileges.accept(offer, by=ada, at=now + timedelta(days=1))
    assert status(first) == "lapsed"
    assert not mails.all(event="assignment_handed_over")


def test_what_a_former_partner_left_behind_does_not_block_a_new_reseller(
    hold: Assign,
    assign: Assign,
    support: Grant,
    partnership: Partnership,
    adventure_partnership: Partnership,
    anna: Actor,
    now: datetime,
) -> None:
    held = hold()
    offer = privileges.assign(support, partnership, by=anna, at=now)
    endings.end_partnership(partnership, by=anna, at=now)
    assert assign(adventure_partnership, family=Family.AZURE).status == "offered"
    assert privileges.assign(support, adventure_partnership, by=anna, at=now).status == "offered"
    assert (status(held), status(offer)) == ("lapsed", "lapsed")


# --- declining, withdrawing, revoking, giving up -----------------------------------------------


def test_decline_tells_the_provider(
    offered: Assignment, luca: Actor, anna: Actor, now: datetime, mails: Mailbox, log: Log
) -> None:
    privileges.decline(offered, by=luca, at=now)
    assert status(offered) == "declined"
    assert mails.last("assignment_stopped").to == anna.email
    assert log.verbs()[-1] == "assignment.declined"


def test_withdraw_takes_an_offer_back(
    offered: Assignment, anna: Actor, luca: Actor, now: datetime, log: Log
) -> None:
    privileges.withdraw(offered, by=anna, at=now)
    assert status(offered) == "withdrawn"
    assert log.verbs()[-1] == "assignment.withdrawn"
    with pytest.raises(Refused):
        privileges.accept(offered, by=luca, at=now)


def test_revoke_stops_at_once_and_tells_the_reseller(
    assigned: Assignment, anna: Actor, luca: Actor, now: datetime, mails: Mailbox, log: Log
) -> None:
    privileges.revoke(assigned, by=anna, at=now)
    assert status(assigned) == "revoked"
    assert not Assignment.objects.live(now).exists()
    assert mails.last("assignment_stopped").to == luca.email
    assert log.verbs()[-1] == "assignment.revoked"


def test_give_up_leaves_the_privilege_with_the_provider(
    assigned: Assignment,
    provisioning: Grant,
    anna: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
    log: Log,
) -> None:
    privileges.give_up(assigned, by=luca, at=now)
    assert status(assigned) == "given_up"
    assert not Assignment.objects.live(now).exists()
    provisioning.refresh_from_db()
    assert provisioning.is_live(now)
    assert mails.last("assignment_stopped").to == anna.email
    assert log.verbs()[-1] == "assignment.given_up"


@pytest.mark.parametrize(
    ("story", "start", "mine", "others"),
    [
        ("decline", "offered", "luca", ["anna", "ada", "tom"]),
        ("withdraw", "offered", "anna", ["luca", "ada", "tom"]),
        ("revoke", "assigned", "anna", ["luca", "ada", "tom"]),
        ("give_up", "assigned", "luca", ["anna", "ada", "tom"]),
    ],
)
def test_each_side_does_its_own_part(
    story: str, start: str, mine: str, others: list[str], now: datetime, request: pytest.FixtureRequest
) -> None:
    assignment = request.getfixturevalue(start)
    tell = getattr(privileges, story)
    for other in others:
        with pytest.raises(Refused, match=NOT_YOURS):
            tell(assignment, by=request.getfixturevalue(other), at=now)
    tell(assignment, by=request.getfixturevalue(mine), at=now)


@pytest.mark.parametrize(
    ("story", "start", "who"),
    [
        ("decline", "assigned", "luca"),
        ("withdraw", "assigned", "anna"),
        ("revoke", "offered", "anna"),
        ("give_up", "offered", "luca"),
    ],
)
def test_edges_that_do_not_exist_are_refused(
    story: str, start: str, who: str, now: datetime, request: pytest.FixtureRequest
) -> None:
    assignment = request.getfixturevalue(start)
    before = assignment.status
    with pytest.raises(Refused, match="no longer possible"):
        getattr(privileges, story)(assignment, by=request.getfixturevalue(who), at=now)
    assert status(assignment) == before


def test_what_is_over_by_its_date_is_neither_revoked_nor_given_up(
    assigned: Assignment, anna: Actor, luca: Actor
) -> None:
    after = datetime.combine(assigned.ends_on + timedelta(days=1), time.min, tzinfo=UTC)
    with pytest.raises(Refused, match="last day of this privilege is over"):
        privileges.revoke(assigned, by=anna, at=after)
    with pytest.raises(Refused, match="last day of this privilege is over"):
        privileges.give_up(assigned, by=luca, at=after)


# --- the customer's own hand -------------------------------------------------------------------


@pytest.mark.parametrize("start", ["offered", "assigned"])
def test_customer_refuses_a_reseller_without_withdrawing_the_grant(
    start: str,
    confirmed: Contact,
    provisioning: Grant,
    anna: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
    log: Log,
    request: pytest.FixtureRequest,
) -> None:
    assignment = request.getfixturevalue(start)
    privileges.refuse_reseller(assignment, confirmed, at=now)
    assert status(assignment) == "refused_by_customer"
    assert not Assignment.objects.live(now).exists()
    provisioning.refresh_from_db()
    assert provisioning.is_live(now)
    assert {mail.to for mail in mails.all(event="assignment_stopped")} == {anna.email, luca.email}
    assert log.verbs()[-1] == "assignment.refused_by_customer"
    assert log.last().actor_kind == "customer"


def test_customer_refuses_only_its_own_resellers(
    assigned: Assignment, northwind: Partner, now: datetime
) -> None:
    stranger = ContactFactory(confirmed=True, customer__provider=northwind)
    with pytest.raises(Refused, match="not one of your resellers"):
        privileges.refuse_reseller(assigned, stranger, at=now)


def test_refused_reseller_may_be_offered_it_again(
    assigned: Assignment, confirmed: Contact, assign: Assign, now: datetime
) -> None:
    privileges.refuse_reseller(assigned, confirmed, at=now)
    assert assign().status == "offered"


def withdraw(grant: Grant, contact: Contact, at: datetime) -> Grant:
    code = privileges.ask_to_withdraw(grant, contact, at=at)
    links.spend_try(code, links.code_digits(code), at=at)
    return privileges.withdraw_grant(grant, contact, code, at=at)


def test_withdrawal_stops_everything_under_the_grant_and_nothing_else(
    assigned: Assignment,
    provisioning: Grant,
    support: Grant,
    accepted: Relationship,
    confirmed: Contact,
    now: datetime,
    log: Log,
) -> None:
    withdraw(provisioning, confirmed, now)
    provisioning.refresh_from_db()
    accepted.refresh_from_db()
    assert (provisioning.status, provisioning.stopped_by) == ("withdrawn", "Carla Conti · Contoso")
    assert not Assignment.objects.live(now).exists()
    assert status(assigned) == "active"  # its row is not touched: what is live is derived
    assert accepted.status == "active"
    assert Grant.objects.live(now).get() == support
    assert log.verbs()[-1] == "grant.withdrawn"
    assert log.details()["stopped_with_it"] == [["customers.assignment", assigned.pk, "active"]]
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


def test_withdrawal_tells_provider_reseller_and_customer(
    assigned: Assignment,
    provisioning: Grant,
    confirmed: Contact,
    anna: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
) -> None:
    withdraw(provisioning, confirmed, now)
    assert mails.last("customers/grant_withdrawn").to == anna.email
    assert mails.last("assignment_stopped").to == luca.email
    assert mails.last("withdrawal_receipt").to == confirmed.email


def test_withdrawal_names_what_would_have_begun_later(
    hold: Assign, provisioning: Grant, confirmed: Contact, now: datetime, log: Log
) -> None:
    later = hold(starts_on=now.date() + timedelta(days=5))
    withdraw(provisioning, confirmed, now)
    assert log.details()["stopped_with_it"] == [["customers.assignment", later.pk, "active"]]


def test_withdrawal_needs_the_code_typed_right(
    provisioning: Grant, confirmed: Contact, now: datetime
) -> None:
    code = privileges.ask_to_withdraw(provisioning, confirmed, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        privileges.withdraw_grant(provisioning, confirmed, code, at=now)
    provisioning.refresh_from_db()
    assert provisioning.status == "active"


def test_withdrawal_refused_with_a_code_for_something_else(
    provisioning: Grant, support: Grant, confirmed: Contact, contoso: Customer, now: datetime
) -> None:
    for_support = privileges.ask_to_withdraw(support, confirmed, at=now)
    paola = ContactFactory(confirmed=True, customer=contoso)
    for_paola = privileges.ask_to_withdraw(provisioning, paola, at=now)
    for_acceptance = MailedCode.objects.get(purpose="accept")
    MailedCode.objects.filter(pk=for_acceptance.pk).update(object_ref=provisioning.pk)
    for_acceptance.refresh_from_db()
    for code in (for_support, for_paola, for_acceptance):
        with pytest.raises(Refused, match="not mailed for this privilege"):
            privileges.withdraw_grant(provisioning, confirmed, code, at=now)


def test_withdrawal_is_asked_for_by_the_customers_own_contact_only(
    provisioning: Grant, northwind: Partner, now: datetime
) -> None:
    stranger = ContactFactory(confirmed=True, customer__provider=northwind)
    with pytest.raises(Refused, match="no longer in force"):
        privileges.ask_to_withdraw(provisioning, stranger, at=now)
    code = links.make_code("withdraw_grant", provisioning.pk, stranger.email, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    with pytest.raises(Refused, match="no longer in force"):
        privileges.withdraw_grant(provisioning, stranger, code, at=now)


def test_withdrawal_refused_once_over(provisioning: Grant, confirmed: Contact, now: datetime) -> None:
    after = datetime.combine(provisioning.ends_on + timedelta(days=1), time.min, tzinfo=UTC)
    with pytest.raises(Refused, match="no longer in force"):
        privileges.ask_to_withdraw(provisioning, confirmed, at=after)
    code = privileges.ask_to_withdraw(provisioning, confirmed, at=now)
    withdraw(provisioning, confirmed, now)
    provisioning.refresh_from_db()
    with pytest.raises(Refused, match="no longer in force"):
        privileges.ask_to_withdraw(provisioning, confirmed, at=now)
    links.spend_try(code, links.code_digits(code), at=now)
    with pytest.raises(Refused, match="no longer possible"):
        privileges.withdraw_grant(provisioning, confirmed, code, at=now)


def test_suspended_providers_customer_may_still_withdraw_and_refuse(
    assigned: Assignment, provisioning: Grant, confirmed: Contact, northwind: Partner, now: datetime
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status="suspended")
    privileges.refuse_reseller(assigned, confirmed, at=now)
    assert withdraw(provisioning, confirmed, now).status == "withdrawn"


# --- the statement about another CSP partner ---------------------------------------------------


@pytest.fixture
def statement(accepted: Relationship, now: datetime) -> OtherPartnerStatement:
    """Contoso says that another CSP partner administers Azure."""
    return OtherPartnerStatement.objects.create(
        relationship=accepted, family=Family.AZURE, stated_at=now, stated_by="Carla Conti"
    )


def test_lifting_a_statement_makes_the_family_live_again(
    assigned: Assignment, statement: OtherPartnerStatement, confirmed: Contact, now: datetime, log: Log
) -> None:
    assert holders(now, "azure") == []
    privileges.lift_statement(statement, confirmed, at=now)
    assert holders(now, "azure") == ["Fabrikam"]
    assert log.verbs()[-1] == "relationship.statement_lifted"
    assert log.names(statement)
    with pytest.raises(Refused, match="already said"):
        privileges.lift_statement(statement, confirmed, at=now)


def test_statement_is_lifted_by_the_customers_own_contact_only(
    statement: OtherPartnerStatement, northwind: Partner, now: datetime
) -> None:
    stranger = ContactFactory(confirmed=True, customer__provider=northwind)
    with pytest.raises(Refused, match="not one of your statements"):
        privileges.lift_statement(statement, stranger, at=now)


# --- time passes -------------------------------------------------------------------------------


def test_tidy_lapses_what_is_over_and_nothing_else(
    db: None, now: datetime, partnership: Partnership, log: Log
) -> None:
    yesterday = now.date() - timedelta(days=1)
    long_ago = now - timedelta(days=OFFER_DAYS)
    over = AssignmentFactory(ends_on=yesterday)
    unanswered = AssignmentFactory(offered=True, offered_at=long_ago)
    ended_grant = GrantFactory(answered_on=yesterday, ends_on=yesterday)
    standing = [AssignmentFactory(ends_on=now.date()), AssignmentFactory(offered=True)]
    assert privileges.tidy(now) == 3
    assert privileges.tidy(now) == 0
    assert (status(over), status(unanswered)) == ("lapsed", "lapsed")
    ended_grant.refresh_from_db()
    assert (ended_grant.status, ended_grant.stopped_by) == ("lapsed", "Multicanale")
    assert [status(row) for row in standing] == ["active", "offered"]
    assert sorted(log.verbs()) == ["assignment.lapsed", "assignment.lapsed", "grant.lapsed"]


def test_utc_day_is_the_day_in_utc() -> None:
    late_in_rome = datetime(2026, 3, 11, 0, 30, tzinfo=ZoneInfo("Europe/Rome"))
    assert utc_day(late_in_rome) == date(2026, 3, 10)
