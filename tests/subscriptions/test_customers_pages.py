"""The list of customers and the page of one: what each company sees of them, and what it is offered."""

import html
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse
from django.utils import translation

from customers import privileges
from customers.families import Family
from customers.models import (
    Acceptance,
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    OtherPartnerStatement,
    Relationship,
)
from partners import activity
from partners.actor import Actor
from partners.models import Partner, Partnership
from subscriptions import moves, transfers
from subscriptions.vocabulary import AutoRenew, Channel, Path
from tests.conftest import Answering
from tests.factories import CustomerFactory, RelationshipFactory, SubscriptionFactory, TransferFactory

SignIn = Callable[..., Client]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


def names(response: Any) -> list[str]:
    return [row["name"] for row in response.context["rows"]]


# --- the list ----------------------------------------------------------------------------------


def test_the_list_holds_ones_own_by_name(
    client_for: SignIn, viewer: Actor, contoso: Customer, tailspin: Partner
) -> None:
    CustomerFactory(provider=contoso.provider, name="Adatum")
    CustomerFactory(provider=contoso.provider, name="Élan")
    CustomerFactory(provider=tailspin, name="Hidden")
    response = client_for(viewer).get("/customers/")
    assert names(response) == ["Adatum", "Contoso", "Élan"]
    assert "Invite a customer" not in text(response)
    assert "Record a customer" not in text(response)


def test_a_row_says_what_the_customer_is_and_granted(
    client_for: SignIn, seller: Actor, assigned: Assignment
) -> None:
    SubscriptionFactory(customer=assigned.customer)
    response = client_for(seller).get("/customers/")
    (row,) = response.context["rows"]
    assert (row["state"], row["privileges"], row["subscriptions"]) == ("Customer", "Provisioning, Support", 1)
    assert "Invite a customer" in text(response)


def test_a_reseller_sees_its_own_with_their_provider_and_what_it_holds(
    client_for: SignIn, fabrikam_viewer: Actor, assigned: Assignment, northwind: Partner
) -> None:
    CustomerFactory(provider=northwind, name="Another")
    response = client_for(fabrikam_viewer).get("/customers/")
    (row,) = response.context["rows"]
    assert (row["name"], row["provider"], row["privileges"]) == (
        "Contoso",
        "Northwind Traders",
        "Provisioning",
    )
    assert "Named reseller" not in text(response)


def test_filters_by_state_and_named_reseller_are_addresses(
    client_for: SignIn, seller: Actor, accepted: Relationship, partnership: Partnership
) -> None:
    provider = accepted.provider
    CustomerFactory(provider=provider, name="Prospect", reseller=partnership.reseller)
    RelationshipFactory(customer=CustomerFactory(provider=provider, name="Gone"), ended=True)
    RelationshipFactory(customer=CustomerFactory(provider=provider, name="Waits"), pending=True)
    client = client_for(seller)
    found = {
        one: names(client.get(f"/customers/?status={one}"))
        for one in ("prospect", "pending", "active", "ended")
    }
    assert found == {"prospect": ["Prospect"], "pending": ["Waits"], "active": ["Contoso"], "ended": ["Gone"]}
    assert names(client.get(f"/customers/?reseller={partnership.reseller_id}")) == ["Prospect"]
    assert names(client.get(f"/customers/?reseller={partnership.reseller_id}&status=active")) == []
    assert len(names(client.get("/customers/?status=no&reseller=999"))) == 4


def test_searching_by_name_domain_and_tenant(
    client_for: SignIn, seller: Actor, accepted: Relationship, tailspin: Partner
) -> None:
    CustomerFactory(provider=tailspin, name="Contoso of others")
    CustomerFactory(provider=accepted.provider, name="Caffè Città")
    client = client_for(seller)
    contoso = Customer.objects.get(pk=accepted.customer_id)
    for words in ("CONTO", "contoso.exam", str(contoso.tenant_id)[:13]):
        assert names(client.get("/customers/", {"q": words})) == ["Contoso"]
    assert names(client.get("/customers/", {"q": "citta"})) == ["Caffè Città"]
    page = text(client.get("/customers/", {"q": "co"}))
    assert "Type at least 3 characters to search." in page
    assert "No customer fits" in text(client.get("/customers/", {"q": "nobody"}))


