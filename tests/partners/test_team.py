"""The team: another role, removed, gone; and no company without an account admin who may sign in."""

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from partners import joining, roles, team
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.middleware import ACTING_FOR
from partners.models import Kind, Membership, Partner, Role
from tests.conftest import Log, Mailbox, member
from tests.factories import PASSWORD, MembershipFactory, UserFactory

TEAM = reverse("partners:team")
LEAVE = reverse("partners:team-leave")
SignIn = Callable[..., Client]


def of(actor: Actor) -> Membership:
    return Membership.objects.get(user=actor.user, partner=actor.partner)


def address(name: str, actor: Actor) -> str:
    return reverse(f"partners:team-{name}", args=[of(actor).pk])


@pytest.fixture
def by_the_door() -> Callable[[Actor], Client]:
    """Return a way to sign in with the password, as what weighs more asks for."""

    def sign_in(actor: Actor) -> Client:
        client = Client()
        client.post(reverse("account_login"), {"login": actor.email, "password": PASSWORD})
        return client

    return sign_in


# --- another role ------------------------------------------------------------------------------


def test_role_is_changed_told_and_logged(
    anna: Actor, viewer: Actor, log: Log, mails: Mailbox, now: datetime
) -> None:
    team.change_role(of(viewer), Role.SALES_AGENT, seen=Role.VIEWER, by=anna, at=now)
    assert of(viewer).role == Role.SALES_AGENT
    assert "Anna Admin has changed your role" in mails.last("role_changed", to=viewer.email).text
    assert log.last().verb == "team.role_changed"
    assert log.names(of(viewer))
    assert log.details()["fields"] == {"role": ["viewer", "sales_agent"]}
    assert "Vera" not in log.last().object_label + log.last().details
    assert viewer.email in log.last().person.text
    assert log.whole()


def test_same_role_again_writes_nothing(anna: Actor, viewer: Actor, log: Log, now: datetime) -> None:
    team.change_role(of(viewer), Role.VIEWER, seen=Role.VIEWER, by=anna, at=now)
    assert log.verbs() == []


def test_role_of_a_stale_form_is_refused(anna: Actor, viewer: Actor, now: datetime) -> None:
    team.change_role(of(viewer), Role.SALES_AGENT, seen=Role.VIEWER, by=anna, at=now)
    with pytest.raises(Stale, match="Sales agent"):
        team.change_role(of(viewer), Role.ADMIN_AGENT, seen=Role.VIEWER, by=anna, at=now)


def test_role_there_is_not_is_refused(anna: Actor, viewer: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="no such role"):
        team.change_role(of(viewer), "emperor", seen=Role.VIEWER, by=anna, at=now)


# --- the last account admin --------------------------------------------------------------------


def demote(admin: Actor, now: datetime) -> None:
    team.change_role(of(admin), Role.VIEWER, seen=Role.ACCOUNT_ADMIN, by=admin, at=now)


def leave(admin: Actor, now: datetime) -> None:
    team.leave(of(admin), by=admin, at=now)


def remove(admin: Actor, now: datetime) -> None:
    team.remove(of(admin), by=Actor.staff(UserFactory(is_staff=True)), at=now)


@pytest.mark.parametrize("story", [demote, leave, remove])
def test_last_account_admin_stays(
    story: Callable[[Actor, datetime], None], anna: Actor, viewer: Actor, now: datetime
) -> None:
    closed = member(of(anna).partner, "Clara Closed", Role.ACCOUNT_ADMIN)
    assert closed.user is not None
    closed.user.is_active = False  # who may not sign in cannot name another one
    closed.user.save()
    with pytest.raises(Refused, match="last account admin"):
        story(anna, now)
    member(of(anna).partner, "Bea Backup", Role.ACCOUNT_ADMIN)
    story(anna, now)


def test_admin_who_may_not_sign_in_can_go(anna: Actor, now: datetime) -> None:
    closed = member(of(anna).partner, "Clara Closed", Role.ACCOUNT_ADMIN)
    assert closed.user is not None
    closed.user.is_active = False
    closed.user.save()
    team.remove(of(closed), by=anna, at=now)


