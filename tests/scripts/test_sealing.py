"""Sealing on the command line: keys, checkpoints, what a refusal looks like, and how it is settled."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from domain.ledger.proof.checkpoint import open_checkpoint
from domain.ledger.proof.note import VerifierKey
from domain.ledger.sealing.files import held
from domain.ledger.sealing.logstore import LogStore
from tests.ledger.sealing.house import House
from tests.ledger.sealing.test_witness import ORIGIN, body
from tests.ledger.sealing.test_witness_restore import SECOND, signed, witness
from tests.scripts.conftest import RunCommand


@pytest.fixture
def house(register: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> House:
    """An open register whose keys and sealer are in the data folder of the command line."""
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path))
    house = House(*register, tmp_path)
    house.book.close()
    return house


def printed(run: RunCommand, *words: str | Path) -> str:
    """What it says on standard output alone."""
    done = run(*words)
    assert done.exit_code == 0, done.output
    return str(done.stdout)


def said(run: RunCommand, *words: str | Path) -> str:
    done = run(*words)
    assert done.exit_code == 0, done.output
    return str(done.output)


def test_a_key_is_made_adopted_and_listed_and_its_file_is_the_owners_alone(
    jaksokirja: RunCommand, house: House
) -> None:
    vkey, path = said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register).split("\n")[:2]
    assert Path(path).stat().st_mode & 0o777 == 0o600
    assert VerifierKey.parse(vkey).name == house.origin
    (listed,) = json.loads(said(jaksokirja, "keys", "list", "-r", house.register, "--json"))
    assert (listed["verifier_key"], listed["signs"], listed["file_here"]) == (vkey, True, True)
    assert "PRIVATE" not in said(jaksokirja, "keys", "list", "-r", house.register)


def test_a_key_file_that_others_can_read_is_not_used(jaksokirja: RunCommand, house: House) -> None:
    _, path = said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register).split("\n")[:2]
    Path(path).chmod(0o640)
    done = jaksokirja("seal", "-r", house.register, "--once")
    assert done.exit_code == 1
    assert "[key_file_refused]" in done.output


def test_seal_once_prints_the_signed_checkpoint_as_an_auditor_keeps_it(
    jaksokirja: RunCommand, house: House, tmp_path: Path
) -> None:
    vkey, _ = said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register).split("\n")[:2]
    note = printed(jaksokirja, "seal", "-r", house.register, "--once")
    assert open_checkpoint(note.encode(), [VerifierKey.parse(vkey)]).checkpoint.size == 2
    assert printed(jaksokirja, "seal", "-r", house.register, "--once") == note, "the last one, when nothing is new"
    assert "Nothing is new." in said(jaksokirja, "seal", "-r", house.register, "--once")
    kept = tmp_path / "kept.checkpoint"
    kept.write_text(note)
    assert "Proved to position 2" in said(
        jaksokirja, "verify", "-r", house.register, "--checkpoint", kept, "--key", vkey
    )


def test_that_all_was_hashed_again_is_told(jaksokirja: RunCommand, house: House) -> None:
    said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register)
    said(jaksokirja, "seal", "-r", house.register, "--once")
    status = ("seal", "-r", house.register, "--status", "--json")
    assert json.loads(printed(jaksokirja, *status))["looked_again"] is None
    said(jaksokirja, "seal", "-r", house.register, "--verify-all")
    looked = json.loads(printed(jaksokirja, *status))["looked_again"]
    assert (looked["size"], looked["found"]) == (2, "")


def test_an_auditor_takes_the_last_checkpoint_home_and_verifies_by_it(
    jaksokirja: RunCommand, house: House, tmp_path: Path
) -> None:
    vkey, _ = said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register).split("\n")[:2]
    kept = tmp_path / "checkpoint"
    assert "[nothing_sealed]" in jaksokirja("seal", "-r", house.register, "--hand-out", kept).output
    said(jaksokirja, "seal", "-r", house.register, "--once")
    said(jaksokirja, "seal", "-r", house.register, "--hand-out", kept)
    assert open_checkpoint(kept.read_bytes(), [VerifierKey.parse(vkey)]).checkpoint.size == 2
    audit = ("verify", "-r", house.register, "--checkpoint", kept, "--key", vkey)
    assert "Sound" in said(jaksokirja, *audit)
    house.spoil("UPDATE {s}.events SET record = set_byte(record, 80, 0) WHERE position = 1")
    assert jaksokirja(*audit).exit_code == 1


def test_without_a_key_the_command_line_says_how_one_is_made(jaksokirja: RunCommand, house: House) -> None:
    done = jaksokirja("seal", "-r", house.register, "--once")
    assert (done.exit_code, "[no_log_key]" in done.output, "keys new checkpoints" in done.output) == (1, True, True)


def test_a_rollback_is_refused_and_shown_and_one_person_alone_does_not_settle_it(
    jaksokirja: RunCommand, house: House, tmp_path: Path
) -> None:
    said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register)
    said(jaksokirja, "keys", "new", "restores", "-r", house.register, "--into", tmp_path / "safe")
    said(jaksokirja, "seal", "-r", house.register, "--once")
    house.spoil("DELETE FROM {s}.events WHERE position > 2; DELETE FROM {s}.checkpoints")
    for _ in range(2):
        done = jaksokirja("seal", "-r", house.register, "--once")
        assert (done.exit_code, "[rollback]" in done.output) == (1, True)
    status = jaksokirja("seal", "-r", house.register, "--status", "--json")
    told = json.loads(status.stdout)
    assert (status.exit_code, told["status"], told["refused"], told["size"], told["head"]) == (
        1, "refused", "rollback", 3, 2,
    )  # fmt: skip
    assert "[rollback]" in jaksokirja("seal", "-r", house.register, "--status").output

    statement = tmp_path / "statement"
    said(jaksokirja, "seal", "-r", house.register, "--prepare-restore", statement)
    refused = jaksokirja("seal", "-r", house.register, "--restored", statement)
    assert (refused.exit_code, "[restore_refused]" in refused.output) == (1, True)


def test_a_restore_signed_by_the_second_key_is_carried_out(
    jaksokirja: RunCommand, house: House, tmp_path: Path
) -> None:
    first = said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register).split("\n")[0]
    made = said(jaksokirja, "keys", "new", "restores", "-r", house.register, "--into", tmp_path / "safe")
    lost = said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register).split("\n")[0]
    left = tmp_path / "left.checkpoint"
    left.write_text(printed(jaksokirja, "seal", "-r", house.register, "--once"))
    house.spoil(
        "DELETE FROM {s}.events WHERE position > 3; DELETE FROM {s}.commands WHERE first_position > 3;"
        " DELETE FROM {s}.checkpoints"
    )
    assert jaksokirja("seal", "-r", house.register, "--once").exit_code == 1
    statement, signed = tmp_path / "statement", tmp_path / "signed"
    said(jaksokirja, "seal", "-r", house.register, "--prepare-restore", statement)
    said(jaksokirja, "keys", "sign", statement, "--key", made.split("\n")[1], "--into", signed)
    assert "goes on from 3; 4 had been" in said(jaksokirja, "seal", "-r", house.register, "--restored", signed)
    assert said(jaksokirja, "seal", "-r", house.register, "--once").startswith(f"{house.origin}\n4\n")
    assert "4 records are as they were sealed" in said(jaksokirja, "seal", "-r", house.register, "--verify-all")
    verified = jaksokirja("verify", "-r", house.register, "--checkpoint", left, "--key", first, "--key", lost)
    assert (verified.exit_code, "[restored]" in verified.output) == (4, True)
    assert "HISTORY REPLACED BY A SIGNED RESTORE" in verified.output
    assert "of 4 events that were sealed the register went back to 3" in verified.output


def test_keys_sign_nothing_but_a_statement_of_a_restore(jaksokirja: RunCommand, house: House, tmp_path: Path) -> None:
    made = said(jaksokirja, "keys", "new", "restores", "-r", house.register, "--into", tmp_path / "safe")
    (tmp_path / "other").write_text(f"{house.origin}\n9\n{'A' * 43}=\n")
    done = jaksokirja("keys", "sign", tmp_path / "other", "--key", made.split("\n")[1], "--into", tmp_path / "signed")
    assert (done.exit_code, (tmp_path / "signed").exists()) == (1, False)


def test_a_key_for_restores_is_kept_where_somebody_says(jaksokirja: RunCommand, house: House) -> None:
    assert jaksokirja("keys", "new", "restores", "-r", house.register).exit_code == 2


def test_the_sealer_and_a_witness_run_as_programs_of_their_own(
    jaksokirja: RunCommand, house: House, tmp_path: Path
) -> None:
    vkey, _ = said(jaksokirja, "keys", "new", "checkpoints", "-r", house.register).split("\n")[:2]
    witness_key, key_file = said(
        jaksokirja, "witness", "new-key", "witness.example/w1", "--into", tmp_path / "witness"
    ).split("\n")[:2]
    (tmp_path / "logs").write_text(f"{vkey}\n")
    port = _free_port()
    (tmp_path / "witnesses").write_text(f"{witness_key} http://127.0.0.1:{port}\n")
    environment = {
        **os.environ,
        "JAKSOKIRJA_WITNESSES": str(tmp_path / "witnesses"),
        "JAKSOKIRJA_SEAL_INTERVAL_SECONDS": "0.2",
    }
    program = [sys.executable, "-c", "from scripts.commandline.main import main; main()"]
    witness = subprocess.Popen(
        [*program, "witness", "serve", "--key", key_file, "--logs", str(tmp_path / "logs"),
         "--state", str(tmp_path / "seen"), "--port", str(port)]
    )  # fmt: skip
    sealer = subprocess.Popen([*program, "seal", "-r", house.register], env=environment)
    try:
        assert _cosigned(house, [VerifierKey.parse(vkey)], witness_key)
    finally:
        for each in (sealer, witness):
            each.send_signal(signal.SIGINT)
        assert [each.wait(30) for each in (sealer, witness)] == [0, 0]
    told = json.loads((next(iter((tmp_path / "seen").glob("*.json")))).read_text())
    assert (told["origin"], told["size"]) == (house.origin, 2)


def test_the_operator_is_asked_and_a_witness_at_work_is_stopped_first(jaksokirja: RunCommand, tmp_path: Path) -> None:
    folder = tmp_path / "seen"
    witness(folder).add_checkpoint(body(0, 20))
    (tmp_path / "signed").write_bytes(signed())
    words = (
        "witness",
        "accept-restore",
        tmp_path / "signed",
        "--second-key",
        str(SECOND.verifier()),
        "--state",
        folder,
    )
    asked = jaksokirja(*words)
    assert asked.exit_code == 1
    assert "This witness saw 20 events last" in asked.output
    assert witness(folder).last_seen(ORIGIN)[0] == 20
    with held(folder):
        assert "[sealer_busy]" in jaksokirja(*words, "--yes").output
    assert jaksokirja(*words, "--yes").exit_code == 0
    assert witness(folder).last_seen(ORIGIN)[0] == 9


def _cosigned(house: House, keys: list[VerifierKey], witness_key: str) -> bool:
    """Whether the last checkpoint comes to bear the witness' cosignature, within half a minute."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with LogStore(house.dsn, house.register) as store:
            note = store.last_note()
        if note is not None and witness_key.partition("+")[0].encode() in note:
            return bool(open_checkpoint(note, keys))
        time.sleep(0.1)
    return False


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
