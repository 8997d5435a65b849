"""The page of a subscription: what is under way with it, what can be begun, what each edition says."""

import html
import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Assignment, Customer, Relationship
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Partner, Partnership, RulebookEdition
from subscriptions import records
from subscriptions.models import Subscription
from subscriptions.vocabulary import Billing, Channel, Path, Term
from tests.conftest import Log
from tests.factories import (
    MoveFactory,
    PartnershipFactory,
    ProductFactory,
    SubscriptionFactory,
    TransferFactory,
    TransferItemFactory,
)

SignIn = Callable[..., Client]


def text(response: Any) -> str:
    return html.unescape(response.content.decode())


@pytest.fixture
def elsewhere(contoso: Customer) -> Subscription:
    """Licences Contoso bought from another CSP partner."""
    return SubscriptionFactory(customer=contoso, channel=Channel.CSP_OTHER, seller_name="Lamna")


@pytest.fixture
def ours(accepted: Relationship) -> Subscription:
    """Licences Northwind sold Contoso."""
    return SubscriptionFactory(customer=accepted.customer, channel=Channel.CSP_OWN, term=Term.P1Y)


def page(client: Client, row: Subscription) -> Any:
    return client.get(row.get_absolute_url())


def begins(response: Any) -> dict[str, str]:
    """Return where each open path begins, by its code."""
    return {one["code"]: one["begin"][0] for one in response.context["ruling"]["open"] if one["begin"]}


# --- what can be begun -------------------------------------------------------------------------


def test_an_agent_begins_each_open_path_where_it_is_shown(
    client_for: SignIn,
    agent: Actor,
    seller: Actor,
    luca: Actor,
    elsewhere: Subscription,
    assigned: Assignment,
) -> None:
    plan = reverse("subscriptions:move-plan", args=[elsewhere.pk])
    client = client_for(agent)
    found = begins(page(client, elsewhere))
    assert found == {
        "wait_or_cancel": f"{plan}?path=wait_or_cancel",
        "support_in_place": f"{plan}?path=support_in_place",
    }
    for address in found.values():
        assert client.get(address).status_code == 200
    for reader in (seller, luca):
        assert begins(page(client_for(reader), elsewhere)) == {}


def test_nothing_is_begun_for_an_add_on(client_for: SignIn, anna: Actor, elsewhere: Subscription) -> None:
    add_on = SubscriptionFactory(customer=elsewhere.customer, parent=elsewhere)
    assert begins(page(client_for(anna), add_on)) == {}


def test_an_open_move_stands_where_planning_was(
    client_for: SignIn, anna: Actor, viewer: Actor, elsewhere: Subscription
) -> None:
    move = MoveFactory(subscription=elsewhere, path=Path.WAIT_OR_CANCEL)
    response = page(client_for(anna), elsewhere)
    assert begins(response) == {}
    assert response.context["under_way"]["url"] == move.get_absolute_url()
    shown = text(response)
    assert "Under way: Wait for the end, or cancel" in shown
    assert "Step 1 of" in shown
    assert "The customer" in shown
    assert f'href="/moves/{move.pk}/"' in shown
    assert not response.context["under_way"]["is_mine"]


def test_whose_turn_it_is_depends_on_who_holds_the_privilege_and_who_reads(
    client_for: SignIn, anna: Actor, luca: Actor, ada: Actor, contoso: Customer, assigned: Assignment
) -> None:
    row = SubscriptionFactory(customer=contoso)
    # The step after three: the first provisioning task, which Fabrikam's provisioning takes.
    move = MoveFactory(subscription=row, done=4)
    assert (code := move.next.code) == "first_task", code
    mine, theirs = (page(client_for(one), row).context["under_way"] for one in (luca, anna))
    assert (mine["is_mine"], mine["turn"]) == (True, "The reseller")
    assert (theirs["is_mine"], theirs["turn"]) == (False, "The reseller")
    assigned.move("revoked", stopped_at=move.decided_at, stopped_by="Anna")
    again = page(client_for(anna), row).context["under_way"]
    assert (again["is_mine"], again["turn"]) == (True, "The provider")


def test_a_pending_transfer_is_shown_and_nothing_planned_beside_it(
    client_for: SignIn, anna: Actor, elsewhere: Subscription, now: datetime
) -> None:
    transfer = TransferFactory(customer=elsewhere.customer, tenant_id=uuid.uuid4())
    TransferItemFactory(transfer=transfer, subscription=elsewhere)
    response = page(client_for(anna), elsewhere)
    assert response.context["transfer"] == transfer
    assert begins(response) == {}
    assert "A transfer was requested." in text(response)


def test_moves_that_are_over_are_listed_with_what_became_of_them(
    client_for: SignIn, viewer: Actor, elsewhere: Subscription
) -> None:
    MoveFactory(subscription=elsewhere, abandoned=True)
    response = page(client_for(viewer), elsewhere)
    shown = text(response)
    assert response.context["under_way"] is None
    assert "Earlier moves" in shown
    assert "The customer changed its mind." in shown


