"""What a verification found: the first bad event, or none, and what was and was not proved.

Never here: content of events; a finding names position, stream, version and the fact's name only.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from domain.ledger.proof.faults import ProofFault

if TYPE_CHECKING:
    from domain.ledger.proof.chain import Told, ToldRestore

RESTORED = "restored"
"""The code of the one finding that is explained: a signed restore replaced what had been sealed."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, by a stable code and in words, and where.

    `position` is that of the first bad event; when hashes tell only of a range, it is the first that can be bad, and
    `last_position` the last. `earliest`: from there on events may have been changed as well, in ways that only
    hashes show, and no hashes at hand rule it out.
    """

    code: str
    message: str
    position: int | None = None
    last_position: int | None = None
    earliest: int | None = None
    stream: str | None = None
    version: int | None = None
    name: str | None = None

    def __str__(self) -> str:
        if self.position is None:
            return f"{self.message} [{self.code}]"
        if self.last_position not in (None, self.position):
            return f"Positions {self.position} to {self.last_position}: {self.message} [{self.code}]"
        what = f" (stream {self.stream}, version {self.version}, {self.name})" if self.stream else ""
        maybe = f" Events from position {self.earliest} on may have been changed as well." if self.earliest else ""
        return f"Position {self.position}{what}: {self.message} [{self.code}]{maybe}"


class Refuted(ProofFault):
    """A source saw something wrong with an event by itself."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(str(finding))
        self.finding = finding


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
