"""No older copy of a key is left in the files of the keyring's server: row versions, indexes, write-ahead log.

PostgreSQL keeps the old version of an updated row until the table is written anew, and old write-ahead log until its
files are removed or used again; a file that waits to be used again still holds what it held. So the tables are written
anew (VACUUM FULL), a checkpoint lets go of the log before it, and the files that wait are used up, one by one.
What this cannot reach: archived log, standbys, base backups, the blocks below the file system (docs/secrecy.md).
Never here: which keys.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable

import psycopg
from psycopg import sql

from domain.ledger.migrate import schema_of
from domain.ledger.secrecy.destruction_faults import OldCopiesHeld

_SEGMENT = re.compile(r"[0-9A-F]{24}")
_PAUSE_SECONDS = 0.2

Clean = Callable[[], None]


def clean(keyring_dsn: str, ledger_dsn: str, register: str, *, patience_seconds: float = 30.0) -> None:
    """Leave no older copy of what was taken out of the keyring, and of the index of identity codes.

    The logins must be members of the tables' owners, and the keyring's of pg_checkpoint and pg_monitor, with the right
    to call pg_switch_wal: an administrator's, or a superuser. Raises OldCopiesHeld when the server must keep something.
    """
    for table in ("data_keys", "restricted_parts"):
        written_anew(keyring_dsn, "jaksokirja_keyring_owner", sql.Identifier("keyring", table), patience_seconds)
    index = sql.Identifier(schema_of(register), "client_index")
    written_anew(ledger_dsn, "jaksokirja_owner", index, patience_seconds)
    with psycopg.connect(keyring_dsn, autocommit=True) as connection:
        _use_up_log(connection)


def written_anew(dsn: str, owner: str, table: sql.Identifier, patience_seconds: float) -> None:
    """Write the table and its indexes into new files, without row versions that nobody sees. Raises OldCopiesHeld."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        _wait_for_older(connection, patience_seconds)
        connection.execute(sql.SQL("SET ROLE {}").format(sql.Identifier(owner)))
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (f"{round(patience_seconds * 1000)}ms",))
        try:
            connection.execute(sql.SQL("VACUUM (FULL, ANALYZE) {}").format(table))
        except psycopg.errors.LockNotAvailable:
            told = "The table is in use by a transaction that does not end."
            raise OldCopiesHeld(told, "End it, then carry the destruction out again.") from None


def _wait_for_older(connection: psycopg.Connection, patience_seconds: float) -> None:
    """Until no transaction or replication slot is left that would have old row versions kept: VACUUM copies those."""
    row = connection.execute("SELECT pg_current_xact_id()::xid").fetchone()
    began = row[0] if row else None
    deadline = time.monotonic() + patience_seconds
    while True:
        held = connection.execute(
            "SELECT 'session ' || a.pid FROM pg_stat_activity a WHERE a.datname = current_database()"
            "   AND a.pid <> pg_backend_pid()"
            "   AND greatest(age(a.backend_xmin), age(a.backend_xid)) > age(%(began)s::xid)"
            " UNION ALL SELECT 'prepared transaction ' || p.gid FROM pg_prepared_xacts p"
            "   WHERE p.database = current_database()"
            " UNION ALL SELECT 'replication slot ' || s.slot_name FROM pg_replication_slots s"
            "   WHERE greatest(age(s.xmin), age(s.catalog_xmin)) > age(%(began)s::xid)",
            {"began": began},
        ).fetchall()
        if not held:
            return
        if time.monotonic() > deadline:
            told = ", ".join(str(one) for (one,) in held)
            raise OldCopiesHeld(f"Old row versions are kept for: {told}.", "End these, then carry it out again.")
        time.sleep(_PAUSE_SECONDS)


def _use_up_log(connection: psycopg.Connection) -> None:
    last = _now_written(connection)
    _go_to_next(connection)
    connection.execute("CHECKPOINT")
    waiting = max(_segments(connection), default=last)
    while _now_written(connection) <= waiting:  # whose rest PostgreSQL fills with zeros at each switch
        _go_to_next(connection)
    connection.execute("CHECKPOINT")
    kept = [name for name in _segments(connection) if name <= last]
    if kept:
        raise OldCopiesHeld(
            f"{len(kept)} files of the write-ahead log are kept that may hold the keys, the first {kept[0]}.",
            "Let go of what keeps them (replication slots, wal_keep_size, an archive_command that fails), then carry"
            " it out again.",
        )


def _go_to_next(connection: psycopg.Connection) -> None:
    connection.execute("SELECT pg_logical_emit_message(false, 'jaksokirja', '')")  # an empty file is not switched
    connection.execute("SELECT pg_switch_wal()")


def _now_written(connection: psycopg.Connection) -> str:
    row = connection.execute("SELECT pg_walfile_name(pg_current_wal_insert_lsn())").fetchone()
    return str(row[0]) if row else ""


def _segments(connection: psycopg.Connection) -> list[str]:
    names = (str(name) for (name,) in connection.execute("SELECT name FROM pg_ls_waldir() ORDER BY name"))
    return [name for name in names if _SEGMENT.fullmatch(name)]
