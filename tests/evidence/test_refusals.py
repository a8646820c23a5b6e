"""Whatever is done to a bundle is found, also when its manifest was made to fit; bombs are refused cheaply."""

from __future__ import annotations

import json
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.ledger.proof.archive import MEMBER_LIMIT
from domain.ledger.proof.bundle import (
    FILE_LIMIT,
    LOG_KEYS,
    MANIFEST,
    TOTAL_LIMIT_BYTES,
    WORDS,
    checkpoint_name,
    consistency_name,
    record_name,
)
from domain.ledger.proof.bundle_lists import hashes_of, hashes_text
from domain.ledger.proof.faults import MalformedBundle
from domain.ledger.proof.note import SignerKey
from domain.ledger.proof.tree import PROOF_LIMIT
from domain.ledger.record import unpack
from tests.evidence.conftest import Story
from tests.evidence.office import Files, Forging, files_of, forged, names_like, relisted, zipped

MEMORY_LIMIT_BYTES = 48 * 2**20
Tampering = Callable[[Story, Files], None]


def records_of_episode(story: Story, files: Files) -> list[str]:
    """The files of the episode's records, in order."""
    return [name for name in names_like(files, "records") if unpack(files[name])[1].stream_id == story.episode]


def proof_of(record: str) -> str:
    """The file of a record's proof."""
    return record.replace("records/", "proofs/").replace(".record", ".tlog-proof")


def left_out(story: Story, files: Files) -> None:
    name = records_of_episode(story, files)[5]
    del files[name], files[proof_of(name)]


def first_left_out(story: Story, files: Files) -> None:
    name = records_of_episode(story, files)[0]
    del files[name], files[proof_of(name)]


def swapped(story: Story, files: Files) -> None:
    one, two = records_of_episode(story, files)[2:4]
    files[one], files[two] = files[two], files[one]


def swapped_with_proofs(story: Story, files: Files) -> None:
    one, two = records_of_episode(story, files)[2:4]
    files[one], files[two] = files[two], files[one]
    files[proof_of(one)], files[proof_of(two)] = files[proof_of(two)], files[proof_of(one)]


def changed(story: Story, files: Files) -> None:
    name = records_of_episode(story, files)[4]
    files[name] = files[name].replace(b'"actor":"O1"', b'"actor":"O2"')


def cut_short(story: Story, files: Files) -> None:
    name = records_of_episode(story, files)[4]
    files[name] = files[name][:-1]


def no_proof(story: Story, files: Files) -> None:
    del files[proof_of(records_of_episode(story, files)[4])]


def another_proof(story: Story, files: Files) -> None:
    one, two = records_of_episode(story, files)[2:4]
    files[proof_of(one)] = files[proof_of(two)]


def first_checkpoint_gone(story: Story, files: Files) -> None:
    del files[checkpoint_name(story.first_size)], files[consistency_name(story.first_size, story.last_size)]


def no_consistency(story: Story, files: Files) -> None:
    del files[consistency_name(story.first_size, story.last_size)]


def another_consistency(story: Story, files: Files) -> None:
    name = consistency_name(story.first_size, story.last_size)
    files[name] = files[consistency_name(story.middle_size, story.last_size)]


def of_another_episode(story: Story, files: Files) -> None:
    theirs = files_of(story.other)
    files.update({name: theirs[name] for name in theirs if name.startswith(("records/", "proofs/"))})


def of_another_register(story: Story, files: Files) -> None:
    theirs = files_of(story.foreign)
    name = names_like(theirs, "records")[-1]
    files[name], files[proof_of(name)] = theirs[name], theirs[proof_of(name)]


def their_checkpoint(story: Story, files: Files) -> None:
    theirs = files_of(story.foreign)
    files[checkpoint_name(story.last_size)] = theirs[names_like(theirs, "checkpoints")[-1]]


def account_of_another_time(story: Story, files: Files) -> None:
    theirs = files_of(story.then)
    files.update({name: theirs[name] for name in theirs if name.startswith("account/")})


def records_of_another_time(story: Story, files: Files) -> None:
    theirs = files_of(story.then)
    for name in records_of_episode(story, files):
        if name not in theirs:
            del files[name], files[proof_of(name)]


