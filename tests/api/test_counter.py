"""The counter takes every command at its plain address, and leaves the rest to the framework; no answer is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from threading import Event
from typing import Any, cast
from uuid import UUID

import pytest
from fastapi import Request
from fastapi.responses import Response
from starlette.types import ASGIApp

from api.carriers import CARRIERS, Carriers
from api.commands import CommandRoute, command_routes
from api.counter import Addressed, CommandCounter
from api.desk import Desk
from domain.fact import StreamKind
from domain.ledger.book import Book, Outcome
from domain.ledger.identity import new_id, register_stream_id
from domain.refusal import UnknownEpisode, WrongVersion
from tests.api.caller import Caller, problem
from tests.domain.desk import Desk as Working
from tests.domain.desk import meeting

STREAM = UUID("01890000-0000-7000-8000-000000000001")
NO_DESK, NO_APP = cast("Desk", None), cast("ASGIApp", None)
ROUTES = sorted(command_routes(), key=lambda route: route.path)


@pytest.fixture
def desk(register: tuple[str, str]) -> Iterator[Working]:
    """A desk at a register of its own."""
    working = Working(*register)
    working.open()
    yield working
    working.book.close()


def asked(path: str, method: str = "POST") -> Addressed | None:
    return CommandCounter(NO_APP, NO_DESK, {}).addressed({"type": "http", "method": method, "path": path})


@pytest.mark.parametrize("route", ROUTES, ids=lambda route: route.path)
def test_every_command_is_taken_at_its_address(route: CommandRoute) -> None:
    path = route.path.format(register="kymenlaakso", stream_id=STREAM)
    stream_id = STREAM if "{stream_id}" in route.path else register_stream_id("kymenlaakso")
    assert asked(path) == (route, "kymenlaakso", stream_id)
    assert asked(path, "GET") is None
    assert asked(path + "/") is None
    assert asked(path.upper()) is None


def test_commands_of_one_kind_are_not_taken_at_the_address_of_another() -> None:
    own = next(route for route in ROUTES if route.kind is StreamKind.REGISTER)
    name = own.command_type.command_name()
    assert asked(f"/v1/registers/r/{name}") is not None
    assert asked(f"/v1/registers/r/episodes/{STREAM}/{name}") is None
    assert asked(f"/v1/registers/r/episodes/{name}") is None
    assert asked("/v1/registers/r/record-meeting") is None


def test_what_nobody_handles_is_raised_and_what_somebody_does_is_answered_by_the_nearest() -> None:
    async def answered(request: Request, fault: Exception) -> Response:
        return Response(type(fault).__name__, 418)

    sent: list[Any] = []

    async def send(message: Any) -> None:
        sent.append(message)

    async def receive() -> Any:
        return {"type": "http.request", "body": b""}

    scope = {
        "type": "http",
        "method": "POST",
        "path": f"/v1/registers/r/episodes/{STREAM}/record-meeting",
        "headers": [],
    }
    with pytest.raises(AttributeError):  # there is no desk
        asyncio.run(CommandCounter(NO_APP, NO_DESK, {KeyError: answered})(scope, receive, send))
    assert sent == []
    asyncio.run(CommandCounter(NO_APP, NO_DESK, {Exception: answered})(scope, receive, send))
    assert [sent[0]["status"], sent[1]["body"]] == [418, b"AttributeError"]


def test_what_is_no_plain_address_is_answered_by_the_framework(caller: Caller) -> None:
    problem(caller.send("episodes/7/record-meeting", {}), 404, "malformed_id")
    problem(caller.send(f"episodes/{STREAM}/record-everything", {}), 404, "no_such_address")
    problem(caller.ask(f"episodes/{STREAM}/record-meeting"), 405, "method_not_allowed")
    at_the_counter = caller.send(f"episodes/{STREAM}/record-meeting", {}).json()
    elsewhere = caller.send(f"episodes/{str(STREAM).upper()}/record-meeting", {}).json()
    assert at_the_counter == elsewhere
    assert at_the_counter["code"] == "malformed_command"


def told(_: Book, outcome: Outcome) -> int:
    return len(outcome.entries)


def test_many_orders_at_once_are_each_answered_with_their_own(desk: Working) -> None:
    episodes = [desk.started() for _ in range(5)]
    orders = [desk.order(one, meeting(1)) for one in episodes]
    missing = desk.order(new_id(), meeting(1))
    carriers = Carriers()

    async def all_at_once() -> list[object]:
        sent = (carriers.execute(desk.book, order, lambda _, outcome: outcome) for order in (*orders, missing))
        return await asyncio.gather(*sent, return_exceptions=True)

    *outcomes, refused = asyncio.run(all_at_once())
    carriers.close()
    assert [one.stream_id for one in outcomes if isinstance(one, Outcome)] == episodes
    assert isinstance(refused, UnknownEpisode)


def test_what_cannot_be_made_into_an_answer_is_raised_to_who_waits_for_it(desk: Working) -> None:
    one, other = desk.started(), desk.started()
    carriers = Carriers()

    def spoilt(book: Book, outcome: Outcome) -> int:
        raise ZeroDivisionError

    async def both() -> list[object]:
        sent = (
            carriers.execute(desk.book, desk.order(one, meeting(1)), spoilt),
            carriers.execute(desk.book, desk.order(other, meeting(1)), told),
        )
        return list(await asyncio.gather(*sent, return_exceptions=True))

    fault, count = asyncio.run(both())
    carriers.close()
    assert isinstance(fault, ZeroDivisionError)
    assert count


def test_who_is_gone_before_the_answer_keeps_nobody_from_theirs(desk: Working) -> None:
    one, other = desk.order(desk.started(), meeting(1)), desk.order(desk.started(), meeting(1))
    carriers = Carriers()

    async def leaves() -> int:
        gone = asyncio.ensure_future(carriers.execute(desk.book, one, told))
        await asyncio.sleep(0)
        gone.cancel()
        return await carriers.execute(desk.book, other, told)

    assert asyncio.run(leaves())
    carriers.close()


def test_a_loop_that_was_closed_before_the_answer_takes_no_carrier_with_it(desk: Working) -> None:
    carriers, stuck = Carriers(), [desk.order(desk.started(), meeting(1)) for _ in range(CARRIERS)]
    for order in stuck:
        decided, closed = Event(), Event()

        def when_closed(book: Book, outcome: Outcome, decided: Event = decided, closed: Event = closed) -> int:
            decided.set()
            closed.wait()
            return told(book, outcome)

        loop = asyncio.new_event_loop()
        asking = loop.create_task(carriers.execute(desk.book, order, when_closed))
        loop.run_until_complete(asyncio.wait([asking], timeout=0))
        decided.wait()
        loop.close()
        closed.set()
    later = desk.order(desk.started(), meeting(1))
    waited = asyncio.wait_for(carriers.execute(desk.book, later, told), timeout=60)  # else a failure would be a hang
    assert asyncio.run(waited)
    carriers.close()


def test_carriers_that_went_home_take_nothing_more_but_carried_out_what_waited(desk: Working) -> None:
    carriers, order = Carriers(), desk.order(desk.started(), meeting(1))

    async def sent_home() -> int:
        waiting = asyncio.ensure_future(carriers.execute(desk.book, order, told))
        await asyncio.sleep(0)
        await asyncio.to_thread(carriers.close)
        with pytest.raises(RuntimeError):
            await carriers.execute(desk.book, order, told)
        return await waiting

    assert asyncio.run(sent_home())


def test_a_refusal_is_raised_as_it_is(desk: Working) -> None:
    order, carriers = desk.order(desk.started(), meeting(1), expected_version=1), Carriers()

    async def one() -> int:
        return await carriers.execute(desk.book, order, told)

    with pytest.raises(WrongVersion):
        asyncio.run(one())
    carriers.close()
