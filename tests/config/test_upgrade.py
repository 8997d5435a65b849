"""A database that was founded earlier takes every later migration, its triggers in place."""

import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from django.conf import settings

TRIGGERS = "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger'"


def manage(database: Path, *words: str) -> str:
    """Run one of the project's commands on an SQLite file of its own; return what it printed."""
    settings_of_its_own = {"DEBUG": "1", "SECRET_KEY": "upgrade", "DATABASE_URL": f"sqlite:///{database}"}
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "manage.py", *words],
        cwd=settings.BASE_DIR,
        env={"PATH": os.environ["PATH"], **settings_of_its_own},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_founding_database_with_its_triggers_takes_every_later_migration(tmp_path: Path) -> None:
    database = tmp_path / "founded.sqlite3"
    manage(database, "migrate", "-v0", "subscriptions", "0001")
    with closing(sqlite3.connect(database)) as founded:
        assert founded.execute(TRIGGERS).fetchone()[0] > 0
    manage(database, "migrate", "-v0")
    names = (
        "from django.db import connection; from partners import triggers; print(triggers.missing(connection))"
    )
    assert manage(database, "shell", "-v0", "-c", names).strip() == "[]"


def test_every_migration_goes_back_to_the_founding_one(tmp_path: Path) -> None:
    database = tmp_path / "latest.sqlite3"
    manage(database, "migrate", "-v0")
    for app in ("subscriptions", "customers", "partners"):
        manage(database, "migrate", "-v0", app, "0001")
    left = manage(database, "showmigrations", "partners", "customers", "subscriptions")
    assert left.count("[X] 0001_initial") == left.count("[X]") == 3
