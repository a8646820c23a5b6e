"""Verifies an evidence bundle with Python alone: the file verify.py of every bundle, which imports none of the rest.

    python3 verify.py BUNDLE.zip --checkpoint KEPT.checkpoint --key VKEY

Files as listed, signatures of checkpoints (by the package cryptography, else the program openssl), a proof of inclusion
for each record, proofs of consistency between checkpoints. What people read is not compared with the records.
Follows RFC 9162 (2.1.3.2, 2.1.4.2) and the C2SP specifications signed-note, tlog-checkpoint and tlog-proof.
Exit status: 0 sound, 1 not sound, 2 bad input, 3 sound but for signatures, which nothing here could check.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import shutil
import struct
import subprocess
import sys
import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

TOTAL_LIMIT_BYTES = 128 * 2**20
MANIFEST_LIMIT_BYTES = 8 * 2**20
FILE_LIMIT = 30_000
FILE_LIMIT_BYTES = 16 * 2**20
PROOF_LIMIT = 64
SIGNATURE_LIMIT = 100
SMALL_FILE_LIMIT_BYTES = 2**20
LOG_KEY = 1
_ED25519_HEAD = bytes.fromhex("302a300506032b6570032100")  # RFC 8410: what comes before the 32 bytes of a public key
_NAME = re.compile(
    r"records/\d+\.record|proofs/\d+\.tlog-proof|checkpoints/\d+\.checkpoint|consistency/\d+-\d+\.hashes"
    r"|models/\w+\.\d+\.json|keys/(log|witnesses)\.vkeys|account/(words\.json|account\.(html|pdf))|README\.txt|verify\.py",
    re.ASCII,
)
UNREADABLE = (
    OSError, ValueError, KeyError, IndexError, TypeError, AttributeError, RuntimeError, EOFError,
    struct.error, zipfile.BadZipFile, zlib.error,
)  # fmt: skip
"""What reading a broken or made-up bundle may end in."""
Keys = dict[tuple[str, bytes], bytes]


class NotSound(Exception):
    """What is wrong, in words."""


def main(words: Sequence[str]) -> int:
    """Verify what the words of a command line name; the exit status."""
    try:
        paths, kept, keys = _read_words(list(words))
    except (NotSound, OSError, ValueError) as fault:
        _say(f"--key: {fault}")
        return 2
    if len(paths) != 1 or paths[0].startswith("-"):
        _say("usage: python3 verify.py BUNDLE.zip [--checkpoint FILE]... [--key VKEY]...")
        return 2
    if not Path(paths[0]).is_file():
        _say(f"{paths[0]} is no file: name the bundle as it was given, and not what was unpacked from it")
        return 2
    try:
        _require(_is_all_zip(Path(paths[0])), "something stands before its beginning or after its end, or it is no zip")
        with zipfile.ZipFile(paths[0]) as archive:
            checked = verify(archive, [_bounded(path) for path in kept], keys)
    except NotSound as fault:
        _say(f"NOT SOUND: {fault}")
        return 1
    except UNREADABLE as fault:
        _say(f"NOT SOUND: it cannot be read ({type(fault).__name__}: {fault})")
        return 1
    return 0 if checked else 3


def verify(archive: zipfile.ZipFile, kept: Sequence[bytes], brought: Sequence[str]) -> bool:
    """Verify all of it; whether signatures could be checked. Raises NotSound, and what zipfile and json raise."""
    files, manifest = _listed_files(archive)
    keys = dict(_key(vkey) for vkey in brought or manifest["keys"])
    origin, newest = manifest["origin"], int(manifest["size"])
    heads: dict[int, tuple[bytes, str]] = {}
    checked, said = True, list[str]()
    for name in sorted(name for name in files if name.startswith("checkpoints/")):
        size, root, signed = _checkpoint(files[name], keys, origin, needed=_number(name) == newest)
        _require(size == _number(name), f"{name} is the checkpoint of another size")
        covered, heads[size] = max(heads, default=0), (root, name)
        if signed is not None:
            said += _learn_keys(files, keys, range(covered + 1, size + 1), heads)
        checked = checked and signed is not False
    _require(newest in heads, "the newest checkpoint is missing")
    for size, (root, _) in heads.items():
        _tied(files, size, root, newest, heads[newest][0])
    for note in kept:
        size, root, signed = _checkpoint(note, keys, origin, needed=True)
        _require(size <= newest, f"your checkpoint of {size} events is newer than the bundle, of {newest}")
        _tied(files, size, root, newest, heads[newest][0])
        checked = checked and signed is not False
        said.append(f"Your checkpoint of {size} events: this is the same log.")
    count = _check_records(files, heads)
    said.insert(0, f"{'SOUND' if checked else 'SOUND, SIGNATURES NOT CHECKED'}: {count} records of {origin}")
    _say("\n".join([*said, *_not_looked_into(files), *_not_shown(kept, brought)]))
    return checked


def _not_shown(kept: Sequence[bytes], brought: Sequence[str]) -> Iterator[str]:
    yield "Not shown: that there are no later entries, and that no adoption, restore or controller was left out;"
    yield "that the account says what the records say (read them)."
    if not kept:
        yield "No checkpoint of your own was compared: whoever holds the log's key could have made all of this."
    if not brought:
        yield "The keys are those of the bundle: compare them with the ones you hold (--key)."


def _listed_files(archive: zipfile.ZipFile) -> tuple[dict[str, bytes], dict[str, Any]]:
    """The files, just those that are listed, each as it is listed."""
    with archive.open("bundle.json") as opened:
        manifest = json.loads(opened.read(MANIFEST_LIMIT_BYTES))
    listed = manifest["files"]
    _require(manifest["format"] == "jaksokirja-bundle/1", "this is no bundle of a format that is known here")
    _require(len(listed) <= FILE_LIMIT, "too many files are listed")
    for name, (length, _) in listed.items():
        _require(_NAME.fullmatch(name) is not None, f"{name[:80]!r} is no file of a bundle")
        _require(
            type(length) is int and 0 <= length <= FILE_LIMIT_BYTES, f"{name} is listed without a length, or too long"
        )
    _require(sum(length for length, _ in listed.values()) <= TOTAL_LIMIT_BYTES, "too many bytes are listed")
    _require(sorted(archive.namelist()) == sorted(["bundle.json", *listed]), "the files are not those that are listed")
    files = {}
    for name, (length, digest) in listed.items():
        with archive.open(name) as opened:
            files[name] = opened.read(length + 1)
        _require(hashlib.sha256(files[name]).hexdigest() == digest, f"{name} is not the file that is listed")
    return files, manifest


def _check_records(files: dict[str, bytes], heads: dict[int, tuple[bytes, str]]) -> int:
    """Each record under the first checkpoint that covers it; how many there are."""
    names = sorted(name for name in files if name.startswith("records/"))
    for name in names:
        _check_record(files, name, heads)
    return len(names)


def _check_record(files: dict[str, bytes], name: str, heads: dict[int, tuple[bytes, str]]) -> None:
    position = _number(name)
    covering = [size for size in heads if size >= position]
    _require(bool(covering), f"no checkpoint covers {name}")
    root, checkpoint = heads[min(covering)]
    text = files[f"proofs/{position:012}.tlog-proof"]
    head, _, note = text.partition(b"\n\n")
    lines = head.decode().split("\n")
    _require(len(lines) <= PROOF_LIMIT + 2, f"the proof of {name} is too long")
    _require(lines[0] == "c2sp.org/tlog-proof@v1" and note == files[checkpoint], f"the proof of {name} is another")
    _require(lines[1] == f"index {position - 1}", f"the proof of {name} is of another position")
    leaf = hashlib.sha256(b"\x00" + files[name]).digest()
    hashes = [base64.b64decode(line, validate=True) for line in lines[2:]]
    _require(_included(position - 1, min(covering), leaf, hashes) == root, f"{name} is not what was sealed")


def _not_looked_into(files: dict[str, bytes]) -> Iterator[str]:
    """Restores that the records tell of."""
    for name in sorted(name for name in files if name.startswith("records/")):
        if _fact(files[name])[0].startswith(b"log_restored."):
            yield (
                f"Position {_number(name)} records a restore from a backup: who signed it, and what it left, is not"
                " looked into here (jaksokirja verify does)."
            )


def _fact(record: bytes) -> tuple[bytes, bytes]:
    """The name of a record's fact, and its state."""
    name_at = 3 + int.from_bytes(record[1:3], "big") + 38
    state_at = name_at + int.from_bytes(record[name_at - 2 : name_at], "big")
    return record[name_at:state_at], record[state_at:]


