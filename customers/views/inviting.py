"""The invite wizard, step by step: each has an address of its own, keeps what was typed, and leads on."""

import uuid
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from customers import invitations
from customers.asking import SeenForm, is_key
from customers.forms import active_resellers
from customers.models import Customer, Invitation, Relationship
from customers.permissions import may_ask_for_privileges, may_invite
from customers.terms import Terms, columns
from customers.views.invitations import asks_in_words
from customers.views.plan import FORMS, TITLES, Plan, known
from customers.wizards import Step, only
from partners.addresses import email_domain, is_public_domain
from partners.paging import asked_key
from partners.permissions import may_edit_profile, require
from partners.requests import Request

FOUND = 8  # rows a search on the way offers, or customers that look alike


@dataclass(frozen=True, slots=True)
class Found:
    """What a search on the way offers: those chosen, and those found."""

    words: str
    chosen: list[Any]
    rows: list[Any]
    has_more: bool

    @property
    def is_worth_searching(self) -> bool:
        return bool(self.words) or self.has_more


@require_safe
def start(request: Request) -> HttpResponse:
    """Lead to the first step of a new wizard; what the address asks for goes along."""
    require(may_invite(request.actor))
    address = reverse("customers:invite-whom", args=[uuid.uuid4()])
    query = request.GET.urlencode()
    return redirect(f"{address}?{query}" if query else address)


@require_http_methods(["GET", "HEAD", "POST"])
def whom(request: Request, key: uuid.UUID) -> HttpResponse:
    """Ask whom it is for, and who sends it."""
    return _step(request, key, Step.WHOM)


@require_http_methods(["GET", "HEAD", "POST"])
def asks(request: Request, key: uuid.UUID) -> HttpResponse:
    """Ask which privileges are asked for, and until when it can be answered."""
    return _step(request, key, Step.ASKS)


@require_http_methods(["GET", "HEAD", "POST"])
def words(request: Request, key: uuid.UUID) -> HttpResponse:
    """Ask for language and opening words, beside what the customer will read."""
    return _step(request, key, Step.WORDS)


def _step(request: Request, key: uuid.UUID, step: Step) -> HttpResponse:
    plan = Plan(request, key)
    if plan.wizard.is_finished:
        return finished(plan)
    if request.method == "POST":
        plan.keep(step, request.POST, tried=True)
    if missing := plan.missing_before(step):
        return first(plan, missing)
    if request.method == "POST" and plan.done(step):
        return redirect(plan.address(step.next))
    form = plan.shown(step)
    if step == Step.WHOM and request.method != "POST" and (pk := asked_key(request, "customer")) is not None:
        customer = get_object_or_404(Customer.objects.visible_to(request.actor), pk=pk)
        form = plan.form(step, initial={**known(customer), **plan.asked_for()})
    return render(request, f"customers/invite_{step}.html", _page(plan, step, form))


def first(plan: Plan, missing: Step) -> HttpResponse:
    """Lead to the step that has to be answered first."""
    messages.info(plan.request, _("First answer this step."))
    return redirect(plan.address(missing))


def finished(plan: Plan) -> HttpResponse:
    """Lead from a wizard that has done its work to what it made."""
    messages.info(plan.request, _("This invitation has already been made: here it is."))
    return redirect("customers:invite-made", plan.wizard.key)


def _page(plan: Plan, step: Step, form: Any) -> dict[str, Any]:
    context = {"form": form, "step": step, "key": plan.wizard.key, "steps": bar(plan, step), **_ground(plan)}
    match step:
        case Step.WHOM:
            customer = plan.customer_of(form["customer"].value())
            return {**context, **_found_at(plan, step, form), "customer": customer}
        case Step.ASKS:
            return {**context, **_found_at(plan, step, form), **_privileges(plan)}
        case _:
            return {**context, **_found_at(plan, step, form)}


def _ground(plan: Plan) -> dict[str, Any]:
    """Return what every page of the wizard says of the company: without a link nothing can be sent."""
    company = plan.provider
    joint = plan.has_resellers and active_resellers(company).exclude(partner_center_link="").exists()
    return {
        "has_resellers": plan.has_resellers,
        "has_link": bool(company.partner_center_link),
        "may_go_on": bool(company.partner_center_link) or joint,
        "may_edit_profile": may_edit_profile(plan.actor, company),
        "draft": plan.wizard.draft,
    }


def bar(plan: Plan, here: Step) -> list[dict[str, Any]]:
    """Return the steps for the bar above them: those that can be gone to are links."""
    return [
        {
            "step": step.value,
            "title": TITLES[step],
            "here": step == here,
            "done": plan.done(step),
            "url": plan.address(step) if step != here and not plan.missing_before(step) else "",
        }
        for step in Step
    ]


def _found_at(plan: Plan, step: Step, form: Any) -> dict[str, Any]:
    """Return what changes on a step's page while somebody types, without a click on Continue."""
    match step:
        case Step.WHOM:
            found = {"customers": _customers(plan, form)}
            if plan.has_resellers:
                found["resellers"] = _resellers(plan, form, "partnerships")
            return found
        case Step.ASKS:
            return {"resellers": _resellers(plan, form, "named")} if "named" in form.fields else {}
        case _:
            tried = plan.form(step, only(_as_typed(form), form.fields))
            return {"looks": plan.looks(tried.cleaned_data) if tried.is_valid() else []}


