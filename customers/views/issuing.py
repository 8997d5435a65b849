"""What the wizard ends in: an invitation sent, handed over, copied or saved as a draft."""

import uuid
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.db.models import Q
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from customers import custody_mails, invitations, links, wizards
from customers.asking import SeenForm
from customers.forms import active_resellers
from customers.models import Invitation, InvitationLink, Route
from customers.permissions import may_copy_link, may_manage_invitation
from customers.terms import Recipient, Terms
from customers.views.inviting import check_page, finished, first
from customers.views.plan import Plan
from customers.wizards import Step, Typed, Wizard
from partners.errors import Refused, Stale
from partners.permissions import company_of, require
from partners.requests import Request
from partners.templatetags.ui import moment_words

Made = list[Invitation]
Ending = Callable[[Plan, list[Terms], Recipient | None], Made]


@require_POST
def send(request: Request, key: uuid.UUID) -> HttpResponse:
    """Make the invitation and send it, or hand it to each reseller who sends it on."""
    return _end(request, key, _issue)


@require_POST
def copy(request: Request, key: uuid.UUID) -> HttpResponse:
    """Make the invitation and its link, which the provider copies."""
    return _end(request, key, _issue_copied, shows="link")


@require_POST
def own_mail(request: Request, key: uuid.UUID) -> HttpResponse:
    """Make the invitation and its link, which the provider sends with its own mail program."""
    return _end(request, key, _issue_copied, shows="mail")


@require_POST
def save(request: Request, key: uuid.UUID) -> HttpResponse:
    """Save what was typed as a draft, or over the draft somebody goes on with."""
    return _end(request, key, _save)


def _issue(plan: Plan, terms: list[Terms], to: Recipient | None, *, copied: bool = False) -> Made:
    wizard = plan.wizard
    how: dict[str, Any] = {"by": plan.actor, "at": plan.at, "form": wizard.key, "draft": wizard.draft}
    if to is None:
        made = invitations.issue_to_each(plan.provider, terms, **how)
        said = ngettext(
            "The invitation is in the hands of %(names)s.",
            "%(number)d invitations are in the hands of %(names)s.",
            len(made),
        ) % {"number": len(made), "names": ", ".join(one.parties[-1].name for one in made)}
    else:
        made = [invitations.issue(plan.provider, terms[0], to=to, copied=copied, **how)]
        said = _("The link is ready.") if copied else _("The invitation is on its way to the customer.")
    messages.success(plan.request, said)
    wizard.is_finished = True
    return made


def _issue_copied(plan: Plan, terms: list[Terms], to: Recipient | None) -> Made:
    return _issue(plan, terms, to, copied=True)


def _save(plan: Plan, terms: list[Terms], to: Recipient | None) -> Made:
    made = invitations.save(
        plan.provider,
        terms,
        to=to,
        by=plan.actor,
        at=plan.at,
        form=plan.wizard.key,
        draft=plan.wizard.draft,
    )
    messages.success(plan.request, _("The draft is saved. Nothing has been sent."))
    if len(made) == 1:
        plan.wizard.draft = invitations.Draft(made[0].pk, made[0].version)
    else:
        plan.wizard.is_finished = True  # each is a draft of its own from here on
    return made


def _end(request: Request, key: uuid.UUID, ending: Ending, shows: str = "") -> HttpResponse:
    """Tell one story with what the wizard holds, unless the page that was posted showed something else."""
    plan = Plan(request, key)
    if plan.wizard.is_finished:
        return finished(plan)
    if missing := plan.missing_before(Step.CHECK):
        made = _made(plan) if missing == Step.WHOM else []
        return _lead(plan, made) if made else first(plan, missing)
    seen = SeenForm(request.POST)
    if not seen.is_valid() or seen.cleaned_data["seen"] != plan.wizard.seen:
        messages.warning(
            request, _("This is what was typed last, maybe in another window. Look at it again.")
        )
        return redirect(plan.address(Step.CHECK))
    terms, to = plan.terms(plan.words.cleaned_data), plan.recipient  # type: ignore[union-attr]  # nothing is missing
    if plan.wizard.draft:
        require(may_manage_invitation(plan.actor, _draft_of(plan)))
    try:
        made = ending(plan, terms, to)
    except Stale as stale:
        return _show_both(plan, terms, to, stale)
    except Refused as refusal:
        if made := _made(plan):  # the second of two clicks
            return _lead(plan, made)
        messages.error(request, str(refusal))
        return redirect(plan.address(Step.CHECK))
    plan.save()
    if shows or len(made) > 1:
        return redirect(
            reverse("customers:invite-made", args=[key], query={"shows": shows} if shows else None)
        )
    return redirect(made[0])


def _draft_of(plan: Plan) -> Invitation:
    """Return the draft the wizard goes on with, whatever has become of it."""
    draft = plan.wizard.draft
    return get_object_or_404(Invitation.objects.visible_to(plan.actor), pk=draft.pk if draft else None)


