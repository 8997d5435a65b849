"""The lists of customers and of subscriptions: a page at a time, or all that fits as a file."""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, TypeVar

from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.http import require_safe
from django_countries import countries

from customers import standing
from customers.models import Customer
from customers.models.customer import MINIMUM_SEARCH
from customers.permissions import may_invite, may_record_customer
from customers.standing import State
from partners import spreadsheets
from partners.actor import Actor
from partners.models import Partner, Partnership
from partners.paging import address_with, export_address, page_of
from partners.permissions import company_of
from partners.requests import Request
from partners.templatetags.ui import role
from subscriptions import csvfiles, expressions, rulings, turns
from subscriptions.filters import CustomersAsked, Due, SubscriptionsAsked, Turn, own_company
from subscriptions.models import Subscription
from subscriptions.permissions import may_plan_moves
from subscriptions.rulebook import Ruling
from subscriptions.views import rulings as rulings_shown
from subscriptions.vocabulary import Billing, Channel, Path, Status, words

Asked = TypeVar("Asked", CustomersAsked, SubscriptionsAsked)

PLAN = "subscriptions:moves-plan"  # for several at once
RESELLERS_OFFERED = 200  # the others are chosen from their own page


def resellers_of(provider: Partner, chosen: int | None) -> dict[int, str]:
    """Return the resellers a provider works with or has worked with, by name; the chosen one in any case."""
    ties = Partnership.objects.filter(
        provider=provider, status__in=[Partnership.Status.ACTIVE, Partnership.Status.ENDED]
    )
    first = ties.order_by("reseller__name").values("reseller")[:RESELLERS_OFFERED]
    offered = Partner.objects.filter(pk__in=first)
    if chosen:
        offered = offered | Partner.objects.filter(pk__in=ties.filter(reseller=chosen).values("reseller"))
    return dict(offered.order_by("name").values_list("pk", "name"))


def asked_of(request: Request, kind: type[Asked]) -> tuple[Asked, dict[int, str]]:
    """Return what an address asks for, and the resellers it can choose from; no other counts as chosen."""
    own, asks = own_company(request.actor), kind.of(request)
    resellers = resellers_of(own, asks.reseller) if own and own.has_resellers else {}
    return (asks if asks.reseller in resellers else replace(asks, reseller=None)), resellers


def choices(
    request: Request, name: str, kind: Iterable[Any], chosen: str, every: str
) -> list[dict[str, Any]]:
    """Return a filter whose every choice is an address."""
    return [
        {"label": every, "url": address_with(request, **{name: ""}), "active": not chosen},
        *(
            {
                "label": one.label,
                "url": address_with(request, **{name: one.value}),
                "active": chosen == one,
            }
            for one in kind
        ),
    ]


def removable(request: Request, in_force: dict[str, str]) -> list[dict[str, Any]]:
    """Return the filters in force, each with the address of the list without it."""
    return [
        {"label": words, "url": address_with(request, **{name: ""}), "removes": True}
        for name, words in in_force.items()
    ]


def paths() -> list[Path]:
    """Return the paths some edition recommends to somebody."""
    return [path for path in Path if path in expressions.recommended()]


# --- customers ---------------------------------------------------------------------------------


@require_safe
def customers(request: Request) -> HttpResponse:
    """List customers by name: searched, filtered by what they are, what they run and by named reseller."""
    actor, at, own = request.actor, timezone.now(), own_company(request.actor)
    asks, resellers = asked_of(request, CustomersAsked)
    fitting = asks.among(Customer.objects.visible_to(actor, at), actor, at)
    columns = ("pk", "sort_name", "name", "domain", "country", "reseller__name", "provider__name")
    held = (
        Subscription.objects.filter(customer=OuterRef("pk"))
        .order_by()
        .values("customer")
        .annotate(number=Count("pk"))
        .values("number")
    )
    rows = fitting.annotate(subscriptions_held=Coalesce(Subquery(held), 0))
    page = page_of(rows.values(*columns, "subscriptions_held"), request, "sort_name", "pk")
    in_force = {name: words for name, words in asks.chosen().items() if name != "status"}
    if asks.reseller:
        in_force["reseller"] = resellers[asks.reseller]
    return render(
        request,
        "customers/customer_list.html",
        {
            "rows": listed_customers(page.rows, actor, at),
            "page": page,
            "shown": page.shown_of(fitting.order_by("sort_name", "pk"), asks.most_counted),
            "asks": asks,
            "minimum": MINIMUM_SEARCH,
            "states": choices(request, "status", State, asks.status, _("All")),
            "in_force": removable(request, named(in_force, asks.q)),
            "resellers": resellers.items(),
            "paths": [(one.value, one.label) for one in paths()],
            "dues": [(one.value, one.label) for one in Due if one != Due.ANY],
            "export_url": export_address(request, "customers-export"),
            "is_provider": own is not None,
            "has_resellers": own is not None and own.has_resellers,
            "may_invite": may_invite(actor),
            "may_record": may_record_customer(actor),
        },
    )


