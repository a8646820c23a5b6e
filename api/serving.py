"""Serves an application over HTTP.

Never here: routes, settings of the database.
"""

from __future__ import annotations

import gc

import uvicorn
from fastapi import FastAPI

from api.settings import Settings

COLLECTED_AFTER = (10_000, 1, 100)
"""Objects made and not let go of, collections of those, and of these, before the collector looks at the next older.

The middle ones are looked at after every second collection, not the tenth: so each of these looks is short."""


LAST_SECONDS = 10
"""How long requests that are under way are waited for at the end: one that was half sent may never come."""


def keep_from_collector() -> None:
    """Let the garbage collector pass over all that is there by now: it stays as long as the process does.

    For a process that is about to serve. Else each full collection walks the whole program, and every answer waits. Nor
    is it to walk the states that are kept for the next command each time as many again have come: they hold no circles.
    An answer leaves one or two objects in circles behind; a refusal some hundred, with its command, until 10,000 more
    objects are there.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(*COLLECTED_AFTER)


def server_of(app: FastAPI, settings: Settings) -> uvicorn.Server:
    """A server for the application at the settings' host and port; `run()` it, `should_exit` stops it.

    It writes no log of its own: the application's says one line a request, and the server's may tell addresses.
    """
    return uvicorn.Server(
        uvicorn.Config(
            app,
            host=settings.host,
            port=settings.port,
            access_log=False,
            log_config=None,
            server_header=False,
            proxy_headers=False,  # nothing here asks where a caller is
            lifespan="on",
            ws="none",
            timeout_graceful_shutdown=LAST_SECONDS,
        )
    )
