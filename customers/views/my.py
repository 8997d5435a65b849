"""What a customer sees and does of its privileges by a mailed link: refuse a reseller, withdraw.

Its own page shows what it runs too, so it stands a floor higher.
"""

import uuid
from collections import defaultdict
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.db.models import Exists, OuterRef
from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from customers import emails, links, privileges, told
from customers.answers import CodeForm
from customers.handover_plan import about_to_name_another
from customers.models import (
    Acceptance,
    Assignment,
    Contact,
    Customer,
    Grant,
    MailedCode,
    OtherPartnerStatement,
    Purpose,
)
from customers.models.code import CODE_TRIES
from customers.models.privilege import utc_day
from customers.renewals import why_closed
from customers.standing import why_not_live
from customers.views.by_link import by_link, lasting, own_page, posted, shows_and_takes
from partners import activity, spreadsheets
from partners.errors import Refused
from partners.models import Partner

RECORD = 50


@dataclass(frozen=True, slots=True)
class Holding:
    """What one reseller holds, or is offered, and why it may not use it now."""

    assignment: Assignment
    is_live: bool
    why_not: str
    starts_later: bool


def _holdings(customer: Customer, stated: set[str], at: datetime) -> list[Holding]:
    """Return who holds or is offered something, in one query however many there are."""
    rows = (Assignment.objects.held(at) | Assignment.objects.to_answer(at)).filter(customer=customer)
    live = Assignment.objects.live(at).filter(customer=customer)
    rows = rows.annotate(in_force=Exists(live.filter(pk=OuterRef("pk"))))
    return [
        Holding(
            row,
            row.in_force,
            "" if row.in_force else why_not_live(row, at, stated),
            row.starts_later(at),
        )
        for row in rows.select_related("reseller", "provider", "partnership", "grant__relationship").order_by(
            "reseller__name", "privilege", "pk"
        )
    ]


def _by_reseller(holdings: Iterable[Holding]) -> list[tuple[Partner, list[Holding]]]:
    found: dict[Partner, list[Holding]] = defaultdict(list)
    for holding in holdings:
        found[holding.assignment.reseller].append(holding)
    return list(found.items())


def _record(customer: Customer) -> list[tuple[activity.Entry, str]]:
    rows = told.record_of(customer)[:RECORD]
    return [(entry, told.what(entry.details)) for entry in activity.entries(rows)]


def standing_of(contact: Contact, at: datetime) -> dict[str, Any]:
    """Return what the customer's page shows: who may do what until when, decided by whom; what was done."""
    customer = contact.customer
    relationship = customer.relationships.order_by("-pk").first()
    grants = (
        list(relationship.grants.filter(status=Grant.Status.ACTIVE).order_by("privilege"))
        if relationship
        else []
    )
    statements = list(relationship.statements.filter(lifted_at=None)) if relationship else []
    stated = {statement.family for statement in statements}
    accepted = (
        customer.acceptances.filter(status=Acceptance.Status.COMPLETED)
        .select_related("agreement")
        .order_by("-pk")
        .first()
    )
    return {
        "contact": contact,
        "customer": customer,
        "provider": customer.provider,
        "relationship": relationship,
        "grants": [(grant, grant.ends_on >= utc_day(at)) for grant in grants],
        "resellers": _by_reseller(_holdings(customer, stated, at)),
        "statements": statements,
        "to_come": about_to_name_another(customer),
        "accepted": accepted,
        "attested": list(relationship.attestations.select_related("agreement")) if relationship else [],
        "renewals": [
            proposal
            for proposal in customer.renewals.waiting_at(at).select_related("relationship", "provider")
            if not why_closed(proposal, at=at)
        ],
        "record": _record(customer),
        "record_length": RECORD,
    }


@login_not_required
@by_link(own_page)
@require_safe
def record(request: HttpRequest, contact: Contact, token: str) -> StreamingHttpResponse:
    """Download the whole record of what was done on the customer's behalf."""
    return spreadsheets.download("record", told.table(contact.customer))


@login_not_required
@by_link(lasting)
@shows_and_takes
def ask(request: HttpRequest, contact: Contact, token: str) -> HttpResponse:
    """Mail the customer's page to its contact; the answer is the same whether or not a mail was due."""
    if request.method == "POST":
        with suppress(Refused):  # the address has had its share of today: it holds links enough
            emails.page_link(contact, at=timezone.now())
        messages.success(request, _("A fresh link is on its way to the address your receipt came to."))
        return redirect("customers:my-ask", token)
    context = {"contact": contact, "provider": contact.customer.provider, "hours": links.PAGE_HOURS}
    return render(request, "customers/public/ask.html", context)


