"""A day that was put right holds for whatever hangs on its entry: deviations, duties, what a review asks for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest

from domain.consequence import (
    DeviationExplained,
    DeviationNoted,
    DeviationWithdrawn,
    DutyMoved,
    DutyOpened,
    DutyWaived,
    DutyWithdrawn,
)
from domain.episode.facts import EpisodeTransferred, Outcome, SummaryWritten, WorkerReleased
from domain.fact import Fact
from projections.engine import run_once
from projections.queries import Reading, reading
from projections.rebuild import rebuild
from tests.projections.analysts import logged_in, of
from tests.projections.conftest import REGISTER, Book, Rows
from tests.projections.history import History, assigned, closed, day, decision, held, referral, started
from tests.projections.random_history import consequence

LATER = day(200)


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def noted(entry: int, key: str = "x") -> DeviationNoted:
    return DeviationNoted(deviation_key=key, rule_id="r", service="K1", model_version=1, strength="norm", entry=entry)


def duty(started_by: int, due: int, opened_on: dt.date | None = None) -> DutyOpened:
    return DutyOpened(
        duty_key="d", rule_id="r", service="K1", model_version=1, strength="must", due_on=day(due),
        started_by=started_by, opened_on=opened_on,
    )  # fmt: skip


def moved(on: int) -> EpisodeTransferred:
    return EpisodeTransferred(transferred_on=day(on), area="south", unit_id="unit-2", from_area="north", worker_id="bo")


def deviations(ask: Reading, by: Any, on: dt.date = LATER, as_of: int | None = None) -> dict[str | None, int]:
    return {row.group_key: row.deviations for row in ask.deviations(by, on_day=on, as_of=as_of).rows}


def test_a_deviation_is_of_the_day_that_its_entry_rightly_has(book: Book, history: History, ask: Reading) -> None:
    episode, child = uuid4(), uuid4()
    told: list[Fact] = [referral(child), decision(), started(), held(uuid4(), child, on=35), noted(4), moved(33)]
    known = history.record(episode, *told)
    put_right = history.correct(episode, 4, held(uuid4(), child, on=30))
    run_once(*book)
    assert deviations(ask, "month") == {"2021-03": 1}
    assert deviations(ask, "area") == {"north": 1}, "where the family was on the right day"
    assert deviations(ask, "month", as_of=known) == {"2021-04": 1}, "as it was known before"
    assert deviations(ask, "area", as_of=known) == {"south": 1}
    assert [deviations(ask, "rule", on=day(on)) for on in (29, 30)] == [{}, {"r": 1}]
    assert deviations(ask, "rule", on=day(30), as_of=known) == {}
    (beneath,) = ask.explain("deviations", by="month", key="2021-03", on_day=LATER).rows
    assert beneath.happened_on == day(30)
    (period,) = ask.deviations("rule", on_day=LATER, from_on=day(30), to_on=day(30)).rows
    assert period.deviations == 1
    history.strike(episode, 7)
    run_once(*book)
    assert deviations(ask, "month") == {"2021-04": 1}, "the correction was none"
    assert deviations(ask, "month", as_of=put_right) == {"2021-03": 1}


def test_a_deviation_is_theirs_who_had_the_episode_on_its_day_whoever_has_it_since(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child, before = uuid4(), uuid4(), uuid4()
    told: list[Fact] = [referral(child), decision(), assigned("anna", on=1, assignment_id=before), started()]
    known = history.record(episode, *told, held(uuid4(), child, on=9), noted(5))
    history.record(
        episode, WorkerReleased(assignment_id=before, to_on=day(10)), assigned("bo", on=10),
        held(uuid4(), child, on=10), noted(9, "y"),
    )  # fmt: skip
    run_once(*book)
    assert [deviations(ask, "worker", on=day(on)) for on in (9, 10, 200)] == [{"anna": 1}] + 2 * [{"anna": 1, "bo": 1}]
    assert deviations(ask, "worker", as_of=known) == {"anna": 1}
    (beneath,) = ask.explain("deviations", by="worker", key="anna", on_day=LATER).rows
    assert beneath.happened_on == day(9)
    history.correct(episode, 5, held(uuid4(), child, on=11))
    run_once(*book)
    assert deviations(ask, "worker") == {"bo": 2}, "of the day that it rightly has"


def test_an_explanation_stands_when_the_correction_that_took_its_deviation_away_is_struck_out(
    book: Book, history: History, ask: Reading, rows: Rows
) -> None:
    episode, child = uuid4(), uuid4()
    history.record(episode, referral(child), decision(), started(), held(uuid4(), child, on=35), noted(4))
    history.record(episode, DeviationExplained(deviation_key="x", explained_on=day(40), reason="x"))

    def explained(on: int = 200) -> list[tuple[int, int]]:
        run_once(*book)
        told = ask.deviations("rule", on_day=day(on)).rows
        return [(row.deviations, row.explained_deviations) for row in told]

    assert [explained(on) for on in (39, 40)] == [[(1, 0)], [(1, 1)]]
    history.correct(episode, 4, held(uuid4(), child, on=30))
    history.record(episode, DeviationWithdrawn(deviation_key="x"))
    assert explained() == []
    history.strike(episode, 7)
    history.record(episode, noted(4))
    assert explained() == [(1, 1)]
    (beneath,) = ask.explain("deviations", by="rule", key="r", on_day=LATER).rows
    assert 6 in beneath.event_positions
    history.strike(episode, 6)
    assert explained() == [(1, 0)], "nobody explained it"
    followed = rows("explanations", standing=False)
    rebuild(*book)
    assert rows("explanations", standing=False) == followed


def test_the_trail_keeps_when_an_entry_was_told_to_have_happened_beside_when_it_rightly_did(
    history: History, rows: Rows
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), started(5), closed(9))
    history.correct(episode, 2, started(3))
    history.correct(episode, 3, closed(9, Outcome.OTHER_SERVICE))
    told = {row["version"]: row for row in rows("trail")}
    assert (told[2]["occurred_at"], told[2]["rightly_at"]) == (started(5).happened_at(), started(3).happened_at())
    assert told[2]["occurred_on"] == day(3)
    assert (told[3]["rightly_at"], told[3]["occurred_on"]) == (None, day(9)), "the day was right"


def test_a_summary_counts_as_written_from_the_day_on_that_was_put_right(
    book: Book, history: History, ask: Reading
) -> None:
    def written(on: int) -> Fact:
        return SummaryWritten(summary_id=summary_id, written_on=day(on), worker_id="anna")

    episode, summary_id = uuid4(), uuid4()
    known = history.record(episode, referral(uuid4()), decision(), started(), closed(20), written(22))
    history.correct(episode, 5, written(60))
    run_once(*book)

    def kept(on: int, as_of: int | None = None) -> bool | None:
        (case,) = ask.quality_review_explain(
            "K1", day(20), day(20), on_day=day(on), as_of=as_of, measure="summary_written"
        ).rows
        return case.kept

    assert [kept(on) for on in (40, 59, 60)] == [False, False, True]
    assert kept(40, as_of=known) is True


def standing(ask: Reading, on: int, as_of: int | None = None) -> tuple[int, int]:
    """The duties that were there and those that were late, as the figure and as the caseload tell."""
    rows = ask.duties("rule", on_day=day(on), as_of=as_of).rows
    (episode,) = ask.caseload_episodes(on_day=day(on), as_of=as_of).rows
    told = (sum(row.duties for row in rows), sum(row.open_late_duties for row in rows))
    assert told == (episode.open_duties, episode.late_duties)
    return told


def test_a_duty_is_there_from_the_day_on_that_what_started_its_clock_rightly_has(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(40))
    known = consequence(history, episode, duty(3, 47), 3, happened_at=started(40).happened_at())
    put_right = history.correct(episode, 3, started(10))
    history.record(episode, DutyMoved(duty_key="d", due_on=day(17), was_due_on=day(47)))
    run_once(*book)
    assert [standing(ask, on) for on in (9, 10, 20)] == [(0, 0), (1, 0), (1, 1)]
    assert [standing(ask, on, known) for on in (39, 40, 50)] == [(0, 0), (1, 0), (1, 1)]
    assert standing(ask, 20, put_right) == (1, 0), "until its due day was moved"
    (beneath,) = ask.explain("duties", by="rule", key="r", on_day=day(20)).rows
    assert put_right in beneath.event_positions


def test_a_periods_duty_is_there_from_the_day_on_that_a_move_tells(history: History, rows: Rows) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(40), duty(3, 60))
    history.correct(episode, 3, started(10))
    history.record(episode, DutyMoved(duty_key="d", due_on=day(60), was_due_on=day(60), opened_on=day(31)))
    assert opened(rows) == day(31)
    history.correct(episode, 2, decision(on=0))
    assert opened(rows) == day(31), "whatever else is put right"


def opened(rows: Rows) -> Any:
    (row,) = rows("duties")
    return row["opened_on"]


def test_what_started_the_clock_tells_when_its_duty_was_opened_however_often_it_is_put_right(
    history: History, rows: Rows
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(40), duty(3, 47))
    days = []
    for rightly in (10, 50, 12):
        history.correct(episode, 3, started(rightly))
        days.append(opened(rows))
    assert days == [day(10), day(50), day(12)]
    history.strike(episode, 7)
    assert opened(rows) == day(50), "the last correction was none"


@pytest.mark.parametrize(("rightly", "opens"), [(5, 31), (40, 40)])
def test_a_later_periods_duty_was_opened_with_its_period_or_with_what_started_it_if_that_came_later(
    history: History, rows: Rows, rightly: int, opens: int
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(2), duty(3, 60, day(31)))
    history.correct(episode, 3, started(rightly))
    assert opened(rows) == day(opens)


def test_a_duty_is_waived_no_more_when_its_waiver_is_struck_out_though_it_was_opened_as_waived_since(
    book: Book, history: History, ask: Reading, rows: Rows
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(10), duty(3, 17))
    history.record(episode, DutyWaived(duty_key="d", waived_on=day(12), reason="x"))
    history.strike(episode, 3)
    history.record(episode, DutyWithdrawn(duty_key="d"))
    history.strike(episode, 6)
    history.record(episode, duty(3, 17).model_copy(update={"waived_on": day(12)}))

    def waived() -> tuple[int, int]:
        run_once(*book)
        (row,) = ask.duties("rule", on_day=LATER).rows
        return row.waived_duties, row.open_late_duties

    assert waived() == (1, 0)
    history.strike(episode, 5)
    assert waived() == (0, 1)
    history.strike(episode, 10)
    assert waived() == (1, 0), "the waiver was one after all"
    followed = rows("duties", standing=False)
    rebuild(*book)
    assert rows("duties", standing=False) == followed


def test_rebuilt_rows_tell_the_same_days(book: Book, history: History, rows: Rows) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(40), duty(3, 47), noted(3))
    history.correct(episode, 3, started(10))
    history.record(episode, DutyMoved(duty_key="d", due_on=day(17), opened_on=day(12)))
    followed = {table: rows(table, standing=False) for table in ("duties", "deviations", "trail")}
    rebuild(*book)
    assert {table: rows(table, standing=False) for table in followed} == followed


def test_analysts_see_the_same_days(book: Book, history: History) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started(40), duty(3, 47), noted(3))
    history.correct(episode, 3, started(10))
    run_once(*book)
    with logged_in(book[0], REGISTER) as analyst:
        assert [row["opened_on"] for row in of(analyst, "duties")] == [day(10)]
        assert {row["version"]: row["occurred_on"] for row in of(analyst, "trail")}[3] == day(10)
        told = analyst.execute(
            "SELECT * FROM deviation_figures('month', NULL, %s, '2020-01-01', '2022-12-31')", (LATER,)
        )
        assert [(row["group_key"], row["deviations"]) for row in told] == [("2021-03", 1)]
