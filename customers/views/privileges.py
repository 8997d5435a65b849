"""Privileges: what customers granted, what resellers hold, and every move between them."""

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import privileges
from customers.forms import AssignForm, active_resellers
from customers.models import Assignment, Customer, Grant, OtherPartnerStatement
from customers.models.privilege import AssignmentQuerySet, GrantQuerySet, utc_day
from customers.permissions import (
    may_accept_assignment,
    may_answer_assignment,
    may_ask_for_privileges,
    may_assign,
    may_manage_assignment,
    may_propose_renewal,
)
from customers.standing import why_grant_not_live, why_not_live
from partners.actor import Actor
from partners.errors import Refused
from partners.paging import address_with, asked_choice, asked_key, page_of
from partners.permissions import company_of, require
from partners.requests import Request
from partners.templatetags.ui import exact_day, moment_words, role

ENDING_DAYS = 30
SHOWN = 50

# --- the list ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Row:
    """One grant or assignment as the list shows it; `actions` post, `leads` ask first, `pages` only show."""

    customer: str
    customer_url: str
    privilege: str
    services: str
    company: str
    state: str
    role: str
    why: str
    days: str
    decided: str
    actions: tuple[tuple[str, str], ...] = ()
    leads: tuple[tuple[str, str], ...] = ()
    pages: tuple[tuple[str, str], ...] = ()


@require_safe
def listing(request: Request) -> HttpResponse:
    """List what resellers hold or are offered, or what customers granted, the newest first."""
    actor, company, at = request.actor, company_of(request.actor), timezone.now()
    chosen = asked_choice(request, "of", ("grants",)) == "grants"
    of_grants = company.owns_relationships and (chosen or not company.has_resellers)
    return _grants(request, actor, at) if of_grants else _assignments(request, actor, at)


def _grants(request: Request, actor: Actor, at: datetime) -> HttpResponse:
    show = asked_choice(request, "show", ("ending", "stopped")) or "active"
    rows = Grant.objects.visible_to(actor).select_related("customer", "provider", "relationship")
    page = page_of(_grants_shown(rows, show, at), request, "-pk")
    prefix = reverse("customers")
    return render(
        request,
        "customers/privileges.html",
        {
            **_frame(request, actor, "grants", show),
            "rows": [_grant_row(grant, actor, prefix, at) for grant in page.rows],
            "page": page,
        },
    )


def _grants_shown(rows: GrantQuerySet, show: str, at: datetime) -> GrantQuerySet:
    live = rows.live(at)
    if show == "stopped":
        return rows.exclude(pk__in=live.values("pk"))
    return live.filter(ends_on__lte=utc_day(at) + timedelta(days=ENDING_DAYS)) if show == "ending" else live


def _grant_row(grant: Grant, actor: Actor, prefix: str, at: datetime) -> Row:
    why = why_grant_not_live(grant, at)
    may_propose = not why and may_propose_renewal(actor, grant.customer)
    renewal = f"{prefix}{grant.customer_id}/renewals/propose/"
    return Row(
        customer=grant.customer.name,
        customer_url=f"{prefix}{grant.customer_id}/",
        privilege=str(grant.get_privilege_display()),
        services=_("All services"),
        company="",
        state=_("Stopped") if why else _("In force"),
        role="ended" if why else "ok",
        why=why,
        days=_("until %(day)s") % {"day": exact_day(grant.ends_on)},
        decided=_("%(person)s, %(when)s")
        % {"person": grant.granted_by, "when": moment_words(grant.granted_at)},
        pages=((renewal, _("Propose a renewal")),) if may_propose else (),
    )


