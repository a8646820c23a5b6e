"""What the sealer finds when the database was spoilt behind its back, and that it never signs on over it."""

from __future__ import annotations

import datetime as dt
from typing import LiteralString

import pytest

from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.refusals import AlienRecord, Backdated, Forked, GapFound, RolledBack, SealingRefused
from domain.ledger.sealing.sealer import Sealer, StandingRefusal
from domain.ledger.sealing.status import sealing_status
from tests.ledger.sealing.house import House

SPOILS: dict[str, tuple[LiteralString, type[SealingRefused]]] = {
    "the end cut off": ("DELETE FROM {s}.events WHERE position > 5", RolledBack),
    "one taken from the middle": ("DELETE FROM {s}.events WHERE position = 6", GapFound),
    "a byte of a payload": (
        "UPDATE {s}.events SET record = set_byte(record, 80, 255 - get_byte(record, 80)) WHERE position = 7",
        Forked,
    ),
    "two rows exchanged": (
        "UPDATE {s}.events e SET record = o.record FROM {s}.events o"
        " WHERE e.position IN (6, 7) AND o.position = 13 - e.position",
        Forked,
    ),
    "the end replaced at the same size": (
        "UPDATE {s}.events SET record = overlay(record PLACING '\\x00' FROM 90) WHERE position = 10",
        Forked,
    ),
    "one taken away and the rest renumbered": (
        "DELETE FROM {s}.events WHERE position = 6; UPDATE {s}.events SET position = position - 1 WHERE position > 6",
        RolledBack,
    ),
}


@pytest.fixture
def sealed_house(house: House) -> House:
    """Ten records, sealed."""
    house.write(8)
    house.seal()
    assert house.size() == 10
    return house


@pytest.mark.parametrize("spoil", SPOILS)
def test_what_was_sealed_and_is_not_so_any_more_is_found_and_stops_the_sealer(sealed_house: House, spoil: str) -> None:
    statement, kind = SPOILS[spoil]
    before, sealed = (sealed_house.folder / "state.json").read_bytes(), len(sealed_house.notes())
    sealed_house.spoil(statement)
    with pytest.raises(kind):
        sealed_house.seal()
    sealed_house.write(3)
    with pytest.raises(StandingRefusal) as standing:
        sealed_house.seal()
    assert standing.value.code == kind.code
    status = sealing_status(sealed_house.folder)
    assert status.standing == "refused"
    assert status.refusal is not None
    assert (status.refusal.code, status.refusal.remedy) == (kind.code, kind.remedy)
    assert (sealed_house.folder / "state.json").read_bytes() == before
    assert len(sealed_house.notes()) == sealed


def test_what_lies_before_the_tail_is_found_when_all_is_verified(
    sealed_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.ledger.sealing.sealer.TAIL_RECORDS", 2)
    for _ in range(2):
        sealed_house.write(4)
        sealed_house.seal()
    sealed_house.spoil("UPDATE {s}.events SET record = set_byte(record, 80, 0) WHERE position = 4")
    sealed_house.write()
    assert sealed_house.seal() is not None, "the tail alone does not tell"
    with (
        sealed_house.workshop.inspector(sealed_house.dsn, sealed_house.register) as sealer,
        pytest.raises(Forked),
    ):
        sealer.verify_all()
    with pytest.raises(StandingRefusal):
        sealed_house.seal()


def test_a_refusal_is_settled_when_everything_is_found_as_it_was_sealed(sealed_house: House) -> None:
    sealed_house.spoil("CREATE TABLE {s}.aside AS SELECT * FROM {s}.events WHERE position > 7")
    sealed_house.spoil("DELETE FROM {s}.events WHERE position > 7")
    with pytest.raises(RolledBack):
        sealed_house.seal()
    sealed_house.spoil("INSERT INTO {s}.events SELECT * FROM {s}.aside")
    with pytest.raises(StandingRefusal):
        sealed_house.seal()
    with sealed_house.workshop.inspector(sealed_house.dsn, sealed_house.register) as sealer:
        assert sealer.verify_all() == 10
    sealed_house.write()
    assert sealed_house.seal() is not None


def test_a_hole_among_the_new_records_is_found(sealed_house: House) -> None:
    sealed_house.write(4)
    sealed_house.spoil("DELETE FROM {s}.events WHERE position = 12")
    with pytest.raises(GapFound) as found:
        sealed_house.seal()
    assert found.value.details["position"] == 12


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE {s}.events SET record = '\\x00'",
        "UPDATE {s}.events e SET record = o.record FROM {s}.events o WHERE o.position = 11 AND e.position = 12",
        "UPDATE {s}.events SET record = overlay(record PLACING 'other'::bytea FROM 4) WHERE position = 12",
    ],
    ids=["no record", "of another place", "of another log"],
)
def test_a_new_record_that_append_would_not_have_written_is_not_sealed(
    bare_house: House, statement: LiteralString
) -> None:
    bare_house.key()
    bare_house.write(12)
    bare_house.spoil(statement)
    with pytest.raises(AlienRecord):
        bare_house.seal()


def test_a_record_dated_before_the_last_checkpoint_is_not_sealed(sealed_house: House) -> None:
    sealed_house.write()
    sealed_house.spoil_time(dt.datetime(2020, 9, 13, tzinfo=dt.UTC))
    with pytest.raises(Backdated) as found:
        sealed_house.seal()
    assert found.value.details["position"] == 11


def test_a_record_dated_before_the_sealer_last_looked_is_not_sealed(house: House) -> None:
    house.seal()
    with house.store() as store:
        sealer = Sealer(store, house.folder, keys_in(house.workshop.keys), tolerance=dt.timedelta(0))
        sealer.seal()
        between = store.point().moment
        sealer.seal()
        house.write()
        house.spoil_time(between)
        with pytest.raises(Backdated):
            sealer.seal()


def test_a_checkpoint_in_the_database_that_our_keys_did_not_sign_stops_the_sealer(sealed_house: House) -> None:
    sealed_house.spoil(
        "INSERT INTO {s}.checkpoints SELECT 11, sealed_at + interval '1 second', 0,"
        " convert_to(replace(convert_from(note, 'UTF8'), E'\n10\n', E'\n11\n'), 'UTF8') FROM {s}.checkpoints"
    )
    sealed_house.write()
    with pytest.raises(Forked):
        sealed_house.seal()


def test_a_refusal_never_tells_what_a_record_holds(sealed_house: House) -> None:
    sealed_house.spoil("UPDATE {s}.events SET record = record || 'Secret'::bytea WHERE position = 9")
    with pytest.raises(Forked) as found:
        sealed_house.seal()
    assert "Secret" not in str(found.value) + (sealed_house.folder / "refusal.json").read_text()
