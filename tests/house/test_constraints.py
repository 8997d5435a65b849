"""Every constraint of the schema refuses, even of raw SQL, the one thing it is there for."""

import uuid
from collections.abc import Callable
from datetime import datetime, timedelta
from itertools import cycle
from typing import Any

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from django.db.models import CheckConstraint, F, Model, Q, UniqueConstraint

from customers.models import Acceptance, HandOver, OtherPartnerStatement
from partners import activity, triggers
from partners.actor import Actor
from partners.lifecycle import broke
from partners.models import Activity, ActivityReader, Message, Onboarding
from subscriptions import steps
from subscriptions.models import Transfer, TransferItem
from tests import factories

pytestmark = pytest.mark.django_db
MOMENT = datetime.fromisoformat("2026-03-10T09:30:00+00:00")
DAY = timedelta(days=1)
STEPS = cycle(steps.SUPPORT_IN_PLACE)
LONG_AGO = {"stopped_at": MOMENT, "stopped_by": "somebody"}

Make = Callable[..., Model]


def message(**fields: Any) -> Message:
    moments = {"created_at": MOMENT, "due_at": MOMENT}
    return Message.objects.create(
        to="a@b.example", event="test", language="en", subject="x", **moments, **fields
    )


def statement(**fields: Any) -> OtherPartnerStatement:
    relationship = fields.pop("relationship", None) or factories.RelationshipFactory()
    fields = {"family": "azure", "stated_at": MOMENT, "stated_by": "somebody", **fields}
    return OtherPartnerStatement.objects.create(relationship=relationship, **fields)


def waiting_answer(**fields: Any) -> Acceptance:
    fields = {"status": "code_sent", "customer": None, "completed_at": None, **fields}
    return factories.AcceptanceFactory(**fields)


def completed_onboarding(**fields: Any) -> Onboarding:
    return factories.OnboardingFactory(completed=True, **fields)


def sent_transfer(**fields: Any) -> Transfer:
    return factories.TransferFactory(to=factories.CustomerFactory(), **fields)


