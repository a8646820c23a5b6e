"""What is still to be done, one by one: by whom, where, by when, as it was known and as it stood on a day."""

import datetime as dt
from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from domain.consequence import DutyMet, DutyOpened, DutyWaived
from projections.answers import OpenDuty
from projections.engine import run_once
from projections.queries import Reading, reading
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, day, decision, referral, started


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def duty(key: str, due: int | None, *, client_id: UUID | None = None) -> DutyOpened:
    return DutyOpened(
        duty_key=key, rule_id=key, service="K2", model_version=1, strength="must", started_by=1, client_id=client_id,
        due_on=day(due) if due else None,
    )  # fmt: skip


def told(rows: list[OpenDuty]) -> list[tuple[str, int]]:
    return [(row.duty_key, row.days_late) for row in rows]


def test_open_duties_come_by_due_day_those_without_one_last(book: Book, history: History, ask: Reading) -> None:
    child = uuid4()
    history.record(
        uuid4(), referral(child), decision(), assigned("anna"), started(),
        duty("undated", None), duty("later", 30), duty("sooner", 10, client_id=child),
    )  # fmt: skip
    run_once(*book)
    rows = ask.open_duties(on_day=day(15)).rows
    assert [row.duty_key for row in rows] == ["sooner", "later", "undated"]
    assert [(row.client_id, row.stream_kind, row.worker_ids, row.due_on) for row in rows] == [
        (child, "episode", ["anna"], day(10)),
        (None, "episode", ["anna"], day(30)),
        (None, "episode", ["anna"], None),
    ]


def test_a_duty_is_late_from_the_day_after_the_working_day_it_is_due_on(
    book: Book, history: History, ask: Reading
) -> None:
    history.record(uuid4(), referral(uuid4()), started(), duty("plan", 10))
    run_once(*book)
    (row,) = ask.open_duties(on_day=day(10)).rows
    late_after = row.late_after_on
    assert late_after is not None
    assert told(ask.open_duties(on_day=late_after).rows) == [("plan", 0)]
    assert told(ask.open_duties(on_day=late_after + dt.timedelta(days=3)).rows) == [("plan", 3)]


def test_what_is_met_or_waived_is_owed_up_to_that_day_and_as_it_was_known_before(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    before = history.record(episode, referral(uuid4()), started(), duty("plan", 10), duty("report", 20))
    history.record(
        episode,
        DutyMet(duty_key="plan", met_on=day(8), met_by=2),
        DutyWaived(duty_key="report", waived_on=day(9), reason="agreed"),
    )
    run_once(*book)

    def owed(on: int, as_of: int | None = None) -> list[str]:
        return [row.duty_key for row in ask.open_duties(on_day=day(on), as_of=as_of).rows]

    assert [owed(7), owed(8), owed(9)] == [["plan", "report"], ["report"], []]
    assert owed(9, before) == ["plan", "report"]


def test_a_worker_owes_what_the_day_s_own_episodes_owe(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), referral(uuid4()), assigned("anna"), started(), duty("plan", 10))
    history.record(uuid4(), referral(uuid4()), assigned("bo"), started(), duty("report", 12))
    history.record(uuid4(), referral(uuid4()), started(), duty("nobodys", 12))
    run_once(*book)

    def owed(**asked: str) -> list[str]:
        return [row.duty_key for row in ask.open_duties(on_day=day(9), **asked).rows]  # type: ignore[arg-type] # words alone

    assert [owed(worker="anna"), owed(worker="bo"), owed(worker="cecilia")] == [["plan"], ["report"], []]
    assert sorted(owed()) == ["nobodys", "plan", "report"]


def test_the_duties_one_by_one_are_those_that_the_figure_counts(book: Book, history: History, ask: Reading) -> None:
    for worker in ("anna", "bo"):
        for number in range(3):
            history.record(uuid4(), referral(uuid4()), assigned(worker), started(), duty("plan", 8 + number))
    run_once(*book)
    for on in (7, 9, 11, 60):
        counted = {
            row.group_key: (row.open_duties, row.open_late_duties) for row in ask.duties("worker", on_day=day(on)).rows
        }
        for worker in ("anna", "bo"):
            rows = ask.open_duties(on_day=day(on), worker=worker).rows
            assert (len(rows), sum(row.days_late > 0 for row in rows)) == counted[worker]
