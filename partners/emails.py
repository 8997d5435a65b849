"""The mails of the ground floor, and the two ways every floor finds the people of a company to write to."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from partners import mail
from partners.actor import Actor
from partners.models import Membership, Onboarding, Partner, Partnership, Role, TeamInvitation, User
from partners.permissions import ADMINS, AGENTS


def members(partner: Partner, roles: Iterable[Role]) -> QuerySet[User]:
    """Return the people who hold one of these roles in a company and may still sign in."""
    return User.objects.filter(
        is_active=True, memberships__partner=partner, memberships__role__in=list(roles)
    ).order_by("pk")


def to_members(
    event: str,
    partner: Partner,
    roles: Iterable[Role],
    *,
    context: Mapping[str, Any],
    at: datetime,
    but: User | None = None,
) -> None:
    """Write one mail to each of them, in each one's language and the company's time zone.

    `but` names who did what the mail tells of, and needs no mail to know.
    """
    for user in members(partner, roles):
        if user == but:
            continue
        mail.queue(
            event,
            to=user.email,
            user=user,
            language=user.language,
            context={**context, "recipient": user, "company": partner},
            at=at,
            zone=partner.zone,
        )


def partnership_proposed(partnership: Partnership, *, at: datetime) -> None:
    """Tell the reseller's account admins that a provider asks to work with them, and until when."""
    to_members(
        "partners/partnership_proposed",
        partnership.reseller,
        ADMINS,
        context={
            "partnership": partnership,
            "provider": partnership.provider,
            "reseller": partnership.reseller,
            "lapses_at": partnership.lapses_at,
        },
        at=at,
    )


def partnership_answered(partnership: Partnership, *, at: datetime) -> None:
    """Tell the provider's agents that the reseller accepted or declined."""
    to_members(
        "partners/partnership_answered",
        partnership.provider,
        AGENTS,
        context={
            "partnership": partnership,
            "provider": partnership.provider,
            "reseller": partnership.reseller,
            "accepted": partnership.is_active,
        },
        at=at,
    )


def onboarding_started(onboarding: Onboarding, *, by: Actor, at: datetime) -> None:
    """Write the link to a reseller that is not here yet; the provider's person is who it can answer to."""
    mail.queue(
        "partners/onboarding_started",
        to=onboarding.email,
        language=onboarding.language,
        context={
            "onboarding": onboarding,
            "provider": onboarding.provider,
            "sender": by.label,
            "expires_at": onboarding.expires_at.astimezone(onboarding.provider.zone),
        },
        slots={"address": ("onboarding", str(onboarding.pk), str(onboarding.serial))},
        reply_to=by.email,
        at=at,
    )


def onboarding_confirmed(onboarding: Onboarding, partnership: Partnership, *, at: datetime) -> None:
    """Tell the reseller's first account admin that the company is in, and which proposal waits for it."""
    to_members(
        "partners/onboarding_confirmed",
        partnership.reseller,
        ADMINS,
        context={
            "onboarding": onboarding,
            "provider": partnership.provider,
            "reseller": partnership.reseller,
            "lapses_at": partnership.lapses_at,
        },
        at=at,
    )


def onboarding_closed(onboarding: Onboarding, *, at: datetime) -> None:
    """Tell the provider's agents that staff confirmed the reseller they invited, or refused it and why."""
    to_members(
        "partners/onboarding_closed",
        onboarding.provider,
        AGENTS,
        context={
            "onboarding": onboarding,
            "provider": onboarding.provider,
            "confirmed": onboarding.status == Onboarding.Status.CONFIRMED,
        },
        at=at,
    )


def team_invited(invitation: TeamInvitation, *, by: Actor, at: datetime) -> None:
    """Write the link to the address invited into a team, whether it has an account or not."""
    mail.queue(
        "partners/team_invited",
        to=invitation.email,
        language=invitation.language,
        context={
            "invitation": invitation,
            "company": invitation.partner,
            "sender": by.label,
            "expires_at": invitation.expires_at,
        },
        slots={"address": ("team", str(invitation.pk), str(invitation.serial))},
        reply_to=by.email,
        at=at,
        zone=invitation.partner.zone,
    )


def team_joined(membership: Membership, *, at: datetime) -> None:
    """Tell the company's account admins who has joined, and in which role."""
    to_members(
        "partners/team_joined",
        membership.partner,
        ADMINS,
        context={"membership": membership, "who": membership.user},
        at=at,
    )


def role_changed(membership: Membership, *, by: Actor, at: datetime) -> None:
    """Tell a member of the other role, and who gave it."""
    _to_colleague("partners/role_changed", membership, by=by, at=at)


def removed_from_team(membership: Membership, *, by: Actor, at: datetime) -> None:
    """Tell a person that they no longer work for a company here, and who decided it."""
    _to_colleague("partners/removed_from_team", membership, by=by, at=at)


def _to_colleague(event: str, membership: Membership, *, by: Actor, at: datetime) -> None:
    user = membership.user
    mail.queue(
        event,
        to=user.email,
        user=user,
        language=user.language,
        context={
            "membership": membership,
            "company": membership.partner,
            "recipient": user,
            "sender": by.label,
        },
        at=at,
        zone=membership.partner.zone,
    )


def left_team(membership: Membership, *, at: datetime) -> None:
    """Tell the company's account admins who has left."""
    to_members(
        "partners/left_team",
        membership.partner,
        ADMINS,
        context={"membership": membership, "who": membership.user},
        at=at,
    )
