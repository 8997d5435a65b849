"""One spelling for every address; no invisible characters; regions by country."""

import pytest
from django.core.exceptions import ValidationError
from hypothesis import given
from hypothesis import strategies as st

from partners.addresses import (
    clean_email,
    email_domain,
    is_public_domain,
    normalise_email,
    refuse_control_characters,
)
from partners.regions import region_of, same_region


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("Anna@Northwind.Example", "anna@northwind.example"),
        ("  anna@northwind.example ", "anna@northwind.example"),
        ("ａｎｎａ@northwind.example", "anna@northwind.example"),
        ("anna@Bücher.example", "anna@xn--bcher-kva.example"),
        ("STRASSE@x.example", "strasse@x.example"),
        ("straße@x.example", "strasse@x.example"),
        ("o'neill+tag@x.example", "o'neill+tag@x.example"),
        ("İ@x.example", "i̇@x.example"),
        ("no-at-sign", "no-at-sign"),
        ("a@" + "x" * 64 + ".example", "a@" + "x" * 64 + ".example"),
        ("a@x..example", "a@x..example"),
    ],
)
def test_addresses_have_one_spelling(typed: str, stored: str) -> None:
    assert normalise_email(typed) == stored


@given(st.text(max_size=80))
def test_the_one_spelling_is_final(typed: str) -> None:
    once = normalise_email(typed)
    assert normalise_email(once) == once


@pytest.mark.parametrize(
    "bad",
    [
        "",
        "anna",
        "anna@",
        "@x.example",
        "anna@x",
        "a@x.example,b@y.example",
        "a@x.example b@y.example",
        "a@x.example\r\nBcc: b@y.example",
        "a\x00@x.example",
        "a\u0085@x.example",
        "a\ud800@x.example",
        "a@x..example",
        "<a@x.example>",
        "Anna <a@x.example>",
        "a@" + "x" * 250 + ".example",
        "a" * 10_000 + "@x.example",
        "a@مثال.\u202eexample",
    ],
)
def test_what_is_no_single_address_is_refused(bad: str) -> None:
    with pytest.raises(ValidationError):
        clean_email(bad)


@pytest.mark.parametrize(
    ("typed", "stored"), [("A@X.Example", "a@x.example"), ("a@Bücher.example", "a@xn--bcher-kva.example")]
)
def test_a_good_address_comes_back_in_its_one_spelling(typed: str, stored: str) -> None:
    assert clean_email(typed) == stored


def test_control_characters_are_refused_and_lines_only_where_wanted() -> None:
    for text in ("a\x00", "a\x1b[31m", "a\x7f", "a\u009f", "a\udfff", "a\nb", "a\tb"):
        with pytest.raises(ValidationError):
            refuse_control_characters(text)
    refuse_control_characters("a\r\nb\tc", lines=True)
    with pytest.raises(ValidationError):
        refuse_control_characters("a\x0b", lines=True)
    for text in ("", "مرحبا بالعالم", "🦉 👩‍👩‍👧", "\u202eright to left", "naïve"):
        refuse_control_characters(text)


@pytest.mark.parametrize(
    ("domain", "public"),
    [("gmail.com", True), ("libero.it", True), ("pec.it", True), ("contoso.example", False), ("", False)],
)
def test_public_domains_prove_nothing_about_a_company(domain: str, public: bool) -> None:
    assert is_public_domain(domain) is public


def test_the_domain_is_what_follows_the_last_at() -> None:
    assert email_domain("anna@northwind.example") == "northwind.example"


def test_regions_come_from_the_table_and_the_unlisted_is_its_own() -> None:
    assert same_region("IT", "FR")
    assert not same_region("IT", "US")
    assert region_of("ZZ") == "ZZ"
