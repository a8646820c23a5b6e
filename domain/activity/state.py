"""What is so about an open meeting place or peer group (F4), folded from the facts in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.command import StreamState
from domain.stream import Entry


@dataclass(frozen=True, kw_only=True)
class ActivityState(StreamState):
    """An open meeting place or peer group (F4)."""


def fold_activity(entries: Sequence[Entry], in_force: Sequence[Entry]) -> ActivityState:
    """The state from the stream's entries."""
    return ActivityState(entries=tuple(entries), in_force=tuple(in_force))