def test_account_of_a_last_admin_is_not_closed(anna: Actor, luca: Actor, northwind: Partner) -> None:
    assert anna.user is not None
    MembershipFactory(user=anna.user, partner=of(luca).partner, role=Role.VIEWER)
    with pytest.raises(Refused, match="last account admin"):
        team.refuse_missing(anna.user)
    member(northwind, "Bea Backup", Role.ACCOUNT_ADMIN)
    team.refuse_missing(anna.user)


def test_staff_close_no_account_of_a_last_admin(
    anna: Actor, staff: Actor, client_for: SignIn, northwind: Partner
) -> None:
    assert anna.user is not None
    client = client_for(staff)
    path = reverse("admin:partners_user_change", args=[anna.user.pk])
    page = client.get(path)
    typed = dict.fromkeys(page.context["adminform"].form.fields, "")
    typed |= {"email": anna.email, "name": "Anna Admin", "language": "it", "reason": "left"}
    typed |= {"memberships-TOTAL_FORMS": "0", "memberships-INITIAL_FORMS": "0"}
    refused = client.post(path, typed)
    assert "last account admin" in str(refused.context["adminform"].form.errors["is_active"])
    member(northwind, "Bea Backup", Role.ACCOUNT_ADMIN)
    assert client.post(path, typed).status_code == 302


# --- removed, gone -----------------------------------------------------------------------------


def test_removed_member_acts_no_longer_from_the_next_click_on(
    anna: Actor, viewer: Actor, client_for: SignIn, log: Log, mails: Mailbox, now: datetime
) -> None:
    client = client_for(viewer)
    assert client.get(TEAM).status_code == 200
    gone = of(viewer)
    team.remove(gone, by=anna, at=now)
    assert client.get(TEAM).status_code == 403
    assert client.post(LEAVE, {ACTING_FOR: of(anna).partner.pk}).status_code == 403
    assert "taken you out of the team" in mails.last("removed_from_team", to=viewer.email).text
    assert log.last().verb == "team.removed"
    assert log.names(gone)


def test_member_of_two_companies_acts_for_the_other_one(
    anna: Actor, viewer: Actor, fabrikam: Partner, client_for: SignIn, now: datetime
) -> None:
    client = client_for(viewer)
    MembershipFactory(user=viewer.user, partner=fabrikam, role=Role.VIEWER)
    team.remove(of(viewer), by=anna, at=now)
    assert client.get(TEAM).context["company"] == fabrikam
    assert client.post(LEAVE, {ACTING_FOR: of(anna).partner.pk}).status_code == 409


def test_leaving_is_told_to_the_account_admins(
    anna: Actor, viewer: Actor, log: Log, mails: Mailbox, now: datetime
) -> None:
    team.leave(of(viewer), by=viewer, at=now)
    assert "Vera Viewer" in mails.last("left_team", to=anna.email).text
    assert log.last().verb == "team.left"


def test_nobody_removes_themselves_nor_leaves_for_another(
    anna: Actor, viewer: Actor, northwind: Partner, now: datetime
) -> None:
    member(northwind, "Bea Backup", Role.ACCOUNT_ADMIN)
    with pytest.raises(Refused, match="leave the team instead"):
        team.remove(of(anna), by=anna, at=now)
    with pytest.raises(Refused, match="for themselves"):
        team.leave(of(viewer), by=anna, at=now)


def test_who_is_gone_cannot_be_changed(anna: Actor, viewer: Actor, now: datetime) -> None:
    gone = of(viewer)
    team.leave(gone, by=viewer, at=now)
    with pytest.raises(Refused, match="no longer in the team"):
        team.change_role(gone, Role.VIEWER, seen=Role.VIEWER, by=anna, at=now)
    with pytest.raises(Refused, match="no longer in the team"):
        team.remove(gone, by=anna, at=now)


