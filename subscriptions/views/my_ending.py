"""The customer ends a relationship from its own page: what stops, a mailed code, and it is done."""

import uuid

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers import links
from customers.answers import CodeForm
from customers.models import Contact, MailedCode, Purpose, Relationship
from customers.models.code import CODE_TRIES
from customers.views.by_link import by_link, own_page, posted, shows_and_takes
from partners.errors import Refused
from subscriptions import offboarding
from subscriptions.offboarding import LooseEnds


def _relationship(contact: Contact) -> Relationship | None:
    rows = Relationship.objects.active().filter(customer=contact.customer)
    return rows.select_related("provider", "customer").first()


@login_not_required
@by_link(own_page)
@shows_and_takes
def end(request: HttpRequest, contact: Contact, token: str) -> HttpResponse:
    """Say what stops when the customer ends the relationship, and mail the code that does it."""
    relationship, at = _relationship(contact), timezone.now()
    if relationship is None:
        return redirect("my", token)
    asked = relationship.ending_requested_at is not None
    if request.method == "POST" and not asked:
        try:
            code = offboarding.ask_to_end(relationship, contact, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("subscriptions:my-end", token)
        return redirect("subscriptions:my-end-code", token, code.key)
    context = {
        "contact": contact,
        "provider": relationship.provider,
        "refused": _("You have already asked to end it: every privilege has stopped.") if asked else "",
        "consequences": _what_happens(relationship, offboarding.loose_ends(relationship, at=at)),
        "token": token,
    }
    return render(request, "subscriptions/public/end.html", context)


def _what_happens(relationship: Relationship, ends: LooseEnds) -> list[str]:
    names = {"provider": relationship.provider.name}
    sentences = [
        _("%(privilege)s stops at once: %(provider)s can no longer use it.")
        % {**names, "privilege": grant.get_privilege_display()}
        for grant in ends.grants
    ]
    sentences += [
        _("%(reseller)s can no longer act for you.") % {"reseller": reseller.name}
        for reseller in ends.resellers
    ]
    if ends.running:
        count = {**names, "count": len(ends.running)}
        sentences.append(
            ngettext(
                "%(count)d subscription that %(provider)s sells you goes on. The relationship ends when it"
                " is over; until then %(provider)s sees that you asked for it.",
                "%(count)d subscriptions that %(provider)s sells you go on. The relationship ends when they"
                " are over; until then %(provider)s sees that you asked for it.",
                len(ends.running),
            )
            % count
        )
    else:
        sentences.append(_("The relationship ends at once: %(provider)s is no longer your partner.") % names)
    return [
        *sentences,
        _("What you bought elsewhere is not touched."),
        _("What was set up at Microsoft itself, such as Azure roles, you remove there."),
        _("To begin again, you accept a new invitation of %(provider)s.") % names,
    ]


@login_not_required
@by_link(own_page)
@shows_and_takes
def code(request: HttpRequest, contact: Contact, token: str, key: uuid.UUID) -> HttpResponse:
    """Take the mailed code and end the relationship, or ask for its end while subscriptions still run."""
    relationship, at = _relationship(contact), timezone.now()
    mailed = MailedCode.objects.filter(key=key, purpose=Purpose.END, email=contact.email).first()
    over = relationship is None or relationship.ending_requested_at is not None
    if mailed is None or relationship is None or over or mailed.object_ref != relationship.pk:
        return redirect("my", token)
    form = CodeForm(posted(request))
    if form.is_valid():
        try:
            # Not inside the story: what it takes back when it refuses must not give the try back.
            links.spend_try(mailed, form.cleaned_data["code"], at=at)
            relationship = offboarding.end_by_customer(relationship, contact, mailed, at=at)
        except Refused as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, _said(relationship))
            return redirect("my", token)
    mailed.refresh_from_db()
    context = {
        "form": form,
        "contact": contact,
        "code": mailed,
        "provider": relationship.provider,
        "is_dead": mailed.is_dead(at),
        "tries_left": CODE_TRIES - mailed.tries,
        "token": token,
    }
    return render(request, "subscriptions/public/end_code.html", context)


def _said(relationship: Relationship) -> str:
    names = {"provider": relationship.provider.name}
    if relationship.is_active:
        return (
            _("Every privilege has stopped. %(provider)s ends the rest when what it sells you is over.")
            % names
        )
    return _("The relationship with %(provider)s has ended, and every privilege with it.") % names
