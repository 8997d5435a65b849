"""Write the customers of one company as CSV."""

from collections.abc import Iterator
from datetime import datetime

from config.exports import ExportCommand
from partners.actor import Actor
from subscriptions import csvfiles
from subscriptions.filters import CustomersAsked


class Command(ExportCommand):
    help = "Write the customers one company sees as CSV: Partner Center's columns, then ours."

    def table(self, actor: Actor, at: datetime) -> Iterator[str]:
        """Return every line of its customers."""
        return csvfiles.customers(CustomersAsked(), actor, at)
