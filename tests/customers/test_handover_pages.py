"""The pages of a hand-over: seen before it is offered, followed on one page, answered there alone."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import endings, handovers
from customers.models import Assignment, Customer, Grant, HandOver
from partners.actor import Actor
from partners.models import Partner, Partnership
from subscriptions.attention import waiting
from tests.factories import AssignmentFactory, CustomerFactory, HandOverFactory

SignIn = Callable[[Actor], Client]


def text(response: Any) -> str:
    return response.content.decode()


@pytest.fixture
def named(assigned: Assignment, contoso: Customer) -> Customer:
    """Contoso, which names Fabrikam; Fabrikam holds provisioning."""
    Customer.objects.filter(pk=contoso.pk).update(reseller=assigned.reseller)
    contoso.refresh_from_db()
    return contoso


@pytest.fixture
def whole(
    named: Customer, fabrikam: Partner, adventure_partnership: Partnership, anna: Actor, now: datetime
) -> HandOver:
    """All of Fabrikam's customers, offered to Adventure from now on."""
    return handovers.offer(fabrikam, adventure_partnership, starts_on=now.date(), by=anna, at=now)


def asked(tie: Partnership, now: datetime) -> dict[str, str]:
    return {"partnership": str(tie.pk), "starts_on": now.date().isoformat()}


@pytest.mark.parametrize("scope", ["customer", "reseller"])
def test_preview_writes_nothing_and_its_button_offers_what_was_seen(
    scope: str,
    client_for: SignIn,
    agent: Actor,
    named: Customer,
    adventure_partnership: Partnership,
    now: datetime,
) -> None:
    pk = named.pk if scope == "customer" else named.reseller_id
    address = reverse(f"customers:{scope}-hand-over", args=[pk])
    client = client_for(agent)
    assert "See what changes" in text(client.get(address))
    page = client.get(address, asked(adventure_partnership, now))
    assert "1 privilege passes to Adventure Works" in text(page)
    assert "1 customer names Adventure Works instead of Fabrikam" in text(page)
    assert not HandOver.objects.exists()
    mark = page.context["plan"].mark
    answer = client.post(address, {**asked(adventure_partnership, now), "mark": mark})
    found = HandOver.objects.get()
    assert answer["Location"] == found.get_absolute_url()
    assert (found.customer_id == named.pk) is (scope == "customer")


def test_what_changed_since_the_preview_is_shown_again(
    client_for: SignIn,
    agent: Actor,
    named: Customer,
    support: Grant,
    partnership: Partnership,
    adventure_partnership: Partnership,
    now: datetime,
) -> None:
    client = client_for(agent)
    address = reverse("customers:reseller-hand-over", args=[named.reseller_id])
    mark = client.get(address, asked(adventure_partnership, now)).context["plan"].mark
    AssignmentFactory(grant=support, partnership=partnership)
    page = client.post(address, {**asked(adventure_partnership, now), "mark": mark})
    assert "has changed since you looked" in text(page)
    assert "2 privileges pass" in text(page)
    assert not HandOver.objects.exists()


def test_form_refuses_a_day_gone_by_and_the_reseller_itself(
    client_for: SignIn, agent: Actor, named: Customer, adventure_partnership: Partnership, now: datetime
) -> None:
    client = client_for(agent)
    address = reverse("customers:customer-hand-over", args=[named.pk])
    yesterday = {"starts_on": (now - timedelta(days=1)).date().isoformat()}
    assert "This day is over" in text(client.get(address, {**asked(adventure_partnership, now), **yesterday}))
    far = {"starts_on": (now + timedelta(days=800)).date().isoformat()}
    assert "No privilege lasts that long" in text(
        client.get(address, {**asked(adventure_partnership, now), **far})
    )
    itself = {"partnership": str(Partnership.objects.get(reseller=named.reseller).pk)}
    assert "valid choice" in text(client.get(address, {**asked(adventure_partnership, now), **itself}))


def test_customer_that_nobody_looks_after_is_not_handed_over(
    client_for: SignIn, agent: Actor, contoso: Customer, adventure_partnership: Partnership
) -> None:
    answer = client_for(agent).get(reverse("customers:customer-hand-over", args=[contoso.pk]), follow=True)
    assert "No reseller looks after this customer" in text(answer)


def test_only_what_the_server_accepts_is_offered(
    client_for: SignIn,
    whole: HandOver,
    ada: Actor,
    agent: Actor,
    seller: Actor,
    luca: Actor,
) -> None:
    accept, withdraw = (
        reverse(f"customers:handover-{verb}", args=[whole.pk]) for verb in ("accept", "withdraw")
    )
    page = whole.get_absolute_url()
    assert accept in text(client_for(ada).get(page))
    assert withdraw in text(client_for(agent).get(page))
    for reader, words in ((seller, "can withdraw it"),):
        shown = text(client_for(reader).get(page))
        assert accept not in shown
        assert withdraw not in shown
        assert words in shown
    assert client_for(luca).get(page).status_code == 404
    assert client_for(ada).post(withdraw).status_code == 403
    assert client_for(agent).post(accept).status_code == 403


