"""The roof's own pages: home, health, what answers a refused form, and the mails of development."""

from datetime import timedelta

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from config import devmail
from customers.permissions import may_invite
from partners.models import Heartbeat
from partners.requests import Request
from partners.templatetags.ui import exact_day
from subscriptions import attention, figures
from subscriptions.figures import MOST_RULED
from subscriptions.permissions import may_put_off
from subscriptions.views.attention import row, tiles
from subscriptions.vocabulary import Path

SILENT_AFTER = timedelta(minutes=3)
SHOWN = 10  # things of the queue; all of them have a page of their own


@require_safe
def home(request: Request) -> HttpResponse:
    """Show what waits, what is due first on top; the numbers above it filter the page that lists it all."""
    actor, at = request.actor, timezone.now()
    if actor.partner is None:
        return redirect("admin:index")
    queue = attention.waiting(actor, at)
    items = queue.items()
    request.nav_counts = {"home": len(items)}
    ruled = figures.paths(actor, at)
    return render(
        request,
        "home.html",
        {
            "greeting": greeting(timezone.localtime(at).hour),
            "name": actor.user.get_short_name() if actor.user else "",
            "number": len(items),
            "first": items[0].when(queue.today) if items and items[0].due else "",
            "tiles": tiles(queue),
            "items": [row(item, queue, may=may_put_off(actor)) for item in items[:SHOWN]],
            "more": len(items) - SHOWN,
            "weeks": [
                {
                    "label": _("Week of %(day)s") % {"day": exact_day(monday)},
                    "short": str(monday.isocalendar().week),
                    "number": number,
                    "role": "urgent" if place == 0 and number else "",
                }
                for place, (monday, number) in enumerate(queue.weeks())
            ],
            "channels": [
                {
                    "label": channel.label,
                    "number": number,
                    "url": reverse("subscriptions:subscriptions", query={"channel": channel.value}),
                }
                for channel, number in attention.channels(actor, at)
            ],
            "paths": [
                {
                    "label": path.label if path else _("No path is open"),
                    "number": number,
                    "role": "" if path and path != Path.MANUAL_REVIEW else "muted",
                    "url": reverse("subscriptions:subscriptions", query={"path": path.value}) if path else "",
                }
                for path, number in ruled
            ],
            "newest": MOST_RULED if sum(number for _path, number in ruled) >= MOST_RULED else 0,
            "funnel": [{"label": label, "number": number} for label, number in figures.funnel(actor, at)],
            "funnel_days": figures.FUNNEL_DAYS,
            "may_invite": may_invite(actor),
            "is_reseller": actor.partner.is_reseller,
        },
    )


def greeting(hour: int) -> str:
    """Return the greeting of an hour of the day."""
    if hour < 12:
        return _("Good morning")
    return _("Good afternoon") if hour < 18 else _("Good evening")


@login_not_required
@never_cache
@require_safe
def healthz(request: HttpRequest) -> JsonResponse:
    """Say whether the database answers (else 503) and whether the worker is alive (200 all the same)."""
    try:
        seen = Heartbeat.objects.filter(name="worker").values_list("at", flat=True).first()
    except DatabaseError:
        return JsonResponse({"database": "unreachable", "worker": "unknown"}, status=503)
    if seen is None:
        return JsonResponse({"database": "ok", "worker": "silent", "worker_seen_seconds_ago": None})
    silence = timezone.now() - seen
    return JsonResponse(
        {
            "database": "ok",
            "worker": "silent" if silence > SILENT_AFTER else "ok",
            "worker_seen_seconds_ago": max(0, round(silence.total_seconds())),
        }
    )


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form whose token is missing or stale with a page that says what to do."""
    return render(request, "403_csrf.html", status=403)


# --- development only --------------------------------------------------------------------------


def refuse_outside_development() -> None:
    """Answer 404 unless this is a developer's machine: the mails hold links and codes."""
    if not settings.DEBUG:
        raise Http404


@login_not_required
@never_cache
@require_safe
def dev_mails(request: HttpRequest) -> HttpResponse:
    """List the mails sent on this machine, the newest first."""
    refuse_outside_development()
    return render(request, "dev/mails.html", {"mails": devmail.kept()})


@login_not_required
@never_cache
@require_safe
def dev_mail(request: HttpRequest, name: str) -> HttpResponse:
    """Show one mail as its recipient sees it: the HTML, and the text."""
    refuse_outside_development()
    mail = devmail.find(name)
    if mail is None:
        raise Http404
    return render(request, "dev/mail.html", {"mail": mail})


@login_not_required
@never_cache
@require_safe
@xframe_options_sameorigin
@csp_replace(  # type: ignore[arg-type]  # its types know no view with an argument
    {
        "default-src": [NONE],
        "style-src": [UNSAFE_INLINE],  # mail programs know no style but the inline one
        "img-src": ["data:"],
        "frame-ancestors": [SELF],
    }
)
def dev_mail_html(request: HttpRequest, name: str) -> HttpResponse:
    """Serve the HTML of one mail by itself, for the frame of the page above."""
    refuse_outside_development()
    mail = devmail.find(name)
    if mail is None:
        raise Http404
    # Links leave the frame, as they leave the mail program.
    return HttpResponse(mail.html.replace("<head>", '<head><base target="_blank">', 1))
