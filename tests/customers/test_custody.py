"""What a sender does with links under way: several at once, again, taken back; and who asks for a new one."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

from customers import acceptances, custody, expiries, links
from customers.acceptances import Answer
from customers.custody import RESEND_GAP, SomeRefused
from customers.models import Acceptance, Customer, Invitation, InvitationLink, LinkState
from customers.terms import Recipient, Terms
from partners import mail
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Message, Partner, Partnership
from tests.conftest import Answering, Log, Mailbox

Make = Callable[..., Invitation]
HOUR = timedelta(hours=1)


@pytest.fixture
def campaign(invite: Make, handed_terms: Terms) -> Invitation:
    """An invitation in Fabrikam's hands that serves three customers."""
    return invite(handed_terms, places=3)


def three() -> list[Recipient]:
    return [Recipient(f"admin{n}@customer{n}.example", f"Customer {n}", "As agreed.") for n in (1, 2, 3)]


def token_of(link: InvitationLink) -> str:
    return links.invitation_address(link).rstrip("/").rpartition("/")[2]


# --- several at once ---------------------------------------------------------------------------


def test_forward_many_writes_one_row_and_a_mail_to_each(
    campaign: Invitation, luca: Actor, mails: Mailbox, now: datetime, log: Log
) -> None:
    made = custody.forward_many(campaign, to=three(), by=luca, at=now)
    campaign.refresh_from_db()
    assert campaign.places_taken == 3
    assert [one.covering for one in made] == ["As agreed."] * 3
    assert [one.to for one in mails.all(event="invitation_sent")] == [to.email for to in three()]
    assert log.verbs()[-2:] == ["invitation.handed_over", "invitation.forwarded"]
    assert log.names(campaign, *made)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    assert log.last().on_behalf_of == "Northwind Traders"


def test_send_many_sends_the_providers_own(
    invite: Make, terms: Terms, anna: Actor, luca: Actor, now: datetime, log: Log
) -> None:
    own = invite(terms, places=3, customer=None)
    assert len(custody.send_many(own, to=three(), by=anna, at=now)) == 3
    assert log.verbs()[-1] == "invitation.sent"
    with pytest.raises(Refused, match="Only the company whose part"):
        custody.send_many(own, to=three(), by=luca, at=now)


def test_many_refused_to_whoever_does_not_hold_the_invitation(
    campaign: Invitation, anna: Actor, ada: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="who sends it on"):
        custody.send_many(campaign, to=three(), by=anna, at=now)
    for other in (anna, ada):
        with pytest.raises(Refused, match="not handed to you"):
            custody.forward_many(campaign, to=three(), by=other, at=now)


def test_many_is_all_or_nothing_and_names_who_was_refused(
    campaign: Invitation, luca: Actor, anna: Actor, now: datetime, log: Log
) -> None:
    before = log.verbs()
    to = [three()[0], Recipient(anna.email, "Northwind's own"), Recipient(luca.email, "Mine")]
    with pytest.raises(SomeRefused) as refused:
        custody.forward_many(campaign, to=to, by=luca, at=now)
    assert [number for number, _words in refused.value.rows] == [2, 3]
    assert {words for _number, words in refused.value.rows} == {"This address cannot be invited now."}
    campaign.refresh_from_db()
    assert (campaign.places_taken, InvitationLink.objects.count()) == (0, 0)
    assert log.verbs() == before


def test_many_refused_beyond_the_places_before_any_address_is_looked_at(
    campaign: Invitation, luca: Actor, anna: Actor, now: datetime
) -> None:
    custody.forward(campaign, to=three()[0], by=luca, at=now)
    to = [three()[1], three()[2], Recipient(anna.email, "Northwind's own")]
    with pytest.raises(Refused, match="2 of 3 places are free: too few for 3 addresses"):
        custody.forward_many(campaign, to=to, by=luca, at=now)


