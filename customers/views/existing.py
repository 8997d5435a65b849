"""The existing book by form: a provider attests that a customer was its own before."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers import existing
from customers.existing_form import ExistingForm
from customers.models import Customer
from customers.permissions import may_attest
from customers.views.customers import show
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def attest(request: Request, pk: int) -> HttpResponse:
    """Say what attesting an existing customer means; posted to, begin the relationship on that word."""
    rows = Customer.objects.visible_to(request.actor).select_related("provider")
    customer = get_object_or_404(rows, pk=pk)
    require(may_attest(request.actor, customer))
    form = ExistingForm(request.POST if request.method == "POST" else None, customer=customer)
    if request.method == "POST" and form.is_valid():
        try:
            existing.attest(
                customer,
                form.cleaned_data["tenant_id"],
                form.person,
                by=request.actor,
                at=timezone.now(),
            )
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(
                request,
                _("%(customer)s is on record as your existing customer, and is told by mail.")
                % {"customer": customer.name},
            )
            return redirect(customer)
    context = {"customer": customer, "form": form, "refused": existing.why_not(customer)}
    return render(request, "customers/existing.html", context)
