"""Signing in: the same answer for known and unknown, slowed down, and nobody locked out by a stranger."""

import logging
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Any

import pytest
import time_machine
from django.core import mail as wire
from django.core.cache import cache
from django.test import Client
from django.urls import NoReverseMatch, path, reverse

from config.logs import HideSecretPaths, hide
from config.urls import urlpatterns as ours
from partners import accounts, mail
from partners.actor import Actor
from partners.models import Message, User
from tests.factories import PASSWORD, UserFactory
from tests.partners.test_middleware import probe

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

SIGN_IN = "/account/sign-in/"
RESET = "/account/password/reset/"
NEW = "another walk along the canal"

urlpatterns = [path("", probe, name="home"), *ours]


@pytest.fixture(autouse=True)
def forget_the_throttles() -> None:
    cache.clear()


@pytest.fixture
def user(now: datetime) -> User:
    return UserFactory(email="anna@northwind.example", name="Anna Admin")


def sign_in(client: Client, email: str, password: str = PASSWORD, **more: Any) -> Any:
    return client.post(SIGN_IN, {"login": email, "password": password}, **more)


def is_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


def said(answer: Any) -> str:
    """Return what a page says, without what differs on every request."""
    return re.sub(r'name="csrfmiddlewaretoken" value="\w+"', "", answer.content.decode())


# --- signing in --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "typed", ["anna@xn--bcher-kva.example", " ANNA@Bücher.Example ", "anna@BÜCHER.example"]
)
def test_a_person_signs_in_however_the_address_is_typed(typed: str, client: Client, user: User) -> None:
    UserFactory(email="anna@bücher.example")
    answer = sign_in(client, typed)
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/")
    assert is_in(client)


def test_the_way_on_stays_inside(client: Client, user: User) -> None:
    assert sign_in(client, user.email, QUERY_STRING="next=/profile/")["Location"] == "/profile/"
    other = Client()
    assert sign_in(other, user.email, QUERY_STRING="next=//evil.example/")["Location"] == "/"


def test_wrong_unknown_and_passwordless_get_the_same_answer(client: Client, user: User) -> None:
    UserFactory(email="new@northwind.example", password=None)
    answers = {
        said(sign_in(Client(), address, "wrong wrong wrong")).replace(address, "X")
        for address in (user.email, "nobody@northwind.example", "new@northwind.example")
    }
    assert len(answers) == 1
    assert "not correct" in answers.pop()


