"""The customer says yes while somebody else ends what it says yes to: one of the two is refused."""

from datetime import datetime
from functools import partial

import pytest

from customers import consents, links, privileges
from customers.models import Assignment, Contact, Grant, MailedCode
from partners import editions
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Activity, Partner, Partnership
from tests.conftest import Mailbox
from tests.races.together import one_won, together

pytestmark = [pytest.mark.postgres, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def asked(
    northwind: Partner, provisioning: Grant, partnership: Partnership, anna: Actor, now: datetime
) -> Assignment:
    northwind.edition = "2026"
    northwind.save(update_fields=["edition"])
    return privileges.assign(provisioning, partnership, by=anna, at=now)


@pytest.fixture
def typed(asked: Assignment, confirmed: Contact, mails: Mailbox, now: datetime) -> MailedCode:
    code = consents.ask_to_agree(asked, confirmed, at=now)
    links.spend_try(code, mails.code(to=confirmed.email), at=now)
    return code


def test_a_code_says_yes_once(
    asked: Assignment, confirmed: Contact, typed: MailedCode, now: datetime
) -> None:
    yes = partial(consents.agree, asked, confirmed, typed, at=now)
    assert one_won(together(yes, yes))
    assert Activity.objects.filter(verb="assignment.agreed").count() == 1


def test_yes_and_withdrawal_meet(
    asked: Assignment, confirmed: Contact, typed: MailedCode, anna: Actor, now: datetime
) -> None:
    outcomes = together(
        partial(consents.agree, asked, confirmed, typed, at=now),
        partial(privileges.withdraw, asked, by=anna, at=now),
    )
    # The withdrawal always counts; the yes only when it came first.
    assert not isinstance(outcomes[1], BaseException)
    asked.refresh_from_db()
    assert asked.status == "withdrawn"
    assert isinstance(outcomes[0], Refused) == (asked.agreed_at is None)


def test_reseller_is_never_faster_than_the_yes(
    asked: Assignment, confirmed: Contact, typed: MailedCode, luca: Actor, now: datetime
) -> None:
    outcomes = together(
        partial(consents.agree, asked, confirmed, typed, at=now),
        partial(privileges.accept, asked, by=luca, at=now),
    )
    asked.refresh_from_db()
    assert asked.agreed_at == now
    assert (asked.status == "active") == (not isinstance(outcomes[1], Refused))


def test_two_colleagues_choose_the_edition_once(
    northwind: Partner, anna: Actor, agent: Actor, now: datetime
) -> None:
    choose = [
        partial(editions.choose, northwind, "2026", seen="2016-12", by=by, at=now) for by in (anna, agent)
    ]
    assert one_won(together(*choose))
    assert Activity.objects.filter(verb="company.edition_chosen").count() == 1
