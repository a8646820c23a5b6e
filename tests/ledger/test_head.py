"""The register's own row: there is one, and whoever puts another in its place is told of by name."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from domain.ledger.errors import HeadAstray
from domain.ledger.live import LiveRegister
from domain.ledger.migrate import create_register, schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.sealing.logstore import LogStore
from domain.ledger.submission import Submission
from scripts.commandline.main import app

SECOND = ("DROP INDEX head_is_one_row", "INSERT INTO head VALUES ('another', 'jaksokirja/another')")
GONE = ("DELETE FROM head",)
RENAMED = ("UPDATE head SET register = 'another'",)
Changing = Callable[..., None]


@pytest.fixture
def change(register: tuple[str, str]) -> Iterator[Changing]:
    """Runs statements on the register as a superuser, whom nothing stops."""
    dsn, name = register
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("SET search_path TO {}").format(sql.Identifier(schema_of(name))))

        def change(*statements: str) -> None:
            for statement in statements:
                connection.execute(statement.encode())

        yield change


@pytest.mark.parametrize("statements", [SECOND, GONE, RENAMED])
def test_a_head_row_that_is_not_as_it_was_made_is_told_and_nothing_is_sound(
    register: tuple[str, str],
    change: Changing,
    recorder: RegisterRecorder,
    monkeypatch: pytest.MonkeyPatch,
    statements: tuple[str, ...],
) -> None:
    change(*statements)
    with pytest.raises(HeadAstray):
        recorder.origin()
    with pytest.raises(HeadAstray):
        LiveRegister(*register)
    with pytest.raises(HeadAstray):
        LogStore(*register)
    monkeypatch.setenv("JAKSOKIRJA_DSN", register[0])
    for words in (["verify"], ["export", "--into", "/nowhere/x.zip"]):
        done = CliRunner().invoke(app, [*words, "--register", register[1]])
        assert (done.exit_code, "[head_astray]" in done.output) == (1, True), done.output


@pytest.mark.parametrize("statements", [SECOND, GONE])
def test_nothing_is_appended_beside_two_head_rows_or_none(
    change: Changing,
    recorder: RegisterRecorder,
    a_submission: Callable[..., Submission],
    statements: tuple[str, ...],
) -> None:
    change(*statements)
    with pytest.raises(HeadAstray):
        recorder.append(a_submission())
    assert recorder.head()[0] == 0


def test_a_second_head_row_cannot_be_put_in_also_where_the_register_is_of_an_earlier_release(
    register: tuple[str, str], change: Changing, recorder: RegisterRecorder
) -> None:
    with pytest.raises(psycopg.errors.UniqueViolation):
        change(SECOND[1])
    change(SECOND[0])
    create_register(*register)
    with pytest.raises(psycopg.errors.UniqueViolation):
        change(SECOND[1])
    assert recorder.origin() == f"jaksokirja/{register[1]}"


def test_a_register_that_has_two_head_rows_is_not_brought_up_to_date_but_told_of(
    register: tuple[str, str], change: Changing
) -> None:
    change(*SECOND)
    with pytest.raises(HeadAstray):
        create_register(*register)
