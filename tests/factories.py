"""Rows for tests, each consistent by itself: what a row stores twice agrees, what a constraint wants is set.

Stories are told by the fixtures of `conftest.py`; these make the state a story begins from.
"""

import uuid
from datetime import date, timedelta
from hashlib import sha256
from typing import Any

from django.core.files.base import ContentFile
from django.utils import timezone
from factory import LazyAttribute, LazyFunction, SelfAttribute, Sequence, SubFactory, Trait
from factory.django import DjangoModelFactory

from customers.families import Family
from customers.models import (
    Acceptance,
    AgreementAttestation,
    AgreementVersion,
    Assignment,
    Contact,
    Customer,
    Grant,
    HandOver,
    Invitation,
    InvitationLink,
    InvitationRequest,
    MailedCode,
    Privilege,
    Purpose,
    Relationship,
    RenewalProposal,
    Route,
)
from customers.models.privilege import utc_day
from partners.models import (
    Kind,
    MailText,
    Membership,
    Onboarding,
    Partner,
    Partnership,
    Role,
    TeamInvitation,
    User,
)
from subscriptions import steps
from subscriptions.models import (
    BillingCycle,
    Digest,
    FileType,
    InventoryItem,
    Move,
    MoveStep,
    Product,
    Snooze,
    StepFile,
    Subscription,
    Transfer,
    TransferItem,
)
from subscriptions.steps import Step
from subscriptions.vocabulary import AutoRenew, Availability, Billing, Channel, Path, Term

PASSWORD = "a long walk along the canal"
BY = "Somebody · Some company"
PDF = b"%PDF-1.4\nsigned\n%%EOF\n"
# How a path is walked unless a test says another way.
WALKS = {
    Path.SUPPORT_IN_PLACE: steps.SUPPORT_IN_PLACE,
    Path.REPLACE_LICENCES: steps.REPLACE_LICENCES,
    Path.WAIT_OR_CANCEL: steps.WAIT_OR_CANCEL,
    Path.MIGRATE_AZURE: steps.MIGRATE_AZURE,
    Path.SWITCH_PARTNER: steps.SWITCH_PARTNER_IN,
    Path.CHANNEL_TRANSFER: steps.CHANNEL_TRANSFER,
    Path.OWNERSHIP_REQUEST: steps.OWNERSHIP_REQUEST,
    Path.MANUAL_REVIEW: steps.MANUAL_REVIEW,
}

now = LazyFunction(timezone.now)


class UserFactory(DjangoModelFactory[User]):
    """A person who can sign in with `PASSWORD`."""

    class Meta:
        model = User

    name = Sequence(lambda n: f"Person {n}")
    email = Sequence(lambda n: f"person{n}@people.example")
    language = "en"

    @classmethod
    def _create(cls, model_class: type[User], *args: Any, **kwargs: Any) -> User:
        password = kwargs.pop("password", PASSWORD)
        return model_class.objects.create_user(*args, password=password, **kwargs)


class PartnerFactory(DjangoModelFactory[Partner]):
    """An indirect provider in Italy with its Partner Center link; `reseller=True` makes a reseller."""

    class Meta:
        model = Partner

    class Params:
        reseller = Trait(kind=Kind.INDIRECT_RESELLER, partner_center_link="")
        direct_bill = Trait(kind=Kind.DIRECT_BILL)
        suspended = Trait(status=Partner.Status.SUSPENDED)

    name = Sequence(lambda n: f"Company {n}")
    kind = Kind.INDIRECT_PROVIDER
    partner_id = Sequence(lambda n: str(4_000_000 + n))
    tenant_id = LazyFunction(uuid.uuid4)
    country = "IT"
    partner_center_link = "https://admin.microsoft.com/Adminportal/Home?invType=IndirectResellerRelationship"


class MembershipFactory(DjangoModelFactory[Membership]):
    """A person's tie with a company, as account admin unless told otherwise."""

    class Meta:
        model = Membership

    user = SubFactory(UserFactory)
    partner = SubFactory(PartnerFactory)
    role = Role.ACCOUNT_ADMIN


class PartnershipFactory(DjangoModelFactory[Partnership]):
    """A partnership in force; `proposed=True` or `ended=True` make others."""

    class Meta:
        model = Partnership

    class Params:
        proposed = Trait(status=Partnership.Status.PROPOSED, answered_at=None, answered_by="")
        ended = Trait(status=Partnership.Status.ENDED, ended_at=now, ended_by=BY)

    provider = SubFactory(PartnerFactory)
    reseller = SubFactory(PartnerFactory, reseller=True)
    status = Partnership.Status.ACTIVE
    proposed_at = now
    proposed_by = BY
    answered_at = now
    answered_by = BY


