"""No file of a server that was named, such as a PostgreSQL 15, holds a key that was destroyed (ours: test_remains)."""

from __future__ import annotations

import os
from pathlib import Path

import psycopg
import pytest

from domain.ledger.secrecy.destruction import Destroyer
from domain.ledger.secrecy.keyring import keyring_dsn
from tests.domain.desk import Desk
from tests.secrecy.test_destruction import approved


@pytest.mark.skipif(
    "JAKSOKIRJA_TEST_DSN" not in os.environ,
    reason="other tests write to a shared server meanwhile; of our own version test_remains asks it",
)
def test_no_file_of_the_server_holds_a_key_that_was_destroyed(desk: Desk) -> None:
    client_id = desk.client(given_name="Aino")
    destruction_id = approved(desk, client_id)
    with psycopg.connect(keyring_dsn(desk.dsn), autocommit=True) as connection:
        ((folder,),) = connection.execute("SHOW data_directory").fetchall()
        ((wrapped,),) = connection.execute(
            "SELECT wrapped FROM keyring.data_keys WHERE holder_id = %s", (client_id,)
        ).fetchall()
        connection.execute("CHECKPOINT")
    before = _holding(Path(folder), bytes(wrapped))
    assert any(name.startswith("pg_wal") for name in before)
    assert any(name.startswith("base") for name in before)
    with Destroyer(desk.book, desk.dsn, keyring_dsn(desk.dsn), lease_seconds=0.0) as one:
        one.carry_out(destruction_id, "O3")
    assert _holding(Path(folder), bytes(wrapped)) == []


def _holding(folder: Path, sought: bytes) -> list[str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return [str(path.relative_to(folder)) for path in files if sought in path.read_bytes()]
