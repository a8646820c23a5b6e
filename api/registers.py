"""The registers that are served: their books, opened when first needed, a follower beside each, a clock beside all.

Never here: HTTP's words, SQL, what a caller may do with a register.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from functools import partial
from typing import TypeVar

import psycopg
import structlog
from psycopg.conninfo import make_conninfo

from api.clock import candidates, keep_time, reach
from api.logging import where_of
from api.readers import Readers
from domain.ledger.book import Book
from domain.ledger.errors import LedgerUnavailable, UnknownRegister
from domain.ledger.migrate import registers
from domain.ledger.sealing.looking_again import keep_looking_again
from domain.ledger.sealing.working import Workshop, keep_sealing, keep_submitting
from domain.ledger.secrecy.opening import KeyringPlace
from projections.engine import follow
from projections.queries import Reading

Clock = Callable[[], datetime]
AGAIN_SECONDS = 2.0
"""So long after a fault that it does not bear itself what runs beside begins anew."""
T = TypeVar("T")

log = structlog.get_logger()


class Registers:
    """The books of one database. Safe to share between threads.

    `following`: keep the projections up to date in a thread a register, and run the ledger's clock in one more. An
    outage at the start is no fault: books are opened, and registers found, when somebody asks.
    `workshop`: where the registers are sealed; `sealing`: seal them here, in threads of their own.
    `deciding`: what every command looks at, the register's own state, is read when a register is opened.
    """

    def __init__(
        self,
        dsn: str,
        *,
        patience_seconds: float,
        keyring: KeyringPlace | None = None,
        clock: Clock | None = None,
        following: bool = False,
        workshop: Workshop | None = None,
        sealing: bool = False,
        deciding: bool = False,
    ) -> None:
        # libpq takes whole seconds, at least two of them
        self.dsn = make_conninfo(dsn, connect_timeout=max(2, round(patience_seconds)))
        self.patience_seconds = patience_seconds
        self._keyring = keyring
        self._clock = clock
        self._following = following
        self.workshop = workshop
        self._sealing = sealing
        self._deciding = deciding
        self._stop = threading.Event()
        self._lock = threading.Lock()
        self._books: dict[str, Book] = {}
        self._readers: dict[str, Readers] = {}
        self._threads: list[threading.Thread] = []
        self._keeps_time = False
        self._unopened: dict[str, dict[str, str]] = {}

    def open_all(self) -> bool:
        """Open what there is, so that followers begin to work before anybody asks; again: what has come since.

        Whether all of it is open. A register that cannot be opened is logged, once, and keeps no other from being so.
        """
        all_open = False
        with suppress(LedgerUnavailable):
            all_open = not [name for name in self.names() if not self._can_open(name)]
        if self._following and not self._keeps_time:
            self._keeps_time = True
            self._beside(self._keep_time, "clock")
        return all_open

    def _can_open(self, name: str) -> bool:
        """Raises LedgerUnavailable."""
        try:
            book = self.book(name)
            if self._deciding:
                book.look_at_register()
        except LedgerUnavailable:
            raise
        except Exception as fault:
            where = where_of(fault)
            if self._unopened.get(name) != where:
                log.error("register_not_opened", register=name, **where)
            self._unopened[name] = where
            return False
        self._unopened.pop(name, None)
        return True

    def names(self) -> list[str]:
        """The names of the registers, sorted. Raises LedgerUnavailable."""
        try:
            return registers(self.dsn)
        except psycopg.OperationalError as fault:
            raise LedgerUnavailable("the database cannot be reached") from fault

    def opened(self, name: str) -> Book | None:
        """The register's book, if it is open; asks nobody."""
        return self._books.get(name)

    def book(self, name: str) -> Book:
        """The register's book. Raises UnknownRegister, LedgerUnavailable."""
        book = self._books.get(name)
        if book is not None:
            return book
        if name not in self.names():
            raise UnknownRegister(name)
        with self._lock:
            if name not in self._books:
                self._readers[name] = Readers(self.dsn, name, patience_seconds=self.patience_seconds)
                keyring = self._keyring.of(name) if self._keyring else None
                self._books[name] = Book(
                    self.dsn, name, keyring=keyring, clock=self._clock, patience_seconds=self.patience_seconds
                )
                self._follow(name)
            return self._books[name]

    def read(self, name: str, question: Callable[[Reading], T]) -> T:
        """Ask the register's projections. Raises UnknownRegister, LedgerUnavailable, and what the question raises."""
        self.book(name)
        return self._readers[name].read(question)

    def close(self) -> None:
        """Stop the followers and close the books."""
        self._stop.set()
        for thread in self._threads:
            thread.join()
        with self._lock:
            for book in self._books.values():
                book.close()
            for readers in self._readers.values():
                readers.close()

    def _follow(self, name: str) -> None:
        if self._following and not self._stop.is_set():
            self._beside(partial(follow, self.dsn, name, self._stop), f"follow {name}")
        if self._sealing and self.workshop is not None and not self._stop.is_set():
            self._beside(partial(keep_sealing, self.workshop, self.dsn, name, self._stop), f"seal {name}")
            self._beside(partial(keep_submitting, self.workshop, self.dsn, name, self._stop), f"witness {name}")
            self._beside(partial(keep_looking_again, self.workshop, self.dsn, name, self._stop), f"look again {name}")

    def _beside(self, work: Callable[[], None], name: str) -> None:
        thread = threading.Thread(target=self._keep_at, args=(work, name), name=name)
        thread.start()
        self._threads.append(thread)

    def _keep_at(self, work: Callable[[], None], name: str) -> None:
        """Do the work until it ends; begin anew after a fault, which may be mended while we serve and is told once."""
        told: dict[str, str] = {}
        while not self._stop.is_set():
            try:
                work()
                return
            except Exception as fault:
                where = where_of(fault)
                if where != told:
                    log.error("work_failed", work=name, **where)
                told = where
                self._stop.wait(AGAIN_SECONDS)

    def _keep_time(self) -> None:
        """The ledger's clock, for all registers that there are at the time."""
        keep_time(self.names, self._run_clock, self._clock or (lambda: datetime.now(UTC)), self._stop)

    def _run_clock(self, name: str) -> int:
        book, told = self.book(name), 0
        for stream_id in self.read(name, partial(candidates, book)):
            if self._stop.is_set():
                break
            told += len(reach(book, [stream_id]))
        return told
