"""The pages of a reseller's way in: the provider's, the one behind the link, the one that waits for staff."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from partners import onboarding
from partners.actor import Actor
from partners.models import Onboarding, Partner, User
from tests.factories import PASSWORD, OnboardingFactory, UserFactory

SignIn = Callable[[Any], Client]
START, LIST = "/resellers/invite/", "/resellers/invited/"
TYPED = {
    "name": "Proseware",
    "partner_id": "3000001",
    "country": "IT",
    "email": "Paola@Proseware.example",
    "language": "it",
}
TOLD = {
    "name": "Paola Prose",
    "password": "a long walk along the canal",
    "tenant_id": "d0470500-0000-4000-8000-000000000001",
    "website": "proseware.example",
    "support_email": "help@proseware.example",
    "support_phone": "",
    "time_zone": "Europe/Rome",
    "attested": "on",
}


@pytest.fixture
def invited(northwind: Partner) -> Onboarding:
    """Proseware, invited by Northwind."""
    return OnboardingFactory(provider=northwind, name="Proseware", email="paola@proseware.example")


def path_of(row: Onboarding) -> str:
    return reverse("partners:onboarding", args=[onboarding.address_of(row).rstrip("/").rpartition("/")[2]])


def test_unknown_partner_id_leads_to_an_invitation(agent: Actor, client_for: SignIn) -> None:
    page = client_for(agent).post("/resellers/propose/", {"partner_id": "3000001"})
    assert "/resellers/invite/?partner_id=3000001" in page.content.decode()
    form = client_for(agent).get("/resellers/invite/?partner_id=3000001").context["form"]
    assert (form["partner_id"].value(), form["country"].value()) == ("3000001", "IT")


def test_provider_invites_and_sees_it_waiting(agent: Actor, viewer: Actor, client_for: SignIn) -> None:
    assert client_for(agent).post(START, TYPED)["Location"] == LIST
    (row,) = client_for(agent).get(LIST).context["rows"]
    assert (row.name, row.email, row.may_resend) == ("Proseware", "paola@proseware.example", True)
    (row,) = client_for(viewer).get(LIST).context["rows"]
    assert (row.may_resend, row.may_withdraw) == (False, False)


def test_refusal_stands_at_its_field(agent: Actor, fabrikam: Partner, client_for: SignIn) -> None:
    page = client_for(agent).post(START, {**TYPED, "partner_id": fabrikam.partner_id})
    assert page.context["form"].errors["partner_id"]
    assert "Fabrikam" not in page.content.decode()


def test_provider_sends_again_and_withdraws(invited: Onboarding, agent: Actor, client_for: SignIn) -> None:
    client, old = client_for(agent), path_of(invited)
    client.post(reverse("partners:onboarding-resend", args=[invited.pk]))
    assert Client().get(old).status_code == 404
    client.post(reverse("partners:onboarding-withdraw", args=[invited.pk]))
    invited.refresh_from_db()
    assert (invited.serial, invited.status) == (2, "withdrawn")
    page = client.post(reverse("partners:onboarding-resend", args=[invited.pk]), follow=True)
    assert "no longer possible" in page.content.decode()


def test_expired_one_is_shown_as_lapsed(invited: Onboarding, agent: Actor, client_for: SignIn) -> None:
    Onboarding.objects.update(expires_at=invited.made_at - timedelta(days=1))
    (row,) = client_for(agent).get(LIST).context["rows"]
    assert (row.state, row.may_resend) == ("Lapsed", True)


def test_empty_list_says_what_would_be_here(agent: Actor, client_for: SignIn) -> None:
    assert "You have invited no reseller yet" in client_for(agent).get(LIST).content.decode()


def test_nobody_else_touches_it(
    invited: Onboarding, seller: Actor, luca: Actor, tom: Actor, client_for: SignIn
) -> None:
    for name in ("onboarding-resend", "onboarding-withdraw"):
        address = reverse(f"partners:{name}", args=[invited.pk])
        for actor, status in ((seller, 403), (luca, 404), (tom, 404)):
            assert client_for(actor).post(address).status_code == status


# --- behind the link ---------------------------------------------------------------------------


def test_link_shows_who_asks_and_takes_the_profile(invited: Onboarding) -> None:
    client, address = Client(), path_of(invited)
    page = client.get(address)
    assert "Northwind Traders asks to work with you" in page.content.decode()
    assert page["Referrer-Policy"] == "no-referrer"
    assert client.post(address, TOLD)["Location"] == address
    assert "our staff look at it now" in client.get(address).content.decode()
    assert "_auth_user_id" not in client.session  # a link signs nobody in


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("password", "short"),
        ("password", "paola@proseware.example"),
        ("password", ""),
        ("name", ""),
        ("name", "a\0b"),
        ("tenant_id", "none"),
        ("website", "javascript:alert(1)"),
        ("time_zone", "Mars/Olympus"),
        ("attested", ""),
    ],
)
def test_bad_profile_is_refused_and_kept(invited: Onboarding, field: str, value: str) -> None:
    page = Client().post(path_of(invited), {**TOLD, field: value})
    assert page.context["form"].errors[field]
    assert TOLD["password"] not in page.content.decode()
    assert not User.objects.filter(email="paola@proseware.example").exists()


@pytest.mark.parametrize("token", ["nonsense", "1.1.x"])
def test_dead_links_get_the_calm_page(invited: Onboarding, token: str) -> None:
    page = Client().get(reverse("partners:onboarding", args=[token]))
    assert page.status_code == 404
    assert "This address opens nothing" in page.content.decode()


def test_existing_account_signs_in_first(invited: Onboarding, client_for: SignIn, luca: Actor) -> None:
    paola = UserFactory(email=invited.email)
    address = path_of(invited)
    stranger = Client()
    assert "has an account already" in stranger.get(address).content.decode()
    assert "Sign out" in client_for(luca).get(address).content.decode()
    stranger.post(address, TOLD)
    invited.refresh_from_db()
    assert invited.status == "waiting"
    client = client_for(paola)
    assert "password" not in client.get(address).context["form"].fields
    assert client.post(address, TOLD).status_code == 302
    paola.refresh_from_db()
    assert paola.check_password(PASSWORD)


def test_whoever_waits_for_staff_is_told_so(invited: Onboarding, client_for: SignIn) -> None:
    Client().post(path_of(invited), TOLD)
    page = client_for(User.objects.get(email=invited.email)).get("/")
    assert (page.status_code, "waits for our staff" in page.content.decode()) == (403, True)


def test_tenant_of_another_company_is_refused_at_its_field(invited: Onboarding, tailspin: Partner) -> None:
    page = Client().post(path_of(invited), {**TOLD, "tenant_id": str(tailspin.tenant_id)})
    assert page.context["form"].errors["tenant_id"]
    assert "Tailspin" not in page.content.decode()
    assert not User.objects.filter(email=invited.email).exists()