def test_a_reseller_searches_its_own(client_for: SignIn, luca: Actor, assigned: Assignment) -> None:
    CustomerFactory(provider=assigned.provider, name="Contoso of others")
    assert names(client_for(luca).get("/customers/", {"q": "contoso"})) == ["Contoso"]


def test_pages_keep_the_filter(client_for: SignIn, seller: Actor, northwind: Partner) -> None:
    for number in range(60):
        CustomerFactory(provider=northwind, name=f"Customer {number:02}")
    client = client_for(seller)
    first = client.get("/customers/?q=customer")
    assert names(first) == [f"Customer {number:02}" for number in range(50)]
    second = client.get("/customers/" + first.context["page"].older)
    assert names(second) == [f"Customer {number:02}" for number in range(50, 60)]
    assert names(client.get("/customers/" + second.context["page"].newer)) == names(first)


def test_empty_lists_offer_the_first_step(
    client_for: SignIn, seller: Actor, luca: Actor, viewer: Actor
) -> None:
    assert reverse("customers:invite") in text(client_for(seller).get("/customers/"))
    assert reverse("customers:invite") not in text(client_for(viewer).get("/customers/"))
    assert "See what is offered to you" in text(client_for(luca).get("/customers/"))


# --- one customer ------------------------------------------------------------------------------


def page_of(client: Client, customer: Customer) -> Any:
    response = client.get(f"/customers/{customer.pk}/")
    assert response.status_code == 200
    return response


def cells(response: Any, title: str) -> list[str]:
    row = next(row for row in response.context["matrix"]["rows"] if row["title"] == title)
    return [cell.get("label", "—") for cell in row["cells"]]


def test_a_prospect_gives_nobody_anything(client_for: SignIn, seller: Actor, contoso: Customer) -> None:
    response = page_of(client_for(seller), contoso)
    page = text(response)
    assert response.context["matrix"] is None
    assert "Nobody may do anything yet" in page
    assert f"{reverse('customers:invite')}?customer={contoso.pk}" in page
    assert "Assign privileges" not in page
    assert "No subscriptions on record" in page


def test_the_matrix_says_who_may_do_what_until_when_by_whose_decision(
    client_for: SignIn, agent: Actor, assigned: Assignment
) -> None:
    response = page_of(client_for(agent), assigned.customer)
    assert response.context["matrix"]["columns"] == ["Northwind Traders (you)", "Fabrikam"]
    assert cells(response, "Relationship") == ["since 10 Mar 2026", "—"]
    assert cells(response, "Provisioning") == ["until 10 Mar 2027", "until 10 Mar 2027"]
    assert cells(response, "Support") == ["until 10 Mar 2027", "—"]
    assert cells(response, "Confirmed at Microsoft") == ["to be confirmed", "—"]
    page = text(response)
    assert "Carla Conti, 10 Mar 2026" in page
    assert (
        "offered by Anna Admin · Northwind Traders, 10 Mar 2026; accepted by Luca Libero · Fabrikam" in page
    )
    assert "Assign privileges" in page


def test_an_offer_is_shown_with_its_services_and_answered_by_the_reseller_only(
    client_for: SignIn, anna: Actor, luca: Actor, support: Grant, offered: Assignment,
    partnership: Partnership, now: datetime,
) -> None:  # fmt: skip
    privileges.assign(support, partnership, family=Family.AZURE, by=anna, at=now)
    privileges.assign(support, partnership, family=Family.EMS, by=anna, at=now)
    response = page_of(client_for(anna), offered.customer)
    (cell,) = [row["cells"][1] for row in response.context["matrix"]["rows"] if row["title"] == "Support"]
    assert [cell["note"], *(more["note"] for more in cell["more"])] == [
        "Azure; to be answered by 24 Mar 2026",
        "Security and mobility; to be answered by 24 Mar 2026",
    ]
    assert "Answer the offer" not in text(response)
    assert (
        client_for(luca).get(f"/customers/{offered.customer_id}/").status_code == 404
    )  # not live, not named
    Customer.objects.filter(pk=offered.customer_id).update(reseller=partnership.reseller)
    assert "Answer the offer" in text(page_of(client_for(luca), offered.customer))


