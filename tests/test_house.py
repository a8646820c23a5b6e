"""Rules of the house that a machine can keep: true documentation, SQL that can grow past one machine, reasons told."""

from __future__ import annotations

import ast
import re
import tokenize
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.settings import PREFIX, Settings
from scripts.vocabulary import PAGE, page

PROJECT = Path(__file__).resolve().parent.parent
SQL_FILES = sorted([*PROJECT.glob("domain/**/*.sql"), *PROJECT.glob("projections/*.sql")])
PYTHON_FILES = sorted(
    path
    for folder in ("domain", "projections", "api", "scripts", "tests")
    for path in PROJECT.glob(f"{folder}/**/*.py")
)
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
ONE_AT_A_TIME = "one at a time does it, on the one endpoint that writers use; no position hangs on it"
ALLOWED = {
    ("projections/snapshots.py", "table locks"): "shared with other readers: a snapshot is not older than the tables",
    ("projections/rebuild.py", "table locks"): "by who swaps rebuilt tables, while they are renamed",
    ("domain/ledger/secrecy/blind.py", "table locks"): "by who mends a client's tags, against a code just told",
    ("projections/install.py", "advisory locks for positions"): ONE_AT_A_TIME,
    ("domain/ledger/migrate.py", "advisory locks for positions"): ONE_AT_A_TIME,
    ("domain/ledger/secrecy/keyring.py", "advisory locks for positions"): ONE_AT_A_TIME,
}
"""What is done all the same in SQL that stands in Python, by file, and why it may be: see docs/scale.md."""
UNREASONED = re.compile(r"# *(noqa\b(?!: [A-Z0-9, ]+ -- \S)|type: *ignore\b(?!\[[a-z, -]+\] +# \S))")


def _without_comments(text: str) -> str:
    return re.sub(r"--[^\n]*", "", text)


def test_the_vocabulary_page_says_what_the_code_says() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m scripts.vocabulary"


def test_the_readme_or_the_vocabulary_names_every_setting() -> None:
    told = (PROJECT / "README.md").read_text() + PAGE.read_text()
    assert [name for name in Settings.model_fields if f"{PREFIX}{name.upper()}" not in told] == []


def forbidden(sql: str) -> list[str]:
    """What of the SQL cannot be spread over machines."""
    return [what for what, pattern in FORBIDDEN.items() if re.search(pattern, sql, re.IGNORECASE)]


def sql_in(python: Path) -> str:
    """Every text in the code but for docstrings, any of which might be SQL."""
    tree = ast.parse(python.read_bytes())
    docstrings = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    texts = (node.value for node in ast.walk(tree) if isinstance(node, ast.Constant) and id(node) not in docstrings)
    told = (text.decode(errors="replace") if isinstance(text, bytes) else text for text in texts)
    return _without_comments("\n".join(text for text in told if isinstance(text, str)))


@pytest.mark.parametrize("path", SQL_FILES, ids=lambda path: path.name)
def test_no_sql_file_holds_what_cannot_be_spread_over_machines(path: Path) -> None:
    assert forbidden(_without_comments(path.read_text())) == []


def test_sql_in_python_holds_of_it_only_what_is_named_with_its_reason() -> None:
    ours = [path for path in PYTHON_FILES if path.relative_to(PROJECT).parts[0] in {"domain", "projections", "api"}]
    found = {(path.relative_to(PROJECT).as_posix(), what) for path in ours for what in forbidden(sql_in(path))}
    assert found == set(ALLOWED)


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


def exceptions_without_reason(path: Path) -> Iterator[str]:
    """Where a finding of the linter or of the type checker is silenced, and nothing beside it says why."""
    with path.open("rb") as source:
        for token in tokenize.tokenize(source.readline):
            if token.type == tokenize.COMMENT and UNREASONED.search(token.string):
                yield f"{path.relative_to(PROJECT)}:{token.start[0]}"


def test_whatever_is_silenced_has_a_reason_beside_it() -> None:
    silencing = [path for path in PYTHON_FILES if re.search(r"# *(noqa|type: *ignore)", path.read_text())]
    found = [where for path in silencing for where in exceptions_without_reason(path)]
    assert not found, f"{found}: write `noqa: CODE -- why`, or `type: ignore[code] # why`"
    assert len(silencing) > 20
