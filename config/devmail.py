"""Mail without a mail server, for development: each becomes a file, and its text goes to the console."""

import itertools
import sys
import threading
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage as Parsed
from email.policy import default
from pathlib import Path

from django.conf import settings
from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend
from django.utils import timezone

KEPT = 200
_number = itertools.count()
_console = threading.Lock()


class Backend(BaseEmailBackend):
    """Keeps each mail as a file that the page /dev/mail/ shows."""

    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        """Write every mail into the folder and its text to the console; return how many."""
        folder = Path(settings.DEV_MAIL)
        folder.mkdir(parents=True, exist_ok=True)
        for mail in email_messages:
            name = f"{timezone.now():%Y%m%dT%H%M%S%f}-{next(_number):04d}"
            draft = folder / f"{name}.tmp"
            draft.write_bytes(mail.message().as_bytes())
            draft.rename(folder / f"{name}.eml")  # the page never meets half a mail
            with _console:
                sys.stdout.write(f"\nMail to {', '.join(mail.to)}: {mail.subject}\n{mail.body}\n")
                sys.stdout.flush()
        for old in sorted(folder.glob("*.eml"), reverse=True)[KEPT:]:
            old.unlink(missing_ok=True)
        return len(email_messages)


@dataclass(frozen=True, slots=True)
class Kept:
    """One mail as its recipient sees it."""

    name: str
    to: str
    sender: str
    reply_to: str
    subject: str
    date: datetime | None
    text: str
    html: str


def read(path: Path) -> Kept:
    """Return the mail in a file."""
    mail = message_from_bytes(path.read_bytes(), policy=default)
    date = mail["Date"]
    return Kept(
        name=path.stem,
        to=str(mail["To"] or ""),
        sender=str(mail["From"] or ""),
        reply_to=str(mail["Reply-To"] or ""),
        subject=str(mail["Subject"] or ""),
        date=_aware(date.datetime) if date else None,
        text=_part(mail, "plain"),
        html=_part(mail, "html"),
    )


def _aware(date: datetime) -> datetime:
    # "-0000" says UTC without saying where it was sent; Python reads it as no zone at all.
    return date if date.tzinfo else date.replace(tzinfo=UTC)


def _part(mail: Parsed, kind: str) -> str:
    part = mail.get_body((kind,))
    return part.get_content() if part else ""


def kept() -> list[Kept]:
    """Return the mails in the folder, the newest first."""
    return [read(path) for path in sorted(Path(settings.DEV_MAIL).glob("*.eml"), reverse=True)]


def find(name: str) -> Kept | None:
    """Return one mail by its name; nothing outside the folder has a name here."""
    for path in Path(settings.DEV_MAIL).glob("*.eml"):
        if path.stem == name:
            return read(path)
    return None
