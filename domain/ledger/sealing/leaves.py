"""Records on their way into the tree: each looked at, in order, before its hash counts.

Never here: the database's statements, signing. A refusal names a position, never what stands there.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Sequence

from domain.ledger.errors import MalformedRecord
from domain.ledger.proof.tree import CompactTree, consistency_proof, leaf_hash
from domain.ledger.record import place_and_time, prefix
from domain.ledger.sealing.logstore import LogStore, Row
from domain.ledger.sealing.refusals import AheadOfClock, AlienRecord, Backdated, GapFound, RolledBack

_EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)


def stored_hashes(store: LogStore, after: int, upto: int) -> Iterator[list[bytes]]:
    """The leaf hashes of the records with after < position <= upto, some thousands at a time.

    Raises GapFound, or RolledBack when the last ones are missing.
    """
    for rows in gapless(store, after, upto):
        yield [leaf_hash(record) for _, record in rows]


def gapless(store: LogStore, after: int, upto: int) -> Iterator[list[Row]]:
    """The records with after < position <= upto, none missing. Raises GapFound, RolledBack."""
    expected = after + 1
    for rows in store.records(after, upto):
        _check_gapless(rows, expected)
        expected = rows[-1][0] + 1
        yield rows
    if expected <= upto:
        raise RolledBack(f"The records end at {expected - 1}, of {upto}.", size=expected - 1)


def _check_gapless(rows: Sequence[Row], expected: int) -> None:
    if rows[0][0] == expected and rows[-1][0] == expected + len(rows) - 1:
        return
    missing = next(number for number, (position, _) in enumerate(rows, expected) if position != number)
    raise GapFound(f"Position {missing} is missing.", position=missing)


class NewRecords:
    """What is to be sealed, in order: gapless, of this log, and told at a time that can be.

    `floor` is a moment at which none of them was there yet, less the tolerance for clocks; `moment` that of sealing.
    """

    def __init__(self, store: LogStore, after: int, upto: int, *, floor: dt.datetime, moment: dt.datetime) -> None:
        self._store = store
        self._after, self._upto = after, upto
        self._latest, self._moment = _microseconds(floor), _microseconds(moment)
        self._begins = prefix(store.origin)

    def grow(self, tree: CompactTree, anchor_at: int) -> CompactTree:
        """Extend the tree by all of them; the tree as it stood at `anchor_at` leaves.

        Raises GapFound, AlienRecord, Backdated, AheadOfClock, RolledBack.
        """
        anchor = tree.copy()
        for rows in gapless(self._store, self._after, self._upto):
            self._check(rows)
            hashes = [leaf_hash(record) for _, record in rows]
            if tree.size <= anchor_at < tree.size + len(hashes):
                anchor = tree.copy()
                anchor.extend(hashes[: anchor_at - tree.size])
            tree.extend(hashes)
        return anchor

    def _check(self, rows: Sequence[Row]) -> None:
        begins, latest, moment = self._begins, self._latest, self._moment
        for position, data in rows:
            try:
                place, recorded_at = place_and_time(data, begins)
            except MalformedRecord:
                raise AlienRecord(f"What stands at {position} is no record of this log.", position=position) from None
            if place != position:
                raise AlienRecord(f"The record at {position} is that of {place}.", position=position)
            if recorded_at < latest:
                raise Backdated(f"The record at {position} is dated when it was not there yet.", position=position)
            if recorded_at > moment:
                raise AheadOfClock(f"The record at {position} is later than the sealing.", position=position)
            latest = recorded_at
        self._latest = latest


def _microseconds(moment: dt.datetime) -> int:
    return (moment - _EPOCH) // dt.timedelta(microseconds=1)


def proof_between(
    older: CompactTree, newer_size: int, hashes: Iterable[list[bytes]]
) -> tuple[list[bytes], CompactTree]:
    """The consistency proof from a tree whose peaks are known to the greater one, and that one.

    `hashes` are the leaf hashes from the older size on. What is kept meanwhile is a few hundred hashes, however far
    the two are apart: the proof's nodes are peaks of the older tree, and whole ranges of the new leaves.
    """
    wanted: list[tuple[int, int]] = []
    peaks = _placed(older)

    def note(level: int, index: int) -> bytes:
        if index << level >= older.size:
            wanted.append((level, index))
        return peaks.get((level, index), b"\x00" * 32)

    consistency_proof(note, older.size, newer_size)
    found, newer = _ranges(older, hashes, sorted(wanted, key=lambda node: node[1] << node[0]))
    nodes = {**peaks, **found}
    return consistency_proof(lambda level, index: nodes[level, index], older.size, newer_size), newer


def _placed(tree: CompactTree) -> dict[tuple[int, int], bytes]:
    """The peaks by level and index."""
    placed, start = {}, 0
    levels = [level for level in range(tree.size.bit_length() - 1, -1, -1) if tree.size >> level & 1]
    for level, peak in zip(levels, tree.peaks, strict=True):
        placed[level, start >> level] = peak
        start += 1 << level
    return placed


def _ranges(
    older: CompactTree, hashes: Iterable[list[bytes]], wanted: Sequence[tuple[int, int]]
) -> tuple[dict[tuple[int, int], bytes], CompactTree]:
    """The roots of the wanted ranges of new leaves, and the tree that they all make."""
    found: dict[tuple[int, int], bytes] = {}
    newer, part = older.copy(), CompactTree()
    waiting = list(reversed(wanted))
    for chunk in hashes:
        newer.extend(chunk)
        start = newer.size - len(chunk)
        while waiting:
            level, index = waiting[-1]
            first, end = index << level, (index + 1) << level
            part.extend(chunk[max(first - start, 0) : max(end - start, 0)])
            if part.size < 1 << level:
                break
            found[waiting.pop()] = part.root()
            part = CompactTree()
    return found, newer