def _lead(plan: Plan, made: Made) -> HttpResponse:
    """Lead to what the first of two clicks made."""
    messages.info(plan.request, _("This invitation has already been made: here it is."))
    plan.wizard.is_finished = True
    plan.save()
    return redirect(made[0]) if len(made) == 1 else redirect("customers:invite-made", plan.wizard.key)


def _made(plan: Plan) -> Made:
    """Return what this wizard has made; the draft it still works on is not made yet."""
    draft = plan.wizard.draft
    mine = Q(form__in=plan.marks) | Q(pk=draft.pk if draft else None)
    rows = Invitation.objects.visible_to(plan.actor).filter(mine, provider=plan.provider)
    if draft:
        rows = rows.exclude(pk=draft.pk, status=Invitation.Status.DRAFT)
    return list(rows.select_related("provider", "partnership__reseller", "customer").order_by("pk"))


def _show_both(plan: Plan, terms: list[Terms], to: Recipient | None, stale: Stale) -> HttpResponse:
    """Show what somebody else saved beside what was typed; saving again is a decision."""
    draft = _draft_of(plan)
    plan.wizard.draft = invitations.Draft(draft.pk, draft.version)
    plan.save()
    messages.error(plan.request, str(stale))
    names = {field.name: field.verbose_name for field in Invitation._meta.fields}
    differing = [
        {
            "label": capfirst(str(names[name])),
            "saved": _words(name, saved),
            "typed": _words(name, typed),
        }
        for name, (saved, typed) in invitations.differing(draft, terms[0], to).items()
    ]
    return check_page(plan, differing=differing)


def _words(name: str, value: Any) -> str:
    choices = {"route": Route.choices, "language": settings.LANGUAGES}
    match value:
        case bool():
            return _("yes") if value else _("no")
        case datetime():
            return moment_words(value)
    return str(dict(choices.get(name, ())).get(value, value or "—"))


@require_safe
def made(request: Request, key: uuid.UUID) -> HttpResponse:
    """Show what a wizard made: a link to take along, or the invitation of each reseller."""
    plan = Plan(request, key)
    found = _made(plan)
    if not found:
        return redirect("customers:invitations")
    one = found[0]
    link = one.links.select_related("invitation__provider").order_by("pk").first() if one.is_direct else None
    waits = link is not None and link.status == InvitationLink.Status.WAITING
    if one.is_direct and not (link and waits and may_copy_link(request.actor, link)):
        return redirect(one)
    context = {
        "rows": found,
        "invitation": one,
        "link": link,
        "address": links.invitation_address(link) if link else "",
        "mail": custody_mails.by_hand(link) if link else "",
        "opens_mail": request.GET.get("shows") == "mail",
    }
    return render(request, "customers/invite_made.html", context)


# --- drafts -------------------------------------------------------------------------------------


@require_POST
def go_on(request: Request, pk: int) -> HttpResponse:
    """Load a draft into a wizard, at its last step; every step before can be gone back to."""
    draft = get_object_or_404(
        Invitation.objects.visible_to(request.actor).select_related("customer", "partnership"), pk=pk
    )
    require(may_manage_invitation(request.actor, draft))
    if not draft.is_draft:
        messages.error(request, draft.refusal(Invitation.Status.OPEN))
        return redirect(draft)
    wizard = Wizard(
        uuid.uuid4(),
        company_of(request.actor).pk,
        typed=typed_of(draft),
        tried=set(Step.CHECK.before),
        draft=invitations.Draft(draft.pk, draft.version),
    )
    wizards.keep(request.session, wizard)
    return redirect("customers:invite-check", wizard.key)


def typed_of(draft: Invitation) -> dict[Step, Typed]:
    """Return what somebody would have typed to make this draft."""
    direct = draft.is_direct
    named = active_resellers(draft.provider).filter(reseller=draft.reseller_id).first()
    whom = {
        "route": draft.route,
        "customer": draft.customer_id,
        "company": draft.draft_company or (draft.customer.name if draft.customer else ""),
        "email": draft.draft_email,
        "partnerships": draft.partnership_id,
        "places": draft.places,
    }
    asks = {
        "asks_provisioning": "on" if draft.asks_provisioning else None,
        "asks_support": "on" if draft.asks_support else None,
        "privilege_days": draft.privilege_days,
        "looked_after": None if direct else "reseller" if draft.reseller_id else "self",
        "named": named.pk if direct and named else None,
        "expires_on": draft.expires_at.astimezone(draft.provider.zone).date().isoformat(),
    }
    words = {"language": draft.language, "opening": draft.opening, "opening_in": draft.language}
    return {
        step: MultiValueDict({name: [str(one)] for name, one in values.items() if one is not None})
        for step, values in ((Step.WHOM, whom), (Step.ASKS, asks), (Step.WORDS, words))
    }
