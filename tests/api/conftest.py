"""A served API on a register of its own, a caller with a token, and the log that it writes."""

import io
import logging
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

import httpx
import psycopg
import pytest
import structlog
from psycopg import sql
from psycopg.conninfo import make_conninfo

from api.app import create_app
from api.beside import Beside
from api.identity import issue_token
from api.logging import configure_logging
from api.scribe import Scribe
from api.serving import server_of
from api.settings import Settings
from domain.catalogue.loader import load_catalogue
from domain.commands import AnyCommand
from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.migrate import create_register
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.facts import WorkerRole
from projections.install import install
from scripts.commandline.session import keyring_of
from tests.api.caller import WORKER, Caller


@pytest.fixture(scope="session")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return Settings(data=tmp_path_factory.mktemp("api"), port=0)


@contextmanager
def made_database(server: str, name: str) -> Iterator[str]:
    """A database of that name, for what takes up every register that it finds in one."""
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        yield make_conninfo(server, dbname=name)
        connection.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))


@pytest.fixture(scope="session")
def served_database(postgres: str) -> Iterator[str]:
    """One of the API's own: its followers and its clock take up every register there, those of no other test."""
    with made_database(postgres, f"api_{os.getpid()}") as dsn:
        yield dsn


@pytest.fixture(scope="session")
def opened(served_database: str) -> tuple[str, str]:
    """A register that the tests of the API share, with a worker and all service models; each brings its own clients."""
    name = f"api-{os.getpid()}"
    create_register(served_database, name)
    install(served_database, name)
    book = Book(served_database, name, keyring=keyring_of(served_database, name))
    commands: list[AnyCommand] = [
        OpenRegister(register_name=name, controller="Wellbeing services county", opened_on=date(2020, 1, 1)),
        EnrolWorker(worker_id=WORKER, role=WorkerRole.FAMILY_INSTRUCTOR, enrolled_on=date(2020, 1, 1)),
        *(PublishServiceModel(content=model) for model in load_catalogue()),
    ]
    for command in commands:
        book.execute(Order(stream_id=book.register_id, command=command, command_id=new_id(), actor="tests"))
    book.close()
    return served_database, name


@pytest.fixture(scope="session")
def logging_configured(settings: Settings) -> Iterator[None]:
    """As the API has it where it is served, but written where nobody sees it."""
    handlers, level = logging.getLogger().handlers, logging.getLogger().level
    configure_logging(settings, io.StringIO())
    yield
    structlog.reset_defaults()
    logging.getLogger().handlers = handlers
    logging.getLogger().setLevel(level)


@pytest.fixture
def log(logging_configured: None, settings: Settings) -> Iterator[io.StringIO]:
    """What the API logs while the test runs."""
    written = io.StringIO()
    configure_logging(settings, written)
    yield written
    configure_logging(settings, io.StringIO())


@pytest.fixture(scope="session")
def address(opened: tuple[str, str], settings: Settings, logging_configured: None) -> Iterator[str]:
    """Where the API on that register is served, its projections followed."""
    with served(settings, opened[0], following=True) as address:
        yield address


@pytest.fixture(scope="session")
def caller(address: str, opened: tuple[str, str], settings: Settings) -> Iterator[Caller]:
    """A worker of the register who calls the API."""
    with Caller(address, opened[1], issue_token(settings, WORKER, [opened[1]])) as caller:
        yield caller


@contextmanager
def served(
    settings: Settings,
    dsn: str,
    *,
    following: bool = False,
    beside: Beside | None = None,
    scribe: Scribe | None = None,
) -> Iterator[str]:
    """The address of a served application."""
    app = create_app(settings, dsn=dsn, following=following, beside=beside, scribe=scribe)
    server = server_of(app, settings)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        while not server.started:
            assert thread.is_alive()
            time.sleep(0.005)
        host, port = server.servers[0].sockets[0].getsockname()
        yield f"http://{host}:{port}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def stranger(caller: Caller) -> Iterator[httpx.Client]:
    """Somebody without a token."""
    with httpx.Client(base_url=caller.address) as client:
        yield client
