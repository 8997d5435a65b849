"""Signed links: what stands in an address that nobody can guess and that dies when a serial rises.

A link is a signature over a row's id and its serial: it can be shown again, and needs no secret in the
database. What the row is, and what its link is worth, is for whoever asks to say.
"""

from django.core.signing import BadSignature, Signer


class BadLink(Exception):  # noqa: N818 - says what is wrong with the address
    """A forged, unknown or revoked address: the answer tells nothing."""


def sign(salt: str, pk: int, serial: int) -> str:
    """Return the token of a row's link."""
    return Signer(salt=salt, sep=".").sign(f"{pk}.{serial}")


def read(salt: str, token: str) -> tuple[int, int]:
    """Return the id and the serial a token was made of; refuse everything else as a bad link."""
    try:
        pk, serial = Signer(salt=salt, sep=".").unsign(token).split(".")
        return int(pk), int(serial)
    except (BadSignature, ValueError) as problem:
        raise BadLink from problem