def named(in_force: dict[str, str], searched: str) -> dict[str, str]:
    """Return the filters in force in words that say what each filters by."""
    said = {
        "q": _("Search: %(what)s"),
        "path": _("Path: %(what)s"),
        "due": _("To decide: %(what)s"),
        "reseller": _("Named reseller: %(what)s"),
        "channel": _("Bought: %(what)s"),
        "billing": _("Billing: %(what)s"),
        "customer": _("Customer: %(what)s"),
        "turn": _("Whose turn: %(what)s"),
    }
    if searched:
        in_force = {"q": searched, **in_force}
    return {name: said[name] % {"what": what} for name, what in in_force.items()}


def listed_customers(rows: list[dict[str, Any]], actor: Actor, at: datetime) -> list[dict[str, Any]]:
    """Return customers ready for the table, in two queries however many they are."""
    keys = [row["pk"] for row in rows]
    states, privileges = standing.states(keys), standing.seen(keys, actor, at)
    base = reverse("customers")
    return [
        {
            "url": f"{base}{row['pk']}/",
            "name": row["name"],
            "domain": row["domain"],
            "country": countries.name(row["country"]),
            "state": states[row["pk"]].label,
            "role": role(states[row["pk"]]),
            "reseller": row["reseller__name"],
            "provider": row["provider__name"],
            "privileges": ", ".join(str(one.label) for one in privileges[row["pk"]]),
            "subscriptions": row["subscriptions_held"],
        }
        for row in rows
    ]


@require_safe
def export_customers(request: Request) -> StreamingHttpResponse:
    """Download the customers the address asks for."""
    company_of(request.actor)
    asks, _resellers = asked_of(request, CustomersAsked)
    table = csvfiles.customers(asks, request.actor, timezone.now())
    return spreadsheets.download("customers", table)


# --- subscriptions -----------------------------------------------------------------------------


@require_safe
def subscriptions(request: Request) -> HttpResponse:
    """List subscriptions across customers, the newest or the first to decide first, each with its verdict."""
    actor, at, own = request.actor, timezone.now(), own_company(request.actor)
    asks, resellers = asked_of(request, SubscriptionsAsked)
    fitting = asks.among(Subscription.objects.visible_to(actor, at), actor, at)
    page = page_of(turns.with_move(rulings.with_facts(fitting), actor, at), request, *asks.keys)
    in_force = {name: words for name, words in asks.chosen().items() if name != "status"}
    if asks.reseller:
        in_force["reseller"] = resellers[asks.reseller]
    if asks.customer:
        in_force["customer"] = page.rows[0].customer.name if page.rows else str(asks.customer)
    return render(
        request,
        "subscriptions/subscription_list.html",
        {
            "rows": list(listed_subscriptions(rulings.rule(page.rows, at), own)),
            "page": page,
            "shown": page.shown_of(fitting.order_by(*asks.keys), asks.most_counted),
            "asks": asks,
            "minimum": MINIMUM_SEARCH,
            "states": choices(request, "status", Status, asks.status, pgettext("subscriptions", "All")),
            "in_force": removable(request, named(in_force, asks.q)),
            "resellers": resellers.items(),
            "channels": Channel.choices,
            "billings": Billing.choices,
            "paths": [(one.value, one.label) for one in paths()],
            "dues": Due.choices,
            "turns": Turn.choices,
            "by_deadline": asks.keys[0] != "-pk",
            "newest_url": address_with(request, due=""),
            "deadline_url": address_with(request, due=Due.ANY.value),
            "export_url": export_address(request, "subscriptions:subscriptions-export"),
            "is_provider": own is not None,
            "plan": {"url": reverse(PLAN), "asked": asks.given().items()} if may_plan_moves(actor) else None,
        },
    )


def listed_subscriptions(
    rows: Iterable[tuple[Subscription, Ruling]], own: Partner | None
) -> Iterator[dict[str, Any]]:
    """Yield subscriptions read with their moves, ready for the table."""
    base, customers_base = reverse("subscriptions:subscriptions"), reverse("customers")
    status, channel, billing = words(Status), words(Channel), words(Billing)
    path, turn = words(Path), words(Turn)
    mine = Turn.PROVIDER if own else Turn.RESELLER
    for row, ruling in rows:
        deadline, main = ruling.deadline, ruling.main
        yield {
            "pk": row.pk,
            "url": f"{base}{row.pk}/",
            "name": str(row),
            "product": row.product.name if row.friendly_name else "",
            "quantity": row.quantity if row.product.billing == Billing.LICENSE else "",
            "customer": row.customer.name,
            "customer_url": f"{customers_base}{row.customer_id}/",
            "channel": channel[row.channel],
            "seller": row.sold_by,
            "billing": billing[row.product.billing],
            "verdict": main.path.label if main else _("Nothing to decide"),
            "missing": len(main.missing) if main else 0,
            "due": rulings_shown.due(deadline.on, ruling.facts.today) if deadline else None,
            "unknown_end": bool(ruling.missing_facts),
            "status": status[row.status],
            "role": role(row.status),
            "move": path.get(row.move_path),  # type: ignore[attr-defined]  # annotated
            "turn": _("Your turn") if row.turn == mine else turn.get(row.turn),  # type: ignore[attr-defined]  # annotated
        }


@require_safe
def export_subscriptions(request: Request) -> StreamingHttpResponse:
    """Download the subscriptions the address asks for."""
    company_of(request.actor)
    asks, _resellers = asked_of(request, SubscriptionsAsked)
    table = csvfiles.subscriptions(asks, request.actor, timezone.now())
    return spreadsheets.download("subscriptions", table)
