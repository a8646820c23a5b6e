"""The sealer beside the API: it seals while the API serves, and health tells what stops it."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import LiteralString

import pytest

from api.health import register_health
from api.registers import Registers
from domain.ledger.proof.checkpoint import open_checkpoint
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.state import load_state
from domain.ledger.sealing.working import Workshop
from projections.install import install
from projections.rebuild import start_up
from tests.ledger.sealing.house import House

PATIENCE_SECONDS = 60.0
LOSE_SEALER: LiteralString = (
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
    " WHERE query LIKE '%sealing_point%' AND pid <> pg_backend_pid()"
)


@pytest.fixture
def house(register: tuple[str, str], tmp_path: Path) -> House:
    """A register with projections and a key."""
    house = House(*register, tmp_path)
    house.key()
    install(*register)
    start_up(*register)
    return house


def registers_of(house: House, *, sealing: bool) -> Registers:
    workshop = Workshop(state=house.workshop.state, keys=house.workshop.keys, interval_seconds=0.05)
    return Registers(house.dsn, patience_seconds=5.0, workshop=workshop, sealing=sealing)


def sealed_to(house: House, size: int) -> bool:
    """Whether the sealer comes to that size, if it is given the time."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        state = load_state(house.folder)
        if state is not None and state.size == size:
            return True
        time.sleep(0.02)
    return False


def test_what_is_written_while_the_api_serves_is_sealed_without_anybody_asking(house: House) -> None:
    registers = registers_of(house, sealing=True)
    try:
        registers.book(house.register)
        for _ in range(3):
            house.write(2)
            assert sealed_to(house, house.size())
        told = register_health(registers, house.register)
    finally:
        registers.close()
        house.book.close()
    assert (told["sealing"]["status"], told["sealing"]["lag_events"], told["sealing"]["refused"]) == ("sealed", 0, None)
    with house.store() as store:
        checkpoint = open_checkpoint(store.last_note() or b"", keys_in(house.workshop.keys)).checkpoint
    assert checkpoint.root == house.true_root(checkpoint.size)


def test_health_is_degraded_where_an_event_waits_long_to_be_sealed_though_the_sealer_says_nothing(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    registers = registers_of(house, sealing=False)
    house.seal()
    house.write(1)
    told = [register_health(registers, house.register)["sealing"]["status"]]
    monkeypatch.setattr("api.health.UNSEALED_SECONDS", 0.0)
    monkeypatch.setattr("api.health.UNSEALED_TURNS", 0)
    late = register_health(registers, house.register)
    house.seal()
    told += [late["sealing"]["status"], register_health(registers, house.register)["sealing"]["status"]]
    registers.close()
    house.book.close()
    assert told == ["sealed", "behind", "sealed"]
    assert late["status"] == "degraded"


def test_health_tells_by_how_much_the_last_event_is_dated_ahead_of_the_clock_and_is_degraded_meanwhile(
    house: House,
) -> None:
    registers = registers_of(house, sealing=False)
    house.seal()
    before = register_health(registers, house.register)
    house.spoil_time(datetime.now(UTC) + timedelta(seconds=600.5))
    house.write(1)  # dated no earlier than the one before it
    after = register_health(registers, house.register)
    registers.close()
    house.book.close()
    assert (before["status"], before["ahead_seconds"]) == ("up", 0.0)
    assert after["status"] == "degraded"
    assert 500 < after["ahead_seconds"] <= 600.5


def test_health_is_degraded_while_the_sealer_refuses_and_says_why(house: House) -> None:
    registers = registers_of(house, sealing=False)
    house.seal()
    before = register_health(registers, house.register)
    house.spoil("DELETE FROM {s}.events WHERE position = 2")
    with pytest.raises(Exception, match="1 records"):
        house.seal()
    after = register_health(registers, house.register)
    registers.close()
    house.book.close()
    assert before["sealing"]["status"] == "sealed"
    assert (after["status"], after["sealing"]["status"], after["sealing"]["refused"]) == (
        "degraded",
        "refused",
        "rollback",
    )


def test_a_sealer_whose_database_went_away_goes_on_when_it_is_back(house: House) -> None:
    registers = registers_of(house, sealing=True)
    try:
        registers.book(house.register)
        assert sealed_to(house, house.size())
        house.query(LOSE_SEALER)
        house.write(3)
        assert sealed_to(house, house.size())
    finally:
        registers.close()
        house.book.close()
