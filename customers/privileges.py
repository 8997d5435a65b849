"""The stories of delegated admin privileges: assign, answer, stop, withdraw."""

from datetime import date, datetime
from functools import partial

from django.db import IntegrityError, models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import consent_mails, emails, links, standing
from customers.models import (
    ALL_FAMILIES,
    GROUND,
    Assignment,
    Contact,
    Grant,
    MailedCode,
    OtherPartnerStatement,
    Privilege,
    Purpose,
    Relationship,
)
from customers.models.privilege import start_of, utc_day
from partners import activity, partnerships
from partners.actor import Actor
from partners.duties import AT_ONCE, each
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Partnership
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    OFFERED = "assignment.offered", gettext_lazy("Privilege offered to a reseller")
    ACCEPTED = "assignment.accepted", gettext_lazy("Privilege accepted by the reseller")
    DECLINED = "assignment.declined", gettext_lazy("Privilege declined by the reseller")
    WITHDRAWN = "assignment.withdrawn", gettext_lazy("Offer of a privilege withdrawn")
    REVOKED = "assignment.revoked", gettext_lazy("Privilege revoked")
    GIVEN_UP = "assignment.given_up", gettext_lazy("Privilege given up by the reseller")
    REFUSED = "assignment.refused_by_customer", gettext_lazy("Reseller refused by the customer")
    LAPSED = "assignment.lapsed", gettext_lazy("Privilege of a reseller lapsed")
    GRANT_WITHDRAWN = "grant.withdrawn", gettext_lazy("Privilege withdrawn by the customer")
    GRANT_LAPSED = "grant.lapsed", gettext_lazy("Privilege lapsed")
    STATEMENT_LIFTED = "relationship.statement_lifted", gettext_lazy("Other CSP partner has left")


activity.explain("privilege", gettext_lazy("Privilege"), Privilege.choices)
activity.explain("services", gettext_lazy("Services"), GROUND)
activity.explain("reseller", gettext_lazy("Reseller"))


def _lock_ground(grant_pk: int, partnership_pk: int) -> tuple[Grant, Partnership]:
    """Lock the partnership, then the grant: the written order of every story about an assignment."""
    partnership = partnerships.lock(partnership_pk)
    return Grant.objects.lock(grant_pk), partnership


def refuse_ground(grant: Grant, partnership: Partnership, *, at: datetime) -> None:
    """Refuse unless the privilege can be used by this reseller at all."""
    if partnership.provider_id != grant.provider_id:
        raise Refused(_("You can only assign privileges of your own customers."))
    if not partnership.is_active:
        raise Refused(_("The partnership with this reseller is not active."))
    if not partnership.reseller.is_active or not partnership.provider.is_active:
        raise Refused(_("A suspended company cannot hold or hand out privileges."))
    if not grant.is_live(at):
        raise Refused(_("The customer's grant of this privilege is no longer in force."))


@transaction.atomic
def assign(
    grant: Grant,
    partnership: Partnership,
    *,
    family: str = ALL_FAMILIES,
    starts_on: date | None = None,
    ends_on: date | None = None,
    by: Actor,
    at: datetime,
) -> Assignment:
    """Offer a privilege to a reseller, for all services or one family, never beyond the customer's grant.

    When somebody else holds that ground, acceptance hands it over. A reseller the customer was not told of
    waits for the customer's yes under edition 2026. Refuses an end after the grant's, a ground
    the reseller already holds, and one family out of all that another reseller holds: that would leave a gap.
    """
    grant, partnership = _lock_ground(grant.pk, partnership.pk)
    refuse_other(by, grant.provider_id)
    refuse_ground(grant, partnership, at=at)
    last = ends_on or grant.ends_on
    if last > grant.ends_on:
        raise Refused(
            _("The customer's grant ends on %(day)s: an assignment cannot last longer.")
            % {"day": grant.ends_on.isoformat()}
        )
    if last < utc_day(at) or (starts_on and starts_on > last):
        raise Refused(_("The last day must not lie before the first."))
    dead = _clear_the_dead(grant, by=by, at=at)
    for held in grant.assignments.filter(status=Assignment.Status.ACTIVE):
        if held.partnership_id == partnership.pk and held.covers(family):
            raise Refused(_("This reseller already holds the privilege on these services."))
        if held.family == ALL_FAMILIES != family:
            raise Refused(
                _("%(reseller)s holds all services. Hand all of them over, or revoke that first.")
                % {"reseller": held.reseller.name}
            )
    if any(offer.overlaps(family) for offer in grant.assignments.filter(status=Assignment.Status.OFFERED)):
        raise Refused(_("An offer on these services is already waiting for an answer."))
    try:
        with transaction.atomic():
            assignment = Assignment.objects.create(
                grant=grant,
                partnership=partnership,
                provider=grant.provider,
                reseller=partnership.reseller,
                customer=grant.customer,
                privilege=grant.privilege,
                family=family,
                offered_at=at,
                offered_by=by.stamp,
                starts_at=start_of(starts_on) if starts_on and starts_on > utc_day(at) else None,
                ends_on=last,
                needs_yes=bool(standing.to_be_asked(partnership, [grant.relationship_id])),
            )
    except IntegrityError as problem:
        if broke(problem, Assignment, "asg_one_offered"):
            raise Refused(_("An offer on these services is already waiting for an answer.")) from problem
        raise
    if assignment.needs_yes:
        consent_mails.asked([assignment], at=at)  # the reseller is told once the customer has agreed
    else:
        emails.assignment_offered(assignment, at=at)
    record(Verb.OFFERED, assignment, *dead, by=by, at=at)
    return assignment


