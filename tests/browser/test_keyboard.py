"""Through the pages without a mouse: the focus is always seen, never trapped, and goes where it is needed."""

from collections.abc import Callable

import pytest

from customers.models import AgreementVersion, Customer, InvitationLink
from partners.actor import Actor
from subscriptions.models import Subscription
from tests.browser.conftest import Visitor
from tests.conftest import Mailbox
from tests.factories import SubscriptionFactory

Visitors = Callable[..., Visitor]
MOST = 400  # presses of Tab; a page with more to reach would be a fault of its own

# Where the cursor is, and whether somebody who looks can tell: an outline, and not outside the window.
FOCUS = """() => {
  const element = document.activeElement;
  if (!element || element === document.body) return null;
  const style = getComputedStyle(element);
  const box = element.getBoundingClientRect();
  const all = [...document.querySelectorAll("*")];
  return {
    place: all.indexOf(element),
    name: `${element.tagName.toLowerCase()} ${(element.getAttribute("aria-label") || element.name
      || element.textContent).trim().slice(0, 40)}`,
    ringed: style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1,
    seen: box.width > 1 && box.height > 1 && box.bottom > 0 && box.top < innerHeight
      && box.right > 0 && box.left < innerWidth,
  };
}"""
REACHABLE = """() => [...document.querySelectorAll(
  "a[href], button:not([disabled]), input:not([type=hidden], [disabled]), select, textarea, summary")]
  .filter((element) => element.checkVisibility() && element.tabIndex >= 0)
  .filter((element) => element.type !== "radio" || element.checked
    || !document.querySelector(`input[name="${element.name}"]:checked`))
  .length"""


def tabbed(person: Visitor) -> list[str]:
    """Press Tab from the top of the page to its end; return what could not be seen on the way."""
    page = person.page
    page.evaluate("document.activeElement.blur()")
    page.evaluate("window.scrollTo(0, 0)")
    faults, places = [], []
    reachable = page.evaluate(REACHABLE)
    for _ in range(MOST):
        page.keyboard.press("Tab")
        focus = page.evaluate(FOCUS)
        if focus is None or (places and focus["place"] == places[0]):
            break
        if focus["place"] in places:
            return [*faults, f"trapped at {focus['name']}"]
        places.append(focus["place"])
        if not (focus["ringed"] and focus["seen"]):
            faults.append(f"cannot be seen: {focus}")
    else:
        faults.append("never came to an end")
    radios = page.locator("input[type=radio]").count()
    if len(places) < reachable - radios:
        faults.append(f"{len(places)} of {reachable} things were reached")
    if places != sorted(places):
        faults.append("the order is not that of the page")
    return faults


@pytest.fixture
def subscription(contoso: Customer) -> Subscription:
    """Something on the customer's page."""
    return SubscriptionFactory(customer=contoso)


@pytest.mark.parametrize("width", [390, 1280])
def test_every_step_of_the_tab_key_is_seen(
    visitor: Visitors,
    agreement: AgreementVersion,
    contoso: Customer,
    subscription: Subscription,
    link: InvitationLink,
    anna: Actor,
    mails: Mailbox,
    width: int,
) -> None:
    provider, customer = visitor(anna), visitor()
    visits = [
        (provider, "/"),
        (provider, "/customers/"),
        (provider, contoso.get_absolute_url()),
        (provider, subscription.get_absolute_url()),
        (provider, link.invitation.get_absolute_url()),
        (provider, "/invitations/new/"),
        (provider, "/settings/"),
        (customer, "/account/sign-in/"),
        (customer, mails.address("invitation_sent")),
    ]
    faults = []
    for person, address in visits:
        person.page.set_viewport_size({"width": width, "height": 844})
        person.open(address)
        faults += [f"{address.partition('/i/')[0] or address}: {fault}" for fault in tabbed(person)]
    assert not faults, "\n".join(faults)


def test_the_first_tab_offers_to_skip_the_menu(visitor: Visitors, anna: Actor) -> None:
    provider = visitor(anna)
    provider.open("/customers/")
    provider.page.keyboard.press("Tab")
    assert provider.page.evaluate("document.activeElement.className") == "skip"
    provider.page.keyboard.press("Enter")
    provider.page.keyboard.press("Tab")
    assert provider.page.evaluate("document.activeElement.closest('main') !== null")


def test_menus_open_and_close_by_keys(visitor: Visitors, anna: Actor) -> None:
    page = visitor(anna).page
    menu = page.locator("details.account")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.get_attribute("open") is not None
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.closest('details.account') !== null")
    page.keyboard.press("Escape")
    assert menu.get_attribute("open") is None
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.set_viewport_size({"width": 390, "height": 844})
    page.locator(".menu-button").focus()
    page.keyboard.press("Enter")
    assert page.locator("#side").is_visible()
    page.keyboard.press("Escape")
    assert not page.locator("#side").is_visible()
    assert page.evaluate("document.activeElement.className") == "menu-button"


def test_the_cursor_goes_to_the_first_refused_field(
    visitor: Visitors, agreement: AgreementVersion, link: InvitationLink, mails: Mailbox
) -> None:
    customer = visitor()
    customer.open(mails.address("invitation_sent"))
    customer.press("Accept and get the code")
    assert customer.says("things to correct")
    focused = customer.page.locator(":focus")
    assert focused.get_attribute("aria-invalid") == "true"
    first = customer.page.locator(".errors a").first.get_attribute("href")
    assert first == f"#{focused.get_attribute('id')}"


def test_the_cursor_goes_to_what_the_page_has_to_say(visitor: Visitors, anna: Actor) -> None:
    provider = visitor(anna)
    provider.open("/settings/")
    provider.press("Save")
    assert provider.page.locator(".notes .note").is_visible()
    assert provider.page.evaluate("document.activeElement.className") == "notes"


def test_the_theme_is_switched_by_keys_and_kept(visitor: Visitors, anna: Actor) -> None:
    page = visitor(anna).page
    for theme in ("dark", "light", "system"):
        page.locator("details.account summary").focus()
        page.keyboard.press("Enter")
        page.locator(f"button[name=theme][value={theme}]").focus()
        with page.expect_navigation():
            page.keyboard.press("Enter")
        chosen = page.evaluate("document.documentElement.dataset.bsTheme ?? 'system'")
        assert chosen == theme
    page.emulate_media(color_scheme="dark")
    bar = "getComputedStyle(document.querySelector('.top')).backgroundColor"
    assert page.evaluate(bar) == "rgb(22, 33, 43)"
