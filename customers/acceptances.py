"""The stories of an answer: start, accept, confirm, refuse, note the confirmation at Microsoft."""

import uuid
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, models, transaction
from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers import emails, links
from customers.custody import refuse_dead
from customers.families import Family
from customers.models import (
    Acceptance,
    AgreementVersion,
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    OtherPartnerStatement,
    Purpose,
    Relationship,
)
from customers.models.privilege import ALL_FAMILIES, utc_day
from customers.places import may_answer_for_customer
from partners import activity
from partners.actor import Actor
from partners.addresses import clean_email, email_domain, is_public_domain
from partners.errors import Refused
from partners.lifecycle import broke
from partners.models import Partner, Partnership
from partners.permissions import refuse_other
from partners.regions import region_of


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    ACCEPTED = "invitation.accepted", gettext_lazy("Invitation accepted")
    TO_CONFIRM = "invitation.to_confirm", gettext_lazy("Answer waits for the provider")
    CONFIRMED = "relationship.confirmed", gettext_lazy("Answer confirmed")
    REFUSED = "relationship.refused", gettext_lazy("Answer refused")


class Doubt(models.TextChoices):
    """Why identity rests on what was just typed, so that the provider must look first."""

    OTHER_ROW = (
        "other_row",
        gettext_lazy("The Microsoft ID is that of a customer this link was not made for."),
    )
    ADDRESS = "address", gettext_lazy("The answer came from another address than the one invited.")
    FORWARDED = (
        "forwarded",
        gettext_lazy("Only the reseller wrote this address: it is none the customer has on record."),
    )
    TENANT = "tenant", gettext_lazy("The Microsoft ID is not the one on record.")
    REGION = "region", gettext_lazy("The customer's country is outside your CSP region.")
    ANSWERED = "answered", gettext_lazy("Another answer of this customer is waiting for you.")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a contact typed and ticked on the invitation's page."""

    name: str
    email: str
    tenant_id: uuid.UUID
    company: str
    country: str
    language: str
    grants_provisioning: bool = False
    grants_support: bool = False
    other_partner_families: list[str] = field(default_factory=list)
    agreement: AgreementVersion | None = None


@transaction.atomic
def start(opened: links.Opened, answer: Answer, *, at: datetime) -> Acceptance:
    """Keep an answer and mail its code to the accepting address: holding the link is not consent.

    Refuses a dead link, a partner's address and a partner's own tenant; keeps no tick that was not asked for.
    """
    link = opened.link
    # Answers of one link come one after the other, or the codes of an hour could be counted past each other.
    link.invitation = invitation = Invitation.objects.lock(link.invitation_id)
    refuse_dead(link, at=at)
    if not opened.is_live:
        raise Refused(_("This address was replaced by a newer one: look for the latest mail."))
    email = clean_email(answer.email)
    if not may_answer_for_customer(email, link.provider):
        raise Refused(_("This address cannot answer the invitation. Use your own address at the customer."))
    refuse_partner_tenant(link.provider, answer.tenant_id)
    acceptance = Acceptance.objects.create(
        link=link,
        name=answer.name,
        email=email,
        tenant_id=answer.tenant_id,
        company=answer.company,
        country=answer.country,
        language=answer.language,
        grants_provisioning=answer.grants_provisioning and invitation.asks_provisioning,
        grants_support=answer.grants_support and invitation.asks_support,
        other_partner_families=[family.value for family in Family if family in answer.other_partner_families],
        agreement=answer.agreement,
        agreed_at=at,
        started_at=at,
        code=links.make_code(Purpose.ACCEPT, link.pk, email, at=at),
    )
    emails.acceptance_code(acceptance, at=at)
    return acceptance


@transaction.atomic
def send_new_code(acceptance: Acceptance, *, at: datetime) -> None:
    """Mail a new code for an answer that still waits for one; the old code dies. Refuses a dead link."""
    Invitation.objects.lock(acceptance.link.invitation_id)  # accept meets it here
    acceptance.refresh_from_db(fields=["status", "code"])
    if acceptance.status != Acceptance.Status.CODE_SENT:
        raise Refused(acceptance.refusal(Acceptance.Status.COMPLETED))
    refuse_dead(acceptance.link, at=at)
    links.kill_code(acceptance.code, at=at)
    acceptance.code = links.make_code(Purpose.ACCEPT, acceptance.link_id, acceptance.email, at=at)
    acceptance.save(update_fields=["code"])
    emails.acceptance_code(acceptance, at=at)


