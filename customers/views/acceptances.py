"""What the provider says to an answer: confirm it, or refuse it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers import acceptances
from customers.models import Acceptance
from customers.permissions import may_decide_acceptance
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request


def _find(request: Request, pk: int) -> Acceptance:
    rows = Acceptance.objects.visible_to(request.actor).select_related("link__invitation", "customer")
    acceptance = get_object_or_404(rows, pk=pk)
    require(may_decide_acceptance(request.actor, acceptance))
    return acceptance


@require_POST
def confirm(request: Request, pk: int) -> HttpResponse:
    """Confirm that an answer came from the customer: what was ticked counts from now."""
    acceptance = _find(request, pk)
    try:
        customer = acceptances.confirm(acceptance, by=request.actor, at=timezone.now()).customer
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect(acceptance.link.invitation)
    assert customer is not None  # noqa: S101 - a confirmed answer has one
    said = _("%(customer)s is your customer now. What was ticked is granted.")
    messages.success(request, said % {"customer": customer.name})
    return redirect(customer)


@require_http_methods(["GET", "HEAD", "POST"])
def refuse(request: Request, pk: int) -> HttpResponse:
    """Say what refusing an answer does; posted to, refuse it."""
    acceptance = _find(request, pk)
    if request.method == "POST":
        try:
            acceptances.refuse(acceptance, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("The answer is refused. Nothing was granted."))
        return redirect(acceptance.link.invitation)
    return render(
        request,
        "customers/acceptance_refuse.html",
        {
            "acceptance": acceptance,
            "consequences": [
                _("Nothing of what was ticked is granted, and there is no relationship from this answer."),
                _("%(address)s is told by mail that the answer was not recognised.")
                % {"address": acceptance.email},
                _("The link stays used. To ask again, make a new invitation."),
            ],
            "refused": ""
            if acceptance.can_move(Acceptance.Status.REFUSED)
            else acceptance.refusal(Acceptance.Status.REFUSED),
        },
    )
