"""The script in every bundle: it verifies without any of this software, and finds what the verifier finds."""

from __future__ import annotations

import datetime as dt
import json
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from domain.ledger.identity import register_stream_id
from domain.ledger.proof.bundle import record_name
from domain.ledger.proof.note import SignerKey
from domain.ledger.proof.standalone import _not_looked_into
from domain.ledger.record import pack
from domain.ledger.submission import StoredRecord
from tests.evidence.conftest import Story
from tests.evidence.office import Auditor, Forging, Office, files_of, names_like, relisted, zipped

LIMIT_BYTES = 256 * 2**20
"""Of address space: less than what the bombs here unpack to."""
NO_CRYPTOGRAPHY = "import sys\nsys.modules['cryptography'] = None\n"


@pytest.fixture
def script(story: Story, tmp_path: Path) -> Path:
    path = tmp_path / "verify.py"
    path.write_bytes(files_of(story.now)["verify.py"])
    return path


def ran(script: Path, *words: str | Path, path: str | None = None) -> tuple[int, str]:
    """Exit status and what it said, in an interpreter that knows nothing of this software."""
    done = subprocess.run(
        [sys.executable, "-I", str(script), *map(str, words)],
        capture_output=True, text=True, check=False, cwd=script.parent, env={"PATH": path or "/nowhere"},
    )  # fmt: skip
    assert done.stderr == ""
    return done.returncode, done.stdout


def with_kept(story: Story, folder: Path) -> list[str]:
    """The words that name what the auditor holds."""
    kept = folder / "kept.checkpoint"
    kept.write_bytes(story.office.notes[story.first_size])
    return ["--checkpoint", str(kept), *(word for key in story.keys for word in ("--key", str(key)))]


def test_it_verifies_a_sound_bundle(story: Story, script: Path, tmp_path: Path) -> None:
    status, said = ran(script, story.now, *with_kept(story, tmp_path))
    assert (status, f"SOUND: {len(names_like(files_of(story.now), 'records'))} records" in said) == (0, True)
    assert f"Your checkpoint of {story.first_size} events: this is the same log." in said


def test_without_anything_kept_it_says_what_is_not_shown(story: Story, script: Path) -> None:
    status, said = ran(script, story.now)
    assert status == 0
    assert "could have made all of this" in said
    assert "compare them with the ones you hold" in said


def test_another_register_is_told_from_the_one_that_the_auditor_knows(
    story: Story, script: Path, tmp_path: Path
) -> None:
    status, said = ran(script, story.foreign, *with_kept(story, tmp_path))
    assert (status, said.startswith("NOT SOUND")) == (1, True)


def changed(folder: str, at: int = -1) -> Forging:
    """Change one byte in a file of the folder."""

    def forge(files: dict[str, bytes]) -> None:
        name = names_like(files, folder)[-1]
        data = bytearray(files[name])
        data[at] ^= 1
        files[name] = bytes(data)

    return forge


@pytest.mark.parametrize(
    "forge",
    [
        changed("records"),
        changed("records", 40),
        changed("proofs", 45),
        changed("checkpoints", 30),
        changed("checkpoints", -9),
        changed("consistency", 3),
        lambda files: files.pop(names_like(files, "proofs")[0]),
        lambda files: files.pop(names_like(files, "checkpoints")[-1]),
        lambda files: files.pop(names_like(files, "consistency")[0]),
        lambda files: files.update({"bundle.json": b"{}"}),
    ],
)
def test_what_was_changed_is_found_though_the_manifest_is_made_to_fit(
    story: Story, script: Path, tmp_path: Path, forge: Forging
) -> None:
    files = files_of(story.now)
    forge(files)
    if files["bundle.json"] != b"{}":
        relisted(files)
    status, said = ran(script, zipped(files, tmp_path / "b.zip"), *with_kept(story, tmp_path))
    assert (status, said.startswith("NOT SOUND")) == (1, True)


def test_a_file_that_is_not_as_listed_is_found(story: Story, script: Path, tmp_path: Path) -> None:
    files = files_of(story.now)
    changed("account")(files)
    status, said = ran(script, zipped(files, tmp_path / "b.zip"))
    assert (status, "is not the file that is listed" in said) == (1, True)


