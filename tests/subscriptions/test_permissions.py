"""Who may, on the top floor: the requirement's table of roles, written out by hand."""

from collections.abc import Callable
from datetime import datetime

import pytest

from customers import privileges
from customers.models import Assignment, Grant, Relationship
from partners.actor import Actor
from partners.models import Partner, Partnership
from subscriptions import permissions
from subscriptions.models import Move, Subscription
from tests.factories import CustomerFactory, MoveFactory, StepFileFactory, TransferFactory

PEOPLE = [
    *("anna", "agent", "seller", "helpdesk", "viewer"),
    *("luca", "fabrikam_agent", "fabrikam_seller", "fabrikam_helpdesk", "fabrikam_viewer"),
    *("ada", "tom", "wanda", "staff"),
]

# Who may, of all those people; everybody else may not. Fabrikam holds provisioning and support.
NORTHWINDS_AGENTS = {"anna", "agent"}
NORTHWINDS_SALES = {"anna", "agent", "seller"}
FABRIKAMS_AGENTS = {"luca", "fabrikam_agent"}
TABLE = {
    "may_record_subscription": NORTHWINDS_SALES,
    "may_edit_subscription": NORTHWINDS_SALES,
    "may_end_relationship": {"anna"},
    "may_put_off": set(PEOPLE) - {"staff"},
    "may_plan_moves": {*NORTHWINDS_AGENTS, "tom"},
    "may_plan": NORTHWINDS_AGENTS,
    "may_manage_move": NORTHWINDS_AGENTS,
    "may_close_step, without a privilege": NORTHWINDS_AGENTS,
    "may_close_step, provisioning": NORTHWINDS_AGENTS | FABRIKAMS_AGENTS,
    "may_close_step, support": NORTHWINDS_AGENTS | FABRIKAMS_AGENTS,
    "may_read_file, without a privilege": {*NORTHWINDS_SALES, "helpdesk", "viewer", "staff"},
    "may_read_file, provisioning": {*NORTHWINDS_SALES, "helpdesk", "viewer", "staff", *FABRIKAMS_AGENTS},
    "may_file_transfer": {*NORTHWINDS_AGENTS, "tom"},
    "may_cancel_transfer": NORTHWINDS_AGENTS,
    "may_note_transfer, kept by hand": NORTHWINDS_AGENTS,
    "may_note_transfer, asked for here": set(),
    "may_answer_transfer": NORTHWINDS_AGENTS,
}
STEPS = {"without a privilege": "grant", "provisioning": "first_task", "support": "support_contact"}


@pytest.fixture
def move(licences: Subscription) -> Move:
    return MoveFactory(subscription=licences)


@pytest.fixture
def held(
    assigned: Assignment, support: Grant, partnership: Partnership, anna: Actor, luca: Actor, now: datetime
) -> None:
    """Fabrikam holds both privileges on all services."""
    privileges.accept(privileges.assign(support, partnership, by=anna, at=now), by=luca, at=now)


@pytest.fixture
def ask(move: Move, held: None, accepted: Relationship, now: datetime) -> Callable[[str, Actor], bool]:
    """Return a way to ask one question of the table."""

    def answer(question: str, actor: Actor) -> bool:
        name, _comma, which = question.partition(", ")
        may = getattr(permissions, name)
        match name:
            case "may_record_subscription":
                return bool(may(actor, move.customer))
            case "may_edit_subscription" | "may_plan":
                return bool(may(actor, move.subscription))
            case "may_end_relationship":
                return bool(may(actor, accepted))
            case "may_manage_move":
                return bool(may(actor, move))
            case "may_close_step":
                return bool(may(actor, move.steps.get(code=STEPS[which]), now))
            case "may_read_file":
                file = StepFileFactory(step=move.steps.get(code=STEPS[which]))
                return bool(may(actor, file, now))
            case "may_cancel_transfer":
                return bool(may(actor, TransferFactory(customer__provider=move.provider)))
            case "may_note_transfer":
                by_hand = which == "kept by hand"
                kept = TransferFactory(customer__provider=move.provider, is_by_hand=by_hand)
                return bool(may(actor, kept))
            case "may_answer_transfer":
                received = TransferFactory(to=CustomerFactory(provider=move.provider))
                return bool(may(actor, received))
        return bool(may(actor))

    return answer


@pytest.mark.parametrize("question", TABLE)
def test_may(question: str, ask: Callable[[str, Actor], bool], request: pytest.FixtureRequest) -> None:
    assert {who for who in PEOPLE if ask(question, request.getfixturevalue(who))} == TABLE[question]


@pytest.mark.parametrize("question", sorted(set(TABLE) - {"may_read_file, without a privilege"}))
def test_a_suspended_company_does_nothing(
    question: str, ask: Callable[[str, Actor], bool], northwind: Partner, anna: Actor
) -> None:
    assert anna.partner is not None
    anna.partner.status = Partner.Status.SUSPENDED
    assert not ask(question, anna) or question.startswith("may_read_file")


def test_a_reseller_closes_nothing_without_the_privilege(
    move: Move, partnership: Partnership, luca: Actor, now: datetime
) -> None:
    assert not permissions.may_close_step(luca, move.steps.get(code="first_task"), now)
