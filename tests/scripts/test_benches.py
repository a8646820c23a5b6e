"""That the benches run: what they measure is for people to judge, never for a test."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from domain.ledger.book import Book
from domain.ledger.identity import new_id
from domain.ledger.migrate import schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.sealing.state import load_state
from domain.ledger.submission import Draft, Submission
from scripts.benches import append, feed, importing, peers, verify
from scripts.benches.__main__ import main
from scripts.benches.sealing import beside_sealer


def test_the_append_bench_measures_ours_beside_its_peer_and_its_limit(
    register: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn, name = register
    monkeypatch.setattr(append, "REGISTER", name)
    with psycopg.connect(dsn) as connection:
        connection.execute("DROP TABLE IF EXISTS pgbench_event; DROP SEQUENCE IF EXISTS pgbench_position")
        connection.execute(peers.PEER_TABLE)
    tmp_path.chmod(0o755)
    figure = append.measure(dsn, tmp_path, 2, (0.2, 1))
    assert figure["ours"] > 0
    assert all(peer > 0 for peer in figure["peers"].values())
    assert figure["peers"]
    assert figure["limit"] is not None
    assert figure["limit"] > 0
    with psycopg.connect(dsn) as connection:
        connection.execute("DROP TABLE pgbench_event; DROP SEQUENCE pgbench_position")


def test_the_append_bench_sees_a_gap_and_an_inversion(
    register: tuple[str, str],
) -> None:
    dsn, name = register
    recorder = RegisterRecorder(dsn, name)
    for _ in range(3):
        recorder.append(Submission(new_id(), b"", (Draft(new_id(), 1, peers.NAME, b"{}"),)))
    recorder.close()
    with psycopg.connect(dsn) as connection:
        schema = sql.Identifier(schema_of(name))
        statement = sql.SQL(append.OUT_OF_ORDER).format(schema=schema)
        assert connection.execute(statement).fetchall() == [(0, 0)]
        connection.execute(sql.SQL("DELETE FROM {}.events WHERE position = 2").format(schema))
        connection.execute(
            sql.SQL("UPDATE {}.events SET recorded_at = recorded_at - interval '1 day' WHERE position = 3").format(
                schema
            )
        )
        assert connection.execute(statement).fetchall() == [(1, 1)]


def test_the_import_bench_measures_both_ways_beside_the_stock_recorder_and_copy(register: tuple[str, str]) -> None:
    figures = importing.measure(*register, batch=10, events=40, rounds=1)
    assert [figure["case"].split(" (")[0] for figure in figures] == [
        "batches of 10, one command a batch",
        "batches of 10, one command a source row",
    ]
    assert all(figure["ours"] > 0 and figure["limit"] for figure in figures)
    with psycopg.connect(register[0]) as connection:
        schema = sql.Identifier(schema_of(register[1]))
        (counted,) = connection.execute(
            sql.SQL("SELECT (SELECT count(*) FROM {0}.events), (SELECT count(*) FROM {0}.copied)").format(schema)
        ).fetchall()
        (alike,) = connection.execute(
            sql.SQL(
                "SELECT count(*) FROM {0}.events e JOIN {0}.copied c USING (position, version, name)"
                " WHERE octet_length(e.record) = octet_length(c.record)"
            ).format(schema)
        ).fetchall()
    assert counted == (80, 40)
    assert alike == (40,)


def test_the_append_bench_measures_the_writers_with_the_sealer_beside_them_and_without(
    register: tuple[str, str], tmp_path: Path
) -> None:
    rates = iter(range(1, 100))
    with Book(*register) as book:
        figure = beside_sealer("3 writers", lambda: float(next(rates)), register, tmp_path, rounds=3)
        assert book.ledger.head()[0] == 2
    assert (figure["ours"], figure["peers"]) == (3.0, {"not sealed": 4.0})
    state = load_state(tmp_path / "sealer" / register[1])
    assert state is not None
    assert state.size == 2


def test_the_verify_bench_measures_ours_beside_hashlib_and_its_limit() -> None:
    figure = verify.measure(500, rounds=1)
    assert figure["ours"] > 0
    assert all(peer > 0 for peer in figure["peers"].values())
    assert figure["limit"] == verify.LIMIT_EVENTS_A_SECOND


def test_the_feed_bench_lets_one_storm_pass_over_ours_and_another_over_its_peer(postgres: str, tmp_path: Path) -> None:
    figure = feed.measure(postgres, tmp_path, os.getpid(), events=60, blows=0)
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("DROP DATABASE {}").format(sql.Identifier(f"{feed.PEER}_{os.getpid()}")))
        connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(sql.Identifier(schema_of(f"feed-{os.getpid()}"))))
    assert figure["ours"] == figure["limit"]
    assert figure["ours"] >= 60
    assert all(peer > 0 for peer in figure["peers"].values())


def test_a_bench_that_there_is_not_is_told_with_those_that_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["speed"])
    assert stopped.value.code == 2
    assert "append" in capsys.readouterr().err
