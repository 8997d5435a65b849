"""The steps of each path, in the order they are walked."""

from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from subscriptions.vocabulary import StepActor, StepPrivilege


@dataclass(frozen=True, slots=True)
class Step:
    """One step of a path. Whoever holds its privilege may take it; with `NONE` it is its actor's alone."""

    code: str
    title: str | Promise
    actor: StepActor
    privilege: StepPrivilege = StepPrivilege.NONE
    optional: bool = False  # may be closed as "not needed", with a reason
    hint: str | Promise = ""


_PROVIDER, _CUSTOMER, _CURRENT = StepActor.PROVIDER, StepActor.CUSTOMER, StepActor.CURRENT_PARTNER
_PROVISIONING, _SUPPORT = StepPrivilege.PROVISIONING, StepPrivilege.SUPPORT

_RELATIONSHIP = Step("relationship", _("Accept the provider's invitation"), _CUSTOMER)
_BUY = Step("buy", _("Buy the subscription in CSP"), _PROVIDER)
_OFFER = Step("offer", _("Choose the same offer, or an equivalent one"), _PROVIDER)
_REASSIGN = Step(
    "reassign",
    _("Reassign the licences to the users"),
    _PROVIDER,
    _PROVISIONING,
    optional=True,
    hint=_("Not needed when the offer and the number of licences are the same."),
)
_END_OLD = Step(
    "end_old",
    _("End the old subscription where it was bought, or let it lapse"),
    _CUSTOMER,
    hint=_("Only the customer can. There is no refund for the rest of the term: close to its end is best."),
)
_REMOVE_ACCESS = Step(
    "remove_access",
    _("Remove the old partner's access"),
    _CUSTOMER,
    optional=True,
    hint=_("Not needed when nobody else had access."),
)

SUPPORT_IN_PLACE = (
    _RELATIONSHIP,
    Step("grant", _("Grant provisioning, support or both"), _CUSTOMER),
    Step("assign", _("Assign the privileges to a reseller"), _PROVIDER, optional=True),
    Step(
        "support_contact",
        _("Set the support contact"),
        _PROVIDER,
        _SUPPORT,
        optional=True,
        hint=_("Not needed when support was not granted."),
    ),
    Step(
        "first_task",
        _("Open the first provisioning task"),
        _PROVIDER,
        _PROVISIONING,
        optional=True,
        hint=_("Not needed when provisioning was not granted."),
    ),
)
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
    ),
    Step("ended", _("Let the term run out, or cancel with the seller"), _CUSTOMER),
    _RELATIONSHIP,
    _BUY,
)
MIGRATE_AZURE = (
    _RELATIONSHIP,
    Step(
        "inventory",
        _("List the services and check each one in CSP"),
        _PROVIDER,
        hint=_("Goes on only when none is unknown. Classic resources have to be converted first."),
    ),
    Step("new_subscription", _("Create the new Azure subscription in CSP and record it"), _PROVIDER),
    Step(
        "move_data",
        _("Move data and settings of each available service"),
        _PROVIDER,
        _PROVISIONING,
    ),
    Step(
        "verify",
        _("Verify that everything works"),
        _PROVIDER,
        hint=_("By a second person, not the one who moved it."),
    ),
    Step(
        "cancel_old",
        _("Cancel the services that were moved, or the whole old subscription"),
        _CUSTOMER,
        hint=_("The whole subscription only when nothing stays behind."),
    ),
    _REMOVE_ACCESS,
)
SWITCH_PARTNER_IN = (
    Step("written_request", _("Write to the current partner"), _CUSTOMER, hint=_("Keep date and document.")),
    Step("ticket", _("Open the ticket with Microsoft"), _CURRENT, hint=_("Note the ticket number.")),
    Step("sign_current", _("Fill in the transfer form and sign it first"), _CURRENT),
    Step("sign_customer", _("Sign the transfer form"), _CUSTOMER),
    Step(
        "sign_new",
        _("Sign the transfer form as the new partner"),
        _PROVIDER,
        hint=_("By now the relationship is active, the agreement in force, and both are in one country."),
    ),
    Step(
        "upload",
        _("Upload the signed form to the ticket"),
        _CURRENT,
        hint=_("Microsoft's support answers within 8 business hours."),
    ),
    Step(
        "confirmed",
        _("Record the transfer with both ids"),
        _PROVIDER,
        hint=_("The CSP subscription id is new; the Azure subscription id stays."),
    ),
    Step("old_access", _("List and remove the old partner's role assignments"), _PROVIDER, _PROVISIONING),
)
SWITCH_PARTNER_OUT = (
    Step(
        "written_request", _("Send us the request in writing"), _CUSTOMER, hint=_("Keep date and document.")
    ),
    Step("ticket", _("Open the ticket with Microsoft"), _PROVIDER, hint=_("Note the ticket number.")),
    Step("sign_current", _("Fill in the transfer form and sign it first"), _PROVIDER),
    Step("signatures", _("Check that all three signatures are there"), _PROVIDER),
    Step("upload", _("Upload the signed form to the ticket"), _PROVIDER),
    Step("closed", _("Close it as transferred"), _PROVIDER),
)
CHANGE_RESELLER = (Step("reseller", _("Choose the reseller on record"), _PROVIDER),)
MANUAL_REVIEW = (Step("review", _("Look at the case and write down what was decided"), _PROVIDER),)
