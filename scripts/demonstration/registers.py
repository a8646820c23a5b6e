"""The demonstration registers: whose they are, who works where, which services, and whose stories; and their filling.

Never here: what happens in a story. Kymenlaakso's history is imported first (`history`); its last year is told.
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

from domain.calendar import HELSINKI
from domain.catalogue.loader import load_catalogue
from domain.commands import AnyCommand
from domain.ledger.book import Book, Order
from domain.ledger.identity import id_from_name
from domain.ledger.migrate import create_register
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.open_unit import OpenUnit
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.commands.remove_worker import RemoveWorker
from domain.register.facts import WorkerRole
from projections.queries import reading
from projections.rebuild import start_up
from scripts.commandline.session import keyring_of
from scripts.demonstration import helsinki, kymenlaakso_year, lapland, quality, rovaniemi, western_uusimaa
from scripts.demonstration.course import Place
from scripts.demonstration.hearing import Progress, StoryClock, tell_all
from scripts.demonstration.lapland import places as in_lapland
from scripts.demonstration.telling import DAY, SEED, SYSTEM, Hearing, Population, Tale, Teller

OPENED_ON = dt.date(2023, 1, 1)
EARLIEST_END = dt.date(2025, 6, 1)
"""No story can end before it: the longest begins two years before the end, when the registers were open."""
Tales = Callable[[Teller], Iterator[Tale]]
"""The stories of a register."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A register to be filled. `audited`: the services and areas of which a quality file is kept.

    `has_episodes`: whether services are granted, not only asked for. `begun_elsewhere`: the register, its units and
    models are there already, with a history.
    """

    name: str
    controller: str
    services: tuple[str, ...]
    places: tuple[Place, ...]
    workers: Mapping[str, tuple[WorkerRole, Place]]
    tales: Tales
    audited: tuple[tuple[str, str], ...] = ()
    has_episodes: bool = True
    begun_elsewhere: bool = False


DEMONSTRATIONS = (
    Demonstration(
        "lapland",
        "Lapin hyvinvointialue",
        in_lapland.SERVICES,
        in_lapland.PLACES,
        in_lapland.WORKERS,
        lapland.tales,
        (("P1", "Rovaniemi"), ("P2", "Rovaniemi"), ("P4", "Rovaniemi"), ("P8", "Rovaniemi")),
    ),
    Demonstration(
        "western-uusimaa",
        "Länsi-Uudenmaan hyvinvointialue",
        western_uusimaa.SERVICES,
        western_uusimaa.PLACES,
        western_uusimaa.WORKERS,
        western_uusimaa.tales,
        (("L1", "Espoo"), ("L2", "Espoo")),
    ),
    Demonstration(
        "helsinki",
        "Helsingin kaupunki",
        helsinki.SERVICES,
        helsinki.PLACES,
        helsinki.WORKERS,
        helsinki.tales,
        (("H1", "Itä"),),
    ),
    Demonstration(
        "rovaniemi",
        "Rovaniemen kaupunki",
        rovaniemi.SERVICES,
        rovaniemi.PLACES,
        rovaniemi.WORKERS,
        rovaniemi.tales,
        has_episodes=False,
    ),
)
KYMENLAAKSO = Demonstration(
    "kymenlaakso",
    "Kymenlaakson hyvinvointialue",
    kymenlaakso_year.SERVICES,
    kymenlaakso_year.PLACES,
    kymenlaakso_year.WORKERS,
    kymenlaakso_year.tales,
    (("K2", "Kotka"),),
    begun_elsewhere=True,
)
"""Told only where the demonstration history was imported: whose history it is otherwise, nothing is added to."""


def yesterday() -> dt.date:
    """The day that story time ends on unless another is told."""
    return dt.datetime.now(HELSINKI).date() - DAY


def fill_registers(
    dsn: str, data: Path, progress: Progress | None = None, *, seed: str = SEED, until: dt.date | None = None
) -> dict[str, int]:
    """Make and fill those that are empty, up to that day; answers how many entries each got.

    What is filled is left as it is, whatever the day.
    """
    return {
        one.name: fill_register(dsn, one, data / f"{one.name}.unfinished", progress, seed=seed, until=until)
        for one in DEMONSTRATIONS
    }


def fill_register(
    dsn: str,
    demonstration: Demonstration,
    unfinished: Path,
    progress: Progress | None = None,
    *,
    register: str | None = None,
    seed: str = SEED,
    until: dt.date | None = None,
) -> int:
    """Fill the register unless it holds anything already; `register` names another than the demonstration's own.

    The file `unfinished` is there while it is filled, and says up to which day: a filling that was cut off is taken
    up again, up to the same day.
    """
    register = register or demonstration.name
    create_register(dsn, register)
    clock = StoryClock(dt.datetime.now(HELSINKI))
    keyring = keyring_of(dsn, register)
    with contextlib.closing(Book(dsn, register, keyring=keyring, clock=clock)) as book:
        if not unfinished.exists():
            if _is_told(book, demonstration):
                return 0
            unfinished.write_text((until or yesterday()).isoformat(), encoding="ascii")
        day = dt.date.fromisoformat(unfinished.read_text(encoding="ascii"))
        recorded = _fill(book, dsn, demonstration, Teller(register, seed, day), clock=clock, progress=progress)
        unfinished.unlink()
        return recorded


def _is_told(book: Book, one: Demonstration) -> bool:
    """Whether anything is there that no story may be added to: of one that began elsewhere, its told year."""
    if not one.begun_elsewhere:
        return book.ledger.head()[0] > 0
    first = id_from_name(book.register_name, SYSTEM, "opening", next(iter(one.workers)))
    return book.ledger.read_command(first) is not None


def _fill(
    book: Book, dsn: str, one: Demonstration, teller: Teller, *, clock: StoryClock, progress: Progress | None
) -> int:
    recorded = _open(book, one, teller.until)
    recorded += tell_all(Hearing(book, _nobody), list(one.tales(teller)), clock, teller.until, progress)
    audits = [quality.tale(teller, service, area) for service, area in one.audited]
    if audits:
        start_up(dsn, book.register_name)
        recorded += tell_all(Hearing(book, _population_of(dsn, book)), audits, clock, teller.until)
    return recorded


def _open(book: Book, demonstration: Demonstration, until: dt.date) -> int:
    """The register with its units, workers and models, as far as they are not there yet."""
    recorded = 0
    for name, command in opening(book.register_name, demonstration, until):
        command_id = id_from_name(book.register_name, SYSTEM, "opening", name)
        if book.ledger.read_command(command_id) is None:
            order = Order(stream_id=book.register_id, command=command, command_id=command_id, actor=SYSTEM)
            recorded += len(book.execute(order).entries)
    return recorded


def opening(register: str, one: Demonstration, until: dt.date) -> Iterator[tuple[str, AnyCommand]]:
    """The commands with which a register begins, each with a name of its own; one worker left half a year ago."""
    told: dict[str, Any]
    if not one.begun_elsewhere:
        yield "open", OpenRegister(register_name=register, controller=one.controller, opened_on=OPENED_ON)
        for place in one.places:
            told = {"unit_name": place.unit_name, "area": place.area, "producer": place.producer}
            yield place.unit_id, OpenUnit(unit_id=place.unit_id, opened_on=OPENED_ON, **told)
        for model in load_catalogue():
            if model.service in one.services:
                yield f"model/{model.service}.{model.model_version}", PublishServiceModel(content=model)
    for worker_id, (role, place) in one.workers.items():
        told = {"unit_id": place.unit_id, "area": place.area, "enrolled_on": OPENED_ON}
        yield worker_id, EnrolWorker(worker_id=worker_id, role=role, **told)
    gone = f"{one.name[0].upper()}99"
    yield gone, EnrolWorker(worker_id=gone, role=WorkerRole.FAMILY_INSTRUCTOR, enrolled_on=OPENED_ON)
    yield f"{gone}/left", RemoveWorker(worker_id=gone, left_on=until - 180 * DAY)


def _population_of(dsn: str, book: Book) -> Population:
    """The population of an audit, as known now."""
    position = book.ledger.head()[0]

    def population(service: str, area: str, first: dt.date, last: dt.date) -> tuple[int, tuple[UUID, ...]]:
        with reading(dsn, book.register_name) as asked:
            rows = asked.audit_population(service, first, last, area=area, as_of=position).rows
        return position, tuple(row.episode_id for row in rows)

    return population


def _nobody(_service: str, _area: str, _first: dt.date, _last: dt.date) -> tuple[int, tuple[UUID, ...]]:
    return 0, ()
