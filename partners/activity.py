"""The log: one row per story and provider, chained by hash, and the proof that it is whole.

`record` is the last thing a story does, because it locks the head of the chain; a story that writes to two
chains records in the order of their keys.
"""

import hashlib
import json
import secrets
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any, Protocol, TypeVar
from uuid import UUID

from django.db import connection, models
from django.db.models import F
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from partners.actor import Actor
from partners.models import Activity, ActivityChain, ActivityPerson, ActivityReader, Partner
from partners.models.activity import ActivityQuerySet

STAFF_CHAIN = "staff"
CHUNK = 2000

_labels: dict[str, Any] = {}
_details: dict[str, tuple[Any, dict[str, Any]]] = {}
Verbs = TypeVar("Verbs", bound=type[models.TextChoices])


class Named(Protocol):
    """A customer, of which the ground floor knows no more than a key and a name."""

    pk: Any
    name: Any


def verbs(declared: Verbs) -> Verbs:
    """Register the log verbs a story module declares, so that pages can show them in words."""
    _labels.update({verb.value: verb.label for verb in declared})
    return declared


def label(verb: str) -> str:
    """Return a verb in words; one that nobody declares any more as it is written."""
    return str(_labels.get(verb, verb))


def choices() -> list[tuple[str, str]]:
    """Return every declared verb with its words, in the order of the words."""
    return sorted(((verb, str(words)) for verb, words in _labels.items()), key=lambda pair: pair[1])


def explain(name: str, words: Any, choices: Iterable[tuple[str, Any]] = ()) -> None:
    """Register the words of a detail that story modules write, and those of its values."""
    _details[name] = (words, dict(choices))


def detail(name: str) -> tuple[str, Mapping[str, Any]]:
    """Return the words of a detail, as it is written if nobody explains it, and those of its values."""
    words, choices = _details.get(name, (name, {}))
    return str(words), choices


explain("changed", gettext_lazy("What changed"))
explain("stopped_with_it", gettext_lazy("What stopped with it"))
explain("reason", gettext_lazy("Reason"))
explain("fields", gettext_lazy("Fields"))


def changed(*objects: models.Model) -> list[list[Any]]:
    """Name the objects a story changed, for its details: kind, key and the status they have now."""
    return [[thing._meta.label_lower, thing.pk, str(getattr(thing, "status", ""))] for thing in objects]


def canonical(value: Any) -> str:
    """Return the one text of a value that is hashed and stored: JSON, keys sorted, nothing escaped."""
    return json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_plain)


def _plain(value: Any) -> str:
    if isinstance(value, datetime):
        return _moment(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Decimal | Promise | UUID):
        return str(value)
    raise TypeError(f"{type(value).__name__} has no place in the details of the log")


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(timespec="microseconds")


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _text_of(row: Activity, chain_key: str, readers: Iterable[int]) -> str:
    """Return everything a row says and who may read it, as the text its hash is taken of."""
    return canonical(
        {
            "actor_company": row.actor_company,
            "actor_kind": row.actor_kind,
            "at": row.at,
            "chain": chain_key,
            "customer_label": row.customer_label,
            "customer_ref": row.customer_ref,
            "details": row.details,
            "object_label": row.object_label,
            "object_ref": row.object_ref,
            "object_type": row.object_type,
            "on_behalf_of": row.on_behalf_of,
            "personal_digest": row.personal_digest,
            "position": row.position,
            "previous_hash": row.previous_hash,
            "readers": sorted(readers),
            "verb": row.verb,
        }
    )


def chain_of(provider: Partner | None, by: Actor) -> str:
    """Return the key of the chain a story belongs to: its provider's, the acting company's, or staff's."""
    owner = provider or by.partner
    return f"partner:{owner.pk}" if owner else STAFF_CHAIN


def record(
    verb: str,
    *,
    by: Actor,
    at: datetime,
    provider: Partner | None = None,
    about: models.Model | None = None,
    customer: "Named | None" = None,
    seen_by: Iterable[Partner] = (),
    on_behalf_of: str = "",
    details: Mapping[str, Any] | None = None,
    personal: Mapping[str, Any] | None = None,
) -> Activity:
    """Write what a story did, inside its transaction; returns the row.

    `personal` holds what may have to be forgotten one day: it is kept apart from the row, beside the actor's
    name and address, and the chain holds only a salted digest of it. `details` name objects, not people.
    """
    if not connection.in_atomic_block:
        raise RuntimeError("The log is written inside the story's transaction.")
    readers = {partner.pk for partner in (*seen_by, provider, by.partner) if partner is not None}
    person = canonical({**(personal or {}), "name": by.label, "email": by.email})
    salt = secrets.token_hex(16)
    key = chain_of(provider, by)
    chain, _new = ActivityChain.objects.select_for_update().get_or_create(key=key)
    row = Activity(
        chain=chain,
        position=chain.length + 1,
        at=at,
        verb=str(verb),
        actor_kind=str(by.kind),
        actor_company=by.company[:160],
        on_behalf_of=on_behalf_of[:160],
        customer_ref=customer.pk if customer is not None else None,
        customer_label=customer.name[:160] if customer is not None else "",
        object_type=about._meta.label_lower if about is not None else "",
        object_ref=about.pk if about is not None else None,
        object_label=_label_of(about)[:200],
        details=canonical(details or {}),
        personal_digest=_digest(salt + person),
        previous_hash=chain.head,
    )
    row.hash = _digest(_text_of(row, key, readers))
    row.save(force_insert=True)
    ActivityReader.objects.bulk_create(
        [ActivityReader(activity=row, partner_id=pk) for pk in sorted(readers)]
    )
    ActivityPerson.objects.create(activity=row, salt=salt, text=person)
    ActivityChain.objects.filter(pk=chain.pk).update(length=row.position, head=row.hash)
    return row


