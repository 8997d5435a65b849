"""How the mails look that a provider may begin in its own words, shown on its settings before any is sent."""

from datetime import datetime, timedelta

from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import override

from customers import emails
from customers.models import Contact, Customer, Grant, Invitation, InvitationLink, Privilege, RenewalProposal
from customers.models.privilege import utc_day
from customers.terms import our_opening
from partners import mail, wordings
from partners.models import MailText, Partner


@wordings.shown_by(MailText.Event.INVITATION)
def invitation(provider: Partner, language: str, opening: str, at: datetime) -> tuple[str, str]:
    """Return subject and text of an invitation that asks for both privileges, on the usual terms."""
    made = Invitation(
        provider=provider,
        asks_provisioning=True,
        asks_support=True,
        privilege_days=provider.privilege_days,
        language=language,
        opening=opening or our_opening(language),
        expires_at=at + timedelta(days=provider.expiry_days),
    )
    link = InvitationLink(invitation=made, provider=provider, company=_name(language))
    subject, text, _html = mail.preview(
        "customers/invitation_sent",
        language=language,
        context=emails.invitation_context(link),
        slots={"address": f"{settings.SITE_URL}/i/…"},
    )
    return subject, text


@wordings.shown_by(MailText.Event.RENEWAL)
def renewal(provider: Partner, language: str, opening: str, at: datetime) -> tuple[str, str]:
    """Return subject and text of a proposal to renew both privileges, a month before they end."""
    customer = Customer(provider=provider, name=_name(language))
    ends_on = utc_day(at) + timedelta(days=30)
    subject, text, _html = mail.preview(
        "customers/renewal_proposed",
        language=language,
        context={
            "proposal": RenewalProposal(
                provider=provider,
                privilege_days=provider.privilege_days,
                opening=opening,
                expires_at=at + timedelta(days=30),
            ),
            "provider": provider,
            "customer": customer,
            "contact": Contact(customer=customer),
            "grants": [Grant(privilege=privilege, ends_on=ends_on) for privilege in Privilege],
        },
        slots={"address": f"{settings.SITE_URL}/my/…"},
    )
    return subject, text


def _name(language: str) -> str:
    with override(language):
        return _("Your customer")
