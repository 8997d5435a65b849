"""Rulings of stored subscriptions: the facts of many rows gathered in a constant number of queries."""

from collections.abc import Sequence
from datetime import datetime

from django.db.models import QuerySet

from customers import standing
from customers.standing import NOWHERE, Standing
from subscriptions import rulebook
from subscriptions.models import Subscription
from subscriptions.rulebook import Deadline, Ruling


def with_facts(rows: "QuerySet[Subscription]") -> "QuerySet[Subscription]":
    """Read with each row what its facts are made of."""
    return rows.select_related("customer", "provider", "product", "parent__product")


def rule(rows: Sequence[Subscription], at: datetime) -> list[tuple[Subscription, Ruling]]:
    """Rule on rows read by `with_facts`; the standing of all their customers takes two queries."""
    standings = standing.standings({row.customer_id for row in rows}, at)
    return [(row, rulebook.rule(row.facts(standings[row.customer_id], at))) for row in rows]


def rule_on(row: Subscription, stands: Standing, at: datetime) -> Ruling:
    """Rule on one row of a customer whose standing is known."""
    return rulebook.rule(row.facts(stands, at))


def deadline(row: Subscription, at: datetime) -> Deadline | None:
    """Return the decision deadline of a row; it depends on nothing but the row's own facts."""
    return rulebook.rule(row.facts(NOWHERE, at)).deadline
