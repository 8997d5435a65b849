"""The rulebook: which path is open for a subscription, which are closed, why, and who says so.

A ruling is a pure function of facts, read from the rows of an edition; no ruling is stored.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from operator import attrgetter

from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.families import Family
from partners.regions import countries_of, regions
from subscriptions.editions import EDITIONS, Row, Sentence
from subscriptions.sources import Source
from subscriptions.steps import Step
from subscriptions.vocabulary import (
    AutoRenew,
    Availability,
    AzureOffer,
    Billing,
    Caution,
    Channel,
    Condition,
    Direction,
    MissingFact,
    Need,
    Path,
    Status,
    Term,
)

DEFAULT_EDITION = "2016-12"
RUNNING = (Status.PENDING, Status.ACTIVE, Status.SUSPENDED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """All that a ruling depends on. An add-on takes its base's ruling: state the base's, and `is_add_on`."""

    channel: Channel | str
    billing: Billing | str
    today: date  # in the provider's time zone
    edition: str = DEFAULT_EDITION
    family: Family | str = Family.OTHER
    azure_offer: AzureOffer | str | None = None
    status: Status | str = Status.ACTIVE
    is_trial: bool = False
    is_add_on: bool = False
    auto_renew: AutoRenew | str = AutoRenew.UNKNOWN
    term: Term | str = Term.P1Y
    term_end: date | None = None
    started_on: date | None = None
    has_relationship: bool = False
    has_grant: bool = False
    has_agreement: bool = False
    other_csp_partner_stated: bool = False  # by the customer, for this family
    availability: Availability | str = Availability.AVAILABLE
    one_per_customer: bool = False
    customer_country: str = "IT"
    customer_region: str = "europe"
    provider_country: str = "IT"
    provider_region: str = "europe"
    provider_kind: str = "indirect_provider"
    azure_expert_msp: bool = False

    @property
    def in_other_region(self) -> bool:
        """Say whether the customer is known to be in another CSP region than the provider."""
        return bool(self.customer_region) and self.customer_region != self.provider_region

    @property
    def in_same_country(self) -> bool:
        """Say whether provider and customer are known to be in one country."""
        return bool(self.customer_country) and self.customer_country == self.provider_country

    @property
    def has_choice_at_term_end(self) -> bool:
        """Say whether somebody has to decide before the term ends; a month of ours rolls on by itself."""
        return (
            self.billing == Billing.LICENSE
            and self.status in RUNNING
            and not (self.channel == Channel.CSP_OWN and self.term == Term.P1M)
        )


HOLDS: Mapping[Condition, Callable[[Facts], bool]] = {
    Condition.OTHER_REGION: lambda facts: facts.in_other_region,
    Condition.TRIAL: lambda facts: facts.is_trial,
    Condition.TRANSFERRED: lambda facts: facts.status == Status.TRANSFERRED,
    Condition.ENDED: lambda facts: facts.status in (Status.EXPIRED, Status.CANCELLED),
    Condition.SUSPENDED: lambda facts: facts.status == Status.SUSPENDED,
    Condition.DIRECT_BILL: lambda facts: facts.provider_kind == "direct_bill",
    Condition.ONE_PER_CUSTOMER: lambda facts: facts.one_per_customer,
}


def _in_one_region() -> Q:
    """Write that customer and provider are in the same CSP region."""
    same = Q(customer__country=F("provider__country"))
    for region in regions():
        listed = countries_of(region)
        same |= Q(provider__country__in=listed, customer__country__in=listed)
    return same


# The same conditions of stored rows; a test holds the two readings together. `expressions` names the columns
# that begin with `base_`: the row's own facts, or those of its base where it is an add-on.
WHERE: Mapping[Condition, Q] = {
    Condition.OTHER_REGION: ~Q(customer__country="") & ~_in_one_region(),
    Condition.TRIAL: Q(base_is_trial=True),
    Condition.TRANSFERRED: Q(base_status=Status.TRANSFERRED),
    Condition.ENDED: Q(base_status__in=[Status.EXPIRED, Status.CANCELLED]),
    Condition.SUSPENDED: Q(base_status=Status.SUSPENDED),
    Condition.DIRECT_BILL: Q(provider__kind="direct_bill"),
    Condition.ONE_PER_CUSTOMER: Q(base_one_per_customer=True),
}
HAS_CHOICE = Q(base_billing=Billing.LICENSE, base_status__in=RUNNING) & ~Q(
    base_channel=Channel.CSP_OWN, base_term=Term.P1M
)
MET: Mapping[Need, Callable[[Facts], bool]] = {
    Need.RELATIONSHIP: lambda facts: facts.has_relationship,
    Need.GRANT: lambda facts: facts.has_grant,
    Need.AGREEMENT: lambda facts: facts.has_agreement,
    Need.NO_OTHER_CSP_PARTNER: lambda facts: not facts.other_csp_partner_stated,
    Need.SAME_COUNTRY: lambda facts: facts.in_same_country,
}
# Every fact that HOLDS and MET look at. They are few-valued, so what follows from them is worked out once.
_few_valued = attrgetter(
    "edition",
    "channel",
    "billing",
    "status",
    "is_trial",
    "one_per_customer",
    "provider_kind",
    "has_relationship",
    "has_grant",
    "has_agreement",
    "other_csp_partner_stated",
    "in_other_region",
    "in_same_country",
)


@dataclass(frozen=True, slots=True)
class OpenPath:
    """A path that can be walked once nothing is missing."""

    path: Path
    reason: Sentence
    source: Source
    needs: tuple[Need, ...]
    missing: tuple[Need, ...]
    steps: tuple[Step, ...]
    direction: Direction


@dataclass(frozen=True, slots=True)
class ClosedPath:
    """A path somebody might look for, and why it is closed."""

    path: Path
    reason: Sentence
    source: Source


@dataclass(frozen=True, slots=True)
class Deadline:
    """The last day on which there is still a choice, why that day, and what happens without one."""

    on: date
    why: Sentence
    then: Sentence


@dataclass(slots=True)
class Ruling:
    """What the rulebook says of one subscription; the recommended path comes first."""

    facts: Facts
    open: tuple[OpenPath, ...]
    closed: tuple[ClosedPath, ...]

    @property
    def edition(self) -> str:
        """Return the edition ruled under."""
        return self.facts.edition

    @property
    def main(self) -> OpenPath | None:
        """Return the recommended path; None where nothing is left to decide."""
        return self.open[0] if self.open else None

    @property
    def reason(self) -> Sentence:
        """Return the sentence that sums the ruling up, also where nothing is open."""
        return self.open[0].reason if self.open else self.closed[0].reason

    @property
    def plan_with_base(self) -> bool:
        """Say whether it is an add-on, which moves with its base and is never planned alone."""
        return self.facts.is_add_on

    @property
    def deadline(self) -> Deadline | None:
        """Return the decision deadline: of the days that count, the earliest not yet past."""
        coming = [one for one in _deadlines(self.facts) if one.on >= self.facts.today]
        return min(coming, key=lambda one: one.on) if coming else None

    @property
    def missing_facts(self) -> tuple[MissingFact, ...]:
        """Return the facts somebody should find out."""
        facts = self.facts
        missing = []
        if facts.term_end is None and facts.has_choice_at_term_end:
            missing.append(MissingFact.TERM_END)
        if not facts.customer_country:
            missing.append(MissingFact.CUSTOMER_COUNTRY)
        return tuple(missing)

    @property
    def warnings(self) -> tuple[Caution, ...]:
        """Return what to look at before a path is planned."""
        facts = self.facts
        warnings = []
        if facts.availability != Availability.AVAILABLE and any(one.path in _BUYING for one in self.open):
            if facts.availability == Availability.UNKNOWN:
                warnings.append(Caution.AVAILABILITY_UNKNOWN)
            # An Azure offer of another channel is never sold in CSP; that says nothing of its services.
            elif facts.billing == Billing.LICENSE:
                warnings.append(Caution.NOT_AVAILABLE)
        if facts.term_end is not None and facts.term_end < facts.today and facts.has_choice_at_term_end:
            warnings.append(Caution.TERM_END_PASSED)
        return tuple(warnings)


def rule(facts: Facts) -> Ruling:
    """Rule on one subscription. Refuses an edition, channel or billing it does not know with a KeyError."""
    key = _few_valued(facts)
    paths = _PATHS.get(key)
    if paths is None:
        paths = _PATHS[key] = _paths(facts)
    return Ruling(facts, *paths)


def table(edition: str) -> list[Row]:
    """Return every row of an edition, in the order it is read."""
    return [row for rows in EDITIONS[edition].rows.values() for row in rows]


@cache
def settle(edition: str, channel: str, billing: str, holding: frozenset[Condition]) -> tuple[Row, ...]:
    """Return the row that speaks for each path while these conditions hold: the first's, else the general."""
    spoken: dict[Path, Row] = {}
    for row in EDITIONS[edition].rows[channel, billing]:
        if row.when is None or row.when in holding:
            other = spoken.get(row.path)
            if other is None or _rank(row) < _rank(other):
                spoken[row.path] = row
    return tuple(spoken.values())


