"""States that only move one way, and the constraints that let the database agree."""

from collections.abc import Iterable, Mapping, Sequence, Set
from typing import Any, ClassVar

from django.db import IntegrityError, models
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.models import Q
from django.db.models.sql.compiler import SQLCompiler
from django.utils.translation import gettext_lazy as _

from partners.errors import Refused


class Lifecycle(models.Model):
    """A row whose status only ever moves along the edges its class declares."""

    MOVES: ClassVar[Mapping[str, Set[str]]] = {}
    status: Any  # each class declares its own field, with its own words

    class Meta:
        abstract = True

    def can_move(self, target: str) -> bool:
        """Say whether the map has this edge."""
        return target in self.MOVES.get(self.status, frozenset())

    def refusal(self, target: str) -> str:
        """Word the refusal of one edge; a class with something better to say says it."""
        return str(_("This is no longer possible: it is now “%(status)s”.")) % {
            "status": self.get_status_display()  # type: ignore[attr-defined]  # from the field's choices
        }

    def move(self, target: str, **stamps: Any) -> None:
        """Take one edge, or refuse. Two people cannot take it twice."""
        if not self.can_move(target):
            raise Refused(self.refusal(target))
        before, after = {"status": self.status}, {"status": target, **stamps}
        if not type(self)._base_manager.filter(pk=self.pk, **before).update(**after):
            raise Refused(str(_("Someone else has just changed this. Look again before you go on.")))
        for name, value in after.items():
            setattr(self, name, value)


def move_all(rows: Sequence[Any], target: str, **stamps: Any) -> None:
    """Let rows of one class, locked by the story, take one edge in one statement, or refuse for all."""
    for row in rows:
        if not row.can_move(target):
            raise Refused(row.refusal(target))
    if not rows:
        return
    before = {row.pk: row.status for row in rows}
    found = type(rows[0])._base_manager.filter(pk__in=list(before), status__in=set(before.values()))
    if found.update(status=target, **stamps) != len(before):
        raise Refused(str(_("Someone else has just changed this. Look again before you go on.")))
    for row in rows:
        for name, value in {"status": target, **stamps}.items():
            setattr(row, name, value)


class AddDays(models.Func):
    """A date whole days later, or earlier, in a form constraints and indexes accept on both databases."""

    arity = 1

    def __init__(self, expression: Any, days: int) -> None:
        self.days = days
        template = f"(%(expressions)s + {int(days)})"
        super().__init__(expression, output_field=models.DateField(), template=template)

    def as_sqlite(
        self, compiler: SQLCompiler, connection: BaseDatabaseWrapper, **extra: Any
    ) -> tuple[str, tuple[Any, ...]]:
        template = f"date(%(expressions)s, '{int(self.days):+d} days')"
        return super().as_sql(compiler, connection, template=template, **extra)


def among(field: str, values: Iterable[str], name: str) -> models.CheckConstraint:
    """Return the constraint that a column holds one of its choices."""
    return models.CheckConstraint(condition=Q(**{f"{field}__in": list(values)}), name=name)


def paired(stamp: str, name: str) -> models.CheckConstraint:
    """Return the constraint that `<stamp>_at` and `<stamp>_by` are both set or both empty."""
    both = Q(**{f"{stamp}_at__isnull": False}) & ~Q(**{f"{stamp}_by": ""})
    neither = Q(**{f"{stamp}_at__isnull": True, f"{stamp}_by": ""})
    return models.CheckConstraint(condition=both | neither, name=name)


def stamped(statuses: Iterable[str], stamp: str, name: str) -> models.CheckConstraint:
    """Return the constraint that a moment is set exactly in these statuses."""
    inside = Q(status__in=list(statuses))
    set_ = Q(**{f"{stamp}_at__isnull": False})
    return models.CheckConstraint(condition=(inside & set_) | (~inside & ~set_), name=name)


def broke(problem: IntegrityError, model: type[models.Model], name: str) -> bool:
    """Say whether this unique constraint of the model, and no other, is the one that was broken.

    PostgreSQL names the constraint; SQLite names only its columns, in order.
    """
    diagnostics = getattr(problem.__cause__, "diag", None)
    if diagnostics is not None:
        return str(diagnostics.constraint_name) == name
    table = model._meta.db_table
    for constraint in model._meta.constraints:
        if constraint.name == name and isinstance(constraint, models.UniqueConstraint):
            columns = {field.name: f"{table}.{field.column}" for field in model._meta.concrete_fields}
            return str(problem).endswith("failed: " + ", ".join(columns[name] for name in constraint.fields))
    return False
