"""Not a byte of another's world: every page, file and mail, searched for names that are not the reader's."""

from datetime import datetime

import pytest

from customers import privileges
from customers.links import code_digits, spend_try
from customers.models import Assignment, Grant, RenewalProposal
from customers.renewals import Choice, accept, ask_to_answer
from partners.models import Message
from tests.house.conftest import World
from tests.house.matrix import PUBLIC, ROWS

# Who must read nothing of whom. A hand-over names the reseller before to the new one: it is what it is about.
STRANGERS = {
    "holder": ("Adventure", "Litware", "Tailspin"),
    "offered": ("Litware", "Tailspin"),
    "untied": ("Fabrikam", "Adventure", "Contoso", "Tailspin"),
    "tailspin": ("Northwind", "Fabrikam", "Adventure", "Contoso", "Litware"),
}


@pytest.fixture
def lived(world: World, now: datetime) -> World:
    """The same world, after Adventure took its offer and the customer renewed with both its resellers."""
    offer = Assignment.objects.get(pk=world.objects["offer"])
    ada = world.people["offered"]
    assert ada is not None
    held = [privileges.accept(offer, by=ada, at=now), Assignment.objects.get(pk=world.objects["assignment"])]
    proposal = RenewalProposal.objects.get(pk=world.objects["renewal"])
    contact = proposal.customer.contacts.confirmed().get()
    code = ask_to_answer(proposal, contact, at=now)
    spend_try(code, code_digits(code), at=now)
    goes_on = frozenset(one.pk for one in held if one.privilege in proposal.renews)
    accept(
        proposal,
        contact,
        code,
        Choice(frozenset(proposal.renews), proposal.last_day(now.date()), goes_on),
        at=now,
    )
    assert Grant.objects.live(now).count() == 2
    return world


@pytest.mark.parametrize("who", STRANGERS)
def test_nobody_reads_a_name_of_another_world(who: str, lived: World) -> None:
    client, found, read = lived.client(who), [], 0
    for row in ROWS:
        if row.method != "GET" or row.name in PUBLIC:
            continue
        answer = client.get(lived.address(row.name, dict(row.arguments)))
        told = b"".join(answer.streaming_content) if answer.streaming else answer.content
        read += answer.status_code == 200
        found += [f"{row}: {name}" for name in STRANGERS[who] if name.encode() in told]
    assert read > 10
    assert not found, "\n".join(found)


@pytest.mark.parametrize("who", STRANGERS)
def test_no_mail_tells_a_name_of_another_world(who: str, lived: World) -> None:
    person = lived.people[who]
    assert person is not None
    mails = Message.objects.filter(user=person.user)
    found = [
        f"{one.event}: {name}" for one in mails for name in STRANGERS[who] if name in one.subject + one.text
    ]
    assert not found, "\n".join(found)
