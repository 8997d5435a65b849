"""The outbox: a mail is a row its story writes; the worker delivers it.

A mail's links and codes are not in the row. Its body holds a random mark for each, and `slots` names the
function that tells the secret at delivery.
"""

import logging
import re
import secrets
import smtplib
import time
from collections.abc import Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from django.conf import settings
from django.core.mail import EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend
from django.db import transaction
from django.template import Context, Engine
from django.utils import timezone, translation
from django.utils.html import escape
from django.utils.translation import gettext as _

from partners.dates import elided
from partners.errors import Refused
from partners.models import Message, Partner, User

QUOTA = 20  # mails in a day to an address that somebody typed
LEASE = timedelta(minutes=2)
ATTEMPTS = 8
LONGEST_WAIT = timedelta(hours=12)

logger = logging.getLogger("multicanale.mail")

Slots = Mapping[str, tuple[str, ...]]
Teller = Callable[..., str]
_tellers: dict[str, Teller] = {}


class Gone(Refused):
    """What the mail would carry is dead by now, so it is not sent."""


def secret(kind: str) -> Callable[[Teller], Teller]:
    """Register the function that tells one kind of secret at delivery: it returns it or raises Gone."""

    def register(teller: Teller) -> Teller:
        _tellers[kind] = teller
        return teller

    return register


def resolve(kind: str, *args: str) -> str:
    """Return a secret; refuses what is gone, or what nobody tells any more."""
    if kind not in _tellers:
        raise Gone(_("Nothing fills “%(kind)s” any more.") % {"kind": kind})
    return _tellers[kind](*args)


def render(
    event: str, *, language: str, context: Mapping[str, Any], zone: ZoneInfo | None = None
) -> tuple[str, str, str]:
    """Return subject, text and HTML of a mail in a language, its moments in a zone.

    Without a zone it is that of the provider the mail speaks of; without a provider, UTC.
    """
    values = {"SITE_URL": settings.SITE_URL, **context}
    provider = context.get("provider")
    zone = zone or (provider.zone if isinstance(provider, Partner) else ZoneInfo("UTC"))
    with translation.override(language), timezone.override(zone):
        subject = _written(f"emails/{event}.subject.txt", values, escaped=False)
        text = _written(f"emails/{event}.txt", values, escaped=False)
        html = _written(f"emails/{event}.html", {**values, "language": language}, escaped=True)
    # One line, whatever a name may hold; and no more blank lines than a reader wants.
    return (
        " ".join(subject.split())[:300],
        re.sub(r"\n{3,}", "\n\n", text).strip() + "\n",
        html.strip() + "\n",
    )


def _written(template: str, values: Mapping[str, Any], *, escaped: bool) -> str:
    # The engine would escape text mails too; only HTML wants that.
    return elided(
        Engine.get_default().get_template(template).render(Context(dict(values), autoescape=escaped))
    )


def preview(
    event: str,
    *,
    language: str,
    context: Mapping[str, Any],
    slots: Mapping[str, str],
    zone: ZoneInfo | None = None,
) -> tuple[str, str, str]:
    """Return subject, text and HTML for a page to show; `slots` says what stands for each secret."""
    return render(event, language=language, context={**context, **slots}, zone=zone)


def queue(
    event: str,
    *,
    to: str,
    language: str,
    context: Mapping[str, Any],
    at: datetime,
    user: User | None = None,
    slots: Slots | None = None,
    reply_to: str = "",
    copied_by: str = "",
    notice: bool = False,
    zone: ZoneInfo | None = None,
) -> Message:
    """Write a mail to be delivered once the story is committed; returns the row.

    Refuses an address that had its share of such mails today, except for a notice: one that only tells what
    has happened must never stop it from happening. Mails to users are notices. `copied_by` names who took the
    link by hand instead: nothing is sent.
    """
    language = language if language in dict(settings.LANGUAGES) else settings.LANGUAGE_CODE
    if not (notice or user or copied_by):
        refuse_too_many(to, event, at)
    marks = {name: secrets.token_hex(16) for name in slots or {}}
    subject, text, html = render(event, language=language, context={**context, **marks}, zone=zone)
    stays = not copied_by
    return Message.objects.create(
        to=to,
        user=user,
        event=event,
        language=language,
        subject=subject,
        text=text if stays else "",
        html=html if stays else "",
        slots={marks[name]: list(slot) for name, slot in (slots or {}).items()} if stays else {},
        reply_to=reply_to,
        copied_by=copied_by[:200],
        status=Message.Status.QUEUED if stays else Message.Status.NOT_MAILED,
        created_at=at,
        due_at=at,
    )


def refuse_too_many(to: str, event: str, at: datetime) -> None:
    """Refuse one more mail of a kind to an address people typed if it had its share within a day.

    Each kind counts alone: whoever makes one kind come cannot use up what the person asks for herself.
    """
    recent = Message.objects.filter(
        to=to, event=event, created_at__gt=at - timedelta(days=1), user__isnull=True
    )
    if recent.exclude(status=Message.Status.NOT_MAILED).count() >= QUOTA:
        raise Refused(_("Nothing more can be mailed to this address now. Try again tomorrow."))