def _assignments(request: Request, actor: Actor, at: datetime) -> HttpResponse:
    show = asked_choice(request, "show", ("active", "offered", "ending", "stopped"))
    rows = Assignment.objects.visible_to(actor).select_related(
        "customer", "reseller", "provider", "partnership", "grant__relationship"
    )
    if (reseller := asked_key(request, "reseller")) is not None:
        rows = rows.filter(reseller=reseller)
    if not show:
        # What waits for the reader comes first.
        mine = rows.filter(reseller=actor.partner).waiting_for_reseller(at)
        show = "offered" if company_of(actor).is_reseller and mine.exists() else "active"
    page = page_of(_assignments_shown(rows, show, at), request, "-pk")
    return render(
        request,
        "customers/privileges.html",
        {
            **_frame(request, actor, "assignments", show),
            "rows": assignment_rows(page.rows, actor, at),
            "page": page,
        },
    )


def _assignments_shown(rows: AssignmentQuerySet, show: str, at: datetime) -> AssignmentQuerySet:
    match show:
        case "offered":
            return rows.to_answer(at)
        case "stopped":
            return rows.stopped(at)
        case "ending":
            return rows.held(at).filter(ends_on__lte=utc_day(at) + timedelta(days=ENDING_DAYS))
    return rows.held(at)


def assignment_rows(rows: list[Assignment], actor: Actor, at: datetime) -> list[Row]:
    """Return assignments ready for a table; one query says which families customers left to others."""
    stated: dict[int, set[str]] = defaultdict(set)
    relationships = {assignment.grant.relationship_id for assignment in rows}
    if relationships:
        found = OtherPartnerStatement.objects.filter(relationship__in=relationships, lifted_at__isnull=True)
        for relationship, family in found.values_list("relationship", "family"):
            stated[relationship].add(family)
    prefix, actions = reverse("customers"), reverse("customers:privileges").removesuffix("privileges/")
    return [
        _assignment_row(
            row, actor, prefix, f"{actions}assignments/{row.pk}/", at, stated[row.grant.relationship_id]
        )
        for row in rows
    ]


def _assignment_row(
    assignment: Assignment, actor: Actor, prefix: str, actions: str, at: datetime, stated: set[str]
) -> Row:
    Status = Assignment.Status  # noqa: N806 - the class's own name
    waits = assignment.waits_at(at) and assignment.ground_stands(at)
    why = "" if waits else why_not_live(assignment, at, stated)
    state, words = assignment.status, str(assignment.get_status_display())
    if waits:
        state, words, why = "offered", _("Offered"), _offer_ends(assignment)
        if assignment.waits_for_customer:
            state, words = "waiting", _("Waits for the customer")
    elif not why:
        state, words = "active", _("In force")
    elif assignment.starts_later(at):
        state, words = "waiting", _("Starts later")
    elif assignment.status in (Status.ACTIVE, Status.OFFERED):
        state, words = "ended", _("Not in force")
    elif assignment.stopped_at:
        why = _("%(when)s, %(who)s") % {
            "when": moment_words(assignment.stopped_at),
            "who": assignment.stopped_by,
        }
    first = f"{exact_day(utc_day(assignment.starts_at))} – " if assignment.starts_at else ""
    leaves = assignment.stopped_at if assignment.status == Status.HANDED_OVER else None
    # Whoever stops as a day begins held it until the day before; the hour stands beside the state.
    last = exact_day(utc_day(leaves - timedelta(microseconds=1)) if leaves else assignment.ends_on)
    mine = actor.is_of(assignment.reseller_id)
    # A reseller sees the page of a customer it may act for, and of no other.
    reaches = not mine or state == "active"
    return Row(
        customer=assignment.customer.name,
        customer_url=f"{prefix}{assignment.customer_id}/" if reaches else "",
        privilege=str(assignment.get_privilege_display()),
        services=str(assignment.get_family_display()),
        company=assignment.provider.name if mine else assignment.reseller.name,
        state=words,
        role=role(state),
        why=why,
        days=f"{first}{last}" if first else _("until %(day)s") % {"day": last},
        decided=(assignment.answered_by or assignment.offered_by).partition(" · ")[0],
        **_moves(assignment, actor, actions, at),
    )


def _offer_ends(assignment: Assignment) -> str:
    return _("to be answered by %(when)s") % {"when": moment_words(assignment.offer_ends_at)}


