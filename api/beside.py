"""What runs beside the API: followers, sealers and the ledger's clock, in a process of their own.

So they take no turn at the interpreter that commands wait for.
Never here: what following, sealing and keeping time are (`registers`), how a companion is started and kept, HTTP.
"""

from __future__ import annotations

import os
import select
import sys
import threading

from api.companion import Companion, Told, run_companion, say_at_work
from api.registers import Registers
from api.sealing import workshop_of

LOOK_SECONDS = 2.0
"""How often it looks for registers that were made meanwhile."""
BEHIND = 5
"""By how much nicer it is than the processes that somebody waits for: where all want the processor at once, those go
first, and it has a quarter to their three."""


class Beside(Companion):
    """The process beside."""

    name = "beside"
    module = __name__


def run(told: Told, ended: threading.Event) -> None:
    """Follow, seal and keep time in all registers, those that are made meanwhile too, until it is to end.

    Says once that all are open. Raises BadWitness, OSError.
    """
    settings = told.settings
    registers = Registers(
        told.dsn,
        patience_seconds=settings.patience_seconds,
        keyring=settings.keyring(told.dsn),
        following=True,
        workshop=workshop_of(settings),
        sealing=True,
    )
    said = False
    try:
        while not ended.is_set():
            if registers.open_all() and not said:
                said = True
                say_at_work()
            ended.wait(LOOK_SECONDS)
    finally:
        registers.close()


def _run_until_let_go(told: Told) -> None:
    ended = threading.Event()

    def wait_for_the_end() -> None:
        select.select([sys.stdin.fileno()], [], [])
        ended.set()

    threading.Thread(target=wait_for_the_end, name="input", daemon=True).start()
    run(told, ended)


def main() -> None:
    """The process beside."""
    os.nice(BEHIND)
    run_companion("beside", Told, _run_until_let_go)
