"""Evidence on the command line: made by one command, verified by another, refused in one clear line."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.domain.desk import meeting
from tests.evidence.office import Office
from tests.scripts.conftest import RunCommand


@pytest.fixture
def office(register: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path))
    office = Office(*register, tmp_path)
    office.key()
    yield office
    office.desk.book.close()


@pytest.fixture
def episode(office: Office) -> UUID:
    """An episode that is sealed, with a note in it."""
    episode = office.desk.started(meetings=1)
    office.desk.do(episode, meeting(2, note="said in confidence"))
    office.seal()
    return episode


def test_a_bundle_is_made_and_verified_by_the_checkpoint_that_it_holds(
    jaksokirja: RunCommand, office: Office, episode: UUID, tmp_path: Path
) -> None:
    path, kept = tmp_path / "b.zip", tmp_path / "kept.checkpoint"
    made = jaksokirja("evidence", str(episode), "-r", office.register, "--lang", "sv", "--into", path, "--json")
    assert made.exit_code == 0, made.output
    told = json.loads(made.output)
    with zipfile.ZipFile(path) as archive:
        kept.write_bytes(archive.read(f"checkpoints/{told['size']:012}.checkpoint"))
        assert b'lang="sv"' in archive.read("account/account.html")
    key = next((tmp_path / "keys").glob("*.skey"))
    vkey = str(next(iter(office.desk.book.register_state().log_keys)).verifier_key)
    done = jaksokirja("verify", path, "--checkpoint", kept, "--key", vkey, "--json")
    assert done.exit_code == 0, done.output
    report = json.loads(done.output)
    assert (report["sound"], report["proved_to"], report["events"]) == (True, told["size"], told["records"])
    assert path.stat().st_mode & 0o777 == key.stat().st_mode & 0o777 == 0o600


def test_a_changed_account_is_found_and_can_be_left_out_by_who_asks_for_the_records_only(
    jaksokirja: RunCommand, office: Office, episode: UUID, tmp_path: Path
) -> None:
    folder = tmp_path / "bundle"
    assert jaksokirja("evidence", str(episode), "-r", office.register, "--into", folder).exit_code == 0
    page, manifest = folder / "account" / "account.html", folder / "bundle.json"
    whole = page.read_bytes()
    page.write_bytes(whole.replace(b"<title>", b"<title>!"))
    done = jaksokirja("verify", folder)
    assert (done.exit_code, "[malformed_bundle]" in done.output) == (1, True)
    page.write_bytes(whole)
    told = json.loads(manifest.read_bytes())
    manifest.write_text(json.dumps({**told, "made_with": "another release"}))
    done = jaksokirja("verify", folder)
    assert (done.exit_code, "[account_differs]" in done.output, "another release" in done.output) == (1, True, True)
    done = jaksokirja("verify", folder, "--records-only")
    assert (done.exit_code, "it is not proved" in done.output) == (0, True)


def test_a_bundle_tells_what_sealed_fields_say_only_when_that_is_asked_for(
    jaksokirja: RunCommand, office: Office, episode: UUID, tmp_path: Path
) -> None:
    silent, telling = (_words(jaksokirja, office, episode, tmp_path / name, *asked) for name, asked in _BOTH_WAYS)
    kinds = {name for fields in silent["words"].values() for one in fields.values() for name in one}
    assert (silent["keys"], kinds) == ([], {"withheld"})
    assert telling["keys"]
    assert "said in confidence" in json.dumps(telling["words"])


_BOTH_WAYS = (("silent.zip", ()), ("telling.zip", ("--with-words",)))


def _words(jaksokirja: RunCommand, office: Office, episode: UUID, path: Path, *asked: str) -> dict[str, Any]:
    made = jaksokirja("evidence", str(episode), "-r", office.register, *asked, "--into", path)
    assert made.exit_code == 0, made.output
    with zipfile.ZipFile(path) as archive:
        words: dict[str, Any] = json.loads(archive.read("account/words.json"))
    return words


def test_what_cannot_be_made_is_one_clear_line(
    jaksokirja: RunCommand, office: Office, episode: UUID, tmp_path: Path
) -> None:
    there = tmp_path / "there.zip"
    there.touch()
    unsealed = office.desk.referred()
    for words, code in [
        ([str(unsealed), "--into", str(tmp_path / "a.zip")], "not_sealed_yet"),
        ([str(office.desk.register_id), "--into", str(tmp_path / "b.zip")], "unknown_episode"),
        ([str(episode), "--against", "9999", "--into", str(tmp_path / "c.zip")], "against_ahead"),
        ([str(episode), "--into", str(there)], "file_unusable"),
        ([str(episode), "--lang", "de", "--into", str(tmp_path / "d.zip")], "bad_language"),
    ]:
        done = jaksokirja("evidence", *words, "-r", office.register)
        assert done.exit_code in {1, 2}
        assert f"[{code}]" in done.output
        assert "Traceback" not in done.output