def test_what_took_its_place_is_named(client_for: SignIn, viewer: Actor, elsewhere: Subscription) -> None:
    newer = SubscriptionFactory(customer=elsewhere.customer, channel=Channel.CSP_OWN, replaces=elsewhere)
    assert f'Replaced by <a href="/subscriptions/{newer.pk}/">' in text(page(client_for(viewer), elsewhere))


# --- what is missing, and who lifts it ---------------------------------------------------------


def lifts(response: Any) -> dict[str, str]:
    """Return where what is missing can be lifted, by the words of the link."""
    ways = [need["fix"] for path in response.context["ruling"]["open"] for need in path["missing"]]
    return {words: url for way in ways if way for url, words in [way]}


def test_a_reseller_asks_its_provider_for_what_is_missing(
    client_for: SignIn, luca: Actor, fabrikam_viewer: Actor, elsewhere: Subscription, partnership: Partnership
) -> None:
    Customer.objects.update(reseller=partnership.reseller)
    assert lifts(page(client_for(luca), elsewhere)) == {
        "Ask the provider for an invitation": "/requests/new/"
    }
    assert lifts(page(client_for(fabrikam_viewer), elsewhere)) == {}


def test_an_agreement_accepted_elsewhere_is_attested_by_agents(
    client_for: SignIn, agent: Actor, seller: Actor, accepted: Relationship, northwind: Partner
) -> None:
    row = SubscriptionFactory(customer=accepted.customer)
    Partner.objects.filter(pk=northwind.pk).update(edition=RulebookEdition.V2026)
    attest = reverse("customers:agreement-attest", args=[accepted.pk])
    assert attest in lifts(page(client_for(agent), row)).values()
    assert attest not in lifts(page(client_for(seller), row)).values()


# --- what changed, and why ---------------------------------------------------------------------


def test_editions_that_differ_stand_side_by_side_the_one_in_force_first(
    client_for: SignIn, viewer: Actor, northwind: Partner, elsewhere: Subscription
) -> None:
    client = client_for(viewer)
    response = page(client, elsewhere)
    old, new = response.context["editions"]
    assert [(one["name"], one["in_force"]) for one in (old, new)] == [
        ("December 2016", True),
        ("Today's rules (2026)", False),
    ]
    titles = [[line["title"] for line in one["paths"]] for one in (old, new)]
    assert titles[0] == titles[1]
    was, is_now = (
        next(line for line in one["paths"] if line["title"] == Path.TRANSFER.label) for one in (old, new)
    )
    assert (was["is_open"], is_now["is_open"]) == (False, True)
    assert was["differs"]
    assert was["source"]
    Partner.objects.filter(pk=northwind.pk).update(edition=RulebookEdition.V2026)
    assert [one["name"] for one in page(client, elsewhere).context["editions"]] == [
        "Today's rules (2026)",
        "December 2016",
    ]


def test_editions_that_agree_say_so_in_a_line(client_for: SignIn, viewer: Actor, contoso: Customer) -> None:
    response = page(client_for(viewer), SubscriptionFactory(customer=contoso, channel=Channel.SYNDICATION))
    assert response.context["editions"] == []
    assert "say the same of it" in text(response)


