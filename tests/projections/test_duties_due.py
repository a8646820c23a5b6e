"""Streams with duties due in a period, of one worker or of all: found by index, they are those that each row tells."""

import datetime as dt
from collections.abc import Iterator
from random import Random
from typing import Any, LiteralString
from uuid import UUID, uuid4

import pytest
from psycopg import Connection

from domain.consequence import DutyMet, DutyMoved, DutyReopened, DutyWaived, DutyWithdrawn
from domain.contact.facts import ContactAnswered
from domain.episode.facts import EpisodeReopened, WorkerReleased
from domain.fact import Fact
from projections.engine import run_once
from projections.install import register_connection
from tests.projections.conftest import Book
from tests.projections.history import History, assigned, closed, day, moment, referral
from tests.projections.random_history import duty_of

WORKERS = ("anna", "bo", "nobody", None)
DUE = (-1, 0, 30, 31, 60, 61, 91, 92, 121, 122, 300, 700)
"""First and last days of months and what lies beside them, from 28 February 2021 on; two of them far away."""
SPANS = (-1, 0, 30, 91, 92, 93, 400)
"""Days from the beginning of a period to its end: one that ends before, up to a quarter of a year, longer ones."""

ASKED: LiteralString = """
SELECT s.stream_id FROM streams_with_duties(%(as_of)s, %(on)s, %(first)s, %(last)s, %(worker)s) s ORDER BY 1
"""
PLAINLY: LiteralString = """
SELECT DISTINCT d.stream_id FROM duties d
WHERE d.known @> %(as_of)s::bigint
    AND (%(first)s::date IS NULL OR d.due_on >= %(first)s) AND (%(last)s::date IS NULL OR d.due_on <= %(last)s)
    AND (%(worker)s::text IS NULL OR EXISTS (
        SELECT FROM assignments a
        WHERE a.episode_id = d.stream_id AND a.worker_id = %(worker)s AND a.known @> %(as_of)s::bigint
            AND a.from_on <= %(on)s AND (a.to_on IS NULL OR a.to_on > %(on)s)
    ))
ORDER BY 1
"""
MANY: LiteralString = """
INSERT INTO assignments (episode_id, assignment_id, known_from, because, worker_id, role, from_on, closed_on)
SELECT n.id, n.id, n.number, ARRAY[n.number],
    CASE
        WHEN n.number % 200 = 0 THEN 'long'
        WHEN n.number % 200 = 1 AND n.number > 36000 THEN 'lately'
        ELSE 'other'
    END,
    'family_instructor', '2020-01-01', CASE WHEN n.number <= 36000 THEN DATE '2021-01-01' END
FROM (
    SELECT s.number, lpad(to_hex(s.number), 32, '0')::uuid FROM generate_series(1, 40000) AS s (number)
) AS n (number, id);
INSERT INTO duties (stream_id, duty_key, known_from, because, rule_id, service, model_version, strength, started_by,
    opened_on, due_on)
SELECT a.episode_id, 'd', a.known_from, a.because, 'r', 'K1', 1, 'must', 1, a.from_on,
    DATE '2020-01-01' + a.known_from::int / 40
FROM assignments a
"""
"""Forty streams a day for a thousand days, all but the last hundred days' closed, each with a duty due on its day. Two
workers have twenty open ones each; one of the two had 180 before."""


def life(random: Random) -> Iterator[Fact]:
    """A stream of one or two workers and some duties, in whatever order: ended, begun anew, handed on."""
    yield referral(uuid4())
    assignment = uuid4()
    told: list[Fact] = [
        assigned("anna", on=random.randint(0, 40), assignment_id=assignment),
        assigned("bo", on=random.randint(0, 90)),
        WorkerReleased(assignment_id=assignment, to_on=day(random.randint(0, 120))),
        closed(random.randint(0, 90)),
        EpisodeReopened(reopened_on=day(random.randint(50, 120)), reason="x"),
        ContactAnswered(answered_at=moment(1), worker_id="anna"),
    ]
    told = random.sample(told, random.randint(0, len(told)))
    for number in range(random.randint(1, 3)):
        key = f"month-{number}"
        opened = duty_of(number).model_copy(update={"due_on": random.choice([None, *map(day, DUE)])})
        told.insert(random.randint(0, len(told)), opened)
        changes: list[Fact] = [
            DutyMoved(duty_key=key, due_on=day(random.choice(DUE))), DutyMet(duty_key=key, met_by=1, met_on=day(9)),
            DutyReopened(duty_key=key), DutyWaived(duty_key=key, waived_on=day(9), reason="x"),
            DutyWithdrawn(duty_key=key),
        ]  # fmt: skip
        told += random.sample(changes, random.randint(0, 2))
    yield from told


