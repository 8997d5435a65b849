"""What a customer does on the pages behind a link, in a browser."""

from collections.abc import Iterable
from uuid import UUID

from tests.browser.conftest import Visitor
from tests.conftest import TENANT


def answer(
    customer: Visitor, grants: Iterable[str] = ("Provisioning", "Support"), tenant: UUID = TENANT
) -> None:
    """Fill the invitation's page, tick these privileges and send it."""
    page = customer.page
    page.get_by_label("Full name").fill("Carla Conti")
    page.get_by_label("Microsoft ID (tenant)").fill(str(tenant))
    page.get_by_label("Country").select_option("IT")
    for privilege in grants:
        page.locator("label.choice", has_text=privilege).get_by_role("checkbox").check()
    page.get_by_label("None: no other CSP partner").check()
    page.get_by_label("I am an administrator").check()
    page.get_by_label("I accept the Microsoft customer agreement").check()
    customer.press("Accept and get the code")


def type_code(customer: Visitor, code: str, button: str) -> None:
    """Type the mailed digits."""
    customer.page.get_by_label("Six-digit code").fill(code)
    customer.press(button)


def say_it(provider: Visitor, opening: str, language: str = "English") -> None:
    """Choose the language of an invitation, which asks for the page anew, and type its opening words."""
    chosen = provider.page.get_by_label(language, exact=True)
    if not chosen.is_checked():
        with provider.page.expect_navigation():
            chosen.check()
    provider.fill(opening=opening)
