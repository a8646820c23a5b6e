"""A house to seal in."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.ledger.sealing.house import House


@pytest.fixture
def bare_house(register: tuple[str, str], tmp_path: Path) -> Iterator[House]:
    """A register that no key signs."""
    house = House(*register, tmp_path)
    yield house
    house.book.close()


@pytest.fixture
def house(bare_house: House) -> House:
    """A register with one log key."""
    bare_house.key()
    return bare_house
