"""The hierarchy of companies in the admin: the tree's columns and filter, and the page that moves one."""

from typing import Any

from django import forms
from django.contrib import admin, messages
from django.contrib.admin.views.main import ORDER_VAR, ChangeList
from django.contrib.admin.widgets import AutocompleteSelect
from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from partners import companies
from partners.actor import Actor
from partners.admin.logged import ReasonOnlyForm
from partners.errors import Refused
from partners.models import Partner
from partners.models.partner import MAX_DEPTH, TREE_ORDER

NAMED = 20  # companies below named one by one; the others are counted
INDENT = "\u00a0" * 7


class Tree(ChangeList):
    """The companies' list: every one before those under it, unless a column was chosen to sort by."""

    def get_ordering(self, request: HttpRequest, queryset: QuerySet[Any]) -> list[Any]:
        """Return the tree's order, or the one the address asks for."""
        return super().get_ordering(request, queryset) if ORDER_VAR in self.params else list(TREE_ORDER)


class LevelFilter(admin.SimpleListFilter):
    """How deep a company stands."""

    title = gettext_lazy("level")
    parameter_name = "level"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        """Return the levels there are."""
        return [(str(level), str(level)) for level in range(1, MAX_DEPTH + 1)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Partner]) -> QuerySet[Partner]:
        """Return the companies at the level chosen."""
        match self.value():
            case "1":
                return queryset.filter(parent__isnull=True)
            case "2":
                return queryset.filter(parent__isnull=False, parent__parent__isnull=True)
            case "3":
                return queryset.filter(parent__parent__isnull=False)
        return queryset


def placed(partner: Any) -> str:
    """Return a company's name, set in by its level; it stays in one line, so that the tree can be seen."""
    branch = f"{INDENT * (partner.level - 2)}└ " if partner.level > 1 else ""
    return f"{branch}{partner.name}".replace(" ", "\u00a0")


def above(partner: Partner) -> str:
    """Return the companies above, from the top."""
    names: list[str] = []
    walker = partner.parent
    while walker is not None and len(names) < MAX_DEPTH:
        names.insert(0, walker.name)
        walker = walker.parent
    return " › ".join(names)


class ParentForm(forms.Form):
    """The company another is to stand under; none puts it at the top."""

    parent = forms.ModelChoiceField(
        label=gettext_lazy("New parent company"),
        queryset=Partner.objects.all(),
        required=False,
        help_text=gettext_lazy("Empty: it stands at the top."),
    )

    def __init__(self, *args: Any, site: admin.AdminSite, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["parent"]
        field.widget = AutocompleteSelect(Partner._meta.get_field("parent"), site)
        field.widget.choices = field.choices  # type: ignore[attr-defined]  # of a choice field


def effects(partner: Partner, parent: Partner | None) -> list[str]:
    """Return what a move changes, in sentences; refuses one that cannot be."""
    if partner.parent == parent:
        raise Refused(_("It stands there already."))
    try:
        partner.refuse_parent(parent)
    except ValidationError as problem:
        raise Refused(problem.messages[0]) from problem
    names = {"company": partner.name, "parent": parent.name if parent else ""}
    level = len(companies.line_of(parent)) + 1
    sentences = [
        _("%(company)s stands under %(parent)s, at level %(level)d.") % {**names, "level": level}
        if parent
        else _("%(company)s stands at the top.") % names
    ]
    if partner.parent:
        sentences.append(_("It no longer stands under %(parent)s.") % {"parent": partner.parent.name})
    below = list(
        Partner.objects.filter(parent=partner).order_by("name")
        | Partner.objects.filter(parent__parent=partner).order_by("name")
    )
    if below:
        sentences.append(
            ngettext(
                "%(count)d company under it moves with it: %(names)s.",
                "%(count)d companies under it move with it: %(names)s.",
                len(below),
            )
            % {
                "count": len(below),
                "names": ", ".join(one.name for one in below[:NAMED]) + (" …" if len(below) > NAMED else ""),
            }
        )
    sentences.append(_("For reporting only: no right, no partnership and no suspension moves."))
    return sentences


def move(
    request: HttpRequest, partner: Partner, context: dict[str, Any], site: admin.AdminSite
) -> HttpResponse:
    """Choose a parent, see what changes; posted to with a reason, move the company by the story."""
    told = request.POST if request.method == "POST" else request.GET
    key = told.get("parent")
    # Django's own widget fails on what is no key, so such a form is shown as if nothing had been chosen.
    is_key = key is not None and (key == "" or (key.isascii() and key.isdigit() and len(key) < 19))
    chosen = ParentForm(told if is_key else None, site=site, initial={"parent": partner.parent})
    reason = ReasonOnlyForm(request.POST if request.method == "POST" else None)
    sentences: list[str] = []
    refused = ""
    if chosen.is_valid():
        parent = chosen.cleaned_data["parent"]
        if reason.is_valid():
            try:
                companies.move(
                    partner,
                    parent,
                    reason=reason.cleaned_data["reason"],
                    by=Actor.staff(request.user),  # type: ignore[arg-type]  # the admin is for users only
                    at=timezone.now(),
                )
            except Refused as refusal:
                refused = str(refusal)
            else:
                messages.success(request, _("%(company)s is moved.") % {"company": partner.name})
                return HttpResponseRedirect(reverse("admin:partners_partner_change", args=[partner.pk]))
        else:
            try:
                sentences = effects(partner, parent)
            except Refused as refusal:
                refused = str(refusal)
    context |= {
        "title": _("Move in the hierarchy"),
        "partner": partner,
        "line": above(partner),
        "chosen": chosen,
        "reason": reason,
        "effects": sentences,
        "refused": refused,
        "media": chosen.media,
    }
    return render(request, "admin/partners/partner/move.html", context)