def test_what_goes_out_is_kept_by_hand_or_answered_where_it_was_asked(
    client_for: SignIn, anna: Actor, viewer: Actor, northwind: Partner, ours: Subscription
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(edition=RulebookEdition.V2026)
    found = begins(page(client_for(anna), ours))
    assert found["transfer"] == reverse("subscriptions:transfer-new", query={"subscription": ours.pk})
    assert begins(page(client_for(viewer), ours)) == {}


def test_a_deadline_only_one_edition_knows_is_told(
    client_for: SignIn, viewer: Actor, ours: Subscription, now: datetime
) -> None:
    Subscription.objects.filter(pk=ours.pk).update(
        started_on=now.date(), term_end=now.date() + timedelta(days=365)
    )
    old, new = page(client_for(viewer), ours).context["editions"]
    assert (old["deadline"], new["deadline"]) == ("9 Mar 2027", "17 Mar 2026")


# --- who looks after it ------------------------------------------------------------------------


def test_what_was_bought_elsewhere_is_looked_after_while_the_privilege_lives(
    client_for: SignIn, viewer: Actor, contoso: Customer, assigned: Assignment
) -> None:
    row, client = SubscriptionFactory(customer=contoso, support_contact=contoso.provider), client_for(viewer)
    assert page(client, row).context["looked_after"].startswith("Northwind Traders looks after it")
    grant = assigned.grant
    grant.move("withdrawn", stopped_at=grant.granted_at, stopped_by="Carla")
    type(grant).objects.filter(customer=contoso, status="active").update(
        status="withdrawn", stopped_at=grant.granted_at, stopped_by="Carla"
    )
    assert page(client, row).context["looked_after"] == ""


def test_a_support_contact_without_live_support_looks_after_nothing(
    client_for: SignIn, viewer: Actor, contoso: Customer, assigned: Assignment
) -> None:
    row = SubscriptionFactory(customer=contoso, support_contact=assigned.reseller)  # it holds provisioning
    assert page(client_for(viewer), row).context["looked_after"] == ""


# --- the customer's page -----------------------------------------------------------------------


def test_a_customers_page_shows_what_is_under_way_first(
    client_for: SignIn, viewer: Actor, elsewhere: Subscription
) -> None:
    move = MoveFactory(subscription=elsewhere)
    SubscriptionFactory.create_batch(25, customer=elsewhere.customer)
    response = client_for(viewer).get(elsewhere.customer.get_absolute_url())
    first = response.context["subscriptions"]["rows"][0]
    assert (first["row"], first["move"]["url"]) == (elsewhere, move.get_absolute_url())
    assert "Under way: Look after it in place" in text(response)


# --- changing the reseller ---------------------------------------------------------------------


def test_the_reseller_of_what_we_sell_is_changed_on_a_page_of_its_own(
    client_for: SignIn,
    seller: Actor,
    ours: Subscription,
    partnership: Partnership,
    adventure_partnership: Partnership,
    log: Log,
) -> None:
    client = client_for(seller)
    address = begins(page(client, ours))["change_reseller"]
    form = client.get(address).context["form"]
    assert set(form.fields["partner_on_record"].queryset) == {
        partnership.reseller,
        adventure_partnership.reseller,
    }
    response = client.post(address, {"partner_on_record": partnership.reseller_id, "version": "1"})
    assert response.status_code == 302
    ours.refresh_from_db()
    assert (ours.partner_on_record, ours.version) == (partnership.reseller, 2)
    assert log.last().verb == "subscription.reseller_changed"
    assert log.names(ours)


def test_a_reseller_without_a_partnership_is_not_put_on_record(
    ours: Subscription, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    stranger = PartnershipFactory(provider=ours.provider, ended=True).reseller
    with pytest.raises(Refused, match="active partnership"):
        records.change_reseller(ours, stranger, version=1, by=anna, at=now)
    records.change_reseller(ours, partnership.reseller, version=1, by=anna, at=now)
    with pytest.raises(Refused, match="on record already"):
        records.change_reseller(ours, partnership.reseller, version=2, by=anna, at=now)
    with pytest.raises(Stale):
        records.change_reseller(ours, None, version=1, by=anna, at=now)


def test_only_what_we_sell_has_a_reseller_to_change(
    client_for: SignIn, anna: Actor, elsewhere: Subscription, ours: Subscription, partnership: Partnership,
    now: datetime,
) -> None:  # fmt: skip
    client = client_for(anna)
    address = reverse("subscriptions:subscription-reseller", args=[elsewhere.pk])
    assert "Only what you sell in CSP" in text(client.get(address))
    answer = client.post(address, {"partner_on_record": partnership.reseller_id, "version": "1"})
    assert "Only what you sell in CSP" in text(answer)
    with pytest.raises(Refused, match="Only what you sell"):
        records.change_reseller(elsewhere, partnership.reseller, version=1, by=anna, at=now)
    add_on = SubscriptionFactory(customer=ours.customer, parent=ours, channel=Channel.CSP_OWN)
    with pytest.raises(Refused, match="goes the way of its subscription"):
        records.change_reseller(add_on, partnership.reseller, version=1, by=anna, at=now)


def test_another_provider_changes_no_reseller(ours: Subscription, tom: Actor, now: datetime) -> None:
    with pytest.raises(Refused):
        records.change_reseller(ours, None, version=1, by=tom, at=now)


# --- sold before new commerce ------------------------------------------------------------------


def test_licences_sold_before_new_commerce_cannot_be_transferred_today(
    client_for: SignIn, seller: Actor, northwind: Partner, elsewhere: Subscription
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(edition=RulebookEdition.V2026)
    client = client_for(seller)
    assert Path.TRANSFER.label in [one["title"] for one in page(client, elsewhere).context["ruling"]["open"]]
    edit = reverse("subscriptions:subscription-edit", args=[elsewhere.pk])
    form = client.get(edit).context["form"]
    typed = {name: "" if value is None else value for name, value in form.initial.items()}
    client.post(edit, {**typed, "is_legacy_commerce": "on"})
    response = page(client, elsewhere)
    assert Path.TRANSFER.label in [one["title"] for one in response.context["ruling"]["closed"]]
    assert "Sold before new commerce" in text(response)


@pytest.mark.parametrize(
    ("channel", "billing"), [(Channel.OPEN, Billing.LICENSE), (Channel.CSP_OTHER, Billing.USAGE)]
)
def test_only_licences_sold_in_csp_were_sold_before_new_commerce(
    channel: str, billing: str, contoso: Customer, anna: Actor, now: datetime
) -> None:
    details = records.Details(
        product=ProductFactory(billing=billing), channel=channel, is_legacy_commerce=True
    )
    with pytest.raises(Refused, match="before new commerce") as refusal:
        records.record(contoso, details, by=anna, at=now)
    assert refusal.value.field == "is_legacy_commerce"
