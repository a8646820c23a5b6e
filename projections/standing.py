"""The rows that stand, in memory: operations applied to them, and a stream's rows brought to what a refold says.

Pure: the same for a live batch, a rebuild and a test. Must never hold: a connection, SQL, knowledge of any one table.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from uuid import UUID

import msgspec

from projections.rows import Amend, Close, Columns, Key, Open, Operation, Stand, Table

StreamId = UUID | bytes
"""The bytes where a whole register is folded: a UUID takes several times as long to look up and to write."""


class Row(msgspec.Struct, gc=False):
    """A row of a table. `stored`: the database has it already, so that its end is an update and not an insert."""

    stream_id: StreamId
    key: Key
    columns: Columns
    because: tuple[int, ...]
    known_from: int
    known_to: int | None = None
    stored: bool = False


class Standing:
    """The standing rows of one table, by stream and key, and the rows that ended since they were last taken."""

    def __init__(self, table: Table, rows: Iterable[Row] = ()) -> None:
        self.table = table
        self.rows: dict[StreamId, dict[Key, Row]] = {}
        self.ended: list[Row] = []
        for row in rows:
            self.rows.setdefault(row.stream_id, {})[row.key] = row

    def apply(self, operation: Operation, stream_id: StreamId, position: int, stands_on: tuple[int, ...]) -> None:
        """Do what an event at the position does to the rows of its stream."""
        self.apply_to(self.begun(stream_id), operation, stream_id, position, stands_on)

    def begun(self, stream_id: StreamId) -> dict[Key, Row]:
        """The rows of the stream, by key: empty when none stand."""
        rows = self.rows.get(stream_id)
        if rows is None:
            rows = self.rows[stream_id] = {}
        return rows

    def apply_to(
        self,
        rows: dict[Key, Row],
        operation: Operation,
        stream_id: StreamId,
        position: int,
        stands_on: tuple[int, ...],
    ) -> None:
        """As `apply`, to the rows of the stream, which the caller has at hand."""
        key = operation.key
        if type(operation) is Close:
            self._close(rows, key, position)
            return
        row = rows.get(key)
        if type(operation) is Open:
            if row is None:
                rows[key] = Row(stream_id, key, operation.columns, stands_on, position)
            elif not same_columns(row.columns, operation.columns):
                self._put(rows, Row(stream_id, key, operation.columns, stands_on, position))
            return
        assert type(operation) is Amend  # noqa: S101 -- the three there are; tells the type checker
        if row is None:
            if operation.opens:
                rows[key] = Row(stream_id, key, operation.changes, stands_on, position)
            elif len(key) < len(self.table.key):
                for one in [one for one in rows if one[: len(key)] == key]:
                    amend = Amend(operation.table, one, operation.changes, since=operation.since)
                    self.apply_to(rows, amend, stream_id, position, stands_on)
            return
        before = row.columns.get
        if operation.since and (stands := before(operation.since)) and stands > operation.changes[operation.since]:
            return
        for name, value in operation.changes.items():
            if before(name) != value:
                columns = {**row.columns, **operation.changes}
                self._put(rows, Row(stream_id, key, columns, _joined(row.because, stands_on), position))
                return

    def bring_to(
        self,
        rows: dict[Key, Row],
        stream_id: StreamId,
        wanted: dict[Key, Row],
        position: int,
        amendments: Collection[int],
    ) -> None:
        """End what should not stand and open what should, at `position`; rows with the right content stay untouched.

        `amendments`: the positions of the stream's corrections and strike-outs. A row that one of them brought about
        names it in its lineage, and needs no new row when only that tells it from what is wanted.
        """
        for key in [key for key in rows if key not in wanted]:
            self._end(rows, rows[key], position)
        for key, right in wanted.items():
            row = rows.get(key)
            if row is None or not _same(row, right, amendments):
                because = _joined(right.because, (position,))
                self._put(rows, Row(stream_id, key, right.columns, because, position))

    def drain(self) -> tuple[list[Row], list[Row]]:
        """The rows to insert and the stored ones to end. What stands counts as stored from now on."""
        inserts = [row for row in self.ended if not row.stored]
        ends = [row for row in self.ended if row.stored]
        self.ended = []
        for rows in self.rows.values():
            for row in rows.values():
                if not row.stored:
                    row.stored = True
                    inserts.append(row)
        return inserts, ends

    def ended_till_now(self) -> list[Row]:
        """The rows that ended since they were last taken."""
        if not self.ended:
            return self.ended
        ended, self.ended = self.ended, []
        return ended

    def _close(self, rows: dict[Key, Row], key: Key, position: int) -> None:
        if len(key) == len(self.table.key):
            if key in rows:
                self._end(rows, rows[key], position)
            return
        for row in [row for row in rows.values() if row.key[: len(key)] == key]:
            self._end(rows, row, position)

    def _put(self, rows: dict[Key, Row], row: Row) -> None:
        before = rows.get(row.key)
        if before is not None:
            self._end(rows, before, row.known_from)
        rows[row.key] = row

    def _end(self, rows: dict[Key, Row], row: Row, position: int) -> None:
        """A row that the same event had put there was never known: it leaves no trace."""
        del rows[row.key]
        if row.known_from != position:
            row.known_to = position
            self.ended.append(row)


def stream_rows(tables: Iterable[Table], stands: Iterable[Stand]) -> dict[str, dict[Key, Row]]:
    """By table, the rows that should stand for one stream, of which `stands` are all the entries that count."""
    scratch = {table.name: Standing(table) for table in tables}
    rows: dict[str, dict[Key, Row]] = {name: {} for name in scratch}
    for entry, operations, stands_on in stands:
        for operation in operations:
            name = operation.table
            scratch[name].apply_to(rows[name], operation, entry.stream_id, entry.position, stands_on)
    return rows


def same_columns(one: Columns, other: Columns) -> bool:
    """Whether two rows say the same; a column that is absent is null."""
    if one == other:
        return True
    return all(one.get(name) == other.get(name) for name in one.keys() | other.keys())


def _same(row: Row, right: Row, amendments: Collection[int]) -> bool:
    if not same_columns(row.columns, right.columns):
        return False
    if row.because == right.because:
        return True
    stands, should = set(row.because), set(right.because)
    return should <= stands and all(position in amendments for position in stands - should)


def _joined(one: tuple[int, ...], other: tuple[int, ...]) -> tuple[int, ...]:
    if len(other) == 1 and other[0] > one[-1]:  # nearly always
        return one + other
    return tuple(sorted({*one, *other}))