class TeamInvitationFactory(DjangoModelFactory[TeamInvitation]):
    """A colleague's invitation that waits for 14 days."""

    class Meta:
        model = TeamInvitation

    partner = SubFactory(PartnerFactory)
    email = Sequence(lambda n: f"colleague{n}@people.example")
    role = Role.VIEWER
    language = "en"
    made_at = now
    made_by = BY
    expires_at = LazyAttribute(lambda o: TeamInvitation.expiry(o.made_at))


class OnboardingFactory(DjangoModelFactory[Onboarding]):
    """A reseller that waits to open its link; `completed=True` for one that waits for staff."""

    class Meta:
        model = Onboarding

    class Params:
        completed = Trait(
            status=Onboarding.Status.COMPLETED,
            user=SubFactory(UserFactory, email=SelfAttribute("..email")),
            tenant_id=LazyFunction(uuid.uuid4),
            completed_at=now,
            completed_by=BY,
        )
        confirmed = Trait(
            completed=True,
            status=Onboarding.Status.CONFIRMED,
            partnership=SubFactory(PartnershipFactory, provider=SelfAttribute("..provider"), proposed=True),
            closed_at=now,
            closed_by=BY,
        )

    provider = SubFactory(PartnerFactory)
    name = Sequence(lambda n: f"Newcomer {n}")
    partner_id = Sequence(lambda n: str(5_000_000 + n))
    country = "IT"
    email = Sequence(lambda n: f"first{n}@newcomers.example")
    language = "en"
    made_at = now
    made_by = BY
    expires_at = LazyAttribute(lambda o: Onboarding.expiry(o.made_at))


class MailTextFactory(DjangoModelFactory[MailText]):
    """A company's own words in its English invitations."""

    class Meta:
        model = MailText

    partner = SubFactory(PartnerFactory)
    event = MailText.Event.INVITATION
    language = "en"
    opening = "Good morning,"


class CustomerFactory(DjangoModelFactory[Customer]):
    """A prospect of a provider: no tenant id yet, no relationship."""

    class Meta:
        model = Customer

    provider = SubFactory(PartnerFactory)
    name = Sequence(lambda n: f"Customer {n}")
    domain = Sequence(lambda n: f"customer{n}.example")
    country = "IT"
    language = "en"
    created_at = now
    created_by = BY


class ContactFactory(DjangoModelFactory[Contact]):
    """A contact that partners recorded; `confirmed=True` for one a code has proved."""

    class Meta:
        model = Contact

    class Params:
        confirmed = Trait(status=Contact.Status.CONFIRMED, confirmed_at=now, confirmed_by=BY)

    customer = SubFactory(CustomerFactory)
    name = Sequence(lambda n: f"Contact {n}")
    email = Sequence(lambda n: f"contact{n}@customers.example")
    language = "en"


class InvitationFactory(DjangoModelFactory[Invitation]):
    """An open direct invitation that asks for both privileges; `via=partnership` hands it to a reseller."""

    class Meta:
        model = Invitation

    class Params:
        via = None
        draft = Trait(
            status=Invitation.Status.DRAFT,
            opened_at=None,
            opened_by="",
            partner_center_link="",
            places_taken=0,
        )

    provider = LazyAttribute(lambda o: o.via.provider if o.via else PartnerFactory())
    partnership = SelfAttribute("via")
    route = LazyAttribute(lambda o: Route.VIA_RESELLER if o.partnership else Route.DIRECT)
    asks_provisioning = True
    asks_support = True
    language = "en"
    status = Invitation.Status.OPEN
    partner_center_link = SelfAttribute("provider.partner_center_link")
    made_at = now
    made_by = BY
    opened_at = now
    opened_by = BY
    expires_at = LazyAttribute(lambda o: o.made_at + timedelta(days=90))


class InvitationLinkFactory(DjangoModelFactory[InvitationLink]):
    """A link that waits on the one place of its invitation; `accepted=True` for one answered yes."""

    class Meta:
        model = InvitationLink

    class Params:
        accepted = Trait(status=InvitationLink.Status.ACCEPTED, answered_at=now, answered_by=BY)

    invitation = SubFactory(
        InvitationFactory,
        status=LazyAttribute(
            lambda o: Invitation.Status.USED_UP if o.places_accepted else Invitation.Status.OPEN
        ),
        places_taken=1,
        places_accepted=LazyAttribute(
            lambda o: int(o.factory_parent.status == InvitationLink.Status.ACCEPTED)
        ),
    )
    status = InvitationLink.Status.WAITING
    provider = SelfAttribute("invitation.provider")
    customer = SelfAttribute("invitation.customer")
    email = Sequence(lambda n: f"invited{n}@customers.example")
    company = Sequence(lambda n: f"Invited {n}")
    made_at = now
    made_by = BY


