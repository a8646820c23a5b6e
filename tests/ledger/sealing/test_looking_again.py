"""The whole log is hashed again every so often, slowly: a finding stops the sealer and is told; it settles nothing."""

from __future__ import annotations

import datetime as dt
import threading
from dataclasses import replace

import pytest

from domain.ledger.proof.tree import CompactTree
from domain.ledger.sealing.looking_again import (
    Looked,
    Pace,
    Stopped,
    _look_if_due,
    keep_looking_again,
    load_looked,
    save_looked,
)
from domain.ledger.sealing.refusals import Forked
from domain.ledger.sealing.sealer import StandingRefusal
from domain.ledger.sealing.state import load_refusal, load_state, save_state
from domain.ledger.sealing.status import sealing_status
from tests.ledger.sealing.house import House

GO_ON = threading.Event()
SOON_AFTER = dt.timedelta(seconds=1)


@pytest.fixture
def sealed(house: House) -> House:
    """A log of two and five records; the anchor stands at its end, so that no round looks at the first ones again."""
    house.key()
    house.write(3)
    house.seal()
    state = load_state(house.folder)
    assert state is not None
    save_state(house.folder, replace(state, anchor=state.tree))
    return house


def look(house: House) -> Looked | None:
    _look_if_due(house.workshop, house.dsn, house.register, GO_ON)
    return load_looked(house.folder)


def spoil(house: House) -> None:
    house.spoil("UPDATE {s}.events SET record = set_byte(record, 80, 0) WHERE position = 1")


def test_what_no_round_of_the_sealer_sees_is_found_stops_it_and_is_told(sealed: House) -> None:
    spoil(sealed)
    sealed.write()
    sealed.seal()
    found = look(sealed)
    assert found is not None
    assert found.found == Forked.code
    with pytest.raises(StandingRefusal):
        sealed.seal()
    status = sealing_status(sealed.folder)
    assert (status.standing, status.looked) == ("refused", found)


def test_what_is_as_it_was_is_noted_and_looked_at_again_only_when_it_is_due(sealed: House) -> None:
    first = look(sealed)
    assert first is not None
    assert (first.size, first.found) == (sealed.size(), "")
    assert look(sealed) == first
    moment = dt.datetime.fromisoformat(first.at)
    save_looked(sealed.folder, replace(first, at=(moment - dt.timedelta(hours=24)).isoformat()))
    again = look(sealed)
    assert again is not None
    assert again.at > first.at


def test_it_settles_nothing(sealed: House) -> None:
    spoil(sealed)
    look(sealed)
    sealed.spoil("UPDATE {s}.events SET record = record WHERE position = 1")
    look(sealed)
    assert load_refusal(sealed.folder) is not None


def test_once_a_finding_is_settled_it_looks_again_without_waiting_for_the_next_day(sealed: House) -> None:
    save_looked(sealed.folder, Looked(dt.datetime.now(dt.UTC).isoformat(), 3, "fork"))
    again = look(sealed)
    assert again is not None
    assert again.found == ""


def test_a_log_that_was_never_sealed_is_not_looked_at(house: House) -> None:
    assert look(house) is None


def test_a_restore_while_it_looks_is_no_finding(sealed: House) -> None:
    with sealed.workshop.inspector(sealed.dsn, sealed.register) as sealer:
        state = sealer.state
        sealer.state = replace(state, tree=CompactTree(5, [bytes(32), bytes(32)]))
        save_state(sealed.folder, replace(state, restores=("stated",)))
        with pytest.raises(Forked):
            sealer.look_again(lambda _: None)
    assert load_refusal(sealed.folder) is None


def test_it_goes_through_no_more_than_so_many_a_second_and_stops_when_it_is_told_to() -> None:
    stop = threading.Event()
    stop.set()
    with pytest.raises(Stopped):
        Pace(0.001, stop).wait(1)

    waited: list[float] = []

    class Clockwork(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0)
            return False

    pace = Pace(100, Clockwork())
    pace.wait(1_000)
    assert 9 < waited[0] <= 10


def test_for_no_hours_it_never_looks(sealed: House) -> None:
    keep_looking_again(replace(sealed.workshop, verify_hours=0), sealed.dsn, sealed.register, GO_ON)
    assert load_looked(sealed.folder) is None


@pytest.mark.parametrize("spoilt", [b"", b"{", b"[]", b'{"at":1}'])
def test_a_note_that_cannot_be_read_counts_as_none(sealed: House, spoilt: bytes) -> None:
    (sealed.folder / "looked-again.json").write_bytes(spoilt)
    assert load_looked(sealed.folder) is None
    assert Looked("yesterday", 1).due(dt.datetime.now(dt.UTC), SOON_AFTER)
    assert look(sealed) is not None
