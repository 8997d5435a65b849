"""The stories staff tell about a company: suspend it, let it act again."""

from datetime import datetime

from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls these stories."""

    SUSPENDED = "company.suspended", gettext_lazy("Company suspended")
    REACTIVATED = "company.reactivated", gettext_lazy("Company reactivated")


def _change(partner: Partner, target: str, verb: str, *, reason: str, by: Actor, at: datetime) -> None:
    if not by.is_staff:
        raise Refused(_("Only staff change the state of a company."))
    if not reason.strip():
        raise Refused(_("Give a reason: it is kept in the log."))
    partner = Partner.objects.select_for_update().get(pk=partner.pk)
    partner.move(target)
    activity.record(
        verb,
        by=by,
        at=at,
        about=partner,
        seen_by=[partner],
        details={"changed": activity.changed(partner), "reason": reason},
    )


@transaction.atomic
def suspend(partner: Partner, *, reason: str, by: Actor, at: datetime) -> None:
    """Suspend a company, as staff, for a reason: from now on it reads and changes nothing."""
    _change(partner, Partner.Status.SUSPENDED, Verb.SUSPENDED, reason=reason, by=by, at=at)


@transaction.atomic
def reactivate(partner: Partner, *, reason: str, by: Actor, at: datetime) -> None:
    """Let a suspended company act again, as staff, for a reason."""
    _change(partner, Partner.Status.ACTIVE, Verb.REACTIVATED, reason=reason, by=by, at=at)
