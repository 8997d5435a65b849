"""Every page of the role matrix and of the admin, opened by whoever may, in both languages and themes.

A new row of the matrix is walked without anybody touching this file.
"""

import re
from collections.abc import Callable
from itertools import cycle

import pytest
from django.contrib import admin
from django.urls import reverse
from playwright.sync_api import Error
from pytest_django.live_server_helper import LiveServer

from partners.models import User
from tests.browser import faults
from tests.browser.conftest import Visitor
from tests.house.conftest import *  # noqa: F403 - the matrix's world, with every fixture it stands on
from tests.house.conftest import World
from tests.house.matrix import ROWS
from tests.house.routes import ROUTES

Visitors = Callable[..., Visitor]
WIDTHS = {320: 640, 390: 844, 1280: 900, 1920: 1080}
# Who sees most of each kind; the provider's admin looks twice at every page.
WALKERS = ("admin", "viewer", "holder", "customer")
LOOKS = (("it", "dark", 390), ("en", "light", 1280), ("it", "light", 1280), ("en", "dark", 390))
SKIPPED = ("login", "logout", "jsi18n", "autocomplete", "view_on_site")
FILES = ("Download is starting", "net::ERR_ABORTED")  # how the browser says that an answer is a file


def pages(world: World, actor: str) -> list[tuple[str, str]]:
    """Return the name and address of every page the matrix lets somebody see."""
    rows = [row for row in ROWS if row.method == "GET" and row.expected(actor) == "200"]
    return [(str(row), world.address(row.name, dict(row.arguments))) for row in rows]


def faults_of(person: Visitor, address: str, look: tuple[str, str, int]) -> list[str]:
    """Open a page once and return everything that is wrong with it."""
    language, theme, width = look
    page = person.page
    page.set_viewport_size({"width": width, "height": WIDTHS[width]})
    page.emulate_media(color_scheme="dark" if theme == "dark" else "light")
    try:
        response = person.open(
            f"{address}?lang={language}"
        )  # which a page behind a link asks, whoever opens it
    except Error as error:
        return [] if any(words in str(error) for words in FILES) else [str(error)]
    if response.status != 200:
        return [f"answers {response.status}"]
    if not response.headers.get("content-type", "").startswith("text/html"):
        return []
    if person.shots:
        picture = "-".join(re.findall(r"[a-z]+", address)[:6])
        page.screenshot(path=person.shots / f"{picture}-{width}-{theme}-{language}.png", full_page=True)
    found = faults.of_shape(page, language) + faults.of_axe(page)
    if language == "it":
        found += faults.of_language(page)
    return found + faults.of_width(page, WIDTHS)


@pytest.mark.parametrize("actor", WALKERS)
def test_every_page_of_the_matrix_is_sound(
    actor: str, world: World, visitor: Visitors, site: LiveServer
) -> None:
    who = world.people[actor]
    person = visitor(who)
    found: list[str] = []
    visits = [
        (name, address, look)
        for (name, address), looks in zip(pages(world, actor), cycle((LOOKS[:2], LOOKS[2:])), strict=False)
        for look in (looks if actor == "admin" else looks[:1])
    ]
    assert visits
    for language in ("it", "en"):
        User.objects.update(language=language)
        for name, address, look in visits:
            if look[0] == language:
                found += [f"{name} {look}: {fault}" for fault in faults_of(person, address, look)]
                found += [f"{name} {look}: {trouble}" for trouble in person.troubles]
                person.troubles.clear()
    assert not found, f"{len(found)} faults as {actor}:\n" + "\n".join(found)


# --- the admin ----------------------------------------------------------------------------------


def admin_pages(world: World) -> list[tuple[str, str]]:
    """Return the pages of the admin that a first row, or none, is enough to open."""
    models = {model._meta.label_lower.replace(".", "_"): model for model in admin.site._registry}
    found = []
    for route in ROUTES:
        if not route.is_admin or not route.pattern.name or route.name.endswith(SKIPPED):
            continue
        if not route.arguments:
            found.append((route.name, reverse(route.name)))
        elif route.arguments == ("object_id",):
            model = models.get(route.name.removeprefix("admin:").rpartition("_")[0])
            row = model._default_manager.order_by("pk").first() if model else None
            if row is not None:
                found.append((route.name, reverse(route.name, args=[row.pk])))
    return found


@pytest.mark.parametrize("language", ["it", "en"])
def test_every_page_of_the_admin_opens(
    language: str, world: World, visitor: Visitors, site: LiveServer
) -> None:
    """They are Django's own to look at; that they answer, speak and fit is ours."""
    person = visitor(world.people["superuser"])
    User.objects.update(language=language)
    found = []
    for name, address in admin_pages(world):
        response = person.open(address)
        if response.status not in (200, 403):  # what nobody may add or delete
            found.append(f"{name}: answers {response.status}")
        elif response.status == 200:
            found += [f"{name}: {fault}" for fault in faults.of_admin(person.page, language)]
    assert not found, f"{len(found)} faults:\n" + "\n".join(found)
