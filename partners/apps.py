from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate
from django.utils.translation import gettext_lazy as _


class PartnersConfig(AppConfig):
    """The ground floor: people, companies, partnerships, the log and the mail."""

    name = "partners"
    verbose_name = _("Partners")

    def ready(self) -> None:
        """Put the triggers back after every migrate; SQLite loses them when it rebuilds a table, or trips."""
        from partners import triggers

        pre_migrate.connect(triggers.drop_before_migrate, dispatch_uid="partners.triggers.before")
        post_migrate.connect(triggers.install_after_migrate, dispatch_uid="partners.triggers")
