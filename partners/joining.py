"""The stories of a colleague's way into a team: invited, sent again, withdrawn, lapsed, joined.

The mail proves the address: whoever opens its link joins as the account of that address and no other. Nobody
but the address is told whether it has an account already.
"""

from datetime import datetime
from functools import partial

from django.conf import settings
from django.db import IntegrityError, models, transaction
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity, emails, mail, newcomers, signed_links, team
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Membership, Partner, Role, TeamInvitation, User
from partners.permissions import refuse_other
from partners.signed_links import BadLink

SALT = "partners.team"


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    INVITED = "team.invited", gettext_lazy("Colleague invited")
    RESENT = "team.resent", gettext_lazy("Colleague's invitation sent again")
    WITHDRAWN = "team.withdrawn", gettext_lazy("Colleague's invitation withdrawn")
    LAPSED = "team.lapsed", gettext_lazy("Colleague's invitation lapsed")
    JOINED = "team.joined", gettext_lazy("Colleague joined")


def lock(invitation: TeamInvitation) -> TeamInvitation:
    """Return the invitation locked, as it is now that its company is locked."""
    return (
        TeamInvitation.objects.select_for_update(of=("self",)).select_related("partner").get(pk=invitation.pk)
    )


# --- the link ----------------------------------------------------------------------------------


def address_of(invitation: TeamInvitation) -> str:
    """Return the address the colleague opens; built from SITE_URL, never from a request."""
    token = signed_links.sign(SALT, invitation.pk, invitation.serial)
    return settings.SITE_URL + reverse("partners:join", args=[token])


def _waiting(pk: int, serial: int, at: datetime) -> TeamInvitation | None:
    rows = TeamInvitation.objects.waiting_at(at).filter(partner__status=Partner.Status.ACTIVE)
    return rows.select_related("partner").filter(pk=pk, serial=serial).first()


def open_link(token: str, *, at: datetime) -> TeamInvitation:
    """Return the invitation that waits behind a token; refuses every other as a bad link.

    A suspended company's link is refused like a forged one.
    """
    pk, serial = signed_links.read(SALT, token)
    found = _waiting(pk, serial, at)
    if found is None:
        raise BadLink
    return found


@mail.secret("team")
def fill_team(pk: str, serial: str) -> str:
    """Fill the link's address at delivery; a link that died meanwhile is not sent."""
    found = _waiting(int(pk), int(serial), timezone.now())
    if found is None:
        raise mail.Gone(_("The link was used, withdrawn or replaced before it was sent."))
    return address_of(found)


# --- the company -------------------------------------------------------------------------------


@transaction.atomic
def invite(
    partner: Partner, email: str, role: str, *, language: str, by: Actor, at: datetime
) -> TeamInvitation:
    """Invite an address into the team in a role; its link waits 14 days.

    Refuses who is in the team already and who has been invited; whether the address has an account elsewhere
    changes nothing.
    """
    partner = team.lock(partner.pk)
    refuse_other(by, partner.pk)
    if role not in Role.values:
        raise Refused(_("There is no such role."), field="role")
    if Membership.objects.filter(partner=partner, user__email=email).exists():
        raise Refused(_("This person is in the team already."), field="email")
    dead = list(TeamInvitation.objects.filter(partner=partner, email=email).past(at))
    for invitation in dead:  # a dead link must not block a living one
        invitation.move(TeamInvitation.Status.LAPSED, closed_at=at, closed_by=by.stamp)
    try:
        with transaction.atomic():
            invitation = TeamInvitation.objects.create(
                partner=partner,
                email=email,
                role=role,
                language=language,
                made_at=at,
                made_by=by.stamp,
                expires_at=TeamInvitation.expiry(at),
            )
    except IntegrityError as problem:
        if broke(problem, TeamInvitation, "team_one_waiting"):
            raise Refused(
                _("This address has been invited already. Send its link again from the list."), field="email"
            ) from problem
        raise
    emails.team_invited(invitation, by=by, at=at)
    _record(Verb.INVITED, invitation, *dead, by=by, at=at)
    return invitation


