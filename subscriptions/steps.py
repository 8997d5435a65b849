"""The steps of each path, in the order they are walked.

A code means one step, wherever it stands: what is stored of a step is its code.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from subscriptions.vocabulary import Evidence, Need, Path, StepActor, StepFact, StepPrivilege


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path. Whoever holds its privilege may take it; with `NONE` it is its actor's alone."""

    code: str
    title: str | Promise
    actor: StepActor
    privilege: StepPrivilege = StepPrivilege.NONE
    optional: bool = False  # may be closed as "not needed", with a reason
    hint: str | Promise = ""
    evidence: tuple[Evidence, ...] = ()  # what is given to close it
    fact: Need | StepFact | None = None  # the recorded fact that closes it by itself
    gates: tuple[Need, ...] = ()  # what must be true by then


_PROVIDER, _CUSTOMER, _CURRENT = StepActor.PROVIDER, StepActor.CUSTOMER, StepActor.CURRENT_PARTNER
_PROVISIONING, _SUPPORT = StepPrivilege.PROVISIONING, StepPrivilege.SUPPORT
_TO_BUY = (Need.RELATIONSHIP, Need.AGREEMENT)

# What several paths share -------------------------------------------------------------------------

_RELATIONSHIP = Step("relationship", _("Accept the provider's invitation"), _CUSTOMER, fact=Need.RELATIONSHIP)
_BUY = Step(
    "buy",
    _("Buy the subscription in CSP"),
    _PROVIDER,
    evidence=(Evidence.SUBSCRIPTION,),
    gates=_TO_BUY,
)
_OFFER = Step("offer", _("Choose the same offer, or an equivalent one"), _PROVIDER, evidence=(Evidence.NOTE,))
_REASSIGN = Step(
    "reassign",
    _("Reassign the licences to the users"),
    _PROVIDER,
    _PROVISIONING,
    optional=True,
    hint=_("Not needed when the offer and the number of licences are the same."),
    evidence=(Evidence.NOTE,),
)
_END_OLD = Step(
    "end_old",
    _("End the old subscription where it was bought, or let it lapse"),
    _CUSTOMER,
    hint=_("Only the customer can. There is no refund for the rest of the term: close to its end is best."),
    evidence=(Evidence.DATE,),
)
_ENDED = Step(
    "ended",
    _("Let the term run out, or cancel with the seller"),
    _CUSTOMER,
    evidence=(Evidence.DATE,),
)
_REMOVE_ACCESS = Step(
    "remove_access",
    _("Remove the old partner's access"),
    _CUSTOMER,
    optional=True,
    hint=_("Not needed when nobody else had access."),
    evidence=(Evidence.NOTE,),
)
_OLD_ACCESS = Step(
    "old_access",
    _("List and remove the old partner's role assignments"),
    _PROVIDER,
    _PROVISIONING,
    evidence=(Evidence.NOTE,),
)

# Look after it in place ---------------------------------------------------------------------------

_GRANT = Step("grant", _("Grant provisioning, support or both"), _CUSTOMER, fact=Need.GRANT)
_LOOK_AFTER = (
    Step(
        "assign",
        _("Assign the privileges to a reseller"),
        _PROVIDER,
        optional=True,
        hint=_("Not needed when the provider looks after it itself."),
        evidence=(Evidence.NOTE,),
        fact=StepFact.ASSIGNMENT,
    ),
    Step(
        "support_contact",
        _("Set the support contact"),
        _PROVIDER,
        _SUPPORT,
        optional=True,
        hint=_("Not needed when support was not granted."),
        evidence=(Evidence.NOTE,),
        fact=StepFact.SUPPORT_CONTACT,
    ),
    Step(
        "first_task",
        _("Open the first provisioning task"),
        _PROVIDER,
        _PROVISIONING,
        optional=True,
        hint=_("Not needed when provisioning was not granted."),
        evidence=(Evidence.NOTE,),
    ),
)
SUPPORT_IN_PLACE = (_RELATIONSHIP, _GRANT, *_LOOK_AFTER)
SUPPORT_AZURE_IN_PLACE = (
    _RELATIONSHIP,
    _GRANT,
    Step(
        "role_assignment",
        _("Assign an Azure role on this subscription to the partner"),
        _CUSTOMER,
        hint=_("Delegated privileges do not reach it: an owner gives a role on each subscription."),
        evidence=(Evidence.NOTE,),
    ),
    *_LOOK_AFTER,
)

# Replace the licences; wait or cancel; renew into CSP ---------------------------------------------