def test_without_cryptography_openssl_tells_and_without_either_it_says_that_nothing_did(
    story: Story, script: Path, tmp_path: Path
) -> None:
    script.write_text(NO_CRYPTOGRAPHY + script.read_text("utf-8").replace("from __future__ import annotations\n", ""))
    assert ran(script, story.now)[0] == 3
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("there is no openssl here: the other half is tried where there is")
    assert ran(script, story.now, path=str(Path(openssl).parent))[0] == 0
    files = files_of(story.now)
    changed("checkpoints", -9)(files)
    relisted(files)
    assert ran(script, zipped(files, tmp_path / "b.zip"), path=str(Path(openssl).parent))[0] == 1


def test_a_restore_is_said_to_be_there_and_not_looked_into() -> None:
    stream = register_stream_id("kymenlaakso")
    record = StoredRecord(12, stream, 5, "log_restored.1", dt.datetime(2026, 1, 1, tzinfo=dt.UTC), b"{}")
    other = replace(record, position=13, name="log_key_adopted.1")
    files = {record_name(one.position): pack("jaksokirja/kymenlaakso", one) for one in (record, other)}
    (said,) = _not_looked_into(files)
    assert said.startswith("Position 12 records a restore")


def test_a_line_without_a_bundle_is_answered_with_how_to_use_it(script: Path) -> None:
    status, said = ran(script)
    assert (status, said.startswith("usage: ")) == (2, True)


def test_it_trusts_keys_that_the_history_under_trusted_ones_adopts(
    register: tuple[str, str], script: Path, tmp_path: Path
) -> None:
    office = Office(*register, tmp_path / "office")
    first = office.key()
    episode = office.desk.started()
    for _ in range(2):
        office.seal()
        third = office.key()
    office.seal()
    office.desk.started()
    kept = tmp_path / "newest.checkpoint"
    size = office.seal().size
    kept.write_bytes(office.notes[size])
    bundle = office.bundle(episode)
    status, said = ran(script, bundle, "--checkpoint", kept, "--key", str(first.verifier()))
    assert (status, f"adopts the key {third.verifier()}" in said) == (0, True)
    assert f"Your checkpoint of {size} events: this is the same log." in said
    assert Auditor((first.verifier(),), (office.notes[size],)).code(bundle) == "sound"
    stranger = SignerKey.generate(office.origin).verifier()
    status, said = ran(script, bundle, "--key", str(stranger))
    assert (status, "no known key signed" in said) == (1, True)
    office.desk.book.close()


