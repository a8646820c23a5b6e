"""The words of sealed fields, as the maker of an account could read them: by position and field.

They stand in a bundle beside the records, whose ciphertext they are the opened form of. No proof covers them.
Never here: keys.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self
from uuid import UUID

from domain.entry import Entry
from domain.fact import JsonObject
from domain.ledger.proof.faults import MalformedBundle
from domain.ledger.submission import StoredRecord
from domain.registry import REGISTRY
from domain.withheld import Withheld

LEFT_OUT = "left_out"
_WITHHELD = frozenset({LEFT_OUT, *(why.value for why in Withheld)})


@dataclass(frozen=True, slots=True, repr=False)
class Word:
    """What a sealed field says, or why it cannot be told. Never shown by `repr`."""

    text: Any = None
    withheld: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """By position, then by the field's name as its segment has it. `keys`: the data keys that opened any of them."""

    by_position: Mapping[int, Mapping[str, Word]]
    keys: tuple[UUID, ...] = ()

    def of(self, position: int) -> Mapping[str, Word]:
        """The words of one event, by field."""
        return self.by_position.get(position, {})

    @classmethod
    def left_out(cls, records: Iterable[StoredRecord]) -> Self:
        """None of them is told."""
        fields = ((one.position, sealed_fields(one)) for one in records)
        return cls({position: {name: Word(withheld=LEFT_OUT) for name in names} for position, names in fields if names})

    @classmethod
    def opened(cls, records: Sequence[StoredRecord], entries: Iterable[Entry]) -> Self:
        """Those that the entries, which are the records opened, say."""
        told: dict[int, dict[str, Word]] = {}
        keys: dict[UUID, None] = {}
        for record, entry in zip(records, entries, strict=True):
            hidden = _flat(entry.fact.split()[1])
            withheld = {name: str(why.value) for name, why in entry.fact.withheld.items()}
            told[record.position] = {
                name: Word(withheld=withheld[name]) if name in withheld else Word(text=hidden.get(name))
                for name in sealed_fields(record)
            }
            if hidden:
                keys |= dict.fromkeys(UUID(segment["key"]) for segment in REGISTRY.parse(record.state).sealed)
        return cls({position: words for position, words in told.items() if words}, tuple(keys))

    def to_bytes(self) -> bytes:
        """As they stand in a bundle."""
        words = {
            str(position): {
                name: {"withheld": word.withheld} if word.withheld is not None else {"text": word.text}
                for name, word in sorted(fields.items())
            }
            for position, fields in sorted(self.by_position.items())
        }
        told = {"keys": [str(key) for key in self.keys], "words": words}
        return json.dumps(told, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def parse(cls, data: bytes, records: Iterable[StoredRecord]) -> Self:
        """Raises MalformedBundle unless there is just a word, or why not, for each sealed field of the records."""
        told = _object(data)
        sealed = {str(one.position): names for one in records if (names := sealed_fields(one))}
        words = told.get("words")
        if not isinstance(words, dict) or words.keys() != sealed.keys():
            raise MalformedBundle("the words are not those of the sealed parts that are here")
        found: dict[int, dict[str, Word]] = {}
        for position, fields in words.items():
            if not isinstance(fields, dict) or set(fields) != sealed[position]:
                raise MalformedBundle(f"the words at {position} are not of the fields that are sealed there")
            found[int(position)] = {name: _word(position, one) for name, one in fields.items()}
        try:
            return cls(found, tuple(UUID(key) for key in told["keys"]))
        except (KeyError, TypeError, ValueError, AttributeError):
            raise MalformedBundle("the words name the keys that opened them as a list of UUIDs") from None


def sealed_fields(record: StoredRecord) -> set[str]:
    """The names of the sealed fields of a record. Raises ValueError on what is no state."""
    return {name for segment in REGISTRY.parse(record.state).sealed for name in segment["fields"]}


def _flat(hidden: JsonObject) -> JsonObject:
    """The sensitive part by the names that its segment gives to fields: those of a correction's content apart."""
    content = hidden.get("content")
    if not isinstance(content, dict):
        return hidden
    outer = {name: value for name, value in hidden.items() if name != "content"}
    return outer | {f"content.{name}": value for name, value in content.items()}


def _object(data: bytes) -> dict[str, Any]:
    try:
        told = json.loads(data)
    except (ValueError, RecursionError):
        told = None
    if not isinstance(told, dict):
        raise MalformedBundle("the words are no JSON object")
    return told


def _word(position: str, one: object) -> Word:
    match one:
        case {"withheld": str(why)} if why in _WITHHELD:
            return Word(withheld=why)
        case {"text": text, **rest} if not rest:
            return Word(text=text)
    raise MalformedBundle(f"a word at {position} is neither a text nor why there is none")
