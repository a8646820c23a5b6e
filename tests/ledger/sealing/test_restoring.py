"""Going on from an older backup: only on purpose, signed by a second key, recorded, and the fork stays to be seen."""

from __future__ import annotations

import pytest

from domain.ledger.proof.faults import MalformedStatement
from domain.ledger.proof.note import SignerKey, sign
from domain.ledger.proof.statement import Statement
from domain.ledger.sealing.keyfiles import keys_in
from domain.ledger.sealing.refusals import Forked, RestoreRefused, RolledBack, StateMissing
from domain.ledger.sealing.restoring import begun_from
from domain.ledger.sealing.sealer import StandingRefusal
from domain.ledger.sealing.state import load_state, save_state
from domain.register.facts import LogRestored
from scripts.commandline.restoring import prepare_restore, restored
from tests.ledger.sealing.house import House


@pytest.fixture
def second(house: House) -> SignerKey:
    """The key that signs restores, adopted; and a log that was sealed at 6 and at 10 records."""
    key = house.key("restores")
    house.write(3)
    house.seal()
    house.write(4)
    house.seal()
    assert house.size() == 10
    return key


@pytest.fixture
def rolled_back(house: House, second: SignerKey) -> House:
    """The same after a backup of 8 records was put in its place: the checkpoint of 6 is there, that of 10 is not."""
    house.spoil("DELETE FROM {s}.events WHERE position > 8; DELETE FROM {s}.checkpoints WHERE size > 8")
    with pytest.raises(RolledBack):
        house.seal()
    return house


def stated(house: House) -> str:
    return prepare_restore(house.workshop, house.dsn, house.register).text


def put_back(house: House, note: bytes) -> None:
    restored(house.workshop, house.dsn, house.register, note)


def test_a_statement_names_what_was_sealed_what_is_there_and_what_both_have_in_common(rolled_back: House) -> None:
    statement = prepare_restore(rolled_back.workshop, rolled_back.dsn, rolled_back.register)
    assert (statement.sealed.size, statement.restored.size, statement.common.size) == (10, 8, 6)
    assert statement.restored.root == rolled_back.true_root(8)
    assert statement.common.root == rolled_back.true_root(6)
    assert Statement.parse(statement.text) == statement


def test_after_a_signed_statement_the_log_goes_on_from_what_the_backup_held(
    rolled_back: House, second: SignerKey
) -> None:
    old = rolled_back.notes()
    note = sign(stated(rolled_back), [second]).to_bytes()
    put_back(rolled_back, note)
    checkpoint = rolled_back.seal()
    assert checkpoint is not None
    assert checkpoint.size == 9, "the restore itself is the ninth"
    assert checkpoint.root == rolled_back.true_root(9)
    assert rolled_back.notes()[: len(old)] == old
    (fact,) = rolled_back.book.register_state().restores
    assert (fact.sealed_size, fact.restored_size, fact.statement) == (10, 8, note.decode())
    state = load_state(rolled_back.folder)
    assert state is not None
    assert state.restores == (note.decode(),)
    assert rolled_back.book.ledger.read_feed(8, 1)[0].name == LogRestored.stored_name()


def test_a_restore_that_died_half_way_is_carried_out_again(
    rolled_back: House, second: SignerKey, monkeypatch: pytest.MonkeyPatch
) -> None:
    note = sign(stated(rolled_back), [second]).to_bytes()

    def dies(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr("scripts.commandline.restoring.save_state", dies)
        with pytest.raises(KeyboardInterrupt):
            put_back(rolled_back, note)
    rolled_back.write(2)
    with pytest.raises(StandingRefusal):
        rolled_back.seal()
    put_back(rolled_back, note)
    assert len(rolled_back.book.register_state().restores) == 1
    checkpoint = rolled_back.seal()
    assert checkpoint is not None
    assert checkpoint.root == rolled_back.true_root(11)


@pytest.mark.parametrize("signer", ["nobody", "the log's key", "a key that was never adopted"])
def test_a_statement_that_no_adopted_second_key_signed_changes_nothing(rolled_back: House, signer: str) -> None:
    (log_key,) = keys_in(rolled_back.workshop.keys).values()
    text = stated(rolled_back)
    stranger = SignerKey.generate(rolled_back.origin)
    note = text.encode() if signer == "nobody" else sign(text, [log_key if "log" in signer else stranger]).to_bytes()
    with pytest.raises(RestoreRefused):
        put_back(rolled_back, note)
    with pytest.raises(StandingRefusal):
        rolled_back.seal()
    assert rolled_back.size() == 8


def test_a_statement_about_another_state_of_the_log_changes_nothing(rolled_back: House, second: SignerKey) -> None:
    note = sign(stated(rolled_back), [second]).to_bytes()
    put_back(rolled_back, note)
    rolled_back.seal()
    with pytest.raises(RestoreRefused):
        put_back(rolled_back, note)


def test_a_statement_about_other_records_than_the_database_holds_changes_nothing(
    rolled_back: House, second: SignerKey
) -> None:
    note = sign(stated(rolled_back), [second]).to_bytes()
    rolled_back.spoil("UPDATE {s}.events SET record = set_byte(record, 80, 0) WHERE position = 2")
    with pytest.raises(RestoreRefused):
        put_back(rolled_back, note)


def test_checkpoints_of_the_history_that_was_left_do_not_stop_the_one_that_goes_on(
    house: House, second: SignerKey
) -> None:
    house.spoil("UPDATE {s}.events SET record = set_byte(record, 80, 0) WHERE position = 9")
    with pytest.raises(Forked):
        house.seal()
    put_back(house, sign(stated(house), [second]).to_bytes())
    house.write(3)
    checkpoint = house.seal()
    assert checkpoint is not None
    assert checkpoint.root == house.true_root(checkpoint.size)


@pytest.mark.parametrize("text", ["", "jaksokirja/restore/v1\n", "x\n\n— a b\n", "sealed 1 x"])
def test_what_is_no_statement_is_refused(text: str) -> None:
    with pytest.raises(MalformedStatement):
        Statement.parse(text)


def test_nothing_is_stated_where_nothing_was_sealed(house: House) -> None:
    with pytest.raises(RestoreRefused):
        prepare_restore(house.workshop, house.dsn, house.register)


def test_a_sealer_that_lost_its_state_begins_from_a_checkpoint_that_somebody_else_kept(
    house: House, second: SignerKey
) -> None:
    kept = house.notes()[0]
    (house.folder / "state.json").unlink()
    with pytest.raises(StateMissing):
        house.seal()
    with house.store() as store:
        state = begun_from(store, keys_in(house.workshop.keys), kept)
    assert state.size == 6
    assert state.restore_keys == (str(second.verifier()),)
    save_state(house.folder, state)
    assert house.seal() is None, "it follows what it had sealed in the database"
    assert house.size() == 10
    house.write()
    assert house.seal() is not None


def test_a_checkpoint_to_which_the_database_does_not_lead_begins_nothing(house: House, second: SignerKey) -> None:
    assert second.name == house.origin
    kept = house.notes()[0]
    house.spoil("UPDATE {s}.events SET record = set_byte(record, 80, 0) WHERE position = 2")
    with house.store() as store, pytest.raises(RestoreRefused):
        begun_from(store, keys_in(house.workshop.keys), kept)
    with house.store() as store, pytest.raises(RestoreRefused):
        begun_from(store, {}, kept)
