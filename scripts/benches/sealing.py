"""What sealing costs the writers: the same appends with the sealer beside them in the process, and without, in turns.

The sealer looks every second, ten times as often as it does by itself, and hashes each time the last thousand records
again. What was written before a turn is sealed before it begins, so that a turn bears what it writes itself.
Never here: how appends are measured.
"""

from __future__ import annotations

import datetime as dt
import statistics
from collections.abc import Callable
from pathlib import Path
from threading import Event, Thread
from typing import TYPE_CHECKING

from domain.ledger.book import Book, Order
from domain.ledger.identity import new_id
from domain.ledger.sealing.working import Workshop, keep_sealing
from domain.ledger.secrecy.keyring import keyring_dsn
from domain.ledger.secrecy.opening import KeyringPlace
from domain.register.commands.open_register import OpenRegister
from domain.register.facts import LogKeyPurpose
from scripts.commandline.keymaking import adopt_new_key

if TYPE_CHECKING:
    from scripts.benches.__main__ import Figure

INTERVAL_SECONDS = 1.0


def beside_sealer(case: str, rate: Callable[[], float], place: tuple[str, str], folder: Path, *, rounds: int) -> Figure:
    """One case: medians of so many rounds of `rate` (events a second), in which the two take turns at going first.

    `place`: the DSN and the register that `rate` writes to.
    """
    dsn, register = place
    workshop = Workshop(state=folder / "sealer", keys=folder / "keys", interval_seconds=INTERVAL_SECONDS)
    _open(dsn, register, workshop)
    sealed: list[float] = []
    alone: list[float] = []
    for number in range(rounds):
        turns = [(sealed, True), (alone, False)]
        for figures, sealing in turns if number % 2 else reversed(turns):
            figures.append(_turn(rate, workshop, dsn, register) if sealing else rate())
    return {
        "bench": "append",
        "case": f"{case}, sealed every {INTERVAL_SECONDS:g} s",
        "ours": statistics.median(sealed),
        "peers": {"not sealed": statistics.median(alone)},
        "limit": None,
        "unit": "events/s",
    }


def _turn(rate: Callable[[], float], workshop: Workshop, dsn: str, register: str) -> float:
    with workshop.sealer(dsn, register) as sealer:
        sealer.seal()
    stop = Event()
    beside = Thread(target=keep_sealing, args=(workshop, dsn, register, stop))
    beside.start()
    try:
        return rate()
    finally:
        stop.set()
        beside.join()


def _open(dsn: str, register: str, workshop: Workshop) -> None:
    """Open the register, if need be, and give it a key."""
    place = KeyringPlace(keyring_dsn(dsn), workshop.keys / "register.key")
    place.make()
    with Book(dsn, register, keyring=place.of(register)) as book:
        if not book.register_state().exists:
            opening = OpenRegister(register_name=register, controller="Bench", opened_on=dt.date(2020, 1, 1))
            book.execute(Order(stream_id=book.register_id, command=opening, command_id=new_id(), actor="bench"))
    adopt_new_key(dsn, register, LogKeyPurpose.CHECKPOINTS, workshop.keys, keyring=place.of(register))
