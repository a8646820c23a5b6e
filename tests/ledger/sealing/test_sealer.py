"""The sealer signs what extends what it signed before, by the keys that the register has adopted, and nothing else."""

from __future__ import annotations

import datetime as dt
import threading
import time
from collections.abc import Callable

import pytest

from domain.calendar import day_in_helsinki
from domain.ledger.proof.checkpoint import open_checkpoint
from domain.ledger.sealing.keyfiles import keys_in, new_key
from domain.ledger.sealing.logstore import Point
from domain.ledger.sealing.refusals import (
    AheadOfClock,
    KeyMissing,
    NoLogKey,
    SealerBusy,
    SealingRefused,
    StateMissing,
    StateUnreadable,
)
from domain.ledger.sealing.sealer import TAIL_RECORDS, Sealer
from domain.ledger.sealing.state import load_refusal, load_state
from domain.ledger.sealing.status import sealing_status
from domain.ledger.sealing.working import keep_sealing
from domain.register.commands.adopt_log_key import AdoptLogKey
from domain.register.facts import LogKeyPurpose
from scripts.commandline.keymaking import adopt_key
from tests.ledger.sealing.house import House

TODAY = day_in_helsinki(dt.datetime.now(dt.UTC))


def test_a_checkpoint_is_the_root_of_the_stored_bytes_signed_by_the_adopted_key(house: House) -> None:
    house.write(5)
    checkpoint = house.seal()
    assert checkpoint is not None
    assert (checkpoint.origin, checkpoint.size) == (house.origin, house.size())
    assert checkpoint.root == house.true_root(checkpoint.size)
    seen = open_checkpoint(house.notes()[-1], keys_in(house.workshop.keys), origin=house.origin)
    assert seen.checkpoint == checkpoint


def test_nothing_is_signed_when_nothing_is_new(house: House) -> None:
    assert house.seal() is not None
    assert house.seal() is None
    assert len(house.notes()) == 1


def test_each_checkpoint_extends_the_one_before(house: House) -> None:
    sealed = []
    for count in (1, 3, 8, 2):
        house.write(count)
        checkpoint = house.seal()
        assert checkpoint is not None
        sealed.append(checkpoint)
    assert [each.root for each in sealed] == [house.true_root(each.size) for each in sealed]
    assert [each.size for each in sealed] == sorted({each.size for each in sealed})