def test_reseller_accepts_on_the_page_and_again_is_refused_in_words(
    client_for: SignIn, whole: HandOver, ada: Actor, named: Customer
) -> None:
    client = client_for(ada)
    address = reverse("customers:handover-accept", args=[whole.pk])
    assert "Accepted. The customers are told." in text(client.post(address, follow=True))
    assert "no longer possible" in text(client.post(address, follow=True))
    named.refresh_from_db()
    assert named.reseller == whole.reseller


def test_decline_and_withdraw_say_that_nothing_changes(
    client_for: SignIn, whole: HandOver, ada: Actor, agent: Actor, adventure_partnership: Partnership
) -> None:
    declined = client_for(ada).post(reverse("customers:handover-decline", args=[whole.pk]), follow=True)
    assert "nothing changes" in text(declined)
    other = HandOverFactory(partnership=adventure_partnership)
    withdrawn = client_for(agent).post(reverse("customers:handover-withdraw", args=[other.pk]), follow=True)
    assert "nothing changes" in text(withdrawn)


def test_parts_lead_to_the_whole_and_wait_in_no_other_list(
    client_for: SignIn, whole: HandOver, ada: Actor, anna: Actor, now: datetime
) -> None:
    page = text(client_for(ada).get(reverse("customers:privileges"), {"show": "offered"}))
    assert whole.get_absolute_url() in page
    part = whole.assignments.get()
    assert reverse("customers:assignment-accept", args=[part.pk]) not in page
    assert [item.url for item in waiting(ada, now).items()] == [whole.get_absolute_url()]
    assert [item.url for item in waiting(anna, now).items("handovers")] == [whole.get_absolute_url()]
    assert waiting(anna, now).items("offers") == []


def test_what_is_left_out_is_named_before_the_answer(
    client_for: SignIn, whole: HandOver, provisioning: Grant, ada: Actor, now: datetime
) -> None:
    Grant.objects.filter(pk=provisioning.pk).update(
        status=Grant.Status.WITHDRAWN, stopped_at=now, stopped_by="Carla"
    )
    assert "is no longer in force and will be left out" in text(client_for(ada).get(whole.get_absolute_url()))


def test_provider_sees_what_could_not_take_effect(
    client_for: SignIn,
    whole: HandOver,
    adventure_partnership: Partnership,
    ada: Actor,
    anna: Actor,
    now: datetime,
) -> None:
    HandOver.objects.filter(pk=whole.pk).update(starts_at=now + timedelta(minutes=1))
    handovers.accept(whole, by=ada, at=now)
    endings.end_partnership(adventure_partnership, by=anna, at=now)
    HandOver.objects.filter(pk=whole.pk).update(starts_at=now)
    page = text(client_for(anna).get(whole.get_absolute_url()))
    assert "Could not take effect" in page
    assert "nothing passed to it" in page
    (item,) = waiting(anna, now).items("handovers")
    assert "could not take effect" in item.what


def test_list_shows_each_where_it_belongs(
    client_for: SignIn, whole: HandOver, ada: Actor, anna: Actor, luca: Actor, now: datetime
) -> None:
    address = reverse("customers:handovers")
    for reader in (anna, ada):
        assert "From Fabrikam to Adventure Works" in text(client_for(reader).get(address))
    assert "From Fabrikam" not in text(client_for(luca).get(address))
    handovers.decline(whole, by=ada, at=now)
    assert "From Fabrikam" not in text(client_for(anna).get(address))
    assert "From Fabrikam" in text(client_for(anna).get(address, {"show": "closed"}))


def test_ending_a_partnership_lists_what_was_to_pass(
    whole: HandOver, adventure_partnership: Partnership, now: datetime
) -> None:
    stops = endings.what_stops(adventure_partnership, at=now)
    assert (stops.hand_overs, stops.offers) == ([whole], list(whole.assignments.all()))


def test_preview_costs_the_same_however_many_customers(
    client_for: SignIn,
    anna: Actor,
    named: Customer,
    fabrikam: Partner,
    adventure_partnership: Partnership,
    now: datetime,
    django_assert_max_num_queries: Callable[..., Any],
) -> None:
    for _ in range(20):
        CustomerFactory(provider=named.provider, reseller=fabrikam)
    client = client_for(anna)
    address = reverse("customers:reseller-hand-over", args=[fabrikam.pk])
    with django_assert_max_num_queries(18):
        client.get(address, asked(adventure_partnership, now))
