from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """The middle floor: customers, invitations, relationships and delegated privileges."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register what the database keeps by triggers, how mails look, and what the worker logs in words."""
        from customers import composites, samples, warnings  # noqa: F401 - they register by being read

        composites.register()