def test_a_closed_account_stays_closed_and_says_so_to_its_owner_only(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    wrong = sign_in(client, user.email, "wrong wrong wrong")
    right = sign_in(client, user.email)
    assert "inactive" not in wrong.content.decode()
    assert "inactive" in right.content.decode()
    assert not is_in(client)


def test_an_old_way_of_spelling_sign_up_is_not_there() -> None:
    for name in ("account_signup", "account_email", "account_set_password", "socialaccount_connections"):
        with pytest.raises(NoReverseMatch):
            reverse(name)


@pytest.mark.parametrize(
    "posted", [{}, {"login": "x"}, {"login": "\x00@x.it", "password": "\x00"}, {"login": "x" * 10_000}]
)
def test_bad_input_gets_the_form_back(posted: dict[str, str], client: Client, db: None) -> None:
    answer = client.post(SIGN_IN, posted)
    assert answer.status_code == HTTPStatus.OK
    assert "invalid-feedback" in answer.content.decode()


# --- throttles ---------------------------------------------------------------------------------


def guess(email: str, times: int, address: str) -> Any:
    for _ in range(times):
        answer = sign_in(Client(), email, "wrong wrong wrong", REMOTE_ADDR=address)
    return answer


def test_guessing_is_slowed_down_per_account(client: Client, user: User) -> None:
    guess(user.email, 5, "203.0.113.1")
    assert "Too many" in sign_in(client, user.email, REMOTE_ADDR="203.0.113.2").content.decode()
    assert not is_in(client)


def test_the_throttle_does_not_tell_whether_the_account_exists(user: User) -> None:
    known = said(guess(user.email, 6, "203.0.113.1")).replace(user.email, "X")
    unknown = said(guess("nobody@northwind.example", 6, "203.0.113.9")).replace(
        "nobody@northwind.example", "X"
    )
    assert known == unknown
    assert "Too many" in known


def test_guessing_is_slowed_down_per_address(user: User) -> None:
    for number in range(10):
        guess(f"person{number}@northwind.example", 1, "203.0.113.1")
    client = Client()
    assert "Too many" in sign_in(client, user.email, REMOTE_ADDR="203.0.113.1").content.decode()
    assert sign_in(Client(), user.email, REMOTE_ADDR="203.0.113.2").status_code == HTTPStatus.FOUND


def test_a_stranger_cannot_lock_a_person_out_of_her_own_browser(client: Client, user: User) -> None:
    sign_in(client, user.email, REMOTE_ADDR="198.51.100.1")
    client.post("/account/sign-out/")
    guess(user.email, 5, "203.0.113.1")
    assert sign_in(client, user.email, REMOTE_ADDR="198.51.100.1").status_code == HTTPStatus.FOUND
    assert is_in(client)


def test_her_own_browser_has_five_tries_too(client: Client, user: User) -> None:
    sign_in(client, user.email)
    client.post("/account/sign-out/")
    for _ in range(5):
        sign_in(client, user.email, "wrong wrong wrong")
    assert "Too many" in sign_in(client, user.email).content.decode()


def test_a_browser_is_known_for_its_own_account_only(client: Client, user: User) -> None:
    other = UserFactory(email="alex@northwind.example")
    sign_in(client, other.email)
    client.post("/account/sign-out/")
    guess(user.email, 5, "203.0.113.1")
    assert "Too many" in sign_in(client, user.email, REMOTE_ADDR="198.51.100.1").content.decode()


@pytest.mark.parametrize("forged", ["", "x", "x" * 9000, "eyJhY2NvdW50IjoiMCJ9:1:x"])
def test_a_forged_cookie_makes_no_browser_known(forged: str, client: Client, user: User) -> None:
    guess(user.email, 5, "203.0.113.1")
    client.cookies["device"] = forged
    assert "Too many" in sign_in(client, user.email, REMOTE_ADDR="198.51.100.1").content.decode()


def test_the_cookie_says_nothing_about_the_person(client: Client, user: User) -> None:
    cookie = sign_in(client, user.email).cookies["device"]
    assert (cookie["httponly"], cookie["samesite"], cookie["path"]) == (True, "Lax", "/")
    assert "anna" not in cookie.value


def test_a_new_password_opens_the_door_a_stranger_jammed(client: Client, user: User) -> None:
    guess(user.email, 5, "203.0.113.1")
    follow_reset(client, user)
    assert sign_in(client, user.email, NEW, REMOTE_ADDR="198.51.100.1").status_code == HTTPStatus.FOUND


def test_behind_a_proxy_the_client_s_own_address_counts(client: Client, user: User, settings: Any) -> None:
    settings.ALLAUTH_TRUSTED_PROXY_COUNT = 1
    for number in range(10):
        sign_in(
            Client(),
            f"person{number}@northwind.example",
            "wrong wrong wrong",
            REMOTE_ADDR="10.0.0.1",
            HTTP_X_FORWARDED_FOR=f"198.51.100.{number}, 203.0.113.1",
        )
    through = {"REMOTE_ADDR": "10.0.0.1"}
    blocked = sign_in(Client(), user.email, HTTP_X_FORWARDED_FOR="198.51.100.77, 203.0.113.1", **through)
    assert "Too many" in blocked.content.decode()
    assert (
        sign_in(client, user.email, HTTP_X_FORWARDED_FOR="203.0.113.2", **through).status_code
        == HTTPStatus.FOUND
    )


# --- a new password ----------------------------------------------------------------------------


def follow_reset(client: Client, user: User, password: str = NEW) -> Any:
    client.post(RESET, {"email": user.email})
    return choose(client, mailed_address(), password)


def mailed_address() -> str:
    mail.deliver_due(Message.objects.latest("pk").due_at)
    found = re.search(
        r"https://multicanale\.example(/account/password/reset/key/\S+)", str(wire.outbox[-1].body)
    )
    assert found
    return found[1]


def choose(client: Client, address: str, password: str = NEW) -> Any:
    page = client.get(address)
    if page.status_code != HTTPStatus.FOUND:
        return page
    return client.post(page["Location"], {"password1": password, "password2": password})


def test_known_and_unknown_addresses_get_the_same_answer(client: Client, user: User) -> None:
    answers = []
    for address in (user.email, "nobody@northwind.example"):
        visitor = Client()
        answer = visitor.post(RESET, {"email": address})
        answers.append((answer.status_code, answer["Location"], said(visitor.get(answer["Location"]))))
    assert answers[0] == answers[1]
    assert answers[0][1] == "/account/password/reset/done/"
    assert list(Message.objects.values_list("to", flat=True)) == [user.email]


def test_the_mail_is_in_the_person_s_language_from_site_url(client: Client, user: User) -> None:
    User.objects.update(language="it")
    client.post(RESET, {"email": "ANNA@northwind.example"}, HTTP_HOST="localhost", HTTP_ACCEPT_LANGUAGE="en")
    message = Message.objects.get()
    assert (message.to, message.language, message.event) == (user.email, "it", "account/password_reset_key")
    assert "reset/key" not in message.text + message.html + str(message.slots)
    assert "13:30 UTC" in message.text
    mailed_address()
    assert "localhost" not in str(wire.outbox[-1].message())


def test_a_new_password_is_chosen_once_and_told_to_its_owner(client: Client, user: User) -> None:
    signed_in_elsewhere = Client()
    sign_in(signed_in_elsewhere, user.email)
    client.post(RESET, {"email": user.email})
    address = mailed_address()
    assert choose(client, address)["Location"] == "/account/password/reset/key/done/"
    assert client.get("/account/password/reset/key/done/").status_code == HTTPStatus.OK
    assert not is_in(client)
    assert sign_in(client, user.email).status_code == HTTPStatus.OK
    assert sign_in(client, user.email, NEW).status_code == HTTPStatus.FOUND
    assert signed_in_elsewhere.get("/profile/").status_code == HTTPStatus.FOUND, "other sessions end"
    assert Message.objects.latest("pk").event == "account/password_changed"
    dead = choose(Client(), address, "yet another walk along")
    assert dead.status_code == HTTPStatus.OK
    assert user.check_password(PASSWORD)
    user.refresh_from_db()
    assert user.check_password(NEW)


@pytest.mark.parametrize("password", ["eleven-long", "password1234", "anna@northwind", "Anna-Admin-1"])
def test_a_weak_password_is_refused(password: str, client: Client, user: User) -> None:
    assert follow_reset(client, user, password).status_code == HTTPStatus.OK
    user.refresh_from_db()
    assert user.check_password(PASSWORD)


def test_a_reset_link_dies_after_four_hours(client: Client, user: User, now: datetime) -> None:
    client.post(RESET, {"email": user.email})
    address = mailed_address()
    with time_machine.travel(now + timedelta(hours=3, minutes=59), tick=False):
        assert Client().get(address).status_code == HTTPStatus.FOUND
    with time_machine.travel(now + timedelta(hours=4, minutes=1), tick=False):
        assert Client().get(address).status_code == HTTPStatus.OK


def test_a_forged_reset_link_gets_a_calm_page(client: Client, user: User) -> None:
    for key in ("1-x", "1-" + "x" * 9000, "zzzzzzzzzzzzzz-set-password", f"{user.pk}-set-password"):
        answer = client.get(f"/account/password/reset/key/{key}/")
        assert answer.status_code == HTTPStatus.OK
        assert 'name="password1"' not in answer.content.decode()


def test_two_links_live_at_a_time_and_the_answer_never_changes(
    client: Client, user: User, now: datetime
) -> None:
    answers = {said(client.post(RESET, {"email": user.email}, follow=True)) for _ in range(4)}
    assert len(answers) == 1
    assert Message.objects.count() == accounts.RESETS_ALIVE
    assert accounts.queue_password_reset(user, now + timedelta(hours=4)) is not None


def test_a_failed_mail_does_not_count_as_a_living_link(user: User, now: datetime) -> None:
    for _ in range(accounts.RESETS_ALIVE):
        accounts.queue_password_reset(user, now)
    Message.objects.update(status="failed", reason="refused")
    assert accounts.queue_password_reset(user, now) is not None


def test_asking_for_passwords_does_not_stop_a_person_s_other_mail(user: User, now: datetime) -> None:
    for hour in range(0, 24, 4):
        for _ in range(3):
            accounts.queue_password_reset(user, now + timedelta(hours=hour))
    assert Message.objects.count() == 12
    mail.refuse_too_many(user.email, "customers/page_link", now + timedelta(hours=23))


def test_asking_is_slowed_down_alike_for_known_and_unknown(user: User) -> None:
    answers = []
    for email, address in ((user.email, "203.0.113.1"), ("nobody@northwind.example", "203.0.113.2")):
        for _ in range(6):
            answer = Client().post(RESET, {"email": email}, REMOTE_ADDR=address)
        answers.append((answer.status_code, said(answer)))
    assert answers[0] == answers[1]
    assert answers[0][0] == HTTPStatus.TOO_MANY_REQUESTS


def test_a_mail_that_comes_too_late_or_for_a_closed_account_is_not_sent(user: User, now: datetime) -> None:
    accounts.queue_password_reset(user, now)
    with time_machine.travel(now + timedelta(hours=5), tick=False):
        assert mail.deliver_due(now + timedelta(hours=5)) == 0
    assert Message.objects.get().status == "failed"
    accounts.queue_password_reset(user, now)
    User.objects.update(is_active=False)
    assert mail.deliver_due(now) == 0
    assert set(Message.objects.values_list("status", flat=True)) == {"failed"}


def test_a_closed_account_is_mailed_nothing(client: Client, user: User) -> None:
    User.objects.update(is_active=False)
    assert client.post(RESET, {"email": user.email})["Location"] == "/account/password/reset/done/"
    assert not Message.objects.exists()


def test_somebody_without_a_password_yet_chooses_the_first_one(client: Client, now: datetime) -> None:
    newcomer = UserFactory(email="new@northwind.example", password=None)
    follow_reset(client, newcomer)
    assert sign_in(client, newcomer.email, NEW).status_code == HTTPStatus.FOUND


def test_times_in_the_mail_are_the_company_s(anna: Actor, now: datetime) -> None:
    assert anna.user is not None
    message = accounts.queue_password_reset(anna.user, now)
    assert message is not None
    assert "14:30 CET" in message.text
    assert "14:30 CET" in message.html


def test_an_unknown_address_costs_the_same_words(
    client: Client, user: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: list[str] = []
    render = mail.render

    def count(event: str, **more: Any) -> tuple[str, str, str]:
        rendered.append(event)
        return render(event, **more)

    monkeypatch.setattr(mail, "render", count)
    client.post(RESET, {"email": user.email})
    client.post(RESET, {"email": "nobody@northwind.example"})
    assert rendered == ["account/password_reset_key"] * 2


def test_changing_the_password_signs_out_and_is_told(
    client_for: Callable[[Any], Client], anna: Actor
) -> None:
    client = client_for(anna)
    posted = {"oldpassword": PASSWORD, "password1": NEW, "password2": NEW}
    assert client.get("/account/password/change/").status_code == HTTPStatus.OK
    assert client.post("/account/password/change/", posted).status_code == HTTPStatus.FOUND
    assert not is_in(client)
    message = Message.objects.get()
    assert (message.event, message.to) == ("account/password_changed", anna.email)
    assert "https://multicanale.example/account/password/reset/" in message.text


def test_no_mail_passes_by_the_outbox(client: Client, user: User, rf: Any) -> None:
    adapter = accounts.AccountAdapter()
    with pytest.raises(RuntimeError):
        adapter.send_mail("account/email/unknown", "x@y.example", {})
    assert adapter.is_open_for_signup(rf.get("/")) is False
    assert adapter.get_reset_password_from_key_url("x") == ""


# --- the admin ---------------------------------------------------------------------------------


def test_the_admin_has_no_door_of_its_own(client: Client, user: User) -> None:
    for address in ("/admin/", "/admin/login/", "/admin/partners/user/"):
        answer = client.get(address, follow=True)
        assert answer.redirect_chain[-1][0].startswith(SIGN_IN)
    posted = {"username": user.email, "password": PASSWORD}
    assert client.post("/admin/login/", posted)["Location"].startswith(SIGN_IN)
    assert not is_in(client)


def test_the_admin_is_for_staff(client_for: Callable[[Any], Client], anna: Actor, staff: Actor) -> None:
    assert client_for(staff).get("/admin/").status_code == HTTPStatus.OK
    answer = client_for(anna).get("/admin/", follow=True)
    assert answer.status_code == HTTPStatus.FORBIDDEN


# --- what the log keeps ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "kept"),
    [
        ('"GET /i/1.1.abc:def HTTP/1.1" 200', '"GET /i/... HTTP/1.1" 200'),
        ("Not Found: /i/1.1.abc/accept/", "Not Found: /i/..."),
        ("GET /my/ask/7.1.abc?x=1", "GET /my/..."),
        (
            "https://multicanale.example/account/password/reset/key/1-abc/",
            "https://multicanale.example/account/password/reset/key/...",
        ),
        ("/i/a and /my/b", "/i/... and /my/..."),
        ("GET /join/7.1.abc/", "GET /join/..."),
        ("GET /onboarding/7.1.abc/", "GET /onboarding/..."),
        ("GET /account/sign-in/?next=%2Fjoin%2F7.1.abc%2F", "GET /account/sign-in/?next=%2Fjoin%2F..."),
        ("GET /account/sign-in/?next=/join/7.1.abc/", "GET /account/sign-in/?next=/join/..."),
        ("GET /team/invitations/7/resend/", "GET /team/invitations/7/resend/"),
        ("GET /invitations/7/", "GET /invitations/7/"),
        ("GET /i/", "GET /i/"),
    ],
)
def test_the_log_hides_the_secret_part_of_an_address(line: str, kept: str) -> None:
    assert hide(line) == kept


def test_the_filter_reads_the_whole_record_and_lets_it_through() -> None:
    record = logging.LogRecord(
        "django.server", logging.INFO, "", 0, '"%s" %s', ("GET /i/secret HTTP/1.1", "200"), None
    )
    assert HideSecretPaths().filter(record) is True
    assert record.getMessage() == '"GET /i/... HTTP/1.1" 200'
    plain = logging.LogRecord("x", logging.INFO, "", 0, "100%% %s", ("done",), None)
    HideSecretPaths().filter(plain)
    assert plain.getMessage() == "100% done"


def test_every_handler_of_the_log_has_the_filter(settings: Any) -> None:
    handlers = settings.LOGGING["handlers"].values()
    assert all("secrets" in handler["filters"] for handler in handlers)
