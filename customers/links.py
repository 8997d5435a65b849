"""Signed links and mailed codes. Nothing else knows their shape.

A link is a signature over a row's id and its serial: it can be shown again, needs no secret in the database
and dies when the serial rises. A code is derived, never stored.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.core.signing import BadSignature, SignatureExpired, TimestampSigner
from django.db.models import F
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from customers.models import Contact, InvitationLink, LinkState, MailedCode
from customers.models.code import CODE_TRIES
from partners import mail
from partners.dates import in_full
from partners.errors import Refused
from partners.signed_links import BadLink as BadLink
from partners.signed_links import read, sign

PAGE_HOURS = 1
CODES_AN_HOUR = 5


class OldLink(BadLink):
    """A genuine address of the customer's page whose hour is over; it may ask for a new one."""

    def __init__(self, contact: Contact) -> None:
        super().__init__()
        self.contact = contact


@dataclass(frozen=True, slots=True)
class Opened:
    """A genuine link as it was opened: the row and what it is worth now."""

    link: InvitationLink
    state: LinkState

    @property
    def is_live(self) -> bool:
        return self.state == LinkState.LIVE


def _read(signed: str) -> tuple[int, int]:
    pk, serial = signed.split(".")
    return int(pk), int(serial)


# --- invitations -------------------------------------------------------------------------------


def invitation_address(link: InvitationLink) -> str:
    """Return the address a customer opens; built from SITE_URL, never from a request."""
    token = sign("customers.invitation", link.pk, link.serial)
    return settings.SITE_URL + reverse("customers:landing", args=[token])


def open_invitation(token: str, at: datetime) -> Opened:
    """Return the genuine link behind a token and its state; refuse everything else as a bad link.

    A suspended provider's or reseller's link is refused like a forged one.
    """
    pk, serial = read("customers.invitation", token)
    opened = _opened(pk, serial, at)
    if opened is None:
        raise BadLink
    return opened


def _opened(pk: int, serial: int, at: datetime) -> Opened | None:
    """Return a link with what it is worth; None for one there is not, or of a suspended company."""
    link = (
        InvitationLink.objects.select_related(
            "provider",
            "customer",
            "invitation__provider",
            "invitation__reseller",
            "invitation__partnership__reseller",
        )
        .filter(pk=pk)
        .first()
    )
    if link is None or link.is_suspended:
        return None
    # The serial first: a revoked address tells nothing of the one that replaced it.
    return Opened(link, link.state_at(at) if serial == link.serial else LinkState.REPLACED)


@mail.secret("invitation")
def fill_invitation(pk: str, serial: str) -> str:
    """Fill an invitation's address at delivery; a link that died meanwhile is not sent."""
    opened = _opened(int(pk), int(serial), timezone.now())
    if opened is None or not opened.is_live:
        raise mail.Gone(_("The link was answered, withdrawn or replaced before it was sent."))
    return invitation_address(opened.link)


# --- the customer's own page -------------------------------------------------------------------


def page_address(contact: Contact) -> str:
    """Return the address of the customer's page for this contact; it opens for one hour."""
    signer = TimestampSigner(salt="customers.page", sep=".")
    token = signer.sign(f"{contact.pk}.{contact.page_serial}")
    return settings.SITE_URL + reverse("my", args=[token])


def open_page(token: str) -> Contact:
    """Return the confirmed contact behind a page link; refuses a forged, a revoked and an hour-old one."""
    signer = TimestampSigner(salt="customers.page", sep=".")
    try:
        pk, serial = _read(signer.unsign(token, max_age=timedelta(hours=PAGE_HOURS)))
    except SignatureExpired as problem:
        raise OldLink(_confirmed(*_read(signer.unsign(token)))) from problem
    except (BadSignature, ValueError) as problem:
        raise BadLink from problem
    return _confirmed(pk, serial)


def ask_address(contact: Contact) -> str:
    """Return the lasting address, kept in the receipt, that mails the contact a fresh page link."""
    token = sign("customers.ask", contact.pk, contact.page_serial)
    return settings.SITE_URL + reverse("customers:my-ask", args=[token])


def open_ask(token: str) -> Contact:
    """Return the confirmed contact behind a receipt's link; refuses a forged or revoked one."""
    pk, serial = read("customers.ask", token)
    return _confirmed(pk, serial)


