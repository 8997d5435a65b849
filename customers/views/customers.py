"""Recording and editing customers and their contacts; the pages that show them live a floor higher."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from customers import records
from customers.forms import ContactForm, CustomerForm, EditContactForm, FirstContactForm
from customers.models import Contact, Customer
from customers.permissions import may_edit_customer, may_record_customer
from partners.errors import Refused, Stale
from partners.fields import both_versions
from partners.permissions import require
from partners.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def record(request: Request) -> HttpResponse:
    """Record a customer that already buys elsewhere: a prospect until it accepts an invitation."""
    require(may_record_customer(request.actor))
    provider = request.actor.partner
    assert provider is not None  # noqa: S101 - only a provider may
    start = {"country": str(provider.country), "language": request.LANGUAGE_CODE}
    data = request.POST if request.method == "POST" else None
    form = CustomerForm(data, provider=provider, initial=start)
    contact_form = FirstContactForm(data)
    if request.method == "POST" and form.is_valid() & contact_form.is_valid():
        try:
            customer = records.record(
                provider,
                form.details,
                contact=contact_form.person_speaking(form.details.language),
                by=request.actor,
                at=timezone.now(),
            )
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The customer was recorded."))
            if customer.region != provider.region:
                messages.warning(
                    request,
                    _("%(customer)s is outside your CSP region: you cannot invite it or sell to it.")
                    % {"customer": customer.name},
                )
            return redirect(customer)
    return render(request, "customers/customer_form.html", {"form": form, "contact_form": contact_form})


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: Request, pk: int) -> HttpResponse:
    """Edit what is on record of a customer; a form read before somebody else's change is shown beside it."""
    customer = get_object_or_404(
        Customer.objects.visible_to(request.actor).select_related("provider", "reseller"), pk=pk
    )
    require(may_edit_customer(request.actor, customer))
    data = request.POST if request.method == "POST" else None
    form = CustomerForm(data, provider=customer.provider, customer=customer)
    context = {"form": form, "customer": customer}
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            customer = records.edit(
                customer, form.details, version=version, by=request.actor, at=timezone.now()
            )
        except Stale as stale:
            form.add_error(None, str(stale))
            customer.refresh_from_db()
            context["differing"] = both_versions(form, records.differing(customer, form.details))
            form.data = request.POST.copy()
            form.data["version"] = str(customer.version)  # saving again is a decision
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The customer was saved."))
            return redirect(customer)
    return render(request, "customers/customer_form.html", context)


def show(form: Any, refusal: Refused) -> None:
    """Put a refusal beside the field it is about, or above all fields."""
    form.add_error(refusal.field if refusal.field in form.fields else None, str(refusal))


@require_http_methods(["GET", "HEAD", "POST"])
def add_contact(request: Request, pk: int) -> HttpResponse:
    """Record one more contact of a customer."""
    customer = get_object_or_404(Customer.objects.visible_to(request.actor), pk=pk)
    require(may_edit_customer(request.actor, customer))
    data = request.POST if request.method == "POST" else None
    form = ContactForm(data, initial={"language": customer.language})
    if request.method == "POST" and form.is_valid():
        try:
            records.add_contact(customer, form.person, by=request.actor, at=timezone.now())
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The contact was recorded."))
            return redirect(customer)
    return render(request, "customers/contact_form.html", {"form": form, "customer": customer})


@require_http_methods(["GET", "HEAD", "POST"])
def edit_contact(request: Request, pk: int) -> HttpResponse:
    """Edit a contact; one that has confirmed its address is shown with the reason why it stays as it is."""
    contact = get_object_or_404(Contact.objects.visible_to(request.actor).select_related("customer"), pk=pk)
    require(may_edit_customer(request.actor, contact.customer))
    data = request.POST if request.method == "POST" else None
    form = EditContactForm(
        data, initial={name: getattr(contact, name) for name in EditContactForm.base_fields}
    )
    context = {"form": form, "customer": contact.customer, "contact": contact}
    if request.method == "POST" and form.is_valid():
        version = form.cleaned_data["version"]
        try:
            records.edit_contact(contact, form.person, version=version, by=request.actor, at=timezone.now())
        except Stale as stale:
            form.add_error(None, str(stale))
            contact.refresh_from_db()
            context["differing"] = both_versions(form, records.differing(contact, form.person))
            form.data = request.POST.copy()
            form.data["version"] = str(contact.version)  # saving again is a decision
        except Refused as refusal:
            show(form, refusal)
        else:
            messages.success(request, _("The contact was saved."))
            return redirect(contact.customer)
    return render(request, "customers/contact_form.html", context)