def _clear_the_dead(grant: Grant, *, by: Actor, at: datetime) -> list[Assignment]:
    """Move what no longer counts of this grant to lapsed, so that it never blocks the living; return it."""
    dead = list(grant.assignments.dead(at))
    for assignment in dead:
        assignment.move(Assignment.Status.LAPSED, stopped_at=at, stopped_by=by.stamp)
    return dead


def record(verb: str, assignment: Assignment, *others: models.Model, by: Actor, at: datetime) -> None:
    """Write what became of an assignment into the log, for the provider and its reseller."""
    activity.record(
        verb,
        by=by,
        at=at,
        provider=assignment.provider,
        about=assignment,
        customer=assignment.customer,
        seen_by=[assignment.provider, assignment.reseller],
        details={
            "changed": activity.changed(assignment, *others),
            "privilege": assignment.privilege,
            "services": assignment.family,
            "reseller": assignment.reseller.name,
        },
    )


def locked(assignment: Assignment, *, at: datetime) -> tuple[Assignment, Grant, Partnership]:
    """Lock an assignment and its ground; refuses one that is over by its date, tidied away or not."""
    grant, partnership = _lock_ground(assignment.grant_id, assignment.partnership_id)
    assignment = Assignment.objects.lock(assignment.pk)
    if assignment.is_past(at):
        if assignment.status == Assignment.Status.OFFERED:
            raise Refused(_("This offer has lapsed. Ask the provider for a new one."))
        raise Refused(_("The last day of this privilege is over."))
    return assignment, grant, partnership


def _refuse_part(offer: Assignment) -> None:
    if offer.hand_over_id is not None and offer.status == Assignment.Status.OFFERED:
        raise Refused(_("This offer is part of a hand-over, which is answered as a whole."))


@transaction.atomic
def accept(assignment: Assignment, *, by: Actor, at: datetime) -> Assignment:
    """Accept an offer for the reseller; whoever held that ground hands it over at the same moment.

    An offer that starts later leaves the old holder its ground until then. That stop is final, whatever
    becomes of the new one meanwhile: nobody gets back what was handed over, so nothing ever overlaps.
    """
    assignment, grant, partnership = locked(assignment, at=at)
    refuse_other(by, assignment.reseller_id)
    _refuse_part(assignment)
    if not assignment.can_move(Assignment.Status.ACTIVE):
        raise Refused(assignment.refusal(Assignment.Status.ACTIVE))
    if assignment.waits_for_customer:
        raise Refused(_("This offer waits for the customer: it has not agreed to you yet."))
    refuse_ground(grant, partnership, at=at)
    dead = _clear_the_dead(grant, by=by, at=at)
    starts_at = max(at, assignment.starts_at or at)
    replaced = [
        held
        for held in grant.assignments.filter(status=Assignment.Status.ACTIVE).select_related("reseller")
        if held.overlaps(assignment.family)
    ]
    for held in replaced:
        held.move(Assignment.Status.HANDED_OVER, stopped_at=starts_at, stopped_by=by.stamp)
    leaving = _cut_short(grant, assignment.family, starts_at, by=by)
    assignment.move(Assignment.Status.ACTIVE, answered_at=at, answered_by=by.stamp, starts_at=starts_at)
    emails.assignment_accepted(assignment, replaced, at=at)
    record(Verb.ACCEPTED, assignment, *replaced, *leaving, *dead, by=by, at=at)
    return assignment


