"""Commands that write a list of one company as CSV: the same table its members download from the page."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone, translation

from partners.actor import Actor, ActorKind
from partners.models import Partner


class ExportCommand(BaseCommand, ABC):
    """Write one table, in the company's time zone. Refuses a company that is not on record."""

    @abstractmethod
    def table(self, actor: Actor, at: datetime) -> Iterator[str]:
        """Return the lines of the table; each command says which."""

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--provider", required=True, metavar="ID", help="the company's Microsoft partner id"
        )
        parser.add_argument("--out", metavar="FILE", help="where to write; without it to the standard output")
        parser.add_argument("--language", default="en", choices=("en", "it"), help="default: %(default)s")

    def handle(self, *args: Any, provider: str, out: str | None, language: str, **options: Any) -> None:
        """Write the table, however long, a chunk at a time."""
        partner = Partner.objects.filter(partner_id=provider).first()
        if partner is None:
            raise CommandError(f"No company with the Microsoft partner id {provider} is on record.")
        actor = Actor(ActorKind.SYSTEM, label="Multicanale", partner=partner, company=partner.name)
        with translation.override(language), timezone.override(partner.zone):
            lines = self.table(actor, timezone.now())
            if out is None:
                self.stdout.ending = ""
                for line in lines:
                    self.stdout.write(line)
                return
            try:
                with open(out, "w", encoding="utf-8", newline="") as file:
                    file.writelines(lines)
            except OSError as problem:
                raise CommandError(f"{out}: {problem.strerror}.") from problem
        self.stderr.write(f"Written to {out}.")
