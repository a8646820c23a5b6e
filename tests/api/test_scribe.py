"""Commands are taken in a process of their own: it comes again when it dies, and no command is lost or done twice."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import pytest
import structlog
from psycopg import sql
from pydantic_core import from_json, to_json

from api import companion
from api import scribe as module
from api.errands import Answer, Errand, parcel_of
from api.health import health
from api.identity import issue_token
from api.registers import Registers
from api.scribe import Scribe
from api.settings import Settings
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.identity import new_id, register_stream_id
from domain.ledger.migrate import create_register, schema_of
from projections.install import install
from tests.api.caller import WORKER, Caller, problem
from tests.api.conftest import made_database, served
from tests.api.parents import orphaned
from tests.patience import until

REGISTER = "kymenlaakso"


@pytest.fixture(scope="module")
def dsn(postgres: str) -> Iterator[str]:
    """A database of its own, with one register that has been opened."""
    with made_database(postgres, f"scribe_{os.getpid()}") as dsn:
        create_register(dsn, REGISTER)
        install(dsn, REGISTER)
        yield dsn


@pytest.fixture(scope="module")
def at_home(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings whose folder no other test uses, and patience enough for a busy machine."""
    return settings.model_copy(update={"data": tmp_path_factory.mktemp("scribe"), "patience_seconds": 60.0})


@pytest.fixture(scope="module")
def scribe(dsn: str, at_home: Settings) -> Iterator[Scribe]:
    """One that comes again at once, with its register opened."""
    with pytest.MonkeyPatch.context() as patched, alive(dsn, at_home) as scribe:
        patched.setattr(companion, "AGAIN_SECONDS", 0.01)
        (answer,) = scribe.ask([opened(REGISTER)])
        assert answer.status == 201
        yield scribe


@contextmanager
def alive(dsn: str, settings: Settings) -> Iterator[Scribe]:
    with (settings.data / "log").open("a") as log, Scribe(settings, dsn, log) as scribe:
        yield scribe


def unit_opened(register: str = REGISTER) -> Errand:
    """A command that is taken whatever was before it, but for the first."""
    number = new_id().hex[-12:]
    body = {"unit_id": f"u{number}", "unit_name": "a unit", "area": "north", "opened_on": date(2020, 1, 1)}
    return of_register("open-unit", body, register)


def of_register(name: str, body: object, register: str = REGISTER) -> Errand:
    return Errand(
        register=register,
        kind="register",
        name=name,
        stream_id=register_stream_id(register),
        command_id=new_id(),
        actor="tests",
        expected_version=None,
        body=to_json(body),
    )


def opened(register: str) -> Errand:
    body = {"register_name": register, "controller": "a county", "opened_on": date(2020, 1, 1)}
    return of_register("open-register", body, register)


def times_recorded(dsn: str, command_id: UUID) -> int:
    commands = sql.Identifier(schema_of(REGISTER), "commands")
    with psycopg.connect(dsn) as connection:
        query = sql.SQL("SELECT count(*) FROM {} WHERE command_id = %s").format(commands)
        row = connection.execute(query, (command_id,)).fetchone()
    return int(row[0]) if row else 0


def kill(scribe: Scribe) -> None:
    """It is dead when this returns."""
    process = scribe._process
    assert process is not None
    process.kill()
    process.wait()


def killed_when_answered(monkeypatch: pytest.MonkeyPatch, scribe: Scribe, times: int) -> None:
    """So many groups are carried out, but their answers never come: the scribe is killed before."""
    receive, left = Connection.recv_bytes, iter(range(times))

    def cut_off(connection: Connection) -> bytes:
        answered = receive(connection)
        if next(left, None) is None:
            return answered
        kill(scribe)
        raise EOFError

    monkeypatch.setattr(Connection, "recv_bytes", cut_off)


