"""The rulebook as database expressions: the rows that rule one subscription in Python, read for a whole list.

`Subscription.objects.with_ruling` puts them into a query. An add-on takes its base's facts.
"""

from collections.abc import Iterator, Mapping
from datetime import date
from functools import cache

from django.db.models import BooleanField, Case, CharField, DateField, Expression, F, Q, Value, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import Exact

from partners.lifecycle import AddDays
from partners.models import Kind, Partner
from partners.regions import countries_of
from subscriptions.editions import EDITIONS
from subscriptions.rulebook import HAS_CHOICE, RUNNING, WHERE, settle
from subscriptions.vocabulary import AutoRenew, Billing, Channel, Condition, Status, Term

NOTHING = ""  # nothing is open
# A path, or a condition with what follows where it holds and where it does not.
Tree = str | tuple[Condition, "Tree", "Tree"]

BASE: Mapping[str, Expression] = {
    **{
        f"base_{name}": Coalesce(f"parent__{name}", name)
        for name in ("channel", "status", "is_trial", "auto_renew", "term")
    },
    **{
        f"base_{name}": Coalesce(f"parent__product__{name}", f"product__{name}")
        for name in ("billing", "one_per_customer")
    },
    "base_term_end": Case(
        When(parent__isnull=False, then=F("parent__term_end")),
        default=F("term_end"),
        output_field=DateField(),
    ),
}

# What has a deadline by its own facts, as an index can know them: the day, and which rows have one at all.
DECISION_DAY = Case(When(auto_renew=AutoRenew.NO, then=F("term_end")), default=AddDays("term_end", -1))
OWN_CHOICE = Q(parent__isnull=True, status__in=[Status(one).value for one in RUNNING]) & ~Q(
    channel=Channel.CSP_OWN.value, term=Term.P1M.value
)
DECIDES = OWN_CHOICE & Q(term_end__isnull=False)
UNKNOWN_END = OWN_CHOICE & Q(term_end__isnull=True)


def decide_by(today: date) -> Case:
    """Write the decision deadline of a row, NULL where none is coming."""
    day = Case(
        When(base_auto_renew=AutoRenew.NO, then=F("base_term_end")), default=AddDays("base_term_end", -1)
    )
    last = Q(base_auto_renew=AutoRenew.NO, base_term_end__gte=today) | Q(base_term_end__gt=today)
    return Case(When(HAS_CHOICE & last, then=day), default=None, output_field=DateField())


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
    is_direct_bill = None if provider is None else provider.kind == Kind.DIRECT_BILL
    return Case(
        *(
            When(base_billing=billing, base_channel__in=channels, then=_expression(tree, where))
            for (tree, billing), channels in _trees(edition, is_direct_bill).items()
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
def _trees(edition: str, is_direct_bill: bool | None) -> dict[tuple[Tree, Billing], list[Channel]]:
    """Return what is recommended in each case, the channels ruled alike together."""
    found: dict[tuple[Tree, Billing], list[Channel]] = {}
    for (channel, billing), rows in EDITIONS[edition].rows.items():
        named = {row.when for row in rows}
        open_questions = tuple(condition for condition in Condition if condition in named)
        tree = _tree(edition, channel, billing, open_questions, frozenset(), is_direct_bill)
        found.setdefault((tree, Billing(billing)), []).append(Channel(channel))
    return found


def _tree(
    edition: str,
    channel: str,
    billing: str,
    asked: tuple[Condition, ...],
    holding: frozenset[Condition],
    is_direct_bill: bool | None,
) -> Tree:
    """Return what is recommended once these conditions are asked in turn; one that changes nothing is not."""
    if not asked:
        spoken = settle(edition, channel, billing, holding)
        return next((row.path.value for row in spoken if row.open), NOTHING)
    condition, *rest = asked
    answers = [
        _tree(edition, channel, billing, tuple(rest), also, is_direct_bill)
        for also in (holding | {condition}, holding)
    ]
    if condition == Condition.DIRECT_BILL and is_direct_bill is not None:
        return answers[0] if is_direct_bill else answers[1]
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
