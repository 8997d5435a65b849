"""Ending a partnership: what stops is said before, stops by itself, and is named in the log."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest

from customers import endings, invitations, privileges
from customers.models import Assignment, Customer, Grant, Invitation, InvitationLink
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partnership
from tests.conftest import Log, Mailbox
from tests.factories import AssignmentFactory, InvitationFactory


@pytest.fixture
def everything(
    assigned: Assignment,
    support: Grant,
    partnership: Partnership,
    contoso: Customer,
    forwarded: InvitationLink,
    anna: Actor,
    now: datetime,
) -> tuple[Assignment, Assignment, Invitation]:
    """A privilege held, one offered, an invitation in Fabrikam's hands; Fabrikam is the named reseller."""
    Customer.objects.filter(pk=contoso.pk).update(reseller=partnership.reseller)
    return assigned, privileges.assign(support, partnership, by=anna, at=now), forwarded.invitation


def test_what_stops_lists_privileges_offers_invitations_and_customers(
    everything: Any, partnership: Partnership, now: datetime
) -> None:
    assignment, offer, invitation = everything
    stops = endings.what_stops(partnership, at=now)
    assert (stops.assignments, stops.offers, stops.invitations) == ([assignment], [offer], [invitation])
    assert (stops.customers, stops.nothing) == (1, False)


def test_what_stops_leaves_out_what_is_dead_already(
    everything: Any, partnership: Partnership, now: datetime
) -> None:
    after = now + timedelta(days=800)
    assert endings.what_stops(partnership, at=after).nothing


def test_what_stops_leaves_out_other_resellers(
    everything: Any, adventure_partnership: Partnership, now: datetime
) -> None:
    assert endings.what_stops(adventure_partnership, at=now).nothing


def test_what_stops_names_what_would_have_begun_later(
    partnership: Partnership, provisioning: Grant, now: datetime
) -> None:
    later = AssignmentFactory(grant=provisioning, partnership=partnership, starts_at=now + timedelta(days=5))
    assert endings.what_stops(partnership, at=now).assignments == [later]


def test_ending_stops_it_all_and_touches_no_other_row(
    everything: Any, partnership: Partnership, contoso: Customer, anna: Actor, now: datetime, log: Log
) -> None:
    assignment, offer, invitation = everything
    endings.end_partnership(partnership, by=anna, at=now)
    partnership.refresh_from_db()
    assert (partnership.status, partnership.ended_by) == ("ended", anna.stamp)
    assert not Assignment.objects.live(now).exists()
    for row, before in ((assignment, "active"), (offer, "offered"), (invitation, "open")):
        row.refresh_from_db()
        assert row.status == before
    contoso.refresh_from_db()
    assert contoso.provider == partnership.provider  # customers stay with the provider
    assert log.verbs()[-1] == "partnership.ended"
    assert log.names(partnership)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    assert {(kind, pk) for kind, pk, _status in log.details()["stopped_with_it"]} == {
        (row._meta.label_lower, row.pk) for row in (assignment, offer, invitation)
    }


@pytest.mark.parametrize(("who", "told"), [("anna", "luca"), ("luca", "anna")])
def test_either_side_ends_it_and_the_other_is_told(
    who: str,
    told: str,
    partnership: Partnership,
    now: datetime,
    mails: Mailbox,
    request: pytest.FixtureRequest,
) -> None:
    ender, other = request.getfixturevalue(who), request.getfixturevalue(told)
    endings.end_partnership(partnership, by=ender, at=now)
    assert [message.to for message in mails.all(event="partnership_ended")] == [other.email]


def test_staff_end_it_and_both_are_told(
    partnership: Partnership, anna: Actor, luca: Actor, staff: Actor, now: datetime, mails: Mailbox
) -> None:
    endings.end_partnership(partnership, by=staff, at=now)
    assert {message.to for message in mails.all(event="partnership_ended")} == {anna.email, luca.email}


def test_strangers_end_nothing(partnership: Partnership, ada: Actor, tom: Actor, now: datetime) -> None:
    for other in (ada, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            endings.end_partnership(partnership, by=other, at=now)


def test_ended_once(partnership: Partnership, anna: Actor, now: datetime) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    with pytest.raises(Refused, match="no longer possible"):
        endings.end_partnership(partnership, by=anna, at=now)


def test_nothing_stops_of_a_partnership_that_has_ended(
    everything: Any, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    stops = endings.what_stops(partnership, at=now)
    assert (stops.assignments, stops.offers) == ([], [])


def test_open_invitation_of_another_reseller_goes_on(
    partnership: Partnership,
    adventure_partnership: Partnership,
    invite: Callable[..., Invitation],
    handed_terms: invitations.Terms,
    anna: Actor,
    now: datetime,
) -> None:
    theirs = InvitationFactory(via=adventure_partnership)
    endings.end_partnership(partnership, by=anna, at=now)
    assert list(Invitation.objects.open_at(now)) == [theirs]
