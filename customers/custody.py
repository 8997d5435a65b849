"""The stories of a link: sent, forwarded, sent again, withdrawn, declined, and asked for anew.

What happens with the answer is told in `acceptances.py`.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

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
    RESENT = "invitation.resent", gettext_lazy("Invitation sent again")
    LINK_WITHDRAWN = "invitation.link_withdrawn", gettext_lazy("Invitation link withdrawn")
    LINKS_WITHDRAWN = "invitation.links_withdrawn", gettext_lazy("Waiting links withdrawn")
    DECLINED = "invitation.declined", gettext_lazy("Invitation declined")
    ASKED_AGAIN = "invitation.asked_again", gettext_lazy("New link asked for")
    ASKING_CLOSED = "invitation.asking_closed", gettext_lazy("Wish for a new link closed")


activity.explain("company", gettext_lazy("Company"))
activity.explain("copied", gettext_lazy("Link copied by hand"))

MOST_AT_ONCE = 50
RESEND_GAP = timedelta(minutes=20)  # three times an hour at most


class SomeRefused(Refused):
    """Nobody was sent anything, because of these: the number of each in the list, and why."""

    def __init__(self, rows: Sequence[tuple[int, str]]) -> None:
        super().__init__(_("Nothing was sent. Correct the list and try again."))
        self.rows = rows


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
def send_many(
    invitation: Invitation, *, to: Sequence[Recipient], by: Actor, at: datetime
) -> list[InvitationLink]:
    """Send the provider's own invitation to several customers at once: to all of them, or to none."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_sending(invitation, by=by)
    return _place_many(Verb.SENT, invitation, to, by=by, at=at)


@transaction.atomic
def forward_many(
    invitation: Invitation, *, to: Sequence[Recipient], by: Actor, at: datetime
) -> list[InvitationLink]:
    """Send on, as the reseller, to several customers at once: to all of them, or to none."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_forwarding(invitation, by=by)
    return _place_many(Verb.FORWARDED, invitation, to, by=by, at=at, on_behalf_of=invitation.provider.name)


def _place_many(
    verb: str,
    invitation: Invitation,
    to: Sequence[Recipient],
    *,
    by: Actor,
    at: datetime,
    on_behalf_of: str = "",
) -> list[InvitationLink]:
    """Take a place for each, in one row of the log; refuses all of them for what is wrong with one."""
    if not 1 <= len(to) <= MOST_AT_ONCE:
        raise Refused(
            _("Between 1 and %(most)d addresses can be written to at once.") % {"most": MOST_AT_ONCE}
        )
    if len(to) > invitation.places_free:  # first: a full invitation must not tell whose an address is
        raise Refused(
            _("%(free)d of %(places)d places are free: too few for %(number)d addresses.")
            % {"free": invitation.places_free, "places": invitation.places, "number": len(to)}
        )
    links: list[InvitationLink] = []
    settled: list[InvitationLink] = []
    refused: list[tuple[int, str]] = []
    for number, one in enumerate(to, start=1):
        try:
            with transaction.atomic():
                link, others = places.place(invitation, one, by=by, at=at, copied=False)
        except Refused as refusal:
            refused.append((number, str(refusal)))
        else:
            links.append(link)
            settled += others
    if refused:
        raise SomeRefused(refused)
    places.record(
        verb,
        invitation,
        *links,
        *settled,
        by=by,
        at=at,
        on_behalf_of=on_behalf_of,
        personal={"to": [link.email for link in links]},
        company=", ".join(link.company for link in links),
    )
    return links


@transaction.atomic
def resend(link: InvitationLink, *, by: Actor, at: datetime, copied: bool = False) -> InvitationLink:
    """Send a link again, or only make it anew when it is `copied`: the address mailed before dies.

    One that lapsed waits again, if its invitation has a later date by now and a free place. Refuses what was
    answered or withdrawn, an invitation that no longer stands, and more than three times an hour.
    """
    invitation = Invitation.objects.lock(link.invitation_id)
    refuse_outsiders(invitation, by=by)
    link = InvitationLink.objects.select_related("provider", "customer").get(pk=link.pk)
    link.invitation = invitation
    refuse_resending(link, at=at)
    lapsed = link.status == InvitationLink.Status.LAPSED
    dead = places.revive(link, by=by, at=at) if lapsed else []
    InvitationLink.objects.filter(pk=link.pk).update(
        serial=F("serial") + 1,
        resent_at=at,
        resent_by=by.stamp,
        # The new address answers whoever asked; who holds it may ask again once it is dead too.
        asked_again_at=None,
        asked_closed_at=None,
        asked_closed_by="",
    )
    link.refresh_from_db(fields=["serial", "resent_at", "resent_by", "asked_again_at"])
    link.message = emails.invitation_sent(link, by=by, at=at, copied=copied)
    link.save(update_fields=["message"])
    places.record(
        Verb.RESENT, invitation, *dead, by=by, at=at, link=link, personal={"to": link.email}, copied=copied
    )
    return link


def refuse_resending(link: InvitationLink, *, at: datetime) -> None:
    """Refuse a link that must not be sent again, or not yet."""
    if link.status == InvitationLink.Status.DECLINED:
        raise Refused(_("The customer said no to it. Make a new invitation if it thinks better of it."))
    state = link.state_if_resent(at)
    if state != LinkState.LIVE:
        raise Refused(link.refusal_in(state))
    if link.is_suspended:
        raise Refused(_("This invitation cannot be sent now: a company it comes from is suspended."))
    if link.resent_at and at < link.resent_at + RESEND_GAP:
        left = -((at - link.resent_at - RESEND_GAP) // timedelta(minutes=1))
        raise Refused(
            ngettext(
                "It was sent again a moment ago. Try again in %(left)d minute.",
                "It was sent again a moment ago. Try again in %(left)d minutes.",
                left,
            )
            % {"left": left}
        )


@transaction.atomic
def withdraw_link(link: InvitationLink, *, by: Actor, at: datetime) -> None:
    """Withdraw one waiting link, as the provider or the reseller that sent it on; its place is free again."""
    invitation = Invitation.objects.lock(link.invitation_id)
    refuse_outsiders(invitation, by=by)
    link = InvitationLink.objects.get(pk=link.pk)
    places.end(link, InvitationLink.Status.WITHDRAWN, by=by, at=at)
    places.record(Verb.LINK_WITHDRAWN, invitation, by=by, at=at, link=link, personal={"to": link.email})


@transaction.atomic
def withdraw_links(invitation: Invitation, *, by: Actor, at: datetime) -> list[InvitationLink]:
    """Withdraw, as the reseller, all its links of an invitation that still wait; refuses if none does."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_forwarding(invitation, by=by)
    waiting = list(invitation.links.waiting())
    if not waiting:
        raise Refused(_("No link of this invitation waits for an answer."))
    for link in waiting:
        places.end(link, InvitationLink.Status.WITHDRAWN, by=by, at=at)
    places.record(
        Verb.LINKS_WITHDRAWN,
        invitation,
        *waiting,
        by=by,
        at=at,
        personal={"to": [link.email for link in waiting]},
    )
    return waiting


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


