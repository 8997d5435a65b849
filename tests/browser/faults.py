"""What can be wrong with a page, whichever it is."""

import re
from collections.abc import Callable
from functools import cache
from typing import Any

from babel.messages.pofile import read_po
from playwright.sync_api import Page

from config.management.commands.catalogues import catalogue_path
from tests.browser.conftest import AXE, TOO_WIDE

# What a reader sees or hears, but for what says itself that it is in another language.
WORDS = """(language) => {
  const found = new Set();
  const mine = (element) => (element.closest("[lang]")?.lang || language) === language;
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const words = walker.currentNode.textContent.replace(/\\s+/g, " ").trim();
    const parent = walker.currentNode.parentElement;
    if (!words || !mine(parent) || parent.closest("script, style, textarea")) continue;
    if (parent.checkVisibility()) found.add(words);
  }
  for (const element of document.body.querySelectorAll("[aria-label],[title],[placeholder],[data-copied]")) {
    if (!mine(element)) continue;
    for (const name of ["aria-label", "title", "placeholder", "data-copied"]) {
      if (element.getAttribute(name)) found.add(element.getAttribute(name).trim());
    }
  }
  return [...found];
}"""
SHAPE = """() => ({
  title: document.title,
  language: document.documentElement.lang,
  headings: document.querySelectorAll("h1").length,
  low: [...document.querySelectorAll(".btn, .chip, .menu-button, .menu-item, .form-select, summary, .side a")]
    .filter((element) => element.checkVisibility() && element.getBoundingClientRect().height < 43.5)
    .map((element) => element.textContent.trim().slice(0, 40)),
})"""
GAP = re.compile(r"%\(\w+\)[a-z]|%[sd]|\{\w*\}|<[^>]+>")
ELISION = re.compile(r"\b(il|al|dal|del|nel) (8|11)\b", re.IGNORECASE)


def of_axe(page: Page) -> list[str]:
    """Return what axe finds, of any weight."""
    if not page.evaluate("typeof axe !== 'undefined'"):
        page.evaluate(AXE)
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"axe {found['id']}: {found['help']} at {[node['target'] for node in found['nodes']][:4]}"
        for found in result["violations"]
    ]


def of_width(page: Page, widths: dict[int, int]) -> list[str]:
    """Return where a page is wider than the window."""
    found = []
    for width, height in widths.items():
        page.set_viewport_size({"width": width, "height": height})
        found += [f"too wide at {width}: {one}" for one in page.evaluate(TOO_WIDE)]
    return found


def of_shape(page: Page, language: str) -> list[str]:
    """Return what every page must say of itself and does not; on a narrow one, what a thumb misses."""
    shape: dict[str, Any] = page.evaluate(SHAPE)
    found = []
    if not shape["title"].strip(" ·").removesuffix("Multicanale").strip(" ·"):
        found.append(f"no title: {shape['title']!r}")
    if shape["language"] != language:
        found.append(f"says it is in {shape['language']!r}")
    if shape["headings"] != 1:
        found.append(f"{shape['headings']} headings of the first rank")
    narrow = page.viewport_size is not None and page.viewport_size["width"] < 500
    return found + [f"too low for a thumb: {words}" for words in (shape["low"] if narrow else ())]


def of_admin(page: Page, language: str) -> list[str]:
    """Return what is wrong with a page of Django's own making: only what its content, ours, can do."""
    shape: dict[str, Any] = page.evaluate(SHAPE)
    found = [] if shape["language"].startswith(language) else [f"says it is in {shape['language']!r}"]
    # What a cell or a field holds is whatever somebody wrote; everything around it is ours to say.
    page.evaluate("document.querySelectorAll('td, .readonly, option').forEach((cell) => cell.remove())")
    return found + (of_language(page) if language == "it" else [])


def of_language(page: Page) -> list[str]:
    """Return the English words on a page in Italian, and articles that should have been joined."""
    words = page.evaluate(WORDS, "it")
    return [f"not in Italian: {one}" for one in words if is_english(one) or ELISION.search(one)]


@cache
def is_english(words: str) -> bool:
    """Say whether words are a sentence of the source that has another form in Italian."""
    plain, gapped = _sentences()
    return words in plain or any(sentence(words) for sentence in gapped)


@cache
def _sentences() -> tuple[set[str], list[Callable[[str], Any]]]:
    with catalogue_path("it").open("rb") as file:
        catalogue = read_po(file, locale="it")
    plain, gapped, italian = set(), [], set()
    for message in catalogue:
        forms = message.id if isinstance(message.id, tuple) else (message.id,)
        said = message.string if isinstance(message.string, tuple) else (message.string,)
        italian |= {" ".join(one.split()) for one in said if one}
        for form in {" ".join(form.split()) for form in forms if form} - set(said):
            # A gap may hold anything; what is around it must be enough to know the sentence by.
            if not GAP.search(form):
                plain.add(form)
            elif len(GAP.sub("", form)) > 12:
                pattern = ".+?".join(re.escape(part) for part in GAP.split(form))
                gapped.append(re.compile(pattern).fullmatch)
    return plain - italian, gapped
