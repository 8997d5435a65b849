"""The roof's own pages: health, what answers a refused form, and the mails of development."""

from datetime import timedelta

from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.conf import settings
from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.clickjacking import xframe_options_sameorigin
from django.views.decorators.http import require_safe

from config import devmail
from partners.models import Heartbeat

SILENT_AFTER = timedelta(minutes=3)


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
@csp_replace(
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
