"""Beside the API a process follows and seals: it comes again when it dies, and goes with the API's own."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
import structlog
from psycopg import sql

from api import companion
from api.beside import BEHIND, Beside
from api.health import health, register_health
from api.registers import Registers
from api.settings import Settings
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.migrate import SCHEMA_PREFIX, create_register
from domain.ledger.secrecy.wrapping import REGISTER_KEY
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.open_unit import OpenUnit
from projections.engine import run_once
from projections.install import install, register_connection
from projections.store import checkpoints
from scripts.commandline.session import keyring_of
from tests.api.caller import Caller
from tests.api.conftest import made_database, served
from tests.api.parents import orphaned

PATIENCE_SECONDS = 240.0
_numbers = count(1)


def comes_true(what: Callable[[], bool]) -> bool:
    """Whether it does, if it is given the time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not what():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def runs(pid: int) -> bool:
    """Whether there is such a process, and it is not merely waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


class House:
    """A register, and whether what is written into it is followed."""

    def __init__(self, dsn: str, register: str) -> None:
        self.dsn, self.register = dsn, register
        install(dsn, register)
        self._written = 0

    def write(self) -> int:
        """Something; the position that it came to."""
        self._written += 1
        opened_on = date(2020, 1, 1)
        command = (
            OpenRegister(register_name=self.register, controller="a county", opened_on=opened_on)
            if self._written == 1
            else OpenUnit(unit_id=f"u{self._written}", unit_name="a unit", area="north", opened_on=opened_on)
        )
        with Book(self.dsn, self.register, keyring=keyring_of(self.dsn, self.register)) as book:
            order = Order(stream_id=book.register_id, command=command, command_id=new_id(), actor="tests")
            return book.execute(order).position or 0

    def follows(self, position: int) -> bool:
        """Whether every projection comes to that position."""
        with register_connection(self.dsn, self.register, autocommit=True) as connection:
            return comes_true(lambda: min(one.position for one in checkpoints(connection).values()) >= position)


@pytest.fixture(scope="module")
def database(postgres: str) -> Iterator[str]:
    """A database of its own: what is beside takes up every register of one, and its clock writes there."""
    with made_database(postgres, f"beside_{os.getpid()}") as dsn:
        yield dsn


@pytest.fixture
def nobodys(postgres: str) -> Iterator[str]:
    """A database without registers."""
    with made_database(postgres, f"nobodys_{os.getpid()}") as dsn:
        yield dsn


@pytest.fixture
def house(database: str) -> House:
    """A register that no other test knows of."""
    return made(database)


def made(dsn: str) -> House:
    name = f"beside-{next(_numbers)}"
    create_register(dsn, name)
    return House(dsn, name)


@pytest.fixture
def at_home(settings: Settings, tmp_path: Path) -> Settings:
    """Settings whose folder no other test uses: what is beside keeps files there."""
    return settings.model_copy(update={"data": tmp_path})


@contextmanager
def looks_like_a_register(dsn: str, name: str) -> Iterator[None]:
    """A schema of that name with a table `head`, and nothing else in it."""
    schema = sql.Identifier(SCHEMA_PREFIX + name)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE SCHEMA {0} CREATE TABLE {0}.head ()").format(schema))
        try:
            yield
        finally:
            connection.execute(sql.SQL("DROP SCHEMA {} CASCADE").format(schema))


@contextmanager
def alive(settings: Settings, dsn: str) -> Iterator[tuple[Beside, int]]:
    with (settings.data / "log").open("a") as log, Beside(settings, dsn, log) as beside:
        assert beside.pid is not None
        yield beside, beside.pid


def test_what_is_written_is_followed_in_a_process_beside_until_it_is_let_go(house: House, at_home: Settings) -> None:
    with alive(at_home, house.dsn) as (beside, pid):
        assert house.follows(house.write())
        assert house.follows(house.write())
        assert comes_true(lambda: beside.health() == {"status": "up", "restarts": 0})
    assert not runs(pid)
    assert beside.health()["status"] == "down"


def test_a_process_that_was_killed_is_told_as_down_and_comes_again(
    house: House, at_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "AGAIN_SECONDS", 0.5)
    with alive(at_home, house.dsn) as (beside, first):
        os.kill(first, signal.SIGKILL)
        assert comes_true(lambda: beside.health()["status"] == "down")
        assert comes_true(lambda: beside.health() == {"status": "up", "restarts": 1})
        assert beside.pid != first
        assert house.follows(house.write())


def test_whoever_is_waited_for_goes_before_it(house: House, at_home: Settings) -> None:
    own = os.getpriority(os.PRIO_PROCESS, 0)
    with alive(at_home, house.dsn) as (_, pid):
        assert house.follows(house.write())
        assert os.getpriority(os.PRIO_PROCESS, pid) == min(own + BEHIND, 19)


def test_a_register_that_was_made_meanwhile_is_followed_too(house: House, at_home: Settings) -> None:
    with alive(at_home, house.dsn):
        assert house.follows(house.write())
        later = made(house.dsn)
        assert later.follows(later.write())


def test_it_ends_with_the_process_that_started_it_however_that_ends(house: House, at_home: Settings) -> None:
    with orphaned(Beside, at_home, house.dsn) as pid:
        assert house.follows(house.write())
    assert comes_true(lambda: not runs(pid))


def test_ctrl_c_is_left_to_the_process_that_started_it(house: House, at_home: Settings) -> None:
    with alive(at_home, house.dsn) as (beside, pid):
        assert house.follows(house.write())
        os.kill(pid, signal.SIGINT)
        assert house.follows(house.write())
        assert beside.pid == pid


def test_what_it_is_told_is_in_nobodys_sight(house: House, at_home: Settings) -> None:
    with alive(at_home, house.dsn) as (_, pid):
        assert house.follows(house.write())
        arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    assert arguments[1:3] == [b"-P", b"-c"]
    assert arguments[4:] == [b""]
    assert [told for told in (house.dsn, str(at_home.data)) if told.encode() in arguments[3]] == []


def test_health_is_degraded_while_it_is_down(
    opened: tuple[str, str], settings: Settings, logging_configured: None
) -> None:
    beside = Beside(settings, opened[0])  # never started
    with served(settings, opened[0], beside=beside) as address, Caller(address, opened[1], "none") as caller:
        told: dict[str, Any] = caller.client.get("/health").json()
    assert (told["status"], told["beside"]) == ("degraded", {"status": "down", "restarts": 0})


def events(settings: Settings) -> list[dict[str, Any]]:
    """What it has logged, which is JSON to the last line."""
    return [json.loads(line) for line in (settings.data / "log").read_text().splitlines()]


def test_a_relative_folder_means_the_same_to_it_as_to_the_process_that_started_it(
    house: House, at_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    position = house.write()
    key = at_home.keys_folder / "register.key"
    key.parent.mkdir()
    key.touch(0o600)
    key.write_text(os.environ[REGISTER_KEY])
    monkeypatch.delenv(REGISTER_KEY)
    monkeypatch.chdir(at_home.data)
    with alive(at_home.model_copy(update={"data": Path()}), house.dsn):
        assert house.follows(position)


def test_what_lies_in_the_folder_that_it_works_in_is_not_imported(
    house: House, at_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("select", "structlog", "domain"):
        (at_home.data / f"{name}.py").write_text("raise SystemExit('somebody else')")
    monkeypatch.chdir(at_home.data)
    with alive(at_home, house.dsn):
        assert house.follows(house.write())


def test_one_that_fails_over_and_over_is_never_told_as_up_and_logs_what_failed_without_its_message(
    house: House, at_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "AGAIN_SECONDS", 0.01)
    seen = set()
    with alive(at_home.model_copy(update={"witnesses": at_home.data / "a missing file"}), house.dsn) as (beside, _):

        def failed_twice() -> bool:
            seen.add(beside.health()["status"])
            return bool(beside.health()["restarts"] >= 2)

        assert comes_true(failed_twice)
    assert "starting" in seen
    assert "up" not in seen
    failed = [(one["event"], one["fault"]) for one in events(at_home)]
    assert failed[0] == ("beside_failed", "FileNotFoundError")
    assert len(set(failed)) == 1
    assert "a missing file" not in (at_home.data / "log").read_text()


def test_one_that_cannot_be_started_again_is_tried_again_later(
    house: House, at_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(companion, "AGAIN_SECONDS", 0.01)
    start, fails = Beside._started, iter((True, True))

    def starts_the_third_time(self: Beside) -> subprocess.Popen[bytes]:
        if next(fails, False):
            raise BlockingIOError("too many processes")
        return start(self)

    with alive(at_home, house.dsn) as (beside, first), structlog.testing.capture_logs() as logged:
        monkeypatch.setattr(Beside, "_started", starts_the_third_time)
        os.kill(first, signal.SIGKILL)
        assert comes_true(lambda: beside.health() == {"status": "up", "restarts": 1})
        assert house.follows(house.write())
    of_it = [one["event"] for one in logged if one["event"].startswith("beside_")]
    assert of_it == ["beside_ended", "beside_not_started", "beside_not_started"]


def test_a_register_that_cannot_be_opened_keeps_no_other_from_being_followed_and_health_degraded(
    house: House, nobodys: str, at_home: Settings
) -> None:
    registers = Registers(nobodys, patience_seconds=at_home.patience_seconds)
    with ExitStack() as stack:
        unopened = stack.enter_context(ExitStack())
        unopened.enter_context(looks_like_a_register(house.dsn, "No name"))
        beside, _ = stack.enter_context(alive(at_home, house.dsn))
        assert house.follows(house.write())
        later = made(house.dsn)
        assert later.follows(later.write())
        assert health(registers, [beside])[0]["status"] == "degraded"
        assert beside.health() == {"status": "starting", "restarts": 0}
        unopened.close()
        assert comes_true(lambda: beside.health() == {"status": "up", "restarts": 0})
        assert health(registers, [beside])[0]["status"] == "up"
    told = [one for one in events(at_home) if one["event"] == "register_not_opened"]
    assert [(one["register"], one["fault"]) for one in told] == [("No name", "RegisterNameRefused")]


def test_work_beside_that_fails_is_logged_without_its_message(house: House, at_home: Settings) -> None:
    with looks_like_a_register(house.dsn, "hollow"), alive(at_home, house.dsn):
        assert house.follows(house.write())
        assert comes_true(lambda: "work_failed" in {one["event"] for one in events(at_home)})
    failed = [one for one in events(at_home) if one["event"] == "work_failed"]
    assert {one["work"].partition(" ")[2] for one in failed} == {"hollow"}


def test_work_beside_that_fails_begins_anew_and_the_same_fault_is_told_once(
    house: House, at_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []

    def follow(_: str, register: str, __: threading.Event) -> None:
        begun.append(register)
        if len(begun) < 4:
            raise RuntimeError("of a child")

    monkeypatch.setattr("api.registers.follow", follow)
    monkeypatch.setattr("api.registers.AGAIN_SECONDS", 0.01)
    with structlog.testing.capture_logs() as told:
        registers = Registers(house.dsn, patience_seconds=at_home.patience_seconds, following=True)
        registers.book(house.register)
        assert comes_true(lambda: len(begun) == 4)
        registers.close()
    failed = [one for one in told if one["event"] == "work_failed"]
    assert [(one["work"], one["fault"]) for one in failed] == [(f"follow {house.register}", "RuntimeError")]
    assert "of a child" not in str(told)


def test_health_tells_of_each_register_though_one_cannot_be_opened(house: House, at_home: Settings) -> None:
    registers = Registers(house.dsn, patience_seconds=at_home.patience_seconds)
    with looks_like_a_register(house.dsn, "No name"):
        told, usable = health(registers)
    registers.close()
    standing = {one["register"]: one["status"] for one in told["registers"]}
    assert (usable, told["status"], told["database"]) == (True, "degraded", "reachable")
    assert (standing["No name"], standing[house.register]) == ("down", "up")


def test_health_is_degraded_where_an_event_has_been_shown_by_nobody_for_long(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    registers = Registers(house.dsn, patience_seconds=5.0)
    run_once(house.dsn, house.register)
    house.write()
    at_first = register_health(registers, house.register)["status"]
    monkeypatch.setattr("api.health.BEHIND_SECONDS", 1e-9)
    later = register_health(registers, house.register)["status"]
    registers.close()
    assert (at_first, later) == ("up", "degraded")


def test_health_is_degraded_where_projections_show_events_that_are_gone(house: House) -> None:
    registers = Registers(house.dsn, patience_seconds=5.0)
    house.write()
    house.write()
    run_once(house.dsn, house.register)
    with register_connection(house.dsn, house.register) as connection:
        connection.execute("DELETE FROM events WHERE position > 1")
    told = register_health(registers, house.register)
    registers.close()
    assert told["status"] == "degraded"
    assert {one["status"] for one in told["projections"]} == {"astray"}
