"""Which streams are under way: those in which the calendar may open something. Asked by the clock, shown to nobody.

Must never hold: writing, what a calendar opens. It is asked of what the projections reflect: a stream that they do not
know yet is found a moment later.
"""

from __future__ import annotations

from collections.abc import Collection
from uuid import UUID

from psycopg import Connection


def streams_under_way(
    connection: Connection[tuple[object, ...]], until_closed: Collection[str], for_ever: Collection[str]
) -> list[UUID]:
    """Their ids, in order. Episodes are asked for by the versions of models that judge them, such as `P7.1`.

    `until_closed`: only while they are open; `for_ever`: closed ones, too. `connection`: as of a `Reading`.
    """
    rows = connection.execute(
        "SELECT stream_id FROM streams_under_way(%s, %s)", (list(until_closed), list(for_ever))
    ).fetchall()
    return [UUID(str(stream_id)) for (stream_id,) in rows]
