"""A customer's yes to a reseller it was not told of: what it would let it do, and the code that says yes."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from customers import consents, links
from customers.answers import CodeForm
from customers.models import Assignment, Contact, MailedCode, Purpose
from customers.models.code import CODE_TRIES
from customers.views.by_link import by_link, own_page, posted, shows_and_takes
from partners.errors import Refused


def _find(contact: Contact, pk: int) -> Assignment:
    rows = Assignment.objects.select_related(
        "reseller", "provider", "customer", "partnership", "grant__relationship"
    )
    return get_object_or_404(rows, pk=pk, customer=contact.customer, needs_yes=True)


@login_not_required
@by_link(own_page)
@shows_and_takes
def agree(request: HttpRequest, contact: Contact, token: str, pk: int) -> HttpResponse:
    """Say what a reseller could do with the customer's yes, and mail the code that says it."""
    assignment, at = _find(contact, pk), timezone.now()
    if assignment.agreed_at is not None or not (assignment.waits_at(at) and assignment.ground_stands(at)):
        return redirect("my", token)
    if request.method == "POST":
        try:
            code = consents.ask_to_agree(assignment, contact, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("my", token)
        return redirect("customers:my-agree-code", token, pk, code.key)
    context = {
        "contact": contact,
        "assignment": assignment,
        "provider": assignment.provider,
        "reseller": assignment.reseller,
        "token": token,
    }
    return render(request, "customers/public/agree.html", context)


@login_not_required
@by_link(own_page)
@shows_and_takes
def agree_code(request: HttpRequest, contact: Contact, token: str, pk: int, key: uuid.UUID) -> HttpResponse:
    """Take the mailed code and say yes to the reseller."""
    assignment, at = _find(contact, pk), timezone.now()
    code = MailedCode.objects.filter(
        key=key, purpose=Purpose.AGREE, object_ref=assignment.pk, email=contact.email
    ).first()
    if code is None or assignment.agreed_at is not None or not assignment.waits_at(at):
        return redirect("my", token)
    form = CodeForm(posted(request))
    if form.is_valid():
        try:
            # Not inside the story: what it takes back when it refuses must not give the try back.
            links.spend_try(code, form.cleaned_data["code"], at=at)
            consents.agree(assignment, contact, code, at=at)
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(
                request,
                _("You agreed to %(reseller)s, which has been told. We write to you when it accepts.")
                % {"reseller": assignment.reseller.name},
            )
            return redirect("my", token)
    code.refresh_from_db()
    context = {
        "form": form,
        "contact": contact,
        "assignment": assignment,
        "code": code,
        "provider": assignment.provider,
        "is_dead": code.is_dead(at),
        "tries_left": CODE_TRIES - code.tries,
        "token": token,
    }
    return render(request, "customers/public/agree_code.html", context)
