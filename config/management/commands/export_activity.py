"""Write the activity log of one company as CSV."""

from collections.abc import Iterator
from datetime import datetime

from config.exports import ExportCommand
from partners import logbook
from partners.actor import Actor
from partners.models import Activity


class Command(ExportCommand):
    help = "Write the activity log one company reads as CSV, the newest line first."

    def table(self, actor: Actor, at: datetime) -> Iterator[str]:
        """Return every line of its world."""
        return logbook.table(Activity.objects.visible_to(actor))
