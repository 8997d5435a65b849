"""A real browser: chromium as Debian ships it, axe on every page, no console error left unread."""

import os
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.utils import timezone
from playwright.sync_api import Browser, ConsoleMessage, Page, Response
from pytest_django.live_server_helper import LiveServer

from partners.actor import Actor
from partners.models import User
from tests.factories import PASSWORD

# Playwright's synchronous face keeps an event loop in the tests' own thread, from the first page to the last.
os.environ.setdefault("DJANGO_ALLOW_ASYNC_UNSAFE", "true")

AXE = (Path(__file__).parent / "axe" / "axe.min.js").read_text(encoding="utf-8")
WIDTHS = {390: 844, 1280: 900}
# What stands out of a page on the right, unless something inside the page scrolls.
TOO_WIDE = """() => {
  const edge = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= edge) return [];
  const all = [...document.body.querySelectorAll("*")];
  const out = all.filter(e => e.getBoundingClientRect().right > edge + 1);
  return out.slice(0, 5).map(e => `${e.tagName}.${e.className}: ${e.textContent.trim().slice(0, 60)}`);
}"""
README_SHOTS = ("home", "customer")
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add `--shots DIR`, which keeps the README's pictures."""
    parser.addoption("--shots", help="keep the README's pictures in this folder")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what drives a browser."""
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="session")
def browser_type_launch_args() -> dict[str, Any]:
    """Find chromium; without one the journeys are skipped, in CI they fail."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        words = f"no browser: none of {', '.join(CHROMIUM)} is installed"
        if os.environ.get("CI") == "true":
            pytest.fail(words)
        pytest.skip(words)
    return {"executable_path": found, "args": list(QUIET)}


@pytest.fixture
def now() -> datetime:
    """The clock as it is: a browser and a server do not live in a moment that stands still."""
    return timezone.now()


@pytest.fixture
def site(live_server: LiveServer, settings: Any) -> LiveServer:
    """The server the addresses in mails point at."""
    settings.SITE_URL = live_server.url
    return live_server


@dataclass
class Visitor:
    """One person at a browser of their own, who looks at pages the way the tests want them looked at."""

    page: Page
    url: str
    shots: Path | None
    readme: Path | None
    user: User | None = None
    troubles: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._heard)
        self.page.on("pageerror", lambda error: self.troubles.append(f"script: {error}"))
        self.page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        # A page that answers 404 or 410 is reported too; which of them do is for the tests to say.
        if message.type == "error" and not message.text.startswith("Failed to load resource"):
            self.troubles.append(f"console: {message.text}")

    def _answered(self, response: Response) -> None:
        asset = response.request.resource_type != "document" and response.status >= 400
        if response.status >= 500 or asset:
            self.troubles.append(f"{response.status} {response.url}")

    def opens(self, address: str) -> int:
        """Say with which status an address answers."""
        return self.open(address).status

    def open(self, address: str) -> Response:
        """Go to an address, or to a path of the site."""
        response = self.page.goto(address if "://" in address else self.url + address)
        assert response is not None
        return response

    def press(self, name: str) -> None:
        """Press what has this name, or a name that begins with it, and wait for the page it leads to."""
        begins = re.compile(rf"^{re.escape(name)}\b")
        found = [self.page.get_by_role(role, name=begins) for role in ("button", "link")]
        with self.page.expect_navigation():
            (found[0] if found[0].count() else found[1]).first.click()

    def fill(self, **typed: str) -> None:
        """Type into the fields of these names."""
        for name, words in typed.items():
            self.page.locator(f"[name={name}]").fill(words)

    def select(self, **chosen: str) -> None:
        """Choose from the lists of these names, by the words shown."""
        for name, words in chosen.items():
            self.page.locator(f"select[name={name}]").select_option(label=words)

    def choose(self, *marks: str) -> None:
        """Tick the boxes of these names, and the radio buttons of these values."""
        for mark in marks:
            self.page.locator(f"input[name={mark}][type=checkbox], input[value={mark}][type=radio]").check()

    def says(self, words: str) -> bool:
        """Say whether the page's own text holds these words."""
        return words in " ".join(self.page.locator("body").inner_text().split())

    def look(self, name: str) -> None:
        """Hold the page at both widths against axe; keep pictures where they are wanted.

        Pictures in both languages load the page anew: look before something is typed.
        """
        for width, height in WIDTHS.items():
            self.page.set_viewport_size({"width": width, "height": height})
            self._examine(f"{name} at {width}")
            wide = self.page.evaluate(TOO_WIDE)
            assert not wide, f"{name} at {width} is too wide: {wide}"
        if self.readme and name in README_SHOTS:
            self.page.screenshot(path=self.readme / f"{name}.png")
        if self.shots:
            for language in ("it", "en"):
                self._speak(language)
                for width, height in WIDTHS.items():
                    self.page.set_viewport_size({"width": width, "height": height})
                    picture = self.shots / f"{name}-{width}-{language}.png"
                    self.page.screenshot(path=picture, full_page=True)

    def _examine(self, where: str) -> None:
        self.page.evaluate(AXE)
        result = self.page.evaluate("axe.run(document, {resultTypes: ['violations']})")
        bad = [
            f"{found['id']}: {found['help']} at {[node['target'] for node in found['nodes']]}"
            for found in result["violations"]
            if found["impact"] in ("serious", "critical")
        ]
        assert not bad, f"{where}:\n" + "\n".join(bad)

    def _speak(self, language: str) -> None:
        """Show the page again in another language: the person's own, else the one the browser remembers."""
        if self.user is not None:
            User.objects.filter(pk=self.user.pk).update(language=language)
        cookie = {"name": django_settings.LANGUAGE_COOKIE_NAME, "value": language, "url": self.url}
        self.page.context.add_cookies([cookie])  # type: ignore[list-item]  # a plain cookie
        self.page.reload()

    def sign_in(self, user: User, password: str = PASSWORD) -> None:
        """Sign in by the page everybody signs in by."""
        self.user = user
        self.open("/account/sign-in/")
        self.page.locator("input[name=login]").fill(user.email)
        self.page.locator("input[name=password]").fill(password)
        with self.page.expect_navigation():
            self.page.locator("form button[type=submit]").last.click()
        assert "/account/" not in self.page.url, self.page.locator("body").inner_text()


@pytest.fixture
def visitor(
    browser: Browser, site: LiveServer, request: pytest.FixtureRequest
) -> Iterator[Callable[..., Visitor]]:
    """Return a way to let somebody in; afterwards no console and no server may have complained."""
    folders = [os.environ.get("SHOTS"), request.config.getoption("--shots", None)]
    shots, readme = (Path(folder).resolve() if folder else None for folder in folders)
    for folder in filter(None, (shots, readme)):
        folder.mkdir(parents=True, exist_ok=True)
    people: list[Visitor] = []

    def let_in(actor: Actor | None = None) -> Visitor:
        context = browser.new_context(locale="en-GB", viewport={"width": 1280, "height": 900})
        context.set_default_timeout(10_000)
        person = Visitor(context.new_page(), site.url, shots, readme)
        people.append(person)
        if actor is not None:
            assert actor.user is not None, "a customer's contact has no account"
            person.sign_in(actor.user)
        return person

    yield let_in
    troubles = [trouble for person in people for trouble in person.troubles]
    for person in people:
        person.page.context.close()
    assert not troubles, "\n".join(troubles)
