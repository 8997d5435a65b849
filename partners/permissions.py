"""Who may: roles, `require`, and the questions about companies, people and partnerships.

Source: the table of roles in the requirement, section 1.
"""

from django.core.exceptions import PermissionDenied
from django.utils.translation import gettext as _

from partners.actor import Actor
from partners.errors import Refused
from partners.models import Membership, Onboarding, Partner, Partnership, Role

ADMINS = (Role.ACCOUNT_ADMIN,)
AGENTS = (Role.ACCOUNT_ADMIN, Role.ADMIN_AGENT)
SALES = (Role.ACCOUNT_ADMIN, Role.ADMIN_AGENT, Role.SALES_AGENT)
HELPDESK = (Role.ACCOUNT_ADMIN, Role.ADMIN_AGENT, Role.HELPDESK_AGENT)


def require(allowed: bool) -> None:
    """Answer 403 unless allowed."""
    if not allowed:
        raise PermissionDenied


def company_of(actor: Actor) -> Partner:
    """Return the company the actor acts for; answer 403 to whoever acts for none, staff among them."""
    if actor.partner is None:
        raise PermissionDenied
    return actor.partner


def refuse_other(by: Actor, *companies: int | None) -> None:
    """Refuse whoever acts for none of these companies; staff stand in for any.

    The stories ask it once more, so that a page that forgot its question lets nobody through.
    """
    if not (by.is_staff or any(by.is_of(company) for company in companies)):
        raise Refused(_("Only the company whose part this is can do it."))


def may_act(actor: Actor, partner_pk: int | None, roles: tuple[Role, ...]) -> bool:
    """Say whether the actor acts for this company, in one of these roles, and it is not suspended."""
    partner = actor.partner
    return partner is not None and partner.pk == partner_pk and actor.has_role(*roles) and partner.is_active


def may_edit_profile(actor: Actor, partner: Partner) -> bool:
    """Account admins keep their own company's profile."""
    return may_act(actor, partner.pk, ADMINS)


def may_choose_edition(actor: Actor, partner: Partner) -> bool:
    """A provider's account admins choose the edition of the rulebook; a reseller has none."""
    return partner.owns_relationships and may_act(actor, partner.pk, ADMINS)


def may_change_team(actor: Actor, membership: Membership) -> bool:
    """Account admins change their own company's team."""
    return may_act(actor, membership.partner_id, ADMINS)


def may_invite_colleague(actor: Actor) -> bool:
    """Account admins invite into their own company's team."""
    return actor.partner is not None and may_act(actor, actor.partner.pk, ADMINS)


def may_leave(actor: Actor) -> bool:
    """Whoever works for a company may leave it."""
    return actor.partner is not None and may_act(actor, actor.partner.pk, tuple(Role))


def may_propose_partnership(actor: Actor) -> bool:
    """A provider's agents propose partnerships."""
    partner = actor.partner
    return partner is not None and partner.has_resellers and may_act(actor, partner.pk, AGENTS)


def may_change_onboarding(actor: Actor, onboarding: Onboarding) -> bool:
    """The provider's agents send a reseller's link again or withdraw it."""
    return may_act(actor, onboarding.provider_id, AGENTS)


def may_withdraw_partnership(actor: Actor, partnership: Partnership) -> bool:
    """The provider's agents withdraw a proposal."""
    return may_act(actor, partnership.provider_id, AGENTS)


def may_set_joint_link(actor: Actor, partnership: Partnership) -> bool:
    """The provider's agents keep the joint Partner Center link, as they keep the partnership."""
    return may_act(actor, partnership.provider_id, AGENTS)


def may_answer_partnership(actor: Actor, partnership: Partnership) -> bool:
    """The reseller's account admins accept or decline a proposal."""
    return may_act(actor, partnership.reseller_id, ADMINS)


def may_end_partnership(actor: Actor, partnership: Partnership) -> bool:
    """Account admins of either side end a partnership; staff may too."""
    return actor.is_staff or any(
        may_act(actor, pk, ADMINS) for pk in (partnership.provider_id, partnership.reseller_id)
    )
