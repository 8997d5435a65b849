"""Light, dark or the system's: kept by the browser, written into the page's root by the server."""

import pytest
from django.conf import settings
from django.test import Client
from django.urls import reverse

from partners.actor import Actor
from partners.theme import THEMES

pytestmark = pytest.mark.django_db
DOOR = "/account/sign-in/"


def root(client: Client, address: str = DOOR) -> str:
    page = client.get(address).content.decode()
    return page[page.index("<html") : page.index("<head>")]


def test_theme_is_the_system_s_until_somebody_chooses(client: Client) -> None:
    assert "data-bs-theme" not in root(client)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_theme_chosen_is_kept_by_the_browser(client: Client, theme: str) -> None:
    response = client.post(reverse("set_theme"), {"theme": theme, "next": DOOR})
    assert (response.status_code, response["Location"]) == (302, DOOR)
    cookie = response.cookies[settings.THEME_COOKIE_NAME]
    assert cookie["httponly"]
    assert cookie["samesite"] == "Lax"
    assert f'data-bs-theme="{theme}"' in root(client)


def test_theme_of_the_system_forgets_the_choice(client: Client) -> None:
    client.post(reverse("set_theme"), {"theme": "dark"})
    client.post(reverse("set_theme"), {"theme": "system"})
    assert "data-bs-theme" not in root(client)


def test_theme_of_a_public_page_is_an_address(client: Client) -> None:
    assert 'data-bs-theme="dark"' in root(client, f"{DOOR}?theme=dark")
    assert 'data-bs-theme="dark"' in root(client)
    page = client.get(DOOR).content.decode()
    assert [value for value in THEMES if f"?theme={value}" in page] == list(THEMES)


@pytest.mark.parametrize("typed", ["pink", '"><script>', ""])
def test_theme_nobody_knows_changes_nothing(client: Client, typed: str) -> None:
    assert settings.THEME_COOKIE_NAME not in client.post(reverse("set_theme"), {"theme": typed}).cookies
    assert settings.THEME_COOKIE_NAME not in client.get(DOOR, {"theme": typed}).cookies
    client.cookies[settings.THEME_COOKIE_NAME] = typed
    assert "data-bs-theme" not in root(client)


def test_theme_never_leads_to_another_site(client: Client) -> None:
    response = client.post(reverse("set_theme"), {"theme": "dark", "next": "https://elsewhere.example/"})
    assert response["Location"] == "/"


def test_theme_is_offered_in_the_account_menu(client: Client, anna: Actor) -> None:
    assert anna.user is not None
    client.force_login(anna.user)
    page = client.get(reverse("partners:profile")).content.decode()
    assert f'action="{reverse("set_theme")}"' in page
    assert "?theme=" not in page