def _learn_keys(
    files: dict[str, bytes], keys: Keys, positions: range, heads: dict[int, tuple[bytes, str]]
) -> Iterator[str]:
    """Trust the keys that records adopt which are under a checkpoint of a key that is trusted already; tell of them."""
    for name in sorted(name for name in files if name.startswith("records/") and _number(name) in positions):
        fact, state = _fact(files[name])
        if fact.startswith(b"log_key_adopted."):
            _check_record(files, name, heads)
            told = json.loads(state)["plain"]
            if told["purpose"] == "checkpoints":
                keys.update([_key(told["verifier_key"])])
                yield f"Position {_number(name)} adopts the key {told['verifier_key']}; the one before counts on here."


def _checkpoint(note: bytes, keys: Keys, origin: object, *, needed: bool) -> tuple[int, bytes, bool | None]:
    """Size and root of a checkpoint, and whether its signature could be checked; None: no known key signed it."""
    text, _, below = note.decode().rpartition("\n\n")
    text += "\n"
    lines = text.split("\n")
    _require(lines[0] == origin, f"a checkpoint is of the log {lines[0]!r}, not of {origin!r}")
    signed = False
    checked = True
    _require(below.count("\n") <= SIGNATURE_LIMIT, f"a checkpoint has more than {SIGNATURE_LIMIT} signatures")
    for line in below.splitlines():
        _, name, encoded = line.split(" ")
        value = base64.b64decode(encoded, validate=True)
        public = keys.get((name, value[:4]))
        if public is not None:
            right = _signed(public, text.encode(), value[4:])
            _require(right is not False, f"a signature of {name} is wrong")
            signed, checked = True, checked and right is True
    _require(signed or not needed, f"no known key signed the checkpoint of {lines[1]} events")
    return int(lines[1]), base64.b64decode(lines[2], validate=True), checked if signed else None


