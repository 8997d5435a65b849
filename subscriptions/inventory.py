"""The stories of an inventory: the services of an Azure subscription to migrate, each looked at by itself.

Can CSP run it, was it moved, was it cancelled where it ran before. Each is noted when its step is the next.
"""

import hashlib
from datetime import datetime

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from customers.models import Contact
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.lifecycle import broke
from partners.permissions import refuse_other
from subscriptions import gates, move_log, walking
from subscriptions.gates import Ground
from subscriptions.models import InventoryItem, Move
from subscriptions.move_log import Verb
from subscriptions.vocabulary import Availability, Evidence, StepPrivilege


@transaction.atomic
def add(
    move: Move,
    name: str,
    availability: str = Availability.UNKNOWN,
    *,
    is_classic: bool = False,
    note: str = "",
    by: Actor,
    at: datetime,
) -> InventoryItem:
    """Add a service; refuses a name that is listed, and, once all are known, one nobody has checked."""
    ground = _to_keep(move, availability, by=by, at=at)
    item = InventoryItem(
        move=ground.move,
        name=name.strip(),
        availability=availability,
        is_classic=is_classic,
        note=note.strip(),
    )
    _save(item)
    _record(Verb.SERVICE_ADDED, item, ground, by=by)
    return item


@transaction.atomic
def edit(
    item: InventoryItem,
    name: str,
    availability: str,
    *,
    is_classic: bool = False,
    note: str = "",
    seen: str = "",
    by: Actor,
    at: datetime,
) -> InventoryItem:
    """Edit a service nobody has moved yet; refuses what `add` refuses.

    `seen` is the mark of what the form showed: `Stale` where somebody else has changed it since.
    """
    ground = _to_keep(item.move, availability, by=by, at=at)
    item = _fresh(item, ground)
    if seen and seen != mark_of(item):
        raise Stale(_("Somebody else has changed this service since you opened the form."))
    _refuse_moved(item)
    if availability != Availability.AVAILABLE:
        _refuse_last(item, ground)
    item.name, item.availability = name.strip(), availability
    item.is_classic, item.note = is_classic, note.strip()
    _save(item)
    _record(Verb.SERVICE_EDITED, item, ground, by=by)
    return item


def mark_of(item: InventoryItem) -> str:
    """Return what stands for all that is written down about a service, the same until somebody edits it."""
    facts = (item.name, item.availability, item.is_classic, item.note)
    return hashlib.sha256(repr(facts).encode()).hexdigest()[:16]


@transaction.atomic
def remove(item: InventoryItem, *, by: Actor, at: datetime) -> None:
    """Remove a service that was listed by mistake; refuses one that was moved, and the last available one."""
    ground = _to_keep(item.move, Availability.AVAILABLE, by=by, at=at)
    item = _fresh(item, ground)
    _refuse_moved(item)
    _refuse_last(item, ground)
    InventoryItem.objects.filter(pk=item.pk).delete()  # the instance keeps its key, for the log
    _record(Verb.SERVICE_REMOVED, item, ground, by=by)


@transaction.atomic
def mark_moved(item: InventoryItem, *, by: Actor, at: datetime) -> InventoryItem:
    """Note that a service runs in CSP now, when its turn has come and by whoever may take that step.

    Refuses one CSP does not offer, and one with classic resources, which are converted first.
    """
    ground = walking.lock(item.move, at=at, privilege=StepPrivilege.PROVISIONING)
    item = _fresh(item, ground)
    _refuse_step(Evidence.MOVED, ground, by)
    _refuse_moved(item)
    if item.availability != Availability.AVAILABLE:
        raise Refused(_("CSP does not offer this service: it stays where it is."))
    if item.is_classic:
        raise Refused(_("Its classic resources have to be converted first: then take the mark off."))
    item.moved_at, item.moved_by, item.moved_user = at, by.stamp, by.user
    item.save(update_fields=["moved_at", "moved_by", "moved_user"])
    _record(Verb.SERVICE_MOVED, item, ground, by=by)
    return item


@transaction.atomic
def mark_cancelled(
    item: InventoryItem, *, by: Actor, contact: Contact | None = None, at: datetime
) -> InventoryItem:
    """Note that the customer cancelled a moved service where it ran before, once everything is verified.

    The customer notes it, or the provider for it. Refuses what was not moved, and what is noted already.
    """
    ground = walking.lock(item.move, at=at)
    walking.refuse_contact(ground.move, by, contact)
    item = _fresh(item, ground)
    _refuse_step(Evidence.CANCELLED, ground, by)
    if item.moved_at is None:
        raise Refused(_("This service was not moved: it stays where it is."))
    if item.cancelled_at is not None:
        raise Refused(_("This service is cancelled already."))
    item.cancelled_at, item.cancelled_by = at, by.stamp
    item.save(update_fields=["cancelled_at", "cancelled_by"])
    _record(Verb.SERVICE_CANCELLED, item, ground, by=by)
    return item


def may_change(ground: Ground) -> bool:
    """Say whether services are still listed and corrected: until all that can be has been moved."""
    moving = next((step for step in ground.walk if Evidence.MOVED in step.template.evidence), None)
    return moving is not None and ground.move.is_open and not moving.is_closed


def _to_keep(move: Move, availability: str, *, by: Actor, at: datetime) -> Ground:
    """Lock a move whose inventory still changes; once all are known, refuses one that nobody looked at."""
    ground = walking.lock(move, at=at)
    refuse_other(by, ground.move.provider_id)
    if words := gates.why_suspended(ground.move.provider):
        raise Refused(words)
    if not may_change(ground):
        raise Refused(_("The inventory of this move no longer changes."))
    if availability == Availability.UNKNOWN and _all_known(ground):
        raise Refused(
            _("The inventory is complete: check whether CSP offers it first."), field="availability"
        )
    return ground


def _all_known(ground: Ground) -> bool:
    return any(Evidence.INVENTORY in step.template.evidence and step.is_closed for step in ground.walk)


def _fresh(item: InventoryItem, ground: Ground) -> InventoryItem:
    found = ground.move.inventory.filter(pk=item.pk).first()
    if found is None:
        raise Refused(_("Somebody else has removed this service."))
    found.move = ground.move
    return found


def _refuse_moved(item: InventoryItem) -> None:
    if item.moved_at is not None:
        raise Refused(_("This service was moved already."))


def _refuse_last(item: InventoryItem, ground: Ground) -> None:
    """Refuse to leave a move, once every service is known, with nothing to move."""
    others = ground.move.inventory.exclude(pk=item.pk).filter(availability=Availability.AVAILABLE)
    if _all_known(ground) and not others.exists():
        raise Refused(_("It is the last one that can be moved. Give the move up instead."))


def _refuse_step(evidence: Evidence, ground: Ground, by: Actor) -> None:
    """Refuse unless the step these notes lead to is the next one, and this person's to take."""
    step = next((one for one in ground.walk if evidence in one.template.evidence), None)
    if step is None:
        raise Refused(_("This path has no inventory."))
    words = gates.why_not_noted(step, by, ground)
    if words:
        raise Refused(words)


def _save(item: InventoryItem) -> None:
    if not item.name:
        raise Refused(_("Name the service."), field="name")
    try:
        with transaction.atomic():
            item.save()
    except IntegrityError as problem:
        if broke(problem, InventoryItem, "inventory_named_once"):
            raise Refused(_("This service is listed already."), field="name") from problem
        raise


def _record(verb: Verb, item: InventoryItem, ground: Ground, *, by: Actor) -> None:
    move_log.record(verb, ground.move, item, by=by, at=ground.at, service=item.name)
