"""Service families: the ground a delegated privilege is assigned on, and the kinds of product there are."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Family(TextChoices):
    """A family of Microsoft services that one partner can look after as a whole."""

    OFFICE365 = "office365", _("Microsoft 365 and Office 365")
    DYNAMICS = "dynamics", _("Dynamics 365")
    EMS = "ems", _("Security and mobility")
    POWER_PLATFORM = "power_platform", _("Power Platform")
    AZURE = "azure", _("Azure")
    OTHER = "other", _("Other services")
