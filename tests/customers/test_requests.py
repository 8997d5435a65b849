"""A reseller asks its provider for an invitation, because it can never make one itself."""

from dataclasses import replace
from datetime import datetime

import pytest

from customers import requests
from customers.models import Invitation, InvitationRequest, Route
from customers.requests import MOST_WAITING, Wish
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from tests.conftest import Log, Mailbox

WISH = Wish(wants_provisioning=True, wants_support=False, places=3, note="Three shops in Padua.")


@pytest.fixture
def asked(partnership: Partnership, luca: Actor, now: datetime) -> InvitationRequest:
    """What Fabrikam asks of Northwind."""
    return requests.make(partnership, WISH, by=luca, at=now)


def test_make_tells_the_provider_and_nobody_else(
    anna: Actor, seller: Actor, asked: InvitationRequest, luca: Actor, mails: Mailbox, log: Log
) -> None:
    assert (asked.status, asked.requested_by) == (InvitationRequest.Status.REQUESTED, luca.stamp)
    assert [one.to for one in mails.all(event="invitation_requested")] == [anna.email]  # it takes an agent
    assert "Three shops in Padua." in mails.last("invitation_requested").text
    assert log.verbs() == ["request.made"]
    assert log.names(asked)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    assert "Padua" not in log.last().details


def test_make_for_the_relationship_only_tells_sales_too(
    partnership: Partnership, anna: Actor, seller: Actor, luca: Actor, mails: Mailbox, now: datetime
) -> None:
    requests.make(partnership, replace(WISH, wants_provisioning=False), by=luca, at=now)
    assert {one.to for one in mails.all(event="invitation_requested")} == {anna.email, seller.email}


def test_make_refused_in_anothers_name_and_without_a_partnership(
    partnership: Partnership, anna: Actor, ada: Actor, luca: Actor, now: datetime
) -> None:
    for other in (anna, ada):
        with pytest.raises(Refused, match="Only the company whose part"):
            requests.make(partnership, WISH, by=other, at=now)
    Partnership.objects.filter(pk=partnership.pk).update(
        status="ended", ended_at=now, ended_by="x", answered_at=now, answered_by="x"
    )
    with pytest.raises(Refused, match="active partnership"):
        requests.make(partnership, WISH, by=luca, at=now)


@pytest.mark.parametrize("suspended", ["Northwind Traders", "Fabrikam"])
def test_make_refused_while_a_company_is_suspended(
    partnership: Partnership, luca: Actor, now: datetime, suspended: str
) -> None:
    Partner.objects.filter(name=suspended).update(status=Partner.Status.SUSPENDED)
    with pytest.raises(Refused, match="one of the two companies is suspended"):
        requests.make(partnership, WISH, by=luca, at=now)


@pytest.mark.parametrize("places", [0, 10_001])
def test_make_refused_for_no_place_or_too_many(
    partnership: Partnership, luca: Actor, now: datetime, places: int
) -> None:
    with pytest.raises(Refused, match="between 1 and 10000 customers"):
        requests.make(partnership, replace(WISH, places=places), by=luca, at=now)


def test_make_refused_while_many_wait(
    partnership: Partnership, asked: InvitationRequest, luca: Actor, now: datetime
) -> None:
    for _more in range(MOST_WAITING - 1):
        requests.make(partnership, WISH, by=luca, at=now)
    with pytest.raises(Refused, match="Many of your requests wait already"):
        requests.make(partnership, WISH, by=luca, at=now)
    requests.withdraw(asked, by=luca, at=now)
    assert requests.make(partnership, WISH, by=luca, at=now).pk


