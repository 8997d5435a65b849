"""Who may, on the ground floor: the requirement's table of roles, written out by hand."""

from datetime import datetime

import pytest
from django.core.exceptions import PermissionDenied

from partners import permissions
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Membership, Partner, Partnership
from partners.permissions import refuse_other, require
from tests.factories import OnboardingFactory

PEOPLE = [
    *("anna", "agent", "seller", "helpdesk", "viewer"),
    *("luca", "fabrikam_agent", "fabrikam_seller", "fabrikam_helpdesk", "fabrikam_viewer"),
    *("ada", "tom", "wanda", "staff"),
]

# Who may, of all those people; everybody else may not.
TABLE = {
    "may_edit_profile": {"anna"},
    "may_choose_edition": {"anna"},
    "may_change_team": {"anna"},
    "may_invite_colleague": {"anna", "luca", "ada", "tom", "wanda"},
    "may_leave": {*PEOPLE} - {"staff"},
    "may_propose_partnership": {"anna", "agent", "tom"},
    "may_change_onboarding": {"anna", "agent"},
    "may_withdraw_partnership": {"anna", "agent"},
    "may_set_joint_link": {"anna", "agent"},
    "may_answer_partnership": {"luca"},
    "may_end_partnership": {"anna", "luca", "staff"},
}


@pytest.fixture
def questions(northwind: Partner, partnership: Partnership, anna: Actor) -> dict[str, tuple[object, ...]]:
    """What each question of the table is asked about."""
    return {
        "may_edit_profile": (northwind,),
        "may_choose_edition": (northwind,),
        "may_change_team": (Membership.objects.get(user=anna.user),),
        "may_invite_colleague": (),
        "may_leave": (),
        "may_propose_partnership": (),
        "may_change_onboarding": (OnboardingFactory(provider=northwind),),
        "may_withdraw_partnership": (partnership,),
        "may_set_joint_link": (partnership,),
        "may_answer_partnership": (partnership,),
        "may_end_partnership": (partnership,),
    }


@pytest.mark.parametrize("question", TABLE)
def test_role_table(
    question: str, questions: dict[str, tuple[object, ...]], request: pytest.FixtureRequest
) -> None:
    ask = getattr(permissions, question)
    assert {who for who in PEOPLE if ask(request.getfixturevalue(who), *questions[question])} == TABLE[
        question
    ]


@pytest.mark.parametrize("question", TABLE)
def test_suspended_company_may_nothing(
    question: str, questions: dict[str, tuple[object, ...]], request: pytest.FixtureRequest
) -> None:
    for who in PEOPLE:
        actor = request.getfixturevalue(who)
        if actor.partner is not None:
            actor.partner.status = Partner.Status.SUSPENDED
            assert not getattr(permissions, question)(actor, *questions[question])


def test_every_question_is_in_the_table() -> None:
    asked = {name for name in vars(permissions) if name.startswith("may_")} - {"may_act"}
    assert asked == set(TABLE)


def test_customers_and_the_system_may_nothing(questions: dict[str, tuple[object, ...]]) -> None:
    for nobody in (
        Actor.system(),
        Actor.customer(name="Carla", email="carla@contoso.example", company="Contoso"),
    ):
        for question, about in questions.items():
            assert not getattr(permissions, question)(nobody, *about)


def test_require_answers_403_unless_allowed() -> None:
    require(True)
    with pytest.raises(PermissionDenied):
        require(False)


def test_refuse_other_lets_the_companies_and_staff_through(
    northwind: Partner, fabrikam: Partner, anna: Actor, luca: Actor, tom: Actor, staff: Actor, now: datetime
) -> None:
    for allowed in (anna, luca, staff):
        refuse_other(allowed, northwind.pk, fabrikam.pk)
    for refused in (
        tom,
        Actor.system(),
        Actor.customer(name="Carla", email="c@contoso.example", company="Contoso"),
    ):
        with pytest.raises(Refused):
            refuse_other(refused, northwind.pk, fabrikam.pk)
    with pytest.raises(Refused):
        refuse_other(Actor.system(), None)
