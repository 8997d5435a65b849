"""Moves in the lists and in the queue: under way with what, whose turn it is, and who has to know."""

import html
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.families import Family
from customers.models import Assignment, Customer, OtherPartnerStatement, Relationship
from partners.actor import Actor
from partners.models import Partner, Partnership, RulebookEdition
from subscriptions import attention
from subscriptions.attention import Item, Kind
from subscriptions.filters import SubscriptionsAsked
from subscriptions.models import Move, Subscription
from subscriptions.vocabulary import Channel, Path, Status
from tests.factories import (
    AssignmentFactory,
    CustomerFactory,
    GrantFactory,
    MoveFactory,
    ProductFactory,
    RelationshipFactory,
    SubscriptionFactory,
    TransferFactory,
    TransferItemFactory,
)
from tests.subscriptions.test_lists import names, read

SignIn = Callable[..., Client]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture
def walked(contoso: Customer, assigned: Assignment, tailspin: Partner) -> dict[str, Move]:
    """Moves of Contoso at each turn, named after it; one over, a row without, and one of Tailspin."""

    def under_way(name: str, path: Path, done: int, **facts: Any) -> Move:
        row = SubscriptionFactory(customer=contoso, friendly_name=name, **facts)
        return MoveFactory(subscription=row, path=path, done=done)

    found = {
        "customer": under_way("customer", Path.SUPPORT_IN_PLACE, 0),
        "provider": under_way("provider", Path.SUPPORT_IN_PLACE, 2),
        "reseller": under_way("reseller", Path.SUPPORT_IN_PLACE, 4),
        "current_partner": under_way(
            "current_partner", Path.SWITCH_PARTNER, 1, channel=Channel.CSP_OTHER, status=Status.ACTIVE
        ),
    }
    over = SubscriptionFactory(customer=contoso, friendly_name="over")
    MoveFactory(subscription=over, completed=True)
    SubscriptionFactory(customer=contoso, friendly_name="bare")
    MoveFactory(subscription=SubscriptionFactory(customer=CustomerFactory(provider=tailspin)))
    return found


# --- the list of subscriptions -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("asked", "found"),
    [
        ("provider", ["provider"]),
        ("reseller", ["reseller"]),
        ("customer", ["customer"]),
        ("current_partner", ["current_partner"]),
        ("nobody", ["bare", "over"]),
        ("everybody", ["bare", "over", "current_partner", "reseller", "provider", "customer"]),
    ],
)
def test_subscriptions_by_whose_turn_it_is(
    asked: str, found: list[str], client_for: SignIn, viewer: Actor, walked: dict[str, Move]
) -> None:
    client = client_for(viewer)
    assert names(client.get(f"/subscriptions/?turn={asked}")) == found
    assert [row[1] for row in read(client.get(f"/subscriptions/export/?turn={asked}"))] == found


def test_the_filter_is_a_chip_and_counts_what_it_finds(
    client_for: SignIn, viewer: Actor, walked: dict[str, Move]
) -> None:
    page = text(client_for(viewer).get("/subscriptions/?turn=customer&path=support_in_place"))
    assert "Whose turn: The customer" in page
    assert "1 on this page, 1 in all" in page


def test_a_row_says_what_is_under_way_and_whose_turn_it_is(
    client_for: SignIn, viewer: Actor, luca: Actor, walked: dict[str, Move]
) -> None:
    def shown(who: Actor) -> dict[str, tuple[str | None, str | None]]:
        rows = client_for(who).get("/subscriptions/").context["rows"]
        return {row["name"]: (row["move"], row["turn"]) for row in rows}

    in_place, ours, theirs = str(Path.SUPPORT_IN_PLACE.label), shown(viewer), shown(luca)
    assert ours["provider"] == (in_place, "Your turn")
    assert ours["reseller"] == (in_place, "The reseller")
    assert ours["customer"] == (in_place, "The customer")
    assert ours["over"] == ours["bare"] == (None, None)
    assert theirs["reseller"] == (in_place, "Your turn")
    assert theirs["provider"] == (in_place, "The provider")


def test_a_reseller_is_not_told_that_another_holds_a_privilege(
    client_for: SignIn, ada: Actor, adventure_partnership: Partnership, walked: dict[str, Move]
) -> None:
    Customer.objects.update(reseller=ada.partner)
    client = client_for(ada)
    rows = {row["name"]: row["turn"] for row in client.get("/subscriptions/").context["rows"]}
    assert rows["reseller"] == "The provider"
    assert names(client.get("/subscriptions/?turn=reseller")) == []