def refuse_partner_tenant(provider: Partner, tenant_id: uuid.UUID) -> None:
    """Refuse a tenant that is the provider's own or one of its active resellers'."""
    resellers = Partnership.objects.active().filter(provider=provider).values("reseller")
    if (
        Partner.objects.filter(tenant_id=tenant_id)
        .filter(models.Q(pk=provider.pk) | models.Q(pk__in=resellers))
        .exists()
    ):
        raise Refused(_("This Microsoft ID cannot be a customer's of this provider."))


@transaction.atomic
def accept(acceptance: Acceptance, *, at: datetime) -> Acceptance:
    """Turn an answer whose code was typed right into a relationship and the grants that were ticked.

    Where identity rests on what was just typed, the answer waits for the provider instead. Refuses a dead
    link, a second answer, and a code nobody has typed.
    """
    invitation = Invitation.objects.lock(acceptance.link.invitation_id)  # withdraw and accept meet here
    acceptance = Acceptance.objects.select_related("link__provider", "link__customer", "code").get(
        pk=acceptance.pk
    )
    link = acceptance.link
    link.invitation = invitation
    refuse_dead(link, at=at)
    links.use_code(acceptance.code, at=at)
    by = Actor.customer(name=acceptance.name, email=acceptance.email, company=acceptance.company)
    link.accept(at=at, by=by.stamp)
    _count_accepted(invitation)
    customer, doubts = identify(acceptance)
    if doubts:
        acceptance.move(Acceptance.Status.PENDING, completed_at=at, customer=customer, pending_reasons=doubts)
        changed = _pending(acceptance, customer)
        emails.acceptance_to_confirm(acceptance, at=at)
        verb = Verb.TO_CONFIRM
    else:
        acceptance.move(Acceptance.Status.COMPLETED, completed_at=at, customer=customer)
        changed = give_what_was_ticked(acceptance, by=by, at=at)
        verb = Verb.ACCEPTED
    activity.record(
        verb,
        by=by,
        at=at,
        provider=link.provider,
        about=invitation,
        customer=_customer_to_name(acceptance),
        seen_by=[*invitation.parties, *_offered(changed)],
        details={
            "changed": activity.changed(invitation, link, acceptance, *changed),
            "granted": list(acceptance.ticked),
        },
    )
    return acceptance


def _customer_to_name(acceptance: Acceptance) -> Customer | None:
    """Return the customer the log may name to a reseller: not one whose Microsoft ID somebody just typed."""
    return acceptance.link.customer if Doubt.OTHER_ROW in acceptance.pending_reasons else acceptance.customer


def _offered(changed: list[models.Model]) -> list[Partner]:
    """Return the resellers that were offered something: they read the row too."""
    return [row.reseller for row in changed if isinstance(row, Assignment)]


def _count_accepted(invitation: Invitation) -> None:
    Invitation.objects.filter(pk=invitation.pk).update(places_accepted=F("places_accepted") + 1)
    invitation.refresh_from_db(fields=["places_accepted", "places_taken"])
    if invitation.places_accepted == invitation.places:
        invitation.move(Invitation.Status.USED_UP)