_Paths = tuple[tuple[OpenPath, ...], tuple[ClosedPath, ...]]
_PATHS: dict[tuple[object, ...], _Paths] = {}
_ORDER = {condition: place for place, condition in enumerate(Condition)}
_BUYING = frozenset({Path.REPLACE_LICENCES, Path.WAIT_OR_CANCEL, Path.MIGRATE_AZURE})
_ONE_DAY = timedelta(days=1)


def _rank(row: Row) -> int:
    return len(_ORDER) if row.when is None else _ORDER[row.when]


def _paths(facts: Facts) -> _Paths:
    holding = frozenset(condition for condition, holds in HOLDS.items() if holds(facts))
    opened, closed = [], []
    for row in settle(facts.edition, facts.channel, facts.billing, holding):
        if row.open:
            missing = tuple(need for need in row.needs if not MET[need](facts))
            opened.append(
                OpenPath(row.path, row.reason, row.source, row.needs, missing, row.steps, row.direction)
            )
        else:
            closed.append(ClosedPath(row.path, row.reason, row.source))
    return tuple(opened), tuple(closed)


def _deadlines(facts: Facts) -> Iterator[Deadline]:
    if facts.term_end is None or not facts.has_choice_at_term_end:
        return
    if facts.auto_renew == AutoRenew.NO:
        yield Deadline(facts.term_end, _("Auto-renew is off and the term ends."), _("The service stops."))
        return
    yield Deadline(
        facts.term_end - _ONE_DAY,
        _("Auto-renew is on: this is the last day before the renewal.")
        if facts.auto_renew == AutoRenew.YES
        else _("Nobody knows whether it renews, so it counts as if it did: the last day before the renewal."),
        _("It renews for another term."),
    )
