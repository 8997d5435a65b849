"""The rulebook as database expressions: the rows that rule one subscription in Python, read for a whole list.

`Subscription.objects.with_ruling` puts them into a query. An add-on takes its base's facts.
"""

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from functools import cache
from typing import Any

from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import BooleanField, Case, CharField, DateField, Expression, F, Func, Q, Value, When
from django.db.models.functions import Coalesce, Greatest
from django.db.models.lookups import Exact, GreaterThanOrEqual, LessThan
from django.db.models.sql.compiler import SQLCompiler

from partners.lifecycle import AddDays
from partners.models import Kind, Partner
from partners.regions import countries_of
from subscriptions.editions import EDITIONS
from subscriptions.facts import HAS_CHOICE, MONTHS, RUNNING, WHERE
from subscriptions.rulebook import settle
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Condition, Status, Term

NOTHING = ""  # nothing is open
OF_THE_PROVIDER = (Condition.DIRECT_BILL, Condition.EXPERT_MSP)
Known = tuple[bool, bool] | None  # what holds of these two, where the provider is known
_LONG_TERMS = (Term.P1Y.value, Term.P3Y.value)
_ONE_DAY = timedelta(days=1)
# A path, or a condition with what follows where it holds and where it does not.
Tree = str | tuple[Condition, "Tree", "Tree"]

BASE: Mapping[str, Expression] = {
    **{
        f"base_{name}": Coalesce(f"parent__{name}", name)
        for name in ("channel", "status", "is_trial", "auto_renew", "term", "is_legacy_commerce")
    },
    **{
        f"base_{name}": Coalesce(f"parent__product__{name}", f"product__{name}")
        for name in ("billing", "one_per_customer", "azure_offer")
    },
    **{
        f"base_{name}": Case(
            When(parent__isnull=False, then=F(f"parent__{name}")),
            default=F(name),
            output_field=DateField(),
        )
        for name in ("term_end", "started_on")
    },
}


class MonthsBefore(Func):
    """The same day some months before, or that month's last, in a form indexes accept on both databases."""

    arity = 1

    def __init__(self, expression: Any, months: int) -> None:
        self.months = months
        template = f"((%(expressions)s - interval '{int(months)} months')::date)"
        super().__init__(expression, output_field=DateField(), template=template)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[Any, ...]]:
        # Where that month is shorter SQLite runs over into the next one: its last day is the earlier then.
        same = f"date(%(expressions)s, '-{int(self.months)} months')"
        last = f"date(%(expressions)s, 'start of month', '-{int(self.months) - 1} months', '-1 day')"
        return super().as_sql(compiler, connection, template=f"min({same}, {last})", **extra)


def term_start(base: str = "") -> Coalesce:
    """Write the day of the purchase or of the latest renewal: of what is recorded, the later.

    A month of ours rolls on by itself: nobody asks when it began.
    """
    started, end = F(f"{base}started_on"), f"{base}term_end"
    begun = Case(
        *(When(**{f"{base}term": term}, then=MonthsBefore(end, MONTHS[term])) for term in _LONG_TERMS),
        default=None,
        output_field=DateField(),
    )
    return Coalesce(Greatest(started, begun), started, begun)


# What has a deadline by its own facts, as an index can know them: the day, and which rows have one at all.
DECISION_DAY = Case(When(auto_renew=AutoRenew.NO, then=F("term_end")), default=AddDays("term_end", -1))
OWN_CHOICE = Q(parent__isnull=True, status__in=[Status(one).value for one in RUNNING]) & ~Q(
    channel=Channel.CSP_OWN.value, term=Term.P1M.value
)
DECIDES = OWN_CHOICE & Q(term_end__isnull=False)
UNKNOWN_END = OWN_CHOICE & Q(term_end__isnull=True)
# What can still be reduced or cancelled for some days after it was bought or renewed.
TERM_START = term_start()
SOLD = DECIDES & Q(channel=Channel.CSP_OWN.value)


def decide_by(today: date, edition: str | None = None) -> Case:
    """Write the decision deadline of a row, NULL where none is coming; edition as in `path`."""
    day = Case(
        When(base_auto_renew=AutoRenew.NO, then=F("base_term_end")), default=AddDays("base_term_end", -1)
    )
    first = _first_coming(day, term_start("base_"), Q(base_channel=Channel.CSP_OWN), today, edition)
    coming = Q(GreaterThanOrEqual(first, today))
    return Case(When(HAS_CHOICE & coming, then=first), default=None, output_field=DateField())


def decision_day(today: date, edition: str | None = None) -> Expression:
    """Write the decision deadline of a row that `DECIDES`, by its own facts; a day past where none is coming.

    Under an edition that lets what was bought be cancelled on any day it is what the index sorts.
    """
    sold = Q(channel=Channel.CSP_OWN)
    return _first_coming(DECISION_DAY, TERM_START, sold, today, edition)


def decides_within(first: date, last: date, edition: str | None = None) -> Q:
    """Write, so that indexes find them, which rows can have their decision deadline on these days."""
    windows = _windows(edition)
    if not windows:
        return Q()  # the day itself is what the index sorts
    found = Q(GreaterThanOrEqual(DECISION_DAY, first), LessThan(DECISION_DAY, last + _ONE_DAY))
    for days in set(windows.values()):
        begun = [day - timedelta(days=days) for day in (first, last + _ONE_DAY)]
        found |= SOLD & Q(GreaterThanOrEqual(TERM_START, begun[0]), LessThan(TERM_START, begun[1]))
    return found


