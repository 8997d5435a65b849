"""A request for a transfer tells whoever files it nothing of anybody: not who is here, nor what they hold."""

import re
import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from partners.actor import Actor
from partners.models import Message, Partner
from subscriptions import transfers
from subscriptions.models import Subscription, Transfer
from subscriptions.vocabulary import Status
from tests.crossing import LICENCES, NOWHERE, STRANGE, Crossing

SignIn = Callable[[Actor], Client]

# Whom the request names, and what stands behind the id: nothing of it may show.
TOLD_NOTHING = {
    "nobody bears the id": lambda crossing, tailspin: NOWHERE,
    "nobody bears the tenant": lambda crossing, tailspin: str(uuid.UUID(int=7)),
    "a company without this customer": lambda crossing, tailspin: tailspin.partner_id,
    "a company with this customer": lambda crossing, tailspin: crossing.lucerne.partner_id,
    "the same by its tenant": lambda crossing, tailspin: str(crossing.lucerne.tenant_id),
}
NUMBERS = re.compile(
    r'(csrfmiddlewaretoken" value=")[^"]+|(/transfers/|transfer |/transfers_sent/|class="quiet">)\d+'
    r"|nonce-[\w=+/-]+"
)


def pages(client: Client, crossing: Crossing, named: str) -> list[str]:
    """File a request by the page and return all that can be seen after it, without what numbers it."""
    address = reverse("subscriptions:transfer-ask", args=[crossing.wanted.pk])
    body = {"named": named, "external_ids": f"{LICENCES}\n{STRANGE}"}
    filed = client.post(address, body, follow=True)
    asked = Transfer.objects.get(provider=crossing.northwind, status="pending")
    seen = [
        filed,
        client.get(asked.get_absolute_url()),
        client.get(reverse("subscriptions:transfers"), {"side": "sent"}),
        client.get(reverse("subscriptions:transfer-cancel", args=[asked.pk])),
        client.get(reverse("subscriptions:attention")),
        client.get(reverse("home")),
        client.get(reverse("partners:activity")),
        client.get(reverse("customer", args=[crossing.wanted.pk])),
        client.post(address, body),  # asked for already: a refusal of one's own records
    ]
    assert [answer.status_code for answer in seen] == [200] * len(seen)
    return [NUMBERS.sub(r"\1\2", page.content.decode()).replace(named, "NAMED") for page in seen]


def test_every_page_is_the_same_whoever_is_named(
    crossing: Crossing, tailspin: Partner, client_for: SignIn
) -> None:
    client, told = client_for(crossing.anna), {}
    for behind, named in TOLD_NOTHING.items():
        with transaction.atomic():
            told[behind] = pages(client, crossing, named(crossing, tailspin))
            # As if it had never been: nothing of one stands beside what is seen of the next.
            transaction.set_rollback(True)
    first, *others = told.values()
    for behind, seen in zip(list(told)[1:], others, strict=True):
        for number, (mine, theirs) in enumerate(zip(first, seen, strict=True)):
            assert mine == theirs, f"{behind}: page {number}"


@pytest.mark.parametrize("status", [*Status.values, "gone"])
def test_what_the_other_holds_changes_nothing_to_be_seen(
    status: str, crossing: Crossing, client_for: SignIn
) -> None:
    """The id may be active, suspended, sold by nobody: it is to be chosen by the current partner."""
    rows = Subscription.objects.filter(pk=crossing.licences.pk)
    if status == "gone":
        rows.delete()
    else:
        rows.update(status=status)
    asked = crossing.ask()
    page = client_for(crossing.anna).get(asked.get_absolute_url()).content.decode()
    assert page.count("To be chosen by the current partner") == 1
    for secret in ("Office 365", "Lucerne", "suspended", str(crossing.licences.term_end)):
        assert secret not in page


def test_no_mail_of_the_requesting_side_tells_who_is_here(crossing: Crossing, tailspin: Partner) -> None:
    seen = []
    for named in (NOWHERE, tailspin.partner_id, crossing.lucerne.partner_id):
        Message.objects.all().delete()
        asked = crossing.ask(named=named)
        transfers.remind(crossing.now + timedelta(days=27))
        transfers.tidy(crossing.now + timedelta(days=30))
        asked.refresh_from_db()
        assert asked.status == "lapsed"
        mine = Message.objects.filter(to=crossing.anna.email).order_by("pk")
        seen.append(
            [
                (mail.event, mail.subject, NUMBERS.sub(r"\2", mail.text).replace(named, "NAMED"))
                for mail in mine
            ]
        )
    assert len(seen[0]) == 2
    assert seen[0] == seen[1] == seen[2]


def test_a_provider_that_does_not_know_the_customer_learns_of_nothing(
    crossing: Crossing, tailspin: Partner, tom: Actor, client_for: SignIn
) -> None:
    asked = crossing.ask(named=tailspin.partner_id)
    client = client_for(tom)
    for name in ("transfer", "transfer-accept", "transfer-decline", "transfer-cancel", "transfer-note"):
        real = client.get(reverse(f"subscriptions:{name}", args=[asked.pk]))
        none = client.get(reverse(f"subscriptions:{name}", args=[987654]))
        assert (real.status_code, none.status_code) == (404, 404)
    for address in ("subscriptions:transfers", "subscriptions:attention", "partners:activity", "home"):
        assert "Northwind" not in client.get(reverse(address)).content.decode()
    assert not Message.objects.filter(user=tom.user).exists()


def test_each_sides_log_and_mails_name_nothing_of_the_others_world(
    crossing: Crossing, client_for: SignIn
) -> None:
    crossing.records(LICENCES, friendly_name="Upstairs")
    Subscription.objects.filter(pk=crossing.licences.pk).update(friendly_name="Lucerne's treasure")
    crossing.accept(crossing.ask())
    secrets: dict[Any, tuple[str, ...]] = {
        crossing.anna: ("treasure", "Contoso (Lucerne)", "Lucia Luzern", crossing.lucia.email),
        crossing.lucia: ("Upstairs", "Anna Admin", crossing.anna.email),
    }
    for actor, hidden in secrets.items():
        client = client_for(actor)
        read = client.get(reverse("partners:activity")).content.decode()
        export = b"".join(client.get(reverse("partners:activity-export")).streaming_content).decode()
        mails = "".join(one.subject + one.text for one in Message.objects.filter(user=actor.user))
        for secret in hidden:
            assert secret not in export + mails, secret
            assert secret not in read.partition("<main")[2], secret
