"""What both editions say alike: licences bought outside CSP, what is ours, what no path exists for."""

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from subscriptions import steps
from subscriptions.editions.rows import Row, Sentence, closes, closes_all, opens, reviews
from subscriptions.sources import Companion, Decision, Seed, Source
from subscriptions.vocabulary import Billing, Channel, Condition, Need, Path

TO_SUPPORT = (Need.RELATIONSHIP, Need.GRANT)
TO_BUY = (Need.RELATIONSHIP, Need.AGREEMENT)
ELSEWHERE = (
    Channel.DIRECT,
    Channel.ADVISOR_OWN,
    Channel.ADVISOR,
    Channel.OPEN,
    Channel.EA,
    Channel.THIRD_PARTY,
)

_OTHER_REGION = _("Outside the provider's CSP region nothing can be sold, taken over or handed over.")
_TRANSFERRED = _("It was transferred and goes on with another partner.")

SUPPORT_ENDED = closes(
    Path.SUPPORT_IN_PLACE,
    because=_("It has ended: there is nothing left to look after."),
    source=Decision.FINISHED,
    when=Condition.ENDED,
)
MIGRATION_ENDED = closes(
    Path.MIGRATE_AZURE,
    because=_("It has ended: there is nothing left to move."),
    source=Decision.FINISHED,
    when=Condition.ENDED,
)
SWITCH_ENDED = closes(
    Path.SWITCH_PARTNER,
    because=_("It has ended: there is nothing left to switch."),
    source=Decision.FINISHED,
    when=Condition.ENDED,
)
SUSPENDED = closes(
    Path.TRANSFER,
    because=_("It is suspended, and a suspended subscription can't be transferred."),
    source=Decision.SUSPENDED,
    when=Condition.SUSPENDED,
)
REPLACE = (
    opens(
        Path.REPLACE_LICENCES,
        because=_("The same or an equivalent offer is bought in CSP; then the customer ends the old one."),
        source=Companion.MANUAL_MIGRATION,
        needs=TO_BUY,
        walk=steps.REPLACE_LICENCES,
    ),
    opens(
        Path.REPLACE_LICENCES,
        because=_("A customer can hold this offer only once: the old one ends first, with a gap."),
        source=Companion.MANUAL_MIGRATION,
        needs=TO_BUY,
        walk=steps.REPLACE_ONE_PER_CUSTOMER,
        when=Condition.ONE_PER_CUSTOMER,
    ),
    opens(
        Path.REPLACE_LICENCES,
        because=_("It has ended: the customer can buy the same or an equivalent offer in CSP."),
        source=Companion.MANUAL_MIGRATION,
        needs=TO_BUY,
        walk=steps.BUY_AFTER_END,
        when=Condition.ENDED,
    ),
)

_ONE_TIME = reviews(
    because=_("A one-time purchase has no path of its own: a person looks at it."),
    source=Decision.OTHER_BILLING,
)
_SYNDICATION = reviews(
    because=_("What a Syndication Partner sold has no path: a person looks at it."),
    source=Decision.SYNDICATION,
)


def elsewhere_licences(channel: Channel) -> list[Row]:
    """Write the rows of licences bought outside CSP."""
    why, source = _in_place(channel)
    support = opens(
        Path.SUPPORT_IN_PLACE, because=why, source=source, needs=TO_SUPPORT, walk=steps.SUPPORT_IN_PLACE
    )
    return [support, *REPLACE, SUPPORT_ENDED]


def _in_place(channel: Channel) -> tuple[Sentence, Source]:
    if channel == Channel.ADVISOR_OWN:
        return (
            _("It stays as it is; what the Advisor was allowed no longer counts: send a fresh invitation."),
            Seed.APPLIES_FORMER_ADVISOR,
        )
    if channel == Channel.THIRD_PARTY:
        return (
            _("It stays with its seller; with the customer's permission it is looked after in place."),
            Seed.APPLIES_THIRD_PARTY,
        )
    return (
        _("It stays where it was bought; with the customer's permission it is looked after in place."),
        Seed.LICENSE_BASED,
    )


def wait_is_over(source: Source) -> list[Row]:
    """Write the rows of another CSP partner's licences whose term is over."""
    return [
        opens(
            Path.REPLACE_LICENCES,
            because=_(
                "The wait is over: the customer can buy the same or an equivalent offer from this provider."
            ),
            source=source,
            needs=TO_BUY,
            walk=steps.BUY_AFTER_END,
            when=Condition.ENDED,
        ),
        closes(
            Path.WAIT_OR_CANCEL,
            because=_("It has ended: there is nothing left to wait for."),
            source=source,
            when=Condition.ENDED,
        ),
    ]


def left_to_a_person() -> dict[tuple[Channel, Billing], list[Row]]:
    """Write the rows of one-time purchases, and of all that a Syndication Partner sold."""
    one_time = not_ours([_ONE_TIME], with_trial=False)
    syndication = not_ours([_SYNDICATION], with_trial=False)
    return {
        **{(channel, Billing.ONE_TIME): one_time for channel in (*ELSEWHERE, Channel.CSP_OTHER)},
        **{(Channel.SYNDICATION, billing): syndication for billing in Billing},
    }


def not_ours(rows: Sequence[Row], *, with_trial: bool = True) -> list[Row]:
    """Add to rows of what others sold: another region, a trial, a transfer."""
    # What a person has to look at stays with that person.
    paths = [row for row in rows if row.path != Path.MANUAL_REVIEW]
    trial = _("A trial is not moved: it ends, or is converted in its own channel first.")
    added = [
        reviews(because=_OTHER_REGION, source=Companion.REGION, when=Condition.OTHER_REGION),
        *closes_all(paths, because=_OTHER_REGION, source=Companion.REGION, when=Condition.OTHER_REGION),
        *closes_all(
            paths,
            because=_TRANSFERRED,
            source=Decision.FINISHED,
            when=Condition.TRANSFERRED,
        ),
    ]
    if with_trial:
        added += [
            reviews(because=trial, source=Decision.OTHER_BILLING, when=Condition.TRIAL),
            *closes_all(paths, because=trial, source=Decision.OTHER_BILLING, when=Condition.TRIAL),
        ]
    return [*rows, *added]


def ours(*others: Row) -> list[Row]:
    """Write the rows of what this provider sold: the reseller can change; the other paths are given."""
    change = opens(
        Path.CHANGE_RESELLER,
        because=_("The provider owns the relationship and can put another of its resellers in charge."),
        source=Seed.ASSIGNS_RESELLER,
        walk=steps.CHANGE_RESELLER,
    )
    rows = [change, *others]
    return [
        *rows,
        closes(
            Path.CHANGE_RESELLER,
            because=_("A direct-bill partner has no resellers."),
            source=Decision.DIRECT_BILL,
            when=Condition.DIRECT_BILL,
        ),
        *closes_all(
            others,
            because=_OTHER_REGION,
            source=Companion.REGION,
            when=Condition.OTHER_REGION,
        ),
        *closes_all(
            rows,
            because=_TRANSFERRED,
            source=Decision.FINISHED,
            when=Condition.TRANSFERRED,
        ),
        *closes_all(
            rows,
            because=_("It has ended, and what has ended never changes again."),
            source=Decision.FINISHED,
            when=Condition.ENDED,
        ),
    ]
