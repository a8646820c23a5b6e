"""What carrying out a destruction and a restriction share: steps that are told, waiting for leases, cleaning, proof.

Never here: what is done to which keys.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from enum import StrEnum
from types import TracebackType
from typing import Generic, Self, TypeVar

from domain.ledger.book import Book
from domain.ledger.connections import as_role
from domain.ledger.database import Database
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.note import SignedNote
from domain.ledger.recorder import PATIENCE_SECONDS
from domain.ledger.secrecy.destruction_cleaning import Clean, clean
from domain.ledger.secrecy.destruction_faults import KeysInUse
from domain.ledger.secrecy.keyring import LEASE_SECONDS
from domain.ledger.secrecy.searching import Progress

T = TypeVar("T")
StepT = TypeVar("StepT", bound=StrEnum)
LEASES_WAITED = 2
"""A lease, and one more for a state that was being opened as it ended."""


def unheard(step: StrEnum, done: bool) -> None:
    """Hears of a step, and tells nobody."""


def no_progress(done: int, total: int) -> None:
    """Hears of progress, and shows none."""


class CarryingOut(Generic[StepT]):
    """What is done to the keys of one register. Close it, or use it in a `with`.

    `lease_seconds` is that of the processes' keyrings; `told` hears of each step before (False) and after (True) it is
    done; only tests set `clean`.
    """

    def __init__(
        self,
        book: Book,
        dsn: str,
        keyring_dsn: str,
        *,
        lease_seconds: float = LEASE_SECONDS,
        told: Callable[[StepT, bool], None] = unheard,
        clean: Clean | None = None,
    ) -> None:
        self._book = book
        self._database = Database(as_role(dsn, "reader"), book.register_name, patience_seconds=PATIENCE_SECONDS)
        self._lease_seconds = lease_seconds
        self._told = told
        self._clean = clean or (lambda: _clean(keyring_dsn, dsn, book.register_name))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Let go of the connections; not of the book."""
        self._database.close()

    def _do(self, step: StepT, each: Iterable[T], work: Callable[[T], object]) -> None:
        self._told(step, False)
        for one in each:
            work(one)
        self._told(step, True)

    def _wait(self, passed_seconds: Callable[[], float], *, wait: bool, progress: Progress) -> None:
        """Until no process uses any more what it was lent before. Raises KeysInUse instead, unless `wait`."""
        self._book.safe.keyring.forget()
        needed = LEASES_WAITED * self._lease_seconds
        while (passed := passed_seconds()) < needed:
            if not wait:
                raise KeysInUse(
                    f"Until {needed - passed:.0f} s from now a process may still use the keys.",
                    "Carry it out again then.",
                )
            progress(int(passed), int(needed))
            time.sleep(min(1.0, needed - passed))

    def _last_checkpoint(self) -> Checkpoint | None:
        notes = self._database.rows(
            self._database.statement("SELECT note FROM {schema}.checkpoints ORDER BY size DESC, sealed_at DESC LIMIT 1")
        )
        return Checkpoint.parse(SignedNote.parse(bytes(notes[0][0])).text) if notes else None


def _clean(keyring_dsn: str, dsn: str, register: str) -> None:
    clean(keyring_dsn, dsn, register)
