"""The stories of an invitation as its provider makes it: make, open, issue, withdraw.

What becomes of its links is told in `custody.py`, what happens with the answer in `acceptances.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid5

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import custody, emails, places
from customers.models import Invitation, InvitationLink, Privilege, Route
from customers.terms import Recipient, Terms, columns, named_partnership, refuse_several, refuse_terms
from partners import activity
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.lifecycle import broke
from partners.models import Partner
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    MADE = "invitation.made", gettext_lazy("Invitation made")
    CHANGED = "invitation.changed", gettext_lazy("Draft of an invitation changed")
    OPENED = "invitation.opened", gettext_lazy("Invitation opened")
    HANDED_OVER = "invitation.handed_over", gettext_lazy("Invitation handed to a reseller")
    WITHDRAWN = "invitation.withdrawn", gettext_lazy("Invitation withdrawn")


activity.explain("asks", gettext_lazy("Asks for"), Privilege.choices)
activity.explain("granted", gettext_lazy("Granted"), Privilege.choices)


@dataclass(frozen=True, slots=True)
class Draft:
    """A draft somebody goes on with, as it was when the form was read."""

    pk: int
    version: int


@transaction.atomic
def make(
    provider: Partner, terms: Terms, *, by: Actor, at: datetime, to: Recipient | None = None
) -> Invitation:
    """Make a draft of an invitation; refuses terms the programme does not allow."""
    return save(provider, [terms], to=to, by=by, at=at)[0]


def write_draft(provider: Partner, terms: Terms, *, by: Actor, at: datetime) -> Invitation:
    """Return a new draft for another story to tell of; refuses terms the programme does not allow."""
    ((invitation, _verb),) = _write(provider, [terms], to=None, by=by, at=at, form=None, draft=None)
    return invitation


@transaction.atomic
def save(
    provider: Partner,
    terms: Sequence[Terms],
    *,
    to: Recipient | None,
    by: Actor,
    at: datetime,
    form: UUID | None = None,
    draft: Draft | None = None,
) -> list[Invitation]:
    """Save drafts, one for each reseller; the first takes the place of the `draft` one goes on with.

    Refuses the same `form` a second time, and a draft somebody else has changed since (`Stale`).
    """
    written = _write(provider, terms, to=to, by=by, at=at, form=form, draft=draft)
    for invitation, verb in written:
        if verb:
            places.record(verb, invitation, by=by, at=at, asks=list(invitation.asks))
    return [invitation for invitation, _verb in written]


def _write(
    provider: Partner,
    terms: Sequence[Terms],
    *,
    to: Recipient | None,
    by: Actor,
    at: datetime,
    form: UUID | None,
    draft: Draft | None,
) -> list[tuple[Invitation, Verb | None]]:
    """Write drafts and return each with what became of it; nothing is logged yet, the log is locked last."""
    if not by.is_of(provider.pk):
        raise Refused(_("Only a provider makes invitations. Ask yours for one."))
    refuse_several(len(terms), terms[0].customer if terms else None)
    written: list[tuple[Invitation, Verb | None]] = []
    for one, mark in zip(terms, marks(form, terms), strict=True):
        refuse_terms(provider, one, at=at)
        if draft is not None and not written:
            written.append(_rewrite(draft, one, to, by=by))
        else:
            written.append((_new(provider, one, to, by=by, at=at, form=mark), Verb.MADE))
    return written


def marks(form: UUID | None, terms: Sequence[Terms]) -> list[UUID | None]:
    """Return the mark of each invitation one form makes: the form's own, or one for each reseller."""
    if form is None or len(terms) == 1:
        return [form for _one in terms]
    return [uuid5(form, str(one.partnership.pk if one.partnership else "")) for one in terms]


def _new(
    provider: Partner, terms: Terms, to: Recipient | None, *, by: Actor, at: datetime, form: UUID | None
) -> Invitation:
    try:
        with transaction.atomic():
            return Invitation.objects.create(
                provider=provider, form=form, made_at=at, made_by=by.stamp, **columns(terms, to)
            )
    except IntegrityError as problem:
        if broke(problem, Invitation, "inv_one_per_form"):
            raise Refused(_("This invitation has already been made.")) from problem
        raise