def identify(acceptance: Acceptance) -> tuple[Customer, list[str]]:
    """Return the customer row an answer is about, and every doubt about who answered.

    The row with this tenant id; else the invited prospect if its tenant id is empty; else a new one, which
    holds no tenant id until the answer is beyond doubt.
    """
    link = acceptance.link
    provider, invited = link.provider, link.customer
    found = (
        Customer.objects.select_for_update().filter(provider=provider, tenant_id=acceptance.tenant_id).first()
    )
    if found is not None:
        customer = found
    elif invited is not None and invited.tenant_id is None:
        customer = Customer.objects.select_for_update().get(pk=invited.pk)
    else:
        customer = Customer.objects.create(
            provider=provider,
            name=acceptance.company,
            country=acceptance.country,
            language=acceptance.language,
            created_at=acceptance.started_at,
            created_by=f"{acceptance.name} · {acceptance.company}"[:200],
        )
    domain = email_domain(acceptance.email)
    at_domain = bool(customer.domain) and customer.domain == domain and not is_public_domain(domain)
    doubts = []
    if found is not None and found.pk != link.customer_id and not at_domain:
        doubts.append(Doubt.OTHER_ROW)
    if acceptance.email != link.email and not at_domain:
        doubts.append(Doubt.ADDRESS)
    by_reseller = link.invitation.partnership_id is not None and not at_domain
    if by_reseller and not doubts and _has_others_on_record(customer, acceptance.email):
        doubts.append(Doubt.FORWARDED)
    if invited is not None and invited.tenant_id not in (None, acceptance.tenant_id):
        doubts.append(Doubt.TENANT)
    if region_of(acceptance.country) != provider.region or customer.region != provider.region:
        doubts.append(Doubt.REGION)
    if Relationship.objects.filter(customer=customer, status=Relationship.Status.PENDING).exists():
        doubts.append(Doubt.ANSWERED)
    return customer, [doubt.value for doubt in doubts]


def _has_others_on_record(customer: Customer, address: str) -> bool:
    """Say whether somebody has answered for the customer before, and nobody has noted this address.

    Otherwise a reseller could forward an invitation to itself and become a voice of its own customer.
    """
    answered = Relationship.objects.filter(customer=customer).exists()
    return answered and not customer.contacts.filter(email=address).exists()


def _origin(acceptance: Acceptance) -> dict[str, Any]:
    """Return what a relationship keeps of the answer it rests on."""
    return {
        "acceptance": acceptance,
        "partner_center_link": acceptance.link.invitation.partner_center_link,
        "began_at": acceptance.completed_at,
        "began_by": acceptance.link.answered_by,
    }


def _begin(acceptance: Acceptance, customer: Customer, status: str, **decided: Any) -> Relationship:
    try:
        with transaction.atomic():
            return Relationship.objects.create(
                provider=acceptance.link.provider,
                customer=customer,
                status=status,
                **_origin(acceptance),
                **decided,
            )
    except IntegrityError as problem:
        if broke(problem, Relationship, "rel_one_pending_or_active"):
            raise Refused(_("This customer has just answered another invitation. Try again.")) from problem
        raise


def _pending(acceptance: Acceptance, customer: Customer) -> list[models.Model]:
    """Begin a pending relationship, unless there is one pending or active; return what was changed.

    Whoever typed the Microsoft ID of a customer the link was not made for changes nothing of that customer.
    """
    if Doubt.OTHER_ROW in acceptance.pending_reasons:
        return []
    if Relationship.objects.current().filter(customer=customer).exists():
        return []
    return [customer, _begin(acceptance, customer, Relationship.Status.PENDING)]


def give_what_was_ticked(acceptance: Acceptance, *, by: Actor, at: datetime) -> list[models.Model]:
    """Make the relationship active and grant what was ticked, counted from now; return every row changed."""
    invitation, customer = acceptance.link.invitation, acceptance.customer
    assert customer is not None  # noqa: S101 - accept has just identified it
    refuse_partner_tenant(acceptance.link.provider, acceptance.tenant_id)
    tie = _named_tie(invitation)
    _settle_customer(customer, acceptance, tie)
    decided = {"decided_at": at, "decided_by": by.stamp}
    relationship = Relationship.objects.current().select_for_update().filter(customer=customer).first()
    if relationship is None:
        relationship = _begin(acceptance, customer, Relationship.Status.ACTIVE, **decided)
    elif relationship.is_pending:  # it rests on this answer from now on, whoever gave the one before
        relationship.move(Relationship.Status.ACTIVE, **_origin(acceptance), **decided)
    else:
        _rest_on(relationship, acceptance)
    contact = _confirm_contact(acceptance, customer, by=by, at=at)
    changed: list[models.Model] = [customer, relationship, contact]
    for family in acceptance.other_partner_families:
        statement, fresh = OtherPartnerStatement.objects.get_or_create(
            relationship=relationship,
            family=family,
            lifted_at=None,
            defaults={"stated_at": at, "stated_by": contact.name},
        )
        changed += [statement] if fresh else []
    changed += _lapse_past(relationship, by=contact, at=at)
    grants = [
        _grant(relationship, privilege, invitation.privilege_days, by=contact, at=at)
        for privilege in acceptance.ticked
        if not relationship.grants.filter(privilege=privilege, status=Grant.Status.ACTIVE).exists()
    ]
    changed += grants
    offers = [_offer(grant, tie, by=invitation.made_by, at=at) for grant in grants] if tie else []
    changed += offers
    emails.acceptance_receipt(acceptance, relationship, contact, at=at)
    emails.invitation_accepted(acceptance, relationship, at=at)
    for offer in offers:
        emails.assignment_offered(offer, at=at)
    return changed