REPLACE_LICENCES = (_RELATIONSHIP, _OFFER, _BUY, _REASSIGN, _END_OLD)
# One per customer: the new one can be bought only after the old one is gone.
REPLACE_ONE_PER_CUSTOMER = (_RELATIONSHIP, _OFFER, _END_OLD, _BUY, _REASSIGN)
BUY_AFTER_END = (_RELATIONSHIP, _OFFER, _BUY, _REASSIGN)
WAIT_OR_CANCEL = (
    Step(
        "choose",
        _("Choose: wait for the end of the term, or cancel with the seller"),
        _CUSTOMER,
        hint=_("Waiting works only with auto-renew off."),
        evidence=(Evidence.CHOICE,),
    ),
    _ENDED,
    _RELATIONSHIP,
    _BUY,
)
CHANNEL_TRANSFER = (
    _RELATIONSHIP,
    Step(
        "eligibility",
        _("Check in Partner Center that the SKU is eligible"),
        _PROVIDER,
        hint=_("Partner Center shows the customer's agreement and what of it can renew into CSP."),
        evidence=(Evidence.NOTE,),
    ),
    Step(
        "schedule",
        _("Schedule the CSP subscription in Partner Center"),
        _PROVIDER,
        hint=_("It begins when the enrolment's subscription ends."),
        evidence=(Evidence.DATE,),
        gates=_TO_BUY,
    ),
    _ENDED,
    Step(
        "renewed",
        _("Record the CSP subscription it renewed into"),
        _PROVIDER,
        evidence=(Evidence.SUBSCRIPTION,),
        gates=_TO_BUY,
    ),
    _REASSIGN,
)

# Azure --------------------------------------------------------------------------------------------

_INVENTORY = Step(
    "inventory",
    _("List the services and check each one in CSP"),
    _PROVIDER,
    hint=_("Goes on only when none is unknown. Classic resources have to be converted first."),
    evidence=(Evidence.INVENTORY,),
)
_NEW_SUBSCRIPTION = Step(
    "new_subscription",
    _("Create the new Azure subscription in CSP and record it"),
    _PROVIDER,
    evidence=(Evidence.SUBSCRIPTION,),
    gates=_TO_BUY,
)
_MOVED = (
    Step(
        "verify",
        _("Verify that everything works"),
        _PROVIDER,
        hint=_("By a second person, not the one who moved it."),
        evidence=(Evidence.NOTE,),
    ),
    Step(
        "cancel_old",
        _("Cancel the services that were moved, or the whole old subscription"),
        _CUSTOMER,
        hint=_("The whole subscription only when nothing stays behind."),
        evidence=(Evidence.CANCELLED,),
    ),
    _REMOVE_ACCESS,
)
MIGRATE_AZURE = (
    _RELATIONSHIP,
    _INVENTORY,
    _NEW_SUBSCRIPTION,
    Step(
        "move_data",
        _("Move data and settings of each available service"),
        _PROVIDER,
        _PROVISIONING,
        evidence=(Evidence.MOVED,),
    ),
    *_MOVED,
)
MOVE_AZURE_RESOURCES = (
    _RELATIONSHIP,
    _INVENTORY,
    _NEW_SUBSCRIPTION,
    Step(
        "move_resources",
        _("Move the resources of each available service into the new subscription"),
        _PROVIDER,
        _PROVISIONING,
        hint=_(
            "Both subscriptions in one directory, the mover an owner of both: validate the move first, and "
            "expect downtime."
        ),
        evidence=(Evidence.MOVED,),
    ),
    *_MOVED,
)
OWNERSHIP_REQUEST = (
    _RELATIONSHIP,
    Step(
        "ownership_filed",
        _("Request billing ownership in the Azure portal"),
        _PROVIDER,
        hint=_("Into an Azure plan the customer has with this partner; tenants have to match."),
        evidence=(Evidence.DATE,),
        gates=_TO_BUY,
    ),
    Step(
        "ownership_approved",
        _("Approve it: the enrolment's account owner follows the link Microsoft mails"),
        _CUSTOMER,
        evidence=(Evidence.DATE,),
    ),
    Step(
        "ownership_done",
        _("Record that Microsoft completed it, with both ids"),
        _PROVIDER,
        hint=_("The CSP subscription id is new; the Azure subscription id stays. Access stays as it was."),
        evidence=(Evidence.IDS,),
        gates=_TO_BUY,
    ),
    _REMOVE_ACCESS,
)
SWITCH_PARTNER_IN = (
    Step(
        "written_request",
        _("Write to the current partner"),
        _CUSTOMER,
        hint=_("Keep date and document."),
        evidence=(Evidence.DATE, Evidence.FILE),
    ),
    Step(
        "ticket",
        _("Open the ticket with Microsoft"),
        _CURRENT,
        hint=_("Note the ticket number."),
        evidence=(Evidence.REFERENCE,),
    ),
    Step(
        "sign_current",
        _("Fill in the transfer form and sign it first"),
        _CURRENT,
        evidence=(Evidence.DATE,),
    ),
    Step("sign_customer", _("Sign the transfer form"), _CUSTOMER, evidence=(Evidence.DATE,)),
    Step(
        "sign_new",
        _("Sign the transfer form as the new partner"),
        _PROVIDER,
        hint=_("By now the relationship is active, the agreement in force, and both are in one country."),
        evidence=(Evidence.DATE,),
        gates=(*_TO_BUY, Need.SAME_COUNTRY),
    ),
    Step(
        "upload",
        _("Upload the signed form to the ticket"),
        _CURRENT,
        hint=_("Microsoft's support answers within 8 business hours."),
        evidence=(Evidence.DATE,),
    ),
    Step(
        "confirmed",
        _("Record the transfer with both ids"),
        _PROVIDER,
        hint=_("The CSP subscription id is new; the Azure subscription id stays."),
        evidence=(Evidence.IDS,),
        gates=(*_TO_BUY, Need.SAME_COUNTRY),
    ),
    _OLD_ACCESS,
)
SWITCH_PARTNER_OUT = (
    Step(
        "out_request",
        _("Send us the request in writing"),
        _CUSTOMER,
        hint=_("Keep date and document."),
        evidence=(Evidence.DATE, Evidence.FILE),
    ),
    Step(
        "out_ticket",
        _("Open the ticket with Microsoft"),
        _PROVIDER,
        hint=_("Note the ticket number."),
        evidence=(Evidence.REFERENCE,),
    ),
    Step(
        "out_sign",
        _("Fill in the transfer form and sign it first"),
        _PROVIDER,
        evidence=(Evidence.DATE,),
    ),
    Step(
        "out_signatures",
        _("Check that all three signatures are there"),
        _PROVIDER,
        evidence=(Evidence.DATE,),
    ),
    Step(
        "out_upload",
        _("Upload the signed form to the ticket"),
        _PROVIDER,
        hint=_("Microsoft's support answers within 8 business hours."),
        evidence=(Evidence.DATE,),
    ),
    Step("out_closed", _("Close it as transferred"), _PROVIDER, evidence=(Evidence.DATE,)),
)