def test_what_has_stopped_says_why(
    client_for: SignIn, anna: Actor, assigned: Assignment, now: datetime
) -> None:
    Partnership.objects.filter(pk=assigned.partnership_id).update(
        status="ended", ended_at=now, ended_by="Anna"
    )
    page = page_of(client_for(anna), assigned.customer)
    assert cells(page, "Provisioning") == ["until 10 Mar 2027", "not in force"]
    assert "All services; the partnership has ended" in text(page)


def test_services_another_partner_administers_are_named(
    client_for: SignIn, anna: Actor, assigned: Assignment, accepted: Relationship, now: datetime
) -> None:
    OtherPartnerStatement.objects.create(
        relationship=accepted, family=Family.AZURE, stated_at=now, stated_by="Carla"
    )
    page = text(page_of(client_for(anna), assigned.customer))
    assert "All services; not Azure: another CSP partner administers it" in page


def test_a_withdrawn_grant_and_an_ended_relationship_stay_visible(
    client_for: SignIn, anna: Actor, accepted: Relationship, provisioning: Grant, now: datetime
) -> None:
    Grant.objects.filter(pk=provisioning.pk).update(status="withdrawn", stopped_at=now, stopped_by="Carla")
    response = page_of(client_for(anna), accepted.customer)
    assert cells(response, "Provisioning") == ["not in force"]
    assert "withdrawn by the customer" in text(response)
    Relationship.objects.update(status="ended", ended_at=now, ended_by="Anna")
    response = page_of(client_for(anna), accepted.customer)
    assert cells(response, "Relationship") == ["ended on 10 Mar 2026"]
    assert cells(response, "Support") == ["not in force"]
    assert "the relationship has ended" in text(response)
    assert "Confirmed at Microsoft" not in text(response)


def test_the_confirmation_at_microsoft_is_noted_by_agents(
    client_for: SignIn, agent: Actor, seller: Actor, accepted: Relationship, luca: Actor
) -> None:
    address = reverse("customers:microsoft-note", args=[accepted.pk])
    assert address in text(page_of(client_for(agent), accepted.customer))
    assert address not in text(page_of(client_for(seller), accepted.customer))
    client_for(agent).post(address)
    page = page_of(client_for(agent), accepted.customer)
    assert cells(page, "Confirmed at Microsoft") == ["confirmed on 10 Mar 2026"]
    assert f'{address}"' not in text(page)


def test_a_reseller_sees_itself_and_the_provider_and_no_other(
    client_for: SignIn, luca: Actor, ada: Actor, assigned: Assignment, support: Grant, anna: Actor,
    adventure_partnership: Partnership, now: datetime,
) -> None:  # fmt: skip
    offer = privileges.assign(support, adventure_partnership, by=anna, at=now)
    privileges.accept(offer, by=ada, at=now)
    response = page_of(client_for(luca), assigned.customer)
    assert response.context["matrix"]["columns"] == ["Northwind Traders", "Fabrikam (you)"]
    page = text(response)
    assert "Adventure" not in page
    assert "Ada" not in page
    assert "Edit" not in page
    assert "Carla Conti" in page