def test_other_companies_and_suspended_ones_change_nothing(
    anna: Actor, viewer: Actor, tom: Actor, northwind: Partner, now: datetime
) -> None:
    stories: tuple[Callable[[Actor], object], ...] = (
        lambda by: team.change_role(of(viewer), Role.ADMIN_AGENT, seen=Role.VIEWER, by=by, at=now),
        lambda by: team.remove(of(viewer), by=by, at=now),
        lambda by: joining.invite(northwind, "x@y.example", Role.VIEWER, language="it", by=by, at=now),
    )
    for story in stories:
        with pytest.raises(Refused, match="Only the company"):
            story(tom)
    Partner.objects.update(status=Partner.Status.SUSPENDED)
    for story in stories:
        with pytest.raises(Refused, match="suspended"):
            story(anna)


# --- pages -------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", Kind)
def test_every_role_has_its_words(kind: Kind) -> None:
    assert set(roles.words_of(Partner(kind=kind))) == set(Role)


def test_team_page_lists_members_and_waiting_invitations(
    anna: Actor, viewer: Actor, luca: Actor, northwind: Partner, client_for: SignIn, now: datetime
) -> None:
    joining.invite(northwind, "new@northwind.example", Role.VIEWER, language="it", by=anna, at=now)
    late = joining.invite(
        northwind,
        "late@northwind.example",
        Role.VIEWER,
        language="it",
        by=anna,
        at=now - timedelta(days=14),
    )
    page = client_for(viewer).get(TEAM)
    assert [str(one["row"].user) for one in page.context["members"]] == ["Anna Admin", "Vera Viewer"]
    assert [(one.email, one.state) for one in page.context["invited"]] == [
        (late.email, "Lapsed"),
        ("new@northwind.example", "Waiting for an answer"),
    ]
    words = page.content.decode()
    assert "Sees everything, changes nothing." in words
    assert "Invite a colleague" not in words
    assert address("role", anna) not in words
    assert address("remove", viewer) in client_for(anna).get(TEAM).content.decode()


def test_role_page_asks_for_the_password_and_changes_the_role(
    anna: Actor, viewer: Actor, client_for: SignIn, by_the_door: Callable[[Actor], Client]
) -> None:
    path = address("role", viewer)
    typed = {"role": Role.HELPDESK_AGENT.value, "seen": Role.VIEWER.value}
    asking = client_for(anna).post(path, typed)
    assert asking["Location"].startswith(reverse("account_reauthenticate"))
    assert of(viewer).role == Role.VIEWER
    client = by_the_door(anna)
    assert client.post(path, typed)["Location"] == TEAM
    stale = client.post(path, {**typed, "role": Role.ADMIN_AGENT.value})
    assert "Somebody else has changed this role" in stale.content.decode()
    assert stale.context["form"]["seen"].value() == Role.HELPDESK_AGENT


@pytest.mark.parametrize("role", ["", "emperor", "\x00", "x" * 5000, "²"])
def test_bad_role_is_refused(
    anna: Actor, viewer: Actor, by_the_door: Callable[[Actor], Client], role: str
) -> None:
    page = by_the_door(anna).post(address("role", viewer), {"role": role, "seen": "viewer"})
    assert "role" in page.context["form"].errors


def test_removal_is_confirmed_on_a_page_of_its_own(
    anna: Actor, viewer: Actor, by_the_door: Callable[[Actor], Client]
) -> None:
    client = by_the_door(anna)
    page = client.get(address("remove", viewer))
    assert "can no longer act for Northwind Traders" in page.content.decode()
    assert client.post(address("remove", viewer))["Location"] == TEAM
    assert not Membership.objects.filter(user=viewer.user).exists()


def test_last_admin_is_told_why_leaving_is_refused(anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    assert "last account admin" in client.get(LEAVE).content.decode()
    assert client.post(LEAVE)["Location"] == TEAM
    assert of(anna)


def test_member_leaves(viewer: Actor, anna: Actor, client_for: SignIn) -> None:
    client = client_for(viewer)
    assert "What will happen" in client.get(LEAVE).content.decode()
    assert client.post(LEAVE)["Location"] == reverse("partners:companies")
    assert client.get(TEAM).status_code == 403