def test_grant_makes_a_draft_with_what_was_asked(
    asked: InvitationRequest, anna: Actor, luca: Actor, partnership: Partnership, now: datetime, log: Log
) -> None:
    draft = requests.grant(asked, by=anna, at=now)
    assert (draft.status, draft.route, draft.partnership) == ("draft", Route.VIA_RESELLER, partnership)
    assert (draft.reseller, draft.asks, draft.places) == (partnership.reseller, ("provisioning",), 3)
    assert draft.made_by == anna.stamp
    asked.refresh_from_db()
    assert (asked.status, asked.invitation, asked.answered_by) == ("granted", draft, anna.stamp)
    assert not Invitation.objects.visible_to(luca).exists()  # before it is handed over
    assert log.verbs() == ["request.made", "request.granted"]
    assert log.names(asked, draft)


def test_grant_and_refusal_are_mailed_to_the_reseller(
    partnership: Partnership,
    asked: InvitationRequest,
    anna: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
) -> None:
    requests.grant(asked, by=anna, at=now)
    granted = mails.last("request_answered", to=luca.email)
    assert granted.subject == "Northwind Traders grants your request for an invitation"
    other = requests.make(partnership, WISH, by=luca, at=now)
    requests.refuse(other, reason="Padua is Adventure-free.", by=anna, at=now)
    refused = mails.last("request_answered", to=luca.email)
    assert refused.subject == "Northwind Traders refuses your request for an invitation"
    assert "Padua is Adventure-free." in mails.text(refused)


def test_refuse_takes_a_reason(asked: InvitationRequest, anna: Actor, now: datetime, log: Log) -> None:
    with pytest.raises(Refused, match="Say why"):
        requests.refuse(asked, reason="", by=anna, at=now)
    requests.refuse(asked, reason="Not there.", by=anna, at=now)
    asked.refresh_from_db()
    assert (asked.status, asked.reason) == ("refused", "Not there.")
    assert log.verbs()[-1] == "request.refused"


def test_answered_or_withdrawn_once(
    partnership: Partnership, asked: InvitationRequest, anna: Actor, luca: Actor, now: datetime
) -> None:
    requests.grant(asked, by=anna, at=now)
    with pytest.raises(Refused, match="already been granted"):
        requests.grant(asked, by=anna, at=now)
    with pytest.raises(Refused, match="already been granted"):
        requests.refuse(asked, reason="Late.", by=anna, at=now)
    with pytest.raises(Refused, match="already been granted"):
        requests.withdraw(asked, by=luca, at=now)
    assert Invitation.objects.count() == 1
    other = requests.make(partnership, WISH, by=luca, at=now)
    requests.withdraw(other, by=luca, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        requests.grant(other, by=anna, at=now)


def test_each_side_does_only_its_part(
    asked: InvitationRequest, anna: Actor, luca: Actor, ada: Actor, tom: Actor, now: datetime
) -> None:
    for other in (luca, ada, tom):
        with pytest.raises(Refused, match="Only"):
            requests.grant(asked, by=other, at=now)
        with pytest.raises(Refused, match="Only the company whose part"):
            requests.refuse(asked, reason="No.", by=other, at=now)
    for other in (anna, ada, tom):
        with pytest.raises(Refused, match="Only the company whose part"):
            requests.withdraw(asked, by=other, at=now)


def test_grant_refused_once_the_partnership_has_ended(
    partnership: Partnership, asked: InvitationRequest, anna: Actor, now: datetime
) -> None:
    Partnership.objects.filter(pk=partnership.pk).update(
        status="ended", ended_at=now, ended_by="x", answered_at=now, answered_by="x"
    )
    with pytest.raises(Refused, match="active partnership"):
        requests.grant(asked, by=anna, at=now)
    assert not InvitationRequest.objects.waiting().exists()


def test_seen_by_the_two_it_concerns(
    asked: InvitationRequest, anna: Actor, luca: Actor, ada: Actor, tom: Actor, staff: Actor
) -> None:
    seen = {
        who.label: InvitationRequest.objects.visible_to(who).exists() for who in (anna, luca, ada, tom, staff)
    }
    assert seen == {anna.label: True, luca.label: True, ada.label: False, tom.label: False, staff.label: True}
