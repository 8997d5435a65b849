"""The Entra roles of each privilege: data under today's rules, nothing under 2016-12."""

import uuid
from collections.abc import Callable
from datetime import datetime

import pytest
from django.test import Client

from customers import custody, links
from customers.entra import ROLES, roles_of
from customers.models import Contact, Customer, Invitation, InvitationLink, Privilege
from customers.terms import Recipient
from partners.actor import Actor
from partners.models import Partner, RulebookEdition
from tests.conftest import Mailbox
from tests.customers.wizard import Walk

NEVER = {
    "Global Administrator": "62e90394-69f5-4237-9190-012177145e10",
    "Privileged Role Administrator": "e8611ab8-c189-46e8-94e1-60213ab1f814",
    "Partner Tier1 Support": "4ba39ca4-527c-499a-b93d-d9b492c50246",
    "Partner Tier2 Support": "e00e864a-17c5-4a4b-9c06-f5b95a8d5bd8",
}


def named(privilege: str, *, optional: bool) -> set[str]:
    return {role.name for role in roles_of(privilege, "2026") if role.is_optional == optional}


def test_each_privilege_takes_the_least_roles_that_do_the_work() -> None:
    assert named("provisioning", optional=False) == {"License Administrator", "Directory Readers"}
    assert named("provisioning", optional=True) == {"User Administrator"}
    assert named("support", optional=False) == {"Service Support Administrator", "Directory Readers"}
    assert named("support", optional=True) == {"Helpdesk Administrator"}


def test_nothing_of_it_under_2016_12() -> None:
    assert set(ROLES) == {RulebookEdition.V2026}
    assert all(roles_of(privilege, "2016-12") == () for privilege in Privilege)


def test_the_roles_that_can_do_anything_are_never_asked_for() -> None:
    roles = [role for of in ROLES.values() for row in of.values() for role in row]
    assert {role.name for role in roles}.isdisjoint(NEVER)
    assert {role.template_id for role in roles}.isdisjoint(NEVER.values())
    assert not any("Global" in role.name or "Partner Tier" in role.name for role in roles)


def test_every_role_has_an_id_of_its_own_and_a_note() -> None:
    roles = {role for of in ROLES.values() for row in of.values() for role in row}
    assert len({role.template_id for role in roles}) == len({role.name for role in roles}) == len(roles)
    for role in roles:
        assert str(uuid.UUID(role.template_id)) == role.template_id
        assert str(role.note)


def under(northwind: Partner, edition: str) -> None:
    northwind.edition = edition
    northwind.save(update_fields=["edition"])


@pytest.mark.parametrize(("edition", "shown"), [("2016-12", False), ("2026", True)])
def test_landing_page_and_preview_name_them(
    edition: str,
    shown: bool,
    client_for: Callable[..., Client],
    client: Client,
    invitation: Invitation,
    to_carla: Recipient,
    northwind: Partner,
    anna: Actor,
    now: datetime,
) -> None:
    under(northwind, edition)
    own = client_for(anna).get(invitation.get_absolute_url()).content.decode()
    link = custody.send(invitation, to=to_carla, by=anna, at=now)
    page = client.get(links.invitation_address(link)).content.decode()
    for text in (page, own):
        assert ("License Administrator" in text) == shown
        assert ("f023fd81-a637-4b56-95fd-791ac0226033" in text) == shown


@pytest.mark.parametrize(("edition", "shown"), [("2016-12", False), ("2026", True)])
def test_both_sides_read_them_beside_what_was_granted(
    edition: str,
    shown: bool,
    client_for: Callable[..., Client],
    client: Client,
    confirmed: Contact,
    contoso: Customer,
    northwind: Partner,
    anna: Actor,
) -> None:
    under(northwind, edition)
    partners = client_for(anna).get(contoso.get_absolute_url()).content.decode()
    customers = client.get(links.page_address(confirmed)).content.decode()
    assert ("Helpdesk Administrator (optional)" in partners) == shown
    assert ("Service Support Administrator" in customers) == shown


def test_wizard_names_them_where_it_says_what_to_ask(
    client_for: Callable[..., Client], northwind: Partner, anna: Actor
) -> None:
    under(northwind, "2026")
    wizard = Walk(client_for(anna))
    assert wizard.post("whom").status_code == 302
    assert "License Administrator" in wizard.get("asks").content.decode()


def test_receipt_names_them(
    link: InvitationLink, answer_link: Callable[..., object], northwind: Partner, mails: Mailbox
) -> None:
    under(northwind, "2026")
    link.refresh_from_db()
    answer_link(InvitationLink.objects.get(pk=link.pk))
    assert (
        "Entra roles: License Administrator, Directory Readers, User Administrator (optional)."
        in mails.last("acceptance_receipt").text
    )
