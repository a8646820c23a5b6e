"""Connections to a register's database: the role they take, a few kept open, and what to do when they break.

Never here: statements on the register's tables.
"""

import contextlib
import re
import time
from collections import deque
from collections.abc import Callable, Iterator
from threading import Event, Lock
from typing import Literal, TypeVar, TypeVarTuple

import psycopg
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq import TransactionStatus

from domain.ledger.errors import LedgerUnavailable

Role = Literal["migrator", "appender", "projector", "reader", "sealer", "analyst"]
T = TypeVar("T")
Ts = TypeVarTuple("Ts")

# Connection lost, server going down or coming up, serialization failure, deadlock, too many connections: by and by
# the same may succeed (scale.md, rule 7).
_PASSING = ("08", "57P01", "57P02", "57P03", "40001", "40P01", "53300")
_NO_PLACE = re.compile(r"FATAL:  (sorry, too many clients|too many connections|remaining connection slots)")
_FIRST_PAUSE_SECONDS = 0.01
_LONGEST_PAUSE_SECONDS = 0.5


def as_role(dsn: str, role: Role) -> str:
    """The DSN whose connections work as that role of the register's. Its login must be a member of the role."""
    return with_settings(dsn, role=f"jaksokirja_{role}")


def may_work_as(dsn: str, role: Role) -> bool:
    """Whether the DSN's login is a member of that role of the register's. Raises psycopg.OperationalError."""
    asked = "SELECT FROM pg_catalog.pg_roles WHERE rolname = %s AND pg_catalog.pg_has_role(oid, 'MEMBER')"
    with psycopg.connect(dsn) as connection:
        return connection.execute(asked, (f"jaksokirja_{role}",)).rowcount > 0


def with_settings(dsn: str, **settings: str) -> str:
    """The DSN whose connections begin with those settings of the server's."""
    given = str(conninfo_to_dict(dsn).get("options") or "")
    added = " ".join(f"-c {name}={value}" for name, value in settings.items())
    return make_conninfo(dsn, options=f"{given} {added}".strip())


def is_passing(fault: psycopg.Error) -> bool:
    """Whether the same may succeed on another connection, a moment later."""
    if fault.sqlstate is None:
        return isinstance(fault, psycopg.OperationalError | psycopg.InterfaceError)
    return fault.sqlstate.startswith(_PASSING)


def has_no_place(fault: BaseException | None) -> bool:
    """Whether the server, or what it allows the login or the database, has no more connections to give.

    Where that is refused at the connection no SQLSTATE comes with it: then by the server's sentence, in English.
    """
    while fault is not None and not isinstance(fault, psycopg.Error):
        fault = fault.__cause__
    return fault is not None and (fault.sqlstate == "53300" or _NO_PLACE.search(str(fault)) is not None)


class Connections:
    """At most `limit` connections, opened when first needed and kept for the next to come, the warmest first.

    Places go in the order of asking: one that is given back while somebody waits passes to whoever waits longest.
    """

    def __init__(
        self, dsn: str, *, limit: int, made_ready: Callable[[psycopg.Connection], object] | None = None
    ) -> None:
        """`made_ready` is done to each new connection before it is used."""
        self._dsn = dsn
        self._made_ready = made_ready
        self._limit = limit
        self._lock = Lock()
        self._waiting: deque[Event] = deque()  # the turns of those who found no place, first come first
        self._lent = 0  # what passes from hand to hand stays lent, so that nobody waits while this is below the limit
        self._idle: list[psycopg.Connection] = []
        self._closed = False

    @contextlib.contextmanager
    def one(self, patience_seconds: float) -> Iterator[psycopg.Connection]:
        """A connection in autocommit. It is kept for others unless it broke or was left in the middle of something."""
        connection = self._taken(patience_seconds)
        try:
            yield connection
        finally:
            self._put_back(connection)

    def patiently(self, patience_seconds: float, work: Callable[[psycopg.Connection, *Ts], T], *given: *Ts) -> T:
        """Do the work on one of them, again and again while faults are passing ones: 2 µs less than by one().

        Raises LedgerUnavailable when patience is exhausted.
        """
        deadline = time.monotonic() + patience_seconds
        pause = _FIRST_PAUSE_SECONDS
        while True:
            try:
                connection = self._taken(patience_seconds)
                try:
                    return work(connection, *given)
                finally:
                    self._put_back(connection)
            except psycopg.Error as fault:
                if not is_passing(fault):
                    raise
                if time.monotonic() + pause > deadline:
                    raise LedgerUnavailable(f"the database cannot be reached: {fault}") from fault
            time.sleep(pause)
            pause = min(pause * 2, _LONGEST_PAUSE_SECONDS)

    def close(self) -> None:
        """Close the idle ones now, and the others when they come back. Whoever waits is told at once."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
            for turn in self._waiting:
                turn.set()
        for connection in idle:
            connection.close()

    def _taken(self, patience_seconds: float) -> psycopg.Connection:
        """Take a place, and the connection that was used last. The lock is held once: most loans end so."""
        with self._lock:
            if self._lent < self._limit and self._idle:
                self._lent += 1
                return self._idle.pop()
        connection = self._placed(patience_seconds)
        if connection is not None:
            return connection
        try:
            return self._opened(patience_seconds)
        except BaseException:
            self._put_back(None)
            raise

    def _placed(self, patience_seconds: float) -> psycopg.Connection | None:
        """Take a place, or wait for one, and an idle connection where there is one."""
        with self._lock:
            if self._lent < self._limit and not self._closed:
                self._lent += 1
                return self._idle.pop() if self._idle else None
            self._refuse_when_closed()
            turn = Event()
            self._waiting.append(turn)
        try:
            turn.wait(patience_seconds)
        except BaseException:  # the thread is being interrupted: no place may be lost with it
            with self._lock:
                if turn in self._waiting:
                    self._waiting.remove(turn)
                else:
                    self._pass_on()
            raise
        with self._lock:
            self._refuse_when_closed()
            if turn in self._waiting:
                self._waiting.remove(turn)
                raise LedgerUnavailable("all connections to the register are busy")
            return self._idle.pop() if self._idle else None

    def _pass_on(self) -> None:
        """The place goes to whoever waits longest, if anybody does. The lock is held."""
        if self._waiting:
            self._waiting.popleft().set()
        else:
            self._lent -= 1

    def _refuse_when_closed(self) -> None:
        if self._closed:
            raise LedgerUnavailable("this recorder has been closed")

    def _opened(self, patience_seconds: float) -> psycopg.Connection:
        # libpq takes whole seconds, at least two of them
        limit = max(2, round(patience_seconds))
        connection = psycopg.connect(self._dsn, autocommit=True, prepare_threshold=1, connect_timeout=limit)
        if self._made_ready is not None:
            try:
                self._made_ready(connection)
            except BaseException:
                connection.close()
                raise
        return connection

    def _put_back(self, connection: psycopg.Connection | None) -> None:
        """Give back the place, and the connection; there is none when it could not be opened."""
        with self._lock:
            self._pass_on()
            if connection is None:
                return
            if connection.pgconn.transaction_status == TransactionStatus.IDLE and not self._closed:
                self._idle.append(connection)
                return
            unwanted = [connection]
            if connection.closed:  # the idle ones are most likely as dead: a retry should not meet them one by one
                unwanted += self._idle
                self._idle = []
        for each in unwanted:
            each.close()