# By constraint: a row that is right, and the change that makes it wrong in this one way.
CHECKS: dict[str, tuple[Make, dict[str, Any]]] = {
    # --- companies and people
    "partner_status": (factories.PartnerFactory, {"status": "gone"}),
    "partner_kind": (factories.PartnerFactory, {"kind": "distributor"}),
    "partner_edition": (factories.PartnerFactory, {"edition": "1999"}),
    "partner_not_own_parent": (factories.PartnerFactory, {"parent": F("id")}),
    "partner_privilege_days": (factories.PartnerFactory, {"privilege_days": 731}),
    "partner_expiry_days": (factories.PartnerFactory, {"expiry_days": 0}),
    "mailtext_event": (factories.MailTextFactory, {"event": "birthday"}),
    "team_status": (factories.TeamInvitationFactory, {"status": "gone"}),
    "team_role": (factories.TeamInvitationFactory, {"role": "emperor"}),
    "team_made_paired": (factories.TeamInvitationFactory, {"made_by": ""}),
    "team_closed_paired": (factories.TeamInvitationFactory, {"closed_by": "Somebody"}),
    "team_closed_when": (factories.TeamInvitationFactory, {"status": "accepted"}),
    "snooze_has_reason": (factories.SnoozeFactory, {"reason": ""}),
    "onboarding_status": (factories.OnboardingFactory, {"status": "gone"}),
    "onboarding_completed_when": (completed_onboarding, {"tenant_id": None}),
    "onboarding_partnership_when": (
        completed_onboarding,
        {"status": "confirmed", "closed_at": MOMENT, "closed_by": "somebody"},
    ),
    "onboarding_reason_when_refused": (
        completed_onboarding,
        {"status": "refused", "closed_at": MOMENT, "closed_by": "somebody"},
    ),
    "onboarding_made_paired": (factories.OnboardingFactory, {"made_by": ""}),
    "onboarding_done_paired": (completed_onboarding, {"completed_by": ""}),
    "onboarding_closed_paired": (
        factories.OnboardingFactory,
        {"status": "withdrawn", "closed_at": MOMENT},
    ),
    "onboarding_closed_when": (factories.OnboardingFactory, {"status": "withdrawn"}),
    "membership_role": (factories.MembershipFactory, {"role": "king"}),
    "ps_status": (lambda: factories.PartnershipFactory(proposed=True), {"status": "gone"}),
    "ps_not_with_oneself": (factories.PartnershipFactory, {"reseller": F("provider")}),
    "ps_proposed_paired": (factories.PartnershipFactory, {"proposed_by": ""}),
    "ps_answered_paired": (factories.PartnershipFactory, {"answered_by": ""}),
    "ps_ended_paired": (lambda: factories.PartnershipFactory(ended=True), {"ended_by": ""}),
    "ps_answered_when": (factories.PartnershipFactory, {"answered_at": None, "answered_by": ""}),
    "ps_ended_when": (factories.PartnershipFactory, {"status": "ended"}),
    # --- mails
    "message_status": (message, {"status": "lost"}),
    "message_sent_when": (message, {"status": "sent"}),
    "message_copied_by_whom": (message, {"status": "not_mailed"}),
    "message_failed_has_reason": (message, {"status": "failed"}),
    "code_purpose": (factories.MailedCodeFactory, {"purpose": "marry"}),
    "code_tries": (factories.MailedCodeFactory, {"tries": 6}),
    "code_proved_before_use": (factories.MailedCodeFactory, {"used_at": MOMENT}),
    # --- customers
    "customer_created_paired": (factories.CustomerFactory, {"created_by": ""}),
    "customer_reseller_other": (factories.CustomerFactory, {"reseller": F("provider")}),
    "contact_status": (factories.ContactFactory, {"status": "rumoured"}),
    "contact_confirmed_paired": (lambda: factories.ContactFactory(confirmed=True), {"confirmed_by": ""}),
    "contact_confirmed_when": (factories.ContactFactory, {"status": "confirmed"}),
    # --- invitations
    "inv_status": (factories.InvitationFactory, {"status": "gone"}),
    "inv_handed_to_by_route": (lambda: factories.InvitationFactory(draft=True), {"route": "via_reseller"}),
    "inv_days": (lambda: factories.InvitationFactory(draft=True), {"privilege_days": 731}),
    "inv_places": (factories.InvitationFactory, {"places_taken": 2}),
    "inv_expires_later": (factories.InvitationFactory, {"expires_at": F("made_at")}),
    "inv_open_has_link": (
        lambda: factories.InvitationFactory(draft=True),
        {"status": "open", "opened_at": MOMENT, "opened_by": "somebody"},
    ),
    "inv_used_up_when": (factories.InvitationFactory, {"status": "used_up"}),
    "inv_opened_when": (factories.InvitationFactory, {"opened_at": None, "opened_by": ""}),
    "inv_made_paired": (factories.InvitationFactory, {"made_by": ""}),
    "inv_opened_paired": (factories.InvitationFactory, {"opened_by": ""}),
    "inv_withdrawn_paired": (
        factories.InvitationFactory,
        {"status": "withdrawn", "withdrawn_at": MOMENT, "withdrawn_by": ""},
    ),
    "inv_withdrawn_when": (factories.InvitationFactory, {"status": "withdrawn"}),
    "link_status": (factories.InvitationLinkFactory, {"status": "gone"}),
    "link_made_paired": (factories.InvitationLinkFactory, {"made_by": ""}),
    "link_answered_paired": (
        factories.InvitationLinkFactory,
        {"status": "accepted", "answered_at": MOMENT, "answered_by": ""},
    ),
    "link_answered_when": (factories.InvitationLinkFactory, {"status": "accepted"}),
    "link_reason_when_declined": (factories.InvitationLinkFactory, {"decline_reason": "too dear"}),
    "link_serial": (factories.InvitationLinkFactory, {"serial": 0}),
    "link_resent_paired": (factories.InvitationLinkFactory, {"resent_by": "Somebody"}),
    "link_asked_closed_paired": (factories.InvitationLinkFactory, {"asked_closed_by": "Somebody"}),
    "link_asked_before_closed": (
        factories.InvitationLinkFactory,
        {"asked_closed_at": MOMENT, "asked_closed_by": "Somebody"},
    ),
    "req_status": (factories.InvitationRequestFactory, {"status": "gone"}),
    "req_places": (factories.InvitationRequestFactory, {"places": 0}),
    "req_invitation_when": (
        factories.InvitationRequestFactory,
        {"status": "granted", "answered_at": MOMENT, "answered_by": "Somebody"},
    ),
    "req_reason_when_refused": (factories.InvitationRequestFactory, {"reason": "too many"}),
    "req_requested_paired": (factories.InvitationRequestFactory, {"requested_by": ""}),
    "req_answered_paired": (factories.InvitationRequestFactory, {"answered_by": "Somebody"}),
    "req_answered_when": (
        factories.InvitationRequestFactory,
        {"answered_at": MOMENT, "answered_by": "Somebody"},
    ),
    # --- answers
    "acc_status": (waiting_answer, {"status": "gone", "customer": "any"}),
    "acc_completed_when": (factories.AcceptanceFactory, {"completed_at": None}),
    "agreement_edition": (factories.AgreementVersionFactory, {"edition": "1999"}),
    "attestation_attested_paired": (factories.AgreementAttestationFactory, {"attested_by": ""}),
    "acc_decided_paired": (factories.AcceptanceFactory, {"decided_at": MOMENT}),
    "acc_refused_by_whom": (factories.AcceptanceFactory, {"status": "refused"}),
    "acc_of_a_customer": (factories.AcceptanceFactory, {"customer": None}),
    # --- relationships
    "rel_status": (lambda: factories.RelationshipFactory(pending=True), {"status": "gone"}),
    "rel_origin": (factories.RelationshipFactory, {"origin": "found"}),
    "rel_accepted_or_imported": (factories.RelationshipFactory, {"acceptance": None}),
    "rel_began_paired": (factories.RelationshipFactory, {"began_by": ""}),
    "rel_decided_paired": (factories.RelationshipFactory, {"decided_by": ""}),
    "rel_ended_paired": (lambda: factories.RelationshipFactory(ended=True), {"ended_by": ""}),
    "rel_microsoft_paired": (factories.RelationshipFactory, {"confirmed_at_microsoft_at": MOMENT}),
    "rel_decided_when": (factories.RelationshipFactory, {"decided_at": None, "decided_by": ""}),
    "rel_ending_paired": (factories.RelationshipFactory, {"ending_requested_at": MOMENT}),
    "rel_ended_when": (factories.RelationshipFactory, {"status": "ended"}),
    "statement_family": (statement, {"family": "all"}),
    "statement_stated_paired": (statement, {"stated_by": ""}),
    "statement_lifted_paired": (statement, {"lifted_at": MOMENT}),
    # --- privileges
    "grant_status": (factories.GrantFactory, {"status": "gone"}),
    "grant_privilege": (factories.GrantFactory, {"privilege": "everything"}),
    "grant_at_most_730_days": (factories.GrantFactory, {"ends_on": F("answered_on") + 731 * DAY}),
    "grant_granted_paired": (factories.GrantFactory, {"granted_by": ""}),
    "grant_stopped_paired": (lambda: factories.GrantFactory(status="lapsed", **LONG_AGO), {"stopped_by": ""}),
    "grant_stopped_when": (factories.GrantFactory, {"status": "withdrawn"}),
    "asg_status": (factories.AssignmentFactory, {"status": "gone"}),
    "asg_privilege": (factories.AssignmentFactory, {"privilege": "everything"}),
    "asg_family": (factories.AssignmentFactory, {"family": "windows"}),
    "asg_not_to_oneself": (factories.AssignmentFactory, {"reseller": F("provider")}),
    "asg_started_when": (factories.AssignmentFactory, {"starts_at": None}),
    "asg_answered_when": (factories.AssignmentFactory, {"answered_at": None, "answered_by": ""}),
    "asg_stopped_when": (factories.AssignmentFactory, {"status": "revoked"}),
    "asg_agreed_before_held": (factories.AssignmentFactory, {"needs_yes": True}),
    "asg_agreed_where_asked": (
        factories.AssignmentFactory,
        {"agreed_at": MOMENT, "agreed_by": "somebody"},
    ),
    "asg_agreed_paired": (lambda: factories.AssignmentFactory(agreed=True), {"agreed_by": ""}),
    "asg_offered_paired": (factories.AssignmentFactory, {"offered_by": ""}),
    "asg_answered_paired": (factories.AssignmentFactory, {"answered_by": ""}),
    "asg_stopped_paired": (
        lambda: factories.AssignmentFactory(status="lapsed", **LONG_AGO),
        {"stopped_by": ""},
    ),
    # --- renewals
    "renewal_status": (factories.RenewalProposalFactory, {"status": "gone"}),
    "renewal_of_something": (
        factories.RenewalProposalFactory,
        {"renews_provisioning": False, "renews_support": False},
    ),
    "renewal_days": (factories.RenewalProposalFactory, {"privilege_days": 731}),
    "renewal_reason_when": (factories.RenewalProposalFactory, {"decline_reason": "too dear"}),
    "renewal_proposed_paired": (factories.RenewalProposalFactory, {"proposed_by": ""}),
    "renewal_answered_paired": (
        factories.RenewalProposalFactory,
        {"status": "accepted", "answered_at": MOMENT, "answered_by": ""},
    ),
    "renewal_answered_when": (factories.RenewalProposalFactory, {"status": "accepted"}),
    # --- hand-overs
    "handover_status": (factories.HandOverFactory, {"status": "gone"}),
    "handover_to_another": (factories.HandOverFactory, {"before": F("reseller")}),
    "handover_effect_when": (factories.HandOverFactory, {"took_effect_at": MOMENT}),
    "handover_offered_paired": (factories.HandOverFactory, {"offered_by": ""}),
    "handover_answered_paired": (
        factories.HandOverFactory,
        {"status": "accepted", "answered_at": MOMENT, "answered_by": ""},
    ),
    "handover_answered_when": (factories.HandOverFactory, {"status": "accepted"}),
    # --- subscriptions
    "product_family": (factories.ProductFactory, {"family": "windows"}),
    "product_billing": (factories.ProductFactory, {"billing": "free"}),
    "product_availability": (factories.ProductFactory, {"availability": "soon"}),
    "sub_status": (factories.SubscriptionFactory, {"status": "gone"}),
    "sub_channel": (factories.SubscriptionFactory, {"channel": "bazaar"}),
    "sub_auto_renew": (factories.SubscriptionFactory, {"auto_renew": "perhaps"}),
    "sub_ends_after_start": (factories.SubscriptionFactory, {"term_end": F("started_on")}),
    "sub_quantity": (factories.SubscriptionFactory, {"quantity": -1}),
    "sub_not_own_parent": (factories.SubscriptionFactory, {"parent": F("id")}),
    # --- moves
    "move_status": (factories.MoveFactory, {"status": "gone"}),
    "move_path": (factories.MoveFactory, {"path": "magic"}),
    "move_direction": (factories.MoveFactory, {"direction": "up"}),
    "move_decided_paired": (factories.MoveFactory, {"decided_by": ""}),
    "move_kept_paired": (factories.MoveFactory, {"kept_by": "Somebody"}),
    "move_ended_paired": (lambda: factories.MoveFactory(completed=True), {"ended_by": ""}),
    "move_ended_when": (factories.MoveFactory, {"status": "completed"}),
    "move_abandoned_has_reason": (lambda: factories.MoveFactory(abandoned=True), {"reason": ""}),
    "move_not_its_own_successor": (factories.MoveFactory, {"successor": F("subscription")}),
    "step_actor": (factories.MoveStepFactory, {"actor": "nobody"}),
    "step_privilege": (factories.MoveStepFactory, {"privilege": "everything"}),
    "step_outcome": (lambda: factories.MoveStepFactory(closed=True), {"outcome": "perhaps"}),
    "step_done_paired": (lambda: factories.MoveStepFactory(closed=True), {"done_by": ""}),
    "step_done_when": (factories.MoveStepFactory, {"outcome": "done"}),
    "step_not_needed_has_reason": (
        lambda: factories.MoveStepFactory(closed=True, is_optional=True),
        {"outcome": "not_needed"},
    ),
    "step_file_type": (factories.StepFileFactory, {"content_type": "text/html"}),
    "step_file_not_empty": (factories.StepFileFactory, {"size": 0}),
    "step_file_uploaded_paired": (factories.StepFileFactory, {"uploaded_by": ""}),
    "inventory_availability": (factories.InventoryItemFactory, {"availability": "soon"}),
    "inventory_has_name": (factories.InventoryItemFactory, {"name": ""}),
    "inventory_moved_paired": (lambda: factories.InventoryItemFactory(moved=True), {"moved_by": ""}),
    "inventory_cancelled_paired": (
        lambda: factories.InventoryItemFactory(cancelled=True),
        {"cancelled_by": ""},
    ),
    "inventory_moved_if_available": (
        lambda: factories.InventoryItemFactory(moved=True),
        {"availability": "not_available"},
    ),
    "inventory_moved_before_cancelled": (
        lambda: factories.InventoryItemFactory(availability="available"),
        {"cancelled_at": MOMENT, "cancelled_by": "Somebody"},
    ),
    # --- transfers
    "transfer_status": (lambda: factories.TransferFactory(), {"status": "gone"}),
    "transfer_direction": (lambda: factories.TransferFactory(by_hand=True), {"direction": "up"}),
    "transfer_not_to_oneself": (factories.TransferFactory, {"current_partner": F("provider")}),
    "transfer_by_hand_names_nobody_here": (sent_transfer, {"is_by_hand": True}),
    "transfer_out_is_by_hand": (factories.TransferFactory, {"direction": "out"}),
    "transfer_customer_of_whom": (sent_transfer, {"current_partner": None}),
    "transfer_requested_paired": (factories.TransferFactory, {"requested_by": ""}),
    "transfer_answered_paired": (lambda: factories.TransferFactory(accepted=True), {"answered_by": ""}),
    "transfer_answered_when": (factories.TransferFactory, {"status": "declined"}),
    "transfer_item_status": (factories.TransferItemFactory, {"status": "gone"}),
    "transfer_item_has_id": (factories.TransferItemFactory, {"external_id": ""}),
}


