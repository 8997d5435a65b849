"""One spelling for every e-mail address and one rule for every line of text people type."""

import unicodedata

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import models
from django.utils.translation import gettext_lazy as _

# Mail domains anybody can have an address at: sharing one proves nothing about a company.
PUBLIC_MAIL_DOMAINS = frozenset(
    """alice.it aol.com fastwebnet.it gmail.com gmx.com gmx.de gmx.net googlemail.com hotmail.com hotmail.it
    icloud.com inwind.it iol.it legalmail.it libero.it live.com live.it mac.com mail.com me.com msn.com
    outlook.com outlook.it pec.it proton.me protonmail.com tim.it tin.it tiscali.it virgilio.it yahoo.com
    yahoo.it ymail.com""".split()
)
# The same in every country: yahoo.fr, outlook.de, hotmail.co.uk. At worst an answer is looked at once more.
PUBLIC_MAIL_NAMES = frozenset({"aol", "gmx", "googlemail", "hotmail", "live", "msn", "outlook", "yahoo"})


def refuse_control_characters(value: str, *, lines: bool = False) -> None:
    """Refuse NUL, other control characters and lone surrogates; line breaks only where `lines` allows."""
    allowed = "\n\r\t" if lines else ""
    for character in value:
        if character not in allowed and unicodedata.category(character) in ("Cc", "Cs"):
            raise ValidationError(_("Remove the invisible control characters."), code="control_characters")


def normalise_email(address: str) -> str:
    """Return the one spelling of an address: NFKC, case folded, its domain in IDNA form.

    An address that cannot be put in that form comes back folded only; validation refuses it.
    """
    folded = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", address).casefold()).strip()
    local, at, domain = folded.rpartition("@")
    if not at:
        return folded
    try:
        return f"{local}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        return folded


def clean_email(address: str) -> str:
    """Return the normalised address; refuses what is no single address a mail can go to.

    Quoted names and bare network addresses are refused: they are second spellings of what has one already.
    """
    refuse_control_characters(address)
    normalised = normalise_email(address)
    if len(normalised) > 254:
        raise ValidationError(_("This address is too long."), code="max_length")
    validate_email(normalised)
    # Django lets domains pass that have no IDNA form, and what the standard allows but nobody has.
    if not normalised.isascii() or '"' in normalised or "[" in normalised:
        raise ValidationError(validate_email.message, code="invalid")
    return normalised


def email_domain(address: str) -> str:
    """Return the domain of a normalised address."""
    return address.rpartition("@")[2]


def same_mailbox(address: str, field: str = "email") -> models.Q:
    """Return a filter on the addresses of the same mailbox as a normalised one: with any `+tag`, or none."""
    local, at, domain = address.rpartition("@")
    name = local.partition("+")[0] or local
    tagged = models.Q(**{f"{field}__startswith": f"{name}+", f"{field}__endswith": f"{at}{domain}"})
    return models.Q(**{f"{field}__in": [address, f"{name}{at}{domain}"]}) | tagged


def is_public_domain(domain: str) -> bool:
    """Say whether anybody can have an address at this domain."""
    return domain in PUBLIC_MAIL_DOMAINS or domain.partition(".")[0] in PUBLIC_MAIL_NAMES
