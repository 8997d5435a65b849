"""Edition 2026: what Microsoft's documentation for partners says today."""

from django.utils.translation import gettext_lazy as _

from subscriptions import steps
from subscriptions.editions.every_edition import (
    ELSEWHERE,
    MIGRATION_ENDED,
    REPLACE,
    SUPPORT_ENDED,
    SUSPENDED,
    SWITCH_ENDED,
    TO_BUY,
    TO_SUPPORT,
    elsewhere_licences,
    left_to_a_person,
    not_ours,
    ours,
    wait_is_over,
)
from subscriptions.editions.rows import Row, closes, opens, write_edition
from subscriptions.sources import Companion, Decision, Today
from subscriptions.vocabulary import Billing, Channel, Condition, Direction, Need, Path

_LEGACY_LICENCE = _("It was sold before new commerce, and only new-commerce licences can be transferred.")
_ONLY_A_PLAN = _("Only an Azure plan can be transferred, and this is not known to be one.")
_ONLY_LEGACY = _("Only a legacy Azure offer is switched by ticket, and this is not known to be one.")

# Transfers between two CSP partners ---------------------------------------------------------------

_PENDING = closes(
    Path.TRANSFER,
    because=_("It is not active yet, and only an active subscription can be transferred."),
    source=Today.TRANSFER_LICENCES,
    when=Condition.PENDING,
)
_PENDING_AZURE = closes(
    Path.TRANSFER,
    because=_("It is not active yet, and only an active subscription can be transferred."),
    source=Today.TRANSFER_PLAN,
    when=Condition.PENDING,
)
_SOLD_BEFORE = closes(
    Path.TRANSFER,
    because=_LEGACY_LICENCE,
    source=Today.TRANSFER_LICENCES,
    when=Condition.LEGACY_COMMERCE,
)
_NOT_KNOWN_A_PLAN = closes(Path.TRANSFER, because=_ONLY_A_PLAN, source=Today.TRANSFER_PLAN)
_NOT_KNOWN_LEGACY = closes(Path.SWITCH_PARTNER, because=_ONLY_LEGACY, source=Today.SWITCH_LEGACY)
_TRANSFER_ENDED = closes(
    Path.TRANSFER,
    because=_("It has ended: there is nothing left to transfer."),
    source=Decision.FINISHED,
    when=Condition.ENDED,
)

# Bought outside CSP -------------------------------------------------------------------------------


def _elsewhere_licences(channel: Channel) -> list[Row]:
    """Write the rows of licences bought outside CSP: as in December 2016, and no transfer."""
    if channel == Channel.THIRD_PARTY:
        why, source = (
            _("Only the seller can start it, while it still can: ask the seller."),
            Today.SELLER_STARTS,
        )
    else:
        why, source = _("A transfer runs only between CSP partners."), Today.ONLY_BETWEEN_PARTNERS
    return [*elsewhere_licences(channel), closes(Path.TRANSFER, because=why, source=source)]


_EA_LICENCES = [
    *REPLACE,
    opens(
        Path.CHANNEL_TRANSFER,
        because=_(
            "What the agreement holds can renew into CSP; check the SKU's eligibility in Partner Center."
        ),
        source=Today.CHANNEL_TRANSFER,
        needs=[Need.RELATIONSHIP],
        walk=steps.CHANNEL_TRANSFER,
    ),
    closes(
        Path.CHANNEL_TRANSFER,
        because=_("It has ended: there is nothing left to renew."),
        source=Decision.FINISHED,
        when=Condition.ENDED,
    ),
    closes(
        Path.SUPPORT_IN_PLACE,
        because=_("Granular privileges do not cover what was bought through an Enterprise Agreement."),
        source=Today.NOT_EA,
    ),
]
_SUPPORT_AZURE = opens(
    Path.SUPPORT_IN_PLACE,
    because=_(
        "It stays where it was bought; besides the privileges the customer assigns an Azure role on each "
        "subscription."
    ),
    source=Today.AZURE_ROLES,
    needs=TO_SUPPORT,
    walk=steps.SUPPORT_AZURE_IN_PLACE,
)
_ELSEWHERE_AZURE = [
    opens(
        Path.MIGRATE_AZURE,
        because=_(
            "Its resources are moved into a new Azure subscription in CSP, once each service is known to be "
            "offered there."
        ),
        source=Today.RESOURCE_MOVE,
        needs=[Need.RELATIONSHIP],
        walk=steps.MOVE_AZURE_RESOURCES,
    ),
    _SUPPORT_AZURE,
    closes(
        Path.TRANSFER,
        because=_("Azure is transferred only between CSP partners."),
        source=Today.ONLY_BETWEEN_PARTNERS,
    ),
    closes(
        Path.SWITCH_PARTNER,
        because=_("Only Azure sold by another CSP partner is switched."),
        source=Today.SWITCH_LEGACY,
    ),
    MIGRATION_ENDED,
    SUPPORT_ENDED,
]
_EA_AZURE = [
    *_ELSEWHERE_AZURE,
    closes(
        Path.OWNERSHIP_REQUEST,
        because=_("Only a direct-bill partner that is an Azure Expert MSP can request billing ownership."),
        source=Today.OWNERSHIP,
    ),
    opens(
        Path.OWNERSHIP_REQUEST,
        because=_("As an Azure Expert MSP the partner can ask the customer for its billing ownership."),
        source=Today.OWNERSHIP,
        needs=TO_BUY,
        walk=steps.OWNERSHIP_REQUEST,
        when=Condition.EXPERT_MSP,
    ),
    closes(
        Path.OWNERSHIP_REQUEST,
        because=_("It has ended, and what has ended is not taken over."),
        source=Today.OWNERSHIP,
        when=Condition.ENDED,
    ),
]

