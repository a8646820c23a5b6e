"""What a verification comes to: the first bad event, or none, and what was and was not proved.

Never here: content of events, the words of a finding.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from domain.ledger.proof.chain import Told, ToldRestore
from domain.ledger.proof.findings import RESTORED, Finding


@dataclass(slots=True)
class Report:
    """What was verified. `proved_to`: the greatest position covered by a checkpoint that the auditor brought.

    `sealed_to`: the greatest covered by a checkpoint of the source itself. `notes` say in words what was not proved.
    """

    source: str
    origin: str
    events: int = 0
    root: bytes = b""
    checkpoints: int = 0
    passed_over: int = 0
    proved_to: int = 0
    sealed_to: int = 0
    sealed_at: dt.datetime | None = None
    finding: Finding | None = None
    notes: list[str] = field(default_factory=list)
    adoptions: list[Told] = field(default_factory=list)
    restores: list[ToldRestore] = field(default_factory=list)

    @property
    def restored(self) -> bool:
        """Whether all that was found is a signed restore, which replaced what had been sealed."""
        return self.finding is not None and self.finding.code == RESTORED

    @property
    def sound(self) -> bool:
        """Whether nothing wrong was found."""
        return self.finding is None

    def as_json(self) -> dict[str, Any]:
        """The report for machines: numbers, texts, the root in hexadecimal."""
        finding = self.finding
        return {
            "source": self.source,
            "origin": self.origin,
            "sound": self.sound,
            "events": self.events,
            "root": self.root.hex(),
            "checkpoints": self.checkpoints,
            "checkpoints_passed_over": self.passed_over,
            "proved_to": self.proved_to,
            "sealed_to": self.sealed_to,
            "sealed_at": self.sealed_at.isoformat() if self.sealed_at else None,
            "finding": {name: getattr(finding, name) for name in Finding.__slots__} if finding else None,
            "notes": self.notes,
            "keys_adopted": [each.as_json() for each in self.adoptions],
            "restores": [each.as_json() for each in self.restores],
        }
