"""Who acts for which company, in which language and zone, for every request."""

from collections.abc import Callable
from datetime import datetime
from http import HTTPStatus
from typing import Any

import pytest
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, JsonResponse
from django.test import Client
from django.urls import include, path
from django.utils import timezone, translation
from django.utils.translation import gettext

from partners.actor import Actor
from partners.middleware import ACTING_FOR
from partners.models import Membership, Partner, Role, User
from tests.factories import MembershipFactory, UserFactory

pytestmark = [pytest.mark.django_db, pytest.mark.urls(__name__)]

SignIn = Callable[[Any], Client]


def probe(request: HttpRequest) -> JsonResponse:
    """Say what the middleware has settled."""
    actor: Actor | None = request.actor  # type: ignore[attr-defined]
    return JsonResponse(
        {
            "kind": actor and actor.kind,
            "company": actor and actor.company,
            "role": actor and actor.role,
            "companies": actor and actor.company_count,
            "language": translation.get_language(),
            "yes": gettext("Yes"),
            "zone": timezone.get_current_timezone_name(),
        }
    )


@login_not_required
def public_probe(request: HttpRequest) -> JsonResponse:
    """Say it to everybody."""
    return probe(request)


urlpatterns = [
    path("probe/", probe),
    path("public/", public_probe),
    path("admin/probe/", probe),
    path("", probe, name="home"),
    path("", include("config.urls")),
]


@pytest.fixture
def two_companies(anna: Actor, tailspin: Partner) -> User:
    """Anna, who also looks on at Tailspin."""
    assert anna.user is not None
    MembershipFactory(user=anna.user, partner=tailspin, role=Role.VIEWER)
    return anna.user


def told(client: Client, address: str = "/probe/", **headers: str) -> dict[str, Any]:
    answer = client.get(address, headers=headers)
    assert answer.status_code == HTTPStatus.OK
    return answer.json()


# --- who acts ----------------------------------------------------------------------------------


def test_a_member_acts_for_the_only_company(anna: Actor, client_for: SignIn) -> None:
    said = told(client_for(anna.user))
    assert (said["kind"], said["company"], said["role"], said["companies"]) == (
        "member",
        "Northwind Traders",
        "account_admin",
        1,
    )


def test_nobody_acts_where_nobody_is_signed_in(client: Client, db: None) -> None:
    assert told(client, "/public/")["kind"] is None
    answer = client.get("/probe/")
    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Location"] == "/account/sign-in/?next=/probe/"


def test_without_a_choice_the_first_company_by_name_is_acted_for(
    two_companies: User, client_for: SignIn
) -> None:
    said = told(client_for(two_companies))
    assert (said["company"], said["companies"]) == ("Northwind Traders", 2)


def test_a_person_chooses_the_company_acted_for(
    two_companies: User, tailspin: Partner, client_for: SignIn
) -> None:
    client = client_for(two_companies)
    chosen = Membership.objects.get(user=two_companies, partner=tailspin)
    answer = client.post("/companies/act-for/", {"membership": chosen.pk})
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/")
    said = told(client)
    assert (said["company"], said["role"]) == ("Tailspin Toys", "viewer")


