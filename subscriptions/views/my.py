"""The customer's own page, opened by a mailed link: who may act for it, what is under way, what was done."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from customers.models import Contact
from customers.views.by_link import by_link, own_page
from customers.views.my import standing_of
from subscriptions.views.my_steps import walks_of


@login_not_required
@by_link(own_page)
@require_safe
def my(request: HttpRequest, contact: Contact, token: str) -> HttpResponse:
    """Show a customer who may do what until when, decided by whom, its steps, and what was done."""
    at = timezone.now()
    context = {**standing_of(contact, at), "walks": walks_of(contact.customer), "token": token}
    return render(request, "customers/public/my.html", context)
