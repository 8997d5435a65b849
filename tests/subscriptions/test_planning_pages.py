"""Planning in the browser: one subscription's path, or one path for many, with what is refused and why."""

from collections.abc import Callable
from datetime import date, timedelta
from html import unescape
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from customers.models import Customer
from partners.actor import Actor
from partners.models import Activity, Partner
from subscriptions.models import Move, Subscription
from subscriptions.vocabulary import Channel
from tests.factories import CustomerFactory, MoveFactory, SubscriptionFactory

Sign = Callable[..., Client]
MANY = "subscriptions:moves-plan"


def page_of(subscription: Subscription, **query: str) -> str:
    """Return the address on which a subscription's move is planned."""
    return reverse("subscriptions:move-plan", args=[subscription.pk], query=query)


def text(answer: Any) -> str:
    return unescape(answer.content.decode())


# --- one subscription --------------------------------------------------------------------------


def test_every_path_is_shown_and_only_those_that_can_be_planned_can_be_chosen(
    client_for: Sign, anna: Actor, contoso: Customer
) -> None:
    row = SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER)
    answer = client_for(anna).get(page_of(row))
    page = text(answer)
    assert [one["code"] for one in answer.context["open"]] == ["wait_or_cancel", "support_in_place"]
    assert "A licence subscription" in page  # why a switch is closed
    assert page.count('type="radio"') == 2 + len(answer.context["ruling"]["closed"])
    assert page.count(" disabled") == len(answer.context["ruling"]["closed"])


def test_the_path_asked_for_is_chosen_and_its_best_day_advised(
    client_for: Sign, anna: Actor, contoso: Customer
) -> None:
    row = SubscriptionFactory(customer=contoso, channel=Channel.OPEN)
    answer = client_for(anna).get(page_of(row, path="replace_licences"))
    assert answer.context["chosen"] == "replace_licences"
    assert answer.context["form"].initial["target_on"] == row.term_end - timedelta(days=1)
    assert "There is no refund" in text(answer)


def test_a_path_is_planned_although_its_needs_are_missing(
    client_for: Sign, agent: Actor, contoso: Customer
) -> None:
    row = SubscriptionFactory(customer=contoso)
    body = {"path": "support_in_place", "target_on": "2026-05-01"}
    answer = client_for(agent).post(page_of(row), body)
    move = Move.objects.get()
    assert answer.url == move.get_absolute_url()
    assert (move.subscription, move.path, move.target_on) == (row, "support_in_place", date(2026, 5, 1))


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "path"),
        ({"path": "switch_partner"}, "path"),
        ({"path": "no-such-path"}, "path"),
        ({"path": "support_in_place", "target_on": "2026-03-09"}, "target_on"),
        ({"path": "support_in_place", "target_on": "2026-02-30"}, "target_on"),
    ],
)
def test_what_cannot_be_planned_is_refused_beside_its_field(
    body: dict[str, str], field: str, client_for: Sign, anna: Actor, contoso: Customer
) -> None:
    answer = client_for(anna).post(page_of(SubscriptionFactory(customer=contoso)), body)
    assert set(answer.context["form"].errors) == {field}
    assert not Move.objects.exists()


def test_what_is_under_way_is_named_and_nothing_can_be_chosen(
    client_for: Sign, anna: Actor, contoso: Customer
) -> None:
    move = MoveFactory(subscription=SubscriptionFactory(customer=contoso))
    page = text(client_for(anna).get(page_of(move.subscription)))
    assert move.get_absolute_url() in page
    assert "Plan the move" not in page
    answer = client_for(anna).post(page_of(move.subscription), {"path": "support_in_place"})
    assert answer.status_code == 200
    assert Move.objects.count() == 1


def test_an_add_on_leads_to_its_subscription(client_for: Sign, anna: Actor, contoso: Customer) -> None:
    base = SubscriptionFactory(customer=contoso)
    add_on = SubscriptionFactory(customer=contoso, parent=base)
    page = text(client_for(anna).get(page_of(add_on)))
    assert "This is an add-on" in page
    assert base.get_absolute_url() in page
    assert "Plan the move" not in page


def test_a_second_click_plans_once(client_for: Sign, anna: Actor, contoso: Customer) -> None:
    row, client = SubscriptionFactory(customer=contoso), client_for(anna)
    for _click in range(2):
        client.post(page_of(row), {"path": "support_in_place"})
    assert Move.objects.count() == 1


# --- one path for many -------------------------------------------------------------------------


@pytest.fixture
def three(contoso: Customer) -> list[Subscription]:
    """Two that can be looked after in place, and one of a Syndication Partner."""
    channels = (Channel.OPEN, Channel.DIRECT, Channel.SYNDICATION)
    return [SubscriptionFactory(customer=contoso, channel=channel) for channel in channels]


def only(rows: list[Subscription]) -> str:
    return ",".join(str(row.pk) for row in rows)


