"""The two functions that record, as whoever calls them meets them: they answer alike, and refuse what does not fit."""

from collections.abc import Callable
from typing import LiteralString
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from domain.ledger.errors import VersionConflict
from domain.ledger.migrate import schema_of
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, Submission

Make = Callable[..., Submission]


APPEND: LiteralString = """
    SELECT {}.append(
        %s::uuid[], %s::bytea[], %s::int[], '{{}}'::uuid[], '{{}}'::int[], '{{}}'::text[], ''::bytea, '{{}}'::int[]
    )
"""


APPEND_ONE: LiteralString = "SELECT {}.append_one(%s::uuid, %s::bytea, gen_random_uuid(), 0, 'noted.1', '')"


@pytest.mark.parametrize("level", [psycopg.IsolationLevel.REPEATABLE_READ, psycopg.IsolationLevel.SERIALIZABLE])
@pytest.mark.parametrize(("way", "arguments"), [(APPEND, ([], [], [])), (APPEND_ONE, (uuid4(), b""))])
def test_append_refuses_any_level_but_read_committed(
    way: LiteralString, arguments: tuple[object, ...], level: psycopg.IsolationLevel, register: tuple[str, str]
) -> None:
    with psycopg.connect(register[0]) as connection:
        connection.isolation_level = level
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(sql.SQL(way).format(sql.Identifier(schema_of(register[1]))), arguments)
    assert refusal.value.sqlstate == "JK003"


@pytest.mark.parametrize("missing", [(None, b""), (uuid4(), None)])
def test_a_lone_event_without_a_command_is_refused(missing: tuple[object, ...], register: tuple[str, str]) -> None:
    with psycopg.connect(register[0]) as connection, pytest.raises(psycopg.errors.NotNullViolation):
        connection.execute(sql.SQL(APPEND_ONE).format(sql.Identifier(schema_of(register[1]))), missing)


def test_a_lone_event_is_recorded_as_it_would_be_among_others(recorder: RegisterRecorder, a_submission: Make) -> None:
    for lone_first in (True, False):
        stream_id = uuid4()
        submissions = [a_submission(1, stream_id=stream_id, version=version) for version in range(3)]
        calls = (submissions[:1], submissions[1:]) if lone_first else (submissions[:2], submissions[2:])
        before = recorder.head()[0]
        receipts = [receipt for call in calls for receipt in recorder.append_many(call)]
        assert [receipt.first_position for receipt in receipts] == [before + 1, before + 2, before + 3]
        records = recorder.read_stream(stream_id)
        assert [(r.position, r.version, r.recorded_at) for r in records] == [
            (receipt.first_position, version, receipt.recorded_at) for version, receipt in enumerate(receipts)
        ]
        again = recorder.append(submissions[-1])
        assert again == receipts[-1]._replace(replayed=True)


@settings(
    max_examples=25,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.function_scoped_fixture,  # each example has streams of its own
    ],
)
@given(steps=st.lists(st.tuples(st.integers(0, 1), st.integers(-1, 3)), min_size=1, max_size=12))
def test_whatever_comes_a_lone_event_is_judged_as_it_would_be_among_others(
    steps: list[tuple[int, int]], recorder: RegisterRecorder
) -> None:
    alone, among = (uuid4(), uuid4()), (uuid4(), uuid4())
    recorded: list[tuple[UUID, int]] = []
    for stream, version in steps:
        lone, other = (
            Submission(uuid4(), b"", (Draft(ids[stream], version, "meeting_held.1", b"{}"),)) for ids in (alone, among)
        )
        told = [
            _place_or_refusal(recorder, [lone]),
            _place_or_refusal(recorder, [other, Submission(uuid4(), b"", ())]),
        ]
        if told[0] is None:
            recorded += [(ids[stream], version) for ids in (alone, among)]
        assert told[0] == told[1]
    head = recorder.head()[0]
    last = recorder.read_feed(head - len(recorded), len(recorded))
    assert [(record.stream_id, record.version) for record in last] == recorded
    assert [record.position for record in last] == list(range(head - len(recorded) + 1, head + 1))
    assert [record.recorded_at for record in last] == sorted(record.recorded_at for record in last)


def _place_or_refusal(recorder: RegisterRecorder, submissions: list[Submission]) -> tuple[int, int] | None:
    """The versions that a refusal tells; none when all is recorded, at the next position."""
    before = recorder.head()[0]
    try:
        receipts = recorder.append_many(submissions)
    except VersionConflict as refusal:
        assert recorder.head()[0] == before
        return refusal.expected, refusal.current
    assert [receipt.first_position for receipt in receipts] == [before + 1, None][: len(submissions)]
    return None


