"""The stories of an invitation: who makes one, what it may ask, through whose hands it goes, how it dies."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction

from customers import custody, endings, expiries, invitations, places
from customers.composites import FROZEN
from customers.models import Acceptance, Customer, Invitation, InvitationLink, Relationship, Route
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Message, Partner, Partnership, Role
from tests.conftest import Log, Mailbox, member
from tests.factories import (
    CustomerFactory,
    InvitationLinkFactory,
    PartnerFactory,
    PartnershipFactory,
    RelationshipFactory,
)

Make = Callable[..., Invitation]


@pytest.fixture
def two_places(invite: Make, handed_terms: Terms) -> Invitation:
    """An invitation in Fabrikam's hands that serves two customers."""
    return invite(handed_terms, places=2)


# --- making ------------------------------------------------------------------------------------


def test_make_writes_a_draft_with_the_terms_as_they_were_given(
    northwind: Partner, terms: Terms, contoso: Customer, anna: Actor, now: datetime, log: Log
) -> None:
    draft = invitations.make(northwind, replace(terms, privilege_days=30), by=anna, at=now)
    assert draft.status == Invitation.Status.DRAFT
    assert (draft.provider, draft.customer, draft.asks) == (northwind, contoso, ("provisioning", "support"))
    assert (draft.privilege_days, draft.places, draft.made_by) == (30, 1, anna.stamp)
    assert log.verbs() == ["invitation.made"]
    assert log.names(draft)
    assert log.readers() == {"Northwind Traders"}


def test_make_refused_to_a_reseller(
    northwind: Partner, fabrikam: Partner, terms: Terms, luca: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="Only a provider makes invitations"):
        invitations.make(fabrikam, replace(terms, customer=None), by=luca, at=now)
    with pytest.raises(Refused, match="Only a provider makes invitations"):
        invitations.make(northwind, terms, by=luca, at=now)  # nor in its provider's name


def test_make_refused_in_the_name_of_another_provider(
    northwind: Partner, terms: Terms, tom: Actor, staff: Actor, now: datetime
) -> None:
    for stranger in (tom, staff):
        with pytest.raises(Refused, match="Only a provider makes invitations"):
            invitations.make(northwind, terms, by=stranger, at=now)


