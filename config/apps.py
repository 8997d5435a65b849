from typing import Any

from django.apps import AppConfig, apps
from django.core.management import call_command
from django.db.models.signals import post_migrate


class RoofConfig(AppConfig):
    """The roof: settings, the first page, and what belongs to no floor."""

    name = "config"

    def ready(self) -> None:
        """Have the cache's table made with all others: without Redis the throttles live in it."""
        lowest = apps.get_app_config("partners")  # no signal is sent for an app without models
        post_migrate.connect(make_cache_table, sender=lowest, dispatch_uid="config.cache_table")


def make_cache_table(using: str, **_signal: Any) -> None:
    """Make the table of every cache that is kept in the database, unless it is there."""
    call_command("createcachetable", database=using, verbosity=0)