class InvitationRequestFactory(DjangoModelFactory[InvitationRequest]):
    """A reseller's request that waits for its provider; `refused` for one that was refused."""

    class Meta:
        model = InvitationRequest

    class Params:
        refused = Trait(
            status=InvitationRequest.Status.REFUSED, answered_at=now, answered_by=BY, reason="Not now."
        )

    partnership = SubFactory(PartnershipFactory)
    provider = SelfAttribute("partnership.provider")
    reseller = SelfAttribute("partnership.reseller")
    wants_support = True
    note = "Three shops."
    requested_at = now
    requested_by = BY


class MailedCodeFactory(DjangoModelFactory[MailedCode]):
    """A code that completes an answer."""

    class Meta:
        model = MailedCode

    purpose = Purpose.ACCEPT
    email = "somebody@customers.example"
    object_ref = 0
    made_at = now
    expires_at = LazyAttribute(lambda o: MailedCode.expiry(o.made_at))


class AcceptanceFactory(DjangoModelFactory[Acceptance]):
    """A completed answer that granted both privileges."""

    class Meta:
        model = Acceptance

    class Params:
        pending = Trait(status=Acceptance.Status.PENDING, pending_reasons=["address"])

    link = SubFactory(InvitationLinkFactory, accepted=True)
    customer = LazyAttribute(lambda o: o.link.customer or CustomerFactory(provider=o.link.provider))
    status = Acceptance.Status.COMPLETED
    name = Sequence(lambda n: f"Contact {n}")
    email = SelfAttribute("link.email")
    tenant_id = LazyFunction(uuid.uuid4)
    company = SelfAttribute("link.company")
    country = "IT"
    language = "en"
    grants_provisioning = True
    grants_support = True
    agreed_at = now
    started_at = now
    completed_at = now
    code = SubFactory(MailedCodeFactory, object_ref=SelfAttribute("..link.pk"), proved_at=now, used_at=now)


class RelationshipFactory(DjangoModelFactory[Relationship]):
    """An active relationship that an accepted invitation began; `pending=True` for one to be confirmed."""

    class Meta:
        model = Relationship

    class Params:
        pending = Trait(
            status=Relationship.Status.PENDING,
            decided_at=None,
            decided_by="",
        )
        ended = Trait(status=Relationship.Status.ENDED, ended_at=now, ended_by=BY)

    customer = SubFactory(CustomerFactory, tenant_id=LazyFunction(uuid.uuid4))
    provider = SelfAttribute("customer.provider")
    acceptance = SubFactory(
        AcceptanceFactory,
        link__invitation__provider=SelfAttribute("....customer.provider"),
        link__invitation__customer=SelfAttribute("....customer"),
        status=LazyAttribute(
            lambda o: (
                Acceptance.Status.PENDING
                if o.factory_parent.status == Relationship.Status.PENDING
                else Acceptance.Status.COMPLETED
            )
        ),
    )
    status = Relationship.Status.ACTIVE
    partner_center_link = SelfAttribute("provider.partner_center_link")
    began_at = now
    began_by = BY
    decided_at = now
    decided_by = BY


class GrantFactory(DjangoModelFactory[Grant]):
    """A provisioning grant in force for a year."""

    class Meta:
        model = Grant

    relationship = SubFactory(RelationshipFactory)
    provider = SelfAttribute("relationship.provider")
    customer = SelfAttribute("relationship.customer")
    privilege = Privilege.PROVISIONING
    granted_at = now
    granted_by = BY
    answered_on = LazyAttribute(lambda o: utc_day(o.granted_at))
    ends_on = LazyAttribute(lambda o: o.answered_on + timedelta(days=365))


