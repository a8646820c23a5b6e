"""The keyring's side of a restriction: keys retired, taken apart, overwritten, and how far it has come.

Each step is one transaction that tells by itself whether it was done: doing it again changes nothing. What is drawn
for restricted segments is put where this keeper cannot read it again. Never here: who asked and approved (the
ledger's), which segments there are (`restriction`).
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, LiteralString
from uuid import UUID

import psycopg

from domain.ledger.secrecy.destruction_faults import KeysFenced
from domain.ledger.secrecy.keyring import bound, bound_parts
from domain.ledger.secrecy.keyring_steps import KeyringSteps
from domain.ledger.secrecy.parting import Parts, pack, unpack
from domain.ledger.secrecy.sealing import KEY_BYTES, DataKey, PartedKey, Spot
from domain.ledger.secrecy.wrapping import KeyService

_BEGUN: LiteralString = (
    "INSERT INTO restrictions (register, restriction_id, stream_id, versions, key_ids) VALUES (%s, %s, %s, %s, %s)"
    " ON CONFLICT DO NOTHING RETURNING retired_at"
)
_FENCED: LiteralString = "SELECT FROM data_keys WHERE register = %s AND key_id = ANY(%s) AND state = 'fenced'"
_RETIRED: LiteralString = (
    "UPDATE data_keys SET state = 'retired', retired_at = %s"
    " WHERE register = %s AND key_id = ANY(%s) AND state = 'active'"
)
_STANDING: LiteralString = (
    "SELECT r.stream_id, r.versions, r.key_ids, r.retired_at, r.parted_at, r.overwritten_at, r.cleaned_at,"
    " extract(epoch FROM clock_timestamp() - r.retired_at)::float8,"
    " coalesce(extract(epoch FROM clock_timestamp() - r.parted_at)::float8, 0)"
    " FROM restrictions r WHERE r.register = %s AND r.restriction_id = %s"
)
_SECRETS: LiteralString = (
    "SELECT k.key_id, k.holder_id, k.task, coalesce(k.former, k.wrapped) FROM data_keys k"
    " WHERE k.register = %s AND k.key_id = ANY(%s)"
    " AND (k.state = 'retired' OR k.state = 'parted' AND k.former IS NOT NULL)"
)
_HELD: LiteralString = (
    "SELECT k.state, k.wrapped, k.parts, k.former IS NOT NULL, k.searched_to FROM data_keys k"
    " WHERE k.register = %s AND k.key_id = %s FOR UPDATE"
)
_PARTED: LiteralString = (
    "UPDATE data_keys SET state = 'parted', parted_at = clock_timestamp(), former = wrapped, wrapped = %s, parts = %s,"
    " kept_count = %s, searched_to = %s WHERE register = %s AND key_id = %s"
)
_KEPT: LiteralString = (
    "UPDATE data_keys SET wrapped = %s, parts = %s, kept_count = %s, searched_to = %s"
    " WHERE register = %s AND key_id = %s"
)
_RESTRICTED: LiteralString = (
    "INSERT INTO restricted_parts (register, key_id, restriction_id, restricted_count, wrapped, parts)"
    " VALUES (%s, %s, %s, %s, %s, %s)"
)
_NOTED_PARTED: LiteralString = (
    "UPDATE restrictions SET parted_at = clock_timestamp()"
    " WHERE register = %s AND restriction_id = %s AND parted_at IS NULL"
)
_NOTED_OVERWRITTEN: LiteralString = (
    "UPDATE restrictions SET overwritten_at = clock_timestamp()"
    " WHERE register = %s AND restriction_id = %s AND overwritten_at IS NULL"
)
_NOTED_CLEANED: LiteralString = (
    "UPDATE restrictions SET cleaned_at = clock_timestamp()"
    " WHERE register = %s AND restriction_id = %s AND cleaned_at IS NULL"
)
_OVERWRITTEN: LiteralString = "UPDATE data_keys SET former = NULL WHERE register = %s AND key_id = %s"
_SEARCHED: LiteralString = (
    "SELECT key_id, searched_to FROM data_keys WHERE register = %s AND key_id = ANY(%s) AND former IS NOT NULL"
)
_COUNTS: LiteralString = (
    "SELECT k.key_id, k.kept_count, coalesce(sum(r.restricted_count), 0)::bigint,"
    " coalesce(sum(r.restricted_count) FILTER (WHERE r.restriction_id = %s), 0)::bigint"
    " FROM data_keys k LEFT JOIN restricted_parts r ON r.key_id = k.key_id"
    " WHERE k.register = %s AND k.key_id = ANY(%s) AND k.state = 'parted' GROUP BY k.key_id"
)
Drawn = Mapping[UUID, PartedKey]
"""What was drawn from data keys, by key."""


@dataclass(frozen=True, slots=True)
class RestrictionStanding:
    """How far the keys of a restriction have come; seconds by the keyring's own clock, 0 before they were parted."""

    stream_id: UUID
    versions: tuple[int, ...]
    key_ids: tuple[UUID, ...]
    retired_at: dt.datetime
    parted_at: dt.datetime | None
    overwritten_at: dt.datetime | None
    cleaned_at: dt.datetime | None
    retired_for_seconds: float
    parted_for_seconds: float

    @property
    def stage(self) -> str:
        """What was done to the keys last: a stable code."""
        reached = {"cleaned": self.cleaned_at, "overwritten": self.overwritten_at, "parted": self.parted_at}
        return next((stage for stage, at in reached.items() if at is not None), "retired")


