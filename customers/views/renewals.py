"""Renewals as the provider makes them: propose that privileges last longer, take a proposal back."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers import renewals
from customers.models import Assignment, Customer, Grant, Relationship, RenewalProposal
from customers.permissions import may_propose_renewal, may_withdraw_renewal
from customers.renewing import ProposalForm
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request
from partners.templatetags.ui import exact_day, moment_words

shows_and_takes = require_http_methods(["GET", "HEAD", "POST"])


@shows_and_takes
def propose(request: Request, pk: int) -> HttpResponse:
    """Show what of a customer's grants ends when, and propose that it lasts longer."""
    rows = Customer.objects.visible_to(request.actor).select_related("provider")
    customer = get_object_or_404(rows, pk=pk)
    require(may_propose_renewal(request.actor, customer))
    at = timezone.now()
    relationship = Relationship.objects.active().filter(customer=customer).first()
    grants = list(Grant.objects.live(at).filter(customer=customer).order_by("privilege"))
    waiting = RenewalProposal.objects.waiting_at(at).filter(customer=customer).first()
    form = ProposalForm(request.POST if request.method == "POST" else None, customer=customer, grants=grants)
    if relationship and form.is_valid():
        try:
            proposal = renewals.propose(relationship, form.terms(), by=request.actor, at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(
                request,
                _("Proposed. %(customer)s has until %(when)s to answer.")
                % {"customer": customer.name, "when": moment_words(proposal.expires_at)},
            )
            return redirect(customer)
    held = Assignment.objects.held(at).filter(customer=customer, status=Assignment.Status.ACTIVE)
    return render(
        request,
        "customers/renewal_propose.html",
        {
            "customer": customer,
            "form": form,
            "grants": grants,
            "held": held.select_related("reseller").order_by("reseller__name", "privilege", "pk"),
            "waiting": waiting,
            "declined": _last_no(relationship),
            "can_answer": customer.contacts.confirmed().exists(),
        },
    )


def _last_no(relationship: Relationship | None) -> RenewalProposal | None:
    """Return the newest proposal if the customer said no to it."""
    newest = relationship.renewals.first() if relationship else None
    return newest if newest is not None and newest.status == RenewalProposal.Status.DECLINED else None


@shows_and_takes
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Say what taking a proposal back means; posted to, take it back."""
    rows = RenewalProposal.objects.visible_to(request.actor).select_related("customer", "provider")
    proposal = get_object_or_404(rows, pk=pk)
    require(may_withdraw_renewal(request.actor, proposal))
    if request.method == "POST":
        try:
            renewals.withdraw(proposal, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The proposal is taken back."))
        return redirect(proposal.customer)
    target = RenewalProposal.Status.WITHDRAWN
    possible = proposal.can_move(target)
    ends = Grant.objects.live(timezone.now()).filter(
        relationship=proposal.relationship_id, privilege__in=proposal.renews
    )
    consequences = [
        _("%(customer)s can no longer answer it: its page says that you took it back.")
        % {"customer": proposal.customer.name},
        *(
            _("%(privilege)s ends on %(day)s, unless you propose a renewal again in time.")
            % {"privilege": grant.get_privilege_display(), "day": exact_day(grant.ends_on)}
            for grant in ends.order_by("privilege")
        ),
    ]
    return render(
        request,
        "customers/renewal_withdraw.html",
        {
            "proposal": proposal,
            "consequences": consequences if possible else [],
            "refused": "" if possible else proposal.refusal(target),
            "cancel_url": reverse("customer", args=[proposal.customer_id]),
        },
    )
