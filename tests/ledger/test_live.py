"""A register in its database: exported verbatim, verified read-only, and whatever a superuser changes is found."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner, Result

from domain.ledger.errors import UnknownRegister
from domain.ledger.live import LiveRegister, export_register
from domain.ledger.migrate import schema_of
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.export import Export, Manifest, write_export
from domain.ledger.proof.given import Trust
from domain.ledger.proof.note import SignerKey
from domain.ledger.proof.records import unframed
from domain.ledger.proof.report import Report
from domain.ledger.proof.tree import CompactTree, leaf_hash
from domain.ledger.proof.verify import verify
from domain.ledger.recorder import RegisterRecorder
from scripts.benches.histories import write_history
from scripts.commandline.main import app

EVENTS = 300
Changing = Callable[[str], None]


@pytest.fixture
def filled(register: tuple[str, str], recorder: RegisterRecorder) -> tuple[str, str]:
    """A register with some 300 events of made-up families."""
    write_history(recorder, EVENTS)
    return register


@pytest.fixture
def key(register: tuple[str, str]) -> SignerKey:
    return SignerKey.generate(f"jaksokirja/{register[1]}")


@pytest.fixture
def held(filled: tuple[str, str], recorder: RegisterRecorder, key: SignerKey) -> bytes:
    """The checkpoint that the auditor holds: of all that was there."""
    with LiveRegister(*filled) as live:
        tree = CompactTree()
        tree.extend([leaf_hash(record) for record in live.records()])
    moment = recorder.head()[1]
    assert moment is not None
    return Checkpoint.sealed(live.origin, tree.size, tree.root(), moment).signed([key]).to_bytes()


@pytest.fixture
def changing(filled: tuple[str, str]) -> Iterator[Changing]:
    """Runs statements on the register as a superuser, whom nothing stops."""
    dsn, name = filled
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema_of(name))))

        def change(statement: str) -> None:
            connection.execute(statement.encode())

        yield change


@pytest.fixture
def verified(filled: tuple[str, str], key: SignerKey, held: bytes) -> Callable[[], Report]:
    def verified() -> Report:
        with LiveRegister(*filled) as live:
            return verify(live, Trust([key.verifier()], [held]))

    return verified


def test_a_live_register_is_verified_as_it_stands(verified: Callable[[], Report]) -> None:
    report = verified()
    assert (report.sound, report.notes) == (True, [])
    assert report.events == report.proved_to >= EVENTS


def test_an_export_holds_what_the_database_holds(filled: tuple[str, str], tmp_path: Path) -> None:
    export_register(*filled, tmp_path / "all.zip")
    export_register(*filled, tmp_path / "some", to_position=100)
    with LiveRegister(*filled) as live:
        stored = list(live.records())
    for path, records in [("all.zip", stored), ("some", stored[:100])]:
        export = Export(tmp_path / path)
        assert export.size == len(records)
        assert list(unframed(export.block(0) or b"")) == records
        assert verify(export, Trust()).sound


def test_an_unknown_register_is_told_so(postgres: str) -> None:
    with pytest.raises(UnknownRegister):
        LiveRegister(postgres, "no-such-register")


@pytest.mark.parametrize(
    ("code", "position", "statement"),
    [
        ("columns_differ", 50, "UPDATE events SET name = 'meeting_held.1' WHERE position = 50"),
        ("columns_differ", 50, "UPDATE events SET recorded_at = recorded_at - interval '1 day' WHERE position = 50"),
        ("columns_differ", 50, "UPDATE events SET stream_id = gen_random_uuid() WHERE position = 50"),
        ("columns_differ", 50, "UPDATE events SET version = version + 900 WHERE position = 50"),
        ("columns_differ", 50, "UPDATE events SET record = (SELECT record FROM events WHERE position = 51) "
         "WHERE position = 50"),
        ("cut_off", 290, "DELETE FROM events WHERE position >= 290"),
        ("position_gap", 120, "DELETE FROM events WHERE position = 120"),
        ("foreign_origin", None, "UPDATE head SET origin = 'jaksokirja/another'"),
    ],
)  # fmt: skip
def test_what_a_superuser_changes_is_found(
    verified: Callable[[], Report], changing: Changing, code: str, position: int | None, statement: str
) -> None:
    changing(statement)
    finding = verified().finding
    assert finding is not None
    assert (finding.code, finding.position) == (code, position)


def test_a_payload_changed_where_nothing_else_shows_is_found_by_the_checkpoint(
    verified: Callable[[], Report], changing: Changing
) -> None:
    changing(
        "UPDATE events SET record = overlay(record PLACING '7d' FROM octet_length(record) - 1) WHERE position = 77"
    )
    finding = verified().finding
    assert finding is not None
    assert (finding.code, finding.position) == ("changed", 1)
    assert (finding.last_position or 0) >= EVENTS


def test_rows_put_beside_the_book_are_found(verified: Callable[[], Report], changing: Changing) -> None:
    changing("ALTER TABLE events DROP CONSTRAINT events_position_check")
    changing(
        "INSERT INTO events SELECT -5, gen_random_uuid(), version, name, recorded_at, record"
        " FROM events WHERE position = 3"
    )
    finding = verified().finding
    assert finding is not None
    assert finding.code == "surplus"


def test_events_that_came_after_the_checkpoint_are_said_to_be_unproved(
    verified: Callable[[], Report], recorder: RegisterRecorder
) -> None:
    write_history(recorder, 20)
    report = verified()
    assert report.sound
    assert any("No checkpoint that was brought covers" in note for note in report.notes)


# The command line

RUNNER = CliRunner()


@pytest.fixture
def run(filled: tuple[str, str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Callable[..., Result]:
    monkeypatch.setenv("JAKSOKIRJA_DSN", filled[0])
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path / "data"))
    return lambda *arguments: RUNNER.invoke(app, [str(each) for each in arguments])


@pytest.fixture
def brought(key: SignerKey, held: bytes, tmp_path: Path) -> tuple[str, ...]:
    """What the auditor gives on the command line: his checkpoint and his key, in files."""
    (tmp_path / "held.checkpoint").write_bytes(held)
    (tmp_path / "log.vkey").write_text(f"{key.verifier()}\n")
    return "--checkpoint", str(tmp_path / "held.checkpoint"), "--key", str(tmp_path / "log.vkey")


def test_export_and_verify_from_the_command_line(
    run: Callable[..., Result], filled: tuple[str, str], brought: tuple[str, ...], tmp_path: Path
) -> None:
    made = run("export", "--register", filled[1], "--into", tmp_path / "export.zip")
    assert (made.exit_code, "events of jaksokirja/" in made.output) == (0, True)

    sound = run("verify", tmp_path / "export.zip", *brought, "--keep-tiles", tmp_path / "tiles")
    assert (sound.exit_code, sound.output.startswith("Sound: ")) == (0, True)
    live = run("verify", "--register", filled[1], *brought, "--tiles", tmp_path / "tiles", "--thorough", "--json")
    assert live.exit_code == 0
    assert json.loads(live.output)["sound"]


def test_verify_names_the_first_bad_event_and_fails(
    run: Callable[..., Result], filled: tuple[str, str], brought: tuple[str, ...], tmp_path: Path, changing: Changing
) -> None:
    assert run("verify", "--register", filled[1], *brought, "--keep-tiles", tmp_path / "tiles").exit_code == 0
    changing(
        "UPDATE events SET record = overlay(record PLACING '7d' FROM octet_length(record) - 1) WHERE position = 77"
    )
    found = run("verify", "--register", filled[1], *brought, "--tiles", tmp_path / "tiles")
    assert found.exit_code == 1
    assert "NOT SOUND" in found.output
    assert "Position 77 (stream" in found.output
    told = json.loads(run("verify", "--register", filled[1], *brought, "--tiles", tmp_path / "tiles", "--json").output)
    assert (told["sound"], told["finding"]["position"], told["finding"]["code"]) == (False, 77, "changed")


def test_what_cannot_be_verified_with_is_refused_in_one_line(
    run: Callable[..., Result], filled: tuple[str, str], key: SignerKey, held: bytes, tmp_path: Path
) -> None:
    (tmp_path / "held.checkpoint").write_bytes(held)
    (tmp_path / "no.zip").write_text("no zip")
    other = SignerKey.generate(key.name).verifier()
    checkpoint = ("--checkpoint", tmp_path / "held.checkpoint")
    for arguments, code, status in [
        ((tmp_path / "no.zip",), "malformed_export", 1),
        (("--register", filled[1], "--key", "no key"), "malformed_key", 2),
        (("--register", filled[1], *checkpoint, "--key", other), "no_known_signature", 1),
        (("--register", filled[1], "--checkpoint", tmp_path / "missing"), "file_missing", 2),
    ]:
        refused = run("verify", *arguments)
        assert (refused.exit_code, f"[{code}]" in refused.output) == (status, True), refused.output


def test_an_exports_checkpoints_are_written_in_bounded_memory_however_many_there_are(
    filled: tuple[str, str], changing: Changing, tmp_path: Path
) -> None:
    changing(
        "INSERT INTO checkpoints SELECT n, now() + n * interval '1 day', n % 3,"
        " convert_to(rpad(n::text, 20000, '.'), 'UTF8') FROM generate_series(1, 2000) n"
    )
    tracemalloc.start()
    try:
        with LiveRegister(*filled) as live:
            write_export(tmp_path / "notes.zip", Manifest(live.origin, 0, (), live.names), [], live.checkpoints())
        assert tracemalloc.get_traced_memory()[1] < 16 * 2**20, "they are 40 MB together"
    finally:
        tracemalloc.stop()
    notes = [note.decode() for note in Export(tmp_path / "notes.zip").checkpoints()]
    assert [int(note.rstrip(".")) for note in notes] == list(range(1, 2001))
    assert {len(note) for note in notes} == {20_000}


def test_checkpoints_of_one_size_are_read_one_after_another_whenever_they_are_said_to_be_sealed(
    filled: tuple[str, str], changing: Changing, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("domain.ledger.live.NOTES", 2)
    changing(
        "INSERT INTO checkpoints SELECT 7, moment, n, convert_to(n || ' ' || moment, 'UTF8')"
        " FROM generate_series(0, 2) n,"
        " unnest('{-infinity,2026-01-01 12:00:00.000001Z,infinity}'::timestamptz[]) moment"
    )
    with LiveRegister(*filled) as live:
        notes = [note.decode() for note in live.checkpoints()]
    assert [note.partition(" ")[0] for note in notes] == ["0", "1", "2"] * 3
    assert len(set(notes)) == 9
