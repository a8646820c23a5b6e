"""A desk at an open register, and what an administrator does to its keyring."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

import psycopg
import pytest

from domain.ledger.secrecy.keyring import keyring_dsn
from tests.domain.desk import Desk


@pytest.fixture
def desk(register: tuple[str, str]) -> Iterator[Desk]:
    """A desk at an open register."""
    desk = Desk(*register)
    desk.open()
    yield desk
    desk.book.close()


def fence(dsn: str, register: str, holder_id: UUID, task: str = "%") -> None:
    """As the first step of a destruction does it."""
    _change(
        dsn,
        "UPDATE keyring.data_keys SET state = 'fenced', fenced_at = clock_timestamp()"
        " WHERE register = %s AND holder_id = %s AND task LIKE %s",
        (register, holder_id, task),
    )


def destroy(dsn: str, register: str, holder_id: UUID, task: str = "%") -> None:
    """As the last step of a destruction does it."""
    _change(
        dsn,
        "UPDATE keyring.data_keys SET state = 'destroyed', wrapped = NULL, destroyed_at = clock_timestamp()"
        " WHERE register = %s AND holder_id = %s AND task LIKE %s",
        (register, holder_id, task),
    )


def _change(dsn: str, statement: str, arguments: tuple[object, ...]) -> None:
    with psycopg.connect(keyring_dsn(dsn)) as connection:
        changed = connection.execute(statement.encode(), arguments).rowcount
    assert changed, "there was no such key"
