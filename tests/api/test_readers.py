"""The connections on which projections are asked: kept for the next to come, unless they broke."""

from collections.abc import Iterator

import psycopg
import pytest

from api.readers import Readers
from domain.ledger.errors import LedgerUnavailable
from projections.install import install
from projections.queries import Reading


@pytest.fixture
def readers(register: tuple[str, str]) -> Iterator[Readers]:
    install(*register)
    readers = Readers(*register, patience_seconds=5.0)
    yield readers
    readers.close()


def who(reading: Reading) -> int:
    """The process of the server that answers."""
    return reading.connection.info.backend_pid


def wrong(reading: Reading) -> None:
    with reading.snapshot():
        raise ValueError("nobody can answer that")


def test_a_question_that_was_at_fault_costs_no_connection(readers: Readers) -> None:
    first = readers.read(who)
    for _ in range(3):
        with pytest.raises(ValueError, match="nobody"):
            readers.read(wrong)
        assert readers.read(who) == first


def test_a_connection_that_was_left_in_the_middle_of_something_is_not_kept(readers: Readers) -> None:
    def left(reading: Reading) -> int:
        reading.connection.autocommit = False
        reading.connection.execute("SELECT 1")
        return who(reading)

    assert readers.read(left) != readers.read(who)


def test_a_connection_that_broke_is_not_kept(readers: Readers, register: tuple[str, str]) -> None:
    def ended(reading: Reading) -> None:
        with psycopg.connect(register[0]) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (who(reading),))
        reading.connection.execute("SELECT 1")

    first = readers.read(who)
    with pytest.raises(LedgerUnavailable) as told:
        readers.read(ended)
    assert isinstance(told.value.__cause__, psycopg.OperationalError)
    assert readers.read(who) != first
