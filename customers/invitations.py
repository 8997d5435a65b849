"""The stories of an invitation: make, open, send, forward, withdraw, decline.

What happens with the answer is told in `acceptances.py`.
"""

from datetime import datetime
from uuid import UUID

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import emails
from customers.models import Invitation, InvitationLink, Privilege, Relationship, Route
from customers.terms import Recipient, Terms, named_partnership, refuse_terms
from partners import activity
from partners.actor import Actor
from partners.addresses import clean_email, normalise_email, same_mailbox
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Membership, Partner, Partnership
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    MADE = "invitation.made", gettext_lazy("Invitation made")
    OPENED = "invitation.opened", gettext_lazy("Invitation opened")
    HANDED_OVER = "invitation.handed_over", gettext_lazy("Invitation handed to a reseller")
    SENT = "invitation.sent", gettext_lazy("Invitation sent")
    FORWARDED = "invitation.forwarded", gettext_lazy("Invitation forwarded")
    WITHDRAWN = "invitation.withdrawn", gettext_lazy("Invitation withdrawn")
    LINK_WITHDRAWN = "invitation.link_withdrawn", gettext_lazy("Invitation link withdrawn")
    DECLINED = "invitation.declined", gettext_lazy("Invitation declined")
    LAPSED = "invitation.lapsed", gettext_lazy("Invitation link expired")


activity.explain("asks", gettext_lazy("Asks for"), Privilege.choices)
activity.explain("granted", gettext_lazy("Granted"), Privilege.choices)
activity.explain("company", gettext_lazy("Company"))
activity.explain("copied", gettext_lazy("Link copied by hand"))


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
    activity.record(
        Verb.OPENED if invitation.is_direct else Verb.HANDED_OVER,
        by=by,
        at=at,
        provider=invitation.provider,
        about=invitation,
        customer=invitation.customer,
        seen_by=invitation.parties,
        details={"changed": activity.changed(invitation)},
    )
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
    link, dead = _place(invitation, to, by=by, at=at, copied=copied) if to else (None, [])
    activity.record(
        Verb.SENT if link else Verb.HANDED_OVER,
        by=by,
        at=at,
        provider=provider,
        about=invitation,
        customer=terms.customer,
        seen_by=invitation.parties,
        details={
            "changed": activity.changed(invitation, *([link] if link else []), *dead),
            "asks": list(invitation.asks),
            **({"copied": copied, "company": link.company} if link else {}),
        },
        personal={"to": link.email} if link else None,
    )
    return invitation


@transaction.atomic
def send(
    invitation: Invitation, *, to: Recipient, by: Actor, at: datetime, copied: bool = False
) -> InvitationLink:
    """Send the provider's own invitation to a customer, or only make the link when it is `copied`."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_other(by, invitation.provider_id)
    if not invitation.is_direct:
        raise Refused(_("This invitation was handed to a reseller, who sends it on."))
    link, dead = _place(invitation, to, by=by, at=at, copied=copied)
    activity.record(
        Verb.SENT,
        by=by,
        at=at,
        provider=invitation.provider,
        about=invitation,
        customer=link.customer,
        details={
            "changed": activity.changed(invitation, link, *dead),
            "copied": copied,
            "company": link.company,
        },
        personal={"to": link.email},
    )
    return link


@transaction.atomic
def forward(
    invitation: Invitation, *, to: Recipient, by: Actor, at: datetime, copied: bool = False
) -> InvitationLink:
    """Send on, as the reseller, an invitation a provider handed over: what it asks stays as it is."""
    invitation = Invitation.objects.lock(invitation.pk)
    partnership = invitation.partnership
    if partnership is None or not partnership.is_active or not by.is_of(partnership.reseller_id):
        raise Refused(_("This invitation was not handed to you."))
    link, dead = _place(invitation, to, by=by, at=at, copied=copied)
    activity.record(
        Verb.FORWARDED,
        by=by,
        at=at,
        provider=invitation.provider,
        about=invitation,
        customer=link.customer,
        seen_by=invitation.parties,
        on_behalf_of=invitation.provider.name,
        details={
            "changed": activity.changed(invitation, link, *dead),
            "copied": copied,
            "company": link.company,
        },
        personal={"to": link.email},
    )
    return link


def _place(
    invitation: Invitation, to: Recipient, *, by: Actor, at: datetime, copied: bool
) -> tuple[InvitationLink, list[InvitationLink]]:
    """Take one place of a locked invitation; return the link that fills it, and the dead ones it replaces."""
    if invitation.status != Invitation.Status.OPEN:
        raise Refused(invitation.refusal(Invitation.Status.USED_UP))
    if invitation.is_expired(at):
        raise Refused(_("This invitation has expired."))
    if not invitation.provider.is_active:
        raise Refused(_("This invitation cannot be sent now: the provider is suspended."))
    address = clean_email(to.email)
    dead = _lapse_dead(invitation.provider, address, by=by, at=at)
    if not _take_place(invitation):  # first: a full invitation must not tell whose an address is
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
        raise Refused(_already_waiting(invitation.provider, by)) from problem
    link.message = emails.invitation_sent(link, by=by, at=at, copied=copied)
    link.save(update_fields=["message"])
    invitation.refresh_from_db(fields=["places_taken"])
    return link, dead


def waiting_for(provider: Partner, address: str, *, at: datetime) -> InvitationLink | None:
    """Return the provider's link that waits at an address for an answer, if there is a living one."""
    return (
        InvitationLink.objects.waiting()
        .filter(provider=provider, email=normalise_email(address))
        .exclude(_is_dead(at))
        .select_related("invitation")
        .first()
    )


