"""Who may, on the middle floor: the requirement's table of roles, written out by hand."""

from datetime import datetime

import pytest

from customers import endings, permissions
from customers.models import (
    Acceptance,
    Assignment,
    Customer,
    HandOver,
    Invitation,
    InvitationLink,
    InvitationRequest,
    Relationship,
    RenewalProposal,
)
from partners.actor import Actor
from partners.models import Partner, Partnership, Role
from tests.conftest import member
from tests.factories import CustomerFactory, PartnerFactory

PEOPLE = [
    *("anna", "agent", "seller", "helpdesk", "viewer"),
    *("luca", "fabrikam_agent", "fabrikam_seller", "fabrikam_helpdesk", "fabrikam_viewer"),
    *("ada", "tom", "wanda", "staff"),
]

# Who may, of all those people; everybody else may not.
NORTHWINDS_AGENTS = {"anna", "agent"}
NORTHWINDS_SALES = {"anna", "agent", "seller"}
FABRIKAMS_AGENTS = {"luca", "fabrikam_agent"}
FABRIKAMS_SALES = {"luca", "fabrikam_agent", "fabrikam_seller"}
ANY_PROVIDERS_SALES = {*NORTHWINDS_SALES, "tom"}
TABLE = {
    "may_record_customer": ANY_PROVIDERS_SALES,
    "may_edit_customer": NORTHWINDS_SALES,
    "may_invite": ANY_PROVIDERS_SALES,
    "may_ask_for_privileges": {*NORTHWINDS_AGENTS, "tom"},
    "may_invite_through_resellers": ANY_PROVIDERS_SALES,
    "may_manage_invitation, asking for privileges": NORTHWINDS_AGENTS,
    "may_manage_invitation, relationship only": NORTHWINDS_SALES,
    "may_forward": FABRIKAMS_SALES,
    "may_forward, the provider's own": set(),
    "may_withdraw_link": NORTHWINDS_AGENTS,
    "may_withdraw_link, forwarded": NORTHWINDS_AGENTS | FABRIKAMS_SALES,
    "may_copy_link": NORTHWINDS_AGENTS,
    "may_copy_link, forwarded": NORTHWINDS_AGENTS | FABRIKAMS_SALES,
    "may_decide_acceptance": NORTHWINDS_AGENTS,
    "may_note_microsoft": NORTHWINDS_AGENTS,
    "may_assign": NORTHWINDS_AGENTS,
    "may_manage_assignment": NORTHWINDS_AGENTS,
    "may_answer_assignment": FABRIKAMS_AGENTS,
    "may_accept_assignment": FABRIKAMS_AGENTS,
    "may_resend": NORTHWINDS_AGENTS,
    "may_resend, forwarded": NORTHWINDS_AGENTS | FABRIKAMS_SALES,
    "may_request_invitation": {*FABRIKAMS_SALES, "ada", "wanda"},
    "may_withdraw_request": FABRIKAMS_SALES,
    "may_answer_request": NORTHWINDS_AGENTS,
    "may_read_answers": {*NORTHWINDS_SALES, "helpdesk", "viewer", "staff"},
    "may_attest": {"anna"},
    "may_attest_agreement": NORTHWINDS_AGENTS,
    "may_hand_over": NORTHWINDS_AGENTS,
    "may_withdraw_hand_over": NORTHWINDS_AGENTS,
    "may_answer_hand_over": FABRIKAMS_AGENTS,
    "may_propose_renewal": NORTHWINDS_AGENTS,
    "may_withdraw_renewal": NORTHWINDS_AGENTS,
}
READS = {"may_read_answers"}  # a suspended company still reads its own pages


