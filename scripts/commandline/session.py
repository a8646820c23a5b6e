"""What most commands begin with: the settings, the database, and which register is meant.

Never here: what is asked of a register.
"""

from __future__ import annotations

import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from api.settings import Settings
from domain.ledger.book import Book
from domain.ledger.migrate import create_register, registers
from domain.ledger.secrecy.keyring import Keyring
from domain.ledger.secrecy.opening import require_sealed
from scripts.commandline.faults import FAILURE, CommandFault
from scripts.postgres import running

DEFAULT_REGISTER = "kymenlaakso"


@contextmanager
def database(settings: Settings | None = None, *, kept: bool = False) -> Iterator[str]:
    """The DSN: of the outer server that the settings name, or of the embedded one, shared with all who use it.

    `kept`: the embedded one is started anew when it ends meanwhile.
    """
    settings = settings or Settings.from_environment()
    with _terminated_like_ctrl_c():
        if settings.dsn is not None:
            yield settings.dsn
            return
        with running(settings.data, kept=kept) as dsn:
            yield dsn


@contextmanager
def _terminated_like_ctrl_c() -> Iterator[None]:
    """A plain `kill`, as service managers send it, ends the process as Ctrl-C does: no server is left behind.

    So does the end of the terminal that it was started in, unless that is to be ignored (`nohup`).
    """
    if threading.current_thread() is not threading.main_thread():
        yield  # only the main thread may say what signals do
        return
    before = {signal.SIGTERM: signal.signal(signal.SIGTERM, signal.default_int_handler)}
    if signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        before[signal.SIGHUP] = signal.signal(signal.SIGHUP, _terminate)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _terminate(_: int, __: object) -> None:
    """Whoever handles the signal to end, as the web server does, handles this one too."""
    signal.raise_signal(signal.SIGTERM)


def require_port(settings: Settings) -> None:
    """Raises CommandFault when the port cannot be listened at, before anything is started."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            message = (
                f"{settings.host}:{settings.port} cannot be listened at ({error.strerror}). "
                "Is it running already? Else set JAKSOKIRJA_PORT to a free port."
            )
            raise CommandFault(message, "port_taken", FAILURE) from None


def register_meant(dsn: str, named: str | None) -> str:
    """The register that is named, else kymenlaakso, else the only one. Raises CommandFault."""
    known = registers(dsn)
    if named is None and (DEFAULT_REGISTER in known or len(known) == 1):
        return DEFAULT_REGISTER if DEFAULT_REGISTER in known else known[0]
    there = f"Registers here: {', '.join(known) or 'none yet (jaksokirja migrate NAME makes one)'}."
    if named is None:
        raise CommandFault(f"Say which register with --register. {there}", "register_not_named")
    if named not in known:
        raise CommandFault(f"There is no register {named}. {there}", "unknown_register")
    return named


def register_to_fill(dsn: str, named: str | None) -> str:
    """As `register_meant`; the default register is made, with a keyring, when it is not there yet."""
    if named in (None, DEFAULT_REGISTER) and not registers(dsn):
        Settings.from_environment().keyring(dsn).make()
        create_register(dsn, DEFAULT_REGISTER)
    return register_meant(dsn, named)


def keyring_of(dsn: str, register: str) -> Keyring:
    """The register's keyring, where the settings have it. Raises RegisterKeyFault."""
    return Settings.from_environment().keyring(dsn).of(register)


@contextmanager
def book_of(dsn: str, register: str) -> Iterator[Book]:
    """The register's book. Raises OlderData, RegisterKeyFault."""
    require_sealed(dsn, register)
    book = Book(dsn, register, keyring=keyring_of(dsn, register))
    try:
        yield book
    finally:
        book.close()
