"""What is so about the steering of a family centre (F5), folded from the facts in force."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from domain.command import StreamState
from domain.stream import Entry


@dataclass(frozen=True, kw_only=True)
class NetworkState(StreamState):
    """The steering of a family centre (F5)."""


def fold_network(entries: Sequence[Entry], in_force: Sequence[Entry]) -> NetworkState:
    """The state from the stream's entries."""
    return NetworkState(entries=tuple(entries), in_force=tuple(in_force))
