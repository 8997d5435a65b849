"""Ending a relationship for its provider: every loose end first, then the one button."""

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods

from customers.models import Relationship
from partners.accounts import ask_password_again
from partners.errors import Refused
from partners.permissions import require
from partners.requests import Request
from partners.templatetags.ui import exact_day
from subscriptions import offboarding
from subscriptions.offboarding import LooseEnds
from subscriptions.permissions import may_end_relationship

NAMED = 20  # told one by one; the others are counted


@require_http_methods(["GET", "HEAD", "POST"])
def end(request: Request, pk: int) -> HttpResponse:
    """List what hangs on a relationship; posted to, end it. Both want the password once more."""
    rows = Relationship.objects.visible_to(request.actor).select_related("customer", "provider")
    relationship = get_object_or_404(rows, pk=pk)
    require(may_end_relationship(request.actor, relationship))
    if (asking := ask_password_again(request)) is not None:
        return asking
    at, customer = timezone.now(), relationship.customer
    if request.method == "POST":
        try:
            offboarding.end_relationship(relationship, by=request.actor, at=at)
        except Refused as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(
                request, _("The relationship with %(customer)s has ended.") % {"customer": customer.name}
            )
        return redirect(customer)
    ends = offboarding.loose_ends(relationship, at=at)
    return render(
        request,
        "subscriptions/relationship_end.html",
        {
            "relationship": relationship,
            "customer": customer,
            "ends": ends,
            "consequences": what_happens(relationship, ends) if relationship.is_active else [],
            "refused": _refused(relationship, ends),
        },
    )


def _refused(relationship: Relationship, ends: LooseEnds) -> str:
    if not relationship.can_move(Relationship.Status.ENDED):
        return relationship.refusal(Relationship.Status.ENDED)
    if not ends.running:
        return ""
    return ngettext(
        "%(count)d subscription you sell to this customer is not over. When it is, the relationship can end.",
        "%(count)d subscriptions you sell to this customer are not over. When they are, the relationship"
        " can end.",
        len(ends.running),
    ) % {"count": len(ends.running)}


def what_happens(relationship: Relationship, ends: LooseEnds) -> list[str]:
    """Return what stops, and what stays to be cleaned up, in sentences."""
    names = {"customer": relationship.customer.name}
    sentences = [
        _("%(privilege)s, granted until %(day)s, stops.")
        % {"privilege": grant.get_privilege_display(), "day": exact_day(grant.ends_on)}
        for grant in ends.grants
    ]
    sentences += [
        _("%(reseller)s can no longer use %(privilege)s on %(services)s.")
        % {
            "reseller": held.reseller.name,
            "privilege": held.get_privilege_display(),
            "services": held.get_family_display(),
        }
        for held in ends.held[:NAMED]
    ]
    sentences += [
        _("The offer of %(privilege)s to %(reseller)s can no longer be accepted.")
        % {"privilege": offer.get_privilege_display(), "reseller": offer.reseller.name}
        for offer in ends.offers[:NAMED]
    ]
    more = sum(max(0, len(rows) - NAMED) for rows in (ends.held, ends.offers))
    if more:
        sentences.append(
            ngettext("%(count)d more stops the same way.", "%(count)d more stop the same way.", more)
            % {"count": more}
        )
    if ends.renewals:
        sentences.append(_("The renewal you proposed is withdrawn."))
    sentences += [
        _("Transfer %(number)d, which nobody has answered, is cancelled.") % {"number": one.pk}
        for one in ends.transfers[:NAMED]
    ]
    sentences += [
        _("The move “%(move)s” stays open: give it up, or it waits for a new relationship.") % {"move": one}
        for one in ends.moves[:NAMED]
    ]
    sentences += [
        _("The hand-over to %(reseller)s that waits passes nothing of this customer.")
        % {"reseller": one.reseller.name}
        for one in ends.hand_overs
    ]
    sentences += [
        _("%(invitation)s still waits at %(email)s: if the customer accepts it, a new relationship begins.")
        % {"invitation": link.invitation, "email": link.email}
        for link in ends.links[:NAMED]
    ]
    if not ends.stops:
        sentences.append(_("No privilege, offer or renewal hangs on it: nothing else stops."))
    sentences.append(
        _("At Microsoft, %(customer)s removes by hand what was set up: the partner in its admin centre.")
        % names
    )
    if ends.azure:
        sentences.append(
            ngettext(
                "It has %(count)d Azure subscription on record: your role assignments there stay until"
                " somebody removes them.",
                "It has %(count)d Azure subscriptions on record: your role assignments there stay until"
                " somebody removes them.",
                ends.azure,
            )
            % {"count": ends.azure}
        )
    sentences.append(_("Customer and resellers are told by mail. It cannot be taken back."))
    return sentences
