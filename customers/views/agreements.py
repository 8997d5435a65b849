"""A customer agreement accepted elsewhere: the page on which a provider's agent attests it."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers import agreements
from customers.agreement_form import AttestForm
from customers.models import Relationship
from customers.permissions import may_attest_agreement
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def attest(request: Request, pk: int) -> HttpResponse:
    """Ask who accepted the agreement for a customer and when; posted to, write it down."""
    rows = Relationship.objects.visible_to(request.actor).select_related("customer", "provider")
    relationship = get_object_or_404(rows, pk=pk)
    require(may_attest_agreement(request.actor, relationship))
    at = timezone.now()
    agreement = agreements.to_attest(relationship, at=at)
    form = AttestForm(request.POST if request.method == "POST" else None)
    if agreement is not None and form.is_valid():
        try:
            agreements.attest(relationship, agreement, **form.cleaned_data, by=request.actor, at=at)
        except Refused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(request, _("Written down. The customer has been told by mail."))
            return redirect(relationship.customer)
    return render(
        request,
        "customers/agreement_attest.html",
        {
            "customer": relationship.customer,
            "edition": relationship.provider.get_edition_display(),
            "agreement": agreement,
            "form": form,
        },
    )
