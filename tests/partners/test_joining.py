"""A colleague's way into a team: invited, sent again, withdrawn, lapsed, joined. No link signs anybody in."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from partners import joining, mail, newcomers
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Membership, Partner, Role, TeamInvitation, User
from partners.signed_links import BadLink
from tests.conftest import Log, Mailbox
from tests.factories import PASSWORD, MembershipFactory, UserFactory

NEW = "nina@northwind.example"
SignIn = Callable[..., Client]
TYPED = {"name": "Nina Nuova", "password": "four words are better"}


@pytest.fixture
def invited(northwind: Partner, anna: Actor, now: datetime) -> TeamInvitation:
    """Nina, invited as sales agent."""
    return joining.invite(northwind, NEW, Role.SALES_AGENT, language="en", by=anna, at=now)


def path(invitation: TeamInvitation) -> str:
    return "/" + joining.address_of(invitation).partition("//")[2].partition("/")[2]


def token(invitation: TeamInvitation) -> str:
    return path(invitation).strip("/").rpartition("/")[2]


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


# --- invited -----------------------------------------------------------------------------------


def test_invitation_is_mailed_and_logged(
    invited: TeamInvitation, anna: Actor, log: Log, mails: Mailbox, now: datetime
) -> None:
    assert invited.expires_at == now + timedelta(days=14)
    message = mails.last("team_invited", to=NEW)
    assert joining.address_of(invited) in mails.text(message)
    assert "Sales agent" in mails.text(message)
    assert message.reply_to == anna.email
    assert joining.address_of(invited) not in message.text
    assert log.last().verb == "team.invited"
    assert log.names(invited)
    assert NEW not in log.last().details + log.last().object_label
    assert NEW in log.last().person.text


@pytest.mark.parametrize("known", [False, True])
def test_invitation_says_the_same_of_a_known_address(
    anna: Actor, client_for: SignIn, mails: Mailbox, known: bool
) -> None:
    if known:
        UserFactory(email=NEW, name="Known Already")
    client = Client()
    client.post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})
    typed = {"email": NEW.upper(), "role": "viewer", "language": "it"}
    answer = client.post(reverse("partners:team-invite"), typed, follow=True)
    assert answer.redirect_chain == [(reverse("partners:team"), 302)]
    page = answer.content.decode()
    assert f"The invitation goes to {NEW}, and waits 14 days." in page
    assert "Known Already" not in page
    assert mails.last("team_invited").user is None


def test_second_invitation_is_refused_until_the_first_has_lapsed(
    invited: TeamInvitation, northwind: Partner, anna: Actor, log: Log, now: datetime
) -> None:
    def again(at: datetime) -> TeamInvitation:
        return joining.invite(northwind, NEW, Role.VIEWER, language="it", by=anna, at=at)

    with pytest.raises(Refused, match="invited already"):
        again(now)
    second = again(now + timedelta(days=14))
    invited.refresh_from_db()
    assert invited.status == TeamInvitation.Status.LAPSED
    assert log.names(invited, second)


def test_member_is_not_invited(northwind: Partner, anna: Actor, viewer: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="in the team already"):
        joining.invite(northwind, viewer.email, Role.VIEWER, language="it", by=anna, at=now)


def test_role_there_is_not_is_refused(northwind: Partner, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="no such role"):
        joining.invite(northwind, NEW, "emperor", language="it", by=anna, at=now)


@pytest.mark.parametrize(
    "changes",
    [
        {"email": "nobody"},
        {"email": "a@b.example\r\nBcc: c@d.example"},
        {"email": "x" * 300 + "@b.example"},
        {"role": ""},
        {"role": "emperor"},
        {"language": "tlh"},
    ],
)
def test_bad_invitation_is_refused_and_kept(anna: Actor, changes: dict[str, str]) -> None:
    client = Client()
    client.post(reverse("account_login"), {"login": anna.email, "password": PASSWORD})
    typed = {"email": NEW, "role": "viewer", "language": "it"} | changes
    page = client.post(reverse("partners:team-invite"), typed)
    assert set(page.context["form"].errors) == set(changes)
    assert not TeamInvitation.objects.exists()


# --- sent again, withdrawn, lapsed -------------------------------------------------------------


def test_link_sent_again_kills_the_old_one(
    invited: TeamInvitation, anna: Actor, log: Log, mails: Mailbox, now: datetime
) -> None:
    old, message = token(invited), mails.last("team_invited")
    later = now + timedelta(days=13)
    again = joining.resend(invited, by=anna, at=later)
    assert again.expires_at == later + timedelta(days=14)
    assert log.last().verb == "team.resent"
    with pytest.raises(BadLink):
        joining.open_link(old, at=later)
    assert joining.open_link(token(again), at=later) == invited
    with pytest.raises(mail.Gone):
        mails.text(message)


def test_withdrawn_invitation_is_dead(
    invited: TeamInvitation, anna: Actor, log: Log, client_for: SignIn, now: datetime
) -> None:
    client = client_for(anna)
    answer = client.post(reverse("partners:team-withdraw", args=[invited.pk]), follow=True)
    assert "is withdrawn" in answer.content.decode()
    assert log.last().verb == "team.withdrawn"
    with pytest.raises(BadLink):
        joining.open_link(token(invited), at=now)
    for name in ("resend", "withdraw"):
        page = client.post(reverse(f"partners:team-{name}", args=[invited.pk]), follow=True)
        assert "Withdrawn" in page.content.decode()
    invited.refresh_from_db()
    assert invited.serial == 1


def test_unanswered_invitation_lapses(invited: TeamInvitation, log: Log, now: datetime) -> None:
    assert joining.tidy(now + timedelta(days=14) - timedelta(seconds=1)) == 0
    assert joining.tidy(now + timedelta(days=14)) == 1
    assert joining.tidy(now + timedelta(days=14)) == 0
    assert log.verbs() == ["team.invited", "team.lapsed"]
    assert log.whole()


# --- the link ----------------------------------------------------------------------------------


def test_forged_and_dead_links_get_one_calm_page(invited: TeamInvitation, now: datetime) -> None:
    genuine = path(invited)
    forged = [genuine[:-2] + "x/", "/join/x/", "/join/1.1/", f"/join/{'9' * 30}.1.x/"]
    pages = [Client().get(address) for address in forged]
    with time_machine.travel(now + timedelta(days=14), tick=False):
        pages.append(Client().get(genuine))
    assert {page.status_code for page in pages} == {404}
    assert all(b"Northwind" not in page.content for page in pages)
    page = Client().get(genuine)
    assert page.status_code == 200
    assert page["Referrer-Policy"] == "no-referrer"


def test_suspended_company_lets_nobody_in(invited: TeamInvitation, northwind: Partner, now: datetime) -> None:
    Partner.objects.update(status=Partner.Status.SUSPENDED)
    assert Client().get(path(invited)).status_code == 404
    with pytest.raises(Refused, match="suspended"):
        joining.join_anew(invited, **TYPED, serial=1, at=now)
    with pytest.raises(Refused, match="suspended"):
        joining.join(invited, UserFactory(email=NEW), serial=1, at=now)


# --- joined ------------------------------------------------------------------------------------


def test_newcomer_makes_an_account_and_joins_in_one_go(
    invited: TeamInvitation, anna: Actor, northwind: Partner, log: Log, mails: Mailbox
) -> None:
    client = Client()
    client.get(path(invited))
    assert not is_in(client)
    answer = client.post(path(invited), TYPED, follow=True)
    assert is_in(client)
    assert answer.redirect_chain[-1] == (reverse("home"), 302)
    assert "you now act for Northwind Traders" in answer.content.decode()
    membership = Membership.objects.get(user__email=NEW)
    assert (membership.role, membership.partner, membership.user.name) == (
        Role.SALES_AGENT,
        northwind,
        "Nina Nuova",
    )
    invited.refresh_from_db()
    assert invited.status == TeamInvitation.Status.ACCEPTED
    assert invited.closed_by == "Nina Nuova · Northwind Traders"
    assert log.last().verb == "team.joined"
    assert log.names(invited, membership)
    assert "Nina Nuova" in mails.last("team_joined", to=anna.email).text
    assert Client().get(path(invited)).status_code == 404  # one joining, not two
    # The password was given a moment ago: what weighs more is open.
    assert client.get(reverse("home")).status_code == 200


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"password": "short"}, "password"),
        ({"password": "nina@northwind.example"}, "password"),
        ({"password": ""}, "password"),
        ({"name": ""}, "name"),
        ({"name": "Ni\x00na"}, "name"),
        ({"name": "x" * 200}, "name"),
    ],
)
def test_bad_newcomer_is_refused(invited: TeamInvitation, changes: dict[str, str], field: str) -> None:
    client = Client()
    page = client.post(path(invited), TYPED | changes)
    assert field in page.context["form"].errors
    assert not User.objects.filter(email=NEW).exists()
    assert not is_in(client)


def test_account_is_signed_in_to_before_it_joins(invited: TeamInvitation, log: Log) -> None:
    nina = UserFactory(email=NEW, name="Nina Nota")
    client = Client()
    page = client.get(path(invited)).content.decode()
    assert "has an account already" in page
    assert f"{reverse('account_login')}?next={path(invited)}" in page
    client.post(path(invited), TYPED)  # the link alone lets nobody in, whatever is posted
    assert not Membership.objects.filter(user=nina).exists()
    assert not is_in(client)
    door = f"{reverse('account_login')}?next={path(invited)}"
    answer = client.post(door, {"login": NEW, "password": PASSWORD, "next": path(invited)})
    assert answer["Location"] == path(invited)
    assert "Join the team" in client.get(path(invited)).content.decode()
    assert not Membership.objects.filter(user=nina).exists()  # reading is not joining
    assert client.post(path(invited))["Location"] == reverse("home")
    assert Membership.objects.get(user=nina).role == Role.SALES_AGENT
    nina.refresh_from_db()
    assert nina.name == "Nina Nota"


def test_somebody_else_signs_out_first(invited: TeamInvitation, tom: Actor, client_for: SignIn) -> None:
    client = client_for(tom)
    for page in (client.get(path(invited)), client.post(path(invited), TYPED)):
        assert "Sign out, then open the link again" in page.content.decode()
    assert not Membership.objects.filter(user=tom.user, role=Role.SALES_AGENT).exists()
    assert not User.objects.filter(email=NEW).exists()


def test_second_company_is_acted_for_at_once(
    invited: TeamInvitation, fabrikam: Partner, northwind: Partner, client_for: SignIn
) -> None:
    nina = UserFactory(email=NEW)
    MembershipFactory(user=nina, partner=fabrikam)
    client = client_for(nina)
    client.post(path(invited))
    assert client.get(reverse("partners:team")).context["company"] == northwind


def test_story_refuses_the_wrong_account_a_closed_one_and_a_dead_link(
    invited: TeamInvitation, tom: Actor, anna: Actor, now: datetime
) -> None:
    assert tom.user is not None
    with pytest.raises(Refused, match="another address"):
        joining.join(invited, tom.user, serial=1, at=now)
    nina = UserFactory(email=NEW, is_active=False)
    with pytest.raises(Refused, match="another address"):
        joining.join(invited, nina, serial=1, at=now)
    with pytest.raises(Refused, match="has an account already"):
        joining.join_anew(invited, **TYPED, serial=1, at=now)
    joining.resend(invited, by=anna, at=now)
    with pytest.raises(Refused, match="no longer valid"):
        joining.join(invited, nina, serial=1, at=now)


def test_member_since_does_not_join_twice(invited: TeamInvitation, northwind: Partner, now: datetime) -> None:
    nina = UserFactory(email=NEW)
    MembershipFactory(user=nina, partner=northwind, role=Role.VIEWER)
    with pytest.raises(Refused, match="in this team already"):
        joining.join(invited, nina, serial=1, at=now)
    invited.refresh_from_db()
    assert invited.status == TeamInvitation.Status.WAITING


def test_address_that_gets_an_account_meanwhile_signs_in(
    invited: TeamInvitation, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    nina = UserFactory(email=NEW)
    looks = iter([None])  # not there when it is looked for, there when it is made
    monkeypatch.setattr(newcomers, "account_of", lambda _email: next(looks, nina))
    with pytest.raises(Refused, match="has an account already"):
        joining.join_anew(invited, **TYPED, serial=1, at=now)
