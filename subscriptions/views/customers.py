"""The page of one customer: it shows subscriptions, so it lives on the top floor."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.db.models import F, FilteredRelation, OuterRef, Q, QuerySet, Subquery
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe
from django_countries import countries

from customers import standing
from customers.acceptances import Doubt
from customers.models import (
    Acceptance,
    AgreementAttestation,
    Assignment,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    OtherPartnerStatement,
    Relationship,
    RenewalProposal,
)
from customers.permissions import (
    may_assign,
    may_attest,
    may_decide_acceptance,
    may_edit_customer,
    may_hand_over,
    may_invite,
    may_note_microsoft,
    may_propose_renewal,
    may_read_answers,
)
from customers.standing import NOWHERE, Standing, State
from partners import activity
from partners.actor import Actor
from partners.models import Activity
from partners.requests import Request
from subscriptions import rulings, turns
from subscriptions.models import Subscription, Transfer
from subscriptions.permissions import may_end_relationship, may_record_subscription
from subscriptions.views import rulings as rulings_shown
from subscriptions.views import under_way
from subscriptions.views.matrix import Agreed, Holdings, matrix

SHOWN = 20  # subscriptions and log rows on a customer's page
RENEWAL = (
    "pk",
    "renews_provisioning",
    "renews_support",
    "privilege_days",
    "proposed_at",
    "proposed_by",
    "expires_at",
)


ATTESTED = ("signed_by", "signed_on", "attested_by")


@require_safe
def customer(request: Request, pk: int) -> HttpResponse:
    """Show who may do what for a customer, what it runs and which path is open, and what happened."""
    actor, at = request.actor, timezone.now()
    rows = Customer.objects.visible_to(actor, at).select_related("provider", "reseller")
    found = get_object_or_404(rows, pk=pk)
    rows_of_it = with_attestation(with_renewal(found.relationships.order_by("-pk"), at))
    relationships = list(rows_of_it)
    state = standing.state_of(one.status for one in relationships)
    answers = answers_of(found)
    holdings = holdings_of(found, relationships, answers, actor, at)
    stands = NOWHERE
    if holdings.is_accepted:
        stands = Standing(
            has_relationship=True,
            has_grant=bool(holdings.live_grants(at)),
            has_agreement=holdings.agreement is not None,
            families_of_another=holdings.stated,
        )
    active = holdings.relationship if state == State.ACTIVE else None
    pending = [one for one in answers if one.status == Acceptance.Status.PENDING]
    invitations = invitations_of(found, actor, at)
    is_ours = may_read_answers(actor, found)
    return render(
        request,
        "customers/customer_detail.html",
        {
            "customer": found,
            "state": state,
            "country": countries.name(str(found.country)),
            "in_region": found.region == found.provider.region,
            "is_provider": is_ours,
            "relationship": holdings.relationship,
            "matrix": matrix(holdings, actor, at, privileges_url=reverse("customers:privileges"))
            if holdings.relationship
            else None,
            "subscriptions": subscriptions_of(found, stands, state, active, actor, at),
            "invitations": invitations,
            "answers": [answer(one, actor) for one in pending] if is_ours else [],
            "contacts": list(found.contacts.all()),
            "timeline": timeline(
                Activity.objects.visible_to(actor).about_customer(found.pk), skip=str(found)
            ),
            "actions": actions(found, holdings, state, actor, at, invited=bool(invitations)),
        },
    )


def with_renewal(rows: QuerySet[Relationship], at: datetime) -> QuerySet[Relationship]:
    """Read along the one renewal that may wait for the customer, without a query of its own."""
    waiting = Q(renewals__status=RenewalProposal.Status.WAITING, renewals__expires_at__gt=at)
    columns = {f"renewal_{name}": F(f"waiting__{name}") for name in RENEWAL}
    return rows.annotate(waiting=FilteredRelation("renewals", condition=waiting), **columns)


def with_attestation(rows: QuerySet[Relationship]) -> QuerySet[Relationship]:
    """Read along what the provider attested of its edition's agreement, without a query of its own."""
    attested = AgreementAttestation.objects.of_edition().filter(relationship=OuterRef("pk")).order_by("-pk")
    columns = {f"attested_{name}": Subquery(attested.values(name)[:1]) for name in ATTESTED}
    return rows.annotate(**columns)


def _agreed(relationship: Relationship, answers: Iterable[Acceptance]) -> Agreed | None:
    """Return who accepted the agreement of the edition in force: the customer's own answer comes first."""
    for one in answers:
        if one.status == Acceptance.Status.COMPLETED:
            return Agreed(one.name, timezone.localtime(one.agreed_at).date())
    signed_by, signed_on, attested_by = (getattr(relationship, f"attested_{name}") for name in ATTESTED)
    return Agreed(signed_by, signed_on, attested_by) if attested_by else None


