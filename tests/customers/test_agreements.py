"""The customer agreement, as its provider attests it: who, when, and for whom it counts."""

import re
from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import agreements, links
from customers.models import AgreementAttestation, AgreementVersion, Contact, Relationship
from customers.standing import standings
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from tests.conftest import Log, Mailbox
from tests.factories import AgreementVersionFactory, RelationshipFactory

pytestmark = pytest.mark.django_db
WHO: dict[str, Any] = {
    "signed_by": "Carla Conti",
    "signed_email": "carla@contoso.example",
    "signed_on": date(2026, 3, 9),
}


@pytest.fixture
def todays(northwind: Partner) -> AgreementVersion:
    """The agreement of edition 2026, under which Northwind works."""
    northwind.edition = "2026"
    northwind.save(update_fields=["edition"])
    return AgreementVersionFactory(
        edition="2026", name="Microsoft Customer Agreement", valid_from=date(2019, 9, 1)
    )


@pytest.fixture
def relationship(confirmed: Contact, todays: AgreementVersion) -> Relationship:
    """Contoso's relationship, begun under the agreement of 2016."""
    return Relationship.objects.select_related("provider", "customer").get(customer=confirmed.customer)


def stands(relationship: Relationship, now: datetime) -> bool:
    return standings([relationship.customer_id], now)[relationship.customer_id].has_agreement


def test_attestation_counts_where_the_customers_own_answer_does_not(
    relationship: Relationship, todays: AgreementVersion, anna: Actor, now: datetime
) -> None:
    assert not stands(relationship, now)  # it accepted that of 2016-12
    attested = agreements.attest(relationship, todays, **WHO, by=anna, at=now)
    assert stands(relationship, now)
    assert (attested.attested_at, attested.attested_by) == (now, anna.stamp)


def test_attestation_counts_under_its_own_edition_only(
    relationship: Relationship, todays: AgreementVersion, northwind: Partner, anna: Actor, now: datetime
) -> None:
    agreements.attest(relationship, todays, **WHO, by=anna, at=now)
    other = RelationshipFactory(customer__provider=northwind)
    agreements.attest(other, todays, **WHO, by=anna, at=now)
    northwind.edition = "2016-12"
    northwind.save(update_fields=["edition"])
    assert not stands(other, now)
    assert stands(relationship, now)  # its own answer


def test_attestation_does_not_pass_to_another_provider(
    relationship: Relationship, todays: AgreementVersion, tailspin: Partner, anna: Actor, now: datetime
) -> None:
    tailspin.edition = "2026"
    tailspin.save(update_fields=["edition"])
    elsewhere = RelationshipFactory(
        customer__provider=tailspin, customer__tenant_id=None, customer__name="Contoso"
    )
    agreements.attest(relationship, todays, **WHO, by=anna, at=now)
    assert not stands(elsewhere, now)


def test_attestation_ends_with_its_relationship(
    relationship: Relationship, todays: AgreementVersion, anna: Actor, now: datetime
) -> None:
    agreements.attest(relationship, todays, **WHO, by=anna, at=now)
    ended = {"status": "ended", "ended_at": now, "ended_by": "somebody"}
    Relationship.objects.filter(pk=relationship.pk).update(**ended)
    again = RelationshipFactory(customer=relationship.customer)
    assert not stands(again, now)


def test_customer_is_told_and_it_is_logged(
    relationship: Relationship, todays: AgreementVersion, anna: Actor, now: datetime, mails: Mailbox, log: Log
) -> None:
    attested = agreements.attest(relationship, todays, **WHO, by=anna, at=now)
    message = mails.last("agreement_attested", to="carla@contoso.example")
    assert "Northwind Traders has written down that Carla Conti" in message.text
    assert "9 March 2026" in message.text
    assert "does not pass to another partner" in message.text
    assert log.verbs()[-1] == "relationship.agreement_attested"
    assert log.names(attested)
    assert log.readers() == {"Northwind Traders"}


REFUSED = {
    "a day to come": ({"signed_on": date(2026, 3, 11)}, "still to come"),
    "a day before it was in force": ({"signed_on": date(2019, 8, 31)}, "not in force then"),
    "nobody": ({"signed_by": "  "}, "who accepted"),
}