@pytest.fixture(scope="module")
def bomb(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A zip of nothing but a README that unpacks to more than there is room for."""
    return zipped({"README.txt": bytes(300 * 2**20)}, tmp_path_factory.mktemp("bomb") / "bomb.zip")


def _with_listing(story: Story, change: Callable[[dict[str, Any]], object], path: Path) -> Path:
    """The zip, with the other files of a bundle, whose listing was changed by hand."""
    files = files_of(story.now)
    manifest = json.loads(files["bundle.json"])
    change(manifest)
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        for name, data in {**files, "bundle.json": json.dumps(manifest).encode()}.items():
            if name != "README.txt":
                archive.writestr(name, data)
    return path


@pytest.mark.parametrize(
    "change",
    [
        lambda told: told["files"].update({"README.txt": [-2, "0" * 64]}),
        lambda told: told["files"].update({"README.txt": [10**12, "0" * 64], "verify.py": [-(10**12), "0" * 64]}),
        lambda told: told["files"].update({"README.txt": ["1", "0" * 64]}),
        lambda told: told["files"].update({"README.txt": 1}),
        lambda told: told.update(files=[]),
        lambda told: told.update(keys=None),
        lambda told: told.update(size=None),
    ],
)
def test_a_listing_that_nobody_would_write_is_refused_in_words_whatever_it_holds(
    story: Story, script: Path, bomb: Path, tmp_path: Path, change: Callable[[dict[str, Any]], object]
) -> None:
    limited = f"import resource\nresource.setrlimit(resource.RLIMIT_AS, ({LIMIT_BYTES}, {LIMIT_BYTES}))\n"
    script.write_text(script.read_text().replace("import zlib\n", f"import zlib\n{limited}", 1))
    made_up = _with_listing(story, change, Path(shutil.copy(bomb, tmp_path / "made-up.zip")))
    status, said = ran(script, made_up)
    assert (status, said.startswith("NOT SOUND: ")) == (1, True)
    assert "MemoryError" not in said


def test_a_file_of_no_known_kind_is_refused_also_where_it_is_listed(story: Story, script: Path, tmp_path: Path) -> None:
    files = {**files_of(story.now), "account/account2.html": b"<p>Another account</p>"}
    relisted(files)
    status, said = ran(script, zipped(files, tmp_path / "more.zip"))
    assert (status, "account2.html' is no file of a bundle" in said) == (1, True)


def test_a_second_listing_and_bytes_that_do_not_unpack_are_refused_in_words(
    story: Story, script: Path, tmp_path: Path
) -> None:
    path = zipped(files_of(story.now), tmp_path / "twice.zip")
    with pytest.warns(UserWarning, match="Duplicate"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("bundle.json", files_of(story.now)["bundle.json"])
    assert ran(script, path)[0] == 1
    spoilt = bytearray(story.now.read_bytes())
    with zipfile.ZipFile(story.now) as archive:
        member = archive.getinfo("verify.py")
    at = member.header_offset + 30 + len(member.filename)
    spoilt[at : at + 20] = bytes(byte ^ 0xFF for byte in spoilt[at : at + 20])
    (tmp_path / "spoilt.zip").write_bytes(spoilt)
    status, said = ran(script, tmp_path / "spoilt.zip")
    assert (status, said.startswith("NOT SOUND: it cannot be read")) == (1, True)


@pytest.mark.parametrize("path", ["/dev/zero", "/nowhere.zip", "/"])
def test_what_is_no_file_is_refused_without_being_read(story: Story, script: Path, path: str) -> None:
    status, said = ran(script, path)
    assert (status, f"{path} is no file: name the bundle" in said, "SOUND" in said) == (2, True, False)
    for option in ("--checkpoint", "--key"):
        status, said = ran(script, story.now, option, path)
        assert status in {1, 2}
        assert f"{path} is no file" in said


@pytest.mark.parametrize("words", [(), ("--help",), ("one.zip", "two.zip")])
def test_whoever_does_not_know_how_to_ask_is_told_how(script: Path, words: tuple[str, ...]) -> None:
    status, said = ran(script, *words)
    assert (status, said.startswith("usage: python3 verify.py BUNDLE.zip")) == (2, True)


def test_more_signatures_than_a_checkpoint_has_are_refused(story: Story, script: Path, tmp_path: Path) -> None:
    files = files_of(story.now)
    name = names_like(files, "checkpoints")[-1]
    files[name] += files[name].rpartition(b"\n\n")[2] * 101
    relisted(files)
    status, said = ran(script, zipped(files, tmp_path / "b.zip"))
    assert (status, "more than 100 signatures" in said) == (1, True)


@pytest.mark.parametrize(("before", "after"), [(b"MZ", b""), (b"", b"\n"), (b"PK\x03\x04", b"PK\x05\x06")])
def test_what_stands_before_or_after_the_zip_is_refused(
    story: Story, script: Path, tmp_path: Path, before: bytes, after: bytes
) -> None:
    path = tmp_path / "more.zip"
    path.write_bytes(before + story.now.read_bytes() + after)
    status, said = ran(script, path)
    assert (status, said.startswith("NOT SOUND")) == (1, True)


def test_bytes_under_the_name_of_a_folder_are_refused(story: Story, script: Path, tmp_path: Path) -> None:
    path = zipped({**files_of(story.now), "account/": b"another account"}, tmp_path / "more.zip")
    status, said = ran(script, path)
    assert (status, "not those that are listed" in said) == (1, True)
