"""The keyring: a register's data keys, in a database of their own, wrapped; and the lease on which a process has them.

A key that was read is kept for LEASE_SECONDS at most, and all that are kept are let go together: after a key has been
fenced, no process seals or opens with it when that time is over. Keys are durable before anything is sealed by them.
Never here: events, what a key sealed. Nothing shows a key.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from importlib import resources
from threading import Lock
from typing import Any, LiteralString
from uuid import UUID

import psycopg
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.ledger.connections import Connections, with_settings
from domain.ledger.errors import LedgerError
from domain.ledger.identity import new_id
from domain.ledger.migrate import RELEASE_OF, release_of
from domain.ledger.secrecy.parting import unpack
from domain.ledger.secrecy.sealing import KEY_BYTES, DataKey, Key, PartedKey
from domain.ledger.secrecy.wrapping import KeyService
from domain.subjects import Subject
from domain.withheld import Withheld

KEYRING_DATABASE = "jaksokirja_keyring"
"""The keyring's database where none is named: on the ledger's own server, beside the ledger."""
LEASE_SECONDS = 60.0
KEEPERS = 4
NOT_MIGRATED = (
    psycopg.errors.UndefinedColumn,
    psycopg.errors.UndefinedTable,
    psycopg.errors.InvalidParameterValue,  # SET ROLE to a role that is not made yet
)
"""What a statement meets in a keyring of an earlier release."""
_MIGRATION_LOCK = 0x6A616B6579  # "jakey": one migration at a time
_NO_DATABASE = "3D000"

_PLANNING = {"plan_cache_mode": "force_generic_plan", "enable_seqscan": "off"}
"""A plan that was made while there were few keys must still look up each by its index when there are many: so the
questions below fence off (OFFSET 0) that all keys of a register are read and joined. Without being forced to keep it,
PostgreSQL plans the question for one key anew each time, which takes a quarter of asking."""
_STANDING: LiteralString = (
    "SELECT k.key_id, w.holder_id, w.task, k.state, k.wrapped"
    " FROM unnest(%b::uuid[], %b::text[]) AS w (holder_id, task) CROSS JOIN LATERAL ("
    "SELECT d.key_id, d.state, d.wrapped FROM data_keys d WHERE d.register = %b::text"
    " AND d.holder_id = w.holder_id AND d.task = w.task AND d.state IN ('active', 'fenced') OFFSET 0) k"
)
_NAMED: LiteralString = (
    "SELECT k.key_id, k.holder_id, k.task, k.state, k.wrapped, k.parts FROM unnest(%b::uuid[]) AS w (key_id)"
    " CROSS JOIN LATERAL (SELECT d.key_id, d.holder_id, d.task, d.state, d.wrapped, d.parts, d.register"
    " FROM data_keys d WHERE d.key_id = w.key_id OFFSET 0) k WHERE k.register = %b::text"
)
_RESTRICTED: LiteralString = (
    "SELECT r.key_id, r.wrapped, r.parts FROM restricted_parts r"
    " WHERE r.key_id = ANY(%b::uuid[]) AND r.register = %b::text AND r.wrapped IS NOT NULL"
)
_FORMER: LiteralString = (
    "SELECT k.key_id FROM data_keys k WHERE k.register = %b::text AND k.holder_id = %b::uuid AND k.task = %b::text"
    " AND k.state NOT IN ('active', 'fenced')"
)
_MADE: LiteralString = (
    "INSERT INTO data_keys (key_id, register, holder_id, task, wrapped)"
    " SELECT w.key_id, %b::text, w.holder_id, w.task, w.wrapped"
    " FROM unnest(%b::uuid[], %b::uuid[], %b::text[], %b::bytea[]) AS w (key_id, holder_id, task, wrapped)"
    " ON CONFLICT DO NOTHING RETURNING key_id, holder_id, task, state, wrapped"
)


class KeyFenced(LedgerError):
    """The key is about to be destroyed: nothing is sealed by it any more."""


class NotYourKeyring(LedgerError):
    """The login may not work as the keeper whose keys it asks for."""


class KeyringNotMigrated(LedgerError):
    """The keyring is of another release: `jaksokirja migrate` brings it up to date."""

    def __init__(self) -> None:
        super().__init__(
            "The keyring is of another release. `jaksokirja migrate` brings it up to date, by a login that may: the"
            " owner of its database, who is a member of jaksokirja_keyring_owner, or a superuser."
        )


class KeyringMissing(LedgerError):
    """This process has no keyring: it reads what is plain, and records nothing."""


def keyring_dsn(ledger_dsn: str, given: str | None = None) -> str:
    """The DSN of the keyring: the one given, else of a second database on the ledger's server."""
    return given or make_conninfo(ledger_dsn, dbname=KEYRING_DATABASE)


def create_keyring(dsn: str) -> None:
    """Make the keyring's database, roles and table, or bring them up to date. The login must be allowed to."""
    _in_database(dsn, _migrate)


