"""Customers and contacts as partners write them down: no rights from it, no overwriting unseen."""

import uuid
from dataclasses import replace
from datetime import datetime

import pytest

from customers import records
from customers.models import Assignment, Contact, Customer, Relationship
from customers.records import Details, Person, Verb
from partners.actor import Actor
from partners.errors import Refused, Stale
from partners.models import Partner, Partnership, Role
from tests.conftest import TENANT, Log, member
from tests.factories import CustomerFactory, PartnerFactory

DETAILS = Details(
    name="Contoso S.p.A.", domain="contoso.example", tenant_id=TENANT, country="IT", language="it"
)
PERSON = Person("Carla Conti", "carla@contoso.example", "+39 02 1234")


def details_of(customer: Customer) -> Details:
    return Details(
        name=customer.name,
        domain=customer.domain,
        tenant_id=customer.tenant_id,
        country=str(customer.country),
        language=customer.language,
        reseller=customer.reseller,
    )


def test_recording_makes_a_prospect_and_nothing_more(
    northwind: Partner, seller: Actor, now: datetime, log: Log
) -> None:
    customer = records.record(northwind, DETAILS, contact=PERSON, by=seller, at=now)
    assert (customer.provider, customer.created_by, customer.version) == (northwind, seller.stamp, 1)
    assert not Relationship.objects.exists()
    (contact,) = customer.contacts.all()
    assert (contact.email, contact.status) == ("carla@contoso.example", Contact.Status.RECORDED)
    assert log.verbs() == [Verb.RECORDED]
    assert log.names(customer, contact)
    assert log.readers() == {"Northwind Traders"}
    assert "carla" not in log.last().details  # whoever has to be forgotten stands apart
    assert log.whole()


def test_the_named_reseller_sees_the_customer_and_reads_its_log(
    partnership: Partnership, luca: Actor, seller: Actor, now: datetime, log: Log
) -> None:
    northwind, fabrikam = partnership.provider, partnership.reseller
    customer = records.record(northwind, replace(DETAILS, reseller=fabrikam), by=seller, at=now)
    assert customer in Customer.objects.visible_to(luca)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


def test_only_a_reseller_with_an_active_partnership_can_be_named(
    northwind: Partner, adventure: Partner, contoso: Customer, seller: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="active partnership"):
        records.record(northwind, replace(DETAILS, reseller=adventure), by=seller, at=now)
    with pytest.raises(Refused, match="active partnership"):
        records.edit(contoso, replace(DETAILS, reseller=adventure), version=1, by=seller, at=now)
    assert Customer.objects.count() == 1


def test_a_reseller_records_no_customer(fabrikam: Partner, luca: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="Only a provider"):
        records.record(fabrikam, DETAILS, by=luca, at=now)


def test_a_partners_own_tenant_is_no_customer(
    partnership: Partnership, contoso: Customer, seller: Actor, now: datetime
) -> None:
    northwind, fabrikam = partnership.provider, partnership.reseller
    for company in (northwind, fabrikam):
        with pytest.raises(Refused) as refused:
            records.record(northwind, replace(DETAILS, tenant_id=company.tenant_id), by=seller, at=now)
        assert refused.value.field == "tenant_id"
        changed = replace(details_of(contoso), tenant_id=company.tenant_id)
        with pytest.raises(Refused, match="cannot be a customer"):
            records.edit(contoso, changed, version=1, by=seller, at=now)


def test_a_tenant_is_on_record_once_for_each_provider(
    northwind: Partner, tailspin: Partner, contoso: Customer, seller: Actor, tom: Actor, now: datetime
) -> None:
    records.record(northwind, DETAILS, by=seller, at=now)
    with pytest.raises(Refused, match="already on record") as refused:
        records.record(northwind, DETAILS, by=seller, at=now)
    assert refused.value.field == "tenant_id"
    with pytest.raises(Refused, match="already on record"):
        records.edit(contoso, replace(details_of(contoso), tenant_id=TENANT), version=1, by=seller, at=now)
    records.record(tailspin, DETAILS, by=tom, at=now)  # two rows that never see each other


def test_editing_names_every_field_that_changed(
    contoso: Customer, seller: Actor, now: datetime, log: Log
) -> None:
    details = replace(details_of(contoso), name="Contoso Group", country="FR")
    edited = records.edit(contoso, details, version=1, by=seller, at=now)
    assert (edited.name, edited.version, edited.search) == (
        "Contoso Group",
        2,
        "contoso group contoso.example",
    )
    assert log.verbs() == [Verb.EDITED]
    assert log.details()["fields"] == {"name": ["Contoso", "Contoso Group"], "country": ["IT", "FR"]}


def test_editing_nothing_leaves_no_trace(contoso: Customer, seller: Actor, now: datetime, log: Log) -> None:
    assert records.edit(contoso, details_of(contoso), version=1, by=seller, at=now).version == 1
    assert log.verbs() == []


