"""Moves: where an episode was, and under which service, is asked of the day; and of what was known."""

from collections.abc import Iterator
from uuid import UUID, uuid4

import pytest

from domain.consequence import DeviationNoted, DutyOpened
from domain.episode.facts import DecisionKind, EpisodeTransferred
from projections.engine import run_once
from projections.queries import Reading, reading
from projections.rebuild import rebuild
from tests.projections.conftest import Book, Rows
from tests.projections.history import (
    History,
    assigned,
    closed,
    day,
    decision,
    held,
    planned,
    referral,
    started,
)


@pytest.fixture
def ask(book: Book, history: History) -> Iterator[Reading]:
    with reading(*book) as questions:
        yield questions


def moved(on: int, area: str = "south", unit_id: str | None = "unit-2") -> EpisodeTransferred:
    return EpisodeTransferred(transferred_on=day(on), area=area, unit_id=unit_id, from_area="north", worker_id="bo")


def areas(ask: Reading, on: int, as_of: int | None = None) -> dict[str | None, int]:
    return {row.group_key: row.open_episodes for row in ask.caseload("area", on_day=day(on), as_of=as_of).rows}


def test_an_episode_is_in_the_caseload_of_the_area_that_it_was_in_that_day(
    book: Book, history: History, ask: Reading
) -> None:
    episode = uuid4()
    before = history.record(episode, referral(uuid4()), decision(), started(2))
    transferred = history.record(episode, moved(10))
    run_once(*book)
    assert [areas(ask, on) for on in (9, 10, 30)] == [{"north": 1}, {"south": 1}, {"south": 1}]
    assert areas(ask, 30, as_of=before) == {"north": 1}, "the ledger had not been told"
    (row,) = ask.caseload("unit", on_day=day(9)).rows
    assert row.group_key == "unit-1"
    (beneath,) = ask.explain("caseload", by="area", key="south", on_day=day(10)).rows
    assert transferred in beneath.event_positions


def test_the_open_episodes_of_a_unit_are_those_that_were_in_it_that_day_wherever_they_came_from_or_went(
    book: Book, history: History, ask: Reading
) -> None:
    stayed, went, came_back, closed_since = uuid4(), uuid4(), uuid4(), uuid4()
    history.record(stayed, referral(uuid4()), decision(), started(2))
    before = history.record(went, referral(uuid4()), decision(), started(2))
    history.record(went, moved(10))
    history.record(came_back, referral(uuid4()), moved(10), moved(20, "north", "unit-1"))
    history.record(closed_since, referral(uuid4()), decision(), started(2), closed(12))
    run_once(*book)

    def of_unit(unit: str, on: int, as_of: int | None = None) -> set[UUID]:
        return {row.episode_id for row in ask.caseload_episodes(unit=unit, on_day=day(on), as_of=as_of).rows}

    assert of_unit("unit-1", 9) == {stayed, went, came_back, closed_since}
    assert of_unit("unit-1", 11) == {stayed, closed_since}
    assert of_unit("unit-1", 25) == {stayed, came_back}
    assert [of_unit("unit-2", on) for on in (9, 15, 25)] == [set(), {went, came_back}, {went}]
    assert of_unit("unit-1", 25, as_of=before) == {stayed, went}, "the ledger had not been told"
    for on in (9, 11, 25):
        for unit in ("unit-1", "unit-2"):
            beneath = ask.explain("caseload", by="unit", key=unit, on_day=day(on)).rows
            assert {row.stream_id for row in beneath} == of_unit(unit, on)


def test_a_transfer_told_late_and_one_corrected_come_in_their_place(book: Book, history: History, ask: Reading) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), moved(20, "east"))
    known = history.record(episode, moved(10, "south"))
    run_once(*book)
    assert [list(areas(ask, on)) for on in (5, 10, 19, 20)] == [["north"], ["south"], ["south"], ["east"]]
    history.correct(episode, 3, moved(15, "south"))
    history.strike(episode, 2)
    run_once(*book)
    assert [list(areas(ask, on)) for on in (10, 15, 20)] == [["north"], ["south"], ["south"]]
    assert [list(areas(ask, on, known)) for on in (10, 15, 20)] == [["south"], ["south"], ["east"]]


def test_the_row_of_an_episode_says_where_it_went_last_in_the_world_not_in_the_ledger(
    book: Book, history: History, rows: Rows
) -> None:
    episode, corrected = uuid4(), uuid4()
    k2, k3 = (decision(DecisionKind.MOVE, on=on, service=service) for on, service in ((20, "K2"), (12, "K3")))
    asked = (referral(uuid4()), decision(on=1, service="K1"))
    history.record(episode, *asked, moved(20, "east", "unit-3"), moved(10), k2, k3, decision(on=5, service="K4"))
    history.record(corrected, *asked, moved(20, "east", "unit-3"), moved(10), k2, k3)

    def told() -> dict[UUID, tuple[str, str, str]]:
        return {row["episode_id"]: (row["area"], row["unit_id"], row["service"]) for row in rows("episodes")}

    assert told() == dict.fromkeys((episode, corrected), ("east", "unit-3", "K2"))
    history.correct(corrected, 4, moved(21))
    history.strike(corrected, 5)
    history.strike(episode, 3)
    assert told() == {episode: ("south", "unit-2", "K2"), corrected: ("south", "unit-2", "K3")}
    assert all(table.equal for table in rebuild(*book, processes=1))


