"""Beside the API a process follows and seals: it comes again when it dies, and goes with the API's own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api import beside as besides
from api.beside import Beside, Told
from api.settings import Settings
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register
from domain.ledger.secrecy.wrapping import REGISTER_KEY
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.open_unit import OpenUnit
from projections.install import install, register_connection
from projections.store import checkpoints
from scripts.commandline.session import keyring_of
from tests.api.caller import Caller
from tests.api.conftest import served

PATIENCE_SECONDS = 240.0
_numbers = count(1)
PARENT = """
import sys, time
from api.beside import Beside, Told
told = Told.model_validate_json(sys.stdin.readline())
with Beside(told.settings, told.dsn) as beside:
    print(beside.pid, flush=True)
    time.sleep(600)
"""


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
    name = sql.Identifier(f"beside_{os.getpid()}")
    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(name))
        yield make_conninfo(postgres, dbname=f"beside_{os.getpid()}")
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(name))


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
def alive(settings: Settings, dsn: str) -> Iterator[tuple[Beside, int]]:
    with (settings.data / "log").open("a") as log, Beside(settings, dsn, log) as beside:
        assert beside.pid is not None
        yield beside, beside.pid


def test_what_is_written_is_followed_in_a_process_beside_until_it_is_let_go(house: House, at_home: Settings) -> None:
    with alive(at_home, house.dsn) as (beside, pid):
        assert house.follows(house.write())
        assert house.follows(house.write())
        assert beside.health() == {"status": "up", "restarts": 0}
    assert not runs(pid)
    assert beside.health()["status"] == "down"


def test_a_process_that_was_killed_is_told_as_down_and_comes_again(
    house: House, at_home: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(besides, "AGAIN_SECONDS", 0.5)
    with alive(at_home, house.dsn) as (beside, first):
        os.kill(first, signal.SIGKILL)
        assert comes_true(lambda: beside.health()["status"] == "down")
        assert comes_true(lambda: beside.health() == {"status": "up", "restarts": 1})
        assert beside.pid != first
        assert house.follows(house.write())


def test_a_register_that_was_made_meanwhile_is_followed_too(house: House, at_home: Settings) -> None:
    with alive(at_home, house.dsn):
        assert house.follows(house.write())
        later = made(house.dsn)
        assert later.follows(later.write())


def test_it_ends_with_the_process_that_started_it_however_that_ends(house: House, at_home: Settings) -> None:
    told = Told(dsn=house.dsn, settings=at_home).model_dump_json() + "\n"
    with (at_home.data / "log").open("a") as log:
        command = [sys.executable, "-c", PARENT]
        parent = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)
    assert parent.stdin is not None
    assert parent.stdout is not None
    parent.stdin.write(told)
    parent.stdin.flush()
    pid = int(parent.stdout.readline())
    assert house.follows(house.write())
    parent.kill()
    parent.communicate()
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
