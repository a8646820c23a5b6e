"""The scribe: the process that keeps the books, so that what a command comes to takes no turn of who answers HTTP.

Errands come to it over connections that nobody else has, a group at a time each, and go back as answers. When it dies,
what was under way is asked again of the next one, once: a command that was recorded is then answered as such. It ends
when its connections are closed: with the API's process, however that ends, and only after what it has been given.
Never here: what an errand comes to (`taking`), how errands come together (`carriers`), HTTP.
"""

from __future__ import annotations

import socket
import subprocess
import threading
from collections.abc import Sequence
from contextlib import ExitStack, suppress
from functools import partial
from multiprocessing.connection import Connection
from queue import Empty, LifoQueue
from typing import IO

import structlog

from api.carriers import CARRIERS
from api.companion import Companion, Told, run_companion, say_at_work
from api.errands import Answer, Errand, answers_of, errand_in, packed, parcel_of, parcels_in
from api.logging import FailedElsewhere, where_of
from api.registers import Registers
from api.serving import keep_from_collector
from api.settings import Settings
from api.taking import fault_told, take
from domain.ledger.errors import LedgerUnavailable

HUNG_SECONDS = 30.0
"""One that has not answered for so long is killed: no command takes so long, and the API ends when all are told."""
TIMES_ASKED = 2
"""A group that its scribe died of is asked of one more, and no further."""

log = structlog.get_logger()


class ScribeTold(Told):
    """What a scribe is told: `connections` are its ends, as files that it has from the start."""

    connections: tuple[int, ...]


class Scribe(Companion):
    """The scribe's process. Safe to share between threads."""

    name = "scribe"
    module = __name__

    def __init__(self, settings: Settings, dsn: str, written_to: IO[str] | None = None) -> None:
        super().__init__(settings, dsn, written_to)
        self._process_number = 0
        self._idle = LifoQueue[tuple[int, Connection]]()
        """Connections that nobody asks over, with the number of the process that they lead to."""

    def ask(self, errands: Sequence[Errand]) -> list[Answer]:
        """The answer to each of the errands, which are all of one register.

        Raises LedgerUnavailable: they may have been recorded, and can be sent again.
        """
        parcels = [parcel_of(one) for one in errands]
        sent = [one for one in parcels if isinstance(one, bytes)]
        answers = iter(self._answers(sent) if sent else ())
        return [
            next(answers) if isinstance(parcel, bytes) else fault_told(errand, parcel)
            for errand, parcel in zip(errands, parcels, strict=True)
        ]

    def _answers(self, parcels: Sequence[bytes]) -> list[Answer]:
        """Raises LedgerUnavailable."""
        asked, dead = packed(parcels), 0
        for _ in range(TIMES_ASKED):
            number, connection = self._connection(dead)
            try:
                connection.send_bytes(asked)
                if not connection.poll(HUNG_SECONDS):
                    log.error("scribe_hung", seconds=HUNG_SECONDS)
                    self._kill(number)
                answered = connection.recv_bytes()
            except (EOFError, OSError):  # it died: what came of it, the next one tells
                connection.close()
                self._kill(number)  # or only who answers over this connection did: it would be asked no more
                dead = number
                continue
            self._put_back(number, connection)
            return answers_of(answered)
        raise LedgerUnavailable("the scribe died, and so did the next")

    def _kill(self, number: int) -> None:
        """Kill the process of that number, if it is still the one that there is."""
        process = self._process
        if process is not None and number == self._process_number:
            process.kill()

    def _connection(self, dead: int) -> tuple[int, Connection]:
        """One that leads to the process that there is now, or was a moment ago; to none that is known to be dead."""
        while True:
            try:
                number, connection = self._idle.get(timeout=self._settings.patience_seconds)
            except Empty:
                raise LedgerUnavailable("there is no scribe") from None
            if number == self._process_number and number > dead:
                return number, connection
            connection.close()

    def _put_back(self, number: int, connection: Connection) -> None:
        self._idle.put((number, connection))
        if self._stop.is_set():
            self._close_idle()

    def _started(self) -> subprocess.Popen[bytes]:
        """Raises OSError."""
        with ExitStack() as closed:
            pairs = [socket.socketpair() for _ in range(CARRIERS)]
            for own, their in pairs:
                closed.callback(own.close)
                closed.callback(their.close)
            theirs = tuple(their.fileno() for _, their in pairs)
            told = ScribeTold(dsn=self._dsn, settings=self._settings, connections=theirs)
            process = self._started_with(told, theirs)
            self._process_number += 1
            for own, _ in pairs:
                self._idle.put((self._process_number, Connection(own.detach())))
        return process

    def _let_go(self, process: subprocess.Popen[bytes] | None) -> None:
        """Close its input, and its connections but for those that somebody asks over just now: who asks closes them."""
        self._close_idle()
        super()._let_go(process)

    def _close_idle(self) -> None:
        with suppress(Empty):
            while True:
                self._idle.get_nowait()[1].close()


def run(told: ScribeTold) -> None:
    """Answer what comes over each connection, until all are closed. Says once that it has begun."""
    settings = told.settings
    registers = Registers(
        told.dsn, patience_seconds=settings.patience_seconds, keyring=settings.keyring(told.dsn), deciding=True
    )
    try:
        registers.open_all()
        keep_from_collector()
        threads = [
            threading.Thread(target=partial(answer_all, registers, Connection(handle)), name="scribe")
            for handle in told.connections
        ]
        for thread in threads:
            thread.start()
        say_at_work()
        for thread in threads:
            thread.join()
    finally:
        registers.close()


def answer_all(registers: Registers, connection: Connection) -> None:
    """Answer the groups of errands that come over the connection, until it is closed."""
    with connection:
        while True:
            try:
                asked = connection.recv_bytes()
            except (EOFError, OSError):  # nobody asks any more
                return
            answered = packed(_answers_to(registers, parcels_in(asked)))
            try:
                connection.send_bytes(answered)
            except OSError:  # who asked is gone: what was recorded is answered when it is sent again
                return


def _answers_to(registers: Registers, parcels: Sequence[bytes]) -> list[Answer]:
    errands = [errand_in(one) for one in parcels]
    readable = [one for one in errands if isinstance(one, Errand)]
    answers = iter(_answers(registers, readable) if readable else ())
    return [next(answers) if isinstance(one, Errand) else fault_told(None, one) for one in errands]


def _answers(registers: Registers, errands: Sequence[Errand]) -> list[Answer]:
    try:
        return take(registers, errands)
    except BaseException as fault:  # such as a panic of a library: the scribe goes on; the log of who answers tells it
        return [fault_told(errand, FailedElsewhere(where_of(fault))) for errand in errands]


def main() -> None:
    """The scribe's process."""
    run_companion("scribe", ScribeTold, run)