def create_keyring_roles(dsn: str) -> None:
    """Make the database and the roles alone, where a keyring is to be restored into. The login must be allowed to."""
    _in_database(dsn, _create_roles)


def require_keyring(dsn: str) -> None:
    """Whoever may not migrate asks this instead. Raises KeyringNotMigrated when it is of another release."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute(RELEASE_OF, ("keyring",)).fetchone()
    if found != (_release(),):
        raise KeyringNotMigrated


def _in_database(dsn: str, work: Callable[[psycopg.Connection], None]) -> None:
    """Do the work in one transaction, and alone; in a new database where there is none yet."""
    try:
        _alone(dsn, work)
    except psycopg.OperationalError as fault:
        if _NO_DATABASE not in (fault.sqlstate or _sqlstate_told(fault)):
            raise
        _create_database(dsn)
        _alone(dsn, work)


def _sqlstate_told(fault: psycopg.OperationalError) -> str:
    """A refused connection tells no SQLSTATE; only that one says that the database does not exist."""
    return _NO_DATABASE if "does not exist" in str(fault) and "database" in str(fault) else ""


def _create_database(dsn: str) -> None:
    name = str(conninfo_to_dict(dsn)["dbname"])
    with psycopg.connect(make_conninfo(dsn, dbname="postgres"), autocommit=True) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (_MIGRATION_LOCK,))
        there = connection.execute("SELECT FROM pg_catalog.pg_database WHERE datname = %s", (name,)).fetchone()
        if there is None:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))


def _alone(dsn: str, work: Callable[[psycopg.Connection], None]) -> None:
    with psycopg.connect(dsn) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_MIGRATION_LOCK,))
        work(connection)


def _create_roles(connection: psycopg.Connection) -> None:
    connection.execute(_statements("roles"))


def _migrate(connection: psycopg.Connection) -> None:
    _create_roles(connection)
    connection.execute("SET LOCAL ROLE jaksokirja_keyring_owner")
    connection.execute("CREATE SCHEMA IF NOT EXISTS keyring")
    connection.execute("GRANT USAGE ON SCHEMA keyring TO jaksokirja_keykeeper, jaksokirja_restricted_keeper")
    connection.execute("SET LOCAL search_path TO keyring, pg_temp")
    connection.execute(_statements("keys"))
    connection.execute(sql.SQL("COMMENT ON SCHEMA keyring IS {}").format(sql.Literal(_release())))


def _release() -> str:
    return release_of(map(_statements, ("roles", "keys")))


def _statements(name: str) -> bytes:
    return (resources.files("domain.ledger.secrecy") / "schema" / f"{name}.sql").read_bytes()


class Keyring:
    """One register's keys. Safe to share between threads. `clock`: monotonic seconds; only tests set it.

    `restricted`: who wrapped the keys of restricted entries; with it the keyring reads these too, and makes no keys.
    The login must be a member of jaksokirja_restricted_keeper, else whatever is asked raises NotYourKeyring.
    """

    def __init__(
        self,
        dsn: str,
        register: str,
        service: KeyService,
        *,
        restricted: KeyService | None = None,
        patience_seconds: float = 5.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._register = register
        self._service, self._restricted = service, restricted
        self._patience_seconds = patience_seconds
        keeper = "jaksokirja_restricted_keeper" if restricted else "jaksokirja_keykeeper"
        self._connections = Connections(
            with_settings(dsn, search_path="keyring", **_PLANNING),
            limit=KEEPERS,
            made_ready=lambda connection: connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(keeper))),
        )
        self._clock = clock
        self._lock = Lock()
        self._epoch = 0
        self._began = clock()
        self._by_id: dict[UUID, Key | Withheld] = {}
        self._by_subject: dict[Subject, DataKey] = {}

    @property
    def epoch(self) -> int:
        """Grows each time the lease is over. Whatever was opened in an earlier one is not to be kept on."""
        with self._lock:
            if self._clock() - self._began >= LEASE_SECONDS:
                self._let_go()
            return self._epoch

    def forget(self) -> None:
        """Let go of all keys now."""
        with self._lock:
            self._let_go()

    def provide(self, subjects: Iterable[Subject]) -> dict[Subject, DataKey]:
        """A key for each, made where there is none: however many, in two round trips. Raises KeyFenced."""
        wanted = set(subjects)
        found = self.standing(wanted)
        while len(found) < len(wanted):
            found |= self._make(sorted(wanted - found.keys()))
            if missing := wanted - found.keys():  # who loses a race to make a key finds the winner's
                found |= self.standing(missing)
        return found

    def standing(self, subjects: Iterable[Subject]) -> dict[Subject, DataKey]:
        """The keys of those that have one. Raises KeyFenced when one is to be destroyed."""
        epoch = self.epoch
        wanted = set(subjects)
        found = {subject: key for subject in wanted if (key := self._by_subject.get(subject)) is not None}
        if len(found) < len(wanted):
            asked = sorted(wanted - found.keys())
            holders, tasks = [one.holder_id for one in asked], [one.task for one in asked]
            found |= self._given(self._rows(_STANDING, holders, tasks, self._register), epoch)
        return found

    def _given(self, rows: Iterable[tuple[Any, ...]], epoch: int) -> dict[Subject, DataKey]:
        """The keys in the rows, kept until the lease is over in which they were asked for. Raises KeyFenced."""
        keys = {Subject(row[1], row[2]): self._key((*row, None)) for row in rows}
        given = {subject: key for subject, key in keys.items() if isinstance(key, DataKey)}
        if len(given) < len(keys):
            raise KeyFenced("a key that this needs is about to be destroyed")
        with self._lock:
            if epoch == self._epoch:
                self._by_subject |= given
                self._by_id |= {key.key_id: key for key in given.values()}
        return given

    def keys(self, key_ids: Iterable[UUID]) -> dict[UUID, Key | Withheld]:
        """Each key, or why it is not to be had."""
        epoch = self.epoch
        wanted = set(key_ids)
        found = {key_id: key for key_id in wanted if (key := self._by_id.get(key_id)) is not None}
        asked = sorted(wanted - found.keys())
        if asked:
            rows = self._rows(_NAMED, asked, self._register)
            news: dict[UUID, Key | Withheld] = dict.fromkeys(asked, Withheld.NOT_YOURS)
            news |= {row[0]: self._key(row) for row in rows}
            if self._restricted:
                self._add_restricted(news, self._restricted)
            found |= news
            with self._lock:
                if epoch == self._epoch:
                    self._by_id |= news
        return found

    def former(self, subject: Subject) -> list[Key | Withheld]:
        """What is left of the keys that sealed for it before the one that does now."""
        rows = self._rows(_FORMER, self._register, subject.holder_id, subject.task)
        return list(self.keys(key_id for (key_id,) in rows).values())

    def close(self) -> None:
        """Let go of keys and connections."""
        self.forget()
        self._connections.close()

    def _let_go(self) -> None:
        self._epoch += 1
        self._began = self._clock()
        self._by_id = {}
        self._by_subject = {}

    def _make(self, subjects: Sequence[Subject]) -> dict[Subject, DataKey]:
        """The keys that were made, as they are stored; none for those who have one by now."""
        epoch = self.epoch
        ids = [new_id() for _ in subjects]
        wrapped = [
            self._service.wrap(secrets.token_bytes(KEY_BYTES), bound(self._register, key_id, *subject))
            for key_id, subject in zip(ids, subjects, strict=True)
        ]
        holders, tasks = [one.holder_id for one in subjects], [one.task for one in subjects]
        return self._given(self._rows(_MADE, self._register, ids, holders, tasks, wrapped), epoch)

    def _key(self, row: tuple[Any, ...]) -> Key | Withheld:
        key_id, holder_id, task, state, wrapped, parts = row
        if state in ("active", "retired"):
            return DataKey(key_id, self._service.unwrap(wrapped, bound(self._register, key_id, holder_id, task)))
        if state == "parted" and parts is not None:
            return unpack(key_id, (wrapped, parts), self._service, bound_parts(self._register, key_id))
        return Withheld(state)

    def _add_restricted(self, found: dict[UUID, Key | Withheld], service: KeyService) -> None:
        """To what was kept of parted keys, what was restricted of them."""
        parted = {key_id: key for key_id, key in found.items() if isinstance(key, PartedKey)}
        for key_id, *parts in self._rows(_RESTRICTED, list(parted), self._register) if parted else ():
            more = unpack(key_id, (parts[0], parts[1]), service, bound_parts(self._register, key_id))
            parted[key_id] = replace(parted[key_id], drawn={**parted[key_id].drawn, **more.drawn})
        found |= parted

    def _rows(self, statement: LiteralString, *arguments: Any) -> list[tuple[Any, ...]]:
        def fetched(connection: psycopg.Connection) -> list[tuple[Any, ...]]:
            return connection.execute(statement, arguments, prepare=True, binary=True).fetchall()

        try:
            return self._connections.patiently(self._patience_seconds, fetched)
        except psycopg.errors.InsufficientPrivilege:
            told = "The login may not do that with keys: it is no member of their keeper's role."
            raise NotYourKeyring(told) from None
        except NOT_MIGRATED:
            raise KeyringNotMigrated from None


def bound(register: str, key_id: UUID, holder_id: UUID, task: str) -> bytes:
    """What a wrapped data key is bound to: put into another row, it does not open."""
    return b"\x00".join((register.encode(), task.encode())) + b"\x00" + key_id.bytes + holder_id.bytes


def bound_parts(register: str, key_id: UUID) -> bytes:
    """As `bound`, of what is left of a parted key."""
    return b"parts\x00" + register.encode() + b"\x00" + key_id.bytes
