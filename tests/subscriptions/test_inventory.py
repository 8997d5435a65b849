"""The inventory of a migration: listed, known, moved and cancelled, each when its turn has come."""

from datetime import datetime
from typing import Any

import pytest

from customers.models import Assignment, Contact, Customer, Relationship
from customers.privileges import contact_actor
from partners.actor import Actor
from partners.errors import Refused
from subscriptions import inventory, steps
from subscriptions.models import InventoryItem, Move
from subscriptions.vocabulary import Channel, Path
from tests.conftest import Log
from tests.factories import InventoryItemFactory, MoveFactory, ProductFactory, SubscriptionFactory


@pytest.fixture
def migrate(contoso: Customer, accepted: Relationship) -> Any:
    """Return a way to get a migration whose next step is the one of a code."""
    product = ProductFactory(family="azure", billing="usage", azure_offer="other", sold_in_csp=False)
    row = SubscriptionFactory(customer=contoso, channel=Channel.EA, product=product, term="", term_end=None)

    def until(code: str) -> Move:
        done = [step.code for step in steps.MIGRATE_AZURE].index(code)
        return MoveFactory(subscription=row, path=Path.MIGRATE_AZURE, done=done)

    return until


class TestListing:
    def test_services_are_added_corrected_and_removed(
        self, migrate: Any, anna: Actor, now: datetime, log: Log
    ) -> None:
        move = migrate("inventory")
        item = inventory.add(move, " Storage ", by=anna, at=now)
        assert (item.name, item.availability) == ("Storage", "unknown")
        inventory.edit(item, "Blob storage", "available", note="Checked.", by=anna, at=now)
        item.refresh_from_db()
        assert (item.name, item.availability, item.note) == ("Blob storage", "available", "Checked.")
        inventory.remove(item, by=anna, at=now)
        assert not move.inventory.exists()
        assert log.verbs()[-3:] == ["move.service_added", "move.service_edited", "move.service_removed"]
        assert log.details()["service"] == "Blob storage"

    def test_a_name_is_listed_once_and_never_empty(self, migrate: Any, anna: Actor, now: datetime) -> None:
        move = migrate("inventory")
        inventory.add(move, "Storage", by=anna, at=now)
        for name in ("Storage", " "):
            with pytest.raises(Refused) as refusal:
                inventory.add(move, name, by=anna, at=now)
            assert refusal.value.field == "name"

    def test_once_all_are_known_none_becomes_unknown(self, migrate: Any, anna: Actor, now: datetime) -> None:
        move = migrate("move_data")
        item = InventoryItemFactory(move=move, availability="available")
        with pytest.raises(Refused, match="inventory is complete"):
            inventory.add(move, "Late", by=anna, at=now)
        with pytest.raises(Refused, match="inventory is complete"):
            inventory.edit(item, item.name, "unknown", by=anna, at=now)
        assert inventory.add(move, "Late", "available", by=anna, at=now).pk

    def test_the_last_available_one_stays_once_all_are_known(
        self, migrate: Any, anna: Actor, now: datetime
    ) -> None:
        item = InventoryItemFactory(move=migrate("move_data"), availability="available")
        with pytest.raises(Refused, match="the last one"):
            inventory.remove(item, by=anna, at=now)
        with pytest.raises(Refused, match="the last one"):
            inventory.edit(item, item.name, "not_available", by=anna, at=now)

    def test_what_was_moved_is_neither_edited_nor_removed(
        self, migrate: Any, anna: Actor, now: datetime
    ) -> None:
        item = InventoryItemFactory(move=migrate("move_data"), moved=True)
        with pytest.raises(Refused, match="moved already"):
            inventory.edit(item, "Other", "available", by=anna, at=now)
        with pytest.raises(Refused, match="moved already"):
            inventory.remove(item, by=anna, at=now)

    def test_nothing_changes_once_everything_is_moved(self, migrate: Any, anna: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="no longer changes"):
            inventory.add(migrate("verify"), "Late", "available", by=anna, at=now)

    def test_nor_in_a_move_without_an_inventory(self, planned: Move, anna: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="no longer changes"):
            inventory.add(planned, "Storage", by=anna, at=now)

    def test_another_provider_is_refused(self, migrate: Any, tom: Actor, now: datetime) -> None:
        with pytest.raises(Refused, match="Only the company"):
            inventory.add(migrate("inventory"), "Storage", by=tom, at=now)


