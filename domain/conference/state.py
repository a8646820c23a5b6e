"""What is so about a case conference (F2), folded from the facts in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.command import StreamState
from domain.stream import Entry


@dataclass(frozen=True, kw_only=True)
class ConferenceState(StreamState):
    """A case conference (F2)."""


def fold_conference(entries: Sequence[Entry], in_force: Sequence[Entry]) -> ConferenceState:
    """The state from the stream's entries."""
    return ConferenceState(entries=tuple(entries), in_force=tuple(in_force))