def _signed(public: bytes, message: bytes, signature: bytes) -> bool | None:
    """Whether it is that key's signature; None when nothing here can tell."""
    try:
        from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 -- there may be none
        from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey  # noqa: PLC0415 -- likewise
    except ImportError:
        return _signed_says_openssl(public, message, signature)
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def _signed_says_openssl(public: bytes, message: bytes, signature: bytes) -> bool | None:
    openssl = shutil.which("openssl")
    if openssl is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        files = {"key.der": _ED25519_HEAD + public, "message": message, "signature": signature}
        for name, data in files.items():
            Path(folder, name).write_bytes(data)
        given = ["-pubin", "-inkey", "key.der", "-keyform", "DER", "-rawin", "-in", "message", "-sigfile", "signature"]
        command = [openssl, "pkeyutl", "-verify", *given]
        done = subprocess.run(command, cwd=folder, capture_output=True, check=False)  # noqa: S603 -- no word of it is given from outside
    if b"Verified Successfully" in done.stdout:
        return True
    return False if b"Verification Failure" in done.stdout + done.stderr else None


def _key(vkey: str) -> tuple[tuple[str, bytes], bytes]:
    """A log's key by name and id."""
    name, key_id, encoded = vkey.strip().split("+", 2)
    data = base64.b64decode(encoded, validate=True)
    _require(data[0] == LOG_KEY and len(data) == 33, f"the key {name} is no log's Ed25519 key")
    found = hashlib.sha256(name.encode() + b"\n" + data).digest()[:4]
    _require(found.hex() == key_id, f"the key {name} has another id")
    return (name, found), data[1:]


