"""Several prepared statements in one round trip: what a small batch costs is its trips and the driver's general way.

libpq's pipeline mode through psycopg's own binding, with arguments and answers in PostgreSQL's binary format. A
connection that runs them prepares nothing else by itself (`prepare_threshold` None), since psycopg forgets what is
prepared, of others too, when it rolls back. One thread at a time uses it. Must never hold: what the statements say.
"""

from __future__ import annotations

import select
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, NamedTuple, cast
from weakref import WeakKeyDictionary

import psycopg
from psycopg import Connection, pq
from psycopg.adapt import Transformer

from domain.ledger.database import Prepared, checked
from projections.copying import FIELD_OF_KIND

_BINARY = 1
_AT_WORK = (pq.TransactionStatus.INTRANS, pq.TransactionStatus.INERROR)
_READY: WeakKeyDictionary[Connection[Any], set[bytes]] = WeakKeyDictionary()

BEGIN = Prepared(b"begin", b"BEGIN", ())
COMMIT = Prepared(b"commit", b"COMMIT", ())


class Call(NamedTuple):
    """A statement and its arguments, packed: see `packed`."""

    statement: Prepared
    arguments: Sequence[bytes | None] = ()


def packed(kind: str, value: Any) -> bytes | None:
    """The value as an argument of that type. Raises TypeError, ValueError, struct.error on what it cannot hold."""
    return None if value is None else FIELD_OF_KIND[kind](value)[4:]


def trip(connection: Connection[Any], calls: Sequence[Call]) -> Iterator[pq.abc.PGresult]:
    """The answers to the calls, in order; they are all there when the first is given.

    Raises psycopg.Error at the first call that failed, after which none was done; or when the connection is lost.
    """
    ready = _READY.setdefault(connection, set())
    for statement, _ in calls:
        if statement.name not in ready:
            statement.make_ready(connection)
            ready.add(statement.name)
    pgconn = connection.pgconn
    pgconn.enter_pipeline_mode()
    for statement, arguments in calls:
        given = cast("Sequence[bytes]", arguments)  # psycopg takes None for NULL here, though its type does not say so
        pgconn.send_query_prepared(statement.name, given, [_BINARY] * len(arguments), _BINARY)
    pgconn.pipeline_sync()
    results = _answers(pgconn)
    pgconn.exit_pipeline_mode()
    return (checked(connection, result) for result in results)


def answered(connection: Connection[Any], result: pq.abc.PGresult) -> list[tuple[Any, ...]]:
    """The rows of an answer, as psycopg's cursors give them."""
    if not result.ntuples:
        return []
    transformer = Transformer(connection)
    transformer.set_pgresult(result)
    return transformer.load_rows(0, result.ntuples, tuple)


@contextmanager
def undone_on_fault(connection: Connection[Any]) -> Iterator[None]:
    """Roll back what was begun within, and not committed, when something is raised."""
    try:
        yield
    except BaseException:
        if connection.pgconn.transaction_status in _AT_WORK:
            connection.rollback()
        raise


def _answers(pgconn: pq.abc.PGconn) -> list[pq.abc.PGresult]:
    """What comes up to the end of the pipeline. Waits in poll(), where other threads may run."""
    waiting = select.poll()
    while pgconn.flush():
        waiting.register(pgconn.socket, select.POLLIN | select.POLLOUT)
        if any(event & select.POLLIN for _, event in waiting.poll()):
            pgconn.consume_input()
    waiting.register(pgconn.socket, select.POLLIN)
    results: list[pq.abc.PGresult] = []
    ended = False
    while True:
        while pgconn.is_busy():
            waiting.poll()
            pgconn.consume_input()
        result = pgconn.get_result()
        if result is None and ended:  # one ends each answer; more come when there is no connection any more
            raise psycopg.OperationalError(pgconn.get_error_message())
        ended = result is None
        if result is None:
            continue
        if result.status == pq.ExecStatus.PIPELINE_SYNC:
            return results
        results.append(result)
