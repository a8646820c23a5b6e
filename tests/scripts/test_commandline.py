"""The command line: what each command prints, and what bad input gets: one clear line, a code, an exit status."""

import json
import os
import re
import shlex
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx
import pytest
import typer
from typer.testing import CliRunner

from api.settings import PROJECT
from domain.ledger.identity import new_id
from projections.install import register_connection
from projections.store import checkpoints
from scripts.commandline.main import COMMANDS, app
from scripts.legacy.files import MEETINGS
from scripts.legacy.naming import episode_of
from tests.scripts.conftest import Imported, RunCommand
from tests.scripts.export import MEETING, write_export

FIGURES = ("caseload", "visits", "duties", "deviations", "contacts", "decisions")


def run_program(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The installed program in a process of its own."""
    program = Path(sys.executable).with_name("jaksokirja")
    return subprocess.run(
        [program, *words], check=False, capture_output=True, text=True, env={**os.environ, **environment}, timeout=120
    )


def test_the_help_lists_every_command_and_reads_none_of_them() -> None:
    probe = "import sys; from scripts.commandline.main import app; app(['--help'], standalone_mode=False);"
    probe += "print(sorted(set(sys.modules) & {'psycopg', 'fastapi', 'pydantic', 'eventsourcing'}))"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True)
    assert all(f" {command} " in done.stdout for command in COMMANDS)
    assert done.stdout.splitlines()[-1] == "[]"


def test_the_installed_program_tells_a_bad_date_on_standard_error_and_exits_with_2(
    demonstration: Imported,
) -> None:
    done = run_program(
        *("caseload", "--on", "yesterday", "--register", demonstration.register), JAKSOKIRJA_DSN=demonstration.dsn
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.strip() == "jaksokirja: --on: yesterday is no date; write 2022-02-01 or 1.2.2022. [bad_date]"


def test_import_prints_and_writes_the_same_report(
    jaksokirja: RunCommand, register: tuple[str, str], tmp_path: Path
) -> None:
    export = write_export(tmp_path / "export", (MEETINGS, MEETING))
    done = jaksokirja("import", "legacy", export, "--register", register[1], "--report", tmp_path / "report.json")
    assert done.exit_code == 0, done.output
    report = json.loads((tmp_path / "report.json").read_text("utf-8"))
    assert (report["register"], report["rows_read"], report["rows_refused"]) == (register[1], 8, 1)
    assert report["refused"] == [
        {
            "file": "tapaamiset.csv",
            "line": 3,
            "row_id": "T00001",
            "fault": "exported_twice",
            "message": "The same row stands on line 2 already.",
        }
    ]
    assert sum(file["rows_read"] for file in report["by_file"].values()) == report["rows_read"]
    assert "exported_twice" in done.output
    assert f"Import into {register[1]}" in done.output


def test_an_export_that_is_not_whole_exits_with_2_before_anything_is_recorded(
    jaksokirja: RunCommand, register: tuple[str, str], tmp_path: Path
) -> None:
    export = write_export(tmp_path / "export")
    (export / MEETINGS).unlink()
    done = jaksokirja("import", "legacy", export, "--register", register[1])
    assert done.exit_code == 2
    assert done.stderr == "jaksokirja: The export lacks tapaamiset.csv. Nothing was recorded. [bad_export]\n"


@pytest.mark.parametrize("figure", FIGURES)
@pytest.mark.parametrize("by", ["service", "area", "month"])
def test_each_figure_is_a_table_whose_foot_says_what_it_reflects(
    jaksokirja: RunCommand, demonstration: Imported, figure: str, by: str
) -> None:
    done = jaksokirja(figure, "--by", by, "--register", demonstration.register)
    assert done.exit_code == 0, done.output
    head = demonstration.book.ledger.head()[0]
    assert f"kirjanpidon kohdasta {head}/{head}" in done.output
    assert max(map(len, done.output.splitlines())) <= 120


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_every_column_has_a_heading_in_each_language(
    jaksokirja: RunCommand, demonstration: Imported, lang: str
) -> None:
    for figure in FIGURES:
        done = jaksokirja(figure, "--register", demonstration.register, "--lang", lang)
        assert "_" not in done.output.replace(demonstration.register, ""), done.output


def test_a_figure_as_json_says_position_and_lag(jaksokirja: RunCommand, demonstration: Imported) -> None:
    done = jaksokirja("visits", "--by", "area", "--on", "31.12.2025", "--json", "--register", demonstration.register)
    told = json.loads(done.stdout)
    assert (told["figure"], told["by"], told["on_day"], told["lag_events"]) == ("visits", "area", "2025-12-31", 0)
    assert {row["group_key"] for row in told["rows"]} == {"Kotka", "Kouvola pohjoinen", "Kouvola eteläinen", "Hamina"}


def test_as_of_and_on_are_two_questions(jaksokirja: RunCommand, demonstration: Imported) -> None:
    def meetings(*asked: str) -> int:
        done = jaksokirja("visits", "--by", "service", "--json", "--register", demonstration.register, *asked)
        return sum(row["held_client_meetings"] for row in json.loads(done.stdout)["rows"])

    everything = meetings("--on", "2025-12-31")
    assert meetings("--on", "2025-12-31", "--as-of", "2019-01-01") == 0  # the ledger knew of nothing then
    assert 0 < meetings("--on", "2020-12-31") < everything  # but much had happened in the world
    assert 0 < meetings("--on", "2025-12-31", "--as-of", "500") < everything


def test_the_published_report_says_two_numbers_and_what_they_stand_on(
    jaksokirja: RunCommand, demonstration: Imported
) -> None:
    period = ("--from", "2022-09-01", "--to", "31.12.2022", "--register", demonstration.register)
    told = json.loads(jaksokirja("report", "early-support", *period, "--json", "--explain").stdout)
    assert told["clients_granted"] == len({episode["client_id"] for episode in told["episodes"]}) > 0
    moved = [episode for episode in told["episodes"] if episode["moved_on"]]
    assert told["clients_moved_on"] == len({episode["client_id"] for episode in moved}) == 2
    for episode in moved:
        assert {"decision_made.1", "episode_closed.1"} <= {event["name"] for event in episode["events"]}
        assert [event["position"] for event in episode["events"]] == episode["event_positions"]
    screen = jaksokirja("report", "early-support", *period, "--explain").output
    assert "1.9.2022–31.12.2022" in screen
    assert "J70014" in screen


def test_history_tells_an_episode_by_its_id_or_its_legacy_row(jaksokirja: RunCommand, demonstration: Imported) -> None:
    by_row = jaksokirja("history", "J70006", "--register", demonstration.register)
    by_id = jaksokirja(
        "history", str(episode_of(demonstration.register, "J70006")), "--register", demonstration.register
    )
    assert by_row.exit_code == by_id.exit_code == 0
    assert by_row.output.splitlines()[1:] == by_id.output.splitlines()[1:]
    assert "poikkeuspäätös" in by_row.output


def test_history_shows_struck_and_corrected_entries_as_such_and_folds_as_of(
    jaksokirja: RunCommand, demonstration: Imported
) -> None:
    def told(row: str, *more: str) -> str:
        return jaksokirja("history", row, "--register", demonstration.register, *more).output

    rows = (demonstration.folder / "oikaisut.csv").read_text("utf-8-sig").splitlines()[1:]
    meetings = (demonstration.folder / MEETINGS).read_text("utf-8-sig").splitlines()
    struck, corrected = (
        next(line.split(";")[1] for line in meetings if line.startswith(row_id + ";"))
        for row_id in (rows[0].split(";")[1], rows[2].split(";")[1])
    )
    assert "mitätöity merkinnällä" in told(struck)
    assert "oikaistu merkinnällä" in told(corrected)
    assert "mode = video" in told(corrected)
    assert "reads now" in told(corrected, "--lang", "en")
    first = json.loads(told(struck, "--json"))["entries"][0]["position"]
    assert len(json.loads(told(struck, "--json", "--as-of", str(first)))["entries"]) == 1


def test_history_shows_nothing_sensitive(jaksokirja: RunCommand, demonstration: Imported) -> None:
    told = jaksokirja("history", "J70001", "--register", demonstration.register, "--json").output
    assert "Tavoitteet" not in told
    assert "Juteltiin" not in told
    assert "goal_texts" in told  # that there are such words is told


def test_rebuild_prints_rows_and_fingerprints_and_fails_when_they_differ(
    jaksokirja: RunCommand, register: tuple[str, str], tmp_path: Path
) -> None:
    jaksokirja("import", "legacy", write_export(tmp_path / "export"), "--register", register[1])
    jaksokirja("caseload", "--register", register[1])
    same = jaksokirja("rebuild", "--register", register[1])
    assert same.exit_code == 0, same.output
    assert "Rebuilt fingerprint" in same.output
    with register_connection(*register, autocommit=True) as connection:
        assert all(checkpoint.position > 0 for checkpoint in checkpoints(connection).values())
        connection.execute("UPDATE meetings SET mode = 'office'")
    other = jaksokirja("rebuild", "--register", register[1], "--json")
    assert other.exit_code == 1
    assert [table["table"] for table in json.loads(other.stdout)["tables"] if table["failed"]] == ["meetings"]


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("caseload", "--register", "nowhere"), "unknown_register"),
        (("caseload", "--as-of", "soon"), "bad_time"),
        (("caseload", "--as-of", "999999999"), "beyond_head"),
        (("history", "J70001", "--as-of", "999999999"), "beyond_head"),
        (("visits", "--from", "32.1.2022"), "bad_date"),
        (("visits", "--from", "2022-02-01", "--to", "2022-01-01"), "bad_date"),
        (("duties", "--lang", "de"), "bad_language"),
        (("history", "J99999"), "unknown_episode"),
        (("token", "not an actor"), "bad_actor"),
        (("migrate", "Not A Name"), "bad_register_name"),
    ],
)
def test_bad_input_is_one_line_with_a_code_and_exits_with_2(
    jaksokirja: RunCommand, demonstration: Imported, words: tuple[str, ...], code: str
) -> None:
    named = () if "--register" in words or words[0] == "migrate" else ("--register", demonstration.register)
    done = jaksokirja(*words, *named)
    assert done.exit_code == 2, done.output
    assert done.stderr.endswith(f"[{code}]\n")
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


def test_a_grouping_that_the_figure_does_not_know_is_a_usage_error(jaksokirja: RunCommand) -> None:
    done = jaksokirja("caseload", "--by", "moon")
    assert done.exit_code == 2
    assert "worker" in done.stderr


def test_a_database_that_is_away_is_told_as_such_and_exits_with_1(
    jaksokirja: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DSN", f"host={tmp_path} dbname=nowhere")
    done = jaksokirja("registers")
    assert done.exit_code == 1
    assert done.stderr.endswith("[database_away]\n")


def test_registers_catalogue_migrate_and_token_answer(
    jaksokirja: RunCommand, demonstration: Imported, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(tmp_path))
    registers = {row["register"]: row for row in json.loads(jaksokirja("registers", "--json").stdout)}
    assert registers[demonstration.register]["service_models"] == 3
    assert "K2" in jaksokirja("catalogue").output
    assert {model["service"] for model in json.loads(jaksokirja("catalogue", "--json").stdout)} >= {"K0", "K1", "K2"}
    assert "up to date" in jaksokirja("migrate", demonstration.register).output
    assert jaksokirja("token", "O71", "--register", demonstration.register).stdout.count(".") == 2


def test_serve_answers_until_it_is_interrupted(demonstration: Imported, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {**os.environ, "JAKSOKIRJA_DSN": demonstration.dsn, "JAKSOKIRJA_DATA": str(tmp_path)}
    program = Path(sys.executable).with_name("jaksokirja")
    with subprocess.Popen(
        [program, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL
    ) as serving:
        try:
            answer = _answer_of(f"http://127.0.0.1:{port}/", patience_seconds=120)
            assert answer == 200
        finally:
            serving.send_signal(signal.SIGINT)
        assert serving.wait(timeout=120) == 0


def test_a_port_that_is_taken_is_told_in_one_line(jaksokirja: RunCommand) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        done = jaksokirja("serve", "--port", str(taken.getsockname()[1]))
    assert done.exit_code == 1
    assert done.stderr.endswith("[port_taken]\n")
    assert done.stderr.count("\n") == 1


def test_a_data_folder_that_cannot_be_made_is_told_in_one_line(
    jaksokirja: RunCommand, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    in_the_way = tmp_path / "file"
    in_the_way.touch()
    monkeypatch.delenv("JAKSOKIRJA_DSN")
    monkeypatch.setenv("JAKSOKIRJA_DATA", str(in_the_way / "data"))
    done = jaksokirja("caseload")
    assert done.exit_code == 1
    assert done.stderr.endswith("[file_unusable]\n")
    assert done.stderr.count("\n") == 1


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
def test_serve_stops_its_own_server_also_when_it_is_terminated_or_its_terminal_closed(
    tmp_path: Path, number: signal.Signals
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if name != "JAKSOKIRJA_DSN"}
    environment["JAKSOKIRJA_DATA"] = str(tmp_path / "data")
    program = Path(sys.executable).with_name("jaksokirja")
    with subprocess.Popen(
        [program, "serve", "--port", str(port)], env=environment, stderr=subprocess.DEVNULL
    ) as serving:
        try:
            assert _answer_of(f"http://127.0.0.1:{port}/", patience_seconds=60) == 200
            assert (tmp_path / "data" / "postgres" / "postmaster.pid").exists()
        finally:
            serving.send_signal(number)
        assert serving.wait(timeout=60) == 0
    assert not (tmp_path / "data" / "postgres" / "postmaster.pid").exists()


def test_every_command_line_of_the_readme_is_taken_as_it_stands() -> None:
    lines = re.findall(r"^    jaksokirja (.*?)(?:  +#.*)?$", (PROJECT / "README.md").read_text(), re.MULTILINE)
    assert len(lines) >= 14
    for line in lines:
        words = [str(new_id()) if word == "AUDIT" else word for word in shlex.split(line)]
        if words != ["--help"]:
            name, command, rest = _found(words)
            command.make_context(name, rest).close()  # raises when an option or argument is missing or not known


@pytest.mark.parametrize("name", COMMANDS)
def test_a_commands_help_tells_of_its_own_options_and_of_none_of_the_shell(name: str) -> None:
    shown = CliRunner().invoke(app, [name, "--help"])
    assert shown.exit_code == 0
    assert "completion" not in shown.output


def test_every_command_that_the_documents_speak_of_is_one_that_there_is() -> None:
    pages = [PROJECT / "README.md", PROJECT / "CHANGELOG.md", *(PROJECT / "docs").rglob("*.md")]
    lines = re.findall(r"`jaksokirja ([^`]+)`", "\n".join(page.read_text() for page in pages))
    assert len(lines) >= 14
    for line in lines:
        _, command, rest = _found(line.split())
        known = {option for parameter in command.params for option in parameter.opts}
        assert {word for word in rest if word.startswith("--")} <= known | {"--help"}, line


def _found(words: list[str]) -> tuple[str, Any, list[str]]:
    """The command that the words name, and the words that are left to it. Raises what the command line raises."""
    group: Any = typer.main.get_command(app)
    with group.make_context("jaksokirja", list(words)) as context:
        name, command, rest = group.resolve_command(context, words)
        while hasattr(command, "commands") and rest and not rest[0].startswith("-"):
            with command.make_context(name, list(rest)) as inner:
                name, command, rest = command.resolve_command(inner, rest)
    return name, command, rest


def _answer_of(address: str, *, patience_seconds: float) -> int:
    deadline = time.monotonic() + patience_seconds
    while True:
        try:
            return httpx.get(address).status_code
        except httpx.TransportError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
