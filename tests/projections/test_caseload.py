"""The caseload of many episodes at once is, for each of them, what is read of it alone, as of any position and day."""

from random import Random
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection

from projections.engine import run_once
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, day, decision, referral, started
from tests.projections.random_history import consequence, duty_of, write_random

DAYS = (3, 14, 33, 45, 70, 400)
BY_ITSELF = """
SELECT e.episode_id, p.phase, p.from_on AS phase_since_on,
    coalesce(
        (SELECT array_agg(DISTINCT a.worker_id ORDER BY a.worker_id) FROM assignments a
        WHERE a.episode_id = e.episode_id AND a.known @> %(as_of)s::bigint AND a.from_on <= %(on)s
            AND (a.to_on IS NULL OR a.to_on > %(on)s)),
        '{}'
    ) AS worker_ids,
    (SELECT max(m.meeting_on) FROM meetings m WHERE m.episode_id = e.episode_id AND m.known @> %(as_of)s::bigint
        AND m.status = 'held' AND m.meeting_on <= %(on)s) AS last_meeting_on,
    (SELECT min(g.starts_on) FROM meetings m
        CROSS JOIN LATERAL (SELECT a.called_off, a.starts_on FROM agreed_meetings a
            WHERE a.episode_id = m.episode_id AND a.meeting_id = m.meeting_id AND a.known @> %(as_of)s::bigint
                AND a.agreed_on <= %(on)s ORDER BY a.agreed_at DESC, a.entry DESC LIMIT 1) g
        WHERE m.episode_id = e.episode_id AND m.known @> %(as_of)s::bigint AND m.meeting_on > %(on)s
            AND NOT g.called_off AND g.starts_on > %(on)s
            AND NOT (m.status = 'cancelled' AND m.cancelled_on <= %(on)s)) AS next_meeting_on,
    (SELECT count(*) FROM meetings m WHERE m.episode_id = e.episode_id AND m.known @> %(as_of)s::bigint
        AND m.status = 'held' AND m.meeting_kind = 'client_meeting' AND m.meeting_on <= %(on)s) AS held_client_meetings,
    owed.open_duties, owed.late_duties, owed.next_duty_due_on
FROM episodes e
CROSS JOIN LATERAL (
    SELECT f.phase, f.from_on FROM phases f
    WHERE f.episode_id = e.episode_id AND f.known @> %(as_of)s::bigint AND f.from_on <= %(on)s
    ORDER BY f.step DESC, f.from_on DESC, f.entry DESC LIMIT 1
) p
CROSS JOIN LATERAL (
    SELECT count(*) AS open_duties, count(*) FILTER (WHERE %(on)s > d.late_after_on) AS late_duties,
        min(d.due_on) AS next_duty_due_on
    FROM duties d
    WHERE d.stream_id = e.episode_id AND d.known @> %(as_of)s::bigint AND d.opened_on <= %(on)s
        AND (d.met_on IS NULL OR d.met_on > %(on)s) AND (d.waived_on IS NULL OR d.waived_on > %(on)s)
) owed
WHERE e.known @> %(as_of)s::bigint AND (e.closed_on IS NULL OR e.closed_on > %(on)s)
    AND p.phase NOT IN ('closed', 'refused')
ORDER BY e.episode_id
"""
"""The plain way: one episode after the other, each column asked for by itself."""
AT_ONCE = "SELECT * FROM caseload_rows(%(as_of)s, %(on)s) ORDER BY episode_id"
ALONE = """
SELECT r.* FROM unnest(%(ids)s::uuid[]) AS one (id)
CROSS JOIN LATERAL caseload_rows_of(ARRAY[one.id], %(as_of)s, %(on)s) r
ORDER BY r.episode_id
"""


@pytest.mark.parametrize("seed", range(6))
def test_what_is_told_of_many_episodes_at_once_is_what_is_told_of_each_alone(
    book: Book, history: History, reader: Connection[dict[str, Any]], seed: int
) -> None:
    random = Random(seed)
    positions = write_random(history, random)
    run_once(*book)
    told = 0
    for as_of in [*random.sample(positions, 8), positions[-1]]:
        asked = {"as_of": as_of, "on": day(random.choice(DAYS))}
        rows = reader.execute(AT_ONCE, asked).fetchall()
        plainly = reader.execute(BY_ITSELF, asked).fetchall()
        assert [{name: row[name] for name in plain} for row, plain in zip(rows, plainly, strict=True)] == plainly
        ids = [row["episode_id"] for row in rows]
        assert reader.execute(ALONE, asked | {"ids": ids}).fetchall() == rows
        told += len(rows)
    assert told, "no episode was open at any of these moments"


def test_a_duty_is_owed_from_the_day_on_that_opened_it(
    book: Book, history: History, reader: Connection[dict[str, Any]]
) -> None:
    episode = uuid4()
    history.record(episode, referral(uuid4()), decision(), started())
    as_of = consequence(history, episode, duty_of(1).model_copy(update={"opened_on": day(9)}), 3)
    run_once(*book)
    owed = {}
    for on in (8, 9):
        (row,) = reader.execute(AT_ONCE, {"as_of": as_of, "on": day(on)}).fetchall()
        owed[on] = row["open_duties"]
    assert owed == {8: 0, 9: 1}


def test_a_worker_is_one_of_an_episode_from_the_day_of_the_assignment_on(
    book: Book, history: History, reader: Connection[dict[str, Any]]
) -> None:
    as_of = history.record(uuid4(), referral(uuid4()), decision(), started(), assigned(on=12))
    run_once(*book)
    told = {}
    for on in (11, 12):
        (row,) = reader.execute(AT_ONCE, {"as_of": as_of, "on": day(on)}).fetchall()
        told[on] = len(row["worker_ids"])
    assert told == {11: 0, 12: 1}
