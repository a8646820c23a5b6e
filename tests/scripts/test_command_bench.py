"""That the command bench posts to episodes under way, each meeting once, and that it counts what is no success."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from uuid import uuid4

import pytest

from domain.episode.state import EpisodeState, Phase
from domain.fact import StreamKind
from domain.ledger.book import Book
from scripts.benches import opened, posting
from scripts.benches.posting import Errand, Posted
from scripts.commandline.session import keyring_of

CONNECTIONS = 3
WAYS = [
    pytest.param(posting.by_ourselves, id="ourselves"),
    pytest.param(
        posting.by_wrk,
        id="wrk",
        marks=pytest.mark.skipif(shutil.which("wrk") is None, reason="wrk is not installed here"),
    ),
]


def test_the_episodes_that_are_written_alike_are_under_way_each_for_a_child_of_its_own(
    register: tuple[str, str],
) -> None:
    with Book(*register, keyring=keyring_of(*register)) as book:
        opened.open_register(book)
        episodes = opened.open_episodes(book, 3)
        states = [book.state(one, StreamKind.EPISODE) for one in episodes]
    found = [one for one in states if isinstance(one, EpisodeState)]
    assert [one.phase for one in found] == [Phase.ACTIVE] * 3
    assert len({one.client_ids for one in found}) == 3
    assert len({len(one.entries) for one in found}) == 1


@contextmanager
def listening(status: int) -> Iterator[tuple[ThreadingHTTPServer, list[str]]]:
    """A server that answers all with the status, and the keys of the commands that came."""
    keys: list[str] = []

    class Taker(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            keys.append(self.headers["Idempotency-Key"])
            self.rfile.read(int(self.headers["Content-Length"]))
            self.send_response(status)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *told: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Taker) as server:
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever).start()
        yield server, keys
        server.shutdown()


def errand(server: ThreadingHTTPServer) -> Errand:
    return Errand(
        host="127.0.0.1",
        port=server.server_port,
        path="/episodes/{stream_id}",
        token="t",
        worker="w",
        episodes=[uuid4(), uuid4()],
        connections=CONNECTIONS,
        seconds=1,
    )


@pytest.mark.parametrize("by", WAYS)
def test_each_meeting_is_posted_once_and_what_was_answered_is_counted(by: Callable[[Errand], Posted]) -> None:
    with listening(201) as (server, keys):
        told = by(errand(server))
    assert told.errors == 0
    assert len(set(keys)) == len(keys)
    assert 0 < told.answers <= len(keys) <= told.answers + CONNECTIONS
    assert 0 < told.p50_ms <= told.p99_ms


@pytest.mark.parametrize("by", WAYS)
def test_what_is_no_success_is_counted_as_an_error(by: Callable[[Errand], Posted]) -> None:
    with listening(503) as (server, _):
        told = by(errand(server))
    assert told.errors == told.answers > 0
