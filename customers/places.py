"""The places of an invitation: how a link takes one, whose address may hold it, how it becomes free again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils.translation import gettext as _

from customers import emails
from customers.models import Invitation, InvitationLink
from customers.terms import Recipient
from partners import activity
from partners.actor import Actor
from partners.addresses import clean_email, normalise_email, same_mailbox
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Membership, Partner, Partnership


def place(
    invitation: Invitation, to: Recipient, *, by: Actor, at: datetime, copied: bool
) -> tuple[InvitationLink, list[InvitationLink]]:
    """Take one place of a locked invitation; return the link that fills it, and the others it settles.

    Those are the dead ones it replaces, and those whose holder asked for a new one.
    """
    if invitation.status != Invitation.Status.OPEN:
        raise Refused(invitation.refusal(Invitation.Status.USED_UP))
    if invitation.is_expired(at):
        raise Refused(_("This invitation has expired."))
    if not invitation.provider.is_active:
        raise Refused(_("This invitation cannot be sent now: the provider is suspended."))
    address = clean_email(to.email)
    dead = lapse_dead(invitation.provider, address, by=by, at=at)
    if not take(invitation):  # first: a full invitation must not tell whose an address is
        raise Refused(_("No place is free on this invitation."))
    if not may_answer_for_customer(address, invitation.provider):
        raise Refused(_not_a_customers(invitation.provider, by))
    try:
        with transaction.atomic():
            link = InvitationLink.objects.create(
                invitation=invitation,
                provider=invitation.provider,
                customer=invitation.customer,
                email=address,
                company=to.company,
                covering=to.covering,
                made_at=at,
                made_by=by.stamp,
            )
    except IntegrityError as problem:
        if not broke(problem, InvitationLink, "link_one_waiting_per_address"):
            raise
        raise Refused(already_waiting(invitation.provider, by)) from problem
    link.message = emails.invitation_sent(link, by=by, at=at, copied=copied)
    link.save(update_fields=["message"])
    invitation.refresh_from_db(fields=["places_taken"])
    return link, [*dead, *_answer_askings(invitation.provider, address, by=by, at=at)]


def revive(link: InvitationLink, *, by: Actor, at: datetime) -> list[InvitationLink]:
    """Give a lapsed link of a locked invitation a place again; return the dead ones it puts out of its way.

    Refuses without a free place, or where it would be the second that waits at its address.
    """
    dead = lapse_dead(link.provider, link.email, by=by, at=at)
    if not take(link.invitation):
        raise Refused(_("No place is free on this invitation."))
    try:
        with transaction.atomic():
            link.move(InvitationLink.Status.WAITING, answered_at=None, answered_by="")
    except IntegrityError as problem:
        if not broke(problem, InvitationLink, "link_one_waiting_per_address"):
            raise
        raise Refused(already_waiting(link.invitation.provider, by)) from problem
    return dead


def _answer_askings(provider: Partner, address: str, *, by: Actor, at: datetime) -> list[InvitationLink]:
    """Close what holders of dead links at this address asked: here is the new one. Return their links."""
    rows = InvitationLink.objects.asking_again().filter(provider=provider, email=address)
    asking = list(rows.select_related("invitation"))
    InvitationLink.objects.filter(pk__in=[link.pk for link in asking]).update(
        asked_closed_at=at, asked_closed_by=by.stamp
    )
    return asking


def take(invitation: Invitation) -> bool:
    """Take one place, if one is free, in a single step that nobody can come between."""
    free_ones = Invitation.objects.filter(pk=invitation.pk, places_taken__lt=F("places"))
    return bool(free_ones.update(places_taken=F("places_taken") + 1))


def free(link: InvitationLink) -> None:
    """Give back the place of a link that no longer waits and was not accepted."""
    Invitation.objects.filter(pk=link.invitation_id, places_taken__gt=F("places_accepted")).update(
        places_taken=F("places_taken") - 1
    )


def end(link: InvitationLink, status: str, *, by: Actor, at: datetime, **facts: Any) -> None:
    """Close a waiting link without an acceptance; its place is free again."""
    link.move(status, answered_at=at, answered_by=by.stamp, **facts)
    free(link)


def lapse_dead(provider: Partner, address: str, *, by: Actor, at: datetime) -> list[InvitationLink]:
    """Lapse what is dead of the links to this address, so that it never blocks the living; return it."""
    rows = InvitationLink.objects.dead(at).filter(provider=provider, email=address)
    dead = list(rows.select_related("invitation"))
    for link in dead:
        end(link, InvitationLink.Status.LAPSED, by=by, at=at)
    return dead


def record(
    verb: str,
    invitation: Invitation,
    *changed: models.Model,
    by: Actor,
    at: datetime,
    link: InvitationLink | None = None,
    personal: Mapping[str, Any] | None = None,
    on_behalf_of: str = "",
    **details: Any,
) -> None:
    """Write what happened to an invitation, and to the `link` it is about, for all who have it in hand.

    A draft is its provider's alone, and so is what happens once the partnership has ended.
    """
    handed = invitation.partnership
    shared = not invitation.is_draft and (handed is None or handed.is_active)
    about_link = {"company": link.company} if link else {}
    if handed is not None and shared:
        # A reseller reads it: whom else an address heard from is not its affair.
        changed = tuple(
            one
            for one in changed
            if not isinstance(one, InvitationLink) or one.invitation.partnership_id == handed.pk
        )
    activity.record(
        verb,
        by=by,
        at=at,
        provider=invitation.provider,
        about=invitation,
        customer=link.customer if link else invitation.customer,
        seen_by=invitation.parties if shared else [],
        on_behalf_of=on_behalf_of,
        details={
            "changed": activity.changed(invitation, *([link] if link else []), *changed),
            **about_link,
            **details,
        },
        personal=personal,
    )


# --- addresses ---------------------------------------------------------------------------------


def may_answer_for_customer(address: str, provider: Partner) -> bool:
    """Say whether an address may answer an invitation: not one of the provider's or its resellers' users.

    Nor one that only tags such an address: its mail comes to the same mailbox.
    """
    resellers = Partnership.objects.active().filter(provider=provider).values("reseller")
    return (
        not Membership.objects.filter(same_mailbox(address, "user__email"))
        .filter(models.Q(partner=provider) | models.Q(partner__in=resellers))
        .exists()
    )


def waiting_for(provider: Partner, address: str, *, at: datetime) -> InvitationLink | None:
    """Return the provider's link that waits at an address for an answer, if there is a living one."""
    return (
        InvitationLink.objects.live(at)
        .filter(provider=provider, email=normalise_email(address))
        .select_related("invitation")
        .first()
    )


def refuse_address(provider: Partner, address: str, *, by: Actor, at: datetime) -> None:
    """Refuse an address that cannot be invited now; what sending would refuse, said before it is tried."""
    if not may_answer_for_customer(normalise_email(address), provider):
        raise Refused(_not_a_customers(provider, by))
    if waiting_for(provider, address, at=at):
        raise Refused(already_waiting(provider, by))


def already_waiting(provider: Partner, by: Actor) -> str:
    """Word that an address has a living link; to a reseller, not even that."""
    if by.is_of(provider.pk):
        return _("An invitation to this address is already waiting for an answer.")
    return _neutral()


def _not_a_customers(provider: Partner, by: Actor) -> str:
    if by.is_of(provider.pk):
        return _("This address cannot be invited: it is not a customer's.")
    return _neutral()


def _neutral() -> str:
    """Word a refusal to a reseller: neither who else invited this address, nor whose it is."""
    return _("This address cannot be invited now.")