def patient(start: Callable[[Scribe], Any], monkeypatch: pytest.MonkeyPatch) -> Callable[[Scribe], Any]:
    """Starts one that is given all the time that a busy machine takes."""

    def started(scribe: Scribe) -> Any:
        monkeypatch.setattr(module, "HUNG_SECONDS", 60.0)
        return start(scribe)

    return started


def replayed(answer: Answer) -> bool:
    return bool(from_json(answer.body)["replayed"])


def test_errands_are_answered_by_another_process_each_with_its_own(dsn: str, scribe: Scribe) -> None:
    good, bad = unit_opened(), of_register("open-unit", {"unit_id": 7})
    taken, refused = scribe.ask([good, bad])
    assert (taken.status, from_json(taken.body)["command_id"]) == (201, str(good.command_id))
    assert (refused.status, refused.code) == (422, "malformed_command")
    assert times_recorded(dsn, good.command_id) == 1


def test_over_http_it_is_as_if_no_other_process_were_there(dsn: str, scribe: Scribe, at_home: Settings) -> None:
    token = issue_token(at_home, WORKER, [REGISTER])
    with served(at_home, dsn, scribe=scribe) as address, Caller(address, REGISTER, token) as caller:
        client_id, key = new_id(), new_id()
        body = {"born_on": "2015-05-05"}
        first = caller.send(f"clients/{client_id}/register-client", body, key=key)
        again = caller.send(f"clients/{client_id}/register-client", body, key=key)
        assert (first.status_code, first.headers["ETag"], first.headers["Content-Type"]) == (
            201,
            '"1"',
            "application/json",
        )
        assert (again.status_code, again.headers["Idempotency-Replayed"]) == (201, "true")
        problem(caller.send(f"clients/{client_id}/register-client", {"born_on": "yesterday"}), 422, "malformed_command")
        problem(caller.send(f"episodes/{new_id()}/start-episode", {"started_on": "2022-01-01"}), 404, "unknown_episode")
        told = caller.client.get("/health").json()
    assert told["scribe"] == scribe.health()


def test_a_command_that_finds_it_dead_is_answered_by_the_next(dsn: str, scribe: Scribe) -> None:
    restarts = scribe.health()["restarts"]
    kill(scribe)
    one = unit_opened()
    (answer,) = scribe.ask([one])
    assert (answer.status, replayed(answer)) == (201, False)
    assert times_recorded(dsn, one.command_id) == 1
    until(lambda: scribe.health() == {"status": "up", "restarts": restarts + 1})


