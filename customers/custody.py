"""The stories of a link: sent, forwarded, withdrawn, declined; who has it in hand, and may do what with it.

What happens with the answer is told in `acceptances.py`.
"""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import emails, places
from customers.models import Invitation, InvitationLink, LinkState, Relationship
from customers.terms import Recipient
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    SENT = "invitation.sent", gettext_lazy("Invitation sent")
    FORWARDED = "invitation.forwarded", gettext_lazy("Invitation forwarded")
    LINK_WITHDRAWN = "invitation.link_withdrawn", gettext_lazy("Invitation link withdrawn")
    DECLINED = "invitation.declined", gettext_lazy("Invitation declined")


activity.explain("company", gettext_lazy("Company"))
activity.explain("copied", gettext_lazy("Link copied by hand"))


@transaction.atomic
def send(
    invitation: Invitation, *, to: Recipient, by: Actor, at: datetime, copied: bool = False
) -> InvitationLink:
    """Send the provider's own invitation to a customer, or only make the link when it is `copied`."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_sending(invitation, by=by)
    link, dead = places.place(invitation, to, by=by, at=at, copied=copied)
    places.record(
        Verb.SENT, invitation, *dead, by=by, at=at, link=link, personal={"to": link.email}, copied=copied
    )
    return link


def refuse_sending(invitation: Invitation, *, by: Actor) -> None:
    """Refuse whoever is not the provider, and what is in a reseller's hands."""
    refuse_other(by, invitation.provider_id)
    if not invitation.is_direct:
        raise Refused(_("This invitation was handed to a reseller, who sends it on."))


@transaction.atomic
def forward(
    invitation: Invitation, *, to: Recipient, by: Actor, at: datetime, copied: bool = False
) -> InvitationLink:
    """Send on, as the reseller, an invitation a provider handed over: what it asks stays as it is."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_forwarding(invitation, by=by)
    link, dead = places.place(invitation, to, by=by, at=at, copied=copied)
    places.record(
        Verb.FORWARDED,
        invitation,
        *dead,
        by=by,
        at=at,
        link=link,
        on_behalf_of=invitation.provider.name,
        personal={"to": link.email},
        copied=copied,
    )
    return link


def refuse_forwarding(invitation: Invitation, *, by: Actor) -> None:
    """Refuse whoever does not hold the invitation as a reseller, in a partnership in force."""
    partnership = invitation.partnership
    if partnership is None or not partnership.is_active or not by.is_of(partnership.reseller_id):
        raise Refused(_("This invitation was not handed to you."))


@transaction.atomic
def withdraw_link(link: InvitationLink, *, by: Actor, at: datetime) -> None:
    """Withdraw one waiting link, as the provider or the reseller that sent it on; its place is free again."""
    invitation = Invitation.objects.lock(link.invitation_id)
    refuse_outsiders(invitation, by=by)
    link = InvitationLink.objects.get(pk=link.pk)
    places.end(link, InvitationLink.Status.WITHDRAWN, by=by, at=at)
    places.record(Verb.LINK_WITHDRAWN, invitation, by=by, at=at, link=link, personal={"to": link.email})


def refuse_outsiders(invitation: Invitation, *, by: Actor) -> None:
    """Refuse whoever is neither the provider nor the reseller that holds it in a partnership in force."""
    handed = invitation.partnership
    refuse_other(by, invitation.provider_id, handed.reseller_id if handed and handed.is_active else None)


@transaction.atomic
def decline(link: InvitationLink, *, reason: str, at: datetime) -> None:
    """Decline for the customer, who holds the link; the reason is optional. Refuses a dead link."""
    invitation = Invitation.objects.lock(link.invitation_id)
    link = InvitationLink.objects.select_related("provider", "customer").get(pk=link.pk)
    link.invitation = invitation
    refuse_dead(link, at=at)
    by = Actor.customer(name=link.company, email=link.email, company=link.company)
    places.end(link, InvitationLink.Status.DECLINED, by=by, at=at, decline_reason=reason)
    emails.invitation_declined(link, at=at)
    places.record(Verb.DECLINED, invitation, by=by, at=at, link=link, personal={"reason": reason})


def refuse_dead(link: InvitationLink, *, at: datetime) -> None:
    """Refuse a link that was answered or withdrawn, or whose terms no longer stand."""
    state = link.state_at(at)
    if state != LinkState.LIVE:
        raise Refused(link.refusal_in(state))
    if link.is_suspended:
        raise Refused(_("This invitation cannot be answered now."))


def note_fetched(link: InvitationLink, *, at: datetime) -> None:
    """Note, once, that the page was fetched: maybe by a person, maybe by a mail scanner."""
    InvitationLink.objects.filter(pk=link.pk, fetched_at__isnull=True).update(fetched_at=at)


def already_granted(link: InvitationLink) -> Relationship | None:
    """Return the active relationship of the customer this link was made for, if it has one."""
    if link.customer_id is None:
        return None
    return Relationship.objects.active().filter(customer=link.customer_id).first()
