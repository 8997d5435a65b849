"""Who may, on the middle floor. Each question is asked by the page that offers and the view that does.

Source: the table of roles in the requirement, sections 1 and 2.
"""

from datetime import datetime

from customers.models import (
    Acceptance,
    Assignment,
    Customer,
    HandOver,
    Invitation,
    InvitationLink,
    InvitationRequest,
    Privilege,
    Relationship,
    RenewalProposal,
)
from partners.actor import Actor
from partners.models import Partnership, Role
from partners.permissions import ADMINS, AGENTS, HELPDESK, SALES, may_act


def _owner(actor: Actor, roles: tuple[Role, ...]) -> bool:
    partner = actor.partner
    return partner is not None and partner.owns_relationships and may_act(actor, partner.pk, roles)


def _has_resellers(actor: Actor) -> bool:
    return actor.partner is not None and actor.partner.has_resellers


def may_record_customer(actor: Actor) -> bool:
    """A provider's sales people record customers; a reseller never does."""
    return _owner(actor, SALES)


def may_edit_customer(actor: Actor, customer: Customer) -> bool:
    """The provider's sales people edit its own customers."""
    return may_act(actor, customer.provider_id, SALES)


def may_invite(actor: Actor) -> bool:
    """Only a provider invites; its sales people at least."""
    return _owner(actor, SALES)


def may_ask_for_privileges(actor: Actor) -> bool:
    """Invitations that ask for privileges need an agent."""
    return _owner(actor, AGENTS)


def may_invite_through_resellers(actor: Actor) -> bool:
    """Only an indirect provider has resellers to invite through."""
    return may_invite(actor) and _has_resellers(actor)


def may_manage_invitation(actor: Actor, invitation: Invitation) -> bool:
    """The provider that made it: agents always, sales people where it asks for no privilege."""
    roles = AGENTS if invitation.asks_for_privileges else SALES
    return may_act(actor, invitation.provider_id, roles)


def may_forward(actor: Actor, invitation: Invitation) -> bool:
    """The reseller it was handed to, while the partnership is in force; nobody else."""
    partnership = invitation.partnership
    return (
        partnership is not None and partnership.is_active and may_act(actor, partnership.reseller_id, SALES)
    )


def may_withdraw_link(actor: Actor, link: InvitationLink) -> bool:
    """The provider withdraws any of its links; the reseller those it forwarded."""
    return may_manage_invitation(actor, link.invitation) or may_forward(actor, link.invitation)


def may_copy_link(actor: Actor, link: InvitationLink) -> bool:
    """Whoever sends a link may copy its address: the provider, or the reseller it was handed to."""
    return may_withdraw_link(actor, link)


def may_resend(actor: Actor, link: InvitationLink) -> bool:
    """The provider sends any of its links again; the reseller those it forwarded."""
    return may_withdraw_link(actor, link)


def may_request_invitation(actor: Actor) -> bool:
    """A reseller's sales people ask its providers for invitations: it can never make one itself."""
    partner = actor.partner
    return partner is not None and partner.is_reseller and may_act(actor, partner.pk, SALES)


def may_withdraw_request(actor: Actor, request: InvitationRequest) -> bool:
    """The reseller's sales people take back what they asked."""
    return may_act(actor, request.reseller_id, SALES)


def may_answer_request(actor: Actor, request: InvitationRequest) -> bool:
    """Whoever may make what is asked answers: agents where privileges are wanted."""
    return may_act(actor, request.provider_id, AGENTS if request.wants_privileges else SALES)


def may_decide_acceptance(actor: Actor, acceptance: Acceptance) -> bool:
    """The provider's agents confirm or refuse an answer."""
    return may_act(actor, acceptance.link.provider_id, AGENTS)


def may_note_microsoft(actor: Actor, relationship: Relationship) -> bool:
    """The provider's agents note the confirmation at Microsoft."""
    return may_act(actor, relationship.provider_id, AGENTS)


def may_assign(actor: Actor, customer: Customer) -> bool:
    """Only the provider assigns privileges; an indirect provider's agents."""
    return may_act(actor, customer.provider_id, AGENTS) and _has_resellers(actor)


def may_manage_assignment(actor: Actor, assignment: Assignment) -> bool:
    """The provider's agents withdraw an offer or revoke an assignment."""
    return may_act(actor, assignment.provider_id, AGENTS)


def may_answer_assignment(actor: Actor, assignment: Assignment) -> bool:
    """The reseller's agents accept, decline or give up, while the partnership is in force."""
    return (
        may_act(actor, assignment.reseller_id, AGENTS)
        and assignment.partnership.status == Partnership.Status.ACTIVE
    )


def may_accept_assignment(actor: Actor, assignment: Assignment) -> bool:
    """Whoever answers an offer accepts it: not under a suspended provider, nor one part of a hand-over."""
    return (
        may_answer_assignment(actor, assignment)
        and assignment.provider.is_active
        and assignment.hand_over_id is None
    )


def may_read_answers(actor: Actor, customer: Customer) -> bool:
    """The provider's people read what was answered by its own customers; staff any."""
    return actor.is_staff or actor.is_of(customer.provider_id)


def may_use(actor: Actor, customer: Customer, privilege: str, family: str | None, at: datetime) -> bool:
    """Say whether a reseller's member may act for the customer: only under a live assignment, decided now.

    Provisioning takes an agent; support takes the helpdesk too.
    """
    if actor.partner is None or not actor.partner.is_reseller:
        return False
    roles = HELPDESK if privilege == Privilege.SUPPORT else AGENTS
    return (
        may_act(actor, actor.partner.pk, roles)
        and Assignment.objects.live(at, family)
        .filter(reseller=actor.partner, customer=customer, privilege=privilege)
        .exists()
    )


def may_attest(actor: Actor, customer: Customer) -> bool:
    """The provider's account admins attest that a customer was theirs before."""
    return may_act(actor, customer.provider_id, ADMINS)


def may_attest_agreement(actor: Actor, relationship: Relationship) -> bool:
    """The provider's agents attest that the customer accepted the agreement, while the tie is active."""
    return relationship.is_active and may_act(actor, relationship.provider_id, AGENTS)


def may_hand_over(actor: Actor, provider_pk: int) -> bool:
    """An indirect provider's agents hand its customers from one reseller to another."""
    return may_act(actor, provider_pk, AGENTS) and _has_resellers(actor)


def may_withdraw_hand_over(actor: Actor, hand_over: HandOver) -> bool:
    """The provider's agents withdraw a hand-over without an answer."""
    return may_hand_over(actor, hand_over.provider_id)


def may_answer_hand_over(actor: Actor, hand_over: HandOver) -> bool:
    """The new reseller's agents accept or decline, while the partnership is in force."""
    return may_act(actor, hand_over.reseller_id, AGENTS) and hand_over.partnership.is_active


def may_propose_renewal(actor: Actor, customer: Customer) -> bool:
    """The provider's agents propose that privileges last longer; the customer alone decides it."""
    return may_act(actor, customer.provider_id, AGENTS)


def may_withdraw_renewal(actor: Actor, proposal: RenewalProposal) -> bool:
    """The provider's agents take back a proposal without an answer."""
    return may_act(actor, proposal.provider_id, AGENTS)
