from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class SubscriptionsConfig(AppConfig):
    """The top floor: what customers run, where it came from, and the path open to it."""

    name = "subscriptions"
    verbose_name = _("Subscriptions")

    def ready(self) -> None:
        """Register the keys over several columns that SQLite keeps by triggers, and what the worker logs."""
        from subscriptions import reminders  # noqa: F401 - it registers its words by being read
        from subscriptions.composites import COMPOSITES

        for composite in COMPOSITES:
            composite.register()
