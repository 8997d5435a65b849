"""A provider's own words in its mails: written by account admins, seen before they go out."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client

from customers.terms import usual_opening
from partners import wordings
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import MailText, Partner
from tests.conftest import Log
from tests.factories import MailTextFactory

SignIn = Callable[[Any], Client]
ADDRESS = "/settings/mails/invitation/en/"
NOTHING = wordings.fingerprint("")


def write(partner: Partner, words: str, by: Actor, at: datetime, **changes: str) -> None:
    typed = {"event": "invitation", "language": "en", "seen": NOTHING, **changes}
    wordings.write(partner, typed["event"], typed["language"], words, seen=typed["seen"], by=by, at=at)


def test_words_are_kept_and_logged(northwind: Partner, anna: Actor, now: datetime, log: Log) -> None:
    write(northwind, "Dear friends,", anna, now)
    own = MailText.objects.get()
    assert (own.partner, own.event, own.language, own.opening) == (
        northwind,
        "invitation",
        "en",
        "Dear friends,",
    )
    assert usual_opening(northwind, "en") == "Dear friends,"
    assert log.verbs() == ["company.words_written"]
    assert log.names(own)
    assert log.details()["fields"] == {"opening": ["", "Dear friends,"]}


def test_same_words_again_are_no_story(northwind: Partner, anna: Actor, now: datetime, log: Log) -> None:
    write(northwind, "Dear friends,", anna, now)
    write(northwind, "Dear friends,", anna, now)
    assert len(log.verbs()) == 1


def test_empty_words_give_way_to_the_usual_ones(
    northwind: Partner, anna: Actor, now: datetime, log: Log
) -> None:
    own = MailTextFactory(partner=northwind)
    write(northwind, "", anna, now, seen=wordings.fingerprint(own.opening))
    assert not MailText.objects.exists()
    assert "Please read what we ask" in usual_opening(northwind, "en")
    assert log.details()["fields"] == {"opening": ["Good morning,", ""]}


def test_stale_words_are_refused(northwind: Partner, anna: Actor, now: datetime) -> None:
    MailTextFactory(partner=northwind)
    with pytest.raises(Stale):
        write(northwind, "Mine", anna, now)
    assert MailText.objects.get().opening == "Good morning,"


@pytest.mark.parametrize(
    ("words", "changes"),
    [("x" * 2001, {}), ("x", {"event": "birthday"}), ("x", {"language": "fr"})],
)
def test_story_refuses_what_no_mail_has(
    northwind: Partner, anna: Actor, now: datetime, words: str, changes: dict[str, str]
) -> None:
    with pytest.raises(Refused):
        write(northwind, words, anna, now, **changes)


def test_words_are_the_providers(
    northwind: Partner, fabrikam: Partner, luca: Actor, tom: Actor, anna: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part"):
            write(northwind, "Hello", other, now)
    with pytest.raises(Refused, match="Only a provider writes"):
        write(fabrikam, "Hello", luca, now)
    Partner.objects.filter(pk=northwind.pk).update(status=Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="suspended"):
        write(northwind, "Hello", anna, now)
    assert not MailText.objects.exists()


# --- pages -------------------------------------------------------------------------------------


def test_list_shows_every_mail_in_every_language(
    northwind: Partner, viewer: Actor, client_for: SignIn
) -> None:
    MailTextFactory(partner=northwind)
    MailTextFactory(opening="Of another company")
    rows = client_for(viewer).get("/settings/mails/").context["rows"]
    assert {(row["event"], row["language"]) for row in rows} == {
        (event, language) for event in ("invitation", "renewal") for language in ("en", "it")
    }
    assert [row["opening"] for row in rows if row["opening"]] == ["Good morning,"]


@pytest.mark.parametrize("event", ["invitation", "renewal"])
@pytest.mark.parametrize("language", ["en", "it"])
def test_every_mail_is_shown_as_it_will_be(
    northwind: Partner, anna: Actor, client_for: SignIn, event: str, language: str
) -> None:
    MailTextFactory(partner=northwind, event=event, language=language, opening="Ciao, it is us.")
    page = client_for(anna).get(f"/settings/mails/{event}/{language}/")
    assert "Ciao, it is us." in page.context["text"].replace("\u2060", "")
    assert "Northwind Traders" in page.context["subject"]
    assert not MailText.objects.exclude(opening="Ciao, it is us.").exists()


def test_preview_keeps_nothing(anna: Actor, client_for: SignIn) -> None:
    page = client_for(anna).post(f"{ADDRESS}preview/", {"opening": "Dear <b>friends</b>,"})
    assert "Dear <b>friends</b>," in page.context["text"].replace("\u2060", "")
    assert "<b>friends" not in page.content.decode()
    assert page.context["form"]["opening"].value() == "Dear <b>friends</b>,"
    assert not MailText.objects.exists()


def test_account_admin_saves_others_read(anna: Actor, agent: Actor, client_for: SignIn) -> None:
    typed = {"opening": "Dear friends,", "seen": NOTHING}
    assert client_for(anna).post(ADDRESS, typed)["Location"] == ADDRESS
    assert MailText.objects.get().opening == "Dear friends,"
    client = client_for(agent)
    assert "Dear friends," in client.get(ADDRESS).content.decode()
    assert client.post(ADDRESS, typed).status_code == 403


def test_stale_page_shows_both_versions(northwind: Partner, anna: Actor, client_for: SignIn) -> None:
    MailTextFactory(partner=northwind)
    client = client_for(anna)
    page = client.post(ADDRESS, {"opening": "Mine", "seen": NOTHING})
    assert page.context["versions"] == [{"label": "Opening words", "saved": "Good morning,", "typed": "Mine"}]
    again = {"opening": "Mine", "seen": page.context["form"]["seen"].value()}
    assert client.post(ADDRESS, again).status_code == 302
    assert MailText.objects.get().opening == "Mine"


@pytest.mark.parametrize("words", ["x" * 2001, "a\0b", "a\x07b"])
def test_words_no_mail_has_are_refused_and_kept(anna: Actor, client_for: SignIn, words: str) -> None:
    page = client_for(anna).post(ADDRESS, {"opening": words, "seen": NOTHING})
    assert page.context["form"].errors["opening"]
    assert not MailText.objects.exists()


@pytest.mark.parametrize("address", ["birthday/en/", "invitation/fr/", "x/y/preview/"])
def test_mail_there_is_not_is_not_found(anna: Actor, client_for: SignIn, address: str) -> None:
    assert client_for(anna).get(f"/settings/mails/{address}").status_code in {404, 405}
    assert client_for(anna).post(f"/settings/mails/{address}").status_code == 404


def test_reseller_writes_no_mail_to_customers(luca: Actor, client_for: SignIn) -> None:
    assert client_for(luca).get(ADDRESS).status_code == 403
    assert "/settings/mails/" not in client_for(luca).get("/settings/").content.decode()
