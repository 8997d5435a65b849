"""What home's charts count: each number is that of the rows somebody may see."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from customers.models import Customer, Invitation, InvitationLink, Relationship
from partners.actor import Actor
from subscriptions import figures
from subscriptions.vocabulary import Channel, Path, Status
from tests.factories import InvitationFactory, SubscriptionFactory

Answering = Callable[..., Any]


def numbers(actor: Actor, at: datetime) -> list[int]:
    return [number for _label, number in figures.funnel(actor, at)]


def test_funnel_of_nothing_is_empty(anna: Actor, now: datetime) -> None:
    assert numbers(anna, now) == [0, 0, 0, 0]


def test_funnel_follows_an_invitation(
    anna: Actor, tom: Actor, link: InvitationLink, answer_link: Answering, now: datetime
) -> None:
    assert numbers(anna, now) == [1, 0, 0, 0]  # its mail waits to be sent
    InvitationLink.objects.update(fetched_at=now)
    assert numbers(anna, now) == [1, 1, 1, 0]
    answer_link(link)
    assert numbers(anna, now) == [1, 1, 1, 1]
    assert numbers(tom, now) == [0, 0, 0, 0]


def test_funnel_knows_a_reseller_s_own(
    luca: Actor, ada: Actor, forwarded: InvitationLink, now: datetime
) -> None:
    assert numbers(luca, now)[0] == 1
    assert numbers(ada, now)[0] == 0


def test_funnel_leaves_out_drafts_and_what_is_long_ago(anna: Actor, contoso: Customer, now: datetime) -> None:
    InvitationFactory(provider=contoso.provider, customer=contoso, draft=True)
    old = InvitationFactory(provider=contoso.provider, customer=contoso)
    long_ago = now - timedelta(days=figures.FUNNEL_DAYS, seconds=1)
    Invitation.objects.filter(pk=old.pk).update(made_at=long_ago, opened_at=long_ago)
    assert numbers(anna, now) == [0, 0, 0, 0]


def test_paths_count_what_runs(
    anna: Actor, luca: Actor, tom: Actor, accepted: Relationship, now: datetime
) -> None:
    for channel in (Channel.CSP_OTHER, Channel.CSP_OTHER, Channel.SYNDICATION):
        SubscriptionFactory(customer=accepted.customer, channel=channel)
    SubscriptionFactory(customer=accepted.customer, channel=Channel.CSP_OTHER, status=Status.CANCELLED)
    counted = dict(figures.paths(anna, now))
    assert sum(counted.values()) == 3
    assert counted[Path.MANUAL_REVIEW] == 1
    assert figures.paths(anna, now)[0][1] == 2
    assert figures.paths(tom, now) == []
    assert figures.paths(luca, now) == []


def test_paths_are_those_of_the_newest(
    anna: Actor, accepted: Relationship, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(3):
        SubscriptionFactory(customer=accepted.customer)
    monkeypatch.setattr(figures, "MOST_RULED", 2)
    assert sum(number for _path, number in figures.paths(anna, now)) == 2