class TestMany:
    def test_says_first_what_will_be_planned_what_will_not_and_why(
        self, client_for: Sign, anna: Actor, three: list[Subscription]
    ) -> None:
        query = {"only": only(three), "plan": "support_in_place"}
        answer = client_for(anna).get(reverse(MANY, query=query))
        assert {row["url"] for row in answer.context["will"]} == {row.get_absolute_url() for row in three[:2]}
        (refused,) = answer.context["will_not"]
        assert refused["url"] == three[2].get_absolute_url()
        assert refused["refusal"]
        assert "Plan 2 moves" in text(answer)
        assert not Move.objects.exists()

    def test_plans_for_the_chosen_decides_again_and_lists_what_was_not_planned(
        self, client_for: Sign, anna: Actor, three: list[Subscription]
    ) -> None:
        MoveFactory(subscription=three[0])  # meanwhile
        body = {"plan": "support_in_place", "only": only(three), "target_on": "2026-06-01"}
        answer = client_for(anna).post(reverse(MANY), body)
        page = text(answer)
        assert "1 move planned" in page
        assert "A move of this subscription is under way." in page
        assert len(answer.context["not_planned"]) == 2
        assert Move.objects.get(subscription=three[1]).target_on == date(2026, 6, 1)
        assert not Move.objects.filter(subscription=three[2]).exists()

    def test_posting_twice_plans_once_and_writes_one_row(
        self, client_for: Sign, anna: Actor, three: list[Subscription]
    ) -> None:
        client, body = client_for(anna), {"plan": "support_in_place", "only": only(three[:2])}
        for _click in range(2):
            client.post(reverse(MANY), body)
        assert Move.objects.count() == 2
        assert Activity.objects.count() == 1

    def test_takes_all_that_the_filters_of_the_list_let_through(
        self, client_for: Sign, anna: Actor, three: list[Subscription]
    ) -> None:
        query = {"channel": "open", "plan": "support_in_place"}
        answer = client_for(anna).get(reverse(MANY, query=query))
        assert [row["url"] for row in answer.context["will"]] == [three[0].get_absolute_url()]
        assert ("channel", "open") in answer.context["kept"]
        # What the list was filtered by is the path to begin with.
        answer = client_for(anna).get(reverse(MANY, query={"path": "manual_review"}))
        assert answer.context["chosen_path"] == "manual_review"
        assert [row["url"] for row in answer.context["will"]] == [three[2].get_absolute_url()]

    def test_boxes_ticked_in_the_list_come_one_by_one(
        self, client_for: Sign, anna: Actor, three: list[Subscription]
    ) -> None:
        address = f"{reverse(MANY)}?only={three[0].pk}&only={three[1].pk}&channel=syndication"
        assert client_for(anna).get(address).context["number"] == 2

    def test_never_touches_what_another_provider_has(
        self, client_for: Sign, anna: Actor, tailspin: Partner, three: list[Subscription]
    ) -> None:
        foreign = SubscriptionFactory(customer=CustomerFactory(provider=tailspin, name="Secret"))
        client = client_for(anna)
        query = {"only": only([foreign]), "plan": "support_in_place"}
        assert "Secret" not in text(client.get(reverse(MANY, query=query)))
        answer = client.post(reverse(MANY), {"plan": "support_in_place", "only": only([foreign])})
        assert "Secret" not in text(answer)
        assert not Move.objects.exists()

    def test_more_than_the_most_says_so_and_takes_the_first(
        self, client_for: Sign, anna: Actor, three: list[Subscription], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("subscriptions.views.planning.MOST_AT_ONCE", 2)
        answer = client_for(anna).get(reverse(MANY, query={"plan": "support_in_place"}))
        assert "There are more: the first 2 are planned at once." in text(answer)
        assert answer.context["number"] == 2

    def test_over_25_at_once_want_the_password_once_more(
        self, client_for: Sign, anna: Actor, contoso: Customer
    ) -> None:
        rows = [SubscriptionFactory(customer=contoso) for _number in range(26)]
        client = client_for(anna)  # signed in without a password
        query = {"only": only(rows), "plan": "support_in_place"}
        answer = client.get(reverse(MANY, query=query))
        assert answer.url.startswith(reverse("account_reauthenticate"))
        assert "support_in_place" in answer.url  # it leads back to the same choice
        answer = client.post(reverse(MANY), {"plan": "support_in_place", "only": only(rows)})
        assert answer.url.startswith(reverse("account_reauthenticate"))
        assert not Move.objects.exists()
        few = {"plan": "support_in_place", "only": only(rows[:25])}
        assert client.post(reverse(MANY), few).status_code == 200
        assert Move.objects.count() == 25

    @pytest.mark.parametrize(
        "body",
        [
            {},
            {"plan": "support_in_place"},
            {"plan": "transfer", "only": "1"},
            {"plan": "support_in_place", "only": "²,-1,0,99999999999999999999"},
            {"plan": "support_in_place", "only": "1", "target_on": "2026-03-01"},
        ],
    )
    def test_nonsense_plans_nothing_and_says_so(
        self, body: dict[str, str], client_for: Sign, anna: Actor
    ) -> None:
        answer = client_for(anna).post(reverse(MANY), body)
        assert answer.url == reverse(MANY)
        assert not Move.objects.exists()

    def test_costs_the_same_for_one_and_for_fifty(
        self, client_for: Sign, anna: Actor, northwind: Partner, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("subscriptions.views.planning.UNASKED", 100)
        client = client_for(anna)

        def statements(number: int) -> int:
            for _one in range(number):
                SubscriptionFactory(customer=CustomerFactory(provider=northwind))
            with CaptureQueriesContext(connection) as captured:
                assert client.get(reverse(MANY, query={"plan": "support_in_place"})).status_code == 200
            return len(captured)

        client.get(reverse(MANY))
        assert statements(1) == statements(49)
