"""What every page says in the same way: tokens, icons, states, days and moments, charts."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from django import forms
from django.apps import apps
from django.template import Context, RequestContext, Template
from django.template.loader import render_to_string
from django.test import RequestFactory
from django.utils import timezone, translation

from partners.models import Kind
from partners.templatetags import ui

ROOT = Path(__file__).resolve().parent.parent.parent
TODAY = date(2026, 11, 22)


@pytest.fixture(autouse=True)
def english() -> Any:
    with translation.override("en"):
        yield


def rendered(source: str, **values: Any) -> str:
    return Template(source).render(Context(values))


class NameForm(forms.Form):
    name = forms.CharField()
    reason = forms.CharField()


def test_post_token_names_the_company_acted_for() -> None:
    request = RequestFactory().get("/")
    request.actor = SimpleNamespace(partner=SimpleNamespace(pk=7, kind=Kind.DIRECT_BILL))  # type: ignore[attr-defined]
    html = Template("{% post_token %}").render(RequestContext(request))
    assert 'name="csrfmiddlewaretoken"' in html
    assert '<input type="hidden" name="acting_for" value="7">' in html


def test_post_token_without_a_company_is_the_token_alone() -> None:
    html = Template("{% post_token %}").render(RequestContext(RequestFactory().get("/")))
    assert 'name="csrfmiddlewaretoken"' in html
    assert "acting_for" not in html


def test_post_token_works_in_an_isolated_include() -> None:
    source = '{% include "components/action.html" with url="/x/" label="Resend" allowed=True only %}'
    html = Template(source).render(RequestContext(RequestFactory().get("/")))
    assert 'name="csrfmiddlewaretoken"' in html


def test_post_token_without_a_request_writes_nothing() -> None:
    assert rendered("{% post_token %}") == ""


def test_badge_escapes_its_label() -> None:
    assert (
        rendered("{% badge 'active' label %}", label="<b>") == '<span class="state state-ok">&lt;b&gt;</span>'
    )


@pytest.mark.parametrize(
    ("state", "role"),
    [
        ("active", "ok"),
        ("pending_confirmation", "waiting"),
        ("declined", "closed"),
        ("urgent", "urgent"),
        ("handed_over", "ended"),
        ("used_up", "ended"),
        ("no such state", "info"),
    ],
)
def test_every_state_has_a_role(state: str, role: str) -> None:
    assert ui.role(state) == role


def test_every_status_of_every_model_has_a_role() -> None:
    statuses = {
        value for model in apps.get_models() if hasattr(model, "Status") for value in model.Status.values
    }
    assert statuses
    assert statuses <= set(ui.ROLE_OF)


def test_no_state_has_two_roles() -> None:
    states = [state for states in ui.ROLES.values() for state in states.split()]
    assert len(states) == len(set(states))


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "today"),
        (1, "tomorrow"),
        (-1, "yesterday"),
        (2, "in 2 days"),
        (14, "in 14 days"),
        (15, "7 Dec 2026"),
        (-3, "3 days ago"),
        (-15, "7 Nov 2026"),
    ],
)
def test_day_is_said_as_people_say_it(days: int, words: str) -> None:
    assert ui.day_words(TODAY + timedelta(days=days), TODAY) == words


def test_day_keeps_the_exact_date_on_hover() -> None:
    tomorrow = timezone.localdate() + timedelta(days=1)
    assert ui.day(tomorrow) == (
        f'<time datetime="{tomorrow.isoformat()}" title="{ui.exact_day(tomorrow)}">tomorrow</time>'
    )


def test_day_far_away_needs_no_hover() -> None:
    assert ui.day(date(2031, 9, 30)) == '<time datetime="2031-09-30">30 Sep 2031</time>'
    assert ui.exact(date(2031, 9, 30)) == '<time datetime="2031-09-30">30 Sep 2031</time>'


def test_day_of_a_moment_is_the_reader_s_day() -> None:
    with timezone.override(ZoneInfo("Europe/Rome")):
        assert ">1 Oct 2031<" in ui.day(datetime(2031, 9, 30, 22, 30, tzinfo=UTC))


def test_moment_names_its_zone() -> None:
    with timezone.override(ZoneInfo("Europe/Rome")):
        assert ">30 Sep 2031 09:12 CEST<" in ui.moment(datetime(2031, 9, 30, 7, 12, tzinfo=UTC))


def test_moment_of_today_says_so_and_keeps_the_date() -> None:
    html = ui.moment(timezone.now())
    assert ">today " in html
    assert f'title="{ui.exact_day(timezone.localdate())} ' in html


@pytest.mark.parametrize("shown", [ui.day, ui.exact, ui.moment])
def test_nothing_is_shown_for_no_date(shown: Any) -> None:
    assert shown(None) == ""


def test_bars_keep_their_proportion() -> None:
    tall, short = ui.bars([{"label": "a", "number": 12}, {"label": "b", "number": 6}], height=100)
    assert (tall["tall"], short["tall"]) == (100, 50)


def test_bars_of_nothing_are_flat() -> None:
    assert ui.bars([]) == []
    assert ui.bars([{"label": "a", "number": 0}])[0]["tall"] == 1


def test_bars_have_no_decimal_comma_in_any_language() -> None:
    rows = [{"label": str(n), "number": n} for n in range(7)]
    with translation.override("it"):
        html = render_to_string("components/chart_bars.html", {"rows": rows, "title": "t"})
    places = re.findall(r' (?:x|y|width|height)="([^"]+)"', html)
    assert places
    assert not [place for place in places if "," in place]


def test_cursor_goes_to_the_first_refused_field() -> None:
    form = NameForm({"name": "Contoso"})
    html = rendered("{% include 'components/form_fields.html' with form=form only %}", form=form)
    focused = re.findall(r"<input[^>]*autofocus[^>]*>", html)
    assert len(focused) == 1
    assert 'name="reason"' in focused[0]
    assert '<a href="#id_reason">' in html


def test_summary_counts_every_refusal() -> None:
    form = NameForm({"name": "Contoso"})
    form.add_error(None, "They do not agree.")
    form.add_error(None, "At all.")
    html = rendered("{% include 'components/form_errors.html' with form=form only %}", form=form)
    assert "3 things to correct" in html


def test_every_icon_named_in_a_template_is_in_the_sprite() -> None:
    sprite = (ROOT / "static" / ui.ICONS).read_text()
    known = set(re.findall(r'id="([^"]+)"', sprite))
    named = {
        name
        for template in (ROOT / "templates").rglob("*.html")
        for name in re.findall(r"""\{% icon ["']([^"']+)["']""", template.read_text())
    }
    assert named
    assert named <= known


def test_no_template_has_an_inline_style_or_script() -> None:
    inline = re.compile(r"""\sstyle=|<style|\son[a-z]+=|<script(?![^>]*\ssrc=)""")
    pages = [page for page in (ROOT / "templates").rglob("*.html") if "emails" not in page.parts]
    tag = re.compile(r"{%.*?%}")  # what stands in Django's own is no attribute
    assert [str(page) for page in pages if inline.search(tag.sub("", page.read_text()))] == []