def test_a_sealer_goes_on_over_more_records_than_it_hashes_again(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("domain.ledger.sealing.sealer.TAIL_RECORDS", 3)
    monkeypatch.setattr("domain.ledger.sealing.logstore.CHUNK_RECORDS", 4)
    for count in (1, 2, 9, 1, 1, 1, 1, 30):
        house.write(count)
        checkpoint = house.seal()
        assert checkpoint is not None
        assert checkpoint.root == house.true_root(checkpoint.size)
        state = load_state(house.folder)
        assert state is not None
        assert checkpoint.size - 3 - count <= state.anchor.size < checkpoint.size
    assert TAIL_RECORDS > 3


def test_no_record_covered_is_later_than_the_sealing_and_none_that_follows_is_earlier(house: House) -> None:
    house.write(3)
    checkpoint = house.seal()
    assert checkpoint is not None
    sealed_at = checkpoint.sealed_at
    assert sealed_at is not None
    house.write(1)
    *_, last, following = house.book.ledger.read_feed(0, 100)
    assert last.recorded_at <= sealed_at <= following.recorded_at


def test_a_register_without_a_key_is_not_sealed(bare_house: House) -> None:
    with pytest.raises(NoLogKey) as refusal:
        bare_house.seal()
    assert "keys new checkpoints" in refusal.value.remedy
    assert bare_house.notes() == []


def test_a_key_whose_file_is_gone_is_missed_and_what_it_had_signed_stands(house: House) -> None:
    house.seal()
    house.write()
    (kept,) = house.workshop.keys.iterdir()
    hidden = kept.rename(house.workshop.keys.parent / "elsewhere")
    with pytest.raises(KeyMissing):
        house.seal()
    hidden.rename(kept)
    assert house.seal() is not None


def test_while_a_key_is_replaced_both_sign_and_after_the_overlap_only_the_new_one(house: House) -> None:
    (old,) = keys_in(house.workshop.keys)
    house.seal()
    new = house.key(overlap_to=TODAY).verifier()
    house.seal()
    assert set(open_checkpoint(house.notes()[-1], [old, new]).log_keys) == {old, new}
    house.write()
    with house.store() as store:
        tomorrow = dt.datetime.now(dt.UTC) + dt.timedelta(days=1)
        later = Sealer(store, house.folder, keys_in(house.workshop.keys), clock=lambda: tomorrow)
        monkey = store.point()
        store.point = lambda: Point(monkey.size, monkey.recorded_at, tomorrow)  # type: ignore[method-assign] # the database's clock of tomorrow
        later.seal()
    assert open_checkpoint(house.notes()[-1], [old, new]).log_keys == (new,)


def test_a_key_that_replaces_another_without_overlap_signs_alone(house: House) -> None:
    (old,) = keys_in(house.workshop.keys)
    new = house.key().verifier()
    house.seal()
    assert open_checkpoint(house.notes()[-1], [old, new]).log_keys == (new,)


def test_two_sealers_do_not_work_at_once(house: House) -> None:
    with house.sealer(), pytest.raises(SealerBusy):
        house.seal()
    with house.store() as elsewhere:  # on another machine the folder is another, but the database is the same
        elsewhere.hold()
        with pytest.raises(SealerBusy):
            house.seal()
    assert house.seal() is not None


def test_a_sealer_follows_what_another_with_the_same_key_sealed_meanwhile(house: House) -> None:
    house.seal()
    before = (house.folder / "state.json").read_bytes()
    house.write(4)
    house.seal()
    (house.folder / "state.json").write_bytes(before)
    house.write(2)
    checkpoint = house.seal()
    assert checkpoint is not None
    assert checkpoint.root == house.true_root(checkpoint.size)
    assert len(house.notes()) == 3


def test_a_sealer_whose_own_state_is_gone_does_not_begin_anew(house: House) -> None:
    house.seal()
    (house.folder / "state.json").unlink()
    house.write()
    with pytest.raises(StateMissing):
        house.seal()


@pytest.mark.parametrize(
    "spoilt",
    [
        lambda text: text[: len(text) // 2],
        lambda text: text.replace('"format": 1', '"format": 2'),
        lambda text: text.replace("jaksokirja/", "other/"),
        lambda text: "[]",
        lambda text: text.replace('"size": 2', '"size": 3'),
    ],
    ids=["cut", "format", "origin", "list", "size"],
)
def test_a_state_that_cannot_be_read_stops_the_sealer(house: House, spoilt: Callable[[str], str]) -> None:
    house.seal()
    place = house.folder / "state.json"
    changed = spoilt(place.read_text())
    assert changed != place.read_text()
    place.write_text(changed)
    with pytest.raises(StateUnreadable):
        house.seal()


def test_a_database_whose_clock_is_ahead_is_not_sealed_until_ours_has_come_there(house: House) -> None:
    with house.store() as store:
        early = dt.datetime.now(dt.UTC) - dt.timedelta(minutes=1)
        clocks = [early, dt.datetime.now(dt.UTC)]
        sealer = Sealer(store, house.folder, keys_in(house.workshop.keys), clock=lambda: clocks[0])
        with pytest.raises(AheadOfClock):
            sealer.seal()
        assert load_refusal(house.folder) is None
        del clocks[0]
        assert sealer.seal() is not None


def test_a_clock_a_little_behind_seals_only_what_was_recorded_by_then(house: House) -> None:
    house.write(2)
    *_, before, last = house.book.ledger.read_feed(0, 100)
    between = before.recorded_at + (last.recorded_at - before.recorded_at) / 2
    with house.store() as store:
        checkpoint = Sealer(store, house.folder, keys_in(house.workshop.keys), clock=lambda: between).seal()
    assert checkpoint is not None
    assert (checkpoint.size, checkpoint.sealed_at) == (before.position, between)


def test_every_stored_record_can_be_verified_again(house: House) -> None:
    house.write(7)
    house.seal()
    with house.workshop.inspector(house.dsn, house.register) as sealer:
        assert sealer.verify_all() == house.size()


def test_the_status_is_told_from_the_folder_alone(house: House) -> None:
    assert sealing_status(house.folder).standing == "unsealed"
    checkpoint = house.seal()
    assert checkpoint is not None
    status = sealing_status(house.folder)
    assert (status.standing, status.size, status.sealed_at) == ("sealed", checkpoint.size, checkpoint.sealed_at)


def test_every_refusal_says_what_would_be_right() -> None:
    kinds = [SealingRefused]
    for kind in kinds:
        kinds += kind.__subclasses__()
    told = [kind for kind in kinds[1:] if kind.__name__ != "StandingRefusal"]
    assert all(kind.remedy and kind.__doc__ for kind in told)
    assert len({kind.code for kind in told}) == len(told)


def test_a_false_adoption_stops_the_sealer_until_the_key_before_is_adopted_again(house: House) -> None:
    true = house.key()
    house.write()
    house.seal()
    false = new_key("checkpoints", house.origin)
    house.order(
        AdoptLogKey(verifier_key=str(false.verifier()), purpose=LogKeyPurpose.CHECKPOINTS, from_size=house.size() + 1)
    )
    with pytest.raises(KeyMissing, match="is not here") as refused:
        house.seal()
    assert "jaksokirja keys adopt FILE" in refused.value.remedy
    adopt_key(house.dsn, house.register, LogKeyPurpose.CHECKPOINTS, true.verifier())
    checkpoint = house.seal()
    assert checkpoint is not None
    assert checkpoint.size == house.size()
    with house.store() as store:
        assert open_checkpoint(store.last_note() or b"", [true.verifier()]).log_keys == (true.verifier(),)


@pytest.mark.parametrize("ahead", [5, 2**62])
def test_a_false_adoption_from_a_later_size_is_not_vouched_for_either_until_another_takes_its_place(
    house: House, ahead: int
) -> None:
    house.key()
    house.seal()
    sealed, false = house.size(), str(new_key("checkpoints", house.origin).verifier())
    house.order(AdoptLogKey(verifier_key=false, purpose=LogKeyPurpose.CHECKPOINTS, from_size=house.size() + ahead))
    with pytest.raises(KeyMissing, match="is not here"):
        house.seal()
    assert load_state(house.folder).size == sealed  # type: ignore[union-attr] # it was sealed before
    house.key()
    checkpoint = house.seal()
    assert checkpoint is not None
    assert checkpoint.size == house.size()


def test_what_the_sealer_waits_for_is_told_until_it_goes_on(house: House) -> None:
    (path,) = house.workshop.keys.glob("*.skey")
    path.rename(path.with_suffix(".away"))
    stop = threading.Event()
    sealer = threading.Thread(target=keep_sealing, args=(house.workshop, house.dsn, house.register, stop))
    sealer.start()
    try:
        assert came_to(lambda: sealing_status(house.folder).refusal is not None)
        waited = sealing_status(house.folder)
        path.with_suffix(".away").rename(path)
        assert came_to(lambda: sealing_status(house.folder).standing == "sealed")
    finally:
        stop.set()
        sealer.join()
    assert waited.refusal is not None
    assert (waited.standing, waited.refusal.code) == ("refused", "key_missing")


def came_to(holds: Callable[[], bool]) -> bool:
    """Whether it comes to hold within half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False
