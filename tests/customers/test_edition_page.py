"""The page on which a provider chooses its edition: what would change, in numbers of its own world."""

from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client
from django.urls import reverse

from customers.models import Customer, OtherPartnerStatement, Relationship
from partners.actor import Actor
from partners.models import Partner
from tests.factories import AgreementAttestationFactory, AgreementVersionFactory, RelationshipFactory

pytestmark = pytest.mark.django_db
PAGE, SETTINGS = "/settings/edition/", "/settings/"


@pytest.fixture
def admins(client_for: Callable[..., Client], anna: Actor) -> Client:
    """The browser of Northwind's account admin."""
    return client_for(anna)


def test_settings_say_which_edition_is_in_force_and_lead_to_the_page(admins: Client) -> None:
    assert reverse("customers:edition") == PAGE
    shown = admins.get(SETTINGS).content.decode()
    assert "December 2016" in shown
    assert PAGE in shown


def test_whoever_may_not_choose_is_told_who_does(
    client_for: Callable[..., Client], agent: Actor, luca: Actor
) -> None:
    shown = client_for(agent).get(SETTINGS).content.decode()
    assert PAGE not in shown
    assert "An account admin of your company chooses it." in shown
    assert "edition" not in client_for(luca).get(SETTINGS).content.decode().casefold()


def test_page_counts_the_customers_whose_agreement_does_not_count_yet(
    admins: Client, accepted: Relationship, northwind: Partner
) -> None:
    RelationshipFactory(customer__provider=northwind)
    attested = RelationshipFactory(customer__provider=northwind)
    AgreementAttestationFactory(relationship=attested, agreement=AgreementVersionFactory(edition="2026"))
    RelationshipFactory()  # another provider's
    assert "that of 2 customers does not count yet" in admins.get(PAGE).content.decode()


def test_page_says_how_many_statements_stand(admins: Client, accepted: Relationship, now: datetime) -> None:
    OtherPartnerStatement.objects.create(
        relationship=accepted, family="azure", stated_at=now, stated_by="Carla"
    )
    assert "1 statement stands" in admins.get(PAGE).content.decode()


def test_page_counts_no_statements_where_none_stands(admins: Client, northwind: Partner) -> None:
    there = admins.get(PAGE).content.decode()
    admins.post(PAGE, {"edition": "2026", "seen": "2016-12"})
    back = admins.get(PAGE).content.decode()
    assert "no longer shuts it." in there
    assert "shut again to your resellers." in back


def test_choosing_tells_and_leads_back(admins: Client, northwind: Partner) -> None:
    answer = admins.post(PAGE, {"edition": "2026", "seen": "2016-12"}, follow=True)
    assert answer.redirect_chain[-1][0] == SETTINGS
    assert "From now on you work under: Today&#x27;s rules (2026)." in answer.content.decode()
    northwind.refresh_from_db()
    assert northwind.edition == "2026"
    assert "December 2016" in admins.get(PAGE).content.decode()


@pytest.mark.parametrize("body", [{}, {"edition": "2016-12", "seen": "2016-12"}, {"edition": "2026"}])
def test_wrong_choice_changes_nothing(body: dict[str, str], admins: Client, northwind: Partner) -> None:
    assert admins.post(PAGE, body)["Location"] == PAGE
    northwind.refresh_from_db()
    assert northwind.edition == "2016-12"


def test_what_it_changes_is_said_for_both_ways(admins: Client, contoso: Customer, northwind: Partner) -> None:
    there = admins.get(PAGE).content.decode()
    admins.post(PAGE, {"edition": "2026", "seen": "2016-12"})
    back = admins.get(PAGE).content.decode()
    for sentence in ("no longer shuts it", "customer&#x27;s yes", "become possible", "keep their edition"):
        assert sentence in there
    for sentence in ("is shut again", "no longer wait", "are no longer possible", "keep their edition"):
        assert sentence in back
