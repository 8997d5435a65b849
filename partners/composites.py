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
    def sqlite(self) -> dict[str, str]:
        """The triggers that refuse, on SQLite, a row that disagrees; by trigger name."""
        first, *rest = zip(self.columns, self.target_columns, strict=True)
        match = " AND ".join(f'"{theirs}" = NEW."{ours}"' for ours, theirs in (first, *rest))
        found = f'SELECT 1 FROM "{self.target}" WHERE {match}'  # noqa: S608 - names from this code only
        complete = " AND ".join(f'NEW."{column}" IS NOT NULL' for column in self.columns)
        moved = ", ".join(f'"{column}"' for column in self.columns)
        body = (
            f'ON "{self.table}" WHEN {complete} AND NOT EXISTS ({found}) '
            f"BEGIN SELECT RAISE(ABORT, 'FOREIGN KEY constraint failed: {self.name}'); END"
        )
        return {
            f"{self.name}_insert": f"CREATE TRIGGER {self.name}_insert BEFORE INSERT {body}",
            f"{self.name}_update": f"CREATE TRIGGER {self.name}_update BEFORE UPDATE OF {moved} {body}",
        }

    def register(self) -> None:
        """Have the triggers re-installed with all others."""
        for name, statement in self.sqlite.items():
            triggers.register(name, self.table, sqlite=(statement,))