@transaction.atomic
def resend(invitation: TeamInvitation, *, by: Actor, at: datetime) -> TeamInvitation:
    """Send a new link, for 14 days more; the old one is dead. Refuses one that waits no longer."""
    team.lock(invitation.partner_id)
    refuse_other(by, invitation.partner_id)
    invitation = lock(invitation)
    if invitation.status != TeamInvitation.Status.WAITING:
        raise Refused(invitation.refusal(TeamInvitation.Status.WAITING))
    invitation.serial += 1
    invitation.expires_at = TeamInvitation.expiry(at)
    invitation.save(update_fields=["serial", "expires_at"])
    emails.team_invited(invitation, by=by, at=at)
    _record(Verb.RESENT, invitation, by=by, at=at)
    return invitation


@transaction.atomic
def withdraw(invitation: TeamInvitation, *, by: Actor, at: datetime) -> None:
    """Withdraw an invitation nobody has used; its link is dead."""
    team.lock(invitation.partner_id)
    refuse_other(by, invitation.partner_id)
    invitation = lock(invitation)
    invitation.move(TeamInvitation.Status.WITHDRAWN, closed_at=at, closed_by=by.stamp)
    _record(Verb.WITHDRAWN, invitation, by=by, at=at)


def tidy(at: datetime) -> int:
    """Move invitations nobody used in time to lapsed; return how many."""
    return each(TeamInvitation.objects.past(at)[:AT_ONCE], partial(_lapse, at=at))


@transaction.atomic
def _lapse(invitation: TeamInvitation, *, at: datetime) -> bool:
    row, system = lock(invitation), Actor.system()
    if row.status != TeamInvitation.Status.WAITING or row.waits_at(at):
        return False
    row.move(TeamInvitation.Status.LAPSED, closed_at=at, closed_by=system.stamp)
    _record(Verb.LAPSED, row, by=system, at=at)
    return True


# --- the colleague -----------------------------------------------------------------------------


@transaction.atomic
def join(invitation: TeamInvitation, user: User, *, serial: int, at: datetime) -> Membership:
    """Join as the account that has the invited address, and may sign in; refuses every other.

    Refuses a link that died meanwhile, and who is in the team by now.
    """
    partner = _still_open(invitation, serial, at)
    if user.email != invitation.email or not user.is_active:
        raise Refused(_("This invitation is for another address."))
    return _let_in(lock(invitation), partner, user, at=at)


@transaction.atomic
def join_anew(
    invitation: TeamInvitation, *, name: str, password: str, serial: int, at: datetime
) -> Membership:
    """Make the account of an address that has none, and join with it.

    Refuses a link that died meanwhile, and an address that got an account in this very moment.
    """
    partner = _still_open(invitation, serial, at)
    user = newcomers.make_account(invitation.email, password, name=name, language=invitation.language)
    return _let_in(lock(invitation), partner, user, at=at)


def _still_open(invitation: TeamInvitation, serial: int, at: datetime) -> Partner:
    """Return the company locked; refuses a link that died since its page was opened."""
    partner = team.lock(invitation.partner_id)
    if _waiting(invitation.pk, serial, at) is None:
        raise Refused(_("This link is no longer valid. Open the newest mail you have."))
    return partner


def _let_in(invitation: TeamInvitation, partner: Partner, user: User, *, at: datetime) -> Membership:
    membership = Membership(user=user, partner=partner, role=invitation.role, joined_at=at)
    try:
        with transaction.atomic():
            membership.save()
    except IntegrityError as problem:
        if broke(problem, Membership, "membership_once"):
            raise Refused(_("You are in this team already.")) from problem
        raise
    by = Actor.member(membership)
    invitation.move(TeamInvitation.Status.ACCEPTED, closed_at=at, closed_by=by.stamp)
    emails.team_joined(membership, at=at)
    _record(Verb.JOINED, invitation, membership, by=by, at=at)
    return membership


def _record(verb: str, invitation: TeamInvitation, *others: models.Model, by: Actor, at: datetime) -> None:
    activity.record(
        verb,
        by=by,
        at=at,
        provider=invitation.partner,
        about=invitation,
        details={"changed": activity.changed(invitation, *others)},
        personal={"to": invitation.email},
    )
