"""The log: what a story writes into it, and that nothing of it can be changed unseen."""

import json
import re
import threading
from datetime import date, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, IntegrityError, connection, connections, models, transaction

from partners import activity, triggers
from partners.actor import Actor
from partners.models import Activity, ActivityChain, ActivityPerson, ActivityReader, Partner, Partnership
from tests.conftest import MOMENT as AT

pytestmark = pytest.mark.django_db


class Story(models.TextChoices):
    TOLD = "story.told", "Story told"


def tell(by: Actor, **more: Any) -> Activity:
    with transaction.atomic():
        return activity.record(Story.TOLD, **{"by": by, "at": AT, **more})


def raw(statement: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def chain() -> ActivityChain:
    return ActivityChain.objects.get()


# --- what is written ---------------------------------------------------------------------------


def test_record_keeps_who_did_what_when_and_for_whom(anna: Actor, fabrikam: Partner) -> None:
    row = tell(
        anna,
        about=fabrikam,
        on_behalf_of="Fabrikam",
        details={"changed": activity.changed(fabrikam), "until": date(2026, 5, 1), "at": AT},
        personal={"covering": "Dear Anna"},
    )
    row = Activity.objects.get(pk=row.pk)
    assert (row.verb, row.at, row.actor_kind, row.actor_company) == (
        "story.told",
        AT,
        "member",
        "Northwind Traders",
    )
    assert (row.object_type, row.object_ref, row.object_label) == (
        "partners.partner",
        fabrikam.pk,
        "Fabrikam",
    )
    assert row.on_behalf_of == "Fabrikam"
    assert json.loads(row.details) == {
        "changed": [["partners.partner", fabrikam.pk, "active"]],
        "until": "2026-05-01",
        "at": "2026-03-10T09:30:00.000000+00:00",
    }
    assert json.loads(row.person.text) == {
        "covering": "Dear Anna",
        "name": "Anna Admin",
        "email": "anna@northwind.example",
    }
    assert "anna@" not in str(Activity.objects.values().get(pk=row.pk)).lower()


def test_record_refused_outside_a_transaction(transactional_db: None) -> None:
    with pytest.raises(RuntimeError):
        activity.record(Story.TOLD, by=Actor.system(), at=AT)


def test_details_refuse_what_is_no_plain_value(anna: Actor) -> None:
    with pytest.raises(TypeError):
        tell(anna, details={"who": object()})


def test_rows_go_into_the_provider_s_chain_else_the_actor_s_else_staff_s(
    anna: Actor, northwind: Partner, tailspin: Partner
) -> None:
    assert tell(anna, provider=tailspin).chain.key == f"partner:{tailspin.pk}"
    assert tell(anna).chain.key == f"partner:{northwind.pk}"
    assert tell(Actor.system()).chain.key == "staff"


def test_positions_count_up_and_each_row_follows_the_one_before(anna: Actor) -> None:
    first, second = tell(anna), tell(anna)
    assert (first.position, second.position) == (1, 2)
    assert (first.previous_hash, second.previous_hash) == ("", first.hash)
    assert (chain().length, chain().head) == (2, second.hash)


def test_readers_are_the_parties_the_provider_and_the_actor_s_company(
    anna: Actor, northwind: Partner, fabrikam: Partner, tom: Actor
) -> None:
    row = tell(anna, seen_by=[fabrikam, fabrikam])
    assert set(row.readers.values_list("partner", flat=True)) == {northwind.pk, fabrikam.pk}
    assert row in Activity.objects.visible_to(anna)
    assert not Activity.objects.visible_to(tom).exists()


def test_a_rolled_back_story_leaves_no_row(anna: Actor) -> None:
    with transaction.atomic():
        tell(anna)
        transaction.set_rollback(True)
    assert not Activity.objects.exists()
    assert not ActivityChain.objects.exists()


def test_a_model_may_name_itself_without_the_person(anna: Actor, fabrikam: Partner) -> None:
    fabrikam.log_label = "Fabrikam, the company"  # type: ignore[attr-defined]
    assert tell(anna, about=fabrikam).object_label == "Fabrikam, the company"


# --- what pages show ---------------------------------------------------------------------------


def test_verbs_are_shown_in_words() -> None:
    activity.verbs(Story)
    assert activity.label("story.told") == "Story told"
    assert ("story.told", "Story told") in activity.choices()
    assert activity.label("nobody.declares") == "nobody.declares"


def test_entries_cost_one_query_however_many(
    anna: Actor, northwind: Partner, django_assert_num_queries: Any
) -> None:
    for number in range(5):
        tell(anna, customer=northwind, details={"number": number})
    with django_assert_num_queries(1):
        shown = activity.entries(Activity.objects.order_by("pk"))
    assert [entry.details["number"] for entry in shown] == [0, 1, 2, 3, 4]
    assert {(entry.who, entry.company, entry.customer) for entry in shown} == {
        ("Anna Admin", "Northwind Traders", "Northwind Traders")
    }


# --- the proof ---------------------------------------------------------------------------------


def test_a_whole_chain_verifies(anna: Actor, fabrikam: Partner, staff: Actor) -> None:
    for number in range(12):
        tell(anna, about=fabrikam, seen_by=[fabrikam], details={"number": number, "text": "àèì “quoted” 🦉"})
    tell(staff)
    assert activity.verify_all() == []


def test_verify_reads_in_chunks(anna: Actor, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(activity, "CHUNK", 2)
    for _ in range(5):
        tell(anna)
    assert activity.verify(chain()) == []


TAMPERED = {
    "position": "7",
    "at": "'2020-01-01 00:00:00+00:00'",
    "verb": "'story.untold'",
    "actor_kind": "'staff'",
    "actor_company": "'Tailspin Toys'",
    "on_behalf_of": "'somebody else'",
    "customer_ref": "99",
    "customer_label": "'Contoso'",
    "object_type": "'partners.user'",
    "object_ref": "98",
    "object_label": "'Somebody'",
    "details": "'{}'",
    "personal_digest": "'00'",
    "previous_hash": "'00'",
    "hash": "'00'",
}


def test_every_column_of_the_log_is_tampered_with_below() -> None:
    columns = {field.column for field in Activity._meta.fields}
    assert columns == {*TAMPERED, "id", "chain_id"}


def test_verify_of_the_newest_rows_reads_those_and_the_one_before(anna: Actor) -> None:
    rows = [tell(anna) for _ in range(5)]
    assert activity.verify(chain(), newest=2) == []
    with triggers.suspended(connection):
        Activity.objects.filter(pk=rows[0].pk).update(verb="other")
    assert activity.verify(chain(), newest=2) == []
    assert activity.verify(chain())
    with triggers.suspended(connection):
        Activity.objects.filter(pk=rows[2].pk).update(hash="0" * 64)
    assert activity.verify(chain(), newest=2)


@pytest.mark.parametrize("column", TAMPERED)
def test_verify_names_the_row_whose_column_was_changed(
    column: str, anna: Actor, northwind: Partner, fabrikam: Partner
) -> None:
    rows = [tell(anna, about=northwind, customer=northwind, details={"number": n}) for n in range(3)]
    assert activity.verify_all() == []
    with triggers.suspended(connection):
        raw(f"UPDATE partners_activity SET {column} = {TAMPERED[column]} WHERE id = %s", rows[1].pk)  # noqa: S608 - ours
    problems = activity.verify(chain())
    assert any(f"({rows[1].pk})" in problem for problem in problems)
    assert not any(f"({rows[0].pk})" in problem for problem in problems)


def test_verify_notices_a_row_moved_to_another_chain(anna: Actor) -> None:
    row = tell(anna)
    other = ActivityChain.objects.create(key="staff")
    with triggers.suspended(connection):
        raw("UPDATE partners_activity SET chain_id = %s WHERE id = %s", other.pk, row.pk)
        raw("UPDATE partners_activitychain SET length = 1, head = %s WHERE id = %s", row.hash, other.pk)
        raw("UPDATE partners_activitychain SET length = 0, head = '' WHERE id <> %s", other.pk)
    assert len(activity.verify(other)) == 1


def test_verify_notices_a_reader_added_or_taken_away(anna: Actor, fabrikam: Partner) -> None:
    added, taken, untouched = (tell(anna, seen_by=[]) for _ in range(3))
    ActivityReader.objects.create(activity=added, partner=fabrikam)
    with triggers.suspended(connection):
        taken.readers.all().delete()
    problems = " ".join(activity.verify(chain()))
    assert f"({added.pk})" in problems
    assert f"({taken.pk})" in problems
    assert f"({untouched.pk})" not in problems


@pytest.mark.parametrize("position", [1, 2, 3])
def test_verify_notices_a_row_cut_out(position: int, anna: Actor) -> None:
    rows = [tell(anna) for _ in range(3)]
    with triggers.suspended(connection):
        for table in ("partners_activityreader", "partners_activityperson"):
            raw(f"DELETE FROM {table} WHERE activity_id = %s", rows[position - 1].pk)  # noqa: S608 - ours
        raw("DELETE FROM partners_activity WHERE id = %s", rows[position - 1].pk)
    assert activity.verify(chain())


def test_verify_notices_a_row_beyond_the_head(anna: Actor) -> None:
    tell(anna)
    last = tell(anna)
    with triggers.suspended(connection):
        raw("UPDATE partners_activitychain SET length = 1, head = %s", last.previous_hash)
    assert [str(last.pk) in problem for problem in activity.verify(chain())] == [True]


def test_verify_notices_a_changed_or_missing_person(anna: Actor) -> None:
    changed, salted, gone, _untouched = (tell(anna) for _ in range(4))
    with triggers.suspended(connection):
        raw("UPDATE partners_activityperson SET text = '{}' WHERE activity_id = %s", changed.pk)
        raw("UPDATE partners_activityperson SET salt = 'x' WHERE activity_id = %s", salted.pk)
        raw("DELETE FROM partners_activityperson WHERE activity_id = %s", gone.pk)
    problems = activity.verify(chain())
    assert len(problems) == 3
    for row, problem in zip((changed, salted, gone), problems, strict=True):
        assert f"({row.pk})" in problem


def test_a_person_is_forgotten_and_the_chain_still_verifies(anna: Actor) -> None:
    row, other = tell(anna), tell(anna)
    activity.erase_person(row, AT + timedelta(days=1))
    person = ActivityPerson.objects.get(activity=row)
    assert (person.text, person.salt, person.erased_at) == ("", "", AT + timedelta(days=1))
    assert activity.verify_all() == []
    assert [entry.who for entry in activity.entries(Activity.objects.order_by("pk"))] == [
        "erased",
        "Anna Admin",
    ]
    activity.erase_person(row, AT + timedelta(days=2))
    assert ActivityPerson.objects.get(activity=row).erased_at == AT + timedelta(days=1)
    assert ActivityPerson.objects.get(activity=other).text


def test_verify_notices_a_person_who_only_seems_erased(anna: Actor) -> None:
    row = tell(anna)
    with triggers.suspended(connection):
        raw("UPDATE partners_activityperson SET erased_at = '2026-03-03 00:00:00+00:00'")
    assert [f"({row.pk})" in problem for problem in activity.verify(chain())] == [True]


# --- the database refuses ----------------------------------------------------------------------


def test_all_triggers_are_in_the_schema() -> None:
    assert triggers.missing(connection) == []


REFUSED = [
    "UPDATE partners_activity SET verb = 'x'",
    "DELETE FROM partners_activity",
    "UPDATE partners_activityreader SET partner_id = partner_id",
    "DELETE FROM partners_activityreader",
    "DELETE FROM partners_activityperson",
    "UPDATE partners_activityperson SET text = '{}'",
    "UPDATE partners_activityperson SET text = '', salt = ''",
    "UPDATE partners_activityperson SET erased_at = '2026-03-03 00:00:00+00:00'",
    "DELETE FROM partners_activitychain",
    "UPDATE partners_activitychain SET length = 0",
    "UPDATE partners_activitychain SET head = 'x'",
    "UPDATE partners_activitychain SET key = 'staff', length = length + 1",
]
LOG = ("partners_activity", "partners_activityreader", "partners_activityperson", "partners_activitychain")


@pytest.mark.parametrize("statement", REFUSED)
def test_raw_sql_cannot_change_the_log(statement: str, anna: Actor) -> None:
    tell(anna)
    verb, table = re.findall(r"UPDATE|DELETE|partners_\w+", statement)[:2]
    with pytest.raises(IntegrityError, match=f"{table}: {verb} is refused"), transaction.atomic():
        raw(statement)
    assert activity.verify_all() == []


@pytest.mark.postgres
@pytest.mark.parametrize("table", LOG)
def test_truncate_cannot_empty_the_log(table: str, anna: Actor) -> None:
    tell(anna)
    raw("SET CONSTRAINTS ALL IMMEDIATE")
    with pytest.raises(IntegrityError, match=f"{table}: TRUNCATE is refused"), transaction.atomic():
        raw(f"TRUNCATE {table} CASCADE")
    assert Activity.objects.count() == 1


def test_the_orm_cannot_change_the_log_either(anna: Actor) -> None:
    row = tell(anna)
    with pytest.raises(IntegrityError), transaction.atomic():
        row.save()
    with pytest.raises((IntegrityError, models.ProtectedError)), transaction.atomic():
        row.delete()
    with pytest.raises(IntegrityError), transaction.atomic():
        Activity.objects.update(verb="x")


def test_the_switch_is_off_again_after_trouble(anna: Actor) -> None:
    with pytest.raises(IntegrityError), triggers.suspended(connection):
        raise IntegrityError(triggers.missing(connection))
    assert triggers.missing(connection) == []


def test_triggers_come_back_with_every_migrate(anna: Actor) -> None:
    triggers.drop(connection)
    assert len(triggers.missing(connection)) > 5
    triggers.install_after_migrate(Partnership._meta.app_config, connection.alias)  # type: ignore[attr-defined]
    assert triggers.missing(connection) == []


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("turn", [1, 2])
def test_a_test_with_real_transactions_can_be_flushed(turn: int, anna: Actor) -> None:
    """Run twice: the second time finds an empty log and all triggers in place."""
    assert not Activity.objects.exists()
    assert triggers.missing(connection) == []
    tell(anna)


# --- many at once ------------------------------------------------------------------------------


@pytest.mark.postgres
@pytest.mark.django_db(transaction=True)
def test_six_writers_do_not_fork_the_chain(anna: Actor, northwind: Partner, fabrikam: Partner) -> None:
    start = threading.Barrier(6)
    problems: list[BaseException] = []

    def write() -> None:
        try:
            start.wait()
            for _ in range(20):
                tell(anna, provider=northwind, seen_by=[fabrikam])
        except (DatabaseError, threading.BrokenBarrierError) as problem:
            problems.append(problem)
        finally:
            connections.close_all()

    writers = [threading.Thread(target=write) for _ in range(6)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert problems == []
    assert chain().length == 120
    assert list(Activity.objects.order_by("position").values_list("position", flat=True)) == list(
        range(1, 121)
    )
    assert activity.verify_all() == []
