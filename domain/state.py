"""What the states of all streams have in common. Each kind of stream folds its own, in its `state.py`.

Never here: what a fact changes, which is its stream's to say.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from domain.consequence import Concluded, ModelReference
from domain.stream import Entry


@dataclass(frozen=True, kw_only=True)
class StreamState:
    """What every stream's state holds: all its entries, those in force, and what has been concluded from them."""

    entries: tuple[Entry, ...] = ()
    in_force: tuple[Entry, ...] = ()
    concluded: Concluded = field(default_factory=Concluded)

    @property
    def version(self) -> int:
        """The version of the last entry; 0 when there is none."""
        return self.entries[-1].version if self.entries else 0

    @property
    def pin(self) -> ModelReference | None:
        """The version of a service model that the stream is judged by, once there is one."""
        return None

    @property
    def exists(self) -> bool:
        """Whether the stream has begun."""
        return bool(self.entries)