@transaction.atomic
def ask_again(link: InvitationLink, *, at: datetime) -> bool:
    """Note, once, that the holder of a dead link asks for a new one; return whether it is the first time."""
    invitation = Invitation.objects.lock(link.invitation_id)
    asking = InvitationLink.objects.filter(pk=link.pk, asked_again_at__isnull=True)
    if not asking.update(asked_again_at=at):
        return False
    by = Actor.customer(name=link.company, email=link.email, company=link.company)
    places.record(Verb.ASKED_AGAIN, invitation, by=by, at=at, link=link)
    return True


@transaction.atomic
def close_asking(link: InvitationLink, *, by: Actor, at: datetime) -> None:
    """Close, as the provider, the wish for a new link without sending one; refuses what nobody asks."""
    invitation = Invitation.objects.lock(link.invitation_id)
    refuse_other(by, invitation.provider_id)
    if (
        not InvitationLink.objects.asking_again()
        .filter(pk=link.pk)
        .update(asked_closed_at=at, asked_closed_by=by.stamp)
    ):
        raise Refused(_("Nobody asks for a new link here any more."))
    places.record(Verb.ASKING_CLOSED, invitation, by=by, at=at, link=link)


def note_fetched(link: InvitationLink, *, at: datetime) -> None:
    """Note, once, that the page was fetched: maybe by a person, maybe by a mail scanner."""
    InvitationLink.objects.filter(pk=link.pk, fetched_at__isnull=True).update(fetched_at=at)


def already_granted(link: InvitationLink) -> Relationship | None:
    """Return the active relationship of the customer this link was made for, if it has one."""
    if link.customer_id is None:
        return None
    return Relationship.objects.active().filter(customer=link.customer_id).first()