def _moves(assignment: Assignment, actor: Actor, actions: str, at: datetime) -> dict[str, Any]:
    """Return what the actor can do with an assignment now: `actions`, `leads` and `pages` of its row."""
    answers, manages = may_answer_assignment(actor, assignment), may_manage_assignment(actor, assignment)
    if not assignment.ground_stands(at):
        return {}
    if assignment.waits_at(at) and assignment.hand_over_id is not None:
        page = reverse("customers:handover", args=[assignment.hand_over_id])
        return {"pages": ((page, _("Answer the hand-over") if answers else _("See the hand-over")),)}
    if assignment.waits_at(at):
        moves = (
            (
                may_accept_assignment(actor, assignment) and not assignment.waits_for_customer,
                "accept/",
                _("Accept"),
            ),
            (answers, "decline/", _("Decline")),
            (manages, "withdraw/", _("Withdraw the offer")),
        )
        return {"actions": tuple((f"{actions}{verb}", label) for may, verb, label in moves if may)}
    if assignment.status == Assignment.Status.ACTIVE:
        stops = ((answers, "give-up/", _("Give up…")), (manages, "revoke/", _("Revoke…")))
        return {"leads": tuple((f"{actions}{verb}", label) for may, verb, label in stops if may)}
    return {}


def _frame(request: Request, actor: Actor, of: str, show: str) -> dict[str, Any]:
    shown = [("active", _("In force")), ("ending", _("Ending within %(days)d days") % {"days": ENDING_DAYS})]
    if of == "assignments":
        shown.insert(0, ("offered", _("Offered")))
    shown.append(("stopped", _("Stopped")))
    return {
        "of": of,
        "show": show,
        "kinds": [
            {
                "label": _("Held by resellers"),
                "url": address_with(request, of="", show=""),
                "active": of == "assignments",
            },
            {
                "label": _("Granted by customers"),
                "url": address_with(request, of="grants", show="", reseller=""),
                "active": of == "grants",
            },
        ]
        if company_of(actor).has_resellers
        else [],
        "shows": [
            {
                "label": label,
                "url": address_with(request, show=name),
                "active": name == show,
            }
            for name, label in shown
        ],
        "is_reseller": company_of(actor).is_reseller,
        "may_ask": may_ask_for_privileges(actor),
    }


