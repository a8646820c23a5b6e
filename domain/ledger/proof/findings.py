"""What a verification found wrong: the first bad event, by a stable code and in words.

Never here: content of events; a finding names position, stream, version and the fact's name only.
"""

from __future__ import annotations

from dataclasses import dataclass

from domain.ledger.proof.faults import ProofFault

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