def _rest_on(relationship: Relationship, acceptance: Acceptance) -> None:
    """Let one from the existing book rest on the customer's own answer; an end it asked for is off again."""
    if relationship.acceptance_id is None:
        relationship.acceptance = acceptance
        relationship.partner_center_link = acceptance.link.invitation.partner_center_link
    relationship.ending_requested_at, relationship.ending_requested_by = None, ""
    relationship.save(
        update_fields=[
            "acceptance",
            "partner_center_link",
            "ending_requested_at",
            "ending_requested_by",
        ]
    )


def _settle_customer(customer: Customer, acceptance: Acceptance, tie: Partnership | None) -> None:
    """Write what is beyond doubt now, where the row is empty: tenant, domain, the reseller that was named.

    Refuses a tenant id that another row has taken meanwhile.
    """
    if customer.tenant_id not in (None, acceptance.tenant_id):
        raise Refused(_("This customer is on record with another Microsoft ID."))
    customer.tenant_id = acceptance.tenant_id
    if not customer.domain and not is_public_domain(email_domain(acceptance.email)):
        customer.domain = email_domain(acceptance.email)
    if tie and customer.reseller_id is None:
        customer.reseller = tie.reseller
    customer.version += 1
    try:
        with transaction.atomic():
            customer.save()
    except IntegrityError as problem:
        if broke(problem, Customer, "customer_one_per_provider_and_tenant"):
            raise Refused(_("Another customer on record has this Microsoft ID.")) from problem
        raise


def _confirm_contact(acceptance: Acceptance, customer: Customer, *, by: Actor, at: datetime) -> Contact:
    contact, _fresh = Contact.objects.get_or_create(
        customer=customer, email=acceptance.email, defaults={"name": acceptance.name}
    )
    contact.name, contact.language = acceptance.name, acceptance.language
    if not contact.is_confirmed:
        contact.status = Contact.Status.CONFIRMED
        contact.confirmed_at, contact.confirmed_by = at, by.stamp
    contact.save()
    return contact


def _grant(relationship: Relationship, privilege: str, days: int, *, by: Contact, at: datetime) -> Grant:
    """Grant one privilege from now, for so many days."""
    return Grant.objects.create(
        relationship=relationship,
        provider=relationship.provider,
        customer=relationship.customer,
        privilege=privilege,
        granted_at=at,
        granted_by=by.name,
        answered_on=utc_day(at),
        ends_on=utc_day(at) + timedelta(days=days),
    )


def _lapse_past(relationship: Relationship, *, by: Contact, at: datetime) -> list[Grant]:
    """Move past-date grants out of the way, so that the dead never block the living; return them."""
    dead = list(relationship.grants.past(at))
    for grant in dead:
        grant.move(Grant.Status.LAPSED, stopped_at=at, stopped_by=by.name)
    return dead


def _named_tie(invitation: Invitation) -> Partnership | None:
    """Return the partnership with the reseller the customer was told of, while it stands."""
    if invitation.reseller_id is None:
        return None
    return (
        Partnership.objects.active()
        .select_related("reseller")
        .filter(
            provider=invitation.provider_id,
            reseller=invitation.reseller_id,
            reseller__status=Partner.Status.ACTIVE,
        )
        .first()
    )


