"""The invitation a customer opens by a link: read, answer, prove the address, or decline."""

import uuid
from datetime import timedelta

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import get_language
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from customers import acceptances, custody, links
from customers.answers import AnswerForm, CodeForm, DeclineForm
from customers.links import Opened
from customers.models import Acceptance, Grant
from customers.models.code import CODE_TRIES
from customers.models.privilege import utc_day
from customers.views.by_link import by_link, invitation, posted, shows_and_takes
from partners.errors import Refused
from partners.models import Partner


@login_not_required
@by_link(invitation)
@shows_and_takes
def landing(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    """Show what is asked, and take the answer. To look changes nothing: mail scanners follow links too."""
    if not opened.is_live:
        return _ended(request, opened, token)
    at, link = timezone.now(), opened.link
    terms = link.invitation
    relationship = custody.already_granted(link)
    granted = list(relationship.grants.live(at)) if relationship else []
    asks = tuple(asked for asked in terms.asks if asked not in {grant.privilege for grant in granted})
    form = AnswerForm(posted(request), link=link, asks=asks, at=at)
    if form.is_valid():
        try:
            acceptance = acceptances.start(opened, form.answer(), at=at)
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("customers:landing-code", token, acceptance.code.key)
    elif not (form.is_bound or request.user.is_authenticated):  # a partner who looks is not the customer
        custody.note_fetched(link, at=at)
    context = {
        "form": form,
        "link": link,
        "invitation": terms,
        "provider": link.provider,
        "reseller": terms.reseller,
        "handed": _handed(opened),
        "asks": asks,
        "granted": granted,
        "ends_on": utc_day(at) + timedelta(days=terms.privilege_days),
        "language": get_language(),
        "token": token,
    }
    return render(request, "customers/public/landing.html", context)


def _handed(opened: Opened) -> Partner | None:
    """Return the reseller who sent the invitation on."""
    partnership = opened.link.invitation.partnership
    return partnership.reseller if partnership else None


def _ended(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    """Say to the holder of a genuine link what became of it, and let it ask for another."""
    context = {
        "state": opened.state.value,
        "link": opened.link,
        "provider": opened.link.provider,
        "token": token,
    }
    return render(request, "customers/public/ended.html", context, status=410)


@login_not_required
@by_link(invitation)
@require_POST
def ask_again(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    """Tell the provider that the holder of a dead link asks for a new one; the answer is always the same."""
    if not opened.is_live:
        custody.ask_again(opened.link, at=timezone.now())
        said = _("%(provider)s knows that you ask for a new link, and decides whether to send one.")
        messages.success(request, said % {"provider": opened.link.provider.name})
    return redirect("customers:landing", token)


def _acceptance(opened: Opened, key: uuid.UUID) -> Acceptance | None:
    """Return the answer of this link that waits for this code, or was completed by it."""
    acceptance = (
        opened.link.acceptances.select_related("code", "customer", "agreement").filter(code__key=key).first()
    )
    if acceptance is not None:
        acceptance.link = opened.link
    return acceptance


@login_not_required
@by_link(invitation)
@shows_and_takes
def code(request: HttpRequest, opened: Opened, token: str, key: uuid.UUID) -> HttpResponse:
    """Take the mailed code; once it was right this address is the receipt, and can be opened again."""
    acceptance = _acceptance(opened, key)
    if acceptance is None:  # a newer code took this one's place
        return redirect("customers:landing", token)
    if acceptance.status != Acceptance.Status.CODE_SENT:
        return _receipt(request, acceptance)
    if not opened.is_live:
        return _ended(request, opened, token)
    at = timezone.now()
    form = CodeForm(posted(request))
    if form.is_valid():
        try:
            # Not inside the story: what it takes back when it refuses must not give the try back.
            links.spend_try(acceptance.code, form.cleaned_data["code"], at=at)
            acceptances.accept(acceptance, at=at)
        except Refused as refusal:
            acceptance.refresh_from_db()
            if acceptance.status == Acceptance.Status.CODE_SENT:
                form.add_error("code", str(refusal))
            else:  # the same button twice: the other request was quicker
                return redirect("customers:landing-code", token, key)
        else:
            return redirect("customers:landing-code", token, key)
    acceptance.code.refresh_from_db()
    context = {
        "form": form,
        "acceptance": acceptance,
        "code": acceptance.code,
        "provider": opened.link.provider,
        "is_dead": acceptance.code.is_dead(at),
        "tries_left": CODE_TRIES - acceptance.code.tries,
        "token": token,
    }
    return render(request, "customers/public/code.html", context)


def _receipt(request: HttpRequest, acceptance: Acceptance) -> HttpResponse:
    """Show whoever typed the code what was agreed."""
    at, terms = timezone.now(), acceptance.link.invitation
    grants = Grant.objects.live(at).filter(customer=acceptance.customer, privilege__in=acceptance.ticked)
    context = {
        "acceptance": acceptance,
        "invitation": terms,
        "provider": acceptance.link.provider,
        "reseller": terms.reseller,
        "grants": list(grants.order_by("privilege")),
        "is_pending": acceptance.status == Acceptance.Status.PENDING,
        "is_refused": acceptance.status == Acceptance.Status.REFUSED,
    }
    return render(request, "customers/public/receipt.html", context)


@login_not_required
@by_link(invitation)
@require_POST
def new_code(request: HttpRequest, opened: Opened, token: str, key: uuid.UUID) -> HttpResponse:
    """Mail a new code for an answer that waits for one."""
    acceptance = _acceptance(opened, key)
    if acceptance is None:
        return redirect("customers:landing", token)
    if not opened.is_live:
        return redirect("customers:landing-code", token, key)
    try:
        acceptances.send_new_code(acceptance, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
        return redirect("customers:landing-code", token, key)
    messages.success(request, _("A new code is on its way. The old one no longer works."))
    return redirect("customers:landing-code", token, acceptance.code.key)


@login_not_required
@by_link(invitation)
@shows_and_takes
def decline(request: HttpRequest, opened: Opened, token: str) -> HttpResponse:
    """Say no, with a reason or without."""
    if not opened.is_live:
        return _ended(request, opened, token)
    form = DeclineForm(posted(request))
    if form.is_valid():
        try:
            custody.decline(opened.link, reason=form.cleaned_data["reason"], at=timezone.now())
        except Refused as refusal:
            form.add_error(None, str(refusal))
        else:
            return redirect("customers:landing", token)
    context = {
        "form": form,
        "link": opened.link,
        "provider": opened.link.provider,
        "handed": _handed(opened),
        "token": token,
    }
    return render(request, "customers/public/decline.html", context)
