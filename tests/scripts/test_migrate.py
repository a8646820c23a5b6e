"""`jaksokirja migrate` on a register that somebody else has a transaction open beside."""

import json
from pathlib import Path

import psycopg
import pytest
from psycopg import sql

from projections.catalogue import PROJECTIONS
from projections.indexes import declared
from projections.install import install, owner_connection
from projections.rebuild import start_up
from projections.releases import OlderRelease
from scripts.commandline.migrate import WAITING
from tests.projections.test_releases import NEWER
from tests.scripts.conftest import RunCommand
from tests.scripts.test_commandline import run_program


@pytest.fixture
def lacks(register: tuple[str, str]) -> str:
    """The name of an index that the register lacks."""
    install(*register)
    name = next(index.name() for projection in PROJECTIONS for index in declared(projection))
    with owner_connection(*register) as connection:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(name)))
    return name


def test_migrate_tells_which_indexes_wait_for_an_open_transaction_and_makes_them_the_next_time(
    jaksokirja: RunCommand, register: tuple[str, str], lacks: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    dsn, name = register
    with psycopg.connect(dsn) as somebody, monkeypatch.context() as meanwhile:
        meanwhile.setattr("projections.indexes.LONGEST_WAIT", "200ms")
        somebody.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        somebody.execute("SELECT FROM pg_class LIMIT 1")
        done = jaksokirja("migrate", name)
    assert done.exit_code == 0
    assert f"{name}: {WAITING}: {lacks}\n" in done.stdout
    assert WAITING not in jaksokirja("migrate", name).stdout


def test_what_is_logged_meanwhile_stands_on_standard_error_and_the_answer_alone_on_standard_output(
    register: tuple[str, str], lacks: str
) -> None:
    dsn, name = register
    with psycopg.connect(dsn) as somebody:
        somebody.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ")
        somebody.execute("SELECT FROM pg_class LIMIT 1")
        done = run_program("caseload", "--json", "--register", name, JAKSOKIRJA_DSN=dsn)
    assert json.loads(done.stdout)["register"] == name
    logged = {one["event"]: one for one in map(json.loads, done.stderr.splitlines())}
    assert logged["indexes_wait"]["indexes"] == [lacks]


def test_no_address_is_shown_of_what_cannot_be_served(register: tuple[str, str], tmp_path: Path) -> None:
    no_folder = tmp_path / "data"
    no_folder.write_text("")
    done = run_program("serve", "--port", "0", JAKSOKIRJA_DSN=register[0], JAKSOKIRJA_DATA=str(no_folder))
    assert (done.returncode, "http://" in done.stderr) == (1, False), done.stderr
    assert done.stderr.endswith("[file_unusable]\n")


def test_an_older_release_migrates_nothing_and_a_rebuild_by_it_is_how_one_goes_back(
    jaksokirja: RunCommand, register: tuple[str, str]
) -> None:
    start_up(*register)
    start_up(*register, NEWER)
    done = jaksokirja("migrate", register[1])
    assert (done.exit_code, "[older_release]" in done.output) == (1, True), done.output
    assert jaksokirja("rebuild", "-r", register[1]).exit_code == 0
    assert jaksokirja("migrate", register[1]).exit_code == 0


def test_once_a_release_has_migrated_an_earlier_one_turns_nothing_back_also_before_the_rebuild(
    jaksokirja: RunCommand, register: tuple[str, str]
) -> None:
    earlier = NEWER  # what is called so there is another release's: here it comes first
    start_up(*register, earlier)
    assert "to be rebuilt: meetings" in jaksokirja("migrate", register[1]).stdout
    with pytest.raises(OlderRelease):
        start_up(*register, earlier)
