"""Prove that the activity log is whole."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, no_translations

from partners import activity
from partners.models import ActivityChain


class Command(BaseCommand):
    help = "Read every chain of the activity log from its first line to its head, and name what is wrong."

    @no_translations
    def handle(self, *args: Any, **options: Any) -> None:
        """Say how many lines were proved; fail if any problem is found, naming each."""
        problems, lines = [], 0
        for chain in ActivityChain.objects.order_by("pk"):
            problems += activity.verify(chain)
            lines += chain.length
        for problem in problems:
            self.stderr.write(problem)
        if problems:
            raise CommandError(f"The log is not whole. Problems: {len(problems)}.")
        self.stdout.write(f"The log is whole: {lines} lines.")
