"""Health, the answer to a stale form, and the mails of development."""

from datetime import datetime, timedelta
from http import HTTPStatus
from pathlib import Path
from typing import Any

import pytest
from django.core.mail import EmailMultiAlternatives, get_connection
from django.db import OperationalError
from django.test import Client

from config import devmail
from partners.models import Heartbeat

# --- health ------------------------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize(("seconds", "worker"), [(0, "ok"), (180, "ok"), (181, "silent")])
def test_health_says_when_the_worker_is_silent(
    seconds: int, worker: str, client: Client, now: datetime
) -> None:
    Heartbeat.objects.create(name="worker", at=now - timedelta(seconds=seconds))
    answer = client.get("/healthz")
    assert answer.status_code == HTTPStatus.OK
    assert answer.json() == {"database": "ok", "worker": worker, "worker_seen_seconds_ago": seconds}
    assert "no-store" in answer["Cache-Control"]


@pytest.mark.django_db
def test_health_without_any_worker_yet(client: Client) -> None:
    assert client.get("/healthz").json()["worker"] == "silent"
    assert client.head("/healthz").status_code == HTTPStatus.OK
    assert client.post("/healthz").status_code == HTTPStatus.METHOD_NOT_ALLOWED


@pytest.mark.django_db
def test_health_fails_with_the_database(client: Client, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_filters: Any) -> None:
        raise OperationalError("postgres://user:password@host")

    monkeypatch.setattr(Heartbeat.objects, "filter", fail)
    answer = client.get("/healthz")
    assert answer.status_code == HTTPStatus.SERVICE_UNAVAILABLE
    assert answer.json() == {"database": "unreachable", "worker": "unknown"}


@pytest.mark.django_db
def test_health_costs_one_query(client: Client, django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(1):
        client.get("/healthz")


# --- every answer's headers --------------------------------------------------------------------


@pytest.mark.django_db
@pytest.mark.parametrize("address", ["/healthz", "/account/sign-in/", "/nowhere/"])
def test_every_answer_carries_the_headers(address: str, client: Client) -> None:
    answer = client.get(address)
    policy = answer["Content-Security-Policy"]
    assert "default-src 'self'" in policy
    assert "frame-ancestors 'none'" in policy
    assert "unsafe" not in policy
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert answer["X-Frame-Options"] == "DENY"
    assert answer["Referrer-Policy"] == "same-origin"


@pytest.mark.django_db
def test_a_form_without_its_token_gets_a_page_that_says_what_to_do(settings: Any) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/account/sign-in/", {"login": "x"})
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "Nothing was done" in answer.content.decode()
    assert "default-src 'self'" in answer["Content-Security-Policy"]


# --- development's mails -----------------------------------------------------------------------


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DEV_MAIL = tmp_path / "mail"
    return settings.DEV_MAIL


@pytest.fixture
def sent(folder: Path, capsys: pytest.CaptureFixture[str]) -> devmail.Kept:
    mail = EmailMultiAlternatives(
        "Ciao è pronto",
        "Il codice è 123456.\nhttps://multicanale.example/i/secret\n<b>&",
        to=["carla@contoso.example"],
        reply_to=["anna@northwind.example"],
        headers={"Message-ID": "<one@multicanale.example>"},
    )
    mail.attach_alternative(
        "<html><head></head><body style='color:red'><a href='/x'>Apri è</a></body></html>", "text/html"
    )
    assert get_connection("config.devmail.Backend").send_messages([mail]) == 1
    return devmail.kept()[0]


def test_a_mail_becomes_a_file_and_is_said_on_the_console(
    sent: devmail.Kept, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [path.suffix for path in folder.iterdir()] == [".eml"]
    assert (sent.subject, sent.to, sent.reply_to) == (
        "Ciao è pronto",
        "carla@contoso.example",
        "anna@northwind.example",
    )
    assert "Il codice è 123456." in sent.text
    assert "Apri è" in sent.html


def test_the_newest_mail_comes_first_and_the_oldest_go(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devmail, "KEPT", 3)
    for number in range(5):
        get_connection("config.devmail.Backend").send_messages(
            [EmailMultiAlternatives(f"Mail {number}", "x", to=["a@b.example"])]
        )
    assert [mail.subject for mail in devmail.kept()] == ["Mail 4", "Mail 3", "Mail 2"]
    assert devmail.kept()[0].html == ""


def test_the_console_says_who_gets_what(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    mail = EmailMultiAlternatives("Your code", "It is 123456.", to=["carla@contoso.example"])
    get_connection("config.devmail.Backend").send_messages([mail])
    assert capsys.readouterr().out == "\nMail to carla@contoso.example: Your code\nIt is 123456.\n"


@pytest.mark.django_db
def test_outside_development_there_is_no_such_page(sent: devmail.Kept, client: Client) -> None:
    for address in ("/dev/mail/", f"/dev/mail/{sent.name}/", f"/dev/mail/{sent.name}/html/"):
        assert client.get(address).status_code == HTTPStatus.NOT_FOUND


@pytest.mark.django_db
def test_the_page_lists_and_shows_each_mail_as_its_recipient_sees_it(
    sent: devmail.Kept, client: Client, settings: Any
) -> None:
    settings.DEBUG = True
    page = client.get("/dev/mail/").content.decode()
    assert "Ciao è pronto" in page
    assert "carla@contoso.example" in page
    answer = client.get(f"/dev/mail/{sent.name}/")
    page = answer.content.decode()
    assert "Il codice è 123456." in page
    assert 'href="https://multicanale.example/i/secret"' in page
    assert "&lt;b&gt;&amp;" in page
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in page
    assert "unsafe" not in answer["Content-Security-Policy"]


@pytest.mark.django_db
def test_the_html_stands_in_a_frame_with_a_policy_of_its_own(
    sent: devmail.Kept, client: Client, settings: Any
) -> None:
    settings.DEBUG = True
    answer = client.get(f"/dev/mail/{sent.name}/html/")
    assert "Apri è" in answer.content.decode()
    assert '<base target="_blank">' in answer.content.decode()
    directives = dict(
        part.split(" ", 1) for part in answer["Content-Security-Policy"].split("; ") if " " in part
    )
    assert directives["style-src"] == "'unsafe-inline'"
    assert directives["default-src"] == "'none'"
    assert directives["frame-ancestors"] == "'self'"
    assert "script-src" not in directives
    assert answer["X-Frame-Options"] == "SAMEORIGIN"


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["nothing", "..", "..%2F..%2F.env", "*", "x" * 5000])
def test_no_other_file_can_be_read(name: str, sent: devmail.Kept, client: Client, settings: Any) -> None:
    settings.DEBUG = True
    (settings.DEV_MAIL.parent / ".env").write_text("SECRET_KEY=x")
    for address in (f"/dev/mail/{name}/", f"/dev/mail/{name}/html/"):
        assert client.get(address, follow=True).status_code in (HTTPStatus.NOT_FOUND, HTTPStatus.OK)
        assert b"SECRET_KEY" not in client.get(address, follow=True).content


@pytest.mark.django_db
def test_before_the_first_mail_the_page_says_so(folder: Path, client: Client, settings: Any) -> None:
    settings.DEBUG = True
    assert "Nothing has been sent yet" in client.get("/dev/mail/").content.decode()