# Sold by another CSP partner ----------------------------------------------------------------------

_OTHER_PARTNERS_LICENCES = [
    opens(
        Path.TRANSFER,
        because=_(
            "It can be transferred during its term: quantity, term and end stay as they are, and add-ons "
            "travel along."
        ),
        source=Today.TRANSFER_LICENCES,
        needs=TO_BUY,
        walk=steps.TRANSFER_IN,
    ),
    _TRANSFER_ENDED,
    SUSPENDED,
    _PENDING,
    _SOLD_BEFORE,
    opens(
        Path.WAIT_OR_CANCEL,
        because=_(
            "The current partner is not obliged to accept a transfer: then the customer waits for the end of "
            "the term, or cancels, and buys anew."
        ),
        source=Today.NOT_OBLIGED,
        walk=steps.WAIT_OR_CANCEL,
    ),
    opens(
        Path.SUPPORT_IN_PLACE,
        because=_("It stays with its partner and is looked after in place: several may hold privileges."),
        source=Today.SEVERAL_PARTNERS,
        needs=TO_SUPPORT,
        walk=steps.SUPPORT_IN_PLACE,
    ),
    closes(
        Path.SWITCH_PARTNER,
        because=_("Only Azure is switched by ticket; licences are transferred."),
        source=Today.SWITCH_LEGACY,
    ),
    *wait_is_over(Companion.MANUAL_MIGRATION),
    SUPPORT_ENDED,
]
_OTHER_PARTNERS_AZURE = [
    _NOT_KNOWN_A_PLAN,
    opens(
        Path.TRANSFER,
        because=_(
            "An Azure plan's subscriptions can be transferred, reservations too; Azure roles do not change, "
            "so the old partner's access is removed after."
        ),
        source=Today.TRANSFER_PLAN,
        needs=TO_BUY,
        walk=steps.TRANSFER_AZURE_IN,
        when=Condition.AZURE_PLAN,
    ),
    _TRANSFER_ENDED,
    SUSPENDED,
    _PENDING_AZURE,
    _NOT_KNOWN_LEGACY,
    opens(
        Path.SWITCH_PARTNER,
        because=_("A legacy Azure offer is switched by ticket, with both partners' help."),
        source=Today.SWITCH_LEGACY,
        needs=[*TO_BUY, Need.SAME_COUNTRY],
        walk=steps.SWITCH_PARTNER_IN,
        when=Condition.AZURE_LEGACY,
    ),
    SWITCH_ENDED,
    _SUPPORT_AZURE,
    SUPPORT_ENDED,
]

# Sold by this provider ----------------------------------------------------------------------------

_LICENCES_OUT = opens(
    Path.TRANSFER,
    because=_("The customer may take it to another CSP partner, which files the request."),
    source=Today.TRANSFER_LICENCES,
    walk=steps.TRANSFER_OUT,
    direction=Direction.OUT,
)
_PLAN_OUT = opens(
    Path.TRANSFER,
    because=_("The customer may take its Azure plan's subscriptions to another CSP partner."),
    source=Today.TRANSFER_PLAN,
    walk=steps.TRANSFER_OUT,
    when=Condition.AZURE_PLAN,
    direction=Direction.OUT,
)
_LEGACY_OUT = opens(
    Path.SWITCH_PARTNER,
    because=_("The customer may take its legacy Azure to another CSP partner; the request comes in writing."),
    source=Today.SWITCH_LEGACY,
    walk=steps.SWITCH_PARTNER_OUT,
    when=Condition.AZURE_LEGACY,
    direction=Direction.OUT,
)

EDITION_2026 = write_edition(
    "2026",
    {
        **{(channel, Billing.LICENSE): not_ours(_elsewhere_licences(channel)) for channel in ELSEWHERE},
        **{(channel, Billing.USAGE): not_ours(_ELSEWHERE_AZURE) for channel in ELSEWHERE},
        (Channel.EA, Billing.LICENSE): not_ours(_EA_LICENCES),
        (Channel.EA, Billing.USAGE): not_ours(_EA_AZURE),
        (Channel.CSP_OTHER, Billing.LICENSE): not_ours(_OTHER_PARTNERS_LICENCES),
        (Channel.CSP_OTHER, Billing.USAGE): not_ours(_OTHER_PARTNERS_AZURE),
        **left_to_a_person(),
        (Channel.CSP_OWN, Billing.LICENSE): ours(_LICENCES_OUT, SUSPENDED, _PENDING, _SOLD_BEFORE),
        (Channel.CSP_OWN, Billing.USAGE): ours(
            _PLAN_OUT, _NOT_KNOWN_A_PLAN, SUSPENDED, _PENDING_AZURE, _LEGACY_OUT, _NOT_KNOWN_LEGACY
        ),
        (Channel.CSP_OWN, Billing.ONE_TIME): ours(),
    },
    window_days=7,
)
