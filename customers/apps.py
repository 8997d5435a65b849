from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class CustomersConfig(AppConfig):
    """The middle floor: customers, invitations, relationships and delegated privileges."""

    name = "customers"
    verbose_name = _("Customers")

    def ready(self) -> None:
        """Register what the database keeps by triggers, and how the mails look."""
        from customers import composites, samples  # noqa: F401 - it registers its mails by being read

        composites.register()