@dataclass(frozen=True, slots=True)
class Count:
    """Of a parted key: segments kept, restricted by any restriction, and by this one."""

    kept: int
    restricted: int
    by_this: int


@dataclass(frozen=True, slots=True)
class Apart:
    """What a restriction sets apart: its id, and where the segments of what was struck stand."""

    restriction_id: UUID
    spots: frozenset[Spot]


@dataclass(frozen=True, slots=True)
class Services:
    """Who wraps the keys of the register, and those of what is restricted."""

    ordinary: KeyService
    restricted: KeyService


class RetiredKeys(KeyringSteps):
    """The keys of one register that restrictions take apart."""

    def __init__(self, dsn: str, register: str, services: Services) -> None:
        super().__init__(dsn, register)
        self._services = services

    def standing(self, restriction_id: UUID) -> RestrictionStanding | None:
        """How far it has come; None before anything was retired."""
        found = self._patiently(lambda one: one.execute(_STANDING, (self._register, restriction_id)).fetchone())
        if found is None:
            return None
        stream_id, versions, key_ids, *rest = found
        return RestrictionStanding(stream_id, tuple(versions), tuple(key_ids), *rest)

    def retire(self, restriction_id: UUID, stream_id: UUID, versions: Sequence[int], key_ids: Sequence[UUID]) -> None:
        """Have nothing more sealed by the keys: the next to be told of their holders has another. Raises KeysFenced."""

        def work(connection: psycopg.Connection) -> None:
            told = (self._register, restriction_id, stream_id, list(versions), list(key_ids))
            begun = connection.execute(_BEGUN, told).fetchone()
            if begun is None:
                return
            if connection.execute(_FENCED, (self._register, list(key_ids))).rowcount:
                raise KeysFenced(
                    "A key that sealed the entry is about to be destroyed.",
                    "Carry that destruction out first: `jaksokirja destroy status`.",
                )
            connection.execute(_RETIRED, (begun[0], self._register, list(key_ids)))

        self._in_transaction(work)

    def secrets(self, key_ids: Collection[UUID]) -> dict[UUID, DataKey]:
        """Those of the keys that are not overwritten yet. Raises RegisterKeyFault."""
        rows = self._patiently(lambda one: one.execute(_SECRETS, (self._register, list(key_ids))).fetchall())
        unwrap = self._services.ordinary.unwrap
        return {
            key_id: DataKey(key_id, unwrap(bytes(wrapped), bound(self._register, key_id, holder_id, task)))
            for key_id, holder_id, task, wrapped in rows
        }

    def part(self, apart: Apart, drawn: Drawn, searched_to: int) -> None:
        """Give the keys to nobody any more, but what was `drawn` from them: of what is set apart, to the few.

        `drawn` is all that was sealed in the events up to `searched_to` by each key that is not parted yet.
        """

        def work(connection: psycopg.Connection) -> None:
            for key_id in self._unless_done(connection, _NOTED_PARTED, apart.restriction_id):
                self._part(connection, apart, key_id, drawn.get(key_id), searched_to)

        self._in_transaction(work)

    def searched_to(self, key_ids: Collection[UUID]) -> dict[UUID, int]:
        """Of each key that is parted and not overwritten, up to which position all that it sealed is kept."""
        rows = self._patiently(lambda one: one.execute(_SEARCHED, (self._register, list(key_ids))).fetchall())
        return dict(rows)

    def overwrite(self, restriction_id: UUID, late: Drawn, searched_to: int) -> None:
        """Take the data keys out of their rows; what was drawn for segments that were sealed late is kept too.

        `late` are those of events after the key's own `searched_to`. Older versions of the rows are there until they
        are cleaned away.
        """

        def work(connection: psycopg.Connection) -> None:
            for key_id in self._unless_done(connection, _NOTED_OVERWRITTEN, restriction_id):
                self._overwrite(connection, key_id, late.get(key_id), searched_to)

        self._in_transaction(work)

    def note_cleaned(self, restriction_id: UUID) -> None:
        """Write down that no older copy is left."""
        self._in_transaction(lambda one: one.execute(_NOTED_CLEANED, (self._register, restriction_id)))

    def counts(self, restriction_id: UUID, key_ids: Sequence[UUID]) -> dict[UUID, Count]:
        """Of those of the keys that are parted: the others were destroyed, or are going to be."""
        asked = (restriction_id, self._register, list(key_ids))
        rows = self._patiently(lambda one: one.execute(_COUNTS, asked).fetchall())
        return {row[0]: Count(*row[1:]) for row in rows}

    def _unless_done(
        self, connection: psycopg.Connection, noted: LiteralString, restriction_id: UUID
    ) -> Sequence[UUID]:
        """Note a step as done; the keys that it is to be done with, none when it was noted before."""
        if not connection.execute(noted, (self._register, restriction_id)).rowcount:
            return ()
        standing = connection.execute(_STANDING, (self._register, restriction_id)).fetchone()
        return sorted(standing[2]) if standing else ()

    def _part(
        self, connection: psycopg.Connection, apart: Apart, key_id: UUID, drawn: PartedKey | None, searched_to: int
    ) -> None:
        held = connection.execute(_HELD, (self._register, key_id)).fetchone()
        if held is None or held[0] not in {"retired", "parted"}:
            return  # destroyed: nothing is left to be read by anybody
        statement = _PARTED if held[0] == "retired" else _KEPT
        if held[0] == "parted":
            drawn, searched_to = self._kept(key_id, held), held[4]
        assert drawn is not None  # noqa: S101 -- a retired key is there to be drawn from
        kept, restricted = _divided(drawn, apart.spots)
        packed = self._packed(kept, self._services.ordinary)
        connection.execute(statement, (*packed, len(kept.drawn), searched_to, self._register, key_id))
        if restricted.drawn:
            packed = self._packed(restricted, self._services.restricted)
            told = (self._register, key_id, apart.restriction_id, len(restricted.drawn))
            connection.execute(_RESTRICTED, (*told, *packed))

    def _overwrite(
        self, connection: psycopg.Connection, key_id: UUID, late: PartedKey | None, searched_to: int
    ) -> None:
        held = connection.execute(_HELD, (self._register, key_id)).fetchone()
        if held is None or held[0] != "parted" or not held[3] or late is None:
            return  # overwritten by another restriction, or destroyed
        kept = self._kept(key_id, held)
        kept = replace(kept, drawn={**kept.drawn, **late.drawn})
        packed = self._packed(kept, self._services.ordinary)
        to = max(searched_to, held[4])
        connection.execute(_KEPT, (*packed, len(kept.drawn), to, self._register, key_id))
        connection.execute(_OVERWRITTEN, (self._register, key_id))

    def _kept(self, key_id: UUID, held: tuple[Any, ...]) -> PartedKey:
        parts = bytes(held[1]), bytes(held[2])
        return unpack(key_id, parts, self._services.ordinary, bound_parts(self._register, key_id))

    def _packed(self, key: PartedKey, service: KeyService) -> Parts:
        """Raises AssertionError rather than let go of a key for what does not give back what was drawn from it."""
        bound_to = bound_parts(self._register, key.key_id)
        packed = pack(key, service, bound_to)
        if unpack(key.key_id, packed, service, bound_to) != key:
            raise AssertionError("what was drawn from a key does not come back")
        return packed


def _divided(drawn: PartedKey, apart: Collection[Spot]) -> tuple[PartedKey, PartedKey]:
    """What all may read on, and what the few alone: these have no use for what digests are made with."""
    kept = {spot: one for spot, one in drawn.drawn.items() if spot not in apart}
    restricted = {spot: one for spot, one in drawn.drawn.items() if spot in apart}
    return replace(drawn, drawn=kept), PartedKey(drawn.key_id, restricted, bytes(KEY_BYTES))
