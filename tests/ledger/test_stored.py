"""A stream is read by its own index and by one plan, however long others are."""

from collections.abc import Callable, Sequence
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql

from domain.ledger.database import Prepared
from domain.ledger.migrate import schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Submission

OTHERS, LONG, SHORT = 3, 400, 3


def test_streams_of_any_length_are_read_by_their_own_index_and_nothing_is_planned_anew(
    register: tuple[str, str],
    recorder: RegisterRecorder,
    a_submission: Callable[..., Submission],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    dsn, name = register
    lent: list[psycopg.Connection] = []
    run = Prepared.first_column

    def watched(prepared: Prepared, connection: psycopg.Connection, arguments: Sequence[bytes]) -> list[bytes]:
        lent.append(connection)
        return run(prepared, connection, arguments)

    monkeypatch.setattr(Prepared, "first_column", watched)
    stream_id, other_id = uuid4(), uuid4()
    recorder.append(a_submission(SHORT, stream_id=stream_id, version=1))
    recorder.append(a_submission(LONG, stream_id=other_id, version=1))
    for _ in range(OTHERS):
        recorder.append(a_submission(LONG, version=1))
    with psycopg.connect(dsn, autocommit=True) as connection:  # so that streams are taken for longer than this one is
        connection.execute(sql.SQL("ANALYZE {}.events").format(sql.Identifier(schema_of(name))))
    for _ in range(10):
        assert len(recorder.streams.after(stream_id, 1)) == SHORT - 1
        assert len(recorder.streams.until(stream_id, 2)) == 2
        assert len(recorder.streams.news({stream_id: 0, other_id: LONG - 1})) == SHORT + 1
        assert len(recorder.read_stream(stream_id, upto_position=2)) == 2
    (connection,) = set(lent)
    kept = connection.execute(
        "SELECT name, cardinality(parameter_types), custom_plans, statement FROM pg_prepared_statements"
    ).fetchall()
    of_streams = [(name, count) for name, count, _, statement in kept if "stream_id" in statement]
    assert (len(of_streams), [planned for *_, planned, _ in kept if planned]) == (4, [])
    for name, count in of_streams:
        arguments = sql.SQL(", ").join([sql.NULL] * count)
        asked = sql.SQL("EXPLAIN EXECUTE {}({})").format(sql.Identifier(name), arguments)
        plan = "\n".join(line for (line,) in connection.execute(asked).fetchall())
        assert "events_stream_id_version_key" in plan
        assert "events_pkey" not in plan
