"""Nothing on a page needs the policy to be softened: no inline script or style, nothing from elsewhere."""

import re

from tests.house.source import pages

INLINE = {
    "an inline script": re.compile(r"<script(?![^>]*\bsrc=)", re.IGNORECASE),
    "an inline style": re.compile(r"<style\b|\sstyle\s*=", re.IGNORECASE),
    "an inline handler": re.compile(r"""\son[a-z]+\s*=\s*["']""", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "a file from elsewhere": re.compile(
        r"""<(script|img|source|iframe|video|audio|embed)[^>]*\ssrc\s*=\s*["'](https?:)?//|<link[^>]*\shref\s*=\s*["'](https?:)?//""",
        re.IGNORECASE,
    ),
}


def test_no_template_needs_a_softer_policy() -> None:
    found = [
        f"{path}: {fault}" for path, text in pages() for fault, mark in INLINE.items() if mark.search(text)
    ]
    assert found == []


def test_the_marks_are_recognised() -> None:
    bad = {
        "an inline script": "<script>go()</script>",
        "an inline style": '<p style="color: red">',
        "an inline handler": '<a href="#" onclick="go()">',
        "a script address": '<a href="javascript:go()">',
        "a file from elsewhere": '<script src="https://cdn.example/x.js">',
    }
    assert [fault for fault, markup in bad.items() if not INLINE[fault].search(markup)] == []