def account_changed(story: Story, files: Files) -> None:
    files["account/account.html"] = files["account/account.html"].replace(b"Struck out by", b"Approved by")


def words_changed(story: Story, files: Files) -> None:
    told = json.loads(files[WORDS])
    position = next(iter(told["words"]))
    told["words"][position]["invented"] = {"text": "never said"}
    files[WORDS] = json.dumps(told).encode()


def model_changed(story: Story, files: Files) -> None:
    files["models/K2.1.json"] = files["models/K2.1.json"].replace(b'"must"', b'"norm"', 1)


def model_gone(story: Story, files: Files) -> None:
    del files["models/K2.1.json"]
    for name in names_like(files, "records"):
        if unpack(files[name])[1].name.startswith("service_model_published"):
            del files[name], files[proof_of(name)]


def key_added(story: Story, files: Files) -> None:
    stranger = SignerKey.generate(story.office.origin).verifier()
    files[LOG_KEYS] += f"{stranger}\n".encode()


def script_changed(story: Story, files: Files) -> None:
    files["verify.py"] = b"print('SOUND')\n"


def readme_changed(story: Story, files: Files) -> None:
    files["README.txt"] += b"Trust us.\n"


@pytest.mark.parametrize(
    ("tamper", "codes"),
    [
        (left_out, {"version_gap"}),
        (first_left_out, {"version_gap"}),
        (swapped, {"position_gap"}),
        (swapped_with_proofs, {"position_gap"}),
        (changed, {"changed"}),
        (cut_short, {"changed"}),
        (no_proof, {"malformed_bundle"}),
        (another_proof, {"wrong_proof"}),
        (first_checkpoint_gone, {"wrong_proof", "not_tied"}),
        (no_consistency, {"malformed_bundle"}),
        (another_consistency, {"malformed_proof", "wrong_proof"}),
        (of_another_episode, {"foreign_record"}),
        (of_another_register, {"foreign_origin"}),
        (their_checkpoint, {"foreign_origin", "no_known_signature"}),
        (account_of_another_time, {"malformed_bundle", "account_differs"}),
        (records_of_another_time, {"malformed_bundle", "account_differs"}),
        (account_changed, {"account_differs"}),
        (words_changed, {"malformed_bundle"}),
        (model_changed, {"malformed_bundle"}),
        (model_gone, {"model_missing"}),
        (key_added, {"keys_differ"}),
        (script_changed, {"account_differs"}),
        (readme_changed, {"account_differs"}),
    ],
)
def test_what_was_changed_left_out_or_mixed_in_is_found(
    story: Story, tmp_path: Path, tamper: Tampering, codes: set[str]
) -> None:
    careless, careful = forged(story.now, tmp_path, lambda files: tamper(story, files))
    assert story.auditor.code(careless) == "malformed_bundle"
    assert story.auditor.code(careful) in codes


def test_the_first_bad_record_is_named(story: Story, tmp_path: Path) -> None:
    files = files_of(story.now)
    name = records_of_episode(story, files)[4]
    changed(story, files)
    relisted(files)
    finding = story.auditor.verify(zipped(files, tmp_path / "b.zip")).finding
    assert finding is not None
    record = unpack(files[name])[1]
    assert (finding.position, finding.stream, finding.version) == (
        record.position, str(story.episode), record.version,
    )  # fmt: skip


def test_a_bundle_of_another_register_is_not_that_of_the_log_which_the_auditor_knows(story: Story) -> None:
    assert story.auditor.code(story.foreign) == "no_known_signature"


def test_a_whole_history_made_anew_is_found_by_a_checkpoint_held_outside_and_by_nothing_else(story: Story) -> None:
    """The foreign register signs rightly by its own key: to who trusts what the bundle says, it is sound."""
    from tests.evidence.office import Auditor  # noqa: PLC0415 -- beside the sentence that needs it

    assert Auditor().code(story.foreign) == "sound"
    assert Auditor((), (story.office.notes[story.first_size],)).code(story.foreign) != "sound"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(data=st.data())
