"""The confirmation at Microsoft, as far as people note it here, and take back what was noted wrongly."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from customers.models import Relationship
from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.permissions import refuse_other


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    NOTED = "relationship.confirmed_at_microsoft", gettext_lazy("Confirmed at Microsoft")
    TAKEN_BACK = "relationship.microsoft_taken_back", gettext_lazy("Confirmation at Microsoft taken back")


@transaction.atomic
def note(relationship: Relationship, *, by: Actor, at: datetime) -> None:
    """Note by hand that the customer confirmed the relationship at Microsoft."""
    relationship = Relationship.objects.lock(relationship.pk)
    refuse_other(by, relationship.provider_id)
    if not relationship.is_active:
        raise Refused(_("Only an active relationship is confirmed at Microsoft."))
    noted = Relationship.objects.filter(pk=relationship.pk, confirmed_at_microsoft_at__isnull=True).update(
        confirmed_at_microsoft_at=at, confirmed_at_microsoft_by=by.stamp
    )
    if not noted:
        raise Refused(_("The confirmation at Microsoft has already been noted."))
    activity.record(
        Verb.NOTED,
        by=by,
        at=at,
        provider=relationship.provider,
        about=relationship,
        customer=relationship.customer,
        details={"changed": activity.changed(relationship)},
    )


def not_noted() -> str:
    """Say that there is no note to take back."""
    return _("No confirmation at Microsoft is noted on an active relationship.")


@transaction.atomic
def take_back(relationship: Relationship, reason: str, *, by: Actor, at: datetime) -> None:
    """Take back a confirmation at Microsoft that was noted wrongly; refuses where none is noted."""
    relationship = Relationship.objects.lock(relationship.pk)
    refuse_other(by, relationship.provider_id)
    if not relationship.is_active or relationship.confirmed_at_microsoft_at is None:
        raise Refused(not_noted())
    relationship.confirmed_at_microsoft_at, relationship.confirmed_at_microsoft_by = None, ""
    relationship.save(update_fields=["confirmed_at_microsoft_at", "confirmed_at_microsoft_by"])
    activity.record(
        Verb.TAKEN_BACK,
        by=by,
        at=at,
        provider=relationship.provider,
        about=relationship,
        customer=relationship.customer,
        details={"changed": activity.changed(relationship), "reason": reason},
    )
