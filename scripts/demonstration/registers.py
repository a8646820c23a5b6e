"""The demonstration registers: whose they are, who works there, which services, and whose stories; and their filling.

Never here: what happens in a story. Kymenlaakso is not here: its history is imported (`history`).
"""

from __future__ import annotations

import contextlib
import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from domain.catalogue.loader import load_catalogue
from domain.commands import AnyCommand
from domain.ledger.book import Book, Order
from domain.ledger.identity import id_from_name
from domain.ledger.migrate import create_register
from domain.register.commands.enrol_worker import EnrolWorker
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.open_unit import OpenUnit
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.facts import WorkerRole
from projections.queries import reading
from projections.rebuild import start_up
from scripts.demonstration import helsinki, lapland, quality, rovaniemi, western_uusimaa
from scripts.demonstration.telling import REFERENCE, SEED, SYSTEM, Hearing, Population, Progress, Tale, tell_all

OPENED_ON = dt.date(2023, 1, 1)
Tales = Callable[[str, str], Iterator[Tale]]
"""The stories of a register of that name, from that seed."""


@dataclass(frozen=True, slots=True)
class Demonstration:
    """A register to be filled. `audited`: the services and areas of which a quality file is kept.

    `has_episodes`: whether services are granted, not only asked for.
    """

    name: str
    controller: str
    services: tuple[str, ...]
    areas: tuple[str, ...]
    workers: Mapping[str, WorkerRole]
    tales: Tales
    audited: tuple[tuple[str, str], ...] = ()
    has_episodes: bool = True


DEMONSTRATIONS = (
    Demonstration(
        "lapland",
        "Lapin hyvinvointialue",
        lapland.SERVICES,
        lapland.AREAS,
        lapland.WORKERS,
        lapland.tales,
        (("P1", "Rovaniemi"), ("P2", "Kemi"), ("P3", "Tornio")),
    ),
    Demonstration(
        "western-uusimaa",
        "Länsi-Uudenmaan hyvinvointialue",
        western_uusimaa.SERVICES,
        western_uusimaa.AREAS,
        western_uusimaa.WORKERS,
        western_uusimaa.tales,
        (("L1", "Espoo"), ("L2", "Espoo")),
    ),
    Demonstration(
        "helsinki", "Helsingin kaupunki", helsinki.SERVICES, helsinki.AREAS, helsinki.WORKERS, helsinki.tales
    ),
    Demonstration(
        "rovaniemi",
        "Rovaniemen kaupunki",
        rovaniemi.SERVICES,
        rovaniemi.AREAS,
        rovaniemi.WORKERS,
        rovaniemi.tales,
        has_episodes=False,
    ),
)


def fill_registers(dsn: str, data: Path, progress: Progress | None = None, *, seed: str = SEED) -> dict[str, int]:
    """Make and fill those that are empty; answers how many entries each got. What is filled is left as it is."""
    return {
        one.name: fill_register(dsn, one, data / f"{one.name}.unfinished", progress, seed=seed)
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
) -> int:
    """Fill the register unless it holds anything already; `register` names another than the demonstration's own.

    The file `unfinished` is there while it is filled: a filling that was cut off is taken up again.
    """
    register = register or demonstration.name
    create_register(dsn, register)
    with contextlib.closing(Book(dsn, register, clock=lambda: REFERENCE)) as book:
        if book.ledger.head()[0] > 0 and not unfinished.exists():
            return 0
        unfinished.touch()
        recorded = _open(book, demonstration)
        tales = list(demonstration.tales(register, seed))
        recorded += tell_all(Hearing(book, _nobody), tales, progress)
        audits = [quality.tale(register, service, area, seed) for service, area in demonstration.audited]
        if audits:
            start_up(dsn, register)
            recorded += tell_all(Hearing(book, _population_of(dsn, book)), audits)
        unfinished.unlink()
        return recorded


def _open(book: Book, demonstration: Demonstration) -> int:
    """The register with its units, workers and models."""
    recorded = 0
    for name, command in _opening(book.register_name, demonstration):
        command_id = id_from_name(book.register_name, SYSTEM, "opening", name)
        if book.ledger.read_command(command_id) is None:
            order = Order(stream_id=book.register_id, command=command, command_id=command_id, actor=SYSTEM)
            recorded += len(book.execute(order).entries)
    return recorded


def _opening(register: str, demonstration: Demonstration) -> Iterator[tuple[str, AnyCommand]]:
    yield "open", OpenRegister(register_name=register, controller=demonstration.controller, opened_on=OPENED_ON)
    for area in demonstration.areas:
        unit_id = f"{register}-{area.lower()}"
        yield unit_id, OpenUnit(unit_id=unit_id, unit_name=f"Yksikkö {area}", area=area, opened_on=OPENED_ON)
    for worker_id, role in demonstration.workers.items():
        yield worker_id, EnrolWorker(worker_id=worker_id, role=role, enrolled_on=OPENED_ON)
    for model in load_catalogue():
        if model.service in demonstration.services:
            yield f"model/{model.service}.{model.model_version}", PublishServiceModel(content=model)


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
