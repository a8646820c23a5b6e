"""The peer of the command bench: an endpoint that only validates a meeting's body and inserts it, over a pool.

No token, no register, no state, no rule, no key: what a FastAPI application costs that keeps a row. Served as ours is.
`python -m scripts.benches.endpoint DSN PORT`. Never here: measuring.
"""

# Annotations are not postponed here: FastAPI reads those of closures, whose names only the closure knows.

import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from uuid import UUID

from fastapi import FastAPI
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool

from api.serving import keep_from_collector, server_of
from api.settings import Settings
from domain.episode.commands.record_meeting import RecordMeeting

PATH = "/episodes/{stream_id}/record-meeting"
TABLE = """
CREATE TABLE meetings (
    meeting_id uuid PRIMARY KEY, episode_id uuid NOT NULL, recorded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    body jsonb NOT NULL);
"""
_INSERT = "INSERT INTO meetings (meeting_id, episode_id, body) VALUES (%s, %s, %s) RETURNING recorded_at"
_CONNECTIONS = 16


def create_endpoint(dsn: str) -> FastAPI:
    """The application."""
    pool = AsyncConnectionPool(
        dsn, min_size=_CONNECTIONS, max_size=_CONNECTIONS, open=False, kwargs={"autocommit": True}
    )

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with pool:
            yield

    app = FastAPI(lifespan=lifespan)

    @app.post(PATH, status_code=201)
    async def record(stream_id: UUID, meeting: RecordMeeting) -> dict[str, object]:
        async with pool.connection() as connection:
            body = Jsonb(meeting.model_dump(mode="json"))
            cursor = await connection.execute(_INSERT, (meeting.meeting_id, stream_id, body), prepare=True)
            row = await cursor.fetchone()
        return {"meeting_id": meeting.meeting_id, "recorded_at": row[0] if row else None}

    return app


if __name__ == "__main__":
    server = server_of(create_endpoint(sys.argv[1]), Settings(port=int(sys.argv[2])))
    keep_from_collector()
    server.run()
