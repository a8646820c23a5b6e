"""A bundle proves one episode to somebody who trusts nobody: what it holds, and what it is tied to."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import LiteralString

import psycopg
import pytest
from psycopg import sql

from api.account_words import Words
from api.evidence import Asked, make_bundle
from domain.episode.facts import MeetingHeld
from domain.ledger.book import Book
from domain.ledger.evidence import EvidenceRefused, Gathering
from domain.ledger.migrate import schema_of
from domain.ledger.proof.archive import ArchiveWriter, archive_at
from domain.ledger.proof.bundle import WORDS, Bundle, checkpoint_name, proof_name, record_name
from domain.ledger.proof.bundle_nodes import CHUNK, WantedNodes
from domain.ledger.proof.checkpoint import Checkpoint
from domain.ledger.proof.cosignature import WitnessSigner
from domain.ledger.proof.logfacts import fact_name
from domain.ledger.proof.note import SignedNote, SignerKey
from domain.ledger.proof.tlog_proof import TlogProof
from domain.ledger.proof.tree import LeafHashes, consistency_proof, inclusion_proof, leaf_hash, root_of
from domain.ledger.record import unpack
from domain.ledger.sealing.keyfiles import keys_in
from domain.refusal import UnknownEpisode
from tests.evidence.conftest import CANARY, Story
from tests.evidence.office import Auditor, Office, files_of, names_like, relisted, zipped
from tests.ledger.proof.test_purity import PROJECT

BLOCKED = """
import sys

class Blocked:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"psycopg", "fastapi", "eventsourcing", "typst", "jinja2", "api", "tests"}:
            raise ImportError(f"{name} is blocked")

sys.meta_path.insert(0, Blocked())
from pathlib import Path
from domain.ledger.proof.cosignature import verifier_key
from domain.ledger.proof.formats import verify_files
from domain.ledger.proof.given import Options, Trust

