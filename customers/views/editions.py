"""The edition of the rulebook a provider works under: what would change with the other, and the choice."""

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from customers import standing
from customers.models import OtherPartnerStatement, Relationship
from partners import editions
from partners.errors import Refused
from partners.models import Partner, RulebookEdition
from partners.permissions import company_of, may_choose_edition, require
from partners.requests import Request


@require_http_methods(["GET", "HEAD", "POST"])
def edition(request: Request) -> HttpResponse:
    """Show which edition is in force and what another would change; posted to, choose it."""
    partner = company_of(request.actor)
    require(may_choose_edition(request.actor, partner))
    if request.method == "POST":
        chosen, seen = request.POST.get("edition", ""), request.POST.get("seen", "")
        try:
            partner = editions.choose(partner, chosen, seen=seen, by=request.actor, at=timezone.now())
        except Refused as refusal:
            messages.error(request, str(refusal))
            return redirect("customers:edition")
        messages.success(
            request,
            _("From now on you work under: %(edition)s.") % {"edition": partner.get_edition_display()},
        )
        return redirect("partners:settings")
    others = [one for one in RulebookEdition if one != partner.edition]
    context = {
        "partner": partner,
        "others": [
            {"edition": one, "in_short": _IN_SHORT[one](), "changes": _changes(partner, one)}
            for one in others
        ],
    }
    return render(request, "customers/edition.html", context)


_IN_SHORT: dict[str, Any] = {
    RulebookEdition.V2016_12: lambda: _(
        "The rules of the programme's first years: one CSP partner with privileges for each service, and no"
        " transfer of licences."
    ),
    RulebookEdition.V2026: lambda: _(
        "What Microsoft asks today: granular privileges, the Microsoft Customer Agreement, transfers between"
        " partners."
    ),
}


def _changes(partner: Partner, to: str) -> list[str]:
    """Say in plain words what changes for a provider when it works under another edition."""
    stands = OtherPartnerStatement.objects.filter(
        relationship__provider=partner,
        relationship__status=Relationship.Status.ACTIVE,
        lifted_at__isnull=True,
    ).count()
    to_2026 = to == RulebookEdition.V2026
    return [
        _agreement(partner, to),
        _statements(stands) if to_2026 else _statements_again(stands),
        _(
            "An offer of a privilege to a reseller the customer was not told of when it accepted waits for"
            " the customer's yes; so does each customer of a hand-over."
        )
        if to_2026
        else _(
            "New offers to resellers no longer wait for the customer's yes; those that wait keep waiting."
        ),
        _("Transfers of subscriptions from and to other partners become possible.")
        if to_2026
        else _(
            "Transfers between partners are no longer possible: both sides must work under today's rules."
        ),
        _("Each privilege names the Entra roles it takes, wherever customers and your people see it.")
        if to_2026
        else _("The Entra roles of a privilege are no longer shown."),
        _("Which path is open for a subscription is decided anew; moves that are open keep their edition."),
    ]


def _agreement(partner: Partner, to: str) -> str:
    customers = Relationship.objects.active().filter(provider=partner)
    missing = customers.exclude(standing.agreed(to)).count()
    if not missing:
        return _("Orders and transfers need this edition's customer agreement: all your customers have it.")
    return ngettext(
        "Orders and transfers need this edition's customer agreement: that of %(number)d customer does not"
        " count yet.",
        "Orders and transfers need this edition's customer agreement: that of %(number)d customers does not"
        " count yet.",
        missing,
    ) % {"number": missing}


def _statements(stands: int) -> str:
    if not stands:
        return _("That another CSP partner administers a service no longer shuts it.")
    return ngettext(
        "That another CSP partner administers a service no longer shuts it: %(number)d statement stands.",
        "That another CSP partner administers a service no longer shuts it: %(number)d statements stand.",
        stands,
    ) % {"number": stands}


def _statements_again(stands: int) -> str:
    if not stands:
        return _("A service another CSP partner administers is shut again to your resellers.")
    return ngettext(
        "A service another CSP partner administers is shut again to your resellers: %(number)d statement"
        " stands.",
        "A service another CSP partner administers is shut again to your resellers: %(number)d statements"
        " stand.",
        stands,
    ) % {"number": stands}
