"""`jaksokirja purge`: the bundles that tell in words what the ledger can no longer read."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import UUID

import pytest

from tests.domain.desk import meeting
from tests.evidence.office import Office
from tests.scripts.conftest import RunCommand
from tests.secrecy.conftest import destroy
from tests.secrecy.test_restriction import NOTE, agreed, carried_out, mistaken


@pytest.fixture
def office(register: tuple[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Office]:
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path / "settings"))
    office = Office(*register, tmp_path / "settings")
    office.key()
    yield office
    office.desk.book.close()


def bundles(jaksokirja: RunCommand, office: Office, folder: Path, episode: UUID, *words: str) -> None:
    for name in ("one.zip", "two"):
        done = jaksokirja("evidence", str(episode), "-r", office.register, "--into", folder / name, *words)
        assert done.exit_code == 0, done.output


def test_bundles_that_tell_what_was_destroyed_are_listed_and_no_others(
    jaksokirja: RunCommand, office: Office, tmp_path: Path
) -> None:
    desk, clients = office.desk, [office.desk.client(), office.desk.client()]
    episodes = [desk.started("K2", client_id) for client_id in clients]
    for episode_id in episodes:
        desk.do(episode_id, meeting(1, note="said in confidence"))
    office.seal()
    gone, wordless, kept = tmp_path / "gone", tmp_path / "wordless", tmp_path / "kept"
    for folder in (gone, wordless, kept):
        folder.mkdir()
    bundles(jaksokirja, office, gone, episodes[0], "--with-words")
    bundles(jaksokirja, office, wordless, episodes[0])
    bundles(jaksokirja, office, kept, episodes[1], "--with-words")
    before = jaksokirja("purge", gone, wordless, kept, "-r", office.register)
    assert (before.exit_code, "None of them" in before.output) == (0, True), f"{before.output} {before.exception!r}"
    destroy(desk.dsn, office.register, clients[0])
    done = jaksokirja("purge", gone, wordless, kept, "-r", office.register)
    assert done.exit_code == 1
    assert [line.partition(":")[0] for line in done.output.splitlines()] == [str(gone / "one.zip"), str(gone / "two")]
    assert "said in confidence" not in done.output


def test_a_bundle_from_before_a_restriction_is_listed_and_one_made_afterwards_says_that_it_is_not_yours(
    jaksokirja: RunCommand, office: Office, tmp_path: Path
) -> None:
    desk = office.desk
    episode_id, version = mistaken(desk, desk.client())
    restriction_id = agreed(desk, episode_id, version)
    office.seal()
    before, after = tmp_path / "before", tmp_path / "after"
    for folder in (before, after):
        folder.mkdir()
    bundles(jaksokirja, office, before, episode_id, "--with-words")
    carried_out(desk, restriction_id)
    office.seal()
    bundles(jaksokirja, office, after, episode_id, "--with-words")
    done = jaksokirja("purge", before, after, "-r", office.register)
    assert done.exit_code == 1
    assert {line.partition(":")[0] for line in done.output.splitlines()} == {
        str(before / "one.zip"),
        str(before / "two"),
    }
    told = {name: (after / "two" / "account" / name).read_text() for name in ("account.html", "words.json")}
    assert all(NOTE not in text for text in told.values())
    assert "ei sinun luettavissasi" in told["account.html"]
    assert NOTE in (before / "two" / "account" / "words.json").read_text()


def test_what_looks_like_a_bundle_and_cannot_be_read_is_listed(
    jaksokirja: RunCommand, office: Office, tmp_path: Path
) -> None:
    path = tmp_path / "broken.zip"
    path.write_bytes(b"PK no zip")
    done = jaksokirja("purge", path, "-r", office.register)
    assert (done.exit_code, "cannot be read" in done.output) == (1, True)