def _confirmed(pk: int, serial: int) -> Contact:
    contact = (
        Contact.objects.confirmed()
        .select_related("customer__provider")
        .filter(pk=pk, page_serial=serial)
        .first()
    )
    if contact is None:
        raise BadLink
    return contact


@mail.secret("page")
def fill_page(pk: str) -> str:
    """Fill the address of the customer's page at delivery, so that its hour starts then."""
    contact = Contact.objects.confirmed().filter(pk=pk).first()
    if contact is None:
        raise mail.Gone(_("The contact is no longer confirmed."))
    return page_address(contact)


@mail.secret("page_until")
def fill_page_until(pk: str, language: str) -> str:
    """Tell at delivery until when the page's address opens, in the provider's time zone."""
    contact = Contact.objects.select_related("customer__provider").get(pk=pk)
    until = timezone.localtime(timezone.now() + timedelta(hours=PAGE_HOURS), contact.customer.provider.zone)
    with translation.override(language):
        return in_full(until)


@mail.secret("ask")
def fill_ask(pk: str) -> str:
    """Fill the receipt's address at delivery."""
    contact = Contact.objects.confirmed().filter(pk=pk).first()
    if contact is None:
        raise mail.Gone(_("The contact is no longer confirmed."))
    return ask_address(contact)


# --- codes -------------------------------------------------------------------------------------


def make_code(purpose: str, object_ref: int, email: str, *, at: datetime) -> MailedCode:
    """Make a code for an address; refuses a sixth within the hour for the same object."""
    made = MailedCode.objects.filter(
        purpose=purpose, object_ref=object_ref, made_at__gt=at - timedelta(hours=1)
    ).count()
    if made >= CODES_AN_HOUR:
        raise Refused(_("Too many codes have been asked for. Try again in an hour."))
    return MailedCode.objects.create(
        purpose=purpose, object_ref=object_ref, email=email, made_at=at, expires_at=MailedCode.expiry(at)
    )


def code_digits(code: MailedCode) -> str:
    """Return the six digits of a code."""
    digest = salted_hmac("customers.code", f"{code.key}:{code.email}", algorithm="sha256").digest()
    return f"{int.from_bytes(digest[:8], 'big') % 1_000_000:06d}"


@mail.secret("code")
def fill_code(key: str) -> str:
    """Fill the digits at delivery; a code that died meanwhile is not sent."""
    code = MailedCode.objects.filter(key=key, used_at__isnull=True, expires_at__gt=timezone.now()).first()
    if code is None:
        raise mail.Gone(_("The code was used, replaced or too old before it was sent."))
    return code_digits(code)


def spend_try(code: MailedCode, typed: str, *, at: datetime) -> None:
    """Spend one try of a code and refuse unless the digits are right.

    Call it before the story and outside its transaction: a rolled-back refusal would give the try back.
    """
    spent = MailedCode.objects.filter(
        pk=code.pk, tries__lt=CODE_TRIES, expires_at__gt=at, used_at__isnull=True
    ).update(tries=F("tries") + 1)
    if not spent:
        raise Refused(_("This code is no longer valid. Ask for a new one."))
    code.refresh_from_db()
    digits = "".join(character for character in typed if character in "0123456789")
    if not constant_time_compare(digits, code_digits(code)):
        left = CODE_TRIES - code.tries
        if not left:
            raise Refused(_("This is not the code, and it has been tried too often. Ask for a new one."))
        raise Refused(
            ngettext(
                "This is not the code we mailed. %(left)d try is left.",
                "This is not the code we mailed. %(left)d tries are left.",
                left,
            )
            % {"left": left}
        )
    MailedCode.objects.filter(pk=code.pk).update(proved_at=at)


def use_code(code: MailedCode, *, at: datetime) -> None:
    """Mark a code as used, inside the story it completes; refuses one not typed right, used, or too old."""
    usable = MailedCode.objects.filter(
        pk=code.pk, proved_at__isnull=False, used_at__isnull=True, expires_at__gt=at
    )
    if not usable.update(used_at=at):
        raise Refused(_("This code is no longer valid. Ask for a new one."))


def kill_code(code: MailedCode, *, at: datetime) -> None:
    """End a code before its time, because a newer one takes its place."""
    MailedCode.objects.filter(pk=code.pk, used_at__isnull=True, expires_at__gt=at).update(expires_at=at)
