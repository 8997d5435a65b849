"""The stories of a request: a reseller asks for an invitation, and its provider makes one or says why not."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import custody_mails, invitations
from customers.models import Invitation, InvitationRequest, Route
from customers.models.invitation import MAX_PLACES
from customers.terms import Terms, end_of, usual_opening
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partnership
from partners.permissions import refuse_other

MOST_WAITING = 20  # requests of one reseller at one provider
MOST_A_DAY = 40  # those taken back again too: each one is a mail to everybody who may answer


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    MADE = "request.made", gettext_lazy("Invitation requested")
    WITHDRAWN = "request.withdrawn", gettext_lazy("Request for an invitation withdrawn")
    GRANTED = "request.granted", gettext_lazy("Request for an invitation granted")
    REFUSED = "request.refused", gettext_lazy("Request for an invitation refused")


@dataclass(frozen=True, slots=True)
class Wish:
    """What a reseller asks its provider to ask of customers."""

    wants_provisioning: bool
    wants_support: bool
    places: int
    note: str


@transaction.atomic
def make(partnership: Partnership, wish: Wish, *, by: Actor, at: datetime) -> InvitationRequest:
    """Ask the provider of a partnership in force for an invitation.

    Refuses one more when many wait, and when very many were made within a day.
    """
    partnership = (
        Partnership.objects.select_for_update(of=("self",))
        .select_related("provider", "reseller")
        .get(pk=partnership.pk)
    )
    refuse_other(by, partnership.reseller_id)
    if not partnership.is_active:
        raise Refused(_("You can only ask a provider you have an active partnership with."))
    if not (partnership.provider.is_active and partnership.reseller.is_active):
        raise Refused(_("Nothing can be asked now: one of the two companies is suspended."))
    if not 1 <= wish.places <= MAX_PLACES:
        raise Refused(_("An invitation serves between 1 and %(places)d customers.") % {"places": MAX_PLACES})
    if InvitationRequest.objects.waiting().filter(partnership=partnership).count() >= MOST_WAITING:
        raise Refused(_("Many of your requests wait already. The provider answers those first."))
    today = InvitationRequest.objects.filter(partnership=partnership, requested_at__gt=at - timedelta(days=1))
    if today.count() >= MOST_A_DAY:
        raise Refused(_("You have asked this provider very often today. Try again tomorrow."))
    request = InvitationRequest.objects.create(
        partnership=partnership,
        provider=partnership.provider,
        reseller=partnership.reseller,
        wants_provisioning=wish.wants_provisioning,
        wants_support=wish.wants_support,
        places=wish.places,
        note=wish.note,
        requested_at=at,
        requested_by=by.stamp,
    )
    custody_mails.invitation_requested(request, at=at)
    _record(Verb.MADE, request, by=by, at=at)
    return request


@transaction.atomic
def withdraw(request: InvitationRequest, *, by: Actor, at: datetime) -> None:
    """Take a request back, as the reseller; refuses one that was answered."""
    request = InvitationRequest.objects.lock(request.pk)
    refuse_other(by, request.reseller_id)
    request.move(InvitationRequest.Status.WITHDRAWN, answered_at=at, answered_by=by.stamp)
    _record(Verb.WITHDRAWN, request, by=by, at=at)


@transaction.atomic
def grant(request: InvitationRequest, *, by: Actor, at: datetime) -> Invitation:
    """Make the draft that was asked for, to be checked and handed over; refuses terms nobody may ask."""
    request = InvitationRequest.objects.lock(request.pk)
    refuse_other(by, request.provider_id)
    if not request.can_move(InvitationRequest.Status.GRANTED):
        raise Refused(request.refusal(InvitationRequest.Status.GRANTED))
    provider = request.provider
    language = "it" if str(request.reseller.country) == "IT" else "en"
    terms = Terms(
        route=Route.VIA_RESELLER,
        expires_at=end_of(
            at.astimezone(provider.zone).date() + timedelta(days=provider.expiry_days), provider
        ),
        partnership=request.partnership,
        reseller=request.reseller,
        asks_provisioning=request.wants_provisioning,
        asks_support=request.wants_support,
        privilege_days=provider.privilege_days,
        places=request.places,
        language=language,
        opening=usual_opening(provider, language),
    )
    invitation = invitations.write_draft(provider, terms, by=by, at=at)
    request.move(
        InvitationRequest.Status.GRANTED, answered_at=at, answered_by=by.stamp, invitation=invitation
    )
    custody_mails.request_answered(request, at=at)
    _record(Verb.GRANTED, request, invitation, by=by, at=at)
    return invitation


@transaction.atomic
def refuse(request: InvitationRequest, *, reason: str, by: Actor, at: datetime) -> None:
    """Say no to a request, and why; refuses to do so without a reason, or twice."""
    request = InvitationRequest.objects.lock(request.pk)
    refuse_other(by, request.provider_id)
    if not reason:
        raise Refused(_("Say why: the reseller reads it."))
    request.move(InvitationRequest.Status.REFUSED, answered_at=at, answered_by=by.stamp, reason=reason)
    custody_mails.request_answered(request, at=at)
    _record(Verb.REFUSED, request, by=by, at=at)


def _record(verb: str, request: InvitationRequest, *changed: models.Model, by: Actor, at: datetime) -> None:
    activity.record(
        verb,
        by=by,
        at=at,
        provider=request.provider,
        about=request,
        seen_by=[request.reseller],
        details={"changed": activity.changed(request, *changed)},
        personal={"note": request.note, "reason": request.reason},
    )