def test_a_service_another_partner_administers_is_not_the_resellers_turn(
    client_for: SignIn, viewer: Actor, accepted: Relationship, walked: dict[str, Move]
) -> None:
    OtherPartnerStatement.objects.create(
        relationship=accepted,
        family=walked["reseller"].subscription.product.family,
        stated_at=accepted.began_at,
        stated_by="Carla",
    )
    client = client_for(viewer)
    assert names(client.get("/subscriptions/?turn=reseller")) == []
    assert names(client.get("/subscriptions/?turn=provider")) == ["reseller", "provider"]
    Partner.objects.filter(pk=accepted.provider_id).update(edition=RulebookEdition.V2026)
    assert names(client.get("/subscriptions/?turn=reseller")) == ["reseller"]


def test_an_assignment_of_another_family_is_not_the_resellers_turn(
    client_for: SignIn, viewer: Actor, assigned: Assignment, walked: dict[str, Move]
) -> None:
    family = walked["reseller"].subscription.product.family
    Assignment.objects.update(family=next(one for one in Family.values if one != family))
    assert names(client_for(viewer).get("/subscriptions/?turn=reseller")) == []
    Assignment.objects.update(family=family)
    assert names(client_for(viewer).get("/subscriptions/?turn=reseller")) == ["reseller"]


def test_the_file_ends_with_the_move(client_for: SignIn, viewer: Actor, walked: dict[str, Move]) -> None:
    rows = {row[1]: row[-3:] for row in read(client_for(viewer).get("/subscriptions/export/"))}
    assert rows["reseller"] == [
        "Look after it in place",
        "Open the first provisioning task",
        "The reseller",
    ]
    assert rows["bare"] == rows["over"] == ["", "", ""]


def test_agents_tick_rows_or_take_all_that_fit(
    client_for: SignIn, agent: Actor, seller: Actor, luca: Actor, walked: dict[str, Move]
) -> None:
    client = client_for(agent)
    asked = {"channel": "csp_other", "q": "contoso"}
    page = text(client.get("/subscriptions/", asked))
    row = walked["current_partner"].subscription
    assert f'form="plan" name="only" value="{row.pk}"' in page
    assert '<input type="hidden" name="channel" value="csp_other">' in page
    assert '<input type="hidden" name="q" value="contoso">' in page
    plan = reverse("subscriptions:moves-plan")
    assert f'action="{plan}"' in page
    assert client.get(plan, {**asked, "only": row.pk}).status_code == 200
    for other in (seller, luca):
        assert 'name="only"' not in text(client_for(other).get("/subscriptions/"))


def test_what_was_asked_for_is_said_as_an_address_says_it() -> None:
    asks = SubscriptionsAsked(q="con", path=Path.TRANSFER, customer=7)
    assert asks.given() == {"q": "con", "path": "transfer", "customer": "7"}


def test_fifty_rows_under_way_cost_what_one_does_and_stay_small(
    client_for: SignIn, anna: Actor, northwind: Partner
) -> None:
    client, counts = client_for(anna), []
    client.get("/subscriptions/")
    for number in (1, 49):
        for _ in range(number):
            MoveFactory(
                subscription=SubscriptionFactory(
                    customer=CustomerFactory(provider=northwind), channel=Channel.CSP_OTHER
                )
            )
        with CaptureQueriesContext(connection) as captured:
            page = client.get("/subscriptions/?turn=customer")
        counts.append(len(captured))
    assert len(page.context["rows"]) == 50
    assert counts[0] == counts[1]
    assert len(page.content) <= 60 * 1024


# --- the queue ---------------------------------------------------------------------------------


def waiting(who: Actor, kind: Kind, at: datetime) -> list[Item]:
    return attention.waiting(who, at).kinds[kind]


def test_each_step_waits_for_who_has_to_take_it(
    anna: Actor, luca: Actor, tom: Actor, walked: dict[str, Move], now: datetime
) -> None:
    (mine,) = waiting(anna, Kind.STEPS, now)
    assert (mine.object_ref, mine.turn) == (walked["provider"].pk, "your turn")
    assert mine.url == walked["provider"].get_absolute_url()
    assert mine.what == "Assign the privileges to a reseller"
    assert mine.why == "Look after it in place: provider."
    (chased,) = waiting(anna, Kind.CHASED, now)
    assert chased.object_ref == walked["current_partner"].pk
    others = {item.object_ref: item.turn for item in waiting(anna, Kind.OTHERS, now)}
    assert others == {
        walked["customer"].pk: "waiting for the customer",
        walked["reseller"].pk: "waiting for the reseller",
    }
    (theirs,) = waiting(luca, Kind.STEPS, now)
    assert (theirs.object_ref, theirs.turn) == (walked["reseller"].pk, "your turn")
    assert [item.what for item in waiting(tom, Kind.OTHERS, now)] == ["Accept the provider's invitation"]


