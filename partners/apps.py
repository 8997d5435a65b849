from django.apps import AppConfig
from django.db.models.signals import post_migrate
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    """The ground floor: people, companies, partnerships, the log and the mail."""

    name = "partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        """Re-install the triggers after every migrate: SQLite drops them when it rebuilds a table."""
        from partners import triggers

        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="partners.triggers")
