"""What proves that a step is done: what is given to close it, looked at before anything is written."""

from dataclasses import dataclass
from datetime import date

from django.core.files.uploadedfile import UploadedFile
from django.db.models import Q
from django.utils.translation import gettext as _

from partners.errors import Refused
from partners.templatetags.ui import exact_day
from subscriptions import gates, uploads
from subscriptions.gates import Ground
from subscriptions.models import Move, MoveStep, Subscription
from subscriptions.records import Details
from subscriptions.rulebook import RUNNING
from subscriptions.vocabulary import AutoRenew, Channel, Evidence, MissingFact

EARLIEST = date(2010, 1, 1)  # before there was anything to move
MOST_FILES = 10
CHOICES = {
    Evidence.CHOICE: (MoveStep.Choice.WAIT, MoveStep.Choice.CANCEL),
    Evidence.CANCELLED: (MoveStep.Choice.SERVICES, MoveStep.Choice.WHOLE),
}


@dataclass(frozen=True, slots=True)
class Given:
    """What is given to close a step; `reason` says why somebody closes what is not theirs."""

    note: str = ""
    happened_on: date | None = None
    reference: str = ""
    entitlement_id: str = ""
    choice: str = ""
    reason: str = ""
    files: tuple[UploadedFile, ...] = ()
    successor: Subscription | Details | None = None


def refuse(step: MoveStep, given: Given, ground: Ground) -> None:
    """Refuse what does not prove a step: what is missing, impossible, or already used."""
    asked = step.template.evidence
    if Evidence.NOTE in asked and step.template.fact is None and not given.note.strip():
        raise Refused(_("Write down what was done."), field="note")
    if Evidence.REFERENCE in asked and not given.reference.strip():
        raise Refused(_("Give the reference number."), field="reference")
    if Evidence.DATE in asked and given.happened_on is None:
        raise Refused(_("Give the day it was done."), field="happened_on")
    if given.happened_on is not None:
        _refuse_day(step, given.happened_on, ground)
    _refuse_files(given, needed=Evidence.FILE in asked)
    if Evidence.IDS in asked:
        _refuse_ids(given, ground.move)
    for evidence, offered in CHOICES.items():
        if evidence in asked and given.choice not in offered:
            raise Refused(_("Choose one of the two."), field="choice")
    if words := why_not_choice(given.choice, ground.move):
        raise Refused(words, field="choice")
    if Evidence.CANCELLED in asked:
        _refuse_running(given, ground.move)
    if Evidence.SUBSCRIPTION in asked:
        _refuse_successor(given, ground.move)


def _refuse_day(step: MoveStep, day: date, ground: Ground) -> None:
    """Refuse a day to come, one nobody believes, and one that breaks the order of the steps."""
    if day > ground.today:
        raise Refused(_("This day is still to come: steps close once they are done."), field="happened_on")
    if day < EARLIEST:
        raise Refused(_("Check the year."), field="happened_on")
    for other in ground.walk:
        if other.position < step.position and other.happened_on and other.happened_on > day:
            raise Refused(
                _("It cannot lie before %(day)s, the day of “%(step)s”.")
                % {"day": exact_day(other.happened_on), "step": other},
                field="happened_on",
            )
    chosen, row = ground.closed("choose"), ground.move.subscription
    waits = chosen is not None and chosen.choice == MoveStep.Choice.WAIT
    if step.code == "ended" and waits and row.term_end is not None and day < row.term_end:
        raise Refused(
            _("The customer waits for the end of the term, %(day)s.") % {"day": exact_day(row.term_end)},
            field="happened_on",
        )


def _refuse_files(given: Given, *, needed: bool) -> None:
    if needed and not given.files:
        raise Refused(_("Choose the file that proves it."), field="files")
    if len(given.files) > MOST_FILES:
        raise Refused(_("At most %(most)d files at once.") % {"most": MOST_FILES}, field="files")
    for uploaded in given.files:
        uploads.check(uploaded)


def _refuse_ids(given: Given, move: Move) -> None:
    """Refuse unless the CSP id is new and the Azure id is the one on record: both are kept."""
    row, new, azure = move.subscription, given.reference.strip(), given.entitlement_id.strip()
    if not new:
        raise Refused(_("Give the new CSP subscription ID."), field="reference")
    if not azure:
        raise Refused(_("Give the Azure subscription ID."), field="entitlement_id")
    if new in (row.external_id, azure):
        raise Refused(
            _("The CSP subscription ID is new: neither the old one nor Azure's."), field="reference"
        )
    others = Subscription.objects.known_as(move.provider_id, [new])
    if others.exclude(pk=row.pk).exists():
        raise Refused(_("A subscription with this ID is already on record."), field="reference")
    if row.entitlement_id and azure.casefold() != row.entitlement_id.casefold():
        raise Refused(
            _("The Azure subscription ID stays as it was: %(id)s.") % {"id": row.entitlement_id},
            field="entitlement_id",
        )


def why_not_choice(choice: str, move: Move) -> str:
    """Say why one of two choices is not there; empty if it is. The form leaves out what this refuses.

    Nobody waits for an end that does not come by itself, or that is unknown; and the whole is not cancelled
    while something stays behind.
    """
    row = move.subscription
    if choice == MoveStep.Choice.WAIT and row.auto_renew != AutoRenew.NO:
        return _("Waiting works only with auto-renew off: switch it off first, and record that.")
    if choice == MoveStep.Choice.WAIT and row.term_end is None:
        return _("%(fact)s Record it before anybody waits for it.") % {"fact": MissingFact.TERM_END.label}
    if choice == MoveStep.Choice.WHOLE and (behind := gates.staying(move)):
        return _("Not the whole: these stay behind: %(services)s.") % {"services": gates.named(behind)}
    return ""


def _refuse_running(given: Given, move: Move) -> None:
    """Refuse the services one by one while one that was moved still runs where it ran before."""
    running = [one for one in move.inventory.all() if one.moved_at and one.cancelled_at is None]
    if given.choice == MoveStep.Choice.SERVICES and running:
        raise Refused(
            _("Not cancelled yet where they ran before: %(services)s.") % {"services": gates.named(running)},
            field="choice",
        )


def _refuse_successor(given: Given, move: Move) -> None:
    """Refuse what cannot take the place of the old one."""
    row, new = move.subscription, given.successor
    if new is None:
        raise Refused(_("Choose the new subscription, or say what it is."), field="successor")
    field = "successor" if isinstance(new, Subscription) else "product"
    if new.product.billing != row.product.billing:
        raise Refused(
            _("It is billed in another way than the old one, so it cannot take its place."), field=field
        )
    if new.channel != Channel.CSP_OWN:
        raise Refused(_("The new subscription is one you sell in CSP."), field=field)
    if new.status not in RUNNING:
        raise Refused(_("The new subscription is over already."), field=field)
    if new.is_trial or new.parent is not None:
        raise Refused(_("Neither a trial nor an add-on takes the place of a subscription."), field=field)
    if isinstance(new, Subscription):
        _refuse_taken(new, move)


def _refuse_taken(new: Subscription, move: Move) -> None:
    if new.customer_id != move.customer_id or new.pk == move.subscription_id:
        raise Refused(_("Choose another subscription of the same customer."), field="successor")
    walked = Move.objects.filter(Q(status=Move.Status.COMPLETED) | Q(status__in=Move.OPEN))
    taken = walked.filter(successor=new).exclude(pk=move.pk).exists()
    if taken or new.replaces_id not in (None, move.subscription_id):
        raise Refused(_("It has taken the place of another subscription already."), field="successor")