class AssignmentFactory(DjangoModelFactory[Assignment]):
    """An assignment in force as long as its grant; `offered=True` for one that waits for an answer."""

    class Meta:
        model = Assignment

    class Params:
        offered = Trait(status=Assignment.Status.OFFERED, starts_at=None, answered_at=None, answered_by="")
        agreed = Trait(needs_yes=True, agreed_at=now, agreed_by="Anna Rossi")

    grant = SubFactory(GrantFactory)
    partnership = SubFactory(PartnershipFactory, provider=SelfAttribute("..grant.provider"))
    provider = SelfAttribute("grant.provider")
    customer = SelfAttribute("grant.customer")
    privilege = SelfAttribute("grant.privilege")
    reseller = SelfAttribute("partnership.reseller")
    status = Assignment.Status.ACTIVE
    offered_at = now
    offered_by = BY
    starts_at = now
    answered_at = now
    answered_by = BY
    ends_on = SelfAttribute("grant.ends_on")


class RenewalProposalFactory(DjangoModelFactory[RenewalProposal]):
    """A proposal to renew both privileges for a year, waiting for three weeks."""

    class Meta:
        model = RenewalProposal

    relationship = SubFactory(RelationshipFactory)
    provider = SelfAttribute("relationship.provider")
    customer = SelfAttribute("relationship.customer")
    renews_provisioning = True
    renews_support = True
    privilege_days = 365
    proposed_at = now
    proposed_by = BY
    expires_at = LazyAttribute(lambda o: o.proposed_at + timedelta(days=21))


class HandOverFactory(DjangoModelFactory[HandOver]):
    """A hand-over of all customers of a reseller to that of a partnership, offered and to begin at once."""

    class Meta:
        model = HandOver

    partnership = SubFactory(PartnershipFactory)
    provider = SelfAttribute("partnership.provider")
    reseller = SelfAttribute("partnership.reseller")
    before = SubFactory(PartnerFactory, reseller=True)
    starts_at = now
    offered_at = now
    offered_by = BY


class AgreementVersionFactory(DjangoModelFactory[AgreementVersion]):
    """Microsoft's customer agreement, for every country."""

    class Meta:
        model = AgreementVersion

    edition = "2016-12"
    name = "Microsoft Cloud Agreement"
    language = "en"
    link = "https://www.microsoft.com/licensing/docs/customeragreement"
    valid_from = Sequence(lambda n: date(2016, 1, 1) + timedelta(days=n))


class AgreementAttestationFactory(DjangoModelFactory[AgreementAttestation]):
    """The provider's word that its customer accepted the agreement."""

    class Meta:
        model = AgreementAttestation

    relationship = SubFactory(RelationshipFactory)
    agreement = SubFactory(AgreementVersionFactory)
    signed_by = "Anna Rossi"
    signed_email = "anna.rossi@contoso.example"
    signed_on = date(2026, 1, 1)
    attested_at = now
    attested_by = BY


class ProductFactory(DjangoModelFactory[Product]):
    """A licence product of Office 365."""

    class Meta:
        model = Product

    sku_id = LazyFunction(uuid.uuid4)
    part_number = Sequence(lambda n: f"PRODUCT_{n}")
    name = Sequence(lambda n: f"Product {n}")
    family = Family.OFFICE365
    billing = Billing.LICENSE
    availability = Availability.AVAILABLE


class SubscriptionFactory(DjangoModelFactory[Subscription]):
    """Ten licences bought elsewhere, directly from Microsoft, in the middle of their year."""

    class Meta:
        model = Subscription

    customer = SubFactory(CustomerFactory)
    product = SubFactory(ProductFactory)
    channel = Channel.DIRECT
    quantity = 10
    started_on = LazyFunction(lambda: utc_day(timezone.now()) - timedelta(days=180))
    term_end = LazyFunction(lambda: utc_day(timezone.now()) + timedelta(days=185))
    term = Term.P1Y
    auto_renew = AutoRenew.YES
    billing_cycle = BillingCycle.ANNUAL
    recorded_at = now
    recorded_by = BY


class SnoozeFactory(DjangoModelFactory[Snooze]):
    """Something a person put off for a week."""

    class Meta:
        model = Snooze

    user = SubFactory(UserFactory)
    partner = SubFactory(PartnerFactory)
    kind = "microsoft"
    object_ref = Sequence(lambda n: 1 + n)
    until = LazyFunction(lambda: utc_day(timezone.now()) + timedelta(days=7))
    reason = "Called them."
    made_at = now


class MoveStepFactory(DjangoModelFactory[MoveStep]):
    """A step still open, by default the first of looking after it in place; `closed=True` for one done."""

    class Meta:
        model = MoveStep

    class Params:
        template: Step = steps.SUPPORT_IN_PLACE[0]
        closed = Trait(outcome=MoveStep.Outcome.DONE, done_at=now, done_by=BY)

    move = LazyAttribute(lambda o: MoveFactory(walk=()))
    position = Sequence(lambda n: 1 + n % 30_000)
    code = SelfAttribute("template.code")
    actor = SelfAttribute("template.actor")
    privilege = SelfAttribute("template.privilege")
    is_optional = SelfAttribute("template.optional")


