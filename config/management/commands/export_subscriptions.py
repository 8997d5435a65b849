"""Write the subscriptions of one company as CSV."""

from collections.abc import Iterator
from datetime import datetime

from config.exports import ExportCommand
from partners.actor import Actor
from subscriptions import csvfiles
from subscriptions.filters import SubscriptionsAsked


class Command(ExportCommand):
    help = "Write the subscriptions one company sees as CSV: Partner Center's columns, then ours."

    def table(self, actor: Actor, at: datetime) -> Iterator[str]:
        """Return every line of its customers' subscriptions."""
        return csvfiles.subscriptions(SubscriptionsAsked(), actor, at)
