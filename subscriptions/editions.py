"""The editions of the rulebook: for each channel and billing the paths open and closed, why, and who says so.

Rows are data. `rulebook` reads them for one subscription; lists read the same rows as a database expression.
A row without a condition says what holds in general. Where a condition holds, its row speaks for that path
instead; of two such rows, the condition that `Condition` lists first decides.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from subscriptions import steps
from subscriptions.sources import Companion, Decision, Seed, Source
from subscriptions.steps import Step
from subscriptions.vocabulary import Billing, Channel, Condition, Direction, Need, Path

Sentence = str | Promise


@dataclass(frozen=True, slots=True)
class Row:
    """What one edition says of one path, for a channel and billing, in general or under one condition."""

    path: Path
    open: bool
    reason: Sentence
    source: Source
    needs: tuple[Need, ...] = ()
    when: Condition | None = None
    steps: tuple[Step, ...] = ()
    direction: Direction = Direction.IN
    edition: str = ""
    channel: Channel = Channel.DIRECT
    billing: Billing = Billing.LICENSE


@dataclass(frozen=True, slots=True)
class Edition:
    """One edition of the rules."""

    name: str
    rows: Mapping[tuple[str, str], tuple[Row, ...]]


def opens(
    path: Path,
    *,
    because: Sentence,
    source: Source,
    walk: tuple[Step, ...],
    needs: Sequence[Need] = (),
    when: Condition | None = None,
    direction: Direction = Direction.IN,
) -> Row:
    """Write a row that opens a path."""
    return Row(path, True, because, source, tuple(needs), when, walk, direction)


def closes(path: Path, *, because: Sentence, source: Source, when: Condition | None = None) -> Row:
    """Write a row that closes a path."""
    return Row(path, False, because, source, when=when)


def reviews(*, because: Sentence, source: Source, when: Condition | None = None) -> Row:
    """Write a row that leaves the case to a person."""
    return opens(Path.MANUAL_REVIEW, because=because, source=source, walk=steps.MANUAL_REVIEW, when=when)


def closes_all(rows: Iterable[Row], *, because: Sentence, source: Source, when: Condition) -> list[Row]:
    """Write the rows that close, under a condition, every path the given rows may open."""
    paths = dict.fromkeys(row.path for row in rows if row.open)
    return [closes(path, because=because, source=source, when=when) for path in paths]


# Edition 2016-12: the programme's page of December 2016

_TO_SUPPORT = (Need.RELATIONSHIP, Need.GRANT)
_TO_BUY = (Need.RELATIONSHIP, Need.AGREEMENT)

_NO_MIGRATION = _("There is no supported migration into CSP for Azure bought in another channel.")
_LICENCE_STAYS = _("A licence subscription can't be moved to another CSP partner.")
_OTHER_REGION = _("Outside the provider's CSP region nothing can be sold, taken over or handed over.")
_TRANSFERRED = _("It was transferred and goes on with another partner.")


def _elsewhere_licences(channel: Channel) -> list[Row]:
    """Write the rows of licences bought outside CSP."""
    why, source = {
        Channel.ADVISOR_OWN: (
            _("It stays as it is; what the Advisor was allowed no longer counts: send a fresh invitation."),
            Seed.APPLIES_FORMER_ADVISOR,
        ),
        Channel.THIRD_PARTY: (
            _("It stays with its seller; with the customer's permission it is looked after in place."),
            Seed.APPLIES_THIRD_PARTY,
        ),
    }.get(
        channel,
        (
            _("It stays where it was bought; with the customer's permission it is looked after in place."),
            Seed.LICENSE_BASED,
        ),
    )
    return [
        opens(
            Path.SUPPORT_IN_PLACE,
            because=why,
            source=source,
            needs=_TO_SUPPORT,
            walk=steps.SUPPORT_IN_PLACE,
        ),
        opens(
            Path.REPLACE_LICENCES,
            because=_(
                "The same or an equivalent offer is bought in CSP; then the customer ends the old one."
            ),
            source=Companion.MANUAL_MIGRATION,
            needs=_TO_BUY,
            walk=steps.REPLACE_LICENCES,
        ),
        opens(
            Path.REPLACE_LICENCES,
            because=_("A customer can hold this offer only once: the old one ends first, with a gap."),
            source=Companion.MANUAL_MIGRATION,
            needs=_TO_BUY,
            walk=steps.REPLACE_ONE_PER_CUSTOMER,
            when=Condition.ONE_PER_CUSTOMER,
        ),
        closes(
            Path.SUPPORT_IN_PLACE,
            because=_("It has ended: there is nothing left to look after."),
            source=Decision.FINISHED,
            when=Condition.ENDED,
        ),
        opens(
            Path.REPLACE_LICENCES,
            because=_("It has ended: the customer can buy the same or an equivalent offer in CSP."),
            source=Companion.MANUAL_MIGRATION,
            needs=_TO_BUY,
            walk=steps.BUY_AFTER_END,
            when=Condition.ENDED,
        ),
    ]


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
        closes(
            Path.MIGRATE_AZURE,
            because=_("It has ended: there is nothing left to move."),
            source=Decision.FINISHED,
            when=Condition.ENDED,
        ),
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
        needs=[*_TO_SUPPORT, Need.NO_OTHER_CSP_PARTNER],
        walk=steps.SUPPORT_IN_PLACE,
    ),
    closes(Path.SWITCH_PARTNER, because=_LICENCE_STAYS, source=Seed.NO_SWITCH),
    closes(Path.TRANSFER, because=_LICENCE_STAYS, source=Seed.NO_SWITCH),
    opens(
        Path.REPLACE_LICENCES,
        because=_(
            "The wait is over: the customer can buy the same or an equivalent offer from this provider."
        ),
        source=Seed.NO_SWITCH,
        needs=_TO_BUY,
        walk=steps.BUY_AFTER_END,
        when=Condition.ENDED,
    ),
    closes(
        Path.WAIT_OR_CANCEL,
        because=_("It has ended: there is nothing left to wait for."),
        source=Seed.NO_SWITCH,
        when=Condition.ENDED,
    ),
    closes(
        Path.SUPPORT_IN_PLACE,
        because=_("It has ended: there is nothing left to look after."),
        source=Decision.FINISHED,
        when=Condition.ENDED,
    ),
]

_OTHER_PARTNERS_AZURE = [
    opens(
        Path.SWITCH_PARTNER,
        because=_("Azure from another CSP partner can be switched as it is, with both partners' help."),
        source=Seed.USAGE_SWITCH,
        needs=[*_TO_BUY, Need.SAME_COUNTRY],
        walk=steps.SWITCH_PARTNER_IN,
    ),
    closes(
        Path.MIGRATE_AZURE,
        because=_("Not needed: it can be switched."),
        source=Seed.USAGE_SWITCH,
    ),
    closes(
        Path.SWITCH_PARTNER,
        because=_("It has ended: there is nothing left to switch."),
        source=Decision.FINISHED,
        when=Condition.ENDED,
    ),
]

_SUSPENDED = closes(
    Path.TRANSFER,
    because=_("It is suspended, and a suspended subscription can't be transferred."),
    source=Decision.SUSPENDED,
    when=Condition.SUSPENDED,
)
_ONE_TIME = reviews(
    because=_("A one-time purchase has no path of its own: a person looks at it."),
    source=Decision.OTHER_BILLING,
)
_SYNDICATION = reviews(
    because=_("What a Syndication Partner sold has no path: a person looks at it."),
    source=Decision.SYNDICATION,
)


def _not_ours(rows: Sequence[Row], *, with_trial: bool = True) -> list[Row]:
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


def _ours(*others: Row) -> list[Row]:
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


_SWITCH_OUT = opens(
    Path.SWITCH_PARTNER,
    because=_("The customer may take its Azure to another CSP partner; the request comes in writing."),
    source=Seed.USAGE_SWITCH,
    walk=steps.SWITCH_PARTNER_OUT,
    direction=Direction.OUT,
)


def _edition(name: str, table: Mapping[tuple[Channel, Billing], Sequence[Row]]) -> Edition:
    """Write into each row where it stands."""
    return Edition(
        name,
        {
            (channel, billing): tuple(
                replace(row, edition=name, channel=channel, billing=billing) for row in rows
            )
            for (channel, billing), rows in table.items()
        },
    )


ELSEWHERE = (
    Channel.DIRECT,
    Channel.ADVISOR_OWN,
    Channel.ADVISOR,
    Channel.OPEN,
    Channel.EA,
    Channel.THIRD_PARTY,
)

EDITION_2016 = _edition(
    "2016-12",
    {
        **{(channel, Billing.LICENSE): _not_ours(_elsewhere_licences(channel)) for channel in ELSEWHERE},
        **{(channel, Billing.USAGE): _not_ours(_elsewhere_azure(channel)) for channel in ELSEWHERE},
        (Channel.CSP_OTHER, Billing.LICENSE): _not_ours([*_OTHER_PARTNERS_LICENCES, _SUSPENDED]),
        (Channel.CSP_OTHER, Billing.USAGE): _not_ours([*_OTHER_PARTNERS_AZURE, _SUSPENDED]),
        **{
            (channel, Billing.ONE_TIME): _not_ours([_ONE_TIME], with_trial=False)
            for channel in (*ELSEWHERE, Channel.CSP_OTHER)
        },
        **{
            (Channel.SYNDICATION, billing): _not_ours([_SYNDICATION], with_trial=False) for billing in Billing
        },
        (Channel.CSP_OWN, Billing.LICENSE): _ours(),
        (Channel.CSP_OWN, Billing.USAGE): _ours(_SWITCH_OUT),
        (Channel.CSP_OWN, Billing.ONE_TIME): _ours(),
    },
)

EDITIONS: Mapping[str, Edition] = {EDITION_2016.name: EDITION_2016}
