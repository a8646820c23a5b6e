"""The roles of the cluster, which all databases of a server share, may be made from several of them at once."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from domain.ledger.migrate import create_register
from domain.ledger.secrecy.keyring import create_keyring
from scripts.postgres import running
from tests.conftest import QUICK
from tests.patience import until

WAITS = "SELECT count(*) FROM pg_stat_activity WHERE datname = 'another' AND wait_event_type = 'Lock'"


@pytest.mark.parametrize(
    ("make", "first_role"),
    [(lambda dsn: create_register(dsn, "first"), "owner"), (create_keyring, "keyring_owner")],
    ids=["register", "keyring"],
)
def test_what_another_database_makes_at_that_moment_is_there(
    make: Callable[[str], None], first_role: str, tmp_path: Path
) -> None:
    with running(tmp_path / "data", settings=QUICK) as dsn, psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE another")
        with ThreadPoolExecutor(1) as others:
            with psycopg.connect(dsn) as here:
                here.execute(f"CREATE ROLE jaksokirja_{first_role} NOLOGIN NOINHERIT".encode())
                made = others.submit(make, make_conninfo(dsn, dbname="another"))
                until(lambda: connection.execute(WAITS).fetchone() == (1,))
            made.result()
