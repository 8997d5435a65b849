"""The stories of an invitation as its provider makes it: make, open, issue, withdraw.

What becomes of its links is told in `custody.py`, what happens with the answer in `acceptances.py`.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import custody, emails, places
from customers.models import Invitation, InvitationLink, Privilege, Route
from customers.terms import Recipient, Terms, named_partnership, refuse_terms
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Partner
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    MADE = "invitation.made", gettext_lazy("Invitation made")
    OPENED = "invitation.opened", gettext_lazy("Invitation opened")
    HANDED_OVER = "invitation.handed_over", gettext_lazy("Invitation handed to a reseller")
    WITHDRAWN = "invitation.withdrawn", gettext_lazy("Invitation withdrawn")


activity.explain("asks", gettext_lazy("Asks for"), Privilege.choices)
activity.explain("granted", gettext_lazy("Granted"), Privilege.choices)


@transaction.atomic
def make(provider: Partner, terms: Terms, *, by: Actor, at: datetime) -> Invitation:
    """Make a draft of an invitation; refuses terms the programme does not allow."""
    invitation = _draft(provider, terms, by=by, at=at)
    activity.record(
        Verb.MADE,
        by=by,
        at=at,
        provider=provider,
        about=invitation,
        customer=terms.customer,
        details={"changed": activity.changed(invitation), "asks": list(invitation.asks)},
    )
    return invitation


def _draft(
    provider: Partner, terms: Terms, *, by: Actor, at: datetime, form: UUID | None = None
) -> Invitation:
    if not by.is_of(provider.pk):
        raise Refused(_("Only a provider makes invitations. Ask yours for one."))
    refuse_terms(provider, terms, at=at)
    return Invitation.objects.create(
        provider=provider,
        form=form,
        route=terms.route,
        partnership=terms.partnership,
        reseller=terms.reseller,
        customer=terms.customer,
        asks_provisioning=terms.asks_provisioning,
        asks_support=terms.asks_support,
        privilege_days=terms.privilege_days,
        language=terms.language,
        opening=terms.opening,
        places=terms.places,
        expires_at=terms.expires_at,
        made_at=at,
        made_by=by.stamp,
    )


@transaction.atomic
def open_(invitation: Invitation, *, by: Actor, at: datetime) -> Invitation:
    """Open a draft, so that it can be sent; through a reseller, this hands it over.

    Refuses without a Partner Center link: the invitation keeps its own copy of it from here on.
    """
    invitation = Invitation.objects.lock(invitation.pk)
    _open(invitation, by=by, at=at)
    verb = Verb.OPENED if invitation.is_direct else Verb.HANDED_OVER
    places.record(verb, invitation, by=by, at=at)
    return invitation


def _open(invitation: Invitation, *, by: Actor, at: datetime) -> None:
    """Open a draft nobody else can touch, based on the joint Partner Center link or the provider's own."""
    refuse_other(by, invitation.provider_id)
    handed = invitation.partnership
    if handed and not (handed.is_active and handed.reseller.is_active):
        raise Refused(_("This reseller can no longer send the invitation on."))
    if invitation.is_expired(at):
        raise Refused(_("This invitation has expired."))
    tie = invitation.partnership or named_partnership(invitation.provider, invitation.reseller)
    joint = tie.partner_center_link if tie and invitation.reseller_id == tie.reseller_id else ""
    link = joint or invitation.provider.partner_center_link
    if not link:
        raise Refused(_("First enter your Partner Center invitation link in the settings."))
    invitation.move(Invitation.Status.OPEN, opened_at=at, opened_by=by.stamp, partner_center_link=link)
    if not invitation.is_direct:
        emails.invitation_handed_over(invitation, at=at)


@transaction.atomic
def issue(
    provider: Partner,
    terms: Terms,
    *,
    to: Recipient | None,
    by: Actor,
    at: datetime,
    copied: bool = False,
    form: UUID | None = None,
) -> Invitation:
    """Make and open an invitation, and send it to the customer or hand it to the reseller, in one go.

    The provider's own goes to a recipient (its link is only made when it is `copied`); one through a reseller
    has none yet. Refuses the same `form` a second time, so that a double click invites once.
    """
    if (to is None) is (terms.route == Route.DIRECT):
        raise Refused(_("An invitation goes to one address, or to a reseller who sends it on."))
    try:
        with transaction.atomic():
            invitation = _draft(provider, terms, by=by, at=at, form=form)
    except IntegrityError as problem:
        if broke(problem, Invitation, "inv_one_per_form"):
            raise Refused(_("This invitation has already been made.")) from problem
        raise
    _open(invitation, by=by, at=at)
    asks = list(invitation.asks)
    if to is None:
        places.record(Verb.HANDED_OVER, invitation, by=by, at=at, asks=asks)
        return invitation
    link, dead = places.place(invitation, to, by=by, at=at, copied=copied)
    places.record(
        custody.Verb.SENT,
        invitation,
        *dead,
        by=by,
        at=at,
        link=link,
        personal={"to": link.email},
        asks=asks,
        copied=copied,
    )
    return invitation


@transaction.atomic
def withdraw(invitation: Invitation, *, by: Actor, at: datetime) -> None:
    """Withdraw an invitation and every link of it that still waits."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_other(by, invitation.provider_id)
    invitation.move(Invitation.Status.WITHDRAWN, withdrawn_at=at, withdrawn_by=by.stamp)
    dead = list(invitation.links.waiting())
    for link in dead:
        places.end(link, InvitationLink.Status.WITHDRAWN, by=by, at=at)
    places.record(Verb.WITHDRAWN, invitation, *dead, by=by, at=at)