def test_many_takes_fifty_at_most(invite: Make, handed_terms: Terms, luca: Actor, now: datetime) -> None:
    wide = invite(handed_terms, places=60)
    to = [Recipient(f"one{n}@customers.example", f"Customer {n}") for n in range(51)]
    for wrong in ([], to):
        with pytest.raises(Refused, match="Between 1 and 50 addresses"):
            custody.forward_many(wide, to=wrong, by=luca, at=now)
    assert len(custody.forward_many(wide, to=to[:50], by=luca, at=now)) == 50


# --- again -------------------------------------------------------------------------------------


def test_resend_kills_the_old_address_and_mails_a_new_one(
    link: InvitationLink, anna: Actor, mails: Mailbox, now: datetime, log: Log
) -> None:
    old, at = token_of(link), now + HOUR
    again = custody.resend(link, by=anna, at=at)
    assert (again.serial, again.resent_at, again.resent_by) == (2, at, anna.stamp)
    assert links.open_invitation(old, at).state == LinkState.REPLACED
    assert mails.token("invitation_sent") == token_of(again) != old
    assert "It replaces the mail sent before" in mails.text(mails.last("invitation_sent"))
    assert log.verbs()[-1] == "invitation.resent"
    assert log.names(link.invitation, link)


def test_resend_leaves_the_mail_that_was_still_to_be_sent_unsent(
    link: InvitationLink, anna: Actor, now: datetime
) -> None:
    custody.resend(link, by=anna, at=now)
    mail.deliver_due(now)
    first, second = Message.objects.filter(event="customers/invitation_sent").order_by("pk")
    assert (first.status, second.status) == (Message.Status.FAILED, Message.Status.SENT)
    assert "replaced" in first.reason


def test_resend_copied_mails_nothing(link: InvitationLink, anna: Actor, now: datetime) -> None:
    again = custody.resend(link, by=anna, at=now, copied=True)
    assert again.message is not None
    assert (again.message.status, again.message.copied_by) == (Message.Status.NOT_MAILED, anna.stamp)


def test_resend_by_the_reseller_and_the_provider_of_what_was_forwarded(
    forwarded: InvitationLink, luca: Actor, anna: Actor, now: datetime, log: Log
) -> None:
    custody.resend(forwarded, by=luca, at=now)
    assert custody.resend(forwarded, by=anna, at=now + HOUR).serial == 3
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


def test_resend_refused_to_others_and_after_the_partnership(
    forwarded: InvitationLink, partnership: Partnership, ada: Actor, luca: Actor, tom: Actor, now: datetime
) -> None:
    for other in (ada, tom):
        with pytest.raises(Refused, match="Only the company whose part"):
            custody.resend(forwarded, by=other, at=now)
    Partnership.objects.filter(pk=partnership.pk).update(
        status="ended", ended_at=now, ended_by="x", answered_at=now, answered_by="x"
    )
    with pytest.raises(Refused, match="Only the company whose part"):
        custody.resend(forwarded, by=luca, at=now)


def test_resend_refused_for_a_declined_link(link: InvitationLink, anna: Actor, now: datetime) -> None:
    custody.decline(link, reason="", at=now)
    with pytest.raises(Refused, match="The customer said no to it"):
        custody.resend(link, by=anna, at=now)