def test_who_may_take_no_step_looks_at_it(
    anna: Actor, viewer: Actor, walked: dict[str, Move], now: datetime
) -> None:
    assert [item.action for item in waiting(anna, Kind.STEPS, now)] == ["Take the step"]
    assert [item.action for item in waiting(viewer, Kind.STEPS, now)] == ["Look at it"]


def test_a_step_is_due_on_the_target_date_else_on_the_last_day_to_decide(
    anna: Actor, walked: dict[str, Move], now: datetime
) -> None:
    move, today = walked["provider"], now.date()

    def due() -> date | None:
        return waiting(anna, Kind.STEPS, now)[0].due

    Subscription.objects.filter(pk=move.subscription_id).update(term_end=None)
    assert due() is None
    Subscription.objects.filter(pk=move.subscription_id).update(
        term_end=today + timedelta(days=41), auto_renew="yes"
    )
    assert due() == today + timedelta(days=40)
    Move.objects.filter(pk=move.pk).update(target_on=today - timedelta(days=1))
    assert due() == today - timedelta(days=1)
    (item,) = waiting(anna, Kind.STEPS, now)
    assert (item.state(today), item.when(today)) == ("urgent", "yesterday")


def test_what_waits_says_since_when(anna: Actor, walked: dict[str, Move], now: datetime) -> None:
    move = walked["provider"]
    Subscription.objects.update(term_end=None)
    Move.objects.update(decided_at=now - timedelta(days=9))
    assert waiting(anna, Kind.STEPS, now)[0].since == now.date()  # its latest step was closed today
    move.steps.update(outcome="", done_at=None, done_by="")
    (item,) = [one for one in waiting(anna, Kind.OTHERS, now) if one.object_ref == move.pk]
    assert item.since == (now - timedelta(days=9)).date()


def test_a_move_that_is_over_waits_for_nobody(anna: Actor, walked: dict[str, Move], now: datetime) -> None:
    Move.objects.update(status="abandoned", reason="No.", ended_at=now, ended_by="Anna")
    queue = attention.waiting(anna, now)
    assert not any(queue.kinds[kind] for kind in (Kind.STEPS, Kind.CHASED, Kind.OTHERS))


def test_no_decision_waits_where_a_move_or_a_transfer_is_under_way(
    anna: Actor, contoso: Customer, now: datetime
) -> None:
    soon = {"customer": contoso, "term_end": now.date() + timedelta(days=10)}
    bare, moving, asked = (SubscriptionFactory(channel=Channel.CSP_OTHER, **soon) for _ in range(3))
    move = MoveFactory(subscription=moving)
    TransferItemFactory(transfer=TransferFactory(customer=CustomerFactory(provider=contoso.provider,
        tenant_id="0f1e2d3c-0000-4000-8000-000000000001")), subscription=asked)  # fmt: skip
    queue = attention.waiting(anna, now)
    assert [item.object_ref for item in queue.kinds[Kind.DECISIONS]] == [bare.pk]
    assert sum(number for _week, number in queue.weeks()) == 3  # the chart counts every deadline
    assert attention.find(anna, now, Kind.DECISIONS, moving.pk) is None
    Move.objects.filter(pk=move.pk).update(status="abandoned", reason="No.", ended_at=now, ended_by="Anna")
    assert attention.find(anna, now, Kind.DECISIONS, moving.pk) is not None


def test_the_seventh_day_after_a_purchase_is_a_decision_under_todays_rules(
    anna: Actor, northwind: Partner, accepted: Relationship, now: datetime
) -> None:
    today = now.date()
    SubscriptionFactory(
        customer=accepted.customer,
        channel=Channel.CSP_OWN,
        started_on=today,
        term_end=today + timedelta(days=365),
    )
    assert waiting(anna, Kind.DECISIONS, now) == []
    Partner.objects.filter(pk=northwind.pk).update(edition=RulebookEdition.V2026)
    northwind.refresh_from_db()
    assert anna.partner is not None
    anna.partner.refresh_from_db()
    assert [item.due for item in waiting(anna, Kind.DECISIONS, now)] == [today + timedelta(days=7)]


def test_the_queue_costs_the_same_with_many_moves(
    client_for: SignIn, anna: Actor, luca: Actor, assigned: Assignment, northwind: Partner
) -> None:
    for who in (anna, luca):
        client, counts = client_for(who), []
        client.get("/")
        for number in (1, 20):
            for _ in range(number):
                customer = CustomerFactory(provider=northwind)
                grant = GrantFactory(relationship=RelationshipFactory(customer=customer))
                AssignmentFactory(grant=grant, partnership=assigned.partnership)
                product = ProductFactory()
                for done in (0, 2, 4):
                    MoveFactory(
                        subscription=SubscriptionFactory(customer=customer, product=product), done=done
                    )
            with CaptureQueriesContext(connection) as captured:
                assert client.get("/").status_code == 200
            counts.append(len(captured))
        assert counts[0] == counts[1]
