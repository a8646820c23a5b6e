"""Ids that are not made by a caller: UUIDv7 for new things, and ids that follow from a name, for what has one.

Never here: anything that reads the ledger.
"""

import hashlib
import secrets
import time
from datetime import UTC, datetime
from uuid import UUID

_MILLISECOND = 1_000_000  # of the clock's nanoseconds


def new_id() -> UUID:
    """A UUIDv7 (RFC 9562): ordered by time, so that its index grows at one end.

    Also within a millisecond, by 4096ths of it (section 6.2, method 3): many made together would otherwise go to all
    over the index's last pages, which cost an import a tenth of the server's instructions. 62 bits are left to chance.
    """
    milliseconds, rest = divmod(time.time_ns(), _MILLISECOND)
    return _version_7(milliseconds, rest * 4096 // _MILLISECOND << 62 | secrets.randbits(62))


def id_from_name(*parts: str, moment: datetime | None = None) -> UUID:
    """The same UUIDv7-shaped id for the same parts each time; `moment` (aware) orders it, else the year 2000."""
    digest = hashlib.sha256("\x1f".join(parts).encode()).digest()
    milliseconds = int((moment or datetime(2000, 1, 1, tzinfo=UTC)).timestamp() * 1000)
    return _version_7(milliseconds, int.from_bytes(digest[:10]) & ((1 << 74) - 1))


def register_stream_id(register: str) -> UUID:
    """The id of a register's own stream."""
    return id_from_name("register", register)


def _version_7(milliseconds: int, random: int) -> UUID:
    return UUID(int=milliseconds << 80 | 0x7 << 76 | (random >> 62) << 64 | 0b10 << 62 | random & ((1 << 62) - 1))