def test_make_refused_to_a_suspended_provider(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    northwind.status = Partner.Status.SUSPENDED
    with pytest.raises(Refused, match="suspended company cannot invite"):
        invitations.make(northwind, terms, by=anna, at=now)


@pytest.mark.parametrize("days", [0, 731])
def test_make_refused_for_days_outside_1_to_730(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime, days: int
) -> None:
    with pytest.raises(Refused, match="between 1 and 730 days"):
        invitations.make(northwind, replace(terms, privilege_days=days), by=anna, at=now)


@pytest.mark.parametrize("days", [1, 730])
def test_make_takes_1_and_730_days(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime, days: int
) -> None:
    draft = invitations.make(northwind, replace(terms, privilege_days=days), by=anna, at=now)
    assert draft.privilege_days == days


@pytest.mark.parametrize("places", [0, 10_001])
def test_make_refused_for_no_place_or_too_many(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime, places: int
) -> None:
    with pytest.raises(Refused, match="between 1 and 10000 customers"):
        invitations.make(northwind, replace(terms, places=places), by=anna, at=now)


def test_make_refused_when_it_expires_at_once(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="expire in the future"):
        invitations.make(northwind, replace(terms, expires_at=now), by=anna, at=now)


def test_make_refused_for_another_providers_customer(
    northwind: Partner, terms: Terms, tailspin: Partner, anna: Actor, now: datetime
) -> None:
    theirs = CustomerFactory(provider=tailspin)
    with pytest.raises(Refused, match="not one of your customers"):
        invitations.make(northwind, replace(terms, customer=theirs), by=anna, at=now)


def test_make_refused_outside_the_csp_region(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    abroad = CustomerFactory(provider=northwind, name="Abroad", country="US")
    with pytest.raises(Refused, match="Abroad is outside your CSP region"):
        invitations.make(northwind, replace(terms, customer=abroad), by=anna, at=now)


def test_make_allowed_in_another_country_of_the_region(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    neighbour = CustomerFactory(provider=northwind, country="DE")
    assert (
        invitations.make(northwind, replace(terms, customer=neighbour), by=anna, at=now).customer == neighbour
    )


# --- through a reseller ------------------------------------------------------------------------


def test_via_reseller_needs_an_active_partnership_of_ones_own(
    northwind: Partner,
    handed_terms: Terms,
    fabrikam: Partner,
    wingtip_partnership: Partnership,
    anna: Actor,
    now: datetime,
) -> None:
    proposed = PartnershipFactory(provider=northwind, proposed=True)
    ended = PartnershipFactory(provider=northwind, ended=True)
    for tie in (None, proposed, ended, wingtip_partnership):
        with pytest.raises(Refused, match="Choose a reseller you have an active partnership with"):
            invitations.make(
                northwind, replace(handed_terms, partnership=tie, reseller=None), by=anna, at=now
            )


def test_via_reseller_refused_while_it_is_suspended(
    northwind: Partner, handed_terms: Terms, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    partnership.reseller.status = Partner.Status.SUSPENDED
    with pytest.raises(Refused, match="This reseller is suspended"):
        invitations.make(northwind, replace(handed_terms, reseller=None), by=anna, at=now)


def test_via_reseller_names_that_reseller_or_none(
    northwind: Partner,
    handed_terms: Terms,
    adventure: Partner,
    adventure_partnership: Partnership,
    anna: Actor,
    now: datetime,
) -> None:
    with pytest.raises(Refused, match="The named reseller is the one that sends the invitation on"):
        invitations.make(northwind, replace(handed_terms, reseller=adventure), by=anna, at=now)
    assert invitations.make(northwind, replace(handed_terms, reseller=None), by=anna, at=now).reseller is None


def test_direct_is_handed_to_nobody(
    northwind: Partner, terms: Terms, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="not handed to a reseller"):
        invitations.make(northwind, replace(terms, partnership=partnership), by=anna, at=now)
    with pytest.raises(Refused, match="not handed to a reseller"):
        invitations.make(northwind, replace(terms, route="by pigeon"), by=anna, at=now)


def test_named_reseller_must_be_an_active_partner(
    northwind: Partner,
    terms: Terms,
    fabrikam: Partner,
    wingtip: Partner,
    partnership: Partnership,
    anna: Actor,
    now: datetime,
) -> None:
    with pytest.raises(Refused, match="only name a reseller you have an active partnership with"):
        invitations.make(northwind, replace(terms, reseller=wingtip), by=anna, at=now)
    assert (
        invitations.make(northwind, replace(terms, reseller=fabrikam), by=anna, at=now).reseller == fabrikam
    )
    fabrikam.status = Partner.Status.SUSPENDED
    with pytest.raises(Refused, match="only name a reseller you have an active partnership with"):
        invitations.make(northwind, replace(terms, reseller=fabrikam), by=anna, at=now)


def test_direct_bill_partner_invites_and_has_no_resellers(
    db: None, terms: Terms, fabrikam: Partner, now: datetime
) -> None:
    direct = PartnerFactory(direct_bill=True, name="Direct Bill")
    dora = member(direct, "Dora Direct", Role.ACCOUNT_ADMIN)
    own = replace(terms, customer=CustomerFactory(provider=direct))
    assert invitations.make(direct, own, by=dora, at=now).provider == direct
    with pytest.raises(Refused):
        invitations.make(direct, replace(own, reseller=fabrikam), by=dora, at=now)
    with pytest.raises(Refused):
        invitations.make(direct, replace(own, route=Route.VIA_RESELLER), by=dora, at=now)


# --- opening -----------------------------------------------------------------------------------


def test_open_keeps_its_own_copy_of_the_partner_center_link(
    northwind: Partner, invitation: Invitation, anna: Actor, log: Log
) -> None:
    taken = northwind.partner_center_link
    northwind.partner_center_link = "https://admin.microsoft.com/changed-afterwards"
    northwind.save()
    invitation.refresh_from_db()
    assert invitation.partner_center_link == taken
    assert (invitation.status, invitation.opened_by) == (Invitation.Status.OPEN, anna.stamp)
    assert log.verbs() == ["invitation.made", "invitation.opened"]


def test_open_refused_without_a_partner_center_link(
    northwind: Partner, terms: Terms, anna: Actor, now: datetime
) -> None:
    draft = invitations.make(northwind, terms, by=anna, at=now)
    Partner.objects.filter(pk=northwind.pk).update(partner_center_link="")
    with pytest.raises(Refused, match="First enter your Partner Center invitation link"):
        invitations.open_(draft, by=anna, at=now)
    draft.refresh_from_db()
    assert draft.status == Invitation.Status.DRAFT


JOINT = "https://admin.microsoft.com/joint-with-fabrikam"


def test_open_takes_the_joint_link_that_names_the_reseller(
    invite: Make, terms: Terms, handed_terms: Terms, partnership: Partnership, fabrikam: Partner
) -> None:
    partnership.partner_center_link = JOINT
    partnership.save()
    assert invite(handed_terms).partner_center_link == JOINT
    assert invite(terms, reseller=fabrikam).partner_center_link == JOINT


def test_open_leaves_the_joint_link_where_the_reseller_is_not_named(
    northwind: Partner, invite: Make, terms: Terms, handed_terms: Terms, partnership: Partnership
) -> None:
    partnership.partner_center_link = JOINT
    partnership.save()
    assert invite(handed_terms, reseller=None).partner_center_link == northwind.partner_center_link
    assert invite(terms).partner_center_link == northwind.partner_center_link


def test_open_works_with_a_joint_link_alone(
    northwind: Partner, invite: Make, handed_terms: Terms, partnership: Partnership
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(partner_center_link="")
    Partnership.objects.filter(pk=partnership.pk).update(partner_center_link=JOINT)
    partnership.refresh_from_db()
    assert invite(handed_terms, partnership=partnership).partner_center_link == JOINT


def test_open_refused_twice(invitation: Invitation, anna: Actor, now: datetime) -> None:
    with pytest.raises(Refused, match="already open"):
        invitations.open_(invitation, by=anna, at=now)


def test_open_refused_to_others(
    northwind: Partner, handed_terms: Terms, anna: Actor, luca: Actor, tom: Actor, now: datetime
) -> None:
    draft = invitations.make(northwind, handed_terms, by=anna, at=now)
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            invitations.open_(draft, by=other, at=now)


def test_open_refused_once_expired(northwind: Partner, terms: Terms, anna: Actor, now: datetime) -> None:
    draft = invitations.make(northwind, terms, by=anna, at=now)
    with pytest.raises(Refused, match="has expired"):
        invitations.open_(draft, by=anna, at=terms.expires_at)


def test_open_refused_when_the_partnership_ended_meanwhile(
    northwind: Partner, handed_terms: Terms, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    draft = invitations.make(northwind, handed_terms, by=anna, at=now)
    endings.end_partnership(partnership, by=anna, at=now)
    with pytest.raises(Refused, match="can no longer send the invitation on"):
        invitations.open_(draft, by=anna, at=now)


def test_open_refused_when_the_named_reseller_left_meanwhile(
    northwind: Partner, terms: Terms, fabrikam: Partner, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    draft = invitations.make(northwind, replace(terms, reseller=fabrikam), by=anna, at=now)
    endings.end_partnership(partnership, by=anna, at=now)
    with pytest.raises(Refused, match="only name a reseller you have an active partnership with"):
        invitations.open_(draft, by=anna, at=now)


def test_handing_over_tells_the_resellers_sellers_and_nobody_else(
    luca: Actor, fabrikam_seller: Actor, fabrikam_viewer: Actor, handed: Invitation, log: Log
) -> None:
    assert set(Message.objects.values_list("to", flat=True)) == {luca.email, fabrikam_seller.email}
    assert log.verbs()[-1] == "invitation.handed_over"
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


# --- frozen terms ------------------------------------------------------------------------------

OTHER_VALUES = {
    "route": "via_reseller",
    "asks_provisioning": False,
    "asks_support": False,
    "privilege_days": 730,
    "language": "it",
    "opening": "other words",
    "places": 2,
    "partner_center_link": "https://admin.microsoft.com/another",
    "reseller_id": "fabrikam",
    "customer_id": None,
    "partnership_id": "partnership",
    "provider_id": "tailspin",
}


@pytest.mark.parametrize("column", FROZEN)
def test_terms_are_frozen_once_open(
    column: str, invitation: Invitation, northwind: Partner, request: pytest.FixtureRequest
) -> None:
    value = OTHER_VALUES[column]
    if value in ("fabrikam", "partnership", "tailspin"):
        value = request.getfixturevalue(str(value)).pk
    with pytest.raises(IntegrityError, match="inv_terms_frozen"), transaction.atomic():
        Invitation.objects.filter(pk=invitation.pk).update(**{column: value})


def test_terms_of_a_draft_may_change(northwind: Partner, terms: Terms, anna: Actor, now: datetime) -> None:
    draft = invitations.make(northwind, terms, by=anna, at=now)
    Invitation.objects.filter(pk=draft.pk).update(privilege_days=10)


def test_expiry_of_an_open_invitation_may_still_move(invitation: Invitation) -> None:
    later = invitation.expires_at + timedelta(days=30)
    Invitation.objects.filter(pk=invitation.pk).update(expires_at=later)


# --- sending and forwarding --------------------------------------------------------------------


def test_send_makes_one_waiting_link_and_one_queued_mail(
    link: InvitationLink, contoso: Customer, anna: Actor, mails: Mailbox, log: Log
) -> None:
    assert (link.status, link.email, link.customer) == ("waiting", "carla@contoso.example", contoso)
    assert link.invitation.places_taken == 1
    message = mails.last("invitation_sent", to="carla@contoso.example")
    assert link.message == message
    assert message.status == Message.Status.QUEUED
    assert message.reply_to == anna.email
    assert log.verbs()[-1] == "invitation.sent"
    assert log.names(link, link.invitation)
    assert "carla@contoso.example" not in log.last().details


def test_mail_carries_the_link_but_its_row_does_not_hold_it(link: InvitationLink, mails: Mailbox) -> None:
    message = mails.last("invitation_sent")
    address = mails.address("invitation_sent")
    assert address.startswith("https://multicanale.example/i/")
    assert address not in message.text + message.html
    assert address in mails.text(message)


def test_copied_link_is_never_said_to_be_sent(
    invitation: Invitation, to_carla: Recipient, anna: Actor, now: datetime, log: Log
) -> None:
    link = custody.send(invitation, to=to_carla, by=anna, at=now, copied=True)
    assert link.message is not None
    assert (link.message.status, link.message.copied_by) == (Message.Status.NOT_MAILED, anna.stamp)
    assert (link.message.text, link.message.slots) == ("", {})
    assert log.details()["copied"] is True


def test_address_is_stored_in_its_one_spelling(invitation: Invitation, anna: Actor, now: datetime) -> None:
    link = custody.send(invitation, to=Recipient(" CARLA@Contoso.EXAMPLE ", "Contoso"), by=anna, at=now)
    assert link.email == "carla@contoso.example"


@pytest.mark.parametrize("address", ["carla\0@contoso.example", "car\nla@contoso.example", "nobody", ""])
def test_address_with_control_characters_or_none_is_bad_input(
    invitation: Invitation, anna: Actor, now: datetime, address: str
) -> None:
    with pytest.raises(ValidationError):
        custody.send(invitation, to=Recipient(address, "Contoso"), by=anna, at=now)
    assert not InvitationLink.objects.exists()


def test_send_refused_for_what_was_handed_to_a_reseller(
    handed: Invitation, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="was handed to a reseller"):
        custody.send(handed, to=to_carla, by=anna, at=now)


def test_send_refused_to_others(
    invitation: Invitation, to_carla: Recipient, luca: Actor, tom: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            custody.send(invitation, to=to_carla, by=other, at=now)


def test_forward_gives_custody_and_changes_nothing_of_what_is_asked(
    handed: Invitation, forwarded: InvitationLink, luca: Actor, northwind: Partner, log: Log
) -> None:
    before = {column: getattr(handed, column) for column in FROZEN}
    handed.refresh_from_db()
    assert {column: getattr(handed, column) for column in FROZEN} == before
    assert (forwarded.made_by, forwarded.provider) == (luca.stamp, northwind)
    assert log.verbs()[-1] == "invitation.forwarded"
    assert log.last().on_behalf_of == "Northwind Traders"
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    assert log.names(forwarded, handed)


def test_forward_makes_no_customer_row(forwarded: InvitationLink, contoso: Customer) -> None:
    assert forwarded.customer is None
    assert list(Customer.objects.all()) == [contoso]


def test_forward_refused_to_anybody_it_was_not_handed_to(
    handed: Invitation,
    invitation: Invitation,
    to_carla: Recipient,
    anna: Actor,
    ada: Actor,
    luca: Actor,
    wanda: Actor,
    now: datetime,
) -> None:
    for other in (anna, ada, wanda):
        with pytest.raises(Refused, match="was not handed to you"):
            custody.forward(handed, to=to_carla, by=other, at=now)
    with pytest.raises(Refused, match="was not handed to you"):
        custody.forward(invitation, to=to_carla, by=luca, at=now)


def test_forward_refused_once_the_partnership_has_ended(
    handed: Invitation, partnership: Partnership, to_carla: Recipient, anna: Actor, luca: Actor, now: datetime
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    with pytest.raises(Refused, match="was not handed to you"):
        custody.forward(handed, to=to_carla, by=luca, at=now)


def test_forward_refused_while_the_provider_is_suspended(
    handed: Invitation, northwind: Partner, to_carla: Recipient, luca: Actor, now: datetime
) -> None:
    Partner.objects.filter(pk=northwind.pk).update(status="suspended")
    with pytest.raises(Refused, match="provider is suspended"):
        custody.forward(handed, to=to_carla, by=luca, at=now)


def test_sending_refused_for_a_draft(
    northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    draft = invitations.make(northwind, terms, by=anna, at=now)
    with pytest.raises(Refused, match="still a draft"):
        custody.send(draft, to=to_carla, by=anna, at=now)


def test_sending_refused_once_expired(
    invitation: Invitation, to_carla: Recipient, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="has expired"):
        custody.send(invitation, to=to_carla, by=anna, at=invitation.expires_at)


def test_sending_refused_once_withdrawn(
    handed: Invitation, to_carla: Recipient, anna: Actor, luca: Actor, now: datetime
) -> None:
    invitations.withdraw(handed, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        custody.forward(handed, to=to_carla, by=luca, at=now)


def test_partners_users_are_not_invited(
    handed: Invitation,
    anna: Actor,
    luca: Actor,
    ada: Actor,
    adventure_partnership: Partnership,
    invitation: Invitation,
    now: datetime,
) -> None:
    for user in (anna, luca, ada):
        with pytest.raises(Refused, match="not a customer's"):
            custody.send(invitation, to=Recipient(user.email.upper(), "Contoso"), by=anna, at=now)
        with pytest.raises(Refused) as refusal:
            custody.forward(handed, to=Recipient(user.email, "Contoso"), by=luca, at=now)
        # A reseller learns neither that it is somebody's of the provider, nor of another reseller's.
        assert str(refusal.value) == "This address cannot be invited now."


def test_users_of_strangers_and_former_partners_are_invited_like_anybody(
    invitation: Invitation, tom: Actor, ada: Actor, northwind: Partner, anna: Actor, now: datetime
) -> None:
    PartnershipFactory(provider=northwind, reseller=ada.partner, ended=True)
    assert places.may_answer_for_customer(ada.email, northwind)
    assert custody.send(invitation, to=Recipient(tom.email, "Contoso"), by=anna, at=now).email == tom.email


# --- one waiting link per address --------------------------------------------------------------


def test_second_link_to_an_address_refused_with_the_reason_to_the_provider(
    link: InvitationLink, invite: Make, terms: Terms, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="already waiting for an answer"):
        custody.send(invite(terms), to=Recipient("Carla@Contoso.example", "C"), by=anna, at=now)
    with pytest.raises(Refused, match="already waiting for an answer"):
        places.refuse_address(link.provider, link.email, by=anna, at=now)


def test_second_link_to_an_address_refused_neutrally_to_a_reseller(
    link: InvitationLink, handed: Invitation, to_carla: Recipient, luca: Actor, now: datetime
) -> None:
    with pytest.raises(Refused) as refusal:
        custody.forward(handed, to=to_carla, by=luca, at=now)
    assert str(refusal.value) == "This address cannot be invited now."
    handed.refresh_from_db()
    assert handed.places_taken == 0  # the refused one took no place


def test_another_provider_invites_the_same_address_freely(link: InvitationLink, tailspin: Partner) -> None:
    other = InvitationLinkFactory(invitation__provider=tailspin, email=link.email)
    assert other.status == InvitationLink.Status.WAITING


def test_expired_link_does_not_block_the_address(
    link: InvitationLink, northwind: Partner, terms: Terms, to_carla: Recipient, anna: Actor, log: Log
) -> None:
    later = link.invitation.expires_at
    fresh = replace(terms, expires_at=later + timedelta(days=9))
    invitation = invitations.open_(invitations.make(northwind, fresh, by=anna, at=later), by=anna, at=later)
    second = custody.send(invitation, to=to_carla, by=anna, at=later)
    link.refresh_from_db()
    assert (link.status, second.status) == ("lapsed", "waiting")
    assert log.names(link, second)


# --- places ------------------------------------------------------------------------------------


def taken(invitation: Invitation) -> int:
    invitation.refresh_from_db()
    return invitation.places_taken


def test_no_place_is_free_while_all_are_waiting_but_the_invitation_stays_open(
    handed: Invitation, forwarded: InvitationLink, luca: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="No place is free"):
        custody.forward(handed, to=Recipient("other@contoso.example", "Other"), by=luca, at=now)
    handed.refresh_from_db()
    assert (handed.status, handed.places_taken, handed.places_accepted) == ("open", 1, 0)


@pytest.mark.parametrize("how", ["declined", "withdrawn", "lapsed"])
def test_place_is_free_again_once_a_link_is(
    how: str, forwarded: InvitationLink, handed: Invitation, luca: Actor, now: datetime
) -> None:
    assert taken(handed) == 1
    if how == "declined":
        custody.decline(forwarded, reason="", at=now)
    elif how == "withdrawn":
        custody.withdraw_link(forwarded, by=luca, at=now)
    else:
        assert expiries.tidy(handed.expires_at) == 1
    forwarded.refresh_from_db()
    assert forwarded.status == how
    assert taken(handed) == 0


def test_accepted_place_is_never_free_again(
    two_places: Invitation,
    to_carla: Recipient,
    luca: Actor,
    anna: Actor,
    now: datetime,
    answer_link: Callable[..., Acceptance],
) -> None:
    answer_link(custody.forward(two_places, to=to_carla, by=luca, at=now))
    other = custody.forward(two_places, to=Recipient("other@other.example", "Other"), by=luca, at=now)
    assert taken(two_places) == 2
    custody.withdraw_link(other, by=anna, at=now)
    assert taken(two_places) == 1
    assert (two_places.status, two_places.places_accepted) == ("open", 1)


# --- withdrawing -------------------------------------------------------------------------------


def test_withdraw_takes_every_waiting_link_with_it(
    two_places: Invitation, to_carla: Recipient, luca: Actor, anna: Actor, now: datetime, log: Log
) -> None:
    links = [
        custody.forward(two_places, to=to, by=luca, at=now)
        for to in (to_carla, Recipient("other@other.example", "Other"))
    ]
    invitations.withdraw(two_places, by=anna, at=now)
    two_places.refresh_from_db()
    assert (two_places.status, two_places.withdrawn_by, two_places.places_taken) == (
        "withdrawn",
        anna.stamp,
        0,
    )
    assert set(InvitationLink.objects.values_list("status", flat=True)) == {"withdrawn"}
    assert log.verbs()[-1] == "invitation.withdrawn"
    assert log.names(two_places, *links)
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


def test_withdraw_is_the_providers_alone(handed: Invitation, luca: Actor, tom: Actor, now: datetime) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            invitations.withdraw(handed, by=other, at=now)


def test_withdraw_refused_twice_and_once_used_up(
    invitation: Invitation, handed: Invitation, acceptance: Acceptance, anna: Actor, now: datetime
) -> None:
    invitations.withdraw(handed, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        invitations.withdraw(handed, by=anna, at=now)
    with pytest.raises(Refused, match="Every place of this invitation has been accepted"):
        invitations.withdraw(invitation, by=anna, at=now)


def test_a_draft_may_be_withdrawn(northwind: Partner, terms: Terms, anna: Actor, now: datetime) -> None:
    draft = invitations.make(northwind, terms, by=anna, at=now)
    invitations.withdraw(draft, by=anna, at=now)
    draft.refresh_from_db()
    assert draft.status == Invitation.Status.WITHDRAWN


def test_reseller_withdraws_what_it_forwarded(
    forwarded: InvitationLink, luca: Actor, now: datetime, log: Log
) -> None:
    custody.withdraw_link(forwarded, by=luca, at=now)
    forwarded.refresh_from_db()
    assert (forwarded.status, forwarded.answered_by) == ("withdrawn", luca.stamp)
    assert log.verbs()[-1] == "invitation.link_withdrawn"
    assert log.names(forwarded, forwarded.invitation)


def test_link_is_withdrawn_by_provider_or_its_reseller_only(
    link: InvitationLink,
    forwarded_elsewhere: InvitationLink,
    luca: Actor,
    ada: Actor,
    tom: Actor,
    now: datetime,
) -> None:
    for other in (luca, ada, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            custody.withdraw_link(link, by=other, at=now)
    for other in (ada, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            custody.withdraw_link(forwarded_elsewhere, by=other, at=now)


def test_reseller_withdraws_no_link_once_the_partnership_has_ended(
    forwarded: InvitationLink, partnership: Partnership, anna: Actor, luca: Actor, now: datetime
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    with pytest.raises(Refused, match="Only the company whose part this is"):
        custody.withdraw_link(forwarded, by=luca, at=now)
    custody.withdraw_link(forwarded, by=anna, at=now)


@pytest.fixture
def forwarded_elsewhere(handed: Invitation, luca: Actor, now: datetime) -> InvitationLink:
    """A link Fabrikam sent to somebody else than Carla."""
    return custody.forward(handed, to=Recipient("other@other.example", "Other"), by=luca, at=now)


def test_answered_link_is_not_withdrawn(
    link: InvitationLink, acceptance: Acceptance, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="already been accepted"):
        custody.withdraw_link(link, by=anna, at=now)


# --- declining ---------------------------------------------------------------------------------


def test_decline_tells_provider_and_reseller_why(
    anna: Actor, luca: Actor, forwarded: InvitationLink, now: datetime, mails: Mailbox, log: Log
) -> None:
    custody.decline(forwarded, reason="We have somebody.", at=now)
    forwarded.refresh_from_db()
    assert (forwarded.status, forwarded.decline_reason) == ("declined", "We have somebody.")
    told = mails.all(event="invitation_declined")
    assert {message.to for message in told} == {anna.email, luca.email}
    assert all("We have somebody." in message.text for message in told)
    assert log.verbs()[-1] == "invitation.declined"
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    assert "We have somebody." not in log.last().details  # what a person wrote can be forgotten


def test_decline_refused_for_a_dead_link(
    link: InvitationLink, forwarded_elsewhere: InvitationLink, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="has expired"):
        custody.decline(link, reason="", at=link.invitation.expires_at)
    custody.decline(link, reason="", at=now)
    with pytest.raises(Refused, match="already been declined"):
        custody.decline(link, reason="", at=now)
    invitations.withdraw(forwarded_elsewhere.invitation, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        custody.decline(forwarded_elsewhere, reason="", at=now)


def test_decline_refused_once_the_partnership_has_ended(
    forwarded: InvitationLink, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        custody.decline(forwarded, reason="", at=now)


@pytest.mark.parametrize("company", ["northwind", "fabrikam"])
def test_decline_refused_while_a_company_is_suspended(
    company: str, forwarded: InvitationLink, now: datetime, request: pytest.FixtureRequest
) -> None:
    Partner.objects.filter(pk=request.getfixturevalue(company).pk).update(status="suspended")
    with pytest.raises(Refused, match="cannot be answered now"):
        custody.decline(forwarded, reason="", at=now)


# --- time passes -------------------------------------------------------------------------------


def test_tidy_lapses_what_has_expired_and_nothing_else(
    link: InvitationLink, forwarded_elsewhere: InvitationLink, now: datetime, log: Log
) -> None:
    soon = now + timedelta(days=1)
    Invitation.objects.filter(pk=forwarded_elsewhere.invitation_id).update(expires_at=soon)
    assert expiries.tidy(now) == 0
    assert expiries.tidy(soon) == 1
    assert expiries.tidy(soon) == 0
    link.refresh_from_db()
    forwarded_elsewhere.refresh_from_db()
    assert (link.status, forwarded_elsewhere.status) == ("waiting", "lapsed")
    assert log.verbs()[-1] == "invitation.lapsed"
    assert log.last().actor_kind == "system"
    assert log.names(forwarded_elsewhere, forwarded_elsewhere.invitation)


def test_fetching_the_page_is_noted_once_and_changes_nothing_else(
    link: InvitationLink, now: datetime
) -> None:
    custody.note_fetched(link, at=now)
    custody.note_fetched(link, at=now + timedelta(days=1))
    link.refresh_from_db()
    assert (link.fetched_at, link.status) == (now, "waiting")


def test_already_granted_finds_the_relationship_of_the_customer_the_link_was_made_for(
    link: InvitationLink, forwarded_elsewhere: InvitationLink, contoso: Customer, now: datetime
) -> None:
    assert custody.already_granted(forwarded_elsewhere) is None
    assert custody.already_granted(link) is None
    relationship: Any = RelationshipFactory(customer=contoso)
    assert custody.already_granted(link) == relationship
    Relationship.objects.filter(pk=relationship.pk).update(status="ended", ended_at=now, ended_by="somebody")
    assert custody.already_granted(link) is None


def test_every_story_leaves_the_chain_whole(forwarded: InvitationLink, now: datetime, log: Log) -> None:
    custody.decline(forwarded, reason="", at=now)
    assert log.verbs() == [
        "invitation.made",
        "invitation.handed_over",
        "invitation.forwarded",
        "invitation.declined",
    ]
    assert log.whole()
