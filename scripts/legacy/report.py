"""What an import came to: every row of every file is recorded, recorded earlier, or refused with its fault.

Must never hold: anything of a row but its place and its id.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from scripts.legacy.faults import RefusedRow


@dataclass(slots=True)
class FileTally:
    """The rows of one file. `rows_read` is the sum of the three that follow it."""

    rows_read: int = 0
    rows_recorded: int = 0
    rows_recorded_earlier: int = 0
    rows_refused: int = 0
    facts_recorded: int = 0
    conclusions_recorded: int = 0
    """Duties and deviations that the ledger itself drew from those facts."""

    def as_json(self) -> dict[str, int]:
        """By the names above."""
        return {name: getattr(self, name) for name in type(self).__slots__}


@dataclass(slots=True)
class Report:
    """The report of one import. `opening_facts`: the register's own, which stand in no row."""

    register: str
    by_file: dict[str, FileTally]
    refused: list[RefusedRow] = field(default_factory=list)
    opening_facts: int = 0
    deviations: Counter[tuple[str, str]] = field(default_factory=Counter)
    """How many deviations were noted beside the facts, by service and rule."""

    @property
    def totals(self) -> FileTally:
        """All files together; without the register's own facts."""
        names = FileTally.__slots__
        return FileTally(*(sum(getattr(tally, name) for tally in self.by_file.values()) for name in names))

    @property
    def facts_recorded(self) -> int:
        """All facts recorded by this import, the register's own among them."""
        return self.totals.facts_recorded + self.opening_facts

    @property
    def faults(self) -> Counter[str]:
        """How many rows were refused, by fault."""
        return Counter(row.fault.value for row in self.refused)

    def as_json(self) -> dict[str, Any]:
        """The machine-readable report."""
        totals = self.totals.as_json() | {"facts_recorded": self.facts_recorded}
        return {
            "register": self.register,
            **totals,
            "opening_facts": self.opening_facts,
            "by_file": {name: tally.as_json() for name, tally in self.by_file.items()},
            "by_fault": dict(sorted(self.faults.items())),
            "deviations": [
                {"service": service, "rule": rule, "deviations": count}
                for (service, rule), count in sorted(self.deviations.items())
            ],
            "refused": [
                {"file": row.file, "line": row.line, "row_id": row.row_id, "fault": row.fault, "message": row.message}
                for row in self.refused
            ],
        }
