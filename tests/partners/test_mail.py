"""The outbox: written with the story, delivered once, holding no secret."""

import re
import smtplib
import threading
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core import mail as wire
from django.core.mail.backends.locmem import EmailBackend
from django.db import connections, transaction
from django.template import Context, Template
from django.template.loaders.locmem import Loader
from django.test.utils import override_settings

from partners import emails, mail
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Membership, Message, Partner, Partnership, Role
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db

TEMPLATES = {
    "emails/test/hello.subject.txt": "{% load i18n %}{% translate 'Yes' %} {{ name }}",
    "emails/test/hello.txt": (
        "Dear {{ name }},\n\n\n\n\n{{ words }}\n{{ address }}\n{{ until|date:'H:i T' }}\n{{ SITE_URL }}"
    ),
    "emails/test/hello.html": (
        "<html lang='{{ language }}'><p>{{ name }} {{ words }}</p><a href='{{ address }}'>x</a>"
    ),
}
TOLD = "https://multicanale.example/i/the-secret?a=1&b=2"


@pytest.fixture(autouse=True)
def words(monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the tests a mail of their own, and a secret for it."""
    from django.template import engines

    loader = Loader(engines["django"].engine, TEMPLATES)
    monkeypatch.setattr(
        engines["django"].engine, "template_loaders", [loader, *engines["django"].engine.template_loaders]
    )
    monkeypatch.setitem(mail._tellers, "test", lambda *args: TOLD + "".join(args))


def queue(now: datetime, **more: Any) -> Message:
    given: dict[str, Any] = {
        "to": "carla@contoso.example",
        "language": "en",
        "context": {"name": "Carla"},
        "slots": {"address": ("test",)},
        "at": now,
    }
    return mail.queue("test/hello", **{**given, **more})


class Broken(EmailBackend):
    """A mail server that says what the test wants it to say."""

    problem: Exception | None = None

    def send_messages(self, messages: Any) -> int:
        if self.problem:
            raise self.problem
        return super().send_messages(messages)


@pytest.fixture
def server(settings: Any, monkeypatch: pytest.MonkeyPatch) -> type[Broken]:
    settings.EMAIL_BACKEND = "tests.partners.test_mail.Broken"
    monkeypatch.setattr(Broken, "problem", None)
    return Broken


# --- writing it --------------------------------------------------------------------------------


def test_a_queued_mail_is_written_in_the_recipient_s_language(now: datetime) -> None:
    message = queue(now, language="it")
    assert message.subject == "Sì Carla"
    assert message.text.startswith("Dear Carla,\n\n")
    assert "\n\n\n" not in message.text
    assert "https://multicanale.example" in message.text
    assert "lang='it'" in message.html
    assert (message.status, message.due_at, message.created_at) == ("queued", now, now)


def test_an_unknown_language_falls_back(now: datetime) -> None:
    assert queue(now, language="xx").language == "en"


def test_moments_are_told_in_the_provider_s_zone(now: datetime, northwind: Partner) -> None:
    def text(**context: Any) -> str:
        return queue(now, context={"until": now, **context}).text

    assert "09:30 UTC" in text()
    assert "10:30 CET" in text(provider=northwind)


def test_a_rolled_back_story_leaves_no_mail(now: datetime) -> None:
    with transaction.atomic():
        queue(now)
        transaction.set_rollback(True)
    assert not Message.objects.exists()
    assert mail.deliver_due(now) == 0
    assert wire.outbox == []


def test_the_row_holds_a_mark_and_never_the_secret(now: datetime) -> None:
    message = queue(now)
    (mark,) = message.slots
    assert message.slots[mark] == ["test"]
    assert re.fullmatch("[0-9a-f]{32}", mark)
    assert mark in message.text
    assert mark in message.html
    assert "secret" not in str(Message.objects.values().get())
    assert set(queue(now).slots) != {mark}


def test_text_is_plain_and_html_is_escaped(now: datetime) -> None:
    message = queue(
        now, context={"name": "Tom & <b>Co</b>", "words": "http://evil.example <a href='x'>y</a>"}
    )
    assert message.subject == "Yes Tom & <b>Co</b>"
    assert "Dear Tom & <b>Co</b>" in message.text
    assert "Tom &amp; &lt;b&gt;Co&lt;/b&gt;" in message.html
    assert "<a href='x'" not in message.html
    assert 'href="http://evil' not in message.html


def test_a_subject_is_one_line_whatever_a_name_holds(now: datetime) -> None:
    subject = queue(now, context={"name": "Carla\r\nBcc: everybody@example.com\u2028" + "x" * 400}).subject
    assert subject.startswith("Yes Carla Bcc: everybody@example.com x")
    assert len(subject) == 300
    assert len(subject.splitlines()) == 1


def test_a_copied_link_is_noted_and_nothing_is_kept_or_sent(now: datetime) -> None:
    message = queue(now, copied_by="Anna Admin · Northwind Traders")
    assert (message.status, message.text, message.html, message.slots) == ("not_mailed", "", "", {})
    assert message.copied_by == "Anna Admin · Northwind Traders"
    assert mail.deliver_due(now) == 0


def test_a_preview_shows_what_stands_for_the_secret(now: datetime) -> None:
    subject, text, html = mail.preview(
        "test/hello", language="en", context={"name": "Carla"}, slots={"address": "(the link)"}
    )
    assert subject == "Yes Carla"
    assert "(the link)" in text
    assert "(the link)" in html
    assert not Message.objects.exists()


@pytest.mark.parametrize(
    "words",
    [
        "see http://evil.example/now",
        "www.evil.example",
        "evil.example",
        "HTTPS://EVIL.EXAMPLE",
        "a@evil.example",
    ],
)
def test_somebody_s_own_words_hold_nothing_a_mail_program_would_link(words: str) -> None:
    linked = re.compile(r"https?://|\b[\w-]+\.[a-z]{2,}|\w@\w", re.IGNORECASE)
    assert linked.search(words)
    shown = Template("{{ words|unlinked }}").render(Context({"words": words}))
    assert not linked.search(shown)
    assert shown.replace("\u2060", "") == words


def test_own_words_are_still_escaped_and_figures_untouched() -> None:
    shown = Template("{{ words|unlinked }}").render(
        Context({"words": "<b> 10:30, 1.500,00 € S.p.A. … ok. Bye"})
    )
    assert shown.replace("\u2060", "") == "&lt;b&gt; 10:30, 1.500,00 € S.p.A. … ok. Bye"
    assert "1.500,00" in shown


# --- the quota ---------------------------------------------------------------------------------


def test_an_address_gets_twenty_mails_a_day_and_no_more(now: datetime) -> None:
    for _ in range(mail.QUOTA):
        queue(now)
    with pytest.raises(Refused):
        queue(now + timedelta(hours=23, minutes=59))
    queue(now, to="somebody@else.example")
    queue(now + timedelta(days=1))


def test_what_has_happened_is_told_beyond_the_quota(now: datetime, anna: Actor) -> None:
    for _ in range(mail.QUOTA):
        queue(now)
    queue(now, notice=True)
    queue(now, user=anna.user)
    queue(now, copied_by="Anna")
    assert Message.objects.count() == mail.QUOTA + 3


def test_mails_to_users_and_copied_links_use_up_nothing(now: datetime, anna: Actor) -> None:
    for _ in range(mail.QUOTA):
        queue(now, to=anna.email, user=anna.user)
        queue(now, to=anna.email, copied_by="Anna")
    queue(now, to=anna.email)


# --- delivering it -----------------------------------------------------------------------------


def test_delivery_fills_the_secret_blanks_the_row_and_says_sent(now: datetime) -> None:
    message = queue(now, reply_to="anna@northwind.example")
    assert mail.deliver_due(now + timedelta(seconds=3)) == 1
    (sent,) = wire.outbox
    assert sent.to == ["carla@contoso.example"]
    assert sent.reply_to == ["anna@northwind.example"]
    assert TOLD in sent.body
    assert "the-secret?a=1&amp;b=2" in sent.alternatives[0].content
    assert sent.extra_headers == {
        "Message-ID": f"<{message.message_id}@multicanale.example>",
        "Auto-Submitted": "auto-generated",
    }
    message.refresh_from_db()
    assert (message.status, message.sent_at) == ("sent", now + timedelta(seconds=3))
    assert (message.text, message.html, message.slots, message.leased_until) == ("", "", {}, None)
    assert mail.deliver_due(now + timedelta(minutes=10)) == 0


def test_one_connection_carries_all(
    now: datetime, server: type[Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[Any] = []
    connect = mail.get_connection
    monkeypatch.setattr(mail, "get_connection", lambda: made.append(connect()) or made[-1])
    for number in range(5):
        queue(now, to=f"{number}@contoso.example")
    assert mail.deliver_due(now) == 5
    assert len(made) == 1
    assert [sent.to for sent in wire.outbox] == [[f"{number}@contoso.example"] for number in range(5)]


def test_what_users_write_cannot_become_a_mark(now: datetime) -> None:
    first = queue(now)
    (mark,) = first.slots
    second = queue(now, context={"name": mark, "words": "{{ address }} %(address)s"})
    mail.deliver_due(now)
    body = next(sent.body for sent in wire.outbox if mark in sent.body)
    assert body.count(TOLD) == 1
    assert "{{ address }} %(address)s" in body
    assert second.slots.keys() != first.slots.keys()


def test_a_secret_is_not_searched_for_other_marks() -> None:
    assert mail.fill("a b", {"a": "b", "b": "c"}) == "b c"
    assert mail.fill("a b", {}) == "a b"


def test_a_dead_link_is_not_sent_but_said(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: str) -> str:
        raise mail.Gone("The link was withdrawn.")

    monkeypatch.setitem(mail._tellers, "test", gone)
    message = queue(now)
    assert mail.deliver_due(now) == 0
    assert wire.outbox == []
    message.refresh_from_db()
    assert (message.status, message.reason, message.text, message.slots) == (
        "failed",
        "The link was withdrawn.",
        "",
        {},
    )


def test_a_secret_nobody_tells_any_more_fails_the_mail(now: datetime) -> None:
    message = queue(now, slots={"address": ("nobody-knows",)})
    mail.deliver_due(now)
    message.refresh_from_db()
    assert message.status == "failed"
    assert "nobody-knows" in message.reason


def test_a_kind_of_secret_is_told_by_what_registered_it() -> None:
    teller = mail.secret("test-kind")(lambda pk: f"told {pk}")
    assert mail.resolve("test-kind", "7") == teller("7") == "told 7"
    del mail._tellers["test-kind"]


def test_a_server_in_trouble_is_asked_again_later_and_later(now: datetime, server: type[Broken]) -> None:
    server.problem = smtplib.SMTPServerDisconnected("gone")
    message = queue(now)
    waits = []
    at = now
    while message.status == "queued":
        assert mail.deliver_due(at) == 0
        message.refresh_from_db()
        assert message.leased_until is None
        waits.append(message.due_at - at)
        at = message.due_at
    minutes = [wait / timedelta(minutes=1) for wait in waits[:-1]]
    assert minutes == [1, 4, 16, 64, 256, 720, 720]
    assert (message.attempts, message.status, message.reason) == (8, "failed", "gone")
    assert (message.text, message.slots) == ("", {})


def test_a_repeat_carries_the_same_message_id(now: datetime, server: type[Broken]) -> None:
    message = queue(now)
    server.problem = TimeoutError()
    mail.deliver_due(now)
    server.problem = None
    assert mail.deliver_due(now + timedelta(minutes=1)) == 1
    assert wire.outbox[0].extra_headers["Message-ID"] == f"<{message.message_id}@multicanale.example>"


def test_a_recipient_refused_for_good_is_not_asked_again(now: datetime, server: type[Broken]) -> None:
    server.problem = smtplib.SMTPRecipientsRefused({"carla@contoso.example": (550, b"No such user here")})
    message = queue(now)
    mail.deliver_due(now)
    message.refresh_from_db()
    assert (message.status, message.reason) == ("failed", "No such user here")


def test_a_recipient_refused_for_now_is_asked_again(now: datetime, server: type[Broken]) -> None:
    server.problem = smtplib.SMTPRecipientsRefused({"carla@contoso.example": (450, b"Mailbox busy")})
    message = queue(now)
    mail.deliver_due(now)
    message.refresh_from_db()
    assert (message.status, message.attempts) == ("queued", 1)


def test_an_impossible_address_fails_alone(now: datetime, server: type[Broken]) -> None:
    bad, good = queue(now), queue(now, to="good@contoso.example")
    Message.objects.filter(pk=bad.pk).update(to="x\n@y")
    assert mail.deliver_due(now) == 1
    bad.refresh_from_db()
    good.refresh_from_db()
    assert (bad.status, good.status) == ("failed", "sent")
    assert bad.reason


def test_a_mail_waits_for_its_time_and_its_lease(now: datetime) -> None:
    message = queue(now)
    assert mail.deliver_due(now - timedelta(seconds=1)) == 0
    Message.objects.filter(pk=message.pk).update(leased_until=now + mail.LEASE)
    assert mail.deliver_due(now + mail.LEASE) == 0
    assert mail.deliver_due(now + mail.LEASE + timedelta(seconds=1)) == 1


def test_a_worker_killed_between_sending_and_marking_repeats_the_same_mail(
    now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = queue(now)

    class Killed(BaseException):
        pass

    def die(*_args: Any, **_stamps: Any) -> None:
        raise Killed

    with monkeypatch.context() as killing:
        killing.setattr(Message, "move", die)
        with pytest.raises(Killed):
            mail.deliver_due(now)
    assert len(wire.outbox) == 1
    assert mail.deliver_due(now + timedelta(seconds=30)) == 0, "the dead worker's lease still holds"
    assert mail.deliver_due(now + timedelta(minutes=3)) == 1
    assert [sent.extra_headers["Message-ID"] for sent in wire.outbox] == [
        f"<{message.message_id}@multicanale.example>"
    ] * 2
    assert wire.outbox[0].body == wire.outbox[1].body
    message.refresh_from_db()
    assert message.status == "sent"


def test_the_slower_of_two_workers_leaves_the_quicker_one_s_word(now: datetime) -> None:
    message = queue(now)
    slow = Message.objects.get(pk=message.pk)
    assert mail.deliver_due(now) == 1
    mail._close(slow, Message.Status.FAILED, reason="too late")
    message.refresh_from_db()
    assert (message.status, message.reason) == ("sent", "")


def test_asked_to_stop_a_worker_gives_back_what_it_has_not_sent(now: datetime) -> None:
    for number in range(3):
        queue(now, to=f"{number}@contoso.example")
    asked = iter([False, True])
    assert mail.deliver_due(now, stop=lambda: next(asked)) == 1
    assert len(wire.outbox) == 1
    assert Message.objects.due(now).count() == 2


def test_a_slow_server_does_not_outlast_the_lease(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(3):
        queue(now, to=f"{number}@contoso.example")
    clock = iter([0, 1, 61])
    monkeypatch.setattr(mail.time, "monotonic", lambda: next(clock))
    assert mail.deliver_due(now) == 1
    assert Message.objects.due(now).count() == 2


def test_nothing_secret_is_logged(
    now: datetime, server: type[Broken], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    queue(now)
    server.problem = smtplib.SMTPDataError(451, TOLD.encode())
    mail.deliver_due(now)
    server.problem = None
    mail.deliver_due(now + timedelta(minutes=1))
    assert [record.name for record in caplog.records] == ["multicanale.mail"] * 2
    assert "secret" not in caplog.text
    assert "carla@" not in caplog.text


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_two_workers_send_every_mail_once(now: datetime) -> None:
    for number in range(60):
        queue(now, to=f"{number}@contoso.example")
    start = threading.Barrier(3)

    def work() -> None:
        try:
            start.wait()
            while mail.deliver_due(now, limit=5):
                pass
        finally:
            connections.close_all()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(sent.to[0] for sent in wire.outbox) == sorted(f"{n}@contoso.example" for n in range(60))
    assert Message.objects.filter(status="sent").count() == 60


# --- the ground floor's mails ------------------------------------------------------------------


def test_members_are_those_in_the_roles_who_may_sign_in(
    northwind: Partner, anna: Actor, agent: Actor, viewer: Actor, tom: Actor
) -> None:
    Membership.objects.create(
        user=UserFactory(email="gone@northwind.example", is_active=False),
        partner=northwind,
        role=Role.ACCOUNT_ADMIN,
    )
    found = emails.members(northwind, [Role.ACCOUNT_ADMIN, Role.ADMIN_AGENT])
    assert set(found) == {anna.user, agent.user}


@pytest.mark.parametrize("language", ["en", "it"])
def test_a_proposal_is_mailed_to_the_reseller_s_account_admins(
    language: str, now: datetime, partnership: Partnership, luca: Actor, fabrikam_agent: Actor, anna: Actor
) -> None:
    luca.user.language = language
    luca.user.save()
    emails.partnership_proposed(partnership, at=now)
    message = Message.objects.get()
    assert (message.to, message.user, message.language) == ("luca@fabrikam.example", luca.user, language)
    for body in (message.subject, message.text, message.html):
        assert "Northwind Traders" in body
    for body in (message.text, message.html):
        assert "2026, 11:30 CEST" in body, "thirty days later, by the reseller's clock"
        assert "https://multicanale.example/" in body


@pytest.mark.parametrize(("status", "word"), [("active", "accepted"), ("declined", "declined")])
def test_an_answer_is_mailed_to_the_provider_s_agents(
    status: str,
    word: str,
    now: datetime,
    partnership: Partnership,
    anna: Actor,
    agent: Actor,
    seller: Actor,
    luca: Actor,
) -> None:
    partnership.status = status
    emails.partnership_answered(partnership, at=now)
    assert set(Message.objects.values_list("to", flat=True)) == {anna.email, agent.email}
    message = Message.objects.first()
    assert message is not None
    for body in (message.subject, message.text, message.html):
        assert f"Fabrikam {word}" in body


EVENTS = sorted(
    str(path.relative_to("templates/emails")).removesuffix(".subject.txt")
    for path in Path("templates/emails").rglob("*.subject.txt")
)


@pytest.mark.parametrize("event", EVENTS)
def test_every_mail_has_subject_text_and_html_on_the_common_frame(event: str) -> None:
    folder = Path("templates/emails")
    text = (folder / f"{event}.txt").read_text(encoding="utf-8")
    html = (folder / f"{event}.html").read_text(encoding="utf-8")
    assert '{% extends "emails/layout.txt" %}' in text
    assert '{% extends "emails/layout.html" %}' in html
    for body in (text, html):
        assert "urlize" not in body
        assert "|safe" not in body
        bare = re.findall(r"{{ [\w.]*(?:opening|covering|reason|words|note) }}", body)
        assert bare == [], "people's own words go through the filter that unlinks them"


def test_a_mail_of_a_site_on_a_port_names_the_host_alone(now: datetime) -> None:
    with override_settings(SITE_URL="http://127.0.0.1:8000"):
        message = queue(now)
        mail.deliver_due(now)
    assert wire.outbox[0].extra_headers["Message-ID"] == f"<{message.message_id}@127.0.0.1>"