@pytest.mark.parametrize("wrong", REFUSED)
def test_what_cannot_be_is_refused(
    wrong: str, relationship: Relationship, todays: AgreementVersion, anna: Actor, now: datetime
) -> None:
    change, words = REFUSED[wrong]
    with pytest.raises(Refused, match=words):
        agreements.attest(relationship, todays, **{**WHO, **change}, by=anna, at=now)
    assert not AgreementAttestation.objects.exists()


def test_today_is_counted_where_the_provider_is(
    relationship: Relationship, todays: AgreementVersion, anna: Actor, now: datetime
) -> None:
    late = now.replace(hour=23, minute=30)  # the next day has begun in Rome
    who = {**WHO, "signed_on": date(2026, 3, 11)}
    assert agreements.attest(relationship, todays, **who, by=anna, at=late).signed_on == date(2026, 3, 11)


def test_second_attestation_of_the_same_is_refused(
    relationship: Relationship, todays: AgreementVersion, anna: Actor, now: datetime, log: Log
) -> None:
    agreements.attest(relationship, todays, **WHO, by=anna, at=now)
    with pytest.raises(Refused, match="on record already"):
        agreements.attest(relationship, todays, **WHO, by=anna, at=now + timedelta(days=1))
    assert log.verbs().count("relationship.agreement_attested") == 1


def test_agreement_of_another_edition_is_refused(
    relationship: Relationship, agreement: AgreementVersion, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="another edition"):
        agreements.attest(relationship, agreement, **WHO, by=anna, at=now)


def test_without_an_active_relationship_it_is_refused(
    todays: AgreementVersion, northwind: Partner, anna: Actor, now: datetime
) -> None:
    pending = RelationshipFactory(pending=True, customer__provider=northwind)
    with pytest.raises(Refused, match="not active"):
        agreements.attest(pending, todays, **WHO, by=anna, at=now)


def test_another_provider_attests_nothing(
    relationship: Relationship, todays: AgreementVersion, tom: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="Only the company"):
        agreements.attest(relationship, todays, **WHO, by=tom, at=now)


# --- the pages ---------------------------------------------------------------------------------


def test_agent_attests_from_the_customers_page(
    client_for: Callable[..., Client],
    client: Client,
    relationship: Relationship,
    confirmed: Contact,
    agent: Actor,
) -> None:
    browser, page = client_for(agent), reverse("customers:agreement-attest", args=[relationship.pk])
    shown = browser.get(relationship.customer.get_absolute_url()).content.decode()
    assert page in shown
    assert "not accepted yet" in shown
    assert "Microsoft Customer Agreement" in browser.get(page).content.decode()
    answer = browser.post(page, {**WHO, "signed_on": "2026-03-09"})
    assert answer["Location"] == relationship.customer.get_absolute_url()
    shown = " ".join(browser.get(relationship.customer.get_absolute_url()).content.decode().split())
    assert "attested by Alex Agent" in shown
    assert page not in shown
    own = client.get(links.page_address(confirmed)).content.decode()
    assert "Customer agreement, as Northwind Traders attests" in own


def test_page_keeps_what_was_typed_beside_what_is_wrong(
    client_for: Callable[..., Client], relationship: Relationship, agent: Actor
) -> None:
    page = reverse("customers:agreement-attest", args=[relationship.pk])
    text = client_for(agent).post(page, {**WHO, "signed_on": "2026-03-11"}).content.decode()
    assert "This day is still to come." in text
    assert re.search(r'value="Carla Conti"', text)


def test_without_a_version_on_record_the_page_says_so(
    client_for: Callable[..., Client], relationship: Relationship, todays: AgreementVersion, agent: Actor
) -> None:
    todays.delete()
    page = reverse("customers:agreement-attest", args=[relationship.pk])
    assert "No agreement on record" in client_for(agent).get(page).content.decode()
    assert client_for(agent).post(page, {**WHO, "signed_on": "2026-03-09"}).status_code == 200
    assert not AgreementAttestation.objects.exists()


def test_reseller_reads_the_state_and_not_who_signed(
    client_for: Callable[..., Client],
    assigned: object,
    relationship: Relationship,
    todays: AgreementVersion,
    anna: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    agreements.attest(relationship, todays, **{**WHO, "signed_by": "Gina Geheim"}, by=anna, at=now)
    shown = client_for(luca).get(relationship.customer.get_absolute_url()).content.decode()
    assert "attested" in shown
    assert "Gina Geheim" not in shown
    assert not AgreementAttestation.objects.visible_to(luca).exists()
    assert AgreementAttestation.objects.visible_to(anna).count() == 1