def test_an_answer_that_waits_is_decided_by_agents(
    client_for: SignIn, agent: Actor, seller: Actor, link: InvitationLink, answer_link: Answering
) -> None:
    acceptance = answer_link(link, email="carla@studio.example")
    assert acceptance.status == Acceptance.Status.PENDING
    contoso = acceptance.customer
    assert contoso is not None
    confirm = reverse("customers:acceptance-confirm", args=[acceptance.pk])
    page = text(page_of(client_for(agent), contoso))
    assert "An answer waits for you" in page
    assert "The answer came from another address than the one invited." in page
    assert "The invitation went to carla@contoso.example" in page
    assert confirm in page
    assert reverse("customers:acceptance-refuse", args=[acceptance.pk]) in page
    page = text(page_of(client_for(seller), contoso))
    assert confirm not in page
    assert "An account admin or admin agent of your company decides." in page
    client_for(agent).post(confirm)
    assert "An answer waits for you" not in text(page_of(client_for(agent), contoso))


def test_a_reseller_reads_no_answer(
    client_for: SignIn, luca: Actor, link: InvitationLink, answer_link: Answering, partnership: Partnership
) -> None:
    acceptance = answer_link(link, email="carla@studio.example")
    Customer.objects.update(reseller=partnership.reseller)
    assert acceptance.customer is not None
    page = text(page_of(client_for(luca), acceptance.customer))
    assert "carla@studio.example" not in page
    assert str(acceptance.tenant_id) not in page


def test_invitations_that_wait_are_shown_to_who_has_them(
    client_for: SignIn, anna: Actor, luca: Actor, link: InvitationLink, partnership: Partnership,
    invite: Callable[..., Invitation], handed_terms: Any,
) -> None:  # fmt: skip
    contoso = link.customer
    assert contoso is not None
    handed = invite(handed_terms, customer=contoso)
    own, theirs = (reverse("customers:invitation", args=[one]) for one in (link.invitation_id, handed.pk))
    page = text(page_of(client_for(anna), contoso))
    assert own in page
    assert theirs in page
    assert "In the hands of Fabrikam" in page
    assert "Invite again" in page
    Customer.objects.update(reseller=partnership.reseller)
    page = text(page_of(client_for(luca), contoso))
    assert own not in page
    assert theirs in page


def test_each_subscription_stands_with_its_ruling_and_deadline(
    client_for: SignIn, seller: Actor, accepted: Relationship, now: datetime
) -> None:
    row = SubscriptionFactory(
        customer=accepted.customer,
        channel=Channel.CSP_OTHER,
        seller_name="Tailspin Toys",
        auto_renew=AutoRenew.YES,
        term_end=now.date() + timedelta(days=2),
    )
    page = text(page_of(client_for(seller), accepted.customer))
    assert row.product.name in page
    assert "Another CSP partner (Tailspin Toys)" in page
    assert "Wait for the end, or cancel" in page
    assert "A licence subscription can't be moved to another CSP partner." in page
    assert "decide: tomorrow" in page


def test_many_subscriptions_go_on_in_the_list(client_for: SignIn, seller: Actor, contoso: Customer) -> None:
    for _ in range(21):
        SubscriptionFactory(customer=contoso)
    response = page_of(client_for(seller), contoso)
    assert len(response.context["subscriptions"]["rows"]) == 20
    everything = client_for(seller).get(response.context["subscriptions"]["more"])
    assert len(everything.context["rows"]) == 21


def test_the_timeline_tells_each_company_its_own_world(
    client_for: SignIn, anna: Actor, luca: Actor, assigned: Assignment
) -> None:
    ours, theirs = (
        [entry["title"] for entry in page_of(client_for(who), assigned.customer).context["timeline"]]
        for who in (anna, luca)
    )
    assert ours[:2] == ["Privilege accepted by the reseller", "Privilege offered to a reseller"]
    assert "Invitation sent" in ours
    assert "Provisioning · All services · Fabrikam" in text(page_of(client_for(luca), assigned.customer))
    assert "Invitation sent" not in theirs
    assert set(theirs) < set(ours)


