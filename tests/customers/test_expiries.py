"""An invitation's date: moved by its provider, reminded of once, past."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from customers import custody, expiries
from customers.models import Invitation, InvitationLink
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Message, Partner, Partnership
from tests.conftest import Log, Mailbox

Make = Callable[..., Invitation]
DAY = timedelta(days=1)


# --- moved -------------------------------------------------------------------------------------


@pytest.mark.parametrize("days", [1, 30, 365])
def test_move_takes_an_earlier_and_a_later_day_within_a_year(
    link: InvitationLink, anna: Actor, now: datetime, log: Log, days: int
) -> None:
    moved = expiries.move(link.invitation, now + days * DAY, version=1, by=anna, at=now)
    assert (moved.expires_at, moved.version) == (now + days * DAY, 2)
    assert InvitationLink.objects.live(now + days * DAY - timedelta(seconds=1)).exists()
    assert not InvitationLink.objects.live(now + days * DAY).exists()
    assert log.verbs()[-1] == "invitation.expiry_moved"
    assert log.names(moved)
    assert log.details()["values"]["expires_at"][0] == "2026-06-08 09:30 UTC"


@pytest.mark.parametrize("days", [-1, 0, 366])
def test_move_refused_to_the_past_and_beyond_a_year(
    link: InvitationLink, anna: Actor, now: datetime, days: int
) -> None:
    with pytest.raises(Refused, match="lies in the future, and within a year"):
        expiries.move(link.invitation, now + days * DAY, version=1, by=anna, at=now)


def test_move_refused_for_a_stale_form(
    link: InvitationLink, anna: Actor, agent: Actor, now: datetime
) -> None:
    expiries.move(link.invitation, now + 10 * DAY, version=1, by=anna, at=now)
    with pytest.raises(Stale, match="Someone else has just changed this"):
        expiries.move(link.invitation, now + 20 * DAY, version=1, by=agent, at=now)
    link.invitation.refresh_from_db()
    assert link.invitation.expires_at == now + 10 * DAY


def test_move_refused_to_all_but_the_provider(
    handed: Invitation, luca: Actor, tom: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part"):
            expiries.move(handed, now + DAY, version=1, by=other, at=now)


def test_move_refused_unless_open(
    handed: Invitation, invite: Make, terms: Terms, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    draft = Invitation.objects.get(pk=handed.pk)
    Partnership.objects.filter(pk=partnership.pk).update(
        status="ended", ended_at=now, ended_by="x", answered_at=now, answered_by="x"
    )
    with pytest.raises(Refused, match="partnership that has ended"):
        expiries.move(draft, now + DAY, version=1, by=anna, at=now)
    own = invite(terms)
    Invitation.objects.filter(pk=own.pk).update(status="withdrawn", withdrawn_at=now, withdrawn_by="x")
    with pytest.raises(Refused, match="has been withdrawn"):
        expiries.move(own, now + DAY, version=1, by=anna, at=now)


def test_move_refused_to_a_suspended_provider(
    invitation: Invitation, northwind: Partner, anna: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="suspended company cannot invite"):
        expiries.move(invitation, now + DAY, version=1, by=anna, at=now)


def test_move_opens_an_expired_invitation_again_but_not_its_lapsed_links(
    link: InvitationLink, anna: Actor
) -> None:
    over = link.invitation.expires_at
    assert expiries.tidy(over) == 1
    expiries.move(link.invitation, over + DAY, version=1, by=anna, at=over)
    assert not InvitationLink.objects.live(over).exists()
    custody.send(link.invitation, to=Recipient(link.email, "Contoso"), by=anna, at=over)


# --- reminded of -------------------------------------------------------------------------------


def delivered(link: InvitationLink) -> InvitationLink:
    Message.objects.filter(pk=link.message_id).update(status=Message.Status.SENT, sent_at=link.made_at)
    return link


@pytest.fixture
def mailed(link: InvitationLink) -> InvitationLink:
    """Carla's link, whose mail a server took; it can be answered until 8 June 09:30 UTC."""
    return delivered(link)


