"""The canonical bytes of an event."""

from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid4

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg import sql

from domain.ledger.errors import MalformedRecord
from domain.ledger.migrate import schema_of
from domain.ledger.record import pack, place_and_time, prefix, rows, unpack
from domain.ledger.recorder import RegisterRecorder
from domain.ledger.submission import Draft, StoredRecord, Submission

texts = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=60)
records = st.builds(
    StoredRecord,
    position=st.integers(1, 2**63 - 1),
    stream_id=st.uuids(),
    version=st.integers(0, 2**31 - 1),
    name=texts,
    recorded_at=st.datetimes(timezones=st.just(UTC)),
    state=st.binary(max_size=200),
)


@given(origin=texts, record=records)
def test_what_is_packed_is_unpacked_as_it_was(origin: str, record: StoredRecord) -> None:
    assert unpack(pack(origin, record)) == (origin, record)


@given(st.binary(max_size=120))
def test_bytes_are_a_record_only_if_packing_gives_them_back(data: bytes) -> None:
    try:
        origin, record = unpack(data)
    except MalformedRecord:
        return
    assert pack(origin, record) == data


@given(st.lists(st.tuples(st.sampled_from(["o", "jaksokirja/north", "o2"]), records), max_size=9))
def test_many_records_at_once_are_what_each_is_alone(told: list[tuple[str, StoredRecord]]) -> None:
    assert [StoredRecord(*row) for row in rows(pack(*one) for one in told)] == [record for _, record in told]


@given(records, records, st.data())
def test_a_spoilt_record_among_others_is_refused_as_it_is_alone(
    record: StoredRecord, other: StoredRecord, data: st.DataObject
) -> None:
    sound, spoilt = pack("o", record), bytearray(pack("o", other))
    at = data.draw(st.integers(0, len(spoilt) - 1))
    spoilt[at] = data.draw(st.integers(0, 255))
    cut = bytes(spoilt[: data.draw(st.integers(at, len(spoilt)))])
    try:
        alone: object = unpack(cut)[1]
    except MalformedRecord:
        with pytest.raises(MalformedRecord):
            list(rows([sound, cut]))
    else:
        assert StoredRecord(*list(rows([sound, cut]))[1]) == alone


@given(record=records, cut=st.integers(0, 60))
def test_a_record_cut_short_before_its_state_is_refused(record: StoredRecord, cut: int) -> None:
    start = pack("o", record)[: 3 + 1 + 38 + len(record.name.encode())]
    with pytest.raises(MalformedRecord):
        unpack(start[: min(cut, len(start) - 1)])


def test_the_layout_is_as_documented() -> None:
    # Golden bytes: records are for ever, so these are never changed, only added to.
    record = StoredRecord(
        position=258,
        stream_id=UUID("00112233-4455-6677-8899-aabbccddeeff"),
        version=7,
        name="häiriö.1",
        recorded_at=datetime(1970, 1, 1, 0, 0, 1, 2, tzinfo=UTC),
        state=b"\x00\xff",
    )
    assert pack("jaksokirja/k", record).hex(" ", -4) == (
        "01000c6a 616b736f 6b69726a 612f6b00 00000000 00010200 00000000 0f424200 11223344 55667788 99aabbcc "
        "ddeeff00 00000700 0a68c3a4 697269c3 b62e3100 ff"
    )


@given(origin=texts, record=records)
def test_a_place_and_time_are_read_as_the_whole_record_tells_them(origin: str, record: StoredRecord) -> None:
    data = pack(origin, record)
    microseconds = (record.recorded_at - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
    assert place_and_time(data, prefix(origin)) == (record.position, microseconds)
    for other in (data[1:], data[:20], prefix(origin + "x") + data[len(prefix(origin)) :]):
        with pytest.raises(MalformedRecord):
            place_and_time(other, prefix(origin))


def test_a_name_too_long_to_be_read_back_is_not_packed() -> None:
    moment = datetime(2024, 1, 1, tzinfo=UTC)
    with pytest.raises(MalformedRecord):
        pack("o", StoredRecord(1, uuid4(), 0, "n" * 256, moment, b""))


def test_the_database_writes_the_same_bytes_as_python_packs(
    register: tuple[str, str], recorder: RegisterRecorder
) -> None:
    dsn, name = register
    states = [b"", b"\x00\xff\x01" * 7, '{"kenelle": "äiti"}'.encode(), bytes(range(256)) * 40]
    stream_id = uuid4()
    drafts = tuple(Draft(stream_id, n, f"käynti_pidetty.{n}", state) for n, state in enumerate(states))
    recorder.append(Submission(uuid4(), b"", drafts[:2]))
    for draft in drafts[2:]:  # alone they take append()'s short way
        recorder.append(Submission(uuid4(), b"", (draft,)))

    query = sql.SQL("SELECT position, stream_id, version, name, recorded_at, record FROM {}.events ORDER BY position")
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(query.format(sql.Identifier(schema_of(name)))).fetchall()

    for (position, stream, version, name_stored, recorded_at, record), state in zip(rows, states, strict=True):
        unpacked = StoredRecord(position, stream, version, name_stored, recorded_at, state)
        assert record == pack(f"jaksokirja/{name}", unpacked)
        assert unpack(record) == (f"jaksokirja/{name}", unpacked)
    assert abs(rows[0][4] - datetime.now(UTC)) < timedelta(minutes=10)
