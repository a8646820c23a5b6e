"""Makes a register ready for imported history: opened, with its family centres and the service models of the area.

Never here: anything that stands in a row.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator

from domain.catalogue.loader import load_catalogue
from domain.commands import AnyCommand
from domain.ledger.book import Book, Order
from domain.register.commands.open_register import OpenRegister
from domain.register.commands.open_unit import OpenUnit
from domain.register.commands.publish_service_model import PublishServiceModel
from domain.register.commands.succeed_controller import SucceedController
from scripts.legacy.acts import unit_of
from scripts.legacy.naming import Naming
from scripts.legacy.steps import IMPORTER

SERVICES = ("K0", "K1", "K2")
CONTROLLERS = ("Kymsote", "Kymenlaakson hyvinvointialue")
SUCCEEDED_ON = dt.date(2023, 1, 1)
"""The predecessor kept the register until 31.12.2022 (domain book § 1)."""


def open_for_history(book: Book, areas: Iterable[str], first_day: dt.date) -> int:
    """Do what is still to be done, and answer how many facts that took."""
    naming = Naming(book.register_name)
    recorded = 0
    for name, command in _commands(book, sorted(set(areas)), first_day):
        order = Order(
            stream_id=book.register_id,
            command=command,
            command_id=naming.opening(name),
            actor=IMPORTER,
            historical=True,
        )
        recorded += len(book.execute(order).entries)
    return recorded


def _commands(book: Book, areas: list[str], first_day: dt.date) -> Iterator[tuple[str, AnyCommand]]:
    state = book.register_state()
    if not state.exists:
        first, successor = CONTROLLERS
        yield "open", OpenRegister(register_name=book.register_name, controller=first, opened_on=first_day)
        yield "succeed", SucceedController(successor=successor, succeeded_on=SUCCEEDED_ON)
    for area in areas:
        if (unit := unit_of(area)) not in state.units:
            name = f"Perhekeskus {area}"
            yield f"unit/{unit}", OpenUnit(unit_id=unit, unit_name=name, area=area, opened_on=first_day)
    for model in load_catalogue():
        if model.service in SERVICES and (model.service, model.model_version) not in state.models:
            yield f"model/{model.service}.{model.model_version}", PublishServiceModel(content=model)
