"""The mail of the day's summary."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from django.conf import settings
from django.urls import reverse

from partners import mail
from partners.models import User

if TYPE_CHECKING:
    from subscriptions.digests import Part


def digest(user: User, parts: "Sequence[Part]", *, zone: ZoneInfo, on: date, at: datetime) -> None:
    """Write a person what waits and what changed in each company worked for, and how to do without."""
    mail.queue(
        "subscriptions/digest",
        to=user.email,
        user=user,
        language=user.language,
        context={
            "parts": parts,
            "companies": ", ".join(part.company.name for part in parts),
            "on": on,
            "number": sum(part.number for part in parts),
            "waiting": sum(part.waiting.number for part in parts),
            "address": settings.SITE_URL + reverse("home"),
            "profile": settings.SITE_URL + reverse("partners:profile"),
        },
        at=at,
        zone=zone,
    )
