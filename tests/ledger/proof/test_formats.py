"""The page about formats is true: its example in hex is a record, and its codes are those that findings have."""

from __future__ import annotations

import datetime as dt
import hashlib
import re
from pathlib import Path
from uuid import UUID

from domain.ledger.proof.inspection import of_json
from domain.ledger.proof.records import unframed
from domain.ledger.record import pack, unpack
from domain.ledger.submission import StoredRecord

PROJECT = Path(__file__).resolve().parents[3]
PAGE = (PROJECT / "docs" / "formats.md").read_text(encoding="utf-8")
SOURCES = [*(PROJECT / "domain" / "ledger" / "proof").glob("*.py"), PROJECT / "domain" / "ledger" / "live.py"]


def example() -> bytes:
    lines = re.findall(r"^    ((?:[0-9a-f]{2,8} ?)+)(?:\s*#.*)?$", PAGE, re.MULTILINE)
    return bytes.fromhex("".join(lines))


def test_the_example_is_a_record_as_it_stands_in_an_export() -> None:
    (record,) = unframed(example())
    origin, stored = unpack(record)
    assert (origin, stored) == (
        "jaksokirja/kymenlaakso",
        StoredRecord(
            258,
            UUID("01890000-0000-7000-8000-0000000000ff"),
            4,
            "episode_started.1",
            dt.datetime(2026, 1, 31, 12, 0, 0, 42, tzinfo=dt.UTC),
            stored.state,
        ),
    )
    assert pack(origin, stored) == record
    assert of_json(stored) is None


def test_the_leaf_hash_that_is_written_is_that_of_the_example() -> None:
    assert hashlib.sha256(example()[4:]).hexdigest() in PAGE


def test_every_code_of_a_finding_is_on_the_page() -> None:
    codes = {
        code
        for source in SOURCES
        for code in re.findall(
            r'(?:Finding\(|finding_at\([^"]*|named\([^"]*|code, words = )"([a-z_]+)"', source.read_text()
        )
    }
    assert len(codes) > 12
    assert {code for code in codes if f"`{code}`" not in PAGE} == set()