def _rewrite(
    draft: Draft, terms: Terms, to: Recipient | None, *, by: Actor
) -> tuple[Invitation, Verb | None]:
    """Write over a draft; nothing happens when nothing differs."""
    invitation = Invitation.objects.lock(draft.pk)
    refuse_other(by, invitation.provider_id)
    if not invitation.is_draft:
        raise Refused(invitation.refusal(Invitation.Status.OPEN))
    if not (differ := differing(invitation, terms, to)):
        return invitation, None
    if invitation.version != draft.version:
        raise Stale(_("Somebody else has changed this draft since you opened it."))
    for name, (_saved, typed) in differ.items():
        setattr(invitation, name, typed)
    invitation.version += 1
    invitation.save()
    return invitation, Verb.CHANGED


def differing(draft: Invitation, terms: Terms, to: Recipient | None) -> dict[str, tuple[Any, Any]]:
    """Return, of what differs, what a draft holds and what was typed now."""
    pairs = ((name, getattr(draft, name), typed) for name, typed in columns(terms, to).items())
    return {name: (saved, typed) for name, saved, typed in pairs if saved != typed}


@transaction.atomic
def open_(invitation: Invitation, *, by: Actor, at: datetime) -> Invitation:
    """Open a draft: through a reseller this hands it over; to an address it names, this sends it.

    Refuses without a Partner Center link: the invitation keeps its own copy of it from here on.
    """
    invitation = Invitation.objects.lock(invitation.pk)
    to = Recipient(invitation.draft_email, invitation.draft_company) if invitation.draft_email else None
    _open(invitation, by=by, at=at)
    if to is not None:
        _send_first(invitation, to, by=by, at=at, copied=False)
    else:
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
    link = partner_center_link(invitation)
    if not link:
        raise Refused(_("First enter your Partner Center invitation link in the settings."))
    invitation.move(
        Invitation.Status.OPEN,
        opened_at=at,
        opened_by=by.stamp,
        partner_center_link=link,
        draft_email="",  # its link takes over
        draft_company="",
    )
    if not invitation.is_direct:
        emails.invitation_handed_over(invitation, at=at)


def partner_center_link(invitation: Invitation) -> str:
    """Return what an invitation is based on: the joint link naming its reseller, or the provider's own."""
    tie = invitation.partnership or named_partnership(invitation.provider, invitation.reseller)
    joint = tie.partner_center_link if tie and invitation.reseller_id == tie.reseller_id else ""
    return joint or invitation.provider.partner_center_link


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
    draft: Draft | None = None,
) -> Invitation:
    """Make and open an invitation, and send it to the customer or hand it to the reseller, in one go.

    The provider's own goes to a recipient (its link is only made when it is `copied`); one through a reseller
    has none yet. Refuses the same `form` a second time, so that a double click invites once.
    """
    if to is None:
        return issue_to_each(provider, [terms], by=by, at=at, form=form, draft=draft)[0]
    if terms.route != Route.DIRECT:
        raise Refused(_("An invitation goes to one address, or to a reseller who sends it on."))
    ((invitation, _verb),) = _write(provider, [terms], to=to, by=by, at=at, form=form, draft=draft)
    _open(invitation, by=by, at=at)
    _send_first(invitation, to, by=by, at=at, copied=copied, asks=list(invitation.asks))
    return invitation


def _send_first(
    invitation: Invitation, to: Recipient, *, by: Actor, at: datetime, copied: bool, **details: Any
) -> None:
    link, dead = places.place(invitation, to, by=by, at=at, copied=copied)
    places.record(
        custody.Verb.SENT,
        invitation,
        *dead,
        by=by,
        at=at,
        link=link,
        personal={"to": link.email},
        copied=copied,
        **details,
    )


@transaction.atomic
def issue_to_each(
    provider: Partner,
    terms: Sequence[Terms],
    *,
    by: Actor,
    at: datetime,
    form: UUID | None = None,
    draft: Draft | None = None,
) -> list[Invitation]:
    """Hand the same terms to several resellers at once: all of it happens, or nothing.

    Each gets an invitation of its own, so that custody stays single, and a row of the log of its own, because
    the reseller reads that row and must not learn who else was asked. The log is written after the last
    invitation: whoever holds its head must wait for nobody.
    """
    if any(one.route == Route.DIRECT for one in terms):
        raise Refused(_("An invitation goes to one address, or to a reseller who sends it on."))
    written = _write(provider, terms, to=None, by=by, at=at, form=form, draft=draft)
    handed = [invitation for invitation, _verb in written]
    for invitation in handed:
        _open(invitation, by=by, at=at)
    for invitation in handed:
        places.record(Verb.HANDED_OVER, invitation, by=by, at=at, asks=list(invitation.asks))
    return handed


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
