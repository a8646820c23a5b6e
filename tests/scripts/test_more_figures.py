"""Referrals, payment commitments, feedback and scores on the command line: tables, JSON, and what they stand on."""

import json
import re
from typing import Any
from uuid import UUID

import pytest

from domain.contact.commands.answer_contact import AnswerContact
from domain.contact.commands.close_contact import CloseContact
from domain.contact.facts import FamilyConsent
from domain.episode.commands.assign_worker import AssignWorker
from domain.episode.commands.receive_payment_commitment import ReceivePaymentCommitment
from domain.episode.commands.start_episode import StartEpisode
from domain.register.facts import WorkerRole
from projections.answers import DecisionRow
from projections.rebuild import start_up
from scripts.commandline import commitments, contacts, decisions, feedback, owed, referrals
from scripts.commandline.labels import label
from tests.domain.desk import DECIDED_ON, REFERRED_ON, STARTED_ON, WORKER, Desk, at, meeting
from tests.domain.quality_desk import feedback as told_feedback
from tests.domain.quality_desk import file_opened
from tests.scripts.conftest import RunCommand

FIGURES = {"referrals": "referrals", "commitments": "commitments", "feedback": "feedback"}


@pytest.fixture
def worked(register: tuple[str, str]) -> str:
    """The name of a register with an episode, its commitment and two meetings; beside it a file with feedback."""
    desk = Desk(*register)
    desk.open()
    episode_id = desk.started("K2", meetings=2)
    days: dict[str, Any] = {"received_on": DECIDED_ON, "valid_from": DECIDED_ON}
    commitment = ReceivePaymentCommitment(
        commitment_id=UUID(int=1), issuer="county", payer_service="family_work", cost_centre="C1", units=6, **days
    )
    desk.do(episode_id, commitment)
    file_id = file_opened(desk)
    desk.do(file_id, told_feedback(UUID(int=2), scores={"heard": 4.0}))
    desk.book.close()
    start_up(*register)
    return register[1]


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_every_column_has_its_heading(lang: str) -> None:
    names = (*referrals.COLUMNS, *decisions.COLUMNS, *commitments.COLUMNS, *feedback.COLUMNS, *feedback.SCORES)
    assert [name for name in names if label("column", name, lang) == name] == []


def test_each_is_a_table_as_json_and_explained_by_its_events(jaksokirja: RunCommand, worked: str) -> None:
    register = worked
    for figure, counted in FIGURES.items():
        table = jaksokirja(figure, "--register", register)
        assert (table.exit_code, "kirjanpidon kohdasta" in table.stdout) == (0, True), table.output
        (row,) = json.loads(jaksokirja(figure, "--register", register, "--json").stdout)["rows"]
        assert row[counted] == 1
        (beneath,) = json.loads(jaksokirja(figure, "--register", register, "--explain", "--json").stdout)["rows"]
        assert beneath["event_positions"]
        early = jaksokirja(figure, "--register", register, "--as-of", "1", "--json")
        assert json.loads(early.stdout)["rows"] == []
    (used,) = json.loads(jaksokirja("commitments", "--register", register, "--json").stdout)["rows"]
    assert (used["group_key"], used["committed_units"], used["used_meetings"]) == ("C1", 6, 2)


def test_scores_over_time_name_their_events(jaksokirja: RunCommand, worked: str) -> None:
    register = worked
    done = jaksokirja("feedback", "--scores", "--explain", "--lang", "en", "--register", register)
    assert (done.exit_code, "Question" in done.stdout, "Events" in done.stdout) == (0, True, True), done.output
    rows = json.loads(jaksokirja("feedback", "--scores", "--json", "--register", register).stdout)["rows"]
    assert rows
    assert all(row["event_positions"] and row["period"] for row in rows)


