"""What `scripts/start` does once the environment is there: database, registers, history, caseload, API.

Never here: how any of these is done. A second start finds everything there and changes nothing.
"""

from __future__ import annotations

import argparse
import contextlib
import datetime as dt
import json
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

from fastapi import FastAPI
from uvicorn import Server

from api.app import create_app
from api.beside import Beside
from api.companion import Companion
from api.identity import issue_token
from api.logging import configure_logging
from api.scribe import Scribe
from api.serving import keep_from_collector, server_of
from api.settings import Settings
from domain.ledger.book import Book
from domain.ledger.migrate import create_register, registers
from domain.ledger.secrecy.opening import require_sealed
from projections.queries import CaseloadBy
from projections.rebuild import start_up
from projections.releases import require_newest
from scripts.commandline.caseload import COLUMNS
from scripts.commandline.contacts import COLUMNS as CONTACT_COLUMNS
from scripts.commandline.faults import told
from scripts.commandline.figures import Asked, show_figure
from scripts.commandline.importing import print_report
from scripts.commandline.keymaking import have_keys
from scripts.commandline.progress import bar
from scripts.commandline.session import DEFAULT_REGISTER, database, keyring_of, require_port
from scripts.commandline.tables import console
from scripts.demonstration.history import import_into_empty
from scripts.demonstration.registers import (
    DEMONSTRATIONS,
    EARLIEST_END,
    KYMENLAAKSO,
    fill_register,
    fill_registers,
    yesterday,
)
from scripts.standard_files import hold_standard_files

QUESTIONS = (
    "/health",
    f"/v1/registers/{DEFAULT_REGISTER}/caseload?by=area",
    f"/v1/registers/{DEFAULT_REGISTER}/early-support?from=2020-01-01&to=2025-12-31",
)
"""What `--check` asks of the running API."""
START_LIMIT_SECONDS = 30.0


def main() -> int:
    """Start; the exit code is 0 unless something that can be told in a line went wrong."""
    hold_standard_files()
    parser = argparse.ArgumentParser(prog="scripts/start", description="Start Jaksokirja with its demonstration.")
    parser.add_argument("--check", action="store_true", help="ask the running API three questions, then stop it all")
    until = "the day on which the demonstration's story ends (default: yesterday); what is filled stays as it is"
    parser.add_argument("--until", type=_day, metavar="YYYY-MM-DD", help=until)
    asked = parser.parse_args()
    try:
        _start(Settings.from_environment(), check=asked.check, until=asked.until)
    except KeyboardInterrupt:
        return 0
    except Exception as error:
        fault_told = told(error)
        if fault_told is None:
            raise
        print(f"scripts/start: {fault_told.message} [{fault_told.code}]", file=sys.stderr)
        return fault_told.exit_status
    return 0


def _day(text: str) -> dt.date:
    """A day on which the stories can end. Raises ArgumentTypeError: no day, a future one, or before the registers."""
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text} is no day: write it as in 2026-01-31") from None
    if not EARLIEST_END <= day <= yesterday():
        raise argparse.ArgumentTypeError(f"{day} is not between {EARLIEST_END} and {yesterday()}")
    return day


def _start(settings: Settings, *, check: bool, until: dt.date | None) -> None:
    if check:
        settings = settings.model_copy(update={"port": 0})
    require_port(settings)
    settings.data.mkdir(parents=True, exist_ok=True)
    log_path = settings.data / "jaksokirja.log"
    with database(settings, kept=True) as dsn, log_path.open("a", encoding="utf-8") as log:
        configure_logging(settings, log)
        keyring = settings.keyring(dsn)
        keyring.make()
        for register in registers(dsn):
            require_newest(dsn, register)
            keyring.require_opening(register)
            require_sealed(dsn, register)
        fill(dsn, settings.data, until)
        show_caseloads()
        have_keys(settings, dsn)
        with Beside(settings, dsn, log) as beside, Scribe(settings, dsn, log) as scribe:
            app = create_app(settings, dsn=dsn, beside=beside, scribe=scribe)
            if check:
                _ask_and_stop(app, settings, (beside, scribe))
            else:
                _show_addresses(settings, log_path)
                keep_from_collector()
                server_of(app, settings).run()


