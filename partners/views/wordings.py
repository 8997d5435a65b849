"""A provider's own words in its mails: which there are, one to write, and how the mail will look."""

from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from partners import wordings
from partners.errors import Refused, Stale
from partners.fields import both_versions
from partners.forms import WordsForm
from partners.models import MailText, Partner
from partners.permissions import company_of, may_edit_profile, require
from partners.requests import Request


@require_safe
def mail_texts(request: Request) -> HttpResponse:
    """List the mails a provider may begin in its own words, in every language."""
    partner = _writer(request)
    own = {(one.event, one.language): one.opening for one in MailText.objects.visible_to(request.actor)}
    rows = [
        {
            "event": event,
            "mail": label,
            "language": code,
            "name": str(name),
            "opening": own.get((event, code), ""),
        }
        for event, label in MailText.Event.choices
        for code, name in settings.LANGUAGES
    ]
    may = may_edit_profile(request.actor, partner)
    return render(request, "partners/mail_texts.html", {"rows": rows, "may_edit": may})


def _writer(request: Request) -> Partner:
    partner = company_of(request.actor)
    require(partner.owns_relationships)
    return partner


def _refuse_unknown(event: str, language: str) -> None:
    if event not in MailText.Event.values or language not in dict(settings.LANGUAGES):
        raise Http404


@require_http_methods(["GET", "HEAD", "POST"])
def mail_text(request: Request, event: str, language: str) -> HttpResponse:
    """Show a mail with its own words; posted to by an account admin, keep them."""
    partner = _writer(request)
    _refuse_unknown(event, language)
    now = wordings.words_of(partner, event, language)
    if request.method != "POST":
        form = WordsForm(initial={"opening": now, "seen": wordings.fingerprint(now)})
        return _page(request, partner, event, language, form, now)
    require(may_edit_profile(request.actor, partner))
    form = WordsForm(request.POST)
    if not form.is_valid():
        return _page(request, partner, event, language, form, now)
    opening = form.cleaned_data["opening"]
    try:
        wordings.write(
            partner,
            event,
            language,
            opening,
            seen=form.cleaned_data["seen"],
            by=request.actor,
            at=timezone.now(),
        )
    except Refused as refusal:
        form.add_error(refusal.field or None, str(refusal))
        versions: list[dict[str, str]] = []
        if isinstance(refusal, Stale):
            now = wordings.words_of(partner, event, language)
            versions = both_versions(form, {"opening": (now, opening)})
            form.data = {**form.data, "seen": wordings.fingerprint(now)}  # both have been seen
        return _page(request, partner, event, language, form, opening, versions=versions)
    messages.success(request, _("The words are saved."))
    return redirect("partners:mail-text", event, language)


@require_POST
def mail_text_preview(request: Request, event: str, language: str) -> HttpResponse:
    """Show the mail with the words typed; nothing is kept."""
    partner = _writer(request)
    _refuse_unknown(event, language)
    require(may_edit_profile(request.actor, partner))
    form = WordsForm(request.POST)
    typed = form.cleaned_data["opening"] if form.is_valid() else ""
    return _page(request, partner, event, language, form, typed)


def _page(
    request: Request,
    partner: Partner,
    event: str,
    language: str,
    form: WordsForm,
    opening: str,
    **more: Any,
) -> HttpResponse:
    subject, text = wordings.sample_of(partner, event, language, opening, at=timezone.now())
    return render(
        request,
        "partners/mail_text.html",
        {
            "form": form,
            "may_edit": may_edit_profile(request.actor, partner),
            "mail": MailText.Event(event).label,
            "event": event,
            "language": language,
            "language_name": dict(settings.LANGUAGES)[language],
            "opening": opening,
            "subject": subject,
            "text": text,
            **more,
        },
    )
