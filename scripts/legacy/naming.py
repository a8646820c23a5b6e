"""The ids of imported things: each follows from the register, the file and the row's id, so a row is told only once.

An id is ordered by the number in the row's id, not by a date of the row: a date may be corrected in a later export,
and the row would then be taken for another one; and whoever knows a row's id can name its stream.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from uuid import UUID

from domain.ledger.identity import id_from_name
from scripts.legacy import files
from scripts.legacy.faults import RowKey

SYSTEM = "legacy"
_FIRST = dt.datetime(2000, 1, 1, tzinfo=dt.UTC)


@dataclass(frozen=True, slots=True)
class Naming:
    """Names things of one register."""

    register: str

    def stream(self, key: RowKey) -> UUID:
        """The stream, meeting or plan that the row tells of."""
        return self._id(key)

    def part(self, key: RowKey, *parts: str) -> UUID:
        """Something within what the row tells of: a decision, an assignment, a goal."""
        return self._id(key, "part", *parts)

    def command(self, key: RowKey, step: str) -> UUID:
        """The command by which a step of the row is recorded."""
        return self._id(key, "command", step)

    def family(self, family: str) -> UUID:
        """The family of that legacy id."""
        return self._id(RowKey("perhe", family))

    def opening(self, *parts: str) -> UUID:
        """A command by which the register itself is made ready."""
        return id_from_name(self.register, SYSTEM, "opening", *parts)

    def _id(self, key: RowKey, *parts: str) -> UUID:
        number = re.search(r"\d{1,9}", key.row_id)
        moment = _FIRST + dt.timedelta(seconds=int(number[0]) if number else 0)
        return id_from_name(self.register, SYSTEM, key.file, key.row_id, *parts, moment=moment)


def episode_of(register: str, legacy_id: str) -> UUID:
    """The episode stream of a legacy row id such as J00001."""
    return Naming(register).stream(RowKey(files.EPISODES, legacy_id))
