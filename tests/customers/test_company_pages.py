"""Resellers and providers in the browser: lists, one reseller, ending a partnership."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Assignment, Customer, Invitation
from partners.actor import Actor
from partners.models import Partner, Partnership
from tests.factories import PASSWORD, PartnerFactory, PartnershipFactory

SignIn = Callable[[Actor], Client]
RESELLERS = reverse("customers:resellers")
PROVIDERS = reverse("customers:providers")


def page_of(partner: Partner) -> str:
    return reverse("customers:reseller", args=[partner.pk])


def end_of(partnership: Partnership) -> str:
    return reverse("customers:partnership-end", args=[partnership.pk])


def prove(client: Client) -> Client:
    """Give the password once more, as the page before a grave step asks."""
    client.post(reverse("account_reauthenticate"), {"password": PASSWORD})
    return client


# --- a provider's resellers --------------------------------------------------------------------


def test_provider_lists_its_resellers_by_name(
    partnership: Partnership,
    adventure_partnership: Partnership,
    wingtip_partnership: Partnership,
    viewer: Actor,
    client_for: SignIn,
) -> None:
    page = client_for(viewer).get(RESELLERS)
    assert [row.name for row in page.context["rows"]] == ["Adventure Works", "Fabrikam"]
    assert reverse("partners:partnership-propose") not in page.content.decode()


def test_resellers_are_found_by_name_and_partner_id(
    partnership: Partnership, adventure_partnership: Partnership, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    for words in ("fabri", "2000001"):
        assert [row.name for row in client.get(RESELLERS, {"q": words}).context["rows"]] == ["Fabrikam"]
    assert client.get(RESELLERS, {"q": "\x00"}).status_code == 200


def test_resellers_by_state(northwind: Partner, anna: Actor, now: datetime, client_for: SignIn) -> None:
    PartnershipFactory(provider=northwind, reseller__name="Asked", proposed=True)
    PartnershipFactory(provider=northwind, reseller__name="Over", ended=True)
    old = PartnershipFactory(provider=northwind, reseller__name="Silent", proposed=True)
    Partnership.objects.filter(pk=old.pk).update(proposed_at=now - timedelta(days=30))
    client = client_for(anna)
    shown = {
        show: client.get(RESELLERS, {"show": show}).context["rows"]
        for show in ("active", "proposed", "ended")
    }
    assert {show: [(row.name, row.state) for row in rows] for show, rows in shown.items()} == {
        "active": [],
        "proposed": [("Asked", "Proposed"), ("Silent", "Lapsed")],
        "ended": [("Over", "Ended")],
    }
    assert {row.support_email for rows in shown.values() for row in rows} == {""}


def test_reseller_back_after_an_ended_partnership_is_listed_once(
    northwind: Partner, fabrikam: Partner, anna: Actor, client_for: SignIn
) -> None:
    PartnershipFactory(provider=northwind, reseller=fabrikam, ended=True)
    PartnershipFactory(provider=northwind, reseller=fabrikam)
    client = client_for(anna)
    assert [row.state for row in client.get(RESELLERS).context["rows"]] == ["Active"]
    assert client.get(RESELLERS, {"show": "ended"}).context["rows"] == []


def test_reseller_page_shows_what_hangs_on_it(
    assigned: Assignment,
    handed: Invitation,
    contoso: Customer,
    fabrikam: Partner,
    anna: Actor,
    client_for: SignIn,
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(reseller=fabrikam)
    page = client_for(anna).get(page_of(fabrikam))
    assert [row.customer for row in page.context["held"]] == ["Contoso"]
    assert page.context["in_hand"] == [handed]
    assert page.context["customers"] == [contoso]
    assert end_of(assigned.partnership) in page.content.decode()


@pytest.mark.parametrize("actor", ["viewer", "seller", "agent"])
def test_only_an_account_admin_is_offered_the_end(
    partnership: Partnership, actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    client = client_for(request.getfixturevalue(actor))
    assert end_of(partnership) not in client.get(page_of(partnership.reseller)).content.decode()
    assert client.get(end_of(partnership)).status_code == 403


def test_another_providers_reseller_is_not_found(
    partnership: Partnership, wingtip_partnership: Partnership, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    assert client.get(page_of(wingtip_partnership.reseller)).status_code == 404
    assert client.get(page_of(partnership.provider)).status_code == 404


def test_proposed_reseller_shows_nothing_but_its_name(
    northwind: Partner, anna: Actor, client_for: SignIn
) -> None:
    asked = PartnerFactory(reseller=True, name="Asked", support_email="secret@asked.example")
    PartnershipFactory(provider=northwind, reseller=asked, proposed=True)
    assert "secret@asked.example" not in client_for(anna).get(page_of(asked)).content.decode()


def test_resellers_are_a_providers_pages(luca: Actor, client_for: SignIn, fabrikam: Partner) -> None:
    client = client_for(luca)
    assert client.get(RESELLERS).status_code == 403
    assert client.get(page_of(fabrikam)).status_code == 403


# --- a reseller's providers --------------------------------------------------------------------


def test_reseller_sees_proposals_and_providers_apart(
    partnership: Partnership, luca: Actor, now: datetime, client_for: SignIn
) -> None:
    asked = PartnershipFactory(reseller=partnership.reseller, provider__name="Asking", proposed=True)
    late = PartnershipFactory(reseller=partnership.reseller, provider__name="Late", proposed=True)
    Partnership.objects.filter(pk=late.pk).update(proposed_at=now - timedelta(days=30))
    page = client_for(luca).get(PROVIDERS)
    assert [one["tie"] for one in page.context["proposals"]] == [asked]
    assert [one["tie"] for one in page.context["active"]] == [partnership]
    assert [(one["tie"], one["state"][0]) for one in page.context["past"]] == [(late, "lapsed")]
    shown = page.content.decode()
    assert "support@northwind.example" in shown
    assert reverse("partners:partnership-accept", args=[asked.pk]) in shown
    assert end_of(partnership) in shown


def test_reseller_without_a_provider_is_told_its_partner_id(luca: Actor, client_for: SignIn) -> None:
    assert "2000001" in client_for(luca).get(PROVIDERS).content.decode()


def test_only_an_account_admin_answers(fabrikam_agent: Actor, fabrikam: Partner, client_for: SignIn) -> None:
    asked = PartnershipFactory(reseller=fabrikam, proposed=True)
    page = client_for(fabrikam_agent).get(PROVIDERS).content.decode()
    assert reverse("partners:partnership-accept", args=[asked.pk]) not in page


def test_providers_are_a_resellers_page(anna: Actor, client_for: SignIn) -> None:
    assert client_for(anna).get(PROVIDERS).status_code == 403


# --- ending one --------------------------------------------------------------------------------


def test_end_asks_for_the_password_first(partnership: Partnership, anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    for ask in (client.get, client.post):
        answer = ask(end_of(partnership))
        assert answer["Location"] == reverse("account_reauthenticate", query={"next": end_of(partnership)})
    partnership.refresh_from_db()
    assert partnership.is_active


@pytest.mark.parametrize("actor", ["anna", "luca"])
def test_either_side_ends_it_after_reading_what_stops(
    assigned: Assignment,
    handed: Invitation,
    partnership: Partnership,
    actor: str,
    client_for: SignIn,
    request: pytest.FixtureRequest,
) -> None:
    client = prove(client_for(request.getfixturevalue(actor)))
    said = " ".join(client.get(end_of(partnership)).context["consequences"])
    assert "Contoso" in said
    assert str(handed) in said
    answer = client.post(end_of(partnership))
    partnership.refresh_from_db()
    assert partnership.status == Partnership.Status.ENDED
    assert client.get(answer["Location"]).status_code == 200
    assert client.get(end_of(partnership)).context["refused"]


def test_end_of_nothing_says_so(partnership: Partnership, anna: Actor, client_for: SignIn) -> None:
    said = prove(client_for(anna)).get(end_of(partnership)).context["consequences"]
    assert any("nothing else stops" in sentence for sentence in said)


def test_long_lists_of_what_stops_are_counted(
    partnership: Partnership, anna: Actor, invite: Any, handed_terms: Any, client_for: SignIn
) -> None:
    for _number in range(23):
        invite(handed_terms)
    said = prove(client_for(anna)).get(end_of(partnership)).context["consequences"]
    assert "3 more stop the same way." in said


def test_stranger_finds_no_partnership_to_end(
    partnership: Partnership, tom: Actor, wanda: Actor, client_for: SignIn
) -> None:
    for actor in (tom, wanda):
        client = prove(client_for(actor))
        assert (
            client.get(end_of(partnership)).status_code,
            client.post(end_of(partnership)).status_code,
        ) == (404, 404)
