"""A world with one object for every address, and a way to be anybody in it."""

import uuid
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from customers import acceptances, custody, links, privileges, wizards
from customers.families import Family
from customers.models import (
    Assignment,
    Contact,
    Customer,
    Grant,
    Invitation,
    InvitationLink,
    OtherPartnerStatement,
    Purpose,
)
from customers.terms import Recipient
from customers.views.issuing import typed_of
from customers.wizards import Step, Wizard
from partners import joining, onboarding
from partners.actor import Actor
from partners.models import Membership, Partner, Partnership, Role
from subscriptions import attention, snoozes
from subscriptions.attention import Kind
from subscriptions.vocabulary import AutoRenew, Availability, Billing, Channel, Path
from tests.conftest import member
from tests.factories import (
    PASSWORD,
    AssignmentFactory,
    ContactFactory,
    CustomerFactory,
    HandOverFactory,
    InventoryItemFactory,
    InvitationFactory,
    InvitationRequestFactory,
    MoveFactory,
    OnboardingFactory,
    PartnerFactory,
    PartnershipFactory,
    ProductFactory,
    RelationshipFactory,
    RenewalProposalFactory,
    StepFileFactory,
    SubscriptionFactory,
    TransferFactory,
    TransferItemFactory,
    UserFactory,
)


def token_of(address: str) -> str:
    """Return the signed part of an address."""
    return address.rstrip("/").rpartition("/")[2]


@dataclass(frozen=True)
class World:
    """The objects the matrix names, and the people who ask for them."""

    objects: dict[str, Any]
    people: dict[str, Actor | None]

    def client(self, name: str) -> Client:
        """Return the browser of one of the people; a customer's contact and a stranger have no account."""
        actor, client = self.people[name], Client()
        if actor is not None:
            # By the door, so that what asks for a password given lately is open too.
            answer = client.post(reverse("account_login"), {"login": actor.email, "password": PASSWORD})
            assert answer.status_code == 302
            self._begin(client, actor)
        return client

    def _begin(self, client: Client, actor: Actor) -> None:
        """Let Northwind's people stand at the last step of the invite wizard."""
        draft = Invitation.objects.select_related("customer").get(pk=self.objects["draft"])
        if actor.is_of(draft.provider_id):
            session = client.session
            typed = typed_of(draft)
            typed[Step.WHOM]["email"] = "wizard@contoso.example"
            key = self.objects["wizard"]
            wizards.keep(session, Wizard(key, draft.provider_id, typed, tried=set(Step)))
            session.save()

    def address(self, name: str, arguments: dict[str, str], *, forged: bool = False) -> str:
        """Return an address for the objects named; forged tokens are the signed ones with a letter more."""
        values = {key: self.objects[value] for key, value in arguments.items()}
        if forged and "token" in values:
            values["token"] += "x"
        return reverse(name, kwargs=values)


@pytest.fixture
def people(
    partnership: Partnership,
    adventure_partnership: Partnership,
    proposal: Partnership,
    viewer: Actor,
    helpdesk: Actor,
    seller: Actor,
    agent: Actor,
    anna: Actor,
    luca: Actor,
    fabrikam_viewer: Actor,
    ada: Actor,
    tom: Actor,
    staff: Actor,
) -> dict[str, Actor | None]:
    """Everybody, by the name of a column of the matrix."""
    clerk = UserFactory(name="Carlo Clerk", email="clerk@multicanale.example", is_staff=True)
    return {
        "nobody": None,
        "customer": None,
        "viewer": viewer,
        "helpdesk": helpdesk,
        "seller": seller,
        "agent": agent,
        "admin": anna,
        "holder": luca,
        "reader": fabrikam_viewer,
        "offered": ada,
        "untied": member(proposal.reseller, "Lia Litware", Role.ACCOUNT_ADMIN),
        "tailspin": tom,
        "staff": Actor.staff(clerk),
        "superuser": staff,
    }