@login_not_required
@by_link(own_page)
@shows_and_takes
def refuse(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Refuse one reseller, after saying what that means."""
    assignment = get_object_or_404(
        Assignment.objects.select_related("reseller", "provider", "customer"),
        pk=pk,
        customer=contact.customer,
    )
    at = timezone.now()
    refused = ""
    if not assignment.can_move(Assignment.Status.REFUSED_BY_CUSTOMER):
        refused = assignment.refusal(Assignment.Status.REFUSED_BY_CUSTOMER)
    elif request.method == "POST":
        try:
            privileges.refuse_reseller(assignment, contact, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("%(reseller)s can no longer act for you here.") % {"reseller": assignment.reseller}
            )
        return redirect("my", token)
    names = {
        "reseller": assignment.reseller.name,
        "provider": assignment.provider.name,
        "privilege": assignment.get_privilege_display().lower(),
    }
    context = {
        "contact": contact,
        "assignment": assignment,
        "refused": refused,
        "consequences": [
            _("It stops at once: %(reseller)s can no longer use %(privilege)s for you.") % names,
            _("What you granted to %(provider)s stays. It may entrust another reseller; we tell you.")
            % names,
            _("%(provider)s and %(reseller)s are told by mail.") % names,
        ],
        "token": token,
    }
    return render(request, "customers/public/refuse.html", context)


def _grant(contact: Contact, pk: int) -> Grant:
    return get_object_or_404(
        Grant.objects.select_related("relationship", "provider", "customer"), pk=pk, customer=contact.customer
    )


@login_not_required
@by_link(own_page)
@shows_and_takes
def withdraw(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Say what stops when a privilege is withdrawn, and mail the code that does it."""
    grant = _grant(contact, pk)
    at = timezone.now()
    refused = "" if grant.can_move(Grant.Status.WITHDRAWN) else grant.refusal(Grant.Status.WITHDRAWN)
    if request.method == "POST" and not refused:
        try:
            code = privileges.ask_to_withdraw(grant, contact, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("customers:my-withdraw", token, pk)
        return redirect("customers:my-withdraw-code", token, pk, code.key)
    holders = (
        Assignment.objects.live(at).filter(grant=grant).select_related("reseller").order_by("reseller__name")
    )
    names = {"provider": grant.provider.name}
    context = {
        "contact": contact,
        "grant": grant,
        "provider": grant.provider,
        "refused": refused,
        "consequences": [
            _("It stops at once: %(provider)s can no longer use it.") % names,
            *(
                _("%(reseller)s can no longer use it either (%(services)s).")
                % {"reseller": held.reseller, "services": held.get_family_display()}
                for held in holders
            ),
            _("The relationship does not end: %(provider)s stays your partner and owes you its support.")
            % names,
            _("What was set up at Microsoft itself, such as Azure roles, you remove there."),
            _("To grant it again, %(provider)s has to invite you again.") % names,
        ],
        "token": token,
    }
    return render(request, "customers/public/withdraw.html", context)


@login_not_required
@by_link(own_page)
@shows_and_takes
def withdraw_code(
    request: HttpRequest, contact: Contact, token: str, pk: int, key: uuid.UUID
) -> HttpResponse:
    """Take the mailed code and withdraw the privilege."""
    grant = _grant(contact, pk)
    code = MailedCode.objects.filter(
        key=key, purpose=Purpose.WITHDRAW_GRANT, object_ref=grant.pk, email=contact.email
    ).first()
    if code is None or not grant.can_move(Grant.Status.WITHDRAWN):
        return redirect("my", token)
    at = timezone.now()
    form = CodeForm(posted(request))
    if form.is_valid():
        try:
            # Not inside the story: what it takes back when it refuses must not give the try back.
            links.spend_try(code, form.cleaned_data["code"], at=at)
            privileges.withdraw_grant(grant, contact, code, at=at)
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(
                request,
                _("%(privilege)s has been withdrawn. Nobody can use it any more.")
                % {"privilege": grant.get_privilege_display()},
            )
            return redirect("my", token)
    code.refresh_from_db()
    context = {
        "form": form,
        "contact": contact,
        "grant": grant,
        "code": code,
        "provider": grant.provider,
        "is_dead": code.is_dead(at),
        "tries_left": CODE_TRIES - code.tries,
        "token": token,
    }
    return render(request, "customers/public/withdraw_code.html", context)


@login_not_required
@by_link(own_page)
@shows_and_takes
def lift(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """State that another CSP partner no longer administers a family, after saying what that opens."""
    statement = get_object_or_404(
        OtherPartnerStatement.objects.select_related("relationship"),
        pk=pk,
        relationship__customer=contact.customer,
    )
    if statement.lifted_at is not None:
        return redirect("my", token)
    if request.method == "POST":
        try:
            privileges.lift_statement(statement, contact, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Noted: no other CSP partner administers these services any more."))
        return redirect("my", token)
    names = {"services": statement.get_family_display(), "provider": contact.customer.provider.name}
    context = {
        "contact": contact,
        "statement": statement,
        "consequences": [
            _("What you granted also works for %(services)s from now on.") % names,
            _("%(provider)s sees that you said so, and when.") % names,
        ],
        "token": token,
    }
    return render(request, "customers/public/lift.html", context)