def _label_of(about: models.Model | None) -> str:
    """Name what a row is about; a model whose own words name a person gives a `log_label` instead."""
    return "" if about is None else str(getattr(about, "log_label", about))


def erase_person(row: Activity, at: datetime) -> None:
    """Forget who it was: blank the personal part for good. The chain still verifies."""
    ActivityPerson.objects.filter(activity=row, erased_at__isnull=True).update(text="", salt="", erased_at=at)


def verify(chain: ActivityChain, newest: int | None = None) -> list[str]:
    """Return what is wrong with a chain, each problem naming its row; an empty list proves it whole.

    Reads in chunks, so a long chain takes no more memory than a short one; of its newest rows alone it proves
    that they are whole and follow the row before them.
    """
    problems = []
    chain.refresh_from_db()  # rows written from here on belong to the next look
    length, head = _before(chain, newest)
    for row in _rows_of(chain, length):
        where = _("%(chain)s, row %(position)d (%(pk)d)") % {
            "chain": chain.key,
            "position": row.position,
            "pk": row.pk,
        }
        if row.position != length + 1:
            problems.append(_("%(where)s: expected position %(n)d") % {"where": where, "n": length + 1})
        if row.previous_hash != head:
            problems.append(_("%(where)s: does not follow the row before it") % {"where": where})
        readers = [reader.partner_id for reader in row.readers.all()]
        if row.hash != _digest(_text_of(row, chain.key, readers)):
            problems.append(_("%(where)s: was changed after it was written") % {"where": where})
        problems += [f"{where}: {problem}" for problem in _personal_problems(row)]
        length, head = row.position, row.hash
    if (length, head) != (chain.length, chain.head):
        problems.append(
            _("%(chain)s: ends at row %(length)d, its head says %(head)d")
            % {"chain": chain.key, "length": length, "head": chain.length}
        )
    beyond = Activity.objects.filter(chain=chain, position__gt=F("chain__length")).values_list(
        "pk", flat=True
    )
    problems += [
        _("%(chain)s: a row (%(pk)d) lies beyond its head") % {"chain": chain.key, "pk": pk} for pk in beyond
    ]
    return problems


def _before(chain: ActivityChain, newest: int | None) -> tuple[int, str]:
    """Return the place before the newest rows, and the hash that stands there."""
    if newest is None or chain.length <= newest:
        return 0, ""
    position = chain.length - newest
    before = Activity.objects.filter(chain=chain, position=position).values_list("hash", flat=True).first()
    return position, before or ""


def _rows_of(chain: ActivityChain, after: int) -> Iterator[Activity]:
    rows = Activity.objects.filter(chain=chain, position__gt=after, position__lte=chain.length)
    rows = rows.order_by("position")
    rows = rows.select_related("person")
    return rows.prefetch_related("readers").iterator(chunk_size=CHUNK)


def _personal_problems(row: Activity) -> Iterator[str]:
    try:
        person = row.person
    except ActivityPerson.DoesNotExist:
        yield _("its personal part is missing")
        return
    if person.erased_at is None and row.personal_digest != _digest(person.salt + person.text):
        yield _("its personal part was changed")
    if person.erased_at is not None and (person.text or person.salt):
        yield _("its personal part says it is erased and is not")


def verify_all() -> list[str]:
    """Return what is wrong with any chain."""
    return [problem for chain in ActivityChain.objects.order_by("pk") for problem in verify(chain)]


@dataclass(frozen=True, slots=True)
class Entry:
    """One row of the log as pages and exports show it."""

    pk: int
    at: datetime
    verb: str
    label: str
    who: str
    company: str
    on_behalf_of: str
    customer_ref: int | None
    customer: str
    object_type: str
    object_ref: int | None
    object: str
    details: dict[str, Any]


def entries(rows: ActivityQuerySet | models.QuerySet[Activity]) -> list[Entry]:
    """Return rows of the log ready to be shown, in one query however many they are."""
    return [entry(row) for row in rows.select_related("person")]


def entry(row: Activity) -> Entry:
    """Return one row of the log ready to be shown; reads its personal part."""
    return Entry(
        pk=row.pk,
        at=row.at,
        verb=row.verb,
        label=label(row.verb),
        who=_who(row.person),
        company=row.actor_company,
        on_behalf_of=row.on_behalf_of,
        customer_ref=row.customer_ref,
        customer=row.customer_label,
        object_type=row.object_type,
        object_ref=row.object_ref,
        object=row.object_label,
        details=json.loads(row.details),
    )


def _who(person: ActivityPerson) -> str:
    return _("erased") if person.erased_at else str(json.loads(person.text)["name"])