def never() -> bool:
    """Say that nobody asked to stop."""
    return False


def deliver_due(at: datetime, *, limit: int = 100, stop: Callable[[], bool] = never) -> int:
    """Send what is due, over one connection; returns how many went out. `stop` ends it between two mails.

    A worker that dies in the middle leaves its mails to the next one, under the same Message-ID.
    """
    claimed = _claim(at, limit)
    if not claimed:
        return 0
    wire = get_connection()
    began = time.monotonic()
    sent = 0
    try:
        for position, message in enumerate(claimed):
            if stop() or time.monotonic() - began > LEASE.total_seconds() / 2:
                _release(claimed[position:])
                break
            sent += _deliver(message, wire, at)
    finally:
        _hang_up(wire)
    return sent


def _claim(at: datetime, limit: int) -> list[Message]:
    """Take what is due for the length of a lease; nobody else takes it meanwhile."""
    with transaction.atomic():
        due = Message.objects.due(at).order_by("due_at", "pk").select_for_update(skip_locked=True)
        claimed = list(due[:limit])
        Message.objects.filter(pk__in=[message.pk for message in claimed]).update(leased_until=at + LEASE)
    return claimed


def _release(messages: Iterable[Message]) -> None:
    Message.objects.filter(pk__in=[message.pk for message in messages], status=Message.Status.QUEUED).update(
        leased_until=None
    )


def _deliver(message: Message, wire: BaseEmailBackend, at: datetime) -> bool:
    """Send one mail and write down what became of it; say whether it went out."""
    try:
        mail = _filled(message)
    except Gone as gone:
        _close(message, Message.Status.FAILED, reason=str(gone)[:300])
        return False
    try:
        wire.open()  # does nothing while the connection of the mail before is still open
        wire.send_messages([mail])
    except ValueError as problem:  # an address or header no mail can have: trying again changes nothing
        _close(message, Message.Status.FAILED, reason=_reason(problem))
        return False
    except (smtplib.SMTPException, OSError) as problem:
        _hang_up(wire)
        _postpone(message, problem, at)
        return False
    _close(message, Message.Status.SENT, sent_at=at)
    logger.info("mail %d (%s) was sent", message.pk, message.event)
    return True


def _hang_up(wire: BaseEmailBackend) -> None:
    # A server that is already gone cannot be told good-bye; what it took, it took.
    with suppress(smtplib.SMTPException, OSError):
        wire.close()


def _filled(message: Message) -> EmailMultiAlternatives:
    """Return the mail with its secrets in place of their marks."""
    told = {mark: resolve(*slot) for mark, slot in message.slots.items()}
    mail = EmailMultiAlternatives(
        message.subject,
        fill(message.text, told),
        to=[message.to],
        reply_to=[message.reply_to] if message.reply_to else None,
        headers={
            "Message-ID": f"<{message.message_id}@{urlsplit(settings.SITE_URL).hostname}>",
            "Auto-Submitted": "auto-generated",
        },
    )
    mail.attach_alternative(
        fill(message.html, {mark: escape(value) for mark, value in told.items()}), "text/html"
    )
    return mail


def fill(body: str, told: Mapping[str, str]) -> str:
    """Put secrets in the place of their marks, in one pass: a secret is never searched for marks itself."""
    if not told:
        return body
    return elided(re.sub("|".join(map(re.escape, told)), lambda found: told[found.group()], body))


def _close(message: Message, status: str, **stamps: Any) -> None:
    """End a mail and forget its body; another worker that was quicker has the last word."""
    try:
        message.move(status, text="", html="", slots={}, leased_until=None, **stamps)
    except Refused:
        logger.warning("mail %d was closed by another worker", message.pk)


def _postpone(message: Message, problem: Exception, at: datetime) -> None:
    """Try again later, each time later; give up when the recipient is refused for good or no try is left."""
    attempts = message.attempts + 1
    if attempts >= ATTEMPTS or _is_final(problem):
        _close(message, Message.Status.FAILED, attempts=attempts, reason=_reason(problem))
        logger.warning("mail %d (%s) failed for good: %s", message.pk, message.event, type(problem).__name__)
        return
    wait = min(timedelta(minutes=4**message.attempts), LONGEST_WAIT)
    Message.objects.filter(pk=message.pk, status=Message.Status.QUEUED).update(
        attempts=attempts, due_at=at + wait, leased_until=None
    )
    logger.warning("mail %d (%s) waits: %s", message.pk, message.event, type(problem).__name__)


def _is_final(problem: Exception) -> bool:
    return isinstance(problem, smtplib.SMTPRecipientsRefused) and all(
        code >= 500 for code, _answer in problem.recipients.values()
    )


def _reason(problem: Exception) -> str:
    if isinstance(problem, smtplib.SMTPRecipientsRefused):
        answers = [answer for _code, answer in problem.recipients.values()]
        return " ".join(answer.decode(errors="replace") for answer in answers)[:300] or "refused"
    return (str(problem) or type(problem).__name__)[:300]