class TestMoved:
    def test_whoever_moved_it_is_on_record(self, migrate: Any, anna: Actor, now: datetime, log: Log) -> None:
        item = InventoryItemFactory(move=migrate("move_data"), availability="available")
        inventory.mark_moved(item, by=anna, at=now)
        item.refresh_from_db()
        assert (item.moved_at, item.moved_by, item.moved_user) == (now, anna.stamp, anna.user)
        assert log.last().verb == "move.service_moved"

    def test_a_reseller_moves_what_its_provisioning_covers(
        self, migrate: Any, assigned: Assignment, luca: Actor, ada: Actor, now: datetime
    ) -> None:
        item = InventoryItemFactory(move=migrate("move_data"), availability="available")
        with pytest.raises(Refused, match="you do not hold it now"):
            inventory.mark_moved(item, by=ada, at=now)
        assert inventory.mark_moved(item, by=luca, at=now).moved_user == luca.user

    @pytest.mark.parametrize(
        ("changes", "words"),
        [
            ({"availability": "not_available"}, "does not offer"),
            ({"availability": "available", "is_classic": True}, "converted first"),
            ({"moved": True}, "moved already"),
        ],
    )
    def test_what_cannot_be_moved_is_refused(
        self, migrate: Any, anna: Actor, now: datetime, changes: dict[str, Any], words: str
    ) -> None:
        item = InventoryItemFactory(move=migrate("move_data"), **changes)
        with pytest.raises(Refused, match=words):
            inventory.mark_moved(item, by=anna, at=now)

    @pytest.mark.parametrize("code", ["inventory", "new_subscription"])
    def test_not_before_its_turn(self, migrate: Any, anna: Actor, now: datetime, code: str) -> None:
        item = InventoryItemFactory(move=migrate(code), availability="available")
        with pytest.raises(Refused, match="in order"):
            inventory.mark_moved(item, by=anna, at=now)


class TestCancelled:
    def test_the_customer_notes_it_or_the_provider_for_it(
        self, migrate: Any, confirmed: Contact, anna: Actor, now: datetime
    ) -> None:
        move = migrate("cancel_old")
        one, other = InventoryItemFactory.create_batch(2, move=move, moved=True)
        inventory.mark_cancelled(one, by=contact_actor(confirmed), contact=confirmed, at=now)
        inventory.mark_cancelled(other, by=anna, at=now)
        stamps = set(InventoryItem.objects.values_list("cancelled_by", flat=True))
        assert stamps == {contact_actor(confirmed).stamp, anna.stamp}

    def test_not_before_somebody_verified(self, migrate: Any, confirmed: Contact, now: datetime) -> None:
        item = InventoryItemFactory(move=migrate("verify"), moved=True)
        with pytest.raises(Refused, match="in order"):
            inventory.mark_cancelled(item, by=contact_actor(confirmed), contact=confirmed, at=now)

    @pytest.mark.parametrize(
        ("changes", "words"),
        [({"availability": "not_available"}, "was not moved"), ({"cancelled": True}, "cancelled already")],
    )
    def test_neither_what_stays_nor_twice(
        self, migrate: Any, anna: Actor, now: datetime, changes: dict[str, Any], words: str
    ) -> None:
        item = InventoryItemFactory(move=migrate("cancel_old"), **changes)
        with pytest.raises(Refused, match=words):
            inventory.mark_cancelled(item, by=anna, at=now)

    def test_by_no_reseller_and_no_unknown_contact(
        self, migrate: Any, assigned: Assignment, luca: Actor, carla: Contact, now: datetime
    ) -> None:
        item = InventoryItemFactory(move=migrate("cancel_old"), moved=True)
        with pytest.raises(Refused):
            inventory.mark_cancelled(item, by=luca, at=now)
        with pytest.raises(Refused, match="Only a confirmed contact"):
            inventory.mark_cancelled(item, by=contact_actor(carla), contact=None, at=now)
