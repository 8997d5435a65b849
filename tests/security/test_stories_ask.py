"""The stories of what is written down ask who acts: a page that forgot its question lets nobody through."""

from datetime import datetime

import pytest

from customers import records
from customers.models import Contact, Customer
from customers.records import Details, Person
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from subscriptions import records as subscriptions
from subscriptions.records import Care
from tests.factories import SubscriptionFactory

PERSON = Person(name="Eve", email="eve@elsewhere.example")
DETAILS = Details(name="Taken", domain="", tenant_id=None, country="IT", language="it")


def test_another_company_writes_nothing_down(
    northwind: Partner, contoso: Customer, carla: Contact, tom: Actor, luca: Actor, now: datetime
) -> None:
    subscription = SubscriptionFactory(customer=contoso)
    for by in (tom, luca):
        for story in (
            lambda by=by: records.record(northwind, DETAILS, by=by, at=now),
            lambda by=by: records.edit(contoso, DETAILS, version=contoso.version, by=by, at=now),
            lambda by=by: records.add_contact(contoso, PERSON, by=by, at=now),
            lambda by=by: records.edit_contact(carla, PERSON, version=1, by=by, at=now),
            lambda by=by: subscriptions.edit(
                subscription, Care(friendly_name="x"), version=subscription.version, by=by, at=now
            ),
        ):
            with pytest.raises(Refused, match="Only the company whose part this is"):
                story()