def test_any_byte_changed_in_any_file_is_found_though_the_manifest_is_made_to_fit(
    story: Story, tmp_path: Path, data: st.DataObject
) -> None:
    files = files_of(story.now)
    name = data.draw(st.sampled_from(sorted(files.keys() - {MANIFEST, "account/account.pdf"})))
    at = data.draw(st.integers(0, len(files[name]) - 1))
    flipped = bytes([files[name][at] ^ data.draw(st.integers(1, 255))])
    files[name] = files[name][:at] + flipped + files[name][at + 1 :]
    relisted(files)
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) != "sound"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
@given(share=st.floats(0, 0.9999))
def test_a_bundle_cut_anywhere_is_refused(story: Story, tmp_path: Path, share: float) -> None:
    whole = story.now.read_bytes()
    path = tmp_path / "cut.zip"
    path.write_bytes(whole[: int(len(whole) * share)])
    assert story.auditor.code(path) in {"malformed_export", "malformed_bundle"}


def manifest_of(change: Callable[[dict[str, object]], None]) -> Forging:
    """Change the manifest as JSON."""

    def forge(files: Files) -> None:
        told = json.loads(files[MANIFEST])
        change(told)
        files[MANIFEST] = json.dumps(told).encode()

    return forge


def listing(name: str, length: object = 1, sha256: object = "0" * 64) -> Forging:
    """List one more file, which is there as well."""

    def forge(files: Files) -> None:
        manifest_of(lambda told: told["files"].update({name: [length, sha256]}))(files)  # type: ignore[attr-defined] # JSON
        files[name] = b"x"

    return forge


@pytest.mark.parametrize(
    "forge",
    [
        listing("../outside.record"),
        listing("/etc/passwd"),
        listing("records/../../outside"),
        listing("records\\000000000001.record"),
        listing("records/1.record"),
        listing("records/0000000000001.record"),
        listing("inner.zip"),
        listing(record_name(1), length=-1),
        listing(record_name(1), length=True),
        listing(record_name(1), length=2**40),
        listing(record_name(1), sha256="short"),
        manifest_of(lambda told: told.update(size=10**30)),
        manifest_of(lambda told: told.update(size=0)),
        manifest_of(lambda told: told.update(as_of="now")),
        manifest_of(lambda told: told.update(language="de")),
        manifest_of(lambda told: told.update(episode="none")),
        manifest_of(lambda told: told.update(origin="o" * 256)),
        manifest_of(lambda told: told.update(keys="all")),
        manifest_of(lambda told: told.update(files=[])),
        manifest_of(lambda told: told.update(format="jaksokirja-bundle/2")),
        lambda files: files.update({MANIFEST: b"[" * 100_000}),
        lambda files: files.update({MANIFEST: b"\xff\xfe"}),
        lambda files: files.update({MANIFEST: b"null"}),
        lambda files: files.update({"unlisted.txt": b"x"}),
        lambda files: files.update({"../outside": b"x"}),
    ],
)
def test_a_manifest_or_a_name_that_cannot_be_is_refused(story: Story, tmp_path: Path, forge: Forging) -> None:
    files = files_of(story.now)
    forge(files)
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) in {"malformed_bundle", "malformed_export"}
    assert [each.name for each in tmp_path.iterdir()] == ["b.zip"]


def test_a_keys_text_that_is_no_key_is_refused_by_name(story: Story, tmp_path: Path) -> None:
    files = files_of(story.now)
    manifest_of(lambda told: told.update(keys=["not+a+key"]))(files)
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) == "malformed_key"


@pytest.mark.parametrize("lines", [PROOF_LIMIT + 1, 100_000])
def test_a_proof_of_absurd_length_is_refused(story: Story, tmp_path: Path, lines: int) -> None:
    files = files_of(story.now)
    name = records_of_episode(story, files)[0]
    head, _, note = files[proof_of(name)].partition(b"\n\n")
    line = head.split(b"\n")[-1]
    files[proof_of(name)] = b"\n".join([*head.split(b"\n")[:2], *[line] * lines]) + b"\n\n" + note
    relisted(files)
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) == "malformed_proof"
    with pytest.raises(MalformedBundle):
        hashes_of(hashes_text([bytes(32)] * lines), "consistency")


