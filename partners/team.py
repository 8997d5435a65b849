"""The stories of a company's team: another role, removed, gone. How somebody gets in is told in `joining`.

Every story locks the company's row first: it is where two who take away the last account admin meet.
"""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity, emails
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Membership, Partner, Role, User
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    ROLE_CHANGED = "team.role_changed", gettext_lazy("Role changed")
    REMOVED = "team.removed", gettext_lazy("Removed from the team")
    LEFT = "team.left", gettext_lazy("Left the team")


def hold(partner_pk: int) -> Partner:
    """Return the company locked: nobody else changes its team before this transaction ends."""
    return Partner.objects.select_for_update().get(pk=partner_pk)


def lock(partner_pk: int) -> Partner:
    """Return the company locked; refuses a suspended one, which changes nothing."""
    partner = hold(partner_pk)
    if not partner.is_active:
        raise Refused(_("A suspended company changes nothing."))
    return partner


def refuse_last_admin(membership: Membership) -> None:
    """Refuse to let go of the only account admin of a company who may sign in.

    Whoever goes on to end the membership, or to give it another role, holds the company meanwhile.
    """
    admins = Membership.objects.filter(
        partner=membership.partner_id, role=Role.ACCOUNT_ADMIN, user__is_active=True
    )
    if set(admins.values_list("pk", flat=True)) == {membership.pk}:
        raise Refused(_("This is the company's last account admin: name another one first."))


def refuse_missing(user: User) -> None:
    """Refuse to close the account of a company's last account admin; holds every company of that person."""
    for membership in user.memberships.order_by("partner"):
        hold(membership.partner_id)
        refuse_last_admin(membership)


def _found(membership: Membership) -> Membership:
    """Return the membership as it is now that the company is locked; refuses one that has ended."""
    rows = Membership.objects.select_related("user", "partner")
    found = rows.filter(pk=membership.pk).first()
    if found is None:
        raise Refused(_("This person is no longer in the team."))
    return found


@transaction.atomic
def change_role(membership: Membership, role: str, *, seen: str, by: Actor, at: datetime) -> Membership:
    """Give a member another role; nothing is written when it is the same.

    `seen` is the role the form showed: what somebody else has changed since is refused (`Stale`). Refuses to
    demote the last account admin.
    """
    lock(membership.partner_id)
    refuse_other(by, membership.partner_id)
    membership = _found(membership)
    before = membership.role
    if before == role:
        return membership
    if before != seen:
        raise Stale(
            _("Somebody else has changed this role meanwhile: it is now “%(role)s”.")
            % {"role": membership.get_role_display()}
        )
    if role not in Role.values:
        raise Refused(_("There is no such role."), field="role")
    if before == Role.ACCOUNT_ADMIN:
        refuse_last_admin(membership)
    membership.role = role
    membership.save(update_fields=["role"])
    emails.role_changed(membership, by=by, at=at)
    _record(Verb.ROLE_CHANGED, membership, by=by, at=at, fields={"role": [before, role]})
    return membership


@transaction.atomic
def remove(membership: Membership, *, by: Actor, at: datetime) -> None:
    """Take a member out of the team, from the next click on; refuses the last account admin, and oneself."""
    lock(membership.partner_id)
    refuse_other(by, membership.partner_id)
    membership = _found(membership)
    if by.user is not None and membership.user_id == by.user.pk:
        raise Refused(_("Nobody is removed by themselves: leave the team instead."))
    _end(membership)
    emails.removed_from_team(membership, by=by, at=at)
    _record(Verb.REMOVED, membership, by=by, at=at)


@transaction.atomic
def leave(membership: Membership, *, by: Actor, at: datetime) -> None:
    """Leave a team oneself; refuses the last account admin, who names another one first."""
    lock(membership.partner_id)
    refuse_other(by, membership.partner_id)
    membership = _found(membership)
    if by.user is None or membership.user_id != by.user.pk:
        raise Refused(_("Everybody leaves for themselves."))
    _end(membership)
    emails.left_team(membership, at=at)
    _record(Verb.LEFT, membership, by=by, at=at)


def _end(membership: Membership) -> None:
    refuse_last_admin(membership)
    Membership.objects.filter(pk=membership.pk).delete()  # the instance keeps its key, for the log


def _record(
    verb: str,
    membership: Membership,
    *,
    by: Actor,
    at: datetime,
    fields: dict[str, list[str]] | None = None,
) -> None:
    activity.record(
        verb,
        by=by,
        at=at,
        provider=membership.partner,
        about=membership,
        details={"changed": activity.changed(membership), **({"fields": fields} if fields else {})},
        personal={"member": membership.user.email},
    )
