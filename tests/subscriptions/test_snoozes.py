"""What can wait is put off with a reason, by one person, until a day; and is back on it."""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from django.test import Client
from django.urls import reverse

from customers.models import Assignment, Relationship
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from subscriptions import attention, snoozes
from subscriptions.attention import Item, Kind
from subscriptions.models import Snooze
from tests.conftest import Log
from tests.factories import MembershipFactory, SubscriptionFactory

PAGE = reverse("subscriptions:attention")
SignIn = Callable[..., Client]


def kinds(actor: Actor, at: datetime, **how: Any) -> list[str]:
    return [item.kind.value for item in attention.waiting(actor, at, **how).items()]


def address(item: Item, name: str = "put-off") -> str:
    return reverse(f"subscriptions:attention-{name}", args=[item.kind, item.object_ref])


def days(now: datetime, number: int) -> date:
    return now.date() + timedelta(days=number)


@pytest.fixture
def item(accepted: Relationship, anna: Actor, now: datetime) -> Item:
    """Contoso has not confirmed at Microsoft: due on no day."""
    (found,) = attention.waiting(anna, now).items()
    return found


@pytest.fixture
def due(offered: Assignment, anna: Actor, now: datetime) -> Item:
    """Fabrikam has not answered an offer that lapses in 14 days."""
    return attention.waiting(anna, now).kinds[Kind.OFFERS][0]


def test_what_is_put_off_leaves_list_and_count_until_its_day(
    item: Item, anna: Actor, agent: Actor, log: Log, now: datetime
) -> None:
    snoozes.put_off(item, days(now, 3), " Called them. ", by=anna, at=now)
    assert kinds(anna, now) == []
    assert kinds(anna, now, put_off=True) == [Kind.MICROSOFT]
    assert kinds(agent, now) == [Kind.MICROSOFT]  # a colleague's queue is the colleague's
    assert kinds(anna, now + timedelta(days=2, hours=13)) == []
    assert kinds(anna, now + timedelta(days=3)) == [Kind.MICROSOFT]
    assert log.last().verb == "queue.put_off"
    assert log.names(Snooze.objects.get())
    assert log.readers() == {"Northwind Traders"}
    assert "Called them." not in log.last().details
    assert "Called them." in log.last().person.text
    assert log.whole()


def test_decision_put_off_leaves_the_queue_and_stays_in_the_chart(
    accepted: Relationship, anna: Actor, now: datetime
) -> None:
    SubscriptionFactory(customer=accepted.customer, term_end=days(now, 9))
    (decision,) = attention.waiting(anna, now).kinds[Kind.DECISIONS]
    snoozes.put_off(decision, days(now, 2), "Later.", by=anna, at=now)
    queue = attention.waiting(anna, now)
    assert queue.kinds[Kind.DECISIONS] == []
    assert sum(number for _week, number in queue.weeks()) == 1
    assert attention.waiting(anna, now, put_off=True).kinds[Kind.DECISIONS] == [decision]
    assert attention.find(anna, now, Kind.DECISIONS, decision.object_ref) == decision


def test_put_off_again_moves_the_day(item: Item, anna: Actor, now: datetime) -> None:
    snoozes.put_off(item, days(now, 3), "Called them.", by=anna, at=now)
    snoozes.put_off(item, days(now, 30), "They are on holiday.", by=anna, at=now)
    assert [one.until for one in snoozes.of(anna, now)] == [days(now, 30)]


def test_day_must_come_within_90_days(item: Item, anna: Actor, now: datetime) -> None:
    for number, words in ((0, "a day to come"), (-1, "a day to come"), (91, "more than 90 days")):
        with pytest.raises(Refused, match=words):
            snoozes.put_off(item, days(now, number), "Later.", by=anna, at=now)
    snoozes.put_off(item, days(now, 90), "Later.", by=anna, at=now)


def test_day_is_counted_in_the_companys_zone(item: Item, anna: Actor, now: datetime) -> None:
    midnight = datetime(2026, 3, 10, 23, 30, tzinfo=now.tzinfo)  # the 11th in Rome
    with pytest.raises(Refused, match="a day to come"):
        snoozes.put_off(item, date(2026, 3, 11), "Later.", by=anna, at=midnight)


def test_beyond_the_due_day_only_if_that_is_meant(due: Item, anna: Actor, now: datetime) -> None:
    assert due.due == days(now, 14)
    snoozes.put_off(due, days(now, 14), "Later.", by=anna, at=now)
    with pytest.raises(Refused, match="24 Mar 2026"):
        snoozes.put_off(due, days(now, 15), "Later.", by=anna, at=now)
    snoozes.put_off(due, days(now, 15), "Later.", beyond=True, by=anna, at=now)


