"""Moves and transfers in the admin: to read, with what belongs to them, and nothing to change."""

from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from partners.actor import Actor
from tests.factories import (
    InventoryItemFactory,
    MoveFactory,
    StepFileFactory,
    TransferFactory,
    TransferItemFactory,
)

SignIn = Callable[..., Client]


@pytest.fixture
def desk(client_for: SignIn, staff: Actor) -> Client:
    return client_for(staff)


def test_staff_read_a_move_with_its_steps_and_services(desk: Client) -> None:
    move = MoveFactory(done=1)
    InventoryItemFactory(move=move, name="Virtual machines")
    StepFileFactory(step=move.steps.first())
    name = move.customer.name
    assert name in desk.get(reverse("admin:subscriptions_move_changelist"), {"q": name}).content.decode()
    page = desk.get(reverse("admin:subscriptions_move_change", args=[move.pk])).content.decode()
    assert "support_contact" in page
    assert "Virtual machines" in page
    assert 'name="_save"' not in page


def test_staff_read_a_transfer_without_whose_row_it_is(desk: Client) -> None:
    transfer = TransferFactory()
    item = TransferItemFactory(transfer=transfer)
    found = desk.get(reverse("admin:subscriptions_transfer_changelist"), {"q": item.external_id})
    assert transfer.customer.name in found.content.decode()
    page = desk.get(reverse("admin:subscriptions_transfer_change", args=[transfer.pk])).content.decode()
    assert item.external_id in page
    assert 'name="_save"' not in page


@pytest.mark.parametrize(("model", "factory"), [("move", MoveFactory), ("transfer", TransferFactory)])
def test_the_list_costs_the_same_for_one_row_and_for_many(
    model: str, factory: Any, desk: Client, django_assert_max_num_queries: Any
) -> None:
    address = reverse(f"admin:subscriptions_{model}_changelist")
    for _ in range(9):
        factory()
    desk.get(address)
    with django_assert_max_num_queries(9):
        assert desk.get(address).status_code == 200
