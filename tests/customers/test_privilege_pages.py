"""Privileges in the browser: lists, assigning, and every answer to an offer."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import endings, privileges
from customers.families import Family
from customers.models import Assignment, Customer, Grant, OtherPartnerStatement
from partners.actor import Actor
from partners.models import Partner, Partnership

SignIn = Callable[[Actor], Client]
LIST = reverse("customers:privileges")


def address(name: str, row: Any) -> str:
    return reverse(f"customers:{name}", args=[row.pk])


def listed(client: Client, **query: object) -> list[Any]:
    return list(client.get(LIST, query).context["rows"])


# --- the lists ---------------------------------------------------------------------------------


def test_provider_sees_what_its_resellers_hold(
    assigned: Assignment, agent: Actor, client_for: SignIn
) -> None:
    client = client_for(agent)
    (row,) = listed(client)
    assert (row.customer, row.company, row.privilege, row.state) == (
        "Contoso",
        "Fabrikam",
        "Provisioning",
        "In force",
    )
    assert row.leads == ((address("assignment-revoke", assigned), "Revoke…"),)
    assert [listed(client, show=show) for show in ("offered", "ending", "stopped")] == [[], [], []]


def test_reseller_sees_what_is_offered_to_it(offered: Assignment, luca: Actor, client_for: SignIn) -> None:
    client = client_for(luca)
    (row,) = listed(client, show="offered")
    assert (row.company, row.customer_url) == ("Northwind Traders", "")  # no customer of its own yet
    assert [url for url, _words in row.actions] == [
        address("assignment-accept", offered),
        address("assignment-decline", offered),
    ]
    assert listed(client, show="active") == []


def test_what_waits_for_the_reader_is_shown_first(
    offered: Assignment, anna: Actor, luca: Actor, client_for: SignIn
) -> None:
    (row,) = listed(client_for(luca))
    assert row.state == "Offered"
    assert listed(client_for(anna)) == []  # it waits for Fabrikam, not for Northwind


def test_provider_can_withdraw_an_offer(offered: Assignment, agent: Actor, client_for: SignIn) -> None:
    (row,) = listed(client_for(agent), show="offered")
    assert [url for url, _words in row.actions] == [address("assignment-withdraw", offered)]


@pytest.mark.parametrize("actor", ["viewer", "seller", "helpdesk", "fabrikam_viewer", "fabrikam_seller"])
def test_who_only_reads_is_offered_no_button(
    offered: Assignment, actor: str, client_for: SignIn, request: pytest.FixtureRequest
) -> None:
    (row,) = listed(client_for(request.getfixturevalue(actor)), show="offered")
    assert (row.actions, row.leads) == ((), ())


def test_ending_within_thirty_days(
    assigned: Assignment, now: datetime, anna: Actor, client_for: SignIn
) -> None:
    Assignment.objects.filter(pk=assigned.pk).update(ends_on=now.date() + timedelta(days=30))
    assert len(listed(client_for(anna), show="ending")) == 1
    Assignment.objects.filter(pk=assigned.pk).update(ends_on=now.date() + timedelta(days=31))
    assert listed(client_for(anna), show="ending") == []


def test_stopped_says_how_and_by_whom(
    assigned: Assignment, luca: Actor, now: datetime, client_for: SignIn
) -> None:
    privileges.give_up(assigned, by=luca, at=now)
    (row,) = listed(client_for(luca), show="stopped")
    assert row.state == "Given up"
    assert luca.stamp in row.why


def test_what_died_with_the_grant_counts_as_stopped(
    assigned: Assignment, anna: Actor, now: datetime, client_for: SignIn
) -> None:
    Grant.objects.filter(pk=assigned.grant_id).update(status="withdrawn", stopped_at=now, stopped_by="Carla")
    client = client_for(anna)
    assert listed(client) == []
    (row,) = listed(client, show="stopped")
    assert (row.state, row.why) == ("Not in force", "the customer withdrew the grant")
    assert (row.actions, row.leads) == ((), ())


def test_what_died_with_the_partnership_counts_as_stopped(
    assigned: Assignment,
    partnership: Partnership,
    anna: Actor,
    luca: Actor,
    now: datetime,
    client_for: SignIn,
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    (row,) = listed(client_for(anna), show="stopped")
    assert row.why == "the partnership has ended"
    assert listed(client_for(luca), show="stopped") == []


def test_offer_nobody_answered_is_no_longer_offered(
    offered: Assignment, now: datetime, luca: Actor, client_for: SignIn
) -> None:
    Assignment.objects.filter(pk=offered.pk).update(offered_at=now - timedelta(days=14))
    client = client_for(luca)
    assert listed(client, show="offered") == []
    (row,) = listed(client, show="stopped")
    assert row.why == "the offer was not answered in time"
    assert row.actions == ()


def test_family_of_another_partner_is_held_but_not_in_force(
    provisioning: Grant, partnership: Partnership, anna: Actor, luca: Actor, now: datetime, client_for: SignIn
) -> None:
    offer = privileges.assign(provisioning, partnership, family=Family.AZURE, by=anna, at=now)
    privileges.accept(offer, by=luca, at=now)
    OtherPartnerStatement.objects.create(
        relationship=provisioning.relationship, family=Family.AZURE, stated_at=now, stated_by="Carla"
    )
    (row,) = listed(client_for(luca))
    assert (row.state, row.why) == ("Not in force", "another CSP partner administers this service")


def test_every_assignment_is_in_exactly_one_of_three_lists(
    assigned: Assignment, support: Grant, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    privileges.withdraw(privileges.assign(support, partnership, by=anna, at=now), by=anna, at=now)
    privileges.assign(support, partnership, by=anna, at=now)
    rows = Assignment.objects.all()
    found = [row.pk for part in (rows.held(now), rows.to_answer(now), rows.stopped(now)) for row in part]
    assert sorted(found) == sorted(rows.values_list("pk", flat=True))
    assert (rows.held(now).count(), rows.to_answer(now).count(), rows.stopped(now).count()) == (1, 1, 1)
    assert not (rows.live(now) & rows.stopped(now)).exists()


def test_provider_sees_what_customers_granted(
    provisioning: Grant, support: Grant, anna: Actor, now: datetime, client_for: SignIn
) -> None:
    client = client_for(anna)
    assert [row.privilege for row in listed(client, of="grants")] == ["Support", "Provisioning"]
    Grant.objects.filter(pk=support.pk).update(ends_on=now.date() + timedelta(days=3))
    assert [row.privilege for row in listed(client, of="grants", show="ending")] == ["Support"]
    Grant.objects.filter(pk=support.pk).update(status="withdrawn", stopped_at=now, stopped_by="Carla")
    (row,) = listed(client, of="grants", show="stopped")
    assert row.why == "withdrawn by the customer"


def test_reseller_never_sees_grants(provisioning: Grant, luca: Actor, client_for: SignIn) -> None:
    assert listed(client_for(luca), of="grants") == []


def test_stranger_sees_nothing(assigned: Assignment, tom: Actor, wanda: Actor, client_for: SignIn) -> None:
    for actor in (tom, wanda):
        client = client_for(actor)
        assert [listed(client, of=of) for of in ("", "grants")] == [[], []]


def test_nonsense_in_the_address_counts_as_not_given(
    assigned: Assignment, anna: Actor, client_for: SignIn
) -> None:
    client = client_for(anna)
    for query in (
        {"show": "\x00"},
        {"of": "x"},
        {"reseller": "²"},
        {"reseller": str(2**70)},
        {"after": "AAAA"},
    ):
        assert len(listed(client, **query)) == 1


# --- answering ---------------------------------------------------------------------------------


def test_reseller_accepts(offered: Assignment, fabrikam_agent: Actor, client_for: SignIn) -> None:
    answer = client_for(fabrikam_agent).post(address("assignment-accept", offered))
    offered.refresh_from_db()
    assert (answer["Location"], offered.status, offered.answered_by) == (LIST, "active", fabrikam_agent.stamp)


def test_reseller_declines(offered: Assignment, luca: Actor, client_for: SignIn) -> None:
    client_for(luca).post(address("assignment-decline", offered))
    offered.refresh_from_db()
    assert offered.status == Assignment.Status.DECLINED


def test_provider_withdraws(offered: Assignment, contoso: Customer, agent: Actor, client_for: SignIn) -> None:
    answer = client_for(agent).post(address("assignment-withdraw", offered))
    offered.refresh_from_db()
    assert (answer["Location"], offered.status) == (contoso.get_absolute_url(), "withdrawn")


def test_second_click_is_refused_in_words(offered: Assignment, luca: Actor, client_for: SignIn) -> None:
    client = client_for(luca)
    client.post(address("assignment-accept", offered))
    page = client.post(address("assignment-accept", offered), follow=True)
    assert [message.level_tag for message in page.context["messages"]][-1] == "error"


def test_provider_revokes_after_reading_what_stops(
    assigned: Assignment, agent: Actor, client_for: SignIn
) -> None:
    client, target = client_for(agent), address("assignment-revoke", assigned)
    assert "Fabrikam can no longer act for Contoso" in client.get(target).content.decode()
    client.post(target)
    assigned.refresh_from_db()
    assert assigned.status == Assignment.Status.REVOKED
    assert client.get(target).context["refused"]


def test_reseller_gives_up_after_reading_what_stops(
    assigned: Assignment, fabrikam_agent: Actor, client_for: SignIn
) -> None:
    client, target = client_for(fabrikam_agent), address("assignment-give-up", assigned)
    assert "You can no longer act for Contoso" in client.get(target).content.decode()
    client.post(target)
    assigned.refresh_from_db()
    assert assigned.status == Assignment.Status.GIVEN_UP


PROVIDERS = ("assignment-withdraw", "assignment-revoke")
RESELLERS = ("assignment-accept", "assignment-decline", "assignment-give-up")


@pytest.mark.parametrize("name", [*PROVIDERS, *RESELLERS])
def test_nobody_else_moves_an_assignment(
    offered: Assignment,
    name: str,
    viewer: Actor,
    seller: Actor,
    fabrikam_viewer: Actor,
    fabrikam_seller: Actor,
    agent: Actor,
    luca: Actor,
    tom: Actor,
    wanda: Actor,
    client_for: SignIn,
) -> None:
    other_side = luca if name in PROVIDERS else agent
    for actor in (viewer, seller, fabrikam_viewer, fabrikam_seller, other_side):
        assert client_for(actor).post(address(name, offered)).status_code == 403
    for actor in (tom, wanda):
        assert client_for(actor).post(address(name, offered)).status_code == 404
    offered.refresh_from_db()
    assert offered.status == Assignment.Status.OFFERED


# --- assigning ---------------------------------------------------------------------------------


@pytest.fixture
def typed(provisioning: Grant, partnership: Partnership) -> dict[str, Any]:
    """What a provider chooses to offer provisioning to Fabrikam, on everything, for as long as it has it."""
    return {
        "grant": provisioning.pk,
        "partnership": partnership.pk,
        "family": "all",
        "starts_on": "",
        "ends_on": "",
    }


def test_assign_offers_what_was_chosen(
    typed: dict[str, Any], contoso: Customer, agent: Actor, client_for: SignIn
) -> None:
    answer = client_for(agent).post(address("assign", contoso), {**typed, "family": "azure"})
    offer = Assignment.objects.get()
    assert answer["Location"] == contoso.get_absolute_url()
    assert (offer.family, offer.status, offer.offered_by) == ("azure", "offered", agent.stamp)
    assert offer.ends_on == offer.grant.ends_on


def test_assign_shows_who_holds_the_ground(
    assigned: Assignment, contoso: Customer, anna: Actor, client_for: SignIn
) -> None:
    page = client_for(anna).get(address("assign", contoso))
    (row,) = page.context["rows"]
    assert row.company == "Fabrikam"
    assert "hands them over" in page.content.decode()


def test_assign_refused_shows_the_rule(
    assigned: Assignment, typed: dict[str, Any], contoso: Customer, anna: Actor, client_for: SignIn
) -> None:
    page = client_for(anna).post(address("assign", contoso), typed)
    assert "already holds the privilege" in page.content.decode()
    assert page.context["form"]["partnership"].value() == str(typed["partnership"])


def test_assign_chooses_only_among_live_grants_and_active_partnerships(
    typed: dict[str, Any],
    contoso: Customer,
    provisioning: Grant,
    adventure: Partner,
    wingtip_partnership: Partnership,
    anna: Actor,
    now: datetime,
    client_for: SignIn,
) -> None:
    Grant.objects.filter(pk=provisioning.pk).update(status="withdrawn", stopped_at=now, stopped_by="Carla")
    page = client_for(anna).post(address("assign", contoso), {**typed, "partnership": wingtip_partnership.pk})
    assert set(page.context["form"].errors) == {"grant", "partnership"}
    assert not Assignment.objects.exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ends_on", "2030-01-01"),
        ("ends_on", "9999-12-31"),
        ("ends_on", "2026-03-09"),
        ("ends_on", "soon"),
        ("starts_on", "9999-12-31"),
        ("family", "everything"),
        ("grant", "²"),
        ("grant", str(2**70)),
        ("partnership", "\x00"),
        ("partnership", ""),
    ],
)
def test_assign_with_bad_input_is_refused(
    typed: dict[str, Any], contoso: Customer, anna: Actor, client_for: SignIn, field: str, value: str
) -> None:
    page = client_for(anna).post(address("assign", contoso), {**typed, field: value})
    assert page.status_code == 200
    assert page.context["form"].errors
    assert not Assignment.objects.exists()


def test_assign_without_a_grant_leads_to_an_invitation(
    contoso: Customer, partnership: Partnership, anna: Actor, client_for: SignIn
) -> None:
    page = client_for(anna).get(address("assign", contoso)).content.decode()
    assert "Nothing to assign" in page
    assert f"{reverse('customers:invite')}?customer={contoso.pk}" in page


def test_assign_without_a_reseller_leads_to_resellers(
    provisioning: Grant, contoso: Customer, anna: Actor, client_for: SignIn
) -> None:
    assert "No reseller to assign to" in client_for(anna).get(address("assign", contoso)).content.decode()


def test_who_may_not_assign(
    typed: dict[str, Any],
    assigned: Assignment,
    contoso: Customer,
    seller: Actor,
    viewer: Actor,
    luca: Actor,
    tom: Actor,
    wanda: Actor,
    client_for: SignIn,
) -> None:
    for actor, status in ((seller, 403), (viewer, 403), (luca, 403), (tom, 404), (wanda, 404)):
        client = client_for(actor)
        assert client.get(address("assign", contoso)).status_code == status
        assert client.post(address("assign", contoso), typed).status_code == status
    assert Assignment.objects.count() == 1