def test_a_command_that_was_recorded_before_it_died_is_answered_and_not_done_again(
    dsn: str, scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = unit_opened()
    killed_when_answered(monkeypatch, scribe, times=1)
    (answer,) = scribe.ask([one])
    assert (answer.status, replayed(answer)) == (201, True)
    assert times_recorded(dsn, one.command_id) == 1


def test_one_that_hangs_is_killed_and_what_it_was_asked_is_answered_by_the_next(
    dsn: str, scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "HUNG_SECONDS", 0.5)
    hung = scribe.pid or 0
    os.kill(hung, signal.SIGSTOP)
    one = unit_opened()
    monkeypatch.setattr(Scribe, "_started", patient(Scribe._started, monkeypatch))
    (answer,) = scribe.ask([one])
    assert answer.status == 201
    assert times_recorded(dsn, one.command_id) == 1
    assert scribe.pid != hung


def test_what_it_dies_of_twice_is_no_third_ones_but_told_as_unavailable(
    scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    killed_when_answered(monkeypatch, scribe, times=2)
    with pytest.raises(LedgerUnavailable):
        scribe.ask([unit_opened()])
    (answer,) = scribe.ask([unit_opened()])
    assert answer.status == 201


def test_where_none_can_be_started_commands_are_told_as_unavailable_and_health_as_degraded(
    dsn: str, at_home: Settings
) -> None:
    hasty = at_home.model_copy(update={"patience_seconds": 0.05})
    scribe = Scribe(hasty, dsn)  # never started
    token = issue_token(hasty, WORKER, [REGISTER])
    with served(hasty, dsn, scribe=scribe) as address, Caller(address, REGISTER, token) as caller:
        told = problem(caller.send(f"clients/{new_id()}/register-client", {}), 503, "ledger_unavailable")
    assert "same Idempotency-Key" in told["remedy"]
    registers = Registers(dsn, patience_seconds=5.0)
    assert health(registers, [scribe])[0]["scribe"] == {"status": "down", "restarts": 0}
    assert health(registers, [scribe])[0]["status"] == "degraded"
    registers.close()


def test_a_register_that_was_made_meanwhile_is_served_too(dsn: str, scribe: Scribe) -> None:
    create_register(dsn, "later")
    (answer,) = scribe.ask([opened("later")])
    assert answer.status == 201


def test_what_fails_in_it_unexpectedly_is_told_without_its_message_and_it_goes_on(scribe: Scribe) -> None:
    strange, good = of_register("a-secret", {}), unit_opened()
    failed, taken = scribe.ask([strange, good])
    assert (failed.status, failed.code, failed.fault["fault"]) == (500, "unexpected_error", "KeyError")
    assert "taking.py" in failed.fault["where"]
    assert "a-secret" not in str((failed.fault, failed.body))
    assert taken.status == 201


def test_an_errand_that_cannot_be_packed_fails_alone(scribe: Scribe) -> None:
    good, other = unit_opened(), unit_opened()
    bad = msgspec.structs.replace(unit_opened(), actor="half of a pair: \ud83d")
    first, failed, last = scribe.ask([good, bad, other])
    assert (first.status, failed.status, last.status) == (201, 500, 201)
    assert (failed.code, failed.fault["fault"]) == ("unexpected_error", "UnicodeEncodeError")
    assert from_json(last.body)["command_id"] == str(other.command_id)


def test_an_errand_that_cannot_be_read_there_fails_alone(scribe: Scribe, monkeypatch: pytest.MonkeyPatch) -> None:
    good, bad = unit_opened(), unit_opened()
    monkeypatch.setattr(module, "parcel_of", lambda one: b"of another release" if one is bad else parcel_of(one))
    failed, taken = scribe.ask([bad, good])
    assert (failed.status, failed.code, taken.status) == (500, "unexpected_error", 201)


def test_one_that_cannot_read_what_it_is_sent_at_all_is_not_left_without_connections(
    scribe: Scribe, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as meanwhile:
        meanwhile.setattr(module, "packed", lambda _: b"of another release")
        with pytest.raises(LedgerUnavailable):
            scribe.ask([unit_opened()])
    (answer,) = scribe.ask([unit_opened()])
    assert answer.status == 201


def test_it_leaves_signals_to_the_process_that_started_it_and_ends_when_let_go(
    dsn: str, at_home: Settings, scribe: Scribe
) -> None:
    assert scribe.pid  # the register is opened
    with structlog.testing.capture_logs() as logged, alive(dsn, at_home) as another:
        another.ask([unit_opened()])
        pid = another.pid or 0
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            os.kill(pid, number)
            (answer,) = another.ask([unit_opened()])
            assert answer.status == 201
        assert another.pid == pid
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes()
    assert not Path(f"/proc/{pid}").exists()
    assert [one["event"] for one in logged] == []
    assert [told for told in (dsn, str(at_home.data)) if told.encode() in arguments] == []


def test_it_ends_with_the_process_that_started_it_however_that_ends(dsn: str, at_home: Settings) -> None:
    with orphaned(Scribe, at_home, dsn) as pid:
        assert not ended(pid)()
    until(ended(pid))


def ended(pid: int) -> Callable[[], bool]:
    """Whether there is no such process, or it only waits to be buried."""

    def is_so() -> bool:
        try:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] == "Z"
        except FileNotFoundError:
            return True

    return is_so
