"""Edition 2016-12: the programme's page of December 2016."""

from django.utils.translation import gettext_lazy as _

from subscriptions import steps
from subscriptions.editions.every_edition import (
    ELSEWHERE,
    MIGRATION_ENDED,
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
from subscriptions.sources import Companion, Decision, Seed
from subscriptions.vocabulary import Billing, Channel, Direction, Need, Path

_NO_MIGRATION = _("There is no supported migration into CSP for Azure bought in another channel.")
_LICENCE_STAYS = _("A licence subscription can't be moved to another CSP partner.")


def _elsewhere_azure(channel: Channel) -> list[Row]:
    """Write the rows of Azure bought outside CSP."""
    named = channel in (Channel.ADVISOR, Channel.OPEN, Channel.EA)
    return [
        opens(
            Path.MIGRATE_AZURE,
            because=_(
                "A new Azure subscription is made in CSP and everything moved by hand, once each service is "
                "known to be offered there."
            ),
            source=Seed.USAGE_BY_HAND if named else Decision.USAGE_OTHER_CHANNELS,
            needs=[Need.RELATIONSHIP],
            walk=steps.MIGRATE_AZURE,
        ),
        closes(Path.SWITCH_PARTNER, because=_NO_MIGRATION, source=Seed.USAGE_NO_MIGRATION),
        closes(Path.TRANSFER, because=_NO_MIGRATION, source=Seed.USAGE_NO_MIGRATION),
        closes(
            Path.SUPPORT_IN_PLACE,
            because=_("Delegated privileges never open an existing Azure subscription."),
            source=Decision.NO_AZURE_BY_PRIVILEGE,
        ),
        MIGRATION_ENDED,
    ]


_OTHER_PARTNERS_LICENCES = [
    opens(
        Path.WAIT_OR_CANCEL,
        because=_(
            "It can't be moved: the customer waits for the end of the term, or cancels, and buys anew."
        ),
        source=Seed.NO_SWITCH,
        walk=steps.WAIT_OR_CANCEL,
    ),
    opens(
        Path.SUPPORT_IN_PLACE,
        because=_("It is looked after in place, if no other CSP partner holds privileges on the service."),
        source=Companion.ONE_PARTNER_PER_SERVICE,
        needs=[*TO_SUPPORT, Need.NO_OTHER_CSP_PARTNER],
        walk=steps.SUPPORT_IN_PLACE,
    ),
    closes(Path.SWITCH_PARTNER, because=_LICENCE_STAYS, source=Seed.NO_SWITCH),
    closes(Path.TRANSFER, because=_LICENCE_STAYS, source=Seed.NO_SWITCH),
    *wait_is_over(Seed.NO_SWITCH),
    SUPPORT_ENDED,
    SUSPENDED,
]
_OTHER_PARTNERS_AZURE = [
    opens(
        Path.SWITCH_PARTNER,
        because=_("Azure from another CSP partner can be switched as it is, with both partners' help."),
        source=Seed.USAGE_SWITCH,
        needs=[*TO_BUY, Need.SAME_COUNTRY],
        walk=steps.SWITCH_PARTNER_IN,
    ),
    closes(
        Path.MIGRATE_AZURE,
        because=_("Not needed: it can be switched."),
        source=Seed.USAGE_SWITCH,
    ),
    SWITCH_ENDED,
    SUSPENDED,
]
_SWITCH_OUT = opens(
    Path.SWITCH_PARTNER,
    because=_("The customer may take its Azure to another CSP partner; the request comes in writing."),
    source=Seed.USAGE_SWITCH,
    walk=steps.SWITCH_PARTNER_OUT,
    direction=Direction.OUT,
)

EDITION_2016 = write_edition(
    "2016-12",
    {
        **{(channel, Billing.LICENSE): not_ours(elsewhere_licences(channel)) for channel in ELSEWHERE},
        **{(channel, Billing.USAGE): not_ours(_elsewhere_azure(channel)) for channel in ELSEWHERE},
        (Channel.CSP_OTHER, Billing.LICENSE): not_ours(_OTHER_PARTNERS_LICENCES),
        (Channel.CSP_OTHER, Billing.USAGE): not_ours(_OTHER_PARTNERS_AZURE),
        **left_to_a_person(),
        (Channel.CSP_OWN, Billing.LICENSE): ours(),
        (Channel.CSP_OWN, Billing.USAGE): ours(_SWITCH_OUT),
        (Channel.CSP_OWN, Billing.ONE_TIME): ours(),
    },
)
