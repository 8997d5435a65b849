"""What to look at while a path is walked: what it costs, what it risks, how long two run at once."""

from datetime import datetime

from django.utils.translation import gettext as _

from subscriptions.models import Move, Subscription
from subscriptions.rulebook import RUNNING
from subscriptions.vocabulary import AutoRenew, Billing, Path

RUNNING_TWICE = ("new_subscription", "cancel_old")  # from the one to the other two subscriptions run


def cautions(row: Subscription, path: str) -> list[str]:
    """Return what whoever plans or walks a path should know of it beforehand."""
    said = []
    replaces = path == Path.REPLACE_LICENCES and row.status in RUNNING
    if replaces:
        said.append(_("There is no refund for the rest of the old term: close to its end is best."))
    if replaces and row.product.one_per_customer:
        said.append(
            _("A customer can hold this offer only once: between the old one and the new it has none.")
        )
    if path == Path.WAIT_OR_CANCEL and row.auto_renew != AutoRenew.NO:
        said.append(_("Waiting works only with auto-renew off: switch it off first, and record that."))
    if path == Path.MIGRATE_AZURE and row.product.billing == Billing.USAGE:
        said.append(
            _("From the new subscription on until the old services are cancelled, the customer pays both.")
        )
    return said


def days_running_twice(move: Move, at: datetime) -> int | None:
    """Return for how many days old and new ran side by side, None if they never did; reads all steps."""
    began, ended = (
        next((step.done_at for step in move.steps.all() if step.code == code and step.is_closed), None)
        for code in RUNNING_TWICE
    )
    if began is None:
        return None
    zone = move.provider.zone
    last = ended or (move.ended_at or at)
    return (last.astimezone(zone).date() - began.astimezone(zone).date()).days