def logged() -> Activity:
    return activity.record("test.happened", by=Actor.system(), at=MOMENT)


def read() -> ActivityReader:
    return ActivityReader.objects.create(activity=logged(), partner=factories.PartnerFactory())


def hand_over_of_one() -> HandOver:
    tie = factories.PartnershipFactory()
    return factories.HandOverFactory(
        partnership=tie, customer=factories.CustomerFactory(provider=tie.provider)
    )


def item_of_a_source() -> TransferItem:
    return factories.TransferItemFactory(source=factories.SubscriptionFactory(external_id=str(uuid.uuid4())))


# By unique constraint: how to make two rows it keeps apart. Their columns are then made the same.
UNIQUES: dict[str, Make] = {
    "activity_one_per_position": logged,
    "activity_reader_once": read,
    "membership_once": factories.MembershipFactory,
    "team_one_waiting": factories.TeamInvitationFactory,
    "snooze_one_per_item": factories.SnoozeFactory,
    "ps_one_proposed_or_active": factories.PartnershipFactory,
    "onboarding_one_open": factories.OnboardingFactory,
    "mailtext_once": factories.MailTextFactory,
    "customer_one_per_provider_and_tenant": lambda: factories.RelationshipFactory().customer,
    "contact_once": factories.ContactFactory,
    "inv_one_per_form": lambda: factories.InvitationFactory(form="00000000-0000-4000-8000-000000000001"),
    "link_one_waiting_per_address": factories.InvitationLinkFactory,
    "agreement_once": factories.AgreementVersionFactory,
    "attestation_once": factories.AgreementAttestationFactory,
    "acc_one_answer_per_link": factories.AcceptanceFactory,
    "rel_one_pending_or_active": factories.RelationshipFactory,
    "statement_one_standing": statement,
    "grant_one_active": factories.GrantFactory,
    "asg_one_active": factories.AssignmentFactory,
    "renewal_one_waiting": factories.RenewalProposalFactory,
    "handover_one_of_customer": hand_over_of_one,
    "handover_one_of_reseller": factories.HandOverFactory,
    "asg_one_offered": lambda: factories.AssignmentFactory(offered=True),
    "sub_external_id_once": lambda: factories.SubscriptionFactory(external_id="a subscription id"),
    "move_one_open": factories.MoveFactory,
    "step_one_at_a_place": lambda: factories.MoveStepFactory(template=next(STEPS)),
    "step_once_in_a_move": factories.MoveStepFactory,
    "inventory_named_once": factories.InventoryItemFactory,
    "transfer_item_once": factories.TransferItemFactory,
    "transfer_item_asked_once": factories.TransferItemFactory,
    "transfer_item_source_once": item_of_a_source,
    "digest_one_a_day": factories.DigestFactory,
}


