"""What every test can ask for: a PostgreSQL of the tests' own, and a fresh register in it.

`JAKSOKIRJA_TEST_DSN` names another server to test against (PostgreSQL 15 or newer; its login must be a superuser,
since the roles of the cluster are made there).
"""

import base64
import os
import signal
import threading
from collections.abc import Iterator
from itertools import count
from types import FrameType

import psycopg
import pytest
from hypothesis import HealthCheck, settings
from psycopg import sql

from domain.ledger.migrate import create_register, schema_of
from domain.ledger.secrecy.keyring import create_keyring, keyring_dsn
from domain.ledger.secrecy.wrapping import REGISTER_KEY
from projections.analysis import analysis_schema
from scripts.postgres import running

# Losing the tests' data in a power cut is no loss.
QUICK = {"fsync": "off", "full_page_writes": "off", "max_connections": "200"}

_numbers = count(1)

# No test is timed, nor is drawing for it: a busy machine is no fault of the code.
settings.register_profile("house", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("house")

os.environ[REGISTER_KEY] = base64.b64encode(b"a register key that is no secret").decode()
"""One for all: registers' keys differ by the register's name."""


def pytest_configure() -> None:
    """A run that is told to end (by `timeout`, say) ends as by Ctrl-C: else its PostgreSQL would outlive it.

    Ctrl-C itself means what it does also where the run was begun in the background, by which shells have it ignored: it
    is what tests send.
    """
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _end)
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _end(_number: int, _frame: FrameType | None) -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)  # `timeout` says it twice, the second time while all is being closed
    pytest.exit("ended by SIGTERM", returncode=128 + signal.SIGTERM)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The DSN of a server, as a superuser."""
    outer = os.environ.get("JAKSOKIRJA_TEST_DSN")
    if outer:
        create_keyring(keyring_dsn(outer))
        yield outer
        return
    with running(tmp_path_factory.mktemp("data"), settings=QUICK) as dsn:
        create_keyring(keyring_dsn(dsn))
        yield dsn


@pytest.fixture
def register(postgres: str) -> Iterator[tuple[str, str]]:
    """The DSN and the name of an empty register that no other test knows of."""
    name = f"test-{os.getpid()}-{next(_numbers)}"
    create_register(postgres, name)
    yield postgres, name
    with psycopg.connect(postgres) as connection:
        for schema in (analysis_schema(name), schema_of(name)):
            connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(schema)))
