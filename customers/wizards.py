"""What a wizard remembers: what was typed at each step, in the session, under the key in its address.

It remembers words, not rows: each step is checked against what holds when it is read again.
"""

import hashlib
import json
import uuid
from collections.abc import Iterable, MutableMapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from django.utils.datastructures import MultiValueDict

from customers.invitations import Draft

KEPT = 10  # wizards in one session; the one left longest is forgotten
LONGEST = 4000  # characters of one field, in all its values
MOST = 100  # values of one field
PLACE = "wizards"

Typed = MultiValueDict[str, str]


class Step(StrEnum):
    """The steps, in their order."""

    WHOM = "whom"
    ASKS = "asks"
    WORDS = "words"
    CHECK = "check"

    @property
    def before(self) -> "tuple[Step, ...]":
        """The steps that come first."""
        steps = tuple(Step)
        return steps[: steps.index(self)]

    @property
    def next(self) -> "Step":
        """The step that follows; the last is followed by itself."""
        return tuple(Step)[min(len(self.before) + 1, len(Step) - 1)]


@dataclass
class Wizard:
    """One wizard: what was typed, which steps somebody wanted to leave forwards, and what it goes on with."""

    key: uuid.UUID
    company: int
    typed: dict[Step, Typed] = field(default_factory=dict)
    tried: set[Step] = field(default_factory=set)
    draft: Draft | None = None
    is_finished: bool = False

    @property
    def seen(self) -> str:
        """A mark of all that was typed, and over which draft: a page that shows something else is stale."""
        over = [self.draft.pk, self.draft.version] if self.draft else []
        words = json.dumps([over, *(_plain(self.typed[step]) for step in sorted(self.typed))], sort_keys=True)
        return hashlib.sha256(words.encode()).hexdigest()


def find(session: MutableMapping[str, Any], key: uuid.UUID, company: int) -> Wizard:
    """Return the wizard of this key and company as the session has it; an empty one if it has none."""
    for kept in _kept(session):
        if kept.get("key") == str(key) and kept.get("company") == company:
            return Wizard(
                key,
                company,
                typed={step: _typed(kept["typed"][step]) for step in Step if step in _dict(kept, "typed")},
                tried={step for step in Step if step in _list(kept, "tried")},
                draft=_draft(kept.get("draft")),
                is_finished=kept.get("finished") is True,
            )
    return Wizard(key, company)


def keep(session: MutableMapping[str, Any], wizard: Wizard) -> None:
    """Write a wizard to the session, as the newest of at most ten."""
    others = [kept for kept in _kept(session) if kept.get("key") != str(wizard.key)]
    mine = {
        "key": str(wizard.key),
        "company": wizard.company,
        "typed": {step.value: _plain(typed) for step, typed in wizard.typed.items()},
        "tried": [step.value for step in wizard.tried],
        "draft": [wizard.draft.pk, wizard.draft.version] if wizard.draft else None,
        "finished": wizard.is_finished,
    }
    session[PLACE] = [*others, mine][-KEPT:]


def only(posted: MultiValueDict[str, Any], names: Iterable[str]) -> Typed:
    """Return of what was posted the fields of these names, cut to what a session should hold."""
    return _typed({name: posted.getlist(name) for name in names if name in posted})


def _kept(session: MutableMapping[str, Any]) -> list[dict[str, Any]]:
    found = session.get(PLACE)
    return [kept for kept in found if isinstance(kept, dict)] if isinstance(found, list) else []


def _dict(kept: dict[str, Any], name: str) -> dict[str, Any]:
    value = kept.get(name)
    return value if isinstance(value, dict) else {}


def _list(kept: dict[str, Any], name: str) -> list[Any]:
    value = kept.get(name)
    return value if isinstance(value, list) else []


def _draft(value: Any) -> Draft | None:
    if isinstance(value, list) and len(value) == 2 and all(type(one) is int for one in value):
        return Draft(*value)
    return None


def _typed(value: Any) -> Typed:
    """Return a step's words, whatever the session holds; what is not text counts as not typed."""
    typed: Typed = MultiValueDict()
    for name, values in value.items() if isinstance(value, dict) else ():
        if isinstance(name, str) and isinstance(values, list):
            kept, room = [], LONGEST
            for one in values[:MOST]:
                if isinstance(one, str) and room:
                    kept.append(one[:room])
                    room -= len(kept[-1])
            typed.setlist(name, kept)
    return typed


def _plain(typed: Typed) -> dict[str, list[str]]:
    return {name: typed.getlist(name) for name in typed}
