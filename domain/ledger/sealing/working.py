"""The sealer and its witnesses at work beside whatever else the process does, until they are told to stop.

Never here: what is signed and when not.
"""

from __future__ import annotations

import datetime as dt
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import psycopg
import structlog

from domain.ledger.errors import LedgerError
from domain.ledger.repeated import Repeated
from domain.ledger.sealing.files import FolderBusy, held
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.sealing.refusals import NoLogKey, SealerBusy, SealingRefused
from domain.ledger.sealing.sealer import Sealer, StandingRefusal, now
from domain.ledger.sealing.state import WAITING, keep_refusal, settle_refusal
from domain.ledger.sealing.submitting import KnownWitness, Submitter

TRY_AGAIN_SECONDS = 2.0

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """Where and how registers are sealed: `state` holds a folder a register, `keys` the key files."""

    state: Path
    keys: Path
    interval_seconds: float = 10.0
    tolerance_seconds: float = 5.0
    witnesses: list[KnownWitness] = field(default_factory=list)
    verify_hours: float = 24.0
    verify_events_a_second: float = 20_000.0

    def folder(self, register: str) -> Path:
        """The register's own folder."""
        return self.state / register

    @contextmanager
    def sealer(self, dsn: str, register: str) -> Iterator[Sealer]:
        """The register's sealer, held against all others. Raises SealingRefused, psycopg.OperationalError."""
        with self.held(dsn, register) as store:
            yield self._sealer(store)

    @contextmanager
    def held(self, dsn: str, register: str) -> Iterator[LogStore]:
        """The register's log, its folder and itself held against every sealer. Raises SealerBusy."""
        folder = self.folder(register)
        try:
            with held(folder), LogStore(dsn, register) as store:
                store.hold()
                yield store
        except FolderBusy:
            raise SealerBusy(f"Another sealer holds {folder}.") from None

    @contextmanager
    def inspector(self, dsn: str, register: str) -> Iterator[Sealer]:
        """The register's sealer for looking only (`verify_all`): it need not wait for the one at work."""
        with LogStore(dsn, register) as store:
            yield self._sealer(store)

    def _sealer(self, store: LogStore) -> Sealer:
        tolerance = dt.timedelta(seconds=self.tolerance_seconds)
        return Sealer(store, self.folder(store.register), keys_in(self.keys), tolerance=tolerance)

    def submit(self, dsn: str, register: str) -> dict[str, str]:
        """Bring the last checkpoint to the witnesses: what came of each."""
        if not self.witnesses:
            return {}
        with LogStore(dsn, register) as store:
            return Submitter(store, self.folder(register), self.witnesses).submit()


def keep_sealing(workshop: Workshop, dsn: str, register: str, stop: threading.Event) -> None:
    """Seal the register every interval until the event is set; what another sealer holds is taken over when it goes.

    A refusal is logged once and looked at again: one that lasts until somebody has settled it, meanwhile letting go
    of the register so that it can be settled.
    """
    told: list[str] = []
    waits = Repeated(lambda **cause: log.warning("sealer_waits", register=register, **cause))

    def goes_on() -> None:
        told.clear()
        waits.over()
        settle_refusal(workshop.folder(register), WAITING)

    while not stop.is_set():
        try:
            with workshop.sealer(dsn, register) as sealer:
                _seal_on(sealer, workshop, stop, goes_on)
        except SealingRefused as refusal:
            _tell(told, refusal, register)
            _keep_waiting(workshop.folder(register), refusal)
        except (psycopg.OperationalError, psycopg.InterfaceError, LedgerError) as fault:
            waits.met(cause=type(fault).__name__)
        except OSError as fault:
            log.error("sealer_cannot_write", register=register, error=fault.strerror)
        stop.wait(TRY_AGAIN_SECONDS)


def _seal_on(sealer: Sealer, workshop: Workshop, stop: threading.Event, goes_on: Callable[[], None]) -> None:
    while not stop.is_set():
        checkpoint = sealer.seal()
        goes_on()
        if checkpoint is not None:
            log.info("sealed", origin=checkpoint.origin, size=checkpoint.size)
        stop.wait(workshop.interval_seconds)


def _keep_waiting(folder: Path, refusal: SealingRefused) -> None:
    """Have it told in health what is waited for; a lasting refusal is told already, another sealer is at work."""
    if refusal.lasting or isinstance(refusal, SealerBusy | StandingRefusal):
        return
    try:
        keep_refusal(folder, refusal, now(), WAITING)
    except OSError as fault:
        log.error("sealer_cannot_write", register=folder.name, error=fault.strerror)


def _tell(told: list[str], refusal: SealingRefused, register: str) -> None:
    if told != [refusal.code]:
        told[:] = [refusal.code]
        level = log.warning if isinstance(refusal, SealerBusy | NoLogKey) else log.error
        level("sealing_refused", register=register, code=refusal.code, found=refusal.message)


def keep_submitting(workshop: Workshop, dsn: str, register: str, stop: threading.Event) -> None:
    """Bring every checkpoint to the witnesses until the event is set; who is away is tried again."""
    before: dict[str, str] = {}
    while workshop.witnesses and not stop.is_set():
        try:
            came_of = workshop.submit(dsn, register)
        except (psycopg.Error, LedgerError, OSError) as fault:
            log.warning("witnesses_wait", register=register, cause=type(fault).__name__)
            came_of = before
        for witness, fault_code in came_of.items():
            if fault_code and before.get(witness) != fault_code:
                log.warning("witness_did_not_cosign", register=register, witness=witness.split("+")[0], code=fault_code)
        before = came_of
        stop.wait(workshop.interval_seconds)
