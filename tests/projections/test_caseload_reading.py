"""A worker's caseload reads what it tells of, however long the history of its episodes is.

Told by PostgreSQL's own counts of a transaction, with indexes asked for as they are where there is much to read.
"""

from typing import Any
from uuid import UUID, uuid4

from psycopg import Connection

from projections.engine import run_once
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, day, decision, held, planned, referral, started

ASKED = "SELECT * FROM caseload_rows(%s, %s, 'instructor-1')"
LOOKED = """
SELECT relname, coalesce(seq_scan, 0) + coalesce(idx_scan, 0) AS looks,
    coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0) AS rows
FROM pg_stat_xact_user_tables WHERE relname IN ('agreed_meetings', 'episodes') AND schemaname = current_schema()
"""
MET = 3


def beginning(history: History) -> UUID:
    """An episode whose row came to have several versions, with meetings planned and held."""
    episode, child = uuid4(), uuid4()
    history.record(episode, referral(child), decision(), started(), assigned())
    for number in range(MET):
        meeting = uuid4()
        history.record(episode, planned(meeting, on=10 + number))
        history.record(episode, held(meeting, child, on=10 + number))
    return episode


def looked_at(reader: Connection[dict[str, Any]], as_of: int, on: int) -> tuple[list[Any], dict[str, tuple[int, int]]]:
    """The days of the next meetings, and of each table how often it was looked into, and how many rows were fetched."""
    with reader.transaction(force_rollback=True):
        reader.execute("SET LOCAL enable_seqscan TO off; SET LOCAL enable_bitmapscan TO off")
        before = _looks(reader)
        rows = reader.execute(ASKED, (as_of, day(on))).fetchall()
        after = _looks(reader)
    found = {name: (looks - before[name][0], read - before[name][1]) for name, (looks, read) in after.items()}
    return [row["next_meeting_on"] for row in rows], found


def _looks(reader: Connection[dict[str, Any]]) -> dict[str, tuple[int, int]]:
    return {one["relname"]: (one["looks"], one["rows"]) for one in reader.execute(LOOKED)}


def test_how_meetings_were_agreed_upon_is_looked_up_only_where_one_is_yet_to_come(
    book: Book, history: History, reader: Connection[dict[str, Any]]
) -> None:
    episodes = [beginning(history) for _ in range(3)]
    as_of = history.record(episodes[0], planned(uuid4(), on=40, at=20))
    run_once(*book)
    coming, found = looked_at(reader, as_of, 30)
    assert sorted(coming, key=str) == [day(40), None, None]
    assert found["agreed_meetings"] == (1, 1), "of three episodes one has a meeting to come"


def test_of_each_episode_the_one_row_is_read_that_was_known(
    book: Book, history: History, reader: Connection[dict[str, Any]]
) -> None:
    for _ in range(3):
        beginning(history)
    as_of = history.record(uuid4(), referral(uuid4()))
    run_once(*book)
    assert len(reader.execute("SELECT 1 FROM episodes").fetchall()) > 4, "one version each would tell nothing"
    coming, found = looked_at(reader, as_of, 30)
    assert len(coming) == found["episodes"][1] == 3