report = verify_files(Path(sys.argv[1]), Trust([verifier_key(each) for each in sys.argv[2:]]), Options())
print(report.sound, report.events)
"""


def stored(office: Office) -> list[bytes]:
    """Every record of the register, as a superuser sees them."""
    with psycopg.connect(office.dsn) as connection:
        table = sql.Identifier(schema_of(office.register), "events")
        rows = connection.execute(sql.SQL("SELECT record FROM {} ORDER BY position").format(table), binary=True)
        return [bytes(record) for (record,) in rows]


def opened(path: Path) -> Bundle:
    return Bundle(path, archive_at(path))


def test_a_bundle_is_sound_to_whoever_holds_an_older_checkpoint_and_the_keys(story: Story) -> None:
    report = story.auditor.verify(story.now)
    assert report.finding is None
    assert (report.proved_to, report.sealed_to) == (story.first_size, story.last_size)
    assert report.events == len(opened(story.now).positions())


def test_who_holds_only_the_first_key_trusts_what_its_successor_signed_and_is_told_of_the_adoption(
    story: Story,
) -> None:
    first, second = story.keys
    report = Auditor((first,), (story.office.notes[story.first_size],)).verify(story.now)
    assert (report.finding, report.sealed_to) == (None, story.last_size)
    assert [(each.adoption.key, each.covered_by) for each in report.adoptions] == [
        (first, story.first_size),
        (second, story.last_size),
    ]
    alone = Auditor((second,), (story.office.notes[story.last_size],)).verify(story.now)
    assert (alone.sealed_to, alone.passed_over) == (story.last_size, 2), "trust is never handed back"


def test_it_holds_the_episodes_records_verbatim_and_what_they_stand_on_and_nothing_else(story: Story) -> None:
    files, records = files_of(story.now), stored(story.office)
    held = {unpack(files[name])[1].position: files[name] for name in names_like(files, "records")}
    assert all(records[position - 1] == record for position, record in held.items())
    of_episode = {p for p, r in enumerate(records, 1) if unpack(r)[1].stream_id == story.episode}
    assert of_episode < held.keys()
    names = [fact_name(unpack(held[position])[1]) for position in sorted(held.keys() - of_episode)]
    assert sorted(names) == ["log_key_adopted", "log_key_adopted", "register_opened", "service_model_published"]
    assert opened(story.now).models() == ["K2.1"]


def test_each_record_is_proved_under_the_first_checkpoint_that_covers_it(story: Story) -> None:
    bundle = opened(story.now)
    assert bundle.sizes() == [story.first_size, story.middle_size, story.last_size]
    for position in bundle.positions():
        proof = TlogProof.parse(bundle.read(proof_name(position)))
        first = next(size for size in bundle.sizes() if size >= position)
        assert proof.checkpoint == story.office.notes[first] == bundle.read(checkpoint_name(first))
        proof.check(bundle.read(record_name(position)), story.keys, origin=story.office.origin)


def test_as_of_an_earlier_position_it_ends_there_and_is_sealed_to_now(story: Story) -> None:
    bundle = opened(story.then)
    own = [p for p in bundle.positions() if unpack(bundle.read(record_name(p)))[1].stream_id == story.episode]
    assert max(own) <= story.first_size == bundle.manifest.as_of
    assert bundle.manifest.size == story.last_size
    assert story.auditor.code(story.then) == "sound"


def test_the_same_question_is_answered_with_the_same_bytes(story: Story) -> None:
    again = story.office.bundle(story.episode, against=[story.first_size])
    assert again.read_bytes() == story.now.read_bytes()


def test_it_is_read_as_a_folder_too(story: Story, tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    for name, data in files_of(story.now).items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    assert story.auditor.code(folder) == "sound"


def test_a_checkpoint_of_any_size_can_be_tied_in_when_it_is_asked_for(story: Story, tmp_path: Path) -> None:
    records, size = stored(story.office), story.first_size + 2
    nodes = LeafHashes([leaf_hash(record) for record in records])
    held = Checkpoint(story.office.origin, size, root_of(nodes, size))
    signer = next(key for key in _signers(story.office) if key.verifier() == story.keys[0])
    auditor = Auditor(story.keys, (held.signed([signer]).to_bytes(),))
    assert auditor.code(story.now) == "not_tied"
    tied = story.office.bundle(story.episode, against=[size])
    assert (auditor.code(tied), auditor.verify(tied).proved_to) == ("sound", size)
    another = Checkpoint(story.office.origin, size, bytes(32)).signed([signer]).to_bytes()
    assert Auditor(story.keys, (another,)).code(tied) == "changed"


def test_a_checkpoint_newer_than_the_bundle_is_told_so(story: Story) -> None:
    signer = next(iter(_signers(story.office)))
    newer = Checkpoint(story.office.origin, story.last_size + 1, bytes(32)).signed([signer]).to_bytes()
    finding = Auditor(story.keys, (newer,)).verify(story.now).finding
    assert finding is not None
    assert (finding.code, "newer than this bundle" in finding.message) == ("not_tied", True)


def test_who_holds_the_newest_key_only_need_not_know_the_older_ones(story: Story) -> None:
    report = Auditor((story.keys[1],)).verify(story.now)
    assert (report.finding, report.passed_over, report.checkpoints) == (None, 2, 1)
    assert Auditor((SignerKey.generate(story.office.origin).verifier(),)).code(story.now) == "no_known_signature"


def test_without_anything_of_ones_own_it_says_what_is_not_proved(story: Story) -> None:
    notes = " ".join(Auditor().verify(story.now).notes)
    assert all(
        words in notes
        for words in ("could have made all of it", "compare them with", "no later entries", "controller was left")
    )


def test_the_words_of_sealed_fields_are_told_or_left_out(story: Story) -> None:
    told, silent = files_of(story.now), files_of(story.office.bundle(story.episode, with_words=False))
    assert CANARY in told[WORDS].decode()
    assert CANARY.encode() not in b"".join(silent.values())
    records = [unpack(told[name])[1] for name in names_like(told, "records")]
    number = story.office.desk.number(story.episode, MeetingHeld, 9)
    meeting = next(one for one in records if (one.stream_id, one.version) == (story.episode, number))
    assert Words.parse(told[WORDS], records).of(meeting.position)["note"].text == CANARY
    assert Words.parse(silent[WORDS], records).of(meeting.position)["note"].withheld == "left_out"
    assert CANARY not in repr(Words.parse(told[WORDS], records))


def test_who_has_no_keys_makes_a_bundle_in_which_the_words_are_not_theirs_to_read(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    asked = Asked(episode=story.episode, as_of=story.last_size, language="en", with_words=True)
    with Book(story.office.dsn, story.office.register) as keyless:
        make_bundle(keyless, story.office.dsn, asked, path)
    files = files_of(path)
    assert CANARY.encode() not in b"".join(files.values())
    assert b"[not yours to read]" in files["account/account.html"]
    assert story.auditor.code(path) == "sound"


def test_what_is_not_sealed_yet_is_refused_and_sealed_it_is_proved(register: tuple[str, str], tmp_path: Path) -> None:
    office = Office(*register, tmp_path)
    office.key()
    episode = office.desk.started(meetings=1)
    with pytest.raises(EvidenceRefused) as refused:
        office.bundle(episode)
    assert refused.value.code == "not_sealed_yet"
    office.seal()
    assert Auditor().code(office.bundle(episode)) == "sound"
    office.desk.book.close()


def test_what_is_not_what_was_sealed_is_not_handed_out(register: tuple[str, str], tmp_path: Path) -> None:
    office = Office(*register, tmp_path)
    office.key()
    episode = office.desk.started(meetings=1)
    office.seal()
    with psycopg.connect(office.dsn) as connection:
        table = sql.Identifier(schema_of(office.register), "events")
        spoil = sql.SQL("UPDATE {} SET record = set_byte(record, length(record) - 2, 65) WHERE position = 2")
        connection.execute(spoil.format(table))
    with pytest.raises(EvidenceRefused) as refused:
        office.bundle(episode)
    assert refused.value.code == "log_differs"
    office.desk.book.close()


MOVED = "stream_id = '01890000-0000-7000-8000-00000000abcd', version = 0"


@pytest.mark.parametrize(
    ("change", "of_episode"),
    [(MOVED, True), ("version = version + 7", True), ("name = 'meeting_missed.1'", True), ("name = 'x.1'", False)],
)
def test_an_entry_that_columns_hide_is_not_left_out_in_silence(
    register: tuple[str, str], tmp_path: Path, change: LiteralString, of_episode: bool
) -> None:
    office = Office(*register, tmp_path)
    office.key()
    episode = office.desk.started(meetings=1)
    office.seal()
    with psycopg.connect(office.dsn) as connection:
        table = sql.Identifier(schema_of(office.register), "events")
        last = sql.SQL(
            "UPDATE {table} SET {change} WHERE position ="
            " (SELECT max(position) FROM {table} WHERE stream_id = %s AND (%s OR name LIKE 'log_key%%'))"
        )
        stream_id = episode if of_episode else office.desk.register_id
        connection.execute(last.format(table=table, change=sql.SQL(change)), (stream_id, of_episode))
    with pytest.raises(EvidenceRefused) as refused, Gathering(office.dsn, office.register) as gathering:
        gathering.of(episode, as_of=office.desk.last_position())
    assert refused.value.code == "columns_differ"
    office.desk.book.close()


def test_an_unknown_episode_and_a_size_beyond_the_log_are_refused_by_name(story: Story) -> None:
    with pytest.raises(UnknownEpisode):
        story.office.bundle(story.office.desk.register_id)
    with pytest.raises(EvidenceRefused) as refused:
        story.office.bundle(story.episode, against=[story.last_size + 1])
    assert refused.value.code == "against_ahead"


@pytest.mark.parametrize("name", ["half.zip", "half"])
def test_a_bundle_is_its_owners_alone_from_the_first_byte_and_half_of_one_is_removed(
    story: Story, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    path, modes = tmp_path / name, list[int]()
    whole = ArchiveWriter.write

    def write(self: ArchiveWriter, name: str, data: bytes) -> None:
        modes.append(path.stat().st_mode & 0o077)
        if len(modes) == 4:
            raise OSError(28, "no space is left", str(path))
        whole(self, name, data)

    monkeypatch.setattr(ArchiveWriter, "write", write)
    asked = Asked(episode=story.episode, as_of=story.last_size, language="en", with_words=True)
    with pytest.raises(OSError, match="no space"):
        make_bundle(story.office.desk.book, story.office.dsn, asked, path)
    assert modes == [0, 0, 0, 0]
    assert not path.exists()


def test_a_checkpoint_with_a_witness_goes_with_its_cosignature(register: tuple[str, str], tmp_path: Path) -> None:
    office = Office(*register, tmp_path)
    office.key()
    episode = office.desk.started(meetings=1)
    checkpoint = office.seal()
    witness = WitnessSigner.generate("witness.example/w1")
    note = SignedNote.parse(office.notes[checkpoint.size])
    moment = checkpoint.sealed_at
    assert moment is not None
    cosigned = note.signed_also([witness.cosign(note.text, moment)]).to_bytes()
    with psycopg.connect(office.dsn) as connection:
        table = sql.Identifier(schema_of(office.register), "checkpoints")
        added = sql.SQL("INSERT INTO {} VALUES (%s, %s, 1, %s)").format(table)
        connection.execute(added, (checkpoint.size, moment, cosigned))
    path = office.bundle(episode, witnesses=[witness.verifier()])
    assert opened(path).read(checkpoint_name(checkpoint.size)) == cosigned
    assert Auditor().code(path) == "sound"
    office.desk.book.close()


def test_the_proof_alone_is_verified_without_database_web_or_typesetting(story: Story) -> None:
    keys = [str(key) for key in story.keys]
    run = subprocess.run(
        [sys.executable, "-c", BLOCKED, str(story.now), *keys],
        capture_output=True, text=True, check=False, cwd=PROJECT,
    )  # fmt: skip
    assert (run.stderr, run.stdout) == ("", f"True {len(opened(story.now).positions())}\n")


def test_the_nodes_of_a_few_proofs_are_found_in_one_pass_over_many_leaves() -> None:
    leaves = [leaf_hash(str(n).encode()) for n in range(2 * CHUNK + 77)]
    size, older, index = len(leaves), CHUNK + 5, CHUNK - 1
    wanted = WantedNodes()
    wanted.inclusion(index, older)
    wanted.consistency(older, size)
    wanted.consistency(size, size)
    nodes = wanted.found_in(leaves[start : start + CHUNK] for start in range(0, size, CHUNK))
    naive = LeafHashes(leaves)
    assert inclusion_proof(nodes, index, older) == inclusion_proof(naive, index, older)
    assert consistency_proof(nodes, older, size) == consistency_proof(naive, older, size)
    assert (root_of(nodes, older), root_of(nodes, size)) == (root_of(naive, older), root_of(naive, size))


def _signers(office: Office) -> list[SignerKey]:
    return list(keys_in(office.workshop.keys).values())


def test_gathering_reads_and_never_writes(story: Story) -> None:
    with Gathering(story.office.dsn, story.office.register) as gathering:
        before = story.office.desk.last_position()
        evidence = gathering.of(story.episode, as_of=before)
    assert evidence.size == story.last_size
    assert story.office.desk.last_position() == before


def test_a_bundle_whose_manifest_lies_about_its_moment_is_found_out(story: Story, tmp_path: Path) -> None:
    files = files_of(story.now)
    relisted(files, as_of=story.first_size)
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) == "after_as_of"