# Transfers between two CSP partners: walked on a record of their own ------------------------------

_TRANSFER_REQUEST = Step(
    "transfer_request",
    _("File the transfer request, naming the current partner and the subscriptions"),
    _PROVIDER,
    hint=_("At most 25 items. Add-ons travel with their base."),
    gates=_TO_BUY,
)
_TRANSFER_ANSWER = Step(
    "transfer_answer",
    _("Accept some or all of it, or decline"),
    _CURRENT,
    hint=_("Within 30 days. The current partner is not obliged to accept."),
)
_TRANSFER_CHECK = Step(
    "transfer_check",
    _("Check what came over: quantity, term and end are unchanged"),
    _PROVIDER,
    hint=_("Auto-renew is set anew with this partner."),
)
TRANSFER_IN = (_RELATIONSHIP, _TRANSFER_REQUEST, _TRANSFER_ANSWER, _TRANSFER_CHECK)
TRANSFER_AZURE_IN = (
    _RELATIONSHIP,
    Step(
        "azure_plan",
        _("Have an Azure plan with the customer"),
        _PROVIDER,
        hint=_("No fact of this subscription says so: it is checked when the transfer is requested."),
        gates=_TO_BUY,
    ),
    _TRANSFER_REQUEST,
    _TRANSFER_ANSWER,
    _TRANSFER_CHECK,
    _OLD_ACCESS,
)
TRANSFER_OUT = (
    Step(
        "out_review",
        _("Look at the received request: each item, and whether it can go"),
        _PROVIDER,
        hint=_("The future partner files it; the customer names it."),
    ),
    Step(
        "out_answer",
        _("Accept some or all of it as the current partner, or decline"),
        _PROVIDER,
        hint=_("Without an answer within 30 days it lapses."),
    ),
)

# One action, and none -----------------------------------------------------------------------------

CHANGE_RESELLER = (Step("reseller", _("Choose the reseller on record"), _PROVIDER),)
MANUAL_REVIEW = (
    Step(
        "review",
        _("Look at the case and write down what was decided"),
        _PROVIDER,
        evidence=(Evidence.NOTE,),
    ),
)

WALKS = (
    SUPPORT_IN_PLACE,
    SUPPORT_AZURE_IN_PLACE,
    REPLACE_LICENCES,
    REPLACE_ONE_PER_CUSTOMER,
    BUY_AFTER_END,
    WAIT_OR_CANCEL,
    CHANNEL_TRANSFER,
    MIGRATE_AZURE,
    MOVE_AZURE_RESOURCES,
    OWNERSHIP_REQUEST,
    SWITCH_PARTNER_IN,
    SWITCH_PARTNER_OUT,
    TRANSFER_IN,
    TRANSFER_AZURE_IN,
    TRANSFER_OUT,
    CHANGE_RESELLER,
    MANUAL_REVIEW,
)
BY_CODE: Mapping[str, Step] = {step.code: step for walk in WALKS for step in walk}

# The paths walked as moves. A transfer is a record of its own, and a change of reseller one action.
PLANNABLE = frozenset(Path) - {Path.TRANSFER, Path.CHANGE_RESELLER}
