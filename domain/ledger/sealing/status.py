"""How a register's sealing stands, as its folder outside the database says.

Never here: the database, anything that a stranger may not know.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from domain.ledger.sealing.looking_again import Looked, load_looked
from domain.ledger.sealing.refusals import StateUnreadable
from domain.ledger.sealing.state import WAITING, KeptRefusal, SealedState, load_refusal, load_state
from domain.ledger.sealing.submitting import KnownWitness, load_progress

Standing = Literal["sealed", "unsealed", "refused"]


@dataclass(frozen=True, slots=True)
class WitnessStanding:
    """What one witness has cosigned of the log: `size`, when, and what came of the last attempt ("" when well)."""

    witness: str
    size: int
    cosigned_at: str | None
    fault: str


@dataclass(frozen=True, slots=True)
class SealingStatus:
    """`size` leaves are sealed since `sealed_at`; `refusal` says why no more are; `looked`: when all was hashed."""

    standing: Standing
    state: SealedState | None
    refusal: KeptRefusal | None
    witnesses: tuple[WitnessStanding, ...] = ()
    looked: Looked | None = None

    @property
    def size(self) -> int:
        """How many leaves are sealed."""
        return self.state.size if self.state else 0

    @property
    def sealed_at(self) -> dt.datetime | None:
        """When the last checkpoint was sealed."""
        return self.state.sealed_at if self.state else None


def sealing_status(folder: Path, witnesses: list[KnownWitness] | None = None) -> SealingStatus:
    """What the folder says. A state that cannot be read is told as a refusal. Raises OSError."""
    refusal = load_refusal(folder) or load_refusal(folder, WAITING)
    try:
        state = load_state(folder)
    except StateUnreadable as fault:
        return SealingStatus("refused", None, KeptRefusal(fault.code, fault.message, fault.remedy, ""))
    looked = load_looked(folder)
    told = tuple(_standing(folder, witness) for witness in witnesses or [])
    if refusal is not None:
        return SealingStatus("refused", state, refusal, told, looked)
    return SealingStatus("unsealed" if state is None else "sealed", state, None, told, looked)


def _standing(folder: Path, witness: KnownWitness) -> WitnessStanding:
    progress = load_progress(folder, witness)
    return WitnessStanding(witness.key.name, progress.tree.size, progress.cosigned_at, progress.fault)
