"""Renewal: what a provider may propose, what the customer answers with one code, and what moves by it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from customers import links, privileges, renewals
from customers.models import (
    Assignment,
    Contact,
    Customer,
    Grant,
    MailedCode,
    Privilege,
    Purpose,
    Relationship,
    RenewalProposal,
)
from customers.models.privilege import start_of
from customers.renewals import Choice, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from tests.conftest import Log, Mailbox
from tests.factories import (
    AssignmentFactory,
    ContactFactory,
    RelationshipFactory,
    RenewalProposalFactory,
)

BOTH = frozenset(Privilege.values)
PROVISIONING = frozenset({Privilege.PROVISIONING.value})
Renewing = Callable[..., RenewalProposal]


@pytest.fixture
def ends_on(now: datetime) -> date:
    """The last day of what Contoso granted: three weeks from now."""
    return now.date() + timedelta(days=21)


@pytest.fixture
def ending(
    confirmed: Contact, provisioning: Grant, support: Grant, now: datetime, ends_on: date
) -> tuple[Grant, Grant]:
    """Both of Contoso's privileges, granted almost a year ago."""
    for grant in (provisioning, support):
        grant.answered_on, grant.ends_on = ends_on - timedelta(days=365), ends_on
        grant.save()
    return provisioning, support


@pytest.fixture
def fabrikams(ending: tuple[Grant, Grant], partnership: Partnership) -> Assignment:
    """Provisioning, held by Fabrikam to the end of the grant."""
    return AssignmentFactory(grant=ending[0], partnership=partnership)


@pytest.fixture
def adventures(ending: tuple[Grant, Grant], adventure_partnership: Partnership) -> Assignment:
    """Support, held by Adventure to the end of the grant."""
    return AssignmentFactory(grant=ending[1], partnership=adventure_partnership)


@pytest.fixture
def proposal(
    ending: tuple[Grant, Grant], accepted: Relationship, anna: Actor, now: datetime
) -> RenewalProposal:
    """Northwind proposes that both last another year."""
    return renewals.propose(accepted, Terms(BOTH, 365, "As agreed on the phone."), by=anna, at=now)


@pytest.fixture
def renew(confirmed: Contact, now: datetime) -> Renewing:
    """Return a way to answer a proposal: tick, read the mail, type the code."""

    def answer(
        proposal: RenewalProposal,
        *goes_on: Assignment,
        privileges: frozenset[str] = BOTH,
        ends_on: date | None = None,
        at: datetime = now,
        code: MailedCode | None = None,
    ) -> RenewalProposal:
        mailed = code or renewals.ask_to_answer(proposal, confirmed, at=at)
        links.spend_try(mailed, links.code_digits(mailed), at=at)
        choice = Choice(
            privileges, ends_on or proposal.last_day(at.date()), frozenset(one.pk for one in goes_on)
        )
        return renewals.accept(proposal, confirmed, mailed, choice, at=at)

    return answer


def fresh(*rows: Any) -> None:
    for row in rows:
        row.refresh_from_db()


# --- proposing ---------------------------------------------------------------------------------


def test_proposal_waits_until_the_first_of_its_grants_ends(
    proposal: RenewalProposal, ending: tuple[Grant, Grant], anna: Actor, ends_on: date, log: Log
) -> None:
    assert (proposal.status, proposal.renews, proposal.privilege_days) == ("waiting", tuple(Privilege), 365)
    assert proposal.expires_at == start_of(ends_on + timedelta(days=1))
    assert proposal.proposed_by == anna.stamp
    assert log.verbs()[-1] == "renewal.proposed"
    assert log.names(proposal)
    assert log.details()["privileges"] == ["provisioning", "support"]


def test_proposal_gives_nothing_by_itself(
    proposal: RenewalProposal, ending: tuple[Grant, Grant], ends_on: date
) -> None:
    fresh(*ending)
    assert {grant.ends_on for grant in ending} == {ends_on}


def test_proposal_is_mailed_to_confirmed_contacts_in_the_providers_words(
    confirmed: Contact, contoso: Customer, proposal: RenewalProposal, mails: Mailbox
) -> None:
    mail = mails.last("renewal_proposed")
    assert [message.to for message in mails.all(event="renewal_proposed")] == [confirmed.email]
    text = mails.text(mail)
    assert "As agreed on the phone." in text
    assert "It would last 365 days from your answer." in text
    assert "/my/ask/" in mails.address("renewal_proposed")