def test_a_form_read_before_somebody_elses_change_is_refused(
    contoso: Customer, seller: Actor, now: datetime, log: Log
) -> None:
    records.edit(contoso, replace(details_of(contoso), name="Theirs"), version=1, by=seller, at=now)
    with pytest.raises(Stale, match="Somebody else"):
        records.edit(contoso, replace(details_of(contoso), name="Mine"), version=1, by=seller, at=now)
    contoso.refresh_from_db()
    assert contoso.name == "Theirs"
    records.edit(contoso, replace(details_of(contoso), name="Mine"), version=2, by=seller, at=now)


def test_the_tenant_a_customer_stated_itself_stays(
    accepted: Relationship, seller: Actor, now: datetime
) -> None:
    contoso = accepted.customer
    contoso.refresh_from_db()
    changed = replace(details_of(contoso), tenant_id=uuid.uuid4())
    with pytest.raises(Refused, match="rests on this Microsoft ID") as refused:
        records.edit(contoso, changed, version=contoso.version, by=seller, at=now)
    assert refused.value.field == "tenant_id"
    other = replace(details_of(contoso), name="Contoso Group")
    records.edit(contoso, other, version=contoso.version, by=seller, at=now)


def test_a_reseller_on_record_stays_though_the_partnership_ended_and_reads_nothing_new(
    partnership: Partnership, contoso: Customer, fabrikam: Partner, seller: Actor, now: datetime, log: Log
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(reseller=fabrikam)
    Partnership.objects.update(status="ended", ended_at=now, ended_by="Anna")
    contoso.refresh_from_db()
    records.edit(contoso, replace(details_of(contoso), name="Contoso Group"), version=1, by=seller, at=now)
    assert log.readers() == {"Northwind Traders"}


def test_whoever_holds_a_privilege_reads_what_is_changed(
    assigned: Assignment, seller: Actor, now: datetime, log: Log
) -> None:
    customer = Customer.objects.get(pk=assigned.customer_id)
    changed = replace(details_of(customer), name="Contoso Group")
    records.edit(customer, changed, version=customer.version, by=seller, at=now)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


# --- contacts ----------------------------------------------------------------------------------


def test_adding_a_contact(contoso: Customer, seller: Actor, now: datetime, log: Log) -> None:
    contact = records.add_contact(contoso, PERSON, by=seller, at=now)
    assert not contact.is_confirmed
    assert log.verbs() == [Verb.CONTACT_RECORDED]
    assert log.names(contact)
    with pytest.raises(Refused, match="already on record") as refused:
        records.add_contact(contoso, replace(PERSON, name="Another"), by=seller, at=now)
    assert refused.value.field == "email"


def test_a_recorded_contact_can_be_edited(carla: Contact, seller: Actor, now: datetime, log: Log) -> None:
    typed = replace(PERSON, email="conti@contoso.example")
    edited = records.edit_contact(carla, typed, version=1, by=seller, at=now)
    assert (edited.email, edited.version) == ("conti@contoso.example", 2)
    assert log.verbs() == [Verb.CONTACT_EDITED]
    records.edit_contact(carla, typed, version=1, by=seller, at=now)  # the same again changes nothing
    assert log.verbs() == [Verb.CONTACT_EDITED]
    with pytest.raises(Stale, match="changed this contact"):
        records.edit_contact(carla, PERSON, version=1, by=seller, at=now)
    carla.refresh_from_db()
    assert carla.email == "conti@contoso.example"


def test_a_confirmed_contact_is_the_customers_own(confirmed: Contact, seller: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="only the customer"):
        records.edit_contact(confirmed, PERSON, version=1, by=seller, at=now)


def test_the_same_address_may_speak_for_two_customers(
    carla: Contact, northwind: Partner, seller: Actor, now: datetime
) -> None:
    other = CustomerFactory(provider=northwind)
    records.add_contact(other, Person(carla.name, carla.email), by=seller, at=now)
    assert Contact.objects.filter(email=carla.email).count() == 2


def test_a_direct_bill_partner_records_customers_too(db: None, now: datetime) -> None:
    company = PartnerFactory(direct_bill=True)
    dora = member(company, "Dora Direct", Role.SALES_AGENT)
    assert records.record(company, DETAILS, by=dora, at=now).provider == company


def test_a_stranger_writes_nothing_down(contoso: Customer, carla: Contact, tom: Actor, now: datetime) -> None:
    for story in (
        lambda: records.record(contoso.provider, DETAILS, by=tom, at=now),
        lambda: records.edit(contoso, DETAILS, version=1, by=tom, at=now),
        lambda: records.add_contact(contoso, PERSON, by=tom, at=now),
        lambda: records.edit_contact(carla, PERSON, version=1, by=tom, at=now),
    ):
        with pytest.raises(Refused):
            story()
