"""The stories of a partnership: proposed by the provider, answered by the reseller, once."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError

from customers import endings
from partners import partnerships
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner, Partnership
from partners.models.partnership import PROPOSAL_DAYS
from tests.conftest import Log, Mailbox
from tests.factories import PartnerFactory, PartnershipFactory

NOT_YOURS = "Only the company whose part this is"


@pytest.fixture
def proposed(northwind: Partner, fabrikam: Partner, anna: Actor, now: datetime) -> Partnership:
    """Northwind's proposal to Fabrikam, not answered yet."""
    return partnerships.propose(northwind, fabrikam, by=anna, at=now)


def status(partnership: Partnership) -> str:
    partnership.refresh_from_db()
    return partnership.status


# --- proposing ---------------------------------------------------------------------------------


def test_propose_asks_the_resellers_account_admins(
    luca: Actor, fabrikam_agent: Actor, proposed: Partnership, anna: Actor, mails: Mailbox, log: Log
) -> None:
    assert (proposed.status, proposed.proposed_by) == ("proposed", anna.stamp)
    assert [message.to for message in mails.all()] == [luca.email]
    assert log.verbs() == ["partnership.proposed"]
    assert log.names(proposed)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


def test_propose_refused_with_oneself(northwind: Partner, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="its own reseller"):
        partnerships.propose(northwind, northwind, by=anna, at=now)


@pytest.mark.parametrize(
    ("provider", "reseller"),
    [
        ({}, {}),
        ({"direct_bill": True}, {"reseller": True}),
        ({"reseller": True}, {"reseller": True}),
        ({}, {"direct_bill": True}),
    ],
)
def test_propose_refused_between_other_kinds(
    provider: dict[str, bool], reseller: dict[str, bool], staff: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="ties an indirect provider to an indirect reseller"):
        partnerships.propose(PartnerFactory(**provider), PartnerFactory(**reseller), by=staff, at=now)


def test_propose_refused_across_regions(northwind: Partner, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="same CSP region"):
        partnerships.propose(northwind, PartnerFactory(reseller=True, country="US"), by=anna, at=now)
    neighbour = PartnerFactory(reseller=True, country="DE")
    assert partnerships.propose(northwind, neighbour, by=anna, at=now).status == "proposed"


@pytest.mark.parametrize("company", ["northwind", "fabrikam"])
def test_propose_refused_while_a_company_is_suspended(
    company: str,
    northwind: Partner,
    fabrikam: Partner,
    anna: Actor,
    now: datetime,
    request: pytest.FixtureRequest,
) -> None:
    request.getfixturevalue(company).status = Partner.Status.SUSPENDED
    with pytest.raises(Refused, match=r"suspended company|cannot be proposed now"):
        partnerships.propose(northwind, fabrikam, by=anna, at=now)


def test_propose_is_the_providers(
    northwind: Partner, fabrikam: Partner, luca: Actor, tom: Actor, staff: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match=NOT_YOURS):
            partnerships.propose(northwind, fabrikam, by=other, at=now)
    assert partnerships.propose(northwind, fabrikam, by=staff, at=now).status == "proposed"


