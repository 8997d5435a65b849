"""The stories of an answer: what it makes, when the provider must look first, what a stranger cannot do."""

import uuid
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from customers import acceptances, custody, endings, invitations, links, microsoft, places, privileges
from customers.acceptances import Answer
from customers.models import (
    Acceptance,
    AgreementVersion,
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    LinkState,
    OtherPartnerStatement,
    Relationship,
)
from customers.terms import Recipient, Terms
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Message, Partner, Partnership
from tests.conftest import TENANT, Answering, Log, Mailbox
from tests.factories import (
    AgreementVersionFactory,
    CustomerFactory,
    MembershipFactory,
    PartnershipFactory,
    RelationshipFactory,
    UserFactory,
)

Invite = Callable[..., Invitation]
Start = Callable[..., Acceptance]


@pytest.fixture
def start(answer: Answer, now: datetime) -> Start:
    """Return a way to type an answer without finishing it."""

    def begin(link: InvitationLink, *, at: datetime = now, **changes: Any) -> Acceptance:
        return acceptances.start(links.Opened(link, LinkState.LIVE), replace(answer, **changes), at=at)

    return begin


@pytest.fixture
def send_to(invite: Invite, terms: Terms, anna: Actor, now: datetime) -> Callable[..., InvitationLink]:
    """Return a way to send Northwind's own invitation to an address."""

    def send(email: str, **changes: Any) -> InvitationLink:
        return custody.send(invite(terms, **changes), to=Recipient(email, "Contoso"), by=anna, at=now)

    return send


# --- the straight way --------------------------------------------------------------------------


def test_acceptance_makes_relationship_grants_and_a_confirmed_contact(
    link: InvitationLink,
    acceptance: Acceptance,
    contoso: Customer,
    northwind: Partner,
    carla: Contact,
    now: datetime,
) -> None:
    relationship = Relationship.objects.get()
    assert (relationship.provider, relationship.customer) == (northwind, contoso)
    assert (relationship.status, relationship.acceptance) == ("active", acceptance)
    assert relationship.partner_center_link == link.invitation.partner_center_link
    grants = relationship.grants.order_by("privilege")
    assert [grant.privilege for grant in grants] == ["provisioning", "support"]
    assert {grant.ends_on for grant in grants} == {(now + timedelta(days=365)).date()}
    assert {grant.granted_by for grant in grants} == {"Carla Conti"}
    carla.refresh_from_db()
    assert (carla.status, carla.confirmed_at) == (Contact.Status.CONFIRMED, now)
    assert Contact.objects.count() == 1


def test_acceptance_settles_tenant_and_keeps_what_was_recorded(
    acceptance: Acceptance, contoso: Customer
) -> None:
    contoso.refresh_from_db()
    assert (contoso.tenant_id, contoso.name, contoso.domain) == (TENANT, "Contoso", "contoso.example")
    assert contoso.version == 2


def test_acceptance_closes_the_link_and_uses_up_the_invitation(
    link: InvitationLink, acceptance: Acceptance, invitation: Invitation
) -> None:
    link.refresh_from_db()
    invitation.refresh_from_db()
    assert (link.status, link.answered_by) == ("accepted", "Carla Conti · Contoso")
    assert (invitation.status, invitation.places_accepted) == ("used_up", 1)


def test_acceptance_keeps_version_name_address_and_date_of_the_agreement(
    acceptance: Acceptance, agreement: AgreementVersion, now: datetime
) -> None:
    assert (acceptance.agreement, acceptance.agreed_at) == (agreement, now)
    assert (acceptance.name, acceptance.email) == ("Carla Conti", "carla@contoso.example")


def test_acceptance_writes_one_row_that_names_what_it_changed(
    link: InvitationLink, acceptance: Acceptance, accepted: Relationship, confirmed: Contact, log: Log
) -> None:
    assert log.verbs()[-1] == "invitation.accepted"
    assert log.verbs().count("invitation.accepted") == 1
    assert log.names(link, link.invitation, acceptance, accepted, confirmed, *accepted.grants.all())
    assert (log.last().actor_kind, log.last().customer_ref) == ("customer", accepted.customer_id)
    assert "Carla" not in log.last().details
    assert log.whole()


def test_receipt_carries_the_lasting_address_and_microsofts(
    acceptance: Acceptance, accepted: Relationship, confirmed: Contact, mails: Mailbox
) -> None:
    receipt = mails.last("acceptance_receipt", to="carla@contoso.example")
    assert links.open_ask(mails.token("acceptance_receipt")) == confirmed
    assert accepted.partner_center_link in mails.text(receipt)


def test_provider_and_forwarding_reseller_are_told(
    anna: Actor,
    luca: Actor,
    viewer: Actor,
    forwarded: InvitationLink,
    answer_link: Answering,
    mails: Mailbox,
    log: Log,
) -> None:
    answer_link(forwarded)
    assert {message.to for message in mails.all(event="invitation_accepted")} == {anna.email, luca.email}
    assert log.readers() == {"Northwind Traders", "Fabrikam"}


