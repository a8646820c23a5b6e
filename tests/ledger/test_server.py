"""The embedded server: starts anywhere, is shared, stops clean, comes back after a crash."""

import errno
import os
import pwd
import signal
import subprocess
import sys
import textwrap
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import psycopg
import pytest
from structlog.testing import capture_logs

from scripts import postgres
from scripts.postgres import ServerFailed, binary, running
from tests.patience import PATIENCE_SECONDS, until

ROOT = Path(__file__).parents[2]

HOLD = """
    import encodings.idna, os, sys
    from pathlib import Path
    import psycopg
    from scripts.postgres import running

    if len(sys.argv) > 2:  # only now: the interpreter itself may lie where another user cannot go
        os.setgroups([])
        os.setgid(int(sys.argv[2]))
        os.setuid(int(sys.argv[2]))
    with running(Path(sys.argv[1])) as dsn:
        with psycopg.connect(dsn) as connection:
            print(connection.execute("SELECT 'ready'").fetchone()[0], flush=True)
        sys.stdin.read()
"""


def _holder(data: Path, *user_id: int) -> "subprocess.Popen[str]":
    """Another process, perhaps another user's, that uses the server until its input ends."""
    holder = subprocess.Popen(
        [sys.executable, "-c", textwrap.dedent(HOLD), str(data), *map(str, user_id)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
    )
    assert holder.stdout is not None
    assert holder.stdout.readline() == "ready\n"
    return holder


def _leave(holder: "subprocess.Popen[str]") -> None:
    holder.communicate(timeout=60)
    assert holder.returncode == 0


def _process_id(data: Path) -> int:
    return int((data / "postgres" / "postmaster.pid").read_text().splitlines()[0])


def _is_stopped(data: Path) -> bool:
    return not (data / "postgres" / "postmaster.pid").exists()


def test_it_makes_its_folder_under_a_path_too_long_for_a_socket_and_keeps_what_is_written(tmp_path: Path) -> None:
    data = tmp_path / ("a folder; with 'a long' name " * 5) / "täällä" / "data"
    with running(data) as dsn, psycopg.connect(dsn) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        names = ("fsync", "server_encoding", "TimeZone", "listen_addresses")
        assert [connection.info.parameter_status("server_encoding")] == ["UTF8"]
        shown = [connection.execute("SELECT current_setting(%s)", (name,)).fetchone() for name in names]
        assert shown == [("on",), ("UTF8",), ("UTC",), ("",)]
        locale = "SELECT datlocprovider, datlocale FROM pg_database WHERE datname = current_database()"
        assert connection.execute(locale).fetchone() == ("b", "C.UTF-8")
    assert _is_stopped(data)
    with running(data, settings={"fsync": "off"}) as dsn, psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT one, current_setting('fsync') FROM kept").fetchone() == (1, "off")
    assert _is_stopped(data)


def test_processes_share_it_and_the_last_to_leave_stops_it(tmp_path: Path) -> None:
    with running(tmp_path) as dsn:
        holder = _holder(tmp_path)
        process_id = _process_id(tmp_path)
        with running(tmp_path) as again:
            assert again == dsn
        psycopg.connect(dsn).close()
    psycopg.connect(dsn).close()
    assert _process_id(tmp_path) == process_id
    _leave(holder)
    assert _is_stopped(tmp_path)


def test_a_user_that_was_killed_is_not_waited_for(tmp_path: Path) -> None:
    holder = _holder(tmp_path)
    with running(tmp_path):
        process_id = _process_id(tmp_path)
        holder.kill()
        holder.communicate()
    assert _is_stopped(tmp_path)

    orphaning = _holder(tmp_path)
    orphaning.kill()
    orphaning.communicate()
    assert _process_id(tmp_path) != process_id
    with running(tmp_path) as dsn:
        psycopg.connect(dsn).close()
    assert _is_stopped(tmp_path)


def test_after_a_crash_it_comes_back_with_what_was_committed(tmp_path: Path) -> None:
    with running(tmp_path) as dsn:
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        os.kill(_process_id(tmp_path), signal.SIGKILL)
        with running(tmp_path) as again, psycopg.connect(again) as connection:
            assert connection.execute("SELECT one FROM kept").fetchone() == (1,)
    assert _is_stopped(tmp_path)


def test_one_that_is_kept_comes_back_by_itself_however_it_ended_and_that_is_logged(tmp_path: Path) -> None:
    with capture_logs() as logged, running(tmp_path, settings={"work_mem": "5MB"}, kept=True) as dsn:
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 1 AS one")
        for times, number in enumerate((signal.SIGKILL, signal.SIGINT), 1):
            os.kill(_process_id(tmp_path), number)
            until(partial(_has_come, logged, "database_started_anew", times))
            with psycopg.connect(dsn) as connection:
                query = "SELECT one, current_setting('work_mem') FROM kept"
                assert connection.execute(query).fetchone() == (1, "5MB")
    assert _is_stopped(tmp_path)
    told = [one["event"] for one in logged if one["event"] != "database_not_started"]  # its memory may be held a moment
    assert told == ["database_ended", "database_started_anew"] * 2


def test_one_that_is_kept_and_cannot_be_started_is_tried_again_and_told_once_until_it_can(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOOK_SECONDS", 0.01)
    with capture_logs() as logged, running(tmp_path, kept=True) as dsn:
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(postgres._Server, "start", _cannot_start)
            os.kill(_process_id(tmp_path), signal.SIGKILL)
            until(partial(_has_come, logged, "database_not_started", 1))
        until(partial(_has_come, logged, "database_started_anew", 1))
        psycopg.connect(dsn).close()
    assert _is_stopped(tmp_path)
    assert _has_come(logged, "database_not_started", 1)


def test_one_that_is_kept_and_refuses_to_start_is_told_at_the_first_refusal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(postgres, "REFUSAL_LIMIT_SECONDS", 10 * PATIENCE_SECONDS)
    with capture_logs() as logged, running(tmp_path, kept=True), monkeypatch.context() as meanwhile:
        meanwhile.setattr(postgres._Server, "_launch", lambda *_: False)
        os.kill(_process_id(tmp_path), signal.SIGKILL)
        until(partial(_has_come, logged, "database_not_started", 1))
    assert _has_come(logged, "database_started_anew", 0)


def test_who_keeps_one_outlives_that_descriptors_are_used_up_and_tells_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(postgres, "LOOK_SECONDS", 0.01)
    with capture_logs() as logged, running(tmp_path, kept=True) as dsn:
        with monkeypatch.context() as meanwhile:
            meanwhile.setattr(postgres._Server, "is_there", _too_many_open_files)
            until(partial(_has_come, logged, "database_not_seen", 1))
        os.kill(_process_id(tmp_path), signal.SIGKILL)
        until(partial(_has_come, logged, "database_started_anew", 1))
        psycopg.connect(dsn).close()


def test_who_leaves_one_that_recovers_waits_for_no_end_of_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(postgres, "LOOK_SECONDS", 0.01)
    monkeypatch.setattr(postgres, "START_LIMIT_SECONDS", 20.0)
    asked: list[bool] = []

    def recovers(server: postgres._Server) -> bool:
        asked.append(server.is_there())
        return False

    with capture_logs() as logged, monkeypatch.context() as meanwhile, running(tmp_path, kept=True):
        meanwhile.setattr(postgres._Server, "_answers", recovers)
        os.kill(_process_id(tmp_path), signal.SIGINT)
        until(lambda: True in asked)
    assert _is_stopped(tmp_path)
    assert [one["event"] for one in logged] == ["database_ended"]  # and not that it was not ready in time


def _too_many_open_files(*_: object) -> bool:
    raise OSError(errno.EMFILE, os.strerror(errno.EMFILE))


def _cannot_start(*_: object) -> bool:
    raise ServerFailed("the disk is full")


def _has_come(logged: Sequence[Mapping[str, object]], event: str, times: int) -> bool:
    return sum(one["event"] == event for one in logged) == times


def test_one_that_does_not_end_when_it_is_told_to_is_ended_and_comes_back_with_what_was_committed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As one does that is told to end while it recovers: it waits for ever for a process that nobody has told."""
    monkeypatch.setattr(postgres, "STOP_SECONDS", "2")
    with running(tmp_path) as dsn:
        with psycopg.connect(dsn) as connection:
            connection.execute("CREATE TABLE kept AS SELECT 7 AS seven")
            asked = "SELECT pid FROM pg_stat_activity WHERE backend_type = 'checkpointer'"
            (checkpointer,) = connection.execute(asked).fetchone() or (0,)
        os.kill(checkpointer, signal.SIGSTOP)
    with running(tmp_path) as dsn, psycopg.connect(dsn) as connection:
        assert connection.execute("SELECT seven FROM kept").fetchone() == (7,)


def test_a_process_number_that_is_now_somebody_elses_does_not_stop_the_start(tmp_path: Path) -> None:
    with running(tmp_path):
        written = (tmp_path / "postgres" / "postmaster.pid").read_text()
    left = tmp_path / "postgres" / "postmaster.pid"
    left.write_text(written.replace(written.splitlines()[0], str(os.getpid()), 1))
    with running(tmp_path) as dsn:
        psycopg.connect(dsn).close()
    assert _is_stopped(tmp_path)


WAITING = """
    import time
    from pathlib import Path

    def test_that_waits(postgres: str, tmp_path_factory) -> None:
        Path("begun").write_text(str(tmp_path_factory.getbasetemp() / "data0"))
        time.sleep(600)
"""


def test_a_test_run_that_is_told_to_end_leaves_no_server_behind(tmp_path: Path) -> None:
    (tmp_path / "test_waiting.py").write_text(textwrap.dedent(WAITING))
    environment = {name: value for name, value in os.environ.items() if name != "JAKSOKIRJA_TEST_DSN"}
    run = subprocess.Popen(
        [sys.executable, "-m", "pytest", "-p", "tests.conftest", "--basetemp", tmp_path / "temp", "test_waiting.py"],
        cwd=tmp_path,
        stdout=subprocess.DEVNULL,
        env=environment | {"PYTHONPATH": str(ROOT)},
    )
    begun = tmp_path / "begun"
    until(lambda: run.poll() is not None or (begun.exists() and begun.read_text() != ""))
    data = Path(begun.read_text())
    assert not _is_stopped(data)
    for _ in range(2):
        run.terminate()
    assert run.wait(timeout=PATIENCE_SECONDS) == 128 + signal.SIGTERM
    assert _is_stopped(data)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become somebody else")
def test_an_ordinary_user_runs_it_as_well() -> None:
    somebody = pwd.getpwnam("nobody")
    with TemporaryDirectory() as folder, running(Path(folder) / "roots"):  # lets others walk through the environment
        data = Path(folder) / "theirs"
        data.mkdir()
        os.chown(data, somebody.pw_uid, -1)
        holder = _holder(data, somebody.pw_uid)
        assert (data / "postgres").stat().st_uid == somebody.pw_uid
        _leave(holder)
        assert _is_stopped(data)


def test_a_server_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scripts.postgres.REFUSAL_LIMIT_SECONDS", 0.1)
    with pytest.raises(ServerFailed, match="no_such_setting"), running(tmp_path, settings={"no_such_setting": "1"}):
        pass


def test_its_programs_are_at_hand() -> None:
    assert {binary(name).name for name in ("psql", "pgbench", "pg_dump")} == {"psql", "pgbench", "pg_dump"}
    with pytest.raises(ServerFailed, match="no_such_program"):
        binary("no_such_program")