class MoveFactory(DjangoModelFactory[Move]):
    """A move with its steps: by default one planned to look after licences in place.

    `path` chooses the steps, or `walk` names them; the first `done` of them are closed.
    """

    class Meta:
        model = Move

    class Params:
        completed = Trait(
            status=Move.Status.COMPLETED,
            done=LazyAttribute(lambda o: len(o.walk)),
            ended_at=now,
            ended_by=BY,
        )
        abandoned = Trait(
            status=Move.Status.ABANDONED, ended_at=now, ended_by=BY, reason="The customer changed its mind."
        )

    subscription = SubFactory(SubscriptionFactory)
    provider = SelfAttribute("subscription.provider")
    customer = SelfAttribute("subscription.customer")
    path = Path.SUPPORT_IN_PLACE
    edition = SelfAttribute("provider.edition")
    status = LazyAttribute(lambda o: Move.Status.IN_PROGRESS if o.done else Move.Status.PLANNED)
    decided_at = now
    decided_by = BY
    walk = LazyAttribute(lambda o: WALKS[o.path])
    done = 0

    @classmethod
    def _create(cls, model_class: type[Move], *args: Any, **kwargs: Any) -> Move:
        walk, done = kwargs.pop("walk"), kwargs.pop("done")
        move = super()._create(model_class, *args, **kwargs)
        for position, template in enumerate(walk, start=1):
            MoveStepFactory(move=move, position=position, template=template, closed=position <= done)
        return move


class StepFileFactory(DjangoModelFactory[StepFile]):
    """A small PDF that proves a step."""

    class Meta:
        model = StepFile

    step = SubFactory(MoveStepFactory)
    name = Sequence(lambda n: f"form {n}.pdf")
    content_type = FileType.PDF
    size = len(PDF)
    sha256 = sha256(PDF).hexdigest()
    file = LazyFunction(lambda: ContentFile(PDF, name="form.pdf"))
    uploaded_at = now
    uploaded_by = BY


class InventoryItemFactory(DjangoModelFactory[InventoryItem]):
    """A service nobody has checked; `moved=True` for one that runs in CSP, `cancelled=True` only there."""

    class Meta:
        model = InventoryItem

    class Params:
        moved = Trait(availability=Availability.AVAILABLE, moved_at=now, moved_by=BY)
        cancelled = Trait(moved=True, cancelled_at=now, cancelled_by=BY)

    move = SubFactory(MoveFactory, path=Path.MIGRATE_AZURE)
    name = Sequence(lambda n: f"Service {n}")


class TransferFactory(DjangoModelFactory[Transfer]):
    """A pending request for subscriptions of a customer, naming a partner nobody here bears the id of.

    `to=customer` sends it to the provider of that row; `by_hand=True` keeps it with a partner outside.
    """

    class Meta:
        model = Transfer

    class Params:
        to = None
        by_hand = Trait(is_by_hand=True, other_name="Lamna Healthcare")
        accepted = Trait(status=Transfer.Status.ACCEPTED, answered_at=now, answered_by=BY)
        declined = Trait(status=Transfer.Status.DECLINED, answered_at=now, answered_by=BY)

    customer = SubFactory(CustomerFactory, tenant_id=LazyFunction(uuid.uuid4))
    provider = SelfAttribute("customer.provider")
    tenant_id = SelfAttribute("customer.tenant_id")
    named = LazyAttribute(lambda o: o.to.provider.partner_id if o.to else "9999999")
    current_customer = SelfAttribute("to")
    current_partner = LazyAttribute(lambda o: o.to.provider if o.to else None)
    requested_at = now
    requested_by = BY


class TransferItemFactory(DjangoModelFactory[TransferItem]):
    """One subscription asked for, nothing chosen yet; `source=row` where the current partner has it."""

    class Meta:
        model = TransferItem

    transfer = SubFactory(TransferFactory)
    provider = SelfAttribute("transfer.provider")
    external_id = LazyAttribute(lambda o: o.source.external_id if o.source else str(uuid.uuid4()))
    source = None


class DigestFactory(DjangoModelFactory[Digest]):
    """The summary of today, told to somebody."""

    class Meta:
        model = Digest

    user = SubFactory(UserFactory)
    on = LazyFunction(lambda: utc_day(timezone.now()))
    made_at = now
    number = 1
