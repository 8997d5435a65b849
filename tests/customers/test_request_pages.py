"""Requests for invitations in the browser: asked by the reseller, answered by the provider."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import invitations, requests
from customers.models import Invitation, InvitationRequest
from customers.requests import Wish
from partners.actor import Actor
from partners.models import Partnership

SignIn = Callable[[Actor], Client]
LIST, NEW = reverse("customers:requests"), reverse("customers:request-new")


def address(name: str, row: Any) -> str:
    return reverse(f"customers:{name}", args=[row.pk])


@pytest.fixture
def asked(partnership: Partnership, luca: Actor, now: datetime) -> InvitationRequest:
    """What Fabrikam asks of Northwind: support, for two customers."""
    wish = Wish(wants_provisioning=False, wants_support=True, places=2, note="Two shops in Padua.")
    return requests.make(partnership, wish, by=luca, at=now)


def test_reseller_asks_one_of_its_providers(
    partnership: Partnership, wingtip_partnership: Partnership, luca: Actor, client_for: SignIn
) -> None:
    client = client_for(luca)
    form = client.get(NEW).context["form"]
    assert list(form.fields["partnership"].queryset) == [partnership]
    typed = {"partnership": partnership.pk, "wants_support": "on", "places": "3", "note": "For Padua."}
    response = client.post(NEW, typed)
    made = InvitationRequest.objects.get()
    assert response["Location"] == made.get_absolute_url()
    assert (made.wants, made.places, made.note) == (("support",), 3, "For Padua.")
    other = client.post(NEW, {**typed, "partnership": wingtip_partnership.pk})
    assert "partnership" in other.context["form"].errors


def test_reseller_without_a_provider_is_told_what_it_takes(luca: Actor, client_for: SignIn) -> None:
    page = client_for(luca).get(NEW).content.decode()
    assert "You need an active partnership" in page


def test_both_list_it_and_nobody_else(
    asked: InvitationRequest,
    adventure_partnership: Partnership,
    anna: Actor,
    luca: Actor,
    ada: Actor,
    tom: Actor,
    client_for: SignIn,
) -> None:
    def listed(who: Actor) -> list[InvitationRequest]:
        return [row["request"] for row in client_for(who).get(LIST).context["rows"]]

    assert (listed(anna), listed(luca), listed(ada), listed(tom)) == ([asked], [asked], [], [])
    assert client_for(ada).get(asked.get_absolute_url()).status_code == 404


def test_list_is_filtered_by_state(asked: InvitationRequest, anna: Actor, client_for: SignIn) -> None:
    client = client_for(anna)
    assert len(client.get(LIST, {"state": "requested"}).context["rows"]) == 1
    assert "No request is in this state" in client.get(LIST, {"state": "refused"}).content.decode()


def test_grant_leads_to_the_draft_which_the_reseller_sees_once_it_is_handed_over(
    asked: InvitationRequest, anna: Actor, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    response = client_for(anna).post(address("request-grant", asked))
    draft = Invitation.objects.get()
    assert response["Location"] == draft.get_absolute_url()
    page = asked.get_absolute_url()
    assert draft.get_absolute_url() not in client_for(luca).get(page).content.decode()
    invitations.open_(draft, by=anna, at=now)
    assert draft.get_absolute_url() in client_for(luca).get(page).content.decode()


def test_only_who_may_make_it_is_offered_the_draft(
    asked: InvitationRequest, seller: Actor, client_for: SignIn
) -> None:
    page = client_for(seller).get(asked.get_absolute_url()).content.decode()
    assert address("request-grant", asked) not in page
    assert "An admin agent or an account admin of your company decides." in page
    assert client_for(seller).post(address("request-grant", asked)).status_code == 403


def test_sales_people_answer_a_request_for_the_relationship_only(
    partnership: Partnership, seller: Actor, luca: Actor, client_for: SignIn, now: datetime
) -> None:
    bare = requests.make(partnership, Wish(False, False, 1, "One shop."), by=luca, at=now)
    assert client_for(seller).post(address("request-grant", bare)).status_code == 302
    assert Invitation.objects.get().asks == ()


def test_refusal_takes_a_reason_the_reseller_reads(
    asked: InvitationRequest, anna: Actor, luca: Actor, client_for: SignIn
) -> None:
    url = address("request-refuse", asked)
    assert client_for(anna).post(url, {"reason": " "}).context["form"].errors
    assert client_for(anna).post(url, {"reason": "They are ours."}).status_code == 302
    assert "They are ours." in client_for(luca).get(asked.get_absolute_url()).content.decode()
    assert "already been refused" in client_for(anna).get(url).content.decode()
    again = client_for(anna).post(address("request-grant", asked), follow=True)
    assert "already been refused" in again.content.decode()


def test_reseller_withdraws_it(asked: InvitationRequest, luca: Actor, client_for: SignIn) -> None:
    client = client_for(luca)
    withdraw = address("request-withdraw", asked)
    assert withdraw in client.get(asked.get_absolute_url()).content.decode()
    assert client.post(withdraw).status_code == 302
    assert withdraw not in client.get(asked.get_absolute_url()).content.decode()