def bomb(files: Files, path: Path) -> Path:
    """One listed file of a few bytes is a gigabyte of zeros in the zip."""
    zipped(files, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open("records/bomb", "w") as opened:
        for _ in range(256):
            opened.write(bytes(2**20))
    return path


def many_files(files: Files, path: Path) -> Path:
    """More files than may be listed."""
    told = json.loads(files[MANIFEST])
    told["files"] = {record_name(n): [0, "0" * 64] for n in range(1, FILE_LIMIT + 2)}
    return zipped({MANIFEST: json.dumps(told).encode()}, path)


def much_listed(files: Files, path: Path) -> Path:
    """More bytes than may be listed."""
    told = json.loads(files[MANIFEST])
    each = TOTAL_LIMIT_BYTES // 10
    told["files"] = {record_name(n): [each, "0" * 64] for n in range(1, 12)}
    return zipped({MANIFEST: json.dumps(told).encode(), **{record_name(n): b"" for n in range(1, 12)}}, path)


def many_members(files: Files, path: Path) -> Path:
    """A listing of the zip's own that is too long."""
    return zipped({MANIFEST: files[MANIFEST], **{f"x{n}": b"" for n in range(MEMBER_LIMIT + 1)}}, path)


def listed_bomb(files: Files, path: Path) -> Path:
    """A record that is listed with few bytes and unpacks to 256 MiB."""
    name = names_like(files, "records")[0]
    kept = files.pop(name)
    zipped(files, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(name, "w") as opened:
        opened.write(kept)
        for _ in range(256):
            opened.write(bytes(2**20))
    return path


def long_manifest(files: Files, path: Path) -> Path:
    """A manifest of 256 MiB, of blanks."""
    rest = {name: data for name, data in files.items() if name != MANIFEST}
    zipped(rest, path)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive, archive.open(MANIFEST, "w") as opened:
        for _ in range(256):
            opened.write(b" " * 2**20)
    return path


@pytest.mark.parametrize("make", [bomb, many_files, much_listed, many_members, listed_bomb, long_manifest])
def test_bombs_are_refused_within_bounded_memory(
    story: Story, tmp_path: Path, make: Callable[[Files, Path], Path]
) -> None:
    path = make(files_of(story.now), tmp_path / "bomb.zip")
    tracemalloc.start()
    try:
        assert story.auditor.code(path) in {"malformed_bundle", "malformed_export"}
        assert tracemalloc.get_traced_memory()[1] < MEMORY_LIMIT_BYTES
    finally:
        tracemalloc.stop()


def test_a_name_that_stands_twice_in_the_zip_is_refused(story: Story, tmp_path: Path) -> None:
    files = files_of(story.now)
    path = zipped(files, tmp_path / "b.zip")
    with zipfile.ZipFile(path, "a") as archive, pytest.warns(UserWarning, match="Duplicate"):
        archive.writestr(record_name(1), files[record_name(1)])
    assert story.auditor.code(path) == "malformed_export"


@pytest.mark.parametrize("text", ["\\ud800", "a\\udfff"])
def test_a_text_of_half_characters_is_refused(story: Story, tmp_path: Path, text: str) -> None:
    files = files_of(story.now)
    files[MANIFEST] = files[MANIFEST].replace(b'"origin": "', b'"origin": "' + text.encode(), 1)
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) == "malformed_export"


def test_what_stands_before_a_zip_is_refused(story: Story, tmp_path: Path) -> None:
    path = tmp_path / "b.zip"
    path.write_bytes(b"MZ" * 100 + story.now.read_bytes())
    assert story.auditor.code(path) == "malformed_export"


def test_what_is_a_bundle_and_an_export_at_once_is_neither(story: Story, tmp_path: Path) -> None:
    files = files_of(story.now)
    files["export.json"] = b"{}"
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) == "malformed_export"


def test_bytes_under_the_name_of_a_folder_are_refused(story: Story, tmp_path: Path) -> None:
    files = {**files_of(story.now), "account/": b"another account"}
    assert story.auditor.code(zipped(files, tmp_path / "b.zip")) == "malformed_export"