def test_propose_is_the_providers_alone(
    ending: tuple[Grant, Grant], accepted: Relationship, luca: Actor, tom: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            renewals.propose(accepted, Terms(BOTH, 365), by=other, at=now)


def test_second_proposal_refused_while_one_waits(
    proposal: RenewalProposal, accepted: Relationship, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="already waits"):
        renewals.propose(accepted, Terms(PROVISIONING, 365), by=anna, at=now)


def test_lapsed_proposal_does_not_block_a_new_one(
    support: Grant, proposal: RenewalProposal, accepted: Relationship, anna: Actor, log: Log
) -> None:
    Grant.objects.filter(pk=support.pk).update(ends_on=proposal.expires_at.date() + timedelta(days=30))
    renewals.propose(accepted, Terms(frozenset({"support"}), 365), by=anna, at=proposal.expires_at)
    fresh(proposal)
    assert proposal.status == "lapsed"
    assert log.names(proposal)


@pytest.mark.parametrize("days", [0, 731])
def test_propose_refused_for_days_no_privilege_lasts(
    days: int, ending: tuple[Grant, Grant], accepted: Relationship, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="1 to 730 days"):
        renewals.propose(accepted, Terms(BOTH, days), by=anna, at=now)


def test_propose_refused_when_nothing_would_last_longer(
    ending: tuple[Grant, Grant], accepted: Relationship, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="no later than it does already"):
        renewals.propose(accepted, Terms(BOTH, 21), by=anna, at=now)
    assert renewals.propose(accepted, Terms(BOTH, 22), by=anna, at=now)


def test_propose_refused_without_a_privilege(accepted: Relationship, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="Choose at least one"):
        renewals.propose(accepted, Terms(frozenset(), 365), by=anna, at=now)


def test_propose_refused_for_more_than_is_granted(
    ending: tuple[Grant, Grant], accepted: Relationship, anna: Actor, now: datetime
) -> None:
    ending[0].move(Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
    with pytest.raises(Refused, match="Only what the customer grants today"):
        renewals.propose(accepted, Terms(BOTH, 365), by=anna, at=now)


def test_propose_refused_once_a_grant_has_ended_tidied_away_or_not(
    ending: tuple[Grant, Grant], accepted: Relationship, anna: Actor, ends_on: date
) -> None:
    over = start_of(ends_on + timedelta(days=1))
    assert renewals.propose(accepted, Terms(BOTH, 365), by=anna, at=over - timedelta(seconds=1))
    RenewalProposal.objects.all().delete()
    with pytest.raises(Refused, match="Only what the customer grants today"):
        renewals.propose(accepted, Terms(BOTH, 365), by=anna, at=over)


def test_propose_refused_without_an_active_relationship(
    ending: tuple[Grant, Grant], accepted: Relationship, anna: Actor, now: datetime
) -> None:
    accepted.move(Relationship.Status.ENDED, ended_at=now, ended_by="Anna")
    with pytest.raises(Refused, match="active relationship"):
        renewals.propose(accepted, Terms(BOTH, 365), by=anna, at=now)


def test_propose_refused_while_the_provider_is_suspended(
    ending: tuple[Grant, Grant], accepted: Relationship, northwind: Partner, anna: Actor, now: datetime
) -> None:
    northwind.move(Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="suspended company"):
        renewals.propose(accepted, Terms(BOTH, 365), by=anna, at=now)


def test_propose_refused_when_nobody_could_answer(
    ending: tuple[Grant, Grant], accepted: Relationship, confirmed: Contact, anna: Actor, now: datetime
) -> None:
    Contact.objects.update(status=Contact.Status.RECORDED, confirmed_at=None, confirmed_by="")
    with pytest.raises(Refused, match="confirmed address"):
        renewals.propose(accepted, Terms(BOTH, 365), by=anna, at=now)


def test_withdraw_takes_a_proposal_back(
    proposal: RenewalProposal, confirmed: Contact, anna: Actor, luca: Actor, now: datetime, log: Log
) -> None:
    with pytest.raises(Refused, match="Only the company whose part this is"):
        renewals.withdraw(proposal, by=luca, at=now)
    renewals.withdraw(proposal, by=anna, at=now)
    fresh(proposal)
    assert proposal.status == "withdrawn"
    assert log.verbs()[-1] == "renewal.withdrawn"
    with pytest.raises(Refused, match="has taken this proposal back"):
        renewals.ask_to_answer(proposal, confirmed, at=now)
    with pytest.raises(Refused, match="no longer possible"):
        renewals.withdraw(proposal, by=anna, at=now)


# --- answering ---------------------------------------------------------------------------------


def test_yes_moves_the_end_of_the_same_grants(
    proposal: RenewalProposal,
    renew: Renewing,
    ending: tuple[Grant, Grant],
    fabrikams: Assignment,
    adventures: Assignment,
    now: datetime,
    ends_on: date,
    log: Log,
) -> None:
    Grant.objects.update(warned_days=7)
    Assignment.objects.update(warned_days=7)
    renew(proposal, fabrikams, adventures)
    later = now.date() + timedelta(days=365)
    fresh(proposal, *ending, fabrikams, adventures)
    assert (proposal.status, proposal.answered_by) == ("accepted", "Carla Conti · Contoso")
    for grant in ending:
        assert (grant.ends_on, grant.answered_on, grant.warned_days) == (later, now.date(), None)
        assert grant.granted_at == now  # the same grant: when it was given does not change
    for assignment in (fabrikams, adventures):
        assert (assignment.ends_on, assignment.warned_days) == (later, None)
    assert Grant.objects.count() == 2
    assert log.verbs()[-1] == "renewal.accepted"
    assert log.names(proposal, *ending, fabrikams, adventures)
    assert log.details()["ends"] == {
        "renews_provisioning": [ends_on.isoformat(), later.isoformat()],
        "renews_support": [ends_on.isoformat(), later.isoformat()],
    }
    assert log.readers() == {"Northwind Traders", "Fabrikam", "Adventure Works"}


def test_customer_may_renew_less(
    proposal: RenewalProposal,
    renew: Renewing,
    ending: tuple[Grant, Grant],
    fabrikams: Assignment,
    adventures: Assignment,
    now: datetime,
    ends_on: date,
    log: Log,
) -> None:
    nearer = now.date() + timedelta(days=90)
    renew(proposal, privileges=PROVISIONING, ends_on=nearer)
    fresh(proposal, *ending, fabrikams, adventures)
    assert proposal.status == "accepted"  # less is still a yes
    assert [grant.ends_on for grant in ending] == [nearer, ends_on]
    assert (fabrikams.ends_on, adventures.ends_on) == (ends_on, ends_on)
    assert Assignment.objects.live(now).count() == 2  # who is unticked acts to the end it had
    assert log.details()["privileges"] == ["provisioning"]
    assert not log.names(fabrikams)


def test_end_brought_forward_cuts_what_would_outlast_it(
    proposal: RenewalProposal,
    renew: Renewing,
    ending: tuple[Grant, Grant],
    fabrikams: Assignment,
    now: datetime,
    log: Log,
) -> None:
    tomorrow = now.date() + timedelta(days=1)
    renew(proposal, ends_on=tomorrow)
    fresh(fabrikams)
    assert fabrikams.ends_on == tomorrow
    assert log.names(fabrikams)


def test_reseller_with_an_earlier_end_of_its_own_keeps_it(
    proposal: RenewalProposal,
    renew: Renewing,
    ending: tuple[Grant, Grant],
    partnership: Partnership,
    now: datetime,
    ends_on: date,
) -> None:
    own = AssignmentFactory(grant=ending[0], partnership=partnership, ends_on=ends_on - timedelta(days=5))
    (first, _second) = renewals.renewable(proposal, at=now)
    assert (first.along, first.apart) == ([], [own])
    with pytest.raises(Refused, match="no longer holds"):
        renew(proposal, own)
    renew(proposal)
    fresh(own)
    assert own.ends_on == ends_on - timedelta(days=5)


def test_suspended_reseller_does_not_go_on(
    proposal: RenewalProposal, renew: Renewing, fabrikams: Assignment, fabrikam: Partner
) -> None:
    fabrikam.move(Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="no longer holds"):
        renew(proposal, fabrikams)


def test_reseller_revoked_meanwhile_does_not_go_on(
    proposal: RenewalProposal, renew: Renewing, fabrikams: Assignment, anna: Actor, now: datetime
) -> None:
    privileges.revoke(fabrikams, by=anna, at=now)
    with pytest.raises(Refused, match="no longer holds"):
        renew(proposal, fabrikams)


def test_yes_tells_customer_provider_and_the_resellers_concerned(
    anna: Actor,
    luca: Actor,
    ada: Actor,
    confirmed: Contact,
    proposal: RenewalProposal,
    renew: Renewing,
    fabrikams: Assignment,
    adventures: Assignment,
    mails: Mailbox,
) -> None:
    renew(proposal, fabrikams, privileges=PROVISIONING)
    receipt = mails.text(mails.last("renewal_receipt", to=confirmed.email))
    assert "Provisioning, until 10 March 2027" in receipt
    assert "Not renewed: Support" in receipt
    assert "Fabrikam: Provisioning, All services, until 10 March 2027" in receipt
    assert "Fabrikam" in mails.text(mails.last("renewal_answered", to=anna.email))
    assert "you go on" in mails.last("assignments_renewed", to=luca.email).subject
    assert not mails.all(event="assignments_renewed", to=ada.email)  # support was not renewed


def test_reseller_left_out_is_told_when_it_ends(
    luca: Actor, proposal: RenewalProposal, renew: Renewing, fabrikams: Assignment, mails: Mailbox
) -> None:
    renew(proposal)
    mail = mails.last("assignments_renewed", to=luca.email)
    assert "renewed without you" in mail.subject
    assert "until 31 March 2026" in mails.text(mail)


def test_renewed_for_730_days_at_most(
    ending: tuple[Grant, Grant],
    accepted: Relationship,
    anna: Actor,
    renew: Renewing,
    now: datetime,
) -> None:
    proposal = renewals.propose(accepted, Terms(BOTH, 730), by=anna, at=now)
    later = now + timedelta(days=10)
    with pytest.raises(Refused, match="between today and the day that was proposed"):
        renew(proposal, ends_on=later.date() + timedelta(days=731), at=later)
    renew(proposal, ends_on=later.date() + timedelta(days=730), at=later)
    fresh(*ending)
    assert {grant.ends_on for grant in ending} == {later.date() + timedelta(days=730)}


def test_yes_refused_with_a_day_that_is_over(
    proposal: RenewalProposal, renew: Renewing, now: datetime
) -> None:
    with pytest.raises(Refused, match="between today"):
        renew(proposal, ends_on=now.date() - timedelta(days=1))


def test_yes_refused_with_nothing_ticked(proposal: RenewalProposal, renew: Renewing) -> None:
    with pytest.raises(Refused, match="To say no, decline"):
        renew(proposal, privileges=frozenset())


def test_yes_refused_for_more_than_was_proposed(
    ending: tuple[Grant, Grant], accepted: Relationship, anna: Actor, renew: Renewing, now: datetime
) -> None:
    proposal = renewals.propose(accepted, Terms(PROVISIONING, 365), by=anna, at=now)
    with pytest.raises(Refused, match="Only what was proposed"):
        renew(proposal, privileges=BOTH)


def test_yes_refused_twice_in_two_tabs(
    proposal: RenewalProposal, renew: Renewing, confirmed: Contact, now: datetime
) -> None:
    first, second = (renewals.ask_to_answer(proposal, confirmed, at=now) for _tab in range(2))
    renew(proposal, code=first)
    with pytest.raises(Refused, match="already agreed"):
        renew(proposal, code=second, ends_on=now.date() + timedelta(days=40))
    assert set(Grant.objects.values_list("ends_on", flat=True)) == {now.date() + timedelta(days=365)}


def test_yes_refused_after_a_no(
    proposal: RenewalProposal, renew: Renewing, confirmed: Contact, now: datetime
) -> None:
    code = renewals.ask_to_answer(proposal, confirmed, at=now)
    renewals.decline(proposal, confirmed, reason="", at=now)
    with pytest.raises(Refused, match="already said no"):
        renew(proposal, code=code)


def test_yes_counts_to_the_last_second_of_the_first_grant(
    proposal: RenewalProposal, renew: Renewing, ends_on: date
) -> None:
    over = start_of(ends_on + timedelta(days=1))
    with pytest.raises(Refused, match="The time for an answer is over"):
        renew(proposal, at=over)
    assert renew(proposal, at=over - timedelta(seconds=1)).status == "accepted"


def test_yes_refused_once_everything_was_withdrawn(
    proposal: RenewalProposal, renew: Renewing, ending: tuple[Grant, Grant], now: datetime
) -> None:
    for grant in ending:
        grant.move(Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
    with pytest.raises(Refused, match="no longer in force"):
        renew(proposal)


def test_yes_refused_for_a_privilege_withdrawn_meanwhile(
    proposal: RenewalProposal, renew: Renewing, ending: tuple[Grant, Grant], now: datetime
) -> None:
    ending[0].move(Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla")
    with pytest.raises(Refused, match="has ended meanwhile"):
        renew(proposal)
    assert renew(proposal, privileges=frozenset({"support"})).status == "accepted"


def test_yes_refused_once_the_relationship_ended(
    proposal: RenewalProposal, renew: Renewing, accepted: Relationship, now: datetime
) -> None:
    accepted.move(Relationship.Status.ENDED, ended_at=now, ended_by="Anna")
    with pytest.raises(Refused, match="there is nothing to renew"):
        renew(proposal)


def test_yes_refused_while_the_provider_is_suspended(
    proposal: RenewalProposal, renew: Renewing, northwind: Partner
) -> None:
    northwind.move(Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="cannot act for you at present"):
        renew(proposal)


def test_yes_needs_the_code_typed_right(proposal: RenewalProposal, confirmed: Contact, now: datetime) -> None:
    code = renewals.ask_to_answer(proposal, confirmed, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        renewals.accept(proposal, confirmed, code, Choice(BOTH, now.date(), frozenset()), at=now)


def test_yes_refused_with_a_code_for_something_else(
    proposal: RenewalProposal, ending: tuple[Grant, Grant], confirmed: Contact, now: datetime
) -> None:
    choice = Choice(BOTH, now.date(), frozenset())
    right = renewals.ask_to_answer(proposal, confirmed, at=now)
    for code in (
        privileges.ask_to_withdraw(ending[0], confirmed, at=now),
        links.make_code(Purpose.RENEW, proposal.pk + 1, confirmed.email, at=now),
        links.make_code(Purpose.RENEW, proposal.pk, "other@contoso.example", at=now),
    ):
        links.spend_try(code, links.code_digits(code), at=now)
        with pytest.raises(Refused, match="not mailed for this renewal"):
            renewals.accept(proposal, confirmed, code, choice, at=now)
    assert right.purpose == Purpose.RENEW


def test_another_customers_contact_answers_nothing(
    proposal: RenewalProposal, northwind: Partner, now: datetime
) -> None:
    stranger = ContactFactory(confirmed=True)
    for answer in (
        lambda: renewals.ask_to_answer(proposal, stranger, at=now),
        lambda: renewals.decline(proposal, stranger, reason="", at=now),
    ):
        with pytest.raises(Refused, match="not one of your renewals"):
            answer()


def test_no_keeps_the_end_and_tells_the_provider_why(
    anna: Actor,
    proposal: RenewalProposal,
    confirmed: Contact,
    ending: tuple[Grant, Grant],
    ends_on: date,
    now: datetime,
    mails: Mailbox,
    log: Log,
) -> None:
    renewals.decline(proposal, confirmed, reason="We do it ourselves.", at=now)
    fresh(proposal, *ending)
    assert (proposal.status, proposal.decline_reason) == ("declined", "We do it ourselves.")
    assert {grant.ends_on for grant in ending} == {ends_on}
    assert "We do it ourselves." in mails.text(mails.last("renewal_declined", to=anna.email))
    assert log.verbs()[-1] == "renewal.declined"
    assert "We do it ourselves." not in str(log.details())


def test_tidy_lapses_what_nobody_answered_and_nothing_else(
    proposal: RenewalProposal, now: datetime, log: Log
) -> None:
    other = RenewalProposalFactory(
        relationship=RelationshipFactory(), expires_at=proposal.expires_at + timedelta(days=1)
    )
    assert renewals.tidy(proposal.expires_at - timedelta(seconds=1)) == 0
    assert renewals.tidy(proposal.expires_at) == 1
    assert renewals.tidy(proposal.expires_at) == 0
    fresh(proposal, other)
    assert (proposal.status, other.status) == ("lapsed", "waiting")
    assert log.verbs()[-1] == "renewal.lapsed"


def test_proposal_is_seen_by_its_provider_and_by_resellers_of_the_customer(
    proposal: RenewalProposal, fabrikams: Assignment, anna: Actor, luca: Actor, ada: Actor, tom: Actor
) -> None:
    seen = [RenewalProposal.objects.visible_to(actor).exists() for actor in (anna, luca, ada, tom)]
    assert seen == [True, True, False, False]