def test_the_table_of_decisions_shows_every_number_that_is_counted_of_them() -> None:
    assert set(decisions.COLUMNS) == DecisionRow.model_fields.keys() - {"group_key"}


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_a_table_of_contacts_tells_of_each_state_so_that_its_rows_add_up(
    lang: str, jaksokirja: RunCommand, register: tuple[str, str]
) -> None:
    desk = Desk(*register)
    desk.open()
    desk.contact(area="north")
    desk.contact(area="north", consent=FamilyConsent.REFUSED)
    for _ in range(2):
        desk.do(desk.contact(area="north"), CloseContact(closed_on=REFERRED_ON))
    desk.do(desk.contact(area="north"), AnswerContact(answered_at=at(REFERRED_ON, 12), worker_id=WORKER))
    desk.book.close()
    start_up(*register)
    shown = jaksokirja("contacts", "--register", register[1], "--lang", lang).stdout
    (row,) = [line for line in shown.splitlines() if "north" in line]
    told = [int(number) for number in re.findall(r"(?<!\S)\d+(?!\S)", row)]
    assert (told[0], told[1:5]) == (5, [1, 1, 2, 1]), shown
    assert max(map(len, shown.splitlines())) <= 120
    assert [name for name in contacts.COLUMNS if label("column", name, lang) == name] == []


@pytest.fixture
def owing(register: tuple[str, str]) -> str:
    """The name of a register with two episodes at work that lack their plan; one has a worker."""
    desk = Desk(*register)
    desk.open()
    assigned = AssignWorker(
        assignment_id=UUID(int=3), worker_id=WORKER, role=WorkerRole.FAMILY_INSTRUCTOR, from_on=DECIDED_ON
    )
    for number in (2, 1):
        episode_id = desk.granted("K2")
        desk.do(episode_id, StartEpisode(started_on=STARTED_ON))
        for nth in (number, number + 1):
            desk.do(episode_id, meeting(nth))
    desk.do(episode_id, assigned)
    desk.book.close()
    start_up(*register)
    return register[1]


@pytest.mark.parametrize("lang", ["fi", "sv", "en"])
def test_what_is_owed_is_listed_in_words_what_is_due_first_above(lang: str, jaksokirja: RunCommand, owing: str) -> None:
    asked = ("owed", "--register", owing, "--on", "2023-01-01", "--lang", lang)
    rows = json.loads(jaksokirja(*asked, "--json").stdout)["rows"]
    assert [row["due_on"] for row in rows] == sorted(row["due_on"] for row in rows)
    assert len(rows) == 2
    table = jaksokirja(*asked)
    assert table.exit_code == 0, table.output
    shown = "".join(table.stdout.split())
    for row in rows:
        assert "".join(row["rule"]["texts"][lang].split()) in shown
    assert [name for name in owed.COLUMNS if label("column", name, lang) == name] == []


@pytest.mark.parametrize(("as_of", "is_told"), [("2000-01-01", True), ("1", False)])
def test_who_asks_what_was_known_before_anything_was_recorded_is_told_so(
    as_of: str, is_told: bool, jaksokirja: RunCommand, owing: str
) -> None:
    shown = jaksokirja("caseload", "--register", owing, "--as-of", as_of, "--lang", "en").stdout
    assert ("Nothing had been recorded by then." in shown) is is_told


def test_what_is_owed_can_be_asked_of_a_worker_a_unit_or_an_area(jaksokirja: RunCommand, owing: str) -> None:
    asked = ("owed", "--register", owing, "--on", "2023-01-01", "--json")
    everything = json.loads(jaksokirja(*asked).stdout)["rows"]
    (worker,) = {worker for row in everything for worker in row["worker_ids"]}
    of_worker = json.loads(jaksokirja(*asked, "--worker", worker).stdout)["rows"]
    assert of_worker == [row for row in everything if worker in row["worker_ids"]]
    assert json.loads(jaksokirja(*asked, "--area", "elsewhere").stdout)["rows"] == []
    for named in ("worker", "unit"):
        done = jaksokirja(*asked, f"--{named}", "elsewhere")
        assert done.exit_code == 2
        assert done.stderr.endswith(f"[unknown_{named}]\n")
