"""What a customer will read, shown before anything is written: the mail, and the page behind its link."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.text import capfirst

from customers import emails
from customers.answers import AnswerForm
from customers.models import Grant, Invitation, InvitationLink
from customers.models.privilege import utc_day
from customers.terms import Recipient, Terms, columns
from partners import mail
from partners.models import Partner


@dataclass(frozen=True, slots=True)
class Look:
    """The mail and the page in one language."""

    language: str
    name: str
    is_mails: bool  # the mail goes out in this language; the page opens in it too
    subject: str
    text: str
    terms: dict[str, Any]
    others: Any  # the question who else administers the services, where the edition asks it


def as_it_will_be(provider: Partner, terms: Terms, to: Recipient | None, company: str) -> InvitationLink:
    """Return the link these terms would make, not written anywhere."""
    invitation = Invitation(provider=provider, **columns(terms, None))
    return InvitationLink(
        invitation=invitation,
        provider=provider,
        customer=terms.customer,
        company=to.company if to else company,
        email=to.email if to else "",
    )


def landing(link: InvitationLink, at: datetime) -> dict[str, Any]:
    """Return what the shared words of the landing page read."""
    invitation = link.invitation
    granted = (
        list(Grant.objects.live(at).filter(customer=invitation.customer_id)) if invitation.customer_id else []
    )
    have = {grant.privilege for grant in granted}
    return {
        "invitation": invitation,
        "provider": invitation.provider,
        "reseller": invitation.reseller,
        "handed": invitation.partnership.reseller if invitation.partnership else None,
        "asks": [privilege for privilege in invitation.asks if privilege not in have],
        "ends_on": utc_day(at) + timedelta(days=invitation.privilege_days),
        "language": invitation.language,
        "granted": granted,
    }


def in_every_language(link: InvitationLink, *, sender: str, at: datetime) -> list[Look]:
    """Return the mail and the page as they will be, the language of the mail first."""
    terms = landing(link, at)
    mails = link.invitation.language
    looks = [_look(link, code, terms, sender=sender, at=at) for code, _name in settings.LANGUAGES]
    return sorted(looks, key=lambda look: look.language != mails)


def _look(link: InvitationLink, language: str, terms: dict[str, Any], *, sender: str, at: datetime) -> Look:
    subject, text, _html = mail.preview(
        "customers/invitation_sent",
        language=language,
        context=emails.invitation_context(link, sender=sender),
        slots={"address": f"{settings.SITE_URL}/i/…"},  # there is no link yet
    )
    with translation.override(language):
        form = AnswerForm(link=link, asks=tuple(terms["asks"]), at=at)
    form.auto_id = f"preview_{language}_%s"
    return Look(
        language=language,
        name=capfirst(translation.get_language_info(language)["name_translated"]),
        is_mails=language == link.invitation.language,
        subject=subject,
        text=text,
        terms={**terms, "language": language},
        others=form["others"] if "others" in form.fields else None,
    )