def test_a_customer_outside_the_region_is_not_invited(
    client_for: SignIn, seller: Actor, contoso: Customer
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(country="US")
    page = text(page_of(client_for(seller), contoso))
    assert "outside the CSP region of Northwind Traders" in page
    assert reverse("customers:invite") not in page


@pytest.mark.parametrize(
    ("who", "buttons"),
    [
        ("agent", {"Edit", "Record a subscription", "Invite again", "Assign privileges", "Add"}),
        ("seller", {"Edit", "Record a subscription", "Invite again", "Add"}),
        ("helpdesk", set()),
        ("viewer", set()),
        ("luca", set()),
    ],
)
def test_only_what_the_server_accepts_is_offered(
    client_for: SignIn, request: pytest.FixtureRequest, assigned: Assignment, carla: Contact, who: str,
    buttons: set[str],
) -> None:  # fmt: skip
    page = page_of(client_for(request.getfixturevalue(who)), assigned.customer).content.decode()
    every = {"Edit", "Record a subscription", "Invite again", "Assign privileges", "Add"}
    assert {words for words in every if f">{words}</a>" in page} == buttons


@pytest.mark.parametrize("who", ["tom", "wanda", "luca", "ada"])
def test_a_stranger_finds_nothing(
    client_for: SignIn, request: pytest.FixtureRequest, accepted: Relationship, who: str
) -> None:
    assert (
        client_for(request.getfixturevalue(who)).get(f"/customers/{accepted.customer_id}/").status_code == 404
    )


@pytest.mark.parametrize(
    "query",
    [
        "q=%00",
        "q=" + "x" * 9000,
        "status=%00",
        "reseller=9223372036854775808",
        "reseller=-1",
        "after=%00",
        "before=zz",
        "q=a&q=b&q=%F0%9F%8F%A2%F0%9F%8F%A2%F0%9F%8F%A2",
    ],
)
def test_no_address_breaks_the_list(client_for: SignIn, seller: Actor, contoso: Customer, query: str) -> None:
    assert client_for(seller).get(f"/customers/?{query}").status_code == 200
    assert client_for(seller).get(f"/subscriptions/?{query}").status_code == 200
    assert client_for(seller).get(f"/?{query}&show=%00").status_code == 200


def test_the_timeline_speaks_the_readers_language(
    client_for: SignIn, anna: Actor, assigned: Assignment, link: InvitationLink
) -> None:
    assert anna.user is not None
    anna.user.language = "it"
    anna.user.save()
    page = text(page_of(client_for(anna), assigned.customer))
    assert "Provisioning · Tutti i servizi · Fabrikam" in page
    assert f"Invito {link.invitation_id} · Contoso" in page


def test_the_timeline_names_moves_and_transfers_in_the_readers_language(
    client_for: SignIn, anna: Actor, accepted: Relationship, now: datetime
) -> None:
    contoso = accepted.customer
    row = SubscriptionFactory(customer=contoso, friendly_name="Uffici di Milano")
    moves.plan(row, Path.SUPPORT_IN_PLACE, by=anna, at=now)
    transfer = TransferFactory(customer=contoso)
    transfers.cancel(transfer, by=anna, at=now)
    assert anna.user is not None
    anna.user.language = "it"
    anna.user.save()
    page = text(page_of(client_for(anna), contoso))
    with translation.override("it"):
        words = str(Path.SUPPORT_IN_PLACE.label)
    assert f"{words} · Uffici di Milano" in page
    assert f"trasferimento {transfer.pk}" in page


def test_the_timeline_names_a_withdrawn_privilege(
    client_for: SignIn, anna: Actor, contoso: Customer, now: datetime
) -> None:
    with transaction.atomic():
        activity.record(
            privileges.Verb.GRANT_WITHDRAWN,
            by=anna,
            at=now,
            provider=contoso.provider,
            customer=contoso,
            details={"privilege": "support"},
        )
    (entry,) = page_of(client_for(anna), contoso).context["timeline"]
    assert (entry["title"], entry["note"]) == ("Privilege withdrawn by the customer", "Support")