# --- assigning ---------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def assign(request: Request, pk: int) -> HttpResponse:
    """Show who holds what of a customer and offer a privilege to a reseller."""
    rows = Customer.objects.visible_to(request.actor).select_related("provider", "reseller")
    customer = get_object_or_404(rows, pk=pk)
    require(may_assign(request.actor, customer))
    at = timezone.now()
    tie = active_resellers(customer.provider).filter(reseller=customer.reseller_id).first()
    grants = list(Grant.objects.live(at).filter(customer=customer).order_by("privilege")[:2])
    only = grants[0] if len(grants) == 1 else None
    form = AssignForm(
        request.POST if request.method == "POST" else None,
        customer=customer,
        at=at,
        initial={"partnership": tie, "grant": only},
    )
    if request.method == "POST" and form.is_valid():
        values = form.cleaned_data
        try:
            offer = privileges.assign(
                values["grant"],
                values["partnership"],
                family=values["family"],
                starts_on=values["starts_on"],
                ends_on=values["ends_on"],
                by=request.actor,
                at=at,
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            words = {"reseller": offer.reseller.name, "when": moment_words(offer.offer_ends_at)}
            messages.success(
                request,
                _("The customer is asked first: it was not told of %(reseller)s. Both have until %(when)s.")
                % words
                if offer.needs_yes
                else _("Offered to %(reseller)s, who has until %(when)s to answer.") % words,
            )
            return redirect(customer)
    held = Assignment.objects.filter(customer=customer)
    held = (held.held(at) | held.to_answer(at)).select_related(
        "customer", "reseller", "provider", "partnership", "grant__relationship"
    )
    return render(
        request,
        "customers/assign.html",
        {
            "customer": customer,
            "form": form,
            "grants": grants,
            "rows": assignment_rows(list(held.order_by("-pk")[:SHOWN]), request.actor, at),
            "resellers": form.partnerships.exists(),
            "may_ask": may_ask_for_privileges(request.actor),
        },
    )


# --- what can be done with one -----------------------------------------------------------------


def _find(request: Request, pk: int) -> Assignment:
    rows = Assignment.objects.visible_to(request.actor).select_related(
        "customer", "reseller", "provider", "partnership", "grant__relationship"
    )
    return get_object_or_404(rows, pk=pk)


def _act(
    request: Request,
    pk: int,
    may: Callable[[Actor, Assignment], bool],
    story: Callable[..., object],
    said: str,
) -> HttpResponse:
    assignment = _find(request, pk)
    require(may(request.actor, assignment))
    try:
        story(assignment, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said % {"customer": assignment.customer.name})
    if request.actor.is_of(assignment.provider_id):
        return redirect(assignment.customer)
    return redirect("customers:privileges")


@require_POST
def accept(request: Request, pk: int) -> HttpResponse:
    """Accept, for the reseller, what the provider offers."""
    said = _("Accepted. What you hold for %(customer)s is listed below.")
    return _act(request, pk, may_answer_assignment, privileges.accept, said)


@require_POST
def decline(request: Request, pk: int) -> HttpResponse:
    """Decline, for the reseller, what the provider offers."""
    said = _("Declined. The provider of %(customer)s has been told.")
    return _act(request, pk, may_answer_assignment, privileges.decline, said)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Withdraw, for the provider, an offer without an answer."""
    said = _("The offer is withdrawn.")
    return _act(request, pk, may_manage_assignment, privileges.withdraw, said)


@require_http_methods(["GET", "HEAD", "POST"])
def revoke(request: Request, pk: int) -> HttpResponse:
    """Say what revoking does; posted to, revoke what a reseller holds."""
    if request.method == "POST":
        said = _("Revoked: the reseller can no longer act for %(customer)s under it.")
        return _act(request, pk, may_manage_assignment, privileges.revoke, said)
    assignment = _find(request, pk)
    require(may_manage_assignment(request.actor, assignment))
    return _ask_first(
        request,
        assignment,
        Assignment.Status.REVOKED,
        title=_("Revoke a privilege"),
        button=_("Revoke"),
        consequences=[
            _("%(reseller)s can no longer act for %(customer)s under it, at once.")
            % {"reseller": assignment.reseller.name, "customer": assignment.customer.name},
            _("You keep the privilege: the customer's grant stays as it is."),
            _("The reseller's agents are told by mail."),
            _("To give it back you make a new offer, which the reseller accepts again."),
        ],
    )


@require_http_methods(["GET", "HEAD", "POST"])
def give_up(request: Request, pk: int) -> HttpResponse:
    """Say what giving up does; posted to, give up what the reseller holds."""
    if request.method == "POST":
        said = _("Given up: you no longer act for %(customer)s under it.")
        return _act(request, pk, may_answer_assignment, privileges.give_up, said)
    assignment = _find(request, pk)
    require(may_answer_assignment(request.actor, assignment))
    return _ask_first(
        request,
        assignment,
        Assignment.Status.GIVEN_UP,
        title=_("Give up a privilege"),
        button=_("Give up"),
        consequences=[
            _("You can no longer act for %(customer)s under it, at once.")
            % {"customer": assignment.customer.name},
            _("%(provider)s keeps the privilege and looks after the customer.")
            % {"provider": assignment.provider.name},
            _("The provider's agents are told by mail."),
            _("You get it back only by a new offer of the provider."),
        ],
    )


def _ask_first(
    request: Request,
    assignment: Assignment,
    target: str,
    *,
    title: str,
    button: str,
    consequences: list[str],
) -> HttpResponse:
    possible = assignment.can_move(target)
    return render(
        request,
        "customers/privilege_stop.html",
        {
            "assignment": assignment,
            "title": title,
            "button": button,
            "consequences": consequences if possible else [],
            "refused": "" if possible else assignment.refusal(target),
            "cancel_url": reverse("customers:privileges"),
        },
    )
