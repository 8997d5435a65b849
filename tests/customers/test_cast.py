"""The cast stands: the fixtures' stories work, and every factory makes a row that is right by itself."""

from datetime import datetime

import pytest
from factory.django import DjangoModelFactory

from customers.models import Assignment, InvitationLink
from tests import factories

FACTORIES = [
    factory
    for factory in vars(factories).values()
    if isinstance(factory, type)
    and issubclass(factory, DjangoModelFactory)
    and factory.__module__ == factories.__name__
]


@pytest.mark.django_db
@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory.__name__)
def test_factory_makes_a_whole_row(factory: type[DjangoModelFactory], now: datetime) -> None:
    factory().full_clean()
    factory()  # a second one is another row, not the same again


def test_cast_comes_together(assigned: Assignment, forwarded: InvitationLink, now: datetime) -> None:
    assert list(Assignment.objects.live(now)) == [assigned]
    assert forwarded.status == InvitationLink.Status.WAITING
