from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """The middle floor: customers, invitations, relationships and delegated privileges."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register the keys over several columns that SQLite keeps by triggers."""
        from customers.composites import COMPOSITES

        for composite in COMPOSITES:
            composite.register()
