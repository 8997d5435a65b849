"""The confirmation at Microsoft: noted by hand, taken back with a reason where it was noted wrongly."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from customers import microsoft
from customers.microsoft_form import ReasonForm
from customers.models import Relationship
from customers.permissions import may_note_microsoft
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request


@require_POST
def note(request: Request, pk: int) -> HttpResponse:
    """Note by hand that the customer confirmed the relationship at Microsoft."""
    rows = Relationship.objects.visible_to(request.actor).select_related("customer")
    relationship = get_object_or_404(rows, pk=pk)
    require(may_note_microsoft(request.actor, relationship))
    try:
        microsoft.note(relationship, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, _("Noted: the relationship is confirmed at Microsoft."))
    return redirect(relationship.customer)


@require_http_methods(["GET", "HEAD", "POST"])
def undo(request: Request, pk: int) -> HttpResponse:
    """Say what taking the note back does; posted to with a reason, take it back."""
    rows = Relationship.objects.visible_to(request.actor).select_related("customer", "provider")
    relationship = get_object_or_404(rows, pk=pk)
    require(may_note_microsoft(request.actor, relationship))
    form = ReasonForm(request.POST if request.method == "POST" else None)
    noted = relationship.is_active and relationship.confirmed_at_microsoft_at is not None
    if request.method == "POST" and form.is_valid():
        try:
            microsoft.take_back(
                relationship, form.cleaned_data["reason"], by=request.actor, at=timezone.now()
            )
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("Taken back: the relationship waits for its confirmation again."))
        return redirect(relationship.customer)
    return render(
        request,
        "customers/microsoft_undo.html",
        {
            "relationship": relationship,
            "customer": relationship.customer,
            "form": form,
            "consequences": [
                _("The relationship shows as not confirmed at Microsoft, and your queue asks for it again."),
                _("Until the customer confirms there, nothing can be ordered for it. Privileges stay."),
                _("The log keeps both the note and its taking back, with your reason."),
            ],
            "refused": "" if noted else microsoft.not_noted(),
        },
    )