def write_lives(history: History, random: Random) -> list[int]:
    """Write such streams, their facts among each other, some of them struck out; the positions of all of them."""
    waiting = {uuid4(): list(life(random)) for _ in range(25)}
    positions = []
    while waiting:
        stream_id = random.choice(list(waiting))
        positions.append(history.record(stream_id, waiting[stream_id].pop(0)))
        if not waiting[stream_id]:
            positions += _struck(history, random, stream_id)
            del waiting[stream_id]
    return positions


def _struck(history: History, random: Random, stream_id: UUID) -> list[int]:
    if random.random() < 0.5:
        return []
    return [history.strike(stream_id, random.randint(2, history.versions[stream_id]))]


@pytest.mark.parametrize("seed", range(4))
def test_what_is_found_by_index_is_what_each_row_tells(
    book: Book, history: History, reader: Connection[dict[str, Any]], seed: int
) -> None:
    random = Random(seed)
    positions = write_lives(history, random)
    run_once(*book)
    found = dict.fromkeys([(worker, span) for worker in ("anna", "bo", None) for span in (*SPANS[1:], None)], 0)
    for worker, span in [(worker, span) for worker in WORKERS for span in (*SPANS, None)] * 12:
        begins = day(random.choice(DUE) - random.choice((0, 0, 1, 20)))
        ends = None if span is None else begins + dt.timedelta(days=span)
        asked: dict[str, Any] = {"worker": worker, "on": day(random.choice((5, 45, 100, 200)))}
        asked |= {"first": begins, "last": ends, "as_of": random.choice([positions[-1], random.choice(positions)])}
        if span is None:
            asked |= random.choice([{}, {"first": None}, {"first": None, "last": begins}])
        plainly = reader.execute(PLAINLY, asked).fetchall()
        assert reader.execute(ASKED, asked).fetchall() == plainly, asked
        assert not plainly or (span != -1 and worker != "nobody"), asked
        if plainly:
            found[worker, span] += len(plainly)
    assert all(found.values()), found


def test_a_month_of_a_worker_costs_no_more_for_what_ended_before(
    book: Book, reader: Connection[dict[str, Any]]
) -> None:
    if reader.info.server_version < 170000:  # they look for each id by itself, though among fewer pages
        pytest.skip("a server before 17 does not pass over ids together")
    with register_connection(*book, autocommit=True) as administrator:
        administrator.execute(MANY)
        administrator.execute("VACUUM ANALYZE assignments, duties")
    asked = {"as_of": 40_000, "on": dt.date(2022, 9, 1), "first": dt.date(2022, 9, 1), "last": dt.date(2022, 9, 30)}
    lately, long = (asked | {"worker": worker} for worker in ("lately", "long"))
    assert all(len(reader.execute(ASKED, asked).fetchall()) >= 5 for asked in (lately, long))
    assert pages(reader, long) <= pages(reader, lately) + 20, "180 more looks into an index would be some 400 pages"


def pages(reader: Connection[dict[str, Any]], asked: dict[str, Any]) -> int:
    """How many pages PostgreSQL looks at to answer."""
    told = reader.execute("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) " + ASKED, asked).fetchone()
    assert told is not None
    plan = told["QUERY PLAN"][0]["Plan"]
    return int(plan["Shared Hit Blocks"]) + int(plan["Shared Read Blocks"])
