"""docs/analysts.md: what it lists is what there is, and what it asks gives what the API tells."""

from __future__ import annotations

import datetime as dt
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pytest
from psycopg.conninfo import make_conninfo

from projections.analysis import WORDS, analysis_schema
from projections.answers import Answer
from projections.engine import run_once
from projections.queries import Reading, reading
from tests.projections.analysts import Analyst, facts_of_a_register, logged_in
from tests.projections.conftest import REGISTER, Book
from tests.projections.history import History

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "analysts.md").read_text(encoding="utf-8")
QUESTIONS = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
FROM, TO = dt.date(2020, 1, 1), dt.date(2026, 12, 31)
TODAY = dt.date(2100, 1, 1)
"""Of the page's `current_date`: the history lies before it, whatever clock the server has."""

API: dict[str, Callable[[Reading, Any], Answer[Any]]] = {
    "caseload": lambda api, by: api.caseload(by, on_day=TODAY),
    "visits": lambda api, by: api.visits(by, on_day=TODAY, from_on=FROM, to_on=TO),
    "duty_figures": lambda api, by: api.duties(by, on_day=TODAY, from_on=FROM, to_on=TO),
    "deviation_figures": lambda api, by: api.deviations(by, on_day=TODAY, from_on=FROM, to_on=TO),
    "contact_figures": lambda api, by: api.contacts(by, on_day=TODAY, from_on=FROM, to_on=TO),
    "decision_figures": lambda api, by: api.decisions(by, from_on=FROM, to_on=TO),
    "referral_figures": lambda api, by: api.referrals(by, on_day=TODAY, from_on=FROM, to_on=TO),
    "commitment_figures": lambda api, by: api.commitments(by, on_day=TODAY, from_on=FROM, to_on=TO),
    "early_support": lambda api, _: api.early_support(FROM, TO),
    "feedback_figures": lambda api, by: api.feedback(by, FROM, TO, on_day=TODAY),
    "outcome_figures": lambda api, by: api.outcomes(by, FROM, TO, on_day=TODAY),
    "quality_review": lambda api, service: api.quality_review(service, FROM, TO, on_day=TODAY),
    "session_figures": lambda api, by: api.sessions(by, FROM, TO, on_day=TODAY),
    "group_meeting_figures": lambda api, by: api.group_meetings(by, FROM, TO, on_day=TODAY),
    "gathering_figures": lambda api, by: api.gatherings(by, FROM, TO, on_day=TODAY),
}


def asked(analyst: Analyst, question: str) -> list[dict[str, Any]]:
    return analyst.execute(question.replace("current_date", f"date '{TODAY}'").encode()).fetchall()


def test_the_page_lists_every_view_and_every_figure_with_its_sentence() -> None:
    assert re.findall(r"^\| `(\w+)` \| (.+) \|$", PAGE, re.MULTILINE) == list(WORDS.views.items())
    figures = re.findall(r"^\| (.+) \| `SELECT \* FROM (\w+)\(.*\)` \| (.+) \|$", PAGE, re.MULTILINE)
    assert figures == [(how["says"], name, ", ".join(how["by"]) or "–") for name, how in WORDS.figures.items()]


def test_a_login_made_as_the_page_tells_sees_the_register_and_nothing_is_left_to_do(book: Book) -> None:
    login = f"anna-{os.getpid()}"
    lines = [line for line in PAGE.splitlines() if line.startswith(("    CREATE ROLE", "    GRANT", "    ALTER ROLE"))]
    told = "\n".join(lines).replace("analysis_kymenlaakso", analysis_schema(REGISTER)).replace("anna", f'"{login}"')
    with psycopg.connect(book[0], autocommit=True) as administrator:
        administrator.execute(told.encode())
        try:
            administrator.execute(f"ALTER ROLE \"{login}\" PASSWORD 'none'".encode())
            theirs = make_conninfo(book[0], user=login, password="none")
            with psycopg.connect(theirs) as analyst:
                assert analyst.execute("SELECT * FROM episodes").fetchall() == []
                assert analyst.execute("SHOW statement_timeout").fetchall() == [("5min",)]
        finally:
            administrator.execute(f'DROP OWNED BY "{login}"; DROP ROLE "{login}"'.encode())


def test_the_page_names_every_column_that_is_left_out() -> None:
    assert [name for name in WORDS.left_out if name != "known" and f"`{name}`" not in PAGE] == []


@pytest.mark.parametrize("name", WORDS.figures)
def test_a_figure_asked_as_the_page_asks_it_is_the_one_that_the_api_tells(
    name: str, book: Book, history: History
) -> None:
    history.record_all(facts_of_a_register())
    run_once(*book)
    (question,) = re.findall(rf"`(\S+ \* \S+ {name}\(.*?\))` \|", PAGE)
    counted = 0
    with logged_in(book[0], REGISTER) as analyst, reading(*book) as api:
        first = re.findall(r"'(.*?)'", question)[0]
        for by in WORDS.figures[name]["by"] or [first]:
            found = asked(analyst, question.replace(f"'{first}'", f"'{by}'"))
            assert found == [row.model_dump() for row in API[name](api, by).rows], f"by {by}"
            counted += len(found)
    assert counted


def test_the_pages_questions_get_what_the_api_tells(book: Book, history: History) -> None:
    history.record_all(facts_of_a_register())
    then = history.recorder.head()[0]
    moment = dt.datetime.now(dt.UTC)
    history.record_all(facts_of_a_register())
    run_once(*book)
    with logged_in(book[0], REGISTER) as analyst, reading(*book) as api:
        met, waited, decided = (asked(analyst, re.sub(r"2026-03-31 20:00\+03", str(moment), one)) for one in QUESTIONS)
        months = [row for row in api.visits("month", on_day=TODAY).rows if row.held_client_meetings]
        assert [(row["month"], row["meetings"], row["clients"]) for row in met] == [
            (row.group_key, row.held_client_meetings, row.clients_met) for row in months
        ]
        assert [(row["first_area"], row["referrals"], row["median_days"]) for row in waited] == [
            (row.group_key, row.referrals, row.median_days_to_decision)
            for row in api.referrals("area", on_day=TODAY).rows
        ]
        known_then = [(row["kind"], row["decisions"]) for row in decided]
        assert known_then == [(row.group_key, row.decisions) for row in api.decisions("kind", as_of=then).rows]
        assert known_then != [(row.group_key, row.decisions) for row in api.decisions("kind").rows]
        assert met and waited and decided  # noqa: PT018 -- none of them is empty