# --- ticks -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("provisioning", "support", "granted"),
    [(True, True, ["provisioning", "support"]), (False, True, ["support"]), (False, False, [])],
)
def test_only_what_is_ticked_is_granted_and_nothing_is_still_an_acceptance(
    provisioning: bool, support: bool, granted: list[str], link: InvitationLink, answer_link: Answering
) -> None:
    answer_link(link, grants_provisioning=provisioning, grants_support=support)
    relationship = Relationship.objects.active().get()
    assert sorted(relationship.grants.values_list("privilege", flat=True)) == granted


def test_more_than_was_asked_is_not_granted(send_to: Any, answer_link: Answering) -> None:
    link = send_to("carla@contoso.example", asks_provisioning=False)
    acceptance = answer_link(link)
    assert acceptance.ticked == ("support",)
    assert list(Grant.objects.values_list("privilege", flat=True)) == ["support"]


def test_relationship_only_invitation_grants_nothing(send_to: Any, answer_link: Answering) -> None:
    link = send_to("carla@contoso.example", asks_provisioning=False, asks_support=False)
    answer_link(link)
    assert Relationship.objects.active().exists()
    assert not Grant.objects.exists()


def test_days_count_from_the_acceptance(send_to: Any, answer_link: Answering, now: datetime) -> None:
    link = send_to("carla@contoso.example", privilege_days=730)
    answer_link(link, at=now + timedelta(minutes=5))
    assert {grant.ends_on for grant in Grant.objects.all()} == {(now + timedelta(days=730)).date()}


# --- holding the link is not consent -----------------------------------------------------------


def test_answer_mails_a_code_to_the_accepting_address_and_does_nothing_else(
    link: InvitationLink, start: Start, mails: Mailbox
) -> None:
    acceptance = start(link, email="Carla@Contoso.example ")
    assert acceptance.status == Acceptance.Status.CODE_SENT
    assert acceptance.email == "carla@contoso.example"
    message = mails.last("acceptance_code", to="carla@contoso.example")
    digits = mails.secret(message)
    assert digits == links.code_digits(acceptance.code)
    assert digits not in message.text
    assert digits in mails.text(message)
    assert not Relationship.objects.exists()
    link.refresh_from_db()
    assert link.status == InvitationLink.Status.WAITING


def test_accept_refused_until_the_code_was_typed_right(
    link: InvitationLink, start: Start, now: datetime
) -> None:
    acceptance = start(link)
    with pytest.raises(Refused, match="no longer valid"):
        acceptances.accept(acceptance, at=now)
    links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=now)
    acceptances.accept(acceptance, at=now)


@pytest.mark.parametrize("who", ["anna", "viewer", "luca"])
def test_partners_users_do_not_answer_for_the_customer(
    who: str,
    link: InvitationLink,
    partnership: Partnership,
    start: Start,
    request: pytest.FixtureRequest,
) -> None:
    user = request.getfixturevalue(who)
    with pytest.raises(Refused) as refusal:
        start(link, email=user.email.upper())
    assert "Northwind" not in str(refusal.value)
    assert "Fabrikam" not in str(refusal.value)
    assert not Acceptance.objects.exists()


def test_users_of_other_companies_answer_like_anybody(link: InvitationLink, tom: Actor, start: Start) -> None:
    assert start(link, email=tom.email).status == Acceptance.Status.CODE_SENT


def test_reseller_whose_partnership_ended_is_a_stranger_again(
    link: InvitationLink, northwind: Partner, ada: Actor, start: Start
) -> None:
    PartnershipFactory(provider=northwind, reseller=ada.partner, ended=True)
    assert start(link, email=ada.email).status == Acceptance.Status.CODE_SENT


def test_partners_own_tenant_is_refused(
    link: InvitationLink,
    northwind: Partner,
    fabrikam: Partner,
    adventure: Partner,
    partnership: Partnership,
    start: Start,
) -> None:
    for company in (northwind, fabrikam):
        with pytest.raises(Refused, match="cannot be a customer's of this provider"):
            start(link, tenant_id=company.tenant_id)
    assert start(link, tenant_id=adventure.tenant_id)  # no reseller of Northwind's


def test_tenant_of_a_reseller_that_joined_meanwhile_is_refused_too(
    link: InvitationLink, northwind: Partner, adventure: Partner, start: Start, now: datetime
) -> None:
    acceptance = start(link, tenant_id=adventure.tenant_id)
    PartnershipFactory(provider=northwind, reseller=adventure)
    links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=now)
    with pytest.raises(Refused, match="cannot be a customer's of this provider"):
        acceptances.accept(acceptance, at=now)


# --- dead links --------------------------------------------------------------------------------


@pytest.fixture
def typed(link: InvitationLink, start: Start, now: datetime) -> Acceptance:
    """Carla's answer, the code already typed right, not completed yet."""
    acceptance = start(link)
    links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=now)
    return acceptance


