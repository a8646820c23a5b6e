"""Rules of the house that a machine can keep: documentation that is true, and DDL that can grow past one machine."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from api.settings import PREFIX, Settings
from scripts.vocabulary import PAGE, page

PROJECT = Path(__file__).resolve().parent.parent
SQL_FILES = sorted([*PROJECT.glob("domain/**/*.sql"), *PROJECT.glob("projections/*.sql")])
FORBIDDEN = {
    "identity columns and sequences (each node has its own range)": (
        r"\bGENERATED\s+\w+(\s+\w+)?\s+AS\s+IDENTITY|\b(BIG)?SERIAL\b|\bCREATE\s+SEQUENCE\b|\bnextval\b"
    ),
    "materialized views": r"\bMATERIALIZED\s+VIEW\b",
    "MERGE": r"\bMERGE\s+INTO\b",
    "triggers": r"\bCREATE\s+(OR\s+REPLACE\s+)?(CONSTRAINT\s+)?TRIGGER\b",
    "inheritance": r"\bINHERITS\s*\(",
    "deferrable constraints": r"\bDEFERRABLE\b",
    "table locks": r"\bLOCK\s+TABLE\b",
    "NOTIFY in the database": r"\bNOTIFY\b|\bpg_notify\b",
    "advisory locks for positions": r"\bpg_advisory_xact_lock\b",
}


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


def test_the_vocabulary_page_says_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m scripts.vocabulary"


def test_the_readme_or_the_vocabulary_names_every_setting() -> None:
    told = (PROJECT / "README.md").read_text() + PAGE.read_text()
    assert [name for name in Settings.model_fields if f"{PREFIX}{name.upper()}" not in told] == []


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_no_sql_file_holds_what_cannot_be_spread_over_machines(path: Path) -> None:
    text = _without_comments(path.read_text())
    assert [what for what, pattern in FORBIDDEN.items() if re.search(pattern, text, re.IGNORECASE)] == []


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_every_table_has_a_primary_key(path: Path) -> None:
    for table in re.findall(r"CREATE TABLE[^;]*;", _without_comments(path.read_text()), re.IGNORECASE):
        assert re.search(r"PRIMARY\s+KEY|\bLIKE\b|\bAS\s+SELECT\b", table, re.IGNORECASE), table[:80]


def test_there_are_sql_files_to_keep_these_rules() -> None:
    assert len(SQL_FILES) >= 10


def test_the_lock_file_names_no_registry() -> None:
    assert re.search(r"https?://|--index", (PROJECT / "requirements.lock").read_text()) is None


def test_every_script_that_a_person_runs_is_executable() -> None:
    for name in ("start", "test", "lint", "bench"):
        assert (PROJECT / "scripts" / name).stat().st_mode & 0o111, name
