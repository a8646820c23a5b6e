"""Rows in COPY's binary format, many at a time: what each of them says, told field by field."""

from __future__ import annotations

import datetime as dt
import struct
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from projections.copying import FIELD_OF_KIND, NULL, column
from projections.rows import Table
from projections.standing import Row
from projections.store import binary_rows

TABLE = Table("visits", "stream_id", {"visit_id": "uuid"}, ("said_at", "code", "workers", "minutes"))
KINDS = {
    "stream_id": "uuid", "visit_id": "uuid", "known_from": "bigint", "known_to": "bigint", "because": "bigint[]",
    "said_at": "timestamp with time zone", "code": "text", "workers": "text[]", "minutes": "integer",
}  # fmt: skip

positions = st.integers(1, 2**62)
codes = st.sampled_from(("home", "office", "ä"))
columns = st.fixed_dictionaries({}, optional={
    "said_at": st.none() | st.datetimes(timezones=st.sampled_from((dt.UTC, dt.timezone(dt.timedelta(hours=3))))),
    "code": st.none() | codes,
    "workers": st.none() | st.lists(codes, max_size=3).map(tuple),
    "minutes": st.none() | st.integers(0, 600),
})  # fmt: skip
rows = st.builds(
    Row,
    stream_id=st.uuids().map(lambda one: one.bytes),
    key=st.tuples(st.uuids().map(str)),
    columns=columns,
    because=st.lists(positions, min_size=1, max_size=12).map(tuple),
    known_from=positions,
    known_to=st.none() | positions,
)


@given(st.lists(rows, min_size=1, max_size=30))
def test_rows_told_together_say_what_each_says_alone(some: list[Row]) -> None:
    assert sorted(_told_apart(binary_rows(TABLE, KINDS, some))) == sorted(map(_one, some))


@pytest.mark.parametrize(
    "others",
    [
        ("01234567-0123-0123-01230123456789abc", "0123-4567-0123-0123-0123-0123456789a"),  # dashes of one in the other
        ("x1234567-0123-0123-0123-0123456789ab",),
        ("01234567-0123-0123-0123-0123456789-b",),
    ],
)
def test_ids_that_are_none_are_refused_whatever_stands_beside_them(others: tuple[str, ...]) -> None:
    with pytest.raises(ValueError, match="id that is none"):
        column("uuid", [str(UUID(int=1)), *others])


def _one(row: Row) -> tuple[bytes, ...]:
    """Each field by itself, in the order in which the table is written."""
    lineage = {"known_from": row.known_from, "known_to": row.known_to, "because": row.because}
    values: dict[str, Any] = {"stream_id": row.stream_id, "visit_id": UUID(row.key[0]), **lineage, **row.columns}
    return tuple(_field(name, values.get(name)) for name in TABLE.written)


def _field(name: str, value: Any) -> bytes:
    return NULL if value is None else FIELD_OF_KIND[KINDS[name]](value)


def _told_apart(told: bytes) -> Iterator[tuple[bytes, ...]]:
    """The fields of each row, lengths included."""
    at = 0
    while at < len(told):
        (count,) = struct.unpack_from(">h", told, at)
        at += 2
        fields = list[bytes]()
        for _ in range(count):
            (length,) = struct.unpack_from(">i", told, at)
            end = at + 4 + max(length, 0)
            fields.append(told[at:end])
            at = end
        yield tuple(fields)