def test_reason_is_asked_and_kept_by_the_database(item: Item, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="reason"):
        snoozes.put_off(item, days(now, 1), "  ", by=anna, at=now)
    snooze = snoozes.put_off(item, days(now, 1), "Later.", by=anna, at=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Snooze.objects.filter(pk=snooze.pk).update(reason="")


def test_taken_back_it_waits_again(item: Item, anna: Actor, agent: Actor, log: Log, now: datetime) -> None:
    snoozes.put_off(item, days(now, 3), "Called them.", by=anna, at=now)
    with pytest.raises(Refused, match="not put off"):
        snoozes.wake(item.kind, item.object_ref, by=agent, at=now)
    snoozes.wake(item.kind, item.object_ref, by=anna, at=now)
    assert kinds(anna, now) == [Kind.MICROSOFT]
    assert log.last().verb == "queue.woken"
    with pytest.raises(Refused, match="not put off"):
        snoozes.wake(item.kind, item.object_ref, by=anna, at=now)


def test_who_has_no_queue_or_is_suspended_puts_nothing_off(
    item: Item, anna: Actor, staff: Actor, northwind: Partner, now: datetime
) -> None:
    with pytest.raises(Refused, match="works for a company"):
        snoozes.put_off(item, days(now, 1), "Later.", by=staff, at=now)
    assert anna.partner is not None
    anna.partner.status = Partner.Status.SUSPENDED
    with pytest.raises(Refused, match="suspended"):
        snoozes.put_off(item, days(now, 1), "Later.", by=anna, at=now)
    with pytest.raises(Refused, match="suspended"):
        snoozes.wake(item.kind, item.object_ref, by=anna, at=now)


def test_one_person_in_two_companies_has_two_queues(
    item: Item, anna: Actor, fabrikam: Partner, now: datetime
) -> None:
    snoozes.put_off(item, days(now, 3), "Called them.", by=anna, at=now)
    elsewhere = Actor.member(MembershipFactory(user=anna.user, partner=fabrikam))
    assert snoozes.of(elsewhere, now) == []


def test_old_ones_are_forgotten(item: Item, anna: Actor, now: datetime) -> None:
    snoozes.put_off(item, days(now, 3), "Called them.", by=anna, at=now)
    assert snoozes.tidy(now + timedelta(days=93)) == 0
    assert snoozes.tidy(now + timedelta(days=94)) == 1


# --- pages -------------------------------------------------------------------------------------


def test_page_puts_off_and_takes_back(item: Item, anna: Actor, client_for: SignIn, now: datetime) -> None:
    client = client_for(anna)
    assert address(item) in client.get(PAGE).content.decode()
    assert address(item) in client.get("/").content.decode()
    page = client.get(address(item))
    assert "Contoso" in page.content.decode()
    assert "beyond" not in page.context["form"].fields
    typed = {"span": "week", "reason": "Called them."}
    assert client.post(address(item), typed)["Location"] == PAGE
    page = client.get(PAGE)
    assert page.context["items"] == []
    assert page.context["put_off"]["number"] == 1
    page = client.get(page.context["put_off"]["url"])
    assert "Put off until 17 Mar 2026: Called them." in page.content.decode()
    assert client.post(address(item, "wake"))["Location"] == PAGE
    assert len(client.get(PAGE).context["items"]) == 1
    assert client.post(address(item, "wake")).status_code == 404


def test_form_asks_whether_a_day_beyond_the_due_one_is_meant(
    due: Item, anna: Actor, client_for: SignIn, now: datetime
) -> None:
    client = client_for(anna)
    typed = {"span": "day", "until": str(days(now, 15)), "reason": "They know."}
    page = client.post(address(due), typed)
    assert "say that you mean it" in page.context["form"].errors["beyond"][0]
    assert client.post(address(due), {**typed, "beyond": "on"}).status_code == 302


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"span": ""}, "span"),
        ({"span": "forever"}, "span"),
        ({"until": ""}, "until"),
        ({"until": "2026-02-30"}, "until"),
        ({"until": "9999-12-31"}, "until"),
        ({"until": "2026-03-10"}, "until"),
        ({"reason": ""}, "reason"),
        ({"reason": "a\0b"}, "reason"),
        ({"reason": "x" * 201}, "reason"),
    ],
)
def test_bad_answers_are_refused_and_kept(
    item: Item, anna: Actor, client_for: SignIn, changes: dict[str, str], field: str
) -> None:
    typed = {"span": "day", "until": "2026-03-20", "reason": "Later."} | changes
    page = client_for(anna).post(address(item), typed)
    assert set(page.context["form"].errors) == {field}
    assert not Snooze.objects.exists()


def test_what_does_not_wait_cannot_be_put_off(
    item: Item, anna: Actor, tom: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    for kind, ref in (
        ("microsoft", item.object_ref + 1),
        ("answers", item.object_ref),
        ("decisions", item.object_ref),
        ("handed", item.object_ref),  # what waits for resellers
        ("nonsense", item.object_ref),
        ("microsoft", 2**63),
    ):
        path = reverse("subscriptions:attention-put-off", args=[kind, ref])
        assert client.get(path).status_code == 404
        assert client.post(path, {"span": "tomorrow", "reason": "x"}).status_code == 404
    assert client_for(tom).get(address(item)).status_code == 404


def test_filters_show_one_kind_at_a_time(
    due: Item, anna: Actor, client_for: SignIn, accepted: Relationship
) -> None:
    client = client_for(anna)
    assert len(client.get(PAGE).context["items"]) == 2
    (only,) = client.get(PAGE, {"show": "offers"}).context["items"]
    assert only["turn"] == "waiting for Fabrikam"
    assert only["then"] == "Without an answer the offer lapses."
    assert client.get(PAGE, {"show": "answers"}).context["items"] == []
    assert len(client.get(PAGE, {"show": "nonsense"}).context["items"]) == 2