def _renewal_of(relationship: Relationship) -> RenewalProposal | None:
    columns = {name: getattr(relationship, f"renewal_{name}") for name in RENEWAL}
    if columns["pk"] is None or not relationship.is_active:
        return None
    return RenewalProposal(provider_id=relationship.provider_id, **columns)


def holdings_of(
    found: Customer,
    relationships: list[Relationship],
    answers: list[Acceptance],
    actor: Actor,
    at: datetime,
) -> Holdings:
    """Return what is on record of the customer's privileges, as far as the actor sees it."""
    current = next((one for one in relationships if one.is_active or one.is_pending), None)
    newest = current or next((one for one in relationships if one.status == Relationship.Status.ENDED), None)
    known = {one.pk: one for one in relationships}
    grants: list[Grant] = []
    assignments: list[Assignment] = []
    stated: frozenset[str] = frozenset()
    renewal: RenewalProposal | None = None
    if newest is not None:
        grants = list(Grant.objects.filter(relationship=newest))
        assignments = list(
            Assignment.objects.visible_to(actor)
            .filter(grant__relationship=newest)
            .filter(
                Q(pk__in=Assignment.objects.to_answer(at).filter(customer=found).values("pk"))
                | Q(status=Assignment.Status.ACTIVE)
                | Q(status=Assignment.Status.HANDED_OVER, stopped_at__gt=at)
            )
            .select_related("reseller", "partnership", "grant")
            .order_by("reseller__name", "family", "pk")
        )
        stated = frozenset(
            OtherPartnerStatement.objects.filter(relationship=newest, lifted_at__isnull=True).values_list(
                "family", flat=True
            )
        )
        renewal = _renewal_of(newest)
    for one in relationships:
        one.provider, one.customer = found.provider, found
    for grant in [*grants, *(one.grant for one in assignments)]:
        grant.relationship, grant.provider = known[grant.relationship_id], found.provider
    for assignment in assignments:
        assignment.provider = found.provider
    agreement = _agreed(newest, answers) if newest is not None else None
    return Holdings(found, newest, grants, assignments, stated, renewal, agreement)


def answers_of(found: Customer) -> list[Acceptance]:
    """Return the answers that wait for the provider and those that accepted its edition's agreement."""
    waiting = Q(status=Acceptance.Status.PENDING)
    agreed = Q(status=Acceptance.Status.COMPLETED, agreement__edition=found.provider.edition)
    rows = Acceptance.objects.filter(waiting | agreed, customer=found)
    return list(rows.select_related("link__invitation").order_by("-pk"))


def answer(acceptance: Acceptance, actor: Actor) -> dict[str, Any]:
    """Return an answer that waits, with every doubt about it in words."""
    return {
        "name": acceptance.name,
        "email": acceptance.email,
        "company": acceptance.company,
        "tenant_id": acceptance.tenant_id,
        "at": acceptance.completed_at,
        "invited": acceptance.link.email,
        "invitation_url": acceptance.link.invitation.get_absolute_url(),
        "ticked": [one.label for one in acceptance.ticked],
        "doubts": [Doubt(value).label for value in acceptance.pending_reasons],
        "may_decide": may_decide_acceptance(actor, acceptance),
        "confirm_url": reverse("customers:acceptance-confirm", args=[acceptance.pk]),
        "refuse_url": reverse("customers:acceptance-refuse", args=[acceptance.pk]),
    }


def subscriptions_of(
    found: Customer,
    stands: Standing,
    state: str,
    relationship: Relationship | None,
    actor: Actor,
    at: datetime,
) -> dict[str, Any]:
    """Return subscriptions, each with its ruling and the move under way, and where the others are."""
    rows = list(
        turns.with_move(Subscription.objects.filter(customer=found), actor, at)
        .select_related("product", "parent__product")
        # What is under way first: a move has to be seen, however many there are.
        .order_by(F("move_pk").desc(nulls_last=True), "-pk")[: SHOWN + 1]
    )
    fixable = rulings_shown.fixes(actor, found, state, relationship)
    shown = []
    for row in rows[:SHOWN]:
        row.customer, row.provider = found, found.provider
        ruling = rulings.rule_on(row, stands, at)
        shown.append(
            {"row": row, "ruling": rulings_shown.shown(ruling, fixable), "move": under_way.of(row, actor)}
        )
    more = reverse("subscriptions:subscriptions", query={"customer": found.pk}) if len(rows) > SHOWN else ""
    return {"rows": shown, "more": more}


