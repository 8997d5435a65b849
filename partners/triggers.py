"""Triggers: what the database itself refuses, even of raw SQL.

SQLite drops the triggers of a table that a migration rebuilds, so they are put back after every migrate.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from django.apps import AppConfig
from django.db import connections, transaction
from django.db.backends.base.base import BaseDatabaseWrapper


@dataclass(frozen=True, slots=True)
class Trigger:
    """One trigger: the statements that make it, by database; a database without any does not have it."""

    name: str
    table: str
    postgresql: tuple[str, ...]
    sqlite: tuple[str, ...]

    def statements(self, vendor: str) -> tuple[str, ...]:
        """Return the statements that make it on this database."""
        return self.postgresql if vendor == "postgresql" else self.sqlite


REGISTRY: dict[str, Trigger] = {}


def register(
    name: str, table: str, *, postgresql: tuple[str, ...] = (), sqlite: tuple[str, ...] = ()
) -> None:
    """Add a trigger of this name on this table; every floor registers its own while its models load."""
    REGISTRY[name] = Trigger(name, table, postgresql, sqlite)


def refuse(name: str, table: str, event: str, *, condition: str = "", on: tuple[str, ...] = ()) -> None:
    """Register that an event (INSERT, UPDATE, DELETE or TRUNCATE) on a table fails, always or on a condition.

    The condition reads OLD and NEW in SQL both databases know. SQLite has no TRUNCATE; `on` names the
    databases that need the trigger when not all do. What fails raises IntegrityError.
    """
    each = "STATEMENT" if event == "TRUNCATE" else "ROW"
    when = f"WHEN ({condition})" if condition else ""
    words = f"{table}: {event} is refused ({name})"
    postgresql = (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql AS "
        f"$$ BEGIN RAISE EXCEPTION '{words}' USING ERRCODE = 'restrict_violation'; END $$",
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} FOR EACH {each} {when} EXECUTE FUNCTION {name}()",
    )
    sqlite = (
        f"CREATE TRIGGER {name} BEFORE {event} ON {table} {when} BEGIN SELECT RAISE(ABORT, '{words}'); END",
    )
    register(
        name,
        table,
        postgresql=postgresql if not on or "postgresql" in on else (),
        sqlite=sqlite if event != "TRUNCATE" and (not on or "sqlite" in on) else (),
    )


# The log only grows. Its head only moves on. Of a person it may only be forgotten who it was.
for _table, _name in (("partners_activity", "activity"), ("partners_activityreader", "activity_reader")):
    for _event in ("UPDATE", "DELETE", "TRUNCATE"):
        refuse(f"{_name}_no_{_event.lower()}", _table, _event)
for _table, _name in (
    ("partners_activityperson", "activity_person"),
    ("partners_activitychain", "activity_chain"),
):
    for _event in ("DELETE", "TRUNCATE"):
        refuse(f"{_name}_no_{_event.lower()}", _table, _event)
refuse(
    "activity_person_only_erased",
    "partners_activityperson",
    "UPDATE",
    condition="NEW.text <> '' OR NEW.salt <> '' OR NEW.erased_at IS NULL "
    "OR NEW.activity_id <> OLD.activity_id",
)
refuse(
    "activity_chain_only_grows",
    "partners_activitychain",
    "UPDATE",
    condition="NEW.length <= OLD.length OR NEW.key <> OLD.key",
)


def install(connection: BaseDatabaseWrapper) -> None:
    """Put every registered trigger in place, on the tables that exist, without a moment in between."""
    with transaction.atomic(using=connection.alias), connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for trigger in REGISTRY.values():
            if trigger.table in tables:
                cursor.execute(_drop(trigger, connection))
                for statement in trigger.statements(connection.vendor):
                    cursor.execute(statement)


def drop(connection: BaseDatabaseWrapper) -> None:
    """Take every registered trigger away."""
    with connection.cursor() as cursor:
        tables = set(connection.introspection.table_names(cursor))
        for trigger in REGISTRY.values():
            if trigger.table in tables:
                cursor.execute(_drop(trigger, connection))


def missing(connection: BaseDatabaseWrapper) -> list[str]:
    """Return the names of the registered triggers that the schema does not hold."""
    if connection.vendor == "postgresql":
        query = "SELECT tgname FROM pg_trigger WHERE NOT tgisinternal AND tgenabled <> 'D'"
    else:
        query = "SELECT name FROM sqlite_master WHERE type = 'trigger'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        present = {name for (name,) in cursor.fetchall()}
    return [
        trigger.name
        for trigger in REGISTRY.values()
        if trigger.statements(connection.vendor) and trigger.name not in present
    ]


@contextmanager
def suspended(connection: BaseDatabaseWrapper) -> Iterator[None]:
    """Lift the triggers for a while: the one sanctioned switch, for the tests' flush and for restore."""
    drop(connection)
    try:
        yield
    finally:
        install(connection)


def drop_before_migrate(sender: AppConfig, using: str, plan: Sequence[Any] = (), **_signal: Any) -> None:
    """Lift the triggers of an SQLite database that is about to change: they name tables it will rebuild.

    SQLite reads every trigger when it renames a table, and refuses while one names a table that is gone.
    """
    connection = connections[using]
    if sender.name == "partners" and plan and connection.vendor == "sqlite":
        drop(connection)


def install_after_migrate(sender: AppConfig, using: str, **_signal: Any) -> None:
    """Put the triggers back once all apps have migrated."""
    if sender.name == "partners":  # the signal comes once per app; once is enough
        install(connections[using])


def _drop(trigger: Trigger, connection: BaseDatabaseWrapper) -> str:
    on = f" ON {trigger.table}" if connection.vendor == "postgresql" else ""
    return f"DROP TRIGGER IF EXISTS {trigger.name}{on}"