def refuse_address(provider: Partner, address: str, *, by: Actor, at: datetime) -> None:
    """Refuse an address that cannot be invited now; what sending would refuse, said before it is tried."""
    if not may_answer_for_customer(normalise_email(address), provider):
        raise Refused(_not_a_customers(provider, by))
    if waiting_for(provider, address, at=at):
        raise Refused(_already_waiting(provider, by))


def _already_waiting(provider: Partner, by: Actor) -> str:
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


def _is_dead(at: datetime) -> models.Q:
    """Say which waiting links can no longer be answered: expired, or handed over in a tie that has ended."""
    ended = ~models.Q(invitation__partnership__status=Partnership.Status.ACTIVE)
    return models.Q(invitation__expires_at__lte=at) | models.Q(invitation__partnership__isnull=False) & ended


def _lapse_dead(provider: Partner, address: str, *, by: Actor, at: datetime) -> list[InvitationLink]:
    """Lapse what is dead of the links to this address, so that it never blocks the living; return it."""
    waiting = InvitationLink.objects.waiting().filter(provider=provider, email=address)
    dead = list(waiting.filter(_is_dead(at)))
    for link in dead:
        link.move(InvitationLink.Status.LAPSED, answered_at=at, answered_by=by.stamp)
        _free_place(link)
    return dead


def _take_place(invitation: Invitation) -> bool:
    """Take one place, if one is free, in a single step that nobody can come between."""
    free = Invitation.objects.filter(pk=invitation.pk, places_taken__lt=F("places"))
    return bool(free.update(places_taken=F("places_taken") + 1))


def _free_place(link: InvitationLink) -> None:
    Invitation.objects.filter(pk=link.invitation_id, places_taken__gt=F("places_accepted")).update(
        places_taken=F("places_taken") - 1
    )


@transaction.atomic
def withdraw(invitation: Invitation, *, by: Actor, at: datetime) -> None:
    """Withdraw an invitation and every link of it that still waits."""
    invitation = Invitation.objects.lock(invitation.pk)
    refuse_other(by, invitation.provider_id)
    invitation.move(Invitation.Status.WITHDRAWN, withdrawn_at=at, withdrawn_by=by.stamp)
    dead = list(invitation.links.waiting())
    for link in dead:
        link.move(InvitationLink.Status.WITHDRAWN, answered_at=at, answered_by=by.stamp)
        _free_place(link)
    activity.record(
        Verb.WITHDRAWN,
        by=by,
        at=at,
        provider=invitation.provider,
        about=invitation,
        customer=invitation.customer,
        seen_by=invitation.parties,
        details={"changed": activity.changed(invitation, *dead)},
    )


