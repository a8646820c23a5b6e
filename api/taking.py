"""Takes errands to a register's book: reads what was sent, has it carried out, and makes the answers.

It says the same in the process that answers HTTP and in the scribe's. Never here: who may send a command (`commands`),
what an order comes to (`domain.ledger.together`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import msgspec
from fastapi.responses import Response

from api.answers import outcome_answer
from api.commands import CommandRoute, command_routes
from api.errands import Answer, Errand
from api.faults import problem_of
from api.logging import where_of
from api.problems import unexpected
from api.reading import read_as
from api.registers import Registers
from domain.commands import ON_EVERY_STREAM
from domain.ledger.book import UNKNOWN, Book, Order, Outcome
from domain.ledger.errors import LedgerUnavailable
from domain.ledger.together import execute_together
from domain.refusal import Unknown
from domain.streams import kind_of


def take(registers: Registers, errands: Sequence[Errand]) -> list[Answer]:
    """The answer to each of the errands, which are all of one register. Raises nothing of an errand's own."""
    try:
        book = registers.book(errands[0].register)
    except Exception as fault:  # it is what everybody hears who asked for this register
        return [fault_told(errand, fault) for errand in errands]
    orders: list[Order | Exception] = []
    for errand in errands:
        away = orders and isinstance(orders[-1], LedgerUnavailable)  # asking again would only keep them all waiting
        orders.append(orders[-1] if away else _order(book, errand))
    outcomes = iter(execute_together(book, [order for order in orders if isinstance(order, Order)]))
    return [
        _answer(book, errand, next(outcomes) if isinstance(order, Order) else order)
        for errand, order in zip(errands, orders, strict=True)
    ]


def _order(book: Book, errand: Errand) -> Order | Exception:
    try:
        route = _routes()[errand.kind, errand.name]
        command = read_as(route.command_type, errand.body)
        if route.command_type in ON_EVERY_STREAM:
            _check_kind(book, errand, route)
    except Exception as fault:  # it is this caller's
        return fault
    return Order(
        stream_id=errand.stream_id,
        command=command,
        command_id=errand.command_id,
        actor=errand.actor,
        expected_version=errand.expected_version,
    )


@cache
def _routes() -> Mapping[tuple[str, str], CommandRoute]:
    return {(route.kind.value, route.command_type.command_name()): route for route in command_routes()}


def _check_kind(book: Book, errand: Errand, route: CommandRoute) -> None:
    """Raises Unknown… when the register has no stream of that kind and id."""
    if kind_of(book.state(errand.stream_id, route.kind).entries) is not route.kind:
        raise UNKNOWN.get(route.kind, Unknown)(f"There is no {route.kind} of that id in this register.")


def _answer(book: Book, errand: Errand, outcome: Outcome | Exception) -> Answer:
    if isinstance(outcome, Exception):
        return fault_told(errand, outcome)
    try:
        return _sent(outcome_answer(book, outcome))
    except Exception as fault:  # it is recorded; only who sent it hears that it cannot be told
        return fault_told(errand, fault)


def fault_told(errand: Errand | None, fault: Exception) -> Answer:
    """How the fault is answered to who sent the errand; with where it came up, if it is unexpected.

    None: an errand that cannot be read.
    """
    known = problem_of(fault, asked_version=errand is not None and errand.expected_version is not None)
    told = known or unexpected().answer
    answer = _sent(told.rendered())
    return msgspec.structs.replace(answer, code=told.code, fault={} if known else where_of(fault))


def _sent(response: Response) -> Answer:
    return Answer(status=response.status_code, headers=response.raw_headers, body=bytes(response.body))
