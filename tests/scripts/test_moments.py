"""The command line on moments: a register replayed into a schema, and what changed between two moments."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from random import Random
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import sql

from domain.amend.strike_out_entry import StrikeOutEntry
from domain.correction import MistakeKind
from projections import answers, centres
from projections.comparing.difference import FIGURES, Moment, Wanted, difference
from projections.install import register_connection
from projections.queries import reading
from projections.rebuild import start_up
from projections.replaying import replay_reading
from scripts.commandline.diff import COLUMNS, word
from tests.domain.desk import Desk, at, meeting, meeting_day
from tests.projections.test_comparing import assert_explained
from tests.projections.test_replaying import every_answer
from tests.scripts.conftest import Imported, RunCommand

ROWS = (
    answers.CaseloadRow, answers.VisitRow, answers.DutyRow, answers.DeviationRow, answers.ContactRow,
    answers.DecisionRow, answers.ReferralRow, answers.CommitmentRow, answers.EarlySupportFigures, answers.OutcomeRow,
    answers.FeedbackRow, answers.ScoreRow, answers.QualityReviewRow, answers.AuditRow, centres.SessionRow,
    centres.CoverageRow, centres.GroupMeetingRow, centres.GatheringRow, centres.GoalRow,
)  # fmt: skip
ON = ("--on", "2024-06-01")


class Worked:
    """A register in which a meeting was held, and after `then` a longer one told and the first one struck out."""

    def __init__(self, register: tuple[str, str]) -> None:
        self.dsn, self.register = register
        desk = Desk(*register)
        desk.open()
        self.episode: UUID = desk.started("K2", meetings=1)
        self.then = desk.last_position()
        desk.do(self.episode, meeting(2, ended_at=at(meeting_day(2), 12)))
        held = next(
            entry.version for entry in desk.episode(self.episode).entries if entry.fact.fact_name == "meeting_held"
        )
        strike = StrikeOutEntry(entry=held, mistake=MistakeKind.WRONG_CLIENT, reason="x")
        desk.do(self.episode, strike)
        desk.book.close()
        start_up(*register)


@pytest.fixture
def worked(register: tuple[str, str]) -> Worked:
    return Worked(register)


@pytest.fixture
def schema(postgres: str) -> Iterator[str]:
    name = f"then_{uuid4().hex[:12]}"
    yield name
    with psycopg.connect(postgres) as connection:
        connection.execute(sql.SQL("DROP SCHEMA IF EXISTS {} CASCADE").format(sql.Identifier(name)))


def told(jaksokirja: RunCommand, *words: str) -> dict[str, Any]:
    done = jaksokirja(*words, "--json")
    assert done.exit_code == 0, done.output
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_register_is_replayed_compared_and_dropped(jaksokirja: RunCommand, worked: Worked, schema: str) -> None:
    words = ("replay", "--to", str(worked.then), "--into", schema, "--register", worked.register)
    made = told(jaksokirja, *words)
    assert (made["position"], made["schema"]) == (worked.then, schema)
    tables = {table["table"]: table for table in made["tables"]}
    assert {table["equal"] for table in tables.values()} == {True}
    assert tables["meetings"]["rows"] == 1
    again = jaksokirja(*words)
    assert (again.exit_code, "schema_exists" in again.output) == (2, True)
    table = jaksokirja(*words, "--replace", "--lang", "en")
    assert (table.exit_code, "as it was known at position" in table.stdout) == (0, True), table.output
    dropped = told(jaksokirja, "replay", "--drop", schema)
    assert dropped["dropped"]["position"] == worked.then
    gone = jaksokirja("replay", "--drop", schema)
    assert (gone.exit_code, "unknown_schema" in gone.output) == (2, True)


def test_a_replay_that_differs_from_the_live_rows_says_so_and_fails(
    jaksokirja: RunCommand, worked: Worked, schema: str
) -> None:
    with register_connection(worked.dsn, worked.register) as connection:
        connection.execute("UPDATE episodes SET area = 'elsewhere'")
    done = jaksokirja(
        "replay", "--to", str(worked.then), "--into", schema, "--register", worked.register, "--lang", "en"
    )
    assert (done.exit_code, "DIFFERS" in done.stdout) == (1, True), done.output


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((), "bad_options"),
        (("--to", "1"), "bad_options"),
        (("--into", "then_x"), "bad_options"),
        (("--under", "K2.1", "--drop", "then_x"), "bad_options"),
        (("--under", "K2.1", "--replace"), "bad_options"),
        (("--to", "1", "--into", "register_x"), "bad_schema_name"),
        (("--to", "999999", "--into", "then_x"), "beyond_head"),
        (("--to", "yesterday", "--into", "then_x"), "bad_time"),
    ],
)
def test_what_replay_cannot_do_is_told_in_one_line(
    jaksokirja: RunCommand, worked: Worked, words: tuple[str, ...], code: str
) -> None:
    done = jaksokirja("replay", *words, "--register", worked.register)
    assert (done.exit_code, code in done.output) == (2, True), done.output


def test_diff_names_the_figures_that_changed_and_the_events(jaksokirja: RunCommand, worked: Worked) -> None:
    found = told(jaksokirja, "diff", "--from", str(worked.then), "--register", worked.register, *ON)
    changed = {change["figure"]: change for change in found["changed"]}
    assert {"caseload", "visits"} <= changed.keys()
    assert {"decisions", "referrals"} <= set(found["unchanged"])
    assert changed.keys() | set(found["unchanged"]) == FIGURES.keys()
    (group,) = changed["visits"]["groups"]
    rows = [(row["before"] is None, row["after"] is None) for row in group["rows"]]
    assert sorted(rows) == [(False, True), (True, False)]
    assert {event["name"]: event["kind"] for event in group["events"]} == {
        "meeting_held.1": "late_entry", "entry_struck_out.1": "strike_out",
    }  # fmt: skip
    assert {event["stream_id"] for event in group["events"]} == {str(worked.episode)}


def test_diff_as_a_table_shows_before_and_after_and_the_positions(jaksokirja: RunCommand, worked: Worked) -> None:
    words = ("--figure", "duties", "--figure", "visits", "--lang", "en")
    found = told(jaksokirja, "diff", "--from", str(worked.then), "--register", worked.register, *ON)
    (visits,) = [change for change in found["changed"] if change["figure"] == "visits"]
    done = jaksokirja("diff", "--from", str(worked.then), "--register", worked.register, *ON, *words)
    assert done.exit_code == 0, done.output
    assert f"late entry {visits['groups'][0]['events'][0]['position']}" in done.stdout
    assert "strike-out" in done.stdout


def test_diff_over_days_alone_is_the_clocks(jaksokirja: RunCommand, worked: Worked) -> None:
    head = str(told(jaksokirja, "diff", "--from", "1", "--register", worked.register)["to"]["position"])
    found = told(jaksokirja, "diff", "--from", head, "--to", head, "--register", worked.register)
    assert found["changed"] == []
    later = told(jaksokirja, "diff", "--from", head, "--to", "2199-01-01", "--register", worked.register)
    kinds = {e["kind"] for change in later["changed"] for group in change["groups"] for e in group["events"]}
    assert kinds == {"clock"}


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--from", "9", "--to", "3"), "bad_time"),
        (("--from", "999999"), "beyond_head"),
        (("--from", "1", "--to", "999999"), "beyond_head"),
        (("--from", "1", "--figure", "weather"), "unknown_figure"),
        (("--from", "1", "--by", "area"), "bad_grouping"),
        (("--from", "1", "--figure", "visits", "--by", "colour"), "bad_grouping"),
        (("--from", "when"), "bad_time"),
        (("--from", "1", "--on", "never"), "bad_date"),
        (("--from", "1", "--counted-from", "2022-02-01", "--counted-to", "2022-01-01"), "bad_date"),
    ],
)
def test_what_diff_cannot_tell_is_said_in_one_line(
    jaksokirja: RunCommand, worked: Worked, words: tuple[str, ...], code: str
) -> None:
    done = jaksokirja("diff", *words, "--register", worked.register)
    assert (done.exit_code, code in done.output) == (2, True), done.output


@pytest.mark.parametrize("seed", range(2))
def test_the_demonstration_replayed_to_any_moment_answers_as_the_live_register_does_of_then(
    jaksokirja: RunCommand, demonstration: Imported, schema: str, seed: int
) -> None:
    then = Random(seed).randint(1, demonstration.book.ledger.head()[0])
    made = told(jaksokirja, "replay", "--to", str(then), "--into", schema, "--register", demonstration.register)
    assert {table["equal"] for table in made["tables"]} == {True}
    with reading(demonstration.dsn, demonstration.register) as live, replay_reading(demonstration.dsn, schema) as then_:
        assert every_answer(then_, then, "K2") == every_answer(live, then, "K2")


@pytest.mark.parametrize("seed", range(2))
def test_what_changed_in_the_demonstration_between_any_moments_is_explained_by_rows_and_events(
    demonstration: Imported, seed: int
) -> None:
    random = Random(seed)
    since, until = sorted(random.sample(range(1, demonstration.book.ledger.head()[0]), 2))
    day = dt.date(2026, 1, 1)
    with reading(demonstration.dsn, demonstration.register) as read:
        moments = Moment(since, day), Moment(until, day)
        for name, figure in FIGURES.items():
            wanted = Wanted(figures=[name], by=random.choice(list(figure.by)), service="K2")
            found = difference(read, *moments, wanted)
            assert_explained(read, found, found.figures[0], "K2")


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_every_figure_column_and_grouping_has_its_words(lang: str) -> None:
    identity = {name for figure in FIGURES.values() for name in figure.keys} | {"event_positions"}
    names = {name for row in ROWS for name in row.model_fields} - identity - {"seed", "minutes", "auditor"}
    groupings = {by for figure in FIGURES.values() for by in figure.by if by}
    asked = [("column", name) for name in names] + [("group", by) for by in groupings]
    asked += [("title", name.replace("-", "_")) for name in FIGURES] + [("diff", name) for name in COLUMNS]
    assert [one for one in asked if word(*one, lang) == one[1]] == []