def test_remind_writes_once_a_week_before_in_the_invitations_language(
    mailed: InvitationLink, mails: Mailbox, log: Log
) -> None:
    week = mailed.invitation.expires_at - 7 * DAY
    assert expiries.remind(week - 2 * DAY) == 0
    assert expiries.remind(week) == 1
    mailed.refresh_from_db()
    assert mailed.reminded_at == week
    (reminder,) = mails.all(event="invitation_reminder")
    assert (reminder.to, reminder.language) == (mailed.email, mailed.invitation.language)
    assert mails.token("invitation_reminder") == mails.token("invitation_sent")
    assert log.verbs()[-1] == "invitation.reminded"
    assert log.names(mailed.invitation, mailed)


def test_remind_twice_in_a_day_writes_one_mail(mailed: InvitationLink, mails: Mailbox) -> None:
    week = mailed.invitation.expires_at - 7 * DAY
    assert [expiries.remind(week + timedelta(hours=hours)) for hours in (0, 1, 9)] == [1, 0, 0]
    assert len(mails.all(event="invitation_reminder")) == 1


def test_remind_counts_days_where_the_provider_is(
    invite: Make, terms: Terms, northwind: Partner, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(time_zone="Europe/Rome")
    last = datetime(2026, 5, 20, 22, 30, tzinfo=UTC)  # 21 May, half past midnight in Rome
    delivered(custody.send(invite(terms, expires_at=last), to=to_carla, by=anna, at=now))
    assert expiries.remind(datetime(2026, 5, 13, 21, 59, tzinfo=UTC)) == 0
    assert expiries.remind(datetime(2026, 5, 13, 22, 0, tzinfo=UTC)) == 1


def test_remind_leaves_out_a_copied_link_and_one_no_server_took(
    invite: Make, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    copied = custody.send(invite(terms), to=to_carla, by=anna, at=now, copied=True)
    failed = custody.send(invite(terms), to=Recipient("no@contoso.example", "Contoso"), by=anna, at=now)
    Message.objects.filter(pk=failed.message_id).update(status=Message.Status.FAILED, reason="550")
    assert expiries.remind(copied.invitation.expires_at - 7 * DAY) == 0


@pytest.mark.parametrize(("days", "reminded"), [(6, 0), (7, 0), (8, 1)])
def test_remind_leaves_out_a_link_whose_life_is_no_longer_than_that_week(
    invite: Make, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime, days: int, reminded: int
) -> None:
    short = invite(terms, expires_at=now + days * DAY)
    delivered(custody.send(short, to=to_carla, by=anna, at=now))
    assert expiries.remind(short.expires_at - 6 * DAY) == reminded


def test_remind_leaves_out_what_was_sent_again_within_the_week(mailed: InvitationLink, anna: Actor) -> None:
    week = mailed.invitation.expires_at - 7 * DAY
    delivered(custody.resend(mailed, by=anna, at=week))
    assert expiries.remind(week + DAY) == 0


def test_remind_leaves_out_the_answered_the_dead_and_the_suspended(
    mailed: InvitationLink, northwind: Partner, anna: Actor
) -> None:
    week = mailed.invitation.expires_at - 7 * DAY
    assert expiries.remind(mailed.invitation.expires_at) == 0
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    assert expiries.remind(week) == 0
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.ACTIVE)
    custody.withdraw_link(mailed, by=anna, at=week)
    assert expiries.remind(week) == 0


def test_remind_stays_once_when_the_date_moves(mailed: InvitationLink, anna: Actor, mails: Mailbox) -> None:
    last = mailed.invitation.expires_at
    expiries.remind(last - 7 * DAY)
    expiries.move(mailed.invitation, last + 60 * DAY, version=1, by=anna, at=last - 6 * DAY)
    assert expiries.remind(last + 53 * DAY) == 0
    assert len(mails.all(event="invitation_reminder")) == 1
