"""The activity log: what happened in a company's world, and the proof that its chain is whole."""

from dataclasses import dataclass

from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from partners import activity, logbook, spreadsheets
from partners.actor import Actor
from partners.logbook import Asked
from partners.models import Activity, ActivityChain
from partners.paging import address_with, export_address, page_of
from partners.permissions import company_of
from partners.requests import Request
from partners.templatetags.ui import moment_words

PROBLEMS_SHOWN = 20
ROWS_PROVED = 2000  # a page answers at once, however long the log has grown


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that happened, as the page shows it."""

    when: str
    what: str
    who: str
    company: str
    on_behalf_of: str
    customer: str
    customer_url: str
    subject: str
    details: list[tuple[str, str]]


@require_safe
def log(request: Request) -> HttpResponse:
    """Show what happened in the company's world, the newest first."""
    actor, company = request.actor, company_of(request.actor)
    asks = Asked.of(request)
    rows = asks.among(Activity.objects.visible_to(actor))
    page = page_of(rows.select_related("person"), request, "-pk")
    # A provider reaches every customer of its log; a reseller maybe no longer.
    prefix = reverse("customers") if company.owns_relationships else ""
    return render(
        request,
        "partners/activity.html",
        {
            "rows": [_row(activity.entry(row), prefix) for row in page.rows],
            "page": page,
            "asks": asks,
            "verbs": activity.choices(),
            "filtered": asks.is_anything,
            "zone": timezone.localtime().tzname(),
            "proof": _proof(actor) if request.GET.get("verify") == "1" else None,
            "verify_url": address_with(request, verify=1),
            "export_url": export_address(request, "partners:activity-export"),
        },
    )


@require_safe
def export(request: Request) -> StreamingHttpResponse:
    """Download what happened in the company's world, as far as the address asks for it."""
    company_of(request.actor)
    rows = Asked.of(request).among(Activity.objects.visible_to(request.actor))
    return spreadsheets.download("activity", logbook.table(rows))


def _row(entry: activity.Entry, prefix: str) -> Row:
    return Row(
        when=moment_words(entry.at),
        what=entry.label,
        who=entry.who,
        company=entry.company,
        on_behalf_of=entry.on_behalf_of,
        customer=entry.customer,
        customer_url=f"{prefix}{entry.customer_ref}/" if prefix and entry.customer_ref else "",
        subject=entry.object,
        details=list(logbook.in_words(entry)),
    )


@dataclass(frozen=True, slots=True)
class Proof:
    """What a look at the chain found: how many of its rows were read, and how many it has."""

    rows: int
    length: int
    problems: list[str]
    more: int


def _proof(actor: Actor) -> Proof:
    """Check the newest rows of the company's own chain up to its head; a command reads them all."""
    chain = ActivityChain.objects.filter(key=activity.chain_of(None, actor)).first()
    if chain is None:
        return Proof(0, 0, [], 0)
    problems = activity.verify(chain, newest=ROWS_PROVED)
    return Proof(
        min(chain.length, ROWS_PROVED),
        chain.length,
        problems[:PROBLEMS_SHOWN],
        max(0, len(problems) - PROBLEMS_SHOWN),
    )
