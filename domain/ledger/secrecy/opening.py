"""Where an installation's keyring and register key are, and how both are made and opened.

Never here: a setting's name, keys.
"""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import psycopg
from psycopg import sql

from domain.ledger.connections import as_role
from domain.ledger.errors import LedgerError
from domain.ledger.migrate import schema_of
from domain.ledger.secrecy.keyring import Keyring, bound, create_keyring, require_keyring
from domain.ledger.secrecy.wrapping import REGISTER_KEY, KeyService, RegisterKey, make_register_key, register_secret

_FIRST_EVENTS = 1000


class OlderData(LedgerError):
    """The register was filled before sensitive parts were sealed."""


def require_sealed(dsn: str, register: str) -> None:
    """Raises OlderData when the register's first events hold sensitive parts in the clear."""
    events = sql.Identifier(schema_of(register), "events")
    first = sql.SQL("SELECT record FROM {} ORDER BY position LIMIT {}").format(events, _FIRST_EVENTS)
    open_part = sql.SQL("SELECT FROM ({}) e WHERE position({} IN e.record) > 0 LIMIT 1")
    with psycopg.connect(as_role(dsn, "reader")) as connection:
        found = connection.execute(open_part.format(first, sql.Literal(b'"sensitive":{'))).rowcount
    if found:
        raise OlderData(
            f"The register {register} was filled by an earlier version, which stored sensitive parts in the clear."
            " It is not read. Set JAKSOKIRJA_DATA to a new folder (or remove the old one, `.data` in the project"
            " unless set) and start again: the demonstration is made anew, an export is imported anew."
        )


@dataclass(frozen=True, slots=True)
class KeyringPlace:
    """The keyring's DSN, and the file of the register key (which JAKSOKIRJA_REGISTER_KEY takes the place of)."""

    dsn: str
    key_file: Path
    patience_seconds: float = 5.0

    def make(self) -> bool:
        """Make what is missing of database, roles, table and register key; whether a new register key was made.

        A login that may not make them finds them made by this release, or KeyringNotMigrated is raised. Raises
        RegisterKeyFault when the keyring holds keys and the register key that they are wrapped by is gone: a new one
        could not open them.
        """
        try:
            create_keyring(self.dsn)
        except psycopg.errors.InsufficientPrivilege:  # who serves need not be who migrates
            require_keyring(self.dsn)
        made = False
        if not os.environ.get(REGISTER_KEY) and not self.key_file.exists() and not self._holds_keys():
            made = make_register_key(self.key_file)
        register_secret(self.key_file)
        return made

    def of(self, register: str, *, restricted: bool = False) -> Keyring:
        """The keyring of one register; `restricted`: for the few, with what was restricted. Raises RegisterKeyFault."""
        return Keyring(
            self.dsn,
            register,
            self.service(register),
            restricted=self.restricted_service(register) if restricted else None,
            patience_seconds=self.patience_seconds,
        )

    def service(self, register: str) -> KeyService:
        """Who wraps the keys of the register. Raises RegisterKeyFault."""
        return RegisterKey(register_secret(self.key_file), register)

    def restricted_service(self, register: str) -> KeyService:
        """Who wraps those of what was restricted. Raises RegisterKeyFault."""
        return RegisterKey(register_secret(self.key_file), f"{register} restricted")  # no register's name has a blank

    def require_opening(self, register: str) -> None:
        """Raises RegisterKeyFault when the register key is not the one that the register's keys were wrapped by.

        One key of the register tells it, before anything of it is read or sealed; a register may have none yet.
        """
        one = (
            "SELECT key_id, holder_id, task, wrapped FROM keyring.data_keys"
            " WHERE register = %s AND state = 'active' LIMIT 1"
        )
        with psycopg.connect(self.dsn, options="-c role=jaksokirja_keykeeper") as connection:
            found = connection.execute(one, (register,)).fetchone()
        if found is not None:
            self.service(register).unwrap(found[3], bound(register, *found[:3]))

    def _holds_keys(self) -> bool:
        with psycopg.connect(self.dsn, options="-c role=jaksokirja_keykeeper") as connection:
            return connection.execute("SELECT FROM keyring.data_keys WHERE wrapped IS NOT NULL LIMIT 1").rowcount > 0
