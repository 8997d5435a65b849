"""Keep the translations: gather the sentences, merge them into the catalogues, compile, check.

Pure Python, so that no machine needs gettext. The source language is English and needs no catalogue.
"""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from io import BytesIO
from itertools import pairwise
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils.translation.template import templatize

SOURCES = ("config", "partners", "customers", "subscriptions")
TEMPLATES = "templates"
KEYWORDS: dict[str, Any] = {
    "_": None,
    "gettext": None,
    "gettext_lazy": None,
    "gettext_noop": None,
    "ngettext": (1, 2),
    "ngettext_lazy": (1, 2),
    "pgettext": ((1, "c"), 2),
    "pgettext_lazy": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
    "npgettext_lazy": ((1, "c"), 2, 3),
}
# What makes two runs differ without a sentence having changed.
RESTLESS = ("POT-Creation-Date", "PO-Revision-Date", "Generated-By")
UNUSED = ("Project-Id-Version", "Report-Msgid-Bugs-To", "Last-Translator", "Language-Team")
SHOWN = 30  # faults; after that the number says enough
PLACEHOLDER = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}")


class Command(BaseCommand):
    help = "Gather every sentence marked for translation into the catalogues and compile them; guess nothing."
    requires_system_checks = ()

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--check", action="store_true", help="change nothing; say what is not in order")

    def handle(self, *args: Any, check: bool, **options: Any) -> None:
        """Bring the catalogues up to date, or with --check refuse those that are not."""
        found = [fault for language in languages() for fault in faults(language)] if check else []
        if found:
            more = [f"... and {len(found) - SHOWN} more"] if len(found) > SHOWN else []
            raise CommandError(
                "\n".join(
                    [
                        *found[:SHOWN],
                        *more,
                        "To mend it: manage.py catalogues, translate, and once more manage.py catalogues.",
                    ]
                )
            )
        if check:
            self.stdout.write("Every catalogue is complete and fresh.")
            return
        for language in languages():
            catalogue = merged(language)
            path = catalogue_path(language)
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(as_text(catalogue))
            path.with_suffix(".mo").write_bytes(as_compiled(catalogue))
            empty = sum(1 for message in sentences(catalogue) if not is_translated(message))
            self.stdout.write(f"{language}: {len(catalogue)} sentences, {empty} without a translation")


def languages() -> list[str]:
    """Return the languages that need a catalogue: all but the one the source is written in."""
    return [code for code, _name in settings.LANGUAGES if code != settings.LANGUAGE_CODE]


def catalogue_path(language: str) -> Path:
    """Return where a language's catalogue is kept."""
    return Path(settings.LOCALE_PATHS[0]) / language / "LC_MESSAGES" / "django.po"


def marked() -> Iterator[tuple[str, Any, str | None]]:
    """Yield every sentence marked for translation: its file, the sentence (or both numbers), its context."""
    root = Path(settings.BASE_DIR)
    for folder in (*SOURCES, TEMPLATES):
        for path in sorted((root / folder).rglob("*")):
            if folder == TEMPLATES and path.suffix in {".html", ".txt"}:
                # Without indentation: what templatize leaves of a page is no well-formed Python block.
                lines = templatize(path.read_text("utf-8"), origin=str(path)).splitlines()
                source = "\n".join(line.lstrip() for line in lines).encode()
            elif folder != TEMPLATES and path.suffix == ".py" and "migrations" not in path.parts:
                source = path.read_bytes()
            else:
                continue
            for _line, sentence, _comments, context in extract("python", BytesIO(source), keywords=KEYWORDS):
                yield path.relative_to(root).as_posix(), sentence, context


def merged(language: str) -> Catalog:
    """Return the catalogue as it should be: every sentence of today, with the translations it already has."""
    kept = stored(language)
    fresh = Catalog(locale=language, fuzzy=False)
    for file, sentence, context in marked():
        fresh.add(sentence, locations=[(file, 1)], context=context)
    for message in sentences(fresh):
        # The same sentence with its plural, not only the same singular.
        old = kept.get(message.id, message.context)
        if old is not None and old.id == message.id and not old.fuzzy:
            message.string = old.string
    return fresh


def stored(language: str) -> Catalog:
    """Return the catalogue as it is kept, an empty one where there is none yet."""
    path = catalogue_path(language)
    if not path.exists():
        return Catalog(locale=language, fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, abort_invalid=True)


def as_text(catalogue: Catalog) -> bytes:
    """Return the catalogue as a .po file: which file a sentence is in, never the line, and no date."""
    out = BytesIO()
    write_po(out, catalogue, width=100, include_lineno=False, ignore_obsolete=True)
    lines = out.getvalue().splitlines(keepends=True)
    head = lines.index(b"\n")
    unwanted = tuple(f'"{name}:'.encode() for name in (*RESTLESS, *UNUSED))
    kept = [line for line in lines[:head] if not line.startswith((b"#", *unwanted))]
    return b"".join([*kept, *lines[head:]])


def as_compiled(catalogue: Catalog) -> bytes:
    """Return the catalogue compiled, the same bytes for the same translations."""
    moment = datetime(2016, 12, 14, tzinfo=UTC)  # any, so long as it is the same every time
    complete = Catalog(locale=catalogue.locale, fuzzy=False, creation_date=moment, revision_date=moment)
    for message in sentences(catalogue):
        if is_translated(message) and not message.fuzzy:
            complete.add(message.id, message.string, context=message.context)
    out = BytesIO()
    write_mo(out, complete)
    return out.getvalue()


def sentences(catalogue: Catalog) -> list[Message]:
    """Return the messages of a catalogue without its header."""
    return [message for message in catalogue if message.id]


def strings(message: Message) -> list[str]:
    """Return a sentence's translations, one for each number."""
    several = message.string if isinstance(message.string, (tuple, list)) else [message.string]
    return [string or "" for string in several]


def is_translated(message: Message) -> bool:
    """Say whether a sentence has a translation for every number."""
    return all(strings(message))


def faults(language: str) -> list[str]:
    """Return what is not in order with a language's catalogue, in words."""
    kept, wanted = stored(language), merged(language)
    known = {(message.id, message.context) for message in sentences(kept)}
    needed = {(message.id, message.context) for message in sentences(wanted)}
    found = [f"{language}: not in the catalogue: {sentence!r}" for sentence, _context in needed - known]
    found += [f"{language}: no longer in the source: {sentence!r}" for sentence, _context in known - needed]
    for message in sentences(kept):
        if message.fuzzy:
            found.append(f"{language}: fuzzy: {message.id!r}")
        elif not is_translated(message):
            found.append(f"{language}: without a translation: {message.id!r}")
        elif not placeholders_agree(message):
            found.append(f"{language}: the placeholders differ: {message.id!r}")
    compiled = catalogue_path(language).with_suffix(".mo")
    if not compiled.exists() or compiled.read_bytes() != as_compiled(kept):
        found.append(f"{language}: the compiled catalogue is not the one this source gives")
    return sorted(found)


def placeholders_agree(message: Message) -> bool:
    """Say whether a translation fills the same gaps; a singular may leave out the number."""
    wanted = placeholders(message.id if isinstance(message.id, str) else message.id[-1])
    given = [placeholders(string) for string in strings(message)]
    return given[-1] == wanted and all(less <= more for less, more in pairwise(given))


def placeholders(text: str) -> set[str]:
    """Return the gaps of a sentence that values are put into."""
    return set(PLACEHOLDER.findall(text.replace("%%", "")))
