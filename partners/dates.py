"""How a date is written, and what Italian asks of the sentence around it.

Italian counts the first of a month, and joins article and day where the day begins with a vowel: "fino
all'8 ottobre". A translation cannot know the day, so the sentence is mended when it is whole.
"""

import re
from datetime import date, datetime

from django.utils import translation
from django.utils.formats import date_format
from django.utils.safestring import SafeString
from django.utils.translation import pgettext

FIRST = re.compile(r"^1(?= )")
# Only our own dates are mended, never what somebody typed: no keyboard sets the no-break space after the day.
JOINED = re.compile(r"\b([Ii]l|[Aa]l|[Dd]al|[Dd]el|[Nn]el|[Ss]ul) ((?:<[^<>]*>)*(?:8|11)\u00a0)")


def exact_day(day: date) -> str:
    """Return a day with its month in letters, the same in every place it is shown."""
    return _written(
        date_format(day, pgettext("date format: b is the month as it is, M with a capital", "j M Y"))
    )


def in_full(value: date | datetime) -> str:
    """Return a day, or a moment in the zone it is given in, with the month in full: for mails and letters."""
    return _written(date_format(value, "j F Y, H:i T" if isinstance(value, datetime) else "j F Y"))


def _written(words: str) -> str:
    if not (translation.get_language() or "").startswith("it"):
        return words
    return FIRST.sub("1º", words).replace(" ", "\u00a0", 1)


def elided(text: str) -> str:
    """Join article and date in a text or a page: al 8 ottobre becomes all'8 ottobre."""
    mended = JOINED.sub(_joined, text)
    return SafeString(mended) if isinstance(text, SafeString) else mended


def _joined(found: re.Match[str]) -> str:
    article, day = found.groups()
    if article.casefold() == "il":
        return f"{article[0].replace('i', 'l').replace('I', 'L')}'{day}"
    return f"{article}l'{day}"
