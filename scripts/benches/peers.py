"""What an append is measured beside: the library's recorder, two other event stores where installed, and pgbench.

UmaDB is found where Python finds packages (`pip install umadb`: its wheel holds the server), message-db where node
finds them (`npm install @eventide/message-db`: its SQL goes into a database of its own). Neither is a dependency.
Never here: our own recorder, what the figures mean.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.metadata
import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import psycopg
from eventsourcing.persistence import InfrastructureFactory, StoredEvent
from eventsourcing.utils import Environment
from psycopg import sql
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from domain.ledger.identity import new_id
from scripts.postgres import binary

NAME = "meeting_held.1"
STATE = b'{"occurred_at":"2022-03-01T10:00:00+00:00","plain":"' + b"x" * 480 + b'"}'
MESSAGE_DB = "message_db"
START_LIMIT_SECONDS = 20

Append = Callable[[], object]

PEER_TABLE = """
CREATE TABLE pgbench_event (
    position bigint PRIMARY KEY, stream_id uuid NOT NULL, version integer NOT NULL, name text NOT NULL,
    recorded_at timestamptz NOT NULL, record bytea NOT NULL, UNIQUE (stream_id, version));
CREATE SEQUENCE pgbench_position CACHE 1;
"""
_PEER_INSERT = """
INSERT INTO pgbench_event VALUES
    (nextval('pgbench_position'), gen_random_uuid(), 1, 'meeting_held.1', clock_timestamp(), decode(:record, 'hex'));
"""


@contextlib.contextmanager
def stock(dsn: str, writers: int) -> Iterator[Callable[[Sequence[StoredEvent]], object]]:
    """What records events by the library's own recorder, from so many threads."""
    place = conninfo_to_dict(dsn)
    named = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": str(place["dbname"]),
        "POSTGRES_HOST": str(place["host"]),
        "POSTGRES_PORT": str(place["port"]),
        "POSTGRES_USER": str(place["user"]),
        "POSTGRES_PASSWORD": "",
        "POSTGRES_POOL_SIZE": str(writers),
        "POSTGRES_MAX_OVERFLOW": str(writers),
    }
    factory: InfrastructureFactory = InfrastructureFactory.construct(Environment("Bench", named))
    try:
        yield factory.application_recorder().insert_events
    finally:
        factory.close()


@contextlib.contextmanager
def stock_append(dsn: str, writers: int) -> Iterator[Append]:
    """One event by the library's own recorder."""
    with stock(dsn, writers) as record:
        yield lambda: record([StoredEvent(new_id(), 1, NAME, STATE)])


@contextlib.contextmanager
def others(dsn: str, folder: Path) -> Iterator[Mapping[str, Append]]:
    """One event by each other store that is installed, by its name and version; says on stderr which is not."""
    found: dict[str, Append] = {}
    with contextlib.ExitStack() as stack:
        try:
            version = importlib.metadata.version("umadb")
        except importlib.metadata.PackageNotFoundError:
            print("UmaDB is not measured: pip install umadb", file=sys.stderr)
        else:
            found[f"UmaDB {version}"] = stack.enter_context(_umadb(folder))
        if (package := _message_db_package()) is None:
            print("message-db is not measured: npm install @eventide/message-db", file=sys.stderr)
        else:
            version = (package / "database" / "VERSION.txt").read_text().strip()
            found[f"message-db {version}"] = stack.enter_context(_message_db(dsn, package / "database"))
        yield found


@contextlib.contextmanager
def _umadb(folder: Path) -> Iterator[Append]:
    umadb: Any = importlib.import_module("umadb")  # published with types, but not installed where types are checked
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    serve = "import sys; from umadb.umadb_server_cli import main; sys.exit(main())"
    place = ("--listen", f"127.0.0.1:{port}", "--db-path", str(folder / "uma.db"))
    server = subprocess.Popen([sys.executable, "-c", serve, *place], stdout=subprocess.DEVNULL)
    here = threading.local()

    def append() -> None:
        if not hasattr(here, "client"):
            here.client = umadb.Client(f"http://127.0.0.1:{port}")
        stream = str(new_id())
        event = umadb.Event(event_type=NAME, data=STATE, tags=[stream], uuid=new_id())
        nothing_of_it = umadb.Query(items=[umadb.QueryItem(tags=[stream])])
        here.client.append([event], condition=umadb.AppendCondition(fail_if_events_match=nothing_of_it))

    try:
        _wait_for(port)
        yield append
    finally:
        server.terminate()
        server.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.05)
        else:
            return


def _message_db_package() -> Path | None:
    folders = [Path(each) for each in os.environ.get("NODE_PATH", "").split(os.pathsep) if each]
    folders += [folder / "node_modules" for folder in (Path.cwd(), *Path.cwd().parents)]
    packages = [folder / "@eventide" / "message-db" for folder in folders]
    return next((package for package in packages if (package / "database" / "VERSION.txt").exists()), None)


@contextlib.contextmanager
def _message_db(dsn: str, scripts: Path) -> Iterator[Append]:
    """write_message() in autocommit, a connection a thread; pgcrypto is left out, as its functions are built in."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(MESSAGE_DB)))
    place = make_conninfo(dsn, dbname=MESSAGE_DB, options="-c search_path=message_store,public")
    with psycopg.connect(place, autocommit=True) as connection:
        for kind in ("roles", "schema", "types", "tables", "functions", "indexes"):
            for file in sorted((scripts / kind).glob("*.sql")):
                connection.execute(file.read_bytes())
    statement = "SELECT write_message(%s::varchar, %s::varchar, %s::varchar, %s::jsonb, NULL, -1)"
    here, opened = threading.local(), list[psycopg.Connection]()

    def append() -> None:
        if not hasattr(here, "connection"):
            here.connection = psycopg.connect(place, autocommit=True, prepare_threshold=1)
            opened.append(here.connection)
        given = (str(new_id()), f"meeting-{new_id()}", NAME, STATE.decode())
        here.connection.execute(statement, given)

    try:
        yield append
    finally:
        for each in opened:
            each.close()


def pgbench(dsn: str, folder: Path, writers: int, seconds: float) -> float:
    """Inserts of the same row a second, by so many clients; nothing but the row and its two indexes."""
    place = conninfo_to_dict(dsn)
    script = folder / "insert.sql"
    script.write_text(_PEER_INSERT)
    script.chmod(0o644)
    done = subprocess.run(
        [
            *(str(binary("pgbench")), "-n", "-M", "prepared", "-f", str(script)),
            *("-D", f"record={(b'h' * 90 + STATE).hex()}"),
            *("-c", str(writers), "-j", str(min(writers, 2)), "-T", str(max(1, round(seconds)))),
            *("-h", str(place["host"]), "-p", str(place["port"]), "-U", str(place["user"]), str(place["dbname"])),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("tps ="))
    return float(line.split()[2])
