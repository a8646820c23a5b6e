"""The arrays packed by hand are what PostgreSQL takes them for."""

import json
from datetime import UTC, datetime
from uuid import UUID

import psycopg
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import pq

from domain.ledger import packing

TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=40)


@settings(max_examples=60, deadline=None)
@given(
    ids=st.lists(st.uuids(), max_size=5),
    numbers=st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5),
    binaries=st.lists(st.binary(max_size=300), max_size=5),
    words=st.lists(TEXTS, max_size=5),
    large=st.integers(-(2**63), 2**63 - 1),
)
def test_postgresql_reads_every_array_as_it_was_meant(
    postgres: str, *, ids: list[UUID], numbers: list[int], binaries: list[bytes], words: list[str], large: int
) -> None:
    arrays = [packing.uuids(ids), packing.int4s(numbers), packing.byteas(binaries), packing.texts(words)]
    oids = [packing.UUIDS_OID, packing.INT4S_OID, packing.BYTEAS_OID, packing.TEXTS_OID, packing.INT8_OID]
    with psycopg.connect(postgres, autocommit=True) as connection:
        result = connection.pgconn.exec_params(
            b"SELECT json_build_array(array_to_json($1), array_to_json($2), array_to_json($3), array_to_json($4), $5,"
            b" $6)",
            [*arrays, packing.int8(large), packing.int4(len(ids) - 3)],
            [*oids, packing.INT4_OID],
            [1] * 6,
        )
        assert result.status == pq.ExecStatus.TUPLES_OK, result.error_message
    told = [list(map(str, ids)), numbers, ["\\x" + binary.hex() for binary in binaries], words, large, len(ids) - 3]
    assert json.loads(result.get_value(0, 0) or b"") == told


def test_a_number_and_a_moment_come_back_to_the_microsecond(postgres: str) -> None:
    told = datetime(2026, 3, 29, 1, 30, 0, 123456, tzinfo=UTC)
    with psycopg.connect(postgres, autocommit=True) as connection:
        result = connection.pgconn.exec_params(
            b"SELECT ROW(9007199254740993::bigint, '2026-03-29 01:30:00.123456+00'::timestamptz)", [], result_format=1
        )
    value = result.get_value(0, 0)
    assert value is not None
    assert packing.place(value) == (9007199254740993, told)