def test_until_when_it_is_granted_tells_the_latest_decision_in_whatever_order_they_were_told(
    book: Book, history: History, rows: Rows
) -> None:
    episode = uuid4()
    granted = decision(on=1, valid_to=day(30))
    later, earlier = (decision(DecisionKind.EXTENSION, on=on, valid_to=day(to)) for on, to in ((20, 90), (10, 60)))
    history.record(episode, referral(uuid4()), granted, later, earlier)

    def told() -> tuple[object, object]:
        (row,) = rows("episodes")
        return row["valid_to"], row["bounded_on"]

    assert told() == (day(90), day(20))
    history.strike(episode, 2)
    history.record(episode, decision(on=2, valid_to=day(31)))
    assert told() == (day(90), day(20)), "the grant was told anew"
    history.strike(episode, 3)
    assert told() == (day(60), day(10))
    assert all(table.equal for table in rebuild(*book, processes=1))


def test_a_meeting_counts_where_its_family_was_that_day_whenever_it_is_asked(
    book: Book, history: History, ask: Reading
) -> None:
    episode, child = uuid4(), uuid4()
    history.record(
        episode, referral(child), decision(), held(uuid4(), child, on=5), moved(10), held(uuid4(), child, on=12),
        planned(uuid4(), on=20, at=7),
    )  # fmt: skip
    run_once(*book)

    def held_in(on: int) -> dict[str | None, tuple[int, int]]:
        rows = ask.visits("area", on_day=day(on)).rows
        return {row.group_key: (row.held_meetings, row.planned_meetings) for row in rows}

    assert held_in(8) == {"north": (1, 1)}, "what is agreed is there where the family is"
    assert held_in(15) == {"north": (1, 0), "south": (1, 1)}


def test_moving_takes_its_service_from_no_episode_that_was_never_granted(
    book: Book, history: History, ask: Reading
) -> None:
    refusal = decision(DecisionKind.REFUSED, on=3, service="K2")
    for child, move in ((uuid4(), []), (uuid4(), [moved(10)])):
        visits = [held(uuid4(), child, on=on) for on in (5, 12)]
        history.record(uuid4(), referral(child), refusal, *visits, *move, closed(20))
    run_once(*book)
    assert {row.group_key: row.held_meetings for row in ask.visits("service", on_day=day(60)).rows} == {"K2": 4}
    outcomes = ask.outcomes("service", day(0), day(60), on_day=day(60)).rows
    assert {row.group_key: row.closed_episodes for row in outcomes} == {"K2": 2}


def test_the_service_of_a_past_day_is_that_of_that_day(book: Book, history: History, ask: Reading) -> None:
    episode, child = uuid4(), uuid4()
    history.record(
        episode, referral(child, requested_service="K1"), decision(on=3, service="K1"), started(4),
        held(uuid4(), child, on=2), decision(DecisionKind.MOVE, on=10, service="K2"), held(uuid4(), child, on=11),
    )  # fmt: skip
    history.record(uuid4(), referral(uuid4()), decision(on=5, service="K2"))
    run_once(*book)

    def services(on: int) -> dict[str | None, int]:
        return {row.group_key: row.open_episodes for row in ask.caseload("service", on_day=day(on)).rows}

    assert services(1) == {"K1": 1, None: 1}, "before the decision, what was asked for; of the other, nothing"
    assert services(9) == {"K1": 1, "K2": 1}
    assert services(10) == {"K2": 2}
    visits = {row.group_key: row.held_meetings for row in ask.visits("service", on_day=day(60)).rows}
    assert visits == {"K1": 1, "K2": 1}


def test_one_line_of_history_runs_through_transfers_moves_and_episodes(
    book: Book, history: History, ask: Reading
) -> None:
    first, second, other, child = uuid4(), uuid4(), uuid4(), uuid4()
    history.record(first, referral(child), decision(on=1), decision(DecisionKind.MOVE, on=5, service="K2"), moved(10))
    known = history.record(first, closed(15))
    history.record(second, referral(child, on=20), decision(on=21, service="L1", continues_episode_id=first))
    history.record(other, referral(child, on=30), decision(on=31))
    run_once(*book)
    for asked_of in (first, second):
        rows = ask.line_of_episode(asked_of).rows
        told = [(row.episode_id, row.since_on, row.until_on, row.service, row.area) for row in rows]
        assert told == [
            (first, day(0), day(5), "K1", "north"),
            (first, day(5), day(10), "K2", "north"),
            (first, day(10), day(16), "K2", "south"),
            (second, day(20), None, "L1", "north"),
        ]
        assert all(row.event_positions for row in rows)
    assert {row.episode_id for row in ask.line_of_episode(first, as_of=known).rows} == {first}
    assert ask.line_of_episode(uuid4()).rows == []


def test_duties_stand_where_the_episode_is_and_deviations_where_it_was(
    book: Book, history: History, ask: Reading
) -> None:
    duty = DutyOpened(
        duty_key="d", rule_id="r", service="K1", model_version=1, strength="must", due_on=day(30), started_by=1
    )
    noted = DeviationNoted(deviation_key="x", rule_id="r", service="K1", model_version=1, strength="norm", entry=2)
    history.record(uuid4(), referral(uuid4()), decision(on=1), duty, noted, moved(10))
    run_once(*book)
    duties = [ask.duties("area", on_day=day(on)).rows[0].group_key for on in (9, 10)]
    assert duties == ["north", "south"]
    (deviation,) = ask.deviations("area", on_day=day(60)).rows
    assert deviation.group_key == "north"
    (decided,) = ask.decisions("area").rows
    assert decided.group_key == "north"


def test_moves_of_one_episode_touch_no_other(book: Book, history: History, ask: Reading) -> None:
    history.record(uuid4(), referral(uuid4()), assigned("anna"), moved(3, "east"))
    history.record(uuid4(), referral(uuid4()), assigned("anna"))
    run_once(*book)
    assert areas(ask, 5) == {"east": 1, "north": 1}
    assert len(ask.caseload_episodes(on_day=day(5), area="east").rows) == 1
