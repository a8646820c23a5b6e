"""What keeps identities out of a conference that is handled anonymously (Child Welfare Act 417/2007, § 14).

A command to such a conference is looked at before anything is decided or read for it: all that it says must be a
closed code, a date, a number or yes and no. No id, no name of a worker, no words: whoever writes them, wherever.
Never here: what was written. A refusal names the field and no more.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Container
from enum import Enum, StrEnum
from typing import Any

from domain import organisations
from domain.amend.correct_entry import CorrectEntry
from domain.command import Command
from domain.conference import facts
from domain.conference.commands.convene_conference import ConveneConference
from domain.conference.facts import CodedReason, ConferenceKind, Handling
from domain.conference.state import ConferenceState
from domain.correction import MistakeKind
from domain.refusal import IdentityNotAllowed

_DATE = re.compile(r"\d{4}-\d\d-\d\d")


def _codes(*modules: Any) -> frozenset[str]:
    kinds = (kind for module in modules for kind in vars(module).values() if isinstance(kind, type))
    return frozenset(str(code) for kind in kinds if issubclass(kind, StrEnum) for code in kind)


CLOSED_CODES = _codes(facts, organisations)
FIELDS = frozenset(name for fact in facts.FACTS for name in fact.model_fields)
REASONS = frozenset(str(code) for kind in (CodedReason, MistakeKind) for code in kind)


def check_no_identity(state: ConferenceState, command: Command[Any]) -> None:
    """Raises IdentityNotAllowed where a command could bring an identity into an anonymous conference."""
    if isinstance(command, CorrectEntry) and not state.anonymous:
        _check_stays_identified(command)
    if not (state.anonymous or _begins_anonymously(command)):
        return
    known = REASONS | state.concluded.duties.keys() | state.concluded.deviations.keys()
    for name in sorted(command.model_fields_set):
        changes = isinstance(command, CorrectEntry) and name == "changes"
        if not _is_closed(getattr(command, name), CLOSED_CODES | FIELDS if changes else known, dates=changes):
            raise IdentityNotAllowed(
                "In an anonymous conference nothing may be told but closed codes, dates, numbers, yes and no.",
                remedy=f"Leave {name} out; a reason is one of {', '.join(sorted(REASONS))}.",
                field=name,
            )


def _begins_anonymously(command: Command[Any]) -> bool:
    return isinstance(command, ConveneConference) and command.begins_anonymously


def _check_stays_identified(command: CorrectEntry) -> None:
    """What has named somebody cannot become anonymous afterwards: the ledger forgets nothing."""
    anonymous = (Handling.ANONYMOUS, ConferenceKind.CHILD_WELFARE_EXPERT_GROUP)
    for field in ("handling", "conference_kind"):
        if command.changes.get(field) in anonymous:
            raise IdentityNotAllowed(
                "A conference that may have named somebody does not become anonymous.",
                remedy="Strike out this one, and convene an anonymous one.",
                field="changes",
            )


def _is_closed(value: object, words: Container[str], *, dates: bool) -> bool:
    """Whether the value can tell of nobody. `dates`: the text of a field that is a date may be one, as JSON has it."""
    match value:
        case None | bool() | int() | dt.date() | Enum():
            return True
        case str():
            return value in words or (dates and _DATE.fullmatch(value) is not None)
        case tuple() | list():
            return all(_is_closed(one, words, dates=dates) for one in value)
        case dict():
            return all(
                key in words and _is_closed(one, words, dates=dates and key.endswith("_on"))
                for key, one in value.items()
            )
        case _:
            return False
