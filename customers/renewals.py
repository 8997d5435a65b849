"""The stories of renewal: the provider proposes, the customer answers on one page.

An answer moves the end of the same grant; it never adds a privilege. Resellers left ticked go on with it.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import links, notices
from customers.models import (
    Assignment,
    Contact,
    Grant,
    MailedCode,
    Privilege,
    Purpose,
    Relationship,
    RenewalProposal,
)
from customers.models.invitation import MAX_PRIVILEGE_DAYS
from customers.models.privilege import start_of, utc_day
from customers.privileges import contact_actor
from partners import activity
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Partner
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    PROPOSED = "renewal.proposed", gettext_lazy("Renewal of privileges proposed")
    ACCEPTED = "renewal.accepted", gettext_lazy("Privileges renewed by the customer")
    DECLINED = "renewal.declined", gettext_lazy("Renewal declined by the customer")
    WITHDRAWN = "renewal.withdrawn", gettext_lazy("Proposal of a renewal withdrawn")
    LAPSED = "renewal.lapsed", gettext_lazy("Proposal of a renewal lapsed")


activity.explain("privileges", gettext_lazy("Privileges"), Privilege.choices)
activity.explain("days", gettext_lazy("Days"))
activity.explain("ends", gettext_lazy("Last day"))


@dataclass(frozen=True, slots=True)
class Terms:
    """What a provider proposes: which privileges, for how many days from the answer, in which words."""

    privileges: frozenset[str]
    days: int
    opening: str = ""


@dataclass(frozen=True, slots=True)
class Renewable:
    """A grant the customer can renew, and what resellers hold of it.

    `along` ends with the grant and may go on with it; `apart` ends on a day of its own, which only the
    provider decides, and keeps it.
    """

    grant: Grant
    along: list[Assignment]
    apart: list[Assignment]


@dataclass(frozen=True, slots=True)
class Choice:
    """What the customer ticked: privileges, their last day, and the assignments that go on with them."""

    privileges: frozenset[str]
    ends_on: date
    go_on: frozenset[int]


# --- the provider ------------------------------------------------------------------------------


@transaction.atomic
def propose(relationship: Relationship, terms: Terms, *, by: Actor, at: datetime) -> RenewalProposal:
    """Propose to the customer that some of its grants last longer; it waits until the first of them ends.

    Refuses what is not granted now, an end no later than the one there is, and a second waiting proposal.
    """
    relationship = Relationship.objects.lock(relationship.pk)
    refuse_other(by, relationship.provider_id)
    dead = list(relationship.renewals.past(at))
    for proposal in dead:
        proposal.move(RenewalProposal.Status.LAPSED, answered_at=at, answered_by=by.stamp)
    grants = _to_propose(relationship, terms, at=at)
    try:
        with transaction.atomic():
            proposal = RenewalProposal.objects.create(
                relationship=relationship,
                provider=relationship.provider,
                customer=relationship.customer,
                renews_provisioning=Privilege.PROVISIONING in terms.privileges,
                renews_support=Privilege.SUPPORT in terms.privileges,
                privilege_days=terms.days,
                opening=terms.opening,
                proposed_at=at,
                proposed_by=by.stamp,
                expires_at=start_of(min(grant.ends_on for grant in grants) + timedelta(days=1)),
            )
    except IntegrityError as problem:
        if broke(problem, RenewalProposal, "renewal_one_waiting"):
            raise Refused(_("A proposal to renew already waits for this customer's answer.")) from problem
        raise
    notices.renewal_proposed(proposal, grants, at=at)
    _record(Verb.PROPOSED, proposal, *dead, by=by, at=at)
    return proposal


def _to_propose(relationship: Relationship, terms: Terms, *, at: datetime) -> list[Grant]:
    """Return the grants a proposal is about; refuses one that cannot be made."""
    if not relationship.is_active:
        raise Refused(_("Only under an active relationship are there privileges to renew."))
    if not relationship.provider.is_active:
        raise Refused(_("A suspended company cannot propose a renewal."))
    if not terms.privileges:
        raise Refused(_("Choose at least one privilege to renew."))
    if not 1 <= terms.days <= MAX_PRIVILEGE_DAYS:
        raise Refused(_("Privileges last 1 to %(days)d days.") % {"days": MAX_PRIVILEGE_DAYS})
    grants = list(relationship.grants.live(at).filter(privilege__in=terms.privileges).order_by("privilege"))
    if {grant.privilege for grant in grants} != terms.privileges:
        raise Refused(
            _("Only what the customer grants today can be renewed. For anything else, invite it again.")
        )
    last = utc_day(at) + timedelta(days=terms.days)
    if any(grant.ends_on >= last for grant in grants):
        raise Refused(_("So many days from now, it would end no later than it does already."))
    if not relationship.customer.contacts.confirmed().exists():
        raise Refused(_("Nobody at the customer has a confirmed address to answer from. Invite it again."))
    return grants


@transaction.atomic
def withdraw(proposal: RenewalProposal, *, by: Actor, at: datetime) -> None:
    """Withdraw, as the provider, a proposal without an answer; the privileges end as they would have."""
    proposal = _lock(proposal)
    refuse_other(by, proposal.provider_id)
    proposal.move(RenewalProposal.Status.WITHDRAWN, answered_at=at, answered_by=by.stamp)
    _record(Verb.WITHDRAWN, proposal, by=by, at=at)


# --- the customer ------------------------------------------------------------------------------


def why_closed(proposal: RenewalProposal, *, at: datetime) -> str:
    """Say why a proposal can no longer be answered, empty if it can; reads relationship and provider."""
    names = {"provider": proposal.provider.name}
    match proposal.status:
        case RenewalProposal.Status.ACCEPTED:
            return _("You have already agreed to this. Your page shows what holds now.")
        case RenewalProposal.Status.DECLINED:
            return _("You have already said no to this. If you changed your mind, ask %(provider)s.") % names
        case RenewalProposal.Status.WITHDRAWN:
            return _("%(provider)s has taken this proposal back.") % names
    if proposal.status == RenewalProposal.Status.LAPSED or proposal.expires_at <= at:
        return (
            _("The time for an answer is over. What has ended needs a new invitation of %(provider)s.")
            % names
        )
    if not proposal.relationship.is_active:
        return _("Your relationship with %(provider)s has ended: there is nothing to renew.") % names
    if not proposal.provider.is_active:
        return _("%(provider)s cannot act for you at present, so nothing can be renewed.") % names
    if not _grants(proposal, at=at).exists():
        return (
            _("What this was about is no longer in force. It takes a new invitation of %(provider)s.") % names
        )
    return ""


def _grants(proposal: RenewalProposal, *, at: datetime) -> models.QuerySet[Grant]:
    """Return the grants it would renew, as far as they are in force."""
    return (
        Grant.objects.live(at)
        .filter(relationship=proposal.relationship_id, privilege__in=proposal.renews)
        .order_by("privilege")
    )


def renewable(proposal: RenewalProposal, *, at: datetime) -> list[Renewable]:
    """Return what the customer can tick now; resellers that are suspended do not go on."""
    grants = _grants(proposal, at=at).select_related("relationship", "provider", "customer")
    return [_with_resellers(grant, at=at) for grant in grants]


def _with_resellers(grant: Grant, *, at: datetime) -> Renewable:
    held = (
        grant.assignments.held(at)
        .filter(status=Assignment.Status.ACTIVE)
        .select_related("reseller", "provider", "customer")
        .order_by("reseller__name", "family", "pk")
    )
    along = [one for one in held if one.ends_on == grant.ends_on and one.reseller.is_active]
    return Renewable(grant, along, [one for one in held if one not in along])


@transaction.atomic
def ask_to_answer(proposal: RenewalProposal, contact: Contact, *, at: datetime) -> MailedCode:
    """Mail the confirmed contact the code that completes its yes."""
    proposal = _lock(proposal)  # the codes of an hour are counted one after the other
    _refuse_closed(proposal, contact, at=at)
    code = links.make_code(Purpose.RENEW, proposal.pk, contact.email, at=at)
    notices.renewal_code(code, proposal, contact, at=at)
    return code


@transaction.atomic
def accept(
    proposal: RenewalProposal, contact: Contact, code: MailedCode, choice: Choice, *, at: datetime
) -> RenewalProposal:
    """Renew, for the customer, what it ticked: the same grants end later, resellers left ticked with them.

    Refuses more than was proposed, a last day beyond the proposed one, and a proposal that is closed.
    """
    if (code.purpose, code.object_ref, code.email) != (Purpose.RENEW, proposal.pk, contact.email):
        raise Refused(_("This code was not mailed for this renewal."))
    proposal = _lock(proposal)
    _refuse_closed(proposal, contact, at=at)
    _refuse_choice(proposal, choice, at=at)
    links.use_code(code, at=at)
    by = contact_actor(contact)
    items = [_with_resellers(grant, at=at) for grant in _lock_chosen(proposal, choice, at=at)]
    if choice.go_on - {one.pk for item in items for one in item.along}:
        raise Refused(_("A reseller you ticked no longer holds its privilege. Look again and choose anew."))
    ends = {f"renews_{item.grant.privilege}": [item.grant.ends_on, choice.ends_on] for item in items}
    go_on, cut = _move_ends(items, choice, at=at)
    stay = [one for item in items for one in (*item.along, *item.apart) if one.pk not in choice.go_on]
    proposal.move(RenewalProposal.Status.ACCEPTED, answered_at=at, answered_by=by.stamp)
    grants = [item.grant for item in items]
    notices.renewal_accepted(proposal, grants, go_on, stay, at=at)
    _record(
        Verb.ACCEPTED,
        proposal,
        *grants,
        *go_on,
        *cut,
        by=by,
        at=at,
        renewed=choice.privileges,
        ends=ends,
        seen_by=[one.reseller for one in (*go_on, *stay)],
    )
    return proposal


def _refuse_closed(proposal: RenewalProposal, contact: Contact, *, at: datetime) -> None:
    if proposal.customer_id != contact.customer_id:
        raise Refused(_("This is not one of your renewals."))
    if why := why_closed(proposal, at=at):
        raise Refused(why)


def _refuse_choice(proposal: RenewalProposal, choice: Choice, *, at: datetime) -> None:
    today = utc_day(at)
    if not choice.privileges:
        raise Refused(_("Nothing is ticked. To say no, decline."))
    if not choice.privileges <= set(proposal.renews):
        raise Refused(_("Only what was proposed can be renewed."))
    if not today <= choice.ends_on <= proposal.last_day(today):
        raise Refused(_("The last day must lie between today and the day that was proposed."))


def _lock_chosen(proposal: RenewalProposal, choice: Choice, *, at: datetime) -> list[Grant]:
    """Lock the grants that were ticked; refuses one that has ended meanwhile."""
    keys = _grants(proposal, at=at).filter(privilege__in=choice.privileges).values_list("pk", flat=True)
    grants = [Grant.objects.lock(pk) for pk in sorted(keys)]
    if {grant.privilege for grant in grants if grant.is_live(at)} != choice.privileges:
        raise Refused(_("A privilege you ticked has ended meanwhile: it takes a new invitation."))
    return grants


def _move_ends(
    items: Iterable[Renewable], choice: Choice, *, at: datetime
) -> tuple[list[Assignment], list[Assignment]]:
    """Move the ends of grants and of what goes on with them; return what goes on and what was cut short.

    What does not go on keeps its end, and never lasts longer than its grant. Warnings begin anew.
    """
    go_on: list[Assignment] = []
    cut: list[Assignment] = []
    for item in items:
        grant = item.grant
        grant.ends_on, grant.answered_on, grant.warned_days = choice.ends_on, utc_day(at), None
        grant.save(update_fields=["ends_on", "answered_on", "warned_days"])
        along = [one for one in item.along if one.pk in choice.go_on]
        longer = grant.assignments.filter(
            status__in=[Assignment.Status.OFFERED, Assignment.Status.ACTIVE], ends_on__gt=choice.ends_on
        )
        short = list(longer.exclude(pk__in=choice.go_on))
        for one in (*along, *short):
            one.ends_on, one.warned_days = choice.ends_on, None
            one.save(update_fields=["ends_on", "warned_days"])
        go_on += along
        cut += short
    return go_on, cut


@transaction.atomic
def decline(proposal: RenewalProposal, contact: Contact, *, reason: str, at: datetime) -> None:
    """Say no for the customer, with a reason or without; what it granted ends as it would have."""
    proposal = _lock(proposal)
    _refuse_closed(proposal, contact, at=at)
    by = contact_actor(contact)
    proposal.move(
        RenewalProposal.Status.DECLINED, answered_at=at, answered_by=by.stamp, decline_reason=reason
    )
    notices.renewal_declined(proposal, at=at)
    _record(Verb.DECLINED, proposal, by=by, at=at, reason=reason)


# --- what they share ---------------------------------------------------------------------------


def _lock(proposal: RenewalProposal) -> RenewalProposal:
    """Lock the relationship, then the proposal: answers, and whatever ends the relationship, meet there."""
    relationship = Relationship.objects.lock(proposal.relationship_id)
    proposal = RenewalProposal.objects.lock(proposal.pk)
    proposal.relationship = relationship
    return proposal


def _record(
    verb: str,
    proposal: RenewalProposal,
    *others: models.Model,
    by: Actor,
    at: datetime,
    renewed: Iterable[str] | None = None,
    ends: dict[str, list[date]] | None = None,
    seen_by: Iterable[Partner] = (),
    reason: str = "",
) -> None:
    # Every reseller concerned reads the row, so it names none: none must learn who else holds something.
    chosen = set(proposal.renews if renewed is None else renewed)
    activity.record(
        verb,
        by=by,
        at=at,
        provider=proposal.provider,
        about=proposal,
        customer=proposal.customer,
        seen_by=seen_by,
        details={
            "changed": activity.changed(proposal, *others),
            "privileges": [one for one in Privilege.values if one in chosen],
            "days": proposal.privilege_days,
            "ends": ends or {},
        },
        personal={"reason": reason} if reason else None,
    )


def tidy(at: datetime) -> int:
    """Move proposals nobody answered in time to lapsed; return how many."""
    return each(RenewalProposal.objects.past(at)[:AT_ONCE], partial(_lapse, at=at))


@transaction.atomic
def _lapse(found: RenewalProposal, *, at: datetime) -> bool:
    proposal, system = _lock(found), Actor.system()
    if not proposal.can_move(RenewalProposal.Status.LAPSED) or proposal.expires_at > at:
        return False
    proposal.move(RenewalProposal.Status.LAPSED, answered_at=at, answered_by=system.stamp)
    _record(Verb.LAPSED, proposal, by=system, at=at)
    return True