@pytest.fixture
def typed_forwarded(forwarded: InvitationLink, start: Start, now: datetime) -> Acceptance:
    """The same, of the link Fabrikam forwarded."""
    acceptance = start(forwarded)
    links.spend_try(acceptance.code, links.code_digits(acceptance.code), at=now)
    return acceptance


def nothing_happened() -> bool:
    rows: tuple[Any, ...] = (Relationship, Grant, Assignment)
    return not any(model.objects.exists() for model in rows) and not Contact.objects.confirmed().exists()


def test_accept_refused_once_withdrawn(typed: Acceptance, anna: Actor, now: datetime) -> None:
    invitations.withdraw(typed.link.invitation, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        acceptances.accept(typed, at=now)
    assert nothing_happened()


def test_accept_refused_once_expired(typed: Acceptance, now: datetime) -> None:
    Invitation.objects.filter(pk=typed.link.invitation_id).update(expires_at=now + timedelta(minutes=1))
    with pytest.raises(Refused, match="has expired"):
        acceptances.accept(typed, at=now + timedelta(minutes=1))
    assert nothing_happened()


def test_accept_refused_once_the_partnership_has_ended(
    typed_forwarded: Acceptance, partnership: Partnership, anna: Actor, now: datetime
) -> None:
    endings.end_partnership(partnership, by=anna, at=now)
    with pytest.raises(Refused, match="has been withdrawn"):
        acceptances.accept(typed_forwarded, at=now)
    assert nothing_happened()


@pytest.mark.parametrize("company", ["northwind", "fabrikam"])
def test_accept_refused_while_a_company_is_suspended(
    company: str, typed_forwarded: Acceptance, now: datetime, request: pytest.FixtureRequest
) -> None:
    Partner.objects.filter(pk=request.getfixturevalue(company).pk).update(status="suspended")
    with pytest.raises(Refused, match="cannot be answered now"):
        acceptances.accept(typed_forwarded, at=now)
    assert nothing_happened()


def test_accept_refused_twice(typed: Acceptance, now: datetime) -> None:
    acceptances.accept(typed, at=now)
    with pytest.raises(Refused, match="already been accepted"):
        acceptances.accept(typed, at=now)
    assert Relationship.objects.count() == 1


def test_second_answer_on_the_same_link_is_refused(
    typed: Acceptance, link: InvitationLink, start: Start, now: datetime
) -> None:
    other = start(link, email="other@contoso.example")
    links.spend_try(other.code, links.code_digits(other.code), at=now)
    acceptances.accept(typed, at=now)
    with pytest.raises(Refused, match="already been accepted"):
        acceptances.accept(other, at=now)
    assert Acceptance.objects.exclude(status="code_sent").count() == 1


def test_start_refused_on_an_old_address(link: InvitationLink, answer: Answer, now: datetime) -> None:
    with pytest.raises(Refused, match="replaced by a newer one"):
        acceptances.start(links.Opened(link, LinkState.REPLACED), answer, at=now)


def test_start_refused_on_a_dead_link(link: InvitationLink, start: Start, now: datetime) -> None:
    with pytest.raises(Refused, match="has expired"):
        start(link, at=link.invitation.expires_at)


def test_start_is_limited_to_five_codes_an_hour(link: InvitationLink, start: Start) -> None:
    for _ in range(5):
        start(link)
    with pytest.raises(Refused, match="Too many codes"):
        start(link)


# --- which customer, and when the provider must look first -------------------------------------


def reasons(acceptance: Acceptance) -> list[str]:
    acceptance.refresh_from_db()
    return acceptance.pending_reasons


def is_pending(acceptance: Acceptance) -> bool:
    """Say whether an answer waits for the provider, with nobody confirmed and nothing granted."""
    acceptance.refresh_from_db()
    return (
        acceptance.status == Acceptance.Status.PENDING
        and not Grant.objects.filter(relationship__acceptance=acceptance).exists()
        and not Contact.objects.confirmed().filter(email=acceptance.email).exists()
    )


def test_invited_prospect_without_a_tenant_becomes_the_customer(
    acceptance: Acceptance, contoso: Customer
) -> None:
    assert acceptance.customer == contoso
    assert Customer.objects.count() == 1


def test_forwarded_answer_of_an_unknown_tenant_makes_a_new_customer(
    forwarded: InvitationLink,
    contoso: Customer,
    answer_link: Answering,
    northwind: Partner,
    fabrikam: Partner,
) -> None:
    acceptance = answer_link(forwarded, company="Contoso Retail", country="DE")
    made = acceptance.customer
    assert acceptance.status == Acceptance.Status.COMPLETED
    assert made is not None
    assert made != contoso
    assert (made.provider, made.name, made.country, made.tenant_id) == (
        northwind,
        "Contoso Retail",
        "DE",
        TENANT,
    )
    assert (made.reseller, made.domain) == (fabrikam, "contoso.example")


def test_public_mail_domain_never_becomes_a_customers_domain(
    handed: Invitation, luca: Actor, answer_link: Answering, now: datetime
) -> None:
    to = Recipient("mario@gmail.com", "Mario")
    acceptance = answer_link(custody.forward(handed, to=to, by=luca, at=now), email=to.email)
    assert acceptance.customer is not None
    assert acceptance.customer.domain == ""


def test_another_address_waits_for_the_provider(link: InvitationLink, answer_link: Answering) -> None:
    acceptance = answer_link(link, email="paola@studio.example")
    assert reasons(acceptance) == ["address"]
    assert is_pending(acceptance)
    assert Relationship.objects.get().status == Relationship.Status.PENDING


def test_another_address_at_the_domain_on_record_is_no_doubt(
    link: InvitationLink, answer_link: Answering
) -> None:
    acceptance = answer_link(link, email="paola@contoso.example")
    assert reasons(acceptance) == []
    assert acceptance.status == Acceptance.Status.COMPLETED


def test_public_mail_domain_on_record_never_counts(
    contoso: Customer, link: InvitationLink, answer_link: Answering
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(domain="gmail.com")
    acceptance = answer_link(link, email="carla.conti@gmail.com")
    assert reasons(acceptance) == ["address"]
    assert is_pending(acceptance)


@pytest.mark.parametrize("address", ["paola@sub.contoso.example", "paola@notcontoso.example"])
def test_domain_that_only_looks_alike_does_not_count(
    address: str, link: InvitationLink, answer_link: Answering
) -> None:
    assert reasons(answer_link(link, email=address)) == ["address"]


def test_another_tenant_than_the_prospects_waits_for_the_provider(
    contoso: Customer, link: InvitationLink, answer_link: Answering
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(tenant_id=uuid.uuid4())
    link.refresh_from_db()
    acceptance = answer_link(link)
    assert reasons(acceptance) == ["tenant"]
    assert is_pending(acceptance)
    assert acceptance.customer != contoso  # whose Microsoft ID stays what it was
    assert acceptance.customer is not None
    assert acceptance.customer.tenant_id is None  # and the new row holds none before it is beyond doubt


def test_country_outside_the_providers_region_waits_for_the_provider(
    link: InvitationLink, answer_link: Answering
) -> None:
    acceptance = answer_link(link, country="US")
    assert reasons(acceptance) == ["region"]
    assert is_pending(acceptance)


def test_customer_on_record_outside_the_region_waits_for_the_provider(
    contoso: Customer, link: InvitationLink, answer_link: Answering
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(country="US")
    assert reasons(answer_link(link)) == ["region"]


def test_other_country_of_the_region_is_no_doubt(link: InvitationLink, answer_link: Answering) -> None:
    assert reasons(answer_link(link, country="DE")) == []


def test_answer_while_another_waits_for_the_provider_waits_too(
    link: InvitationLink, send_to: Any, answer_link: Answering
) -> None:
    first = answer_link(link, email="paola@studio.example")
    second = answer_link(send_to("carla@contoso.example"))
    assert reasons(second) == ["answered"]
    assert is_pending(first)
    assert is_pending(second)
    assert Relationship.objects.count() == 1


# --- a stranger types another customer's tenant id ---------------------------------------------


@pytest.fixture
def fourth_coffee(northwind: Partner) -> Customer:
    """Another prospect of Northwind's, whose people hold a genuine link of their own."""
    return CustomerFactory(provider=northwind, name="Fourth Coffee", domain="fourthcoffee.example")


@pytest.fixture
def strangers_link(send_to: Any, fourth_coffee: Customer) -> InvitationLink:
    return send_to("sly@fourthcoffee.example", customer=fourth_coffee)


def test_typing_another_customers_tenant_id_changes_nothing_of_that_customer(
    accepted: Relationship,
    confirmed: Contact,
    contoso: Customer,
    strangers_link: InvitationLink,
    answer_link: Answering,
) -> None:
    contoso.refresh_from_db()
    before = world_of(contoso)
    acceptance = answer_link(strangers_link, email="sly@fourthcoffee.example", name="Sly")
    assert reasons(acceptance) == ["other_row"]
    assert is_pending(acceptance)
    assert world_of(contoso) == before


def world_of(customer: Customer) -> list[Any]:
    rows: tuple[Any, ...] = (Relationship, Grant, Assignment, Contact)
    found = [list(model.objects.filter(customer=customer).order_by("pk").values()) for model in rows]
    return [*found, Customer.objects.filter(pk=customer.pk).values().get()]


def test_typing_a_prospects_tenant_id_does_not_stand_in_its_way(
    contoso: Customer, strangers_link: InvitationLink, link: InvitationLink, answer_link: Answering
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(tenant_id=TENANT)
    answer_link(strangers_link, email="sly@fourthcoffee.example")
    assert not Relationship.objects.filter(customer=contoso).exists()
    link.refresh_from_db()
    assert answer_link(link).status == Acceptance.Status.COMPLETED


def test_reseller_does_not_learn_whose_tenant_id_was_typed(
    accepted: Relationship,
    contoso: Customer,
    handed: Invitation,
    luca: Actor,
    answer_link: Answering,
    now: datetime,
    log: Log,
    anna: Actor,
) -> None:
    to = Recipient("sly@fourthcoffee.example", "Fourth Coffee")
    acceptance = answer_link(custody.forward(handed, to=to, by=luca, at=now), email=to.email)
    assert reasons(acceptance) == ["other_row"]
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    assert (log.last().customer_ref, log.last().customer_label) == (None, "")
    acceptances.refuse(acceptance, by=anna, at=now)
    assert (log.last().customer_ref, log.last().customer_label) == (None, "")


def test_colleague_at_the_domain_on_record_may_answer_a_link_made_for_nobody(
    accepted: Relationship,
    contoso: Customer,
    handed: Invitation,
    luca: Actor,
    answer_link: Answering,
    now: datetime,
) -> None:
    to = Recipient("paola@contoso.example", "Contoso")
    acceptance = answer_link(custody.forward(handed, to=to, by=luca, at=now), email=to.email)
    assert reasons(acceptance) == []
    assert acceptance.customer == contoso


def test_same_tenant_known_to_another_provider_is_another_row(
    tailspin: Partner, link: InvitationLink, answer_link: Answering
) -> None:
    theirs = CustomerFactory(provider=tailspin, tenant_id=TENANT, name="Contoso as Tailspin knows it")
    RelationshipFactory(customer=theirs)
    before = world_of(theirs)
    acceptance = answer_link(link)
    assert acceptance.status == Acceptance.Status.COMPLETED
    assert acceptance.customer != theirs
    assert world_of(theirs) == before


# --- the provider looks ------------------------------------------------------------------------


@pytest.fixture
def doubtful(link: InvitationLink, answer_link: Answering) -> Acceptance:
    """An answer from another address, waiting for Northwind."""
    return answer_link(link, email="paola@studio.example", name="Paola Verdi")


def test_waiting_answer_is_told_to_the_providers_agents_and_to_whoever_gave_it(
    anna: Actor, agent: Actor, seller: Actor, doubtful: Acceptance, mails: Mailbox, log: Log
) -> None:
    assert {mail.to for mail in mails.all(event="acceptance_to_confirm")} == {anna.email, agent.email}
    assert mails.last("acceptance_waits").to == "paola@studio.example"
    assert not mails.all(event="acceptance_receipt")
    assert log.verbs()[-1] == "invitation.to_confirm"


def test_confirm_gives_what_was_ticked_counted_from_then(
    doubtful: Acceptance, contoso: Customer, agent: Actor, now: datetime, mails: Mailbox, log: Log
) -> None:
    later = now + timedelta(days=7)
    acceptances.confirm(doubtful, by=agent, at=later)
    doubtful.refresh_from_db()
    assert (doubtful.status, doubtful.decided_by) == ("completed", agent.stamp)
    relationship = Relationship.objects.get()
    assert (relationship.status, relationship.customer) == ("active", contoso)
    assert relationship.began_by == "Paola Verdi · Contoso"
    assert relationship.decided_by == agent.stamp
    assert {grant.ends_on for grant in relationship.grants.all()} == {(later + timedelta(days=365)).date()}
    assert Contact.objects.confirmed().get().email == "paola@studio.example"
    assert mails.last("acceptance_receipt").to == "paola@studio.example"
    assert log.verbs()[-1] == "relationship.confirmed"
    assert log.names(doubtful, relationship, contoso, *relationship.grants.all())


def test_refuse_grants_nothing_and_says_so(
    doubtful: Acceptance, anna: Actor, now: datetime, mails: Mailbox, log: Log
) -> None:
    acceptances.refuse(doubtful, by=anna, at=now)
    doubtful.refresh_from_db()
    relationship = Relationship.objects.get()
    assert (doubtful.status, relationship.status) == ("refused", "refused")
    assert not Grant.objects.exists()
    assert not Contact.objects.confirmed().exists()
    assert mails.last("acceptance_refused").to == "paola@studio.example"
    assert log.verbs()[-1] == "relationship.refused"
    assert log.names(doubtful, relationship)


@pytest.mark.parametrize("decide", [acceptances.confirm, acceptances.refuse])
def test_only_the_provider_decides(
    decide: Any, doubtful: Acceptance, luca: Actor, tom: Actor, partnership: Partnership, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            decide(doubtful, by=other, at=now)


@pytest.mark.parametrize("first", [acceptances.confirm, acceptances.refuse])
@pytest.mark.parametrize("second", [acceptances.confirm, acceptances.refuse])
def test_decided_once(first: Any, second: Any, doubtful: Acceptance, anna: Actor, now: datetime) -> None:
    first(doubtful, by=anna, at=now)
    with pytest.raises(Refused):
        second(doubtful, by=anna, at=now)


@pytest.mark.parametrize("decide", [acceptances.confirm, acceptances.refuse])
def test_what_needs_no_look_or_has_no_code_yet_is_not_decided(
    decide: Any, acceptance: Acceptance, send_to: Any, start: Start, anna: Actor, now: datetime
) -> None:
    waiting = start(send_to("other@contoso.example"))
    for other in (acceptance, waiting):
        with pytest.raises(Refused, match="does not wait for you"):
            decide(other, by=anna, at=now)


def test_confirm_refused_when_another_row_took_the_tenant_meanwhile(
    doubtful: Acceptance, northwind: Partner, anna: Actor, now: datetime
) -> None:
    CustomerFactory(provider=northwind, tenant_id=TENANT)
    with pytest.raises(Refused, match="Another customer on record has this Microsoft ID"):
        acceptances.confirm(doubtful, by=anna, at=now)
    doubtful.refresh_from_db()
    assert doubtful.status == Acceptance.Status.PENDING
    assert not Grant.objects.exists()


def test_confirm_refused_when_the_row_got_another_tenant_meanwhile(
    doubtful: Acceptance, contoso: Customer, anna: Actor, now: datetime
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(tenant_id=uuid.uuid4())
    with pytest.raises(Refused, match="on record with another Microsoft ID"):
        acceptances.confirm(doubtful, by=anna, at=now)


def test_confirmed_answer_takes_over_what_a_doubtful_one_began(
    doubtful: Acceptance, send_to: Any, answer_link: Answering, anna: Actor, now: datetime
) -> None:
    carlas = answer_link(send_to("carla@contoso.example"))
    acceptances.confirm(carlas, by=anna, at=now)
    acceptances.refuse(doubtful, by=anna, at=now)
    relationship = Relationship.objects.get()
    assert (relationship.status, relationship.acceptance) == ("active", carlas)
    assert relationship.began_by == "Carla Conti · Contoso"


def test_confirmed_stranger_joins_the_customer_it_named(
    accepted: Relationship, strangers_link: InvitationLink, answer_link: Answering, anna: Actor, now: datetime
) -> None:
    acceptance = answer_link(strangers_link, email="paola@fourthcoffee.example")
    acceptances.confirm(acceptance, by=anna, at=now)
    assert Relationship.objects.count() == 1
    assert Contact.objects.confirmed().filter(customer=accepted.customer).count() == 2


# --- a customer that already has a relationship ------------------------------------------------


def test_second_acceptance_adds_what_is_missing_and_never_a_second_relationship(
    send_to: Any, answer_link: Answering, now: datetime
) -> None:
    answer_link(send_to("carla@contoso.example"), grants_provisioning=False)
    relationship = Relationship.objects.active().get()
    support = relationship.grants.get()
    second = answer_link(send_to("carla@contoso.example", privilege_days=700))
    assert second.status == Acceptance.Status.COMPLETED
    assert Relationship.objects.get() == relationship
    assert sorted(relationship.grants.values_list("privilege", flat=True)) == ["provisioning", "support"]
    support.refresh_from_db()
    assert support.ends_on == (now + timedelta(days=365)).date()  # what was granted stays as it was


def test_second_acceptance_that_ticks_less_takes_nothing_away(
    accepted: Relationship, send_to: Any, answer_link: Answering
) -> None:
    answer_link(send_to("carla@contoso.example"), grants_provisioning=False, grants_support=False)
    assert accepted.grants.filter(status="active").count() == 2


def test_second_acceptance_after_a_withdrawal_grants_anew(
    accepted: Relationship, provisioning: Grant, send_to: Any, answer_link: Answering, now: datetime
) -> None:
    provisioning.move("withdrawn", stopped_at=now, stopped_by="Carla")
    answer_link(send_to("carla@contoso.example"))
    assert accepted.grants.filter(privilege="provisioning").count() == 2
    assert accepted.grants.get(privilege="provisioning", status="active") != provisioning


def test_past_grant_does_not_block_a_new_one(
    accepted: Relationship, provisioning: Grant, send_to: Any, answer_link: Answering, now: datetime, log: Log
) -> None:
    yesterday = (now - timedelta(days=1)).date()
    Grant.objects.filter(pk=provisioning.pk).update(answered_on=yesterday, ends_on=yesterday)
    answer_link(send_to("carla@contoso.example"))
    provisioning.refresh_from_db()
    assert provisioning.status == Grant.Status.LAPSED
    assert accepted.grants.live(now).filter(privilege="provisioning").exists()
    assert log.names(provisioning)


def test_relationship_that_ended_is_followed_by_a_new_one(
    accepted: Relationship, send_to: Any, answer_link: Answering, now: datetime
) -> None:
    accepted.move("ended", ended_at=now, ended_by="somebody")
    answer_link(send_to("carla@contoso.example"))
    assert Relationship.objects.active().get() != accepted


# --- another CSP partner -----------------------------------------------------------------------


def test_statement_about_another_csp_partner_is_stored_and_the_grant_made(
    link: InvitationLink, answer_link: Answering, now: datetime, log: Log
) -> None:
    answer_link(link, other_partner_families=["azure", "dynamics"])
    statements = OtherPartnerStatement.objects.order_by("family")
    assert [(row.family, row.stated_at, row.stated_by) for row in statements] == [
        ("azure", now, "Carla Conti"),
        ("dynamics", now, "Carla Conti"),
    ]
    assert Grant.objects.live(now).count() == 2
    assert log.names(*statements)


def test_statement_is_kept_once_and_nonsense_not_at_all(
    link: InvitationLink, send_to: Any, answer_link: Answering
) -> None:
    answer_link(link, other_partner_families=["azure", "azure", "all", "nonsense"])
    answer_link(send_to("carla@contoso.example"), other_partner_families=["azure"])
    assert [row.family for row in OtherPartnerStatement.objects.all()] == ["azure"]


# --- the named reseller ------------------------------------------------------------------------


def test_named_reseller_is_offered_each_new_grant_whole(
    forwarded: InvitationLink,
    answer_link: Answering,
    luca: Actor,
    partnership: Partnership,
    now: datetime,
    mails: Mailbox,
    log: Log,
) -> None:
    acceptance = answer_link(forwarded)
    offers = list(Assignment.objects.order_by("privilege"))
    assert [(offer.privilege, offer.family, offer.status) for offer in offers] == [
        ("provisioning", "all", "offered"),
        ("support", "all", "offered"),
    ]
    assert {offer.partnership for offer in offers} == {partnership}
    assert {offer.ends_on for offer in offers} == {grant.ends_on for grant in Grant.objects.all()}
    assert acceptance.customer is not None
    assert acceptance.customer.reseller == partnership.reseller
    assert len(mails.all(event="assignment_offered", to=luca.email)) == 2
    assert log.names(*offers)
    assert not Assignment.objects.live(now).exists()  # nothing is live before the reseller says yes


def test_reseller_named_on_a_direct_invitation_is_offered_too_and_reads_the_row(
    send_to: Any,
    fabrikam: Partner,
    partnership: Partnership,
    answer_link: Answering,
    contoso: Customer,
    log: Log,
) -> None:
    answer_link(send_to("carla@contoso.example", reseller=fabrikam))
    assert Assignment.objects.filter(reseller=fabrikam, status="offered").count() == 2
    assert log.readers() == {"Northwind Traders", "Fabrikam"}
    contoso.refresh_from_db()
    assert contoso.reseller == fabrikam


def test_customer_on_record_with_its_tenant_gets_the_reseller_it_was_told_of(
    contoso: Customer, send_to: Any, fabrikam: Partner, partnership: Partnership, answer_link: Answering
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(tenant_id=TENANT)
    answer_link(send_to("carla@contoso.example", reseller=fabrikam))
    contoso.refresh_from_db()
    assert contoso.reseller == fabrikam


def test_reseller_that_already_looks_after_the_customer_stays_named(
    contoso: Customer,
    send_to: Any,
    fabrikam: Partner,
    adventure: Partner,
    partnership: Partnership,
    adventure_partnership: Partnership,
    answer_link: Answering,
) -> None:
    Customer.objects.filter(pk=contoso.pk).update(reseller=adventure)
    answer_link(send_to("carla@contoso.example", reseller=fabrikam))
    contoso.refresh_from_db()
    assert contoso.reseller == adventure


def test_nobody_is_offered_anything_when_nobody_was_named(
    invite: Invite,
    handed_terms: Terms,
    to_carla: Recipient,
    luca: Actor,
    answer_link: Answering,
    now: datetime,
) -> None:
    unnamed = invite(handed_terms, reseller=None)
    acceptance = answer_link(custody.forward(unnamed, to=to_carla, by=luca, at=now))
    assert not Assignment.objects.exists()
    assert acceptance.customer is not None
    assert acceptance.customer.reseller is None


@pytest.mark.parametrize("how", ["ended", "suspended"])
def test_named_reseller_that_left_gets_nothing(
    how: str,
    send_to: Any,
    fabrikam: Partner,
    partnership: Partnership,
    answer_link: Answering,
    anna: Actor,
    contoso: Customer,
    now: datetime,
) -> None:
    link = send_to("carla@contoso.example", reseller=fabrikam)
    if how == "ended":
        endings.end_partnership(partnership, by=anna, at=now)
    else:
        Partner.objects.filter(pk=fabrikam.pk).update(status="suspended")
    answer_link(link)
    contoso.refresh_from_db()
    assert not Assignment.objects.exists()
    assert contoso.reseller is None
    assert Grant.objects.live(now).count() == 2


def test_what_was_granted_before_is_not_offered_again(
    accepted: Relationship, send_to: Any, fabrikam: Partner, partnership: Partnership, answer_link: Answering
) -> None:
    answer_link(send_to("carla@contoso.example", reseller=fabrikam))
    assert not Assignment.objects.exists()


# --- contacts ----------------------------------------------------------------------------------


def test_second_confirmed_contact_is_added_by_a_newly_accepted_link(
    confirmed: Contact, send_to: Any, answer_link: Answering, contoso: Customer
) -> None:
    answer_link(send_to("paola@contoso.example"), email="paola@contoso.example", name="Paola")
    assert set(contoso.contacts.confirmed().values_list("email", flat=True)) == {
        confirmed.email,
        "paola@contoso.example",
    }


def test_confirmed_contact_stays_confirmed_since_the_first_time(
    confirmed: Contact, send_to: Any, answer_link: Answering, now: datetime
) -> None:
    answer_link(send_to(confirmed.email), at=now + timedelta(minutes=5), name="Carla Conti Rossi")
    confirmed.refresh_from_db()
    assert (confirmed.confirmed_at, confirmed.name) == (now, "Carla Conti Rossi")


# --- confirmation at Microsoft -----------------------------------------------------------------


def test_confirmation_at_microsoft_is_noted_once_by_hand(
    accepted: Relationship, agent: Actor, now: datetime, log: Log
) -> None:
    microsoft.note(accepted, by=agent, at=now)
    accepted.refresh_from_db()
    assert (accepted.confirmed_at_microsoft_at, accepted.confirmed_at_microsoft_by) == (now, agent.stamp)
    assert log.verbs()[-1] == "relationship.confirmed_at_microsoft"
    with pytest.raises(Refused, match="already been noted"):
        microsoft.note(accepted, by=agent, at=now)


def test_confirmation_at_microsoft_refused_unless_active(
    doubtful: Acceptance, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="Only an active relationship"):
        microsoft.note(Relationship.objects.get(), by=anna, at=now)


def test_confirmation_at_microsoft_is_the_providers(
    accepted: Relationship, luca: Actor, tom: Actor, now: datetime
) -> None:
    for other in (luca, tom):
        with pytest.raises(Refused, match="Only the company whose part this is"):
            microsoft.note(accepted, by=other, at=now)


def test_privileges_do_not_wait_for_microsoft(assigned: Assignment, now: datetime) -> None:
    assert assigned.grant.relationship.confirmed_at_microsoft_at is None
    assert Assignment.objects.live(now).exists()


# --- the agreement in force --------------------------------------------------------------------


def test_agreement_in_force_is_the_newest_for_country_and_language(db: None, now: datetime) -> None:
    def make(
        name: str, country: str = "", language: str = "en", days: int = 100, edition: str = "2016-12"
    ) -> None:
        AgreementVersionFactory(
            name=name,
            country=country,
            language=language,
            edition=edition,
            valid_from=(now - timedelta(days=days)).date(),
        )

    make("everywhere, older", days=200)
    make("everywhere")
    make("in Italian", language="it")
    make("not yet", days=-1)
    make("other edition", edition="2026", days=1)
    make("Germany", country="DE")

    def found(country: str, language: str) -> str:
        version = AgreementVersion.objects.in_force(
            edition="2016-12", country=country, language=language, on=now
        )
        assert version is not None
        return version.name

    assert found("IT", "en") == "everywhere"
    assert found("IT", "it") == "in Italian"
    assert found("DE", "en") == "Germany"
    assert AgreementVersion.objects.in_force(edition="none", country="IT", language="it", on=now) is None


# --- everything of one answer is one transaction -----------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_failure_at_the_end_leaves_nothing_behind(
    typed: Acceptance, monkeypatch: pytest.MonkeyPatch, now: datetime
) -> None:
    class BreakdownError(Exception):
        pass

    def break_down(*args: object, **kwargs: object) -> None:
        raise BreakdownError

    mails_before = Message.objects.count()
    monkeypatch.setattr("partners.activity.record", break_down)
    with pytest.raises(BreakdownError):
        acceptances.accept(typed, at=now)
    assert nothing_happened()
    assert Message.objects.count() == mails_before
    assert InvitationLink.objects.get().status == InvitationLink.Status.WAITING


def test_user_may_be_told_apart_from_a_customer_by_the_exact_address_only(
    northwind: Partner, partnership: Partnership
) -> None:
    MembershipFactory(partner=northwind, user=UserFactory(email="sam@northwind.example"))
    assert not places.may_answer_for_customer("sam@northwind.example", northwind)
    assert places.may_answer_for_customer("samuel@northwind.example", northwind)


def test_offer_from_an_acceptance_is_accepted_like_any_other(
    forwarded: InvitationLink, answer_link: Answering, luca: Actor, now: datetime
) -> None:
    answer_link(forwarded)
    for offer in Assignment.objects.all():
        privileges.accept(offer, by=luca, at=now)
    assert Assignment.objects.live(now).count() == 2