def fill(dsn: str, data: Path, until: dt.date | None = None) -> None:
    """Make the registers, fill those that are empty up to that day, and bring the projections of all up to date."""
    create_register(dsn, DEFAULT_REGISTER)
    book = Book(dsn, DEFAULT_REGISTER, keyring=keyring_of(dsn, DEFAULT_REGISTER))
    try:
        with bar("Importing the demonstration", "steps") as progress:
            report = import_into_empty(book, data / "demonstration.unfinished", progress)
        if report is not None:
            print_report(report, console())
    finally:
        book.close()
    unfinished = data / f"{DEFAULT_REGISTER}.unfinished"
    with bar("Telling the demonstration registers", "steps") as progress:
        if report is not None or unfinished.exists():  # else the history is somebody's own
            fill_register(dsn, KYMENLAAKSO, unfinished, progress, until=until)
        fill_registers(dsn, data, progress, until=until)
    for register in registers(dsn):
        start_up(dsn, register)


def show_caseloads() -> None:
    """The caseload of today: Kymenlaakso's by worker, the others' by service; contacts where nothing is granted."""
    _show_caseload(DEFAULT_REGISTER, "worker")
    for demonstration in DEMONSTRATIONS:
        if demonstration.has_episodes:
            _show_caseload(demonstration.name, "service")
        else:
            _show_contacts(demonstration.name)


def _show_caseload(register: str, by: CaseloadBy) -> None:
    asked = Asked(by=by, register=register)
    show_figure(
        "caseload", asked, COLUMNS, lambda read, position: read.caseload(by, on_day=asked.on_day, as_of=position)
    )


def _show_contacts(register: str) -> None:
    asked = Asked(by="service", register=register)
    first, last = asked.period
    show_figure(
        "contacts",
        asked,
        CONTACT_COLUMNS,
        lambda read, position: read.contacts("service", on_day=asked.on_day, from_on=first, to_on=last, as_of=position),
    )


def _show_addresses(settings: Settings, log_path: Path) -> None:
    base = f"http://{settings.host}:{settings.port}"
    print(f"\nOpen  {base}/")
    print(f"API   {base}/openapi.json   {base}/health")
    print("Ask   TOKEN=$(.venv/bin/jaksokirja token O1)")
    print(f"      curl -H \"Authorization: Bearer $TOKEN\" '{base}{QUESTIONS[1]}'")
    print(f"Log   {log_path}")
    print("Stop  Ctrl-C\n", flush=True)


def _ask_and_stop(app: FastAPI, settings: Settings, companions: Sequence[Companion]) -> None:
    token = issue_token(settings, "start-check", [DEFAULT_REGISTER])
    with _serving(server_of(app, settings)) as port:
        wait_for_work(companions)
        for question in QUESTIONS:
            address = f"http://{settings.host}:{port}{question}"
            request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
            with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310 -- the same
                body = json.loads(answer.read())
                print(f"GET {question}\n{answer.status} {json.dumps(body, ensure_ascii=False)}\n")


def wait_for_work(companions: Sequence[Companion]) -> None:
    """Until all have come to work, or for as long as a start may take: else health is told of a start half made."""
    deadline = time.monotonic() + START_LIMIT_SECONDS
    while any(one.health()["status"] != "up" for one in companions) and time.monotonic() < deadline:
        time.sleep(0.02)


@contextlib.contextmanager
def _serving(server: Server) -> Iterator[int]:
    """Serve beside; yields the port. The server has stopped when this ends."""
    thread = threading.Thread(target=server.run, name="serve")
    thread.start()
    try:
        deadline = time.monotonic() + START_LIMIT_SECONDS
        while not server.started:
            if not thread.is_alive() or time.monotonic() > deadline:
                raise RuntimeError("the API did not start")
            time.sleep(0.02)
        yield server.servers[0].sockets[0].getsockname()[1]
    finally:
        server.should_exit = True
        thread.join()


if __name__ == "__main__":
    sys.exit(main())
