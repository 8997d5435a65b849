"""Make the believable world of development."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from config import world


class Command(BaseCommand):
    """Make the world once; a second run finds it there and changes nothing."""

    help = "Make a believable world for development: companies, customers, invitations, privileges."

    def handle(self, *args: Any, **options: Any) -> None:
        """Make the world unless companies are already on record; refuse in production."""
        if not settings.DEBUG:
            raise CommandError("The world is for development: DEBUG is off.")
        if world.is_there():
            self.stdout.write("Companies are already on record: nothing was made.")
            return
        world.make()
        self.stdout.write("A world of companies and customers has been made.")
