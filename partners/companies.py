"""The stories staff tell about a company: suspend it, let it act again, move it under another."""

from datetime import datetime

from django.core.exceptions import ValidationError
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
    MOVED = "company.moved", gettext_lazy("Company moved in the hierarchy")


def _refuse(by: Actor, reason: str) -> None:
    if not by.is_staff:
        raise Refused(_("Only staff change the state of a company."))
    if not reason.strip():
        raise Refused(_("Give a reason: it is kept in the log."))


def _change(partner: Partner, target: str, verb: str, *, reason: str, by: Actor, at: datetime) -> None:
    _refuse(by, reason)
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


# --- the hierarchy -----------------------------------------------------------------------------


def line_of(*companies: Partner | None) -> set[int]:
    """Return the keys of these companies and of all that stand above them."""
    found: set[int] = set()
    for walker in companies:
        while walker is not None and walker.pk not in found:
            found.add(walker.pk)
            walker = walker.parent
    return found


def hold(*companies: Partner | None) -> None:
    """Lock these companies and all above them, in the order of their keys; refuse if one moved meanwhile.

    Any two changes of the hierarchy that together could make a cycle, or a fourth level, share such a row.
    """
    keys = [company.pk for company in companies if company is not None]
    before = line_of(*Partner.objects.filter(pk__in=keys))
    list(Partner.objects.select_for_update().filter(pk__in=before).order_by("pk").values_list("pk"))
    if line_of(*Partner.objects.filter(pk__in=keys)) - before:
        raise Refused(_("Someone else has just changed this. Look again before you go on."))


@transaction.atomic
def move(partner: Partner, parent: Partner | None, *, reason: str, by: Actor, at: datetime) -> Partner:
    """Put a company, with all under it, under another one or at the top, as staff, for a reason.

    For reporting only: no right and no suspension moves with it. Refuses another kind, a company above
    itself, a fourth level, and the place where it stands already.
    """
    _refuse(by, reason)
    hold(partner, parent)
    partner = Partner.objects.select_related("parent").get(pk=partner.pk)
    parent = Partner.objects.get(pk=parent.pk) if parent else None
    if partner.parent == parent:
        raise Refused(_("It stands there already."), field="parent")
    try:
        partner.refuse_parent(parent)
    except ValidationError as problem:
        raise Refused(problem.messages[0], field="parent") from problem
    names = [str(partner.parent or ""), str(parent or "")]
    partner.parent = parent
    partner.save(update_fields=["parent"])
    activity.record(
        Verb.MOVED,
        by=by,
        at=at,
        about=partner,
        seen_by=[partner],
        details={"changed": activity.changed(partner), "fields": {"parent": names}, "reason": reason},
    )
    return partner
