"""Signed links: what was signed is read, for the purpose it was signed for, and nothing else is."""

import pytest
from django.core.signing import Signer

from partners.signed_links import BadLink, read, sign


def test_what_was_signed_is_read() -> None:
    assert read("a purpose", sign("a purpose", 7, 2)) == (7, 2)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "7.2",
        "7.2.x",
        sign("a purpose", 7, 2)[:-1],
        sign("a purpose", 7, 2).replace("7.", "8.", 1),
        sign("a purpose", 7, 2).replace(".2", ".3", 1),
        sign("another purpose", 7, 2),
        Signer(salt="a purpose", sep=".").sign("7"),
        Signer(salt="a purpose", sep=".").sign("7.2.1"),
        Signer(salt="a purpose", sep=".").sign("seven.2"),
        "\ud800",
        "²" * 5000,
    ],
)
def test_everything_else_is_a_bad_link(token: str) -> None:
    with pytest.raises(BadLink):
        read("a purpose", token)


def test_a_link_cannot_be_guessed() -> None:
    signature = sign("a purpose", 7, 2).rpartition(".")[2]
    assert len(signature) >= 43  # 256 bits
