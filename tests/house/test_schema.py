"""The schema the migrations leave behind is the one the code relies on."""

import pytest
from django.core.management import call_command
from django.db import IntegrityError, connection, transaction

from customers.composites import COMPOSITES as CUSTOMERS
from customers.models import Assignment, InvitationLink
from partners import triggers
from partners.composites import Composite
from partners.models import Activity, Partner
from subscriptions.composites import COMPOSITES as SUBSCRIPTIONS
from tests.conftest import TENANT
from tests.factories import (
    CustomerFactory,
    HandOverFactory,
    InvitationRequestFactory,
    MoveFactory,
    RenewalProposalFactory,
    SubscriptionFactory,
    TransferFactory,
    TransferItemFactory,
)

COMPOSITES = (*CUSTOMERS, *SUBSCRIPTIONS)


@pytest.mark.django_db
def test_no_migration_is_missing() -> None:
    call_command("makemigrations", check=True, dry_run=True, verbosity=0)


@pytest.mark.django_db
def test_every_trigger_is_there_after_all_migrations() -> None:
    assert triggers.REGISTRY
    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
def test_triggers_come_back_after_a_migration_took_them() -> None:
    """SQLite drops a table's triggers when it rebuilds the table; elsewhere somebody has to drop them."""
    if connection.vendor == "sqlite":
        with connection.schema_editor() as editor:
            editor._remake_table(Activity)  # what any AlterField does there
    else:
        triggers.drop(connection)
    assert "activity_no_update" in triggers.missing(connection)
    call_command("migrate", verbosity=0)
    assert triggers.missing(connection) == []


@pytest.mark.parametrize("composite", COMPOSITES, ids=lambda composite: composite.name)
def test_what_is_stored_twice_cannot_disagree(
    composite: Composite, assigned: Assignment, forwarded: InvitationLink, tailspin: Partner
) -> None:
    move = MoveFactory(subscription=SubscriptionFactory(customer=assigned.customer))
    move.successor = SubscriptionFactory(customer=assigned.customer)
    move.save()
    sent = TransferFactory(
        customer=assigned.customer,
        tenant_id=TENANT,
        to=CustomerFactory(provider=tailspin, tenant_id=TENANT),
    )
    TransferItemFactory(transfer=sent)
    InvitationRequestFactory(partnership=assigned.partnership)
    HandOverFactory(partnership=assigned.partnership, customer=assigned.customer)
    RenewalProposalFactory(relationship=assigned.grant.relationship)
    key, *copies = composite.columns
    rows = f"{composite.table} WHERE {key} IS NOT NULL"
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {rows}")  # noqa: S608 - names from this code only
        assert cursor.fetchone()[0], "no row to try it on"
    leave_only(composite)
    pointed_at = f"id IN (SELECT {key} FROM {composite.table})"  # noqa: S608 - as above
    sides = [
        (composite.table, copies, f"{key} IS NOT NULL"),
        (composite.target, composite.target_columns[1:], pointed_at),
    ]
    for table, columns, condition in sides:
        for column in columns:
            if column.endswith("_id"):
                with pytest.raises(IntegrityError, match=composite.name), transaction.atomic():
                    execute(f"UPDATE {table} SET {column} = {column} + 1000 WHERE {condition}")  # noqa: S608 - as above


def leave_only(composite: Composite) -> None:
    """Lift all that would refuse the same, so that one key is seen to hold alone."""
    if connection.vendor == "postgresql":
        execute("SET CONSTRAINTS ALL IMMEDIATE")  # what is pending would keep the triggers where they are
        execute("SET CONSTRAINTS ALL DEFERRED")
    triggers.drop(connection)
    if connection.vendor == "postgresql":
        execute(f"SET CONSTRAINTS {composite.name} IMMEDIATE")
    else:
        for _table, statement in composite.sqlite.values():
            execute(statement)


def execute(statement: str) -> None:
    """Run raw SQL."""
    with connection.cursor() as cursor:
        cursor.execute(statement)