def _tied(files: dict[str, bytes], older: int, root: bytes, newer: int, newer_root: bytes) -> None:
    if older == newer:
        _require(root == newer_root, f"there are two logs of {older} events: this is another history")
        return
    name = f"consistency/{older:012}-{newer:012}.hashes"
    _require(name in files, f"nothing ties the bundle to the checkpoint of {older} events: ask for --against {older}")
    lines = files[name].decode().split()
    _require(older > 0 and len(lines) <= PROOF_LIMIT, f"{name} proves nothing, or is too long")
    hashes = [base64.b64decode(line, validate=True) for line in lines]
    _require(_grown(older, newer, root, hashes) == (root, newer_root), f"{name}: this is another history")


def _node(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(b"\x01" + left + right).digest()


def _included(index: int, size: int, leaf: bytes, proof: Sequence[bytes]) -> bytes | None:
    """The root that the proof leads to; None when it is too short or too long."""
    last, root = size - 1, leaf
    for sibling in proof:
        if last == 0:
            return None
        if index & 1 or index == last:
            root = _node(sibling, root)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            root = _node(root, sibling)
        index, last = index >> 1, last >> 1
    return root if last == 0 else None


def _grown(older: int, newer: int, root: bytes, proof: Sequence[bytes]) -> tuple[bytes, bytes] | None:
    """The two roots that the proof leads to; None when it is too short or too long."""
    path = [root, *proof] if older & (older - 1) == 0 else list(proof)
    index, last = older - 1, newer - 1
    while index & 1:
        index, last = index >> 1, last >> 1
    first = second = path[0]
    for sibling in path[1:]:
        if last == 0:
            return None
        if index & 1 or index == last:
            first, second = _node(sibling, first), _node(sibling, second)
            while index and not index & 1:
                index, last = index >> 1, last >> 1
        else:
            second = _node(second, sibling)
        index, last = index >> 1, last >> 1
    return (first, second) if last == 0 else None


def _number(name: str) -> int:
    return int(name.rpartition("/")[2].partition(".")[0])


def _require(holds: bool, words: str) -> None:
    if not holds:
        raise NotSound(words)


def _read_words(words: list[str]) -> tuple[list[str], list[str], list[str]]:
    """Paths, checkpoints' files, keys (or files of them)."""
    paths: list[str] = []
    options: dict[str, list[str]] = {"--checkpoint": [], "--key": []}
    while words:
        word = words.pop(0)
        if word in options and words:
            options[word].append(words.pop(0))
        else:
            paths.append(word)
    return paths, options["--checkpoint"], [key for given in options["--key"] for key in _keys_given(given)]


def _keys_given(given: str) -> Iterator[str]:
    if "+" in given and not Path(given).is_file():
        yield given
        return
    lines = _bounded(given).decode().splitlines()
    yield from (line for line in lines if line and not line.startswith("#"))


def _bounded(path: str) -> bytes:
    """A small file that was brought."""
    _require(Path(path).is_file(), f"{path} is no file")
    with Path(path).open("rb") as opened:
        data = opened.read(SMALL_FILE_LIMIT_BYTES + 1)
    _require(len(data) <= SMALL_FILE_LIMIT_BYTES, f"{path} is longer than {SMALL_FILE_LIMIT_BYTES} bytes")
    return data


def _is_all_zip(path: Path) -> bool:
    """Whether the file begins with a zip's first file, and ends with its last 22 bytes: zipfile looks for these."""
    with path.open("rb") as opened:
        begins = opened.read(4) == b"PK\x03\x04"
        opened.seek(max(0, opened.seek(0, 2) - 22))
        return begins and opened.read(4) == b"PK\x05\x06"


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