def _as_typed(form: Any) -> Any:
    """Return what a form shows as if it had been posted."""
    return MultiValueDict({name: [str(form[name].value() or "")] for name in form.fields})


def _customers(plan: Plan, form: Any) -> Found:
    typed = form.fields["find"].clean(form["find"].value())
    rows = Customer.objects.visible_to(plan.actor).search(plan.provider.pk, typed)
    found = list(rows.order_by("sort_name", "pk")[: FOUND + 1]) if typed else []
    return Found(typed, [], found[:FOUND], len(found) > FOUND)


def _resellers(plan: Plan, form: Any, name: str) -> Found:
    typed = form.fields["find_reseller"].clean(form["find_reseller"].value())
    value = form[name].value()
    keys = [int(str(one)) for one in (value if isinstance(value, list | tuple) else [value]) if is_key(one)]
    rows = active_resellers(plan.provider)
    others = rows.exclude(pk__in=keys)
    if typed:
        others = others.filter(reseller__name__icontains=typed)
    found = list(others[: FOUND + 1])
    return Found(typed, list(rows.filter(pk__in=keys)), found[:FOUND], len(found) > FOUND)


def _privileges(plan: Plan) -> dict[str, Any]:
    """Return what the customer has granted, what it can be asked for, and why not for more."""
    customer = plan.customer
    return {
        "customer": customer,
        "is_direct": plan.is_direct,
        "granted": plan.granted,
        "missing": plan.missing,
        "may_ask": may_ask_for_privileges(plan.actor),
        "is_active": customer is not None
        and Relationship.objects.active().filter(customer=customer).exists(),
        "renewal_url": reverse("customers:renewal-propose", args=[customer.pk]) if customer else "",
    }


# --- the last step ------------------------------------------------------------------------------


@require_safe
def check(request: Request, key: uuid.UUID) -> HttpResponse:
    """Show everything on one page before anything is written."""
    plan = Plan(request, key)
    if plan.wizard.is_finished:
        return finished(plan)
    if missing := plan.missing_before(Step.CHECK):
        return first(plan, missing)
    return check_page(plan)


def check_page(plan: Plan, **more: Any) -> HttpResponse:
    """Render the last step: what is asked of whom, and each way to let it go."""
    assert plan.words is not None  # noqa: S101 - who asks has looked that nothing is missing
    terms = plan.terms(plan.words.cleaned_data)
    looks = plan.looks(plan.words.cleaned_data)
    invitation = looks[0].terms["invitation"]
    context = {
        "form": SeenForm(initial={"seen": plan.wizard.seen}),
        "step": Step.CHECK,
        "key": plan.wizard.key,
        "steps": bar(plan, Step.CHECK),
        "to": plan.recipient,
        "handed": [one.partnership.reseller.name for one in terms if one.partnership],
        "invitation": invitation,
        "asks": asks_in_words(invitation),
        "looks": looks,
        "alike": _alike(plan),
        "refused": _why_not_sent(plan, terms),
        **_ground(plan),
        **more,
    }
    return render(plan.request, "customers/invite_check.html", context)


def _why_not_sent(plan: Plan, terms: list[Terms]) -> str:
    """Say why these terms can only be saved: they have no link at Microsoft to be based on."""
    drafts = (Invitation(provider=plan.provider, **columns(one, None)) for one in terms)
    if all(invitations.partner_center_link(draft) for draft in drafts):
        return ""
    return _("First enter your Partner Center invitation link in the settings.")


def _alike(plan: Plan) -> list[Customer]:
    """Return customers on record that may be the one that was typed anew."""
    to = plan.recipient
    if to is None or plan.customer is not None:
        return []
    customers = Customer.objects.visible_to(plan.actor)
    found = list(customers.filter(contacts__email=to.email).order_by("pk")[:FOUND])
    domain = email_domain(to.email)
    if not found and not is_public_domain(domain):
        found = list(customers.filter(domain=domain).order_by("pk")[:FOUND])
    return found


# --- on the way ---------------------------------------------------------------------------------


def _step_of(name: str) -> Step:
    try:
        return Step(name)
    except ValueError as problem:
        raise Http404 from problem


@require_POST
def leave(request: Request, key: uuid.UUID, step: str, to: str) -> HttpResponse:
    """Keep what was typed at a step, right or wrong, and go to another; to itself, to see what was found."""
    plan, here, target = Plan(request, key), _step_of(step), _step_of(to)
    if here in FORMS and not plan.wizard.is_finished:
        plan.wizard.tried.discard(here)
        plan.keep(here, request.POST, tried=False)
    return redirect(plan.address(target))


@require_POST
def glance(request: Request, key: uuid.UUID, step: str) -> HttpResponse:
    """Show what comes of what is being typed; nothing is kept, the script of the page asks."""
    plan, here = Plan(request, key), _step_of(step)
    if here not in FORMS or plan.missing_before(here):
        raise Http404
    form = plan.unchecked(here, plan.typed(here, request.POST))
    context = {"form": form, "key": key, "step": here, **_found_at(plan, here, form)}
    return render(request, f"customers/_invite_{here}_found.html", context)
