"""Team: who works for the company in which role, who has been invited, and every change of it."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners import joining, team
from partners.accounts import ask_password_again
from partners.errors import Refused, Stale
from partners.models import Membership, Role, TeamInvitation
from partners.paging import page_of
from partners.permissions import company_of, may_change_team, may_invite_colleague, may_leave, require
from partners.requests import Request
from partners.roles import words_of
from partners.team_forms import InviteForm, RoleForm
from partners.templatetags.ui import role as colour

INVITED_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Row:
    """One invitation as the page shows it."""

    pk: int
    email: str
    role: str
    state: str
    colour: str
    sent_at: datetime
    sent_by: str
    until: datetime | None


@require_safe
def members(request: Request) -> HttpResponse:
    """Show who works for the company, and who has been invited and has not joined."""
    actor, company, at = request.actor, company_of(request.actor), timezone.now()
    words = words_of(company)
    page = page_of(Membership.objects.visible_to(actor).select_related("user"), request, "pk")
    invited = TeamInvitation.objects.visible_to(actor).exclude(status=TeamInvitation.Status.ACCEPTED)
    return render(
        request,
        "partners/team.html",
        {
            "company": company,
            "page": page,
            "members": [
                {
                    "row": member,
                    "is_self": actor.user is not None and member.user_id == actor.user.pk,
                }
                for member in page.rows
            ],
            "invited": [_row(one, at) for one in invited.order_by("-pk")[:INVITED_SHOWN]],
            "roles": [(role.label, words[role]) for role in Role],
            "may_change": may_invite_colleague(actor),
            "may_leave": may_leave(actor),
        },
    )


def _row(one: TeamInvitation, at: datetime) -> Row:
    status = TeamInvitation.Status(one.status)
    if status == TeamInvitation.Status.WAITING and not one.waits_at(at):
        status = TeamInvitation.Status.LAPSED
    return Row(
        pk=one.pk,
        email=one.email,
        role=one.get_role_display(),
        state=str(status.label),
        colour=colour(status.value),
        sent_at=one.made_at,
        sent_by=one.made_by,
        until=one.expires_at if status == TeamInvitation.Status.WAITING else None,
    )


# --- invitations -------------------------------------------------------------------------------


@require_http_methods(["GET", "HEAD", "POST"])
def invite(request: Request) -> HttpResponse:
    """Invite a colleague; says the same whether the address has an account or not."""
    require(may_invite_colleague(request.actor))
    if (asking := ask_password_again(request)) is not None:
        return asking
    company = company_of(request.actor)
    form = InviteForm(
        request.POST if request.method == "POST" else None, initial={"language": request.LANGUAGE_CODE}
    )
    if form.is_valid():
        told = form.cleaned_data
        try:
            joining.invite(
                company,
                told["email"],
                told["role"],
                language=told["language"],
                by=request.actor,
                at=timezone.now(),
            )
        except Refused as refusal:
            form.add_error(refusal.field or None, str(refusal))
        else:
            messages.success(
                request,
                _("The invitation goes to %(email)s, and waits 14 days.") % {"email": told["email"]},
            )
            return redirect("partners:team")
    words = words_of(company)
    return render(
        request,
        "partners/team_invite.html",
        {"form": form, "roles": [(role.label, words[role]) for role in Role]},
    )


def _act_on_invitation(request: Request, pk: int, story: Callable[..., object], said: str) -> HttpResponse:
    found = get_object_or_404(TeamInvitation.objects.visible_to(request.actor), pk=pk)
    require(may_invite_colleague(request.actor))
    try:
        story(found, by=request.actor, at=timezone.now())
    except Refused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, said % {"email": found.email})
    return redirect("partners:team")


@require_POST
def resend(request: Request, pk: int) -> HttpResponse:
    """Send a new link; the old one is dead."""
    said = _("A new link goes to %(email)s. The old one no longer works.")
    return _act_on_invitation(request, pk, joining.resend, said)


@require_POST
def withdraw(request: Request, pk: int) -> HttpResponse:
    """Withdraw an invitation nobody has used."""
    said = _("The invitation of %(email)s is withdrawn. Its link no longer works.")
    return _act_on_invitation(request, pk, joining.withdraw, said)


# --- members -----------------------------------------------------------------------------------


def _member(request: Request, pk: int) -> Membership:
    rows = Membership.objects.visible_to(request.actor).select_related("user", "partner")
    return get_object_or_404(rows, pk=pk)


@require_http_methods(["GET", "HEAD", "POST"])
def change_role(request: Request, pk: int) -> HttpResponse:
    """Give a member another role; it wants the password once more."""
    membership = _member(request, pk)
    require(may_change_team(request.actor, membership))
    if (asking := ask_password_again(request)) is not None:
        return asking
    first = {"role": membership.role, "seen": membership.role}
    form = RoleForm(request.POST if request.method == "POST" else None, initial=first)
    if form.is_valid():
        told = form.cleaned_data
        try:
            team.change_role(membership, told["role"], seen=told["seen"], by=request.actor, at=timezone.now())
        except Stale as refusal:
            form.add_error(None, str(refusal))
            membership.refresh_from_db()
            form.data = request.POST.copy()
            form.data["seen"] = membership.role  # whoever saves again has seen it
        except Refused as refusal:
            form.add_error("role", str(refusal))
        else:
            messages.success(request, _("%(name)s has the role now.") % {"name": membership.user})
            return redirect("partners:team")
    words = words_of(membership.partner)
    return render(
        request,
        "partners/team_role.html",
        {
            "form": form,
            "member": membership,
            "roles": [(role.label, words[role]) for role in Role],
        },
    )


@require_http_methods(["GET", "HEAD", "POST"])
def remove(request: Request, pk: int) -> HttpResponse:
    """List what ends when a member is removed; posted to, remove. It wants the password once more."""
    membership = _member(request, pk)
    require(may_change_team(request.actor, membership))
    if (asking := ask_password_again(request)) is not None:
        return asking
    if request.method == "POST":
        try:
            team.remove(membership, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _("%(name)s is no longer in the team.") % {"name": membership.user})
        return redirect("partners:team")
    names = {"name": membership.user, "company": membership.partner.name}
    consequences = [
        _("From now on %(name)s can no longer act for %(company)s or see its pages.") % names,
        _("What %(name)s did stays in the log.") % names,
        _("%(name)s is told by mail, and keeps the account.") % names,
    ]
    return _confirm(request, membership, consequences)


@require_http_methods(["GET", "HEAD", "POST"])
def leave(request: Request) -> HttpResponse:
    """List what ends when one leaves the team; posted to, leave."""
    require(may_leave(request.actor))
    membership = get_object_or_404(
        Membership.objects.visible_to(request.actor).select_related("user", "partner"),
        user=request.actor.user,
    )
    if request.method == "POST":
        try:
            team.leave(membership, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("partners:team")
        messages.success(
            request, _("You no longer work for %(company)s.") % {"company": membership.partner.name}
        )
        return redirect("partners:companies")
    names = {"company": membership.partner.name}
    consequences = [
        _("From now on you can no longer act for %(company)s or see its pages.") % names,
        _("Its account admins are told by mail; only they can invite you again.") % names,
        _("Your account stays yours."),
    ]
    return _confirm(request, membership, consequences, leaving=True)


def _confirm(request: Request, membership: Membership, consequences: list[str], **shown: Any) -> HttpResponse:
    return render(
        request,
        "partners/team_end.html",
        {
            "member": membership,
            "consequences": consequences,
            "refused": _refusal(membership),
            **shown,
        },
    )


def _refusal(membership: Membership) -> str:
    """Return why the member cannot go, in the rule's words; empty if it can."""
    try:
        team.refuse_last_admin(membership)
    except Refused as refusal:
        return str(refusal)
    return ""
