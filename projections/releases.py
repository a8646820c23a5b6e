"""Which release a register's projections are of: a newer one makes them anew, an older one turns nothing back.

Releases have no numbers here: newer is what came later. One whose folds and questions are, all together, just those of
one that was here before is taken for that one.
Must never hold: how projections are made.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Iterable
from contextlib import suppress
from importlib import resources
from itertools import takewhile

from psycopg.errors import UndefinedTable

from domain.ledger.connections import as_role
from projections.analysis import FINGERPRINT
from projections.catalogue import PROJECTIONS
from projections.install import installing_alone, owner_connection, register_connection
from projections.rows import Projection

_CAME = "SELECT fingerprint, came_at FROM projection_releases ORDER BY number DESC"


class OlderRelease(Exception):
    """A newer release has the projections now: this one had them before, and would only turn them back."""

    def __init__(self, register: str, since: dt.datetime) -> None:
        super().__init__(
            f"Since {since:%Y-%m-%d %H:%M} UTC a newer release has the projections of {register}, which this one had"
            " before: it turns nothing back. Stop it, and start the newer one. To go back to this one on purpose, stop"
            f" the newer one, and let this one make them: `jaksokirja rebuild -r {register}`."
        )


def require_newest(dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS) -> bool:
    """Whether the projections are this release's already. Raises OlderRelease when they were, and are a newer one's."""
    came: list[tuple[str, dt.datetime]] = []
    with suppress(UndefinedTable), register_connection(as_role(dsn, "reader"), register) as connection:
        came = connection.execute(_CAME).fetchall()
    own = release_of(projections)
    newer = list(takewhile(lambda one: one[0] != own, came))
    if newer and len(newer) < len(came):
        raise OlderRelease(register, newer[-1][1])
    return bool(came) and not newer


def note_release(dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS) -> None:
    """Write down that the projections are this release's now. The login must be a member of jaksokirja_migrator."""
    own = release_of(projections)
    with owner_connection(dsn, register) as connection:
        installing_alone(connection, register)
        connection.execute((resources.files("projections") / "releases.sql").read_bytes())
        last = connection.execute(_CAME).fetchone()
        if last is None or last[0] != own:
            connection.execute(
                "INSERT INTO projection_releases (number, fingerprint, came_at)"
                " SELECT coalesce(max(number), 0) + 1, %s, %s FROM projection_releases",
                (own, dt.datetime.now(dt.UTC)),
            )


def release_of(projections: Iterable[Projection]) -> str:
    """What tells a release's projections from those of others: their rows, their questions, what analysts see."""
    parts = sorted(f"{one.name} {one.fingerprint} {one.questions_fingerprint}" for one in projections)
    return hashlib.sha256("\n".join((*parts, FINGERPRINT)).encode()).hexdigest()[:16]
