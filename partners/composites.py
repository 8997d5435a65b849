"""Foreign keys over several columns: what a row stores twice agrees with the row it points at.

Django 5.2 has none. PostgreSQL gets real ones by migration; SQLite gets triggers, re-installed after every
migrate because it drops them when a table is rebuilt.
"""

from dataclasses import dataclass

from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from partners import triggers


@dataclass(frozen=True, slots=True)
class Composite:
    """One such key: these columns of `table` are together found in a unique row of `target`."""

    name: str
    table: str
    columns: tuple[str, ...]
    target: str
    target_columns: tuple[str, ...]

    def add(self, editor: BaseDatabaseSchemaEditor) -> None:
        """Add the key on PostgreSQL; on SQLite the triggers do its work."""
        if editor.connection.vendor == "postgresql":
            editor.execute(
                f"ALTER TABLE {self.table} ADD CONSTRAINT {self.name} "
                f"FOREIGN KEY ({', '.join(self.columns)}) "
                f"REFERENCES {self.target} ({', '.join(self.target_columns)}) DEFERRABLE INITIALLY DEFERRED"
            )

    def remove(self, editor: BaseDatabaseSchemaEditor) -> None:
        """Take the key away again."""
        if editor.connection.vendor == "postgresql":
            editor.execute(f"ALTER TABLE {self.table} DROP CONSTRAINT {self.name}")

    @property
    def sqlite(self) -> dict[str, tuple[str, str]]:
        """The triggers that refuse, on SQLite, a row that disagrees: table and statement by trigger name."""
        pairs = list(zip(self.columns, self.target_columns, strict=True))
        match = " AND ".join(f'"{theirs}" = NEW."{ours}"' for ours, theirs in pairs)
        found = f'SELECT 1 FROM "{self.target}" WHERE {match}'  # noqa: S608 - names from this code only
        complete = " AND ".join(f'NEW."{column}" IS NOT NULL' for column in self.columns)
        moved = ", ".join(f'"{column}"' for column in self.columns)
        body = (
            f'ON "{self.table}" WHEN {complete} AND NOT EXISTS ({found}) '
            f"BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: {self.name}'); END"
        )
        pointing = " AND ".join(f'"{ours}" = OLD."{theirs}"' for ours, theirs in pairs)
        changed = " OR ".join(f'NEW."{theirs}" <> OLD."{theirs}"' for theirs in self.target_columns)
        children = f'SELECT 1 FROM "{self.table}" WHERE {pointing}'  # noqa: S608 - as above
        left = (
            f'ON "{self.target}" WHEN ({changed}) AND EXISTS ({children}) '
            f"BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: {self.name}'); END"
        )
        key = ", ".join(f'"{theirs}"' for theirs in self.target_columns)
        insert, update, target = (f"{self.name}_{event}" for event in ("insert", "update", "target"))
        return {
            insert: (self.table, f"CREATE TRIGGER {insert} BEFORE INSERT {body}"),
            update: (self.table, f"CREATE TRIGGER {update} BEFORE UPDATE OF {moved} {body}"),
            target: (self.target, f"CREATE TRIGGER {target} BEFORE UPDATE OF {key} {left}"),
        }

    def register(self) -> None:
        """Have the triggers re-installed with all others."""
        for name, (table, statement) in self.sqlite.items():
            triggers.register(name, table, sqlite=(statement,))