def _cut_short(grant: Grant, family: str, starts_at: datetime, *, by: Actor) -> list[Assignment]:
    """Bring forward the stop of those already handing over this ground to somebody later; return them."""
    leaving = [
        held
        for held in grant.assignments.filter(status=Assignment.Status.HANDED_OVER, stopped_at__gt=starts_at)
        if held.overlaps(family)
    ]
    for held in leaving:
        held.stopped_at, held.stopped_by = starts_at, by.stamp
        held.save(update_fields=["stopped_at", "stopped_by"])
    return leaving


@transaction.atomic
def decline(assignment: Assignment, *, by: Actor, at: datetime) -> None:
    """Decline an offer for the reseller."""
    assignment, _grant, _partnership = locked(assignment, at=at)
    refuse_other(by, assignment.reseller_id)
    _refuse_part(assignment)
    assignment.move(
        Assignment.Status.DECLINED,
        answered_at=at,
        answered_by=by.stamp,
        stopped_at=at,
        stopped_by=by.stamp,
    )
    emails.assignment_stopped("declined", assignment, at=at)
    record(Verb.DECLINED, assignment, by=by, at=at)


@transaction.atomic
def withdraw(assignment: Assignment, *, by: Actor, at: datetime) -> None:
    """Withdraw, as the provider, an offer the reseller has not answered."""
    assignment, _grant, _partnership = locked(assignment, at=at)
    refuse_other(by, assignment.provider_id)
    _refuse_part(assignment)
    assignment.move(Assignment.Status.WITHDRAWN, stopped_at=at, stopped_by=by.stamp)
    record(Verb.WITHDRAWN, assignment, by=by, at=at)


@transaction.atomic
def revoke(assignment: Assignment, *, by: Actor, at: datetime) -> None:
    """Revoke, as the provider, what a reseller holds; it stops at once."""
    assignment, _grant, _partnership = locked(assignment, at=at)
    refuse_other(by, assignment.provider_id)
    assignment.move(Assignment.Status.REVOKED, stopped_at=at, stopped_by=by.stamp)
    emails.assignment_stopped("revoked", assignment, at=at)
    record(Verb.REVOKED, assignment, by=by, at=at)


@transaction.atomic
def give_up(assignment: Assignment, *, by: Actor, at: datetime) -> None:
    """Give up, as the reseller, what it holds; the provider keeps the privilege."""
    assignment, _grant, _partnership = locked(assignment, at=at)
    refuse_other(by, assignment.reseller_id)
    assignment.move(Assignment.Status.GIVEN_UP, stopped_at=at, stopped_by=by.stamp)
    emails.assignment_stopped("given_up", assignment, at=at)
    record(Verb.GIVEN_UP, assignment, by=by, at=at)


def contact_actor(contact: Contact) -> Actor:
    """Return the actor a confirmed contact is."""
    return Actor.customer(name=contact.name, email=contact.email, company=contact.customer.name)


@transaction.atomic
def refuse_reseller(assignment: Assignment, contact: Contact, *, at: datetime) -> None:
    """Refuse, as the customer, one reseller, without withdrawing anything from the provider."""
    by = contact_actor(contact)
    assignment, _grant, _partnership = locked(assignment, at=at)
    if assignment.customer_id != contact.customer_id:
        raise Refused(_("This is not one of your resellers."))
    assignment.move(Assignment.Status.REFUSED_BY_CUSTOMER, stopped_at=at, stopped_by=by.stamp)
    emails.assignment_stopped("refused_by_customer", assignment, at=at)
    record(Verb.REFUSED, assignment, by=by, at=at)


