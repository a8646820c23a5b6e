"""What is so about the quality of a service, folded from the facts in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.command import StreamState
from domain.stream import Entry


@dataclass(frozen=True, kw_only=True)
class QualityState(StreamState):
    """The quality of a service."""


def fold_quality(entries: Sequence[Entry], in_force: Sequence[Entry]) -> QualityState:
    """The state from the stream's entries."""
    return QualityState(entries=tuple(entries), in_force=tuple(in_force))