def test_append_refuses_arrays_that_do_not_agree(register: tuple[str, str]) -> None:
    with psycopg.connect(register[0]) as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(sql.SQL(APPEND).format(sql.Identifier(schema_of(register[1]))), ([uuid4()], [b""], [1]))
    assert refusal.value.sqlstate == "JK005"


NUMBERED_OTHERWISE = {
    "one event, from 0": ("{1}", "[0:0]={{{0}}}", "[0:0]={7}", "{a.1}", "xy", "{2}"),
    "one event, in two dimensions": ("{1}", "{{{{{0}}}}}", "{{9}}", "{a.1}", "xy", "{2}"),
    "three events, from 5": ("{3}", "[5:7]={{{0},{0},{0}}}", "[5:7]={1,7,9}", "{a.1,a.1,a.1}", "wxyz", "{2,3,4}"),
    "counts from 0": ("[0:0]={1}", "{{{0}}}", "{1}", "{a.1}", "xy", "{2}"),
    "ends from 0": ("{1}", "{{{0}}}", "{1}", "{a.1}", "xy", "[0:0]={2}"),
    "ends in two dimensions": ("{1}", "{{{0}}}", "{1}", "{a.1}", "xy", "{{2}}"),
}
STATES_OTHERWISE = {
    "fewer ends than events": ("{1}", "{{{0}}}", "{1}", "{a.1}", "", "{}"),
    "more ends than events": ("{1}", "{{{0}}}", "{1}", "{a.1}", "xy", "{1,2}"),
    "an end before the last state's": ("{1}", "{{{0}}}", "{1}", "{a.1}", "xy", "{1}"),
    "an end behind the last state's": ("{1}", "{{{0}}}", "{1}", "{a.1}", "xy", "{3}"),
    "a last end that is none": ("{1}", "{{{0}}}", "{1}", "{a.1}", "xy", "{NULL}"),
    "states without events": ("{0}", "{{}}", "{}", "{}", "xy", "{}"),
    "no states": ("{1}", "{{{0}}}", "{1}", "{a.1}", None, "{0}"),
}


@pytest.mark.parametrize(
    "given",
    [*NUMBERED_OTHERWISE.values(), *STATES_OTHERWISE.values()],
    ids=[*NUMBERED_OTHERWISE, *STATES_OTHERWISE],
)
def test_append_refuses_arrays_that_are_not_numbered_from_one_and_states_that_do_not_end_where_it_says(
    given: tuple[str | None, ...], register: tuple[str, str]
) -> None:
    assert _refusal_of(given, register) == "JK005"


@pytest.mark.parametrize(
    ("ends", "refusal"),
    [("{3,1,4}", "22011"), ("{-1,2,4}", "22011"), ("{1,NULL,4}", "23502"), ("{5,6,4}", "22011")],
)
def test_append_refuses_states_whose_ends_fall_or_are_none(
    ends: str, refusal: str, register: tuple[str, str], recorder: RegisterRecorder
) -> None:
    three = ("{3}", "{{{0},{0},{0}}}", "{0,1,2}", "{a.1,a.1,a.1}", "wxyz")
    assert _refusal_of((*three, ends), register) == refusal
    assert recorder.head()[0] == 0
    assert _refusal_of((*three, "{1,1,4}"), register) is None
    assert [record.state for record in recorder.read_feed(0, 9)] == [b"w", b"", b"xyz"]


def _refusal_of(given: tuple[str | None, ...], register: tuple[str, str]) -> str | None:
    """SQLSTATE of what append() answers to one command with those counts, stream ids ({0}: a new one) and so on."""
    counts, stream_ids, *rest = given
    assert stream_ids is not None
    arrays = [f"{{{uuid4()}}}", r'{"\\x01"}', counts, stream_ids.format(uuid4()), *rest]
    append: LiteralString = """SELECT {}.append(%s::text::uuid[], %s::text::bytea[], %s::text::int[],
        %s::text::uuid[], %s::text::int[], %s::text::text[], %s::text::bytea, %s::text::int[])"""
    with psycopg.connect(register[0]) as connection:
        try:
            connection.execute(sql.SQL(append).format(sql.Identifier(schema_of(register[1]))), arrays)
        except psycopg.Error as refusal:
            return refusal.sqlstate
    return None