@transaction.atomic
def ask_to_withdraw(grant: Grant, contact: Contact, *, at: datetime) -> MailedCode:
    """Mail the confirmed contact the code that completes the withdrawal of a grant."""
    grant = Grant.objects.lock(grant.pk)  # the codes of an hour are counted one after the other
    over = grant.status != Grant.Status.ACTIVE or grant.is_past(at)
    if grant.customer_id != contact.customer_id or over:
        raise Refused(_("This privilege is no longer in force."))
    code = links.make_code(Purpose.WITHDRAW_GRANT, grant.pk, contact.email, at=at)
    emails.withdrawal_code(code, grant, contact, at=at)
    return code


@transaction.atomic
def withdraw_grant(grant: Grant, contact: Contact, code: MailedCode, *, at: datetime) -> Grant:
    """Withdraw a privilege for the customer, at once; the relationship and the provider's duty stay.

    What resellers held of it stops with it, by derivation; the log names each.
    """
    if (code.purpose, code.object_ref, code.email) != (Purpose.WITHDRAW_GRANT, grant.pk, contact.email):
        raise Refused(_("This code was not mailed for this privilege."))
    by = contact_actor(contact)
    grant = Grant.objects.lock(grant.pk)
    if grant.customer_id != contact.customer_id:
        raise Refused(_("This privilege is no longer in force."))
    links.use_code(code, at=at)
    stopping = list(
        grant.assignments.held(at).select_related("reseller", "provider", "customer", "partnership")
    )
    grant.move(Grant.Status.WITHDRAWN, stopped_at=at, stopped_by=by.stamp)
    emails.grant_withdrawn(grant, stopping, at=at)
    activity.record(
        Verb.GRANT_WITHDRAWN,
        by=by,
        at=at,
        provider=grant.provider,
        about=grant,
        customer=grant.customer,
        seen_by=[grant.provider, *{held.reseller for held in stopping}],
        details={
            "changed": activity.changed(grant),
            "privilege": grant.privilege,
            "stopped_with_it": activity.changed(*stopping),
        },
    )
    return grant


@transaction.atomic
def lift_statement(statement: OtherPartnerStatement, contact: Contact, *, at: datetime) -> None:
    """State, as the customer, that no other CSP partner administers a family: what was granted holds there.

    Refuses another customer's contact, and a statement already lifted.
    """
    relationship = Relationship.objects.lock(statement.relationship_id)
    if relationship.customer_id != contact.customer_id:
        raise Refused(_("This is not one of your statements."))
    lifted = OtherPartnerStatement.objects.filter(pk=statement.pk, lifted_at__isnull=True).update(
        lifted_at=at, lifted_by=contact.name
    )
    if not lifted:
        raise Refused(_("You have already said that the other partner has left."))
    activity.record(
        Verb.STATEMENT_LIFTED,
        by=contact_actor(contact),
        at=at,
        provider=relationship.provider,
        about=relationship,
        customer=relationship.customer,
        details={"changed": activity.changed(statement), "services": statement.family},
    )


def tidy(at: datetime) -> int:
    """Move past-date grants and assignments, and offers nobody answered, to lapsed; return how many.

    Access stopped by itself when the day was over: this only puts the rows in order.
    """
    assignments = Assignment.objects.past(at).values_list("pk", flat=True)[:AT_ONCE]
    grants = Grant.objects.past(at).values_list("pk", flat=True)[:AT_ONCE]
    return each(assignments, partial(_lapse, at=at)) + each(grants, partial(_lapse_grant, at=at))


@transaction.atomic
def _lapse(pk: int, *, at: datetime) -> bool:
    found, system = Assignment.objects.get(pk=pk), Actor.system()
    _lock_ground(found.grant_id, found.partnership_id)
    assignment = Assignment.objects.lock(pk)
    if not assignment.is_past(at):
        return False
    assignment.move(Assignment.Status.LAPSED, stopped_at=at, stopped_by=system.stamp)
    record(Verb.LAPSED, assignment, by=system, at=at)
    return True


@transaction.atomic
def _lapse_grant(pk: int, *, at: datetime) -> bool:
    grant, system = Grant.objects.lock(pk), Actor.system()
    if not grant.is_past(at):
        return False
    grant.move(Grant.Status.LAPSED, stopped_at=at, stopped_by=system.stamp)
    activity.record(
        Verb.GRANT_LAPSED,
        by=system,
        at=at,
        provider=grant.provider,
        about=grant,
        customer=grant.customer,
        details={"changed": activity.changed(grant), "privilege": grant.privilege},
    )
    return True