@pytest.fixture
def proposal(northwind: Partner, now: datetime) -> Partnership:
    """Northwind's proposal to Litware, which has no other tie with it."""
    litware = PartnerFactory(reseller=True, name="Litware")
    return PartnershipFactory(provider=northwind, reseller=litware, proposed=True)


@pytest.fixture
def direct(northwind: Partner, contoso: Customer, anna: Actor, now: datetime) -> InvitationLink:
    """A second invitation of Northwind's for Contoso, waiting at another address."""
    invitation = InvitationFactory(provider=northwind, customer=contoso)
    return custody.send(invitation, to=Recipient("second@contoso.example", "Contoso"), by=anna, at=now)


@pytest.fixture
def campaign(partnership: Partnership) -> Invitation:
    """An invitation of Northwind's for many customers, in Fabrikam's hands."""
    return InvitationFactory(via=partnership, customer=None, places=200, places_taken=100)


@pytest.fixture
def world(
    people: dict[str, Actor | None],
    contoso: Customer,
    confirmed: Contact,
    assigned: Assignment,
    support: Grant,
    adventure_partnership: Partnership,
    direct: InvitationLink,
    handed: Invitation,
    forwarded: InvitationLink,
    campaign: Invitation,
    invitation: Invitation,
    partnership: Partnership,
    proposal: Partnership,
    answer: acceptances.Answer,
    anna: Actor,
    now: datetime,
) -> World:
    """Northwind's world in the middle of a working day.

    Contoso granted both privileges: provisioning is Fabrikam's, support is offered to Adventure.
    """
    offer = privileges.assign(support, adventure_partnership, by=anna, at=now)
    relationship = assigned.grant.relationship
    pending = RelationshipFactory(pending=True, customer=CustomerFactory(provider=contoso.provider))
    statement = OtherPartnerStatement.objects.create(
        relationship=relationship, family=Family.DYNAMICS, stated_at=now, stated_by=confirmed.name
    )
    invitation_token = token_of(links.invitation_address(direct))
    started = acceptances.start(
        links.open_invitation(invitation_token, now), replace(answer, email=direct.email), at=now
    )
    renewal = RenewalProposalFactory(relationship=relationship)
    asked = AssignmentFactory(
        grant=support,
        partnership=adventure_partnership,
        family=Family.AZURE,  # provisioning stays free to be offered
        offered=True,
        needs_yes=True,
    )
    withdrawal = links.make_code(Purpose.WITHDRAW_GRANT, support.pk, confirmed.email, at=now)
    draft = InvitationFactory(provider=contoso.provider, customer=contoso, draft=True)
    invited = OnboardingFactory(provider=contoso.provider)
    colleague = joining.invite(
        contoso.provider, "nina@northwind.example", Role.SALES_AGENT, language="en", by=anna, at=now
    )
    mine = MoveFactory(
        subscription__customer=contoso, subscription__auto_renew=AutoRenew.NO, path=Path.WAIT_OR_CANCEL
    )
    walked = MoveFactory(subscription__customer=contoso, path=Path.MIGRATE_AZURE, done=6)
    contoso.refresh_from_db()  # its tenant is known since it accepted
    other_partners = {"customer": contoso, "channel": Channel.CSP_OTHER}
    SubscriptionFactory(**other_partners, external_id="could-come")
    coming = SubscriptionFactory(**other_partners, external_id="comes-by-hand")
    by_hand = TransferItemFactory(
        transfer=TransferFactory(customer=contoso, by_hand=True),
        external_id=coming.external_id,
        subscription=coming,
    )
    bought = SubscriptionFactory(
        customer=CustomerFactory(provider=contoso.provider, tenant_id=uuid.uuid4()),
        channel=Channel.CSP_OWN,
        external_id="could-go",
    )
    received = TransferItemFactory(transfer=TransferFactory(to=contoso)).transfer
    sent = TransferItemFactory(transfer=TransferFactory(customer=contoso)).transfer
    waiting = attention.find(anna, now, Kind.MICROSOFT, relationship.pk)
    assert waiting is not None
    snoozes.put_off(waiting, now.date() + timedelta(days=7), "Called them.", by=anna, at=now)
    migration = MoveFactory(
        subscription=SubscriptionFactory(
            customer=contoso,
            product=ProductFactory(family=Family.AZURE, billing=Billing.USAGE),
            channel=Channel.EA,
            term_end=None,
            term="",
        ),
        path=Path.MIGRATE_AZURE,
        done=1,
    )
    replacement, reassigning = (
        MoveFactory(subscription=SubscriptionFactory(customer=contoso), path=Path.REPLACE_LICENCES, done=done)
        for done in (1, 3)
    )
    in_place = MoveFactory(subscription=SubscriptionFactory(customer=contoso), done=2)
    held_step = reassigning.steps.get(code="reassign")
    return World(
        objects={
            "contoso": contoso.pk,
            "contact": ContactFactory(customer=contoso).pk,
            "draft": draft.pk,
            "wizard": uuid.UUID("5eed0000-0000-4000-8000-000000000001"),
            **{step.value: step.value for step in Step},
            "direct": direct.invitation_id,
            "direct-link": direct.pk,
            "handed": handed.pk,
            "forwarded-link": forwarded.pk,
            "campaign": campaign.pk,
            "request": InvitationRequestFactory(partnership=partnership).pk,
            "acceptance": pending.acceptance_id,
            "relationship": relationship.pk,
            "grant": support.pk,
            "assignment": assigned.pk,
            "offer": offer.pk,
            "asked-offer": asked.pk,
            "agree-code": links.make_code(Purpose.AGREE, asked.pk, confirmed.email, at=now).key,
            "statement": statement.pk,
            "partnership": partnership.pk,
            "proposal": proposal.pk,
            "fabrikam": partnership.reseller_id,
            "team-invitation": colleague.pk,
            "team-token": token_of(joining.address_of(colleague)),
            "colleague": Membership.objects.get(user__email="vera@northwind.example").pk,
            "kind": Kind.MICROSOFT.value,
            "onboarding": invited.pk,
            "mail-event": "invitation",
            "language": "en",
            "onboarding-token": token_of(onboarding.address_of(invited)),
            "subscription": SubscriptionFactory(customer=contoso).pk,
            "move": migration.pk,
            "service": InventoryItemFactory(move=migration, availability=Availability.AVAILABLE).pk,
            "lost-move": MoveFactory(
                subscription=SubscriptionFactory(customer=contoso), path=Path.SWITCH_PARTNER
            ).pk,
            "step": replacement.steps.get(code="offer").pk,
            "held-step": held_step.pk,
            "step-file": StepFileFactory(step=held_step).key,
            "optional-step": in_place.steps.get(code="assign").pk,
            "invitation-token": invitation_token,
            "answer-code": started.code.key,
            "page-token": token_of(links.page_address(confirmed)),
            "ask-token": token_of(links.ask_address(confirmed)),
            "withdrawal-code": withdrawal.key,
            "renewal": renewal.pk,
            "hand-over": HandOverFactory(
                partnership=adventure_partnership,
                before=partnership.reseller,
                customer=CustomerFactory(provider=contoso.provider),
            ).pk,
            "ending-code": links.make_code(Purpose.END, relationship.pk, confirmed.email, at=now).key,
            "renewal-code": links.make_code(Purpose.RENEW, renewal.pk, confirmed.email, at=now).key,
            "my-step": mine.steps.get(code="choose").pk,
            "my-file": StepFileFactory(step=mine.steps.get(code="ended")).key,
            "my-last-step": walked.steps.get(outcome="").pk,
            "my-service": InventoryItemFactory(move=walked).pk,
            "transfer-received": received.pk,
            "transfer-sent": sent.pk,
            "transfer-by-hand": by_hand.transfer_id,
            "bought": bought.customer_id,
            "mail": "no-such-mail",
        },
        people=people,
    )