@transaction.atomic
def withdraw_link(link: InvitationLink, *, by: Actor, at: datetime) -> None:
    """Withdraw one waiting link, as the provider or the reseller that sent it on; its place is free again."""
    invitation = Invitation.objects.lock(link.invitation_id)
    handed = invitation.partnership
    refuse_other(by, invitation.provider_id, handed.reseller_id if handed and handed.is_active else None)
    link = InvitationLink.objects.get(pk=link.pk)
    link.move(InvitationLink.Status.WITHDRAWN, answered_at=at, answered_by=by.stamp)
    _free_place(link)
    activity.record(
        Verb.LINK_WITHDRAWN,
        by=by,
        at=at,
        provider=invitation.provider,
        about=invitation,
        customer=link.customer,
        seen_by=invitation.parties,
        details={"changed": activity.changed(invitation, link), "company": link.company},
        personal={"to": link.email},
    )


@transaction.atomic
def decline(link: InvitationLink, *, reason: str, at: datetime) -> None:
    """Decline for the customer, who holds the link; the reason is optional. Refuses a dead link."""
    invitation = Invitation.objects.lock(link.invitation_id)
    link = InvitationLink.objects.select_related("provider", "customer").get(pk=link.pk)
    link.invitation = invitation
    refuse_dead(link, at=at)
    by = Actor.customer(name=link.company, email=link.email, company=link.company)
    link.decline(at=at, by=by.stamp, reason=reason)
    _free_place(link)
    emails.invitation_declined(link, at=at)
    activity.record(
        Verb.DECLINED,
        by=by,
        at=at,
        provider=invitation.provider,
        about=invitation,
        customer=link.customer,
        seen_by=invitation.parties,
        details={"changed": activity.changed(invitation, link), "company": link.company},
        personal={"reason": reason},
    )


def refuse_dead(link: InvitationLink, *, at: datetime) -> None:
    """Refuse a link that was answered or withdrawn, or whose terms no longer stand."""
    invitation = link.invitation
    if link.status != InvitationLink.Status.WAITING:
        raise Refused(link.refusal(InvitationLink.Status.ACCEPTED))
    if invitation.is_expired(at):
        raise Refused(_("This invitation has expired."))
    handed = invitation.partnership
    if invitation.status != Invitation.Status.OPEN or (handed and not handed.is_active):
        raise Refused(_("This invitation has been withdrawn."))
    if not link.provider.is_active or (handed and not handed.reseller.is_active):
        raise Refused(_("This invitation cannot be answered now."))


def note_fetched(link: InvitationLink, *, at: datetime) -> None:
    """Note, once, that the page was fetched: maybe by a person, maybe by a mail scanner."""
    InvitationLink.objects.filter(pk=link.pk, fetched_at__isnull=True).update(fetched_at=at)


def already_granted(link: InvitationLink) -> Relationship | None:
    """Return the active relationship of the customer this link was made for, if it has one."""
    if link.customer_id is None:
        return None
    return Relationship.objects.active().filter(customer=link.customer_id).first()


def tidy(at: datetime) -> int:
    """Move waiting links of expired invitations to lapsed; return how many."""
    moved = 0
    system = Actor.system()
    due = InvitationLink.objects.waiting().filter(invitation__expires_at__lte=at)
    for pk in due.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            link = InvitationLink.objects.get(pk=pk)
            invitation = Invitation.objects.lock(link.invitation_id)
            link.refresh_from_db()
            if link.status != InvitationLink.Status.WAITING or not invitation.is_expired(at):
                continue
            link.move(InvitationLink.Status.LAPSED, answered_at=at, answered_by=system.stamp)
            _free_place(link)
            activity.record(
                Verb.LAPSED,
                by=system,
                at=at,
                provider=invitation.provider,
                about=invitation,
                customer=link.customer,
                seen_by=invitation.parties,
                details={"changed": activity.changed(invitation, link), "company": link.company},
            )
            moved += 1
    return moved
