"""The keyring's side of a destruction: keys fenced, overwritten, and what is written down of how far it has come.

Each step is one transaction that tells by itself whether it was done: doing it again changes nothing. Never here: who
asked and approved (the ledger's), how older copies are cleaned away (`destruction_cleaning`).
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import LiteralString
from uuid import UUID

import psycopg

from domain.ledger.secrecy.destruction_faults import BeingRestricted, NothingToDestroy
from domain.ledger.secrecy.keyring_steps import KeyringSteps

_BEGUN: LiteralString = (
    "INSERT INTO destructions (register, destruction_id) VALUES (%s, %s) ON CONFLICT DO NOTHING RETURNING fenced_at"
)
_FENCED: LiteralString = (
    "UPDATE data_keys SET state = 'fenced', fenced_at = %s, destruction_id = %s"
    " WHERE register = %s AND holder_id = %s AND (%s::text IS NULL OR task = %s) AND state IN ('active', 'parted')"
)
_RETIRED: LiteralString = (
    "SELECT FROM data_keys"
    " WHERE register = %s AND holder_id = %s AND (%s::text IS NULL OR task = %s) AND state = 'retired'"
)
_OVERWRITTEN: LiteralString = (
    "UPDATE destructions SET overwritten_at = clock_timestamp()"
    " WHERE register = %s AND destruction_id = %s AND overwritten_at IS NULL RETURNING overwritten_at"
)
_DESTROYED: LiteralString = (
    "WITH destroyed AS ("
    "  UPDATE data_keys SET state = 'destroyed', wrapped = NULL, former = NULL, parts = NULL, destroyed_at = %s"
    "  WHERE register = %s AND destruction_id = %s AND state = 'fenced' RETURNING key_id)"
    " UPDATE restricted_parts r SET wrapped = NULL, parts = NULL FROM destroyed d WHERE r.key_id = d.key_id"
)
_CLEANED: LiteralString = (
    "UPDATE destructions SET cleaned_at = clock_timestamp()"
    " WHERE register = %s AND destruction_id = %s AND cleaned_at IS NULL"
)
_STANDING: LiteralString = (
    "SELECT d.fenced_at, d.overwritten_at, d.cleaned_at, extract(epoch FROM clock_timestamp() - d.fenced_at)::float8,"
    " (SELECT array_agg(k.key_id ORDER BY k.key_id) FROM data_keys k"
    "  WHERE k.register = d.register AND k.destruction_id = d.destruction_id),"
    " (SELECT array_agg(DISTINCT k.task ORDER BY k.task) FROM data_keys k"
    "  WHERE k.register = d.register AND k.destruction_id = d.destruction_id)"
    " FROM destructions d WHERE d.register = %s AND d.destruction_id = %s"
)


@dataclass(frozen=True, slots=True)
class Standing:
    """How far the keys of a destruction have come; `fenced_for_seconds` by the keyring's own clock."""

    fenced_at: dt.datetime
    overwritten_at: dt.datetime | None
    cleaned_at: dt.datetime | None
    fenced_for_seconds: float
    key_ids: tuple[UUID, ...]
    tasks: tuple[str, ...]

    @property
    def stage(self) -> str:
        """What was done to the keys last: a stable code."""
        if self.cleaned_at is not None:
            return "cleaned"
        return "fenced" if self.overwritten_at is None else "overwritten"


class CondemnedKeys(KeyringSteps):
    """The keys of one register that destructions take away."""

    def standing(self, destruction_id: UUID) -> Standing | None:
        """How far it has come; None before anything was fenced."""
        found = self._patiently(lambda one: one.execute(_STANDING, (self._register, destruction_id)).fetchone())
        if found is None:
            return None
        fenced_at, overwritten_at, cleaned_at, seconds, key_ids, tasks = found
        return Standing(fenced_at, overwritten_at, cleaned_at, seconds, tuple(key_ids), tuple(tasks))

    def fence(self, destruction_id: UUID, client_id: UUID, task: str | None) -> None:
        """Give the client's keys, of one task or of all, to nobody any more. Raises NothingToDestroy, BeingRestricted.

        Once done, a key that is made later is of content that was told later, and is not touched.
        """

        def work(connection: psycopg.Connection) -> None:
            begun = connection.execute(_BEGUN, (self._register, destruction_id)).fetchone()
            if begun is None:
                return
            whose = (self._register, client_id, task, task)
            if connection.execute(_RETIRED, whose).rowcount:
                raise BeingRestricted(
                    "A restriction of what is sealed there is being carried out.",
                    "Carry it out first: `jaksokirja restrict status` tells which.",
                )
            if not connection.execute(_FENCED, (begun[0], destruction_id, *whose)).rowcount:
                raise NothingToDestroy(
                    "The client has no data key there: nothing is sealed, or it was destroyed before.",
                    "Look at `jaksokirja destroy status`; call the request off.",
                )

        self._in_transaction(work)

    def overwrite(self, destruction_id: UUID) -> None:
        """Take the key material out of the rows. Older versions of the rows are there until they are cleaned away."""

        def work(connection: psycopg.Connection) -> None:
            done = connection.execute(_OVERWRITTEN, (self._register, destruction_id)).fetchone()
            if done is not None:
                connection.execute(_DESTROYED, (done[0], self._register, destruction_id))

        self._in_transaction(work)

    def note_cleaned(self, destruction_id: UUID) -> None:
        """Write down that no older copy is left."""
        self._in_transaction(lambda one: one.execute(_CLEANED, (self._register, destruction_id)))