@pytest.mark.parametrize("answered", [False, True])
def test_propose_refused_while_one_waits_or_is_in_force(
    answered: bool,
    proposed: Partnership,
    northwind: Partner,
    fabrikam: Partner,
    anna: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    if answered:
        partnerships.accept(proposed, by=luca, at=now)
    with pytest.raises(Refused, match="already work with this reseller, or have asked it to"):
        partnerships.propose(northwind, fabrikam, by=anna, at=now)


@pytest.mark.parametrize("how", ["declined", "withdrawn", "ended", "lapsed"])
def test_propose_again_once_the_last_one_is_over(
    how: str,
    proposed: Partnership,
    northwind: Partner,
    fabrikam: Partner,
    anna: Actor,
    luca: Actor,
    now: datetime,
    log: Log,
) -> None:
    later = now + timedelta(days=PROPOSAL_DAYS)
    if how == "declined":
        partnerships.decline(proposed, by=luca, at=now)
    elif how == "withdrawn":
        partnerships.withdraw(proposed, by=anna, at=now)
    elif how == "ended":
        partnerships.accept(proposed, by=luca, at=now)
        endings.end_partnership(proposed, by=anna, at=now)
    again = partnerships.propose(northwind, fabrikam, by=anna, at=later)
    assert (status(proposed), again.status) == (how, "proposed")
    assert log.names(again, *([proposed] if how == "lapsed" else []))


def test_many_to_many(
    proposed: Partnership,
    northwind: Partner,
    adventure: Partner,
    tailspin: Partner,
    anna: Actor,
    tom: Actor,
    now: datetime,
) -> None:
    partnerships.propose(northwind, adventure, by=anna, at=now)
    partnerships.propose(tailspin, proposed.reseller, by=tom, at=now)
    assert Partnership.objects.filter(status="proposed").count() == 3


# --- answering ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("answer", "becomes"), [("accept", "active"), ("decline", "declined")])
def test_answer_tells_the_providers_agents(
    answer: str,
    becomes: str,
    agent: Actor,
    seller: Actor,
    proposed: Partnership,
    anna: Actor,
    luca: Actor,
    now: datetime,
    mails: Mailbox,
    log: Log,
) -> None:
    getattr(partnerships, answer)(proposed, by=luca, at=now)
    assert (status(proposed), proposed.answered_by) == (becomes, luca.stamp)
    assert {message.to for message in mails.all(event="partnership_answered")} == {anna.email, agent.email}
    assert log.verbs()[-1] == f"partnership.{answer.removesuffix('e')}ed"
    assert log.names(proposed)


@pytest.mark.parametrize("answer", [partnerships.accept, partnerships.decline])
def test_answer_is_the_resellers_alone(
    answer: Any, proposed: Partnership, anna: Actor, ada: Actor, tom: Actor, now: datetime
) -> None:
    for other in (anna, ada, tom):
        with pytest.raises(Refused, match=NOT_YOURS):
            answer(proposed, by=other, at=now)


@pytest.mark.parametrize("answer", [partnerships.accept, partnerships.decline])
def test_proposal_waits_30_days(answer: Any, proposed: Partnership, luca: Actor, now: datetime) -> None:
    end = now + timedelta(days=30)
    with pytest.raises(Refused, match="has lapsed"):
        answer(proposed, by=luca, at=end)
    assert not proposed.waits_at(end)
    answer(proposed, by=luca, at=end - timedelta(seconds=1))


def test_accept_refused_when_a_company_moved_to_another_region(
    proposed: Partnership, luca: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=proposed.reseller_id).update(country="US")
    with pytest.raises(Refused, match="same CSP region"):
        partnerships.accept(proposed, by=luca, at=now)


def test_accept_refused_while_a_company_is_suspended(
    proposed: Partnership, luca: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=proposed.provider_id).update(status="suspended")
    with pytest.raises(Refused, match="suspended company"):
        partnerships.accept(proposed, by=luca, at=now)


@pytest.mark.parametrize("first", ["accept", "decline", "withdraw"])
@pytest.mark.parametrize("second", ["accept", "decline", "withdraw"])
def test_answered_once(
    first: str, second: str, proposed: Partnership, anna: Actor, luca: Actor, now: datetime
) -> None:
    who = {"accept": luca, "decline": luca, "withdraw": anna}
    getattr(partnerships, first)(proposed, by=who[first], at=now)
    before = status(proposed)
    with pytest.raises(Refused, match="no longer possible"):
        getattr(partnerships, second)(proposed, by=who[second], at=now)
    assert status(proposed) == before


def test_withdraw_is_the_providers(
    proposed: Partnership, luca: Actor, tom: Actor, now: datetime, log: Log
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match=NOT_YOURS):
            partnerships.withdraw(proposed, by=other, at=now)


def test_withdraw_leaves_the_reseller_nothing_to_answer(
    proposed: Partnership, anna: Actor, now: datetime, log: Log
) -> None:
    partnerships.withdraw(proposed, by=anna, at=now)
    assert (status(proposed), proposed.answered_by) == ("withdrawn", anna.stamp)
    assert log.verbs()[-1] == "partnership.withdrawn"


def test_tidy_lapses_what_nobody_answered(
    proposed: Partnership, adventure_partnership: Partnership, now: datetime, log: Log
) -> None:
    end = now + timedelta(days=30)
    assert partnerships.tidy(end - timedelta(seconds=1)) == 0
    assert partnerships.tidy(end) == 1
    assert partnerships.tidy(end) == 0
    assert (status(proposed), status(adventure_partnership)) == ("lapsed", "active")
    assert (log.verbs()[-1], log.last().actor_kind) == ("partnership.lapsed", "system")


# --- the joint link ----------------------------------------------------------------------------

JOINT = "https://admin.microsoft.com/joint"


def test_joint_link_is_kept_by_the_provider(
    partnership: Partnership, anna: Actor, luca: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match=NOT_YOURS):
        partnerships.set_link(partnership, JOINT, by=luca, at=now)
    partnerships.set_link(partnership, JOINT, by=anna, at=now)
    partnership.refresh_from_db()
    assert partnership.partner_center_link == JOINT
    partnerships.set_link(partnership, "", by=anna, at=now)
    partnership.refresh_from_db()
    assert partnership.partner_center_link == ""


def test_joint_link_is_one_of_microsofts(partnership: Partnership, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused) as refusal:
        partnerships.set_link(partnership, "https://microsoft.example/joint", by=anna, at=now)
    assert refusal.value.field == "partner_center_link"


def test_joint_link_refused_once_over(northwind: Partner, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="is over"):
        partnerships.set_link(PartnershipFactory(provider=northwind, ended=True), JOINT, by=anna, at=now)


def test_other_is_the_company_on_the_other_side(
    partnership: Partnership, northwind: Partner, fabrikam: Partner
) -> None:
    assert partnership.other(northwind) == fabrikam
    assert partnership.other(fabrikam) == northwind


@pytest.mark.parametrize(
    "link",
    [
        "http://admin.microsoft.com/x",
        "https://admin.microsoft.com.evil.example/x",
        "https://evil.example/admin.microsoft.com",
        "https://user:word@admin.microsoft.com/x",
        "https://admin.microsoft.com:8443/x",
        "https://admin.microsoft.com@evil.example/x",
        "//admin.microsoft.com/x",
        "javascript:alert(1)//admin.microsoft.com",
        "https://[::1/x",
        "https://admin.microsoft.com:port/x",
    ],
)
def test_partner_center_link_is_https_at_microsofts_hosts(link: str) -> None:
    company = PartnerFactory.build(partner_center_link=link)
    with pytest.raises(ValidationError):
        company.clean_fields()


@pytest.mark.parametrize(
    "link",
    [
        "https://admin.microsoft.com/x?y=z#a",
        "https://portal.office.com:443/x",
        "https://ADMIN.microsoft.com/",
    ],
)
def test_partner_center_link_of_microsofts_is_taken(link: str) -> None:
    PartnerFactory.build(partner_center_link=link).clean_fields()