def test_resend_refused_once_answered_withdrawn_or_expired(
    link: InvitationLink,
    forwarded_elsewhere: InvitationLink,
    answer_link: Answering,
    anna: Actor,
    now: datetime,
) -> None:
    with pytest.raises(Refused, match="has expired"):
        custody.resend(link, by=anna, at=link.invitation.expires_at)
    answer_link(link)
    with pytest.raises(Refused, match="already been accepted"):
        custody.resend(link, by=anna, at=now)
    custody.withdraw_link(forwarded_elsewhere, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        custody.resend(forwarded_elsewhere, by=anna, at=now)


@pytest.fixture
def forwarded_elsewhere(handed: Invitation, luca: Actor, now: datetime) -> InvitationLink:
    """A link Fabrikam sent on to somebody else."""
    return custody.forward(handed, to=Recipient("other@other.example", "Other"), by=luca, at=now)


def test_resend_refused_while_a_company_is_suspended(
    forwarded: InvitationLink, fabrikam: Partner, anna: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=fabrikam.pk).update(status=Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="a company it comes from is suspended"):
        custody.resend(forwarded, by=anna, at=now)


def test_resend_takes_three_times_an_hour_and_no_fourth(
    link: InvitationLink, anna: Actor, now: datetime
) -> None:
    for times in range(3):
        custody.resend(link, by=anna, at=now + times * RESEND_GAP)
    last = now + 2 * RESEND_GAP
    with pytest.raises(Refused, match="Try again in 1 minute"):
        custody.resend(link, by=anna, at=last + RESEND_GAP - timedelta(seconds=1))
    with pytest.raises(Refused, match="Try again in 20 minutes"):
        custody.resend(link, by=anna, at=last)
    assert custody.resend(link, by=anna, at=now + HOUR).serial == 5


@pytest.fixture
def lapsed(link: InvitationLink, anna: Actor) -> InvitationLink:
    """Carla's link, which lapsed; the invitation's date was moved afterwards."""
    over = link.invitation.expires_at
    expiries.tidy(over)
    expiries.move(link.invitation, over + timedelta(days=30), version=1, by=anna, at=over)
    link.refresh_from_db()
    return link


def after(lapsed: InvitationLink) -> datetime:
    """Return an hour after a link has lapsed."""
    assert lapsed.answered_at is not None
    return lapsed.answered_at + HOUR


def test_resend_revives_a_lapsed_link_once_its_invitation_has_a_later_date(
    lapsed: InvitationLink, anna: Actor, answer_link: Answering
) -> None:
    at = after(lapsed)
    again = custody.resend(lapsed, by=anna, at=at)
    lapsed.refresh_from_db()
    assert (lapsed.status, lapsed.answered_at, lapsed.answered_by) == ("waiting", None, "")
    invitation = Invitation.objects.get(pk=lapsed.invitation_id)
    assert invitation.places_taken == 1
    assert links.open_invitation(token_of(again), at).is_live


def test_resend_of_a_lapsed_link_refused_before_the_date_moves(link: InvitationLink, anna: Actor) -> None:
    over = link.invitation.expires_at
    expiries.tidy(over)
    with pytest.raises(Refused, match="has expired"):
        custody.resend(link, by=anna, at=over)


def test_resend_of_a_lapsed_link_needs_a_free_place(lapsed: InvitationLink, anna: Actor) -> None:
    at = after(lapsed)
    custody.send(lapsed.invitation, to=Recipient("else@contoso.example", "Contoso"), by=anna, at=at)
    with pytest.raises(Refused, match="No place is free"):
        custody.resend(lapsed, by=anna, at=at)


def test_resend_of_a_lapsed_link_puts_a_dead_one_out_of_its_way(
    lapsed: InvitationLink, invite: Make, terms: Terms, to_carla: Recipient, anna: Actor, log: Log
) -> None:
    at = after(lapsed)
    dead = custody.send(invite(terms, expires_at=at + timedelta(hours=1)), to=to_carla, by=anna, at=at)
    later = at + timedelta(hours=2)
    assert custody.resend(lapsed, by=anna, at=later).status == InvitationLink.Status.WAITING
    dead.refresh_from_db()
    assert dead.status == InvitationLink.Status.LAPSED
    assert Invitation.objects.get(pk=dead.invitation_id).places_taken == 0
    assert log.names(lapsed, dead)


def test_resend_of_a_lapsed_link_refused_where_another_waits(
    lapsed: InvitationLink, invite: Make, terms: Terms, to_carla: Recipient, anna: Actor
) -> None:
    at = after(lapsed)
    other = invite(terms, expires_at=at + timedelta(days=9))
    custody.send(other, to=to_carla, by=anna, at=at)
    with pytest.raises(Refused, match="An invitation to this address is already waiting"):
        custody.resend(lapsed, by=anna, at=at)
    lapsed.refresh_from_db()
    assert lapsed.status == InvitationLink.Status.LAPSED
    assert Invitation.objects.get(pk=lapsed.invitation_id).places_taken == 0


# --- taken back --------------------------------------------------------------------------------


def test_reseller_withdraws_all_its_waiting_links_at_once(
    campaign: Invitation, luca: Actor, answer_link: Answering, now: datetime, log: Log
) -> None:
    first, second, third = custody.forward_many(campaign, to=three(), by=luca, at=now)
    custody.decline(third, reason="", at=now)
    stopped = custody.withdraw_links(campaign, by=luca, at=now)
    assert {one.pk for one in stopped} == {first.pk, second.pk}
    campaign.refresh_from_db()
    assert (campaign.status, campaign.places_taken) == (Invitation.Status.OPEN, 0)
    assert log.verbs()[-1] == "invitation.links_withdrawn"
    assert log.names(first, second)
    assert not log.names(third)
    with pytest.raises(Refused, match="No link of this invitation waits"):
        custody.withdraw_links(campaign, by=luca, at=now)


def test_withdraw_links_refused_to_all_but_the_reseller_that_holds_it(
    forwarded: InvitationLink, anna: Actor, ada: Actor, tom: Actor, now: datetime
) -> None:
    for other in (anna, ada, tom):
        with pytest.raises(Refused, match="not handed to you"):
            custody.withdraw_links(forwarded.invitation, by=other, at=now)


# --- asked for anew ----------------------------------------------------------------------------


def test_holder_of_a_dead_link_asks_once(
    forwarded: InvitationLink, anna: Actor, now: datetime, log: Log
) -> None:
    custody.withdraw_link(forwarded, by=anna, at=now)
    assert custody.ask_again(forwarded, at=now)
    assert log.verbs()[-1] == "invitation.asked_again"
    assert log.last().actor_kind == "customer"
    rows = len(log.verbs())
    assert not custody.ask_again(forwarded, at=now + HOUR)
    assert len(log.verbs()) == rows
    forwarded.refresh_from_db()
    assert (forwarded.asked_again_at, forwarded.asks_again) == (now, True)
    assert list(InvitationLink.objects.asking_again()) == [forwarded]


def test_a_wish_after_the_partnership_is_read_by_the_provider_alone(
    forwarded: InvitationLink, partnership: Partnership, now: datetime, log: Log
) -> None:
    Partnership.objects.filter(pk=partnership.pk).update(
        status="ended", ended_at=now, ended_by="x", answered_at=now, answered_by="x"
    )
    custody.ask_again(forwarded, at=now)
    assert log.readers() == {"Northwind Traders"}


def test_asking_is_closed_by_the_provider_once(
    forwarded: InvitationLink, anna: Actor, luca: Actor, now: datetime, log: Log
) -> None:
    with pytest.raises(Refused, match="Nobody asks"):
        custody.close_asking(forwarded, by=anna, at=now)
    custody.ask_again(forwarded, at=now)
    with pytest.raises(Refused, match="Only the company whose part"):
        custody.close_asking(forwarded, by=luca, at=now)
    custody.close_asking(forwarded, by=anna, at=now)
    forwarded.refresh_from_db()
    assert (forwarded.asked_closed_by, forwarded.asks_again) == (anna.stamp, False)
    assert log.verbs()[-1] == "invitation.asking_closed"
    with pytest.raises(Refused, match="Nobody asks"):
        custody.close_asking(forwarded, by=anna, at=now)


def test_a_new_link_to_the_address_answers_who_asked(
    link: InvitationLink,
    invite: Make,
    terms: Terms,
    to_carla: Recipient,
    anna: Actor,
    now: datetime,
    log: Log,
) -> None:
    custody.decline(link, reason="", at=now)
    custody.ask_again(link, at=now)
    new = custody.send(invite(terms), to=to_carla, by=anna, at=now)
    link.refresh_from_db()
    assert not link.asks_again
    assert log.names(new, link)


def test_a_link_that_was_sent_again_may_be_asked_for_again(
    link: InvitationLink, anna: Actor, now: datetime
) -> None:
    custody.ask_again(link, at=now)
    custody.resend(link, by=anna, at=now)
    link.refresh_from_db()
    assert not link.asks_again
    assert custody.ask_again(link, at=now + HOUR)


# --- answered twice ----------------------------------------------------------------------------


def test_an_answer_in_a_second_tab_is_refused_once_the_first_was_accepted(
    link: InvitationLink, answer: Answer, mails: Mailbox, answer_link: Answering, now: datetime
) -> None:
    opened = links.open_invitation(token_of(link), now)
    waiting = acceptances.start(opened, answer, at=now)
    code = mails.code(to=answer.email)
    links.spend_try(waiting.code, code, at=now)
    answer_link(link)
    with pytest.raises(Refused, match="already been accepted"):
        acceptances.accept(waiting, at=now)
    waiting.refresh_from_db()
    assert waiting.status == Acceptance.Status.CODE_SENT
    assert link.provider.relationships.count() == 1


def test_a_second_link_of_the_same_provider_adds_only_what_is_missing(
    northwind: Partner,
    contoso: Customer,
    invite: Make,
    terms: Terms,
    to_carla: Recipient,
    anna: Actor,
    answer_link: Answering,
    now: datetime,
) -> None:
    first = custody.send(invite(terms), to=to_carla, by=anna, at=now)
    second = custody.send(invite(terms), to=Recipient("second@contoso.example", "Contoso"), by=anna, at=now)
    answer_link(first, grants_support=False)
    answer_link(second, email="second@contoso.example")
    relationship = northwind.relationships.get()
    assert relationship.customer == contoso
    granted = relationship.grants.order_by("privilege").values_list("privilege", "granted_at")
    assert [privilege for privilege, _at in granted] == ["provisioning", "support"]


def test_forwarding_a_full_invitation_tells_nothing_of_the_address(
    forwarded: InvitationLink, luca: Actor, anna: Actor, now: datetime
) -> None:
    for address in (anna.email, forwarded.email, "new@new.example"):
        with pytest.raises(Refused, match="No place is free"):
            custody.forward(forwarded.invitation, to=Recipient(address, "X"), by=luca, at=now)


def test_live_and_dead_say_of_many_what_state_says_of_one(
    link: InvitationLink, forwarded_elsewhere: InvitationLink, partnership: Partnership, now: datetime
) -> None:
    def live(at: datetime) -> set[int]:
        found = InvitationLink.objects.live(at)
        alone = {one.pk for one in InvitationLink.objects.all() if one.state_at(at) == LinkState.LIVE}
        assert {one.pk for one in found} == alone
        waiting = InvitationLink.objects.waiting()
        assert set(waiting) == {*found, *InvitationLink.objects.dead(at)}
        return alone

    assert live(now) == {link.pk, forwarded_elsewhere.pk}
    Partnership.objects.filter(pk=partnership.pk).update(
        status="ended", ended_at=now, ended_by="x", answered_at=now, answered_by="x"
    )
    assert live(now) == {link.pk}
    assert live(link.invitation.expires_at) == set()


def test_forwarding_names_no_dead_link_another_reseller_sent(
    invite: Callable[..., Invitation],
    handed_terms: Terms,
    adventure_partnership: Partnership,
    to_carla: Recipient,
    luca: Actor,
    ada: Actor,
    now: datetime,
    log: Log,
) -> None:
    theirs = custody.forward(
        invite(handed_terms, partnership=adventure_partnership, reseller=None), to=to_carla, by=ada, at=now
    )
    later = theirs.invitation.expires_at + timedelta(days=1)
    mine = invite(handed_terms)
    Invitation.objects.filter(pk=mine.pk).update(expires_at=later + timedelta(days=9))
    link = custody.forward(Invitation.objects.get(pk=mine.pk), to=to_carla, by=luca, at=later)
    theirs.refresh_from_db()
    assert theirs.status == "lapsed"
    assert log.names(link)
    assert not log.names(theirs)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
