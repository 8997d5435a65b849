"""The story of a company's own words in the mails that go out for it, and what such a mail looks like.

The mails themselves live on the floors above: each registers how its mail is shown before it is sent.
"""

import hashlib
from collections.abc import Callable
from datetime import datetime

from django.conf import settings
from django.db import models, transaction
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners import activity
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import MailText, Partner
from partners.models.wording import LONGEST_TEXT
from partners.permissions import refuse_other

Sample = Callable[[Partner, str, str, datetime], tuple[str, str]]
_samples: dict[str, Sample] = {}


@activity.verbs
class Verb(models.TextChoices):
    """What the log calls this story."""

    WRITTEN = "company.words_written", gettext_lazy("Words of a mail written")


activity.explain(
    "mail_text", gettext_lazy("Mail and language"), [*MailText.Event.choices, *settings.LANGUAGES]
)


def shown_by(event: MailText.Event) -> Callable[[Sample], Sample]:
    """Register the function that shows a mail: from company, language, words and moment, subject and text."""

    def register(sample: Sample) -> Sample:
        _samples[event] = sample
        return sample

    return register


def sample_of(partner: Partner, event: str, language: str, opening: str, *, at: datetime) -> tuple[str, str]:
    """Return subject and text of a mail as a customer would read it, with these words."""
    return _samples[event](partner, language, opening, at)


def words_of(partner: Partner, event: str, language: str) -> str:
    """Return a company's own words in a mail; nothing while it has none."""
    own = MailText.objects.filter(partner=partner, event=event, language=language)
    return own.values_list("opening", flat=True).first() or ""


def fingerprint(words: str) -> str:
    """Return a word that changes with the text: a form carries it to tell whether it was read in time."""
    return hashlib.sha256(words.encode()).hexdigest()[:32]


@transaction.atomic
def write(
    partner: Partner, event: str, language: str, opening: str, *, seen: str, by: Actor, at: datetime
) -> None:
    """Keep a company's own words in one mail and language; empty ones give way to the usual words.

    `seen` is the fingerprint of the words the form showed: what somebody else has changed since is refused
    (`Stale`). Refuses a suspended company, one that sends no such mail, and words that are too long.
    """
    partner = Partner.objects.select_for_update().get(pk=partner.pk)
    refuse_other(by, partner.pk)
    if not partner.is_active:
        raise Refused(_("A suspended company changes nothing."))
    if not partner.owns_relationships:
        raise Refused(_("Only a provider writes to customers."))
    if event not in MailText.Event.values or language not in dict(settings.LANGUAGES):
        raise Refused(_("There is no such mail."))
    if len(opening) > LONGEST_TEXT:
        raise Refused(_("At most %(number)d characters.") % {"number": LONGEST_TEXT}, field="opening")
    before = words_of(partner, event, language)
    if opening == before:
        return
    if fingerprint(before) != seen:
        raise Stale(_("Somebody else has changed these words since you opened the form."))
    mine = MailText.objects.filter(partner=partner, event=event, language=language)
    changed: models.Model = partner
    if opening:
        changed, _new = MailText.objects.update_or_create(
            partner=partner, event=event, language=language, defaults={"opening": opening}
        )
    else:
        mine.delete()
    activity.record(
        Verb.WRITTEN,
        by=by,
        at=at,
        provider=partner,
        about=partner,
        details={
            "changed": activity.changed(changed),
            "mail_text": [event, language],
            "fields": {"opening": [before, opening]},
        },
    )