def invitations_of(found: Customer, actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """Return the customer's invitations that still wait for somebody: to be sent, or to be answered."""
    waiting = FilteredRelation("links", condition=Q(links__status=InvitationLink.Status.WAITING))
    rows = (
        Invitation.objects.visible_to(actor)
        .filter(Q(status=Invitation.Status.DRAFT) | Q(status=Invitation.Status.OPEN), customer=found)
        .filter(expires_at__gt=at)
        .annotate(waiting=waiting)
        .order_by("-pk")
        .values(
            "pk",
            "status",
            "expires_at",
            "made_by",
            "partnership__reseller__name",
            "waiting__email",
            "waiting__made_at",
            "waiting__fetched_at",
        )
    )
    base = reverse("customers:invitations")
    return [{**row, "url": f"{base}{row['pk']}/"} for row in rows[:SHOWN]]


def timeline(rows: Any, skip: str = "") -> list[dict[str, Any]]:
    """Return the newest rows of the log; `skip` is the object whose page it is."""
    return [
        {
            "title": entry.label,
            "who": " · ".join(dict.fromkeys(part for part in (entry.who, entry.company) if part)),
            "at": entry.at,
            "note": note(entry, skip),
        }
        for entry in activity.entries(rows.order_by("-pk")[:SHOWN])
    ]


def note(entry: activity.Entry, skip: str) -> str:
    """Say what a row of the log is about, in the reader's language as far as nobody typed its words."""
    if "privilege" in entry.details:
        told = [name for name in ("privilege", "services", "reseller") if name in entry.details]
        return " · ".join(in_words(name, entry.details[name]) for name in told)
    if "privileges" in entry.details:
        return ", ".join(in_words("privileges", one) for one in entry.details["privileges"])
    if entry.object_type == Invitation._meta.label_lower:
        number = _("Invitation %(number)s") % {"number": entry.object_ref}
        return " · ".join(part for part in (number, entry.details.get("company", "")) if part)
    about = entry.object if entry.object != skip else ""
    if "path" in entry.details:
        return " · ".join(part for part in (in_words("path", entry.details["path"]), about) if part)
    if about and entry.object_type == Transfer._meta.label_lower:
        return f"{Transfer._meta.verbose_name} {about}"
    return about


def in_words(name: str, value: str) -> str:
    """Return a value of the log's details as people read it."""
    _label, choices = activity.detail(name)
    return str(choices.get(value, value))


def actions(
    found: Customer, holdings: Holdings, state: str, actor: Actor, at: datetime, *, invited: bool
) -> dict[str, Any]:
    """Return what the actor may do with this customer now; what cannot be offered yet says why."""
    live = holdings.live_grants(at)
    held = any(one.status == Assignment.Status.ACTIVE for one in holdings.assignments)
    current = holdings.relationship
    in_region = found.region == found.provider.region
    return {
        "invite": reverse("customers:invite", query={"customer": found.pk})
        if may_invite(actor) and in_region
        else "",
        "invited": invited or state in (State.ACTIVE, State.PENDING),
        "assign": may_assign(actor, found),
        "assign_url": reverse("customers:assign", args=[found.pk]),
        "can_assign": bool(live),
        "why_not_assign": state == State.ACTIVE and not live,
        "assign_first": bool(live) and not held,
        "record": may_record_subscription(actor, found),
        "edit": may_edit_customer(actor, found),
        "note_microsoft": current is not None
        and current.is_active
        and current.confirmed_at_microsoft_at is None
        and may_note_microsoft(actor, current),
        "microsoft_url": reverse("customers:microsoft-note", args=[current.pk]) if current else "",
        "microsoft_undo_url": reverse("customers:microsoft-undo", args=[current.pk])
        if current is not None
        and current.is_active
        and current.confirmed_at_microsoft_at is not None
        and may_note_microsoft(actor, current)
        else "",
        "renew_url": reverse("customers:renewal-propose", args=[found.pk])
        if live and holdings.renewal is None and may_propose_renewal(actor, found)
        else "",
        "hand_over_url": reverse("customers:customer-hand-over", args=[found.pk])
        if may_hand_over(actor, found.provider_id) and (held or found.reseller_id)
        else "",
        "existing_url": reverse("customers:customer-existing", args=[found.pk])
        if state in (State.PROSPECT, State.ENDED) and in_region and may_attest(actor, found)
        else "",
        "end_url": reverse("subscriptions:relationship-end", args=[current.pk])
        if current is not None and current.is_active and may_end_relationship(actor, current)
        else "",
    }
