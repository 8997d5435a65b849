"""Pages on paper: whole, with exact dates, without what can only be pressed."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from customers.models import Assignment
from partners.actor import Actor
from tests.browser.conftest import Visitor
from tests.factories import SubscriptionFactory

Visitors = Callable[..., Visitor]
PAPER = 680  # what is left of a sheet between its margins, at the size a browser prints


def on_paper(person: Visitor, address: str) -> None:
    person.open(address)
    person.page.set_viewport_size({"width": PAPER, "height": 1000})
    person.page.emulate_media(media="print", color_scheme="dark")


def test_the_customer_s_page_on_paper(visitor: Visitors, assigned: Assignment, anna: Actor) -> None:
    soon = timezone.localdate() + timedelta(days=9)
    SubscriptionFactory(customer=assigned.customer, term_end=soon)
    provider = visitor(anna)
    provider.page.context.add_cookies([{"name": "theme", "value": "dark", "url": provider.url}])
    on_paper(provider, assigned.customer.get_absolute_url())
    page = provider.page
    for pressed in (".side", ".top", ".page-actions", ".cell-link", "form", "button", "summary"):
        assert not [one for one in page.locator(pressed).all() if one.is_visible()], pressed
    assert page.locator(".print-only").is_visible()
    # What is folded on a screen, and the matrix as a table, not as a stack.
    assert page.locator(".page details li, .page details p").first.is_visible()
    assert page.locator(".matrix thead th").first.is_visible()
    assert page.evaluate("getComputedStyle(document.querySelector('.matrix tr')).display") == "table-row"
    # Ink on white, whatever theme somebody reads in.
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(23, 32, 43)"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_dates_on_paper_are_exact(visitor: Visitors, assigned: Assignment, anna: Actor) -> None:
    provider = visitor(anna)
    on_paper(provider, assigned.customer.get_absolute_url())
    shown = provider.page.evaluate(
        """() => [...document.querySelectorAll('time[title]')].map((time) => [
             getComputedStyle(time).fontSize, getComputedStyle(time, '::after').content, time.title])"""
    )
    assert shown
    assert [one for one in shown if one[0] != "0px" or one[1] != f'"{one[2]}"'] == []


def test_charts_on_paper_show_their_tables(visitor: Visitors, assigned: Assignment, anna: Actor) -> None:
    SubscriptionFactory(customer=assigned.customer)
    provider = visitor(anna)
    on_paper(provider, "/")
    charts = provider.page.locator(".chart")
    assert charts.count() == 4
    for chart in charts.all():
        assert chart.locator("svg").first.is_visible()
        assert chart.locator("table").is_visible()
