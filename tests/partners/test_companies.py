"""The stories staff tell about a company's place: moved under another, without cycle or fourth level."""

from datetime import datetime

import pytest
from django.db.models import ProtectedError

from partners import companies
from partners.actor import Actor
from partners.errors import Refused
from partners.models import Partner
from tests.conftest import Log
from tests.factories import MembershipFactory, PartnerFactory

WHY = "The group was sold"


def company(name: str, parent: Partner | None = None) -> Partner:
    return PartnerFactory(reseller=True, name=name, parent=parent)


@pytest.fixture
def group(db: None, now: datetime) -> dict[str, Partner]:
    """Two groups of resellers: A over B over C, and X over Y."""
    a = company("A")
    b = company("B", a)
    x = company("X")
    return {"a": a, "b": b, "c": company("C", b), "x": x, "y": company("Y", x)}


def parent_of(partner: Partner) -> Partner | None:
    return Partner.objects.get(pk=partner.pk).parent


def test_move_takes_all_under_it_along(
    group: dict[str, Partner], staff: Actor, log: Log, now: datetime
) -> None:
    companies.move(group["b"], group["x"], reason=WHY, by=staff, at=now)
    assert parent_of(group["b"]) == group["x"]
    assert parent_of(group["c"]) == group["b"]
    assert log.verbs() == ["company.moved"]
    assert log.names(group["b"])
    assert (log.details()["fields"], log.details()["reason"]) == ({"parent": ["A", "X"]}, WHY)
    assert log.readers() == {"B"}
    companies.move(group["b"], None, reason=WHY, by=staff, at=now)
    assert parent_of(group["b"]) is None


@pytest.mark.parametrize(
    ("moved", "under", "words"),
    [
        ("a", "a", "cannot stand above itself"),
        ("a", "c", "cannot stand above itself"),
        ("a", "x", "at most three levels"),
        ("b", "y", "at most three levels"),
        ("x", "c", "at most three levels"),
        ("b", "a", "stands there already"),
    ],
)
def test_move_refused_where_it_cannot_stand(
    group: dict[str, Partner], staff: Actor, now: datetime, moved: str, under: str, words: str
) -> None:
    before = parent_of(group[moved])
    with pytest.raises(Refused, match=words):
        companies.move(group[moved], group[under], reason=WHY, by=staff, at=now)
    assert parent_of(group[moved]) == before


def test_move_refused_under_another_kind(
    group: dict[str, Partner], northwind: Partner, staff: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="same kind"):
        companies.move(group["c"], northwind, reason=WHY, by=staff, at=now)


def test_move_is_staffs_and_wants_a_reason(
    group: dict[str, Partner], staff: Actor, anna: Actor, now: datetime
) -> None:
    with pytest.raises(Refused, match="Only staff"):
        companies.move(group["c"], None, reason=WHY, by=anna, at=now)
    with pytest.raises(Refused, match="Give a reason"):
        companies.move(group["c"], None, reason=" ", by=staff, at=now)


def test_move_reads_the_hierarchy_anew(group: dict[str, Partner], staff: Actor, now: datetime) -> None:
    stale = Partner.objects.select_related("parent").get(pk=group["b"].pk)
    companies.move(group["x"], group["c"].parent.parent, reason=WHY, by=staff, at=now)  # X under A
    with pytest.raises(Refused):
        companies.move(group["a"], group["x"], reason=WHY, by=staff, at=now)
    assert companies.line_of(stale) == {group["a"].pk, group["b"].pk}


def test_tree_lists_every_company_before_those_under_it(group: dict[str, Partner]) -> None:
    company("A")  # another of the same name keeps its own place
    rows = [(row.name, row.level, row.location_count) for row in Partner.objects.as_tree()]
    assert rows == [
        ("A", 1, 1),
        ("B", 2, 1),
        ("C", 3, None),
        ("A", 1, None),
        ("X", 1, 1),
        ("Y", 2, None),
    ]


def test_company_with_others_under_it_is_never_deleted(group: dict[str, Partner]) -> None:
    with pytest.raises(ProtectedError):
        group["a"].delete()


def test_company_with_a_history_is_never_deleted(
    group: dict[str, Partner], staff: Actor, now: datetime
) -> None:
    companies.suspend(group["y"], reason=WHY, by=staff, at=now)
    MembershipFactory(partner=group["y"])
    with pytest.raises(ProtectedError):
        group["y"].delete()
    assert Partner.objects.filter(pk=group["y"].pk).exists()


def test_move_refused_when_another_changed_the_line_meanwhile(
    group: dict[str, Partner], staff: Actor, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    look, looks = companies.line_of, iter([set(), {group["x"].pk}])

    def see_it_change(*rows: Partner | None) -> set[int]:
        return look(*rows) | next(looks)

    monkeypatch.setattr(companies, "line_of", see_it_change)
    with pytest.raises(Refused, match="Someone else has just changed this"):
        companies.move(group["c"], None, reason=WHY, by=staff, at=now)
    assert parent_of(group["c"]) == group["b"]


def test_reactivated_company_acts_again(
    group: dict[str, Partner], staff: Actor, log: Log, now: datetime
) -> None:
    companies.suspend(group["a"], reason=WHY, by=staff, at=now)
    companies.reactivate(group["a"], reason="Paid", by=staff, at=now)
    assert Partner.objects.get(pk=group["a"].pk).is_active
    assert log.verbs() == ["company.suspended", "company.reactivated"]
