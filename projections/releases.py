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
from typing import Any

from psycopg import Connection
from psycopg.errors import UndefinedTable

from domain.ledger.connections import as_role
from projections.analysis import FINGERPRINT
from projections.catalogue import PROJECTIONS
from projections.install import register_connection
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


def require_newest(dsn: str, register: str, projections: Iterable[Projection] = PROJECTIONS) -> None:
    """Whoever makes nothing yet asks this, as one who keeps projections: whoever migrates need be no reader.

    Raises OlderRelease when they were ours, and are a newer's.
    """
    with suppress(UndefinedTable), register_connection(as_role(dsn, "projector"), register) as connection:
        _refuse_older(connection, register, release_of(projections))


def claim(
    connection: Connection[Any],
    register: str,
    projections: Iterable[Projection] = PROJECTIONS,
    *,
    on_purpose: bool = False,
) -> None:
    """Write down that the projections are this release's from now on: before it replaces anything, `installing_alone`.

    In the transaction that replaces: what fails has claimed nothing. Raises OlderRelease, unless it is `on_purpose`,
    when a newer release has them.
    """
    own = release_of(projections)
    connection.execute((resources.files("projections") / "releases.sql").read_bytes())
    if not on_purpose:
        _refuse_older(connection, register, own)
    last = connection.execute(_CAME).fetchone()
    if last is None or last[0] != own:
        connection.execute(
            "INSERT INTO projection_releases (number, fingerprint, came_at)"
            " SELECT coalesce(max(number), 0) + 1, %s, %s FROM projection_releases",
            (own, dt.datetime.now(dt.UTC)),
        )


def _refuse_older(connection: Connection[Any], register: str, own: str) -> None:
    came = connection.execute(_CAME).fetchall()
    newer = list(takewhile(lambda one: one[0] != own, came))
    if newer and len(newer) < len(came):
        raise OlderRelease(register, newer[-1][1])


def release_of(projections: Iterable[Projection]) -> str:
    """What tells a release's projections from those of others: their rows, their questions, what analysts see.

    Of all that the release has, also where only some are given.
    """
    whole = {one.name: one for one in (*PROJECTIONS, *projections)}.values()
    parts = sorted(f"{one.name} {one.fingerprint} {one.questions_fingerprint}" for one in whole)
    return hashlib.sha256("\n".join((*parts, FINGERPRINT)).encode()).hexdigest()[:16]
