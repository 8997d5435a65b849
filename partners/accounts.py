"""Signing in: what allauth leaves to the project to decide.

Sign-up is closed, mails go through the outbox, addresses in them come from SITE_URL, and guessing a password
is slowed down without letting a stranger lock anybody out.
"""

import secrets
import time
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core import signing
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django.utils.translation import gettext as _

from partners import mail
from partners.addresses import normalise_email
from partners.models import Message, User

RESET_EVENT = "account/password_reset_key"
RESETS_ALIVE = 2  # whoever is refused a third mail has two living links in the mailbox
DEVICE_DAYS = 365
LATELY = timedelta(minutes=10)  # a password given so long ago still counts for what weighs more
DEVICE_SALT = "partners.device"
PROVED = "proved_address"


class AccountAdapter(DefaultAccountAdapter):
    """The answers this project gives to allauth's questions."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        """Accounts are made by invitation only."""
        return False

    def clean_email(self, email: str) -> str:
        """Return the one spelling of an address, so that it is found however it was typed."""
        return normalise_email(email)

    def authenticate(self, request: HttpRequest, **credentials: Any) -> User | None:
        """Return the user these credentials belong to; a closed account is told so, once they are right."""
        if "email" in credentials:
            credentials["email"] = normalise_email(credentials["email"])
        user = super().authenticate(request, **credentials)
        if user is not None and not user.is_active:
            raise self.validation_error("account_inactive")
        return user

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        """Remember that this browser has signed in to this account."""
        response = super().post_login(request, user, **kwargs)
        remember_device(response, user)
        return response

    def set_password(self, user: User, password: str) -> None:
        """Set the password; whoever could do so has proved the address in this session."""
        super().set_password(user, password)
        self.request.session[PROVED] = _fingerprint(user.email)

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count failures per account, but apart for a browser that has signed in to it before.

        A stranger who fails on purpose uses up the strangers' tries, not those of the person's own browser.
        """
        return f"login:{normalise_email(credentials.get('email', ''))}:{known_device(request, **credentials)}"

    def get_reset_password_from_key_url(self, key: str) -> str:
        """Return nothing: the mail's address is made at delivery, from SITE_URL and not from the request."""
        return ""

    def send_password_reset_mail(self, user: User, email: str, context: dict[str, Any]) -> None:
        """Write the mail to the account's own address; beyond the living ones it silently writes none."""
        queue_password_reset(user, timezone.now())

    def send_notification_mail(
        self,
        template_prefix: str,
        user: User,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person that the password was changed, and what to do if it was somebody else."""
        mail.queue(
            "account/password_changed",
            to=user.email,
            user=user,
            language=user.language,
            context={"recipient": user, "reset_url": settings.SITE_URL + reverse("account_reset_password")},
            at=timezone.now(),
            zone=zone_of(user),
        )

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Refuse: every mail of this project has words of its own, and none is sent past the outbox."""
        raise RuntimeError(f"There are no words for {template_prefix}: no mail goes past the outbox.")


# --- resetting a password ----------------------------------------------------------------------


def reset_context(user: User, at: datetime) -> dict[str, Any]:
    """Return what the reset mail says."""
    life = timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return {"recipient": user, "expires_at": at + life}


def zone_of(user: User) -> ZoneInfo | None:
    """Return the time zone of the first company a person works for."""
    membership = user.memberships.select_related("partner").order_by("partner__name", "pk").first()
    return membership.partner.zone if membership else None


def queue_password_reset(user: User, at: datetime) -> Message | None:
    """Write the mail that lets a person choose a new password, unless enough links are alive already.

    So nobody can fill somebody's mailbox, nor use up the person's own chance: a link is always there.
    """
    alive = Message.objects.filter(
        user=user, event=RESET_EVENT, created_at__gt=at - timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    ).exclude(status=Message.Status.FAILED)
    context = reset_context(user, at)
    if alive.count() >= RESETS_ALIVE:
        mail.render(RESET_EVENT, language=user.language, context=context)  # takes as long as writing it
        return None
    return mail.queue(
        RESET_EVENT,
        to=user.email,
        user=user,
        language=user.language,
        context=context,
        slots={"address": ("password_reset", str(user.pk), context["expires_at"].isoformat())},
        at=at,
        zone=zone_of(user),
    )


@mail.secret("password_reset")
def fill_password_reset(pk: str, until: str) -> str:
    """Make the reset address at delivery; not for a closed account, nor once the mail's own date is past."""
    user = User.objects.filter(pk=pk, is_active=True).first()
    if user is None or timezone.now() >= datetime.fromisoformat(until):
        raise mail.Gone(_("The account was closed, or the mail came too late."))
    key = default_token_generator.make_token(user)
    path = reverse("account_reset_password_from_key", kwargs={"uidb36": user_pk_to_url_str(user), "key": key})
    return settings.SITE_URL + path


# --- what weighs more than usual ---------------------------------------------------------------


def ask_password_again(request: HttpRequest) -> HttpResponse | None:
    """Return the way to the page that asks for the password once more; nothing if it was given lately.

    Signing in counts. It leads back by GET: what was posted too late is shown again, not done unseen.
    """
    given = [record["at"] for record in get_authentication_records(request, request.user)]
    if given and time.time() - max(given) < LATELY.total_seconds():
        return None
    return redirect(reverse("account_reauthenticate", query={"next": request.get_full_path()}))


# --- browsers that have signed in before -------------------------------------------------------


def _fingerprint(email: str) -> str:
    return salted_hmac(DEVICE_SALT, normalise_email(email), algorithm="sha256").hexdigest()


def remember_device(response: HttpResponse, user: User) -> None:
    """Give the browser a signed cookie that says it has signed in to this account, and nothing else."""
    value = {"account": _fingerprint(user.email), "device": secrets.token_hex(8)}
    response.set_cookie(
        settings.DEVICE_COOKIE_NAME,
        signing.dumps(value, salt=DEVICE_SALT),
        max_age=timedelta(days=DEVICE_DAYS),
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )


def known_device(request: HttpRequest, *, email: str = "", **_credentials: Any) -> str:
    """Return what tells this browser from others if it has proved this account before; else nothing."""
    account = _fingerprint(email)
    if constant_time_compare(request.session.get(PROVED, ""), account):
        return f"session:{request.session.session_key}"
    cookie = request.COOKIES.get(settings.DEVICE_COOKIE_NAME, "")
    try:
        value = signing.loads(cookie, salt=DEVICE_SALT, max_age=timedelta(days=DEVICE_DAYS))
    except signing.BadSignature:
        return ""
    return value["device"] if constant_time_compare(value["account"], account) else ""
