"""The only custom tags: what every page says in the same way. None of them asks the database."""

import re
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django import forms, template
from django.middleware.csrf import get_token
from django.templatetags.static import static
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from partners import dates
from partners.dates import exact_day
from partners.theme import SYSTEM, THEMES, theme_of

register = template.Library()

ICONS = "vendor/bootstrap-icons/icons.svg"
NEAR = 14  # days: further away, a date says more than a count

# Where an address can be told by a program: before the slashes, inside a host name, after the at.
LINKABLE = re.compile(r":(?=//)|(?<=\w)\.(?=[^\W\d_])|@(?=\w)")

ROLES = {
    "ok": "ok open active live accepted confirmed sent fulfilled granted done completed available",
    "waiting": (
        "waiting pending pending_confirmation proposed offered requested queued draft planned placed"
        " in_progress code_sent"
    ),
    "closed": "closed declined refused refused_by_customer failed suspended not_available",
    "urgent": "urgent overdue",
    "info": "info not_mailed recorded unknown",
    "ended": (
        "ended withdrawn lapsed expired cancelled revoked given_up handed_over transferred used_up"
        " abandoned erased not_chosen"
    ),
}
ROLE_OF = {state: role for role, states in ROLES.items() for state in states.split()}


def _request(context: template.Context) -> Any:
    # An isolated include drops what the processors gave, but the context itself remembers its request.
    return getattr(context, "request", None) or context.get("request")


@register.simple_tag(takes_context=True)
def post_token(context: template.Context) -> SafeString:
    """Write the hidden fields of every form that posts: the token, and the company it is posted for."""
    request = _request(context)
    if request is None:
        return SafeString("")
    fields = format_html('<input type="hidden" name="csrfmiddlewaretoken" value="{}">', get_token(request))
    partner = getattr(getattr(request, "actor", None), "partner", None)
    if partner is None:
        return fields
    return fields + format_html('<input type="hidden" name="acting_for" value="{}">', partner.pk)


@register.simple_tag(takes_context=True)
def theme(context: template.Context) -> SafeString:
    """Write the theme somebody chose into the page's root; without a choice the system decides."""
    request = _request(context)
    chosen = theme_of(request) if request is not None else SYSTEM
    return SafeString("") if chosen == SYSTEM else format_html(' data-bs-theme="{}"', chosen)


@register.simple_tag(takes_context=True)
def themes(context: template.Context) -> list[dict[str, Any]]:
    """Return the themes to choose from, the one in use marked."""
    request = _request(context)
    now = theme_of(request) if request is not None else SYSTEM
    return [{"value": value, "label": label, "active": value == now} for value, label in THEMES.items()]


@register.simple_tag
def icon(name: str) -> SafeString:
    """Draw an icon of the sprite; the words beside it carry the meaning."""
    return format_html(
        '<svg class="icon" aria-hidden="true" focusable="false"><use href="{}#{}"></use></svg>',
        static(ICONS),
        name,
    )


@register.filter
def role(state: object) -> str:
    """Return the role that colours a state: ok, waiting, closed, urgent, ended, or info if it has none."""
    return ROLE_OF.get(str(state), "info")


@register.simple_tag
def badge(state: object, label: object) -> SafeString:
    """Write a state as a word on a soft ground; the style sheet adds the icon."""
    return format_html('<span class="state state-{}">{}</span>', role(state), label)


def day_words(day: date, today: date) -> str:
    """Return a day as people say it: a count when it is near, a date when it is not."""
    days = (day - today).days
    match days:
        case 0:
            return _("today")
        case 1:
            return _("tomorrow")
        case -1:
            return _("yesterday")
        case _ if 1 < days <= NEAR:
            return ngettext("in %(days)d day", "in %(days)d days", days) % {"days": days}
        case _ if -NEAR <= days < -1:
            return ngettext("%(days)d day ago", "%(days)d days ago", -days) % {"days": -days}
    return exact_day(day)


def moment_words(at: datetime) -> str:
    """Return a moment with its zone, in the zone of whoever reads."""
    local = timezone.localtime(at)
    days = (local.date() - timezone.localdate()).days
    named = {0: _("today"), -1: _("yesterday")}.get(days, exact_day(local.date()))
    return f"{named} {local:%H:%M} {local.tzname()}"


@register.filter(expects_localtime=True)
def day(value: date | datetime | None) -> SafeString | str:
    """Show a day in words, the exact date on hover and in print."""
    if not value:
        return ""
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    words, exact = day_words(value, timezone.localdate()), exact_day(value)
    if words == exact:
        return format_html('<time datetime="{}">{}</time>', value.isoformat(), words)
    return format_html('<time datetime="{}" title="{}">{}</time>', value.isoformat(), exact, words)


@register.filter
def exact(value: date | None) -> SafeString | str:
    """Show a day as a date, where a count would mislead: agreements, receipts, mails."""
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), exact_day(value)) if value else ""


@register.filter
def moment(value: datetime | None) -> SafeString | str:
    """Show a moment with its zone, and the full date where the words are short."""
    if not value:
        return ""
    local = timezone.localtime(value)
    full = f"{exact_day(local.date())} {local:%H:%M} {local.tzname()}"
    if full == (words := moment_words(value)):
        return format_html('<time datetime="{}">{}</time>', value.isoformat(timespec="seconds"), words)
    return format_html(
        '<time datetime="{}" title="{}">{}</time>', value.isoformat(timespec="seconds"), full, words
    )


@register.simple_tag
def this_moment() -> str:
    """Write the moment a page is made, with its zone: on paper nothing else tells."""
    local = timezone.localtime()
    return f"{exact_day(local.date())} {local:%H:%M} {local.tzname()}"


@register.filter(expects_localtime=True)
def in_full(value: date | datetime | None) -> str:
    """Write a day or a moment in full, where nothing can be shown on hover: in mails."""
    return dates.in_full(value) if value else ""


@register.filter(is_safe=True)
def elided(text: str) -> str:
    """Mend a whole text where Italian joins article and date; every page and every mail goes through it."""
    return dates.elided(text)


@register.filter
def unlinked(words: str) -> str:
    """Return somebody's own words for a mail, unseen joiners in what a mail program would make a link of."""
    return LINKABLE.sub("\\g<0>\u2060", words)


@register.simple_tag
def bars(rows: Iterable[Mapping[str, Any]], height: int = 110) -> list[dict[str, Any]]:
    """Return the rows of a chart with their places; as text, because SVG takes no decimal comma."""
    rows = list(rows)
    peak = max((row["number"] for row in rows), default=0) or 1
    slot = 100 / (len(rows) or 1)
    return [
        {
            **row,
            "x": f"{slot * (index + 0.14):.2f}%",
            "middle": f"{slot * (index + 0.5):.2f}%",
            "width": f"{slot * 0.72:.2f}%",
            "share": f"{84 * row['number'] / peak:.2f}%",  # the rest of the line is the number's
            "tall": (tall := round(height * row["number"] / peak) or 1),
            "top": 16 + height - tall,
            "above": 11 + height - tall,
        }
        for index, row in enumerate(rows)
    ]


@register.simple_tag
def refusals(form: forms.BaseForm) -> int:
    """Put the cursor into the first refused field, without a script; return how many refusals there are."""
    refused = [name for name in form.fields if name in form.errors]
    if refused:
        form.fields[refused[0]].widget.attrs["autofocus"] = True
    return len(refused) + len(form.non_field_errors())