def test_another_s_membership_cannot_be_chosen(anna: Actor, tom: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    theirs = Membership.objects.get(user=tom.user)
    for value in (theirs.pk, "", "0", "²", "x" * 10_000, str(2**63), "\x00"):
        answer = client.post("/companies/act-for/", {"membership": value})
        assert answer.status_code == HTTPStatus.NOT_FOUND
    session = client.session
    session[ACTING_FOR] = theirs.pk
    session.save()
    assert told(client)["company"] == "Northwind Traders"


def test_choosing_is_by_post_only(anna: Actor, client_for: SignIn) -> None:
    assert client_for(anna).get("/companies/act-for/").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_a_choice_ends_with_the_membership(
    two_companies: User, tailspin: Partner, client_for: SignIn
) -> None:
    client = client_for(two_companies)
    chosen = Membership.objects.get(user=two_companies, partner=tailspin)
    client.post("/companies/act-for/", {"membership": chosen.pk})
    chosen.delete()
    assert told(client)["company"] == "Northwind Traders"


def test_a_member_of_a_suspended_company_still_reads(
    anna: Actor, northwind: Partner, client_for: SignIn
) -> None:
    northwind.move(Partner.Status.SUSPENDED)
    assert told(client_for(anna))["company"] == "Northwind Traders"


def test_staff_without_a_company_have_the_admin_and_the_way_there(staff: Actor, client_for: SignIn) -> None:
    client = client_for(staff)
    for address in ("/", "/admin/probe/", "/public/"):
        assert told(client, address)["kind"] == "staff"
    assert client.get("/probe/").status_code == HTTPStatus.FORBIDDEN, "companies' pages are for their people"


def test_staff_with_a_company_act_as_staff_in_the_admin_only(
    staff: Actor, northwind: Partner, client_for: SignIn
) -> None:
    MembershipFactory(user=staff.user, partner=northwind)
    client = client_for(staff.user)
    assert told(client)["kind"] == "member"
    assert told(client, "/admin/probe/")["kind"] == "staff"


def test_a_member_is_no_staff_in_the_admin(anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    assert told(client, "/admin/probe/")["kind"] == "member"
    assert client.get("/admin/").status_code in (HTTPStatus.FORBIDDEN, HTTPStatus.FOUND)


def test_who_has_no_company_gets_a_page_that_says_so_and_the_way_out(client_for: SignIn, db: None) -> None:
    client = client_for(UserFactory(email="lone@people.example"))
    answer = client.get("/probe/")
    assert answer.status_code == HTTPStatus.FORBIDDEN
    assert "lone@people.example" in answer.content.decode()
    assert told(client, "/public/")["kind"] is None, "a customer's link opens all the same"
    assert client.get("/profile/").status_code == HTTPStatus.OK
    assert client.post("/account/sign-out/").status_code == HTTPStatus.FOUND
    assert client.get("/probe/").status_code == HTTPStatus.FOUND


def test_who_acts_costs_one_query_beyond_session_and_user(
    two_companies: User, client_for: SignIn, django_assert_num_queries: Any
) -> None:
    client = client_for(two_companies)
    told(client)  # the session is in the cache from here on
    with django_assert_num_queries(2):
        told(client)


# --- a page of another company -----------------------------------------------------------------


def test_a_form_of_another_company_is_refused(
    two_companies: User, northwind: Partner, tailspin: Partner, client_for: SignIn
) -> None:
    client = client_for(two_companies)
    assert client.post("/probe/", {"acting_for": northwind.pk}).status_code == HTTPStatus.OK
    answer = client.post("/probe/", {"acting_for": tailspin.pk})
    assert answer.status_code == HTTPStatus.CONFLICT
    page = answer.content.decode()
    assert "Northwind Traders" in page
    assert "Nothing was done" in page
    assert "Tailspin" not in page


@pytest.mark.parametrize("value", ["", "0", "²", "-1", "northwind", "9" * 400])
def test_a_form_of_no_company_at_all_is_refused(value: str, anna: Actor, client_for: SignIn) -> None:
    assert client_for(anna).post("/probe/", {"acting_for": value}).status_code == HTTPStatus.CONFLICT


def test_staff_cannot_post_a_company_s_form(staff: Actor, northwind: Partner, client_for: SignIn) -> None:
    answer = client_for(staff).post("/", {"acting_for": northwind.pk})
    assert answer.status_code == HTTPStatus.CONFLICT


@pytest.mark.parametrize("address", ["/account/sign-out/", "/language/", "/profile/"])
def test_pages_about_oneself_are_of_no_company(
    address: str, two_companies: User, tailspin: Partner, client_for: SignIn
) -> None:
    posted = {"acting_for": tailspin.pk, "language": "it", "name": "Anna Admin"}
    assert client_for(two_companies).post(address, posted).status_code == HTTPStatus.FOUND


def test_the_company_is_chosen_from_a_stale_page_too(
    two_companies: User, tailspin: Partner, client_for: SignIn
) -> None:
    client = client_for(two_companies)
    chosen = Membership.objects.get(user=two_companies, partner=tailspin)
    posted = {"acting_for": tailspin.pk, "membership": chosen.pk}
    assert client.post("/companies/act-for/", posted).status_code == HTTPStatus.FOUND


# --- caching -----------------------------------------------------------------------------------


@pytest.mark.parametrize("address", ["/probe/", "/public/", "/nowhere/", "/companies/", "/admin/"])
def test_nothing_shown_to_somebody_signed_in_is_cached(address: str, anna: Actor, client_for: SignIn) -> None:
    assert client_for(anna).get(address)["Cache-Control"] == "no-store, private"


def test_signing_in_and_out_is_not_cached_either(client: Client, anna: Actor) -> None:
    answer = client.post(
        "/account/sign-in/", {"login": anna.email, "password": "a long walk along the canal"}
    )
    assert answer.status_code == HTTPStatus.FOUND
    assert answer["Cache-Control"] == "no-store, private"
    assert client.post("/account/sign-out/")["Cache-Control"] == "no-store, private"


# --- language and time zone --------------------------------------------------------------------


@pytest.mark.parametrize(("language", "yes"), [("en", "Yes"), ("it", "Sì")])
def test_a_signed_in_person_reads_her_own_language(
    language: str, yes: str, anna: Actor, client_for: SignIn
) -> None:
    assert anna.user is not None
    anna.user.language = language
    anna.user.save()
    client = client_for(anna)
    client.cookies["language"] = "en"
    said = told(client, "/probe/?lang=en", **{"accept-language": "en"})
    assert (said["language"], said["yes"]) == (language, yes)
    assert client.get("/probe/")["Content-Language"] == language


def test_a_visitor_reads_what_the_browser_asks_for(client: Client, db: None) -> None:
    answer = client.get("/public/", headers={"accept-language": "it,en;q=0.5"})
    assert answer.json()["language"] == "it"
    assert answer["Content-Language"] == "it"
    assert {"Accept-Language", "Cookie"} <= {word.strip() for word in answer["Vary"].split(",")}
    assert told(client, "/public/", **{"accept-language": "fr"})["language"] == "en"


def test_a_language_in_the_address_is_remembered(client: Client, db: None) -> None:
    assert told(client, "/public/?lang=it", **{"accept-language": "en"})["language"] == "it"
    assert told(client, "/public/", **{"accept-language": "en"})["language"] == "it"


@pytest.mark.parametrize("asked", ["xx", "", "it-IT", "\x00", "../it", "e" * 9000])
def test_a_language_there_is_not_changes_nothing(asked: str, client: Client, db: None) -> None:
    answer = client.get("/public/", {"lang": asked}, headers={"accept-language": "it"})
    assert answer.json()["language"] == "it"
    assert "language" not in answer.cookies


def test_a_visitor_chooses_a_language(client: Client, db: None) -> None:
    answer = client.post("/language/", {"language": "it", "next": "/public/"})
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/public/")
    cookie = answer.cookies["language"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    assert told(client, "/public/")["language"] == "it"


def test_a_choice_of_language_is_kept_with_the_person(anna: Actor, client_for: SignIn) -> None:
    client_for(anna).post("/language/", {"language": "it"})
    assert anna.user is not None
    anna.user.refresh_from_db()
    assert anna.user.language == "it"
    assert told(client_for(anna))["language"] == "it"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example", "javascript:alert(1)", "", "\\\\e"]
)
def test_choosing_a_language_leads_nowhere_else(target: str, client: Client, db: None) -> None:
    assert client.post("/language/", {"language": "it", "next": target})["Location"] == "/"


def test_an_unknown_language_is_not_chosen(client: Client, db: None) -> None:
    answer = client.post("/language/", {"language": "xx"})
    assert (answer.status_code, "language" in answer.cookies) == (HTTPStatus.FOUND, False)
    assert client.get("/language/").status_code == HTTPStatus.METHOD_NOT_ALLOWED


def test_moments_are_told_in_the_company_s_zone(
    anna: Actor, northwind: Partner, client_for: SignIn, client: Client
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(time_zone="America/New_York")
    assert told(client_for(anna))["zone"] == "America/New_York"
    assert told(client, "/public/")["zone"] == "UTC"


def test_a_request_leaves_no_trace_of_its_language_and_zone(client: Client, db: None) -> None:
    before = translation.get_language(), timezone.get_current_timezone_name()
    told(client, "/public/?lang=it")
    assert (translation.get_language(), timezone.get_current_timezone_name()) == before


def test_error_pages_speak_the_language_too(client: Client, db: None) -> None:
    answer = client.get("/nowhere/", headers={"accept-language": "it"})
    assert (answer.status_code, answer["Content-Language"]) == (HTTPStatus.NOT_FOUND, "it")
    assert '<html lang="it">' in answer.content.decode()


# --- the pages ---------------------------------------------------------------------------------


def test_the_companies_page_lists_one_s_own_only(
    two_companies: User, wingtip: Partner, client_for: SignIn
) -> None:
    page = client_for(two_companies).get("/companies/").content.decode()
    assert "Northwind Traders" in page
    assert "Tailspin Toys" in page
    assert "Wingtip" not in page
    assert page.count('name="membership"') == 1, "only the other one can be chosen"


def test_a_person_keeps_her_own_name_and_language(anna: Actor, client_for: SignIn, now: datetime) -> None:
    client = client_for(anna)
    assert client.get("/profile/").status_code == HTTPStatus.OK
    answer = client.post("/profile/", {"name": "  Anna Àdmin ", "language": "it"})
    assert (answer.status_code, answer["Location"]) == (HTTPStatus.FOUND, "/profile/")
    user = User.objects.get(pk=anna.user.pk)  # type: ignore[union-attr]
    assert (user.name, user.language) == ("Anna Àdmin", "it")


@pytest.mark.parametrize(
    "posted",
    [
        {"name": "", "language": "en"},
        {"name": "Anna", "language": "xx"},
        {"name": "A\x00nna", "language": "en"},
        {"name": "A\u0007nna", "language": "en"},
        {"name": "x" * 10_000, "language": "en"},
    ],
)
def test_a_bad_profile_is_refused_next_to_the_field(
    posted: dict[str, str], anna: Actor, client_for: SignIn
) -> None:
    answer = client_for(anna).post("/profile/", posted)
    assert answer.status_code == HTTPStatus.OK
    assert "invalid-feedback" in answer.content.decode()
    assert User.objects.get(pk=anna.user.pk).name == "Anna Admin"  # type: ignore[union-attr]


@pytest.mark.parametrize("name", ["مرحبا", "🦉 Owl", "O’Neill <b>"])
def test_every_writing_is_a_name(name: str, anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    client.post("/profile/", {"name": name, "language": "en"})
    assert User.objects.get(pk=anna.user.pk).name == name  # type: ignore[union-attr]
    assert "<b>" not in client.get("/profile/").content.decode()