def _windows(edition: str | None) -> dict[str, int]:
    """Return for how many days what was bought can be taken back, by the editions that limit it."""
    return {
        name: one.window_days
        for name, one in EDITIONS.items()
        if one.window_days is not None and edition in (None, name)
    }


def _first_coming(
    day: Expression, start: Expression, sold: Q, today: date, edition: str | None
) -> Expression:
    """Write the earlier deadline not yet past: the one before the term ends, or the one after it began."""
    cases = []
    for name, days in _windows(edition).items():
        last = AddDays(start, days)
        earlier = Q(LessThan(last, day)) | Q(LessThan(day, today))
        # Not by a join: it would be made before the few rows of a reseller are found.
        under = Q() if edition else Q(provider__in=Partner.objects.filter(edition=name).values("pk"))
        cases.append(When(under & sold & Q(GreaterThanOrEqual(last, today)) & earlier, then=last))
    return Case(*cases, default=day, output_field=DateField()) if cases else day


def path(edition: str | None = None, provider: Partner | None = None) -> Case:
    """Write the recommended open path of a row, empty where nothing is open.

    Without an edition each row is ruled under its provider's; a provider named is not asked row by row.
    """
    if edition is not None:
        return _path_under(edition, provider)
    return Case(
        *(When(provider__edition=one, then=_path_under(one, provider)) for one in EDITIONS),
        default=Value(NOTHING),
        output_field=CharField(),
    )


def is_path(code: str, edition: str | None = None, provider: Partner | None = None) -> Case:
    """Write that a path is the recommended one.

    Yes or no, so that the database reckons with many such rows and reads a list in its order up to the page's
    end; of an equality it expects so few that it sorts them all.
    """
    said = Exact(path(edition, provider), code)
    return Case(When(said, then=Value(True)), default=Value(False), output_field=BooleanField())


def may_be(code: str, edition: str | None = None) -> Q:
    """Write what a row itself must be for a path to be recommended: it is read before anything is joined."""
    editions = EDITIONS if edition is None else (edition,)
    trees = (item for one in editions for item in _trees(one, None).items())
    channels = {channel for (tree, _billing), some in trees if code in _leaves(tree) for channel in some}
    return Q(channel__in=sorted(channels)) | Q(parent__isnull=False)


def _path_under(edition: str, provider: Partner | None) -> Case:
    where = WHERE
    if provider is not None:
        abroad = ~Q(customer__country__in=["", *countries_of(provider.region)])
        where = {**WHERE, Condition.OTHER_REGION: abroad}
    is_direct_bill = provider is not None and provider.kind == Kind.DIRECT_BILL
    known = None if provider is None else (is_direct_bill, is_direct_bill and provider.azure_expert_msp)
    return Case(
        *(
            When(base_billing=billing, base_channel__in=channels, then=_expression(tree, where))
            for (tree, billing), channels in _trees(edition, known).items()
        ),
        default=Value(NOTHING),
        output_field=CharField(),
    )


def _expression(tree: Tree, where: Mapping[Condition, Q]) -> Expression:
    if isinstance(tree, str):
        return Value(tree)
    condition, there, else_ = tree
    return Case(When(where[condition], then=_expression(there, where)), default=_expression(else_, where))


@cache
def _trees(edition: str, known: Known) -> dict[tuple[Tree, Billing], list[Channel]]:
    """Return what is recommended in each case, the channels ruled alike together."""
    found: dict[tuple[Tree, Billing], list[Channel]] = {}
    for (channel, billing), rows in EDITIONS[edition].rows.items():
        named = {row.when for row in rows}
        open_questions = tuple(condition for condition in Condition if condition in named)
        tree = _tree(edition, channel, billing, open_questions, frozenset(), known)
        found.setdefault((tree, Billing(billing)), []).append(Channel(channel))
    return found


def _tree(
    edition: str,
    channel: str,
    billing: str,
    asked: tuple[Condition, ...],
    holding: frozenset[Condition],
    known: Known,
) -> Tree:
    """Return what is recommended once these conditions are asked in turn; one that changes nothing is not."""
    if not asked:
        spoken = settle(edition, channel, billing, holding)
        return next((row.path.value for row in spoken if row.open), NOTHING)
    condition, *rest = asked
    answers = [
        _tree(edition, channel, billing, tuple(rest), also, known)
        for also in (holding | {condition}, holding)
    ]
    if known is not None and condition in OF_THE_PROVIDER:
        return answers[0] if known[OF_THE_PROVIDER.index(condition)] else answers[1]
    return answers[0] if answers[0] == answers[1] else (condition, answers[0], answers[1])


@cache
def recommended() -> frozenset[str]:
    """Return the paths some edition recommends in some case."""
    return frozenset(
        leaf for edition in EDITIONS for tree, _ in _trees(edition, None) for leaf in _leaves(tree)
    )


def _leaves(tree: Tree) -> Iterator[str]:
    if isinstance(tree, str):
        yield tree
    else:
        yield from (leaf for branch in tree[1:] for leaf in _leaves(branch))