@pytest.fixture
def questions(
    assigned: Assignment,
    contoso: Customer,
    invitation: Invitation,
    handed: Invitation,
    link: InvitationLink,
    forwarded: InvitationLink,
    acceptance: Acceptance,
    accepted: Relationship,
    northwind: Partner,
) -> dict[str, tuple[object, ...]]:
    """What each question of the table is asked about."""
    modest = Invitation(provider=northwind)
    tied = {"provider": northwind, "reseller": assigned.reseller, "partnership": assigned.partnership}
    wish, hand_over = InvitationRequest(**tied, wants_support=True), HandOver(**tied)
    renewal = RenewalProposal(provider=northwind, customer=contoso, relationship=accepted)
    return {
        "may_record_customer": (),
        "may_edit_customer": (contoso,),
        "may_invite": (),
        "may_ask_for_privileges": (),
        "may_invite_through_resellers": (),
        "may_manage_invitation, asking for privileges": (invitation,),
        "may_manage_invitation, relationship only": (modest,),
        "may_forward": (handed,),
        "may_forward, the provider's own": (invitation,),
        "may_withdraw_link": (link,),
        "may_withdraw_link, forwarded": (forwarded,),
        "may_copy_link": (link,),
        "may_copy_link, forwarded": (forwarded,),
        "may_decide_acceptance": (acceptance,),
        "may_note_microsoft": (accepted,),
        "may_assign": (contoso,),
        "may_manage_assignment": (assigned,),
        "may_answer_assignment": (assigned,),
        "may_accept_assignment": (assigned,),
        "may_resend": (link,),
        "may_resend, forwarded": (forwarded,),
        "may_request_invitation": (),
        "may_withdraw_request": (wish,),
        "may_answer_request": (wish,),
        "may_read_answers": (contoso,),
        "may_attest": (contoso,),
        "may_attest_agreement": (accepted,),
        "may_hand_over": (northwind.pk,),
        "may_withdraw_hand_over": (hand_over,),
        "may_answer_hand_over": (hand_over,),
        "may_propose_renewal": (contoso,),
        "may_withdraw_renewal": (renewal,),
    }


def ask(question: str, actor: Actor, about: tuple[object, ...]) -> bool:
    return getattr(permissions, question.partition(",")[0])(actor, *about)


@pytest.mark.parametrize("question", TABLE)
def test_role_table(
    question: str, questions: dict[str, tuple[object, ...]], request: pytest.FixtureRequest
) -> None:
    may = {who for who in PEOPLE if ask(question, request.getfixturevalue(who), questions[question])}
    assert may == TABLE[question]


@pytest.mark.parametrize("question", [name for name in TABLE if name not in READS])
def test_suspended_company_may_nothing(
    question: str, questions: dict[str, tuple[object, ...]], request: pytest.FixtureRequest
) -> None:
    for who in PEOPLE:
        actor = request.getfixturevalue(who)
        if actor.partner is not None:
            actor.partner.status = Partner.Status.SUSPENDED
        assert not ask(question, actor, questions[question])


def test_every_question_is_in_the_table() -> None:
    asked = {question.partition(",")[0] for question in TABLE} | {"may_use"}  # held in test_live.py
    assert {name for name in vars(permissions) if name.startswith("may_")} - {"may_act"} == asked


def test_reseller_may_nothing_once_the_partnership_has_ended(
    assigned: Assignment,
    forwarded: InvitationLink,
    partnership: Partnership,
    anna: Actor,
    luca: Actor,
    now: datetime,
) -> None:
    ended = endings.end_partnership(partnership, by=anna, at=now)
    forwarded.invitation.partnership = assigned.partnership = ended
    assert not permissions.may_forward(luca, forwarded.invitation)
    assert not permissions.may_withdraw_link(luca, forwarded)
    assert not permissions.may_answer_assignment(luca, assigned)


def test_direct_bill_partner_does_everything_but_what_takes_resellers(db: None, now: datetime) -> None:
    direct = PartnerFactory(direct_bill=True, name="Direct")
    dora = member(direct, "Dora Direct", Role.ACCOUNT_ADMIN)
    assert permissions.may_invite(dora)
    assert permissions.may_record_customer(dora)
    assert permissions.may_ask_for_privileges(dora)
    assert not permissions.may_invite_through_resellers(dora)
    assert not permissions.may_assign(dora, CustomerFactory(provider=direct))
