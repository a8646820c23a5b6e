"""A projection that an event stops: it alone, and how it goes on."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any
from uuid import uuid4

import pytest

from domain.entry import Entry
from domain.episode.facts import ReferralReceived
from domain.fact import Fact
from projections.catalogue import PROJECTIONS
from projections.engine import Engine, run_once
from projections.install import owner_connection, register_connection
from projections.queries import reading
from projections.rebuild import rebuild
from projections.rows import Amend, Operation
from projections.store import ProjectionsAstray
from tests.projections.conftest import Book
from tests.projections.history import History, day, referral, whole_episode

EPISODES = next(projection for projection in PROJECTIONS if projection.name == "episodes")


@pytest.fixture
def engine(book: Book) -> Iterator[Engine]:
    engine = Engine(*book)
    engine.hold()
    yield engine
    engine.close()


def stood(engine: Engine) -> dict[str, tuple[str, int]]:
    while engine.advance():
        pass
    return {name: (checkpoint.status, checkpoint.position) for name, checkpoint in engine.statuses().items()}


def test_one_that_stopped_stays_stopped_until_a_rebuild_has_mended_it_and_then_goes_on_with_the_others(
    book: Book, history: History, engine: Engine
) -> None:
    before = history.record(uuid4(), *whole_episode(uuid4()))
    stood(engine)
    with owner_connection(*book) as connection:  # something is wrong with the live table, not with the event
        connection.execute("ALTER TABLE episodes ADD CONSTRAINT astray CHECK (area <> 'north') NOT VALID")
    history.record(uuid4(), referral(uuid4(), area="north"))
    assert stood(engine)["episodes"] == ("stopped", before)
    engine.hold()
    last = history.record(uuid4(), referral(uuid4(), area="south"))
    assert stood(engine) == {p.name: ("running", last) for p in PROJECTIONS} | {"episodes": ("stopped", before)}
    rebuild(*book)
    engine.hold()
    for _ in range(2):
        last = history.record(uuid4(), referral(uuid4(), area="north"))
        assert stood(engine) == {p.name: ("running", last) for p in PROJECTIONS}
    assert all(result.equal for result in rebuild(*book))


def lose_events_after(book: Book, position: int) -> None:
    """As nobody may, and as a database does that was put back without its last hour."""
    with register_connection(*book) as connection:
        connection.execute("DELETE FROM events WHERE position > %s", (position,))
        connection.execute("DELETE FROM commands WHERE first_position > %s", (position,))


@pytest.mark.parametrize("came_since", [1, 40], ids=["few came since", "more came since than were lost"])
def test_projections_that_show_lost_events_answer_nothing_and_are_not_followed_until_they_are_rebuilt(
    came_since: int, book: Book, history: History, engine: Engine
) -> None:
    kept = history.record(uuid4(), referral(uuid4(), area="kept"))
    history.record(uuid4(), *whole_episode(uuid4()))
    stood(engine)
    engine.close()
    lose_events_after(book, kept)
    for _ in range(came_since):
        last = history.record(uuid4(), referral(uuid4(), area="new"))
        with reading(*book) as asked, pytest.raises(ProjectionsAstray, match=f"ends at {last}"):
            asked.caseload("area", on_day=day(0))
        with closing(Engine(*book)) as again:
            assert again.hold() == []
    results = rebuild(*book)
    assert {(result.position, result.comparable, result.swapped) for result in results} == {(last, False, True)}
    last = history.record(uuid4(), referral(uuid4(), area="new"))
    assert {one.position for one in run_once(*book).values()} == {last}
    with reading(*book) as asked:
        assert {row.group_key: row.open_episodes for row in asked.caseload("area", on_day=day(0)).rows} == {
            "kept": 1, "new": came_since + 1,
        }  # fmt: skip
    assert all(result.equal for result in rebuild(*book))


@pytest.mark.parametrize(
    "wrong",
    [
        {"area": 7},
        {"client_ids": [7]},
        {"client_ids": 7},
        {"referred_on": "yesterday"},
        {"referred_on": 7},
        {"contact_id": 7},
        {"contact_id": "x"},
        {"worked": "perhaps"},
    ],
    ids=repr,
)
def test_a_value_of_another_kind_than_its_column_stops_its_projection_and_no_other(
    wrong: dict[str, Any], book: Book, history: History
) -> None:
    before = history.record(uuid4(), *whole_episode(uuid4()))
    right = EPISODES.when[ReferralReceived]

    def fold(entry: Entry, fact: Any) -> Iterator[Operation]:
        for operation in right(entry, fact):
            if isinstance(operation, Amend) and operation.table == "episodes":
                yield Amend("episodes", (), {**operation.changes, **wrong}, operation.opens)
            else:
                yield operation

    run_once(*book)
    history.record(uuid4(), referral(uuid4()))
    last = history.record(uuid4(), referral(uuid4()))
    others = [projection for projection in PROJECTIONS if projection is not EPISODES]
    when: dict[type[Fact], Any] = {**EPISODES.when, ReferralReceived: fold}
    mistaken = replace(EPISODES, when=when)
    found = run_once(*book, [*others, mistaken])
    assert (found["episodes"].status, found["episodes"].position) == ("stopped", before)
    assert {(one.status, one.position) for name, one in found.items() if name != "episodes"} == {("running", last)}
    assert {one.position for one in run_once(*book).values()} == {last}