def _offer(grant: Grant, tie: Partnership, *, by: str, at: datetime) -> Assignment:
    """Offer a new grant whole to the reseller the customer was told of."""
    return Assignment.objects.create(
        grant=grant,
        partnership=tie,
        provider=grant.provider,
        reseller=tie.reseller,
        customer=grant.customer,
        privilege=grant.privilege,
        family=ALL_FAMILIES,
        offered_at=at,
        offered_by=by,
        ends_on=grant.ends_on,
    )


def _lock_pending(acceptance: Acceptance) -> Acceptance:
    invitation = Invitation.objects.lock(acceptance.link.invitation_id)
    acceptance = Acceptance.objects.select_related("link__provider", "customer").get(pk=acceptance.pk)
    acceptance.link.invitation = invitation
    if acceptance.status != Acceptance.Status.PENDING:
        raise Refused(
            _("This answer does not wait for you: it is “%(status)s”.")
            % {"status": acceptance.get_status_display()}
        )
    acceptance.customer = Customer.objects.select_for_update().get(pk=acceptance.customer_id)  # type: ignore[misc]  # a pending answer has one
    return acceptance


def _refuse_taken_back(acceptance: Acceptance) -> None:
    """Refuse an answer that is older than an end of the relationship, or than a privilege taken back."""
    answered = models.Q(customer=acceptance.customer)
    relationships = Relationship.objects.filter(answered).select_for_update(of=("self",)).order_by("pk")
    grants = Grant.objects.filter(answered).select_for_update(of=("self",)).order_by("pk")
    since = acceptance.completed_at
    assert since is not None  # noqa: S101 - a constraint
    noes = [moment for one in relationships for moment in (one.ended_at, one.ending_requested_at)]
    noes += [
        one.stopped_at
        for one in grants
        if one.status == Grant.Status.WITHDRAWN and one.privilege in acceptance.ticked
    ]
    if any(moment and moment > since for moment in noes):
        raise Refused(
            _("The customer has taken this back since it answered: refuse it, and invite it again.")
        )


@transaction.atomic
def confirm(acceptance: Acceptance, *, by: Actor, at: datetime) -> Acceptance:
    """Confirm, for the provider, that the answer came from the customer; what was ticked counts from now.

    Refuses an answer the customer has gone back on since: a later no of its own is stronger.
    """
    refuse_other(by, acceptance.link.provider_id)
    acceptance = _lock_pending(acceptance)
    _refuse_taken_back(acceptance)
    acceptance.move(Acceptance.Status.COMPLETED, decided_at=at, decided_by=by.stamp)
    changed = give_what_was_ticked(acceptance, by=by, at=at)
    activity.record(
        Verb.CONFIRMED,
        by=by,
        at=at,
        provider=acceptance.link.provider,
        about=acceptance.link.invitation,
        customer=acceptance.customer,
        seen_by=[*acceptance.link.invitation.parties, *_offered(changed)],
        details={"changed": activity.changed(acceptance, *changed), "granted": list(acceptance.ticked)},
    )
    return acceptance


@transaction.atomic
def refuse(acceptance: Acceptance, *, by: Actor, at: datetime) -> Acceptance:
    """Refuse, for the provider, an answer it does not recognise; nothing is granted."""
    refuse_other(by, acceptance.link.provider_id)
    acceptance = _lock_pending(acceptance)
    acceptance.move(Acceptance.Status.REFUSED, decided_at=at, decided_by=by.stamp)
    changed = []
    pending = Relationship.objects.filter(acceptance=acceptance, status=Relationship.Status.PENDING).first()
    if pending:
        pending.move(Relationship.Status.REFUSED, decided_at=at, decided_by=by.stamp)
        changed.append(pending)
    emails.acceptance_refused(acceptance, at=at)
    activity.record(
        Verb.REFUSED,
        by=by,
        at=at,
        provider=acceptance.link.provider,
        about=acceptance.link.invitation,
        customer=_customer_to_name(acceptance),
        seen_by=acceptance.link.invitation.parties,
        details={"changed": activity.changed(acceptance, *changed)},
    )
    return acceptance
