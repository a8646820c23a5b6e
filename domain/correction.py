"""Corrections (oikaisu) and strike-outs (mitätöinti): facts that every stream shares.

A mistake is never edited away. A correction names the entry and gives the right content whole; a strike-out
takes the entry out of every projection and leaves it in the audit trail (domain book § 2).
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Self

from pydantic import SerializeAsAny

from domain.fact import Fact, JsonObject
from domain.strict import Ordinal
from domain.withheld import Withheld

_OF_CONTENT = "content."


class MistakeKind(StrEnum):
    """What kind of mistake is put right."""

    TYPING_ERROR = "typing_error"
    FACTUAL_ERROR = "factual_error"
    WRONG_CLIENT = "wrong_client"
    ENTERED_TWICE = "entered_twice"


class EntryCorrected(Fact, name="entry_corrected", sensitive=("reason",)):
    """Entry number `entry` of this stream reads, rightly, as `content`."""

    entry: Ordinal
    mistake: MistakeKind
    content: SerializeAsAny[Fact]
    reason: str

    def split(self) -> tuple[JsonObject, JsonObject]:
        """As `Fact.split`, the content parted in the same way."""
        plain, hidden = self.content.split()
        outer: JsonObject = {
            "entry": self.entry,
            "mistake": self.mistake.value,
            "content": {"name": self.content.stored_name(), "plain": plain},
        }
        return outer, {"content": hidden, "reason": self.reason}

    @classmethod
    def hidden_names(cls, hidden: Mapping[str, Any]) -> list[str]:
        """As `Fact.hidden_names`; those of the content with its name before them."""
        return ["reason", *(_OF_CONTENT + name for name in sorted(hidden["content"]))]

    @classmethod
    def join(
        cls, plain: Mapping[str, Any], hidden: Mapping[str, Any], withheld: Mapping[str, Withheld] | None = None
    ) -> Self:
        """As `Fact.join`; the content may be of an older version of its fact, and is brought up to date."""
        from domain.registry import REGISTRY  # noqa: PLC0415 -- the registry lists this fact, so it is read late

        stored, withheld = plain["content"], withheld or {}
        of_content = {
            name.removeprefix(_OF_CONTENT): why for name, why in withheld.items() if name.startswith(_OF_CONTENT)
        }
        content = REGISTRY.fact_from(stored["name"], stored["plain"], hidden.get("content", {}), of_content)
        fact = cls(
            entry=plain["entry"],
            mistake=MistakeKind(plain["mistake"]),
            content=content,
            reason=hidden.get("reason", withheld.get("reason", "")),
        )
        if withheld:
            vars(fact).update(withheld=dict(withheld))
        return fact


class EntryStruckOut(Fact, name="entry_struck_out", sensitive=("reason",)):
    """Entry number `entry` of this stream should not have been made."""

    entry: Ordinal
    mistake: MistakeKind
    reason: str
