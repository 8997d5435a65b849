"""The account of whoever was invited by mail: the invited address is its name, and it is made once."""

from django.db import IntegrityError, transaction
from django.utils.translation import gettext as _

from partners.errors import Refused
from partners.models import User


def account_of(email: str) -> User | None:
    """Return the account an invited address has already."""
    return User.objects.filter(email=email).first()


def make_account(email: str, password: str, *, name: str, language: str) -> User:
    """Make the account of an address that has none; refuses one that has, also since this very moment."""
    if account_of(email) is not None:
        raise refusal()
    try:
        with transaction.atomic():
            return User.objects.create_user(email, password, name=name, language=language)
    except IntegrityError as problem:
        if account_of(email) is not None:
            raise refusal() from problem
        raise


def refusal() -> Refused:
    """Word that an invited address has an account already."""
    return Refused(_("This address has an account already. Sign in with it first."))