def ours() -> list[type[Model]]:
    floors = ("partners", "customers", "subscriptions")
    return [model for floor in floors for model in apps.get_app_config(floor).get_models()]


def names(kind: type[CheckConstraint] | type[UniqueConstraint]) -> set[str]:
    found = [constraint for model in ours() for constraint in model._meta.constraints]
    # A unique constraint that holds the id keeps nothing apart: it is what composite keys point at.
    return {
        constraint.name
        for constraint in found
        if isinstance(constraint, kind) and "id" not in getattr(constraint, "fields", ())
    }


def test_every_constraint_is_tried() -> None:
    assert set(CHECKS) == names(CheckConstraint)
    assert set(UNIQUES) == names(UniqueConstraint)


@pytest.fixture
def constraints_alone() -> None:
    """Lift the triggers, and on PostgreSQL leave the keys for the end: nothing else shall refuse first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    triggers.drop(connection)


@pytest.mark.parametrize("name", CHECKS)
def test_check_refuses_what_it_is_there_for(name: str, request: pytest.FixtureRequest) -> None:
    make, wrong = CHECKS[name]
    row = make()
    changes = {
        column: factories.CustomerFactory() if value == "any" else value for column, value in wrong.items()
    }
    request.getfixturevalue("constraints_alone")
    # SQLite names the field's own check first, which says the same.
    said = "quantity" if name == "sub_quantity" else rf"\b{name}\b"
    with pytest.raises(IntegrityError, match=said), transaction.atomic():
        type(row)._base_manager.filter(pk=row.pk).update(**changes)


@pytest.mark.parametrize("name", UNIQUES)
def test_unique_keeps_two_rows_apart(name: str, request: pytest.FixtureRequest) -> None:
    first, second = UNIQUES[name](), UNIQUES[name]()
    model = type(first)
    (constraint,) = (each for each in model._meta.constraints if each.name == name)
    assert isinstance(constraint, UniqueConstraint)
    assert model._base_manager.filter(constraint.condition or Q(), pk=second.pk).exists()
    same = {column: getattr(first, column) for column in constraint.fields}
    request.getfixturevalue("constraints_alone")
    with pytest.raises(IntegrityError) as problem, transaction.atomic():
        model._base_manager.filter(pk=second.pk).update(**same)
    assert broke(problem.value, model, name)
    assert not broke(problem.value, model, "another")
